/* npy.c - NumPy arrays of triples of numbers; see npy.h */
#include "solvers/formats/npy.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

enum { MAX_HEADER = 1 << 16, CHUNK_ROWS = 1 << 13 };

/* ---- the header is a Python dictionary in ASCII ---- */

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

static bool take(cursor *c, char what)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != what)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    size_t n = strlen(word);

    skip_blanks(c);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

/* A quoted string without escapes, into buf [cap]. */
static bool take_string(cursor *c, char *buf, size_t cap)
{
    size_t n = 0;
    char quote;

    skip_blanks(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return false;
    quote = *c->at++;
    while (c->at < c->end && *c->at != quote && n + 1 < cap)
        buf[n++] = *c->at++;
    buf[n] = '\0';
    return take(c, quote);
}

/* A tuple of at most 4 numbers >= 0. */
static bool take_shape(cursor *c, int *out_n, int64_t out[4])
{
    *out_n = 0;
    if (!take(c, '('))
        return false;
    while (!take(c, ')')) {
        int64_t v = 0;
        int digits = 0;

        skip_blanks(c);
        for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, digits++)
            v = digits < 15 ? v * 10 + (*c->at - '0') : v; /* 16 digits are refused below */
        if (digits == 0 || digits > 15 || *out_n == 4)
            return false;
        out[(*out_n)++] = v;
        if (!take(c, ',')) {
            if (!take(c, ')'))
                return false;
            break;
        }
    }
    return true;
}

typedef struct header {
    char descr[32];
    bool fortran;
    int ndims;
    int64_t dims[4];
    unsigned seen; /* bits: 1 descr, 2 order, 4 shape */
} header;

static dn_status parse_dict(const char *name, cursor c, header *out, dn_error *err)
{
    dn_status st = DN_OK;
    char key[32];

    if (!take(&c, '{'))
        DN_FAIL(DN_EDATA, "%s: the .npy header is not a dictionary", name);
    while (!take(&c, '}')) {
        if (!take_string(&c, key, sizeof key) || !take(&c, ':'))
            DN_FAIL(DN_EDATA, "%s: the .npy header is damaged", name);
        if (strcmp(key, "descr") == 0) {
            skip_blanks(&c);
            if (c.at < c.end && *c.at == '[')
                DN_FAIL(DN_EDATA, "%s: holds records with named fields; save a plain array of shape (n, 3)",
                        name);
            if (!take_string(&c, out->descr, sizeof out->descr))
                DN_FAIL(DN_EDATA, "%s: the .npy header names no type", name);
            out->seen |= 1;
        } else if (strcmp(key, "fortran_order") == 0) {
            out->fortran = take_word(&c, "True");
            if (!out->fortran && !take_word(&c, "False"))
                DN_FAIL(DN_EDATA, "%s: the .npy header says neither True nor False for fortran_order", name);
            out->seen |= 2;
        } else if (strcmp(key, "shape") == 0) {
            if (!take_shape(&c, &out->ndims, out->dims))
                DN_FAIL(DN_EDATA, "%s: the .npy header has a shape that cannot be read", name);
            out->seen |= 4;
        } else {
            DN_FAIL(DN_EDATA, "%s: the .npy header has an unknown key '%s'", name, key);
        }
        if (!take(&c, ',')) {
            if (!take(&c, '}'))
                DN_FAIL(DN_EDATA, "%s: the .npy header is damaged", name);
            break;
        }
    }
    if (out->seen != 7)
        DN_FAIL(DN_EDATA, "%s: the .npy header lacks type, order or shape", name);
out:
    return st;
}

static dn_status choose_type(const char *name, const header *h, dn_npy *out, dn_error *err)
{
    dn_status st = DN_OK;
    const char *d = h->descr;

    if (strcmp(d, "<f8") == 0) {
        out->type = DN_NPY_F64;
        out->item = 8;
    } else if (strcmp(d, "<i8") == 0) {
        out->type = DN_NPY_I64;
        out->item = 8;
    } else if (strcmp(d, "<i4") == 0) {
        out->type = DN_NPY_I32;
        out->item = 4;
    } else if (strcmp(d, "<f4") == 0 || strcmp(d, ">f4") == 0 || strcmp(d, "<f2") == 0) {
        DN_FAIL(DN_EDATA, "%s: type '%s' cannot hold every index exactly; save it as int64 or float64", name,
                d);
    } else if (d[0] == '>') {
        DN_FAIL(DN_EDATA, "%s: type '%s' is big endian; save it as int64 or float64 in little endian", name,
                d);
    } else {
        DN_FAIL(DN_EDATA, "%s: type '%s' is not supported; save it as int64 or float64", name, d);
    }
out:
    return st;
}

