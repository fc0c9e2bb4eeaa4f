/* gcn.c - a step along the bonds; see gcn.h */
#include "solvers/nn/gcn.h"

#include "solvers/base/clones.h"

DN_CLONES
void dn_gcn_step(const dn_molecule *m, int64_t width, const float *restrict x, float *restrict y)
{
    for (int64_t i = 0; i < m->atoms; i++) {
        float own = m->inv_sqrt[i] * m->inv_sqrt[i];
        float *to = y + i * width;
        for (int64_t c = 0; c < width; c++)
            to[c] = own * x[i * width + c];
        for (int64_t e = m->bond_at[i]; e < m->bond_at[i + 1]; e++) {
            const float *from = x + m->bond_to[e] * width;
            float weight = m->inv_sqrt[i] * m->inv_sqrt[m->bond_to[e]];
            for (int64_t c = 0; c < width; c++)
                to[c] += weight * from[c];
        }
    }
}
