/* evaluate_dti_report.c - an evaluation of drug-target pairs as table, JSON and scores; see evaluate_report.h
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "jobs/cli/text_file.h"

static const char *const part_name[] = {"train", "validation", "test", "left out"};

static dn_views views_of(const dn_dti_evaluation *e, const dn_evaluate_options *o)
{
    return (dn_views){.kind = e->kind, .view = e->view, .model = e->model, .replicates = o->replicates};
}

/* Whose rows are evaluated, up to their number. */
static void print_subject(const dn_dti_evaluation *e, const dn_dti_table *t, const dn_evaluate_options *o,
                          FILE *to)
{
    if (t->set.name[0] != '\0')
        fprintf(to, "interactions '%s' (%s on split '%s' of '%s'", t->set.name,
                e->model ? "trained" : "baselines fitted", t->name, t->split.pairs);
    else
        fprintf(to, "%s part of split '%s' (interactions '%s'", part_name[o->part], t->name, t->split.pairs);
    if (e->folds > 1)
        fprintf(to, ", %" PRId64 " folds", e->folds);
    else if (t->fold >= 0)
        fprintf(to, ", fold %" PRId64, t->fold);
}

static void print_left_out(const dn_dti_evaluation *e, const dn_dti_set *s, FILE *to)
{
    if (s->name[0] == '\0') {
        fprintf(to, "left out: %" PRId64 " with two labels, %" PRId64 " between parts\n", e->contradictory,
                e->between_parts);
        return;
    }
    fprintf(to,
            "left out: %" PRId64 " trained on (%" PRId64 " of them with the other label), %" PRId64
            " with two labels\n",
            s->trained_on, s->other_label, e->contradictory);
    if (s->also_in_validation > 0)
        fprintf(to,
                "WARNING: %" PRId64
                " of the pairs are validation pairs, which chose the epoch and the threshold\n",
                s->also_in_validation);
}

void dn_dti_evaluation_print(const dn_dti_evaluation *e, const dn_dti_table *t, const dn_evaluate_options *o,
                             FILE *to)
{
    const dn_view_report *all = &e->view[0];
    dn_views views = views_of(e, o);

    if (e->repeats.splits > 1) {
        fprintf(to,
                "%d models, %s and others, on %s\n%s parts of %" PRId64 " splits of interactions '%s'\n\n",
                o->n_models, o->models[0], o->dataset, part_name[o->part], e->repeats.splits, t->split.pairs);
        dn_repeats_print(&e->repeats, o->replicates, to);
        return;
    }

    if (e->model && o->models != NULL)
        fprintf(to, "%d models, %s and others, on %s\n", o->n_models, o->models[0], o->dataset);
    else
        fprintf(to, "%s on %s\n", e->model ? o->model : "baselines", o->dataset);
    print_subject(e, t, o, to);
    fprintf(to, "): %" PRId64 " pairs, %" PRId64 " positive\n", all->rows, all->positives);
    print_left_out(e, &t->set, to);
    if (o->interactions == NULL && o->part == DN_TRAIN)
        fprintf(to, "WARNING: %s on these pairs\n",
                e->model ? "the model was trained" : "the baselines were fitted");
    if (o->interactions == NULL && o->part == DN_VALIDATION)
        fprintf(to, "WARNING: threshold and calibration come from these pairs\n");
    if (all->positives == 0 || all->positives == all->rows)
        fprintf(to, "WARNING: one class only; AUROC and average precision do not exist\n");
    fputc('\n', to);
    if (e->repeats.n > 0) {
        dn_repeats_print(&e->repeats, o->replicates, to);
        fprintf(to,
                "\n%" PRId64 " folds pooled: one AUROC over the rows of all folds, each scored by its own "
                "model\n",
                e->folds);
    }
    dn_views_print(&views, to);
}

