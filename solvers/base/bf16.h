/* bf16.h - bfloat16: the upper half of a float. Rounding is to nearest, ties to even; what is not finite
 * stays so. Both functions are local; those over arrays are in solvers/nn/bf16.h. */
#ifndef DN_BASE_BF16_H
#define DN_BASE_BF16_H

#include <stdint.h>
#include <string.h>

typedef uint16_t dn_bf16;

static inline dn_bf16 dn_bf16_round(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (dn_bf16)(bits >> 16 | 0x40u);
    return (dn_bf16)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static inline float dn_bf16_float(dn_bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float out;

    memcpy(&out, &bits, sizeof out);
    return out;
}

#endif
