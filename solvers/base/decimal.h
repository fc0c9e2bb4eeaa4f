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

#endif
