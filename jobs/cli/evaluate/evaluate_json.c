/* evaluate_json.c - an evaluation as JSON; see evaluate_report.h */
#include "jobs/cli/evaluate/evaluate_report.h"

static void put_interval(dn_json *obj, const char *key, const dn_interval *i)
{
    dn_json *pair = dn_json_array(obj, key);

    dn_json_number(pair, NULL, i->lo);
    dn_json_number(pair, NULL, i->hi);
}

static void put_intervals(dn_json *obj, const dn_interval *auroc, const dn_interval *ap)
{
    dn_json *ci = dn_json_object(obj, "ci95");

    put_interval(ci, "auroc", auroc);
    put_interval(ci, "ap", ap);
    dn_json_int(obj, "replicates_used", auroc->used);
    dn_json_int(obj, "replicates_skipped", auroc->skipped);
}

static void put_class(dn_json *obj, const char *key, const dn_class_scores *c)
{
    dn_json *o = dn_json_object(obj, key);

    dn_json_number(o, "precision", c->precision);
    dn_json_number(o, "recall", c->recall);
    dn_json_number(o, "f1", c->f1);
    dn_json_int(o, "support", c->support);
}

static void put_decisions(dn_json *obj, const dn_decisions *d)
{
    dn_json *classes;

    dn_json_number(obj, "threshold", d->threshold);
    dn_json_number(obj, "accuracy", d->accuracy);
    dn_json_number(obj, "macro_f1", d->macro.f1);
    dn_json_number(obj, "weighted_f1", d->weighted.f1);
    dn_json_number(obj, "mcc", d->mcc);
    classes = dn_json_object(obj, "classes");
    put_class(classes, "0", &d->of[0]);
    put_class(classes, "1", &d->of[1]);
    put_class(obj, "macro", &d->macro);
    put_class(obj, "weighted", &d->weighted);
}

static void put_scorer(dn_json *obj, const dn_scorer_report *s, bool model, dn_source source)
{
    dn_json_number(obj, "auroc", s->auroc);
    dn_json_number(obj, "ap", s->ap);
    put_intervals(obj, &s->auroc_ci, &s->ap_ci);
    if (s->decided)
        put_decisions(obj, &s->decisions);
    if (model) {
        dn_json_number(obj, "brier", s->brier);
        dn_json_number(obj, "ece", s->ece);
    }
    if (source != DN_FROM_NOWHERE && s->decided) { /* not decided: no scores of validation rows */
        dn_json *c = dn_json_object(obj, "calibrated");
        dn_json_number(c, "brier", s->calibrated_brier);
        dn_json_number(c, "ece", s->calibrated_ece);
        dn_json_number(c, "slope", s->platt.slope);
        dn_json_number(c, "offset", s->platt.offset);
        dn_json_bool(c, "converged", s->platt.converged);
    }
    dn_json_number(obj, "validation_auroc", s->validation_auroc);
}

static void put_difference(dn_json *obj, const dn_difference *d)
{
    static const char *const beaten[] = {"true", "false", "undecided"};

    dn_json_number(obj, "auroc", d->auroc);
    dn_json_number(obj, "ap", d->ap);
    put_intervals(obj, &d->auroc_ci, &d->ap_ci);
    dn_json_string(obj, "beaten", beaten[d->beaten]);
}

static void put_scorers(dn_json *obj, const dn_views *all, const dn_view_report *v)
{
    static const char *const source[] = {"validation rows of the view", "all validation rows", "none"};
    const dn_eval_kind *kind = all->kind;
    dn_json *group;

    if (all->model)
        put_scorer(dn_json_object(obj, kind->scorer[DN_MODEL]), &v->scorer[DN_MODEL], true, v->source);
    group = dn_json_object(obj, "baselines");
    for (int k = 1; k < kind->scorers; k++)
        put_scorer(dn_json_object(group, kind->scorer[k]), &v->scorer[k], false, v->source);
    if (all->model) {
        group = dn_json_object(obj, "difference");
        for (int k = 1; k < kind->scorers; k++)
            put_difference(dn_json_object(group, kind->scorer[k]), &v->difference[k - 1]);
    }
    dn_json_string(obj, "best_baseline", v->best_baseline < 0 ? "none" : kind->scorer[1 + v->best_baseline]);
    if (all->model)
        dn_json_number(obj, "threshold", v->scorer[DN_MODEL].decisions.threshold);
    dn_json_string(obj, "threshold_and_calibration_from", source[v->source]);
    for (int side = 0; side < kind->sides; side++)
        dn_json_int(obj, kind->entity[side], v->drawn[side]);
}

static void put_view(dn_json *obj, const dn_views *all, const dn_view_report *v)
{
    if (v->measured)
        put_scorers(obj, all, v);
    dn_json_int(obj, "rows", v->rows);
    dn_json_int(obj, "positives", v->positives);
    dn_json_int(obj, "training_rows", v->training_rows);
    dn_json_int(obj, "validation_rows", v->validation_rows);
    dn_json_int(obj, "validation_positives", v->validation_positives);
}

void dn_views_json(const dn_views *v, dn_json *root)
{
    dn_json *group;

    put_view(root, v, &v->view[0]);
    group = dn_json_object(root, "views");
    for (int i = 1; i < v->kind->views; i++)
        put_view(dn_json_object(group, v->view[i].name), v, &v->view[i]);
}

dn_status dn_evaluation_json(const dn_evaluation *e, const dn_evaluate_options *o,
                             const dn_gene_kinds *opt_kinds, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_views views = {
        .kind = &dn_gene_kind, .view = e->view, .model = o->model != NULL, .replicates = o->replicates};
    dn_json *root = dn_json_create(), *group;

    if (root == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for the report");
    if (e->classes.views > 0)
        dn_class_evaluation_json(&e->classes, root);
    else
        dn_views_json(&views, root);
    group = dn_json_object(root, "left_out");
    dn_json_int(group, "trained_on", e->left_out.trained_on);
    dn_json_int(group, "two_labels", e->left_out.two_labels);
    dn_json_int(group, "between_parts", e->left_out.between_parts);
    dn_json_int(root, "also_in_validation", e->also_in_validation);
    dn_json_int(root, "genes_without_variance", e->flat_genes);
    dn_json_string(root, "dataset", o->dataset);
    if (o->model != NULL)
        dn_json_string(root, "model_file", o->model);
    dn_json_string(root, "split", e->model.split);
    if (e->model.fold >= 0)
        dn_json_int(root, "fold", e->model.fold);
    if (e->part[0] != '\0')
        dn_json_string(root, "part", e->part);
    dn_json_string(root, "pairs", e->pairs);
    dn_json_int(root, "seed", (int64_t)o->seed);
    dn_json_int(root, "replicates", o->replicates);
    dn_gene_kinds_json(opt_kinds, e->view, NULL, o, root);
    DN_TRY(dn_json_text(root, 2, out, err));
out:
    dn_json_destroy(&root);
    return st;
}
