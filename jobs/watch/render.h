/* render.h - what is known of a run as lines of text: for a window, or for a pipe
 *
 * Pure: a state and a window in, lines out; the same in, the same out. Local.
 */
#ifndef DN_WATCH_RENDER_H
#define DN_WATCH_RENDER_H

#include "jobs/watch/state.h"

typedef struct dn_watch_view {
    int columns, rows; /* of the window; below 1 counts as 1; rows 0: as many lines as it takes, with the
                          last of the log only */
    bool utf8, colour; /* blocks or ASCII; colours or none */
    int64_t now;       /* seconds since 1970, for "3 min ago"; 0: nobody knows */
    bool keys;         /* name the keys in the last line */
} dn_watch_view;

/* The whole picture: lines that end in \n, in a block for dn_free(); at most view->rows of them, none wider
 * than view->columns. The last line has no \n, so that a window does not scroll; it names the keys where they
 * are wanted and there are three rows. What does not fit goes in this order: ranks and log lines beyond their
 * share, who the job is and how fast, then from below. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_watch_render(const dn_watch_state *s, const dn_watch_view *view, char **out,
                                        dn_error *err);

/* The present state as one line without \n, of any length, printable ASCII or UTF-8: for a pipe. */
DN_MUST_CHECK dn_status dn_watch_line(const dn_watch_state *s, bool utf8, char **out, dn_error *err);

/* n values, the oldest first, as a curve of at most `columns` blocks in out [columns * 4 + 1]: means of equal
 * stretches where there are more; a gap where nothing is known. Returns how many columns it takes. */
int dn_sparkline(const double *v, int64_t n, int columns, bool utf8, char *out);

#endif
