/* dti.c - the drug-target network: data checks, layout, initial weights, phases; see dti.h */
#include "solvers/models/dti_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/layout.h"

/* ---- the data ---- */

static bool has_bond(const dn_dti_data *d, const int64_t *at, int64_t from, int64_t to)
{
    for (int64_t e = at[from]; e < at[from + 1]; e++)
        if (d->bond_to[e] == to)
            return true;
    return false;
}

static dn_status check_drug(const dn_dti_data *d, int64_t drug, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = d->atom_at[drug + 1] - d->atom_at[drug];
    const int64_t *at = d->bond_at + d->atom_at[drug];

    if (n < 1)
        DN_FAIL(DN_EDATA, "drug %lld has %lld atoms", (long long)drug, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        if (at[i + 1] < at[i])
            DN_FAIL(DN_EDATA, "drug %lld: the bonds of atom %lld end before they begin", (long long)drug,
                    (long long)i);
        for (int64_t e = at[i]; e < at[i + 1]; e++) {
            int64_t to = d->bond_to[e];
            if (to < 0 || to >= n || to == i)
                DN_FAIL(DN_EDATA, "drug %lld: a bond of atom %lld leads to atom %lld of %lld",
                        (long long)drug, (long long)i, (long long)to, (long long)n);
            for (int64_t f = at[i]; f < e; f++)
                if (d->bond_to[f] == to)
                    DN_FAIL(DN_EDATA, "drug %lld: the bond of atoms %lld and %lld stands twice",
                            (long long)drug, (long long)i, (long long)to);
        }
    }
    for (int64_t i = 0; i < n; i++) /* every offset has been seen: now both directions */
        for (int64_t e = at[i]; e < at[i + 1]; e++)
            if (!has_bond(d, at, d->bond_to[e], i))
                DN_FAIL(DN_EDATA, "drug %lld: the bond of atoms %lld and %lld stands at one of them only",
                        (long long)drug, (long long)i, (long long)d->bond_to[e]);
out:
    return st;
}

static dn_status check_pairs(const dn_dti_data *d, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t p = 0; p < d->n_pairs; p++) {
        if (d->drug[p] < 0 || d->drug[p] >= d->n_drugs)
            DN_FAIL(DN_EDATA, "pair %lld: drug %lld of %lld", (long long)p, (long long)d->drug[p],
                    (long long)d->n_drugs);
        if (d->target[p] < 0 || d->target[p] >= d->n_targets)
            DN_FAIL(DN_EDATA, "pair %lld: target %lld of %lld", (long long)p, (long long)d->target[p],
                    (long long)d->n_targets);
        if (d->label != NULL && d->label[p] > 1)
            DN_FAIL(DN_EDATA, "pair %lld: label %d is not 0 or 1", (long long)p, d->label[p]);
    }
out:
    return st;
}

static dn_status check_data(const dn_dti_data *d, dn_error *err)
{
    dn_status st = DN_OK;

    if (d->atom_width < 1 || d->state_width < 1)
        DN_FAIL(DN_EDATA, "%lld features an atom, %lld numbers a position: at least 1 each",
                (long long)d->atom_width, (long long)d->state_width);
    if (d->drug_extra_width < 0 || d->drug_extra_width > MAX_EXTRA || d->target_extra_width < 0 ||
        d->target_extra_width > MAX_EXTRA || d->pair_extra_width < 0 || d->pair_extra_width > MAX_EXTRA)
        DN_FAIL(DN_EDATA, "%lld, %lld, %lld extra numbers of a drug, a target, a pair: 0 .. %d each",
                (long long)d->drug_extra_width, (long long)d->target_extra_width,
                (long long)d->pair_extra_width, MAX_EXTRA);
    for (int64_t t = 0; t < d->n_targets; t++)
        if (d->state_at[t + 1] <= d->state_at[t] || d->state_at[t + 1] - d->state_at[t] > INT32_MAX)
            DN_FAIL(DN_EDATA, "target %lld has %lld positions", (long long)t,
                    (long long)(d->state_at[t + 1] - d->state_at[t]));
    for (int64_t i = 0; i < d->n_drugs; i++)
        DN_TRY(check_drug(d, i, err));
    DN_TRY(check_pairs(d, err));
out:
    return st;
}

