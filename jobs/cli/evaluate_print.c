/* evaluate_print.c - an evaluation as a table for people and as scores row by row; see evaluate_report.h */
#include "jobs/cli/evaluate_report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"

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

static const char *scorer_name(int k)
{
    return k == DN_MODEL ? "model" : dn_baseline_name((dn_baseline)(k - 1));
}

/* Ranking: all that needs no threshold. */
static void print_ranking(FILE *to, const dn_view_report *v)
{
    fprintf(to, "  %-12s  %7s  %-18s  %7s  %-18s\n", "", "AUROC", "95% interval", "AP", "95% interval");
    for (int k = 0; k < DN_SCORERS; k++) {
        fprintf(to, "  %-12s", scorer_name(k));
        with_interval(to, v->scorer[k].auroc, &v->scorer[k].auroc_ci, false);
        with_interval(to, v->scorer[k].ap, &v->scorer[k].ap_ci, false);
        fputc('\n', to);
    }
}

/* Decisions and probabilities. */
static void print_decisions(FILE *to, const dn_view_report *v)
{
    fprintf(to, "\n  %-12s %8s %8s %8s %8s %8s %8s  %s\n", "", "accuracy", "macro F1", "weighted", "MCC",
            "Brier", "ECE", "Brier, ECE calibrated");
    for (int k = 0; k < DN_SCORERS; k++) {
        const dn_scorer_report *s = &v->scorer[k];
        fprintf(to, "  %-12s", scorer_name(k));
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

static void print_differences(FILE *to, const dn_view_report *v)
{
    fprintf(to, "\n  model minus            AUROC  95%% interval             AP  95%% interval\n");
    for (int b = 0; b < DN_BASELINES; b++) {
        const dn_difference *d = &v->difference[b];
        fprintf(to, "  %-18s", dn_baseline_name((dn_baseline)b));
        with_interval(to, d->auroc, &d->auroc_ci, true);
        with_interval(to, d->ap, &d->ap_ci, true);
        fprintf(to, "  ");
        say_verdict(to, d, dn_baseline_name((dn_baseline)b));
        fputc('\n', to);
    }
    if (v->best_baseline >= 0) {
        fprintf(to, "  best baseline on validation: %s; ", dn_baseline_name((dn_baseline)v->best_baseline));
        say_verdict(to, &v->difference[v->best_baseline], dn_baseline_name((dn_baseline)v->best_baseline));
        fputc('\n', to);
    }
}

static void print_classes(FILE *to, const dn_view_report *v)
{
    static const char *const from[] = {
        "validation", "all validation rows: too few in this view",
        "no validation rows of both classes: decided at one half, not calibrated"};
    const dn_decisions *d = &v->scorer[DN_MODEL].decisions;
    const struct {
        const char *name;
        const dn_class_scores *of;
    } line[] = {{"0 none", &d->of[0]},
                {"1 interaction", &d->of[1]},
                {"macro mean", &d->macro},
                {"weighted mean", &d->weighted}};

    fprintf(to, "\n  model at threshold %.6f (from %s)\n", d->threshold, from[v->source]);
    fprintf(to, "  class           precision    recall        F1    support\n");
    for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
        fprintf(to, "  %-14s  %9.4f %9.4f %9.4f %10" PRId64 "\n", line[i].name, line[i].of->precision,
                line[i].of->recall, line[i].of->f1, line[i].of->support);
}

static void print_main_view(FILE *to, const dn_view_report *v, int64_t replicates)
{
    print_ranking(to, v);
    print_differences(to, v);
    print_decisions(to, v);
    print_classes(to, v);
    fprintf(to, "\n  Intervals: %" PRId64 " replicates that resample the %" PRId64 " genes", replicates,
            v->genes);
    if (v->scorer[DN_MODEL].auroc_ci.skipped > 0)
        fprintf(to, "; %" PRId64 " skipped, a class had no weight", v->scorer[DN_MODEL].auroc_ci.skipped);
    fprintf(to, ".\n");
}

static void print_view_line(FILE *to, const dn_view_report *v)
{
    int best = v->best_baseline;

    fprintf(to, "  %-9s %9" PRId64 " %9" PRId64, v->name, v->rows, v->positives);
    if (!v->measured) {
        fprintf(to, "  fewer than %d of a class: counts only\n", DN_VIEW_LEAST);
        return;
    }
    with_interval(to, v->scorer[DN_MODEL].auroc, &v->scorer[DN_MODEL].auroc_ci, false);
    figure(to, 8, v->scorer[DN_MODEL].ap);
    if (best >= 0) {
        with_interval(to, v->difference[best].auroc, &v->difference[best].auroc_ci, true);
        fprintf(to, "  ");
        say_verdict(to, &v->difference[best], dn_baseline_name((dn_baseline)best));
    }
    if (v->source == DN_FROM_ALL)
        fprintf(to, " *");
    fputc('\n', to);
}

static void print_views(FILE *to, const dn_evaluation *e)
{
    bool borrowed = false;

    fprintf(to, "\nViews: clean leaves out decoys and genes without values; c1, c2, c3: both, one, none of "
                "the genes in "
                "training\n");
    fprintf(to, "  %-9s %9s %9s  %7s  %-18s %8s  %s\n", "view", "rows", "positive", "AUROC", "95% interval",
            "AP", "AUROC minus that of the best baseline");
    for (int v = 0; v < DN_VIEWS; v++) {
        print_view_line(to, &e->view[v]);
        borrowed |= e->view[v].measured && e->view[v].source == DN_FROM_ALL;
    }
    if (borrowed)
        fprintf(to,
                "  * fewer than %d of a class in the view's validation rows: best baseline, threshold and "
                "calibration "
                "from all validation rows\n",
                DN_VIEW_LEAST);
}

void dn_evaluation_print(const dn_evaluation *e, const dn_evaluate_options *o, FILE *to)
{
    const dn_view_report *all = &e->view[0];

    fprintf(to, "%s on %s\n", o->model, o->dataset);
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
        fprintf(to, "WARNING: the model was trained on these pairs\n");
    if (all->positives == 0 || all->positives == all->rows)
        fprintf(to, "WARNING: one class only; AUROC and average precision do not exist\n");
    fputc('\n', to);
    print_main_view(to, all, o->replicates);
    print_views(to, e);
}

/* ---- row by row ---- */

static void write_id(FILE *f, const dn_strings *id, int64_t gene)
{
    size_t len;
    const char *text = dn_strings_at(id, gene, &len);

    fwrite(text, 1, len, f);
    fputc('\t', f);
}

static void write_rows(const dn_evaluation *e, FILE *f)
{
    const dn_view_report *all = &e->view[0];

    fprintf(
        f,
        "gene_a\tgene_b\tlabel\tprobability\tcalibrated\tpopularity\tcorrelation\tmissing\tclass\tclean\n");
    for (int64_t i = 0; i < e->n; i++) {
        double p = e->score[DN_MODEL][i];
        double calibrated = all->source == DN_FROM_NOWHERE
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
    FILE *f = NULL;
    char *part = NULL;
    size_t room = strlen(path) + sizeof ".part";
    int closed;

    DN_NEW(part, room);
    snprintf(part, room, "%s.part", path);
    f = fopen(part, "w");
    if (f == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", part, strerror(errno));
    write_rows(e, f);
    if (fflush(f) != 0 || ferror(f))
        DN_FAIL(DN_EIO, "%s: cannot be written: %s", part, strerror(errno));
    closed = fclose(f);
    f = NULL;
    if (closed != 0 || rename(part, path) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be finished: %s", path, strerror(errno));
out:
    if (f != NULL) {
        fclose(f);
        remove(part);
    }
    dn_free(part);
    return st;
}
