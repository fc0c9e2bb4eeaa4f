/* split_negatives.c - dragnet split --negatives; see split_negatives.h */
#include "jobs/cli/data/split_negatives.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

dn_status dn_split_negatives_read(const dn_options *o, bool interactions, const char *pairs_name,
                                  dn_split_negatives *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_negatives n = {.ratio = dn_options_number(o, "negative-ratio")};
    char owner[128];

    DN_TRY(dn_origins_parse(dn_options_text(o, "negatives"), &n.origins, err));
    n.drawn = n.origins.n > 1 || n.origins.kind[0] != DN_GIVEN;
    if (interactions && (n.drawn || dn_options_given(o, "negative-ratio")))
        DN_FAIL(DN_EUSAGE, "--negatives and --negative-ratio go with --pairs: inhibitions are labelled "
                           "pairs, they are not drawn");
    if (!n.drawn && dn_options_given(o, "negative-ratio"))
        DN_FAIL(DN_EUSAGE, "--negative-ratio goes with --negatives uniform or degree: given ones are taken "
                           "as they are");
    if (!interactions && dn_split_owns(pairs_name, owner, sizeof owner))
        DN_FAIL(DN_EUSAGE, "--pairs %s: these are the rows of split '%s'; divide the set that it was made of",
                pairs_name, owner);
    *out = n;
out:
    return st;
}

void dn_split_negatives_config(const dn_split_negatives *n, dn_json *config)
{
    char text[64];

    if (!n->drawn)
        return;
    dn_json_string(config, "negatives", dn_origins_text(&n->origins, text, sizeof text));
    dn_json_number(config, "negative_ratio", n->ratio);
}

/* Counts of every fold as one kind sees it. */
static dn_status count(const dn_split_plan *plan, const dn_pairs *pairs, const dn_negatives *d,
                       dn_origin view, dn_split_count (*counts)[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;
    dn_pairs rows = dn_negatives_pairs(d);
    uint8_t *of_set = NULL, *of_rows = NULL; /* [pairs], [rows] */

    DN_NEW(of_set, (size_t)pairs->n);
    DN_NEW(of_rows, (size_t)rows.n);
    for (int64_t f = 0; f < plan->folds; f++) {
        dn_split_part(plan, pairs, f, of_set);
        dn_negatives_part(d, of_set, view, of_rows);
        DN_TRY(dn_split_counts(&rows, plan->genes, of_rows, counts[f], err));
    }
out:
    dn_free(of_set);
    dn_free(of_rows);
    return st;
}

static dn_status draw_local(const dn_split_plan *plan, const dn_pairs *pairs, const dn_genes *genes,
                            bool allow_small, dn_split_negatives *n, dn_split_count (*counts)[DN_COUNTS],
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_negatives_options o = {
        .origins = n->origins, .ratio = n->ratio, .seed = plan->options.seed, .decoy = genes->decoy};

    DN_TRY(dn_negatives_draw(plan, pairs, &o, &n->rows, err));
    DN_TRY(count(plan, pairs, &n->rows, (dn_origin)n->origins.kind[0], counts, err));
    for (int k = 1; k < n->origins.n; k++) {
        DN_NEW(n->counts[k], (size_t)plan->folds);
        DN_TRY(count(plan, pairs, &n->rows, (dn_origin)n->origins.kind[k], n->counts[k], err));
    }
    for (int64_t f = 0; f < plan->folds && !allow_small; f++)
        DN_TRY(dn_split_check_test(plan, f, counts[f], err));
out:
    return st;
}

dn_status dn_split_negatives_draw(const dn_comm *comm, const dn_split_plan *plan, const dn_pairs *pairs,
                                  const dn_genes *genes, bool allow_small, dn_split_negatives *io_n,
                                  dn_split_count (*counts)[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0)
        DN_PASS(draw_local(plan, pairs, genes, allow_small, io_n, counts, err));
    DN_AGREE(comm);
    dn_split_share_counts(comm, plan->folds, counts);
out:
    return st;
}

void dn_split_line_print(int64_t fold, const char *part, const char *opt_kind, const dn_split_count *n,
                         int classes)
{
    printf("%lld\t%s%s%s\t%lld\t%lld\t%lld", (long long)fold, part, opt_kind != NULL ? "/" : "",
           opt_kind != NULL ? opt_kind : "", (long long)n->rows, (long long)n->positives,
           (long long)(n->rows - n->positives));
    for (int label = 0; classes > 2 && label < classes; label++)
        printf("\t%lld", (long long)n->of[label]);
    putchar('\n');
}

void dn_split_negatives_print(const dn_split_negatives *n, const dn_split_plan *plan, int classes)
{
    for (int k = 0; k < n->origins.n; k++) {
        int kind = n->origins.kind[k];
        const char *name = dn_origin_names[kind];
        bool short_of = n->rows.of[kind].drawn < n->rows.of[kind].wanted;

        for (int64_t f = 0; f < plan->folds && k > 0; f++)
            for (int c = DN_VALIDATION; c < DN_COUNTS; c++)
                if (c != DN_LEFT_OUT)
                    dn_split_line_print(f, dn_count_names[c], name, &n->counts[k][f][c], classes);
        if (kind != DN_GIVEN)
            dn_log(short_of ? DN_WARN : DN_INFO, "split", short_of ? "negatives missing" : "negatives drawn",
                   "kind=%s wanted=%lld drawn=%lld degree_distance=%.4f", name,
                   (long long)n->rows.of[kind].wanted, (long long)n->rows.of[kind].drawn,
                   n->rows.of[kind].distance);
    }
}

void dn_split_negatives_destroy(dn_split_negatives *n)
{
    dn_negatives_destroy(&n->rows);
    for (int k = 0; k < DN_ORIGINS; k++)
        dn_free(n->counts[k]);
    *n = (dn_split_negatives){.drawn = false};
}
