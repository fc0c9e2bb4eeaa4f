/* evaluate_dti_set.c - another set of interactions in place of a part of the split; see evaluate_dti.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/evaluate/evaluate_dti.h"
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

/* What a table becomes. */
typedef struct longer {
    dn_interactions pairs;
    uint8_t *part; /* [pairs.n] */
    dn_dti_set set;
} longer;

static void longer_destroy(longer *l)
{
    dn_interactions_destroy(&l->pairs);
    dn_free(l->part);
    dn_free(l->set.row);
}

/* Pairs and parts of the table, with room for n more rows. */
static dn_status lengthen(const dn_dti_table *t, int64_t n, longer *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t own = (size_t)t->pairs.n, all = own + (size_t)n;
    dn_interactions *p = &out->pairs;

    *p = t->pairs;
    p->drug = p->target = NULL;
    p->label = NULL;
    p->n = (int64_t)all;
    DN_NEW(p->drug, all);
    DN_NEW(p->target, all);
    DN_NEW(p->label, all);
    DN_NEW(out->part, all);
    memcpy(p->drug, t->pairs.drug, own * sizeof *p->drug);
    memcpy(p->target, t->pairs.target, own * sizeof *p->target);
    memcpy(p->label, t->pairs.label, own);
out:
    return st;
}

/* Training and validation stay what they are; the test rows give way to those of the other set. */
static dn_status join(const dn_dti_table *t, const dn_interactions *other, longer *out, dn_error *err)
{
    dn_status st = DN_OK;
    const int64_t *row;
    int64_t own = t->pairs.n, n;

    out->set.first = own;
    DN_TRY(choose(t, other, &out->set, &n, err));
    if (n == 0)
        DN_FAIL(DN_EDATA,
                "interactions '%s' have no pair that was not trained on: all %lld are training rows",
                out->set.name, (long long)other->n);
    DN_TRY(lengthen(t, n, out, err));
    row = out->set.row;
    for (int64_t i = 0; i < own; i++)
        out->part[i] = t->split.part[i] == DN_TEST ? DN_LEFT_OUT : t->split.part[i];
    for (int64_t i = 0; i < n; i++) {
        out->pairs.drug[own + i] = other->drug[row[i]];
        out->pairs.target[own + i] = other->target[row[i]];
        out->pairs.label[own + i] = other->label[row[i]];
        out->part[own + i] = DN_TEST;
    }
out:
    return st;
}

/* Collective where the parts stand in shared memory; cannot fail. */
static void publish(const longer *l, dn_dti_table *t)
{
    dn_interactions_destroy(&t->pairs);
    if (t->split.memory != NULL)
        dn_shared_destroy(&t->split.memory);
    else
        dn_free(t->split.part);
    t->pairs = l->pairs;
    t->split.part = l->part;
    t->split.n = l->pairs.n;
    t->set = l->set;
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
    longer l = {.part = NULL};
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(check_kind(h, name, err)); /* the same on every rank */
    DN_TRY(dn_interactions_load(h, name, &other, err));
    snprintf(l.set.name, sizeof l.set.name, "%s", name);
    DN_PASS(join(t, &other, &l, err));
    DN_AGREE(comm);
    publish(&l, t);
    l = (longer){.part = NULL};
out:
    longer_destroy(&l);
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
