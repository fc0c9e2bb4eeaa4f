/* delim.c - records of a table in text; see delim.h */
#include "solvers/formats/delim.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

enum { BLOCK = 1 << 18 };

struct dn_delim {
    char *path;
    dn_source *source;
    char separator;
    int64_t begin;  /* of the range */
    int64_t end;    /* lines that start here or later belong to somebody else */
    int64_t offset; /* in the file, of buf[pos] */
    int64_t mark;   /* bytes of a byte order mark; they count as the first of the first line */
    int64_t lines;  /* line ends passed inside the range */
    char *buf;      /* [cap]  bytes [pos, len) are not yet used */
    size_t cap, pos, len;
    bool ended;    /* the source has no more */
    bool open_end; /* the last line had no line end */
    bool trusted;  /* no line holds a NUL byte */
    dn_field *field;
    size_t field_cap;
};

static dn_status create(const char *path, char separator, size_t room, dn_delim **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    size_t len = strlen(path) + 1;

    DN_NEW(d, 1);
    DN_NEW(d->path, len);
    memcpy(d->path, path, len);
    d->separator = separator;
    d->end = INT64_MAX;
    DN_TRY(dn_grow((void **)&d->buf, &d->cap, room, 1, err));
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
    return st;
}

void dn_delim_close(dn_delim **p)
{
    dn_delim *d = *p;

    if (d == NULL)
        return;
    dn_source_close(&d->source);
    dn_free(d->path);
    dn_free(d->buf);
    dn_free(d->field);
    dn_free(d);
    *p = NULL;
}

/* Read on until a line end is in buf[pos, len) or the source has no more. *out_len is the length of the line
 * without its LF, *out_lf whether there is one. */
static dn_status find_line(dn_delim *d, size_t *out_len, bool *out_lf, dn_error *err)
{
    dn_status st = DN_OK;
    size_t seen = 0; /* bytes behind pos that hold no line end */

    for (;;) {
        const char *at = d->buf + d->pos;
        const char *lf = d->len - d->pos > seen ? memchr(at + seen, '\n', d->len - d->pos - seen) : NULL;
        size_t got, room;

        if (lf != NULL || d->ended) {
            *out_lf = lf != NULL;
            *out_len = lf != NULL ? (size_t)(lf - at) : d->len - d->pos;
            goto out;
        }
        seen = d->len - d->pos;
        if (d->pos > 0) {
            memmove(d->buf, d->buf + d->pos, seen);
            d->pos = 0;
            d->len = seen;
        }
        if (d->len == d->cap)
            DN_TRY(dn_grow((void **)&d->buf, &d->cap, d->cap + 1, 1, err));
        room = d->cap - d->len < BLOCK ? d->cap - d->len : BLOCK; /* what stays in the cache */
        DN_TRY(dn_source_read(d->source, d->buf + d->len, room, &got, err));
        d->len += got;
        d->ended = got == 0;
    }
out:
    return st;
}

/* Step over the line that find_line() has found. */
static void pass_line(dn_delim *d, size_t len, bool lf)
{
    d->pos += len + lf;
    d->offset += d->mark + (int64_t)len + lf;
    d->mark = 0;
    d->lines++;
    d->open_end = !lf;
}

/* At the start of a range: the line that began before it belongs to the range before. */
static dn_status align(dn_delim *d, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len;
    bool lf;

    if (d->begin > 0) { /* reading began one byte early: at the line end before, when there is one */
        DN_TRY(find_line(d, &len, &lf, err));
        pass_line(d, len, lf);
        d->lines = 0;
    } else {
        DN_TRY(find_line(d, &len, &lf, err));
        if (d->len - d->pos >= 3 && memcmp(d->buf + d->pos, "\xef\xbb\xbf", 3) == 0) {
            d->pos += 3;
            d->mark = 3;
        }
    }
    d->begin = d->offset;
out:
    return st;
}

dn_status dn_delim_open(const char *path, char separator, dn_delim **out, dn_error *err)
{
    return dn_delim_open_tapped(path, separator, NULL, out, err);
}

dn_status dn_delim_open_tapped(const char *path, char separator, const dn_tap *tap, dn_delim **out,
                               dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    int64_t bytes;
    bool gzip;

    DN_TRY(dn_source_probe(path, &bytes, &gzip, err));
    DN_TRY(create(path, separator, BLOCK, &d, err));
    if (gzip)
        DN_TRY(dn_source_open_gzip(path, &d->source, err));
    else
        DN_TRY(dn_source_open_range(path, 0, INT64_MAX, &d->source, err));
    if (tap != NULL)
        dn_source_tap(d->source, *tap);
    DN_TRY(align(d, err));
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
    return st;
}

dn_status dn_delim_open_range(const char *path, char separator, int64_t begin, int64_t end, dn_delim **out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    int64_t from = begin > 0 ? begin - 1 : 0;

    DN_TRY(create(path, separator, BLOCK, &d, err));
    DN_TRY(dn_source_open_range(path, from, INT64_MAX, &d->source, err));
    d->begin = begin;
    d->end = end;
    d->offset = from;
    if (begin < end)
        DN_TRY(align(d, err));
    else
        d->offset = end; /* an empty range owns nothing */
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
    return st;
}

dn_status dn_delim_open_memory(const char *name, const void *bytes, size_t len, char separator,
                               dn_delim **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;

    DN_TRY(create(name, separator, len < BLOCK ? len + 1 : BLOCK, &d, err));
    DN_TRY(dn_source_open_memory(name, bytes, len, &d->source, err));
    DN_TRY(align(d, err));
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
    return st;
}

static bool ends_in(const char *path, const char *tail)
{
    size_t n = strlen(path), t = strlen(tail);

    if (n > 3 && strcmp(path + n - 3, ".gz") == 0)
        n -= 3;
    return n >= t && strncmp(path + n - t, tail, t) == 0;
}

