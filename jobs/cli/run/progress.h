/* progress.h - a bar with the time that is left, on a terminal only
 *
 * Drawn on stderr of rank 0 when that is a terminal, or a pipe to an mpirun whose stderr is one; otherwise
 * the calls do nothing. Local, main thread; dn_progress_clear() by any.
 */
#ifndef DN_CLI_PROGRESS_H
#define DN_CLI_PROGRESS_H

#include "mpi/train/hooks.h"

/* Draw the bar for this step; at most ten times a second. */
void dn_progress_step(const dn_step_report *report);

/* Draw the bar for a piece of work; seconds since it began, and that are left (NAN: nobody knows). At most
 * ten times a second. */
void dn_progress_work(const char *what, int64_t done, int64_t total, double seconds, double left);

/* Wipe the bar, so that other text can be written; the next step draws it again. A thread that is not the
 * main one holds stderr (flockfile) until its text is written, or the bar may be drawn before it. */
void dn_progress_clear(void);

/* Wipe the bar for good. */
void dn_progress_end(void);

#endif
