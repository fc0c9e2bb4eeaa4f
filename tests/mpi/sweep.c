/* sweep.c - tests of mpi/graph/sweep.h: closeness, betweenness and clustering on any ranks and threads
 *
 * Golden numbers: tests/golden/make_paths.py (networkx, igraph). Tolerance 1e-12, relative to 1 + |value|:
 * both sides add up at most some hundred doubles, in another order.
 */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/graph/sweep.h"
#include "solvers/base/alloc.h"
#include "tests/support/golden.h"
#include "tests/support/team.h"

static const double close_enough = 1e-12;

/* Everything the sweeps say about a graph. */
enum {
    CLOSENESS,
    CLOSENESS_ERROR,
    HARMONIC,
    HARMONIC_ERROR,
    ECCENTRICITY,
    BETWEENNESS,
    RAW,
    RAW_ERROR,
    CLUSTERING,
    BIPARTITE,
    COLUMNS
};

typedef struct answer {
    double *column[COLUMNS]; /* [n] */
    int64_t *triangles;      /* [n] */
    int64_t sources[2];      /* of closeness, of betweenness */
    double transitivity;
    dn_status bipartite;
} answer;

static void answer_open(answer *a, int64_t n)
{
    *a = (answer){0};
    for (int c = 0; c < COLUMNS; c++) {
        a->column[c] = dn_calloc((size_t)n, sizeof(double));
        memset(a->column[c], 0xff, (size_t)n * sizeof(double)); /* NaN: everything must be written */
    }
    a->triangles = dn_calloc((size_t)n, sizeof *a->triangles);
}

static void answer_close(answer *a)
{
    for (int c = 0; c < COLUMNS; c++)
        dn_free(a->column[c]);
    dn_free(a->triangles);
}

static void ask(const dn_comm *comm, const dn_graph *g, const dn_sweep_options *o, answer *a)
{
    dn_error err = DN_ERROR_INIT;
    dn_distances d = {.closeness = a->column[CLOSENESS],
                      .closeness_error = a->column[CLOSENESS_ERROR],
                      .harmonic = a->column[HARMONIC],
                      .harmonic_error = a->column[HARMONIC_ERROR],
                      .eccentricity = a->column[ECCENTRICITY]};

    CU_ASSERT_EQUAL(dn_sweep_closeness(comm, g, o, &d, &a->sources[0], &err), DN_OK);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(comm, g, o, a->column[BETWEENNESS], a->column[RAW],
                                         a->column[RAW_ERROR], &a->sources[1], &err),
                    DN_OK);
    CU_ASSERT_EQUAL(
        dn_sweep_clustering(comm, g, o, a->column[CLUSTERING], a->triangles, &a->transitivity, &err), DN_OK);
    a->bipartite = dn_sweep_clustering_bipartite(comm, g, o, a->column[BIPARTITE], &err);
}

/* ---- golden numbers ---- */

/* Says which graph and number are wrong, on the rank that sees it. */
static void near(const golden *x, const char *word, const double *v)
{
    double d = golden_distance(x, word, v);

    if (!(d <= close_enough))
        fprintf(stderr, "# rank %d: %s of %s is off by %g\n", test_comm.rank, word, x->name, d);
    CU_ASSERT(d <= close_enough);
}

static void compare(const golden *x, const answer *a)
{
    const double *triangles = golden_find(x, "triangles");

    near(x, "closeness", a->column[CLOSENESS]);
    near(x, "harmonic", a->column[HARMONIC]);
    near(x, "eccentricity", a->column[ECCENTRICITY]);
    near(x, "betweenness", a->column[BETWEENNESS]);
    near(x, "raw", a->column[RAW]);
    near(x, "clustering", a->column[CLUSTERING]);
    CU_ASSERT_DOUBLE_EQUAL(a->transitivity, golden_find(x, "transitivity")[0], close_enough);
    CU_ASSERT(a->sources[0] == x->g.connected && a->sources[1] == x->g.connected);
    for (int64_t i = 0; i < x->g.n; i++) {
        CU_ASSERT_EQUAL(a->triangles[i], (int64_t)triangles[x->g.outside[i]]);
        CU_ASSERT(a->column[CLOSENESS_ERROR][i] == 0 && a->column[HARMONIC_ERROR][i] == 0);
        CU_ASSERT_EQUAL(a->column[RAW_ERROR][i], 0);
    }
    if (golden_find(x, "bipartite") != NULL) {
        CU_ASSERT_EQUAL(a->bipartite, DN_OK);
        near(x, "bipartite", a->column[BIPARTITE]);
    } else
        CU_ASSERT_EQUAL(a->bipartite, DN_EDATA);
}

