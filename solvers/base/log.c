/* log.c - what happened, one event at a time; see log.h */
#include "solvers/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic(dn_log_sink *) sink; /* set last: a thread that finds it finds the others */
static void *sink_ctx;
static atomic_int threshold = DN_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

const char *dn_log_level_name(dn_log_level level)
{
    return level_names[level];
}

bool dn_log_level_of(const char *name, dn_log_level *out)
{
    for (int i = DN_DEBUG; i <= DN_ERROR; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *out = (dn_log_level)i;
            return true;
        }
    return false;
}

void dn_log_open(dn_log_sink *to, void *ctx, dn_log_level at_least)
{
    sink_ctx = ctx;
    atomic_store(&threshold, (int)at_least);
    sink = to;
}

void dn_log_threshold(dn_log_level at_least)
{
    atomic_store(&threshold, (int)at_least);
}

void dn_log(dn_log_level level, const char *area, const char *event, const char *fields_fmt, ...)
{
    char fields[1024];
    va_list args;
    dn_log_sink *to = sink;

    if (to == NULL || (int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    va_start(args, fields_fmt);
    vsnprintf(fields, sizeof fields, fields_fmt, args);
    va_end(args);
    to(sink_ctx, level, area, event, fields);
}
