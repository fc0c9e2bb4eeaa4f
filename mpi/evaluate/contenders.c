/* contenders.c - scores of drug-target pairs out of files; see contenders.h */
#include "mpi/evaluate/contenders.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"
#include "solvers/formats/delim.h"

static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.";

/* The number of a name, a new one if need be. */
static dn_status place(dn_contenders *k, const char *spec, size_t len, int *out, dn_error *err)
{
    dn_status st = DN_OK;
    char name[DN_CONTENDER_NAME_CAP] = "";

    if (len == 0 || len >= sizeof name || strspn(spec, good) < len)
        DN_FAIL(DN_EUSAGE,
                "--contender %s: wanted NAME=FILE, the name of letters, digits and _ - + ., fewer than %d",
                spec, DN_CONTENDER_NAME_CAP);
    memcpy(name, spec, len);
    for (int i = 0; i < k->n; i++)
        if (strcmp(name, k->name[i]) == 0) {
            *out = i;
            goto out;
        }
    for (int i = 0; i < k->kind.scorers; i++)
        if (strcmp(name, k->kind.scorer[i]) == 0)
            DN_FAIL(DN_EUSAGE, "--contender %s: '%s' is the name of one that is there already", spec, name);
    if (k->n == DN_CONTENDERS_MAX || k->kind.scorers == DN_SCORERS_MAX)
        DN_FAIL(DN_EUSAGE, "--contender %s: more than %d names", spec, DN_CONTENDERS_MAX);
    memcpy(k->name[k->n], name, sizeof name);
    k->kind.scorer[k->kind.scorers++] = k->name[k->n];
    *out = k->n++;
out:
    return st;
}

dn_status dn_contenders_parse(const dn_eval_kind *kind, const char *const *spec, int n, dn_contenders *out,
                              dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_contenders){.kind = *kind};
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(spec[i], '=');

        if (equals == NULL || equals[1] == '\0')
            DN_FAIL(DN_EUSAGE, "--contender %s: wanted NAME=FILE", spec[i]);
        if (out->files == DN_CONTENDER_FILES_MAX)
            DN_FAIL(DN_EUSAGE, "--contender %s: more than %d files", spec[i], DN_CONTENDER_FILES_MAX);
        DN_TRY(place(out, spec[i], (size_t)(equals - spec[i]), &out->file[out->files].of, err));
        out->file[out->files++].path = equals + 1;
    }
out:
    return st;
}

/* ---- which pair a line speaks of ---- */

typedef struct named {
    const char *text; /* [len] */
    size_t len;
    int64_t index;
} named;

typedef struct keyed {
    int64_t key, row; /* key: drug * targets + target */
} keyed;

typedef struct lookup {
    named *drug, *target; /* [drugs], [targets]  by text */
    keyed *pair;          /* [pairs]  by key */
} lookup;

static int by_text(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

static int by_pair(const void *a, const void *b)
{
    const keyed *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

static dn_status sort_ids(const dn_strings *id, named **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)id->n);
    for (int64_t i = 0; i < id->n; i++) {
        (*out)[i].text = dn_strings_at(id, i, &(*out)[i].len);
        (*out)[i].index = i;
    }
    qsort(*out, (size_t)id->n, sizeof **out, by_text);
out:
    return st;
}

static dn_status lookup_create(const dn_contender_rows *r, lookup *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = r->pairs;

    DN_TRY(sort_ids(&r->drugs->id, &out->drug, err));
    DN_TRY(sort_ids(&r->targets->id, &out->target, err));
    DN_NEW(out->pair, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++)
        out->pair[i] = (keyed){.key = p->drug[i] * p->targets + p->target[i], .row = i};
    qsort(out->pair, (size_t)p->n, sizeof *out->pair, by_pair);
out:
    return st;
}

static void lookup_destroy(lookup *l)
{
    dn_free(l->drug);
    dn_free(l->target);
    dn_free(l->pair);
}

/* The first of the rows of a pair, which may stand there twice, side by side; NULL: there is no such pair. */
static const keyed *find_rows(const lookup *l, const dn_contender_rows *r, const dn_field *drug,
                              const dn_field *target)
{
    named d = {.text = drug->text, .len = drug->len}, t = {.text = target->text, .len = target->len};
    const named *of_drug = bsearch(&d, l->drug, (size_t)r->drugs->n, sizeof d, by_text);
    const named *of_target = bsearch(&t, l->target, (size_t)r->targets->n, sizeof t, by_text);
    const keyed *pair = NULL;
    keyed key;

    if (of_drug != NULL && of_target != NULL) {
        key = (keyed){.key = of_drug->index * r->pairs->targets + of_target->index};
        pair = bsearch(&key, l->pair, (size_t)r->pairs->n, sizeof key, by_pair);
    }
    while (pair != NULL && pair > l->pair && pair[-1].key == pair->key)
        pair--;
    return pair;
}

