/* gener_work.c - the buffers of a shard of GENER; see gener_private.h */
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/models/gener_private.h"
#include "solvers/nn/dropout.h"

/* A float buffer of a work. */
typedef struct buffer {
    float **at;
    size_t count;
} buffer;

enum { BUFFERS = 20 };

static void list_buffers(const dn_model *m, dn_work *k, buffer out[BUFFERS])
{
    size_t r = (size_t)k->capacity, samples = (size_t)k->length + 1, c = (size_t)k->g->options.classes;
    size_t row = (size_t)dn_pair_pitch(k->length) + DN_PAIR_ROOM;
    size_t room = (size_t)dn_pair_room(k->capacity, k->length);
    const buffer all[BUFFERS] = {{&k->a, r * row},
                                 {&k->b, r * row},
                                 {&k->x, r * samples},
                                 {&k->h1, r * WIDE},
                                 {&k->z1, r * WIDE},
                                 {&k->h2, r * WIDE},
                                 {&k->c2, room},
                                 {&k->d4, room},
                                 {&k->z4, r == 1 ? F2 * (size_t)k->length : 0},
                                 {&k->h5, r * NARROW},
                                 {&k->cat, r * JOINT},
                                 {&k->logits, r * c},
                                 {&k->d1, r * WIDE},
                                 {&k->d2, r * WIDE},
                                 {&k->d5, r * NARROW},
                                 {&k->dcat, r * JOINT},
                                 {&k->dlogits, r * c},
                                 {&k->probability, r * (size_t)m->outputs},
                                 {&k->moments, (size_t)m->n_moments},
                                 {&k->moment_gradients, (size_t)m->n_moments}};

    memcpy(out, all, sizeof all);
}

/* Floats from a buffer to the next: whole lines of the cache, and some more, so that places with the same
 * index in two buffers of the same size do not stand a multiple of 4096 bytes apart, where the processor
 * takes a load from one for a load of what was just stored to the other. */
static size_t apart(size_t count)
{
    enum { LINE = 16, GAP = 13 * LINE, PAGE = 1024 };
    size_t floats = (count + LINE - 1) / LINE * LINE + GAP;

    return floats % PAGE < GAP ? floats + GAP : floats;
}

void dn_gener_work_destroy(dn_work **handle)
{
    dn_work *k = *handle;

    if (k == NULL)
        return;
    dn_free(k->block);
    for (int n = 0; n < NORMS; n++)
        dn_free(k->mask[n]);
    dn_gener_bf16_destroy(&k->half);
    dn_free(k->label);
    dn_free(k);
    *handle = NULL;
}

int64_t dn_gener_units(const dn_model *m, int norm, int64_t length)
{
    return m->norm[norm].channels * (norm == 2 || norm == 3 ? length : 1);
}

dn_status dn_gener_work_create(const dn_model *m, int64_t capacity, dn_work **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gener *g = (const dn_gener *)m;
    buffer all[BUFFERS];
    size_t total = 0;
    dn_work *k = NULL;

    DN_NEW(k, 1);
    k->g = g;
    k->capacity = capacity;
    k->length = g->data.samples - 1;
    list_buffers(m, k, all);
    for (int i = 0; i < BUFFERS; i++)
        total += apart(all[i].count);
    DN_NEW(k->block, total);
    total = 0;
    for (int i = 0; i < BUFFERS; i++) {
        *all[i].at = k->block + total;
        total += apart(all[i].count);
    }
    for (int n = 0; n < NORMS; n++) {
        k->words[n] = dn_dropout_words(dn_gener_units(m, n, k->length));
        DN_NEW(k->mask[n], (size_t)capacity * (size_t)k->words[n] + 2); /* pair_convs.h reads two more */
    }
    DN_NEW(k->label, (size_t)capacity);
    if (g->options.precision == DN_PRECISION_BF16 && capacity >= DN_GENER_BF16_ROWS)
        DN_TRY(dn_gener_bf16_create(capacity, g->data.samples, &k->half, err));
    *out = k;
    k = NULL;
out:
    dn_gener_work_destroy(&k);
    return st;
}
