/* svd_matrix.c - the matrix of a decomposition as PETSc sees it; see svd_private.h
 *
 * With mean m and scale c of the columns, the matrix is X = (B - 1 m') diag(c): a product costs one product
 * with B and one dot product. The rows of a rank are its nodes of side 0, the columns those of side 1. The q
 * isolated nodes of side 0 have the same row, -m' diag(c): one row of sqrt(q) times that, on the last rank,
 * leaves X'X as it is.
 */
#include "solvers/network/svd_private.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"
#include "solvers/network/petsc.h"

typedef dn_svd_matrix work;

/* ---- means and scales: every rank all columns, the same bits everywhere ---- */

/* A column without variance up to rounding, by the rule of scikit-learn. */
static bool is_constant(double variance, double mean, double rows)
{
    const double eps = 2.220446049250313e-16;

    return variance <= rows * eps * variance + rows * mean * eps * rows * mean * eps;
}

static void measure_column(work *w, int64_t j)
{
    const dn_graph *g = w->g;
    double rows = (double)w->all_rows, sum = 0, squares = 0, variance;
    int64_t entries = 0;

    for (int64_t e = g->row[j]; e < g->row[j + 1]; e++)
        if (g->side[g->col[e]] == 0) {
            sum += dn_graph_weight(g, e);
            entries++;
        }
    w->mean[j] = sum / rows;
    for (int64_t e = g->row[j]; e < g->row[j + 1]; e++)
        if (g->side[g->col[e]] == 0)
            squares += (dn_graph_weight(g, e) - w->mean[j]) * (dn_graph_weight(g, e) - w->mean[j]);
    variance = (squares + (rows - (double)entries) * w->mean[j] * w->mean[j]) / rows;
    if (is_constant(variance, w->mean[j], rows)) {
        w->scale[j] = w->scaling == DN_SVD_STANDARDISED ? 0 : 1;
    } else {
        w->scale[j] = w->scaling == DN_SVD_STANDARDISED ? 1 / sqrt(variance) : 1;
        w->variance += w->scaling == DN_SVD_STANDARDISED ? 1 : variance;
    }
}

static void list_own(work *w)
{
    for (int64_t i = w->team->begin; i < w->team->end; i++)
        if (w->g->side[i] == 0)
            w->row[w->rows++] = (int32_t)i;
        else if (w->g->side[i] == 1)
            w->col[w->cols++] = (int32_t)i;
    w->folded = w->isolated > 0 && w->team->rank == w->team->size - 1;
    w->rows += w->folded;
}

static dn_status check(work *w, int64_t k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t most;

    if (w->g->sides < 2)
        DN_FAIL(DN_EDATA, "a singular value decomposition needs a network of two sides, such as drugs and "
                          "genes; this one has one");
    for (int64_t i = 0; i < w->g->n; i++) {
        w->all_rows += w->g->side[i] == 0;
        w->all_cols += w->g->side[i] == 1;
        w->isolated += w->g->side[i] == 0 && i >= w->g->connected;
    }
    most = w->all_rows < w->all_cols ? w->all_rows : w->all_cols;
    if (k < 0 || k > most)
        DN_FAIL(DN_EDATA,
                "%lld pairs of a matrix of %lld rows and %lld columns were asked for, but there are %lld",
                (long long)k, (long long)w->all_rows, (long long)w->all_cols, (long long)most);
out:
    return st;
}

dn_status dn_svd_matrix_prepare(dn_svd_matrix *w, int64_t k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t mine = w->team->end - w->team->begin;

    DN_TRY(check(w, k, err));
    DN_NEW(w->mean, (size_t)w->g->n);
    DN_NEW(w->scale, (size_t)w->g->n);
    DN_NEW(w->row, (size_t)mine);
    DN_NEW(w->col, (size_t)mine);
    for (int64_t j = 0; j < w->g->n; j++)
        if (w->scaling == DN_SVD_PLAIN)
            w->scale[j] = 1;
        else if (w->g->side[j] == 1)
            measure_column(w, j);
    list_own(w);
out:
    return st;
}

/* ---- the matrix ---- */

