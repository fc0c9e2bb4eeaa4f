/* spectra.c - leading eigenpairs of a network; see spectra.h
 *
 * EPS is asked for the pairs that are not known beforehand, then for one more beside all that are found. If
 * that one is larger than the smallest found, a copy of a repeated value was missed: it takes its place and
 * the search goes on. Otherwise it is the value after the last, which tells whether the last block is whole.
 * Every search has a start of its own: what a start shows of a repeated value is found by the first search,
 * and the same start would hold nothing else of it.
 */
#include "solvers/network/spectra.h"

#include <math.h>
#include <slepceps.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/adjacency.h"
#include "solvers/network/components.h"
#include "solvers/network/krylov.h"
#include "solvers/network/pairs.h"

enum { DENSE_ROWS = 48 };

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    dn_spectrum_kind kind;
    int64_t k, known; /* pairs; of them written down beforehand */
    double tolerance;
    double *scale;      /* [connected]  D^-1/2, Laplacian only */
    int64_t *component; /* [n]  Laplacian only */
    double *length;     /* [known]  of D^1/2 on a component */
    Mat m;              /* A, or D^-1/2 A D^-1/2 */
    bool dense;         /* m is whole on every rank */
    int64_t begin, end; /* rows of this rank in m */
    int64_t have;
    double *theta; /* [k + 1]  eigenvalues of m, falling */
    Vec *v;        /* [k + 1] */
    double found;  /* eigenvalue of the pair that was found last */
    double next;   /* the value after the last, NaN when not known */
    bool converged;
    int64_t searches, iterations;
    double unit; /* of the residuals of a search beside others */
    char method[64];
} work;

/* ---- what every rank prepares by itself ---- */

static void measure_degrees(work *w)
{
    for (int64_t i = 0; i < w->g->connected; i++) {
        double strength = dn_graph_strength(w->g, i);

        w->scale[i] = 1 / sqrt(strength);
        if (w->component[i] < w->known)
            w->length[w->component[i]] += strength;
    }
    for (int64_t c = 0; c < w->known; c++)
        w->length[c] = sqrt(w->length[c]);
}

/* Isolated nodes are the last components, so those with edges are the first. */
static dn_status prepare_laplacian(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t components = 0;

    DN_NEW(w->component, (size_t)w->g->n);
    DN_NEW(w->scale, (size_t)w->g->connected);
    DN_TRY(dn_components(w->g, w->component, &components, err));
    components -= w->g->n - w->g->connected;
    w->known = components < w->k ? components : w->k;
    DN_NEW(w->length, (size_t)w->known);
    measure_degrees(w);
out:
    return st;
}

static dn_status prepare(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    if (w->k < 0 || w->k > w->g->connected)
        DN_FAIL(DN_EDATA,
                "%lld eigenpairs were asked for, but there are %lld: one for each node with a neighbour",
                (long long)w->k, (long long)w->g->connected);
    if (w->kind == DN_SPECTRUM_LAPLACIAN)
        DN_TRY(prepare_laplacian(w, err));
    DN_NEW(w->theta, (size_t)w->k + 1);
    DN_NEW(w->v, (size_t)w->k + 1);
out:
    return st;
}

/* ---- the matrix ---- */