static dn_status check_options(const dn_dti_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    const struct {
        const char *name;
        int64_t units;
    } layers[] = {{"gcn1", o->gcn1},   {"gcn2", o->gcn2},   {"drug_out", o->drug_out},
                  {"conv1", o->conv1}, {"conv2", o->conv2}, {"target_out", o->target_out}};

    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (layers[i].units < 1 || layers[i].units > MAX_UNITS)
            DN_FAIL(DN_EUSAGE, "%s: %lld units, must be 1 .. %d", layers[i].name, (long long)layers[i].units,
                    MAX_UNITS);
    if (o->joint < 0 || o->joint > MAX_UNITS)
        DN_FAIL(DN_EUSAGE, "joint: %lld units, must be 0 .. %d", (long long)o->joint, MAX_UNITS);
    if (o->heads < 1 || (o->heads > 1 && (o->joint == 0 || o->joint % o->heads != 0)))
        DN_FAIL(DN_EUSAGE, "%lld heads do not divide a joint layer of %lld units", (long long)o->heads,
                (long long)o->joint);
    if (!(o->dropout >= 0 && o->dropout < 1))
        DN_FAIL(DN_EUSAGE, "dropout %g is not in [0, 1)", (double)o->dropout);
    if (!(o->positive_weight > 0) || !isfinite(o->positive_weight))
        DN_FAIL(DN_EUSAGE, "positive weight %g is not above 0", (double)o->positive_weight);
    if (o->max_length < 0)
        DN_FAIL(DN_EUSAGE, "at most %lld positions of a target", (long long)o->max_length);
out:
    return st;
}

/* ---- layout ---- */

/* What a profile tells apart: the GCN with its dense layer; both convolutions, each with norm and pool; the
 * maximum over positions with the dense layer behind it; what drug and target share, with the loss. */
enum { PART_DRUG = 1, PART_CONV1, PART_CONV2, PART_TOP, PART_JOINT };
static const char *const part_names[] = {"drug", "conv1", "conv2", "target", "joint"};

static void add_convolution(dn_model *m, int layer, int64_t in, int64_t out)
{
    char name[32];

    snprintf(name, sizeof name, "conv%d_w", layer);
    dn_layout_tensor(m, name, 3, in, 3, out);
    snprintf(name, sizeof name, "conv%d_b", layer);
    dn_layout_tensor(m, name, 1, out, 1, 1);
    dn_layout_norm(m, out, layer == 1 ? PHASE_FIRST : PHASE_SECOND);
}

static const dn_model_ops dti_ops;

/* In the order of the enum in dti_private.h. */
static void lay_out(dn_model *m, const dn_dti_data *d, const dn_dti_options *o)
{
    const dn_dti g = {.data = *d, .options = *o};
    int64_t sides = cat_width(&g);

    m->architecture = "dti";
    m->ops = &dti_ops;
    m->norm_momentum = 0.9f;
    m->unbiased_running = true;
    m->positive_weight = (double)o->positive_weight;
    m->outputs = 1;
    m->n_phases = PHASES;
    m->n_parts = (int)(sizeof part_names / sizeof part_names[0]);
    m->part = part_names;
    dn_layout_dense(m, "gcn1", d->atom_width, o->gcn1);
    dn_layout_dense(m, "gcn2", o->gcn1, o->gcn2);
    dn_layout_dense(m, "drug", o->gcn2, o->drug_out);
    add_convolution(m, 1, d->state_width, o->conv1);
    add_convolution(m, 2, o->conv1, o->conv2);
    dn_layout_dense(m, "target", o->conv2, o->target_out);
    dn_layout_dense(m, "head", o->joint > 0 ? o->joint : sides, 1);
    if (o->joint > 0)
        dn_layout_dense(m, "joint", sides, o->joint);
    if (has_direct(&g))
        dn_layout_tensor(m, "direct_w", 2, d->pair_extra_width, 1, 1);
}

