/* terminal.h - the terminal that a run is watched in
 *
 * One a process. While it is open the terminal shows its other page, without echo, and is given back as it
 * was however the process ends but by SIGKILL; what stood there before stands there again. Ctrl-Z pauses.
 * Local.
 */
#ifndef DN_WATCH_TERMINAL_H
#define DN_WATCH_TERMINAL_H

#include <stdbool.h>
#include "solvers/base/error.h"

/* From now on SIGINT, SIGTERM and SIGHUP are wishes to leave, for dn_terminal_leaving(). */
void dn_terminal_listen(void);
bool dn_terminal_leaving(void);

/* The last wish was heard, the process is about to end: the library of the sockets, which ends with it, takes
 * a signal for a reason to leave its threads behind. */
void dn_terminal_ignore(void);

/* Fails: DN_EUNAVAILABLE standard input or output is no terminal, or one that can do nothing (TERM=dumb) */
DN_MUST_CHECK dn_status dn_terminal_open(dn_error *err);
void dn_terminal_close(void);

/* Size now: of the window, or 80 x 24 where it does not say. */
void dn_terminal_size(int *columns, int *rows);

/* Replace what the window shows by these lines. */
void dn_terminal_show(const char *lines);

/* Sleep until a key, a signal, a new size of the window, or for ms; the key, or -1 for anything else. */
int dn_terminal_wait(int ms);

#endif
