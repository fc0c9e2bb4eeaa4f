/* analyse_keep.c - tests of mpi/graph/analyse_keep.h: an analysis that is stopped anywhere and gone on with
 * on other ranks and threads has every bit of one that never was; what is complete is not computed again;
 * damage falls back to the checkpoint before; another network is refused; any rank may run out of memory
 */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/graph/analyse.h"
#include "mpi/io/checkpoint_file.h"
#include "mpi/io/digest.h"
#include "solvers/base/alloc.h"
#include "tests/support/petsc.h"
#include "tests/support/team.h"

static const char config[] = "{\"command\": \"network\", \"seed\": 1}";
static const char *const paths[] = {"closeness", "harmonic", "betweenness", "clustering",
                                    "bipartite-clustering"};

/* A random bipartite network with many small components: isolated nodes, too. */
static void open_network(int64_t n, uint64_t seed, dn_network *w)
{
    uint8_t *side = dn_calloc((size_t)n, 1);
    int64_t count = 0;
    dn_edge *e = test_random_edges(n, 2, seed, side, &count);

    *w = (dn_network){.n_layers = 0};
    CU_ASSERT_EQUAL(dn_graph_build(n, count, e, side, 2, true, &w->graph, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&w->graph, &w->team, NULL), DN_OK);
    dn_free(side);
    dn_free(e);
}

static void close_network(dn_network *w)
{
    test_team_close(&w->team);
    dn_graph_destroy(&w->graph);
}

/* The network and what was found of it, with and without a stop, whose checkpoint goes, too. */
static void end(const char *path, dn_analysis *whole, dn_analysis *other, dn_network *w)
{
    CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    dn_analysis_destroy(whole);
    dn_analysis_destroy(other);
    close_network(w);
}

/* ---- a run that is stopped ---- */

typedef struct stopper {
    dn_requests requests;
    int wish;
    const char *during; /* note the wish at call number `at` of this measure; NULL: of any */
    int64_t at, calls;  /* of any measure those that say that something is done: so something is */
    int64_t then;       /* the next wish so many calls later; 0: one wish */
} stopper;

static void on_progress(void *ctx, const dn_progress_report *p)
{
    stopper *s = ctx;

    CU_ASSERT(p->done >= 0 && p->done <= p->total && p->total > 0);
    CU_ASSERT(p->number >= 1 && p->number <= p->parts);
    if (s->during != NULL ? strcmp(s->during, p->part) != 0 : p->done == 0)
        return;
    if (++s->calls == s->at) {
        dn_request_note(&s->requests, s->wish);
        s->at += s->then;
    }
}

static dn_analyse_options usual(int n, const char *const *words)
{
    return (dn_analyse_options){.n_measures = n,
                                .measure = words,
                                .pairs = 2,
                                .tolerance = 1e-10,
                                .damping = 0.85,
                                .sources = DN_SOURCES_ALL,
                                .exact_nodes = 100,
                                .probes = 16,
                                .seed = 1};
}

static dn_analyse_keep keep_at(const char *path, dn_requests *r)
{
    return (dn_analyse_keep){.path = path,
                             .command = "dragnet network",
                             .config = config,
                             .build = "dragnet 0, some CPU",
                             .requests = r};
}

/* One go: until it is complete, or the stopper stops it. */
static dn_status go(const dn_comm *comm, const dn_network *w, dn_analyse_options o, const char *path,
                    stopper *s, dn_analysis *out, dn_error *err)
{
    dn_analyse_keep keep = keep_at(path, &s->requests);
    const dn_hooks hooks = {.ctx = s, .progress = on_progress};
    dn_status st = DN_OK;

    dn_request_saved(&s->requests);
    s->calls = 0;
    o.keep = &keep;
    o.opt_hooks = &hooks;
    DN_TRY(dn_analyse_find(comm, path, config, &keep.resume, err));
    DN_TRY(dn_analyse(comm, w, &o, out, err));
out:
    return st;
}

static void same_column(const dn_column *a, const dn_column *b, int64_t n)
{
    CU_ASSERT_STRING_EQUAL(a->name, b->name);
    CU_ASSERT_EQUAL(a->integer, b->integer);
    CU_ASSERT_EQUAL(memcmp(a->v, b->v, (size_t)n * sizeof *a->v), 0);
}

