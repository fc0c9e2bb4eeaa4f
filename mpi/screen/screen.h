/* screen.h - every pair of many drugs and many targets scored by a trained network, the best kept
 *
 *     dn_screen_options o = {.drug = drugs, .n_drugs = n, .target = targets, .n_targets = m,
 *                            .keep = 1000, .end = {false, true}};
 *     DN_TRY(dn_screen(comm, &model, &split, &o, &result, err));
 *
 * Each drug and each target is encoded once. Where the network looks at labels of like pairs, these are
 * computed for a drug and a block of targets at a time (screen_history.h). Drugs are dealt to the ranks one
 * by one, so that with a block of targets so many drugs from the first on are done; between rounds of them
 * all ranks look at what is asked (screen_state.h). A block of targets is what a command to stop at the end
 * of an epoch means. A pair has the bits that dn_dti_model_score() gives it,
 * whatever the ranks and the block, and equal scores are ordered by the ids of drug and target, so that the
 * same pairs are kept on any number of ranks.
 *
 * Memory of a rank beside dataset and model: vectors of all targets and of the rank's drugs, and what
 * screen_keep.h and screen_history.h say. Nothing has the size drugs x targets.
 */
#ifndef DN_SCREEN_SCREEN_H
#define DN_SCREEN_SCREEN_H

#include "mpi/train/dti_model.h"
#include "mpi/evaluate/evaluate_dti.h"
#include "mpi/screen/screen_state.h"

typedef enum dn_screen_per {
    DN_PER_SCREEN, /* the best `keep` of all pairs */
    DN_PER_DRUG,   /* the best `keep` of each drug */
    DN_PER_TARGET
} dn_screen_per;

typedef struct dn_screen_options {
    /* of m->in, each once: those of the dataset, and behind them new ones (newcomers.h) */
    const int64_t *drug; /* [n_drugs] */
    int64_t n_drugs;     /* >= 1 */
    const int64_t *target;
    int64_t n_targets;
    int64_t keep; /* >= 1, of each group and each end */
    dn_screen_per per;
    bool end[2];        /* [0] inhibition: lowest scores first; [1] activation: highest first. With both, a
                           pair competes for activation when its score is at least 0.5, for inhibition
                           otherwise; with one, every pair competes */
    bool include_known; /* also pairs that have a label in the set; a training row is then scored as the
                           training saw it, its own label hidden */
    int64_t block;      /* targets at a time; 0: DN_SCREEN_BLOCK. Changes no result */
    int64_t round;      /* drugs of a rank between two looks at what is asked; 0: DN_SCREEN_ROUND. Nor this */
    const dn_hooks *opt_hooks;          /* pairs; between rounds */
    const dn_screen_saving *opt_saving; /* NULL: no checkpoints; on all ranks or on none */
} dn_screen_options;

enum { DN_SCREEN_BLOCK = 256, DN_SCREEN_ROUND = 16 };

typedef struct dn_screen_result {
    int64_t pairs; /* drugs x targets asked */
    int64_t known; /* of these with a label in the set, whether scored or not */
    int64_t scored;
    int64_t n;
    dn_screened *hit; /* [n]  activation, highest score first, then inhibition, lowest first; ties by ids */
} dn_screen_result;

/* The same result on every rank. split: that of the dataset that the model was trained on. Collective.
 * Fails: DN_EUSAGE nothing to screen, or more to keep than 2^31 bytes; DN_ENOMEM; DN_ESAVED asked to stop,
 * and the checkpoint is written; as dn_screen_state_load(), dn_screen_state_save(), the functions of
 * models/dti.h
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen(const dn_comm *comm, const dn_dti_model *m,
                                                const dn_split *split, const dn_screen_options *options,
                                                dn_screen_result *out, dn_error *err);
void dn_screen_result_destroy(dn_screen_result *r);

#endif
