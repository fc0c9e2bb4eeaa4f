/* evaluate_repeats_report.c - the mean over several models as table and JSON; see evaluate_report.h */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"

/* ---- for people ---- */

static void with_interval(FILE *to, double v, double sd, const dn_interval *i, bool sign)
{
    fprintf(to, sign ? "  %+7.4f" : "  %7.4f", v);
    if (isnan(i->lo))
        fprintf(to, " %18s", "[no interval]");
    else
        fprintf(to, sign ? " [%+7.4f, %+7.4f]" : " [%7.4f, %7.4f]", i->lo, i->hi);
    if (isnan(sd))
        fprintf(to, " %6s", "-");
    else
        fprintf(to, " %6.4f", sd);
}

static void print_differences(const dn_repeats *r, FILE *to)
{
    static const char *const word[] = {"beaten", "NOT beaten, the model is worse", "undecided"};

    fprintf(
        to,
        "\n  model minus        AUROC  95%% interval           sd           AP  95%% interval           sd"
        "     above 0 in\n");
    for (int k = 1; k < r->kind->scorers; k++) {
        const dn_mean_report *d = &r->difference[k - 1];

        fprintf(to, "  %-14s", r->kind->scorer[k]);
        with_interval(to, d->auroc, d->auroc_sd, &d->auroc_ci, true);
        with_interval(to, d->ap, d->ap_sd, &d->ap_ci, true);
        fprintf(to, "  %4" PRId64 " of %" PRId64 "  %s\n", d->above, r->counted, word[d->beaten]);
    }
}

/* Of the column of a scorer. */
static int width(const dn_repeats *r, int k)
{
    int name = (int)strlen(r->kind->scorer[k]);

    return name > 8 ? name : 8;
}

static void print_models(const dn_repeats *r, FILE *to)
{
    int best = r->best_baseline;

    fprintf(to, "\n  %-20s %4s %7s %9s", "split", "fold", "rows", "positive");
    if (r->model)
        fprintf(to, " %8s", "model");
    for (int k = 1; k < r->kind->scorers; k++)
        if (k - 1 == best || !r->model)
            fprintf(to, " %*s", width(r, k), r->kind->scorer[k]);
    fprintf(to, "  (AUROC)\n");
    for (int64_t m = 0; m < r->n; m++) {
        const dn_repeat *e = &r->each[m];

        fprintf(to, "  %-20s %4" PRId64 " %7" PRId64 " %9" PRId64, e->split, e->fold < 0 ? 0 : e->fold,
                e->rows, e->positives);
        if (r->model)
            fprintf(to, " %8.4f", e->auroc[DN_MODEL]);
        for (int k = 1; k < r->kind->scorers; k++)
            if (k - 1 == best || !r->model)
                fprintf(to, " %*.4f", width(r, k), e->auroc[k]);
        fprintf(to, "%s\n", e->counted ? "" : "  one class only: not counted");
    }
}

void dn_repeats_print(const dn_repeats *r, int64_t replicates, FILE *to)
{
    const dn_interval *one = &r->scorer[r->model ? DN_MODEL : 1].auroc_ci;

    fprintf(to, "Mean over %" PRId64 " %s of %" PRId64 " split%s, each measured on its own rows\n",
            r->counted, r->model ? "models" : "folds", r->splits, r->splits == 1 ? "" : "s");
    fprintf(to, "  %-14s  %7s  %-18s %6s  %7s  %-18s %6s\n", "", "AUROC", "95% interval", "sd", "AP",
            "95% interval", "sd");
    for (int k = r->model ? DN_MODEL : 1; k < r->kind->scorers; k++) {
        const dn_mean_report *s = &r->scorer[k];

        fprintf(to, "  %-14s", r->kind->scorer[k]);
        with_interval(to, s->auroc, s->auroc_sd, &s->auroc_ci, false);
        with_interval(to, s->ap, s->ap_sd, &s->ap_ci, false);
        fputc('\n', to);
    }
    if (r->model)
        print_differences(r, to);
    fprintf(to, "  best baseline on validation: %s\n",
            r->best_baseline < 0 ? "none, validation lacks a class" : r->kind->scorer[1 + r->best_baseline]);
    print_models(r, to);
    fprintf(to, "\n  Intervals: %" PRId64 " replicates draw the %" PRId64 " %s", replicates, r->drawn[0],
            r->kind->entity[0]);
    if (r->kind->sides == 2)
        fprintf(to, " and the %" PRId64 " %s", r->drawn[1], r->kind->entity[1]);
    fprintf(to, " once for all %s", r->model ? "models" : "folds");
    if (one->skipped > 0)
        fprintf(to, "; %" PRId64 " skipped, a class had no weight", one->skipped);
    fprintf(to, ".\n  sd: over the %s.\n", r->model ? "models" : "folds");
}

