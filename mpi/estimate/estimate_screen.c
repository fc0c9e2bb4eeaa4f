/* estimate_screen.c - what a screen takes; see estimate_screen.h */
#include "mpi/estimate/estimate_screen.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include "mpi/core/memory.h"
#include "solvers/base/clock.h"

enum { TILE = 128, LEAST = 256, LEAST_SIDE = 32 };

/* Seconds that a hit takes until it stands in tables and screen.h5. */
static const double HIT = 4e-6;

static double now(void)
{
    return dn_clock_s();
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* K of all pairs, of `some` of them the same share. */
static int64_t share_of(int64_t keep, double some, double all)
{
    double k = (double)keep * some / all;

    return keep == 0 ? 0 : k < 1 ? 1 : (int64_t)k;
}

/* ---- pairs of genes ---- */

static double pairs_of(const dn_gene_run *r, int64_t n)
{
    return r->one >= 0 ? (double)n : 0.5 * (double)n * (double)(n - 1);
}

/* The first n genes. */
static dn_status screen_genes(const dn_comm *comm, const dn_gene_wish *w, const dn_gene_run *r, int64_t n,
                              double *out_seconds, int64_t *out_hits, dn_error *err)
{
    const dn_gene_model *m = &r->model;
    const dn_gene_screen_input in = {
        .gener = &m->gener, .w = m->w, .running = m->running, .id = &m->genes.id, .known = &m->pairs};
    const dn_gene_screen_options o = {.gene = r->gene,
                                      .n_genes = n,
                                      .one = r->one,
                                      .keep = share_of(w->keep, pairs_of(r, n), pairs_of(r, r->n_genes)),
                                      .threshold = w->threshold,
                                      .include_known = w->include_known,
                                      .narrow = w->narrow};
    dn_gene_screen_result result = {.n = 0};
    dn_status st = dn_gene_screen(comm, &in, &o, &result, err);

    *out_seconds = result.seconds;
    *out_hits = result.n;
    dn_gene_screen_result_destroy(&result);
    return st;
}

/* The whole of a screen but for its size; run->n_genes comes back. */
static dn_status run_small(const dn_comm *comm, const dn_gene_wish *wish, dn_gene_run *run, int64_t n,
                           double *out_fixed, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_wish w = *wish;
    double start = now();
    int64_t all = run->n_genes;

    w.keep = share_of(wish->keep, pairs_of(run, n), pairs_of(run, all));
    w.opt_hooks = NULL;
    w.opt_saving = NULL;
    run->n_genes = n;
    DN_TRY(dn_gene_run_compute(comm, &w, run, err));
    *out_fixed = now() - start - run->result.seconds;
out:
    run->n_genes = all;
    return st;
}

static int64_t tiles_of(const dn_gene_run *r)
{
    int64_t t = (r->n_genes + TILE - 1) / TILE;

    return r->one >= 0 ? t : t * (t + 1) / 2;
}

static void add_memory(dn_estimate *e, double loaded, double shared, double hits, double small_hits)
{
    double growth = hits - small_hits;

    dn_estimate_add_memory(e, "process", e->base, 1, false);
    dn_estimate_add_memory(e, "data and model", loaded - e->base - shared, 1, false);
    dn_estimate_add_memory(e, "data that a node shares", shared, 1, true);
    dn_estimate_add_memory(e, "scoring", (double)dn_memory_peak() - loaded, 1, false);
    /* heaps of the threads, the rank's, and what they become on rank 0 */
    dn_estimate_add_memory(e, "pairs kept",
                           growth * (double)((e->threads + 2) * dn_screen_keep_bytes(1, 1, 1)), 1, false);
}

dn_status dn_estimate_gene_screen(const dn_comm *comm, const dn_gene_wish *wish, dn_gene_run *run,
                                  dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    double load = now() - e->began, begin = now(), loaded = (double)dn_memory_now(), fixed = 0, t[2] = {0, 0},
           b, a;
    double shared = (double)(run->model.profiles.genes * run->model.profiles.samples) * sizeof(float);
    int64_t n[2] = {least(LEAST, run->n_genes), 0}, hits = 0;
    double all = pairs_of(run, run->n_genes), p[2], kept;

    e->threads = omp_get_max_threads();
    e->load_peak = (double)dn_memory_peak();
    DN_TRY(run_small(comm, wish, run, n[0], &fixed, err));
    DN_TRY(
        screen_genes(comm, wish, run, n[0], &t[0], &hits, err)); /* again, now that memory has been touched */
    n[1] = n[0];
    t[1] = t[0];
    while (n[1] < run->n_genes && t[1] < 0.3 * e->seconds && now() - begin < e->seconds) {
        n[1] = least(run->n_genes, 2 * n[1]);
        DN_TRY(screen_genes(comm, wish, run, n[1], &t[1], &hits, err));
    }
    p[0] = pairs_of(run, n[0]);
    p[1] = pairs_of(run, n[1]);
    b = p[1] > p[0] && t[1] > t[0] ? (t[1] - t[0]) / (p[1] - p[0]) : t[1] / fmax(p[1], 1);
    a = fmax(0, t[1] - b * p[1]);
    kept = wish->keep > 0 ? fmin((double)wish->keep, all) : (double)hits * all / fmax(p[1], 1);
    snprintf(e->work, sizeof e->work, "%.0f pairs of %lld genes, about %.0f kept%s", all,
             (long long)run->n_genes, kept, wish->narrow ? ", bf16 finds candidates" : "");
    snprintf(e->probe, sizeof e->probe, "%.0f pairs in %.3f s, %.0f pairs/s; rows with labels %.2f s", p[1],
             t[1], 1 / fmax(b, 1e-12), fixed);
    dn_estimate_add_time(e, "start, data and model", load, 1, false);
    dn_estimate_add_time(e, "rows with labels", fixed, 1, false);
    dn_estimate_add_time(e, "genes by themselves", a, 1, false);
    dn_estimate_add_time(e, "pairs", b * all, tiles_of(run), false);
    dn_estimate_add_time(e, "results", kept * HIT, 1, false);
    add_memory(e, loaded, shared, kept, (double)hits);
out:
    return st;
}

/* ---- drugs and targets ---- */

/* The first of either; seconds of the scores, and of what is said of those screened. */
static dn_status screen_some(const dn_comm *comm, const dn_screen_wish *w, const dn_screen_run *r,
                             int64_t drugs, int64_t targets, double *out_scores, double *out_evidence,
                             dn_error *err)
{
    dn_status st = DN_OK;
    double all = (double)r->n_drugs * (double)r->n_targets, start = now();
    const dn_screen_options o = {
        .drug = r->drug,
        .n_drugs = drugs,
        .target = r->target,
        .n_targets = targets,
        .keep = w->per == DN_PER_SCREEN ? share_of(w->keep, (double)drugs * (double)targets, all) : w->keep,
        .per = w->per,
        .end = {w->end[0], w->end[1]},
        .include_known = w->include_known};
    const dn_screen_who who = {.drug = r->drug, .n_drugs = drugs, .target = r->target, .n_targets = targets};
    dn_screen_result result = {.n = 0};
    dn_screen_evidence evidence = {0};

    DN_TRY(dn_screen(comm, &r->model, &r->table.split, &o, &result, err));
    *out_scores = now() - start;
    start = now();
    DN_TRY(dn_screen_evidence_find(comm, &r->model.in, r->table.split.part, &who, &evidence, err));
    *out_evidence = now() - start;
out:
    dn_screen_result_destroy(&result);
    dn_screen_evidence_destroy(&evidence);
    return st;
}

void dn_estimate_bilinear(const double *x, const double *y, const double *t, double *c)
{
    double dx = x[1] - x[0], dy = y[1] - y[0];
    double wide = dx > 0 ? (t[3] - t[2]) / dx : 0,
           high = dy > 0 ? (t[3] - t[1]) / dy : 0; /* slopes at (x1, y1) */

    c[3] = dx > 0 && dy > 0 ? fmax(0, (t[3] - t[2] - t[1] + t[0]) / (dx * dy)) : 0;
    c[1] = fmax(0, wide - c[3] * y[1]);
    c[2] = fmax(0, high - c[3] * x[1]);
    c[0] = t[3] - c[1] * x[1] - c[2] * y[1] - c[3] * x[1] * y[1];
    if (c[0] < 0) { /* noise: all of it grows, with the pairs */
        c[0] = c[1] = c[2] = 0;
        c[3] = t[3] / (x[1] * y[1]);
    }
}

/* Calibration and precision alone, by a screen of one pair. */
static dn_status run_one(const dn_comm *comm, const dn_screen_wish *wish, dn_screen_run *run,
                         double *out_fixed, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_wish w = *wish;
    int64_t drugs = run->n_drugs, targets = run->n_targets;
    double start = 0, scores = 0, evidence = 0;

    DN_TRY(screen_some(comm, wish, run, 1, 1, &scores, &evidence, err));
    w.keep = 1;
    w.opt_saving = NULL;
    run->n_drugs = run->n_targets = 1;
    start = now();
    DN_TRY(dn_screen_compute(comm, &w, run, err));
    *out_fixed = fmax(0, now() - start - scores - evidence);
out:
    run->n_drugs = drugs;
    run->n_targets = targets;
    return st;
}

/* Four screens, each side halved or whole: as large as the time allows. */
typedef struct sides {
    double x[2], y[2], scores[4], evidence[4];
} sides;

static dn_status screen_sides(const dn_comm *comm, const dn_screen_wish *w, const dn_screen_run *r,
                              double seconds, sides *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t d = least(LEAST_SIDE, r->n_drugs), n = least(LEAST_SIDE, r->n_targets);
    double start = now();

    for (;;) {
        DN_TRY(screen_some(comm, w, r, d, n, &s->scores[3], &s->evidence[3], err));
        if ((d == r->n_drugs && n == r->n_targets) || s->scores[3] > 0.12 * seconds ||
            now() - start > 0.4 * seconds)
            break;
        d = least(2 * d, r->n_drugs);
        n = least(2 * n, r->n_targets);
    }
    s->x[1] = (double)d;
    s->y[1] = (double)n;
    s->x[0] = d > 1 ? (double)(d / 2) : 1;
    s->y[0] = n > 1 ? (double)(n / 2) : 1;
    for (int k = 0; k < 4; k++)
        DN_TRY(screen_some(comm, w, r, (int64_t)s->x[k % 2], (int64_t)s->y[k / 2], &s->scores[k],
                           &s->evidence[k], err));
out:
    return st;
}

static double hits_of(const dn_screen_wish *w, const dn_screen_run *r)
{
    double groups = w->per == DN_PER_DRUG     ? (double)r->n_drugs
                    : w->per == DN_PER_TARGET ? (double)r->n_targets
                                              : 1;

    return fmin(groups * (double)w->keep * (w->end[0] + w->end[1]),
                (double)r->n_drugs * (double)r->n_targets);
}

static void add_screen_times(const sides *s, const dn_screen_run *r, double load, double fixed, double hits,
                             dn_estimate *e)
{
    double c[4], v[4], d = (double)r->n_drugs, n = (double)r->n_targets;

    dn_estimate_bilinear(s->x, s->y, s->scores, c);
    dn_estimate_bilinear(s->x, s->y, s->evidence, v);
    dn_estimate_add_time(e, "start, data and model", load, 1, false);
    dn_estimate_add_time(e, "rows with labels", fixed, 1, false);
    dn_estimate_add_time(e, "before the first pair", c[0] + v[0], 1, false);
    dn_estimate_add_time(e, "drugs", (c[1] + v[1]) * d, r->n_drugs, false);
    dn_estimate_add_time(e, "targets", (c[2] + v[2]) * n, r->n_targets, false);
    dn_estimate_add_time(e, "pairs", c[3] * d * n, r->n_drugs, false);
    dn_estimate_add_time(e, "results", hits * HIT, 1, false);
}

dn_status dn_estimate_screen(const dn_comm *comm, const dn_screen_wish *wish, dn_screen_run *run,
                             dn_estimate *e, dn_error *err)
{
    dn_status st = DN_OK;
    double load = now() - e->began, loaded = (double)dn_memory_now(), fixed = 0, hits = hits_of(wish, run),
           all, some;
    double shared =
        (double)(run->model.in.state_at[run->model.in.targets.n] * run->model.in.data.state_width) *
        sizeof(float);
    sides s = {.x = {0}};

    e->threads = omp_get_max_threads();
    e->load_peak = (double)dn_memory_peak();
    DN_TRY(run_one(comm, wish, run, &fixed, err));
    DN_TRY(screen_sides(comm, wish, run, e->seconds, &s, err));
    all = (double)run->n_drugs * (double)run->n_targets;
    some = s.x[1] * s.y[1];
    snprintf(e->work, sizeof e->work, "%lld drugs x %lld targets, %.0f pairs kept at most",
             (long long)run->n_drugs, (long long)run->n_targets, hits);
    snprintf(e->probe, sizeof e->probe, "%.0f drugs x %.0f targets in %.3f s; rows with labels %.2f s",
             s.x[1], s.y[1], s.scores[3], fixed);
    add_screen_times(&s, run, load, fixed, hits, e);
    add_memory(e, loaded, shared, hits, fmin(hits, hits * some / all));
out:
    return st;
}
