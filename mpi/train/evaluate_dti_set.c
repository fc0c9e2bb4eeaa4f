/* evaluate_dti_set.c - another set of interactions in place of a part of the split; see evaluate_dti.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/evaluate_dti.h"
#include "solvers/base/alloc.h"

/* A pair of the split's own set. */
typedef struct keyed {
    int64_t key, row; /* key: drug * targets + target */
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

static dn_status sort_own(const dn_interactions *p, keyed **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)p->n + 1);
    for (int64_t i = 0; i < p->n; i++)
        (*out)[i] = (keyed){.key = p->drug[i] * p->targets + p->target[i], .row = i};
    qsort(*out, (size_t)p->n, sizeof **out, by_key);
out:
    return st;
}

/* The row of the split's own set that is the pair of row i of the other one; -1: there is none. */
static int64_t own_row(const dn_interactions *own, const keyed *sorted, const dn_interactions *other,
                       int64_t i)
{
    const keyed asked = {.key = other->drug[i] * own->targets + other->target[i]};
    const keyed *found = bsearch(&asked, sorted, (size_t)own->n, sizeof asked, by_key);

    return found != NULL ? found->row : -1;
}

/* Rows of the other set that were not trained on, into o->row; the counts. */
static dn_status choose(const dn_dti_table *t, const dn_interactions *other, dn_dti_set *o, int64_t *out_n,
                        dn_error *err)
{
    dn_status st = DN_OK;
    keyed *sorted = NULL; /* [t->pairs.n] */

    *out_n = 0;
    o->rows = other->n;
    o->two_labels = other->contradictory;
    DN_NEW(o->row, (size_t)other->n + 1);
    DN_TRY(sort_own(&t->pairs, &sorted, err));
    for (int64_t i = 0; i < other->n; i++) {
        int64_t own = own_row(&t->pairs, sorted, other, i);

        if (own >= 0 && t->split.part[own] == DN_TRAIN) {
            o->trained_on++;
            o->other_label += t->pairs.label[own] != other->label[i];
            continue;
        }
        o->also_in_validation += own >= 0 && t->split.part[own] == DN_VALIDATION;
        o->row[(*out_n)++] = i;
    }
out:
    dn_free(sorted);
    return st;
}

/* Pairs and parts of the table, with room for n more rows. */
static dn_status lengthen(const dn_dti_table *t, int64_t n, dn_interactions *out, uint8_t **out_part,
                          dn_error *err)
{
    dn_status st = DN_OK;
    size_t own = (size_t)t->pairs.n, all = own + (size_t)n;

    *out = t->pairs;
    out->drug = out->target = NULL;
    out->label = NULL;
    out->n = (int64_t)all;
    DN_NEW(out->drug, all);
    DN_NEW(out->target, all);
    DN_NEW(out->label, all);
    DN_NEW(*out_part, all);
    memcpy(out->drug, t->pairs.drug, own * sizeof *out->drug);
    memcpy(out->target, t->pairs.target, own * sizeof *out->target);
    memcpy(out->label, t->pairs.label, own);
    memcpy(*out_part, t->split.part, own);
out:
    if (st != DN_OK)
        dn_interactions_destroy(out);
    return st;
}

/* Training and validation stay what they are; the test rows give way to those of the other set. */
static dn_status add_local(dn_dti_table *t, const dn_interactions *other, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_set o = {.first = t->pairs.n};
    dn_interactions pairs = {0};
    uint8_t *part = NULL;
    int64_t n;

    snprintf(o.name, sizeof o.name, "%s", name);
    DN_TRY(choose(t, other, &o, &n, err));
    if (n == 0)
        DN_FAIL(DN_EDATA,
                "interactions '%s' have no pair that was not trained on: all %lld are training rows", name,
                (long long)other->n);
    DN_TRY(lengthen(t, n, &pairs, &part, err));
    for (int64_t i = 0; i < t->pairs.n; i++)
        part[i] = part[i] == DN_TEST ? DN_LEFT_OUT : part[i];
    for (int64_t i = 0, to = t->pairs.n; i < n; i++, to++) {
        pairs.drug[to] = other->drug[o.row[i]];
        pairs.target[to] = other->target[o.row[i]];
        pairs.label[to] = other->label[o.row[i]];
        part[to] = DN_TEST;
    }
    dn_interactions_destroy(&t->pairs);
    dn_free(t->split.part);
    t->pairs = pairs;
    t->split.part = part;
    t->split.n = pairs.n;
    t->set = o;
    o.row = NULL;
out:
    dn_free(o.row);
    return st;
}

static dn_status check_kind(const dn_h5 *h, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    char set[256], pairs[256];

    snprintf(set, sizeof set, "/interactions/%s", name);
    snprintf(pairs, sizeof pairs, "/pairs/%s", name);
    if (name[0] != '\0' && strchr(name, '/') == NULL && !dn_h5_has(h, set) && dn_h5_has(h, pairs))
        DN_FAIL(DN_EDATA, "%s: '%s' is a set of gene pairs, not of drug-target pairs", dn_h5_path(h), name);
out:
    return st;
}

dn_status dn_dti_table_add(const dn_comm *comm, const char *dataset, const char *name, dn_dti_table *t,
                           dn_error *err)
{
    dn_status st = DN_OK;
    dn_interactions other = {0};
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(check_kind(h, name, err)); /* the same on every rank */
    DN_TRY(dn_interactions_load(h, name, &other, err));
    DN_PASS(add_local(t, &other, name, err));
    DN_AGREE(comm);
out:
    dn_interactions_destroy(&other);
    dn_h5_close(&h);
    return st;
}

int64_t dn_dti_table_row(const dn_dti_table *t, int64_t i, const char **out_set)
{
    bool own = t->set.name[0] == '\0' || i < t->set.first;

    *out_set = own ? t->split.pairs : t->set.name;
    return own ? i : t->set.row[i - t->set.first];
}
