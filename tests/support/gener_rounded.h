/* gener_rounded.h - GENER without dropout as plain loops in double, what a product takes rounded to bf16
 * where dense_bf16.h and pair_convs_bf16.h say so */
#ifndef DN_TEST_SUPPORT_GENER_ROUNDED_H
#define DN_TEST_SUPPORT_GENER_ROUNDED_H

#include <stdint.h>

/* a, b [rows, samples]; w as dn_gener has it, of two classes; dw, as long, is overwritten. Returns the sum of
 * the losses. */
double gener_rounded(int64_t rows, int64_t samples, const float *a, const float *b, const uint8_t *label,
                     const float *w, double *dw);

#endif