dn_status dn_dti_create(const dn_dti_data *data, const dn_dti_options *options, dn_dti **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti *g = NULL;
    int64_t atoms = data->n_drugs > 0 ? data->atom_at[data->n_drugs] : 0;

    *out = NULL;
    DN_TRY(check_options(options, err));
    DN_TRY(check_data(data, err));
    DN_NEW(g, 1);
    DN_NEW(g->inv_sqrt, (size_t)atoms);
    for (int64_t i = 0; i < atoms; i++)
        g->inv_sqrt[i] = 1.0f / sqrtf((float)(data->bond_at[i + 1] - data->bond_at[i] + 1));
    g->data = *data;
    g->options = *options;
    lay_out(&g->model, data, options);
    *out = g;
    g = NULL;
out:
    dn_dti_destroy(&g);
    return st;
}

void dn_dti_destroy(dn_dti **handle)
{
    if (*handle == NULL)
        return;
    dn_free((*handle)->inv_sqrt);
    dn_free(*handle);
    *handle = NULL;
}

double dn_dti_cost(const dn_dti *g, int64_t pair)
{
    const dn_dti_data *d = &g->data;
    const dn_dti_options *o = &g->options;
    double atoms = (double)(d->atom_at[d->drug[pair] + 1] - d->atom_at[d->drug[pair]]);
    double length = (double)length_of(g, d->target[pair]);
    double conv1 = length * (double)(3 * d->state_width * o->conv1);
    double conv2 = length / 2 * (double)(3 * o->conv1 * o->conv2);
    double gcn = atoms * (double)(d->atom_width * o->gcn1 + o->gcn1 * o->gcn2);

    return 2 * (2 * conv1 + 3 * conv2 + 3 * gcn); /* no gradient reaches the states */
}

/* ---- initial weights ---- */

/* Inputs of a unit of a weight or bias tensor that starts as PyTorch's do, 0 for the others. */
static int64_t fan_in(const dn_model *m, int which)
{
    switch (which) {
    case DRUG_W:
    case DRUG_B:
    case TARGET_W:
    case TARGET_B:
    case HEAD_W:
    case HEAD_B:
    case JOINT_W:
    case JOINT_B:
    case CONV1_W:
    case CONV1_B:
    case CONV2_W:
    case CONV2_B: {
        const dn_tensor_info *w = &m->tensor[m->tensor[which].ndims == 1 ? which - 1 : which];
        return w->dims[0] * (w->ndims == 3 ? w->dims[1] : 1);
    }
    default:
        return 0;
    }
}

static void init(const dn_model *m, uint64_t seed, float *w, float *running)
{
    const dn_dti *g = (const dn_dti *)m;

    memset(w, 0, (size_t)m->n_weights * sizeof *w);
    for (int i = 0; i < m->n_tensors; i++) {
        const dn_tensor_info *t = &m->tensor[i];
        int64_t end = i + 1 < m->n_tensors ? m->tensor[i + 1].offset : m->n_weights, fan = fan_in(m, i);
        if (i == GCN1_W || i == GCN2_W)
            dn_layout_uniform(seed, i, end - t->offset, sqrt(6 / (double)(t->dims[0] + t->dims[1])),
                              w + t->offset);
        else if (fan > 0)
            dn_layout_uniform(seed, i, end - t->offset, 1 / sqrt((double)fan), w + t->offset);
        else if (i == NORM1_GAMMA || i == NORM2_GAMMA)
            for (int64_t e = t->offset; e < end; e++)
                w[e] = 1;
    }
    if (has_direct(g) && g->data.pair_start != NULL) {
        memset(w + m->tensor[HEAD_W].offset, 0, (size_t)g->options.joint * sizeof *w);
        memcpy(w + m->tensor[DIRECT_W].offset, g->data.pair_start,
               (size_t)g->data.pair_extra_width * sizeof *w);
    }
    dn_layout_running(m, running);
}

/* ---- passes ---- */