/* ---- all views, for people ---- */

static void print_view(const dn_repeats *r, int name_width, FILE *to)
{
    static const char *const word[] = {"beaten", "NOT beaten", "undecided"};
    int best = r->best_baseline, shown = r->model ? DN_MODEL : 1 + best;
    int64_t rows = 0;

    for (int64_t m = 0; m < r->n; m++)
        rows += r->each[m].rows;
    fprintf(to, "  %-*s %3" PRId64 " of %-3" PRId64 " %9" PRId64, name_width, r->view->name, r->counted, r->n,
            rows);
    if (r->counted == 0) {
        fprintf(to, "  fewer than %d of a class in every fold\n", DN_VIEW_LEAST);
        return;
    }
    if (r->model || best >= 0) {
        with_interval(to, r->scorer[shown].auroc, r->scorer[shown].auroc_sd, &r->scorer[shown].auroc_ci,
                      false);
        fprintf(to, " %8.4f", r->scorer[shown].ap);
    }
    if (r->model && best >= 0) {
        const dn_mean_report *d = &r->difference[best];

        with_interval(to, d->auroc, d->auroc_sd, &d->auroc_ci, true);
        fprintf(to, "  %s: %s", r->kind->scorer[1 + best], word[d->beaten]);
    } else {
        fprintf(to, "  %s", best >= 0 ? r->kind->scorer[1 + best] : "no baseline: validation lacks a class");
    }
    fprintf(to, "%s\n", r->source == DN_FROM_ALL ? " *" : "");
}

void dn_repeats_views_print(const dn_repeats *view, FILE *to)
{
    const dn_eval_kind *kind = view[0].kind;
    bool borrowed = false;
    int name = 9;

    fprintf(to, "\nMeans on each view: %s\n", kind->views_note);
    for (int v = 0; v < kind->views; v++)
        name = (int)strlen(kind->view[v].name) > name ? (int)strlen(kind->view[v].name) : name;
    fprintf(to, "  %-*s %10s %9s  %7s  %-18s %6s %8s  %s\n", name, "view", view[0].model ? "models" : "folds",
            "rows", "AUROC", "95% interval", "sd", "AP",
            view[0].model ? "AUROC minus that of the best baseline" : "of the best baseline on validation");
    for (int v = 0; v < kind->views; v++) {
        print_view(&view[v], name, to);
        borrowed |= view[v].counted > 0 && view[v].source == DN_FROM_ALL;
    }
    if (borrowed)
        fprintf(
            to,
            "  * fewer than %d of a class in a fold's validation rows of the view: best baseline from all "
            "validation rows\n",
            DN_VIEW_LEAST);
    fprintf(to, "\nMean AUROC of each\n  %-*s", name, "view");
    for (int k = view[0].model ? DN_MODEL : 1; k < kind->scorers; k++)
        fprintf(to, " %*s", width(&view[0], k), kind->scorer[k]);
    fputc('\n', to);
    for (int v = 0; v < kind->views; v++) {
        if (view[v].counted == 0)
            continue;
        fprintf(to, "  %-*s", name, kind->view[v].name);
        for (int k = view[0].model ? DN_MODEL : 1; k < kind->scorers; k++)
            fprintf(to, " %*.4f", width(&view[v], k), view[v].scorer[k].auroc);
        fputc('\n', to);
    }
}

/* ---- JSON ---- */

static void put_interval(dn_json *obj, const char *key, const dn_interval *i)
{
    dn_json *pair = dn_json_array(obj, key);

    dn_json_number(pair, NULL, i->lo);
    dn_json_number(pair, NULL, i->hi);
}

