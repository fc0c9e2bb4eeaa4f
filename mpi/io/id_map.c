/* id_map.c - which names mean the same node; see ingest_network.h */
#include "mpi/io/ingest_network.h"

#include <string.h>
#include <strings.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

enum { MOST_COLUMNS = 64 };

void dn_id_map_destroy(dn_id_map *m)
{
    dn_strings_destroy(&m->name);
    dn_free(m->meaning);
    dn_free(m->first);
    dn_names_destroy(&m->number);
    *m = (dn_id_map){0};
}

/* ---- which columns ---- */

static bool known_naming(const dn_field *f)
{
    static const char *const starts[] = {"uniprot", "entrez", "ensembl", "hgnc"};
    static const char *const words[] = {"symbol", "gene_symbol", "gene_name"};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (f->len >= strlen(starts[i]) && strncasecmp(f->text, starts[i], strlen(starts[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (f->len == strlen(words[i]) && strncasecmp(f->text, words[i], f->len) == 0)
            return true;
    return false;
}

/* The columns named by "A,B,...". */
static dn_status named(const char *path, const char *columns, const dn_record *r, int *at, int *out_n,
                       dn_error *err)
{
    dn_status st = DN_OK;
    int n = 0;

    for (const char *word = columns;; n++) {
        size_t len = strcspn(word, ",");
        if (n == MOST_COLUMNS || len == 0)
            DN_FAIL(DN_EUSAGE, "--id-columns %s: wanted names divided by commas", columns);
        at[n] = -1;
        for (int c = 0; c < (int)r->n && at[n] < 0; c++)
            if (r->field[c].len == len && memcmp(r->field[c].text, word, len) == 0)
                at[n] = c;
        if (at[n] < 0)
            DN_FAIL(DN_EDATA, "%s:1: no column is named '%.*s' (--id-columns)", path, (int)len, word);
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    *out_n = n + 1;
out:
    return st;
}

static dn_status choose_columns(const char *path, const char *columns, const dn_record *r, int *at,
                                int *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int n = 0;

    if (r->n > MOST_COLUMNS)
        DN_FAIL(DN_EDATA, "%s:1: %lld columns are no id map", path, (long long)r->n);
    if (columns != NULL) {
        DN_TRY(named(path, columns, r, at, &n, err));
    } else {
        for (int c = 0; c < (int)r->n; c++)
            if (known_naming(&r->field[c]))
                at[n++] = c;
        if (n < 2) /* none of them is known: all are */
            for (n = 0; n < (int)r->n; n++)
                at[n] = n;
    }
    if (n < 2)
        DN_FAIL(DN_EDATA, "%s:1: one column of names maps nothing; wanted at least two", path);
    *out_n = n;
out:
    return st;
}

/* ---- rows ---- */

/* A name and what it means: meaning -1 makes a new one. */
static dn_status put(dn_id_map *m, const dn_field *f, int64_t *meaning, size_t caps[2], dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = m->name.n, number;

    DN_TRY(dn_grow((void **)&m->meaning, &caps[0], (size_t)n + 1, sizeof *m->meaning, err));
    if (*meaning < 0) {
        DN_TRY(dn_grow((void **)&m->first, &caps[1], (size_t)m->meanings + 1, sizeof *m->first, err));
        m->first[m->meanings] = n;
        *meaning = m->meanings++;
    }
    DN_TRY(dn_names_add(m->number, f->text, f->len, n, &number, err));
    DN_TRY(dn_strings_add(&m->name, f->text, f->len, err));
    m->meaning[n] = *meaning;
out:
    return st;
}

/* The first name of the row that is known says what the row means. conflict [names]: counted before. */
static dn_status take_row(dn_id_map *m, const dn_record *r, const int *at, int n, dn_names *conflicts,
                          size_t caps[2], dn_error *err)
{
    dn_status st = DN_OK;
    int64_t meaning = -1;

    for (int c = 0; c < n && meaning < 0; c++) {
        const dn_field *f = &r->field[at[c]];
        int64_t number = dn_names_find(m->number, f->text, f->len);
        meaning = number < 0 ? -1 : m->meaning[number];
    }
    for (int c = 0; c < n; c++) {
        const dn_field *f = &r->field[at[c]];
        int64_t number = dn_names_find(m->number, f->text, f->len), seen;
        if (f->len == 0)
            continue;
        if (number < 0) {
            DN_TRY(put(m, f, &meaning, caps, err));
        } else if (m->meaning[number] != meaning) {
            DN_TRY(dn_names_add(conflicts, f->text, f->len, m->ambiguous, &seen, err));
            m->ambiguous += seen == m->ambiguous;
        }
    }
    m->rows++;
out:
    return st;
}

static dn_status read_local(const char *path, const char *columns, dn_id_map *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_names *conflicts = NULL;
    dn_record r;
    bool more;
    int at[MOST_COLUMNS], n = 0;
    int64_t fields;
    size_t caps[2] = {0, 0};

    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(dn_names_create(&conflicts, err));
    DN_TRY(dn_delim_next(d, &r, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty; wanted a header with the names of the namings", path);
    fields = r.n;
    DN_TRY(choose_columns(path, columns, &r, at, &n, err));
    for (;;) {
        DN_TRY(dn_delim_next(d, &r, &more, err));
        if (!more)
            break;
        if (r.n != fields)
            DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where the header has %lld", path,
                    (long long)dn_delim_line(d), (long long)r.n, (long long)fields);
        DN_TRY(take_row(m, &r, at, n, conflicts, caps, err));
    }
    if (m->name.n == 0)
        DN_FAIL(DN_EDATA, "%s: has a header and no names", path);
out:
    dn_delim_close(&d);
    dn_names_destroy(&conflicts);
    return st;
}

/* ---- to all ranks ---- */

static dn_status room(dn_id_map *m, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_names_of(&m->name, &m->number, err));
    DN_NEW(m->meaning, (size_t)m->name.n);
    DN_NEW(m->first, (size_t)m->meanings);
out:
    return st;
}

dn_status dn_id_map_read(const dn_comm *comm, const char *path, const char *columns, dn_id_map *out,
                         dn_error *err)
{
    dn_status st = DN_OK;
    dn_id_map m = {0};
    int64_t counts[3];

    if (comm->rank == 0)
        DN_PASS(dn_names_create(&m.number, err));
    if (comm->rank == 0)
        DN_PASS(read_local(path, columns, &m, err));
    DN_AGREE(comm);
    counts[0] = m.rows;
    counts[1] = m.meanings;
    counts[2] = m.ambiguous;
    MPI_Bcast(counts, 3, MPI_INT64_T, 0, comm->mpi);
    m.rows = counts[0];
    m.meanings = counts[1];
    m.ambiguous = counts[2];
    DN_TRY(dn_share_strings(comm, 0, &m.name, err));
    if (comm->rank != 0)
        DN_PASS(room(&m, err));
    DN_AGREE(comm);
    MPI_Bcast(m.meaning, (int)m.name.n, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(m.first, (int)m.meanings, MPI_INT64_T, 0, comm->mpi);
    *out = m;
    m = (dn_id_map){0};
out:
    dn_id_map_destroy(&m);
    return st;
}
