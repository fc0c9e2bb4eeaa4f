/* conv3.c - convolution of width 3 along the positions of one sequence; see conv3.h
 *
 * Long sequences go in chunks, so that the wide product stays in the cache. A chunk of the forward pass
 * computes one row more at each end.
 */
#include "solvers/nn/conv3.h"

#include <string.h>

enum { CHUNK = 512 };

int64_t dn_conv3_scratch(int64_t length, int64_t out)
{
    return ((length < CHUNK ? length : CHUNK) + 2) * 3 * out;
}

/* y[i] = bias + z[i - 1][0] + z[i][1] + z[i + 1][2]; z[-1] and z[rows] exist when `before` and `after`. */
DN_CLONES
static void add_shifted(const float *restrict z, int64_t rows, int64_t out, bool before, bool after,
                        const float *restrict bias, float *restrict y)
{
    for (int64_t i = 0; i < rows; i++) {
        const float *left = z + (i - 1) * 3 * out, *here = z + i * 3 * out + out,
                    *right = z + (i + 1) * 3 * out + 2 * out;
        float *to = y + i * out;
        if ((i > 0 || before) && (i < rows - 1 || after)) {
            for (int64_t o = 0; o < out; o++)
                to[o] = bias[o] + left[o] + here[o] + right[o];
            continue;
        }
        for (int64_t o = 0; o < out; o++)
            to[o] = bias[o] + (i > 0 || before ? left[o] : 0) + here[o];
        if (i < rows - 1 || after)
            for (int64_t o = 0; o < out; o++)
                to[o] += right[o];
    }
}

dn_status dn_conv3_forward(const float *x, int64_t length, int64_t in, int64_t out, const float *w,
                           const float *bias, float *scratch, float *y, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t begin = 0; begin < length; begin += CHUNK) {
        int64_t end = begin + CHUNK < length ? begin + CHUNK : length;
        int64_t from = begin > 0 ? begin - 1 : 0, to = end < length ? end + 1 : length;
        DN_TRY(dn_gemm(false, false, to - from, 3 * out, in, x + from * in, w, false, scratch, err));
        add_shifted(scratch + (begin - from) * 3 * out, end - begin, out, begin > from, to > end, bias,
                    y + begin * out);
    }
out:
    return st;
}

/* d[i] = (dy[i + 1], dy[i], dy[i - 1]) for rows begin .. end, zero outside of the sequence */
DN_CLONES
static void spread(const float *restrict dy, int64_t begin, int64_t end, int64_t length, int64_t out,
                   float *restrict d, float *restrict opt_dbias)
{
    for (int64_t i = begin; i < end; i++, d += 3 * out) {
        const float *here = dy + i * out;
        for (int64_t o = 0; opt_dbias != NULL && o < out; o++)
            opt_dbias[o] += here[o];
        memcpy(d + out, here, (size_t)out * sizeof *d);
        if (i + 1 < length)
            memcpy(d, here + out, (size_t)out * sizeof *d);
        else
            memset(d, 0, (size_t)out * sizeof *d);
        if (i > 0)
            memcpy(d + 2 * out, here - out, (size_t)out * sizeof *d);
        else
            memset(d + 2 * out, 0, (size_t)out * sizeof *d);
    }
}

dn_status dn_conv3_backward(const float *x, int64_t length, int64_t in, int64_t out, const float *w,
                            const float *dy, float *scratch, float *dw, float *opt_dbias, float *opt_dx,
                            dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t begin = 0; begin < length; begin += CHUNK) {
        int64_t end = begin + CHUNK < length ? begin + CHUNK : length, rows = end - begin;
        spread(dy, begin, end, length, out, scratch, opt_dbias);
        DN_TRY(dn_gemm(true, false, in, 3 * out, rows, x + begin * in, scratch, true, dw, err));
        if (opt_dx != NULL)
            DN_TRY(dn_gemm(false, true, rows, in, 3 * out, scratch, w, false, opt_dx + begin * in, err));
    }
out:
    return st;
}

dn_status dn_conv3_input_gradient(const float *dy, int64_t length, int64_t in, int64_t out, const float *w,
                                  float *scratch, float *dx, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t begin = 0; begin < length; begin += CHUNK) {
        int64_t end = begin + CHUNK < length ? begin + CHUNK : length;
        spread(dy, begin, end, length, out, scratch, NULL);
        DN_TRY(dn_gemm(false, true, end - begin, in, 3 * out, scratch, w, false, dx + begin * in, err));
    }
out:
    return st;
}
