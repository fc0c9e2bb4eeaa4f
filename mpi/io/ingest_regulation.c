/* ingest_regulation.c - regulations of DREAM5, YEASTRACT and matrices to pairs of genes; see ingest_pairs.h
 */
#include "mpi/io/ingest_pairs.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

/* ---- lists ---- */

/* A name of YEASTRACT as it stands, or spelled as a gene. */
static int64_t find_spelled(const dn_gene_table *t, const dn_field *name, dn_pair_part *p)
{
    int64_t row = dn_gene_table_find(t, name->text, name->len);
    char buf[64];

    for (int which = 0; which < 2 && row == -1; which++) {
        size_t n = dn_yeastract_gene(name, which, buf, sizeof buf);
        if (n > 0)
            row = dn_gene_table_find(t, buf, n);
    }
    if (row < 0)
        dn_example_add(&p->unknown_ids, name->text, name->len);
    return row;
}

static dn_status read_list(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t,
                           dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_regulation r;
    bool more = true;

    DN_TRY(dn_pair_rows_open(comm, f, &d, err));
    while (d != NULL) {
        int64_t factor, target;
        if (f->layout.format == DN_PAIRS_DREAM5) {
            DN_TRY(dn_dream5_next(f->path, d, &r, &more, err));
        } else {
            DN_TRY(dn_yeastract_next(f->path, d, &f->layout.yeastract, &r, &more, err));
        }
        if (!more)
            break;
        if (f->layout.format == DN_PAIRS_DREAM5) {
            factor = dn_pair_find(t, &r.factor, p);
            target = dn_pair_find(t, &r.target, p);
        } else {
            factor = find_spelled(t, &r.factor, p);
            target = find_spelled(t, &r.target, p);
        }
        DN_TRY(dn_pair_take(t, factor, target, r.label, p->rows++, p, err));
    }
out:
    dn_delim_close(&d);
    return st;
}

/* ---- matrices ---- */

static dn_status read_matrix(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t,
                             dn_pair_part *p, int64_t *out_lines, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_regulation_matrix *m = &f->layout.matrix;
    dn_delim *d = NULL;
    int64_t *factor_row = NULL, *one = NULL; /* [factors] */
    dn_field gene;
    bool more = true;
    int64_t ones;

    DN_NEW(factor_row, (size_t)m->factors);
    DN_NEW(one, (size_t)m->factors);
    for (int64_t i = 0; i < m->factors; i++) {
        dn_field name;
        name.text = dn_strings_at(&f->factor, i, &name.len);
        factor_row[i] = dn_gene_table_find(t, name.text, name.len);
    }
    DN_TRY(dn_pair_rows_open(comm, f, &d, err));
    while (d != NULL) {
        int64_t row;
        DN_TRY(dn_regulation_matrix_next(f->path, d, m, &f->factor, &gene, one, &ones, &more, err));
        if (!more)
            break;
        row = ones > 0 ? dn_pair_find(t, &gene, p) : -1;
        for (int64_t i = 0; i < ones; i++) {
            dn_field name;
            name.text = dn_strings_at(&f->factor, one[i], &name.len);
            if (factor_row[one[i]] < 0)
                dn_example_add(&p->unknown_ids, name.text, name.len);
            DN_TRY(dn_pair_take(t, factor_row[one[i]], row, 1, p->rows++, p, err));
        }
        p->zeros += m->factors - ones;
        ++*out_lines;
    }
out:
    dn_delim_close(&d);
    dn_free(factor_row);
    dn_free(one);
    return st;
}

/* The same sums on every rank, so the same verdict. */
static dn_status check_sides(const dn_pair_file *f, int64_t genes, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t factors = f->layout.matrix.factors;

    if (factors > genes)
        DN_FAIL(
            DN_EDATA,
            "%s: a regulation matrix has the transcription factors in its columns and the genes in its rows; "
            "this one has %lld columns and %lld rows, so it has to be transposed first",
            f->path, (long long)factors, (long long)genes);
out:
    return st;
}

dn_status dn_regulation_part_read(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t,
                                  dn_pair_part *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_part p = {0};
    bool matrix = f->layout.format == DN_PAIRS_MATRIX;
    int64_t lines = 0;

    if (matrix)
        DN_PASS(read_matrix(comm, f, t, &p, &lines, err));
    else
        DN_PASS(read_list(comm, f, t, &p, err));
    DN_AGREE(comm);
    lines = dn_sum(comm, lines);
    if (matrix)
        DN_TRY(check_sides(f, lines, err));
    *out = p;
    p = (dn_pair_part){0};
out:
    dn_free(p.pair);
    return st;
}
