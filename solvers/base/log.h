/* log.h - what happened, one event at a time
 *
 * Code below jobs/ reports events here and never prints. The terminal side installs one sink; without a sink
 * events vanish. Thread-safe; the first sink may be set while other threads report. Local.
 */
#ifndef DN_BASE_LOG_H
#define DN_BASE_LOG_H

#include <stdbool.h>
#include "solvers/base/error.h"

typedef enum dn_log_level { DN_DEBUG, DN_INFO, DN_WARN, DN_ERROR } dn_log_level;

/* "debug", "info", "warn", "error"; and the level of such a word, if it is one. */
const char *dn_log_level_name(dn_log_level level);
bool dn_log_level_of(const char *name, dn_log_level *out);

/* One event: area is the module ("train"), event a few words ("epoch done"), fields "key=value key=value";
 * a value that holds spaces is quoted. */
typedef void dn_log_sink(void *ctx, dn_log_level level, const char *area, const char *event,
                         const char *fields);

void dn_log_open(dn_log_sink *sink, void *ctx, dn_log_level at_least);

/* Another least level from now on. Any thread. */
void dn_log_threshold(dn_log_level at_least);

void dn_log(dn_log_level level, const char *area, const char *event, const char *fields_fmt, ...)
    DN_PRINTF(4, 5);

#endif
