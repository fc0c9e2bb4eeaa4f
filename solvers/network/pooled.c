/* pooled.c - standard errors from the spread of nodes alike; see pooled.h */
#include "solvers/network/pooled.h"

#include <math.h>
#include <stdlib.h>
#include "solvers/base/alloc.h"

/* A node with an error, for sorting: component, key, number. */
typedef struct member {
    int64_t component, key;
    double spread;
    int32_t node;
} member;

static int compare_members(const void *x, const void *y)
{
    const member *a = x, *b = y;

    if (a->component != b->component)
        return a->component < b->component ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

/* Nodes whose error has to be found; the others get theirs. Returns how many there are. */
static int64_t list_members(const dn_origins *s, const int64_t *key, const double *sum, const double *squares,
                            double *out_error, member *list)
{
    int64_t count = 0;

    for (int64_t v = 0; v < s->n; v++) {
        int64_t sampled, others;
        dn_origins_of(s, v, &sampled, &others);
        out_error[v] = 0;
        if (sampled == others || key[v] == 0)
            continue;
        out_error[v] = NAN;
        if (sampled >= 2)
            list[count++] = (member){
                s->component[v], key[v],
                fmax(dn_origins_spread(sampled, sum[v], squares[v]), 1 / (double)sampled), (int32_t)v};
    }
    return count;
}

static void pool(const dn_origins *s, const member *list, int64_t count, double *out_error)
{
    double mean = 0;

    for (int64_t i = 0; i < count; i++)
        mean += list[i].spread / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double spread = list[i].spread;
        int64_t sampled, others;
        dn_origins_of(s, list[i].node, &sampled, &others);
        if (spread < mean)
            spread = sqrt(mean * sqrt(mean * spread));
        out_error[list[i].node] = dn_origins_error(sampled, others, spread);
    }
}

/* The nodes of one component, cut as evenly as can be. */
static void pool_component(const dn_origins *s, const member *list, int64_t count, double *out_error)
{
    int64_t groups = count > DN_POOL_NODES ? count / DN_POOL_NODES : 1;

    for (int64_t k = 0; k < groups; k++) {
        int64_t begin = count * k / groups, end = count * (k + 1) / groups;
        pool(s, list + begin, end - begin, out_error);
    }
}

dn_status dn_pooled_errors(const dn_origins *s, const int64_t *key, const double *sum, const double *squares,
                           double *out_error, dn_error *err)
{
    dn_status st = DN_OK;
    member *list = NULL; /* [n] */
    int64_t count, begin = 0;

    DN_NEW(list, (size_t)s->n);
    count = list_members(s, key, sum, squares, out_error, list);
    qsort(list, (size_t)count, sizeof *list, compare_members);
    for (int64_t end = 1; end <= count; end++) {
        if (end < count && list[end].component == list[begin].component)
            continue;
        pool_component(s, list + begin, end - begin, out_error);
        begin = end;
    }
out:
    dn_free(list);
    return st;
}
