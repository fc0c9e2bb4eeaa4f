/* evaluate_classes_report.c - an evaluation of four classes: table, JSON, scores row by row; see
 * evaluate_report.h */
#include <inttypes.h>
#include <math.h>
#include "jobs/cli/evaluate/evaluate_report.h"

/* ---- JSON ---- */

static void put_interval(dn_json *obj, const char *key, const dn_interval *i)
{
    dn_json *pair = dn_json_array(obj, key);

    dn_json_number(pair, NULL, i->lo);
    dn_json_number(pair, NULL, i->hi);
}

static void put_figure(dn_json *obj, const dn_class_figure *f)
{
    dn_json *ci;

    dn_json_number(obj, "auroc", f->auroc);
    dn_json_number(obj, "ap", f->ap);
    ci = dn_json_object(obj, "ci95");
    put_interval(ci, "auroc", &f->auroc_ci);
    put_interval(ci, "ap", &f->ap_ci);
    dn_json_int(obj, "replicates_used", f->auroc_ci.used);
    dn_json_int(obj, "replicates_skipped", f->auroc_ci.skipped);
}

static const char *beaten(const dn_class_figure *difference)
{
    return difference->auroc_ci.lo > 0 ? "true" : difference->auroc_ci.hi < 0 ? "false" : "undecided";
}

static void put_target(dn_json *obj, const dn_class_view *v, int target, bool model)
{
    dn_json *group, *one;

    if (model)
        put_figure(dn_json_object(obj, "model"), &v->scorer[DN_MODEL][target]);
    group = dn_json_object(obj, "baselines");
    for (int k = 1; k < DN_CLASS_SCORERS; k++)
        put_figure(dn_json_object(group, dn_class_scorer_names[k]), &v->scorer[k][target]);
    if (!model)
        return;
    group = dn_json_object(obj, "difference");
    for (int k = 1; k < DN_CLASS_SCORERS; k++) {
        one = dn_json_object(group, dn_class_scorer_names[k]);
        put_figure(one, &v->difference[k - 1][target]);
        dn_json_string(one, "beaten", beaten(&v->difference[k - 1][target]));
    }
}

static void put_confusion(dn_json *obj, const dn_confusion *t)
{
    dn_json *table = dn_json_object(obj, "labelled"), *of = dn_json_object(obj, "of");

    for (int label = 0; label < DN_CLASSES; label++) {
        dn_json *decided = dn_json_object(table, dn_target_name(label));
        dn_json *scores = dn_json_object(of, dn_target_name(label));

        for (int c = 0; c < DN_CLASSES; c++)
            dn_json_int(decided, dn_target_name(c), t->table[label][c]);
        dn_json_number(scores, "precision", t->of[label].precision);
        dn_json_number(scores, "recall", t->of[label].recall);
        dn_json_number(scores, "f1", t->of[label].f1);
        dn_json_int(scores, "support", t->of[label].support);
    }
    dn_json_number(obj, "accuracy", t->accuracy);
    dn_json_number(obj, "macro_f1", t->macro_f1);
}

static void put_view(dn_json *obj, const dn_class_view *v, bool model)
{
    dn_json *group = dn_json_object(obj, "classes"), *one;

    for (int c = 0; c < DN_CLASSES; c++) {
        one = dn_json_object(group, dn_target_name(c));
        if (v->measured)
            put_target(one, v, c, model);
        dn_json_int(one, "rows", v->of[c]);
        dn_json_int(one, "validation_rows", v->validation_of[c]);
    }
    if (v->measured) {
        put_target(dn_json_object(obj, "micro"), v, DN_MICRO, model);
        put_target(dn_json_object(obj, "macro"), v, DN_MACRO, model);
        if (model)
            put_confusion(dn_json_object(obj, "confusion"), &v->confusion);
        dn_json_string(obj, "best_baseline",
                       v->best_baseline < 0 ? "none" : dn_class_scorer_names[1 + v->best_baseline]);
        dn_json_int(obj, "genes", v->genes);
    }
    dn_json_int(obj, "rows", v->rows);
    dn_json_int(obj, "training_rows", v->training_rows);
    dn_json_int(obj, "validation_rows", v->validation_rows);
}

void dn_class_evaluation_json(const dn_class_evaluation *e, dn_json *root)
{
    bool model = e->score[DN_MODEL] != NULL;
    dn_json *group;

    put_view(root, &e->view[0], model);
    group = dn_json_object(root, "views");
    for (int i = 1; i < e->views; i++)
        put_view(dn_json_object(group, e->view[i].name), &e->view[i], model);
}

/* ---- the table ---- */

static void with_interval(FILE *to, double v, const dn_interval *i)
{
    if (isnan(v)) {
        fprintf(to, "  %7s %18s", "-", "");
        return;
    }
    fprintf(to, "  %7.4f", v);
    if (isnan(i->lo))
        fprintf(to, " %18s", "[no interval]");
    else
        fprintf(to, " [%7.4f, %7.4f]", i->lo, i->hi);
}

