/* cases.c - graphs with golden numbers; see cases.h */
#include "tests/support/cases.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "tests/support/test.h"

static void need(bool good)
{
    if (!good)
        dn_world_abort(&test_comm, DN_EDATA, "test: a golden file is not what was expected");
}

static void read_numbers(FILE *f, test_case *c, const char *name)
{
    test_numbers *t = &c->numbers[c->n_numbers++];
    long long count = 0;

    need(c->n_numbers <= TEST_NUMBERS);
    snprintf(t->name, sizeof t->name, "%s", name);
    if (strstr(name, "_vector") != NULL) {
        int number = 0;

        need(fscanf(f, "%d", &number) == 1);
        snprintf(t->name, sizeof t->name, "%.30s %d", name, number);
    }
    need(fscanf(f, "%lld", &count) == 1 && count >= 0);
    t->count = count;
    t->v = dn_calloc((size_t)count, sizeof *t->v);
    need(t->v != NULL);
    for (int64_t i = 0; i < count; i++)
        need(fscanf(f, "%lf", &t->v[i]) == 1);
}

static void build(test_case *c, int64_t n, int64_t count, const dn_edge *e, int sides, int weighted)
{
    const test_numbers *t = test_case_find(c, "side");
    uint8_t *side = dn_calloc((size_t)n, 1);

    need(t != NULL && side != NULL && t->count == n);
    for (int64_t i = 0; i < n; i++)
        side[i] = (uint8_t)t->v[i];
    need(dn_graph_build(n, count, e, side, sides, weighted, &c->graph, NULL) == DN_OK);
    dn_free(side);
}

bool test_case_next(FILE *f, test_case *out)
{
    long long n = 0, count = 0;
    int sides = 0, weighted = 0;
    char line[200], word[40];
    dn_edge *e;

    memset(out, 0, sizeof *out);
    do {
        if (fgets(line, sizeof line, f) == NULL)
            return false;
    } while (sscanf(line, "case %39s %lld %lld %d %d", out->name, &n, &count, &sides, &weighted) != 5);
    e = dn_calloc((size_t)count, sizeof *e);
    need(e != NULL);
    for (int64_t i = 0; i < count; i++)
        need(fscanf(f, "%d %d %f", &e[i].a, &e[i].b, &e[i].weight) == 3);
    while (fscanf(f, "%39s", word) == 1 && strcmp(word, "end") != 0)
        read_numbers(f, out, word);
    build(out, n, count, e, sides, weighted);
    dn_free(e);
    return true;
}

void test_case_close(test_case *c)
{
    for (int i = 0; i < c->n_numbers; i++)
        dn_free(c->numbers[i].v);
    dn_graph_destroy(&c->graph);
    c->n_numbers = 0;
}

const test_numbers *test_case_find(const test_case *c, const char *name)
{
    for (int i = 0; i < c->n_numbers; i++)
        if (strcmp(c->numbers[i].name, name) == 0)
            return &c->numbers[i];
    return NULL;
}

double test_case_distance(const test_case *c, const test_numbers *want, const double *value)
{
    double worst = 0;

    for (int64_t i = 0; i < c->graph.n; i++) {
        double w = want->v[c->graph.outside[i]], d = fabs(value[i] - w) / (1 + fabs(w));

        worst = d <= worst ? worst : d; /* NaN counts */
    }
    return worst;
}
