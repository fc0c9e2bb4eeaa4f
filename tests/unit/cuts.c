/* cuts.c - tests of solvers/network/{cuts,pooled}.h and of betweenness from a sample, on one rank
 *
 * Against naive twins: take a node away and see what is left; follow every pair of nodes. Tolerance 1e-12
 * relative: both add up doubles, in another order.
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/betweenness.h"
#include "solvers/network/pooled.h"
#include "tests/support/team.h"

enum { MOST = 96 /* nodes of a graph that is followed pair by pair */ };

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b));
}

/* ---- graphs ---- */

typedef struct draft {
    dn_edge e[4 * MOST];
    int64_t count;
} draft;

static void join(draft *d, int a, int b)
{
    d->e[d->count++] = (dn_edge){a, b, 1};
}

static void ring(draft *d, int from, int length)
{
    for (int i = 0; i < length; i++)
        join(d, from + i, from + (i + 1) % length);
}

static void clique(draft *d, int from, int size)
{
    for (int a = 0; a < size; a++)
        for (int b = 0; b < a; b++)
            join(d, from + a, from + b);
}

/* Each node hangs on an earlier one. */
static void tree(draft *d, int n)
{
    for (int i = 1; i < n; i++)
        join(d, i, (int)(test_uniform(6, (uint64_t)i) * i));
}

/* Rings of 3 to 6 nodes, each sharing a node with an earlier one. */
static void cactus(draft *d, int rings)
{
    int at = 1;

    for (int k = 0; k < rings; k++) {
        int last = (int)(test_uniform(8, (uint64_t)k) * at);
        for (int i = 0; i < 2 + k % 4; i++, last = at++)
            join(d, last, at);
        join(d, last, d->e[d->count - 2 - k % 4].a);
    }
}

enum { PATH, STAR, TREE, CACTUS, BARBELL, TWO_BLOCKS, RING, CLIQUE, RANDOM, SPARSE, GRAPHS };

static dn_graph make(int which)
{
    draft d = {.count = 0};
    int64_t n = MOST, drawn = 0;
    dn_edge *e = NULL;
    dn_graph g = {0};

    switch (which) {
    case PATH:
        for (int i = 1; i < 20; i++)
            join(&d, i - 1, i);
        break;
    case STAR:
        for (int i = 1; i < 20; i++)
            join(&d, 0, i);
        break;
    case TREE:
        tree(&d, MOST);
        break;
    case CACTUS:
        cactus(&d, 24);
        break;
    case BARBELL: /* two cliques and a path of three nodes between */
        clique(&d, 0, 5);
        clique(&d, 8, 6);
        for (int i = 4; i < 8; i++)
            join(&d, i, i + 1);
        break;
    case TWO_BLOCKS: /* two rings with a node in common, and a pair that is another component */
        ring(&d, 0, 6);
        ring(&d, 5, 7);
        join(&d, 20, 21);
        break;
    case RING:
        ring(&d, 3, 9);
        break;
    case CLIQUE:
        clique(&d, 0, 7);
        break;
    default: /* with isolated nodes; sparse: many components and cut nodes */
        e = test_random_edges(n, 1, 21, NULL, &drawn);
        d.count = which == SPARSE ? drawn / 4 : drawn;
        memcpy(d.e, e, (size_t)d.count * sizeof *e);
        dn_free(e);
    }
    CU_ASSERT_EQUAL(dn_graph_build(n, d.count, d.e, NULL, 1, 0, &g, NULL), DN_OK);
    return g;
}

/* ---- the naive twin ---- */

typedef struct twin {
    double hops[MOST][MOST], paths[MOST][MOST]; /* hops -1: not in the component */
    int side[MOST][MOST];                       /* of v, where u is: any number, -1 outside */
} twin;

/* Hops and numbers of shortest paths from s; `without` takes no part. */
static void spread(const dn_graph *g, int s, int without, double *hops, double *paths)
{
    int queue[MOST], head = 0, tail = 0;

    for (int v = 0; v < MOST; v++) {
        hops[v] = -1;
        paths[v] = 0;
    }
    hops[s] = 0;
    paths[s] = 1;
    queue[tail++] = s;
    while (head < tail) {
        int v = queue[head++];
        for (int64_t e = g->row[v]; e < g->row[v + 1]; e++) {
            int u = g->col[e];
            if (u == without)
                continue;
            if (hops[u] < 0) {
                hops[u] = hops[v] + 1;
                queue[tail++] = u;
            }
            if (hops[u] == hops[v] + 1)
                paths[u] += paths[v];
        }
    }
}

