/* analyse.c - tests of mpi/graph/analyse.h: every measure under its name, nodes that users name, what is left
 * out
 *
 * Numbers of the measures themselves are tested where they are computed; here it is that each word leads to
 * the right one (closed forms on a star and on a path), that columns carry their names, and that all ranks
 * agree on errors.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/graph/analyse.h"
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"
#include "solvers/network/eigenvector.h"
#include "tests/support/petsc.h"
#include "tests/support/team.h"

/* A star of four drugs around gene G (outside numbers 0-3 and 4), one drug without edges (5). */
enum { NODES = 6, CENTRE = 4 };

typedef struct fixture {
    dn_network w;
    dn_error err;
    int32_t inside[NODES];
} fixture;

static void open_network(fixture *f, bool weighted)
{
    static const char *const ids[NODES] = {"aspirin", "ibuprofen", "naproxen", "twin", "twin", "alone"};
    static const uint8_t side[NODES] = {0, 0, 0, 0, 1, 0};
    dn_edge edges[4];

    *f = (fixture){.err = DN_ERROR_INIT};
    for (int i = 0; i < 4; i++)
        edges[i] = (dn_edge){i, CENTRE, (float)(i - 1)}; /* weights -1, 0, 1, 2 */
    CU_ASSERT_EQUAL(dn_graph_build(NODES, 4, edges, side, 2, weighted, &f->w.graph, &f->err), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&f->w.graph, &f->w.team, &f->err), DN_OK);
    for (int i = 0; i < NODES && test_comm.rank == 0; i++)
        CU_ASSERT_EQUAL(dn_strings_add(&f->w.id, ids[i], strlen(ids[i]), &f->err), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&f->w.side_name, "drug", 4, &f->err), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&f->w.side_name, "gene", 4, &f->err), DN_OK);
    dn_graph_inside(&f->w.graph, f->inside);
}

static void close_network(fixture *f)
{
    test_team_close(&f->w.team);
    dn_strings_destroy(&f->w.id);
    dn_strings_destroy(&f->w.side_name);
    dn_graph_destroy(&f->w.graph);
}

static dn_analyse_options usual(void)
{
    return (dn_analyse_options){.describe = true,
                                .pairs = 2,
                                .tolerance = 1e-10,
                                .damping = 0.85,
                                .sources = DN_SOURCES_ALL,
                                .exact_nodes = 100,
                                .probes = 16,
                                .seed = 1};
}

static const dn_measure *measure(const dn_analysis *a, const char *name)
{
    for (int i = 0; i < a->n_measures; i++)
        if (strcmp(a->measure[i].name, name) == 0)
            return &a->measure[i];
    return NULL;
}

/* The first column of a measure at an outside number; NaN when the measure is absent. */
static double value(const fixture *f, const dn_analysis *a, const char *name, int outside)
{
    const dn_measure *m = measure(a, name);

    return m != NULL ? m->column[0].v[f->inside[outside]] : (double)NAN;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static void every_word_leads_to_its_measure(void)
{
    const char *names[DN_MEASURES_MAX], *definitions[DN_MEASURES_MAX];
    dn_analyse_options o = usual();
    dn_analysis a = {0};
    fixture f;

    open_network(&f, false);
    o.n_measures = dn_analyse_measures(names, definitions);
    o.measure = names;
    o.skip_unfit = true;
    o.n_seeds = 1;
    o.seed_id = (const char *const[]){"aspirin"};
    o.n_from = 1;
    o.from_id = (const char *const[]){"gene:twin"};
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &f.w, &o, &a, &f.err), DN_OK);
    CU_ASSERT_STRING_EQUAL(f.err.text, "");
    CU_ASSERT_EQUAL(a.n_measures, o.n_measures + 2);
    CU_ASSERT_TRUE(a.described && a.description.components == 2 && a.description.bipartite);
    CU_ASSERT_TRUE(near(value(&f, &a, "degree", CENTRE), 4.0 / 5));
    CU_ASSERT_TRUE(near(measure(&a, "degree")->column[1].v[f.inside[CENTRE]], 4));
    CU_ASSERT_TRUE(near(value(&f, &a, "strength", CENTRE), 4));
    CU_ASSERT_TRUE(near(value(&f, &a, "eigenvector", CENTRE), sqrt(0.5)));
    CU_ASSERT_TRUE(near(value(&f, &a, "hits", 0), 0.25));
    CU_ASSERT_TRUE(near(value(&f, &a, "hits", CENTRE), 1));
    CU_ASSERT_TRUE(near(measure(&a, "hits")->column[1].v[f.inside[CENTRE]], 0));
    CU_ASSERT_TRUE(near(measure(&a, "hits")->column[2].v[f.inside[CENTRE]], 1));
    CU_ASSERT_TRUE(near(value(&f, &a, "subgraph", CENTRE), cosh(2)));
    CU_ASSERT_TRUE(near(value(&f, &a, "closeness", CENTRE), 4.0 / 5));
    CU_ASSERT_TRUE(near(value(&f, &a, "harmonic", 0), 1 + 3 * 0.5));
    CU_ASSERT_TRUE(near(value(&f, &a, "betweenness", CENTRE), 6 * 2.0 / (5 * 4)));
    CU_ASSERT_TRUE(near(measure(&a, "betweenness")->column[1].v[f.inside[CENTRE]], 6));
    CU_ASSERT_TRUE(near(value(&f, &a, "core", CENTRE), 1));
    CU_ASSERT_TRUE(near(value(&f, &a, "clustering", CENTRE), 0));
    CU_ASSERT_TRUE(near(value(&f, &a, "bipartite-clustering", 0), 1));
    CU_ASSERT_TRUE(near(value(&f, &a, "current-flow", CENTRE), 1.0 / 4 * (4 * 4) / 25));
    CU_ASSERT_TRUE(value(&f, &a, "katz", CENTRE) > value(&f, &a, "katz", 0));
    CU_ASSERT_TRUE(value(&f, &a, "pagerank", 5) > 0);
    CU_ASSERT_TRUE(near(value(&f, &a, "personalised", 5), 0));
    CU_ASSERT_TRUE(near(value(&f, &a, "communicability-1", 0), sinh(2) / 2));
    dn_analysis_destroy(&a);
    close_network(&f);
}

