/* svd.c - singular values and principal components of a bipartite network; see svd.h
 *
 * A Lanczos run shows one pair of each block of equal values. So one more pair is looked for beside those it
 * finds, with X'X or XX', whichever is smaller. If that one is larger than the smallest found, a copy was
 * missed: it takes its place and the search goes on. Otherwise it is the value after the last, which tells
 * whether the last block is whole.
 */
#include "solvers/network/svd.h"

#include <math.h>
#include <slepceps.h>
#include <slepcsvd.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"
#include "solvers/network/pairs.h"
#include "solvers/network/petsc.h"
#include "solvers/network/svd_private.h"

enum { FIRST_BASIS = 10, BASIS = 16 }; /* at least, of all pairs; of a search for one */

static const double same_pair = 1e-10;    /* of the largest: a value found later is not larger */
static const double square_floor = 1e-14; /* of the largest square: what a product with X'X can tell */

typedef struct work {
    dn_svd_matrix x;
    int64_t k;
    double tolerance;
    int64_t have;
    double *value; /* [k + 1]  falling */
    Vec *u, *v;    /* [k + 1] */
    Mat flat;      /* X, or X' if that has fewer columns */
    Mat square;    /* flat' flat */
    bool turned;   /* flat is X' */
    double found;  /* value of the pair that was found last */
    double next;   /* the value after the last, NaN when not known */
    bool converged;
    int64_t searches, iterations;
    double unit; /* of the residuals of a search beside others */
    char method[64];
} work;

static dn_status prepare(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_svd_matrix_prepare(&w->x, w->k, err));
    DN_NEW(w->value, (size_t)w->k + 1);
    DN_NEW(w->u, (size_t)w->k + 1);
    DN_NEW(w->v, (size_t)w->k + 1);
out:
    return st;
}

static dn_status create_vectors(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i <= w->k; i++)
        DN_PETSC(MatCreateVecs(w->x.m, &w->v[i], &w->u[i]));
out:
    return st;
}

/* ---- the first search ---- */

static const char *prefix_of(const work *w)
{
    return w->x.scaling == DN_SVD_PLAIN ? "svd_" : "pca_";
}

/* How many pairs m has. */
static dn_status count_pairs(const work *w, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt rows = 0, cols = 0;

    DN_PETSC(MatGetSize(w->x.m, &rows, &cols));
    *out = rows < cols ? rows : cols;
out:
    return st;
}

static dn_status configure(const work *w, SVD svd, int64_t want, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt rows = 0, cols = 0, basis = (PetscInt)(want > FIRST_BASIS / 2 ? 2 * want : FIRST_BASIS);

    DN_PETSC(MatGetSize(w->x.m, &rows, &cols));
    DN_PETSC(SVDSetOperators(svd, w->x.m, NULL));
    DN_PETSC(SVDSetImplicitTranspose(svd, PETSC_TRUE));
    DN_PETSC(SVDSetOptionsPrefix(svd, prefix_of(w)));
    DN_PETSC(SVDSetType(svd, w->x.dense ? SVDLAPACK : SVDTRLANCZOS));
    basis = basis < rows ? basis : rows;
    basis = basis < cols ? basis : cols;
    DN_PETSC(SVDSetDimensions(svd, (PetscInt)want, basis, PETSC_DEFAULT));
    DN_PETSC(SVDSetTolerances(svd, w->tolerance, 10000));
    DN_PETSC(SVDSetFromOptions(svd));
    DN_PETSC(SVDGetDimensions(svd, NULL, &basis, NULL));
    if (!w->x.dense)
        DN_TRY(dn_krylov_basis(rows > cols ? rows : cols, basis, 1, prefix_of(w), "svd_ncv", err));
out:
    return st;
}