/* The sum over the neighbours of node i of the whole vector. */
static double sum_neighbours(const dn_graph *g, int64_t i, const double *whole)
{
    double s = 0;

    for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
        s += dn_graph_weight(g, e) * whole[g->col[e]];
    return s;
}

/* Entries of one side to all ranks; 0 for every other node, so that only edges between the sides count. */
static const double *spread(const work *w, const int32_t *node, int64_t count, const double *x, bool scaled)
{
    double *mine = w->team->post(w->team->ctx);

    memset(mine + w->team->begin, 0, (size_t)(w->team->end - w->team->begin) * sizeof *mine);
    for (int64_t i = 0; i < count; i++)
        mine[node[i]] = scaled ? w->scale[node[i]] * x[i] : x[i];
    return w->team->collect(w->team->ctx);
}

static PetscErrorCode multiply(Mat m, Vec x, Vec y)
{
    work *w = NULL;
    const PetscScalar *xs = NULL;
    PetscScalar *ys = NULL, shift = 0;
    const double *whole;

    PetscCall(MatShellGetContext(m, &w));
    PetscCall(VecDot(x, w->shift, &shift));
    PetscCall(VecGetArrayRead(x, &xs));
    whole = spread(w, w->col, w->cols, xs, true);
    PetscCall(VecRestoreArrayRead(x, &xs));
    PetscCall(VecGetArrayWrite(y, &ys));
    for (int64_t i = 0; i < w->rows - w->folded; i++)
        ys[i] = sum_neighbours(w->g, w->row[i], whole) - shift;
    if (w->folded)
        ys[w->rows - 1] = -sqrt((double)w->isolated) * shift;
    PetscCall(VecRestoreArrayWrite(y, &ys));
    return 0;
}

static PetscErrorCode multiply_transpose(Mat m, Vec y, Vec x)
{
    work *w = NULL;
    const PetscScalar *ys = NULL;
    PetscScalar *xs = NULL, sum = 0;
    const double *whole;

    PetscCall(MatShellGetContext(m, &w));
    PetscCall(VecDot(y, w->count, &sum));
    PetscCall(VecGetArrayRead(y, &ys));
    whole = spread(w, w->row, w->rows - w->folded, ys, false);
    PetscCall(VecRestoreArrayRead(y, &ys));
    PetscCall(VecGetArrayWrite(x, &xs));
    for (int64_t j = 0; j < w->cols; j++)
        xs[j] = w->scale[w->col[j]] * (sum_neighbours(w->g, w->col[j], whole) - w->mean[w->col[j]] * sum);
    PetscCall(VecRestoreArrayWrite(x, &xs));
    return 0;
}

static dn_status fill_shell_vectors(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    PetscScalar *x = NULL;

    DN_PETSC(VecGetArrayWrite(w->shift, &x));
    for (int64_t j = 0; j < w->cols; j++)
        x[j] = w->mean[w->col[j]] * w->scale[w->col[j]];
    DN_PETSC(VecRestoreArrayWrite(w->shift, &x));
    DN_PETSC(VecSet(w->count, 1));
    if (w->folded) {
        DN_PETSC(VecGetArray(w->count, &x));
        x[w->rows - 1] = sqrt((double)w->isolated);
        DN_PETSC(VecRestoreArray(w->count, &x));
    }
out:
    return st;
}

static dn_status create_shell(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PETSC(MatCreateShell(dn_krylov_comm(w->team), (PetscInt)w->rows, (PetscInt)w->cols, PETSC_DETERMINE,
                            PETSC_DETERMINE, w, &w->m));
    DN_PETSC(MatShellSetOperation(w->m, MATOP_MULT, (void (*)(void))multiply));
    DN_PETSC(MatShellSetOperation(w->m, MATOP_MULT_TRANSPOSE, (void (*)(void))multiply_transpose));
    DN_PETSC(MatCreateVecs(w->m, &w->shift, &w->count));
    DN_TRY(fill_shell_vectors(w, err));
out:
    return st;
}

/* Number of every node on its side, in `place` [n]. */
static void number_sides(const dn_graph *g, int32_t *place)
{
    int32_t next[2] = {0, 0};

    for (int64_t i = 0; i < g->n; i++)
        place[i] = g->side[i] <= 1 ? next[g->side[i]]++ : -1;
}

