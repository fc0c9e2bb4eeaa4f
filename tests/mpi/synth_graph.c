/* synth_graph.c - tests of dn_synth_graph_write(): the file does not depend on the ranks
 *
 * Golden edges: tests/golden/make_synth_graph.py, an independent Philox in Python; integers, compared
 * exactly.
 */
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/data/synth_graph.h"
#include "mpi/graph/network.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"

/* A file as it is read back, whole on every rank. */
typedef struct content {
    dn_synth_graph_counts counts; /* from the attributes */
    int64_t *source, *target;     /* [counts.edges] */
    char sides[32];
    bool has_ids, has_side;
} content;

static bool ok(dn_status st, const dn_error *err)
{
    if (st != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err->text);
    CU_ASSERT_EQUAL(st, DN_OK);
    return st == DN_OK;
}

/* ---- reading back ---- */

static dn_status read_end(const dn_h5 *h, const char *path, int64_t edges, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4] = {-1};

    DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
    CU_ASSERT(ndims == 1 && dims[0] == edges);
    DN_NEW(*out, (size_t)edges);
    DN_TRY(dn_h5_read(h, path, DN_I64, 0, edges, *out, err));
out:
    return st;
}

static dn_status read_back(const char *path, content *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_synth_graph_counts *n = &out->counts;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_h5_get_int(h, "/nodes", "count", &n->nodes, err));
    DN_TRY(dn_h5_get_text(h, "/nodes", "sides", out->sides, sizeof out->sides, err));
    DN_TRY(dn_h5_get_int(h, "/edges/graph", "rows", &n->draws, err));
    DN_TRY(dn_h5_get_int(h, "/edges/graph", "self_loops", &n->self_loops, err));
    DN_TRY(dn_h5_get_int(h, "/edges/graph", "repeats", &n->repeats, err));
    n->edges = n->draws - n->self_loops - n->repeats;
    DN_TRY(read_end(h, "/edges/graph/source", n->edges, &out->source, err));
    DN_TRY(read_end(h, "/edges/graph/target", n->edges, &out->target, err));
    out->has_ids = dn_h5_has(h, "/nodes/id");
    out->has_side = dn_h5_has(h, "/nodes/side");
out:
    dn_h5_close(&h);
    return st;
}

static void release(content *c)
{
    dn_free(c->source);
    dn_free(c->target);
    *c = (content){0};
}

static dn_status write_graph(const dn_synth_graph_options *o, const char *path, dn_synth_graph_counts *out,
                             dn_error *err)
{
    return dn_synth_graph_write(&test_comm, path, "dragnet test", "{}", true, o, out, err);
}

/* Write and read back; the counts returned are those in the file. */
static bool make(const dn_synth_graph_options *o, content *out)
{
    dn_error err = DN_ERROR_INIT;
    const char *path = test_path("graph.h5");
    dn_synth_graph_counts n = {0};

    *out = (content){0};
    if (!ok(write_graph(o, path, &n, &err), &err) || !ok(read_back(path, out, &err), &err))
        return false;
    CU_ASSERT_EQUAL(memcmp(&n, &out->counts, sizeof n), 0);
    return true;
}

/* ---- against another implementation ---- */

static bool next_case(FILE *f, dn_synth_graph_options *out)
{
    char kind[16], line[128];

    *out = (dn_synth_graph_options){0};
    do
        if (fgets(line, sizeof line, f) == NULL)
            return false;
    while (line[0] == '#');
    if (sscanf(line, "%15s %" SCNu64, kind, &out->seed) != 2)
        return false;
    out->kind = strcmp(kind, "rmat") == 0 ? DN_SYNTH_RMAT : DN_SYNTH_BIPARTITE;
    if (out->kind == DN_SYNTH_RMAT)
        return sscanf(line, "%*s %*s %" SCNd64 " %" SCNd64 " %lf %lf %lf", &out->scale, &out->edge_factor,
                      &out->a, &out->b, &out->c) == 5;
    return sscanf(line, "%*s %*s %" SCNd64 " %" SCNd64 " %" SCNd64 " %lf", &out->drugs, &out->genes,
                  &out->edges, &out->exponent) == 4;
}