static dn_status search(work *w, int64_t up_to, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt found = 0, iterations = 0;
    SVDType type = NULL;
    SVD svd = NULL;

    DN_PETSC(SVDCreate(PetscObjectComm((PetscObject)w->x.m), &svd));
    DN_TRY(configure(w, svd, up_to, err));
    DN_PETSC(SVDSolve(svd));
    DN_PETSC(SVDGetConverged(svd, &found));
    DN_PETSC(SVDGetIterationNumber(svd, &iterations));
    DN_PETSC(SVDGetType(svd, &type));
    w->iterations += iterations;
    snprintf(w->method, sizeof w->method, "%s", type);
    for (PetscInt i = 0; i < found && i < up_to; i++, w->have++)
        DN_PETSC(SVDGetSingularTriplet(svd, i, &w->value[i], w->u[i], w->v[i]));
out:
    (void)SVDDestroy(&svd);
    return st;
}

/* ---- the searches beside what is found ---- */

static dn_status create_square(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt rows = 0, cols = 0;

    DN_PETSC(MatGetSize(w->x.m, &rows, &cols));
    w->turned = rows < cols;
    if (w->turned) {
        DN_PETSC(MatCreateTranspose(w->x.m, &w->flat));
    } else {
        DN_PETSC(PetscObjectReference((PetscObject)w->x.m));
        w->flat = w->x.m;
    }
    DN_PETSC(MatCreateNormal(w->flat, &w->square));
out:
    return st;
}

/* Convergence is measured by the smallest value found: smaller ones do not matter, down to 0. */
static dn_status configure_beside(work *w, EPS eps, dn_error *err)
{
    dn_status st = DN_OK;
    double smallest = w->value[w->k - 1] * w->value[w->k - 1], largest = w->value[0] * w->value[0];
    PetscInt all = 0, basis;

    w->unit = fmax(smallest, square_floor / w->tolerance * largest);
    w->unit = w->unit > 0 ? w->unit : 1;
    DN_PETSC(MatGetSize(w->square, &all, NULL));
    basis = all - (PetscInt)w->k;
    basis = basis < 2 ? 2 : basis < BASIS ? basis : BASIS; /* SLEPc wants one more than the pair */
    DN_PETSC(EPSSetOptionsPrefix(eps, prefix_of(w)));
    DN_PETSC(EPSSetOperators(eps, w->square, NULL));
    DN_PETSC(EPSSetProblemType(eps, EPS_HEP));
    DN_PETSC(EPSSetType(eps, EPSKRYLOVSCHUR));
    DN_PETSC(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL));
    DN_PETSC(EPSSetDimensions(eps, 1, basis, PETSC_DEFAULT));
    DN_PETSC(EPSSetTolerances(eps, w->tolerance, 10000));
    DN_PETSC(EPSSetDeflationSpace(eps, (PetscInt)w->k, w->turned ? w->u : w->v));
    DN_TRY(dn_krylov_beside(eps, ++w->searches, &w->unit, err));
    DN_PETSC(EPSSetFromOptions(eps));
    DN_PETSC(EPSGetDimensions(eps, NULL, &basis, NULL));
    DN_TRY(dn_krylov_basis(all, basis, w->k + 1, prefix_of(w), "eps_ncv", err));
out:
    return st;
}

/* The pair whose vector on the shorter side is there: value and the other vector. */
static dn_status complete(work *w, int64_t i, dn_error *err)
{
    dn_status st = DN_OK;
    Vec near = w->turned ? w->u[i] : w->v[i], far = w->turned ? w->v[i] : w->u[i];
    PetscReal length = 0;

    DN_PETSC(VecNormalize(near, NULL));
    DN_PETSC(MatMult(w->flat, near, far));
    DN_PETSC(VecNormalize(far, &length));
    w->value[i] = w->found = length;
out:
    return st;
}

