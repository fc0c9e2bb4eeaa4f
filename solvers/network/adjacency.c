/* adjacency.c - the adjacency matrix of a graph as PETSc sees it; see adjacency.h
 *
 * The shell reads the rows of the graph where they are. What bounds the product is not arithmetic but the
 * gather x[col]: nodes stand by falling degree, so the entries that are read most share few cache lines.
 */
#include "solvers/network/adjacency.h"

#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/network/krylov.h"

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
        int64_t degree = dn_graph_degree(g, i), k = 0;
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
        int64_t degree = dn_graph_degree(g, i), k = 0;
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

static dn_status prepare(const dn_graph *g, const dn_team *t, const dn_adjacency *a, shell **own,
                         dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*own, 1);
    **own = (shell){.graph = *g, .team = *t, .a = *a};
out:
    return st;
}

dn_status dn_adjacency_create(const dn_graph *g, const dn_team *team, const dn_adjacency *a, Mat *out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    shell *own = NULL;
    Mat m = NULL;

    *out = NULL;
    DN_PASS(prepare(g, team, a, &own, err));
    DN_TEAM_AGREE(team);
    DN_TRY(create_shell(dn_krylov_comm(team), &own, &m, err));
    if (a->left == a->right)
        DN_PETSC(MatSetOption(m, MAT_SYMMETRIC, PETSC_TRUE));
    *out = m;
    m = NULL;
out:
    (void)MatDestroy(&m);
    dn_free(own);
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
