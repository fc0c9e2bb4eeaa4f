/* dti_explain.c - integrated gradients of a drug-target pair; see dti_explain.h
 *
 * A network of one drug, one target and one pair, whose inputs are a buffer of ours, walks along the line.
 */
#include "solvers/models/dti_explain.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/dti_private.h"
#include "solvers/nn/loss.h"

/* Where the parts of the inputs of one pair stand when they follow each other. */
typedef struct parts {
    int64_t atoms, positions;
    int64_t state, drug_extra, target_extra, pair_extra, end; /* offsets; atoms begin at 0 */
} parts;

static parts parts_of(const dn_dti *g, int64_t drug, int64_t target)
{
    const dn_dti_data *d = &g->data;
    parts p = {.atoms = d->atom_at[drug + 1] - d->atom_at[drug], .positions = length_of(g, target)};

    p.state = p.atoms * d->atom_width;
    p.drug_extra = p.state + p.positions * d->state_width;
    p.target_extra = p.drug_extra + d->drug_extra_width;
    p.pair_extra = p.target_extra + d->target_extra_width;
    p.end = p.pair_extra + d->pair_extra_width;
    return p;
}

dn_status dn_dti_input_gradient(dn_work *k, const float *w, const float *running, int64_t row,
                                double *out_logit, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti *g = k->g;
    const dn_dti_options *o = &g->options;
    const dn_pass pass = {.train = false};
    parts p = parts_of(g, g->data.drug[row], g->data.target[row]);
    float probability;
    int64_t at = o->drug_out;

    DN_TRY(dn_dti_load(k, &row, 1, &pass, err));
    DN_TRY(g->model.ops->predict(k, w, running, &probability, err));
    *out_logit = (double)k->logit[0];
    DN_TRY(dn_dti_joint_infer_backward(k, w, err));
    DN_TRY(dn_dti_drug_infer_backward(k, w, out, err));
    DN_TRY(dn_dti_target_infer_backward(k, w, running, g->data.target[row], out + p.state, err));
    for (int64_t i = 0; i < g->data.drug_extra_width; i++)
        out[p.drug_extra + i] = k->dcat[at + i];
    at += g->data.drug_extra_width + o->target_out;
    for (int64_t i = 0; i < g->data.target_extra_width; i++)
        out[p.target_extra + i] = k->dcat[at + i];
    at += g->data.target_extra_width;
    for (int64_t i = 0; i < g->data.pair_extra_width; i++)
        out[p.pair_extra + i] = k->dcat[at + i] + (has_direct(g) ? tensor(k, w, DIRECT_W)[i] : 0);
out:
    return st;
}

/* ---- the line ---- */

typedef struct walk {
    const float *w, *running;
    parts p;
    int64_t ids[2]; /* 0, 0: the drug and the target of the pair */
    int64_t state_at[2], atom_at[2];
    dn_dti *one;   /* the network of this pair */
    dn_work *work; /* of one */
    float *at;     /* [p.end]  where the walk stands; the inputs of `one` */
    float *from;   /* [p.end]  the baseline */
    float *to;     /* [p.end]  the pair */
    float *slope;  /* [p.end] */
    double *sum;   /* [p.end]  of slopes */
} walk;

static void walk_destroy(walk *k)
{
    if (k->work != NULL)
        k->one->model.ops->work_destroy(&k->work);
    dn_dti_destroy(&k->one);
    dn_free(k->at);
    dn_free(k->from);
    dn_free(k->to);
    dn_free(k->slope);
    dn_free(k->sum);
}

static void put(float *to, const float *from, int64_t n)
{
    if (n > 0)
        memcpy(to, from, (size_t)n * sizeof *to);
}

/* Both ends of the line. */
static void set_ends(walk *k, const dn_dti_data *d, const dn_dti_asked *a, const dn_dti_origin *b)
{
    const parts *p = &k->p;

    put(k->to, d->atom + d->atom_at[a->drug] * d->atom_width, p->state);
    put(k->to + p->state, d->state + d->state_at[a->target] * d->state_width, p->drug_extra - p->state);
    put(k->to + p->drug_extra, d->drug_extra_width > 0 ? d->drug_extra + a->drug * d->drug_extra_width : NULL,
        d->drug_extra_width);
    put(k->to + p->target_extra,
        d->target_extra_width > 0 ? d->target_extra + a->target * d->target_extra_width : NULL,
        d->target_extra_width);
    put(k->to + p->pair_extra, a->pair_extra, d->pair_extra_width);

    for (int64_t i = 0; i < p->atoms; i++)
        put(k->from + i * d->atom_width, b->atom, d->atom_width);
    for (int64_t i = 0; i < p->positions; i++)
        put(k->from + p->state + i * d->state_width, b->state, d->state_width);
    put(k->from + p->drug_extra, b->drug_extra, d->drug_extra_width);
    put(k->from + p->target_extra, b->target_extra, d->target_extra_width);
    put(k->from + p->pair_extra, b->pair_extra, d->pair_extra_width);
}