static void agrees_with_golden_numbers(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/paths.txt", "r");
    golden x;
    int graphs = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && golden_next(f, &x)) {
        for (int threads = 1; threads <= 2; threads++) {
            answer a;

            omp_set_num_threads(threads);
            answer_open(&a, x.g.n);
            ask(&test_comm, &x.g, NULL, &a);
            compare(&x, &a);
            answer_close(&a);
        }
        golden_free(&x);
        graphs++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(graphs, 28);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- the bits of one rank and one thread ---- */

/* Many components: a random graph and, beside it, chains of 2 to 9 nodes. */
static void many_components(int64_t n, int sides, dn_graph *out)
{
    int64_t count = 0, all = n + 44 * 3, at = n;
    uint8_t *side = dn_calloc((size_t)all, 1);
    dn_edge *random = test_random_edges(n, sides, 11, side, &count);
    dn_edge *e = dn_calloc((size_t)(count + all), sizeof *e);

    memcpy(e, random, (size_t)count * sizeof *e);
    for (int k = 0; k < 24; k++) {
        int length = 2 + k % 8;
        for (int i = 0; i < length; i++)
            side[at + i] = (uint8_t)(sides == 2 && i % 2);
        for (int i = 1; i < length; i++)
            e[count++] = (dn_edge){(int32_t)(at + i - 1), (int32_t)(at + i), 1};
        at += length;
    }
    CU_ASSERT_EQUAL(at, all);
    CU_ASSERT_EQUAL(dn_graph_build(all, count, e, side, sides, 1, out, NULL), DN_OK);
    dn_free(side);
    dn_free(random);
    dn_free(e);
}

static void same_bits(const dn_graph *g, const answer *a, const answer *b)
{
    size_t bytes = (size_t)g->n * sizeof(double);

    for (int c = 0; c < COLUMNS; c++)
        CU_ASSERT_EQUAL(memcmp(a->column[c], b->column[c], bytes), 0);
    CU_ASSERT_EQUAL(memcmp(a->triangles, b->triangles, bytes), 0);
    CU_ASSERT_EQUAL(memcmp(&a->transitivity, &b->transitivity, sizeof a->transitivity), 0);
    CU_ASSERT(a->sources[0] == b->sources[0] && a->sources[1] == b->sources[1]);
    CU_ASSERT_EQUAL(a->bipartite, b->bipartite);
}

static void against_one(const dn_graph *g, int64_t sources)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    dn_sweep_options o = {.sources = sources, .seed = 5};
    answer one;

    omp_set_num_threads(1);
    answer_open(&one, g->n);
    ask(&self, g, &o, &one);
    for (int threads = 1; threads <= 3; threads++) {
        answer many;

        omp_set_num_threads(threads);
        answer_open(&many, g->n);
        ask(&test_comm, g, &o, &many);
        same_bits(g, &one, &many);
        answer_close(&many);
    }
    answer_close(&one);
}