static void follow(const dn_graph *g, twin *t)
{
    double reached[MOST], unused[MOST];

    for (int s = 0; s < MOST; s++)
        spread(g, s, -1, t->hops[s], t->paths[s]);
    for (int v = 0; v < MOST; v++) {
        memset(t->side[v], 0xff, sizeof t->side[v]);
        for (int u = 0; u < MOST; u++) {
            if (u == v || t->hops[v][u] < 0 || t->side[v][u] >= 0)
                continue;
            spread(g, u, v, reached, unused);
            for (int w = 0; w < MOST; w++)
                t->side[v][w] = reached[w] >= 0 ? u : t->side[v][w];
        }
    }
}

/* Share of the shortest paths from s to u that run through v. */
static double through(const twin *t, int s, int v, int u)
{
    if (s == v || u == v || s == u || t->hops[s][u] < 0 || t->hops[s][v] < 0 ||
        t->hops[s][v] + t->hops[v][u] != t->hops[s][u])
        return 0;
    return t->paths[s][v] * t->paths[v][u] / t->paths[s][u];
}

/* ---- cut nodes ---- */

static void check_node(const dn_graph *g, const twin *t, const dn_cuts *c, int v)
{
    double known = 0, size = 0;
    int64_t open = 0, wrong = 0;
    int cut = 0;

    for (int u = 0; u < MOST; u++) {
        size += t->hops[v][u] >= 0;
        for (int w = 0; w < MOST; w++) {
            if (t->side[v][u] < 0 || t->side[v][w] < 0)
                continue;
            wrong += (t->side[v][u] == t->side[v][w]) != (dn_cuts_side(c, v, u) == dn_cuts_side(c, v, w));
            known += t->side[v][u] != t->side[v][w];
            cut |= t->side[v][u] != t->side[v][w];
            open += u < w && t->hops[v][u] == 1 && t->hops[v][w] == 1 && t->side[v][u] == t->side[v][w] &&
                    t->hops[u][w] != 1;
        }
    }
    for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
        wrong += c->edge[e] != dn_cuts_side(c, v, g->col[e]);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(c->size[v], cut ? (int32_t)size : 0);
    CU_ASSERT_EQUAL(dn_cuts_known(c, v), known);
    CU_ASSERT_EQUAL(c->open[v], open);
}

