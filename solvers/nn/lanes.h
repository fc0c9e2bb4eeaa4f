/* lanes.h - sums in sixteen lanes and one fixed order, so that they vectorise and repeat */
#ifndef DN_NN_LANES_H
#define DN_NN_LANES_H

#include <stdint.h>
#include <string.h>

typedef float dn_lanes __attribute__((vector_size(64)));

/* The lanes added up as a fixed tree. */
static inline float dn_lanes_total(const dn_lanes *v)
{
    float t[16];

    memcpy(t, v, sizeof t);
    for (int half = 8; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            t[k] += t[k + half];
    return t[0];
}

/* x[i .. i + 16), zero from n on. */
static inline void dn_lanes_load(const float *x, int64_t i, int64_t n, dn_lanes *out)
{
    if (i + 16 <= n) {
        memcpy(out, x + i, sizeof *out);
    } else {
        *out = (dn_lanes){0};
        memcpy(out, x + i, (size_t)(n - i) * sizeof *x);
    }
}

static inline float dn_lanes_dot(const float *x, const float *y, int64_t n)
{
    dn_lanes sum = {0}, a, b;

    for (int64_t i = 0; i < n; i += 16) {
        dn_lanes_load(x, i, n, &a);
        dn_lanes_load(y, i, n, &b);
        sum += a * b;
    }
    return dn_lanes_total(&sum);
}

#endif
