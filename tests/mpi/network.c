/* network.c - tests of mpi/graph/network.h: the graph of dn_graph_build(), whoever builds it, and a team */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/graph/network.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { NODES = 300, EDGES = 4000, LAYERS = 3 };

/* A layer as it is written: what is NULL is not written. */
typedef struct layer {
    const char *name;
    int64_t edges, listed;
    int64_t source[EDGES], target[EDGES], node[NODES];
    float weight[EDGES];
    int8_t sign[EDGES];
    bool weighted, is_signed, lists;
} layer;

typedef struct set {
    int64_t nodes;
    const char *sides; /* NULL: no attribute */
    uint8_t side[NODES];
    bool sided, ids;
    int layers;
    layer layer[LAYERS];
} set;

static set s; /* of the running test */

static bool ok(dn_status st, const dn_error *err)
{
    if (st != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err->text);
    CU_ASSERT_EQUAL(st, DN_OK);
    return st == DN_OK;
}

/* ---- a random set ---- */

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* `tries` pairs with hubs among the low numbers, as the schema wants them. */
static void fill_layer(layer *y, uint64_t seed, int64_t nodes, const uint8_t *side, int64_t tries)
{
    static int64_t pair[EDGES][2];
    dn_rng r = dn_rng_stream(seed, DN_RNG_SYNTH, 99, 0);
    int64_t n = 0;

    y->edges = 0;
    for (int64_t i = 0; i < tries; i++) {
        double u = dn_rng_uniform(r, (uint64_t)(2 * i));
        int64_t a = (int64_t)(u * u * (double)nodes);
        int64_t b = (int64_t)dn_rng_below(r, (uint64_t)(2 * i + 1), (uint64_t)nodes);
        bool turn = side[a] != side[b] ? side[a] > side[b] : a > b;

        if (a == b)
            continue;
        pair[n][0] = turn ? b : a;
        pair[n++][1] = turn ? a : b;
    }
    qsort(pair, (size_t)n, sizeof pair[0], compare);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || compare(pair[i], pair[i - 1]) != 0) {
            y->weight[y->edges] = (float)dn_rng_normal(r, (uint64_t)(1000000 + i));
            y->sign[y->edges] = (int8_t)(i % 3 - 1);
            y->source[y->edges] = pair[i][0];
            y->target[y->edges++] = pair[i][1];
        }
}

static void one_side(int64_t nodes, int layers, int64_t tries)
{
    static const char *const names[] = {"first", "second", "third"};

    s = (set){.nodes = nodes, .layers = layers};
    for (int i = 0; i < layers; i++) {
        s.layer[i].name = names[i];
        fill_layer(&s.layer[i], (uint64_t)(7 + i), nodes, s.side, tries);
    }
}

/* ---- writing ---- */

static dn_status put(dn_h5 *h, const char *name, const char *member, int64_t rows, const void *data,
                     dn_error *err)
{
    char path[100];

    snprintf(path, sizeof path, "/edges/%s/%s", name, member);
    return dn_h5_write_all(h, path, 1, &rows, data, err);
}

static dn_status write_layer(dn_h5 *h, const layer *y, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(put(h, y->name, "source", y->edges, y->source, err));
    DN_TRY(put(h, y->name, "target", y->edges, y->target, err));
    if (y->weighted)
        DN_TRY(put(h, y->name, "weight", y->edges, y->weight, err));
    if (y->is_signed)
        DN_TRY(put(h, y->name, "sign", y->edges, y->sign, err));
    if (y->lists)
        DN_TRY(put(h, y->name, "node", y->listed, y->node, err));
out:
    return st;
}

static dn_status write_ids(dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings ids = {0};

    for (int64_t i = 0; i < s.nodes; i++) {
        char id[24];
        int len = snprintf(id, sizeof id, "N%lld", (long long)(i * i));
        DN_PASS(dn_strings_add(&ids, id, (size_t)len, err));
    }
    DN_PASS(dn_h5_write_strings(h, "/nodes/id", &ids, err));
    dn_strings_destroy(&ids);
    return st;
}

