/* model.h - what the trainer needs to know of a network
 *
 * A model computes one shard of samples on one thread. Weights and running statistics are flat float vectors
 * that the trainer owns; gradients are written into a vector of the same layout as the weights. Because the
 * statistics of a normalisation layer may come from the shard alone ("ghost") or from the whole batch, the
 * forward and backward passes stop at every group of norms ("phases") and can be resumed:
 *
 *     load -> forward(0) -> [moments of phase 0] -> forward(1) -> ... -> forward(P - 1): loss and probability
 *          -> backward(P - 1) -> [moment gradients of phase P - 2] -> ... -> backward(0): all of dw
 *
 * Between two phases the trainer may replace the moments (and later the moment gradients) of the shard by
 * those of the batch; with ghost norms it leaves them alone.
 *
 * All functions are local. Buffers of one dn_work belong to one thread.
 */
#ifndef DN_MODELS_MODEL_H
#define DN_MODELS_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/clock.h"
#include "solvers/base/error.h"

enum { DN_MAX_TENSORS = 64, DN_MAX_NORMS = 16, DN_MAX_FACTORS = 8 };

/* A named part of the weight vector. Row-major. */
typedef struct dn_tensor_info {
    char name[32]; /* lower_snake, as stored in model.h5 */
    int ndims;
    int64_t dims[4];
    int64_t offset; /* first float in the weight vector */
} dn_tensor_info;

/* One batch-norm layer. Its moments are mean [channels] and biased variance [channels], at `offset` and
 * `offset + channels` of the moment vector; running statistics have the same layout. */
typedef struct dn_norm_info {
    char name[32];
    int64_t channels;
    int64_t offset;
    int phase; /* the forward phase at whose end its moments are ready */
} dn_norm_info;

typedef struct dn_work dn_work; /* buffers of one thread for one shard; defined by each model */

/* How a shard is to be passed through the network. */
typedef struct dn_pass {
    bool train;    /* dropout on, moments of the shard */
    uint64_t seed; /* of the run */
    int64_t epoch;
    uint64_t weights;    /* a number that tells the weights of this pass from those of any other pass of the
                          * work,    so that what is made of them is made once; 0: nobody knows */
    int64_t first;       /* position in the epoch of the shard's first sample; names the dropout masks */
    dn_clock *opt_clock; /* of this thread, with the stage of the pass at hand: load() and the passes enter
                          * their parts. NULL: nobody measures */
} dn_pass;

/* A tensor [in, out] whose gradient is an outer product: gradient [i][j] = x[i] d[j] + 0, rounded to float,
 * so that a product of -0 counts as 0. */
typedef struct dn_factors {
    int64_t offset, in, out;
    const float *x; /* [in] */
    const float *d; /* [out] */
} dn_factors;

typedef struct dn_model dn_model;

typedef struct dn_model_ops {
    /* Initial weights [n_weights] and running statistics [n_moments] (mean 0, variance 1), functions of seed.
     */
    void (*init)(const dn_model *m, uint64_t seed, float *w, float *running);

    /* Buffers for shards of at most `capacity` samples. Every call computes on blocks of exactly that shape,
     * padded when the shard is shorter, so that a sample's bits do not depend on its company. Fails:
     * DN_ENOMEM, DN_ESOFTWARE */
    dn_status (*work_create)(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err);
    void (*work_destroy)(dn_work **work);

    /* Floating-point operations of training on a row, about; NULL: every row costs the same. */
    double (*cost)(const dn_model *m, int64_t row);

    /* Gather the inputs of samples rows[0 .. n), 1 <= n <= capacity; rows index the data the model is bound
     * to. */
    dn_status (*load)(dn_work *work, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err);

    /* Training pass, see above. After the last phase loss() and probabilities() are valid. */
    dn_status (*forward)(dn_work *work, const float *w, int phase, dn_error *err);

    /* dw [n_weights] is the gradient of the SUM of the samples' losses (the trainer divides by the batch);
     * every phase writes its own tensors, none is added to, and after phase 0 all of dw is written. */
    dn_status (*backward)(dn_work *work, const float *w, int phase, float *dw, dn_error *err);

    /* Of a single sample the gradient of a dense layer is far larger than what it is made of. NULL: this
     * model has no such thing. Otherwise: lists such tensors of the work in out [DN_MAX_FACTORS], in the
     * order of their offsets, and returns how many; 0 of a work for more samples. From then on backward()
     * leaves these tensors of dw as they are, and from backward(0) to the next load() x and d are their
     * factors. */
    int (*factors)(dn_work *work, dn_factors *out);

    /* Vectors [n_moments] of the shard: read and written by the trainer between phases. Moment gradients
     * hold, per norm, sum(dy) [channels] and sum(dy * x_hat) [channels] over the shard (x_hat: normalised
     * input), with `moment_counts()` the number of values per channel that a norm's moments were taken over.
     * In backward a norm uses the moment gradients and counts as they then stand. */
    float *(*moments)(dn_work *work);
    float *(*moment_gradients)(dn_work *work);
    double *(*moment_counts)(dn_work *work); /* [n_norms] */

    /* Sum of the losses of the shard, and how many samples the largest probability got right. */
    void (*loss)(const dn_work *work, double *out_sum, int64_t *out_right);

    /* Inference on loaded samples (pass.train false): no dropout, running statistics. out [n, outputs]. */
    dn_status (*predict)(dn_work *work, const float *w, const float *running, float *out, dn_error *err);
} dn_model_ops;

struct dn_model {
    const char *architecture; /* "gener" */
    const dn_model_ops *ops;
    int64_t outputs; /* numbers that predict() gives of a sample: 1, the probability of class 1, or one for
                      * each of three or more classes, which add up to 1 */
    int64_t n_weights;
    int64_t n_moments;     /* sum of 2 * channels over the norms */
    float norm_momentum;   /* running = momentum * running + (1 - momentum) * batch */
    bool unbiased_running; /* of the batch's variance the running one takes count / (count - 1), as PyTorch */
    double positive_weight; /* of the loss of a sample of class 1, > 0; negatives count 1 */
    int n_tensors;
    dn_tensor_info tensor[DN_MAX_TENSORS];
    int n_norms;
    dn_norm_info norm[DN_MAX_NORMS];
    int n_phases;
    int n_parts; /* what a profile tells apart, 0 <= n_parts < DN_CLOCK_PARTS: part k has name part[k - 1] */
    const char *const *part;
};

#endif