static void same_bits_anywhere(void)
{
    for (int sides = 1; sides <= 2; sides++) {
        dn_graph g = {0};

        many_components(700, sides, &g);
        against_one(&g, 0);
        against_one(&g, 200);
        against_one(&g, 1);
        dn_graph_destroy(&g);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* More numbers than are merged at a time: 80,000 of sums and squares. */
static void many_nodes(void)
{
    enum { N = 40000 };
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    dn_sweep_options o = {.sources = 80, .seed = 3};
    dn_edge *e = dn_calloc(2 * N, sizeof *e);
    double *v[4]; /* raw and error, alone and together */
    int64_t sources = 0;
    dn_graph g = {0};

    for (int i = 0; i < N; i++) { /* a ring with chords */
        e[2 * i] = (dn_edge){i, (i + 1) % N, 1};
        e[2 * i + 1] = (dn_edge){i, (int32_t)((int64_t)i * i % N), 1};
    }
    for (int k = 0; k < 4; k++)
        v[k] = dn_calloc(N, sizeof *v[k]);
    CU_ASSERT_EQUAL(dn_graph_build(N, 2 * N, e, NULL, 1, 0, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&self, &g, &o, NULL, v[0], v[1], &sources, NULL), DN_OK);
    omp_set_num_threads(2);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, &g, &o, NULL, v[2], v[3], &sources, NULL), DN_OK);
    CU_ASSERT(sources >= 80 && sources < 90);
    CU_ASSERT(v[0][N - 1] > 0 && v[1][N - 1] > 0);
    CU_ASSERT_EQUAL(memcmp(v[0], v[2], N * sizeof(double)), 0);
    CU_ASSERT_EQUAL(memcmp(v[1], v[3], N * sizeof(double)), 0);
    for (int k = 0; k < 4; k++)
        dn_free(v[k]);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- samples ---- */

/* Deviations in units of the error that is claimed for them; returns their mean square. */
static double mean_square(const dn_graph *g, const double *exact, const double *guess, const double *error)
{
    double sum = 0;
    int64_t count = 0;

    for (int64_t i = 0; i < g->n; i++) {
        double d = guess[i] - exact[i];

        CU_ASSERT(fabs(d) <= 6 * error[i] + 1e-9 * fabs(exact[i]));
        if (error[i] > 0) {
            sum += d * d / (error[i] * error[i]);
            count++;
        }
    }
    CU_ASSERT(count > 100);
    return sum / (double)count;
}

/* Grown by attaching each node to one, two or three ends of earlier edges: a power law of degrees, a third of
 * the nodes leaves. */
static void power_law(int64_t n, dn_graph *out)
{
    dn_edge *e = dn_calloc((size_t)(3 * n), sizeof *e);
    int64_t count = 1;

    e[0] = (dn_edge){0, 1, 1};
    for (int64_t v = 2; v < n; v++) {
        int64_t before = count;
        for (int64_t k = 0; k <= v % 3; k++) {
            int64_t pick = (int64_t)(test_uniform(30, (uint64_t)(3 * v + k)) * (double)(2 * before));
            int32_t at = pick % 2 ? e[pick / 2].a : e[pick / 2].b;
            e[count++] = (dn_edge){(int32_t)v, at, 1};
        }
    }
    CU_ASSERT_EQUAL(dn_graph_build(n, count, e, NULL, 1, 0, out, NULL), DN_OK);
    dn_free(e);
}

/* Betweenness: of the nodes with an error 90 % within two of it and 99 % within five; an error of 0 is true.
 */
static void errors_cover(void)
{
    static const int64_t sources[] = {100, 300};
    dn_graph g = {0};
    answer exact, guess;

    power_law(2500, &g);
    answer_open(&exact, g.n);
    answer_open(&guess, g.n);
    ask(&test_comm, &g, NULL, &exact);
    for (int k = 0; k < 2; k++) {
        dn_sweep_options o = {.sources = sources[k], .seed = 12};
        int64_t count = 0, near_by = 0, far = 0, wrong = 0;

        ask(&test_comm, &g, &o, &guess);
        for (int64_t i = 0; i < g.n; i++) {
            double d = fabs(guess.column[RAW][i] - exact.column[RAW][i]), e = guess.column[RAW_ERROR][i];
            count += e > 0;
            near_by += e > 0 && d <= 2 * e;
            far += e > 0 && !(d <= 5 * e);
            wrong += e == 0 && !(d <= close_enough * (1 + exact.column[RAW][i]));
        }
        CU_ASSERT(count > g.n / 2 && count < g.n);
        CU_ASSERT(10 * near_by >= 9 * count && 100 * far < count);
        CU_ASSERT_EQUAL(wrong, 0);
        if (test_comm.rank == 0)
            printf("# %lld sources: %.1f %% within 2 errors, %.2f %% beyond 5\n", (long long)sources[k],
                   100 * (double)near_by / (double)count, 100 * (double)far / (double)count);
    }
    answer_close(&exact);
    answer_close(&guess);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Stars of 90 and of 30 leaves: two leaves are two hops apart, the centre is one away. A sample that lacks
 * the centre has values that are all alike. */
static void alike_is_not_exact(void)
{
    enum { BIG = 91, SMALL = 31, N = BIG + SMALL };
    dn_sweep_options o = {.sources = 1};
    dn_edge e[N];
    int64_t count = 0;
    dn_graph g = {0};
    answer exact, guess;

    for (int i = 1; i < BIG; i++)
        e[count++] = (dn_edge){0, i, 1};
    for (int i = 1; i < SMALL; i++)
        e[count++] = (dn_edge){BIG, BIG + i, 1};
    CU_ASSERT_EQUAL(dn_graph_build(N, count, e, NULL, 1, 0, &g, NULL), DN_OK);
    answer_open(&exact, N);
    answer_open(&guess, N);
    ask(&test_comm, &g, NULL, &exact);
    for (o.seed = 1; o.seed < 9; o.seed++) {
        ask(&test_comm, &g, &o, &guess);
        CU_ASSERT_EQUAL(guess.sources[0], 64 + SMALL);
        for (int i = 0; i < N; i++) {
            int32_t v = g.outside[i];
            for (int c = CLOSENESS; c <= HARMONIC; c += HARMONIC - CLOSENESS)
                CU_ASSERT_DOUBLE_EQUAL(guess.column[c][i], exact.column[c][i], 1e-12);
            CU_ASSERT_EQUAL(guess.column[HARMONIC_ERROR][i] > 0, v > 0 && v < BIG);
            CU_ASSERT_EQUAL(guess.column[CLOSENESS_ERROR][i] > 0, v > 0 && v < BIG);
        }
    }
    answer_close(&exact);
    answer_close(&guess);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* One sample shifts all nodes alike, so the mean square is of the order of 1 and no more. */
static void samples_keep_their_word(void)
{
    static const int pairs[][2] = {{CLOSENESS, CLOSENESS_ERROR}, {HARMONIC, HARMONIC_ERROR}};
    dn_sweep_options o = {.sources = 300, .seed = 9};
    dn_graph g = {0};
    answer exact, guess, other;

    many_components(1500, 1, &g);
    answer_open(&exact, g.n);
    answer_open(&guess, g.n);
    answer_open(&other, g.n);
    ask(&test_comm, &g, NULL, &exact);
    ask(&test_comm, &g, &o, &guess);
    CU_ASSERT(guess.sources[0] >= 300 && guess.sources[0] < 600);
    CU_ASSERT_EQUAL(exact.sources[0], g.connected);
    for (int k = 0; k < 2; k++) {
        double z =
            mean_square(&g, exact.column[pairs[k][0]], guess.column[pairs[k][0]], guess.column[pairs[k][1]]);

        CU_ASSERT(z > 0.1 && z < 4);
    }
    for (int64_t i = 0; i < g.n; i++) { /* a few sources make all the difference: errors_cover() */
        CU_ASSERT(guess.column[RAW_ERROR][i] >= 0);
        CU_ASSERT(guess.column[ECCENTRICITY][i] <= exact.column[ECCENTRICITY][i]);
    }
    o.seed = 10;
    ask(&test_comm, &g, &o, &other);
    CU_ASSERT_NOT_EQUAL(memcmp(guess.column[RAW], other.column[RAW], (size_t)g.n * sizeof(double)), 0);
    o.sources = g.n + 5; /* more than there are: all, exactly */
    ask(&test_comm, &g, &o, &other);
    same_bits(&g, &exact, &other);
    answer_close(&exact);
    answer_close(&guess);
    answer_close(&other);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- progress, refusals ---- */

typedef struct watched {
    int64_t calls, last, total;
    int backwards;
} watched;

static void watch(void *ctx, int64_t done, int64_t total)
{
    watched *w = ctx;

    w->calls++;
    w->backwards += done < w->last || done > total || omp_get_thread_num() != 0;
    w->last = done;
    w->total = total;
}

static void reports_progress(void)
{
    watched w = {0};
    dn_sweep_options o = {.progress = watch, .ctx = &w};
    dn_graph g = {0};
    answer a;

    omp_set_num_threads(1);
    many_components(1500, 2, &g);
    answer_open(&a, g.n);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, &g, &o, a.column[0], NULL, NULL, &a.sources[0], NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(w.backwards, 0);
    CU_ASSERT_EQUAL(w.calls > 10, test_comm.rank == 0);
    CU_ASSERT(test_comm.rank != 0 || (w.last == w.total && w.total == g.connected));
    w = (watched){0};
    ask(&test_comm, &g, &o, &a);
    CU_ASSERT_EQUAL(w.calls > 10, test_comm.rank == 0);
    answer_close(&a);
    dn_graph_destroy(&g);
}

static void refuses_what_makes_no_sense(void)
{
    enum { STAGES = 320, WIDTH = 10, NODES = STAGES * (WIDTH + 1) + 1 };
    dn_sweep_options o = {.sources = -1};
    dn_edge *e = dn_calloc(2 * STAGES * WIDTH, sizeof *e);
    dn_error err = DN_ERROR_INIT;
    dn_graph g = {0};
    answer a;

    /* node s * 11 to s * 11 + 1 .. 10 to the next: 10^320 shortest paths from end to end */
    for (int k = 0; k < STAGES * WIDTH; k++) {
        int s = k / WIDTH * (WIDTH + 1), middle = s + 1 + k % WIDTH;
        e[2 * k] = (dn_edge){s, middle, 1};
        e[2 * k + 1] = (dn_edge){middle, s + WIDTH + 1, 1};
    }
    CU_ASSERT_EQUAL(dn_graph_build(NODES, 2 * STAGES * WIDTH, e, NULL, 1, 0, &g, NULL), DN_OK);
    answer_open(&a, g.n);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, &g, NULL, a.column[0], NULL, NULL, &a.sources[0], &err),
                    DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "more shortest paths"));
    CU_ASSERT(test_same(err.rank));
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, &g, &(dn_sweep_options){.sources = 100}, a.column[0],
                                         NULL, NULL, &a.sources[0], NULL),
                    DN_EDATA);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, &g, &o, a.column[0], NULL, NULL, &a.sources[0], NULL),
                    DN_EDATA);
    CU_ASSERT_EQUAL(
        dn_sweep_closeness(&test_comm, &g, &o, &(dn_distances){.harmonic = a.column[0]}, &a.sources[0], NULL),
        DN_EDATA);
    answer_close(&a);
    dn_graph_destroy(&g);
    dn_free(e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- memory ---- */

enum { SWEEPS = 5 };

static dn_status sweep(int which, const dn_graph *g, const dn_sweep_options *o, answer *a, dn_error *err)
{
    dn_distances d = {.closeness = a->column[CLOSENESS]};

    switch (which) {
    case 0:
        return dn_sweep_closeness(&test_comm, g, o, &d, &a->sources[0], err);
    case 1:
        return dn_sweep_betweenness(&test_comm, g, o, NULL, a->column[RAW], a->column[RAW_ERROR],
                                    &a->sources[1], err);
    case 2: /* all sources: leaves are folded */
        return dn_sweep_betweenness(&test_comm, g, NULL, a->column[BETWEENNESS], NULL, NULL, &a->sources[1],
                                    err);
    case 3:
        return dn_sweep_clustering(&test_comm, g, o, a->column[CLUSTERING], a->triangles, &a->transitivity,
                                   err);
    default:
        return dn_sweep_clustering_bipartite(&test_comm, g, o, a->column[BIPARTITE], err);
    }
}

/* Refuse allocation k on rank r, for every k and r: never a hang, a leak or a split verdict. */
static void refuse_on(int rank, int which, const dn_graph *g, const dn_sweep_options *o, answer *a)
{
    long live = dn_alloc_live(), k = 0;
    dn_status st = DN_ENOMEM;

    for (; st != DN_OK && k < 200; k = test_next_refused(k)) {
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
        st = sweep(which, g, o, a, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(test_same((int)st));
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(k > 4);
    CU_ASSERT(which != 1 || a->sources[1] < g->connected); /* a sample */
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_sweep_options o = {.sources = 40, .seed = 1}; /* 64 of the largest component, which has more */
    dn_graph g = {0};
    answer a;

    omp_set_num_threads(2);
    many_components(160, 2, &g);
    answer_open(&a, g.n);
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank))
        for (int which = 0; which < SWEEPS; which++)
            refuse_on(rank, which, &g, &o, &a);
    answer_close(&a);
    dn_graph_destroy(&g);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"golden numbers", agrees_with_golden_numbers},
                                    {"the bits of one rank and one thread", same_bits_anywhere},
                                    {"many nodes", many_nodes},
                                    {"samples keep their word", samples_keep_their_word},
                                    {"errors cover", errors_cover},
                                    {"alike is not exact", alike_is_not_exact},
                                    {"progress", reports_progress},
                                    {"refuses what makes no sense", refuses_what_makes_no_sense},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "sweep", tests);
}
