/* ingest_evidence.c - interactions of BioGRID and PSI-MITAB: from the namings of interactors to genes; see
 * ingest_pairs.h
 *
 * Which naming counts is known only when the whole file has been seen, so every row that is wanted is looked
 * up in each naming, and the genes of all of them are kept until the ranks have added up what they found.
 */
#include "mpi/io/ingest_pairs.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/mitab.h"

/* A row that is wanted. */
typedef struct candidate {
    int64_t row;
    int32_t gene[DN_NAMINGS][2]; /* row of the gene id table; negative: unknown */
    int32_t label;
} candidate;

typedef struct reader {
    const dn_pair_file *file;
    const dn_gene_table *t;
    candidate *c; /* [n] */
    int64_t n;
    size_t cap;
    int64_t found[DN_NAMINGS];
    dn_examples unknown[DN_NAMINGS];
} reader;

/* ---- names to genes ---- */

/* Several names of one interactor: those that are genes must be the same one. */
static void join(int64_t row, int64_t *found)
{
    if (*found == -1)
        *found = row;
    else if (row != -1 && row != *found)
        *found = DN_AMBIGUOUS;
}

static int64_t find(const reader *r, const dn_field *name)
{
    return dn_field_is_none(name) ? -1 : dn_gene_table_find(r->t, name->text, name->len);
}

static int64_t find_synonym(const reader *r, dn_field names)
{
    int64_t found = -1;
    dn_field name;

    while (dn_field_part(&names, '|', &name))
        join(find(r, &name), &found);
    return found;
}

/* Whether a text says that a name is a synonym: "gene name synonym", "ordered locus synonym". */
static bool says_synonym(const dn_field *text)
{
    return text->len >= 7 && memcmp(text->text + text->len - 7, "synonym", 7) == 0;
}

static dn_status find_values(const reader *r, dn_field field, dn_examples *unknown, int64_t *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t found[2] = {-1, -1}; /* by names, by synonyms */
    char first[48] = "";
    dn_mitab_value v;
    bool more;

    for (;;) {
        DN_TRY(dn_mitab_value_next(&field, &v, &more, err));
        if (!more)
            break;
        if (first[0] == '\0' && unknown->n < DN_EXAMPLES)
            snprintf(first, sizeof first, "%.*s", (int)(v.value.len < 40 ? v.value.len : 40), v.value.text);
        join(find(r, &v.value), &found[says_synonym(&v.text)]);
    }
    *out = found[0] != -1 ? found[0] : found[1];
    if (*out < 0 && first[0] != '\0')
        dn_example_add(unknown, first, strlen(first));
out:
    return st;
}

/* One naming of one interactor. */
static dn_status look_up(reader *r, int naming, const dn_field *field, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->file->layout.format == DN_PAIRS_MITAB) {
        DN_TRY(find_values(r, *field, &r->unknown[naming], out, err));
        goto out;
    }
    *out = naming == DN_BIOGRID_SYNONYMS ? find_synonym(r, *field) : find(r, field);
    if (*out < 0 && !dn_field_is_none(field))
        dn_example_add(&r->unknown[naming], field->text, field->len);
out:
    return st;
}

/* The synonyms of BioGRID are looked at only as long as no other naming finds anything. */
static bool looked_at(const reader *r, int naming)
{
    if (r->file->layout.format == DN_PAIRS_MITAB)
        return naming < DN_MITAB_NAMINGS;
    return naming < DN_BIOGRID_SYNONYMS ||
           r->found[DN_BIOGRID_SYSTEMATIC] + r->found[DN_BIOGRID_SYMBOL] + r->found[DN_BIOGRID_ENTREZ] == 0;
}

