/* analysis.c - a made-up analysis; see analysis.h */
#include "tests/support/analysis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"

static const struct {
    const char *text;
    size_t len;
} odd[TEST_ODD_NODES] = {{"DB00945", 7},
                         {"tab\there", 8},
                         {"line\nend\r", 9},
                         {"caf\351", 4}, /* Latin-1 */
                         {"", 0},
                         {"\"quoted\" & <marked>", 19},
                         {"caf\303\251", 5}, /* the same in UTF-8 */
                         {"zero\0byte", 9},
                         {"P23219", 6},
                         {"a name of more than forty characters, \316\261 to \317\211", 47}};

const char *test_odd_id(int outside, size_t *out_len)
{
    *out_len = odd[outside].len;
    return odd[outside].text;
}

static dn_status names(dn_strings *out, const char *const *name, int n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < n; i++)
        DN_TRY(dn_strings_add(out, name[i], strlen(name[i]), err));
out:
    return st;
}

static dn_status one_layer(dn_network *w, const char *name, bool weighted, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(w->layer, 1);
    w->n_layers = 1;
    snprintf(w->layer[0].name, sizeof w->layer[0].name, "%s", name);
    w->layer[0].edges = w->graph.nnz / 2;
    w->layer[0].weighted = weighted;
out:
    return st;
}

/* Value `v` of outside node i is start + step * i, in inside order. */
static dn_status add_column(dn_measure *m, const dn_graph *g, const char *name, double start, double step,
                            bool integer, dn_error *err)
{
    dn_status st = DN_OK;
    dn_column *c = &m->column[m->n_columns];

    c->name = name;
    c->integer = integer;
    DN_NEW(c->v, (size_t)g->n);
    m->n_columns++;
    for (int64_t i = 0; i < g->n; i++)
        c->v[i] = start + step * g->outside[i];
out:
    return st;
}

static dn_status describe(dn_network *w, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *component = NULL; /* [n]  each node with an edge in one, the others alone: made up */

    DN_NEW(component, (size_t)w->graph.n);
    for (int64_t i = w->graph.connected; i < w->graph.n; i++)
        component[i] = i - w->graph.connected + (w->graph.connected > 0);
    DN_TRY(dn_describe(&w->graph, component, w->graph.n - w->graph.connected + (w->graph.connected > 0),
                       &a->description, err));
    a->described = true;
out:
    dn_free(component);
    return st;
}

/* ---- the kinds ---- */

static dn_status odd_network(int rank, dn_network *w, dn_error *err)
{
    static const dn_edge edge[] = {{0, 5, 0.5f}, {0, 8, 1.25f}, {1, 8, -2},    {2, 8, 3},
                                   {3, 6, 1},    {4, 6, 0},     {4, 9, 1e-3f}, {0, 9, 7}};
    static const uint8_t side[TEST_ODD_NODES] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
    static const char *const sides[] = {"drug", "gene & protein"};
    dn_status st = DN_OK;

    DN_TRY(dn_graph_build(TEST_ODD_NODES, 8, edge, side, 2, 1, &w->graph, err));
    DN_TRY(names(&w->side_name, sides, 2, err));
    DN_TRY(one_layer(w, "targets", true, err));
    w->layer[0].negative = w->layer[0].zero = 1;
    w->layer[0].activating = 3;
    w->layer[0].inhibiting = 2;
    w->in_several = 4;
    w->seconds_to_open = 0.25;
    for (int i = 0; rank == 0 && i < TEST_ODD_NODES; i++)
        DN_TRY(dn_strings_add(&w->id, odd[i].text, odd[i].len, err));
out:
    return st;
}

static dn_status odd_measures(const dn_graph *g, dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;
    dn_measure *m;

    DN_NEW(a->measure, 3);
    a->n_measures = 3;
    m = &a->measure[0];
    *m = (dn_measure){.name = "degree",
                      .definition = "edges / (n - 1), as networkx.degree_centrality",
                      .report = {.converged = true},
                      .seconds = 0.001};
    DN_TRY(add_column(m, g, "value", 1, -0.0625, false, err));
    DN_TRY(add_column(m, g, "count", 20, -2, true, err));
    m = &a->measure[1];
    *m = (dn_measure){.name = "eigenvector",
                      .definition = "leading eigenvector of the adjacency matrix, unit length, as "
                                    "networkx.eigenvector_centrality",
                      .n_figures = 2,
                      .figure = {{"eigenvalue", 2.5}, {"gap", NAN}},
                      .iterative = true,
                      .report = {.converged = false,
                                 .iterations = 1234,
                                 .residual = 0.25,
                                 .tolerance = 1e-10,
                                 .error = 0.3,
                                 .method = "krylovschur",
                                 .warning = "the largest eigenvalue is degenerate: any combination of the "
                                            "eigenvectors of 2 components is an answer"},
                      .seconds = 2.5};
    DN_TRY(add_column(m, g, "value", 0, 0.1, false, err)); /* within .error: ids decide */
    m = &a->measure[2];
    *m = (dn_measure){.name = "clustering", .definition = NULL, .report = {.converged = true}};
    DN_TRY(add_column(m, g, "value", -4, 1, false, err));
    for (int64_t i = 0; i < g->n; i++)
        if (g->outside[i] % 4 == 3)
            m->column[0].v[i] = NAN;
out:
    return st;
}

