/* gener_private.h - what the files of the GENER network share
 *
 *     gener.c         input, dense layers, phases, inference      gener_norms.c   norms with their dropouts
 *     gener_convs.c   branch 2                                    gener_work.c    the buffers of a shard
 *     gener_layout.c  tensors, norms, initial weights              gener_bf16.c    products of bf16
 */
#ifndef DN_MODELS_GENER_PRIVATE_H
#define DN_MODELS_GENER_PRIVATE_H

#include "solvers/models/gener.h"
#include "solvers/nn/dense_bf16.h"
#include "solvers/nn/norm.h"
#include "solvers/nn/pair_convs.h"
#include "solvers/nn/pair_convs_bf16.h"

enum { WIDE = 256, F1 = 16, F2 = 8, NARROW = 32, JOINT = WIDE + NARROW, NORMS = 5, MOST_CLASSES = 4 };

/* tensors, in the order of the weight vector; a norm's gamma and beta follow each other */
enum {
    DENSE1_W,
    DENSE1_B,
    NORM1_GAMMA,
    NORM1_BETA,
    DENSE2_W,
    DENSE2_B,
    NORM2_GAMMA,
    NORM2_BETA,
    CONV1_W,
    CONV1_B,
    NORM3_GAMMA,
    NORM3_BETA,
    CONV2_W,
    CONV2_B,
    NORM4_GAMMA,
    NORM4_BETA,
    DENSE3_W,
    DENSE3_B,
    NORM5_GAMMA,
    NORM5_BETA,
    HEAD_W,
    HEAD_B,
    TENSORS
};
enum { PHASE_FIRST, PHASE_SECOND, PHASE_NARROW, PHASE_HEAD, PHASES };

/* What a profile tells apart; a norm stands for its dropout, too. Names in gener_layout.c. */
enum {
    PART_ROWS = 1, /* gathering and multiplying profiles */
    PART_MASKS,
    PART_DENSE1,
    PART_NORM1,
    PART_DENSE2,
    PART_NORM2,
    PART_WINDOWS, /* moments of norm3; the gradient of conv1 */
    PART_MIX,     /* conv1, norm3, conv2, moments of norm4 */
    PART_NARROW,  /* norm4, dense3 */
    PART_NORM5,
    PART_HEAD, /* with the loss */
    PARTS_END
};

/* What training with products of bf16 has beside the buffers of dn_work. */
typedef struct dn_gener_bf16 {
    dn_dense_bf16 dense1, dense2; /* with x and z1 */
    dn_pair_bf16 *pairs;          /* branch 2 */
} dn_gener_bf16;

struct dn_work {
    const dn_gener *g;
    dn_gener_bf16 *half;            /* NULL: f32 only */
    int64_t capacity, rows, length; /* R, rows in use, L */
    dn_pass pass;
    uint8_t *label;        /* [R] */
    float *block;          /* all buffers of floats stand in it, one behind another */
    float *a, *b;          /* [R, pitch + DN_PAIR_ROOM] */
    float *x;              /* [R, S] */
    float *h1, *z1, *h2;   /* [R, 256] */
    float *c2, *d4;        /* [dn_pair_room()]  and the gradient at norm4's output */
    float *z4;             /* [8 L]  dense3's input, of a work for one sample only */
    float *h5;             /* [R, 32] */
    float *cat;            /* [R, 288] */
    float *logits;         /* [R, C] */
    float *d1, *d2;        /* [R, 256]  gradients at the norms' outputs, then inputs */
    float *d5;             /* [R, 32] */
    float *dcat, *dlogits; /* [R, 288], [R, C] */
    uint32_t *mask[NORMS]; /* [R, words] */
    int64_t words[NORMS];
    double gram[DN_PAIR_X][DN_PAIR_X];        /* of the windows */
    double cross[DN_PAIR_F][DN_PAIR_X];       /* of the windows and the gradient at norm3's output */
    float u[DN_PAIR_F * DN_PAIR_X];           /* norm3 of conv1, as weights of the windows */
    float slope[DN_PAIR_G], shift[DN_PAIR_G]; /* of norm4 */
    float *probability;                       /* [R, outputs]  of the order (b, a) */
    float *moments, *moment_gradients;        /* [n_moments] */
    double counts[NORMS];
    double loss;
    int64_t right;
    bool factored; /* the gradients of dense1 .. 3 are left to their factors */
};

extern const dn_model_ops dn_gener_ops;

/* dn_model_ops.init */
void dn_gener_start(const dn_model *m, uint64_t seed, float *w, float *running);