static dn_status write_set(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "test", "{}", true, &h, err));
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", s.nodes, err));
    if (s.sides != NULL)
        DN_TRY(dn_h5_set_text(h, "/nodes", "sides", s.sides, err));
    if (s.sided)
        DN_TRY(dn_h5_write_all(h, "/nodes/side", 1, &s.nodes, s.side, err));
    if (s.ids)
        DN_TRY(write_ids(h, err));
    for (int i = 0; i < s.layers; i++)
        DN_TRY(write_layer(h, &s.layer[i], err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* ---- what is wanted ---- */

/* The graph of the layers by the serial builder; number [nodes] outside numbers, or NULL. */
static dn_status build_wanted(const int32_t *number, int64_t n, const uint8_t *side, int sides, bool weights,
                              dn_graph *out, dn_error *err)
{
    static dn_edge edges[LAYERS * EDGES];
    int64_t count = 0;

    for (int i = 0; i < s.layers; i++)
        for (int64_t e = 0; e < s.layer[i].edges; e++) {
            int64_t a = s.layer[i].source[e], b = s.layer[i].target[e];

            edges[count++] =
                (dn_edge){number != NULL ? number[a] : (int32_t)a, number != NULL ? number[b] : (int32_t)b,
                          s.layer[i].weighted ? s.layer[i].weight[e] : 1};
        }
    return dn_graph_build(n, count, edges, side, sides, weights, out, err);
}

static bool same_bytes(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || memcmp(a, b, bytes) == 0;
}

static void same_graph(const dn_graph *a, const dn_graph *b)
{
    CU_ASSERT_EQUAL(a->n, b->n);
    CU_ASSERT_EQUAL(a->connected, b->connected);
    CU_ASSERT_EQUAL(a->nnz, b->nnz);
    CU_ASSERT_EQUAL(a->sides, b->sides);
    CU_ASSERT_EQUAL(a->weight == NULL, b->weight == NULL);
    if (a->n != b->n || a->nnz != b->nnz || (a->weight == NULL) != (b->weight == NULL))
        return;
    CU_ASSERT(same_bytes(a->row, b->row, ((size_t)a->n + 1) * sizeof *a->row));
    CU_ASSERT(same_bytes(a->col, b->col, (size_t)a->nnz * sizeof *a->col));
    CU_ASSERT(same_bytes(a->outside, b->outside, (size_t)a->n * sizeof *a->outside));
    CU_ASSERT(same_bytes(a->side, b->side, (size_t)a->n));
    if (a->weight != NULL)
        CU_ASSERT(same_bytes(a->weight, b->weight, (size_t)a->nnz * sizeof *a->weight));
}

static dn_status load(const char *path, const dn_network_options *o, dn_network **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_network_load(h, o, out, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Every grouping of the ranks into hosts. */
static const int groupings[] = {0, 1, 2, -2, 3};

/* Write s, load it with every grouping, compare with the serial builder. */
static void check_set(bool weights, bool any_weighted)
{
    const char *path = test_path("set.h5");
    dn_error err = DN_ERROR_INIT;
    dn_graph wanted;
    int sides = s.sides == NULL ? 1 : 2;

    if (!ok(write_set(path, &err), &err) ||
        !ok(build_wanted(NULL, s.nodes, s.side, sides, weights && any_weighted, &wanted, &err), &err))
        return;
    for (size_t k = 0; k < sizeof groupings / sizeof groupings[0]; k++) {
        dn_network_options o = {.weights = weights, .grouping = groupings[k]};
        dn_network *w = NULL;

        if (ok(load(path, &o, &w, &err), &err)) {
            same_graph(&w->graph, &wanted);
            CU_ASSERT_EQUAL(w->n_layers, s.layers);
            CU_ASSERT(w->seconds_to_open > 0);
        }
        dn_network_close(&w);
    }
    dn_graph_destroy(&wanted);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- tests ---- */

static void one_layer(void)
{
    one_side(NODES, 1, 3000);
    check_set(false, false);
    one_side(NODES, 1, 40); /* many isolated nodes */
    check_set(false, false);
    one_side(5, 1, 100); /* complete */
    check_set(false, false);
}

static void several_layers(void)
{
    one_side(NODES, 3, 2500);
    check_set(false, false);
}

static const dn_test tests[] = {{"one layer", one_layer}, {"several layers", several_layers}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "network", tests);
}