static void put_left_out(dn_json *root, const dn_dti_evaluation *e, const dn_dti_set *s)
{
    dn_json *group = dn_json_object(root, "left_out");
    bool set = s->name[0] != '\0';

    if (set)
        dn_json_int(group, "trained_on", s->trained_on);
    if (set)
        dn_json_int(group, "trained_on_with_other_label", s->other_label);
    dn_json_int(group, "two_labels", e->contradictory);
    dn_json_int(group, "between_parts", e->between_parts);
    if (set)
        dn_json_int(root, "also_in_validation", s->also_in_validation);
}

dn_status dn_dti_evaluation_json(const dn_dti_evaluation *e, const dn_dti_table *t,
                                 const dn_evaluate_options *o, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_views views = views_of(e, o);
    dn_json *root = dn_json_create(), *group;

    if (root == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for the report");
    if (e->repeats.splits <= 1)
        dn_views_json(&views, root);
    if (e->repeats.n > 0)
        dn_repeats_json(&e->repeats, root);
    put_left_out(root, e, &t->set);
    dn_json_string(root, "dataset", o->dataset);
    if (e->model && o->models == NULL)
        dn_json_string(root, "model_file", o->model);
    if (e->model && o->models != NULL) {
        group = dn_json_array(root, "model_files");
        for (int i = 0; i < o->n_models; i++)
            dn_json_string(group, NULL, o->models[i]);
    }
    if (e->repeats.splits <= 1)
        dn_json_string(root, "split", t->name);
    if (e->repeats.splits > 1)
        dn_json_int(root, "splits", e->repeats.splits);
    else if (o->models != NULL || o->pool > 0)
        dn_json_int(root, "folds_pooled", e->folds);
    else if (t->fold >= 0)
        dn_json_int(root, "fold", t->fold);
    if (t->set.name[0] == '\0')
        dn_json_string(root, "part", part_name[o->part]);
    else
        dn_json_string(root, "trained_on_interactions", t->split.pairs);
    dn_json_string(root, "interactions", t->set.name[0] == '\0' ? t->split.pairs : t->set.name);
    dn_json_int(root, "seed", (int64_t)o->seed);
    dn_json_int(root, "replicates", o->replicates);
    DN_TRY(dn_json_text(root, 2, out, err));
out:
    dn_json_destroy(&root);
    return st;
}

static void write_id(FILE *f, const dn_strings *id, int64_t i)
{
    size_t len;
    const char *text = dn_strings_at(id, i, &len);

    fwrite(text, 1, len, f);
    fputc('\t', f);
}

static void write_rows(const dn_dti_evaluation *e, const dn_dti_table *t, FILE *f)
{
    const dn_view_report *all = &e->view[0];
    const dn_platt *platt = &all->scorer[DN_MODEL].platt;

    fprintf(f, "drug\ttarget\tlabel\t");
    if (e->model)
        fprintf(f, "probability\tcalibrated\t");
    for (int k = 1; k < e->kind->scorers; k++)
        fprintf(f, "%s\t", e->kind->scorer[k]);
    fprintf(f, "class\n");
    for (int64_t i = 0; i < e->n; i++) {
        write_id(f, &t->drugs.id, t->pairs.drug[e->row[i]]);
        write_id(f, &t->targets.id, t->pairs.target[e->row[i]]);
        fprintf(f, "%d\t", t->pairs.label[e->row[i]]);
        if (e->model)
            fprintf(f, "%.9g\t%.9g\t", e->score[DN_MODEL][i],
                    all->source == DN_FROM_NOWHERE ? (double)NAN
                                                   : dn_platt_apply(platt, dn_logit(e->score[DN_MODEL][i])));
        for (int k = 1; k < e->kind->scorers; k++)
            fprintf(f, "%.9g\t", e->score[k][i]);
        fprintf(f, "%s\n", dn_dti_kind.view[e->klass[i]].name);
    }
}

dn_status dn_dti_evaluation_save_scores(const dn_dti_evaluation *e, const dn_dti_table *t, const char *path,
                                        dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file f = {0};

    DN_TRY(dn_text_file_open(&f, NULL, path, err));
    write_rows(e, t, f.to);
    DN_TRY(dn_text_file_commit(&f, err));
out:
    dn_text_file_close(&f);
    return st;
}
