/* real.c - three real graphs and the numbers of igraph; see real.h */
#include "tests/support/real.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"
#include "tests/support/test.h"

enum { MOST_BYTES = 1 << 21, MOST_EDGES = 20000 };

const char *const real_names[REAL_GRAPHS] = {"BIOSNAP_ChG", "Krogan2006", "ca-GrQc"};

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
    v = dn_calloc((size_t)n * REAL_WORDS, sizeof *v);
    CU_ASSERT_EQUAL(strncmp(text, "node\tdegree\tcore\t", 17), 0);
    strtok_r(text, "\n", &save);
    for (int64_t i = 0; i < n; i++) {
        char *line = strtok_r(NULL, "\n", &save), *at = line == NULL ? NULL : strchr(line, '\t');

        CU_ASSERT(at != NULL);
        for (int k = 1; k < REAL_WORDS && at != NULL; k++)
            v[i * REAL_WORDS + k] = strtod(at, &at);
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

bool real_open(const char *name, dn_graph *out, double **out_table)
{
    char *edges = inflate_file(name, "edges"), *text = inflate_file(name, "centrality");
    bool there = edges != NULL && text != NULL;

    if (!there) {
        test_skip("the real graphs of ../shared/data/network are not here");
    } else {
        int64_t n = 0;

        *out_table = read_table(text, &n);
        *out = read_graph(edges, n);
    }
    dn_free(edges);
    dn_free(text);
    return there;
}

void real_close(dn_graph *g, double **table)
{
    dn_graph_destroy(g);
    dn_free(*table);
    *table = NULL;
}

double real_distance(const dn_graph *g, const double *table, int column, const double *v)
{
    double worst = 0;

    for (int64_t i = 0; i < g->n; i++) {
        double want = table[g->outside[i] * REAL_WORDS + column], d = fabs(v[i] - want) / (1 + fabs(want));

        worst = d <= worst ? worst : d; /* a NaN stays */
    }
    return worst;
}
