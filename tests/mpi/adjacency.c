/* adjacency.c - tests of solvers/network/adjacency.h: against a plain loop, on any ranks */
#include "tests/support/test.h"

#include <math.h>
#include <slepceps.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/adjacency.h"
#include "tests/support/petsc.h"
#include "tests/support/team.h"

enum { NODES = 301 };

static double left[NODES], right[NODES];

/* y = shift x + scale L A R x for row i, with x[j] = sin(j + 1). */
static double plain(const dn_graph *g, const dn_adjacency *a, int64_t i)
{
    double y = 0;

    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
        y += (g->weight != NULL ? (double)g->weight[k] : 1) * (a->right != NULL ? a->right[g->col[k]] : 1) *
             sin((double)g->col[k] + 1);
    return a->shift * sin((double)i + 1) + a->scale * (a->left != NULL ? a->left[i] : 1) * y;
}

/* The largest deviation of M x (or M' x) from the plain loop over all rows, on every rank. */
static double deviation(const dn_graph *g, const dn_team *t, const dn_adjacency *a, Mat m, bool transposed)
{
    dn_adjacency turned = {.shift = a->shift, .scale = a->scale, .left = a->right, .right = a->left};
    double worst = 0, out[NODES];
    Vec x = NULL, y = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(MatCreateVecs(m, &x, &y), 0);
    for (PetscInt i = (PetscInt)t->begin; i < t->end; i++)
        CU_ASSERT_EQUAL(VecSetValue(x, i, sin((double)i + 1), INSERT_VALUES), 0);
    CU_ASSERT_EQUAL(VecAssemblyBegin(x), 0);
    CU_ASSERT_EQUAL(VecAssemblyEnd(x), 0);
    CU_ASSERT_EQUAL((transposed ? MatMultTranspose : MatMult)(m, x, y), 0);
    CU_ASSERT_EQUAL(dn_adjacency_gather(g, t, y, -7, out, &err), DN_OK);
    for (int64_t i = 0; i < g->connected; i++)
        worst = fmax(worst, fabs(out[i] - plain(g, transposed ? &turned : a, i)));
    for (int64_t i = g->connected; i < g->n; i++)
        CU_ASSERT_EQUAL(out[i], -7);
    CU_ASSERT_EQUAL(VecDestroy(&x), 0);
    CU_ASSERT_EQUAL(VecDestroy(&y), 0);
    return worst;
}

static void check(const dn_graph *g, const dn_team *t, const dn_adjacency *a)
{
    dn_error err = DN_ERROR_INIT;
    PetscReal low = 0, high = 0;
    PetscBool known = PETSC_FALSE, yes = PETSC_FALSE;
    Mat m = NULL;
    Vec d = NULL;

    CU_ASSERT_EQUAL(dn_adjacency_create(g, t, a, &m, &err), DN_OK);
    CU_ASSERT(deviation(g, t, a, m, false) < 1e-11);
    CU_ASSERT(deviation(g, t, a, m, true) < 1e-11);
    CU_ASSERT_EQUAL(MatIsSymmetricKnown(m, &known, &yes), 0);
    CU_ASSERT_EQUAL(known && yes, a->left == a->right);
    CU_ASSERT_EQUAL(MatCreateVecs(m, &d, NULL), 0);
    CU_ASSERT_EQUAL(MatGetDiagonal(m, d), 0);
    CU_ASSERT_EQUAL(VecMin(d, NULL, &low), 0);
    CU_ASSERT_EQUAL(VecMax(d, NULL, &high), 0);
    CU_ASSERT(low == a->shift && high == a->shift);
    CU_ASSERT_EQUAL(VecDestroy(&d), 0);
    CU_ASSERT_EQUAL(MatDestroy(&m), 0);
}

static void build(int sides, int weighted, uint64_t seed, dn_graph *g, dn_team *t)
{
    static uint8_t side[NODES];
    int64_t count = 0;
    dn_edge *e = test_random_edges(NODES, sides, seed, side, &count);

    CU_ASSERT_EQUAL(dn_graph_build(NODES, count, e, side, sides, weighted, g, NULL), DN_OK);
    dn_free(e);
    CU_ASSERT(g->connected > NODES / 2 && g->connected < NODES);
    CU_ASSERT_EQUAL(test_team_open(g, t, NULL), DN_OK);
}