static void same_analysis(const dn_analysis *a, const dn_analysis *b, int64_t n)
{
    CU_ASSERT_EQUAL(a->n_measures, b->n_measures);
    for (int i = 0; i < a->n_measures && i < b->n_measures; i++) {
        const dn_measure *x = &a->measure[i], *y = &b->measure[i];

        CU_ASSERT_STRING_EQUAL(x->name, y->name);
        CU_ASSERT_STRING_EQUAL(x->definition, y->definition);
        CU_ASSERT(x->n_columns == y->n_columns && x->n_figures == y->n_figures);
        for (int c = 0; c < x->n_columns && c < y->n_columns; c++)
            same_column(&x->column[c], &y->column[c], n);
        for (int f = 0; f < x->n_figures && f < y->n_figures; f++) {
            CU_ASSERT_STRING_EQUAL(x->figure[f].name, y->figure[f].name);
            CU_ASSERT_EQUAL(x->figure[f].value, y->figure[f].value);
        }
        CU_ASSERT(x->iterative == y->iterative && x->own_errors == y->own_errors);
        CU_ASSERT_EQUAL(x->report.converged, y->report.converged);
        CU_ASSERT_EQUAL(x->report.iterations, y->report.iterations);
        CU_ASSERT(x->report.error == y->report.error && x->report.residual == y->report.residual);
        CU_ASSERT_STRING_EQUAL(x->report.method, y->report.method);
    }
}

/* Whether comm is of this rank alone; then only rank 0 runs. */
static dn_comm ranks_of_go(int go_number)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};

    return go_number % 3 == 1 ? self : test_comm;
}

/* Stop after every `at` batches of rank 0, go on with other ranks and threads, until it is complete. Returns
 * the stops. */
static int in_pieces(const dn_network *w, const dn_analyse_options *o, const char *path, int64_t at,
                     dn_analysis *out)
{
    int stops = 0;

    for (; stops < 400; stops++) {
        dn_comm comm = ranks_of_go(stops);
        stopper s = {.wish = DN_WISH_STOP_USR1, .at = at};
        dn_error err = DN_ERROR_INIT;
        int st = DN_ESAVED;
        bool alone = comm.size < test_comm.size;

        omp_set_num_threads(1 + stops % 2);
        if (!alone || test_comm.rank == 0)
            st = (int)go(&comm, w, *o, path, &s, out, &err);
        MPI_Bcast(&st, alone ? 1 : 0, MPI_INT, 0, test_comm.mpi);
        CU_ASSERT(st == DN_OK || st == DN_ESAVED);
        if (st == DN_ESAVED && (!alone || test_comm.rank == 0))
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "stopped by SIGUSR1 after"));
        if (st == DN_ESAVED)
            continue;
        if (st != DN_OK)
            fprintf(stderr, "# go %d on %d ranks: %s\n", stops, comm.size, err.text);
        if (alone && test_comm.rank != 0) /* the others have nothing to compare: once more for all of them */
            *out = (dn_analysis){0};
        break;
    }
    omp_set_num_threads(1);
    return stops;
}

/* In pieces it is what one rank finds that is never stopped. Returns the stops; closes the network. */
static int same_in_pieces(dn_network *w, const dn_analyse_options *o, const char *name, int64_t at)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    const char *path = test_path(name);
    dn_analysis whole = {0}, pieces = {0};
    int stops;

    CU_ASSERT_EQUAL(dn_analyse(&self, w, o, &whole, NULL), DN_OK);
    stops = in_pieces(w, o, path, at, &pieces);
    CU_ASSERT(test_same(stops) && stops > 0);
    if (pieces.measure != NULL)
        same_analysis(&whole, &pieces, w->graph.n);
    CU_ASSERT(test_comm.rank > 0 || pieces.n_measures == o->n_measures);
    end(path, &whole, &pieces, w);
    return stops;
}

/* Cycles of 4 to 7 nodes, so many that a shard of betweenness has four batches and more. */
static void open_cycles(dn_network *w)
{
    enum { N = 34000 };
    dn_edge *e = dn_calloc(N, sizeof *e);
    int32_t at = 0;

    *w = (dn_network){.n_layers = 0};
    for (int32_t length = 4; at + length <= N; at += length, length = length < 7 ? length + 1 : 4)
        for (int32_t i = 0; i < length; i++)
            e[at + i] = (dn_edge){at + i, at + (i + 1) % length, 1};
    CU_ASSERT_EQUAL(dn_graph_build(N, at, e, NULL, 1, false, &w->graph, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&w->graph, &w->team, NULL), DN_OK);
    dn_free(e);
}

