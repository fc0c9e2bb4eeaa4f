/* describe.c - a network in numbers; see describe.h
 *
 * Inside order is falling degree, so the degrees of a side read backwards are sorted already; only strengths
 * of weighted graphs need a sort. Sums of degrees are integers, so they are exact.
 */
#include "solvers/network/describe.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "solvers/base/alloc.h"

static int compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* numpy.percentile(method="linear") of n > 0 rising values. */
static double quantile(const double *v, int64_t n, double q)
{
    double at = q * (double)(n - 1);
    int64_t i = (int64_t)at;
    double part = at - (double)i;

    return i + 1 < n ? v[i] + (v[i + 1] - v[i]) * part : v[n - 1];
}

/* Of n rising values. */
static dn_summary summarise(const double *v, int64_t n)
{
    dn_summary s = {n, NAN, NAN, NAN, {NAN, NAN, NAN}, NAN};
    double sum = 0, squares = 0;

    if (n == 0)
        return s;
    for (int64_t i = 0; i < n; i++)
        sum += v[i];
    s.mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++)
        squares += (v[i] - s.mean) * (v[i] - s.mean);
    if (n > 1)
        s.sd = sqrt(squares / (double)(n - 1));
    s.min = v[0];
    s.max = v[n - 1];
    for (int q = 0; q < 3; q++)
        s.quartile[q] = quantile(v, n, 0.25 * (q + 1));
    return s;
}

/* The bounds of pandas.cut(bins=3): numpy.linspace, the lowest moved down by a thousandth of the range. */
static void class_bounds(double min, double max, double *edge)
{
    double step;

    if (min == max) {
        double room = min != 0 ? 0.001 * fabs(min) : 0.001;
        min -= room;
        max += room;
        step = (max - min) / 3;
        edge[0] = min;
    } else {
        step = (max - min) / 3;
        edge[0] = min - 0.001 * (max - min);
    }
    edge[1] = min + step;
    edge[2] = min + 2 * step;
    edge[3] = max;
}

/* Classes and histogram of the n rising degrees of a side. */
static void classify(const double *v, int64_t n, dn_side_description *s)
{
    for (int i = 0; i < 4; i++)
        s->edge[i] = NAN;
    if (n == 0)
        return;
    class_bounds(v[0], v[n - 1], s->edge);
    for (int64_t i = 0; i < n; i++) {
        int bin = 0;

        if (v[i] <= s->edge[1])
            s->low++;
        else if (v[i] <= s->edge[2])
            s->medium++;
        else
            s->high++;
        for (int64_t d = (int64_t)v[i]; d > 1; d /= 2)
            bin++;
        if (v[i] >= 1)
            s->histogram[bin]++;
        else
            s->isolated++;
    }
}

/* One side; v [n] is scratch. */
static void describe_side(const dn_graph *g, int side, double *v, dn_side_description *s)
{
    int64_t n = 0;

    for (int64_t i = g->n - 1; i >= 0; i--)
        if (g->side[i] == side)
            v[n++] = (double)dn_graph_degree(g, i);
    s->degree = summarise(v, n);
    classify(v, n, s);
    s->strength = s->degree;
    if (g->weight == NULL)
        return;
    n = 0;
    for (int64_t i = 0; i < g->n; i++)
        if (g->side[i] == side)
            v[n++] = dn_graph_strength(g, i);
    qsort(v, (size_t)n, sizeof *v, compare);
    s->strength = summarise(v, n);
}

/* Pearson's correlation of the degrees at both ends of an edge, each edge taken both ways. Degrees are
 * centred first, so a regular graph has a variance of exactly 0. */
static double assortativity(const dn_graph *g)
{
    double squares = 0, mean, variance = 0, covariance = 0;

    if (g->nnz == 0)
        return NAN;
    for (int64_t i = 0; i < g->connected; i++)
        squares += (double)dn_graph_degree(g, i) * (double)dn_graph_degree(g, i);
    mean = squares / (double)g->nnz;
    for (int64_t i = 0; i < g->connected; i++) {
        double d = (double)dn_graph_degree(g, i) - mean, neighbours = 0;

        for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
            neighbours += (double)dn_graph_degree(g, g->col[e]) - mean;
        variance += (double)dn_graph_degree(g, i) * d * d;
        covariance += d * neighbours;
    }
    return variance > 0 ? covariance / variance : NAN;
}

static bool edge_within_side(const dn_graph *g)
{
    for (int64_t i = 0; i < g->connected; i++)
        for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
            if (g->side[g->col[e]] == g->side[i])
                return true;
    return false;
}

static double density(const dn_description *d)
{
    double n = (double)d->nodes;
    double pairs =
        d->bipartite ? (double)d->side[0].degree.count * (double)d->side[1].degree.count : n * (n - 1) / 2;

    return d->edges > 0 ? (double)d->edges / pairs : 0;
}

static dn_status largest(const dn_graph *g, const int64_t *component, int64_t components, int64_t *out,
                         dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *size = NULL; /* [components] */

    *out = 0;
    DN_NEW(size, (size_t)components);
    for (int64_t i = 0; i < g->n; i++) {
        assert(component[i] >= 0 && component[i] < components);
        if (++size[component[i]] > *out)
            *out = size[component[i]];
    }
out:
    dn_free(size);
    return st;
}

/* The different degrees of the nodes that have an edge, with their counts, then the fit. */
static dn_status fit_tail(const dn_graph *g, dn_power_law *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *value = NULL, *count = NULL; /* [different] */
    int64_t different = 0;

    for (int64_t i = 0; i < g->connected; i++)
        different += i == 0 || dn_graph_degree(g, i) != dn_graph_degree(g, i - 1);
    DN_NEW(value, (size_t)different);
    DN_NEW(count, (size_t)different);
    for (int64_t i = g->connected - 1, k = -1; i >= 0; i--) {
        if (k < 0 || value[k] != dn_graph_degree(g, i))
            value[++k] = dn_graph_degree(g, i);
        count[k]++;
    }
    DN_TRY(dn_power_law_fit(different, value, count, out, err));
out:
    dn_free(value);
    dn_free(count);
    return st;
}

dn_status dn_describe(const dn_graph *g, const int64_t *component, int64_t components, dn_description *out,
                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_description *d = NULL;
    double *v = NULL; /* [n] */

    if (g->sides > DN_SIDES)
        DN_FAIL(DN_EDATA, "the network has %d sides, a description can tell %d apart", g->sides,
                (int)DN_SIDES);
    DN_NEW(d, 1);
    DN_NEW(v, (size_t)g->n);
    d->nodes = g->n;
    d->edges = g->nnz / 2;
    d->isolated = g->n - g->connected;
    d->components = components;
    DN_TRY(largest(g, component, components, &d->largest_component, err));
    for (int s = 0; s < g->sides; s++)
        describe_side(g, s, v, &d->side[s]);
    d->bipartite = g->sides == 2 && !edge_within_side(g);
    d->density = density(d);
    d->assortativity = assortativity(g);
    DN_TRY(fit_tail(g, &d->power_law, err));
    *out = *d;
out:
    dn_free(d);
    dn_free(v);
    return st;
}
