/* screen_genes.c - a screen over pairs of genes on the command line; see screen_genes.h */
#include "jobs/cli/screen/screen_genes.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "jobs/cli/network/network_output.h"
#include "jobs/cli/screen/screen_text.h"
#include "jobs/cli/text_file.h"

/* ---- options ---- */

static dn_status refuse_others(const dn_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const others[] = {"encoder",         "drugs", "targets",  "molecules",  "sequences",
                                         "skip-unreadable", "sign",  "per-drug", "per-target", NULL};

    for (int i = 0; others[i] != NULL; i++)
        if (dn_options_given(o, others[i]))
            DN_FAIL(DN_EUSAGE, "--%s is for models of drug-target pairs; this one is of pairs of genes",
                    others[i]);
out:
    return st;
}

dn_status dn_genes_screen_read(const dn_options *o, dn_gene_wish *w, dn_error *err)
{
    dn_status st = DN_OK;
    bool all = dn_options_given(o, "threshold") && !dn_options_given(o, "top");

    DN_TRY(refuse_others(o, err));
    w->genes = dn_options_text(o, "genes");
    w->one = dn_options_text(o, "gene");
    w->all_genes = dn_options_flag(o, "all-genes");
    w->threshold = dn_options_given(o, "threshold") ? dn_options_number(o, "threshold") : NAN;
    w->keep = all ? 0 : dn_options_int(o, "top");
    w->prevalence = dn_options_given(o, "prevalence") ? dn_options_number(o, "prevalence") : NAN;
    w->include_known = dn_options_flag(o, "include-known");
    w->narrow = strcmp(dn_options_text(o, "precision"), "bf16") == 0;
out:
    return st;
}

void dn_genes_screen_config(const dn_gene_run *r, const dn_gene_wish *w, dn_json *c)
{
    dn_json_string(c, "pairs", r->model.record.pairs);
    dn_json_string(c, "split", r->model.record.split);
    dn_json_int(c, "fold", r->model.record.fold);
    dn_json_string(c, "inputs", r->digest);
    dn_json_int(c, "genes", r->n_genes);
    dn_json_bool(c, "one", r->one >= 0);
    dn_json_int(c, "keep", w->keep);
    dn_json_number(c, "threshold", w->threshold);
    dn_json_bool(c, "include_known", w->include_known);
    dn_json_number(c, "prevalence", w->prevalence);
}

/* ---- tables ---- */

static bool directed(const dn_gene_run *r)
{
    return r->result.of != NULL;
}

/* Id of a gene without tabs and line ends, in buf [DN_ID_MAX]. */
static const char *clean(const dn_gene_run *r, int64_t gene, char *buf)
{
    return dn_screen_clean(&r->model.genes.id, gene, buf);
}

static const char *label_name(const dn_gene_run *r, int label)
{
    return dn_class_name(r->model.record.options.classes, label);
}

static void print_header(const dn_gene_run *r, FILE *to)
{
    fputs("gene_a\tgene_b\tscore\tprobability\tprobability_at_prevalence\tknown\ta_rows\tb_rows", to);
    for (int k = 0; directed(r) && k < DN_CLASSES_MAX; k++)
        fprintf(to, "\t%s", label_name(r, k));
    fputs(directed(r) ? "\tbest\n" : "\n", to);
}

/* Probabilities of all classes, and the one of the last three that is largest. */
static void print_classes(const dn_gene_run *r, const float *of, FILE *to)
{
    int best = 1;

    for (int k = 0; k < DN_CLASSES_MAX; k++) {
        dn_screen_print_number(to, (double)of[k]);
        best = k > 1 && of[k] > of[best] ? k : best;
    }
    fprintf(to, "\t%s", label_name(r, best));
}

static void print_hit(const dn_gene_run *r, const dn_gene_wish *w, int64_t i, FILE *to)
{
    const dn_screened *hit = &r->result.hit[i];
    char a[DN_ID_MAX], b[DN_ID_MAX];

    fprintf(to, "%s\t%s", clean(r, hit->a, a), clean(r, hit->b, b));
    dn_screen_print_score(to, &r->calibration, (double)hit->score, w->prevalence);
    fprintf(to, "\t%s\t%" PRId64 "\t%" PRId64, hit->known < 0 ? "" : label_name(r, hit->known),
            r->rows[hit->a], r->rows[hit->b]);
    if (directed(r))
        print_classes(r, r->result.of + i * DN_CLASSES_MAX, to);
    fputc('\n', to);
}

