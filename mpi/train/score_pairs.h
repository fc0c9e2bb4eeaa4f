/* score_pairs.h - what a GENER network says of pairs of genes, by its folded form (models/gener_screen.h),
 * spread over ranks and threads; the same bits on any number of them, and in any list
 */
#ifndef DN_TRAIN_SCORE_PAIRS_H
#define DN_TRAIN_SCORE_PAIRS_H

#include "mpi/core/world.h"
#include "solvers/models/gener_screen.h"

/* Fold the network and compute what is one gene's alone; each rank a share. As dn_gener_fold_create().
 * Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_fold_genes(const dn_comm *comm, const dn_gener *g, const float *w,
                                                    const float *running, int64_t genes, dn_gener_fold **out,
                                                    dn_error *err);

/* Pairs (a[i], b[i]), the same on every rank, into out [n, outputs] of every rank. Collective. Fails: as
 * dn_gener_scorer_create(), dn_gener_scorer_pairs() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_score_pairs(const dn_comm *comm, const dn_gener_fold *fold,
                                                     bool narrow, const int32_t *a, const int32_t *b,
                                                     int64_t n, int64_t outputs, float *out, dn_error *err);

#endif
