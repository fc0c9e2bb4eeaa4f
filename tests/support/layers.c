/* layers.c - random layers of a network; see layers.h */
#include "tests/support/layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/test.h"

/* ---- random layers ---- */

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : (x[1] > y[1]) - (x[1] < y[1]);
}

void test_layers_fill(test_layers *s, int which, uint64_t seed, int64_t tries)
{
    static int64_t pair[TEST_EDGES][2];
    test_layer *y = &s->layer[which];
    dn_rng r = dn_rng_stream(seed, DN_RNG_SYNTH, 99, 0);
    int64_t n = 0;

    y->edges = 0;
    for (int64_t i = 0; i < tries; i++) {
        double u = dn_rng_uniform(r, (uint64_t)(2 * i));
        int64_t a = (int64_t)(u * u * (double)s->nodes);
        int64_t b = (int64_t)dn_rng_below(r, (uint64_t)(2 * i + 1), (uint64_t)s->nodes);
        bool turn = s->side[a] != s->side[b] ? s->side[a] > s->side[b] : a > b;

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

void test_layers_random(test_layers *s, int64_t nodes, int layers, int64_t tries)
{
    static const char *const names[TEST_LAYERS] = {"first", "second", "third"};

    *s = (test_layers){.nodes = nodes, .layers = layers};
    for (int i = 0; i < layers; i++) {
        s->layer[i].name = names[i];
        test_layers_fill(s, i, (uint64_t)(7 + i), tries);
    }
}

void test_layers_list(test_layers *s, int which, int64_t step)
{
    test_layer *y = &s->layer[which];
    bool in[TEST_NODES] = {false};

    for (int64_t v = 0; v < s->nodes; v += step)
        in[v] = true;
    for (int64_t e = 0; e < y->edges; e++)
        in[y->source[e]] = in[y->target[e]] = true;
    y->lists = true;
    y->listed = 0;
    for (int64_t v = 0; v < s->nodes; v++)
        if (in[v])
            y->node[y->listed++] = v;
}

/* ---- writing ---- */

static dn_status put(dn_h5 *h, const char *name, const char *member, int64_t rows, const void *data,
                     dn_error *err)
{
    char path[100];

    snprintf(path, sizeof path, "/edges/%s/%s", name, member);
    return dn_h5_write_all(h, path, 1, &rows, data, err);
}

static dn_status write_layer(dn_h5 *h, const test_layer *y, dn_error *err)
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

static dn_status write_ids(dn_h5 *h, int64_t nodes, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings ids = {0};

    for (int64_t i = 0; i < nodes; i++) {
        char id[24];
        int len = snprintf(id, sizeof id, "N%lld", (long long)(i * i));
        DN_PASS(dn_strings_add(&ids, id, (size_t)len, err));
    }
    DN_PASS(dn_h5_write_strings(h, "/nodes/id", &ids, err));
    dn_strings_destroy(&ids);
    return st;
}

dn_status test_layers_write(const test_layers *s, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "test", "{}", true, &h, err));
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", s->nodes, err));
    if (s->sides != NULL)
        DN_TRY(dn_h5_set_text(h, "/nodes", "sides", s->sides, err));
    if (s->sided)
        DN_TRY(dn_h5_write_all(h, "/nodes/side", 1, &s->nodes, s->side, err));
    if (s->ids)
        DN_TRY(write_ids(h, s->nodes, err));
    for (int i = 0; i < s->layers; i++)
        DN_TRY(write_layer(h, &s->layer[i], err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* ---- the graph of them ---- */

static bool is_wanted(const dn_network_options *o, const char *name)
{
    for (int i = 0; i < o->n_layers; i++)
        if (strcmp(o->layer[i], name) == 0)
            return true;
    return o->n_layers == 0;
}

/* number [nodes] of the nodes that are in the graph, -1 of the others; side [n] of those. Returns n. */
static int64_t number_nodes(const test_layers *s, const dn_network_options *o, int32_t *number, uint8_t *side)
{
    bool in[TEST_NODES] = {false}, all = false;
    int32_t n = 0;

    for (int i = 0; i < s->layers; i++) {
        if (!is_wanted(o, s->layer[i].name))
            continue;
        all = all || !s->layer[i].lists;
        for (int64_t k = 0; k < s->layer[i].listed; k++)
            in[s->layer[i].node[k]] = true;
    }
    for (int64_t v = 0; v < s->nodes; v++) {
        number[v] = all || in[v] ? n : -1;
        if (number[v] >= 0)
            side[n++] = s->side[v];
    }
    return n;
}

dn_status test_layers_build(const test_layers *s, const dn_network_options *o, dn_graph *out, dn_error *err)
{
    static dn_edge edges[TEST_LAYERS * TEST_EDGES];
    int32_t number[TEST_NODES];
    uint8_t side[TEST_NODES];
    int64_t n = number_nodes(s, o, number, side), count = 0;
    bool weighted = false;

    for (int i = 0; i < s->layers; i++) {
        const test_layer *y = &s->layer[i];

        if (!is_wanted(o, y->name))
            continue;
        weighted = weighted || (o->weights && y->weighted);
        for (int64_t e = 0; e < y->edges; e++)
            edges[count++] = (dn_edge){number[y->source[e]], number[y->target[e]],
                                       o->weights && y->weighted ? y->weight[e] : 1};
    }
    return dn_graph_build(n, count, edges, side, s->sides != NULL && strchr(s->sides, ',') != NULL ? 2 : 1,
                          weighted, out, err);
}

dn_status test_network_load(const char *path, const dn_network_options *o, dn_network **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_network_load(h, o, out, err));
out:
    dn_h5_close(&h);
    return st;
}

static bool same_bytes(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || memcmp(a, b, bytes) == 0;
}

bool test_same_graph(const dn_graph *a, const dn_graph *b)
{
    if (a->n != b->n || a->nnz != b->nnz || a->connected != b->connected || a->sides != b->sides ||
        (a->weight == NULL) != (b->weight == NULL))
        return false;
    return same_bytes(a->row, b->row, ((size_t)a->n + 1) * sizeof *a->row) &&
           same_bytes(a->col, b->col, (size_t)a->nnz * sizeof *a->col) &&
           same_bytes(a->outside, b->outside, (size_t)a->n * sizeof *a->outside) &&
           same_bytes(a->side, b->side, (size_t)a->n) &&
           (a->weight == NULL || same_bytes(a->weight, b->weight, (size_t)a->nnz * sizeof *a->weight));
}
