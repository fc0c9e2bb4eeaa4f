/* ingest_pairs_read.c - pairs of genes from .npy or text, lines divided over the ranks; see ingest_private.h
 */
#include "mpi/io/ingest_private.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"
#include "solvers/formats/npy.h"
#include "solvers/formats/source.h"

enum { CHUNK_ROWS = 1 << 14 };

/* What rank 0 finds out and everyone needs; travels as bytes. */
typedef struct layout {
    dn_npy npy;
    int64_t bytes;
    int64_t data; /* first byte behind the header of a text */
    int is_npy;
    int gzip;
    int header; /* 1: a text has one */
    char separator;
} layout;

/* Take one line in: rows of the gene id table (negative: unknown) and a label. */
static dn_status take(const dn_gene_table *t, int64_t row_a, int64_t row_b, int64_t label, dn_pair_part *p,
                      dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at = p->rows++;

    if (row_a < 0 || row_b < 0) {
        p->unknown++;
    } else if (row_a == row_b) {
        p->self_pairs++;
    } else if (t->gene_of_row[row_a] < 0 || t->gene_of_row[row_b] < 0) {
        p->dropped++;
    } else {
        DN_TRY(dn_grow((void **)&p->pair, &p->cap, (size_t)p->n + 1, sizeof *p->pair, err));
        p->pair[p->n++] = (dn_pair){t->gene_of_row[row_a], t->gene_of_row[row_b], label, at};
    }
out:
    return st;
}

/* ---- .npy: indices into the rows of the gene id table ---- */

static dn_status check_triple(const char *path, const int64_t v[3], int64_t row, int64_t rows, dn_error *err)
{
    dn_status st = DN_OK;

    for (int c = 0; c < 2; c++)
        if (v[c] < 0 || v[c] >= rows)
            DN_FAIL(DN_EDATA,
                    "%s: row %lld, column %d: index %lld is out of range: there are %lld genes (from 0)",
                    path, (long long)row, c, (long long)v[c], (long long)rows);
    if (v[2] != 0 && v[2] != 1)
        DN_FAIL(DN_EDATA, "%s: row %lld, column 2: label %lld is neither 0 nor 1", path, (long long)row,
                (long long)v[2]);
out:
    return st;
}

static dn_status read_npy(const dn_comm *comm, const char *path, const layout *l, const dn_gene_table *t,
                          dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(l->npy.rows, comm->rank, comm->size);
    int64_t *v = NULL; /* [CHUNK_ROWS, 3] */

    DN_NEW(v, 3 * CHUNK_ROWS);
    for (int64_t at = mine.begin; at < mine.end; at += CHUNK_ROWS) {
        int64_t n = mine.end - at < CHUNK_ROWS ? mine.end - at : CHUNK_ROWS;
        DN_TRY(dn_npy_read(path, &l->npy, at, n, v, err));
        for (int64_t i = 0; i < n; i++) {
            DN_TRY(check_triple(path, v + 3 * i, at + i, t->rows, err));
            DN_TRY(take(t, v[3 * i], v[3 * i + 1], v[3 * i + 2], p, err));
        }
    }
out:
    dn_free(v);
    return st;
}

/* ---- text: two ids and a label ---- */

static int64_t find(const dn_gene_table *t, const dn_field *f, dn_pair_part *p)
{
    int64_t row = dn_gene_table_find(t, f->text, f->len);

    if (row < 0)
        dn_example_add(&p->unknown_ids, f->text, f->len);
    return row;
}

static dn_status read_text(const dn_comm *comm, const char *path, const layout *l, const dn_gene_table *t,
                           dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;

    if (l->gzip && comm->rank != 0)
        goto out;
    if (l->gzip) {
        DN_TRY(dn_delim_open(path, l->separator, &d, err));
        if (l->header)
            DN_TRY(dn_delim_next(d, &r, &more, err));
    } else {
        dn_range mine = dn_block(l->bytes - l->data, comm->rank, comm->size);
        DN_TRY(dn_delim_open_range(path, l->separator, l->data + mine.begin, l->data + mine.end, &d, err));
    }
    for (;;) {
        double label;
        int64_t a, b;
        const dn_field *f;

        DN_TRY(dn_delim_next(d, &r, &more, err));
        if (!more)
            break;
        if (r.n != 3)
            DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields, wanted 3: gene, gene, label", path,
                    (long long)dn_delim_line(d), (long long)r.n);
        f = &r.field[2];
        if (!dn_parse_double(f->text, f->len, &label) || (label != 0 && label != 1))
            DN_FAIL(DN_EDATA, "%s:%lld: label '%.*s' is neither 0 nor 1", path, (long long)dn_delim_line(d),
                    (int)(f->len < 60 ? f->len : 60), f->text);
        a = find(t, &r.field[0], p);
        b = find(t, &r.field[1], p);
        DN_TRY(take(t, a, b, label == 1, p, err));
    }
out:
    dn_delim_close(&d);
    return st;
}

/* ---- which of the two ---- */

static dn_status peek_text(const char *path, layout *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;
    double v;

    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted pairs: gene, gene, label", path);
    if (r.n != 3)
        DN_FAIL(DN_EDATA, "%s:%lld: %lld fields, wanted 3: gene, gene, label", path,
                (long long)dn_delim_line(d), (long long)r.n);
    l->separator = dn_delim_separator(d);
    l->header = r.field[2].len > 0 && !dn_parse_double(r.field[2].text, r.field[2].len, &v);
    l->data = l->header ? dn_delim_offset(d) : 0;
out:
    dn_delim_close(&d);
    return st;
}

static dn_status peek(const char *path, layout *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    char magic[6] = "";
    size_t n = strlen(path), got;
    bool gzip;

    DN_TRY(dn_source_probe(path, &l->bytes, &gzip, err));
    l->gzip = gzip;
    DN_TRY(dn_source_open_range(path, 0, sizeof magic, &s, err));
    DN_TRY(dn_source_read(s, magic, sizeof magic, &got, err));
    l->is_npy = (n >= 4 && strcmp(path + n - 4, ".npy") == 0) ||
                (n >= 7 && strcmp(path + n - 7, ".npy.gz") == 0) || memcmp(magic, "\x93NUMPY", 6) == 0;
    if (l->is_npy)
        DN_TRY(dn_npy_open(path, &l->npy, err));
    else
        DN_TRY(peek_text(path, l, err));
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_pair_part_read(const dn_comm *comm, const char *path, const dn_gene_table *t, dn_pair_part *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    layout l = {0};
    dn_pair_part p = {0};
    int64_t before;

    if (comm->rank == 0)
        DN_PASS(peek(path, &l, err));
    DN_AGREE(comm);
    MPI_Bcast(&l, (int)sizeof l, MPI_BYTE, 0, comm->mpi);
    if (l.is_npy)
        DN_PASS(read_npy(comm, path, &l, t, &p, err));
    else
        DN_PASS(read_text(comm, path, &l, t, &p, err));
    DN_AGREE(comm);
    before = dn_before(comm, p.rows);
    for (int64_t i = 0; i < p.n; i++)
        p.pair[i].row += before;
    *out = p;
    p = (dn_pair_part){0};
out:
    dn_free(p.pair);
    return st;
}