/* ---- files ---- */

enum { DRUG, TARGET, SCORE, SPLIT, FOLD, COLUMNS };
static const char *const column_name[COLUMNS] = {"drug", "target", "score", "split", "fold"};

static bool is(const dn_field *f, const char *text)
{
    return f->len == strlen(text) && memcmp(f->text, text, f->len) == 0;
}

static dn_status read_header(dn_delim *d, const char *path, const dn_contender_rows *r, int64_t at[COLUMNS],
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_record record = {0};
    bool more = false;

    DN_TRY(dn_delim_next(d, &record, &more, err));
    for (int c = 0; c < COLUMNS; c++) {
        bool needed = c == FOLD ? r->several_folds : c == SPLIT ? r->several_splits : true;

        at[c] = -1;
        for (int64_t i = 0; more && i < record.n; i++)
            if (is(&record.field[i], column_name[c]))
                at[c] = i;
        if (at[c] < 0 && needed)
            DN_FAIL(DN_EDATA, "%s: has no column '%s'%s", path, column_name[c],
                    c >= SPLIT ? ", but the scores are of several" : "");
    }
out:
    return st;
}

/* Does the line speak of this split and fold? */
static bool meant(const dn_record *line, const int64_t at[COLUMNS], const dn_contender_rows *r)
{
    char fold[24];
    bool none = r->fold < 0 && at[FOLD] >= 0 && is(&line->field[at[FOLD]], "");

    snprintf(fold, sizeof fold, "%lld", (long long)(r->fold >= 0 ? r->fold : 0)); /* as reports call it */
    return (at[SPLIT] < 0 || is(&line->field[at[SPLIT]], r->split)) &&
           (at[FOLD] < 0 || none || is(&line->field[at[FOLD]], fold));
}

static dn_status read_file(const char *path, const lookup *l, const dn_contender_rows *r, double *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record line = {0};
    int64_t at[COLUMNS], last = 0;
    bool more = true;

    DN_TRY(dn_delim_open(path, 0, &d, err));
    DN_TRY(read_header(d, path, r, at, err));
    for (int c = 0; c < COLUMNS; c++)
        last = at[c] > last ? at[c] : last;
    for (;;) {
        const keyed *pair;
        double score;

        DN_TRY(dn_delim_next(d, &line, &more, err));
        if (!more)
            break;
        if (line.n <= last)
            DN_FAIL(DN_EDATA, "%s:%lld: %lld columns, the header has more", path, (long long)dn_delim_line(d),
                    (long long)line.n);
        pair = meant(&line, at, r) ? find_rows(l, r, &line.field[at[DRUG]], &line.field[at[TARGET]]) : NULL;
        if (pair == NULL)
            continue;
        if (!dn_parse_double(line.field[at[SCORE]].text, line.field[at[SCORE]].len, &score) ||
            !isfinite(score))
            DN_FAIL(DN_EDATA, "%s:%lld: score '%.*s' is not a finite number", path,
                    (long long)dn_delim_line(d), (int)line.field[at[SCORE]].len, line.field[at[SCORE]].text);
        if (!isnan(out[pair->row]))
            DN_FAIL(DN_EDATA, "%s:%lld: a second score for drug '%.*s' and target '%.*s'", path,
                    (long long)dn_delim_line(d), (int)line.field[at[DRUG]].len, line.field[at[DRUG]].text,
                    (int)line.field[at[TARGET]].len, line.field[at[TARGET]].text);
        for (int64_t key = pair->key; pair < l->pair + r->pairs->n && pair->key == key; pair++)
            out[pair->row] = score;
    }
out:
    dn_delim_close(&d);
    return st;
}

static dn_status read_local(const dn_contenders *k, int c, const dn_contender_rows *r, double *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    lookup l = {0};

    DN_TRY(lookup_create(r, &l, err));
    for (int f = 0; f < k->files; f++)
        if (k->file[f].of == c)
            DN_TRY(read_file(k->file[f].path, &l, r, out, err));
out:
    lookup_destroy(&l);
    return st;
}

dn_status dn_contenders_score(const dn_comm *comm, const dn_contenders *k, int c,
                              const dn_contender_rows *rows, double *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < rows->pairs->n; i++)
        out[i] = (double)NAN;
    if (comm->rank == 0)
        DN_PASS(read_local(k, c, rows, out, err));
    DN_AGREE(comm);
    MPI_Bcast(out, (int)rows->pairs->n, MPI_DOUBLE, 0, comm->mpi);
out:
    return st;
}
