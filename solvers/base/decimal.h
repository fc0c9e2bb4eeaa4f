/* decimal.h - decimal numbers in text to double, correctly rounded, without strtod where that is possible
 *
 * Up to 19 digits (zeros in front count) and powers of ten from -27 to 27. A mantissa of up to 53 bits with a
 * power of up to 22 is one exact product or quotient (Clinger, PLDI 1990); otherwise the product with, or
 * quotient by, a power of five is formed in 128 bits with a sticky bit and rounded once. All functions are
 * local.
 */
#ifndef DN_BASE_DECIMAL_H
#define DN_BASE_DECIMAL_H

#include <stdint.h>

/* The number at the beginning of [at, end): sign, digits with at most one '.', exponent. Returns the first
 * byte behind it, *out the double that strtod gives for these bytes; NULL when there is none or it is not of
 * the kind above (strtod must decide then), *out is untouched. */
const char *dn_scan_decimal(const char *at, const char *end, double *out);

/* Cells of a line: up to n numbers with `separator` (no digit, sign or '.') between them, each as float of
 * what dn_scan_decimal() gives. Returns how many were read: it stops in front of a cell that is more than
 * such a number or is none, or too large for a float. *at moves to the first cell that was not read; behind
 * the last cell of the line it becomes end + 1, as if a separator stood there. */
int64_t dn_scan_floats(const char **at, const char *end, char separator, int64_t n, float *x);

#endif