/* From here on time goes to this part. */
static inline void dn_gener_part(const dn_work *k, int part)
{
    dn_clock_part(k->pass.opt_clock, part);
}

static inline const float *dn_gener_tensor(const dn_work *k, const float *w, int which)
{
    return w + k->g->model.tensor[which].offset;
}

static inline float *dn_gener_gradient(const dn_work *k, float *dw, int which)
{
    return dw + k->g->model.tensor[which].offset;
}

/* ---- gener_work.c ---- */

/* dn_model_ops.work_create and work_destroy */
dn_status dn_gener_work_create(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err);
void dn_gener_work_destroy(dn_work **handle);

/* Units that the dropout behind a norm sees. */
int64_t dn_gener_units(const dn_model *m, int norm, int64_t length);

/* ---- gener_bf16.c ---- */

/* Fails: DN_ENOMEM */
dn_status dn_gener_bf16_create(int64_t capacity, int64_t samples, dn_gener_bf16 **out, dn_error *err);
void dn_gener_bf16_destroy(dn_gener_bf16 **handle);

/* Does this pass take products of bf16? */
static inline bool dn_gener_is_bf16(const dn_work *k)
{
    return k->half != NULL && k->pass.train;
}

/* The dense layers, h1 and h2 from x and z1, and back from d1 and d2 at the outputs of their norms; the
 * second one leaves the gradient at z1 in d1. */
dn_status dn_gener_bf16_dense1(dn_work *k, const float *w, dn_error *err);
dn_status dn_gener_bf16_dense2(dn_work *k, const float *w, dn_error *err);
dn_status dn_gener_bf16_dense1_back(dn_work *k, const float *w, float *dw, dn_error *err);
dn_status dn_gener_bf16_dense2_back(dn_work *k, const float *w, float *dw, dn_error *err);

/* The head: logits from cat; and back from dlogits to d2 and d5. */
void dn_gener_bf16_head(dn_work *k, const float *w);
void dn_gener_bf16_head_back(dn_work *k, const float *w, float *dw);

/* ---- gener_norms.c: norms are numbered 0 .. 4; 2 and 3 run over positions: a pass of the branch works on
 * them ---- */

dn_norm dn_gener_norm_of(const dn_work *k, int n, const float *w);

/* Moments of norm n, from its input x. */
void dn_gener_take_moments(dn_work *k, int n, const float *w, const float *x);

/* z = dropout(norm(x)) of a norm with at most 256 channels, rows of z `pitch` apart; moments are
 * those of the shard, or the running ones at inference. Rows not in use become 0. */
void dn_gener_normalise(const dn_work *k, int n, const float *w, const float *moments, const float *x,
                        float *z, int64_t pitch);

/* The same of a norm with 256 channels in training, rounded and dense. */
void dn_gener_normalise_bf16(const dn_work *k, int n, const float *w, const float *x, dn_bf16 *z);

/* d: gradient at the output of the dropout on entry, of the norm on return. Writes the gradients of gamma and
 * beta and the moment gradients. */
void dn_gener_begin_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d, float *dw);

/* d: gradient at the output of the norm on entry, at its input x on return. */
void dn_gener_end_norm_backward(dn_work *k, int n, const float *w, const float *x, float *d);

/* Gradients of gamma and beta, and the moment gradients, of a norm n of c channels from sums of the gradient
 * at its output and of that times (x - mean). */
void dn_gener_keep_norm_sums(dn_work *k, int n, const float *w, const double *sum, const double *sum_x,
                             float *dw);

/* The backward pass of norm n as p dy + q x + r. */
void dn_gener_norm_slopes(const dn_work *k, int n, const float *w, float *p, float *q, float *r);

/* ---- gener_convs.c: branch 2 ---- */

/* Moments of norm3 from those of the windows: conv1 is linear. */
void dn_gener_window_moments(dn_work *k, const float *w);

/* c2 and, for training, the moments of norm4. */
void dn_gener_mix(dn_work *k, const float *w, const float *moments);

/* h5, through norm4, its dropout, dense3 and ReLU. */
void dn_gener_narrow(dn_work *k, const float *w, const float *moments);

/* From d5, the gradient at norm5's output, to d4; the gradients of dense3 and norm4. */
void dn_gener_narrow_backward(dn_work *k, const float *w, float *dw);

/* Through norm4, conv2 and the dropout before it; the gradients of conv2 and norm3. */
void dn_gener_mix_backward(dn_work *k, const float *w, float *dw);

/* The gradient of conv1. */
void dn_gener_windows_backward(dn_work *k, const float *w, float *dw);

#endif