static dn_status forward(dn_work *k, const float *w, int phase, dn_error *err)
{
    dn_status st = DN_OK;

    switch (phase) {
    case PHASE_FIRST:
        dn_clock_part(k->pass.opt_clock, PART_DRUG);
        DN_TRY(dn_dti_drug_forward(k, w, k->drug, k->rows, true, err));
        dn_clock_part(k->pass.opt_clock, PART_CONV1);
        DN_TRY(dn_dti_target_first(k, w, err));
        break;
    case PHASE_SECOND:
        dn_clock_part(k->pass.opt_clock, PART_CONV2);
        DN_TRY(dn_dti_target_second(k, w, err));
        break;
    case PHASE_HEAD:
        dn_clock_part(k->pass.opt_clock, PART_TOP);
        DN_TRY(dn_dti_target_top(k, w, err));
        dn_clock_part(k->pass.opt_clock, PART_JOINT);
        DN_TRY(dn_dti_joint_forward(k, w, err));
        break;
    }
out:
    return st;
}

static dn_status backward(dn_work *k, const float *w, int phase, float *dw, dn_error *err)
{
    dn_status st = DN_OK;

    switch (phase) {
    case PHASE_HEAD:
        dn_clock_part(k->pass.opt_clock, PART_JOINT);
        DN_TRY(dn_dti_joint_backward(k, w, dw, err));
        dn_clock_part(k->pass.opt_clock, PART_TOP);
        DN_TRY(dn_dti_target_top_backward(k, w, dw, err));
        break;
    case PHASE_SECOND:
        dn_clock_part(k->pass.opt_clock, PART_CONV2);
        DN_TRY(dn_dti_target_second_backward(k, w, dw, err));
        break;
    case PHASE_FIRST:
        dn_clock_part(k->pass.opt_clock, PART_CONV1);
        DN_TRY(dn_dti_target_first_backward(k, w, dw, err));
        dn_clock_part(k->pass.opt_clock, PART_DRUG);
        DN_TRY(dn_dti_drug_backward(k, w, dw, err));
        break;
    }
out:
    return st;
}

/* ---- inference ---- */

/* Rows of one side: what the branch computed, then the extra numbers of its ids. */
static void put_side(const float *computed, int64_t width, const float *extra, int64_t extra_width,
                     const int64_t *ids, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++) {
        memcpy(out, computed + i * width, (size_t)width * sizeof *out);
        out += width;
        if (extra_width > 0)
            memcpy(out, extra + ids[i] * extra_width, (size_t)extra_width * sizeof *out);
        out += extra_width;
    }
}

dn_status dn_dti_encode_drugs(dn_work *k, const float *w, const int64_t *drugs, int64_t n, float *out,
                              dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_dti_drug_forward(k, w, drugs, n, false, err));
    put_side(k->drug_out, k->g->options.drug_out, k->g->data.drug_extra, k->g->data.drug_extra_width, drugs,
             n, out);
out:
    return st;
}

dn_status dn_dti_encode_targets(dn_work *k, const float *w, const float *running, const int64_t *targets,
                                int64_t n, float *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_dti_target_infer(k, w, running, targets, n, err));
    put_side(k->target_out, k->g->options.target_out, k->g->data.target_extra, k->g->data.target_extra_width,
             targets, n, out);
out:
    return st;
}

static dn_status predict(dn_work *k, const float *w, const float *running, float *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_dti_drug_forward(k, w, k->drugs, k->n_drugs, false, err));
    DN_TRY(dn_dti_target_infer(k, w, running, k->distinct, k->n_distinct, err));
    DN_TRY(dn_dti_joint_infer(k, w, out, err));
out:
    return st;
}

/* ---- the trainer's view ---- */

static float *moments(dn_work *k)
{
    return k->moments;
}

static float *moment_gradients(dn_work *k)
{
    return k->moment_gradients;
}

static double *moment_counts(dn_work *k)
{
    return k->counts;
}

static void loss(const dn_work *k, double *out_sum, int64_t *out_right)
{
    *out_sum = k->loss;
    *out_right = k->right;
}

static double cost(const dn_model *m, int64_t row)
{
    return dn_dti_cost((const dn_dti *)m, row);
}

static const dn_model_ops dti_ops = {.init = init,
                                     .work_create = dn_dti_work_create,
                                     .work_destroy = dn_dti_work_destroy,
                                     .cost = cost,
                                     .load = dn_dti_load,
                                     .forward = forward,
                                     .backward = backward,
                                     .moments = moments,
                                     .moment_gradients = moment_gradients,
                                     .moment_counts = moment_counts,
                                     .loss = loss,
                                     .predict = predict};
