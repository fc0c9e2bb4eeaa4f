/* paths.c - tests of solvers/network/{core,origins,closeness,betweenness,fold}.h on one rank
 *
 * Against golden numbers (tests/golden/make_paths.py) where they are integers, and against naive twins: one
 * plain search for each source. Tolerance of the twins 1e-12 relative: both add up doubles, in another order.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/betweenness.h"
#include "solvers/network/closeness.h"
#include "solvers/network/components.h"
#include "solvers/network/core.h"
#include "solvers/network/fold.h"
#include "tests/support/golden.h"
#include "tests/support/team.h"

static void same_integers(const golden *x, const char *word, const int64_t *v)
{
    const double *want = golden_find(x, word);
    int wrong = 0;

    for (int64_t i = 0; i < x->g.n; i++)
        wrong += v[i] != (int64_t)want[x->g.outside[i]];
    if (wrong > 0)
        fprintf(stderr, "# %s of %s: %d are wrong\n", word, x->name, wrong);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void agrees_with_golden_numbers(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/paths.txt", "r");
    int graphs = 0;
    golden x;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && golden_next(f, &x)) {
        int64_t *v = dn_calloc((size_t)x.g.n, sizeof *v), count = -1;
        int8_t *colour = dn_calloc((size_t)x.g.n, 1);
        int bipartite = -1;

        CU_ASSERT_EQUAL(dn_core_numbers(&x.g, v, NULL), DN_OK);
        same_integers(&x, "core", v);
        CU_ASSERT_EQUAL(dn_components(&x.g, v, &count, NULL), DN_OK);
        same_integers(&x, "component", v);
        CU_ASSERT_EQUAL(dn_two_colours(&x.g, colour, &bipartite, NULL), DN_OK);
        CU_ASSERT_EQUAL(bipartite, golden_find(&x, "bipartite") != NULL);
        dn_free(v);
        dn_free(colour);
        golden_free(&x);
        graphs++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(graphs, 28);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- origins ---- */

static dn_graph random_graph(int64_t n, uint64_t seed)
{
    dn_graph g = {0};
    int64_t count = 0;
    dn_edge *e = test_random_edges(n, 1, seed, NULL, &count);

    for (int64_t i = 0; i < count; i++) /* a component for every remainder: 0, 1, 2 and some */
        e[i].b = (int32_t)(e[i].b - (e[i].b - e[i].a) % 3);
    for (int64_t i = 0; i < count; i++)
        e[i].b = e[i].b < 0 ? e[i].a : e[i].b;
    CU_ASSERT_EQUAL(dn_graph_build(n, count, e, NULL, 1, 0, &g, NULL), DN_OK);
    dn_free(e);
    return g;
}

/* Batches hold every source once and reach just what their sources can reach. */
static void check_batches(const dn_origins *s, int width)
{
    dn_batch *batch = NULL;
    int64_t batches = 0, at = 0;

    CU_ASSERT_EQUAL(dn_origins_batches(s, width, &batch, &batches, NULL), DN_OK);
    for (int64_t i = 0; i < batches; i++) {
        int64_t first = s->component[s->source[batch[i].begin]];
        int64_t last = s->component[s->source[batch[i].end - 1]];

        CU_ASSERT(batch[i].begin == at && batch[i].end > at && batch[i].end - at <= width);
        at = batch[i].end;
        CU_ASSERT_EQUAL(batch[i].node_begin, s->node_first[first]);
        CU_ASSERT_EQUAL(batch[i].node_end, s->node_first[last + 1]);
        CU_ASSERT_EQUAL(batch[i].whole, first == last);
    }
    CU_ASSERT_EQUAL(at, s->count);
    dn_free(batch);
}

