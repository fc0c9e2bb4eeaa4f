/* fields.c - fields of a line without quotes; see fields.h */
#include "solvers/formats/fields.h"

#include <string.h>
#include "solvers/base/bytes.h"

int64_t dn_fields_cut(const char *line, size_t len, char separator, dn_field *field, int64_t cap)
{
    const char *from = line, *at = line, *end = line + len, *stop;
    int64_t n = 0;

    for (; end - at >= 64; at += 64)
        for (uint64_t mask = dn_bytes_equal(at, separator); mask != 0; mask &= mask - 1, n++) {
            stop = at + __builtin_ctzll(mask);
            if (n < cap)
                field[n] = (dn_field){from, (size_t)(stop - from)};
            from = stop + 1;
        }
    do { /* fewer than 64 bytes are left to look at, a field may have begun before them */
        stop = at < end ? memchr(at, separator, (size_t)(end - at)) : NULL;
        if (n < cap)
            field[n] = (dn_field){from, (size_t)((stop != NULL ? stop : end) - from)};
        n++;
        from = at = stop != NULL ? stop + 1 : end;
    } while (stop != NULL);
    return n;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool dn_field_is(const dn_field *f, const char *word)
{
    size_t i = 0;

    for (; i < f->len; i++)
        if (word[i] == '\0' || lower(f->text[i]) != lower(word[i]))
            return false;
    return word[i] == '\0';
}

bool dn_field_is_plain(const dn_field *f, const char *plain)
{
    for (size_t i = 0; i < f->len; i++) {
        char c = lower(f->text[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
            continue;
        if (*plain == '\0' || c != *plain)
            return false;
        plain++;
    }
    return *plain == '\0';
}

bool dn_field_is_none(const dn_field *f)
{
    return f->len == 0 || (f->len == 1 && f->text[0] == '-');
}

dn_field dn_field_trim(dn_field f)
{
    while (f.len > 0 && f.text[0] == ' ') {
        f.text++;
        f.len--;
    }
    while (f.len > 0 && f.text[f.len - 1] == ' ')
        f.len--;
    return f;
}

bool dn_field_part(dn_field *rest, char separator, dn_field *out)
{
    const char *stop;

    if (rest->text == NULL)
        return false;
    stop = rest->len > 0 ? memchr(rest->text, separator, rest->len) : NULL;
    if (stop == NULL) {
        *out = *rest;
        *rest = (dn_field){NULL, 0};
        return true;
    }
    *out = (dn_field){rest->text, (size_t)(stop - rest->text)};
    *rest = (dn_field){stop + 1, rest->len - out->len - 1};
    return true;
}
