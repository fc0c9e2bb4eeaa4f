/* screen_output.c - a screen as tables, JSON and a digest; see screen_output.h */
#include "jobs/cli/screen/screen_output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "jobs/cli/network/network_output.h"
#include "jobs/cli/screen/screen_text.h"
#include "jobs/cli/text_file.h"
#include "solvers/base/json.h"

static const char *const label_name[] = {"inhibition", "activation"};

static void print_hit(const dn_screen_run *r, const dn_screen_wish *w, const dn_screened *hit, FILE *to)
{
    char drug[DN_ID_MAX], target[DN_ID_MAX];

    fprintf(to, "%s\t%s", dn_screen_clean(&r->model.in.drugs.id, hit->a, drug),
            dn_screen_clean(&r->model.in.targets.id, hit->b, target));
    dn_screen_print_score(to, &r->calibration, (double)hit->score, w->prevalence);
    fprintf(to, "\t%+d\t%s\t%" PRId64 "\t%" PRId64, hit->sign, hit->known < 0 ? "" : label_name[hit->known],
            r->evidence.drug_rows[hit->a], r->evidence.target_rows[hit->b]);
    fprintf(to, "\t%.4f\t%.4f\n", r->evidence.drug_like[hit->a], r->evidence.target_like[hit->b]);
}