static dn_status create_dense(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = w->g;
    PetscInt rows = (PetscInt)g->connected;

    DN_PETSC(MatCreateSeqDense(PETSC_COMM_SELF, rows, rows, NULL, &w->m));
    for (PetscInt i = 0; i < rows; i++)
        for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
            DN_PETSC(MatSetValue(w->m, i, (PetscInt)g->col[e],
                                 dn_graph_weight(g, e) *
                                     (w->scale != NULL ? w->scale[i] * w->scale[g->col[e]] : 1.0),
                                 INSERT_VALUES));
    DN_PETSC(MatAssemblyBegin(w->m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatAssemblyEnd(w->m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatSetOption(w->m, MAT_SYMMETRIC, PETSC_TRUE));
    w->end = rows;
out:
    return st;
}

static dn_status create_matrix(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency a = {.shift = 0, .scale = 1, .left = w->scale, .right = w->scale};

    w->dense = w->g->connected <= DENSE_ROWS;
    w->begin = w->team->begin;
    w->end = w->team->end;
    if (w->dense) {
        w->begin = 0;
        DN_PASS(create_dense(w, err));
        DN_TEAM_AGREE(w->team);
    } else {
        DN_TRY(dn_adjacency_create(w->g, w->team, &a, &w->m, err));
    }
    for (int64_t i = 0; i <= w->k; i++)
        DN_PETSC(MatCreateVecs(w->m, &w->v[i], NULL));
out:
    return st;
}

/* D^1/2 on component c, of length 1: the vector of the eigenvalue 1 of m. */
static dn_status write_known(work *w, int64_t c, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar *x = NULL;

    DN_PETSC(VecGetArray(w->v[c], &x));
    for (int64_t i = w->begin; i < w->end; i++)
        x[i - w->begin] = w->component[i] == c ? 1 / (w->scale[i] * w->length[c]) : 0;
    DN_PETSC(VecRestoreArray(w->v[c], &x));
    w->theta[c] = 1;
out:
    return st;
}

/* ---- the search ---- */

/* By size; what residuals are measured by. */
static double largest_found(const work *w)
{
    return w->have > 0 ? fmax(fabs(w->theta[0]), fabs(w->theta[w->have - 1])) : 0;
}

static dn_status configure(work *w, EPS eps, int64_t want, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t free_rows = w->g->connected - w->have, ncv = 2 * want > want + 15 ? 2 * want : want + 15;
    const char *prefix = w->kind == DN_SPECTRUM_ADJACENCY ? "adjacency_" : "laplacian_";
    PetscInt basis = 0;

    DN_PETSC(EPSSetOperators(eps, w->m, NULL));
    DN_PETSC(EPSSetProblemType(eps, EPS_HEP));
    DN_PETSC(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL));
    DN_PETSC(EPSSetOptionsPrefix(eps, prefix));
    if (w->dense) {
        DN_PETSC(EPSSetType(eps, EPSLAPACK));
        DN_PETSC(EPSSetDimensions(eps, (PetscInt)w->g->connected, PETSC_DEFAULT, PETSC_DEFAULT));
    } else {
        ncv = ncv < free_rows ? ncv : free_rows;
        if (ncv == want && want < w->g->connected) /* SLEPc wants one more, needed or not */
            ncv++;
        DN_PETSC(EPSSetDimensions(eps, (PetscInt)want, (PetscInt)ncv, PETSC_DEFAULT));
        DN_PETSC(EPSSetTolerances(eps, w->tolerance, 10000));
        if (w->have > 0) {
            w->unit = largest_found(w);
            DN_PETSC(EPSSetDeflationSpace(eps, (PetscInt)w->have, w->v));
            DN_TRY(dn_krylov_beside(eps, ++w->searches, &w->unit, err));
        }
    }
    DN_PETSC(EPSSetFromOptions(eps));
    DN_PETSC(EPSGetDimensions(eps, NULL, &basis, NULL));
    if (!w->dense)
        DN_TRY(dn_krylov_basis(w->g->connected, basis, w->have + 1, prefix, "eps_ncv", err));
out:
    return st;
}

/* Put v[have] in its place among the falling values; of more than k + 1 the last goes. */
static void settle(work *w)
{
    for (int64_t i = w->have; i > w->known && w->theta[i] > w->theta[i - 1]; i--) {
        double theta = w->theta[i];
        Vec v = w->v[i];

        w->theta[i] = w->theta[i - 1];
        w->v[i] = w->v[i - 1];
        w->theta[i - 1] = theta;
        w->v[i - 1] = v;
    }
    w->have++;
}

/* Take the pairs first, first + 1, ... of the solver until there are `up_to`. */
static dn_status take(work *w, EPS eps, PetscInt first, PetscInt found, int64_t up_to, dn_error *err)
{
    dn_status st = DN_OK;

    for (PetscInt i = first; i < found && w->have < up_to; i++) {
        PetscScalar theta = 0;

        DN_PETSC(EPSGetEigenpair(eps, i, &theta, NULL, w->v[w->have], NULL));
        w->theta[w->have] = w->found = theta;
        settle(w);
    }
out:
    return st;
}

/* Pairs beside those there are, until there are up_to. */
static dn_status search(work *w, int64_t up_to, dn_error *err)
{
    dn_status st = DN_OK;
    EPS eps = NULL;
    PetscInt found = 0, iterations = 0;
    EPSType type = NULL;

    DN_PETSC(EPSCreate(PetscObjectComm((PetscObject)w->m), &eps));
    DN_TRY(configure(w, eps, up_to - w->have, err));
    DN_PETSC(EPSSolve(eps));
    DN_PETSC(EPSGetConverged(eps, &found));
    DN_PETSC(EPSGetIterationNumber(eps, &iterations));
    DN_PETSC(EPSGetType(eps, &type));
    snprintf(w->method, sizeof w->method, "%s", type);
    w->iterations += iterations;
    DN_TRY(take(w, eps, w->dense ? (PetscInt)w->have : 0, found, up_to, err));
out:
    (void)EPSDestroy(&eps);
    return st;
}

/* Every pair, and the value after the last. */
static dn_status find_pairs(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    bool complete = false;

    for (int64_t c = 0; c < w->known; c++)
        DN_TRY(write_known(w, c, err));
    w->have = w->known;
    w->next = NAN;
    snprintf(w->method, sizeof w->method, "closed form");
    if (w->have < w->k)
        DN_TRY(search(w, w->dense && w->k < w->g->connected ? w->k + 1 : w->k, err));
    w->converged = w->have >= w->k;
    if (w->have > w->k) {
        w->next = w->theta[w->k];
        complete = true;
    }
    while (w->converged && !complete && w->k < w->g->connected && w->known < w->k) {
        double smallest = w->theta[w->k - 1];

        w->have = w->k;
        DN_TRY(search(w, w->k + 1, err));
        if (w->have == w->k) { /* whether a copy is missing is not known */
            w->converged = false;
            break;
        }
        w->next = w->theta[w->k];
        complete = w->found <= smallest + 1e-10 * fabs(w->theta[0]);
    }
    w->have = w->have < w->k ? w->have : w->k;
out:
    return st;
}

/* ---- the answer ---- */

static dn_status measure_residual(const work *w, int64_t i, Vec y, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    PetscReal norm = 0;

    DN_PETSC(MatMult(w->m, w->v[i], y));
    DN_PETSC(VecAXPY(y, -w->theta[i], w->v[i]));
    DN_PETSC(VecNorm(y, NORM_2, &norm));
    *out = norm;
out:
    return st;
}

static dn_status gather(const work *w, int64_t i, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    const PetscScalar *x = NULL;
    double sign;

    if (w->dense) {
        DN_PETSC(VecGetArrayRead(w->v[i], &x));
        memset(out, 0, (size_t)w->g->n * sizeof *out);
        memcpy(out, x, (size_t)w->g->connected * sizeof *out);
        DN_PETSC(VecRestoreArrayRead(w->v[i], &x));
    } else {
        DN_TRY(dn_adjacency_gather(w->g, w->team, w->v[i], 0, out, err));
    }
    sign = dn_pairs_sign(w->g, out, -1);
    for (int64_t j = 0; j < w->g->connected; j++)
        out[j] *= sign;
out:
    return st;
}

static dn_status publish(const work *w, double *out_value, double *out_residual, double *out_vector,
                         dn_error *err)
{
    dn_status st = DN_OK;
    Vec y = NULL;
    bool adjacency = w->kind == DN_SPECTRUM_ADJACENCY;
    double largest = largest_found(w);

    DN_PETSC(MatCreateVecs(w->m, &y, NULL));
    for (int64_t i = 0; i < w->k; i++) {
        double *v = out_vector + i * w->g->n;

        out_value[i] = out_residual[i] = NAN;
        if (i >= w->have) {
            memset(v, 0, (size_t)w->g->n * sizeof *v);
            continue;
        }
        DN_TRY(measure_residual(w, i, y, &out_residual[i], err));
        if (adjacency && largest > 0)
            out_residual[i] /= largest;
        out_value[i] = adjacency ? w->theta[i] : 1 - w->theta[i];
        DN_TRY(gather(w, i, v, err));
    }
out:
    (void)VecDestroy(&y);
    return st;
}

static void fill_report(const work *w, const double *residual, dn_solve_report *r)
{
    double largest = largest_found(w), unit = w->kind == DN_SPECTRUM_ADJACENCY ? largest : 1;
    dn_pairs_found found = {
        .value = w->theta, .k = w->k, .have = w->have, .next = w->next, .largest = largest};

    *r = (dn_solve_report){.converged = w->converged, .iterations = w->iterations, .tolerance = w->tolerance};
    snprintf(r->method, sizeof r->method, "%s", w->method);
    dn_pairs_judge(&found, residual, unit, r);
}

static void release(work *w)
{
    for (int64_t i = 0; w->v != NULL && i <= w->k; i++)
        (void)VecDestroy(&w->v[i]);
    (void)MatDestroy(&w->m);
    dn_free(w->scale);
    dn_free(w->component);
    dn_free(w->length);
    dn_free(w->theta);
    dn_free(w->v);
}

dn_status dn_spectra(const dn_graph *g, const dn_team *team, dn_spectrum_kind kind, int64_t k,
                     double tolerance, double *out_value, double *out_residual, double *out_vector,
                     dn_solve_report *out_report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .kind = kind, .k = k, .tolerance = tolerance, .next = NAN};

    if (kind == DN_SPECTRUM_LAPLACIAN)
        DN_TRY(dn_krylov_weights(g, team, "the normalised Laplacian", err));
    DN_PASS(prepare(&w, err));
    DN_TEAM_AGREE(team);
    if (k > 0) {
        DN_TRY(create_matrix(&w, err));
        DN_TRY(find_pairs(&w, err));
        DN_TRY(publish(&w, out_value, out_residual, out_vector, err));
    } else {
        w.converged = true;
    }
    fill_report(&w, out_residual, out_report);
out:
    release(&w);
    return st;
}