static char choose_separator(const char *path, const char *line, size_t len)
{
    size_t tabs = 0, commas = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        if (line[i] == '"' && (quoted || i == 0 || line[i - 1] == '\t' || line[i - 1] == ','))
            quoted = !quoted;
        tabs += !quoted && line[i] == '\t';
        commas += !quoted && line[i] == ',';
    }
    if (tabs > 0 && (ends_in(path, ".tsv") || ends_in(path, ".tab") || ends_in(path, ".txt")))
        return '\t';
    if (commas > 0 && ends_in(path, ".csv"))
        return ',';
    return commas > tabs ? ',' : '\t';
}

/* A field that begins with a quote at text[0], unquoted in place. *out_used counts what it takes of the line,
 * both quotes included. */
static dn_status unquote(const dn_delim *d, char *text, size_t len, dn_field *out, size_t *out_used,
                         dn_error *err)
{
    dn_status st = DN_OK;
    size_t i = 1, n = 0;

    for (;; i++) {
        if (i == len)
            DN_FAIL(DN_EDATA, "%s:%lld: a quote that opens a field does not end in this line", d->path,
                    (long long)dn_delim_line(d));
        if (text[i] == '"') {
            if (i + 1 == len || text[i + 1] != '"')
                break;
            i++;
        }
        text[n++] = text[i];
    }
    *out = (dn_field){text, n};
    *out_used = i + 1;
out:
    return st;
}

dn_status dn_delim_split(dn_delim *d, char separator, char *line, size_t len, dn_record *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t at = 0, n = 0;

    for (;;) {
        size_t used = 0;

        DN_TRY(dn_grow((void **)&d->field, &d->field_cap, n + 1, sizeof *d->field, err));
        while (at < len && line[at] == ' ')
            at++;
        if (at < len && line[at] == '"') {
            DN_TRY(unquote(d, line + at, len - at, &d->field[n], &used, err));
            at += used;
            while (at < len && line[at] == ' ')
                at++;
            if (at < len && line[at] != separator)
                DN_FAIL(DN_EDATA, "%s:%lld: field %zu goes on after its closing quote", d->path,
                        (long long)dn_delim_line(d), n + 1);
        } else {
            char *stop = at < len ? memchr(line + at, separator, len - at) : NULL;
            size_t end = stop != NULL ? (size_t)(stop - line) : len, trim = end;
            while (trim > at && line[trim - 1] == ' ')
                trim--;
            d->field[n] = (dn_field){line + at, trim - at};
            at = end;
        }
        n++;
        if (at == len)
            break;
        at++; /* the separator; a line that ends in one has an empty last field */
    }
    *out = (dn_record){(int64_t)n, d->field};
out:
    return st;
}

dn_status dn_delim_words(dn_delim *d, const char *line, size_t len, dn_record *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t at = 0, n = 0;

    for (;;) {
        size_t from;
        while (at < len && (line[at] == ' ' || line[at] == '\t'))
            at++;
        if (at == len)
            break;
        from = at;
        while (at < len && line[at] != ' ' && line[at] != '\t')
            at++;
        DN_TRY(dn_grow((void **)&d->field, &d->field_cap, n + 1, sizeof *d->field, err));
        d->field[n++] = (dn_field){line + from, at - from};
    }
    *out = (dn_record){(int64_t)n, d->field};
out:
    return st;
}

dn_status dn_delim_next_line(dn_delim *d, char **out_line, size_t *out_len, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len = 0;
    bool lf = false;
    char *line;

    *out_more = false;
    *out_line = NULL;
    *out_len = 0;
    do {
        if (d->offset >= d->end)
            goto out;
        DN_TRY(find_line(d, &len, &lf, err));
        if (len == 0 && !lf)
            goto out;
        line = d->buf + d->pos;
        pass_line(d, len, lf);
        if (len > 0 && line[len - 1] == '\r')
            len--;
    } while (len == 0);
    if (!d->trusted && memchr(line, '\0', len) != NULL)
        DN_FAIL(DN_EDATA, "%s:%lld: a NUL byte: this is not a text file in UTF-8 or ASCII", d->path,
                (long long)dn_delim_line(d));
    *out_line = line;
    *out_len = len;
    *out_more = true;
out:
    return st;
}

void dn_delim_trust(dn_delim *d)
{
    d->trusted = true;
}

dn_status dn_delim_next(dn_delim *d, dn_record *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len;
    char *line;
    bool more;

    *out_more = false;
    *out = (dn_record){0, NULL};
    DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    if (!more)
        goto out;
    if (d->separator == 0)
        d->separator = choose_separator(d->path, line, len);
    DN_TRY(dn_delim_split(d, d->separator, line, len, out, err));
    *out_more = true;
out:
    return st;
}

int64_t dn_delim_line(const dn_delim *d)
{
    dn_source *s = NULL;
    dn_error quiet = DN_ERROR_INIT;
    int64_t before = 0;
    char buf[1 << 14];
    size_t got = 1;

    if (d->begin == 0)
        return d->lines;
    if (dn_source_open_range(d->path, 0, d->begin, &s, &quiet) != DN_OK)
        return d->lines;
    while (got > 0 && dn_source_read(s, buf, sizeof buf, &got, &quiet) == DN_OK)
        for (size_t i = 0; i < got; i++)
            before += buf[i] == '\n';
    dn_source_close(&s);
    return before + d->lines;
}

char dn_delim_separator(const dn_delim *d)
{
    return d->separator;
}

bool dn_delim_open_end(const dn_delim *d)
{
    return d->open_end;
}

int64_t dn_delim_offset(const dn_delim *d)
{
    return d->offset;
}