static void check_case(FILE *f, const content *c)
{
    dn_synth_graph_counts n = {0};
    char line[128];

    CU_ASSERT(fgets(line, sizeof line, f) != NULL &&
              sscanf(line, "counts %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &n.nodes,
                     &n.draws, &n.self_loops, &n.repeats, &n.edges) == 5);
    CU_ASSERT_EQUAL(memcmp(&n, &c->counts, sizeof n), 0);
    for (int64_t i = 0; i < n.edges; i++) {
        int64_t a = -1, b = -1;

        CU_ASSERT(fgets(line, sizeof line, f) != NULL && sscanf(line, "%" SCNd64 " %" SCNd64, &a, &b) == 2);
        if (i < c->counts.edges)
            CU_ASSERT(a == c->source[i] && b == c->target[i]);
    }
}

static void the_edges_of_another_implementation(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/synth_graph.txt", "r");
    dn_synth_graph_options o;
    int cases = 0;

    CU_ASSERT(f != NULL);
    while (f != NULL && next_case(f, &o)) {
        content c;

        if (!make(&o, &c)) {
            release(&c);
            break;
        }
        check_case(f, &c);
        CU_ASSERT_STRING_EQUAL(c.sides, o.kind == DN_SYNTH_RMAT ? "gene" : "drug,gene");
        CU_ASSERT(c.has_ids == (o.kind == DN_SYNTH_BIPARTITE) && c.has_side == c.has_ids);
        release(&c);
        cases++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(cases, 8);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- against a serial loop ---- */

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* All edges in order on this rank, as source << 32 | target; how many. */
static int64_t draw_all(const dn_synth_graph *g, uint64_t *out)
{
    bool bipartite = g->o.kind == DN_SYNTH_BIPARTITE;
    int64_t n = 0, kept = 0;

    for (int64_t e = 0; e < g->draws; e++) {
        int64_t a, b;

        dn_synth_graph_draw(g, e, &a, &b);
        a = dn_synth_graph_label(g, 0, a);
        b = dn_synth_graph_label(g, bipartite, b);
        if (a != b)
            out[n++] = (uint64_t)(a < b ? a : b) << 32 | (uint64_t)(a < b ? b : a);
    }
    qsort(out, (size_t)n, sizeof *out, compare);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || out[i] != out[i - 1])
            out[kept++] = out[i];
    return kept;
}

static void check_serial(const dn_synth_graph_options *o)
{
    dn_synth_graph g;
    dn_error err = DN_ERROR_INIT;
    uint64_t *wanted = NULL;
    content c;
    int64_t n;

    if (make(o, &c) && ok(dn_synth_graph_make(o, &g, &err), &err)) {
        wanted = dn_calloc((size_t)g.draws, sizeof *wanted);
        n = draw_all(&g, wanted);
        CU_ASSERT_EQUAL(n, c.counts.edges);
        for (int64_t i = 0; i < n && i < c.counts.edges; i++)
            if (wanted[i] != ((uint64_t)c.source[i] << 32 | (uint64_t)c.target[i])) {
                CU_FAIL("an edge differs");
                break;
            }
    }
    dn_free(wanted);
    release(&c);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* More nodes than buckets, all edges in few buckets, sides of very different size. */
static void the_edges_of_a_serial_loop(void)
{
    check_serial(&(dn_synth_graph_options){
        .kind = DN_SYNTH_RMAT, .seed = 4, .scale = 14, .edge_factor = 8, .a = 0.57, .b = 0.19, .c = 0.19});
    check_serial(&(dn_synth_graph_options){
        .kind = DN_SYNTH_RMAT, .seed = 4, .scale = 13, .edge_factor = 3, .a = 0.999, .b = 0, .c = 0});
    check_serial(&(dn_synth_graph_options){
        .kind = DN_SYNTH_BIPARTITE, .seed = 9, .drugs = 3, .genes = 20000, .edges = 30000, .exponent = 2.1});
    check_serial(&(dn_synth_graph_options){
        .kind = DN_SYNTH_BIPARTITE, .seed = 9, .drugs = 5000, .genes = 1, .edges = 20000, .exponent = 100});
}

/* ---- the file is a network ---- */

static dn_status load(const char *path, dn_network **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_network_options o = {0};
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_network_load(h, &o, out, err));
out:
    dn_h5_close(&h);
    return st;
}

static void check_ids(const dn_network *w)
{
    char buf[24];

    CU_ASSERT_STRING_EQUAL(dn_network_id(w, 0, buf, sizeof buf), "D1");
    CU_ASSERT_STRING_EQUAL(dn_network_id(w, 199, buf, sizeof buf), "D200");
    CU_ASSERT_STRING_EQUAL(dn_network_id(w, 200, buf, sizeof buf), "G1");
    CU_ASSERT_STRING_EQUAL(dn_network_id(w, 349, buf, sizeof buf), "G150");
}

static void drugs_and_genes_open_as_a_network(void)
{
    dn_synth_graph_options o = {
        .kind = DN_SYNTH_BIPARTITE, .seed = 2, .drugs = 200, .genes = 150, .edges = 900, .exponent = 2.5};
    const char *path = test_path("sides.h5");
    dn_synth_graph_counts n = {0};
    dn_error err = DN_ERROR_INIT;
    dn_network *w = NULL;

    if (ok(write_graph(&o, path, &n, &err), &err) && ok(load(path, &w, &err), &err)) {
        CU_ASSERT(w->graph.n == 350 && w->graph.nnz == 2 * n.edges && w->graph.sides == 2);
        CU_ASSERT(w->graph.connected < 350);
        CU_ASSERT(w->side_name.n == 2 && w->n_layers == 1);
        CU_ASSERT_STRING_EQUAL(w->layer[0].name, "graph");
        for (int64_t v = 0; v < w->graph.n; v++) {
            CU_ASSERT_EQUAL(w->graph.side[v], w->graph.outside[v] >= 200);
            for (int64_t e = w->graph.row[v]; e < w->graph.row[v + 1]; e++)
                CU_ASSERT_NOT_EQUAL(w->graph.side[v], w->graph.side[w->graph.col[e]]);
        }
        if (test_comm.rank == 0)
            check_ids(w);
    }
    dn_network_close(&w);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void numbers_are_the_ids_of_rmat(void)
{
    dn_synth_graph_options o = {
        .kind = DN_SYNTH_RMAT, .seed = 2, .scale = 9, .edge_factor = 4, .a = 0.57, .b = 0.19, .c = 0.19};
    const char *path = test_path("rmat.h5");
    dn_synth_graph_counts n = {0};
    dn_error err = DN_ERROR_INIT;
    dn_network *w = NULL;
    char buf[24];

    if (ok(write_graph(&o, path, &n, &err), &err) && ok(load(path, &w, &err), &err)) {
        CU_ASSERT(w->graph.n == 512 && w->graph.nnz == 2 * n.edges && w->graph.sides == 1);
        CU_ASSERT_EQUAL(w->id.n, 0);
        CU_ASSERT_STRING_EQUAL(dn_network_id(w, 511, buf, sizeof buf), "511");
    }
    dn_network_close(&w);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- refusals ---- */

static void a_refusal_is_one_verdict(void)
{
    dn_synth_graph_options o = {
        .kind = DN_SYNTH_RMAT, .seed = 2, .scale = 31, .edge_factor = 4, .a = 0.57, .b = 0.19, .c = 0.19};
    const char *path = test_path("refused.h5");
    dn_synth_graph_counts n = {0};
    dn_error err = DN_ERROR_INIT, again = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(write_graph(&o, path, &n, &err), DN_EUSAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "scale 31"));
    CU_ASSERT(access(path, F_OK) != 0);
    o.scale = 4;
    CU_ASSERT_EQUAL(write_graph(&o, path, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_synth_graph_write(&test_comm, path, "dragnet test", "{}", false, &o, &n, &again),
                    DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(again.text, "refused.h5"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, no file, nothing left behind. */
static void any_rank_may_run_out_of_memory(void)
{
    const dn_synth_graph_options o[] = {
        {.kind = DN_SYNTH_RMAT, .seed = 2, .scale = 6, .edge_factor = 4, .a = 0.57, .b = 0.19, .c = 0.19},
        {.kind = DN_SYNTH_BIPARTITE, .seed = 2, .drugs = 20, .genes = 15, .edges = 90, .exponent = 2.5}};
    const char *path = test_path("memory.h5");

    for (int i = 0; i < 2 * test_comm.size; i++) {
        int r = i / 2;
        dn_status st = DN_ENOMEM;

        unlink(path);
        for (long k = 0; st != DN_OK && k < 200; k = test_next_refused(k)) {
            dn_synth_graph_counts n = {0};
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = write_graph(&o[i % 2], path, &n, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT(st == DN_OK || access(path, F_OK) != 0);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        MPI_Barrier(test_comm.mpi);
    }
}

static const dn_test tests[] = {{"the edges of another implementation", the_edges_of_another_implementation},
                                {"the edges of a serial loop", the_edges_of_a_serial_loop},
                                {"drugs and genes open as a network", drugs_and_genes_open_as_a_network},
                                {"numbers are the ids of R-MAT", numbers_are_the_ids_of_rmat},
                                {"a refusal is one verdict", a_refusal_is_one_verdict},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "synth_graph", tests);
}
