/* pair_convs.c - the convolutions of GENER over two profiles; see pair_convs.h
 *
 * Here are the sums of windows, and which of the passes of pair_passes.h this CPU runs.
 */
#include "solvers/nn/pair_convs.h"

#include <stdbool.h>
#include <string.h>
#include "solvers/nn/kernels.h"
#include "solvers/nn/lanes.h"
#include "solvers/nn/pair_passes.h"

enum { X = DN_PAIR_X, LANES = 16, BLOCK = DN_PAIR_BLOCK };

typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(const lanes *)(p))

int64_t dn_pair_pitch(int64_t length)
{
    return (length + BLOCK - 1) / BLOCK * BLOCK;
}

/* ---- windows ---- */

enum { SUM_A, SUM_B, A_A, B_B, A_NEXT_A, B_NEXT_B, A_B, A_NEXT_B, B_NEXT_A, WINDOW_SUMS };

/* Sums over all S values (the first four and a b), or over the L neighbours. */
INLINE void window_sums(const float *a, const float *b, int64_t pitch, float *out)
{
    lanes sum[WINDOW_SUMS] = {{0}};

    for (int64_t s = 0; s < pitch + LANES; s += LANES) { /* S may be one more than the pitch */
        lanes x = AT(a + s), y = AT(b + s);
        lanes x1 = {0}, y1 = {0};

        if (s < pitch) {
            x1 = AT(a + s + 1);
            y1 = AT(b + s + 1);
        }
        sum[SUM_A] += x;
        sum[SUM_B] += y;
        sum[A_A] += x * x;
        sum[B_B] += y * y;
        sum[A_B] += x * y;
        sum[A_NEXT_A] += x * x1;
        sum[B_NEXT_B] += y * y1;
        sum[A_NEXT_B] += x * y1;
        sum[B_NEXT_A] += y * x1;
    }
    for (int k = 0; k < WINDOW_SUMS; k++) {
        dn_lanes total;
        memcpy(&total, &sum[k], sizeof total);
        out[k] = dn_lanes_total(&total);
    }
}

DN_CLONES
static void row_windows(const float *a, const float *b, int64_t pitch, float *out)
{
    window_sums(a, b, pitch, out);
}

void dn_pair_windows(const dn_pair_convs *c, double gram[X][X])
{
    int64_t pitch = dn_pair_pitch(c->length), last = c->length;

    memset(gram, 0, X * sizeof gram[0]);
    for (int64_t r = 0; r < c->rows; r++) {
        const float *a = c->a + r * (pitch + DN_PAIR_ROOM), *b = c->b + r * (pitch + DN_PAIR_ROOM);
        double a0 = (double)a[0], b0 = (double)b[0], a1 = (double)a[last], b1 = (double)b[last];
        float s[WINDOW_SUMS];

        row_windows(a, b, pitch, s);
        gram[0][0] += (double)s[A_A] - a1 * a1;
        gram[1][1] += (double)s[A_A] - a0 * a0;
        gram[2][2] += (double)s[B_B] - b1 * b1;
        gram[3][3] += (double)s[B_B] - b0 * b0;
        gram[0][1] += (double)s[A_NEXT_A];
        gram[2][3] += (double)s[B_NEXT_B];
        gram[0][2] += (double)s[A_B] - a1 * b1;
        gram[1][3] += (double)s[A_B] - a0 * b0;
        gram[0][3] += (double)s[A_NEXT_B];
        gram[1][2] += (double)s[B_NEXT_A];
        gram[0][4] += (double)s[SUM_A] - a1;
        gram[1][4] += (double)s[SUM_A] - a0;
        gram[2][4] += (double)s[SUM_B] - b1;
        gram[3][4] += (double)s[SUM_B] - b0;
    }
    gram[4][4] = (double)(c->rows * c->length);
    for (int i = 0; i < X; i++)
        for (int j = 0; j < i; j++)
            gram[i][j] = gram[j][i];
}

/* ---- passes ---- */

int64_t dn_pair_room(int64_t rows, int64_t length)
{
    return DN_PAIR_G * dn_pair_pitch(length) / DN_PAIR_BLOCK * (rows * DN_PAIR_BLOCK + DN_PAIR_ROOM);
}

/* All that -march=x86-64-v4 and -v3 let the compiler use, as a machine may have or show a part of it only. */
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("x86-64-v4");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("x86-64-v3");
}
#elif defined(__x86_64__) && defined(__GNUC__)
/* The names that older compilers know; LZCNT, MOVBE and F16C came with AVX2. */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512cd");
}
#else
static bool has_avx512(void)
{
    return false;
}

static bool has_avx2(void)
{
    return false;
}
#endif

const dn_pair_passes *dn_pair_passes_at(int i)
{
    const dn_pair_passes *can[] = {has_avx512() ? dn_pair_passes_avx512() : NULL,
                                   has_avx2() ? dn_pair_passes_avx2() : NULL, dn_pair_passes_any()};

    for (size_t k = 0; k < sizeof can / sizeof *can; k++)
        if (can[k] != NULL && i-- == 0)
            return can[k];
    return NULL;
}

void dn_pair_mix(const dn_pair_convs *c, const float *u, const float *w2, const float *bias2, float *c2,
                 double *sum, double *square)
{
    dn_pair_passes_at(0)->mix(c, u, w2, bias2, c2, sum, square);
}

void dn_pair_narrow(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                    const float *w3, float *y)
{
    dn_pair_passes_at(0)->narrow(c, c2, slope, shift, w3, y);
}

void dn_pair_narrow_back(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                         const float *mean, const float *w3, const float *dy, float *dw3, float *d2,
                         double *sum, double *sum_c)
{
    dn_pair_passes_at(0)->narrow_back(c, c2, slope, shift, mean, w3, dy, dw3, d2, sum, sum_c);
}

void dn_pair_mix_back(const dn_pair_convs *c, const float *u, const float *w2, const float *c2,
                      const float *d2, const float *p, const float *q, const float *r, float *dw2,
                      float *dbias2, double cross[DN_PAIR_F][DN_PAIR_X])
{
    dn_pair_passes_at(0)->mix_back(c, u, w2, c2, d2, p, q, r, dw2, dbias2, cross);
}
