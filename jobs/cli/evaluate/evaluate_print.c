/* evaluate_print.c - an evaluation as a table for people and as scores row by row; see evaluate_report.h */
#include "jobs/cli/evaluate/evaluate_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "jobs/cli/text_file.h"

/* A figure in a column of `width`, "-" where there is none. */
static void figure(FILE *to, int width, double v)
{
    if (isnan(v))
        fprintf(to, " %*s", width, "-");
    else
        fprintf(to, " %*.4f", width, v);
}

static void with_interval(FILE *to, double v, const dn_interval *i, bool sign)
{
    fprintf(to, sign ? "  %+7.4f" : "  %7.4f", v);
    if (isnan(i->lo))
        fprintf(to, " %18s", "[no interval]");
    else
        fprintf(to, sign ? " [%+7.4f, %+7.4f]" : " [%7.4f, %7.4f]", i->lo, i->hi);
}

/* Width of the column of scorers. */
static int name_width(const dn_eval_kind *kind)
{
    int width = 12;

    for (int k = 0; k < kind->scorers; k++)
        width = (int)strlen(kind->scorer[k]) > width ? (int)strlen(kind->scorer[k]) : width;
    return width;
}

/* Ranking: all that needs no threshold. */
static void print_ranking(FILE *to, const dn_views *all, const dn_view_report *v)
{
    int width = name_width(all->kind);

    fprintf(to, "  %-*s  %7s  %-18s  %7s  %s\n", width, "", "AUROC", "95% interval", "AP", "95% interval");
    for (int k = all->model ? 0 : 1; k < all->kind->scorers; k++) {
        fprintf(to, "  %-*s", width, all->kind->scorer[k]);
        with_interval(to, v->scorer[k].auroc, &v->scorer[k].auroc_ci, false);
        with_interval(to, v->scorer[k].ap, &v->scorer[k].ap_ci, false);
        fputc('\n', to);
    }
}

/* Decisions and probabilities. */
static void print_decisions(FILE *to, const dn_views *all, const dn_view_report *v)
{
    int width = name_width(all->kind);

    fprintf(to, "\n  %-*s %8s %8s %8s %8s %8s %8s  %s\n", width, "", "accuracy", "macro F1", "weighted",
            "MCC", "Brier", "ECE", "Brier, ECE calibrated");
    for (int k = all->model ? 0 : 1; k < all->kind->scorers; k++) {
        const dn_scorer_report *s = &v->scorer[k];
        fprintf(to, "  %-*s", width, all->kind->scorer[k]);
        figure(to, 8, s->decided ? s->decisions.accuracy : (double)NAN);
        figure(to, 8, s->decided ? s->decisions.macro.f1 : (double)NAN);
        figure(to, 8, s->decided ? s->decisions.weighted.f1 : (double)NAN);
        figure(to, 8, s->decided ? s->decisions.mcc : (double)NAN);
        figure(to, 8, s->brier);
        figure(to, 8, s->ece);
        figure(to, 8, s->calibrated_brier);
        figure(to, 8, s->calibrated_ece);
        fputc('\n', to);
    }
}

static void say_verdict(FILE *to, const dn_difference *d, const char *baseline)
{
    if (d->beaten == DN_BEATEN)
        fprintf(to, "the model beats %s", baseline);
    else if (d->beaten == DN_NOT_BEATEN)
        fprintf(to, "%s is NOT beaten, the model is worse", baseline);
    else
        fprintf(to, "undecided: %s is not shown to be beaten", baseline);
}

static void print_differences(FILE *to, const dn_views *all, const dn_view_report *v)
{
    const dn_eval_kind *kind = all->kind;

    fprintf(to, "\n  model minus            AUROC  95%% interval             AP  95%% interval\n");
    for (int k = 1; k < kind->scorers; k++) {
        const dn_difference *d = &v->difference[k - 1];
        fprintf(to, "  %-18s", kind->scorer[k]);
        with_interval(to, d->auroc, &d->auroc_ci, true);
        with_interval(to, d->ap, &d->ap_ci, true);
        fprintf(to, "  ");
        say_verdict(to, d, kind->scorer[k]);
        fputc('\n', to);
    }
    if (v->best_baseline >= 0) {
        const char *best = kind->scorer[1 + v->best_baseline];
        fprintf(to, "  best baseline on validation: %s; ", best);
        say_verdict(to, &v->difference[v->best_baseline], best);
        fputc('\n', to);
    }
}

