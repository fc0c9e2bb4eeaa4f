/* adjacency.c - the adjacency matrix of a graph as PETSc sees it; see adjacency.h
 *
 * The shell reads the rows of the graph where they are. What bounds the product is not arithmetic but the
 * gather x[col]: nodes stand by falling degree, so the entries that are read most share few cache lines.
 */
#include "solvers/network/adjacency.h"

#include <stdlib.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

typedef struct shell {
    dn_graph graph;
    dn_team team;
    dn_adjacency a;
} shell;

enum { LANES = 8 }; /* sums in flight: they hide the latency of the loads */

static double add_lanes(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* y[i] = sum over the neighbours j of node i of x[j]; rows begin .. end, y counts from begin. */
DN_CLONES static void sum_pattern(const dn_graph *g, const double *x, int64_t begin, int64_t end, double *y)
{
    for (int64_t i = begin; i < end; i++) {
        const int32_t *col = g->col + g->row[i];
        int64_t degree = g->row[i + 1] - g->row[i], k = 0;
        double s[LANES] = {0};

        for (; k + LANES <= degree; k += LANES)
            for (int l = 0; l < LANES; l++)
                s[l] += x[col[k + l]];
        for (; k < degree; k++)
            s[0] += x[col[k]];
        y[i - begin] = add_lanes(s);
    }
}

/* The same with weights. */
DN_CLONES static void sum_weighted(const dn_graph *g, const double *x, int64_t begin, int64_t end, double *y)
{
    for (int64_t i = begin; i < end; i++) {
        const int32_t *col = g->col + g->row[i];
        const float *w = g->weight + g->row[i];
        int64_t degree = g->row[i + 1] - g->row[i], k = 0;
        double s[LANES] = {0};

        for (; k + LANES <= degree; k += LANES)
            for (int l = 0; l < LANES; l++)
                s[l] += (double)w[k + l] * x[col[k + l]];
        for (; k < degree; k++)
            s[0] += (double)w[k] * x[col[k]];
        y[i - begin] = add_lanes(s);
    }
}

void dn_adjacency_sum(const dn_graph *g, const double *x, int64_t begin, int64_t end, double *y)
{
    if (g->weight != NULL)
        sum_weighted(g, x, begin, end, y);
    else
        sum_pattern(g, x, begin, end, y);
}

/* y = shift x + scale L A R x on this rank's rows. */
static PetscErrorCode multiply(const shell *s, const double *left, const double *right, Vec x, Vec y)
{
    const dn_team *t = &s->team;
    int64_t rows = t->end - t->begin;
    const PetscScalar *xs = NULL;
    PetscScalar *ys = NULL;
    const double *whole;
    double *mine = t->post(t->ctx) + t->begin;

    PetscCall(VecGetArrayRead(x, &xs));
    PetscCall(VecGetArray(y, &ys));
    for (int64_t i = 0; i < rows; i++)
        mine[i] = right != NULL ? right[t->begin + i] * xs[i] : xs[i];
    whole = t->collect(t->ctx);
    dn_adjacency_sum(&s->graph, whole, t->begin, t->end, ys);
    if (s->a.shift != 0 || s->a.scale != 1 || left != NULL)
        for (int64_t i = 0; i < rows; i++)
            ys[i] = s->a.shift * xs[i] + s->a.scale * (left != NULL ? left[t->begin + i] : 1.0) * ys[i];
    PetscCall(VecRestoreArray(y, &ys));
    PetscCall(VecRestoreArrayRead(x, &xs));
    return 0;
}

static PetscErrorCode shell_mult(Mat m, Vec x, Vec y)
{
    shell *s = NULL;

    PetscCall(MatShellGetContext(m, &s));
    return multiply(s, s->a.left, s->a.right, x, y);
}

static PetscErrorCode shell_mult_transpose(Mat m, Vec x, Vec y)
{
    shell *s = NULL;

    PetscCall(MatShellGetContext(m, &s));
    return multiply(s, s->a.right, s->a.left, x, y);
}

/* A graph has no self loops. */
static PetscErrorCode shell_diagonal(Mat m, Vec d)
{
    shell *s = NULL;

    PetscCall(MatShellGetContext(m, &s));
    return VecSet(d, s->a.shift);
}

static PetscErrorCode shell_destroy(void *ctx)
{
    dn_free(ctx);
    return 0;
}

static dn_status create_shell(MPI_Comm comm, shell **own, Mat *out, dn_error *err)
{
    dn_status st = DN_OK;
    Mat m = NULL;
    PetscInt rows = (PetscInt)((*own)->team.end - (*own)->team.begin),
             all = (PetscInt)(*own)->graph.connected;

    DN_PETSC(MatCreateShell(comm, rows, rows, all, all, *own, &m));
    DN_PETSC(MatShellSetContextDestroy(m, shell_destroy));
    *own = NULL;
    DN_PETSC(MatShellSetOperation(m, MATOP_MULT, (void (*)(void))shell_mult));
    DN_PETSC(MatShellSetOperation(m, MATOP_MULT_TRANSPOSE, (void (*)(void))shell_mult_transpose));
    DN_PETSC(MatShellSetOperation(m, MATOP_GET_DIAGONAL, (void (*)(void))shell_diagonal));
    *out = m;
    m = NULL;
out:
    (void)MatDestroy(&m);
    return st;
}

/* One row in rising order of columns: PETSc inserts those without searching. */
typedef struct entry {
    PetscInt col;
    PetscScalar value;
} entry;

static int compare_entries(const void *x, const void *y)
{
    const entry *a = x, *b = y;

    return a->col < b->col ? -1 : a->col > b->col;
}

typedef struct row_space {
    PetscInt *near, *far; /* [rows]  entries inside and outside the diagonal block */
    entry *list;          /* [longest + 1] */
    PetscInt *col;        /* [longest + 1] */
    PetscScalar *value;
} row_space;

static void free_rows(row_space *r)
{
    dn_free(r->near);
    dn_free(r->far);
    dn_free(r->list);
    dn_free(r->col);
    dn_free(r->value);
}

static dn_status count_rows(const dn_graph *g, const dn_team *t, row_space *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t longest = 0;

    DN_NEW(r->near, (size_t)(t->end - t->begin));
    DN_NEW(r->far, (size_t)(t->end - t->begin));
    for (int64_t i = t->begin; i < t->end; i++) {
        r->near[i - t->begin] = 1; /* the diagonal, which preconditioners want even where it is 0 */
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            (g->col[k] >= t->begin && g->col[k] < t->end ? r->near : r->far)[i - t->begin]++;
        if (g->row[i + 1] - g->row[i] > longest)
            longest = g->row[i + 1] - g->row[i];
    }
    DN_NEW(r->list, (size_t)longest + 1);
    DN_NEW(r->col, (size_t)longest + 1);
    DN_NEW(r->value, (size_t)longest + 1);
out:
    return st;
}

static PetscInt fill_row(const dn_graph *g, const dn_adjacency *a, int64_t i, row_space *r)
{
    PetscInt n = 0;

    r->list[n++] = (entry){(PetscInt)i, a->shift};
    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
        int32_t j = g->col[k];
        double w = g->weight != NULL ? (double)g->weight[k] : 1.0;

        r->list[n++] = (entry){j, a->scale * (a->left != NULL ? a->left[i] : 1.0) * w *
                                      (a->right != NULL ? a->right[j] : 1.0)};
    }
    qsort(r->list, (size_t)n, sizeof *r->list, compare_entries);
    for (PetscInt k = 0; k < n; k++) {
        r->col[k] = r->list[k].col;
        r->value[k] = r->list[k].value;
    }
    return n;
}