static void origins_keep_their_promises(void)
{
    static const int64_t wanted[] = {0, 1, 16, 50, 333, 100000};
    dn_graph g = random_graph(900, 3);
    dn_error err = DN_ERROR_INIT;
    dn_origins s;

    for (int k = 0; k < 6; k++) {
        int64_t marked = 0;

        CU_ASSERT_EQUAL(dn_origins_create(&g, wanted[k], 77, &s, NULL), DN_OK);
        CU_ASSERT(s.components > 2);
        CU_ASSERT(wanted[k] == 0 || s.count >= (wanted[k] < g.connected ? wanted[k] : g.connected));
        CU_ASSERT(k != 0 || s.count == g.connected);
        for (int64_t c = 0; c < s.components; c++) {
            int64_t r = s.node_first[c + 1] - s.node_first[c],
                    have = s.source_first[c + 1] - s.source_first[c];

            CU_ASSERT(r >= 2 && have <= r);
            CU_ASSERT(have >= (r < DN_ORIGINS_LEAST ? r : DN_ORIGINS_LEAST));
            for (int64_t i = s.source_first[c]; i < s.source_first[c + 1]; i++)
                CU_ASSERT(s.component[s.source[i]] == c && s.is_source[s.source[i]] == 1);
        }
        for (int64_t v = 0; v < g.n; v++)
            marked += s.is_source[v];
        CU_ASSERT_EQUAL(marked, s.count); /* so no source stands twice */
        for (int width = 1; width <= 512; width *= 8)
            check_batches(&s, width);
        dn_origins_destroy(&s);
    }
    CU_ASSERT_EQUAL(dn_origins_create(&g, -1, 77, &s, &err), DN_EDATA);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void errors_by_hand(void)
{
    /* 3 of 5 values: 1, 2, 6: mean 3, variance 7, total 15 +- 5 sqrt(7 / 3 * 2 / 5) */
    CU_ASSERT_DOUBLE_EQUAL(dn_origins_spread(3, 9, 41), 7, 1e-14);
    CU_ASSERT_EQUAL(dn_origins_spread(4, 12, 36), 0); /* all alike */
    CU_ASSERT(isnan(dn_origins_spread(1, 9, 81)));
    CU_ASSERT_DOUBLE_EQUAL(dn_origins_error(3, 5, 7), 5 * sqrt(7.0 / 3 * 0.4), 1e-14);
    CU_ASSERT_EQUAL(dn_origins_error(5, 5, 7), 0);
    CU_ASSERT(isnan(dn_origins_error(1, 5, dn_origins_spread(1, 9, 81))));
}

/* ---- naive twins ---- */

typedef struct twin {
    int32_t *queue;                       /* [n] */
    int64_t *hops;                        /* [n] */
    double *paths, *delta;                /* [n] */
    double *distance, *inverse, *squares; /* [n]  sums over sources */
    int64_t *farthest;                    /* [n] */
    double *dependency, *dependency2;     /* [n] */
} twin;

static void twin_open(twin *t, int64_t n)
{
    size_t size = (size_t)n;

    *t = (twin){.queue = dn_calloc(size, sizeof *t->queue),
                .hops = dn_calloc(size, 8),
                .paths = dn_calloc(size, 8),
                .delta = dn_calloc(size, 8),
                .distance = dn_calloc(size, 8),
                .inverse = dn_calloc(size, 8),
                .squares = dn_calloc(size, 8),
                .farthest = dn_calloc(size, 8),
                .dependency = dn_calloc(size, 8),
                .dependency2 = dn_calloc(size, 8)};
}

static void twin_close(twin *t)
{
    dn_free(t->queue);
    dn_free(t->hops);
    dn_free(t->paths);
    dn_free(t->delta);
    dn_free(t->distance);
    dn_free(t->inverse);
    dn_free(t->squares);
    dn_free(t->farthest);
    dn_free(t->dependency);
    dn_free(t->dependency2);
}

/* Brandes (2001), algorithm 1. */
static void twin_search(twin *t, const dn_graph *g, int32_t source)
{
    int64_t head = 0, tail = 0;

    for (int64_t v = 0; v < g->n; v++) {
        t->hops[v] = -1;
        t->paths[v] = t->delta[v] = 0;
    }
    t->hops[source] = 0;
    t->paths[source] = 1;
    t->queue[tail++] = source;
    while (head < tail) {
        int32_t v = t->queue[head++];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int32_t u = g->col[e];
            if (t->hops[u] < 0) {
                t->hops[u] = t->hops[v] + 1;
                t->queue[tail++] = u;
            }
            if (t->hops[u] == t->hops[v] + 1)
                t->paths[u] += t->paths[v];
        }
    }
    while (--tail > 0) {
        int32_t v = t->queue[tail];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
            if (t->hops[g->col[e]] == t->hops[v] - 1)
                t->delta[g->col[e]] += t->paths[g->col[e]] / t->paths[v] * (1 + t->delta[v]);
        t->distance[v] += (double)t->hops[v];
        t->inverse[v] += 1 / (double)t->hops[v];
        t->squares[v] += (double)(t->hops[v] * t->hops[v]);
        t->farthest[v] = t->hops[v] > t->farthest[v] ? t->hops[v] : t->farthest[v];
        t->dependency[v] += t->delta[v];
        t->dependency2[v] += t->delta[v] * t->delta[v];
    }
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b));
}