/* Put pair `have` in its place among the falling values. */
static void settle(work *w)
{
    for (int64_t i = w->have; i > 0 && w->value[i] > w->value[i - 1]; i--) {
        double value = w->value[i];
        Vec u = w->u[i], v = w->v[i];

        w->value[i] = w->value[i - 1];
        w->u[i] = w->u[i - 1];
        w->v[i] = w->v[i - 1];
        w->value[i - 1] = value;
        w->u[i - 1] = u;
        w->v[i - 1] = v;
    }
    w->have++;
}

/* One more pair beside the first k. */
static dn_status search_beside(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    EPS eps = NULL;
    PetscInt found = 0, iterations = 0;

    w->have = w->k;
    DN_PETSC(EPSCreate(PetscObjectComm((PetscObject)w->square), &eps));
    DN_TRY(configure_beside(w, eps, err));
    DN_PETSC(EPSSolve(eps));
    DN_PETSC(EPSGetConverged(eps, &found));
    DN_PETSC(EPSGetIterationNumber(eps, &iterations));
    w->iterations += iterations;
    if (found > 0) {
        DN_PETSC(EPSGetEigenvector(eps, 0, w->turned ? w->u[w->k] : w->v[w->k], NULL));
        DN_TRY(complete(w, w->k, err));
        settle(w);
    }
out:
    (void)EPSDestroy(&eps);
    return st;
}

/* Every pair, and the value after the last. */
static dn_status find_pairs(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t all = 0, want;
    bool whole;

    DN_TRY(count_pairs(w, &all, err));
    want = w->x.dense ? w->k + 1 : w->k;
    DN_TRY(search(w, want < all ? want : all, err));
    w->converged = w->have >= w->k;
    whole = w->x.dense || !w->converged || all == w->k;
    if (!whole)
        DN_TRY(create_square(w, err));
    while (!whole) {
        double smallest = w->value[w->k - 1];

        DN_TRY(search_beside(w, err));
        w->converged = w->have > w->k; /* otherwise, whether a copy is missing is not known */
        whole = !w->converged || w->found <= smallest + same_pair * w->value[0];
    }
    w->next = w->have > w->k ? w->value[w->k] : NAN;
    w->have = w->have < w->k ? w->have : w->k;
out:
    return st;
}

/* ---- the answer ---- */

static dn_status gather(const work *w, int64_t i, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    double sign;

    DN_TRY(dn_svd_matrix_gather(&w->x, w->value[i], w->u[i], w->v[i], out, err));
    sign = dn_pairs_sign(w->x.g, out, 0);
    for (int64_t j = 0; j < w->x.g->n; j++)
        out[j] *= sign;
out:
    return st;
}

/* u, v: room. */
static dn_status measure_residual(const work *w, int64_t i, Vec u, Vec v, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    double unit = w->value[i] > 1e-12 * w->value[0] ? w->value[i] : w->value[0];
    PetscReal left = 0, right = 0;

    DN_PETSC(MatMult(w->x.m, w->v[i], u));
    DN_PETSC(VecAXPY(u, -w->value[i], w->u[i]));
    DN_PETSC(VecNorm(u, NORM_2, &left));
    DN_PETSC(MatMultTranspose(w->x.m, w->u[i], v));
    DN_PETSC(VecAXPY(v, -w->value[i], w->v[i]));
    DN_PETSC(VecNorm(v, NORM_2, &right));
    *out = hypot(left, right) / (unit > 0 ? unit : 1);
out:
    return st;
}

static dn_status publish(const work *w, double *out_value, double *out_residual, double *out_vector,
                         dn_error *err)
{
    dn_status st = DN_OK;
    Vec u = NULL, v = NULL;

    DN_PETSC(MatCreateVecs(w->x.m, &v, &u));
    for (int64_t i = 0; i < w->k; i++) {
        double *vector = out_vector + i * w->x.g->n;

        out_value[i] = out_residual[i] = NAN;
        if (i >= w->have) {
            memset(vector, 0, (size_t)w->x.g->n * sizeof *vector);
            continue;
        }
        out_value[i] = w->value[i];
        DN_TRY(measure_residual(w, i, u, v, &out_residual[i], err));
        DN_TRY(gather(w, i, vector, err));
    }
out:
    (void)VecDestroy(&u);
    (void)VecDestroy(&v);
    return st;
}