static dn_status create_aij(MPI_Comm comm, const dn_graph *g, const dn_team *t, const dn_adjacency *a,
                            row_space *r, Mat *out, dn_error *err)
{
    dn_status st = DN_OK;
    Mat m = NULL;
    PetscInt rows = (PetscInt)(t->end - t->begin), all = (PetscInt)g->connected;

    DN_PETSC(MatCreateAIJ(comm, rows, rows, all, all, 0, r->near, 0, r->far, &m));
    for (int64_t i = t->begin; i < t->end; i++) {
        PetscInt at = (PetscInt)i, n = fill_row(g, a, i, r);

        DN_PETSC(MatSetValues(m, 1, &at, n, r->col, r->value, INSERT_VALUES));
    }
    DN_PETSC(MatAssemblyBegin(m, MAT_FINAL_ASSEMBLY));
    DN_PETSC(MatAssemblyEnd(m, MAT_FINAL_ASSEMBLY));
    *out = m;
    m = NULL;
out:
    (void)MatDestroy(&m);
    return st;
}

dn_status dn_adjacency_countable(const dn_graph *g, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t most = (int64_t)PETSC_MAX_INT;

    if (g->connected > most)
        DN_FAIL(DN_EDATA, "%lld rows, but this build's PETSc counts to %lld: build with -DDRAGNET_PETSC64=ON",
                (long long)g->connected, (long long)most);
out:
    return st;
}

