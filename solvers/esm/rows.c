/* rows.c - norms, roundings and rotations of rows; see rows.h */
#include "solvers/esm/rows.h"

#include <math.h>
#include <string.h>
#include "solvers/base/clones.h"
#include "solvers/esm/exp2.h"
#include "solvers/nn/bf16.h"

enum { LANES = 16 };

static inline __attribute__((always_inline)) float lanes_total(const dn_v16 *v)
{
    float t[LANES];

    memcpy(t, v, sizeof t);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            t[k] += t[k + half];
    return t[0];
}

DN_CLONES
void dn_esm_norm_rows(const float *x, int64_t rows, int64_t width, const float *scale, const float *shift,
                      float eps, float *y)
{
    int64_t whole = width / LANES * LANES;

    for (int64_t r = 0; r < rows; r++, x += width, y += width) {
        dn_v16 sum = {0}, square = {0};
        float mean = 0, variance = 0, scaled;

        for (int64_t i = 0; i < whole; i += LANES)
            sum += DN_AT(x + i);
        for (int64_t i = whole; i < width; i++)
            mean += x[i];
        mean = (mean + lanes_total(&sum)) / (float)width;
        for (int64_t i = 0; i < whole; i += LANES) {
            dn_v16 d = DN_AT(x + i) - mean;
            square += d * d;
        }
        for (int64_t i = whole; i < width; i++)
            variance += (x[i] - mean) * (x[i] - mean);
        variance = (variance + lanes_total(&square)) / (float)width;
        scaled = 1.0f / sqrtf(variance + eps);
        for (int64_t i = 0; i < whole; i += LANES)
            DN_PUT(y + i) = (DN_AT(x + i) - mean) * scaled * DN_AT(scale + i) + DN_AT(shift + i);
        for (int64_t i = whole; i < width; i++)
            y[i] = (x[i] - mean) * scaled * scale[i] + shift[i];
    }
}

/* x[i .. n), the rest zero: fewer than LANES numbers */
static inline void take(const float *x, int64_t i, int64_t n, float *t)
{
    memset(t, 0, LANES * sizeof *t);
    memcpy(t, x + i, (size_t)(n - i) * sizeof *t);
}

#define GELU(x, out)                             \
    do {                                         \
        dn_v16 v_ = (x), erf_;                   \
        DN_ERF(v_ * 0.70710678118654752f, erf_); \
        (out) = v_ * 0.5f + v_ * 0.5f * erf_;    \
    } while (0)

DN_CLONES
void dn_esm_gelu(int64_t n, float *x)
{
    int64_t whole = n / LANES * LANES;
    float t[LANES];

    for (int64_t i = 0; i < whole; i += LANES)
        GELU(DN_AT(x + i), DN_PUT(x + i));
    if (whole < n) {
        take(x, whole, n, t);
        GELU(DN_AT(t), DN_PUT(t));
        memcpy(x + whole, t, (size_t)(n - whole) * sizeof *t);
    }
}

void dn_esm_gelu_bf16(int64_t n, const float *x, uint16_t *y)
{
    float t[16 * LANES];

    for (int64_t i = 0; i < n; i += 16 * LANES) {
        int64_t part = n - i < 16 * LANES ? n - i : 16 * LANES;

        memcpy(t, x + i, (size_t)part * sizeof *t);
        dn_esm_gelu(part, t);
        dn_bf16_narrow(t, part, y + i);
    }
}

void dn_esm_frequencies(int64_t dim, float *out)
{
    for (int64_t i = 0; i < dim / 2; i++)
        out[i] = 1.0f / powf(10000.0f, (float)(2 * i) / (float)dim);
}

void dn_esm_angles(int64_t n, int64_t half, const float *frequency, float *cosine, float *sine)
{
    for (int64_t p = 0; p < n; p++)
        for (int64_t i = 0; i < half; i++) {
            float angle = (float)p * frequency[i];
            cosine[p * half + i] = cosf(angle);
            sine[p * half + i] = sinf(angle);
        }
}

typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
#define AT8(p) (*(const eight *)(p))

DN_CLONES
void dn_esm_rotate(const float *x, int64_t x_stride, int64_t rows, int64_t dim, const float *cosine,
                   const float *sine, float *restrict y, int64_t y_stride)
{
    int64_t half = dim / 2;

    for (int64_t r = 0; r < rows; r++) {
        const float *a = x + r * x_stride, *b = a + half, *c = cosine + r * half, *s = sine + r * half;
        float *u = y + r * y_stride, *v = u + half;
        int64_t i = 0;
        for (; i + 8 <= half; i += 8) {
            eight p = AT8(a + i), q = AT8(b + i), x8 = AT8(c + i), y8 = AT8(s + i);
            *(eight *)(u + i) = p * x8 - q * y8;
            *(eight *)(v + i) = q * x8 + p * y8;
        }
        for (; i < half; i++) {
            u[i] = a[i] * c[i] - b[i] * s[i];
            v[i] = b[i] * c[i] + a[i] * s[i];
        }
    }
}