static void fill_report(const work *w, const double *residual, dn_solve_report *r)
{
    double largest = w->have > 0 ? w->value[0] : 0;
    dn_pairs_found found = {
        .value = w->value, .k = w->k, .have = w->have, .next = w->next, .largest = largest};

    *r = (dn_solve_report){.converged = w->converged, .iterations = w->iterations, .tolerance = w->tolerance};
    snprintf(r->method, sizeof r->method, "%s", w->method);
    dn_pairs_judge(&found, residual, largest, r);
}

static void release(work *w)
{
    for (int64_t i = 0; w->u != NULL && i <= w->k; i++)
        (void)VecDestroy(&w->u[i]);
    for (int64_t i = 0; w->v != NULL && i <= w->k; i++)
        (void)VecDestroy(&w->v[i]);
    (void)MatDestroy(&w->square);
    (void)MatDestroy(&w->flat);
    dn_svd_matrix_release(&w->x);
    dn_free(w->value);
    dn_free(w->u);
    dn_free(w->v);
}

/* *opt_variance: of all columns, with n; *opt_rows: of the matrix. */
static dn_status decompose(const dn_graph *g, const dn_team *team, dn_svd_scaling scaling, int64_t k,
                           double tolerance, double *out_value, double *out_residual, double *out_vector,
                           dn_solve_report *out_report, double *opt_variance, int64_t *opt_rows,
                           dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.x = {.g = g, .team = team, .scaling = scaling},
              .k = k,
              .tolerance = tolerance,
              .next = NAN,
              .converged = true};

    DN_PASS(prepare(&w, err));
    DN_TEAM_AGREE(team);
    if (k > 0) {
        DN_TRY(dn_svd_matrix_create(&w.x, err));
        DN_TRY(create_vectors(&w, err));
        DN_TRY(find_pairs(&w, err));
        DN_TRY(publish(&w, out_value, out_residual, out_vector, err));
    }
    fill_report(&w, out_residual, out_report);
    if (opt_variance != NULL)
        *opt_variance = w.x.variance;
    if (opt_rows != NULL)
        *opt_rows = w.x.all_rows;
out:
    release(&w);
    return st;
}

dn_status dn_svd(const dn_graph *g, const dn_team *team, dn_svd_scaling scaling, int64_t k, double tolerance,
                 double *out_value, double *out_residual, double *out_vector, dn_solve_report *out_report,
                 dn_error *err)
{
    return decompose(g, team, scaling, k, tolerance, out_value, out_residual, out_vector, out_report, NULL,
                     NULL, err);
}

dn_status dn_pca(const dn_graph *g, const dn_team *team, bool standardise, int64_t k, double tolerance,
                 double *out_variance, double *out_share, double *out_residual, double *out_vector,
                 dn_solve_report *out_report, dn_error *err)
{
    dn_status st = DN_OK;
    double variance = 0;
    int64_t rows = 0;

    DN_TRY(decompose(g, team, standardise ? DN_SVD_STANDARDISED : DN_SVD_CENTRED, k, tolerance, out_variance,
                     out_residual, out_vector, out_report, &variance, &rows, err));
    if (rows < 2)
        DN_FAIL(DN_EDATA, "principal components need at least two nodes on side 0; there are %lld",
                (long long)rows);
    for (int64_t i = 0; i < k; i++) {
        double s = out_variance[i], *v = out_vector + i * g->n;

        out_variance[i] = s * s / (double)(rows - 1);
        out_share[i] = variance > 0 ? s * s / ((double)rows * variance) : 0;
        for (int64_t j = 0; j < g->n; j++)
            if (g->side[j] == 0)
                v[j] *= isnan(s) ? 0 : s;
    }
out:
    return st;
}
