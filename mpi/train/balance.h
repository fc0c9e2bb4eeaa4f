/* balance.h - as many rows of every class: the class balance of the published recipe */
#ifndef DN_TRAIN_BALANCE_H
#define DN_TRAIN_BALANCE_H

#include <stdint.h>
#include "solvers/base/error.h"

/* Reduce every class of a part to the size of the smallest that occurs in it: of a larger one the rows with
 * the smallest keys stay, the key of a row being 64 random bits of the stream (seed, DN_RNG_BALANCE, wanted),
 * item = the row; ties go to the lower row. Classes of equal size are left as they are.
 *
 *   part [n]   of every row; those of the part have part[row] == wanted, and get `dropped` when they leave
 *   label [n]
 *   out_before, out_after  rows of the part
 *
 * A pure function of seed, rows and labels: the same on every rank. Local. The keys are made anew in each of
 * five passes over a class that is reduced: scratch 512 KB. Fails: DN_ENOMEM, part is untouched then */
DN_MUST_CHECK dn_status dn_balance_part(uint64_t seed, const uint8_t *label, int64_t n, uint8_t wanted,
                                        uint8_t dropped, uint8_t *part, int64_t *out_before,
                                        int64_t *out_after, dn_error *err);

#endif