static void put_mean(dn_json *obj, const dn_mean_report *s)
{
    dn_json *ci, *sd;

    dn_json_number(obj, "auroc", s->auroc);
    dn_json_number(obj, "ap", s->ap);
    ci = dn_json_object(obj, "ci95");
    put_interval(ci, "auroc", &s->auroc_ci);
    put_interval(ci, "ap", &s->ap_ci);
    sd = dn_json_object(obj, "sd");
    dn_json_number(sd, "auroc", s->auroc_sd);
    dn_json_number(sd, "ap", s->ap_sd);
    dn_json_int(obj, "replicates_used", s->auroc_ci.used);
    dn_json_int(obj, "replicates_skipped", s->auroc_ci.skipped);
}

static void put_scorers(const dn_repeats *r, dn_json *obj)
{
    static const char *const beaten[] = {"true", "false", "undecided"};
    dn_json *group, *one;

    if (r->model) {
        one = dn_json_object(obj, "model");
        put_mean(one, &r->scorer[DN_MODEL]);
        dn_json_number(one, "validation_auroc", r->scorer[DN_MODEL].validation_auroc);
    }
    group = dn_json_object(obj, "baselines");
    for (int k = 1; k < r->kind->scorers; k++) {
        one = dn_json_object(group, r->kind->scorer[k]);
        put_mean(one, &r->scorer[k]);
        dn_json_number(one, "validation_auroc", r->scorer[k].validation_auroc);
    }
    if (!r->model)
        return;
    group = dn_json_object(obj, "difference");
    for (int k = 1; k < r->kind->scorers; k++) {
        one = dn_json_object(group, r->kind->scorer[k]);
        put_mean(one, &r->difference[k - 1]);
        dn_json_int(one, "above", r->difference[k - 1].above);
        dn_json_string(one, "beaten", beaten[r->difference[k - 1].beaten]);
    }
}

static void put_models(const dn_repeats *r, dn_json *list)
{
    for (int64_t m = 0; m < r->n; m++) {
        const dn_repeat *e = &r->each[m];
        dn_json *one = dn_json_object(list, NULL), *auroc, *ap;

        dn_json_string(one, "split", e->split);
        if (e->fold >= 0)
            dn_json_int(one, "fold", e->fold);
        dn_json_int(one, "rows", e->rows);
        dn_json_int(one, "positives", e->positives);
        dn_json_bool(one, "counted", e->counted);
        auroc = dn_json_object(one, "auroc");
        ap = dn_json_object(one, "ap");
        for (int k = r->model ? DN_MODEL : 1; k < r->kind->scorers; k++) {
            dn_json_number(auroc, r->kind->scorer[k], e->auroc[k]);
            dn_json_number(ap, r->kind->scorer[k], e->ap[k]);
        }
    }
}

static void put_repeats(const dn_repeats *r, dn_json *obj)
{
    dn_json_int(obj, "models", r->n);
    dn_json_int(obj, "counted", r->counted);
    dn_json_int(obj, "splits", r->splits);
    put_scorers(r, obj);
    dn_json_string(obj, "best_baseline",
                   r->best_baseline < 0 ? "none" : r->kind->scorer[1 + r->best_baseline]);
    for (int side = 0; side < r->kind->sides; side++)
        dn_json_int(obj, r->kind->entity[side], r->drawn[side]);
    put_models(r, dn_json_array(obj, "each"));
}

void dn_repeats_json(const dn_repeats *r, dn_json *root)
{
    put_repeats(r, dn_json_object(root, "mean"));
}

void dn_repeats_views_json(const dn_repeats *view, dn_json *root)
{
    static const char *const source[] = {"validation rows of the view", "all validation rows", "none"};
    dn_json *mean = dn_json_object(root, "mean"), *group, *one;

    put_repeats(&view[0], mean);
    group = dn_json_object(mean, "views");
    for (int v = 1; v < view[0].kind->views; v++) {
        one = dn_json_object(group, view[v].view->name);
        if (view[v].counted > 0)
            dn_json_string(one, "best_baseline_from", source[view[v].source]);
        put_repeats(&view[v], one);
    }
}
