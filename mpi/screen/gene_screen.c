/* gene_screen.c - the best pairs of genes, in either precision; see gene_screen.h */
#include "mpi/screen/gene_screen.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/screen/gene_pass.h"
#include "mpi/train/score_pairs.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/rng.h"
#include "solvers/stats/best.h"
#include "solvers/stats/calibrate.h"

/* Pairs of a list with what either precision says of them. */
typedef struct list {
    int64_t n;
    int32_t *a, *b;       /* [n] */
    float *single, *near; /* [n, outputs]; near may hold less */
} list;

static void list_destroy(list *l)
{
    dn_free(l->a);
    dn_free(l->b);
    dn_free(l->single);
    dn_free(l->near);
    *l = (list){.n = 0};
}

/* Room for n pairs. Collective. */
static dn_status list_create(const dn_comm *comm, int64_t n, int64_t outputs, int64_t near_outputs, list *l,
                             dn_error *err)
{
    dn_status st = DN_OK;
    size_t room = (size_t)n + 1;

    l->n = n;
    l->a = dn_calloc(room, sizeof *l->a);
    l->b = dn_calloc(room, sizeof *l->b);
    l->single = dn_calloc(room, (size_t)outputs * sizeof *l->single);
    l->near = dn_calloc(room, (size_t)near_outputs * sizeof *l->near);
    if (l->a == NULL || l->b == NULL || l->single == NULL || l->near == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld pairs", (long long)n);
    DN_AGREE(comm);
out:
    return st;
}

static double seconds_since(double start)
{
    return MPI_Wtime() - start;
}

static double logit_of(const dn_gene_pass *p, const float *out)
{
    return dn_logit((double)dn_gene_pass_score(p, out));
}

/* ---- how far the precisions are apart ---- */

/* Pairs drawn at random. */
static void draw(const dn_gene_screen_options *o, list *l)
{
    dn_rng s = dn_rng_stream(0, DN_RNG_SCREEN, 0, 0);
    int64_t n = 0;

    for (int64_t i = 0; i < l->n; i++) {
        int64_t a = o->one >= 0 ? o->one : o->gene[dn_rng_below(s, (uint64_t)(2 * i), (uint64_t)o->n_genes)];
        int64_t b = o->gene[dn_rng_below(s, (uint64_t)(2 * i + 1), (uint64_t)o->n_genes)];

        if (a == b)
            continue;
        l->a[n] = (int32_t)(a < b ? a : b);
        l->b[n++] = (int32_t)(a < b ? b : a);
    }
    l->n = n;
}

static double largest_difference(const dn_gene_pass *p, const list *l)
{
    double d = 0;

    for (int64_t i = 0; i < l->n; i++)
        d = fmax(d, fabs(logit_of(p, l->single + i * p->outputs) - logit_of(p, l->near + i * p->outputs)));
    return d;
}

/* Collective. */
static dn_status measure_difference(const dn_comm *comm, dn_gene_pass *p, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    list l = {.n = 0};

    DN_TRY(list_create(comm, DN_GENE_SCREEN_SAMPLE, p->outputs, p->outputs, &l, err));
    draw(p->o, &l);
    DN_TRY(dn_score_pairs(comm, p->fold, true, l.a, l.b, l.n, p->outputs, l.near, err));
    DN_TRY(dn_score_pairs(comm, p->fold, false, l.a, l.b, l.n, p->outputs, l.single, err));
    *out = largest_difference(p, &l);
out:
    list_destroy(&l);
    return st;
}

/* ---- candidates ---- */

/* Put the candidates in the order of their scores in single precision and keep what was asked for. */
static dn_status order_local(dn_gene_pass *p, const list *l, dn_gene_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = p->o;
    int64_t *place = NULL, n = 0; /* [genes]  of the ids */
    dn_hit *hit = NULL;           /* [candidates]  the index in front of the places is not looked at */
    dn_screened *was = out->hit;
    dn_screened *now = NULL;

    DN_NEW(place, (size_t)p->in->id->n + 1);
    DN_NEW(hit, (size_t)l->n + 1);
    DN_NEW(now, (size_t)l->n + 1);
    DN_TRY(dn_screen_id_order(p->in->id, place, err));
    for (int64_t i = 0; i < l->n; i++) /* places of a and b in one number; candidates are told apart by b */
        hit[i] = (dn_hit){(double)dn_gene_pass_score(p, l->single + i * p->outputs),
                          place[was[i].a] * p->in->id->n + place[was[i].b], i};
    dn_best_sort(hit, l->n);
    out->missed = 0;
    for (int64_t i = 0; i < l->n && (o->keep == 0 || n < o->keep); i++)
        if (isnan(o->threshold) || hit[i].key >= o->threshold) {
            now[n] = was[hit[i].b];
            now[n++].score = (float)hit[i].key;
        }
    for (int64_t i = 0; i < n; i++)
        out->missed += hit[i].b >= n;
    out->n = n;
    out->hit = now;
    now = was;
out:
    dn_free(place);
    dn_free(hit);
    dn_free(now);
    return st;
}

/* The candidates out->hit [out->n] scored again; the last one's score in bfloat16 to *out_last. Collective.
 */
static dn_status score_again(const dn_comm *comm, dn_gene_pass *p, dn_gene_screen_result *out,
                             double *out_last, dn_error *err)
{
    dn_status st = DN_OK;
    list l = {.n = 0};

    DN_TRY(list_create(comm, out->n, p->outputs, 1, &l, err)); /* of near, the scores alone */
    for (int64_t i = 0; i < l.n; i++) {
        l.a[i] = (int32_t)out->hit[i].a;
        l.b[i] = (int32_t)out->hit[i].b;
        l.near[i] = out->hit[i].score;
    }
    *out_last = l.n > 0 ? dn_logit((double)l.near[l.n - 1]) : -INFINITY;
    out->candidates = l.n;
    DN_TRY(dn_gene_pass_list(comm, p, false, l.a, l.b, l.n, l.single, err));
    for (int64_t i = 0; i < l.n; i++)
        out->difference =
            fmax(out->difference, fabs(logit_of(p, l.single + i * p->outputs) - dn_logit((double)l.near[i])));
    DN_PASS(order_local(p, &l, out, err));
    DN_AGREE(comm);
out:
    list_destroy(&l);
    return st;
}

static double from_logit(double v)
{
    return 1 / (1 + exp(-v));
}

/* One pass by bfloat16 with `keep` candidates (0: all from the threshold on); *out_sure: the result is that
 * of single precision. Collective. */
static dn_status narrow_pass(const dn_comm *comm, dn_gene_pass *p, int64_t keep, dn_gene_screen_result *out,
                             bool *out_sure, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = p->o;
    double below = 2 * out->difference, last, worst;
    double least = isnan(o->threshold) ? -INFINITY : from_logit(dn_logit(o->threshold) - below);

    if (o->threshold <= 1e-7) /* where dn_logit() ends */
        least = -INFINITY;
    dn_free(out->hit);
    DN_TRY(dn_gene_pass_run(comm, p, true, keep, least, &out->hit, &out->n, err));
    DN_TRY(score_again(comm, p, out, &last, err));
    worst = isnan(o->threshold) ? -INFINITY : dn_logit(o->threshold);
    if (o->keep > 0 && out->n == o->keep)
        worst = fmax(worst, dn_logit((double)out->hit[out->n - 1].score));
    out->margin = keep > 0 && out->candidates == keep && keep < p->scored ? worst - last : NAN;
    *out_sure = (isnan(out->margin) || out->margin > 2 * out->difference) &&
                (isnan(o->threshold) || 2 * out->difference <= below);
    out->passes++;
out:
    return st;
}

/* What is known before a pass, for its checkpoints. */
static void remember(const dn_gene_screen_result *r, dn_screen_state *s)
{
    s->passes = r->passes;
    s->single = r->single;
    s->candidates = r->candidates;
    s->missed = r->missed;
    s->difference = r->difference;
    s->margin = r->margin;
}

static void recall(const dn_screen_state *s, dn_gene_screen_result *out)
{
    out->passes = (int)s->passes;
    out->single = s->single != 0;
    out->candidates = s->candidates;
    out->missed = s->missed;
    out->difference = s->difference;
    out->margin = s->margin;
}

/* Collective. */
static dn_status screen_single(const dn_comm *comm, dn_gene_pass *p, dn_gene_screen_result *out,
                               dn_error *err)
{
    const dn_gene_screen_options *o = p->o;

    dn_free(out->hit);
    out->hit = NULL;
    remember(out, &p->state);
    return dn_gene_pass_run(comm, p, false, o->keep, isnan(o->threshold) ? -INFINITY : o->threshold,
                            &out->hit, &out->n, err);
}

/* Passes with four times the candidates each until one is sure; out says how many have been. Collective. */
static dn_status try_candidates(const dn_comm *comm, dn_gene_pass *p, dn_gene_screen_result *out,
                                bool *out_sure, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = p->o;
    int64_t keep = o->keep * (o->widen > 0 ? o->widen : DN_GENE_SCREEN_WIDEN);
    int64_t most = p->pairs / 8 < dn_screen_keep_most() ? p->pairs / 8 : dn_screen_keep_most();

    *out_sure = false;
    for (int i = 0; i < out->passes; i++)
        keep *= 4;
    while (!*out_sure && keep <= most && out->passes < 8) {
        remember(out, &p->state);
        DN_TRY(narrow_pass(comm, p, keep, out, out_sure, err));
        if (!*out_sure && comm->rank == 0)
            dn_log(DN_INFO, "screen", "too few candidates for certainty",
                   "candidates=%lld margin=%.3g difference=%.3g", (long long)out->candidates, out->margin,
                   out->difference);
        keep *= 4;
    }
    if (!*out_sure && comm->rank == 0)
        dn_log(DN_INFO, "screen",
               keep > dn_screen_keep_most() ? "more candidates than fit: all pairs in single precision"
                                            : "too many candidates: all pairs in single precision",
               "candidates=%lld most=%lld", (long long)keep, (long long)most);
out:
    return st;
}

/* Collective. */
static dn_status screen_narrow(const dn_comm *comm, dn_gene_pass *p, dn_gene_screen_result *out,
                               dn_error *err)
{
    dn_status st = DN_OK;
    bool sure = false;

    if (p->resumed)
        recall(&p->state, out);
    else
        DN_TRY(measure_difference(comm, p, &out->difference, err));
    if (!out->single)
        DN_TRY(try_candidates(comm, p, out, &sure, err));
    if (sure)
        goto out;
    out->single = true;
    DN_TRY(screen_single(comm, p, out, err));
out:
    return st;
}

/* ---- what is said of the hits ---- */

/* Labels, and with four classes the probabilities of all. Collective. */
static dn_status describe(const dn_comm *comm, dn_gene_pass *p, dn_gene_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    list l = {.n = 0};

    for (int64_t i = 0; i < out->n; i++) {
        int64_t row = dn_gene_pass_known(p, out->hit[i].a, out->hit[i].b);
        const dn_pairs *k = p->in->known;

        if (row >= 0)
            out->hit[i].known =
                (int8_t)(k->gene_a[row] < k->gene_b[row] ? k->label[row] : dn_gener_turned(k->label[row]));
    }
    if (p->outputs == 1)
        goto out;
    DN_TRY(list_create(comm, out->n, p->outputs, 0, &l, err));
    for (int64_t i = 0; i < out->n; i++) {
        l.a[i] = (int32_t)out->hit[i].a;
        l.b[i] = (int32_t)out->hit[i].b;
    }
    DN_TRY(dn_gene_pass_list(comm, p, false, l.a, l.b, l.n, l.single, err));
    out->of = l.single;
    l.single = NULL;
out:
    list_destroy(&l);
    return st;
}

dn_status dn_gene_screen(const dn_comm *comm, const dn_gene_screen_input *in, const dn_gene_screen_options *o,
                         dn_gene_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    double start = MPI_Wtime();
    dn_gene_pass p;

    if (o->opt_saving != NULL && o->opt_saving->requests != NULL)
        o->opt_saving->requests->last = start;
    *out = (dn_gene_screen_result){.margin = NAN};
    DN_TRY(dn_gene_pass_open(comm, in, o, &p, err));
    DN_TRY(o->narrow ? screen_narrow(comm, &p, out, err) : screen_single(comm, &p, out, err));
    DN_TRY(describe(comm, &p, out, err));
    out->pairs = p.pairs;
    out->known = p.n_known;
    out->scored = p.scored;
    out->seconds = seconds_since(start);
    MPI_Allreduce(MPI_IN_PLACE, &out->seconds, 1, MPI_DOUBLE, MPI_MAX, comm->mpi);
out:
    dn_gene_pass_close(&p);
    if (st != DN_OK)
        dn_gene_screen_result_destroy(out);
    return st;
}

void dn_gene_screen_result_destroy(dn_gene_screen_result *r)
{
    dn_free(r->hit);
    dn_free(r->of);
    *r = (dn_gene_screen_result){.n = 0};
}
