/* duration.c - lengths of time; see duration.h */
#include "solvers/base/duration.h"

#include <stdint.h>
#include <string.h>
#include "solvers/base/text.h"

static const double most = 100.0 * 365.25 * 86400;

/* Digits at *at, with *at behind them: a whole number that is not absurd. */
static bool whole(const char **at, int64_t *out)
{
    size_t n = strspn(*at, "0123456789");

    if (n == 0 || n > 12 || !dn_parse_int(*at, n, out))
        return false;
    *at += n;
    return true;
}

/* 1h30m: every unit is smaller than the one before. */
static bool with_units(const char *at, double *out)
{
    static const char unit[] = "dhms";
    static const double seconds[] = {86400, 3600, 60, 1};
    double sum = 0, v;
    int next = 0;

    do {
        size_t n = strspn(at, "0123456789.");
        const char *found = at[n] != '\0' ? strchr(unit + next, at[n]) : NULL;
        if (found == NULL || !dn_parse_double(at, n, &v))
            return false;
        sum += v * seconds[found - unit];
        next = (int)(found - unit) + 1;
        at += n + 1;
    } while (*at != '\0');
    *out = sum;
    return true;
}

/* As Slurm has them. */
static bool with_colons(const char *at, double *out)
{
    int64_t v[3] = {0}, days = 0;
    int n = 0;
    bool has_days;

    if (!whole(&at, &v[0]))
        return false;
    has_days = *at == '-';
    if (has_days) {
        at++;
        days = v[0];
        if (!whole(&at, &v[0]))
            return false;
    }
    for (n = 1; *at == ':' && n < 3; n++) {
        at++;
        if (!whole(&at, &v[n]) || v[n] >= 60)
            return false;
    }
    if (*at != '\0')
        return false;
    if (has_days || n == 3)
        *out = (double)days * 86400 + (double)v[0] * 3600 + (double)v[1] * 60 + (double)v[2];
    else
        *out = (double)v[0] * 60 + (double)v[1];
    return true;
}

bool dn_parse_duration(const char *text, double *out)
{
    double v;

    if (!with_units(text, &v) && !with_colons(text, &v))
        return false;
    if (!(v >= 0 && v <= most))
        return false;
    *out = v;
    return true;
}
