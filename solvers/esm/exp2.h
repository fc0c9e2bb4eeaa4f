/* exp2.h - powers of two and the error function of sixteen numbers, for kernels; macros, because how vectors
 * are passed by value depends on the instruction set of a clone */
#ifndef DN_ESM_EXP2_H
#define DN_ESM_EXP2_H

#include <stdint.h>

typedef float dn_v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t dn_i16 __attribute__((vector_size(64), aligned(4), may_alias));

#define DN_AT(p) (*(const dn_v16 *)(p))
#define DN_PUT(p) (*(dn_v16 *)(p))
/* one instruction where the CPU has it */
#define DN_MAX(a, b) ((dn_v16)((((a) > (b)) & (dn_i16)(a)) | (~((a) > (b)) & (dn_i16)(b))))

#define DN_MIN(a, b) ((dn_v16)((((a) < (b)) & (dn_i16)(a)) | (~((a) < (b)) & (dn_i16)(b))))

/* 2^t for -125 <= t <= 126, below that 2^-125: t = n + f, n whole and f in [-1/2, 1/2]; 2^f by the polynomial
 * of degree 5 with the least relative error (7.5e-8), n into the exponent. */
#define DN_EXP2(t, out)                                                  \
    do {                                                                 \
        dn_v16 x_ = (t), low_ = x_ - x_ - 125.0f;                        \
        x_ = DN_MAX(x_, low_);                                           \
        dn_v16 shifted_ = x_ + 12582912.0f; /* 1.5 * 2^23 */             \
        dn_v16 f_ = x_ - (shifted_ - 12582912.0f);                       \
        dn_v16 p_ = 0.0013276472146324658f * f_ + 0.009675541662298143f; \
        p_ = p_ * f_ + 0.05550713275877038f;                             \
        p_ = p_ * f_ + 0.24022119717808738f;                             \
        p_ = p_ * f_ + 0.6931469670615189f;                              \
        p_ = p_ * f_ + 1.000000071655895f;                               \
        (out) = (dn_v16)((dn_i16)p_ + ((dn_i16)shifted_ << 23));         \
    } while (0)

/* erf(t): t p(t^2) / q(t^2) on [-4, 4], 1 or -1 (less 1.6e-8) beyond. Absolute error below 3e-7. Numbers: the
 * minimax fit that Eigen (MathFunctionsImpl.h) and XLA use in single precision. */
#define DN_ERF(t, out)                                                   \
    do {                                                                 \
        dn_v16 x_ = (t), four_ = x_ - x_ + 4.0f;                         \
        x_ = DN_MIN(x_, four_);                                          \
        x_ = DN_MAX(x_, -four_);                                         \
        dn_v16 z_ = x_ * x_;                                             \
        dn_v16 p_ = z_ * -2.72614225801306e-10f + 2.77068142495902e-08f; \
        p_ = p_ * z_ - 2.10102402082508e-06f;                            \
        p_ = p_ * z_ - 5.69250639462346e-05f;                            \
        p_ = p_ * z_ - 7.34990630326855e-04f;                            \
        p_ = p_ * z_ - 2.95459980854025e-03f;                            \
        p_ = p_ * z_ - 1.60960333262415e-02f;                            \
        dn_v16 q_ = z_ * -1.45660718464996e-05f - 2.13374055278905e-04f; \
        q_ = q_ * z_ - 1.68282697438203e-03f;                            \
        q_ = q_ * z_ - 7.37332916720468e-03f;                            \
        q_ = q_ * z_ - 1.42647390514189e-02f;                            \
        (out) = x_ * p_ / q_;                                            \
    } while (0)

#endif
