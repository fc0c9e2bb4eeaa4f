/* logging.h - log lines and the last word on stderr */
#ifndef DN_CLI_LOGGING_H
#define DN_CLI_LOGGING_H

#include <stdbool.h>
#include "solvers/base/log.h"

/* From now on events go to stderr, one write() a line:
 *   2026-02-03T10:11:12.345Z info r0 train: epoch done epoch=3 loss=0.4123
 * or, as JSON, an object with time, level, rank, area, event and the fields. Rank 0 reports from at_least on,
 * the others from warn. Local. */
void dn_logging_open(int rank, bool json, dn_log_level at_least);

/* Show the text of every line, without time and level, to somebody else as well, on whatever thread it comes;
 * NULL: to nobody any more, and no call is under way when this returns. Must not log. Local. */
typedef void dn_logging_tap(void *ctx, dn_log_level level, const char *area, const char *text);
void dn_logging_show(dn_logging_tap *tap, void *ctx);

#endif
