/* subgraph_probe.c - subgraph centrality from random probes; see subgraph.h
 *
 * exp(A) = sum over leading pairs of exp(l) v v' + E E,   E = P exp(A/2) P,   P beside the pairs
 *
 * The diagonal of E E is the mean of (E z)_v^2. Hutchinson's z_v (E E z)_v has the same mean, but a spread
 * that grows with the rows of E E, that of the squares is at most sqrt(2) of the value itself.
 */
#include <float.h>
#include <math.h>
#include <petscvec.h>
#include "solvers/base/alloc.h"
#include "solvers/network/expmv.h"
#include "solvers/network/krylov.h"
#include "solvers/network/spectra.h"
#include "solvers/network/subgraph_private.h"

enum { PAIRS = DN_EXPMV_PAIRS };

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    const dn_probe_options *o;
    int64_t pairs; /* that converged */
    double value[PAIRS], residual[PAIRS];
    double off[PAIRS];      /* of an entry of a vector */
    double *vector;         /* [PAIRS, n] */
    double shift;           /* of the rest, so that its exponential is at most 1 */
    double *mean, *squares; /* [rows of this rank] */
    dn_expmv *by;
    Vec pair[PAIRS], z, y, half, quarter;
} work;

static void release(work *w)
{
    dn_free(w->vector);
    dn_free(w->mean);
    dn_free(w->squares);
    for (int k = 0; k < PAIRS; k++)
        (void)VecDestroy(&w->pair[k]);
    (void)VecDestroy(&w->z);
    (void)VecDestroy(&w->y);
    (void)VecDestroy(&w->half);
    (void)VecDestroy(&w->quarter);
    dn_expmv_destroy(&w->by);
}

static dn_status make_room(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    size_t rows = (size_t)(w->team->end - w->team->begin);

    DN_NEW(w->vector, PAIRS * (size_t)w->g->n);
    DN_NEW(w->mean, rows);
    DN_NEW(w->squares, rows);
out:
    return st;
}

/* What an entry of a vector may be off by: residual over gap. Neighbours within 1e-8 share a space, in which
 * any basis does; what follows the last is in the bound that covers all. */
static double entry_error(const work *w, int64_t k, double all)
{
    double top = fabs(w->value[0]), gap = INFINITY;

    for (int64_t j = 0; j < w->pairs; j++)
        if (fabs(w->value[j] - w->value[k]) > 1e-8 * top)
            gap = fmin(gap, fabs(w->value[j] - w->value[k]));
    return k + 1 == w->pairs ? all : w->residual[k] * top / gap;
}

/* Leading pairs; those that do not converge stay with the rest, which is then harder to probe but not wrong.
 */
static dn_status find_pairs(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t want = w->g->connected < 2 * PAIRS ? w->g->connected / 2 : PAIRS;
    dn_solve_report r;

    DN_TRY(dn_spectra(w->g, w->team, DN_SPECTRUM_ADJACENCY, want, 1e-12, w->value, w->residual, w->vector, &r,
                      err));
    while (w->pairs < want && w->residual[w->pairs] < 1e-8)
        w->pairs++;
    report->iterations += r.iterations;
    for (int64_t k = 0; k < w->pairs; k++)
        w->off[k] = entry_error(w, k, r.error);
    w->shift = w->pairs > 0 ? w->value[w->pairs - 1] : 0;
out:
    return st;
}

static dn_status create(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_expmv_create(w->g, w->team, "subgraph_", w->o->tolerance, &w->by, report, err));
    DN_TRY(dn_expmv_vector(w->by, &w->z, err));
    DN_TRY(dn_expmv_vector(w->by, &w->y, err));
    DN_TRY(dn_expmv_vector(w->by, &w->half, err));
    DN_TRY(dn_expmv_vector(w->by, &w->quarter, err));
    for (int64_t k = 0; k < w->pairs; k++) {
        DN_TRY(dn_expmv_vector(w->by, &w->pair[k], err));
        DN_TRY(dn_krylov_fill(w->team, w->vector + k * w->g->n, w->pair[k], err));
    }
    dn_expmv_deflate(w->by, (int)w->pairs, w->value, w->pair);
out:
    return st;
}

/* x = P x. */
static dn_status project(work *w, Vec x, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar along[PAIRS];

    DN_PETSC(VecMDot(x, (PetscInt)w->pairs, w->pair, along));
    for (int64_t k = 0; k < w->pairs; k++)
        along[k] = -along[k];
    DN_PETSC(VecMAXPY(x, (PetscInt)w->pairs, along, w->pair));
out:
    return st;
}

