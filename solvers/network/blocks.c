/* blocks.c - the leading eigenvector of a matrix that falls apart into blocks; see blocks.h */
#include "solvers/network/blocks.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/network/adjacency.h"
#include "solvers/network/krylov.h"

enum { SEARCHES = 100 };

static const double rounding = 1e-12; /* of an eigenvalue, relative */
static const double good_part = 10;   /* times the error: residual of a part that may be taken */
static const double noise = 1e-8;     /* share of a vector's norm below which nothing is read off a part */

typedef struct part {
    double square;   /* of the vector found */
    double value;    /* Rayleigh quotient */
    double residual; /* |A v - value v| / |v| */
    bool leads;
    bool candidate;
} part;

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    const dn_blocks *b;
    part *part; /* [count] */
    double *v;  /* [n]  what was found */
    double *av; /* [n]  the matrix times v */
    Mat a;
    Vec x, y;
} work;

static void release(work *w)
{
    dn_free(w->part);
    dn_free(w->v);
    dn_free(w->av);
    (void)VecDestroy(&w->x);
    (void)VecDestroy(&w->y);
}

static dn_status prepare(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(w->v, (size_t)w->g->n);
    if (w->b->block != NULL) {
        DN_NEW(w->part, (size_t)w->b->count);
        DN_NEW(w->av, (size_t)w->g->n);
    }
out:
    return st;
}

/* The start of a search in the candidates, or everywhere. */
static void start(const work *w, bool everywhere, double *out)
{
    for (int64_t i = 0; i < w->g->connected; i++) {
        bool in = everywhere || w->part[w->b->block[i]].candidate;

        out[i] = in ? w->b->start[i] * dn_krylov_turn(w->g->outside[i]) : 0;
    }
}

/* One search: the vector to all ranks. */
static dn_status search(work *w, bool everywhere, const char *prefix, double tolerance, dn_leading *pair,
                        dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;

    start(w, everywhere, w->v);
    DN_TRY(dn_krylov_fill(w->team, w->v, w->x, err));
    DN_TRY(dn_leading_pair(w->a, prefix, tolerance, w->x, pair, report, err));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->x, 0, w->v, err));
out:
    return st;
}

static dn_status multiply(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PETSC(MatMult(w->a, w->x, w->y));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->y, 0, w->av, err));
out:
    return st;
}

/* Rayleigh quotients and residuals of the parts. */
static void measure(work *w)
{
    const int64_t *block = w->b->block;
    part *p = w->part;

    for (int64_t b = 0; b < w->b->count; b++)
        p[b].square = p[b].value = p[b].residual = 0;
    for (int64_t i = 0; i < w->g->connected; i++) {
        p[block[i]].square += w->v[i] * w->v[i];
        p[block[i]].value += w->v[i] * w->av[i];
    }
    for (int64_t b = 0; b < w->b->count; b++)
        p[b].value = p[b].square > noise * noise ? p[b].value / p[b].square : 0;
    for (int64_t i = 0; i < w->g->connected; i++) {
        double r = w->av[i] - p[block[i]].value * w->v[i];

        p[block[i]].residual += r * r;
    }
    for (int64_t b = 0; b < w->b->count; b++)
        p[b].residual = p[b].square > noise * noise ? sqrt(p[b].residual / p[b].square) : 0;
}

/* The block of which v has most. */
static int64_t main_block(const work *w)
{
    int64_t best = 0;

    for (int64_t b = 1; b < w->b->count; b++)
        if (w->part[b].square > w->part[best].square)
            best = b;
    return best;
}

/* Whether the part of block b is a good vector of it. The main one is as good as it gets. */
static bool is_good(const work *w, int64_t b, int64_t main, double error)
{
    return !w->part[b].leads && (b == main || w->part[b].residual <= good_part * error);
}

/* The largest eigenvalue that was found. */
static double largest_found(const work *w, double error)
{
    int64_t main = main_block(w);
    double largest = 0;

    for (int64_t b = 0; b < w->b->count; b++)
        if (is_good(w, b, main, error))
            largest = fmax(largest, w->part[b].value);
    return largest;
}

/* Blocks that lead: as large as `largest` within the error of both. A part that is not good is left for a
 * later search. Their vectors go to out, each as long as its part of the start. Returns how many were added.
 */
