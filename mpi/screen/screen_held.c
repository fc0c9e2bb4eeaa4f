/* screen_held.c - calibration and precision of a screen; see screen_held.h */
#include "mpi/screen/screen_held.h"

#include <math.h>
#include "mpi/screen/screen_keep.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/stats/best.h"

/* ---- probabilities ---- */

dn_status dn_screen_calibrate(const dn_eval_rows *e, dn_screen_calibration *out, dn_error *err)
{
    dn_status st = DN_OK;
    double *logit = NULL; /* [n] */
    int64_t n = e->n_validation;

    *out = (dn_screen_calibration){.rows = n};
    DN_NEW(logit, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++) {
        logit[i] = dn_logit(e->score[DN_MODEL][i]);
        out->positives += e->label[i];
    }
    if (out->positives == 0 || out->positives == n)
        goto out;
    DN_TRY(dn_platt_fit(logit, e->label, n, &out->platt, err));
    out->done = out->platt.slope >= 0; /* 0: all scores are equal */
    out->reversed = !out->done;
out:
    dn_free(logit);
    return st;
}

double dn_screen_calibrated(const dn_screen_calibration *c, double score)
{
    return c->done ? dn_platt_apply(&c->platt, dn_logit(score)) : NAN;
}

double dn_screen_at_prevalence(const dn_screen_calibration *c, double score, double prevalence)
{
    double from = (double)c->positives / (double)c->rows;

    return c->done && !isnan(prevalence) ? dn_prior_shift(dn_screen_calibrated(c, score), from, prevalence)
                                         : NAN;
}

dn_status dn_screen_calibration_check(const dn_comm *comm, const dn_screen_calibration *c, double prevalence,
                                      const char *dataset, const char *split, const char *model,
                                      dn_error *err)
{
    dn_status st = DN_OK;

    if (!c->done && !isnan(prevalence))
        DN_FAIL(DN_EDATA, "%s: split '%s' %s: nothing to calibrate for a prevalence", dataset, split,
                c->reversed ? "has validation rows that the model ranks the wrong way round"
                            : "has no validation rows of both labels");
    if (c->reversed && comm->rank == 0)
        dn_log(DN_WARN, "screen", "not calibrated: the model ranks the validation rows the wrong way round",
               "model=\"%s\" slope=%.3g", model, c->platt.slope);
out:
    return st;
}

bool dn_screen_has_part(const dn_split *s, dn_part part)
{
    for (int64_t i = 0; i < s->n; i++)
        if (s->part[i] == (uint8_t)part)
            return true;
    return false;
}

/* ---- precision ---- */

/* Evaluated rows in the screen, and the ids' order. */
typedef struct bench {
    const dn_eval_rows *e;
    int64_t *row; /* [n]  of e */
    int64_t n, wide;
    int64_t *place[2]; /* [entities]  of a side */
    dn_hit *hit;       /* [n] */
} bench;

static dn_status bench_open(const dn_eval_rows *e, const dn_screen_sides *s, bench *b, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(b->row, (size_t)e->n + 1);
    DN_NEW(b->hit, (size_t)e->n + 1);
    for (int side = 0; side < 2; side++) {
        DN_NEW(b->place[side], (size_t)s->id[side]->n + 1);
        DN_TRY(dn_screen_id_order(s->id[side], b->place[side], err));
    }
    b->wide = s->id[1]->n;
    for (int64_t i = e->n_validation; i < e->n; i++)
        if (s->screened[0][e->a[i]] && s->screened[1][e->b[i]])
            b->row[b->n++] = i;
out:
    return st;
}

/* Shares of label `end` among the first K rows by a scorer; ties by ids. */
static void precision(bench *b, const double *score, int end, const dn_screen_held *held, double *out)
{
    int64_t right = 0;

    for (int64_t i = 0; i < b->n; i++) {
        int64_t row = b->row[i];
        double s = score[row];

        b->hit[i] =
            (dn_hit){end ? s : -s, b->place[0][b->e->a[row]] * b->wide + b->place[1][b->e->b[row]], row};
    }
    dn_best_sort(b->hit, b->n);
    for (int k = 0, i = 0; k < held->tops; k++) {
        for (; i < held->top[k]; i++)
            right += b->e->label[b->hit[i].b] == end;
        out[k] = (double)right / (double)held->top[k];
    }
}

dn_status dn_screen_hold(const dn_eval_rows *e, const dn_screen_sides *sides, int best_baseline,
                         dn_screen_held *out, dn_error *err)
{
    dn_status st = DN_OK;
    static const int64_t tops[DN_SCREEN_TOPS] = {10, 30, 100, 300, 1000, 3000};
    bench b = {.e = e};

    *out = (dn_screen_held){.best_baseline = best_baseline};
    DN_TRY(bench_open(e, sides, &b, err));
    out->rows = b.n;
    for (int64_t i = 0; i < b.n; i++)
        out->positives += e->label[b.row[i]];
    for (int k = 0; k < DN_SCREEN_TOPS && tops[k] <= b.n; k++)
        out->top[out->tops++] = tops[k];
    for (int end = 0; end < 2; end++) {
        precision(&b, e->score[DN_MODEL], end, out, out->model[end]);
        for (int k = 0; k < DN_SCREEN_TOPS; k++)
            out->baseline[end][k] = NAN;
        if (best_baseline >= 0)
            precision(&b, e->score[1 + best_baseline], end, out, out->baseline[end]);
    }
out:
    dn_free(b.row);
    dn_free(b.hit);
    dn_free(b.place[0]);
    dn_free(b.place[1]);
    return st;
}
