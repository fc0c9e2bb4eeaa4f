/* layout.c - tensors and norms of a model; see layout.h */
#include "solvers/models/layout.h"

#include <stdio.h>
#include "solvers/base/rng.h"

void dn_layout_tensor(dn_model *m, const char *name, int ndims, int64_t d0, int64_t d1, int64_t d2)
{
    dn_tensor_info *t = &m->tensor[m->n_tensors++];

    snprintf(t->name, sizeof t->name, "%s", name);
    t->ndims = ndims;
    t->dims[0] = d0;
    t->dims[1] = d1;
    t->dims[2] = d2;
    t->offset = m->n_weights;
    m->n_weights += d0 * d1 * d2;
}

void dn_layout_dense(dn_model *m, const char *name, int64_t in, int64_t out)
{
    char full[32];

    snprintf(full, sizeof full, "%s_w", name);
    dn_layout_tensor(m, full, 2, in, out, 1);
    snprintf(full, sizeof full, "%s_b", name);
    dn_layout_tensor(m, full, 1, out, 1, 1);
}

void dn_layout_norm(dn_model *m, int64_t channels, int phase)
{
    dn_norm_info *n = &m->norm[m->n_norms++];
    char name[32];

    snprintf(n->name, sizeof n->name, "norm%d", m->n_norms);
    n->channels = channels;
    n->offset = m->n_moments;
    n->phase = phase;
    m->n_moments += 2 * channels;
    snprintf(name, sizeof name, "norm%d_gamma", m->n_norms);
    dn_layout_tensor(m, name, 1, channels, 1, 1);
    snprintf(name, sizeof name, "norm%d_beta", m->n_norms);
    dn_layout_tensor(m, name, 1, channels, 1, 1);
}

void dn_layout_uniform(uint64_t seed, int which, int64_t n, double limit, float *w)
{
    dn_rng s = dn_rng_stream(seed, DN_RNG_INIT, (uint64_t)which, 0);
    uint32_t block[4] = {0};

    for (int64_t e = 0; e < n; e++) {
        if (e % 4 == 0)
            dn_rng_block(s, (uint64_t)(e / 4), 0, block);
        w[e] = (float)(limit * (2 * (((double)block[e % 4] + 0.5) * 0x1p-32) - 1));
    }
}

void dn_layout_running(const dn_model *m, float *running)
{
    for (int n = 0; n < m->n_norms; n++)
        for (int64_t c = 0; c < m->norm[n].channels; c++) {
            running[m->norm[n].offset + c] = 0;
            running[m->norm[n].offset + m->norm[n].channels + c] = 1;
        }
}
