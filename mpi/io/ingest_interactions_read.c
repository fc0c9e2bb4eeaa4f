/* ingest_interactions_read.c - drug-target tables to rows of numbers; see ingest_interactions.h */
#include "mpi/io/ingest_interactions.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"
#include "solvers/formats/interaction.h"
#include "solvers/formats/source.h"

/* What rank 0 finds out and everyone needs; travels as bytes. */
typedef struct layout {
    dn_interaction_columns columns;
    int64_t bytes;
    int64_t data; /* first byte behind the header */
    int gzip;
    int skip_other_labels;
    char separator;
} layout;

/* ---- distinct texts ---- */

dn_status dn_texts_add(dn_texts *t, const char *text, size_t len, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (t->names == NULL)
        DN_TRY(dn_names_create(&t->names, err));
    DN_TRY(dn_names_add(t->names, text, len, t->text.n, out, err));
    if (*out == t->text.n)
        DN_TRY(dn_strings_add(&t->text, text, len, err));
out:
    return st;
}

void dn_texts_destroy(dn_texts *t)
{
    dn_strings_destroy(&t->text);
    dn_names_destroy(&t->names);
}

void dn_interaction_part_destroy(dn_interaction_part *p)
{
    dn_free(p->row);
    *p = (dn_interaction_part){0};
}

/* ---- texts by id ---- */

dn_status dn_joined_read(const dn_comm *comm, const dn_import_options *o, dn_joined *out, dn_error *err)
{
    static const dn_id_file_kind kind[2] = {DN_ID_FILE_SMILES, DN_ID_FILE_FASTA};
    const char *const path[2] = {o->molecules, o->sequences};
    dn_status st = DN_OK;

    for (int i = 0; i < 2; i++) {
        if (path[i] == NULL)
            continue;
        if (comm->rank == 0)
            DN_PASS(dn_id_file_read(path[i], kind[i], &out->file[i], err));
        DN_AGREE(comm);
        DN_TRY(dn_share_strings(comm, 0, &out->file[i].id, err));
        DN_TRY(dn_share_strings(comm, 0, &out->file[i].text, err));
        DN_PASS(dn_names_of(&out->file[i].id, &out->by_id[i], err));
        DN_AGREE(comm);
    }
out:
    return st;
}

void dn_joined_destroy(dn_joined *j)
{
    for (int i = 0; i < 2; i++) {
        dn_id_file_destroy(&j->file[i]);
        dn_names_destroy(&j->by_id[i]);
    }
}

/* ---- rows ---- */

/* Drug (0) or target (1) of a row: its id and its text, from its own columns or by id. */
static dn_status take_side(const layout *l, const dn_joined *j, const dn_record *r, int side, dn_texts *local,
                           dn_interaction_row *row, dn_error *err)
{
    dn_status st = DN_OK;
    int id_role = side == 0 ? DN_ROLE_DRUG : DN_ROLE_TARGET, text_role = id_role + 1;
    int64_t id = l->columns.column[id_role], text = l->columns.column[text_role], at;

    row->text[id_role] = row->text[text_role] = -1;
    if (id >= 0)
        DN_TRY(dn_texts_add(&local[id_role], r->field[id].text, r->field[id].len, &row->text[id_role], err));
    if (text >= 0 && (r->field[text].len > 0 || id < 0 || j->by_id[side] == NULL)) {
        DN_TRY(dn_texts_add(&local[text_role], r->field[text].text, r->field[text].len, &row->text[text_role],
                            err));
        goto out;
    }
    at = dn_names_find(j->by_id[side], r->field[id].text, r->field[id].len);
    if (at >= 0) {
        size_t len;
        const char *found = dn_strings_at(&j->file[side].text, at, &len);
        DN_TRY(dn_texts_add(&local[text_role], found, len, &row->text[text_role], err));
    }
out:
    return st;
}

static dn_status take_row(const char *path, const dn_delim *d, const layout *l, const dn_joined *j,
                          const dn_record *r, dn_texts *local, dn_interaction_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_field *f;
    dn_interaction_row row = {.row = p->n};

    if (r->n != l->columns.width)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where the header has %lld", path,
                (long long)dn_delim_line(d), (long long)r->n, (long long)l->columns.width);
    f = &r->field[l->columns.column[DN_ROLE_LABEL]];
    row.label = dn_interaction_label(f->text, f->len);
    if (row.label == DN_LABEL_UNKNOWN && !l->skip_other_labels)
        DN_FAIL(
            DN_EDATA,
            "%s:%lld: label '%.*s' is neither 0, 1 nor a type of activation (agonist, activator, inducer, "
            "opener, potentiator ...) or inhibition (antagonist, inhibitor, blocker, inverse agonist ...)",
            path, (long long)dn_delim_line(d), (int)(f->len < 60 ? f->len : 60), f->text);
    for (int side = 0; side < 2; side++)
        DN_TRY(take_side(l, j, r, side, local, &row, err));
    DN_TRY(dn_grow((void **)&p->row, &p->cap, (size_t)p->n + 1, sizeof *p->row, err));
    p->row[p->n++] = row;
