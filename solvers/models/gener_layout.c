/* gener_layout.c - tensors and norms of the GENER network, and its initial weights; see gener.h */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/rng.h"
#include "solvers/models/gener_private.h"

static void add_tensor(dn_model *m, const char *name, int ndims, int64_t d0, int64_t d1)
{
    dn_tensor_info *t = &m->tensor[m->n_tensors++];

    snprintf(t->name, sizeof t->name, "%s", name);
    t->ndims = ndims;
    t->dims[0] = d0;
    t->dims[1] = d1;
    t->offset = m->n_weights;
    m->n_weights += ndims == 1 ? d0 : d0 * d1;
}

static void add_norm(dn_model *m, int64_t channels, int phase)
{
    dn_norm_info *n = &m->norm[m->n_norms++];
    char name[32];

    snprintf(n->name, sizeof n->name, "norm%d", m->n_norms);
    n->channels = channels;
    n->offset = m->n_moments;
    n->phase = phase;
    m->n_moments += 2 * channels;
    snprintf(name, sizeof name, "norm%d_gamma", m->n_norms);
    add_tensor(m, name, 1, channels, 1);
    snprintf(name, sizeof name, "norm%d_beta", m->n_norms);
    add_tensor(m, name, 1, channels, 1);
}

static const char *const part_names[PARTS_END - 1] = {
    "rows", "masks", "dense1", "norm1", "dense2", "norm2", "windows", "mix", "narrow", "norm5", "head"};

void dn_gener_init(dn_gener *g, const dn_gener_data *data, const dn_gener_options *options)
{
    dn_model *m = &g->model;
    int64_t length = data->samples - 1;

    *g = (dn_gener){.data = *data, .options = *options};
    m->architecture = "gener";
    m->ops = &dn_gener_ops;
    m->norm_momentum = 0.9f;
    m->positive_weight = 1;
    m->n_phases = PHASES;
    m->n_parts = PARTS_END - 1;
    m->part = part_names;
    if (g->options.classes == 0)
        g->options.classes = 2;
    m->outputs = g->options.classes > 2 ? g->options.classes : 1;
    add_tensor(m, "dense1_w", 2, data->samples, WIDE);
    add_tensor(m, "dense1_b", 1, WIDE, 1);
    add_norm(m, WIDE, PHASE_FIRST);
    add_tensor(m, "dense2_w", 2, WIDE, WIDE);
    add_tensor(m, "dense2_b", 1, WIDE, 1);
    add_norm(m, WIDE, PHASE_SECOND);
    add_tensor(m, "conv1_w", 2, F1, 4);
    add_tensor(m, "conv1_b", 1, F1, 1);
    add_norm(m, F1, PHASE_FIRST);
    add_tensor(m, "conv2_w", 2, F2, F1);
    add_tensor(m, "conv2_b", 1, F2, 1);
    add_norm(m, F2, PHASE_SECOND);
    add_tensor(m, "dense3_w", 2, F2 * length, NARROW);
    add_tensor(m, "dense3_b", 1, NARROW, 1);
    add_norm(m, NARROW, PHASE_NARROW);
    add_tensor(m, "head_w", 2, JOINT, g->options.classes);
    add_tensor(m, "head_b", 1, g->options.classes, 1);
}

/* Glorot & Bengio, AISTATS 2010: uniform in +- sqrt(6 / (fan in + fan out)); element e is word e % 4 of block
 * e / 4. */
static void glorot(uint64_t seed, int tensor, int64_t n, double fans, float *w)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_INIT, (uint64_t)tensor, 0);
    double limit = sqrt(6 / fans);
    uint32_t block[4] = {0};

    for (int64_t e = 0; e < n; e++) {
        if (e % 4 == 0)
            dn_rng_block(s, (uint64_t)(e / 4), 0, block);
        w[e] = (float)(limit * (2 * (((double)block[e % 4] + 0.5) * 0x1p-32) - 1));
    }
}

void dn_gener_start(const dn_model *m, uint64_t seed, float *w, float *running)
{
    memset(w, 0, (size_t)m->n_weights * sizeof *w);
    for (int i = 0; i < m->n_tensors; i++) {
        const dn_tensor_info *t = &m->tensor[i];
        double fans = (double)(t->dims[0] + t->dims[1]);
        if (i == CONV1_W)
            fans = 4 * 1 + 4 * F1; /* 2 x 2 window, 1 -> 16 channels */
        if (t->ndims == 2)
            glorot(seed, i, t->dims[0] * t->dims[1], fans, w + t->offset);
        else if (strstr(t->name, "_gamma") != NULL)
            for (int64_t e = 0; e < t->dims[0]; e++)
                w[t->offset + e] = 1;
    }
    for (int k = 0; k < m->n_norms; k++)
        for (int64_t c = 0; c < m->norm[k].channels; c++) {
            running[m->norm[k].offset + c] = 0;
            running[m->norm[k].offset + m->norm[k].channels + c] = 1;
        }
}
