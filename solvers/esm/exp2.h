/* exp2.h - powers of two of sixteen numbers, for kernels; macros and pointers, as in pair_convs.c */
#ifndef DN_ESM_EXP2_H
#define DN_ESM_EXP2_H

#include <stdint.h>

typedef float dn_v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t dn_i16 __attribute__((vector_size(64), aligned(4), may_alias));

#define DN_AT(p) (*(const dn_v16 *)(p))
#define DN_PUT(p) (*(dn_v16 *)(p))
/* one instruction where the CPU has it */
#define DN_MAX(a, b) ((dn_v16)((((a) > (b)) & (dn_i16)(a)) | (~((a) > (b)) & (dn_i16)(b))))

/* 2^t for -126 <= t <= 126, below that 2^-126: t = n + f, n whole and f in [-1/2, 1/2]; 2^f by the polynomial
 * of least relative error (degree 5: 7.5e-8, degree 3: 7.5e-5), n into the exponent. */
#define DN_EXP2_PARTS(t, n, f)                \
    do {                                      \
        dn_v16 low_ = (t) - (t)-126.0f;       \
        (t) = DN_MAX(t, low_);                \
        dn_v16 shifted_ = (t) + 12582912.0f;  \
        (n) = (dn_i16)shifted_ << 23;         \
        (f) = (t) - (shifted_ - 12582912.0f); \
    } while (0)

#define DN_EXP2(t, out)                                                  \
    do {                                                                 \
        dn_v16 x_ = (t), f_;                                             \
        dn_i16 n_;                                                       \
        DN_EXP2_PARTS(x_, n_, f_);                                       \
        dn_v16 p_ = 0.0013276472146324658f * f_ + 0.009675541662298143f; \
        p_ = p_ * f_ + 0.05550713275877038f;                             \
        p_ = p_ * f_ + 0.24022119717808738f;                             \
        p_ = p_ * f_ + 0.6931469670615189f;                              \
        p_ = p_ * f_ + 1.000000071655895f;                               \
        (out) = (dn_v16)((dn_i16)p_ + n_);                               \
    } while (0)

#define DN_EXP2_COARSE(t, out)                                        \
    do {                                                              \
        dn_v16 x_ = (t), f_;                                          \
        dn_i16 n_;                                                    \
        DN_EXP2_PARTS(x_, n_, f_);                                    \
        dn_v16 p_ = 0.05517167035424934f * f_ + 0.24261114309946735f; \
        p_ = p_ * f_ + 0.6932609870388831f;                           \
        p_ = p_ * f_ + 0.9999280723037097f;                           \
        (out) = (dn_v16)((dn_i16)p_ + n_);                            \
    } while (0)

#endif
