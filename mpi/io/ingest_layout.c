/* ingest_layout.c - what kind of table a file of expression is; see ingest_private.h
 *
 * Layouts: genes in rows (a header of sample names, with or without a name for the id column), genes in
 * columns (a header of gene ids; lines begin with a sample name or, as in DREAM5, at once with numbers).
 */
#include "mpi/io/ingest_private.h"

#include <string.h>
#include "solvers/base/bytes.h"
#include "solvers/formats/fields.h"
#include "solvers/formats/source.h"

enum { PEEK_LINES = 2000, PEEK_BYTES = 1 << 24 };

typedef dn_table_layout layout;

/* First lines of the file. */
typedef struct glance {
    dn_strings head;      /* fields of the header */
    int64_t fields;       /* of the first line behind it; 0: there is none */
    bool number;          /* that line begins with a number */
    bool fraction;        /* ... that no id would be, such as 7.25 */
    int64_t lines, known; /* lines looked at; those that begin with a known gene */
    int64_t head_known;   /* known genes in the header */
} glance;

dn_status dn_table_front(dn_delim *d, char separator, char *line, size_t len, dn_field *out_name,
                         int64_t *out_fields, bool *out_quotes, dn_error *err)
{
    dn_status st = DN_OK;
    const char *stop;
    dn_record r;

    *out_fields = dn_bytes_survey(line, len, separator, '"', out_quotes) + 1;
    if (*out_quotes) {
        DN_TRY(dn_delim_split(d, separator, line, len, &r, err));
        *out_name = r.field[0];
        *out_fields = r.n;
        goto out;
    }
    stop = memchr(line, separator, len);
    *out_name = dn_field_trim((dn_field){line, stop != NULL ? (size_t)(stop - line) : len});
out:
    return st;
}

static dn_status look(dn_delim *d, const char *path, const dn_gene_table *t, layout *l, glance *g,
                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_record r;
    bool more;

    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted an expression table with a header", path);
    for (int64_t i = 0; i < r.n; i++) {
        DN_TRY(dn_strings_add(&g->head, r.field[i].text, r.field[i].len, err));
        g->head_known += t != NULL && dn_gene_table_find(t, r.field[i].text, r.field[i].len) >= 0;
    }
    l->separator = dn_delim_separator(d);
    l->data = dn_delim_offset(d);
    while (g->lines < PEEK_LINES && dn_delim_offset(d) < l->data + PEEK_BYTES) {
        dn_field f;
        char *line;
        size_t len;
        int64_t fields;
        bool quotes;
        double v;

        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
        if (!more)
            break;
        DN_TRY(dn_table_front(d, l->separator, line, len, &f, &fields, &quotes, err));
        if (g->lines++ == 0) {
            g->fields = fields;
            g->number = dn_parse_double(f.text, f.len, &v);
            g->fraction = g->number && memchr(f.text, '.', f.len) != NULL;
        }
        if (t == NULL) /* nobody asks for more */
            break;
        g->known += dn_gene_table_find(t, f.text, f.len) >= 0;
    }
    if (g->lines == 0)
        DN_FAIL(DN_EDATA, "%s: has a header and no rows", path);
out:
    return st;
}

static dn_status decide(const char *path, dn_axis genes_in, const dn_gene_table *t, const glance *g,
                        layout *l, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len;
    const char *corner = dn_strings_at(&g->head, 0, &len);
    bool square = g->fields == g->head.n;

    if (!square && g->fields != g->head.n + 1)
        DN_FAIL(DN_EDATA, "%s: ragged row: the first row has %lld fields where the header has %lld", path,
                (long long)g->fields, (long long)g->head.n);
    if (genes_in != DN_AXIS_AUTO)
        l->columns = genes_in == DN_AXIS_COLUMNS;
    else if (t != NULL)
        l->columns = (double)g->head_known * (double)g->lines > (double)g->known * (double)g->head.n;
    else
        l->columns = square && g->fraction;
    l->id_column = 1;
    if (l->columns && square)
        l->id_column =
            !(g->fraction || (t != NULL ? dn_gene_table_find(t, corner, len) >= 0 : g->number && len > 0));
    l->width = g->fields - l->id_column;
    if (l->width == 0)
        DN_FAIL(DN_EDATA, "%s: has names and no numbers", path);
out:
    return st;
}

dn_status dn_table_peek(const char *path, dn_axis genes_in, const dn_gene_table *t, layout *l,
                        dn_strings *names, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    glance g = {0};
    bool gzip;

    DN_TRY(dn_source_probe(path, &l->bytes, &gzip, err));
    l->gzip = gzip;
    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(look(d, path, t, l, &g, err));
    DN_TRY(decide(path, genes_in, t, &g, l, err));
    for (int64_t i = g.head.n - l->width; i < g.head.n; i++)
        DN_TRY(dn_strings_add_string(names, &g.head, i, err));
out:
    dn_delim_close(&d);
    dn_strings_destroy(&g.head);
    return st;
}
