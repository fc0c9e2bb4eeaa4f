/* explain_pairs.c - which pairs are asked for, by ids; see explain_private.h */
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/explain/explain_private.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

/* Ids to numbers. */
typedef struct side {
    const char *what, *dataset;
    const dn_strings *id;         /* of the dataset */
    const dn_newcomers_side *new; /* under their ids in the file */
    dn_names *names;
} side;

typedef struct lookup {
    side drugs, targets;
} lookup;

static dn_status add_ids(const dn_strings *id, const int64_t *opt_number, dn_names *names, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at;

    for (int64_t i = 0; i < id->n; i++) {
        size_t len;
        const char *text = dn_strings_at(id, i, &len);
        DN_TRY(dn_names_add(names, text, len, opt_number != NULL ? opt_number[i] : i, &at, err));
    }
out:
    return st;
}

static dn_status index_ids(side *s, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_names_create(&s->names, err));
    DN_TRY(add_ids(s->id, NULL, s->names, err));
    DN_TRY(add_ids(&s->new->id, s->new->entity, s->names, err));
out:
    return st;
}

/* where: "FILE:LINE: ", or empty. */
static dn_status find(const side *s, const char *where, const char *text, size_t len, int64_t *out,
                      dn_error *err)
{
    enum { ID = 64 };
    dn_status st = DN_OK;
    char asked[ID], near[ID];
    int64_t at;

    *out = dn_names_find(s->names, text, len);
    if (*out < 0) {
        snprintf(asked, sizeof asked, "%.*s", len < ID ? (int)len : ID - 1, text);
        at = dn_strings_nearest(s->id, asked);
        DN_FAIL(DN_EDATA, "%s%s has no %s '%s'%s%s%s", where, s->dataset, s->what, asked,
                at >= 0 ? "; did you mean '" : "",
                at >= 0 ? dn_strings_copy(s->id, at, near, sizeof near) : "", at >= 0 ? "'?" : "");
    }
out:
    return st;
}

static bool is_word(const dn_field *f, const char *word)
{
    return f->len == strlen(word) && memcmp(f->text, word, f->len) == 0;
}

static dn_status add_pair(dn_explain_run *r, size_t *cap, int64_t drug, int64_t target, dn_error *err)
{
    dn_status st = DN_OK;
    void *p = r->drug;
    size_t other = *cap;

    DN_TRY(dn_grow(&p, &other, (size_t)r->n + 1, sizeof *r->drug, err));
    r->drug = p;
    p = r->target;
    DN_TRY(dn_grow(&p, cap, (size_t)r->n + 1, sizeof *r->target, err));
    r->target = p;
    r->drug[r->n] = drug;
    r->target[r->n++] = target;
out:
    return st;
}

static dn_status read_pairs(const char *path, const lookup *l, dn_explain_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record record;
    bool more = true, first = true;
    size_t cap = 0;
    char where[300];
    int64_t drug, target;

    DN_TRY(dn_delim_open(path, '\t', &d, err));
    for (;; first = false) {
        DN_TRY(dn_delim_next(d, &record, &more, err));
        if (!more)
            break;
        if (record.field[0].len > 0 && record.field[0].text[0] == '#')
            continue;
        if (record.n < 2 || record.field[0].len == 0 || record.field[1].len == 0)
            DN_FAIL(DN_EDATA, "%s:%lld: wanted a drug id, a tab and a target id", path,
                    (long long)dn_delim_line(d));
        if (first && is_word(&record.field[0], "drug_id") && is_word(&record.field[1], "target_id"))
            continue;
        snprintf(where, sizeof where, "%.200s:%lld: ", path, (long long)dn_delim_line(d));
        DN_TRY(find(&l->drugs, where, record.field[0].text, record.field[0].len, &drug, err));
        DN_TRY(find(&l->targets, where, record.field[1].text, record.field[1].len, &target, err));
        DN_TRY(add_pair(r, &cap, drug, target, err));
    }
    if (r->n == 0)
        DN_FAIL(DN_EDATA, "%s: holds no pair", path);
out:
    dn_delim_close(&d);
    return st;
}

/* Rank 0. */
static dn_status choose_local(const dn_explain_wish *w, dn_explain_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    lookup l = {
        .drugs = {.what = "drug", .dataset = w->dataset, .id = &r->table.drugs.id, .new = &r->new.side[0]},
        .targets = {
            .what = "target", .dataset = w->dataset, .id = &r->table.targets.id, .new = &r->new.side[1]}};
    size_t cap = 0;
    int64_t drug, target;

    if ((w->drug != NULL) != (w->target != NULL) || (w->drug != NULL) == (w->pairs != NULL))
        DN_FAIL(DN_EUSAGE, "which pair: a drug and a target, or a file of pairs");
    DN_TRY(index_ids(&l.drugs, err));
    DN_TRY(index_ids(&l.targets, err));
    if (w->pairs != NULL)
        DN_TRY(read_pairs(w->pairs, &l, r, err));
    else {
        DN_TRY(find(&l.drugs, "", w->drug, strlen(w->drug), &drug, err));
        DN_TRY(find(&l.targets, "", w->target, strlen(w->target), &target, err));
        DN_TRY(add_pair(r, &cap, drug, target, err));
    }
out:
    dn_names_destroy(&l.drugs.names);
    dn_names_destroy(&l.targets.names);
    return st;
}

/* Room for what every pair has; on rank 0 drug and target are there. */
static dn_status make_room(dn_explain_run *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->drug == NULL)
        DN_NEW(r->drug, (size_t)r->n);
    if (r->target == NULL)
        DN_NEW(r->target, (size_t)r->n);
    DN_NEW(r->row, (size_t)r->n);
out:
    return st;
}

/* Which rows of the interactions the pairs are: by drug, then along its rows. Local. */
static dn_status find_rows(dn_explain_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &r->table.pairs;
    int64_t *first = NULL, *next = NULL; /* [drugs], [pairs]  rows of each drug, + 1; 0: none */

    DN_NEW(first, (size_t)p->drugs + 1);
    DN_NEW(next, (size_t)p->n + 1);
    for (int64_t i = p->n - 1; i >= 0; i--) {
        next[i] = first[p->drug[i]];
        first[p->drug[i]] = i + 1;
    }
    for (int64_t k = 0; k < r->n; k++) {
        int64_t i = r->drug[k] < p->drugs ? first[r->drug[k]] : 0;
        while (i > 0 && p->target[i - 1] != r->target[k])
            i = next[i - 1];
        r->row[k] = i - 1;
    }
out:
    dn_free(first);
    dn_free(next);
    return st;
}

dn_status dn_explain_choose(const dn_comm *comm, const dn_explain_wish *w, dn_explain_run *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0)
        st = choose_local(w, r, err);
    if (st == DN_OK && r->n > INT32_MAX)
        st = dn_error_set(err, DN_EUSAGE, __FILE__, __LINE__, "more than 2^31 pairs");
    DN_AGREE(comm);
    MPI_Bcast(&r->n, 1, MPI_INT64_T, 0, comm->mpi);
    DN_PASS(make_room(r, err));
    DN_AGREE(comm);
    MPI_Bcast(r->drug, (int)r->n, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(r->target, (int)r->n, MPI_INT64_T, 0, comm->mpi);
    DN_PASS(find_rows(r, err));
    DN_AGREE(comm);
out:
    return st;
}