dn_status dn_genes_screen_tsv(const dn_gene_run *r, const dn_gene_wish *w, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};

    DN_TRY(dn_text_file_open(&t, dir, "screen.tsv", err));
    print_header(r, t.to);
    for (int64_t i = 0; i < r->result.n; i++) {
        print_hit(r, w, i, t.to);
        dn_text_file_row(&t, i, r->result.n);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

dn_status dn_genes_screen_edges(const dn_gene_run *r, const dn_gene_wish *w, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    char a[DN_ID_MAX], b[DN_ID_MAX];

    DN_TRY(dn_text_file_open(&t, dir, "edges.tsv", err));
    fputs("weight\tgene_a\tgene_b\n", t.to); /* an id in front could pass for a comment */
    for (int64_t i = 0; i < r->result.n; i++) {
        const dn_screened *hit = &r->result.hit[i];

        fprintf(t.to, "%.9g\t%s\t%s\n", dn_screen_weight(&r->calibration, (double)hit->score, w->prevalence),
                clean(r, hit->a, a), clean(r, hit->b, b));
        dn_text_file_row(&t, i, r->result.n);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

/* ---- summary ---- */

static dn_screen_words words_of(const dn_gene_run *r)
{
    return (dn_screen_words){
        .positives = "interactions",
        .end = {NULL, "interaction"},
        .baseline = r->held.best_baseline < 0 ? "none" : dn_gene_kind.scorer[1 + r->held.best_baseline]};
}

/* What is the same however it was computed: not times and candidates, which go to the digest. */
static void add_counts(const dn_gene_run *r, const dn_gene_wish *w, dn_json *root)
{
    char id[DN_ID_MAX];

    dn_json_int(root, "genes", r->n_genes);
    if (r->one >= 0)
        dn_json_string(root, "gene", clean(r, r->one, id));
    if (w->genes != NULL) {
        dn_json_int(root, "asked", r->asked);
        dn_json_int(root, "repeats", r->repeats);
    }
    dn_json_int(root, "decoys_left_out", r->decoys);
    dn_json_int(root, "without_values_left_out", r->empty);
    dn_json_int(root, "pairs_of_genes", r->result.pairs);
    dn_json_int(root, "known", r->result.known);
    dn_json_bool(root, "known_included", w->include_known);
    dn_json_int(root, "scored", r->result.scored);
    dn_json_number(root, "threshold", w->threshold);
    dn_json_int(root, "kept", r->result.n);
}

dn_status dn_genes_screen_summary(const dn_gene_run *r, const dn_gene_wish *w, const char *dir, dn_error *err)
{
    dn_status st;
    dn_json *root = dn_json_create();
    const dn_screen_words words = words_of(r);

    dn_json_string(root, "dataset", w->dataset);
    dn_json_string(root, "model_file", w->model);
    dn_json_string(root, "pairs", r->model.record.pairs);
    dn_json_string(root, "split", r->model.record.split);
    dn_json_int(root, "fold", r->model.record.fold);
    add_counts(r, w, root);
    dn_screen_json_calibration(&r->calibration, w->prevalence, root);
    dn_screen_json_held(&r->held, &words, root);
    st = dn_text_file_json(dir, "summary.json", root, 2, err);
    dn_json_destroy(&root);
    return st;
}

/* ---- digest ---- */

static void print_precision(const dn_gene_screen_result *s, const dn_gene_wish *w, FILE *to)
{
    fprintf(to, "scored in %.2f s, %.0f pairs a second", s->seconds, (double)s->scored / s->seconds);
    if (!w->narrow) {
        fputc('\n', to);
        return;
    }
    fprintf(to, "; bfloat16: logits differ by at most %.3g", s->difference);
    if (s->single)
        fprintf(to, ": too near for %" PRId64 " candidates, all pairs scored in single precision\n",
                s->candidates);
    else if (isnan(s->margin))
        fprintf(to, ", all %" PRId64 " candidates scored again\n", s->candidates);
    else
        fprintf(to,
                ", %" PRId64
                " candidates scored again (pass %d), %.3g beyond the last kept; without that %" PRId64
                " of the kept would be missed\n",
                s->candidates, s->passes, s->margin, s->missed);
}

void dn_genes_screen_print(const dn_gene_run *r, const dn_gene_wish *w, FILE *to)
{
    enum { SHOWN = 10 };
    int64_t shown = r->result.n < SHOWN ? r->result.n : SHOWN;
    const dn_screen_words words = words_of(r);
    char id[DN_ID_MAX];

    if (w->genes != NULL)
        fprintf(to, "%s: %" PRId64 " genes, %" PRId64 " of them more than once\n", w->genes, r->asked,
                r->repeats);
    if (r->decoys + r->empty > 0)
        fprintf(to, "left out: %" PRId64 " decoys, %" PRId64 " genes without values\n", r->decoys, r->empty);
    if (r->one >= 0)
        fprintf(to, "%s with ", clean(r, r->one, id));
    fprintf(to, "%" PRId64 " genes: %" PRId64 " pairs, %" PRId64 " of them known%s, %" PRId64 " scored\n",
            r->n_genes, r->result.pairs, r->result.known, w->include_known ? "" : " and left out",
            r->result.scored);
    print_precision(&r->result, w, to);
    fprintf(to, "kept: %" PRId64 "\n", r->result.n);
    if (directed(r)) /* neither calibrated nor with a prevalence */
        fputs("four classes: the score is the probability of any of connection and regulation\n", to);
    else
        dn_screen_print_calibration(to, &r->calibration, w->prevalence, &words);
    if (!directed(r) && r->one < 0)
        dn_screen_print_held(to, &r->held, &words);
    fprintf(to, "\nthe first %" PRId64 "\n", shown);
    print_header(r, to);
    for (int64_t i = 0; i < shown; i++)
        print_hit(r, w, i, to);
}
