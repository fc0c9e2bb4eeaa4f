/* edge_rows.c - edges of tables and of Matrix Market files; see edge_rows.h */
#include "solvers/formats/edge_rows.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"
#include "solvers/formats/interaction.h"

struct dn_edge_rows {
    char *name;
    dn_edge_layout layout;
    dn_delim *d;
    dn_edge_counts counts;
    char number[2][24]; /* ids of a matrix */
};

static dn_status create(const char *name, const dn_edge_layout *l, dn_edge_rows **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_rows *e = NULL;
    size_t len = strlen(name) + 1;

    DN_NEW(e, 1);
    e->layout = *l;
    DN_NEW(e->name, len);
    memcpy(e->name, name, len);
    *out = e;
    e = NULL;
out:
    dn_edge_rows_close(&e);
    return st;
}

void dn_edge_rows_close(dn_edge_rows **p)
{
    dn_edge_rows *e = *p;

    if (e == NULL)
        return;
    dn_delim_close(&e->d);
    dn_free(e->name);
    dn_free(e);
    *p = NULL;
}

/* Pass what stands before the first row. */
static dn_status skip_head(dn_edge_rows *e, dn_error *err)
{
    dn_status st = DN_OK;
    char *line;
    size_t len;
    bool more = true;

    while (more && dn_delim_offset(e->d) < e->layout.data)
        DN_TRY(dn_delim_next_line(e->d, &line, &len, &more, err));
out:
    return st;
}

dn_status dn_edge_rows_open(const char *path, const dn_edge_layout *l, int64_t begin, int64_t end,
                            dn_edge_rows **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_rows *e = NULL;

    DN_TRY(create(path, l, &e, err));
    if (l->gzip) {
        DN_TRY(dn_delim_open(path, '\t', &e->d, err));
        DN_TRY(skip_head(e, err));
    } else {
        DN_TRY(dn_delim_open_range(path, '\t', begin, end, &e->d, err));
    }
    *out = e;
    e = NULL;
out:
    dn_edge_rows_close(&e);
    return st;
}

dn_status dn_edge_rows_memory(const char *name, const void *bytes, size_t len, const dn_edge_layout *l,
                              dn_edge_rows **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_rows *e = NULL;

    DN_TRY(create(name, l, &e, err));
    DN_TRY(dn_delim_open_memory(name, bytes, len, '\t', &e->d, err));
    DN_TRY(skip_head(e, err));
    *out = e;
    e = NULL;
out:
    dn_edge_rows_close(&e);
    return st;
}

static int shown(const dn_field *f)
{
    return (int)(f->len < 60 ? f->len : 60);
}

/* ---- fields ---- */

static dn_status take_weight(dn_edge_rows *e, const dn_field *f, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    double v;

    if (f->len == 0 && e->layout.claims) {
        e->counts.unscored++;
        *out = 0;
        goto out;
    }
    if (!dn_parse_double(f->text, f->len, &v))
        DN_FAIL(DN_EDATA, "%s:%lld: weight '%.*s' is not a number", e->name, (long long)dn_edge_rows_line(e),
                shown(f), f->text);
    if (!isfinite(v))
        DN_FAIL(DN_EDATA, "%s:%lld: weight '%.*s' is not finite", e->name, (long long)dn_edge_rows_line(e),
                shown(f), f->text);
    if (fabs(v) > (double)FLT_MAX)
        DN_FAIL(DN_EDATA, "%s:%lld: weight '%.*s' is too large", e->name, (long long)dn_edge_rows_line(e),
                shown(f), f->text);
    *out = v == 0 ? 0.0f : (float)v; /* no -0: the largest of repeats must not depend on their order */
    if (*out == 0)
        *out = 0.0f;
out:
    return st;
}

/* An index from 1 as the id of a node, without leading zeros. */
static dn_status take_index(dn_edge_rows *e, int end, const dn_field *f, dn_field *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t limit = end == 0 ? e->layout.rows : e->layout.cols, v;

    if (!dn_parse_int(f->text, f->len, &v))
        DN_FAIL(DN_EDATA, "%s:%lld: '%.*s' is not an index", e->name, (long long)dn_edge_rows_line(e),
                shown(f), f->text);
    if (v < 1 || v > limit)
        DN_FAIL(DN_EDATA, "%s:%lld: %s %lld is outside of the matrix: it has %lld", e->name,
                (long long)dn_edge_rows_line(e), end == 0 ? "row" : "column", (long long)v, (long long)limit);
    out->len = (size_t)snprintf(e->number[end], sizeof e->number[end], "%lld", (long long)v);
    out->text = e->number[end];
out:
    return st;
}

/* *out_edge false: the row is left out. */
static dn_status take(dn_edge_rows *e, const dn_record *r, dn_edge_row *out, bool *out_edge, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_edge_layout *l = &e->layout;
    const char *wanted = l->format == DN_EDGES_MTX ? "its banner says" : "the first row has";
    const char *cut = dn_delim_open_end(e->d) ? "; the line has no end: was the file cut off?" : "";

    if (r->n != l->columns)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where %s %lld%s", e->name,
                (long long)dn_edge_rows_line(e), (long long)r->n, wanted, (long long)l->columns, cut);
    e->counts.rows++;
    *out = (dn_edge_row){r->field[l->source], r->field[l->target], 1.0f, 0};
    *out_edge = out->source.len > 0 && out->target.len > 0;
    if (!*out_edge && !l->claims)
        DN_FAIL(DN_EDATA, "%s:%lld: the %s has no id%s", e->name, (long long)dn_edge_rows_line(e),
                out->source.len > 0 ? "target" : "source", cut);
    if (!*out_edge) {
        e->counts.unnamed++;
        goto out;
    }
    if (l->format == DN_EDGES_MTX) {
        DN_TRY(take_index(e, 0, &r->field[0], &out->source, err));
        DN_TRY(take_index(e, 1, &r->field[1], &out->target, err));
    }
    if (l->weight >= 0)
        DN_TRY(take_weight(e, &r->field[l->weight], &out->weight, err));
    if (l->type >= 0)
        out->effects = dn_interaction_effects(r->field[l->type].text, r->field[l->type].len);
out:
    return st;
}

dn_status dn_edge_rows_next(dn_edge_rows *e, dn_edge_row *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    char *line;
    size_t len;
    dn_record r;
    bool edge = false;

    *out = (dn_edge_row){0};
    while (!edge) {
        DN_TRY(dn_delim_next_line(e->d, &line, &len, out_more, err));
        if (!*out_more)
            break;
        e->counts.open_end = dn_delim_open_end(e->d);
        if (e->counts.open_end && e->layout.drop_cut) {
            e->counts.cut++;
        } else if (dn_edge_is_header(&e->layout, line, len)) {
            e->counts.headers++;
        } else if (dn_edge_is_comment(line, len)) {
            e->counts.comments++;
        } else if (!dn_edge_is_blank(line, len)) {
            if (e->layout.separator == ' ')
                DN_TRY(dn_delim_words(e->d, line, len, &r, err));
            else
                DN_TRY(dn_delim_split(e->d, e->layout.separator, line, len, &r, err));
            DN_TRY(take(e, &r, out, &edge, err));
        }
    }
out:
    if (st != DN_OK)
        *out_more = false;
    return st;
}

const dn_edge_counts *dn_edge_rows_counts(const dn_edge_rows *e)
{
    return &e->counts;
}

int64_t dn_edge_rows_line(const dn_edge_rows *e)
{
    return dn_delim_line(e->d);
}
