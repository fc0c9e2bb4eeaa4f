/* error.c - one error type, one way out; see error.h */
#include "solvers/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

dn_status dn_error_trail(dn_error *err, dn_status st, const char *file, int line)
{
    int room = (int)(sizeof err->trail / sizeof err->trail[0]);

    if (err != NULL && err->depth < room)
        snprintf(err->trail[err->depth++], sizeof err->trail[0], "%.50s:%d", file, line);
    return st;
}

dn_status dn_error_set(dn_error *err, dn_status code, const char *file, int line, const char *fmt, ...)
{
    va_list args;

    if (err == NULL || err->code != DN_OK)
        return code;
    err->code = code;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    /* one line, whatever bytes the datum held */
    for (char *c = err->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return dn_error_trail(err, code, file, line);
}
