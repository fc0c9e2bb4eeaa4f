/* log.c - what happened, one event at a time; see log.h */
#include "solvers/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static _Atomic(dn_log_sink *) sink; /* set last: a thread that finds it finds the others */
static void *sink_ctx;
static dn_log_level threshold = DN_INFO;

void dn_log_open(dn_log_sink *to, void *ctx, dn_log_level at_least)
{
    sink_ctx = ctx;
    threshold = at_least;
    sink = to;
}

void dn_log(dn_log_level level, const char *area, const char *event, const char *fields_fmt, ...)
{
    char fields[1024];
    va_list args;
    dn_log_sink *to = sink;

    if (to == NULL || level < threshold)
        return;
    va_start(args, fields_fmt);
    vsnprintf(fields, sizeof fields, fields_fmt, args);
    va_end(args);
    to(sink_ctx, level, area, event, fields);
}
