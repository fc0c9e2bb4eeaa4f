/* id_list.c - a file of ids; see id_list.h */
#include "solvers/formats/id_list.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

enum { PIECE = 65536 };

static dn_status open_source(const char *path, dn_source **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t bytes;
    bool gzip;

    DN_TRY(dn_source_probe(path, &bytes, &gzip, err));
    DN_TRY(gzip ? dn_source_open_gzip(path, out, err) : dn_source_open_range(path, 0, bytes, out, err));
out:
    return st;
}

static dn_status read_all(const char *path, char **out, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    size_t cap = 0, got = 1;

    DN_TRY(open_source(path, &s, err));
    while (got > 0) {
        DN_TRY(dn_grow((void **)out, &cap, *out_len + PIECE, 1, err));
        DN_TRY(dn_source_read(s, *out + *out_len, PIECE, &got, err));
        *out_len += got;
    }
out:
    dn_source_close(&s);
    return st;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\r';
}

/* The id of a line; its length is 0 where there is none. */
static const char *id_of(const char *line, size_t len, size_t *out_len)
{
    const char *tab = memchr(line, '\t', len);

    if (tab != NULL)
        len = (size_t)(tab - line);
    while (len > 0 && is_blank(line[len - 1]))
        len--;
    while (len > 0 && is_blank(*line)) {
        line++;
        len--;
    }
    *out_len = len > 0 && *line == '#' ? 0 : len;
    return line;
}

static dn_status take_lines(const char *text, size_t len, dn_id_list *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t cap = 0;
    int64_t number = 1;

    for (size_t at = 0; at < len; number++) {
        const char *end = memchr(text + at, '\n', len - at), *id;
        size_t width = end != NULL ? (size_t)(end - (text + at)) : len - at, n;

        id = id_of(text + at, width, &n);
        at += width + 1;
        if (n == 0)
            continue;
        DN_TRY(dn_grow((void **)&out->line, &cap, (size_t)out->id.n + 1, sizeof *out->line, err));
        out->line[out->id.n] = number;
        DN_TRY(dn_strings_add(&out->id, id, n, err));
    }
out:
    return st;
}

dn_status dn_id_list_read(const char *path, dn_id_list *out, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    size_t len = 0;

    DN_TRY(read_all(path, &text, &len, err));
    DN_TRY(take_lines(text, len, out, err));
    if (out->id.n == 0)
        DN_FAIL(DN_EDATA, "%s: holds no ids", path);
out:
    dn_free(text);
    if (st != DN_OK)
        dn_id_list_destroy(out);
    return st;
}

void dn_id_list_destroy(dn_id_list *l)
{
    dn_strings_destroy(&l->id);
    dn_free(l->line);
    *l = (dn_id_list){.line = NULL};
}
