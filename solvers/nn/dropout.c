/* dropout.c - masks that are a function of names; see dropout.h */
#include "solvers/nn/dropout.h"

#include <math.h>
#include <string.h>
#include "solvers/nn/kernels.h"

int64_t dn_dropout_words(int64_t units)
{
    return (units + 127) / 128 * 4;
}

/* Bits of 32 units from the 16-bit numbers in 16 words. */
DN_CLONES
static void compare(const uint32_t *restrict random, int64_t words, uint32_t threshold,
                    uint32_t *restrict mask)
{
    for (int64_t j = 0; j < words; j++, random += 16) {
        uint32_t bits = 0;
        for (uint32_t k = 0; k < 16; k++)
            bits |= (uint32_t)((random[k] & 0xffffu) >= threshold) << (2 * k) |
                    (uint32_t)(random[k] >> 16 >= threshold) << (2 * k + 1);
        mask[j] = bits;
    }
}

void dn_dropout_mask(dn_rng stream, uint64_t position, float rate, int64_t units, uint32_t *mask)
{
    enum { AT_ONCE = 64 }; /* blocks, of 8 units each */
    uint32_t random[4 * AT_ONCE];
    uint32_t threshold = (uint32_t)lrintf(rate * 65536.0f);
    int64_t blocks = (units + 7) / 8;

    if (rate == 0.5f) {
        dn_rng_blocks(stream, position, 0, dn_dropout_words(units) / 4, mask);
        return;
    }
    memset(mask, 0, (size_t)dn_dropout_words(units) * sizeof *mask);
    for (int64_t b = 0; b < blocks; b += AT_ONCE) {
        int64_t n = blocks - b < AT_ONCE ? blocks - b : AT_ONCE;
        dn_rng_blocks(stream, position, (uint32_t)b, n, random);
        memset(random + 4 * n, 0, (size_t)(4 * (AT_ONCE - n)) * sizeof *random);
        compare(random, (n + 3) / 4, threshold, mask + b / 4);
    }
    if (units % 32 != 0) /* nothing past the last unit */
        mask[units / 32] &= (1u << (units % 32)) - 1;
}

void dn_dropout_masks(dn_rng stream, uint64_t position, int64_t n, float rate, int64_t units, uint32_t *mask)
{
    int64_t words = dn_dropout_words(units);

    if (rate == 0.5f && words > 0)
        dn_rng_items(stream, position, n, words / 4, mask);
    else
        for (int64_t r = 0; r < n; r++)
            dn_dropout_mask(stream, position + (uint64_t)r, rate, units, mask + r * words);
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

#define AFFINE(of_)                                                               \
    float by = opt_mask != NULL ? 1.0f / (1.0f - rate) : 1;                       \
    int64_t u = 0;                                                                \
                                                                                  \
    for (; u + 32 <= units; u += 32) {                                            \
        uint32_t word = opt_mask != NULL ? opt_mask[u / 32] : ~0u;                \
        float kept[32];                                                           \
        for (uint32_t k = 0; k < 32; k++)                                         \
            kept[k] = (float)(int32_t)(word >> k & 1u) * by;                      \
        for (int k = 0; k < 32; k++)                                              \
            y[u + k] = of_((x[u + k] * scale[u + k] + shift[u + k]) * kept[k]);   \
    }                                                                             \
    for (; u < units; u++) {                                                      \
        bool kept = opt_mask == NULL || (opt_mask[u / 32] >> (u % 32) & 1u) != 0; \
        y[u] = of_(kept ? (x[u] * scale[u] + shift[u]) * by : 0);                 \
    }

DN_CLONES
void dn_dropout_affine(const uint32_t *opt_mask, float rate, int64_t units, const float *restrict x,
                       const float *restrict scale, const float *restrict shift, float *restrict y){AFFINE()}

DN_CLONES
    void dn_dropout_affine_bf16(const uint32_t *opt_mask, float rate, int64_t units, const float *restrict x,
                                const float *restrict scale, const float *restrict shift, dn_bf16 *restrict y)
{
    AFFINE(dn_bf16_round)
}
