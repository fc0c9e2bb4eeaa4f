/* duration.h - lengths of time as people and Slurm write them
 *
 *     90s  10m  1h30m  2d  1.5h          numbers with units, each of d, h, m, s once at most and in this
 * order 90                                 minutes 10:30  1:30:00                     minutes:seconds,
 * hours:minutes:seconds 1-12  1-12:30  1-12:30:00          days-hours, days-hours:minutes,
 * days-hours:minutes:seconds
 *
 * The last three are those of sbatch --time. Local.
 */
#ifndef DN_BASE_DURATION_H
#define DN_BASE_DURATION_H

#include <stdbool.h>

/* Whether the whole text is such a length, up to a hundred years; seconds in *out, otherwise untouched.
 * Blanks, signs, exponents and, behind a colon, anything of 60 and more are not. */
bool dn_parse_duration(const char *text, double *out);

#endif