static void print_classes(FILE *to, const dn_views *all, const dn_view_report *v)
{
    static const char *const from[] = {
        "validation", "all validation rows: too few in this view",
        "no validation rows of both classes: decided at one half, not calibrated"};
    const dn_decisions *d = &v->scorer[DN_MODEL].decisions;
    const struct {
        const char *number, *name;
        const dn_class_scores *of;
    } line[] = {{"0 ", all->kind->label[0], &d->of[0]},
                {"1 ", all->kind->label[1], &d->of[1]},
                {"", "macro mean", &d->macro},
                {"", "weighted mean", &d->weighted}};

    fprintf(to, "\n  model at threshold %.6f (from %s)\n", d->threshold, from[v->source]);
    fprintf(to, "  class           precision    recall        F1    support\n");
    for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
        fprintf(to, "  %s%-*s  %9.4f %9.4f %9.4f %10" PRId64 "\n", line[i].number,
                14 - (int)strlen(line[i].number), line[i].name, line[i].of->precision, line[i].of->recall,
                line[i].of->f1, line[i].of->support);
}

static void print_intervals(FILE *to, const dn_views *all, const dn_view_report *v)
{
    const dn_eval_kind *kind = all->kind;
    const dn_interval *one = &v->scorer[all->model ? DN_MODEL : 1].auroc_ci;

    fprintf(to, "\n  Intervals: %" PRId64 " replicates that resample the %" PRId64 " %s", all->replicates,
            v->drawn[0], kind->entity[0]);
    if (kind->sides == 2)
        fprintf(to, " and the %" PRId64 " %s", v->drawn[1], kind->entity[1]);
    if (one->skipped > 0)
        fprintf(to, "; %" PRId64 " skipped, a class had no weight", one->skipped);
    fprintf(to, ".\n");
}

static void print_main_view(FILE *to, const dn_views *all, const dn_view_report *v)
{
    print_ranking(to, all, v);
    if (all->model)
        print_differences(to, all, v);
    print_decisions(to, all, v);
    if (all->model)
        print_classes(to, all, v);
    else if (v->best_baseline >= 0)
        fprintf(to, "\n  best baseline on validation: %s\n", all->kind->scorer[1 + v->best_baseline]);
    print_intervals(to, all, v);
}

/* Width of the column of views. */
static int view_width(const dn_eval_kind *kind)
{
    int width = 9;

    for (int i = 0; i < kind->views; i++)
        width = (int)strlen(kind->view[i].name) > width ? (int)strlen(kind->view[i].name) : width;
    return width;
}

static void print_view_line(FILE *to, const dn_views *all, const dn_view_report *v)
{
    static const char *const word[] = {
        [DN_BEATEN] = "beats", [DN_NOT_BEATEN] = "NOT beaten:", [DN_UNDECIDED] = "undecided:"};
    int best = v->best_baseline, shown = all->model ? DN_MODEL : 1 + best;

    fprintf(to, "  %-*s %9" PRId64 " %9" PRId64, view_width(all->kind), v->name, v->rows, v->positives);
    if (!v->measured) {
        fprintf(to, "  fewer than %d of a class: counts only\n", DN_VIEW_LEAST);
        return;
    }
    if (shown > 0 || all->model) {
        with_interval(to, v->scorer[shown].auroc, &v->scorer[shown].auroc_ci, false);
        figure(to, 8, v->scorer[shown].ap);
    }
    if (best >= 0 && all->model) {
        with_interval(to, v->difference[best].auroc, &v->difference[best].auroc_ci, true);
        fprintf(to, "  %s %s", word[v->difference[best].beaten], all->kind->scorer[1 + best]);
    } else if (!all->model) {
        fprintf(to, "  %s", best >= 0 ? all->kind->scorer[1 + best] : "none: validation lacks a class");
    }
    if (v->source == DN_FROM_ALL)
        fprintf(to, " *");
    fputc('\n', to);
}

/* AUROC of every baseline on every view: all that there is to see without a model. */
static void print_baselines(FILE *to, const dn_views *all)
{
    const dn_eval_kind *kind = all->kind;

    fprintf(to, "\nAUROC of each\n  %-*s", view_width(kind), "view");
    for (int k = 1; k < kind->scorers; k++)
        fprintf(to, " %*s", (int)strlen(kind->scorer[k]) > 7 ? (int)strlen(kind->scorer[k]) : 7,
                kind->scorer[k]);
    fputc('\n', to);
    for (int i = 0; i < kind->views; i++) {
        if (!all->view[i].measured)
            continue;
        fprintf(to, "  %-*s", view_width(kind), all->view[i].name);
        for (int k = 1; k < kind->scorers; k++)
            figure(to, (int)strlen(kind->scorer[k]) > 7 ? (int)strlen(kind->scorer[k]) : 7,
                   all->view[i].scorer[k].auroc);
        fputc('\n', to);
    }
}