dn_status dn_screen_write_tsv(const dn_screen_run *r, const dn_screen_wish *w, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};

    DN_TRY(dn_text_file_open(&t, dir, "screen.tsv", err));
    fputs("drug_id\ttarget_id\tscore\tprobability\tprobability_at_prevalence\tsign\tknown\tdrug_rows\t"
          "target_rows\tdrug_likeness\ttarget_likeness\n",
          t.to);
    for (int64_t i = 0; i < r->result.n; i++) {
        print_hit(r, w, &r->result.hit[i], t.to);
        dn_text_file_row(&t, i, r->result.n);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

static double weight_of(const dn_screen_run *r, const dn_screen_wish *w, const dn_screened *hit)
{
    double p = dn_screen_weight(&r->calibration, (double)hit->score, w->prevalence);

    return hit->sign > 0 ? p : 1 - p;
}

dn_status dn_screen_write_edges(const dn_screen_run *r, const dn_screen_wish *w, const char *dir,
                                dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    char drug[DN_ID_MAX], target[DN_ID_MAX];

    DN_TRY(dn_text_file_open(&t, dir, "edges.tsv", err));
    fputs("actions\tweight\tdrug_id\ttarget_id\n", t.to); /* an id in front could pass for a comment */
    for (int64_t i = 0; i < r->result.n; i++) {
        const dn_screened *hit = &r->result.hit[i];

        fprintf(t.to, "%s\t%.9g\t%s\t%s\n", hit->sign > 0 ? "activator" : "inhibitor", weight_of(r, w, hit),
                dn_screen_clean(&r->model.in.drugs.id, hit->a, drug),
                dn_screen_clean(&r->model.in.targets.id, hit->b, target));
        dn_text_file_row(&t, i, r->result.n);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

/* ---- entries of --molecules and --sequences ---- */

static const char *const entry_name[] = {"molecule", "sequence"};

/* Whether an entry is screened under another id than its own. */
static bool renamed(const dn_screen_run *r, int k, int64_t i)
{
    const dn_newcomers_side *s = &r->new.side[k];
    const dn_strings *ids = k == 0 ? &r->model.in.drugs.id : &r->model.in.targets.id;
    size_t len, as_len;
    const char *id = dn_strings_at(&s->id, i, &len), *as;

    if (s->entity[i] < 0)
        return false;
    as = dn_strings_at(ids, s->entity[i], &as_len);
    return len != as_len || memcmp(id, as, len) != 0;
}

static int64_t count_renamed(const dn_screen_run *r)
{
    int64_t n = 0;

    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < r->new.side[k].n; i++)
            n += renamed(r, k, i);
    return n;
}

dn_status dn_screen_write_aliases(const dn_screen_run *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    char id[DN_ID_MAX], as[DN_ID_MAX];

    if (count_renamed(r) == 0)
        goto out;
    DN_TRY(dn_text_file_open(&t, dir, "aliases.tsv", err));
    fputs("kind\tline\tid\tscreened_as\n", t.to);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < r->new.side[k].n; i++)
            if (renamed(r, k, i))
                fprintf(t.to, "%s\t%" PRId64 "\t%s\t%s\n", entry_name[k], r->new.side[k].line[i],
                        dn_screen_clean(&r->new.side[k].id, i, id),
                        dn_screen_clean(k == 0 ? &r->model.in.drugs.id : &r->model.in.targets.id,
                                        r->new.side[k].entity[i], as));
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

dn_status dn_screen_write_rejected(const dn_screen_run *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    char id[DN_ID_MAX], reason[DN_ID_MAX];

    if (r->new.side[0].unreadable + r->new.side[1].unreadable == 0)
        goto out;
    DN_TRY(dn_text_file_open(&t, dir, "rejected.tsv", err));
    fputs("kind\tline\tid\treason\n", t.to);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < r->new.side[k].n; i++)
            if (r->new.side[k].entity[i] < 0)
                fprintf(t.to, "%s\t%" PRId64 "\t%s\t%s\n", entry_name[k], r->new.side[k].line[i],
                        dn_screen_clean(&r->new.side[k].id, i, id),
                        dn_screen_clean(&r->new.side[k].reason, i, reason));
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

/* Entries that are of the dataset. */
static int64_t count_of_dataset(const dn_newcomers_side *s)
{
    int64_t n = 0;

    for (int64_t i = 0; i < s->n; i++)
        n += s->entity[i] >= 0 && s->entity[i] < s->known;
    return n;
}

static int64_t count_new(const dn_screen_run *r, int k)
{
    return k == 0 ? r->new.drugs.n : r->new.targets.n;
}

static void add_entries(const dn_screen_run *r, const dn_screen_wish *w, dn_json *root)
{
    const char *const path[] = {w->new.molecules, w->new.sequences};

    for (int k = 0; k < 2; k++) {
        dn_json *e = path[k] != NULL ? dn_json_object(root, k == 0 ? "molecules" : "sequences") : NULL;

        if (path[k] == NULL)
            continue;
        dn_json_string(e, "file", path[k]);
        dn_json_int(e, "entries", r->new.side[k].n);
        dn_json_int(e, "of_dataset", count_of_dataset(&r->new.side[k]));
        dn_json_int(e, "new", count_new(r, k));
        dn_json_int(e, "set_aside", r->new.side[k].unreadable);
    }
}

static void print_entries(const dn_screen_run *r, const dn_screen_wish *w, FILE *to)
{
    const char *const path[] = {w->new.molecules, w->new.sequences};

    for (int k = 0; k < 2; k++) {
        const dn_newcomers_side *s = &r->new.side[k];

        if (path[k] == NULL)
            continue;
        fprintf(to, "%s: %" PRId64 " %ss, %" PRId64 " of the dataset, %" PRId64 " new", path[k], s->n,
                entry_name[k], count_of_dataset(s), count_new(r, k));
        if (s->unreadable > 0)
            fprintf(to, ", %" PRId64 " set aside in rejected.tsv", s->unreadable);
        fputc('\n', to);
    }
    if (count_renamed(r) > 0)
        fprintf(to, "%" PRId64 " of them are screened under another id: aliases.tsv\n", count_renamed(r));
}

/* ---- summary ---- */

static dn_screen_words words_of(const dn_screen_run *r, const dn_screen_wish *w)
{
    return (dn_screen_words){
        .positives = "activations",
        .end = {w->end[0] ? label_name[0] : NULL, w->end[1] ? label_name[1] : NULL},
        .named = true,
        .baseline = r->held.best_baseline < 0 ? "none" : dn_dti_kind.scorer[1 + r->held.best_baseline]};
}

static int64_t count_sign(const dn_screen_run *r, int sign)
{
    int64_t n = 0;

    for (int64_t i = 0; i < r->result.n; i++)
        n += r->result.hit[i].sign == sign;
    return n;
}

dn_status dn_screen_write_summary(const dn_screen_run *r, const dn_screen_wish *w, const char *dir,
                                  dn_error *err)
{
    dn_status st;
    dn_json *root = dn_json_create(), *kept;
    const dn_screen_words words = words_of(r, w);

    dn_json_string(root, "dataset", w->dataset);
    dn_json_string(root, "model_file", w->model);
    dn_json_string(root, "interactions", r->table.split.pairs);
    dn_json_string(root, "split", r->table.name);
    dn_json_int(root, "fold", r->table.fold);
    add_entries(r, w, root);
    dn_json_int(root, "drugs", r->n_drugs);
    dn_json_int(root, "targets", r->n_targets);
    dn_json_int(root, "pairs", r->result.pairs);
    dn_json_int(root, "known", r->result.known);
    dn_json_bool(root, "known_included", w->include_known);
    dn_json_int(root, "scored", r->result.scored);
    dn_json_int(root, "contradictory_in_set",
                r->table.pairs.contradictory); /* not known which: may be hits */
    kept = dn_json_object(root, "kept");
    dn_json_int(kept, "activation", count_sign(r, 1));
    dn_json_int(kept, "inhibition", count_sign(r, -1));
    dn_screen_json_calibration(&r->calibration, w->prevalence, root);
    dn_screen_json_held(&r->held, &words, root);
    st = dn_text_file_json(dir, "summary.json", root, 2, err);
    dn_json_destroy(&root);
    return st;
}

/* ---- digest ---- */

void dn_screen_print(const dn_screen_run *r, const dn_screen_wish *w, FILE *to)
{
    enum { SHOWN = 10 };
    int64_t shown = r->result.n < SHOWN ? r->result.n : SHOWN;
    const dn_screen_words words = words_of(r, w);

    print_entries(r, w, to);
    fprintf(to,
            "%" PRId64 " drugs x %" PRId64 " targets: %" PRId64 " pairs, %" PRId64
            " of them known%s, %" PRId64 " scored\n",
            r->n_drugs, r->n_targets, r->result.pairs, r->result.known,
            w->include_known ? "" : " and left out", r->result.scored);
    fprintf(to, "kept: %" PRId64 " for activation, %" PRId64 " for inhibition\n", count_sign(r, 1),
            count_sign(r, -1));
    dn_screen_print_calibration(to, &r->calibration, w->prevalence, &words);
    dn_screen_print_held(to, &r->held, &words);
    fprintf(to,
            "\nthe first %" PRId64 "\ndrug_id\ttarget_id\tscore\tprobability\tat_prevalence\tsign\tknown\t"
            "drug_rows\ttarget_rows\tdrug_likeness\ttarget_likeness\n",
            shown);
    for (int64_t i = 0; i < shown; i++)
        print_hit(r, w, &r->result.hit[i], to);
}
