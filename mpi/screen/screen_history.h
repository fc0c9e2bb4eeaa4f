/* screen_history.h - what the training labels say of a drug and a block of targets: for every pair of them
 * the numbers of dn_dti_history(), with its bits
 *
 *     DN_TRY(dn_screen_history_create(comm, &past, 256, &h, err));
 *     for (each block of targets) {
 *         dn_screen_history_block(comm, h, target, width);
 *         for (each drug) {
 *             dn_screen_history_drug(h, drug);
 *             for (each j of the block) dn_screen_history_pair(h, j, row, out);
 *         }
 *     }
 *     dn_screen_history_destroy(&h);
 *
 * past->drugs and past->targets may hold more entities than past->pairs counts: those behind have no labels
 * and are likened to the others.
 *
 * Memory of a rank: a block of targets x (all targets) of likenesses, a block of targets x (drugs with
 * labels) of weights, two fingerprints a drug, and what dti_kron.h takes.
 */
#ifndef DN_SCREEN_SCREEN_HISTORY_H
#define DN_SCREEN_SCREEN_HISTORY_H

#include "mpi/inputs/dti_history.h"

typedef struct dn_screen_history dn_screen_history;

/* Borrows past. block: the most targets at a time. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_history_create(const dn_comm *comm, const dn_dti_past *past,
                                                               int64_t block, dn_screen_history **out,
                                                               dn_error *err);
DN_COLLECTIVE void dn_screen_history_destroy(dn_screen_history **h);

/* The targets [width] of the block, each once, the same on every rank; each rank likens a share. Collective;
 * cannot fail. */
DN_COLLECTIVE void dn_screen_history_block(const dn_comm *comm, dn_screen_history *h, const int64_t *target,
                                           int64_t width);

/* The drug of the pairs to come. Local. Time O(training rows * width) */
void dn_screen_history_drug(dn_screen_history *h, int64_t drug);

/* The drug with target j of the block, into out [DN_PAST_SCORES]. row: of the pairs, -1: the pair is none of
 * them; a training row does not see its own label. Local. */
void dn_screen_history_pair(dn_screen_history *h, int64_t j, int64_t row, double *out);

#endif