/* value[k] = 3 - k, coordinates 100 * k + outside */
static dn_status add_spectrum(dn_spectrum *s, const dn_graph *g, const char *name, int64_t k, bool share,
                              dn_error *err)
{
    dn_status st = DN_OK;

    *s = (dn_spectrum){
        .name = name,
        .definition = "made up",
        .k = k,
        .seconds = 0.5,
        .report = {
            .converged = true, .iterations = 3, .residual = 1e-12, .tolerance = 1e-10, .method = "lanczos"}};
    DN_NEW(s->value, (size_t)k);
    DN_NEW(s->residual, (size_t)k);
    DN_NEW(s->vector, (size_t)(k * g->n));
    if (share)
        DN_NEW(s->share, (size_t)k);
    for (int64_t j = 0; j < k; j++) {
        s->value[j] = 3 - (double)j;
        s->residual[j] = 1e-12 * (double)(j + 1);
        if (share)
            s->share[j] = 0.5 / (double)(j + 1);
        for (int64_t i = 0; i < g->n; i++)
            s->vector[j * g->n + i] = 100 * (double)j + g->outside[i];
    }
out:
    return st;
}

static dn_status make_odd(int rank, test_analysis *t, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(odd_network(rank, &t->network, err));
    DN_TRY(describe(&t->network, &t->analysis, err));
    DN_TRY(odd_measures(&t->network.graph, &t->analysis, err));
    DN_NEW(t->analysis.spectrum, 2);
    t->analysis.n_spectra = 2;
    DN_TRY(add_spectrum(&t->analysis.spectrum[0], &t->network.graph, "adjacency", 3, false, err));
    DN_TRY(add_spectrum(&t->analysis.spectrum[1], &t->network.graph, "pca", 2, true, err));
out:
    return st;
}

static dn_status make_plain(int64_t n, int64_t n_edges, test_analysis *t, dn_error *err)
{
    static const dn_edge path[] = {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {3, 4, 1}, {4, 5, 1}, {5, 6, 1}};
    static const char *const side = "node";
    dn_status st = DN_OK;

    DN_TRY(dn_graph_build(n, n_edges, path, NULL, 1, 0, &t->network.graph, err));
    DN_TRY(names(&t->network.side_name, &side, 1, err));
    DN_TRY(one_layer(&t->network, "links", false, err));
out:
    return st;
}

static dn_status make_degree(test_analysis *t, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(describe(&t->network, &t->analysis, err));
    DN_NEW(t->analysis.measure, 1);
    t->analysis.n_measures = 1;
    t->analysis.measure[0] = (dn_measure){.name = "degree", .report = {.converged = true}};
    DN_TRY(add_column(&t->analysis.measure[0], &t->network.graph, "value", 1, 0, false, err));
out:
    return st;
}

dn_status test_analysis_make(test_analysis_kind kind, int rank, test_analysis *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (test_analysis){0};
    switch (kind) {
    case TEST_ODD:
        DN_TRY(make_odd(rank, out, err));
        break;
    case TEST_NUMBERED:
        DN_TRY(make_plain(7, 6, out, err));
        DN_TRY(make_degree(out, err));
        break;
    case TEST_EMPTY:
        DN_TRY(make_plain(0, 0, out, err));
        DN_TRY(make_degree(out, err));
        break;
    case TEST_BARE:
        DN_TRY(make_plain(2, 0, out, err));
        break;
    }
out:
    if (st != DN_OK)
        test_analysis_free(out);
    return st;
}

void test_analysis_free(test_analysis *t)
{
    dn_analysis_destroy(&t->analysis);
    dn_strings_destroy(&t->network.id);
    dn_strings_destroy(&t->network.side_name);
    dn_free(t->network.layer);
    dn_graph_destroy(&t->network.graph);
    *t = (test_analysis){0};
}