static void say_verdict(FILE *to, const dn_class_figure *d, const char *baseline)
{
    if (d->auroc_ci.lo > 0)
        fprintf(to, "the model beats %s", baseline);
    else if (d->auroc_ci.hi < 0)
        fprintf(to, "%s is NOT beaten, the model is worse", baseline);
    else
        fprintf(to, "undecided: %s is not shown to be beaten", baseline);
}

static void print_target(FILE *to, const dn_class_view *v, int target, bool model)
{
    if (target < DN_CLASSES)
        fprintf(to, "%s against the rest, %" PRId64 " pairs\n", dn_target_name(target), v->of[target]);
    else
        fprintf(to, "%s\n",
                target == DN_MICRO ? "micro-averaged, all decisions pooled" : "macro mean over the classes");
    for (int k = model ? 0 : 1; k < DN_CLASS_SCORERS; k++) {
        const dn_class_figure *f = &v->scorer[k][target];

        fprintf(to, "  %-12s", dn_class_scorer_names[k]);
        with_interval(to, f->auroc, &f->auroc_ci);
        with_interval(to, f->ap, &f->ap_ci);
        if (k == 1 + v->best_baseline && model) {
            fprintf(to, "  ");
            say_verdict(to, &v->difference[k - 1][target], dn_class_scorer_names[k]);
        }
        fputc('\n', to);
    }
}

static void print_confusion(FILE *to, const dn_confusion *t)
{
    fprintf(to, "\n  decided for the most probable class: accuracy %.4f, macro F1 %.4f\n  %-14s", t->accuracy,
            t->macro_f1, "labelled");
    for (int c = 0; c < DN_CLASSES; c++)
        fprintf(to, " %13s", dn_target_name(c));
    fprintf(to, " %9s %9s %9s\n", "precision", "recall", "F1");
    for (int label = 0; label < DN_CLASSES; label++) {
        fprintf(to, "  %-14s", dn_target_name(label));
        for (int c = 0; c < DN_CLASSES; c++)
            fprintf(to, " %13" PRId64, t->table[label][c]);
        fprintf(to, " %9.4f %9.4f %9.4f\n", t->of[label].precision, t->of[label].recall, t->of[label].f1);
    }
}

static void print_views(FILE *to, const dn_class_evaluation *e, bool model)
{
    fprintf(to,
            "\nAUROC of %s by view: clean leaves out decoys and genes without values; c1, c2, c3: both, one, "
            "none of the genes in training\n  %-9s %9s",
            model ? "the model" : "the best baseline on validation", "view", "rows");
    for (int t = 0; t < DN_TARGETS; t++)
        fprintf(to, " %13s", dn_target_name(t));
    fputc('\n', to);
    for (int i = 0; i < e->views; i++) {
        const dn_class_view *v = &e->view[i];
        int shown = model ? DN_MODEL : 1 + v->best_baseline;

        fprintf(to, "  %-9s %9" PRId64, v->name, v->rows);
        if (!v->measured)
            fprintf(to, "  fewer than %d of a class: counts only", DN_VIEW_LEAST);
        for (int t = 0; v->measured && (model || shown > 0) && t < DN_TARGETS; t++)
            isnan(v->scorer[shown][t].auroc) ? fprintf(to, " %13s", "-")
                                             : fprintf(to, " %13.4f", v->scorer[shown][t].auroc);
        fputc('\n', to);
    }
}

void dn_class_evaluation_print(const dn_class_evaluation *e, int64_t replicates, FILE *to)
{
    bool model = e->score[DN_MODEL] != NULL;
    const dn_class_view *all = &e->view[0];

    fprintf(to, "  %-12s  %7s  %-18s  %7s  %s\n", "", "AUROC", "95% interval", "AP", "95% interval");
    for (int t = 0; t < DN_TARGETS; t++)
        print_target(to, all, t, model);
    if (model)
        print_confusion(to, &all->confusion);
    fprintf(to, "\n  best baseline on validation: %s\n",
            all->best_baseline < 0 ? "none" : dn_class_scorer_names[1 + all->best_baseline]);
    fprintf(to, "  Intervals: %" PRId64 " replicates that resample the %" PRId64 " genes.\n", replicates,
            all->genes);
    print_views(to, e, model);
}

/* ---- row by row ---- */

void dn_class_evaluation_header(FILE *f)
{
    for (int k = 0; k < DN_CLASS_SCORERS; k++)
        for (int c = 0; c < DN_CLASSES; c++)
            fprintf(f, "\t%s_%s", k == DN_MODEL ? "probability" : dn_class_scorer_names[k],
                    dn_target_name(c));
}

void dn_class_evaluation_row(const dn_class_evaluation *e, int64_t i, FILE *f)
{
    for (int k = 0; k < DN_CLASS_SCORERS; k++)
        for (int c = 0; c < DN_CLASSES; c++)
            fprintf(f, "\t%.9g", e->score[k] != NULL ? e->score[k][i * DN_CLASSES + c] : (double)NAN);
}