static void spectra_have_their_pairs(void)
{
    dn_analyse_options o = usual();
    dn_analysis a = {0};
    fixture f;

    open_network(&f, false);
    o.n_spectra = 4;
    o.spectrum = (const char *const[]){"adjacency", "laplacian", "svd", "pca"};
    o.pairs = 1;
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &f.w, &o, &a, &f.err), DN_OK);
    CU_ASSERT_STRING_EQUAL(f.err.text, "");
    CU_ASSERT_EQUAL(a.n_spectra, 4);
    if (a.n_spectra == 4) {
        CU_ASSERT_TRUE(near(a.spectrum[0].value[0], 2));
        CU_ASSERT_TRUE(near(a.spectrum[1].value[0], 0));
        CU_ASSERT_TRUE(near(a.spectrum[2].value[0], 2));
        CU_ASSERT_TRUE(near(a.spectrum[3].value[0], 0.2)); /* variance of 1 1 1 1 0 */
        CU_ASSERT_TRUE(a.spectrum[3].share != NULL && near(a.spectrum[3].share[0], 1));
        CU_ASSERT_TRUE(near(fabs(a.spectrum[2].vector[f.inside[CENTRE]]), 1));
    }
    dn_analysis_destroy(&a);
    close_network(&f);
}

/* A clique, whose vector comes at once, beside a long path, whose vector is never as good: what is worse is
 * said of both. */
static void the_worse_error_is_reported(void)
{
    enum { CLIQUE = 12, ALL = CLIQUE + 80 };
    static dn_edge edges[CLIQUE * CLIQUE + ALL];
    static double out[ALL];
    static int64_t component[ALL];
    dn_eigenvector_options e = {.tolerance = 1e-6, .component = component};
    dn_analyse_options o = usual();
    dn_eigenvector_each_figures each;
    dn_eigenvector_figures whole;
    dn_solve_report r[2];
    dn_analysis a = {0};
    fixture f = {.err = DN_ERROR_INIT};
    int64_t count = 0;

    for (int32_t i = 0; i < ALL; i++)
        for (int32_t j = i + 1; j < (i < CLIQUE ? CLIQUE : i + 2) && j < ALL; j++)
            edges[count++] = (dn_edge){i, j, 1};
    CU_ASSERT_EQUAL(dn_graph_build(ALL, count, edges, NULL, 1, false, &f.w.graph, &f.err), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(&f.w.graph, &f.w.team, &f.err), DN_OK);
    CU_ASSERT_EQUAL(dn_components(&f.w.graph, component, &e.components, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector(&f.w.graph, &f.w.team, &e, out, &whole, &r[0], NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_eigenvector_each(&f.w.graph, &f.w.team, &e, out, NULL, &each, &r[1], NULL), DN_OK);
    CU_ASSERT(r[1].error > 2 * r[0].error);
    o.n_measures = 1;
    o.measure = (const char *const[]){"eigenvector"};
    o.per_component = true;
    o.tolerance = 1e-6;
    o.describe = false;
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &f.w, &o, &a, &f.err), DN_OK);
    CU_ASSERT(a.n_measures == 1 && near(a.measure[0].report.error / r[1].error, 1));
    dn_analysis_destroy(&a);
    close_network(&f);
}

