/* yeastract.c - lists of regulations; see yeastract.h */
#include "solvers/formats/yeastract.h"

#include <string.h>
#include "solvers/base/alloc.h"

static const char *const factors[] = {"tf", "transcriptionfactor", "transcriptionfactors", "regulator"};
static const char *const targets[] = {"target", "targetgene", "targetgenes", "targets",
                                      "gene",   "orf",        "orfgene"};
static const char *const labels[] = {"label", "class", "y"};

static int64_t find(const dn_record *r, const char *const *word, size_t n)
{
    for (size_t w = 0; w < n; w++)
        for (int64_t i = 0; i < r->n; i++)
            if (dn_field_is_plain(&r->field[i], word[w]))
                return i;
    return -1;
}

static char separator_of(const char *line, size_t len)
{
    static const char signs[] = ";\t,";

    for (int i = 0; signs[i] != '\0'; i++)
        if (len > 0 && memchr(line, signs[i], len) != NULL)
            return signs[i];
    return '\0';
}

dn_status dn_yeastract_head(const char *line, size_t len, dn_yeastract *out, bool *out_is, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;
    dn_yeastract y = {.separator = separator_of(line, len), .factor = 0, .target = 1, .label = -1};

    *out_is = false;
    if (y.separator == '\0')
        goto out;
    DN_TRY(dn_delim_open_memory("header", line, len, y.separator, &d, err));
    st = dn_delim_next(d, &r, &more, NULL);
    if (st == DN_EDATA) /* quotes that do not end: not for this reader to say */
        st = DN_OK;
    else if (st == DN_OK && more) {
        int64_t factor = find(&r, factors, sizeof factors / sizeof factors[0]);
        int64_t target = find(&r, targets, sizeof targets / sizeof targets[0]);
        y.width = r.n;
        y.header = factor >= 0 && target >= 0 && factor != target;
        if (y.header) {
            y.factor = factor;
            y.target = target;
            y.label = find(&r, labels, sizeof labels / sizeof labels[0]);
        }
        *out_is = y.header || r.n == 2;
    }
    if (st == DN_ENOMEM)
        DN_FAIL(DN_ENOMEM, "out of memory: a line of %zu bytes", len);
    *out = y;
out:
    dn_delim_close(&d);
    return st;
}

dn_status dn_yeastract_next(const char *name, dn_delim *d, const dn_yeastract *y, dn_regulation *out,
                            bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    dn_record r;
    char *line;
    size_t len;

    DN_TRY(dn_delim_next_line(d, &line, &len, out_more, err));
    if (!*out_more)
        goto out;
    DN_TRY(dn_delim_split(d, y->separator, line, len, &r, err));
    if (r.n != y->width)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where the first line has %lld", name,
                (long long)dn_delim_line(d), (long long)r.n, (long long)y->width);
    *out = (dn_regulation){r.field[y->factor], r.field[y->target], 1};
    if (out->factor.len == 0 || out->target.len == 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the %s has no id", name, (long long)dn_delim_line(d),
                out->factor.len == 0 ? "transcription factor" : "target");
    if (y->label >= 0) {
        const dn_field *f = &r.field[y->label];
        if (f->len != 1 || (f->text[0] != '0' && f->text[0] != '1'))
            DN_FAIL(DN_EDATA, "%s:%lld: label '%.*s' is neither 0 nor 1", name, (long long)dn_delim_line(d),
                    (int)(f->len < 60 ? f->len : 60), f->text);
        out->label = f->text[0] == '1';
    }
out:
    return st;
}

size_t dn_yeastract_gene(const dn_field *name, int which, char *buf, size_t cap)
{
    size_t n = name->len;

    if (which == 1 && (n < 2 || name->text[n - 1] != 'p'))
        return 0;
    n -= which == 1;
    if (n == 0 || n > cap)
        return 0;
    for (size_t i = 0; i < n; i++) {
        char c = name->text[i];
        buf[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return n;
}