static void stopped_within_shards(void)
{
    dn_analyse_options o = usual(1, &paths[2]);
    dn_network w;

    open_cycles(&w);
    same_in_pieces(&w, &o, "cycles.h5", 702);
}

static void stopped_anywhere(int64_t sources, int64_t at)
{
    dn_analyse_options o = usual(5, paths);
    dn_network w;
    int stops;

    open_network(900, 17, &w);
    o.sources = sources;
    stops = same_in_pieces(&w, &o, "pieces.h5", at);
    if (test_comm.rank == 0)
        printf("# sources %lld, a stop after %lld: %d stops\n", (long long)sources, (long long)at, stops);
}

static void stopped_anywhere_exact(void)
{
    stopped_anywhere(DN_SOURCES_ALL, 4);
}

static void stopped_anywhere_sampled(void)
{
    stopped_anywhere(150, 2);
}

/* Checkpoints that stop nobody: the run goes on. */
static void saved_and_not_stopped(void)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    const char *path = test_path("saved.h5");
    dn_analyse_options o = usual(5, paths);
    dn_analysis whole = {0}, saved = {0};
    dn_error err = DN_ERROR_INIT;
    stopper s = {.wish = DN_WISH_CHECKPOINT, .at = 5, .then = 11};
    dn_network w;

    open_network(900, 17, &w);
    CU_ASSERT_EQUAL(dn_analyse(&self, &w, &o, &whole, NULL), DN_OK);
    omp_set_num_threads(2);
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &saved, &err), DN_OK);
    omp_set_num_threads(1);
    same_analysis(&whole, &saved, w.graph.n);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    MPI_Barrier(test_comm.mpi);
    CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    dn_analysis_destroy(&whole);
    dn_analysis_destroy(&saved);
    close_network(&w);
}

/* With --checkpoint-every 0 nothing is saved that nobody asks for. */
static void nothing_by_the_clock(void)
{
    dn_requests r = {.every = 600};

    CU_ASSERT(dn_keep_due(&r, DN_KEEP_SECONDS) && !dn_keep_due(&r, 0.9 * DN_KEEP_SECONDS));
    CU_ASSERT(dn_keep_due(NULL, DN_KEEP_SECONDS));
    r.every = 0;
    CU_ASSERT(!dn_keep_due(&r, 1e9));
}

/* One go that is stopped at call number `at` during a measure, which the message tells in these words. */
static void stopped_go(const dn_network *w, const dn_analyse_options *o, const char *path, stopper s,
                       const char *words)
{
    dn_error err = DN_ERROR_INIT;
    dn_analysis none = {0};

    CU_ASSERT_EQUAL(go(&test_comm, w, *o, path, &s, &none, &err), DN_ESAVED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
}

/* ---- what is complete ---- */

/* Solved twice, values are alike to their tolerance; those that were kept have their old one. */
static void kept_measure(const dn_measure *x, const dn_measure *y, int64_t n)
{
    CU_ASSERT_STRING_EQUAL(x->name, y->name);
    CU_ASSERT_STRING_EQUAL(x->definition, y->definition);
    CU_ASSERT(x->n_columns == y->n_columns && x->n_figures == y->n_figures);
    CU_ASSERT(x->iterative == y->iterative && x->own_errors == y->own_errors);
    CU_ASSERT_EQUAL(x->report.tolerance, y->report.tolerance);
    CU_ASSERT_STRING_EQUAL(x->report.method, y->report.method);
    for (int c = 0; c < x->n_columns && c < y->n_columns; c++)
        for (int64_t i = 0; i < n; i++)
            CU_ASSERT_DOUBLE_EQUAL(x->column[c].v[i], y->column[c].v[i],
                                   1e-8 * (1 + fabs(x->column[c].v[i])));
    for (int f = 0; f < x->n_figures && f < y->n_figures; f++) {
        CU_ASSERT_STRING_EQUAL(x->figure[f].name, y->figure[f].name);
        CU_ASSERT_DOUBLE_EQUAL(x->figure[f].value, y->figure[f].value, 1e-6 * (1 + fabs(x->figure[f].value)));
    }
}

/* With other options the solved ones would come out otherwise, if they were computed again. */
static void complete_ones_are_kept(void)
{
    static const char *const words[] = {"degree", "pagerank", "hits", "core"};
    const char *path = test_path("kept.h5");
    dn_analyse_options o = usual(4, words);
    dn_analysis whole = {0}, kept = {0};
    dn_error err = DN_ERROR_INIT;
    stopper s = {.at = 0};
    dn_network w;

    open_network(300, 5, &w);
    o.n_from = 1;
    o.from_id = (const char *const[]){"7"};
    o.n_seeds = 1;
    o.seed_id = (const char *const[]){"3"};
    o.n_spectra = 2;
    o.spectrum = (const char *const[]){"adjacency", "svd"};
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &w, &o, &whole, &err), DN_OK);
    stopped_go(&w, &o, path, (stopper){.wish = DN_WISH_STOP_TERM, .during = "adjacency", .at = 1},
               "stopped by SIGTERM after adjacency");
    o.damping = 0.5;
    o.tolerance = 1e-3;
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &kept, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(kept.n_measures == 6 && kept.n_spectra == 2);
    for (int i = 0; i < kept.n_measures; i++)
        kept_measure(&whole.measure[i], &kept.measure[i], w.graph.n);
    if (kept.n_spectra == 2) {
        for (int64_t i = 0; i < 2 * w.graph.n; i++)
            CU_ASSERT_DOUBLE_EQUAL(whole.spectrum[0].vector[i], kept.spectrum[0].vector[i], 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(whole.spectrum[0].value[1], kept.spectrum[0].value[1], 1e-8);
        CU_ASSERT_EQUAL(kept.spectrum[0].report.tolerance, 1e-10);
        CU_ASSERT_EQUAL(kept.spectrum[1].report.tolerance, 1e-3);
    }
    end(path, &whole, &kept, &w);
}

