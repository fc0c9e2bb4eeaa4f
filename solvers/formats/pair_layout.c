/* pair_layout.c - what kind of gene-gene table a file is; see pair_layout.h */
#include "solvers/formats/pair_layout.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/mitab.h"
#include "solvers/formats/source.h"

static const char *const names[DN_PAIR_FORMATS] = {"auto",  "npy",    "table",     "biogrid",
                                                   "mitab", "dream5", "yeastract", "matrix"};

const char *dn_pair_format_name(dn_pair_format format)
{
    return names[format];
}

bool dn_pair_format_find(const char *name, size_t len, dn_pair_format *out)
{
    for (int i = 0; i < DN_PAIR_FORMATS; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0) {
            *out = (dn_pair_format)i;
            return true;
        }
    return false;
}

bool dn_pair_format_directed(dn_pair_format format)
{
    return format == DN_PAIRS_DREAM5 || format == DN_PAIRS_YEASTRACT || format == DN_PAIRS_MATRIX;
}

bool dn_pair_format_evidence(dn_pair_format format)
{
    return format == DN_PAIRS_BIOGRID || format == DN_PAIRS_MITAB;
}

/* The first two lines, copied. */
typedef struct lines {
    dn_strings text;   /* [1 or 2] */
    int64_t number[2]; /* of the lines */
    int64_t behind;    /* offset behind the first */
} lines;

static dn_status read_lines(const char *name, dn_delim *d, lines *l, dn_error *err)
{
    dn_status st = DN_OK;
    char *line;
    size_t len;
    bool more;

    for (int i = 0; i < 2; i++) {
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
        if (!more)
            break;
        DN_TRY(dn_strings_add(&l->text, line, len, err));
        l->number[i] = dn_delim_line(d);
        if (i == 0)
            l->behind = dn_delim_offset(d);
    }
    if (l->text.n == 0)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted pairs: gene, gene, label", name);
out:
    return st;
}

/* ---- the kinds ---- */

static bool says_gold_standard(const char *path)
{
    const char *file = strrchr(path, '/');
    char word[16];
    size_t n = 0;

    for (file = file != NULL ? file + 1 : path; *file != '\0'; file++) {
        char c = *file >= 'A' && *file <= 'Z' ? (char)(*file - 'A' + 'a') : *file;
        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (n == 12)
            memmove(word, word + 1, --n);
        word[n++] = c;
        if (n == 12 && memcmp(word, "goldstandard", 12) == 0)
            return true;
    }
    return false;
}

/* Three fields divided by tabs, the last of them 0 or 1. */
static bool dream5_row(const char *line, size_t len)
{
    dn_field f[3];

    return dn_fields_cut(line, len, '\t', f, 3) == 3 && f[2].len == 1 &&
           (f[2].text[0] == '0' || f[2].text[0] == '1');
}

/* Three columns of id, id, label. */
static dn_status table_head(const char *name, const lines *l, dn_pair_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;
    double v;
    size_t len;
    const char *line = dn_strings_at(&l->text, 0, &len);

    DN_TRY(dn_delim_open_memory(name, line, len, 0, &d, err));
    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more || r.n != 3)
        DN_FAIL(
            DN_EDATA,
            "%s:%lld: %lld fields, wanted 3: gene, gene, label; or BioGRID, PSI-MITAB, a list or a matrix of "
            "regulations (--pairs-format)",
            name, (long long)l->number[0], more ? (long long)r.n : 0);
    out->separator = dn_delim_separator(d);
    out->header = r.field[2].len > 0 && !dn_parse_double(r.field[2].text, r.field[2].len, &v);
    out->data = out->header ? l->behind : 0;
    out->dream5_like = dream5_row(line, len);
out:
    dn_delim_close(&d);
    return st;
}

/* The kind that the lines are of, as far as that can be seen. */
static dn_status recognise(const char *name, const lines *l, dn_pair_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len, next_len = 0;
    const char *line = dn_strings_at(&l->text, 0, &len), *next = "";
    bool list;

    if (l->text.n > 1)
        next = dn_strings_at(&l->text, 1, &next_len);
    out->format = DN_PAIRS_TABLE;
    if (dn_biogrid_is_header(line, len))
        out->format = DN_PAIRS_BIOGRID;
    else if (dn_mitab_width(line, len) > 0 || (line[0] == '#' && dn_mitab_width(next, next_len) > 0))
        out->format = DN_PAIRS_MITAB;
    if (out->format != DN_PAIRS_TABLE)
        goto out;
    DN_TRY(dn_yeastract_head(line, len, &out->yeastract, &list, err));
    if (list)
        out->format = DN_PAIRS_YEASTRACT;
    else if (dn_regulation_matrix_is(line, len, next, next_len))
        out->format = DN_PAIRS_MATRIX;
    else if (dream5_row(line, len) && says_gold_standard(name))
        out->format = DN_PAIRS_DREAM5;
out:
    return st;
}

