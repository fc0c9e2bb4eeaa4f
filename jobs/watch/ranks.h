/* ranks.h - the ranks of a run as lines: a summary, and those that the others wait for
 *
 * Pure. Times are those of one step, means over what the stage has looked at; what no rank tells is left out.
 * Local.
 */
#ifndef DN_WATCH_RANKS_H
#define DN_WATCH_RANKS_H

#include "jobs/watch/pen.h"
#include "jobs/watch/state.h"

enum { DN_RANKS_ALL = 16, DN_RANKS_FEW = 6 }; /* that many are all shown; of more, that many */

/* Lines that would be good to have for them, at least. */
int dn_ranks_wanted(const dn_watch_state *s);

/* A summary in one line, or two where times are known, and, as far as `room` lines reach, a table of single
 * ranks, slow ones first: all of them up to DN_RANKS_ALL, DN_RANKS_FEW of more. label: columns of the label
 * before the lines. Nothing for a run whose ranks tell nothing. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_ranks_write(dn_pen *p, const dn_watch_state *s, int label, int room,
                                       dn_error *err);

/* How much longer than the median of the others the slowest rank computes, 0.2: a fifth; NAN: not known. */
double dn_ranks_lag(const dn_watch_state *s);

#endif