static void print_views(FILE *to, const dn_views *all)
{
    bool borrowed = false;

    fprintf(to, "\nViews: %s\n", all->kind->views_note);
    fprintf(to, "  %-*s %9s %9s  %7s  %-18s %8s  %s\n", view_width(all->kind), "view", "rows", "positive",
            "AUROC", "95% interval", "AP",
            all->model ? "AUROC minus that of the best baseline" : "of the best baseline on validation");
    for (int i = 0; i < all->kind->views; i++) {
        print_view_line(to, all, &all->view[i]);
        borrowed |= all->view[i].measured && all->view[i].source == DN_FROM_ALL;
    }
    if (borrowed)
        fprintf(to,
                "  * fewer than %d of a class in the view's validation rows: best baseline, threshold and "
                "calibration "
                "from all validation rows\n",
                DN_VIEW_LEAST);
}

void dn_views_print(const dn_views *v, FILE *to)
{
    print_main_view(to, v, &v->view[0]);
    print_views(to, v);
    if (!v->model)
        print_baselines(to, v);
}

void dn_evaluation_print(const dn_evaluation *e, const dn_evaluate_options *o, FILE *to)
{
    const dn_view_report *all = &e->view[0];
    dn_views views = {
        .kind = &dn_gene_kind, .view = e->view, .model = o->model != NULL, .replicates = o->replicates};

    fprintf(to, "%s on %s\n", o->model != NULL ? o->model : "baselines", o->dataset);
    if (e->part[0] != '\0')
        fprintf(to, "%s part of split '%s' (pair set '%s'", e->part, e->model.split, e->pairs);
    else
        fprintf(to, "pair set '%s' (trained on split '%s'", e->pairs, e->model.split);
    if (e->model.fold >= 0)
        fprintf(to, ", fold %" PRId64, e->model.fold);
    fprintf(to, "): %" PRId64 " pairs, %" PRId64 " positive\n", all->rows, all->positives);
    fprintf(to, "left out: %" PRId64 " trained on, %" PRId64 " with two labels, %" PRId64 " between parts\n",
            e->left_out.trained_on, e->left_out.two_labels, e->left_out.between_parts);
    if (e->also_in_validation > 0)
        fprintf(to,
                "WARNING: %" PRId64
                " of the pairs are validation pairs, which chose the epoch and the threshold\n",
                e->also_in_validation);
    if (strcmp(e->part, "train") == 0)
        fprintf(to, "WARNING: %s on these pairs\n",
                o->model != NULL ? "the model was trained" : "the baselines were fitted");
    if (all->positives == 0 || all->positives == all->rows)
        fprintf(to, "WARNING: one class only; AUROC and average precision do not exist\n");
    fputc('\n', to);
    if (e->classes.views > 0)
        dn_class_evaluation_print(&e->classes, o->replicates, to);
    else
        dn_views_print(&views, to);
}

/* ---- row by row ---- */

static void write_id(FILE *f, const dn_strings *id, int64_t gene)
{
    size_t len;
    const char *text = dn_strings_at(id, gene, &len);

    fwrite(text, 1, len, f);
    fputc('\t', f);
}

static void write_class_rows(const dn_evaluation *e, FILE *f)
{
    fprintf(f, "gene_a\tgene_b\tlabel");
    dn_class_evaluation_header(f);
    fprintf(f, "\tclass\tclean\n");
    for (int64_t i = 0; i < e->n; i++) {
        write_id(f, &e->gene_id, e->gene_a[i]);
        write_id(f, &e->gene_id, e->gene_b[i]);
        fprintf(f, "%s", dn_target_name(e->label[i]));
        dn_class_evaluation_row(&e->classes, i, f);
        fprintf(f, "\tc%d\t%d\n", e->klass[i], e->clean[i]);
    }
}

static void write_rows(const dn_evaluation *e, FILE *f)
{
    const dn_view_report *all = &e->view[0];

    fprintf(
        f,
        "gene_a\tgene_b\tlabel\tprobability\tcalibrated\tpopularity\tcorrelation\tmissing\tclass\tclean\n");
    for (int64_t i = 0; i < e->n; i++) {
        double p = e->score[DN_MODEL] != NULL ? e->score[DN_MODEL][i] : (double)NAN;
        double calibrated = all->source == DN_FROM_NOWHERE || isnan(p)
                                ? (double)NAN
                                : dn_platt_apply(&all->scorer[DN_MODEL].platt, dn_logit(p));
        write_id(f, &e->gene_id, e->gene_a[i]);
        write_id(f, &e->gene_id, e->gene_b[i]);
        fprintf(f, "%d\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\tc%d\t%d\n", e->label[i], p, calibrated,
                e->score[1 + DN_POPULARITY][i], e->score[1 + DN_CORRELATION][i], e->score[1 + DN_MISSING][i],
                e->klass[i], e->clean[i]);
    }
}

dn_status dn_evaluation_save_scores(const dn_evaluation *e, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file f = {0};

    DN_TRY(dn_text_file_open(&f, NULL, path, err));
    if (e->classes.views > 0)
        write_class_rows(e, f.to);
    else
        write_rows(e, f.to);
    DN_TRY(dn_text_file_commit(&f, err));
out:
    dn_text_file_close(&f);
    return st;
}