static dn_status walk_start(const dn_dti *g, const dn_dti_asked *a, const dn_dti_origin *b, walk *k,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_data d = g->data;

    k->p = parts_of(g, a->drug, a->target);
    DN_NEW(k->at, (size_t)k->p.end);
    DN_NEW(k->from, (size_t)k->p.end);
    DN_NEW(k->to, (size_t)k->p.end);
    DN_NEW(k->slope, (size_t)k->p.end);
    DN_NEW(k->sum, (size_t)k->p.end);
    set_ends(k, &g->data, a, b);
    k->atom_at[1] = k->p.atoms;
    k->state_at[1] = k->p.positions;
    d.n_drugs = d.n_targets = d.n_pairs = 1;
    d.atom_at = k->atom_at;
    d.atom = k->at;
    d.bond_at = g->data.bond_at + g->data.atom_at[a->drug]; /* bond_to counts within the molecule */
    d.state_at = k->state_at;
    d.state = k->at + k->p.state;
    d.drug = &k->ids[0];
    d.target = &k->ids[1];
    d.label = NULL;
    d.drug_extra = k->at + k->p.drug_extra;
    d.target_extra = k->at + k->p.target_extra;
    d.pair_extra = k->at + k->p.pair_extra;
    DN_TRY(dn_dti_create(&d, &g->options, &k->one, err));
    DN_TRY(k->one->model.ops->work_create(&k->one->model, 1, &k->work, err));
out:
    return st;
}

/* The logit, and the slope, at share `a` of the line. */
static dn_status look(walk *k, double a, double *out_logit, dn_error *err)
{
    for (int64_t i = 0; i < k->p.end; i++)
        k->at[i] =
            a == 1 ? k->to[i] : (float)((double)k->from[i] + a * ((double)k->to[i] - (double)k->from[i]));
    return dn_dti_input_gradient(k->work, k->w, k->running, 0, out_logit, k->slope, err);
}

/* Contributions [p.end] into k->sum with so many steps; their sum. */
static dn_status integrate(walk *k, int64_t steps, double *out_sum, dn_error *err)
{
    dn_status st = DN_OK;
    double logit;

    memset(k->sum, 0, (size_t)k->p.end * sizeof *k->sum);
    for (int64_t s = 0; s < steps; s++) {
        DN_TRY(look(k, ((double)s + 0.5) / (double)steps, &logit, err));
        for (int64_t i = 0; i < k->p.end; i++)
            k->sum[i] += (double)k->slope[i];
    }
    *out_sum = 0;
    for (int64_t i = 0; i < k->p.end; i++) {
        k->sum[i] *= ((double)k->to[i] - (double)k->from[i]) / (double)steps;
        *out_sum += k->sum[i];
    }
out:
    return st;
}

/* ---- the answer ---- */

void dn_dti_explanation_destroy(dn_dti_explanation *e)
{
    dn_free(e->atom);
    dn_free(e->position);
    dn_free(e->drug_extra);
    dn_free(e->target_extra);
    dn_free(e->pair_extra);
    *e = (dn_dti_explanation){.atoms = 0};
}

/* Sums of `width` numbers each. */
static dn_status sum_rows(const double *x, int64_t rows, int64_t width, double **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)rows + 1);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < width; c++)
            (*out)[r] += x[r * width + c];
out:
    return st;
}

static dn_status publish(const walk *k, dn_dti_explanation *e, dn_error *err)
{
    dn_status st = DN_OK;
    const parts *p = &k->p;
    const dn_dti_data *d = &k->one->data;

    e->atoms = p->atoms;
    e->positions = p->positions;
    e->drug_extras = d->drug_extra_width;
    e->target_extras = d->target_extra_width;
    e->pair_extras = d->pair_extra_width;
    DN_TRY(sum_rows(k->sum, p->atoms, d->atom_width, &e->atom, err));
    DN_TRY(sum_rows(k->sum + p->state, p->positions, d->state_width, &e->position, err));
    DN_TRY(sum_rows(k->sum + p->drug_extra, d->drug_extra_width, 1, &e->drug_extra, err));
    DN_TRY(sum_rows(k->sum + p->target_extra, d->target_extra_width, 1, &e->target_extra, err));
    DN_TRY(sum_rows(k->sum + p->pair_extra, d->pair_extra_width, 1, &e->pair_extra, err));
out:
    return st;
}

dn_status dn_dti_explain(const dn_dti *g, const float *w, const float *running, const dn_dti_asked *pair,
                         const dn_dti_origin *baseline, const dn_dti_explain_options *o,
                         dn_dti_explanation *out, dn_error *err)
{
    dn_status st = DN_OK;
    walk k = {.w = w, .running = running};
    dn_dti_explanation e = {.steps = o->steps};
    double sum;
    float logit, probability;

    *out = (dn_dti_explanation){.atoms = 0};
    if (o->steps < 1 || o->most < o->steps || !(o->tolerance >= 0))
        DN_FAIL(DN_EUSAGE, "%lld steps, at most %lld, to a remainder of %g: out of range",
                (long long)o->steps, (long long)o->most, o->tolerance);
    DN_TRY(walk_start(g, pair, baseline, &k, err));
    DN_TRY(look(&k, 0, &e.baseline, err));
    DN_TRY(look(&k, 1, &e.score, err));
    logit = (float)e.score;
    dn_logit_probability(&logit, 1, &probability);
    e.probability = (double)probability;
    for (;; e.steps *= 2) {
        DN_TRY(integrate(&k, e.steps, &sum, err));
        e.remainder = e.score - e.baseline - sum;
        e.complete = fabs(e.remainder) <= o->tolerance;
        if (e.complete || e.steps > o->most / 2)
            break;
    }
    DN_TRY(publish(&k, &e, err));
    *out = e;
    e = (dn_dti_explanation){.atoms = 0};
out:
    walk_destroy(&k);
    dn_dti_explanation_destroy(&e);
    return st;
}