static void compare_distances(const dn_graph *g, const dn_origins *s, const twin *t)
{
    dn_distance_sums sums = {0};
    dn_batch *batch = NULL;
    dn_bfs *b = NULL;
    int64_t batches = 0, wrong = 0;

    CU_ASSERT_EQUAL(dn_distance_sums_create(g, 1, &sums, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_bfs_create(g, &b, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_batches(s, DN_BFS_LANES, &batch, &batches, NULL), DN_OK);
    for (int64_t i = 0; i < batches; i++)
        dn_bfs_run(b, s, &batch[i], &sums);
    for (int64_t v = 0; v < g->n; v++)
        wrong += sums.distance[v] != (int64_t)t->distance[v] || sums.farthest[v] != t->farthest[v] ||
                 sums.distance2[v] != t->squares[v] ||
                 !near((double)sums.inverse[v] / (double)sums.scale, t->inverse[v]);
    CU_ASSERT_EQUAL(wrong, 0);
    dn_free(batch);
    dn_bfs_destroy(&b);
    dn_distance_sums_destroy(&sums);
}

static void compare_paths(const dn_graph *g, const dn_origins *s, const twin *t)
{
    double *sum = dn_calloc((size_t)g->n, sizeof *sum), *squares = dn_calloc((size_t)g->n, sizeof *squares);
    dn_batch *batch = NULL;
    dn_brandes *b = NULL;
    int64_t batches = 0, wrong = 0;

    CU_ASSERT_EQUAL(dn_brandes_create(g, NULL, NULL, &b, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_batches(s, DN_PATH_LANES, &batch, &batches, NULL), DN_OK);
    for (int64_t i = 0; i < batches; i++)
        dn_brandes_run(b, s, &batch[i], sum, squares);
    for (int64_t v = 0; v < g->n; v++)
        wrong += !near(sum[v], t->dependency[v]) || !near(squares[v], t->dependency2[v]);
    CU_ASSERT_EQUAL(wrong, 0);
    dn_free(batch);
    dn_brandes_destroy(&b);
    dn_free(sum);
    dn_free(squares);
}

static void against_twins(const dn_graph *g, int64_t wanted)
{
    dn_origins s;
    twin t;

    twin_open(&t, g->n);
    CU_ASSERT_EQUAL(dn_origins_create(g, wanted, 4, &s, NULL), DN_OK);
    for (int64_t i = 0; i < s.count; i++)
        twin_search(&t, g, s.source[i]);
    compare_distances(g, &s, &t);
    compare_paths(g, &s, &t);
    dn_origins_destroy(&s);
    twin_close(&t);
}

/* More than one batch of DN_BFS_LANES; few edges (pushed) and many (pulled). */
static void agrees_with_naive_twins(void)
{
    dn_graph g = random_graph(1400, 8);
    int64_t count = 0;
    dn_edge *e = test_random_edges(700, 2, 9, NULL, &count);

    against_twins(&g, 0);
    against_twins(&g, 100);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(700, count, e, NULL, 1, 0, &g, NULL), DN_OK);
    against_twins(&g, 0);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(700, count / 4, e, NULL, 1, 0, &g, NULL), DN_OK); /* a forest, nearly */
    against_twins(&g, 0);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Distances far beyond 22, where 1 / d is rounded: end to end of a path the harmonic number. */
static void long_paths(void)
{
    enum { N = 3000 };
    double harmonic[N], far[N], want = 0;
    dn_edge *e = dn_calloc(N, sizeof *e);
    dn_distances out = {.harmonic = harmonic, .eccentricity = far};
    dn_distance_sums sums;
    dn_batch *batch = NULL;
    dn_bfs *b = NULL;
    int64_t batches = 0;
    dn_origins s;
    dn_graph g = {0};

    for (int i = 1; i < N; i++)
        e[i - 1] = (dn_edge){i - 1, i, 1};
    for (int d = 1; d < N; d++)
        want += 1.0 / d;
    CU_ASSERT_EQUAL(dn_graph_build(N, N - 1, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_distance_sums_create(&g, 0, &sums, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_bfs_create(&g, &b, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_create(&g, 0, 1, &s, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_batches(&s, DN_BFS_LANES, &batch, &batches, NULL), DN_OK);
    for (int64_t i = 0; i < batches; i++)
        dn_bfs_run(b, &s, &batch[i], &sums);
    dn_distances_finish(&s, &g, &sums, &out);
    for (int i = 0; i < N; i++) {
        int32_t v = g.outside[i];

        if (v == 0 || v == N - 1) { /* as wrong as the header allows: N terms, each 1 / (2 scale) */
            CU_ASSERT(fabs(harmonic[i] - want) <= N / (2.0 * (double)sums.scale) + 1e-14);
            CU_ASSERT_EQUAL(far[i], N - 1);
        }
        CU_ASSERT_EQUAL(far[i], v > N - 1 - v ? v : N - 1 - v);
    }
    dn_free(batch);
    dn_bfs_destroy(&b);
    dn_distance_sums_destroy(&sums);
    dn_origins_destroy(&s);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A hub 0 with leaves 1 2 3, a triangle 0 4 5 with leaf 6 at 5, a pair 7 8, a star 9 with leaves 10 11, and
 * 12 alone. Stay: the triangle, the pair (no leaves of each other) and the centre of the star. */
static void folds_leaves(void)
{
    static const dn_edge e[] = {{0, 1, 1}, {0, 2, 1}, {0, 3, 1}, {0, 4, 1},  {0, 5, 1},
                                {4, 5, 1}, {5, 6, 1}, {7, 8, 1}, {9, 10, 1}, {9, 11, 1}};
    static const double counts[13] = {4, 0, 0, 0, 1, 2, 0, 1, 1, 3, 0, 0, 0}; /* by outside number */
    dn_graph g = {0};
    dn_fold f;

    CU_ASSERT_EQUAL(dn_graph_build(13, 10, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_fold_create(&g, &f, NULL), DN_OK);
    CU_ASSERT(f.leaves == 6 && f.graph.n == 6 && f.graph.connected == 5 && f.graph.nnz == 8);
    for (int64_t i = 0; i < f.graph.n; i++) {
        int64_t degree = f.graph.row[i + 1] - f.graph.row[i], v = f.of[i];

        CU_ASSERT_EQUAL(f.weight[i], counts[g.outside[v]]);
        CU_ASSERT_EQUAL(f.graph.outside[i], i);
        CU_ASSERT_EQUAL(degree, g.row[v + 1] - g.row[v] - (int64_t)f.weight[i] + 1);
        CU_ASSERT((degree > 0) == (i < f.graph.connected));
    }
    dn_fold_destroy(&f);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_graph_build(9, 1, e + 7, NULL, 1, 0, &g, NULL), DN_OK); /* no leaves: nothing */
    CU_ASSERT_EQUAL(dn_fold_create(&g, &f, NULL), DN_OK);
    CU_ASSERT(f.leaves == 0 && f.weight == NULL && f.graph.n == 0);
    dn_fold_destroy(&f);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- memory ---- */

static dn_status make_all(const dn_graph *g)
{
    dn_status st = DN_OK;
    dn_error none = DN_ERROR_INIT, *err = &none;
    dn_distance_sums sums = {0};
    dn_origins s = {0};
    dn_batch *batch = NULL;
    dn_bfs *b = NULL;
    dn_brandes *p = NULL;
    dn_fold f = {0};
    int64_t core[64], batches;

    DN_TRY(dn_core_numbers(g, core, err));
    DN_TRY(dn_origins_create(g, 20, 1, &s, err));
    DN_TRY(dn_origins_batches(&s, 8, &batch, &batches, err));
    DN_TRY(dn_distance_sums_create(g, 1, &sums, err));
    DN_TRY(dn_bfs_create(g, &b, err));
    DN_TRY(dn_brandes_create(g, NULL, NULL, &p, err));
    DN_TRY(dn_fold_create(g, &f, err));
out:
    dn_fold_destroy(&f);
    dn_distance_sums_destroy(&sums);
    dn_origins_destroy(&s);
    dn_free(batch);
    dn_bfs_destroy(&b);
    dn_brandes_destroy(&p);
    return st;
}

static void survives_refused_memory(void)
{
    dn_graph g = random_graph(64, 5);
    dn_status st = DN_ENOMEM;
    long live = dn_alloc_live();

    for (long k = 0; st != DN_OK && k < 200; k++) {
        dn_alloc_fail_after(k);
        st = make_all(&g);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"golden numbers", agrees_with_golden_numbers},
                                    {"origins keep their promises", origins_keep_their_promises},
                                    {"errors by hand", errors_by_hand},
                                    {"naive twins", agrees_with_naive_twins},
                                    {"long paths", long_paths},
                                    {"leaves are folded", folds_leaves},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "paths", tests);
}
