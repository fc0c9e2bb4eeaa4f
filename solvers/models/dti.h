/* dti.h - the hybrid drug-target network: does a drug activate a target (1) or inhibit it (0)
 *
 *   drug     atoms [n, F], bonds -> GCN 256 ReLU, dropout -> GCN 256 ReLU, dropout -> mean over atoms
 *            -> dense 128
 *   target   states [L, C] -> conv 3, 64 -> norm -> ReLU -> max pool 2 -> dropout
 *            -> conv 3, 128 -> norm -> ReLU -> max pool 2 -> dropout
 *            -> max over positions -> dropout -> dense 128
 *   joint    concatenate, with further numbers of drug, target and pair where given -> dropout
 *            -> [dense `joint` ReLU -> dropout] -> dense 1
 *            with a joint layer, the numbers of the pair also go past it: + pair_extra . direct, no dropout;
 *            and its units may fall into `heads` groups, each with a logit of its own (a common bias and
 *            direct path) that is trained by itself: an ensemble on one trunk, whose logit is the mean
 *            -> binary cross-entropy of the logit, positives weighted
 *
 * 203,329 weights with F = 4, C = 320. GCN: W = D^-1/2 (A + I) D^-1/2 (Kipf & Welling, arXiv:1609.02907).
 * PyTorch conventions: dense and convolution weights and biases uniform in +- 1 / sqrt(fan in), GCN weights
 * Glorot-uniform with zero biases (fan in of a head is the whole joint layer), norm epsilon 1e-5, running =
 * 0.9 running + 0.1 batch. Moments are biased, as model.h demands; of the variance the running one takes
 * count / (count - 1), as PyTorch does (dn_model.unbiased_running; at 20,000 positions the factor
 * is 1.00005).
 *
 * Positions. Convolutions see zeros outside a protein; norms, pools and maxima run over its own positions
 * alone. An odd last position is a pool of its own (PyTorch's ceil_mode), so L = 1 works and nothing is lost.
 * There is no padding: every product over positions has the shape of one protein, every product over atoms a
 * fixed shape, so the score of a pair has the same bits in any company with the same capacity, on the same
 * CPU.
 *
 * Gradients. Of equal values a maximum gives all to the first (PyTorch's amax shares it out). A convolution's
 * bias stands in front of a norm, which takes it away again: its gradient is exactly 0 and it stays as it is.
 *
 * Samples. Dropout masks are those of the sample, never shared. What stands before the first mask (the first
 * convolution) is computed once for the samples of a shard that share a target, and its gradients are summed
 * over them before the weight product: the same function, less work. Prediction has no masks and computes
 * each distinct drug and target of a block once.
 *
 * As published (joint = 0) the logit is a number of the drug plus a number of the target: at inference every
 * drug ranks the targets alike. joint > 0 lets the two sides meet.
 *
 * Phases: {conv 1, drug} {conv 2} {the rest}.
 */
#ifndef DN_MODELS_DTI_H
#define DN_MODELS_DTI_H

#include "solvers/models/model.h"

/* What the network reads. Borrowed: must outlive the model. States may lie in memory that ranks share. */
typedef struct dn_dti_data {
    int64_t n_drugs;
    int64_t atom_width;     /* F >= 1 */
    const int64_t *atom_at; /* [n_drugs + 1]  first atom of each drug; atom_at[0] == 0 */
    const float *atom;      /* [atoms, F]  no NaN */
    const int64_t *bond_at; /* [atoms + 1]  first bond of each atom in bond_to */
    const int64_t *bond_to; /* [bond_at[atoms]]  the other atom, counted from 0 WITHIN its molecule; every
                             * bond stands at both of its atoms, once; no self loops */
    int64_t n_targets;
    int64_t state_width;     /* C >= 1 */
    const int64_t *state_at; /* [n_targets + 1]  first position of each target; state_at[0] == 0 */
    const float *state;      /* [positions, C]  no NaN */
    int64_t n_pairs;
    const int64_t *drug;   /* [n_pairs] */
    const int64_t *target; /* [n_pairs] */
    const uint8_t *label;  /* [n_pairs]  0 or 1; NULL when only predict() is used */

    /* Numbers that join the concatenation as they are (fingerprints, components, cross-fitted history); width
     * 0: none. No NaN. They want a joint layer: without one they act linearly. */
    int64_t drug_extra_width, target_extra_width, pair_extra_width; /* 0 .. 65536 each */
    const float *drug_extra;                                        /* [n_drugs, drug_extra_width] */
    const float *target_extra;                                      /* [n_targets, target_extra_width] */
    const float *pair_extra;                                        /* [n_pairs, pair_extra_width] */
    const float *pair_start; /* [pair_extra_width]  initial weights of the direct path; the head then starts
                                at 0 but for its bias, and the network as this guess, to learn what it
                                misses. NULL: direct starts at 0 and the head as PyTorch's. Not read
                                without a joint layer */
} dn_dti_data;

