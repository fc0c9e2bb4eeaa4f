/* pairs.c - signs, blocks and reports of eigenpairs; see pairs.h */
#include "solvers/network/pairs.h"

#include <math.h>
#include <stdio.h>

double dn_pairs_sign(const dn_graph *g, const double *v, int side)
{
    double largest = 0;
    int64_t first = -1;

    for (int64_t i = 0; i < g->n; i++)
        if ((side < 0 || g->side[i] == side) && fabs(v[i]) > largest)
            largest = fabs(v[i]);
    for (int64_t i = 0; i < g->n; i++)
        if ((side < 0 || g->side[i] == side) && fabs(v[i]) >= largest * (1 - 1e-6) && largest > 0 &&
            (first < 0 || g->outside[i] < g->outside[first]))
            first = i;
    return first >= 0 && v[first] < 0 ? -1 : 1;
}

/* The last pair of the block that starts at i; k when the value after the last belongs to it, too. */
static int64_t end_of_block(const double *value, int64_t k, double next, double tol, int64_t i)
{
    while (i + 1 < k && fabs(value[i + 1] - value[i]) <= tol)
        i++;
    return i + 1 == k && fabs(next - value[i]) <= tol ? k : i;
}

/* Name the blocks of values that lie within tol of their neighbour; "" when there is none. */
static void name_blocks(const double *value, int64_t k, double next, double tol, char *buf, size_t cap)
{
    int blocks = 0;
    size_t at = 0;

    buf[0] = '\0';
    for (int64_t i = 0; i < k; i++) {
        int64_t end = end_of_block(value, k, next, tol, i);

        if (end == i)
            continue;
        if (at + 70 < cap)
            at += (size_t)snprintf(buf + at, cap - at, "%s%lld-%lld%s", blocks > 0 ? ", " : "pairs ",
                                   (long long)i + 1, (long long)(end < k ? end + 1 : k),
                                   end == k ? " and more" : "");
        blocks++;
        i = end;
    }
    if (blocks > 0)
        snprintf(buf + at, cap - at, " share a value: their vectors are one basis of many");
}

/* The smallest distance of two neighbours that are not within tol of each other, next included; INFINITY when
 * there is none. */
static double smallest_gap(const double *value, int64_t k, double next, double tol)
{
    double gap = INFINITY;

    for (int64_t i = 0; i < k; i++) {
        double d = fabs((i + 1 < k ? value[i + 1] : next) - value[i]);

        if (d > tol && d < gap)
            gap = d;
    }
    return gap;
}

void dn_pairs_judge(const dn_pairs_found *f, const double *residual, double unit, dn_solve_report *r)
{
    double tol = 1e-8 * f->largest, gap = smallest_gap(f->value, f->have, f->next, tol);

    r->residual = 0;
    for (int64_t i = 0; i < f->have; i++)
        r->residual = fmax(r->residual, residual[i]);
    r->error = isfinite(gap) ? r->residual * unit / gap : r->residual;
    if (f->have < f->k)
        snprintf(r->warning, sizeof r->warning, "%lld of %lld pairs converged", (long long)f->have,
                 (long long)f->k);
    else if (!r->converged)
        snprintf(r->warning, sizeof r->warning,
                 "the search for further copies of a repeated value did not converge");
    else
        name_blocks(f->value, f->have, f->next, tol, r->warning, sizeof r->warning);
}
