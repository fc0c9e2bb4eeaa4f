/* dti_work.c - buffers of a thread, samples of a shard; see dti_private.h */
#include "solvers/models/dti_private.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/nn/dropout.h"

void dn_dti_work_destroy(dn_work **handle)
{
    dn_work *k = *handle;

    if (k == NULL)
        return;
    void *const all[] = {k->pair,      k->drug,       k->target,   k->label,      k->distinct,
                         k->copies,    k->which,      k->drugs,    k->which_drug, k->target_slot,
                         k->drug_slot, k->at1,        k->pool1,    k->at2,        k->atoms.drug,
                         k->atoms.at,  k->ax.p,       k->z1a.p,    k->a2.p,       k->z2a.p,
                         k->dz.p,      k->da.p,       k->y1.p,     k->dpool1.p,   k->z1.p,
                         k->y2.p,      k->wide.p,     k->dy.p,     k->pool.p,     k->dz1.p,
                         k->mask,      k->mean_atoms, k->drug_out, k->top,        k->target_out,
                         k->position,  k->cat,        k->past,     k->joint,      k->logit,
                         k->cat_mask,  k->dmean,      k->ddrug,    k->dtop,       k->dtarget,
                         k->dcat,      k->djoint,     k->dlogit,   k->moments,    k->moment_gradients};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        dn_free(all[i]);
    dn_free(k);
    *handle = NULL;
}

static dn_status new_numbers(dn_work *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    size_t r = (size_t)k->capacity, sides = (size_t)cat_width(k->g);
    size_t moments = (size_t)k->g->model.n_moments;
    struct {
        float **at;
        size_t count;
    } blocks[] = {{&k->mean_atoms, r * (size_t)o->gcn2},
                  {&k->dmean, r * (size_t)o->gcn2},
                  {&k->drug_out, r * (size_t)o->drug_out},
                  {&k->ddrug, r * (size_t)o->drug_out},
                  {&k->top, r * (size_t)o->conv2},
                  {&k->dtop, r * (size_t)o->conv2},
                  {&k->target_out, r * (size_t)o->target_out},
                  {&k->dtarget, r * (size_t)o->target_out},
                  {&k->cat, r * sides},
                  {&k->past, r * (size_t)k->g->data.pair_extra_width},
                  {&k->dcat, r * sides},
                  {&k->joint, r * (size_t)o->joint},
                  {&k->djoint, r * (size_t)o->joint},
                  {&k->logit, r * (size_t)o->heads},
                  {&k->dlogit, r * (size_t)o->heads},
                  {&k->moments, moments},
                  {&k->moment_gradients, moments}};

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        DN_NEW(*blocks[i].at, blocks[i].count);
    DN_NEW(k->position, r * (size_t)o->conv2);
    k->cat_words = dn_dropout_words((int64_t)sides);
    DN_NEW(k->cat_mask, r * (size_t)k->cat_words);
out:
    return st;
}

dn_status dn_dti_work_create(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_work *k = NULL;
    size_t r = (size_t)capacity;

    DN_NEW(k, 1);
    k->g = (const dn_dti *)m;
    k->capacity = capacity;
    struct {
        int64_t **at;
        size_t count;
    } blocks[] = {{&k->drug, r},
                  {&k->pair, r},
                  {&k->target, r},
                  {&k->distinct, r},
                  {&k->copies, r},
                  {&k->which, r},
                  {&k->drugs, r},
                  {&k->which_drug, r},
                  {&k->target_slot, (size_t)k->g->data.n_targets},
                  {&k->drug_slot, (size_t)k->g->data.n_drugs},
                  {&k->at1, r + 1},
                  {&k->pool1, r + 1},
                  {&k->at2, r + 1},
                  {&k->atoms.drug, r},
                  {&k->atoms.at, r + 1}};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        DN_NEW(*blocks[i].at, blocks[i].count);
    DN_NEW(k->label, r);
    DN_TRY(new_numbers(k, err));
    *out = k;
    k = NULL;
out:
    dn_dti_work_destroy(&k);
    return st;
}

dn_status dn_room_need(dn_room *room, size_t need, dn_error *err)
{
    dn_status st = DN_OK;
    size_t wanted = need + need / 8; /* shards differ a little */

    if (need <= room->cap)
        return DN_OK;
    dn_free(room->p);
    room->p = NULL;
    room->cap = 0;
    DN_NEW(room->p, wanted);
    room->cap = wanted;
out:
    return st;
}

/* ---- samples ---- */

/* Each value once in order of appearance; slot is all zero before and after. */
static int64_t find_distinct(const int64_t *value, int64_t n, int64_t *slot, int64_t *distinct,
                             int64_t *which)
{
    int64_t count = 0;

    for (int64_t r = 0; r < n; r++) {
        if (slot[value[r]] == 0) {
            distinct[count++] = value[r];
            slot[value[r]] = count;
        }
        which[r] = slot[value[r]] - 1;
    }
    for (int64_t u = 0; u < count; u++)
        slot[distinct[u]] = 0;
    return count;
}

static void lay_out_rows(dn_work *k)
{
    memset(k->copies, 0, (size_t)k->capacity * sizeof *k->copies);
    for (int64_t r = 0; r < k->rows; r++) {
        k->copies[k->which[r]]++;
        k->at2[r + 1] = k->at2[r] + (length_of(k->g, k->target[r]) + 1) / 2;
    }
    for (int64_t u = 0; u < k->n_distinct; u++) {
        int64_t length = length_of(k->g, k->distinct[u]);
        k->at1[u + 1] = k->at1[u] + length;
        k->pool1[u + 1] = k->pool1[u] + (length + 1) / 2;
    }
}

dn_status dn_dti_load(dn_work *k, const int64_t *rows, int64_t n, const dn_pass *pass, dn_error *err)
{
    const dn_dti_data *d = &k->g->data;

    (void)err;
    k->rows = n;
    k->pass = *pass;
    for (int64_t r = 0; r < n; r++) {
        k->pair[r] = rows[r];
        k->drug[r] = d->drug[rows[r]];
        k->target[r] = d->target[rows[r]];
        k->label[r] = d->label != NULL ? d->label[rows[r]] : 0;
    }
    k->n_distinct = find_distinct(k->target, n, k->target_slot, k->distinct, k->which);
    k->n_drugs = find_distinct(k->drug, n, k->drug_slot, k->drugs, k->which_drug);
    lay_out_rows(k);
    return DN_OK;
}

/* ---- dropout ---- */

dn_status dn_dti_drop(dn_work *k, int layer, int64_t sample, int64_t units, float *x, dn_error *err)
{
    dn_status st = DN_OK;
    dn_rng stream = dn_rng_stream(k->pass.seed, DN_RNG_DROPOUT, (uint64_t)k->pass.epoch, (uint32_t)layer);
    void *mask = k->mask;

    if (k->g->options.dropout <= 0)
        return DN_OK;
    DN_TRY(dn_grow(&mask, &k->mask_cap, (size_t)dn_dropout_words(units), sizeof *k->mask, err));
    k->mask = mask;
    dn_dropout_mask(stream, (uint64_t)(k->pass.first + sample), k->g->options.dropout, units, k->mask);
    dn_dropout_apply(k->mask, k->g->options.dropout, units, x, x);
out:
    return st;
}

DN_CLONES
void dn_dti_gate(const float *restrict z, float scale, int64_t n, float *restrict d)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = z[i] > 0 ? d[i] * scale : 0;
}