/* Whether PETSc can count what this rank holds. */
static dn_status check_counts(const dn_graph *g, const dn_team *t, dn_adjacency_kind kind, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t most = (int64_t)PETSC_MAX_INT;
    int64_t entries = g->row[t->end] - g->row[t->begin] + (t->end - t->begin);

    DN_TRY(dn_adjacency_countable(g, err));
    if (kind == DN_ADJACENCY_AIJ && entries > most)
        DN_FAIL(
            DN_EDATA,
            "%lld matrix entries on rank %d, but this build's PETSc counts to %lld: use more ranks or build "
            "with -DDRAGNET_PETSC64=ON",
            (long long)entries, t->rank, (long long)most);
out:
    return st;
}

static dn_status prepare(const dn_graph *g, const dn_team *t, const dn_adjacency *a, dn_adjacency_kind kind,
                         shell **own, row_space *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_counts(g, t, kind, err));
    if (kind == DN_ADJACENCY_AIJ) {
        DN_TRY(count_rows(g, t, r, err));
    } else {
        DN_NEW(*own, 1);
        **own = (shell){.graph = *g, .team = *t, .a = *a};
    }
out:
    return st;
}

dn_status dn_adjacency_create(const dn_graph *g, const dn_team *team, const dn_adjacency *a,
                              dn_adjacency_kind kind, Mat *out, dn_error *err)
{
    dn_status st = DN_OK;
    MPI_Comm comm = team->size < PetscGlobalSize ? PETSC_COMM_SELF : PETSC_COMM_WORLD;
    row_space rows = {0};
    shell *own = NULL;
    Mat m = NULL;

    *out = NULL;
    DN_PASS(prepare(g, team, a, kind, &own, &rows, err));
    DN_TEAM_AGREE(team);
    if (kind == DN_ADJACENCY_AIJ)
        DN_TRY(create_aij(comm, g, team, a, &rows, &m, err));
    else
        DN_TRY(create_shell(comm, &own, &m, err));
    if (a->left == a->right)
        DN_PETSC(MatSetOption(m, MAT_SYMMETRIC, PETSC_TRUE));
    *out = m;
    m = NULL;
out:
    (void)MatDestroy(&m);
    dn_free(own);
    free_rows(&rows);
    return st;
}

dn_status dn_adjacency_gather(const dn_graph *g, const dn_team *team, Vec x, double isolated, double *out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    const PetscScalar *xs = NULL;
    const double *whole;
    double *mine = team->post(team->ctx) + team->begin;

    DN_PETSC(VecGetArrayRead(x, &xs));
    for (int64_t i = 0; i < team->end - team->begin; i++)
        mine[i] = xs[i];
    DN_PETSC(VecRestoreArrayRead(x, &xs));
    whole = team->collect(team->ctx);
    for (int64_t i = 0; i < g->connected; i++)
        out[i] = whole[i];
    for (int64_t i = g->connected; i < g->n; i++)
        out[i] = isolated;
out:
    return st;
}