static dn_status take(reader *r, const dn_evidence_row *row, int64_t at, dn_error *err)
{
    dn_status st = DN_OK;
    candidate c = {.row = at, .label = row->label};

    for (int k = 0; k < DN_NAMINGS; k++)
        for (int end = 0; end < 2; end++) {
            int64_t gene = -1;
            if (looked_at(r, k))
                DN_TRY(look_up(r, k, &row->name[k][end], &gene, err));
            c.gene[k][end] = (int32_t)gene;
            r->found[k] += gene >= 0;
        }
    DN_TRY(dn_grow((void **)&r->c, &r->cap, (size_t)r->n + 1, sizeof *r->c, err));
    r->c[r->n++] = c;
out:
    return st;
}

/* ---- the file ---- */

static dn_status read_rows(const dn_comm *comm, reader *r, dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pair_file *f = r->file;
    dn_delim *d = NULL;
    dn_evidence_row row;
    bool more = true;

    if (r->t->rows > INT32_MAX)
        DN_FAIL(DN_EDATA, "a gene id table of %lld rows is too long", (long long)r->t->rows);
    DN_TRY(dn_pair_rows_open(comm, f, &d, err));
    while (d != NULL) {
        dn_error why = DN_ERROR_INIT;
        if (f->layout.format == DN_PAIRS_MITAB)
            DN_TRY(dn_mitab_next(f->path, d, f->layout.width, f->filter, &row, &more, err));
        else
            DN_TRY(dn_biogrid_next(f->path, d, &f->layout.biogrid, f->filter, &row, &more, err));
        if (!more)
            break;
        p->failed[row.verdict]++;
        if (row.verdict == DN_EVIDENCE_PASS) {
            st = take(r, &row, p->rows, &why);
            if (st == DN_EDATA)
                DN_FAIL(DN_EDATA, "%s:%lld: %s", f->path, (long long)dn_delim_line(d), why.text);
            if (st != DN_OK)
                DN_FAIL(st, "%s", why.text);
        }
        p->rows++;
    }
    p->failed[DN_EVIDENCE_PASS] = 0;
out:
    dn_delim_close(&d);
    return st;
}

/* The naming that finds most; ties go to the first. */
static int choose(const reader *r, const int64_t *found)
{
    int best = 0;

    for (int k = 1; k < DN_NAMINGS; k++) {
        bool biogrid = r->file->layout.format == DN_PAIRS_BIOGRID;
        if (biogrid && k == DN_BIOGRID_SYNONYMS && found[best] > 0)
            continue; /* not all of them were looked up */
        if (found[k] > found[best])
            best = k;
    }
    return best;
}

static dn_status take_naming(reader *r, int naming, dn_pair_part *p, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < r->n; i++) {
        const candidate *c = &r->c[i];
        DN_TRY(dn_pair_take(r->t, c->gene[naming][0], c->gene[naming][1], c->label, c->row, p, err));
    }
    for (int k = 0; k < DN_NAMINGS && r->found[naming] == 0 && r->unknown[naming].n == 0; k++)
        naming = r->unknown[k].n > 0 ? k : naming; /* a naming that is not in use shows no names */
    p->unknown_ids = r->unknown[naming];
out:
    return st;
}

dn_status dn_evidence_part_read(const dn_comm *comm, const dn_pair_file *f, const dn_gene_table *t,
                                dn_pair_part *out, dn_pairs_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    reader r = {.file = f, .t = t};
    dn_pair_part p = {0};
    int64_t found[DN_NAMINGS];
    int naming;

    DN_PASS(read_rows(comm, &r, &p, err));
    DN_AGREE(comm);
    memcpy(found, r.found, sizeof found);
    MPI_Allreduce(MPI_IN_PLACE, found, DN_NAMINGS, MPI_INT64_T, MPI_SUM, comm->mpi);
    naming = choose(&r, found);
    DN_PASS(take_naming(&r, naming, &p, err));
    DN_AGREE(comm);
    report->found = found[naming];
    snprintf(report->naming, sizeof report->naming, "%s",
             f->layout.format == DN_PAIRS_MITAB ? dn_mitab_naming(naming) : dn_biogrid_naming(naming));
    *out = p;
    p = (dn_pair_part){0};
out:
    dn_free(r.c);
    dn_free(p.pair);
    return st;
}
