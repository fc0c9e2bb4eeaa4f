/* gene_table_io.c - reading, sharing and writing a gene id table; see gene_table.h */
#include "mpi/io/gene_table.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

/* Fill the map from names to rows. */
static dn_status index_names(dn_gene_table *t, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_names_create(&t->key, err));
    for (int c = 0; c < t->columns; c++)
        for (int64_t r = 0; r < t->rows; r++) {
            size_t len;
            const char *name = dn_strings_at(&t->naming[c], r, &len);
            int64_t key;
            if (len == 0)
                continue;
            DN_TRY(
                dn_grow((void **)&t->key_row, &t->key_cap, (size_t)t->n_keys + 1, sizeof *t->key_row, err));
            DN_TRY(dn_names_add(t->key, name, len, t->n_keys, &key, err));
            if (key == t->n_keys) {
                t->key_row[t->n_keys++] = r;
            } else if (t->key_row[key] != r && t->key_row[key] != DN_AMBIGUOUS) {
                t->key_row[key] = DN_AMBIGUOUS;
                t->ambiguous++;
            }
        }
out:
    return st;
}

/* ---- from a file ---- */

static dn_status add_column(dn_gene_table *t, const dn_field *f, int c, dn_error *err)
{
    dn_status st = DN_OK;
    char name[96];

    if (f->len == 0 || (f->len == 1 && f->text[0] == '.'))
        snprintf(name, sizeof name, "column_%d", c + 1);
    else
        snprintf(name, sizeof name, "%.*s", (int)(f->len < 90 ? f->len : 90), f->text);
    for (char *p = name; *p != '\0'; p++)
        if (*p == '/') /* divides paths in HDF5 */
            *p = '_';
    DN_TRY(dn_strings_add(&t->column, name, strlen(name), err));
out:
    return st;
}

static dn_status read_records(dn_delim *d, const char *path, dn_gene_table *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_record r;
    bool more;

    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted a header with the names of the namings", path);
    if (r.n > 1000)
        DN_FAIL(DN_EDATA, "%s:1: %lld columns are no gene id table", path, (long long)r.n);
    DN_NEW(t->naming, (size_t)r.n);
    t->columns = (int)r.n;
    for (int c = 0; c < t->columns; c++)
        DN_TRY(add_column(t, &r.field[c], c, err));
    for (;;) {
        DN_TRY(dn_delim_next(d, &r, &more, err));
        if (!more)
            break;
        if (r.n != t->columns)
            DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where the header has %d", path,
                    (long long)dn_delim_line(d), (long long)r.n, t->columns);
        for (int c = 0; c < t->columns; c++)
            DN_TRY(dn_strings_add(&t->naming[c], r.field[c].text, r.field[c].len, err));
        t->rows++;
    }
    if (t->rows == 0)
        DN_FAIL(DN_EDATA, "%s: has a header and no genes", path);
out:
    return st;
}

static bool is_index(const dn_strings *s)
{
    int64_t first = 0;

    for (int64_t r = 0; r < s->n; r++) {
        size_t len;
        int64_t v;
        const char *text = dn_strings_at(s, r, &len);
        if (!dn_parse_int(text, len, &v))
            return false;
        if (r == 0)
            first = v;
        if (v != first + r || first < 0 || first > 1)
            return false;
    }
    return true;
}

/* Take the columns that are an index away. */
static dn_status keep_namings(dn_gene_table *t, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings kept = {0};
    int n = 0;

    for (int c = 0; c < t->columns; c++) {
        size_t len;
        const char *name = dn_strings_at(&t->column, c, &len);
        if (is_index(&t->naming[c])) {
            dn_strings_destroy(&t->naming[c]);
            continue;
        }
        for (int64_t k = 0; k < kept.n; k++) {
            size_t have;
            const char *other = dn_strings_at(&kept, k, &have);
            if (have == len && memcmp(other, name, len) == 0)
                DN_FAIL(DN_EDATA, "%s:1: two columns are named '%.*s'", path, (int)len, name);
        }
        DN_TRY(dn_strings_add(&kept, name, len, err));
        if (n != c) {
            t->naming[n] = t->naming[c];
            t->naming[c] = (dn_strings){0};
        }
        n++;
    }
    t->columns = n;
    dn_strings_destroy(&t->column);
    t->column = kept;
    kept = (dn_strings){0};
    if (n == 0)
        DN_FAIL(DN_EDATA, "%s: no column names genes: there are only running numbers", path);
    for (int64_t r = 0; r < t->rows; r++) {
        size_t len;
        dn_gene_table_id(t, r, &len);
        if (len == 0)
            DN_FAIL(DN_EDATA, "%s: gene %lld (counted from 0) has no name in any column", path, (long long)r);
    }
out:
    dn_strings_destroy(&kept);
    return st;
}

