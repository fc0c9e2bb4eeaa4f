/* network.c - tests of mpi/graph/network.h: the graph of dn_graph_build(), whoever builds it, and its team.
 * Unsound datasets: network_refused.c */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/data/synth_graph.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "tests/support/layers.h"

static test_layers s; /* of the running test */

/* Every grouping of the ranks into hosts. */
static const int groupings[] = {0, 1, 2, -2, 3};
enum { GROUPINGS = sizeof groupings / sizeof groupings[0] };

static bool ok(dn_status st, const dn_error *err)
{
    if (st != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err->text);
    CU_ASSERT_EQUAL(st, DN_OK);
    return st == DN_OK;
}

/* ---- the graph ---- */

/* Load with every second grouping, with weights in the others than without; compare with the serial builder.
 * layers_are_counted() takes all of them with both. */
static void check_load(const char *path, dn_network_options o)
{
    dn_error err = DN_ERROR_INIT;
    dn_graph wanted;

    if (!ok(test_layers_build(&s, &o, &wanted, &err), &err))
        return;
    for (int k = o.weights; k < GROUPINGS; k += 2) {
        dn_network *w = NULL;

        o.grouping = groupings[k];
        if (ok(test_network_load(path, &o, &w, &err), &err)) {
            CU_ASSERT(test_same_graph(&w->graph, &wanted));
            CU_ASSERT_EQUAL(w->n_layers, o.n_layers > 0 ? o.n_layers : s.layers);
            CU_ASSERT(w->seconds_to_open > 0);
        }
        dn_network_close(&w);
    }
    dn_graph_destroy(&wanted);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Write s; load it all, without and with weights. */
static void check_set(void)
{
    const char *path = test_path("set.h5");
    dn_error err = DN_ERROR_INIT;

    if (!ok(test_layers_write(&s, path, &err), &err))
        return;
    check_load(path, (dn_network_options){.weights = false});
    check_load(path, (dn_network_options){.weights = true});
}

/* The first third of the nodes, or every third, is of side 0. */
static void two_sides(bool in_turn)
{
    s.sides = "drug,gene";
    s.sided = true;
    for (int64_t v = 0; v < s.nodes; v++)
        s.side[v] = (uint8_t)(in_turn ? v % 3 != 0 : v >= s.nodes / 3);
}

/* Only edges between sides stay. */
static void drop_within(test_layer *y)
{
    int64_t kept = 0;

    for (int64_t e = 0; e < y->edges; e++)
        if (s.side[y->source[e]] != s.side[y->target[e]]) {
            y->source[kept] = y->source[e];
            y->target[kept] = y->target[e];
            y->weight[kept++] = y->weight[e];
        }
    y->edges = kept;
}

static void one_layer(void)
{
    test_layers_random(&s, TEST_NODES, 1, 3000);
    check_set();
    s.layer[0].weighted = true;
    check_set();
    test_layers_random(&s, TEST_NODES, 1, 40); /* many isolated nodes */
    check_set();
    test_layers_random(&s, 5, 1, 100); /* complete */
    check_set();
}

static void hardly_a_graph(void)
{
    test_layers_random(&s, 2, 1, 1); /* at most one edge */
    check_set();
    test_layers_random(&s, 1, 1, 0);
    check_set();
    test_layers_random(&s, 0, 1, 0);
    check_set();
    test_layers_random(&s, 7, 2, 0);
    s.layer[0].weighted = true;
    s.layer[0].is_signed = true;
    check_set();
    s.layer[1].lists = true; /* of no node */
    s.layer[0].lists = true;
    check_set();
}

/* Rows come sorted from the file, or do not. */
static void layers_of_two_sides(void)
{
    for (int kind = 0; kind < 4; kind++) {
        test_layers_random(&s, TEST_NODES, 1, 0);
        two_sides(kind % 2 == 1);
        test_layers_fill(&s, 0, 5, 3000);
        if (kind >= 2)
            drop_within(&s.layer[0]);
        s.layer[0].weighted = true;
        CU_ASSERT(s.layer[0].edges > 500);
        check_set();
    }
}

static void several_layers(void)
{
    test_layers_random(&s, TEST_NODES, 3, 2500);
    check_set();
    s.layer[1].weighted = true; /* the other edges weigh 1 */
    check_set();
    s.layer[0].weighted = s.layer[2].weighted = true;
    check_set();
}

/* The edges of an open file as the serial builder wants them. */
static dn_status read_edges(const dn_h5 *h, int64_t n, dn_edge *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *end = NULL;

    DN_NEW(end, (size_t)n);
    DN_TRY(dn_h5_read(h, "/edges/graph/source", DN_I64, 0, n, end, err));
    for (int64_t e = 0; e < n; e++)
        out[e] = (dn_edge){.a = (int32_t)end[e], .weight = 1};
    DN_TRY(dn_h5_read(h, "/edges/graph/target", DN_I64, 0, n, end, err));
    for (int64_t e = 0; e < n; e++)
        out[e].b = (int32_t)end[e];
out:
    dn_free(end);
    return st;
}

/* A rank reads several chunks. */
static void more_edges_than_one_reads_at_once(void)
{
    dn_synth_graph_options o = {
        .kind = DN_SYNTH_RMAT, .seed = 6, .scale = 15, .edge_factor = 32, .a = 0.57, .b = 0.19, .c = 0.19};
    dn_synth_graph_counts n = {0};
    dn_network_options all = {0};
    dn_error err = DN_ERROR_INIT;
    dn_graph wanted = {0};
    dn_edge *edges = NULL;
    dn_network *w = NULL;
    dn_h5 *h = NULL;

    if (ok(dn_synth_graph_write(&test_comm, test_path("large.h5"), "test", "{}", true, &o, &n, &err), &err) &&
        ok(dn_h5_open(&test_comm, test_path("large.h5"), DN_DATASET_SCHEMA, &h, &err), &err) &&
        ok(dn_network_load(h, &all, &w, &err), &err)) {
        CU_ASSERT(n.edges > 700000);
        edges = dn_calloc((size_t)n.edges, sizeof *edges);
        ok(read_edges(h, n.edges, edges, &err), &err);
        ok(dn_graph_build(n.nodes, n.edges, edges, NULL, 1, 0, &wanted, &err), &err);
        CU_ASSERT(test_same_graph(&w->graph, &wanted));
        dn_graph_destroy(&wanted);
        dn_free(edges);
    }
    dn_network_close(&w);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void layers_are_chosen(void)
{
    const char *const chosen[] = {"third", "first"};
    const char *path = test_path("set.h5");
    dn_error err = DN_ERROR_INIT;

    test_layers_random(&s, TEST_NODES, 3, 900);
    for (int i = 0; i < 3; i++)
        s.layer[i].weighted = i != 1;
    two_sides(true);
    for (int i = 0; i < 3; i++)
        test_layers_fill(&s, i, (uint64_t)(20 + i), 900);
    if (!ok(test_layers_write(&s, path, &err), &err))
        return;
    for (int weights = 0; weights < 2; weights++) {
        check_load(path, (dn_network_options){.n_layers = 2, .layer = chosen, .weights = weights});
        check_load(path, (dn_network_options){.n_layers = 1, .layer = chosen, .weights = weights});
        check_load(path, (dn_network_options){
                             .n_layers = 1, .layer = (const char *const[]){"second"}, .weights = weights});
    }
}

/* ---- nodes and their ids ---- */

static void check_ids(const char *path, const dn_network_options *o, int64_t n, const int64_t *wanted)
{
    dn_error err = DN_ERROR_INIT;
    dn_network *w = NULL;
    char id[24], buf[24];

    if (ok(test_network_load(path, o, &w, &err), &err)) {
        CU_ASSERT_EQUAL(w->graph.n, n);
        for (int64_t i = 0; test_comm.rank == 0 && i < n; i++) {
            int64_t node = wanted != NULL ? wanted[i] : i;
            snprintf(id, sizeof id, s.ids ? "N%lld" : "%lld", (long long)(s.ids ? node * node : node));
            CU_ASSERT_STRING_EQUAL(dn_network_id(w, i, buf, sizeof buf), id);
        }
    }
    dn_network_close(&w);
}

static void node_lists_say_who_is_in(void)
{
    const char *const first[] = {"first"};
    const char *path = test_path("lists.h5");
    dn_network_options all = {0}, one = {.n_layers = 1, .layer = first};
    dn_error err = DN_ERROR_INIT;

    for (int ids = 0; ids < 2; ids++) {
        test_layers_random(&s, TEST_NODES, 2, 60);
        s.ids = ids;
        two_sides(true);
        for (int i = 0; i < 2; i++)
            test_layers_fill(&s, i, (uint64_t)(3 + i), 60);
        test_layers_list(&s, 0, 7);
        CU_ASSERT(s.layer[0].listed > 50 && s.layer[0].listed < 200);
        if (!ok(test_layers_write(&s, path, &err), &err))
            return;
        check_load(path, one);
        check_load(path, all); /* the second layer lists none: all are in */
        check_ids(path, &one, s.layer[0].listed, s.layer[0].node);
        check_ids(path, &all, TEST_NODES, NULL);

        test_layers_list(&s, 1, 11);
        if (!ok(test_layers_write(&s, path, &err), &err))
            return;
        check_load(path, all);
        check_load(path, one);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- what the summary says ---- */

/* Pairs of s that stand in more than one layer. */
static int64_t count_shared(void)
{
    static int8_t seen[TEST_NODES][TEST_NODES];
    int64_t shared = 0;

    memset(seen, 0, sizeof seen);
    for (int i = 0; i < s.layers; i++)
        for (int64_t e = 0; e < s.layer[i].edges; e++)
            shared += ++seen[s.layer[i].source[e]][s.layer[i].target[e]] == 2;
    return shared;
}

static void check_layer(const dn_layer *y, const test_layer *wanted)
{
    int64_t negative = 0, zero = 0, activating = 0, inhibiting = 0;

    for (int64_t e = 0; e < wanted->edges; e++) {
        negative += wanted->weighted && wanted->weight[e] < 0;
        zero += wanted->weighted && wanted->weight[e] == 0;
        activating += wanted->is_signed && wanted->sign[e] > 0;
        inhibiting += wanted->is_signed && wanted->sign[e] < 0;
    }
    CU_ASSERT_STRING_EQUAL(y->name, wanted->name);
    CU_ASSERT(y->edges == wanted->edges && y->weighted == wanted->weighted);
    CU_ASSERT(y->negative == negative && y->zero == zero);
    CU_ASSERT(y->activating == activating && y->inhibiting == inhibiting);
}

static void layers_are_counted(void)
{
    const char *path = test_path("counted.h5");
    dn_error err = DN_ERROR_INIT;

    test_layers_random(&s, 90, 3, 1500);
    s.layer[0].weighted = s.layer[2].is_signed = true;
    s.layer[1].weighted = s.layer[1].is_signed = true;
    for (int e = 0; e < 40; e++)
        s.layer[1].weight[3 * e] = 0;
    CU_ASSERT(count_shared() > 300);
    if (!ok(test_layers_write(&s, path, &err), &err))
        return;
    for (int k = 0; k < 2 * GROUPINGS; k++) {
        dn_network_options o = {.weights = k % 2, .grouping = groupings[k / 2]};
        dn_network *w = NULL;

        if (ok(test_network_load(path, &o, &w, &err), &err)) {
            for (int i = 0; i < 3; i++)
                check_layer(&w->layer[i], &s.layer[i]); /* their names are in alphabetical order */
            CU_ASSERT_EQUAL(w->in_several, count_shared());
            CU_ASSERT_EQUAL(w->side_name.n, 1);
        }
        dn_network_close(&w);
    }
}

/* ---- the team ---- */

static void check_team(const dn_network *w)
{
    const dn_team *t = &w->team;
    dn_error err = DN_ERROR_INIT;
    int64_t rows = t->end - t->begin, all = 0;

    CU_ASSERT(t->rank == test_comm.rank && t->size == test_comm.size);
    CU_ASSERT(0 <= t->begin && t->begin <= t->end && t->end <= w->graph.connected);
    MPI_Allreduce(&rows, &all, 1, MPI_INT64_T, MPI_SUM, test_comm.mpi);
    CU_ASSERT_EQUAL(all, w->graph.connected);
    for (int turn = 0; turn < 7; turn++) {
        double *part = t->post(t->ctx);
        const double *whole;
        int64_t wrong = 0;

        for (int64_t i = t->begin; i < t->end; i++)
            part[i] = (double)(i * 10 + turn);
        whole = t->collect(t->ctx);
        for (int64_t i = 0; i < w->graph.connected; i++)
            wrong += whole[i] != (double)(i * 10 + turn);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    CU_ASSERT_EQUAL(t->agree(t->ctx, t->rank == t->size - 1 ? DN_EDATA : DN_OK, &err), DN_EDATA);
    CU_ASSERT_EQUAL(t->agree(t->ctx, DN_OK, &err), DN_OK);
}

static void the_team_puts_vectors_together(void)
{
    const char *path = test_path("team.h5");
    dn_error err = DN_ERROR_INIT;

    for (int64_t tries = 2; tries < 3000; tries *= 30) { /* few rows: some ranks own none */
        test_layers_random(&s, TEST_NODES, 1, tries);
        if (!ok(test_layers_write(&s, path, &err), &err))
            return;
        for (int k = 0; k < GROUPINGS; k++) {
            dn_network_options o = {.grouping = groupings[k]};
            dn_network *w = NULL;

            if (ok(test_network_load(path, &o, &w, &err), &err))
                check_team(w);
            dn_network_close(&w);
        }
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"one layer", one_layer},
                                {"hardly a graph", hardly_a_graph},
                                {"layers of two sides", layers_of_two_sides},
                                {"several layers", several_layers},
                                {"more edges than one reads at once", more_edges_than_one_reads_at_once},
                                {"layers are chosen", layers_are_chosen},
                                {"node lists say who is in", node_lists_say_who_is_in},
                                {"layers are counted", layers_are_counted},
                                {"the team puts vectors together", the_team_puts_vectors_together},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "network", tests);
}
