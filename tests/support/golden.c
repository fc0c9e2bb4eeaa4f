/* golden.c - graphs and the numbers that belong to them; see golden.h */
#include "tests/support/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "golden: cannot read %s\n", what);
        abort();
    }
}

static void read_graph(FILE *f, golden *x)
{
    long long n = 0, m = 0;
    int sides = 0;
    dn_edge *e;
    uint8_t *side;

    must(fscanf(f, "%63s %lld %lld %d %d", x->name, &n, &m, &sides, &x->weighted) == 5,
         "the head of a graph");
    e = dn_calloc((size_t)m, sizeof *e);
    side = dn_calloc((size_t)n, 1);
    must(e != NULL && side != NULL, "into memory");
    must(fscanf(f, " side") == 0, "sides");
    for (long long i = 0; i < n; i++)
        must(fscanf(f, "%hhu", &side[i]) == 1, "a side");
    for (long long i = 0; i < m; i++)
        must(fscanf(f, "%d %d %f", &e[i].a, &e[i].b, &e[i].weight) == 3, "an edge");
    must(dn_graph_build(n, m, e, side, sides, x->weighted, &x->g, NULL) == DN_OK, "a graph");
    dn_free(e);
    dn_free(side);
}

int golden_next(FILE *f, golden *out)
{
    char word[64] = "";
    char line[512];

    *out = (golden){0};
    while (fscanf(f, "%63s", word) == 1 && strcmp(word, "graph") != 0)
        if (fgets(line, sizeof line, f) == NULL)
            break;
    if (strcmp(word, "graph") != 0)
        return 0;
    read_graph(f, out);
    while (fscanf(f, "%31s", word) == 1 && strcmp(word, "end") != 0) {
        long long count = 0;
        double *v;

        must(out->n_values < GOLDEN_VALUES && fscanf(f, "%lld", &count) == 1, "a count");
        v = dn_calloc((size_t)count, sizeof *v);
        must(v != NULL, "into memory");
        for (long long i = 0; i < count; i++)
            must(fscanf(f, "%lf", &v[i]) == 1, "a value");
        snprintf(out->value[out->n_values].word, sizeof out->value[0].word, "%.31s", word);
        out->value[out->n_values].count = count;
        out->value[out->n_values++].v = v;
    }
    return 1;
}

void golden_free(golden *x)
{
    for (int i = 0; i < x->n_values; i++)
        dn_free(x->value[i].v);
    dn_graph_destroy(&x->g);
    *x = (golden){0};
}

static int place(const golden *x, const char *word)
{
    for (int i = 0; i < x->n_values; i++)
        if (strcmp(x->value[i].word, word) == 0)
            return i;
    return -1;
}

const double *golden_find(const golden *x, const char *word)
{
    int i = place(x, word);

    return i < 0 ? NULL : x->value[i].v;
}

int64_t golden_count(const golden *x, const char *word)
{
    int i = place(x, word);

    return i < 0 ? 0 : x->value[i].count;
}

static double worst(const golden *x, const char *word, const double *v, int relative)
{
    const double *want = golden_find(x, word);
    double found = 0;

    must(want != NULL && golden_count(x, word) >= x->g.n, word);
    for (int64_t i = 0; i < x->g.n; i++) {
        double w = want[x->g.outside[i]], d = fabs(v[i] - w) / (relative ? 1 + fabs(w) : 1);

        found = d <= found ? found : d; /* a NaN stays */
    }
    return found;
}

double golden_deviation(const golden *x, const char *word, const double *v)
{
    return worst(x, word, v, 0);
}

double golden_distance(const golden *x, const char *word, const double *v)
{
    return worst(x, word, v, 1);
}
