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

#endif
