/* mtx.h - the head of a Matrix Market file
 *
 *     %%MatrixMarket matrix coordinate FIELD SYMMETRY      FIELD pattern, real, integer; general, symmetric
 *     % comments
 *     ROWS COLUMNS ENTRIES
 *
 * Source: Boisvert, Pozo and Remington, The Matrix Market exchange formats, NISTIR 5935, 1996. Local.
 */
#ifndef DN_FORMATS_MTX_H
#define DN_FORMATS_MTX_H

#include "solvers/formats/edge_layout.h"

bool dn_mtx_is_banner(const char *line, size_t len);

/* Read on from the banner, which is `line` and was just taken from d, to the line of sizes. Fills what
 * belongs to a matrix, data and comments. Fails: DN_EDATA not of the kinds above (dense, complex, skew),
 * sizes that are no numbers, more than 2^31 - 1 rows or columns; those of d */
DN_MUST_CHECK dn_status dn_mtx_head(const char *name, dn_delim *d, const char *line, size_t len,
                                    dn_edge_layout *out, dn_error *err);

#endif