/* Closeness is complete, its harmonic twin was computed along with it: it is not searched for again. */
static void twins_are_kept(void)
{
    static const char *const words[] = {"closeness", "core", "harmonic"};
    const char *path = test_path("twins.h5");
    dn_analyse_options o = usual(3, words);
    dn_analysis whole = {0}, a = {0};
    dn_error err = DN_ERROR_INIT;
    stopper s = {.during = "harmonic", .at = -1};
    dn_network w;

    open_network(300, 5, &w);
    o.sources = 100;
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &w, &o, &whole, &err), DN_OK);
    stopped_go(&w, &o, path, (stopper){.wish = DN_WISH_STOP_TERM, .during = "core", .at = 1}, "after core");
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &a, &err), DN_OK);
    CU_ASSERT_EQUAL(s.calls, test_comm.rank == 0); /* its beginning, and no batch */
    same_analysis(&whole, &a, w.graph.n);
    end(path, &whole, &a, &w);
}

/* ---- what may not be gone on with ---- */

static void damage(const char *path)
{
    FILE *f = test_comm.rank == 0 ? fopen(path, "r+b") : NULL;

    if (test_comm.rank == 0)
        CU_ASSERT_PTR_NOT_NULL(f);
    if (f != NULL) {
        CU_ASSERT_EQUAL(fseek(f, 20000, SEEK_SET), 0);
        CU_ASSERT_NOT_EQUAL(fputc(fgetc(f) == 'x' ? 'y' : 'x', f), EOF);
        fclose(f);
    }
    MPI_Barrier(test_comm.mpi);
}

static void stop_twice(const dn_network *w, const dn_analyse_options *o, const char *path)
{
    for (int i = 0; i < 2; i++)
        stopped_go(w, o, path, (stopper){.wish = DN_WISH_STOP_CONTROL, .during = "betweenness", .at = 4},
                   "of betweenness");
}

static void damage_falls_back(void)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    const char *path = test_path("damaged.h5");
    char previous[1200];
    dn_analyse_options o = usual(5, paths);
    dn_analysis whole = {0}, a = {0};
    dn_error err = DN_ERROR_INIT;
    stopper s = {.at = 0};
    bool found = false;
    dn_network w;

    open_network(900, 17, &w);
    snprintf(previous, sizeof previous, "%s.previous", path);
    CU_ASSERT_EQUAL(dn_analyse(&self, &w, &o, &whole, NULL), DN_OK);
    stop_twice(&w, &o, path);
    damage(path);
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &a, &err), DN_OK); /* from the one before */
    same_analysis(&whole, &a, w.graph.n);
    dn_analysis_destroy(&a);
    CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    stop_twice(&w, &o, path);
    damage(path);
    damage(previous);
    CU_ASSERT_EQUAL(dn_analyse_find(&test_comm, path, config, &found, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no sound checkpoint before it"));
    CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    dn_analysis_destroy(&whole);
    close_network(&w);
}

static void others_are_refused(void)
{
    const char *path = test_path("other.h5"), *another = "{\"command\": \"network\", \"seed\": 2}";
    dn_analyse_options o = usual(5, paths);
    dn_analysis a = {0};
    dn_error err = DN_ERROR_INIT;
    stopper s = {.at = 0};
    bool found = false;
    dn_network w, x;

    open_network(900, 17, &w);
    open_network(900, 18, &x);
    stop_twice(&w, &o, path);
    CU_ASSERT_EQUAL(dn_analyse_find(&test_comm, path, another, &found, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "seed is 2, was 1"));
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(go(&test_comm, &x, o, path, &s, &a, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "other data: network_hash"));
    err = (dn_error)DN_ERROR_INIT;
    o.sources = 150; /* no config says so: betweenness itself notices, and skips nothing */
    o.skip_unfit = true;
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &a, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot go on"));
    o.sources = DN_SOURCES_ALL;
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &s, &a, &err), DN_OK); /* and it has stayed what it was */
    dn_analysis_destroy(&a);
    CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    close_network(&w);
    close_network(&x);
}

