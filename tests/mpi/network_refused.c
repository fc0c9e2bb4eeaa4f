/* network_refused.c - tests of mpi/graph/network.h: unsound datasets and refused memory, one verdict on all
 * ranks */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/partition.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "tests/support/layers.h"

static test_layers s; /* of the running test */

/* Two sides, ids, a layer with all that a layer may have, and a plain one. */
static void sound(void)
{
    test_layers_random(&s, TEST_NODES, 2, 0);
    s.sides = "drug,gene";
    s.sided = s.ids = true;
    for (int64_t v = 0; v < s.nodes; v++)
        s.side[v] = v >= 100;
    test_layers_fill(&s, 0, 31, 1500);
    test_layers_fill(&s, 1, 32, 300);
    s.layer[0].weighted = s.layer[0].is_signed = true;
    test_layers_list(&s, 0, 5);
    test_layers_list(&s, 1, 5);
}

static void refused(const char *path, const dn_network_options *o, dn_status wanted, const char *text)
{
    dn_error err = DN_ERROR_INIT;
    dn_network *w = NULL;
    long live = dn_alloc_live();
    dn_status st = test_network_load(path, o, &w, &err);

    CU_ASSERT_EQUAL(st, wanted);
    CU_ASSERT(test_same((int)st));
    if (strstr(err.text, text) == NULL) {
        fprintf(stderr, "# rank %d: no '%s' in: %s\n", test_comm.rank, text, err.text);
        CU_FAIL("another message");
    }
    CU_ASSERT_PTR_NULL(w);
    dn_network_close(&w);
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

/* What s has become, written and loaded: by hosts of all ranks and of one, in turn. */
static void refused_set(const char *text)
{
    static int grouping;
    const char *path = test_path("unsound.h5");
    dn_network_options o = {.weights = true, .grouping = grouping++ % 2};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    refused(path, &o, DN_EDATA, text);
}

/* ---- edges ---- */

/* The first and the last edge, and the first of the second of two and of three ranks, whose neighbour in the
 * file another rank holds. */
enum { PLACES = 4 };

static int64_t place(int p)
{
    int64_t edges = s.layer[0].edges;

    return p == 0   ? 0
           : p == 1 ? dn_block(edges, 1, 2).begin
           : p == 2 ? dn_block(edges, 1, 3).begin
                    : edges - 1;
}

/* Spoil edge e of the first layer; false: there is no such damage at this edge. */
typedef bool damage(test_layer *y, int64_t e, char *text);

static bool source_too_low(test_layer *y, int64_t e, char *text)
{
    y->source[e] = -1;
    snprintf(text, 100, "edge %lld: nodes -1 and %lld, but there are 300", (long long)e,
             (long long)y->target[e]);
    return true;
}

static bool target_too_high(test_layer *y, int64_t e, char *text)
{
    y->target[e] = TEST_NODES;
    snprintf(text, 100, "edge %lld: nodes %lld and 300, but there are 300", (long long)e,
             (long long)y->source[e]);
    return true;
}

static bool target_huge(test_layer *y, int64_t e, char *text)
{
    y->target[e] = ((int64_t)1 << 32) + 5;
    snprintf(text, 100, "edge %lld: nodes %lld and 4294967301", (long long)e, (long long)y->source[e]);
    return true;
}

static bool to_itself(test_layer *y, int64_t e, char *text)
{
    y->target[e] = y->source[e];
    snprintf(text, 100, "edge %lld: from node %lld to itself", (long long)e, (long long)y->source[e]);
    return true;
}

static bool twice(test_layer *y, int64_t e, char *text)
{
    y->source[e] = e > 0 ? y->source[e - 1] : 0;
    y->target[e] = e > 0 ? y->target[e - 1] : 0;
    snprintf(text, 100, "edge %lld: %lld - %lld does not come after", (long long)e, (long long)y->source[e],
             (long long)y->target[e]);
    return e > 0;
}

static bool falling(test_layer *y, int64_t e, char *text)
{
    if (e == 0 || y->source[e - 1] == 0)
        return false;
    y->source[e] = 0;
    y->target[e] = 299;
    snprintf(text, 100, "edge %lld: 0 - 299 does not come after", (long long)e);
    return true;
}

static bool gene_to_drug(test_layer *y, int64_t e, char *text)
{
    if (e != y->edges - 1)
        return false;
    y->source[e] = 299;
    y->target[e] = 1;
    snprintf(text, 100, "edge %lld: 299 - 1 must start at the lower side", (long long)e);
    return true;
}

static bool higher_to_lower(test_layer *y, int64_t e, char *text)
{
    if (e != y->edges - 1)
        return false;
    y->source[e] = 299;
    y->target[e] = 298;
    snprintf(text, 100, "edge %lld: 299 - 298 must start at the lower side", (long long)e);
    return true;
}

static bool not_listed(test_layer *y, int64_t e, char *text)
{
    int64_t kept = 0;

    for (int64_t k = 0; k < y->listed; k++)
        if (y->node[k] != y->target[e])
            y->node[kept++] = y->node[k];
    y->listed = kept;
    snprintf(text, 100, "node %lld is in no node list", (long long)y->target[e]);
    return true;
}

static bool weight_missing(test_layer *y, int64_t e, char *text)
{
    y->weight[e] = NAN;
    snprintf(text, 100, "edge %lld: weight nan is not a finite number", (long long)e);
    return true;
}

static bool weight_infinite(test_layer *y, int64_t e, char *text)
{
    y->weight[e] = -INFINITY;
    snprintf(text, 100, "edge %lld: weight -inf is not a finite number", (long long)e);
    return true;
}

static bool sign_of_two(test_layer *y, int64_t e, char *text)
{
    y->sign[e] = 2;
    snprintf(text, 100, "edge %lld: sign 2 is none of -1, 0, 1", (long long)e);
    return true;
}

static void unsound_edges(void)
{
    damage *const all[] = {source_too_low, target_too_high, target_huge,  to_itself,
                           twice,          falling,         gene_to_drug, higher_to_lower,
                           weight_missing, weight_infinite, sign_of_two};
    int done = 0;

    for (size_t d = 0; d < sizeof all / sizeof all[0]; d++)
        for (int p = 0; p < PLACES; p++) {
            char text[100];

            sound();
            if (!all[d](&s.layer[0], place(p), text))
                continue;
            refused_set(text);
            done++;
        }
    CU_ASSERT(done > 30);
}

static void nodes_that_are_not_listed(void)
{
    for (int p = 0; p < PLACES; p++) {
        char text[100];

        sound();
        s.layer[1].edges = s.layer[1].listed = 0; /* or it would list the node */
        CU_ASSERT(not_listed(&s.layer[0], place(p), text));
        refused_set(text);
    }
}

/* Without /nodes/side there is one side, where an edge rises. */
static void one_side_only_rises(void)
{
    sound();
    s.sides = NULL;
    s.sided = false;
    s.layer[0].source[s.layer[0].edges - 1] = 299;
    s.layer[0].target[s.layer[0].edges - 1] = 3;
    refused_set("299 - 3 must start at the lower side, or number of one side");
}

static dn_status write_long_layer(const char *path, int64_t edges, const int64_t *source,
                                  const int64_t *target, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "test", "{}", true, &h, err));
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", 2000, err));
    DN_TRY(dn_h5_write_all(h, "/edges/long/source", 1, &edges, source, err));
    DN_TRY(dn_h5_write_all(h, "/edges/long/target", 1, &edges, target, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Repeated pairs far into a layer that is read in several chunks, one of them where a chunk of one or two
 * ranks begins: the edge before it was read with another chunk. */
static void unsound_far_into_a_long_layer(void)
{
    const int64_t edges = 700000, where[] = {1 << 18, (1 << 18) - 1, 1 << 19, 650001};
    int64_t *source = dn_calloc((size_t)edges, sizeof *source);
    int64_t *target = dn_calloc((size_t)edges, sizeof *target);
    const char *path = test_path("long.h5");

    for (int i = 0; i < 4; i++) {
        dn_error err = DN_ERROR_INIT;
        char text[100];

        for (int64_t e = 0; e < edges; e++) {
            source[e] = e / 1000;
            target[e] = 1000 + e % 1000;
        }
        target[where[i]] = target[where[i] - 1];
        snprintf(text, sizeof text, "layer long, edge %lld: %lld - %lld does not come after",
                 (long long)where[i], (long long)source[where[i]], (long long)target[where[i]]);
        CU_ASSERT_EQUAL(write_long_layer(path, edges, source, target, &err), DN_OK);
        refused(path, &(dn_network_options){0}, DN_EDATA, text);
    }
    dn_free(source);
    dn_free(target);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- nodes ---- */

static void unsound_nodes(void)
{
    sound();
    s.side[150] = 2;
    refused_set("node 150 is of side 2, but there are 2 sides");
    sound();
    s.layer[0].node[20] = s.layer[0].node[19];
    refused_set("node list: entry 20 does not rise");
    sound();
    s.layer[0].node[s.layer[0].listed - 1] = TEST_NODES;
    refused_set("is 300, but there are 300 nodes");
    sound();
    s.layer[1].node[0] = -4;
    refused_set("entry 0 is -4, but there are 300 nodes");
}

/* ---- members of the wrong shape ---- */

/* A sound set in which `name` is written anew with these dims, or left out when there are none. */
static void refused_shape(const char *name, int ndims, const int64_t *dims, const char *text)
{
    const char *path = test_path("shape.h5");
    static int64_t zeros[2 * TEST_EDGES];
    dn_network_options o = {.weights = true};
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    sound();
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h == NULL)
        return;
    CU_ASSERT_EQUAL(dn_h5_remove(h, name, &err), DN_OK);
    if (ndims > 0)
        CU_ASSERT_EQUAL(dn_h5_write_all(h, name, ndims, dims, zeros, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, &err), DN_OK);
    refused(path, &o, DN_EDATA, text);
}

static void unsound_shapes(void)
{
    sound();
    const int64_t n = s.layer[0].edges, fewer[2] = {n - 1, 1}, table[2] = {n, 2}, sides = TEST_NODES + 1;

    refused_shape("/edges/first/target", 1, fewer, "/edges/first/target has");
    refused_shape("/edges/first/weight", 1, fewer, "/edges/first/weight has");
    refused_shape("/edges/first/sign", 1, fewer, "/edges/first/sign has");
    refused_shape("/edges/first/source", 2, table, "/edges/first/source has");
    refused_shape("/edges/first/node", 2, table, "/edges/first/node has");
    refused_shape("/edges/first/target", 0, NULL, "holds no /edges/first/target");
    refused_shape("/edges/first/source", 0, NULL, "holds no /edges/first/source");
    refused_shape("/nodes/side", 1, &sides, "/nodes/side has 301 rows, but there are 300 nodes");
    refused_shape("/nodes/id/offsets", 0, NULL, "holds no /nodes/id/offsets");
    refused_shape("/edges", 0, NULL, "holds no layer of edges");
    refused_shape("/nodes", 0, NULL, "/nodes");
}

/* ---- attributes and ids ---- */

static void refused_attribute(const char *key, int64_t value, const char *text)
{
    const char *path = test_path("count.h5");
    dn_network_options o = {0};
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    sound();
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h == NULL)
        return;
    CU_ASSERT_EQUAL(dn_h5_set_int(h, "/nodes", key, value, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, &err), DN_OK);
    refused(path, &o, DN_EDATA, text);
}

static void unsound_counts(void)
{
    refused_attribute("count", -1, "-1 nodes: this program counts 0 to 2147483647");
    refused_attribute("count", (int64_t)1 << 31, "2147483648 nodes: this program counts 0 to 2147483647");
    refused_attribute("count", 299, "/nodes/side has 300 rows, but there are 299 nodes");
}

/* Sides that cannot be read are not the same as none. */
static void unsound_sides(void)
{
    refused_attribute("sides", 2, "attribute sides of /nodes has another type");
}

static void refused_ids(int64_t where, int64_t value, const char *text)
{
    const char *path = test_path("ids.h5");
    dn_network_options o = {0};
    dn_error err = DN_ERROR_INIT;
    dn_strings ids = {0};
    dn_h5 *h = NULL;

    sound();
    s.ids = false;
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h == NULL)
        return;
    for (int64_t v = 0; v < (where < 0 ? TEST_NODES - 1 : TEST_NODES); v++)
        CU_ASSERT_EQUAL(dn_strings_add(&ids, "abc", 3, &err), DN_OK);
    if (where >= 0)
        ids.offset[where] = value;
    CU_ASSERT_EQUAL(dn_h5_write_strings(h, "/nodes/id", &ids, &err), DN_OK);
    dn_strings_destroy(&ids);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, &err), DN_OK);
    refused(path, &o, DN_EDATA, text);
}