static dn_status read_local(const char *path, dn_gene_table *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;

    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(read_records(d, path, t, err));
    DN_TRY(keep_namings(t, path, err));
out:
    dn_delim_close(&d);
    return st;
}

static dn_status new_columns(dn_gene_table *t, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(t->naming, (size_t)n);
    t->columns = (int)n;
out:
    return st;
}

dn_status dn_gene_table_read(const dn_comm *comm, const char *path, dn_gene_table *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_table t = {0};

    if (comm->rank == 0)
        DN_PASS(read_local(path, &t, err));
    DN_AGREE(comm);
    MPI_Bcast(&t.rows, 1, MPI_INT64_T, 0, comm->mpi);
    DN_TRY(dn_share_strings(comm, 0, &t.column, err));
    if (comm->rank != 0)
        DN_PASS(new_columns(&t, t.column.n, err));
    DN_AGREE(comm);
    for (int c = 0; c < t.columns; c++)
        DN_TRY(dn_share_strings(comm, 0, &t.naming[c], err));
    DN_PASS(index_names(&t, err));
    DN_AGREE(comm);
    *out = t;
    t = (dn_gene_table){0};
out:
    dn_gene_table_destroy(&t);
    return st;
}

/* ---- from ids ---- */

dn_status dn_gene_table_of_ids(const dn_strings *ids, dn_gene_table *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_table t = {0};
    dn_names *seen = NULL;

    DN_TRY(new_columns(&t, 1, err));
    DN_TRY(dn_strings_add(&t.column, "id", 2, err));
    DN_TRY(dn_names_create(&seen, err));
    for (int64_t i = 0; i < ids->n; i++) {
        size_t len;
        const char *id = dn_strings_at(ids, i, &len);
        int64_t row;
        if (len == 0)
            DN_FAIL(DN_EDATA, "gene %lld of the expression table (counted from 0) has no id", (long long)i);
        DN_TRY(dn_names_add(seen, id, len, t.rows, &row, err));
        if (row != t.rows)
            continue;
        DN_TRY(dn_strings_add(&t.naming[0], id, len, err));
        t.rows++;
    }
    DN_TRY(index_names(&t, err));
    *out = t;
    t = (dn_gene_table){0};
out:
    dn_names_destroy(&seen);
    dn_gene_table_destroy(&t);
    return st;
}

/* ---- from a dataset ---- */

/* Spread a column over the rows of the table; rows that were dropped have no name. */
static dn_status spread(const dn_strings *genes, const dn_gene_table *t, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t r = 0; r < t->rows; r++) {
        size_t len = 0;
        const char *name = t->gene_of_row[r] >= 0 ? dn_strings_at(genes, t->gene_of_row[r], &len) : "";
        DN_TRY(dn_strings_add(out, name, len, err));
    }
out:
    return st;
}

static dn_status place_genes(dn_gene_table *t, const char *path, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(t->gene_of_row, (size_t)t->rows);
    for (int64_t r = 0; r < t->rows; r++)
        t->gene_of_row[r] = -1;
    for (int64_t g = 0; g < t->genes; g++) {
        int64_t row = t->row_of_gene[g];
        if (row < 0 || row >= t->rows)
            DN_FAIL(DN_EDATA, "%s: gene %lld stands in row %lld of a table of %lld", path, (long long)g,
                    (long long)row, (long long)t->rows);
        t->gene_of_row[row] = g;
    }
out:
    return st;
}