/* X in full, isolated rows and columns included. */
static void fill_dense(const work *w, const int32_t *place, PetscScalar *a)
{
    const dn_graph *g = w->g;

    for (int64_t j = 0; j < g->n; j++) {
        PetscScalar *column = a + (int64_t)place[j] * w->all_rows;

        if (g->side[j] != 1)
            continue;
        for (int64_t i = 0; i < w->all_rows; i++)
            column[i] = -w->mean[j] * w->scale[j];
        for (int64_t e = g->row[j]; e < g->row[j + 1]; e++)
            if (g->side[g->col[e]] == 0)
                column[place[g->col[e]]] = (dn_graph_weight(g, e) - w->mean[j]) * w->scale[j];
    }
}

static dn_status create_dense(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *place = NULL;
    PetscScalar *a = NULL;

    DN_NEW(place, (size_t)w->g->n);
    number_sides(w->g, place);
    DN_PETSC(MatCreateSeqDense(PETSC_COMM_SELF, (PetscInt)w->all_rows, (PetscInt)w->all_cols, NULL, &w->m));
    DN_PETSC(MatDenseGetArray(w->m, &a));
    fill_dense(w, place, a);
    DN_PETSC(MatDenseRestoreArray(w->m, &a));
    DN_PETSC(MatAssemblyBegin(w->m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatAssemblyEnd(w->m, MAT_FINAL_ASSEMBLY));
out:
    dn_free(place);
    return st;
}

dn_status dn_svd_matrix_create(dn_svd_matrix *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t few = w->all_rows < w->all_cols ? w->all_rows : w->all_cols;

    w->dense = few <= 32 && w->all_rows * w->all_cols <= (1 << 20);
    if (w->dense) {
        DN_PASS(create_dense(w, err));
        DN_TEAM_AGREE(w->team);
    } else {
        DN_TRY(create_shell(w, err));
    }
out:
    return st;
}

/* ---- vectors ---- */

/* u and v over all nodes. The isolated nodes share what their one row has. */
static void place_shell(const work *w, const double *u, const double *v, double isolated, double *out)
{
    double *mine = w->team->post(w->team->ctx);

    memset(mine + w->team->begin, 0, (size_t)(w->team->end - w->team->begin) * sizeof *mine);
    for (int64_t i = 0; i < w->rows - w->folded; i++)
        mine[w->row[i]] = u[i];
    for (int64_t j = 0; j < w->cols; j++)
        mine[w->col[j]] = v[j];
    memcpy(out, w->team->collect(w->team->ctx), (size_t)w->g->connected * sizeof *out);
    for (int64_t i = w->g->connected; i < w->g->n; i++)
        out[i] = w->g->side[i] == 0 ? isolated : 0;
}

static void place_dense(const work *w, const double *u, const double *v, double *out)
{
    for (int64_t i = 0; i < w->g->n; i++)
        out[i] = w->g->side[i] == 0 ? *u++ : w->g->side[i] == 1 ? *v++ : 0;
}

dn_status dn_svd_matrix_gather(const dn_svd_matrix *w, double s, Vec u, Vec v, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    const PetscScalar *us = NULL, *vs = NULL;
    PetscScalar shift = 0;

    if (!w->dense)
        DN_PETSC(VecDot(v, w->shift, &shift));
    DN_PETSC(VecGetArrayRead(u, &us));
    DN_PETSC(VecGetArrayRead(v, &vs));
    if (w->dense)
        place_dense(w, us, vs, out);
    else
        place_shell(w, us, vs, s > 0 ? -shift / s : 0, out);
    DN_PETSC(VecRestoreArrayRead(v, &vs));
    DN_PETSC(VecRestoreArrayRead(u, &us));
out:
    return st;
}

void dn_svd_matrix_release(dn_svd_matrix *w)
{
    (void)MatDestroy(&w->m);
    (void)VecDestroy(&w->shift);
    (void)VecDestroy(&w->count);
    dn_free(w->mean);
    dn_free(w->scale);
    dn_free(w->row);
    dn_free(w->col);
}