/* The hash sees edges, weights, sides and names; not ranks. */
static void a_hash_is_of_the_graph(void)
{
    const dn_comm self = {MPI_COMM_SELF, 0, 1};
    char together[DN_DIGEST], alone[DN_DIGEST], other[DN_DIGEST];
    dn_network w;
    float *weight;
    uint8_t *side;

    open_network(500, 3, &w);
    dn_graph_hash(&test_comm, &w.graph, together);
    dn_graph_hash(&self, &w.graph, alone);
    CU_ASSERT_STRING_EQUAL(together, alone);
    weight = (float *)w.graph.weight;
    weight[w.graph.nnz - 1] += 1;
    dn_graph_hash(&test_comm, &w.graph, other);
    CU_ASSERT_STRING_NOT_EQUAL(together, other);
    weight[w.graph.nnz - 1] -= 1;
    side = (uint8_t *)w.graph.side;
    side[w.graph.n - 1] ^= 1;
    dn_graph_hash(&test_comm, &w.graph, other);
    CU_ASSERT_STRING_NOT_EQUAL(together, other);
    side[w.graph.n - 1] ^= 1;
    dn_graph_hash(&test_comm, &w.graph, other);
    CU_ASSERT_STRING_EQUAL(together, other);
    close_network(&w);
}

/* ---- refused memory ---- */

/* A go that saves at once, restores what was saved and is stopped again; allocation k of one rank is refused:
 * all fail together, and what was saved before can still be gone on with. */
static void any_rank_may_run_out_of_memory(void)
{
    const char *path = test_path("refused.h5");
    dn_analyse_options o = usual(3, paths);
    dn_network w;

    open_network(120, 5, &w);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        stopper first = {.wish = DN_WISH_STOP_TERM, .during = "betweenness", .at = 2};
        dn_error err = DN_ERROR_INIT;
        dn_analysis a = {0};

        CU_ASSERT_EQUAL(go(&test_comm, &w, o, path, &first, &a, &err), DN_ESAVED);
        for (long k = 0; st == DN_ENOMEM && k < 2000; k = test_next_refused(k)) {
            stopper s = {.wish = DN_WISH_CHECKPOINT, .during = "betweenness", .at = 2};
            long before = dn_alloc_live();

            err = (dn_error)DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = go(&test_comm, &w, o, path, &s, &a, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            if (st != DN_OK && st != DN_ENOMEM)
                fprintf(stderr, "# k %ld on rank %d: %d %s\n", k, r, (int)st, err.text);
            dn_analysis_destroy(&a);
            CU_ASSERT_EQUAL(dn_alloc_live(), before);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT_EQUAL(dn_checkpoint_file_remove(&test_comm, path, NULL), DN_OK);
    }
    close_network(&w);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"petsc opens", test_petsc_opens},
                                    {"nothing by the clock", nothing_by_the_clock},
                                    {"stopped anywhere, all sources", stopped_anywhere_exact},
                                    {"stopped anywhere, a sample", stopped_anywhere_sampled},
                                    {"stopped within shards", stopped_within_shards},
                                    {"saved and not stopped", saved_and_not_stopped},
                                    {"complete ones are kept", complete_ones_are_kept},
                                    {"twins are kept", twins_are_kept},
                                    {"damage falls back", damage_falls_back},
                                    {"others are refused", others_are_refused},
                                    {"a hash is of the graph", a_hash_is_of_the_graph},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {"nothing is left", test_petsc_closes},
                                    {NULL, NULL}};

    return test_main(argc, argv, "analyse_keep", tests);
}
