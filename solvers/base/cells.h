/* cells.h - the cells of a line to floats
 *
 * A cell is a decimal number as dn_scan_decimal() reads it, and its float is the float of that double; with
 * at most 8 digits behind the point that is the float that strtof gives, too (a double that lies between two
 * floats, where the second rounding could go astray, is not near enough to such a number).
 *
 * There is one way for every CPU, and faster ones that are chosen when the program runs: they take cells of
 * at most 15 bytes, [-]digits[.digits], several at a time, and leave any other cell to the first. All give
 * the same bits. All functions are local.
 */
#ifndef DN_BASE_CELLS_H
#define DN_BASE_CELLS_H

#include <stdint.h>

/* Cells of a line: up to n numbers with `separator` (no digit, sign or '.') between them. Returns how many
 * were read: it stops in front of a cell that is more than such a number or is none, or too large for a
 * float. *at moves to the first cell that was not read; behind the last cell of the line it becomes end + 1,
 * as if a separator stood there. No byte outside of [*at, end) is looked at; x behind what was read is
 * undefined. */
int64_t dn_cells_read(const char **at, const char *end, char separator, int64_t n, float *x);

/* The same by one of the ways: 0 for every CPU, up to dn_cells_ways() - 1 for this one. For tests. */
int dn_cells_ways(void);
int64_t dn_cells_read_by(int way, const char **at, const char *end, char separator, int64_t n, float *x);

#endif
