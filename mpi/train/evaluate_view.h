/* evaluate_view.h - one view of the evaluated rows; used by evaluate.c
 *
 * Rows are those of validation, [0, n_validation), and behind them the evaluated ones, [n_validation, n).
 */
#ifndef DN_TRAIN_EVALUATE_VIEW_H
#define DN_TRAIN_EVALUATE_VIEW_H

#include "mpi/train/evaluate.h"

typedef struct dn_eval_rows {
    int64_t genes; /* in the dataset */
    int64_t n, n_validation;
    int64_t n_training[2];     /* training rows: all, clean */
    int64_t *gene_a, *gene_b;  /* [n] */
    uint8_t *label;            /* [n] */
    uint8_t *klass;            /* [n]  1, 2, 3 */
    uint8_t *clean;            /* [n] */
    double *score[DN_SCORERS]; /* [n] each, popularity fitted on all training rows */
    double *clean_popularity;  /* [n]  fitted on the clean ones */
} dn_eval_rows;

/* Measure view number v, 0 <= v < DN_VIEWS, into report[v]; report[0 .. v) are filled. Collective on comm.
 * Fails: DN_ENOMEM, DN_EDATA a score is not finite */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_view_measure(const dn_comm *comm, const dn_eval_rows *rows, int v,
                                                      int64_t replicates, uint64_t seed,
                                                      dn_view_report *report, dn_error *err);

/* Put the blocks dn_block(items, rank, size) of an array [items, width] together on every rank. Collective on
 * comm; cannot fail. */
DN_COLLECTIVE void dn_gather_blocks(const dn_comm *comm, double *array, int64_t items, int64_t width);

#endif