static dn_status new_genes(dn_gene_table *t, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(t->row_of_gene, (size_t)t->genes);
    DN_NEW(t->decoy, (size_t)t->genes);
out:
    return st;
}

dn_status dn_gene_table_load(const dn_comm *comm, const dn_h5 *h, dn_gene_table *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_table t = {0};
    dn_strings names = {0};
    char primary[128];

    DN_TRY(dn_h5_get_int(h, "/genes", "table_rows", &t.rows, err));
    DN_TRY(dn_h5_rows(h, "/genes/table_row", &t.genes, err));
    DN_PASS(new_genes(&t, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_read(h, "/genes/table_row", DN_I64, 0, t.genes, t.row_of_gene, err));
    DN_TRY(dn_h5_read(h, "/genes/decoy", DN_U8, 0, t.genes, t.decoy, err));
    DN_PASS(place_genes(&t, dn_h5_path(h), err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_list(h, "/genes/naming", &t.column, err));
    if (t.column.n == 0) /* the same file, hence the same verdict, on every rank */
        DN_FAIL(DN_EDATA, "%s: holds no naming of its genes", dn_h5_path(h));
    DN_PASS(new_columns(&t, t.column.n, err));
    DN_AGREE(comm);
    for (int c = 0; c < t.columns; c++) {
        char name[128], path[160];
        snprintf(path, sizeof path, "/genes/naming/%s", dn_strings_copy(&t.column, c, name, sizeof name));
        DN_TRY(dn_h5_read_strings(h, path, &names, err));
        DN_PASS(spread(&names, &t, &t.naming[c], err));
        DN_AGREE(comm);
        dn_strings_destroy(&names);
    }
    DN_TRY(dn_h5_get_text(h, "/genes", "primary_naming", primary, sizeof primary, err));
    for (int c = 0; c < t.columns; c++) { /* the file lists them in alphabetical order */
        char name[128];
        if (strcmp(dn_strings_copy(&t.column, c, name, sizeof name), primary) == 0)
            t.primary = c;
    }
    DN_PASS(index_names(&t, err));
    DN_AGREE(comm);
    for (int64_t g = 0; g < t.genes; g++)
        t.decoys += t.decoy[g];
    *out = t;
    t = (dn_gene_table){0};
out:
    dn_strings_destroy(&names);
    dn_gene_table_destroy(&t);
    return st;
}

/* ---- to a dataset ---- */

/* The names of the kept genes in one naming; column < 0: their ids. */
static dn_status collect(const dn_gene_table *t, int column, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t g = 0; g < t->genes; g++) {
        size_t len;
        const char *name = column < 0 ? dn_gene_table_id(t, t->row_of_gene[g], &len)
                                      : dn_strings_at(&t->naming[column], t->row_of_gene[g], &len);
        DN_TRY(dn_strings_add(out, name, len, err));
    }
out:
    return st;
}

dn_status dn_gene_table_write(const dn_comm *comm, const dn_gene_table *t, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings names = {0};
    char name[128], path[160];

    for (int c = -1; c < t->columns; c++) {
        DN_PASS(collect(t, c, &names, err));
        DN_AGREE(comm);
        snprintf(path, sizeof path, "/genes/naming/%s",
                 dn_strings_copy(&t->column, c < 0 ? t->primary : c, name, sizeof name));
        DN_TRY(dn_h5_write_strings(h, c < 0 ? "/genes/id" : path, &names, err));
        dn_strings_destroy(&names);
    }
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &t->genes, t->row_of_gene, err));
    DN_TRY(dn_h5_write_all(h, "/genes/decoy", 1, &t->genes, t->decoy, err));
    DN_TRY(dn_h5_set_int(h, "/genes", "table_rows", t->rows, err));
    dn_strings_copy(&t->column, t->primary, name, sizeof name);
    DN_TRY(dn_h5_set_text(h, "/genes", "primary_naming", name, err));
    DN_TRY(dn_h5_set_int(h, "/genes", "ambiguous_names", t->ambiguous, err));
out:
    dn_strings_destroy(&names);
    return st;
}
