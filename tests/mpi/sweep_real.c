/* sweep_real.c - three real graphs against the numbers of igraph 0.10.2 that lie beside them
 *
 * The files are not part of dragnet; without them every test is skipped. They were written with 12
 * significant digits, so the tolerance is 1e-11, relative to 1 + |value|.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/graph/sweep.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"
#include "solvers/network/components.h"
#include "solvers/network/core.h"

enum { MOST_BYTES = 1 << 21, MOST_EDGES = 20000, WORDS = 9 };

/* The columns of the table. */
enum { NODE, DEGREE, CORE, PAGERANK, COMPONENT, EIGENVECTOR, HARMONIC, CLUSTERING, BETWEENNESS };

static const double close_enough = 1e-11;

/* The text of a gzip file, or NULL. */
static char *inflate_file(const char *name, const char *what)
{
    char path[512], *text;
    dn_source *s = NULL;
    size_t got = 1, length = 0;

    snprintf(path, sizeof path, DN_TEST_SHARED_DATA "/network/%s.%s.tsv.gz", name, what);
    if (dn_source_open_gzip(path, &s, NULL) != DN_OK)
        return NULL;
    text = dn_calloc(MOST_BYTES, 1);
    while (got > 0 && length < MOST_BYTES - 1) {
        CU_ASSERT_EQUAL(dn_source_read(s, text + length, MOST_BYTES - 1 - length, &got, NULL), DN_OK);
        length += got;
    }
    CU_ASSERT_EQUAL(got, 0);
    dn_source_close(&s);
    return text;
}

/* Node i of the edges is line i of the table. */
static double *read_table(char *text, int64_t *out_n)
{
    double *v;
    char *save = NULL;
    int64_t n = -1;

    for (const char *p = text; *p != '\0'; p++)
        n += *p == '\n';
    v = dn_calloc((size_t)n * WORDS, sizeof *v);
    CU_ASSERT_EQUAL(strncmp(text, "node\tdegree\tcore\t", 17), 0);
    strtok_r(text, "\n", &save);
    for (int64_t i = 0; i < n; i++) {
        char *line = strtok_r(NULL, "\n", &save), *at = line == NULL ? NULL : strchr(line, '\t');

        CU_ASSERT(at != NULL);
        for (int k = 1; k < WORDS && at != NULL; k++)
            v[i * WORDS + k] = strtod(at, &at);
    }
    *out_n = n;
    return v;
}

static dn_graph read_graph(const char *text, int64_t n)
{
    dn_edge *e = dn_calloc(MOST_EDGES, sizeof *e);
    int64_t count = 0;
    int taken = 0;
    dn_graph g = {0};

    while (count < MOST_EDGES && sscanf(text, "%d %d%n", &e[count].a, &e[count].b, &taken) == 2) {
        text += taken;
        count++;
    }
    CU_ASSERT(count > 7000 && count < MOST_EDGES);
    CU_ASSERT_EQUAL(dn_graph_build(n, count, e, NULL, 1, 0, &g, NULL), DN_OK);
    dn_free(e);
    return g;
}

/* One column of the table against v in inside order. */
static void compare(const char *name, const dn_graph *g, const double *table, int column, const double *v)
{
    double worst = 0;

    for (int64_t i = 0; i < g->n; i++) {
        double want = table[g->outside[i] * WORDS + column], d = fabs(v[i] - want) / (1 + fabs(want));

        worst = d <= worst ? worst : d; /* a NaN stays */
    }
    if (!(worst <= close_enough))
        fprintf(stderr, "# rank %d: %s: column %d is off by %g\n", test_comm.rank, name, column, worst);
    CU_ASSERT(worst <= close_enough);
}

/* Components have other numbers there: nodes are together here where they are together there. */
static void compare_components(const dn_graph *g, const double *table, double *v)
{
    int64_t *component = dn_calloc((size_t)g->n, sizeof *component), count = 0, wrong = 0;
    double *theirs = dn_calloc((size_t)g->n, sizeof *theirs), largest = 0;

    CU_ASSERT_EQUAL(dn_components(g, component, &count, NULL), DN_OK);
    for (int64_t i = 0; i < g->n; i++)
        theirs[component[i]] = table[g->outside[i] * WORDS + COMPONENT];
    for (int64_t i = 0; i < g->n; i++) {
        v[i] = theirs[component[i]];
        largest = v[i] > largest ? v[i] : largest;
        wrong += component[i] >= count;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(count, (int64_t)largest + 1);
    compare("components", g, table, COMPONENT, v);
    dn_free(component);
    dn_free(theirs);
}

static void measure(const char *name, const dn_graph *g, const double *table)
{
    double *v = dn_calloc((size_t)g->n, sizeof *v), transitivity;
    int64_t *whole = dn_calloc((size_t)g->n, sizeof *whole), sources = 0;

    for (int64_t i = 0; i < g->n; i++)
        v[i] = (double)(g->row[i + 1] - g->row[i]);
    compare(name, g, table, DEGREE, v);
    CU_ASSERT_EQUAL(dn_core_numbers(g, whole, NULL), DN_OK);
    for (int64_t i = 0; i < g->n; i++)
        v[i] = (double)whole[i];
    compare(name, g, table, CORE, v);
    compare_components(g, table, v);
    CU_ASSERT_EQUAL(dn_sweep_closeness(&test_comm, g, NULL, &(dn_distances){.harmonic = v}, &sources, NULL),
                    DN_OK);
    compare(name, g, table, HARMONIC, v);
    CU_ASSERT_EQUAL(dn_sweep_clustering(&test_comm, g, NULL, v, whole, &transitivity, NULL), DN_OK);
    compare(name, g, table, CLUSTERING, v);
    CU_ASSERT_EQUAL(dn_sweep_betweenness(&test_comm, g, NULL, NULL, v, NULL, &sources, NULL), DN_OK);
    compare(name, g, table, BETWEENNESS, v);
    CU_ASSERT_EQUAL(sources, g->connected);
    dn_free(v);
    dn_free(whole);
}

static void real(const char *name)
{
    char *edges = inflate_file(name, "edges"), *text = inflate_file(name, "centrality");

    if (edges == NULL || text == NULL)
        test_skip("the real graphs of ../shared/data/network are not here");
    else {
        int64_t n = 0;
        double *table = read_table(text, &n);
        dn_graph g = read_graph(edges, n);

        measure(name, &g, table);
        dn_graph_destroy(&g);
        dn_free(table);
    }
    dn_free(edges);
    dn_free(text);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void drugs_and_genes(void)
{
    real("BIOSNAP_ChG");
}

static void yeast_proteins(void)
{
    real("Krogan2006");
}

static void authors(void)
{
    real("ca-GrQc");
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"drugs and genes, BIOSNAP_ChG", drugs_and_genes},
                                    {"yeast proteins, Krogan2006", yeast_proteins},
                                    {"authors, ca-GrQc", authors},
                                    {NULL, NULL}};
    return test_main(argc, argv, "sweep_real", tests);
}