out:
    return st;
}

static dn_status read_rows(const dn_comm *comm, const char *path, const layout *l, const dn_joined *j,
                           dn_texts *local, dn_interaction_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;

    if (l->gzip && comm->rank != 0)
        goto out;
    if (l->gzip) {
        DN_TRY(dn_delim_open(path, l->separator, &d, err));
        DN_TRY(dn_delim_next(d, &r, &more, err));
    } else {
        dn_range mine = dn_block(l->bytes - l->data, comm->rank, comm->size);
        DN_TRY(dn_delim_open_range(path, l->separator, l->data + mine.begin, l->data + mine.end, &d, err));
    }
    for (;;) {
        DN_TRY(dn_delim_next(d, &r, &more, err));
        if (!more)
            break;
        DN_TRY(take_row(path, d, l, j, &r, local, p, err));
    }
out:
    dn_delim_close(&d);
    return st;
}

static dn_status peek(const char *path, const char *columns, const dn_joined *j, layout *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more, gzip;

    DN_TRY(dn_source_probe(path, &l->bytes, &gzip, err));
    l->gzip = gzip;
    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted a table with a header", path);
    for (int64_t i = 0; i < r.n; i++)
        if (r.field[i].len > 0 && memchr(r.field[i].text, '\r', r.field[i].len) != NULL)
            DN_FAIL(DN_EDATA, "%s:1: lines end with a carriage return alone; convert them to line feeds",
                    path);
    DN_TRY(dn_interaction_columns_find(path, &r, columns, j->by_id[0] != NULL, j->by_id[1] != NULL,
                                       &l->columns, err));
    l->separator = dn_delim_separator(d);
    l->data = dn_delim_offset(d);
out:
    dn_delim_close(&d);
    return st;
}

/* ---- one numbering for all ranks ---- */

static dn_status renumber(const dn_strings *gathered, int64_t first, int role, dn_texts *all,
                          dn_interaction_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *number = NULL; /* [gathered->n] */

    DN_NEW(number, (size_t)gathered->n);
    for (int64_t i = 0; i < gathered->n; i++) {
        size_t len;
        const char *text = dn_strings_at(gathered, i, &len);
        DN_TRY(dn_texts_add(all, text, len, &number[i], err));
    }
    for (int64_t i = 0; i < p->n; i++)
        if (p->row[i].text[role] >= 0)
            p->row[i].text[role] = number[first + p->row[i].text[role]];
out:
    dn_free(number);
    return st;
}

/* The texts of the ranks stand in rank order, so numbers are those of first mention. */
static dn_status unify(const dn_comm *comm, int role, const dn_texts *local, dn_texts *all,
                       dn_interaction_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings gathered = {0};
    int64_t first = dn_before(comm, local->text.n);

    DN_TRY(dn_gather_strings(comm, &local->text, &gathered, err));
    DN_PASS(renumber(&gathered, first, role, all, p, err));
    DN_AGREE(comm);
out:
    dn_strings_destroy(&gathered);
    return st;
}

dn_status dn_interaction_part_read(const dn_comm *comm, const char *path, const dn_import_options *o,
                                   const dn_joined *joined, dn_texts *all, dn_interaction_part *out,
                                   dn_error *err)
{
    dn_status st = DN_OK;
    layout l = {.skip_other_labels = o->skip_other_labels};
    dn_texts local[DN_TEXTS] = {{{0}, NULL}};
    dn_interaction_part p = {0};
    int64_t before;

    if (comm->rank == 0)
        DN_PASS(peek(path, o->interaction_columns, joined, &l, err));
    DN_AGREE(comm);
    MPI_Bcast(&l, (int)sizeof l, MPI_BYTE, 0, comm->mpi);
    DN_PASS(read_rows(comm, path, &l, joined, local, &p, err));
    DN_AGREE(comm);
    before = dn_before(comm, p.n);
    for (int64_t i = 0; i < p.n; i++)
        p.row[i].row += before;
    for (int role = 0; role < DN_TEXTS; role++)
        DN_TRY(unify(comm, role, &local[role], &all[role], &p, err));
    p.has_ids[0] = l.columns.column[DN_ROLE_DRUG] >= 0;
    p.has_ids[1] = l.columns.column[DN_ROLE_TARGET] >= 0;
    *out = p;
    p = (dn_interaction_part){0};
out:
    for (int role = 0; role < DN_TEXTS; role++)
        dn_texts_destroy(&local[role]);
    dn_interaction_part_destroy(&p);
    return st;
}
