/* evaluate_kinds_report.c - every kind of negatives as JSON and as a table; see evaluate_report.h */
#include "jobs/cli/evaluate/evaluate_report.h"

#include <inttypes.h>
#include <math.h>

/* The views of kind number k; first: those of number 0. */
static dn_views views_of(const dn_gene_kinds *kinds, int k, const dn_view_report *first,
                         const dn_evaluate_options *o)
{
    const dn_view_report *view = k == 0                      ? first
                                 : kinds->folds[k].folds > 0 ? kinds->folds[k].pooled.view
                                                             : kinds->of[k].view;

    return (dn_views){.kind = &dn_gene_kind,
                      .view = view,
                      .model = o->model != NULL || o->models != NULL,
                      .replicates = o->replicates};
}

/* Pairs of four classes have no views of two. */
static bool of_classes(const dn_gene_kinds *kinds)
{
    return kinds->origins.n > 1 && kinds->of[1].classes.views > 0;
}

/* Kind 0 is the report itself. */
static void classes_json(const dn_gene_kinds *kinds, dn_json *group)
{
    for (int k = 1; k < kinds->origins.n; k++)
        dn_class_evaluation_json(&kinds->of[k].classes,
                                 dn_json_object(group, dn_origin_names[kinds->origins.kind[k]]));
}

static void classes_print(const dn_gene_kinds *kinds, int64_t replicates, FILE *to)
{
    for (int k = 1; k < kinds->origins.n; k++) {
        fprintf(to, "\nAgainst %s negatives; the same other classes, training used %s ones\n",
                dn_origin_names[kinds->origins.kind[k]], dn_origin_names[kinds->origins.kind[0]]);
        dn_class_evaluation_print(&kinds->of[k].classes, replicates, to);
    }
}

void dn_gene_kinds_json(const dn_gene_kinds *kinds, const dn_view_report *first, const dn_repeats *first_mean,
                        const dn_evaluate_options *o, dn_json *root)
{
    dn_json *group;

    if (kinds == NULL || kinds->origins.n == 0)
        return;
    group = dn_json_object(root, "negatives");
    if (of_classes(kinds))
        classes_json(kinds, group);
    for (int k = 0; !of_classes(kinds) && k < kinds->origins.n; k++) {
        dn_json *obj = dn_json_object(group, dn_origin_names[kinds->origins.kind[k]]);
        dn_views views = views_of(kinds, k, first, o);

        dn_views_json(&views, obj);
        if (first_mean != NULL)
            dn_repeats_views_json(k == 0 ? first_mean : kinds->folds[k].mean, obj);
    }
    dn_json_string(root, "trained_against", dn_origin_names[kinds->origins.kind[0]]);
}

static void print_line(FILE *to, const char *kind, const dn_views *all, const dn_view_report *v)
{
    fprintf(to, "  %-9s %-9s %9" PRId64 " %9" PRId64, kind, v->name, v->rows, v->positives);
    if (!v->measured) {
        fprintf(to, "  fewer than %d of a class: counts only\n", DN_VIEW_LEAST);
        return;
    }
    for (int k = all->model ? 0 : 1; k < all->kind->scorers; k++)
        fprintf(to, " %11.4f", v->scorer[k].auroc);
    if (all->model && v->best_baseline >= 0) {
        const dn_difference *d = &v->difference[v->best_baseline];

        fprintf(to, "  %+.4f", d->auroc);
        if (!isnan(d->auroc_ci.lo))
            fprintf(to, " [%+.4f, %+.4f]", d->auroc_ci.lo, d->auroc_ci.hi);
        fprintf(to, " %s %s",
                d->beaten == DN_BEATEN       ? "beats"
                : d->beaten == DN_NOT_BEATEN ? "does NOT beat"
                                             : "is not shown to beat",
                all->kind->scorer[1 + v->best_baseline]);
    }
    fputc('\n', to);
}

void dn_gene_kinds_print(const dn_gene_kinds *kinds, const dn_view_report *first,
                         const dn_evaluate_options *o, FILE *to)
{
    dn_views views;

    if (kinds->origins.n == 0)
        return;
    if (of_classes(kinds)) {
        classes_print(kinds, o->replicates, to);
        return;
    }
    views = views_of(kinds, 0, first, o);
    fprintf(to,
            "\nAgainst every kind of negatives: AUROC; the same positives, training used %s ones\n"
            "  %-9s %-9s %9s %9s",
            dn_origin_names[kinds->origins.kind[0]], "negatives", "view", "rows", "positive");
    for (int k = views.model ? 0 : 1; k < views.kind->scorers; k++)
        fprintf(to, " %11s", views.kind->scorer[k]);
    fprintf(to, "%s\n", views.model ? "  model minus best baseline" : "");
    for (int k = 0; k < kinds->origins.n; k++) {
        views = views_of(kinds, k, first, o);
        for (int v = 0; v < views.kind->views; v++)
            if (views.view[v].rows > 0)
                print_line(to, dn_origin_names[kinds->origins.kind[k]], &views, &views.view[v]);
    }
}