/* dn_analyse must fail with this code and these words on every rank. */
static void refused(fixture *f, const dn_analyse_options *o, dn_status code, const char *words)
{
    dn_analysis a = {0};
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_analyse(&test_comm, &f->w, o, &a, &err);

    CU_ASSERT_EQUAL(st, code);
    CU_ASSERT_TRUE(test_same((int)st));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    if (strstr(err.text, words) == NULL)
        fprintf(stderr, "# wanted '%s', got '%s'\n", words, err.text);
    CU_ASSERT_EQUAL(a.n_measures, 0);
}

static void what_users_mistype_is_named(void)
{
    dn_analyse_options o = usual();
    fixture f;

    open_network(&f, true);
    o.n_measures = 1;
    o.measure = (const char *const[]){"closness"};
    refused(&f, &o, DN_EUSAGE, "did you mean 'closeness'");
    o.n_measures = 0;
    o.n_seeds = 1;
    o.seed_id = (const char *const[]){"asprin"};
    refused(&f, &o, DN_EUSAGE, "did you mean 'aspirin'");
    o.seed_id = (const char *const[]){"twin"};
    refused(&f, &o, DN_EUSAGE, "SIDE:ID");
    o.seed_id = (const char *const[]){"gene:aspirin"};
    refused(&f, &o, DN_EUSAGE, "no node 'gene:aspirin'");
    o.n_seeds = 0;
    o.n_spectra = 1;
    o.spectrum = (const char *const[]){"laplace"};
    refused(&f, &o, DN_EUSAGE, "did you mean 'laplacian'");
    o.spectrum = (const char *const[]){"adjacency"};
    o.pairs = NODES + 1;
    refused(&f, &o, DN_EDATA, "adjacency has 5 at most");
    close_network(&f);
}

static void measures_that_make_no_sense_are_left_out_of_all(void)
{
    static const char *const words[] = {"strength", "pagerank", "core"};
    dn_analyse_options o = usual();
    dn_analysis a = {0};
    fixture f;

    open_network(&f, true); /* with weights that are not above 0 */
    o.n_measures = 3;
    o.measure = words;
    refused(&f, &o, DN_EDATA, "pagerank");
    o.skip_unfit = true;
    CU_ASSERT_EQUAL(dn_analyse(&test_comm, &f.w, &o, &a, &f.err), DN_OK);
    CU_ASSERT_EQUAL(a.n_measures, 2);
    CU_ASSERT_PTR_NULL(measure(&a, "pagerank"));
    CU_ASSERT_TRUE(near(value(&f, &a, "strength", CENTRE), 2));
    CU_ASSERT_PTR_NOT_NULL(measure(&a, "core"));
    dn_analysis_destroy(&a);
    close_network(&f);
}

static void lack_of_memory_on_one_rank_fails_all(void)
{
    static const char *const words[] = {"degree",      "closeness", "harmonic",
                                        "betweenness", "core",      "clustering"};
    dn_analyse_options o = usual();
    bool ended = false;
    fixture f;

    open_network(&f, false);
    o.n_measures = 6;
    o.measure = words;
    for (long k = 0; k < 200 && !ended; k++) {
        dn_analysis a = {0};
        dn_error err = DN_ERROR_INIT;
        long before = dn_alloc_live();
        dn_status st;

        if (test_comm.rank == test_comm.size - 1)
            dn_alloc_fail_after(k);
        st = dn_analyse(&test_comm, &f.w, &o, &a, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT_TRUE(test_same((int)st));
        CU_ASSERT_TRUE(st == DN_OK || st == DN_ENOMEM);
        ended = st == DN_OK;
        dn_analysis_destroy(&a);
        CU_ASSERT_EQUAL(dn_alloc_live(), before);
    }
    CU_ASSERT_TRUE(ended);
    close_network(&f);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {
        {"petsc opens", test_petsc_opens},
        {"every word leads to its measure", every_word_leads_to_its_measure},
        {"spectra have their pairs", spectra_have_their_pairs},
        {"the worse error is reported", the_worse_error_is_reported},
        {"what users mistype is named", what_users_mistype_is_named},
        {"measures that make no sense are left out of all", measures_that_make_no_sense_are_left_out_of_all},
        {"lack of memory on one rank fails all", lack_of_memory_on_one_rank_fails_all},
        {"nothing is left", test_petsc_closes},
        {NULL, NULL}};

    return test_main(argc, argv, "analyse", tests);
}
