/* dti_private.h - what the files of the drug-target network share
 *
 *   dti.c          data checks, layout, initial weights, phases
 *   dti_work.c     buffers of a thread, samples of a shard
 *   dti_drug.c     the branch over atoms
 *   dti_target.c   the branch over positions
 *   dti_joint.c    where they meet
 */
#ifndef DN_MODELS_DTI_PRIVATE_H
#define DN_MODELS_DTI_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include "solvers/models/dti.h"
#include "solvers/nn/gcn.h"
#include "solvers/nn/norm.h"

/* tensors, in the order of the weight vector; a norm's gamma and beta follow each other */
enum {
    GCN1_W,
    GCN1_B,
    GCN2_W,
    GCN2_B,
    DRUG_W,
    DRUG_B,
    CONV1_W,
    CONV1_B,
    NORM1_GAMMA,
    NORM1_BETA,
    CONV2_W,
    CONV2_B,
    NORM2_GAMMA,
    NORM2_BETA,
    TARGET_W,
    TARGET_B,
    HEAD_W,
    HEAD_B,
    JOINT_W, /* with options.joint only */
    JOINT_B,
    DIRECT_W /* with numbers of the pair, too */
};
enum { PHASE_FIRST, PHASE_SECOND, PHASE_HEAD, PHASES };
enum { DROP_GCN1, DROP_GCN2, DROP_POOL1, DROP_POOL2, DROP_TOP, DROP_CAT, DROP_JOINT };
enum { NORMS = 2, ATOM_BLOCK = 64, MAX_UNITS = 1024, MAX_EXTRA = 65536 };

/* Memory that grows to what a shard needs. */
typedef struct dn_room {
    float *p;
    size_t cap;
} dn_room;

/* The molecules at hand, one after the other. */
typedef struct atoms_view {
    int64_t n;
    int64_t *drug; /* [capacity] */
    int64_t *at;   /* [capacity + 1]  first row */
    int64_t rows;  /* at[n], rounded up to whole blocks */
} atoms_view;

struct dn_work {
    const dn_dti *g;
    int64_t capacity, rows; /* R, samples in use */
    dn_pass pass;
    int64_t *drug, *target, *pair; /* [R] */
    uint8_t *label;                /* [R] */

    int64_t n_distinct, n_drugs;
    int64_t *distinct;    /* [R]  targets, each once, in order of appearance */
    int64_t *copies;      /* [R]  samples that have it */
    int64_t *which;       /* [R]  of sample r: its target is distinct[which[r]] */
    int64_t *drugs;       /* [R]  drugs, each once; prediction only */
    int64_t *which_drug;  /* [R] */
    int64_t *target_slot; /* [n_targets]  scratch of the search, zero outside of it */
    int64_t *drug_slot;   /* [n_drugs] */
    int64_t *at1;         /* [R + 1]  of distinct target u: first row in y1 */
    int64_t *pool1;       /* [R + 1]  of distinct target u: first row in dpool1 */
    int64_t *at2;         /* [R + 1]  of sample r: first row in z1, y2 */
    atoms_view atoms;

    dn_room ax;                  /* [atoms, F]   bond steps of the inputs */
    dn_room z1a, a2, z2a;        /* [atoms, gcn1], [atoms, gcn1], [atoms, gcn2] */
    dn_room dz, da;              /* [atoms, widest gcn] */
    dn_room y1, dpool1;          /* distinct targets: [positions, conv1], [pools, conv1] */
    dn_room z1, y2;              /* samples: [pools, conv1], [pools, conv2] */
    dn_room wide, dy, pool, dz1; /* one sequence: scratch of a product, gradients, pools */
    uint32_t *mask;              /* of one sample and layer */
    size_t mask_cap;

    float *mean_atoms, *drug_out; /* [R, gcn2], [R, drug_out] */
    float *top, *target_out;      /* [R, conv2], [R, target_out] */
    int32_t *position;            /* [R, conv2]  where in y2 of the sample the top was found */
    float *cat, *joint;           /* [R, cat_width], [R, joint] */
    float *logit, *dlogit;        /* [heads, R]; once the loss is known, logit [R] is their mean */
    float *past;                  /* [R, pair_extra_width]  what goes past the joint layer */
    uint32_t *cat_mask;           /* [R, cat_words] */
    int64_t cat_words;
    float *dmean, *ddrug, *dtop, *dtarget, *dcat, *djoint;
    float *moments, *moment_gradients; /* [n_moments] */
    double counts[NORMS];
    double loss;
    int64_t right;
};