dn_status dn_npy_parse(const char *name, const void *head, size_t len, int64_t file_bytes, dn_npy *out,
                       dn_error *err)
{
    dn_status st = DN_OK;
    const unsigned char *b = head;
    header h = {0};
    dn_npy a = {0};
    size_t at, text;

    if (len < 8 || memcmp(b, "\x93NUMPY", 6) != 0)
        DN_FAIL(DN_EDATA, "%s: is not a NumPy .npy file", name);
    if (b[6] < 1 || b[6] > 3)
        DN_FAIL(DN_EDATA, "%s: .npy format version %d is not supported (1, 2 and 3 are)", name, b[6]);
    at = b[6] == 1 ? 10 : 12;
    if (len < at)
        DN_FAIL(DN_EDATA, "%s: is cut off within the .npy header", name);
    text = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] > 1)
        text |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if ((int64_t)(at + text) > file_bytes)
        DN_FAIL(DN_EDATA, "%s: is cut off within the .npy header", name);
    if (at + text > len)
        DN_FAIL(DN_EDATA, "%s: the .npy header of %zu bytes is too long", name, text);
    DN_TRY(parse_dict(name, (cursor){(const char *)b + at, (const char *)b + at + text}, &h, err));
    DN_TRY(choose_type(name, &h, &a, err));
    if (h.ndims != 2 || h.dims[1] != 3)
        DN_FAIL(DN_EDATA, "%s: shape has %d dimensions and %lld columns, wanted (n, 3): index, index, label",
                name, h.ndims, (long long)(h.ndims >= 2 ? h.dims[1] : 1));
    if (h.fortran)
        DN_FAIL(DN_EDATA, "%s: is in Fortran order; save numpy.ascontiguousarray of it", name);
    a.rows = h.dims[0];
    a.data = (int64_t)(at + text);
    if ((file_bytes - a.data) / (3 * (int64_t)a.item) < a.rows)
        DN_FAIL(DN_EDATA, "%s: is cut off: %lld bytes where %lld rows need %lld", name, (long long)file_bytes,
                (long long)a.rows, (long long)(a.data + a.rows * 3 * (int64_t)a.item));
    *out = a;
out:
    return st;
}

/* ---- files ---- */

static dn_status read_fully(dn_source *s, unsigned char *buf, size_t want, size_t *out_got, dn_error *err)
{
    dn_status st = DN_OK;
    size_t got = 1;

    *out_got = 0;
    while (*out_got < want && got > 0) {
        DN_TRY(dn_source_read(s, buf + *out_got, want - *out_got, &got, err));
        *out_got += got;
    }
out:
    return st;
}

dn_status dn_npy_open(const char *path, dn_npy *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    unsigned char *head = NULL; /* [MAX_HEADER] */
    int64_t bytes;
    size_t got;
    bool gzip;

    DN_TRY(dn_source_probe(path, &bytes, &gzip, err));
    if (bytes == 0)
        DN_FAIL(DN_EDATA, "%s: is empty", path);
    if (gzip)
        DN_FAIL(DN_EDATA, "%s: is compressed; a .npy file is read in place: unpack it first (gunzip)", path);
    DN_NEW(head, MAX_HEADER);
    DN_TRY(dn_source_open_range(path, 0, MAX_HEADER, &s, err));
    DN_TRY(read_fully(s, head, MAX_HEADER, &got, err));
    DN_TRY(dn_npy_parse(path, head, got, bytes, out, err));
out:
    dn_source_close(&s);
    dn_free(head);
    return st;
}

/* Little endian, whatever this machine is. */
static uint64_t load(const unsigned char *b, size_t item)
{
    uint64_t v = 0;

    for (size_t i = 0; i < item; i++)
        v |= (uint64_t)b[i] << (8 * i);
    return v;
}

static dn_status convert(const char *path, const dn_npy *a, const unsigned char *b, int64_t at, int64_t *out,
                         dn_error *err)
{
    dn_status st = DN_OK;
    uint64_t bits = load(b, a->item);
    double v;

    if (a->type == DN_NPY_I64) {
        *out = (int64_t)bits;
    } else if (a->type == DN_NPY_I32) {
        *out = (int64_t)(int32_t)(uint32_t)bits;
    } else {
        memcpy(&v, &bits, sizeof v);
        if (isnan(v) || isinf(v))
            DN_FAIL(DN_EDATA, "%s: row %lld, column %lld is %s", path, (long long)(at / 3),
                    (long long)(at % 3), isnan(v) ? "NaN" : "infinite");
        if (v != floor(v) || fabs(v) > 9007199254740992.0)
            DN_FAIL(DN_EDATA, "%s: row %lld, column %lld is %.17g, not a whole number", path,
                    (long long)(at / 3), (long long)(at % 3), v);
        *out = (int64_t)v;
    }
out:
    return st;
}

dn_status dn_npy_read(const char *path, const dn_npy *a, int64_t first, int64_t count, int64_t *out,
                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    unsigned char *buf = NULL; /* [CHUNK_ROWS, 3, item] */
    int64_t row = 3 * (int64_t)a->item;
    int64_t begin = a->data + first * row;

    DN_NEW(buf, (size_t)(CHUNK_ROWS * row));
    DN_TRY(dn_source_open_range(path, begin, begin + count * row, &s, err));
    for (int64_t done = 0; done < count;) {
        int64_t n = count - done < CHUNK_ROWS ? count - done : CHUNK_ROWS;
        size_t got;

        DN_TRY(read_fully(s, buf, (size_t)(n * row), &got, err));
        if (got < (size_t)(n * row))
            DN_FAIL(DN_EDATA, "%s: is cut off at row %lld of %lld", path, (long long)(first + done),
                    (long long)a->rows);
        for (int64_t i = 0; i < 3 * n; i++)
            DN_TRY(
                convert(path, a, buf + (size_t)i * a->item, 3 * (first + done) + i, &out[3 * done + i], err));
        done += n;
    }
out:
    dn_source_close(&s);
    dn_free(buf);
    return st;
}
