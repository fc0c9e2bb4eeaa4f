/* balance.h - as many rows of every class: the class balance of the published recipe */
#ifndef DN_TRAIN_BALANCE_H
#define DN_TRAIN_BALANCE_H

#include <stdint.h>
#include "solvers/base/error.h"

/* Which rows are balanced; part of the definition of the draw. */
typedef enum dn_balance_of { DN_BALANCE_TRAINING = 0, DN_BALANCE_VALIDATION = 1 } dn_balance_of;

/* Reduce every class to the size of the smallest that occurs: of a larger one the rows with the smallest keys
 * stay, the key of a row being 64 random bits of the stream (seed, DN_RNG_BALANCE, of), item = the row; ties
 * go to the lower row. What stays keeps its order. Classes of equal size are left as they are.
 *
 *   rows [*n]   rising or not, each once; the first *n are the balanced ones on return
 *   label       of the row rows[i]: label[rows[i]]
 *
 * A pure function of seed, rows and labels: the same on every rank. Local. Time O(n log n), scratch 16 bytes
 * a row. Fails: DN_ENOMEM, rows are untouched then */
DN_MUST_CHECK dn_status dn_balance_rows(uint64_t seed, dn_balance_of of, const uint8_t *label, int64_t *rows,
                                        int64_t *n, dn_error *err);

#endif