static void multiplies(void)
{
    static const dn_adjacency cases[] = {
        DN_ADJACENCY_PLAIN,
        {.shift = 1, .scale = -0.85, .left = left, .right = left},
        {.shift = 0, .scale = 2, .left = left, .right = right},
        {.shift = -3, .scale = 1, .left = NULL, .right = right},
    };

    for (int i = 0; i < NODES; i++) {
        left[i] = 1 + 0.5 * cos(i);
        right[i] = 2 + cos(3.0 * i);
    }
    for (int weighted = 0; weighted < 2; weighted++)
        for (int sides = 1; sides <= 2; sides++) {
            dn_graph g;
            dn_team t;

            build(sides, weighted, 11, &g, &t);
            for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
                check(&g, &t, &cases[c]);
            test_team_close(&t);
            dn_graph_destroy(&g);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A path of 7 nodes: the largest eigenvalue is 2 cos(pi / 8); (3 I - A) x = b by CG with Jacobi. */
static void serves_solvers(void)
{
    static const dn_edge path[] = {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {3, 4, 1}, {4, 5, 1}, {5, 6, 1}};
    dn_adjacency plain_a = DN_ADJACENCY_PLAIN, spd = {.shift = 3, .scale = -1};
    PetscScalar value = 0;
    PetscReal norm = 1;
    dn_graph g;
    dn_team t;
    Mat a = NULL, m = NULL;
    Vec x = NULL, b = NULL;
    EPS eps = NULL;
    KSP ksp = NULL;
    PC pc = NULL;

    CU_ASSERT_EQUAL(dn_graph_build(8, 6, path, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&g, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_adjacency_create(&g, &t, &plain_a, &a, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_adjacency_create(&g, &t, &spd, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(EPSCreate(PETSC_COMM_WORLD, &eps), 0);
    CU_ASSERT_EQUAL(EPSSetOperators(eps, a, NULL), 0);
    CU_ASSERT_EQUAL(EPSSetProblemType(eps, EPS_HEP), 0);
    CU_ASSERT_EQUAL(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL), 0);
    CU_ASSERT_EQUAL(EPSSolve(eps), 0);
    CU_ASSERT_EQUAL(EPSGetEigenvalue(eps, 0, &value, NULL), 0);
    CU_ASSERT_DOUBLE_EQUAL(value, 1.8477590650225735, 1e-9);
    CU_ASSERT_EQUAL(MatCreateVecs(m, &x, &b), 0);
    CU_ASSERT_EQUAL(VecSet(b, 1), 0);
    CU_ASSERT_EQUAL(KSPCreate(PETSC_COMM_WORLD, &ksp), 0);
    CU_ASSERT_EQUAL(KSPSetType(ksp, KSPCG), 0);
    CU_ASSERT_EQUAL(KSPSetOperators(ksp, m, m), 0);
    CU_ASSERT_EQUAL(KSPGetPC(ksp, &pc), 0);
    CU_ASSERT_EQUAL(PCSetType(pc, PCJACOBI), 0);
    CU_ASSERT_EQUAL(KSPSetTolerances(ksp, 1e-12, 1e-50, 1e5, 100), 0);
    CU_ASSERT_EQUAL(KSPSolve(ksp, b, x), 0);
    CU_ASSERT_EQUAL(MatMult(m, x, b), 0);
    CU_ASSERT_EQUAL(VecShift(b, -1), 0);
    CU_ASSERT_EQUAL(VecNorm(b, NORM_INFINITY, &norm), 0);
    CU_ASSERT(norm < 1e-10);
    CU_ASSERT(EPSDestroy(&eps) == 0 && KSPDestroy(&ksp) == 0 && VecDestroy(&x) == 0);
    CU_ASSERT(VecDestroy(&b) == 0 && MatDestroy(&a) == 0 && MatDestroy(&m) == 0);
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void survives_refused_memory(void)
{
    dn_adjacency a = DN_ADJACENCY_PLAIN;
    dn_graph g;
    dn_team t;

    build(1, 0, 5, &g, &t);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 20; k = test_next_refused(k)) {
            long live = dn_alloc_live();
            dn_error err = DN_ERROR_INIT;
            Mat m = NULL;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_adjacency_create(&g, &t, &a, &m, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r && m == NULL));
            CU_ASSERT_EQUAL(MatDestroy(&m), 0);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    test_team_close(&t);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"opens PETSc", test_petsc_opens},      {"multiplies as a plain loop", multiplies},
        {"serves EPS and KSP", serves_solvers}, {"refused memory", survives_refused_memory},
        {"closes PETSc", test_petsc_closes},    {NULL, NULL}};
    return test_main(argc, argv, "adjacency", tests);
}