static int64_t take(work *w, double largest, double error, double *out)
{
    part *p = w->part;
    int64_t count = 0, main = main_block(w);

    for (int64_t b = 0; b < w->b->count; b++) {
        p[b].candidate = is_good(w, b, main, error) && p[b].value >= largest - error - p[b].residual;
        if (p[b].candidate) {
            p[b].leads = true;
            p[b].value = 0; /* from here on the part of the start */
            count++;
        }
    }
    for (int64_t i = 0; i < w->g->connected; i++)
        if (p[w->b->block[i]].candidate)
            p[w->b->block[i]].value += w->v[i] * w->b->start[i] / p[w->b->block[i]].square;
    for (int64_t i = 0; i < w->g->connected; i++)
        if (p[w->b->block[i]].candidate)
            out[i] = w->v[i] * p[w->b->block[i]].value;
    return count;
}

/* Whether there are blocks that might lead and have not been seen to. */
static bool look_further(work *w, double largest)
{
    bool any = false;
    part *p = w->part;

    for (int64_t b = 0; b < w->b->count; b++)
        p[b].candidate = false;
    for (int64_t i = 0; i < w->g->connected; i++) {
        part *q = &p[w->b->block[i]];

        if (!q->leads && !q->candidate && w->b->bound(w->b->ctx, i) >= largest * (1 - rounding))
            q->candidate = any = true;
    }
    return any;
}

/* The other leading blocks. `report` is that of the first search. */
static dn_status find_others(work *w, const char *prefix, double tolerance, double largest, double error,
                             double *out, int64_t *leading, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    bool more = true;

    for (int k = 0; more && look_further(w, largest); k++) {
        dn_solve_report again = {.converged = false};
        dn_leading pair = {0};
        int64_t found;

        if (k == SEARCHES) {
            dn_krylov_warn(report, "the largest eigenvalue is degenerate: at least %lld parts share it",
                           (long long)*leading);
            break;
        }
        DN_TRY(search(w, false, prefix, tolerance, &pair, &again, err));
        report->iterations += again.iterations;
        if (!again.converged) {
            report->converged = false;
            dn_krylov_warn(report, "other parts of the graph: %.100s", again.warning);
            break;
        }
        DN_TRY(multiply(w, err));
        measure(w);
        if (largest_found(w, error) > largest + error) {
            report->converged = false;
            dn_krylov_warn(report, "not converged: the first search missed the eigenvalue %.12g",
                           largest_found(w, error));
            break;
        }
        found = take(w, largest, error, out);
        *leading += found;
        more = found > 0;
    }
out:
    return st;
}

/* Rounding leaves noise around 0, which is no centrality. */
static void make_unit(double *v, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++) {
        v[i] = v[i] > 0 ? v[i] : 0;
        sum += v[i] * v[i];
    }
    for (int64_t i = 0; i < n; i++)
        v[i] /= sqrt(sum);
}

static dn_status run(work *w, const char *prefix, double tolerance, double *out, dn_leading *pair,
                     int64_t *leading, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = w->g;
    dn_leading again = {0};

    DN_PETSC(MatCreateVecs(w->a, &w->x, &w->y));
    DN_TRY(search(w, true, prefix, tolerance, pair, report, err));
    for (int64_t i = 0; i < g->n; i++)
        out[i] = w->part != NULL && report->converged ? 0 : w->v[i];
    if (w->part != NULL && report->converged) {
        double error = report->tolerance * pair->value + rounding * pair->value, largest;

        DN_TRY(multiply(w, err));
        measure(w);
        largest = largest_found(w, error);
        *leading = take(w, largest, error, out);
        DN_TRY(find_others(w, prefix, tolerance, largest, error, out, leading, report, err));
    }
    make_unit(out, g->connected);
    DN_TRY(dn_krylov_fill(w->team, out, w->x, err));
    DN_TRY(dn_leading_measure(w->a, w->x, &again, err));
    pair->value = again.value;
    pair->residual = again.residual;
    report->residual = pair->residual / pair->value;
    if (report->converged && report->residual > good_part * report->tolerance) {
        report->converged = false;
        dn_krylov_warn(report, "not converged: the residual of the answer is %g", report->residual);
    }
out:
    return st;
}

dn_status dn_blocks_leading(const dn_graph *g, const dn_team *team, Mat a, const char *prefix,
                            double tolerance, const dn_blocks *b, double *out, dn_leading *pair,
                            int64_t *leading, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .b = b, .a = a};

    *leading = 0;
    DN_PASS(prepare(&w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(run(&w, prefix, tolerance, out, pair, leading, report, err));
out:
    release(&w);
    return st;
}
