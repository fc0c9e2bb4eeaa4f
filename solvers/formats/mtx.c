/* mtx.c - the head of a Matrix Market file; see mtx.h */
#include "solvers/formats/mtx.h"

#include <string.h>
#include <strings.h>
#include "solvers/base/text.h"

static const char banner[] = "%%MatrixMarket";

bool dn_mtx_is_banner(const char *line, size_t len)
{
    return len >= sizeof banner - 1 && strncasecmp(line, banner, sizeof banner - 1) == 0;
}

static bool is(const dn_field *f, const char *word)
{
    return f->len == strlen(word) && strncasecmp(f->text, word, f->len) == 0;
}

static dn_status kind(const char *name, const dn_record *r, dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->n != 5 || !is(&r->field[1], "matrix"))
        DN_FAIL(DN_EDATA, "%s:1: wanted '%%%%MatrixMarket matrix coordinate FIELD SYMMETRY'", name);
    if (!is(&r->field[2], "coordinate"))
        DN_FAIL(DN_EDATA, "%s:1: the matrix is dense ('%.*s'); only coordinate matrices are edge lists", name,
                (int)(r->field[2].len < 20 ? r->field[2].len : 20), r->field[2].text);
    if (!is(&r->field[3], "pattern") && !is(&r->field[3], "real") && !is(&r->field[3], "integer"))
        DN_FAIL(DN_EDATA, "%s:1: entries are '%.*s', wanted pattern, real or integer", name,
                (int)(r->field[3].len < 20 ? r->field[3].len : 20), r->field[3].text);
    if (!is(&r->field[4], "general") && !is(&r->field[4], "symmetric"))
        DN_FAIL(DN_EDATA, "%s:1: symmetry is '%.*s', wanted general or symmetric", name,
                (int)(r->field[4].len < 20 ? r->field[4].len : 20), r->field[4].text);
    out->symmetric = is(&r->field[4], "symmetric");
    out->columns = is(&r->field[3], "pattern") ? 2 : 3;
    out->source = 0;
    out->target = 1;
    out->weight = out->columns == 3 ? 2 : -1;
    out->type = -1;
    out->separator = ' ';
    out->format = DN_EDGES_MTX;
out:
    return st;
}

static dn_status sizes(const char *name, const dn_delim *d, const dn_record *r, dn_edge_layout *out,
                       dn_error *err)
{
    dn_status st = DN_OK;
    int64_t v[3];

    for (int i = 0; i < 3; i++)
        if (r->n != 3 || !dn_parse_int(r->field[i].text, r->field[i].len, &v[i]) || v[i] < 0)
            DN_FAIL(DN_EDATA, "%s:%lld: wanted the numbers of rows, columns and entries", name,
                    (long long)dn_delim_line(d));
    if (v[0] > INT32_MAX || v[1] > INT32_MAX)
        DN_FAIL(DN_EDATA, "%s:%lld: %lld rows and %lld columns: there can be at most 2^31 - 1 nodes", name,
                (long long)dn_delim_line(d), (long long)v[0], (long long)v[1]);
    if (out->symmetric && v[0] != v[1])
        DN_FAIL(DN_EDATA, "%s:%lld: a symmetric matrix of %lld rows and %lld columns", name,
                (long long)dn_delim_line(d), (long long)v[0], (long long)v[1]);
    out->rows = v[0];
    out->cols = v[1];
    out->entries = v[2];
    out->drug_gene = v[0] != v[1];
    out->directed = v[0] == v[1] && !out->symmetric;
    out->data = dn_delim_offset(d);
out:
    return st;
}

dn_status dn_mtx_head(const char *name, dn_delim *d, const char *line, size_t len, dn_edge_layout *out,
                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_record r;
    char *next;
    bool more;

    DN_TRY(dn_delim_words(d, line, len, &r, err));
    DN_TRY(kind(name, &r, out, err));
    for (;;) {
        DN_TRY(dn_delim_next_line(d, &next, &len, &more, err));
        if (!more)
            DN_FAIL(DN_EDATA, "%s:%lld: ends before the numbers of rows, columns and entries", name,
                    (long long)dn_delim_line(d));
        if (next[0] == '%') {
            out->comments++;
            continue;
        }
        DN_TRY(dn_delim_words(d, next, len, &r, err));
        if (r.n > 0)
            break;
    }
    DN_TRY(sizes(name, d, &r, out, err));
out:
    return st;
}