typedef struct dn_dti_options {
    int64_t gcn1, gcn2, drug_out;     /* units of the drug branch, 1 .. 1024 each */
    int64_t conv1, conv2, target_out; /* channels and units of the target branch, 1 .. 1024 each */
    int64_t joint;                    /* units of a layer between the concatenation and the head, 0: none */
    int64_t heads;                    /* groups of the joint layer, which they divide; 1 without one */
    float dropout;                    /* rate of every dropout layer, 0 <= rate < 1 */
    float positive_weight;            /* of the loss of a positive sample, > 0; negatives / positives */
    int64_t max_length;               /* positions of a target past this are not read; 0: all are */
} dn_dti_options;

#define DN_DTI_DEFAULTS                                                                                      \
    {                                                                                                        \
        .gcn1 = 256, .gcn2 = 256, .drug_out = 128, .conv1 = 64, .conv2 = 128, .target_out = 128, .joint = 0, \
        .heads = 1, .dropout = 0.3f, .positive_weight = 1, .max_length = 0                                   \
    }

typedef struct dn_dti {
    dn_model model; /* first member: a dn_dti is a dn_model */
    dn_dti_data data;
    dn_dti_options options;
    float *inv_sqrt; /* [atoms]  1 / sqrt(bonds + 1) */
} dn_dti;

/* Check the data and lay out the network. load() takes row indices into drug, target, label; it may grow its
 * buffers to the lengths at hand and so fail with DN_ENOMEM. Local. Time O(atoms + bonds + targets + pairs).
 * Fails: DN_EDATA   offsets decrease, a drug without atoms, a target without positions, a bond that is a self
 *                   loop, out of range, repeated or stands at one atom only, a pair out of range, a label
 *                   other than 0 and 1 (the text names it)
 *        DN_EUSAGE  an option is out of range
 *        DN_ENOMEM
 * On failure *out is NULL. */
DN_MUST_CHECK dn_status dn_dti_create(const dn_dti_data *data, const dn_dti_options *options, dn_dti **out,
                                      dn_error *err);
void dn_dti_destroy(dn_dti **dti);

/* Floating-point operations of training on this pair, about: for partition by cost. Local. */
double dn_dti_cost(const dn_dti *dti, int64_t pair);

/* ---- scoring many drugs against many targets: each side once ----
 *
 * `work` comes from model.ops->work_create(); n <= its capacity. The vectors are those that are concatenated,
 * with the extra numbers of their side at the end; a vector has the same bits in any company. score:
 * probability of class 1 for pair i of drug vector i, target vector i and row i of pair_extra (not read when
 * its width is 0), the bits of predict(). Local. Fail: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dti_encode_drugs(dn_work *work, const float *w, const int64_t *drugs, int64_t n,
                                            float *out /* [n, drug_out + drug_extra_width] */, dn_error *err);
DN_MUST_CHECK dn_status dn_dti_encode_targets(dn_work *work, const float *w, const float *running,
                                              const int64_t *targets, int64_t n,
                                              float *out /* [n, target_out + target_extra_width] */,
                                              dn_error *err);
DN_MUST_CHECK dn_status dn_dti_score(dn_work *work, const float *w, const float *drugs, const float *targets,
                                     const float *pair_extra, int64_t n, float *out /* [n] */, dn_error *err);

#endif