/* ---- dti_work.c ---- */

dn_status dn_dti_work_create(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err);
void dn_dti_work_destroy(dn_work **work);
dn_status dn_dti_load(dn_work *k, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err);

/* At least `need` floats; the content is lost when it grows. */
DN_MUST_CHECK dn_status dn_room_need(dn_room *room, size_t need, dn_error *err);

/* Dropout of one sample's `units` values in place, in training. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_dti_drop(dn_work *k, int layer, int64_t sample, int64_t units, float *x,
                                    dn_error *err);

/* d = z > 0 ? d / (1 - rate) : 0: back through dropout and ReLU at once, z being what they left. */
void dn_dti_gate(const float *z, float scale, int64_t n, float *d);

static inline const float *tensor(const dn_work *k, const float *w, int which)
{
    return w + k->g->model.tensor[which].offset;
}

static inline float *gradient(const dn_work *k, float *dw, int which)
{
    return dw + k->g->model.tensor[which].offset;
}

/* Numbers of a row of the concatenation. */
static inline int64_t cat_width(const dn_dti *g)
{
    return g->options.drug_out + g->data.drug_extra_width + g->options.target_out +
           g->data.target_extra_width + g->data.pair_extra_width;
}

/* Whether the numbers of the pair also go past the joint layer. */
static inline bool has_direct(const dn_dti *g)
{
    return g->options.joint > 0 && g->data.pair_extra_width > 0;
}

static inline float kept_scale(const dn_work *k)
{
    return 1.0f / (1.0f - k->g->options.dropout);
}

/* Positions of a target that are read. */
static inline int64_t length_of(const dn_dti *g, int64_t target)
{
    int64_t length = g->data.state_at[target + 1] - g->data.state_at[target];

    return g->options.max_length > 0 && length > g->options.max_length ? g->options.max_length : length;
}

/* ---- dti_drug.c: results in mean_atoms [n, gcn2] and drug_out ---- */

dn_status dn_dti_drug_forward(dn_work *k, const float *w, const int64_t *drugs, int64_t n, bool train,
                              dn_error *err);
dn_status dn_dti_drug_backward(dn_work *k, const float *w, float *dw, dn_error *err); /* from ddrug */

/* ---- dti_target.c ---- */

dn_status dn_dti_target_first(dn_work *k, const float *w, dn_error *err);  /* to moments 1 */
dn_status dn_dti_target_second(dn_work *k, const float *w, dn_error *err); /* to moments 2 */
dn_status dn_dti_target_top(dn_work *k, const float *w, dn_error *err);    /* to target_out */
/* from dtarget to the moment gradients of norm 2, of norm 1, and on */
dn_status dn_dti_target_top_backward(dn_work *k, const float *w, float *dw, dn_error *err);
dn_status dn_dti_target_second_backward(dn_work *k, const float *w, float *dw, dn_error *err);
dn_status dn_dti_target_first_backward(dn_work *k, const float *w, float *dw, dn_error *err);
/* Inference: target_out of n targets. */
dn_status dn_dti_target_infer(dn_work *k, const float *w, const float *running, const int64_t *targets,
                              int64_t n, dn_error *err);

/* ---- gradients of the logit with respect to the inputs, of ONE pair (capacity 1) that predict() just
 * passed: what it left in the buffers is read, weights have no gradients ---- */

/* dcat [cat_width] of what is concatenated, ddrug and dtarget; without the direct path. */
dn_status dn_dti_joint_infer_backward(dn_work *k, const float *w, dn_error *err);
/* From ddrug: out_datom [atoms, F]. */
dn_status dn_dti_drug_infer_backward(dn_work *k, const float *w, float *out_datom, dn_error *err);
/* From dtarget: out_dstate [positions, C] of the target. */
dn_status dn_dti_target_infer_backward(dn_work *k, const float *w, const float *running, int64_t target,
                                       float *out_dstate, dn_error *err);

/* ---- dti_joint.c: from drug_out and target_out, in training ---- */

dn_status dn_dti_joint_forward(dn_work *k, const float *w, dn_error *err);             /* to logit */
dn_status dn_dti_joint_backward(dn_work *k, const float *w, float *dw, dn_error *err); /* to ddrug, dtarget */
/* Inference: drug_out and target_out stand for distinct ones, sample r has which_drug[r] and which[r]. */
dn_status dn_dti_joint_infer(dn_work *k, const float *w, float *out, dn_error *err);

#endif
