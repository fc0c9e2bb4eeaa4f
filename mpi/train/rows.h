/* rows.h - which rows of a data set are meant, without a list of them
 *
 * The training rows of a split are those whose byte of `part` is 0 (mpi/io/dataset.h). Row number i of them
 * is found from counts, one for every DN_ROWS_STRIDE rows of the data: 1/32 byte a row of the data in each
 * rank, where a list takes 8 bytes a row. Time of one look-up: O(log n), some 0.2 us with 10^8 rows.
 *
 * All functions are local.
 */
#ifndef DN_TRAIN_ROWS_H
#define DN_TRAIN_ROWS_H

#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_ROWS_STRIDE = 256 };

/* Rising row numbers of a part, or a list in any order. What it points to is borrowed but `before`. */
typedef struct dn_rows {
    int64_t n;           /* rows meant */
    const int64_t *list; /* [n]; NULL: the rows of a part: */
    const uint8_t *part; /* [all]  rows of the data with part[row] == wanted */
    uint8_t wanted;
    int64_t all;
    int64_t *before; /* [all / DN_ROWS_STRIDE + 1]  how many of them stand before row k * DN_ROWS_STRIDE */
} dn_rows;

/* The rows of a list, in its order. Nothing to destroy. */
dn_rows dn_rows_listed(const int64_t *list, int64_t n);

/* The rows i of [0, all) with part[i] == wanted. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_rows_of_part(const uint8_t *part, int64_t all, uint8_t wanted, dn_rows *out,
                                        dn_error *err);
void dn_rows_destroy(dn_rows *r);

/* Row number i, 0 <= i < n. */
int64_t dn_rows_at(const dn_rows *r, int64_t i);

/* Rows number [first, first + count), out [count]. Time O(count * n / all). */
void dn_rows_read(const dn_rows *r, int64_t first, int64_t count, int64_t *out);

/* How many rows there are of each label: out [classes]; labels are below. */
void dn_rows_count(const dn_rows *r, const uint8_t *label, int classes, int64_t *out);

#endif
