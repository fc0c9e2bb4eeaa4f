/* evaluate_rows.h - the evaluated rows of several folds behind one another
 *
 * Everything that a row carries (dn_eval_rows of evaluate_view.h) is copied here, for every kind.
 */
#ifndef DN_EVALUATE_EVALUATE_ROWS_H
#define DN_EVALUATE_EVALUATE_ROWS_H

#include "mpi/evaluate/evaluate_view.h"

/* The rows of several folds behind one another: validation rows of all, then the evaluated ones of all, both
 * in the order of the folds; training rows are sums.
 *
 *   rows [folds]  of one dataset and kind, all with a model or all without; folds >= 1
 *
 * *out is for dn_eval_rows_destroy(), after a failure, too. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_eval_rows_pool(const dn_eval_rows *const *rows, int64_t folds, dn_eval_rows *out,
                                          dn_error *err);
void dn_eval_rows_destroy(dn_eval_rows *rows);

#endif