/* z = P of probe number s, of length 1; *out_length: what it had. */
static dn_status draw(work *w, int64_t s, double *out_length, dn_error *err)
{
    dn_status st = DN_OK;
    dn_rng stream = dn_rng_stream(w->o->seed, DN_RNG_PROBE, (uint64_t)s, 0);
    PetscScalar *z = NULL;
    PetscReal length = 0;

    DN_PETSC(VecGetArrayWrite(w->z, &z));
    for (int64_t i = w->team->begin; i < w->team->end; i++)
        z[i - w->team->begin] = dn_probe_sign(stream, (uint64_t)w->g->outside[i]);
    DN_PETSC(VecRestoreArrayWrite(w->z, &z));
    DN_TRY(project(w, w->z, err));
    DN_PETSC(VecNormalize(w->z, &length));
    *out_length = length;
out:
    return st;
}

static dn_status add_squares(work *w, int64_t s, double length, dn_error *err)
{
    dn_status st = DN_OK;
    const PetscScalar *y = NULL;

    DN_PETSC(VecGetArrayRead(w->y, &y));
    for (int64_t i = 0; i < w->team->end - w->team->begin; i++)
        dn_probe_add(length * y[i] * length * y[i], (double)(s + 1), &w->mean[i], &w->squares[i]);
    DN_PETSC(VecRestoreArrayRead(w->y, &y));
out:
    return st;
}

/* How far the first probe is from the same thing done in two halves, relative; where hardly anything is left
 * of a vector of length 1, beside the tolerance. */
static dn_status measure_residual(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    PetscReal length = 0, distance = 0;

    DN_TRY(dn_expmv_apply(w->by, 0.25, w->shift, w->z, w->quarter, report, err));
    DN_TRY(dn_expmv_apply(w->by, 0.25, w->shift, w->quarter, w->half, report, err));
    DN_TRY(project(w, w->half, err));
    DN_PETSC(VecNorm(w->y, NORM_2, &length));
    DN_PETSC(VecAXPY(w->half, -1, w->y));
    DN_PETSC(VecNorm(w->half, NORM_2, &distance));
    report->residual = distance / fmax(length, report->tolerance);
    if (!(report->residual <= sqrt(report->tolerance))) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: a probe differs by %.1e from the same in two halves",
                       report->residual);
    }
out:
    return st;
}

static dn_status run(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    double length = 0;

    for (int64_t s = 0; s < w->o->probes; s++) {
        DN_TRY(draw(w, s, &length, err));
        DN_TRY(dn_expmv_apply(w->by, 0.5, w->shift, w->z, w->y, report, err));
        DN_TRY(project(w, w->y, err));
        if (s == 0)
            DN_TRY(measure_residual(w, report, err));
        DN_TRY(add_squares(w, s, length, err));
    }
out:
    return st;
}

/* The pairs' part is exact but for their residuals and the rounding of exp(). An entry of E z is off by about
 * the tolerance, its square by twice that times it.
 */
static void finish(const work *w, double log_factor, double *out, double *out_error, dn_solve_report *report)
{
    double back = exp(w->shift - log_factor), probes = (double)w->o->probes, tol = report->tolerance;

    for (int64_t i = 0; i < w->team->end - w->team->begin; i++)
        w->squares[i] = sqrt(w->squares[i] / (probes * (probes - 1))) + tol * (2 * sqrt(w->mean[i]) + tol);
    dn_probe_gather(w->g, w->team, w->mean, 0, out);
    dn_probe_gather(w->g, w->team, w->squares, 0, out_error);
    for (int64_t i = 0; i < w->g->connected; i++) {
        out[i] *= back;
        out_error[i] *= back;
        for (int64_t k = 0; k < w->pairs; k++) {
            double v = w->vector[k * w->g->n + i];

            out[i] += exp(w->value[k] - log_factor) * v * v;
            out_error[i] += exp(w->value[k] - log_factor) *
                            (2 * fabs(v) * w->off[k] + v * v * DBL_EPSILON * 8 * (1 + fabs(w->value[k])));
        }
        report->error = fmax(report->error, out_error[i]);
    }
    for (int64_t i = w->g->connected; i < w->g->n; i++)
        out[i] = exp(-log_factor);
}

dn_status dn_subgraph_probe(const dn_graph *g, const dn_team *team, const dn_probe_options *o, double *out,
                            double *out_error, dn_subgraph_figures *figures, dn_solve_report *report,
                            dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .o = o};

    DN_PASS(make_room(&w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(find_pairs(&w, report, err));
    DN_TRY(create(&w, report, err));
    DN_TRY(run(&w, report, err));
    finish(&w, figures->log_factor, out, out_error, report);
    figures->pairs = w.pairs;
    figures->probes = o->probes;
out:
    release(&w);
    return st;
}
