/* ingest_pairs_read.c - pairs of genes from .npy or text, lines divided over the ranks; see ingest_pairs.h
 */
#include "mpi/io/ingest_pairs.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"
#include "solvers/formats/npy.h"

enum { CHUNK_ROWS = 1 << 14 };

dn_status dn_pair_file_look(const dn_comm *comm, dn_pair_format format, dn_pair_file *f, dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0)
        DN_PASS(dn_pair_layout_read(f->path, format, f->filter, &f->layout, &f->factor, err));
    DN_AGREE(comm);
    MPI_Bcast(&f->layout, (int)sizeof f->layout, MPI_BYTE, 0, comm->mpi);
    if (f->layout.format == DN_PAIRS_MATRIX)
        DN_TRY(dn_share_strings(comm, 0, &f->factor, err));
out:
    return st;
}

dn_status dn_pair_take(const dn_gene_table *t, int64_t row_a, int64_t row_b, int64_t label, int64_t row,
                       dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;

    if (row_a < 0 || row_b < 0) {
        p->unknown++;
    } else if (row_a == row_b) {
        p->self_pairs++;
    } else if (t->gene_of_row[row_a] < 0 || t->gene_of_row[row_b] < 0) {
        p->dropped++;
    } else {
        DN_TRY(dn_grow((void **)&p->pair, &p->cap, (size_t)p->n + 1, sizeof *p->pair, err));
        p->pair[p->n++] = (dn_pair){t->gene_of_row[row_a], t->gene_of_row[row_b], label, row};
    }
out:
    return st;
}

int64_t dn_pair_find(const dn_gene_table *t, const dn_field *name, dn_pair_part *p)
{
    int64_t row = dn_gene_table_find(t, name->text, name->len);

    if (row < 0)
        dn_example_add(&p->unknown_ids, name->text, name->len);
    return row;
}

dn_status dn_pair_rows_open(const dn_comm *comm, const dn_pair_file *f, dn_delim **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pair_layout *l = &f->layout;
    dn_delim *d = NULL;
    char *line;
    size_t len;
    bool more = true;

    *out = NULL;
    if (l->gzip && comm->rank != 0)
        goto out;
    if (l->gzip) {
        DN_TRY(dn_delim_open(f->path, l->separator, &d, err));
        while (more && dn_delim_offset(d) < l->data)
            DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    } else {
        dn_range mine = dn_block(l->bytes - l->data, comm->rank, comm->size);
        DN_TRY(dn_delim_open_range(f->path, l->separator, l->data + mine.begin, l->data + mine.end, &d, err));
    }
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
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

static dn_status read_npy(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t, dn_pair_part *p,
                          dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(f->layout.npy.rows, comm->rank, comm->size);
    int64_t *v = NULL; /* [CHUNK_ROWS, 3] */

    DN_NEW(v, 3 * CHUNK_ROWS);
    for (int64_t at = mine.begin; at < mine.end; at += CHUNK_ROWS) {
        int64_t n = mine.end - at < CHUNK_ROWS ? mine.end - at : CHUNK_ROWS;
        DN_TRY(dn_npy_read(f->path, &f->layout.npy, at, n, v, err));
        for (int64_t i = 0; i < n; i++) {
            DN_TRY(check_triple(f->path, v + 3 * i, at + i, t->rows, err));
            DN_TRY(dn_pair_take(t, v[3 * i], v[3 * i + 1], v[3 * i + 2], p->rows++, p, err));
        }
    }
out:
    dn_free(v);
    return st;
}

/* ---- text: two ids and a label ---- */

static dn_status read_text(const dn_comm *comm, const dn_pair_file *file, const dn_gene_table *t,
                           dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = file->path;
    dn_delim *d = NULL;
    dn_record r;
    bool more = true;

    DN_TRY(dn_pair_rows_open(comm, file, &d, err));
    while (d != NULL) {
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
        a = dn_pair_find(t, &r.field[0], p);
        b = dn_pair_find(t, &r.field[1], p);
        DN_TRY(dn_pair_take(t, a, b, label == 1, p->rows++, p, err));
    }
out:
    dn_delim_close(&d);
    return st;
}

/* ---- any of them ---- */

dn_status dn_pair_part_read(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t,
                            dn_pair_part *out, dn_pairs_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_format format = f->layout.format;
    dn_pair_part p = {0};
    int64_t before;

    snprintf(report->format, sizeof report->format, "%s", dn_pair_format_name(format));
    report->dream5_like = format == DN_PAIRS_TABLE && f->layout.dream5_like;
    if (dn_pair_format_evidence(format)) {
        DN_TRY(dn_evidence_part_read(comm, f, t, &p, report, err));
    } else if (dn_pair_format_directed(format)) {
        DN_TRY(dn_regulation_part_read(comm, f, t, &p, err));
    } else {
        if (format == DN_PAIRS_NPY)
            DN_PASS(read_npy(comm, f, t, &p, err));
        else
            DN_PASS(read_text(comm, f, t, &p, err));
        DN_AGREE(comm);
    }
    before = dn_before(comm, p.rows);
    for (int64_t i = 0; i < p.n; i++)
        p.pair[i].row += before;
    *out = p;
    p = (dn_pair_part){0};
out:
    dn_free(p.pair);
    return st;
}
