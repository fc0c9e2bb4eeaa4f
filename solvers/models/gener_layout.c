/* gener_layout.c - tensors and norms of the GENER network, and its initial weights; see gener.h */
#include <math.h>
#include <string.h>
#include "solvers/models/gener_private.h"
#include "solvers/models/layout.h"

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
    dn_layout_dense(m, "dense1", data->samples, WIDE);
    dn_layout_norm(m, WIDE, PHASE_FIRST);
    dn_layout_dense(m, "dense2", WIDE, WIDE);
    dn_layout_norm(m, WIDE, PHASE_SECOND);
    dn_layout_tensor(m, "conv1_w", 2, F1, 4, 1);
    dn_layout_tensor(m, "conv1_b", 1, F1, 1, 1);
    dn_layout_norm(m, F1, PHASE_FIRST);
    dn_layout_tensor(m, "conv2_w", 2, F2, F1, 1);
    dn_layout_tensor(m, "conv2_b", 1, F2, 1, 1);
    dn_layout_norm(m, F2, PHASE_SECOND);
    dn_layout_dense(m, "dense3", F2 * length, NARROW);
    dn_layout_norm(m, NARROW, PHASE_NARROW);
    dn_layout_dense(m, "head", JOINT, g->options.classes);
}

/* Glorot & Bengio, AISTATS 2010: uniform in +- sqrt(6 / (fan in + fan out)). */
void dn_gener_start(const dn_model *m, uint64_t seed, float *w, float *running)
{
    memset(w, 0, (size_t)m->n_weights * sizeof *w);
    for (int i = 0; i < m->n_tensors; i++) {
        const dn_tensor_info *t = &m->tensor[i];
        double fans = (double)(t->dims[0] + t->dims[1]);
        if (i == CONV1_W)
            fans = 4 * 1 + 4 * F1; /* 2 x 2 window, 1 -> 16 channels */
        if (t->ndims == 2)
            dn_layout_uniform(seed, i, t->dims[0] * t->dims[1], sqrt(6 / fans), w + t->offset);
        else if (strstr(t->name, "_gamma") != NULL)
            for (int64_t e = 0; e < t->dims[0]; e++)
                w[t->offset + e] = 1;
    }
    dn_layout_running(m, running);
}