static void sides_are_what_is_left(void)
{
    twin *t = dn_calloc(1, sizeof *t);

    for (int k = 0; k < GRAPHS; k++) {
        dn_graph g = make(k);
        dn_cuts c;

        follow(&g, t);
        CU_ASSERT_EQUAL(dn_cuts_create(&g, &c, NULL), DN_OK);
        for (int v = 0; v < MOST; v++)
            check_node(&g, t, &c, v);
        dn_cuts_destroy(&c);
        dn_graph_destroy(&g);
    }
    dn_free(t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A search that called itself would need a stack of a million frames. */
static void deep_paths(void)
{
    enum { N = 1000000 };
    dn_edge *e = dn_calloc(N, sizeof *e);
    int64_t wrong = 0;
    dn_graph g = {0};
    dn_cuts c;

    for (int i = 1; i < N; i++)
        e[i - 1] = (dn_edge){i - 1, i, 1};
    CU_ASSERT_EQUAL(dn_graph_build(N, N - 1, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_cuts_create(&g, &c, NULL), DN_OK);
    for (int64_t i = 0; i < N; i++) {
        double at = g.outside[i];
        wrong += dn_cuts_known(&c, i) != 2 * at * (N - 1 - at) || c.open[i] != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    dn_cuts_destroy(&c);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- betweenness with them ---- */

typedef struct sums {
    dn_origins s;
    double *sum, *squares, *raw, *error; /* [n] */
} sums;

static void sums_open(const dn_graph *g, const dn_cuts *opt_c, int64_t wanted, sums *x)
{
    dn_batch *batch = NULL;
    dn_brandes *b = NULL;
    int64_t batches = 0;

    x->sum = dn_calloc((size_t)g->n, 8);
    x->squares = dn_calloc((size_t)g->n, 8);
    x->raw = dn_calloc((size_t)g->n, 8);
    x->error = dn_calloc((size_t)g->n, 8);
    CU_ASSERT_EQUAL(dn_origins_create(g, wanted, 7, &x->s, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_brandes_create(g, NULL, opt_c, &b, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_batches(&x->s, DN_PATH_LANES, &batch, &batches, NULL), DN_OK);
    for (int64_t i = 0; i < batches; i++)
        dn_brandes_run(b, &x->s, &batch[i], x->sum, x->squares);
    CU_ASSERT_EQUAL(dn_betweenness_finish(&x->s, opt_c, x->sum, x->squares, x->raw, x->error, NULL, NULL),
                    DN_OK);
    dn_brandes_destroy(&b);
    dn_free(batch);
}

static void sums_close(sums *x)
{
    dn_origins_destroy(&x->s);
    dn_free(x->sum);
    dn_free(x->squares);
    dn_free(x->raw);
    dn_free(x->error);
}

/* The scaled remainders of v, source by source. */
static void check_remainders(const twin *t, const dn_cuts *c, const sums *x, int v)
{
    double sum = 0, squares = 0;

    for (int64_t i = 0; i < x->s.count; i++) {
        int s = x->s.source[i];
        double one = 0;
        for (int u = 0; u < MOST; u++)
            if (s != u && t->side[v][s] == t->side[v][u])
                one += 2 * t->hops[s][v] / t->hops[s][u] * through(t, s, v, u);
        sum += one;
        squares += one * one;
    }
    CU_ASSERT(near(x->sum[v], sum) && near(x->squares[v], squares));
    CU_ASSERT(c->open[v] > 0 || x->sum[v] == 0);
}

static void check_exact(const twin *t, const sums *x, int v)
{
    double raw = 0;

    for (int s = 0; s < MOST; s++)
        for (int u = 0; u < s; u++)
            raw += through(t, s, v, u);
    CU_ASSERT(near(x->raw[v], raw));
    CU_ASSERT_EQUAL(x->error[v], 0);
}

static void remainders_are_right(void)
{
    twin *t = dn_calloc(1, sizeof *t);

    for (int k = 0; k < GRAPHS; k++) {
        dn_graph g = make(k);
        sums some, all;
        dn_cuts c;

        follow(&g, t);
        CU_ASSERT_EQUAL(dn_cuts_create(&g, &c, NULL), DN_OK);
        sums_open(&g, &c, 1, &some);
        sums_open(&g, &c, 0, &all);
        for (int v = 0; v < MOST; v++) {
            check_remainders(t, &c, &some, v);
            check_remainders(t, &c, &all, v);
            check_exact(t, &all, v);
        }
        sums_close(&some);
        sums_close(&all);
        dn_cuts_destroy(&c);
        dn_graph_destroy(&g);
    }
    dn_free(t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A tree, and triangles that hang on its nodes: no shortest path runs through a node within a side. */
static void trees_need_no_sample(void)
{
    enum { N = 900, WOOD = 600 };
    dn_edge *e = dn_calloc(2 * N, sizeof *e);
    int64_t count = 0, wrong = 0;
    dn_graph g = {0};
    sums some, all;
    dn_cuts c;

    for (int i = 1; i < WOOD; i++)
        e[count++] = (dn_edge){i, (int32_t)(test_uniform(3, (uint64_t)i) * i), 1};
    for (int i = WOOD; i < N; i += 2) {
        int at = (int)(test_uniform(4, (uint64_t)i) * WOOD);
        e[count++] = (dn_edge){i, at, 1};
        e[count++] = (dn_edge){i + 1, at, 1};
        e[count++] = (dn_edge){i, i + 1, 1};
    }
    CU_ASSERT_EQUAL(dn_graph_build(N, count, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_cuts_create(&g, &c, NULL), DN_OK);
    sums_open(&g, &c, 1, &some);
    sums_open(&g, NULL, 0, &all);
    CU_ASSERT_EQUAL(some.s.count, DN_ORIGINS_LEAST);
    for (int64_t v = 0; v < N; v++)
        wrong += !near(some.raw[v], all.raw[v]) || some.error[v] != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    sums_close(&some);
    sums_close(&all);
    dn_cuts_destroy(&c);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- errors ---- */

/* A ring of 400 nodes, 65 sources or so. Keys 1 and 2 make two groups of 100, key 0 is known. In the first
 * group half have a spread of 8, half seem to have none; in the second all have 2. */
static void groups_by_hand(void)
{
    enum { N = 400 };
    double sum[N], squares[N], error[N], mean, low;
    dn_edge e[N];
    int64_t key[N], k = 0, others = 0;
    dn_graph g = {0};
    dn_origins s;

    for (int i = 0; i < N; i++)
        e[i] = (dn_edge){i, (i + 1) % N, 1};
    CU_ASSERT_EQUAL(dn_graph_build(N, N, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_origins_create(&g, 65, 1, &s, NULL), DN_OK);
    memset(s.is_source, 0, N); /* no node is its own source: the same S for all */
    dn_origins_of(&s, 0, &k, &others);
    CU_ASSERT(k == 65 && others == N - 1);
    for (int i = 0; i < N; i++) {
        double spread_of[] = {5, i % 8 < 4 ? 8 : 0, 2, 5};
        key[i] = i % 4 == 3 ? 0 : i % 4;
        sum[i] = 3 * (double)k;
        squares[i] = 9 * (double)k + spread_of[key[i]] * (double)(k - 1);
    }
    CU_ASSERT_EQUAL(dn_pooled_errors(&s, key, sum, squares, error, NULL), DN_OK);
    mean = (8 + 1 / (double)k) / 2;
    low = pow(1 / (double)k, 0.25) * pow(mean, 0.75);
    for (int i = 0; i < N; i++) {
        double want[] = {0, i % 8 < 4 ? 8 : low, 2};
        CU_ASSERT(near(error[i], dn_origins_error(k, others, want[key[i]])));
    }
    dn_origins_destroy(&s);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status try_all(const dn_graph *g)
{
    dn_status st = DN_OK;
    dn_error none = DN_ERROR_INIT, *err = &none;
    double sum[400] = {0}, error[400];
    dn_origins s = {0};
    dn_cuts c = {0};

    DN_TRY(dn_cuts_create(g, &c, err));
    DN_TRY(dn_origins_create(g, 1, 1, &s, err));
    DN_TRY(dn_pooled_errors(&s, c.open, sum, sum, error, err));
out:
    dn_origins_destroy(&s);
    dn_cuts_destroy(&c);
    return st;
}

static void survives_refused_memory(void)
{
    dn_graph g = make(RANDOM);
    dn_status st = DN_ENOMEM;
    long live = dn_alloc_live(), k = 0;

    for (; st != DN_OK && k < 200; k++) {
        dn_alloc_fail_after(k);
        st = try_all(&g);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT(st == DN_OK && k > 20);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* No nodes; no edges. */
static void nothing_to_cut(void)
{
    for (int64_t n = 0; n < 3; n += 2) {
        dn_graph g = {0};
        dn_cuts c;

        CU_ASSERT_EQUAL(dn_graph_build(n, 0, NULL, NULL, 1, 0, &g, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_cuts_create(&g, &c, NULL), DN_OK);
        CU_ASSERT_EQUAL(c.first[n], 0);
        for (int64_t v = 0; v < n; v++)
            CU_ASSERT(c.size[v] == 0 && c.open[v] == 0 && dn_cuts_known(&c, v) == 0);
        dn_cuts_destroy(&c);
        dn_graph_destroy(&g);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"sides are what is left", sides_are_what_is_left},
                                    {"deep paths", deep_paths},
                                    {"remainders", remainders_are_right},
                                    {"trees need no sample", trees_need_no_sample},
                                    {"groups by hand", groups_by_hand},
                                    {"nothing to cut", nothing_to_cut},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "cuts", tests);
}
