/* dropout.c - masks that are a function of names; see dropout.h */
#include "solvers/nn/dropout.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/kernels.h"

int64_t dn_dropout_words(int64_t units)
{
    return (units + 127) / 128 * 4;
}

void dn_dropout_mask(dn_rng stream, uint64_t position, float rate, int64_t units, uint32_t *mask)
{
    uint32_t block[4];
    uint32_t threshold = (uint32_t)lrintf(rate * 65536.0f);

    if (rate == 0.5f) {
        for (int64_t b = 0; b < dn_dropout_words(units) / 4; b++)
            dn_rng_block(stream, position, (uint32_t)b, mask + 4 * b);
        return;
    }
    memset(mask, 0, (size_t)dn_dropout_words(units) * sizeof *mask);
    for (int64_t u = 0; u < units; u++) {
        uint32_t number;
        if (u % 8 == 0)
            dn_rng_block(stream, position, (uint32_t)(u / 8), block);
        number = block[u % 8 / 2] >> (u % 2 * 16) & 0xffffu;
        if (number >= threshold)
            mask[u / 32] |= 1u << (u % 32);
    }
}

DN_CLONES
void dn_dropout_apply(const uint32_t *mask, float rate, int64_t units, const float *x, float *y)
{
    float scale = 1.0f / (1.0f - rate);
    int64_t u = 0;

    for (; u + 32 <= units; u += 32) {
        uint32_t word = mask[u / 32];
        float kept[32];
        for (uint32_t k = 0; k < 32; k++)
            kept[k] = (float)(int32_t)(word >> k & 1u) * scale;
        for (int k = 0; k < 32; k++)
            y[u + k] = x[u + k] * kept[k];
    }
    for (; u < units; u++)
        y[u] = (mask[u / 32] >> (u % 32) & 1u) ? x[u] * scale : 0;
}