/* What the format, which is known, needs to know of the lines. */
static dn_status take_head(const char *name, const lines *l, const dn_evidence_filter *f, dn_pair_layout *out,
                           dn_strings *out_factor, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len, next_len = 0;
    const char *line = dn_strings_at(&l->text, 0, &len), *next = "";
    bool list = true;

    if (l->text.n > 1)
        next = dn_strings_at(&l->text, 1, &next_len);
    out->data = 0;
    if (out->format == DN_PAIRS_TABLE) {
        DN_TRY(table_head(name, l, out, err));
    } else if (out->format == DN_PAIRS_BIOGRID) {
        out->data = l->behind;
        DN_TRY(dn_biogrid_head(name, l->number[0], line, len, f, &out->biogrid, err));
    } else if (out->format == DN_PAIRS_MITAB) {
        out->width = dn_mitab_width(line, len);
        if (out->width == 0)
            out->width = dn_mitab_width(next, next_len);
        if (out->width == 0)
            DN_FAIL(DN_EDATA, "%s:%lld: no PSI-MITAB, which has 15, 36, 42 or 46 columns divided by tabs",
                    name, (long long)l->number[0]);
        out->data = line[0] == '#' || memchr(line, ':', len) == NULL ? l->behind : 0;
    } else if (out->format == DN_PAIRS_YEASTRACT) {
        DN_TRY(dn_yeastract_head(line, len, &out->yeastract, &list, err));
        if (!list)
            DN_FAIL(
                DN_EDATA,
                "%s:%lld: wanted a transcription factor and a target in two columns, or a header that names "
                "them, such as 'TF;Target'",
                name, (long long)l->number[0]);
        out->data = out->yeastract.header ? l->behind : 0;
    } else if (out->format == DN_PAIRS_MATRIX) {
        if (l->text.n < 2)
            DN_FAIL(DN_EDATA, "%s: has a header and no genes", name);
        out->data = l->behind;
        DN_TRY(dn_regulation_matrix_head(name, l->number[0], line, len, next, next_len, &out->matrix,
                                         out_factor, err));
    }
out:
    return st;
}

static dn_status from_delim(const char *name, dn_delim *d, dn_pair_format format, const dn_evidence_filter *f,
                            dn_pair_layout *out, dn_strings *out_factor, dn_error *err)
{
    dn_status st = DN_OK;
    lines l = {0};

    DN_TRY(read_lines(name, d, &l, err));
    if (format == DN_PAIRS_AUTO)
        DN_TRY(recognise(name, &l, out, err));
    else
        out->format = format;
    DN_TRY(take_head(name, &l, f, out, out_factor, err));
out:
    dn_strings_destroy(&l.text);
    return st;
}

dn_status dn_pair_layout_memory(const char *name, const void *bytes, size_t len, dn_pair_format format,
                                const dn_evidence_filter *f, dn_pair_layout *out, dn_strings *out_factor,
                                dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_pair_layout l = {.bytes = (int64_t)len};

    DN_TRY(dn_delim_open_memory(name, bytes, len, '\t', &d, err));
    DN_TRY(from_delim(name, d, format, f, &l, out_factor, err));
    *out = l;
out:
    dn_delim_close(&d);
    return st;
}

static bool ends_in(const char *path, const char *tail)
{
    size_t n = strlen(path), t = strlen(tail);

    return n >= t && strcmp(path + n - t, tail) == 0;
}

dn_status dn_pair_layout_read(const char *path, dn_pair_format format, const dn_evidence_filter *f,
                              dn_pair_layout *out, dn_strings *out_factor, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_layout l = {0};
    dn_source *s = NULL;
    dn_delim *d = NULL;
    char magic[6] = "";
    size_t got;
    bool npy;

    DN_TRY(dn_source_probe(path, &l.bytes, &l.gzip, err));
    DN_TRY(dn_source_open_range(path, 0, sizeof magic, &s, err));
    DN_TRY(dn_source_read(s, magic, sizeof magic, &got, err));
    npy = ends_in(path, ".npy") || ends_in(path, ".npy.gz") || memcmp(magic, "\x93NUMPY", 6) == 0;
    if (format == DN_PAIRS_NPY || (npy && format == DN_PAIRS_AUTO)) {
        l.format = DN_PAIRS_NPY;
        DN_TRY(dn_npy_open(path, &l.npy, err));
    } else {
        DN_TRY(dn_delim_open(path, '\t', &d, err));
        DN_TRY(from_delim(path, d, format, f, &l, out_factor, err));
    }
    *out = l;
out:
    dn_source_close(&s);
    dn_delim_close(&d);
    return st;
}