static void unsound_ids(void)
{
    refused_ids(-1, 0, "299 ids, but there are 300 nodes");
    refused_ids(0, 1, "offsets of /nodes/id do not fit its bytes");
    refused_ids(7, 30, "offsets of /nodes/id decrease at 7");
    refused_ids(7, -5, "offsets of /nodes/id decrease at 6");
}

/* ---- layers that are not there ---- */

static void unknown_layers(void)
{
    const char *path = test_path("layers.h5");
    char longer[100];
    const char *const absent[] = {"first", "fourth"}, *const repeated[] = {"first", "first"};
    const char *const too_long[] = {longer};
    dn_error err = DN_ERROR_INIT;

    sound();
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    memset(longer, 'x', 99);
    longer[99] = '\0';
    refused(path, &(dn_network_options){.n_layers = 2, .layer = absent}, DN_EDATA,
            "no layer 'fourth'; there are: first, second");
    refused(path, &(dn_network_options){.n_layers = 2, .layer = repeated}, DN_EUSAGE,
            "layer 'first' is named twice");
    refused(path, &(dn_network_options){.n_layers = 1, .layer = too_long}, DN_EDATA, "no layer 'xxx");
}

/* ---- memory ---- */

static void no_room_for_shared_memory(void)
{
    const char *path = test_path("room.h5");
    dn_error err = DN_ERROR_INIT, none = DN_ERROR_INIT;
    dn_network_options o = {0};
    dn_network *w = NULL;
    dn_status st;

    sound();
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    setenv("OMPI_MCA_osc_sm_backing_directory", "/proc", 1); /* 0 bytes are free there */
    st = test_network_load(path, &o, &w, &none);
    unsetenv("OMPI_MCA_osc_sm_backing_directory");
    CU_ASSERT_EQUAL(st, test_comm.size > 1 ? DN_ENOMEM : DN_OK); /* one rank needs none */
    if (test_comm.size > 1)
        CU_ASSERT_PTR_NOT_NULL(strstr(none.text, "MB of shared memory are needed, 0.0 MB are free in /proc"));
    dn_network_close(&w);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing left behind. */
static void refuse_each(const char *path, const dn_network_options *o)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 400; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;
            dn_network *w = NULL;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = test_network_load(path, o, &w, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK ? w != NULL : st == DN_ENOMEM && err.rank == r && w == NULL);
            dn_network_close(&w);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *const one[] = {"first"};
    const char *path = test_path("memory.h5");
    dn_error err = DN_ERROR_INIT;

    sound();
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    refuse_each(path, &(dn_network_options){.weights = true, .grouping = 2});
    refuse_each(path, &(dn_network_options){.n_layers = 1, .layer = one, .grouping = 1});
    test_layers_random(&s, 40, 1, 200); /* rows come sorted, ids are numbers */
    CU_ASSERT_EQUAL(test_layers_write(&s, path, &err), DN_OK);
    refuse_each(path, &(dn_network_options){.grouping = 0});
}

static const dn_test tests[] = {{"unsound edges", unsound_edges},
                                {"nodes that are not listed", nodes_that_are_not_listed},
                                {"one side only rises", one_side_only_rises},
                                {"unsound far into a long layer", unsound_far_into_a_long_layer},
                                {"unsound nodes", unsound_nodes},
                                {"unsound shapes", unsound_shapes},
                                {"unsound counts", unsound_counts},
                                {"sides that are no text", unsound_sides},
                                {"unsound ids", unsound_ids},
                                {"unknown layers", unknown_layers},
                                {"no room for shared memory", no_room_for_shared_memory},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "network_refused", tests);
}
