/* pen.h - lines of text that never grow wider than a window
 *
 * Text of others (log lines, names of hosts and runs) may hold anything: what comes out is printable. Control
 * characters, bytes that are not UTF-8, marks that take no column, that change the direction of writing, or
 * whose width terminals disagree on are replaced by '?'; without UTF-8 all that is not ASCII is. Every
 * character that is left has a known width of one or two columns (Unicode 15, EastAsianWidth). Local.
 */
#ifndef DN_WATCH_PEN_H
#define DN_WATCH_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include "solvers/base/error.h"

typedef enum dn_ink { DN_PLAIN, DN_BOLD, DN_FAINT, DN_GOOD, DN_WARNING, DN_BAD, DN_BAR } dn_ink;

typedef struct dn_pen {
    char *text; /* [len + 1]  lines, each ended by \n; for dn_free() */
    size_t len, cap;
    int columns;       /* width of a line, at least 1 */
    bool utf8, colour; /* colour: inks become SGR sequences */
    int at;            /* columns that the line has so far */
    int lines;         /* that have ended */
    dn_status st;      /* DN_ENOMEM: what came since is missing */
} dn_pen;

/* Append to the line, as much as fits; whether all of it did. */
bool dn_pen_write(dn_pen *p, dn_ink ink, const char *text);
bool dn_pen_print(dn_pen *p, dn_ink ink, const char *format, ...) DN_PRINTF(3, 4);

/* Blanks up to this column, or up to the end of the line. */
void dn_pen_tab(dn_pen *p, int column);

void dn_pen_end(dn_pen *p); /* of the line */

/* Columns that a text takes when it is written. */
int dn_pen_width(const char *text, bool utf8);

#endif
