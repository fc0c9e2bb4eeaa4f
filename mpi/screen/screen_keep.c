/* screen_keep.c - heaps of the best pairs, and how ranks join them; see screen_keep.h */
#include "mpi/screen/screen_keep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/stats/best.h"

/* A hit on its way to rank 0. */
typedef struct parcel {
    dn_hit hit;
    int64_t heap;
} parcel;

struct dn_screen_keep {
    dn_screen_plan plan; /* keep is at most members */
    int64_t *place[2];   /* [ids]  in the order of the ids; the second is the first where the ids are */
    int64_t *filled;     /* [2, groups]  first of the first end */
    dn_hit *heap[2];     /* [groups, keep] of either end; of one group what is filled so far */
    size_t room[2];      /* hits that fit in heap, of one group */
};

/* ---- order of ids ---- */

typedef struct word {
    const char *text;
    size_t len;
    int64_t i;
} word;

static int compare_words(const void *x, const void *y)
{
    const word *a = x, *b = y;
    int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

    if (order == 0)
        order = (a->len > b->len) - (a->len < b->len);
    return order != 0 ? order : (a->i > b->i) - (a->i < b->i);
}

dn_status dn_screen_id_order(const dn_strings *id, int64_t *out_place, dn_error *err)
{
    dn_status st = DN_OK;
    word *words = NULL;

    DN_NEW(words, (size_t)id->n + 1);
    for (int64_t i = 0; i < id->n; i++) {
        words[i].text = dn_strings_at(id, i, &words[i].len);
        words[i].i = i;
    }
    qsort(words, (size_t)id->n, sizeof *words, compare_words);
    for (int64_t k = 0; k < id->n; k++)
        out_place[words[k].i] = k;
out:
    dn_free(words);
    return st;
}

/* ---- heaps ---- */

static int ends_of(const dn_screen_plan *p)
{
    return p->end[0] + p->end[1];
}

int64_t dn_screen_keep_bytes(int64_t groups, int ends, int64_t keep)
{
    return 24 * ends * groups * keep;
}

int64_t dn_screen_keep_most(void)
{
    return 2147483647 / (int64_t)sizeof(parcel);
}

static dn_status make_heaps(dn_screen_keep *k, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_plan *p = &k->plan;
    int ends = ends_of(p);

    p->keep = p->keep < p->members ? p->keep : p->members;
    p->keep = p->keep < 1 ? 1 : p->keep;
    if (p->all && p->keep > dn_screen_keep_most() / ends)
        p->keep = dn_screen_keep_most() / ends;
    if ((double)ends * (double)p->groups * (double)p->keep > (double)dn_screen_keep_most())
        DN_FAIL(DN_EUSAGE, "the best %lld of %lld groups and %d ends are more than 2^31 bytes",
                (long long)p->keep, (long long)p->groups, ends);
    DN_NEW(k->filled, (size_t)(2 * p->groups));
    for (int end = 0; end < ends && p->groups > 1; end++)
        DN_NEW(k->heap[end], (size_t)(p->groups * p->keep));
out:
    return st;
}

static dn_status make_places(dn_screen_keep *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *const *id = k->plan.id;

    for (int side = 0; side < 2; side++) {
        if (side == 1 && id[1] == id[0]) {
            k->place[1] = k->place[0];
            continue;
        }
        DN_NEW(k->place[side], (size_t)id[side]->n + 1);
        DN_TRY(dn_screen_id_order(id[side], k->place[side], err));
    }
out:
    return st;
}

dn_status dn_screen_keep_create(const dn_screen_plan *plan, dn_screen_keep **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_keep *k = NULL;

    *out = NULL;
    DN_NEW(k, 1);
    k->plan = *plan;
    DN_TRY(make_heaps(k, err));
    DN_TRY(make_places(k, err));
    *out = k;
    k = NULL;
out:
    dn_screen_keep_destroy(&k);
    return st;
}

void dn_screen_keep_destroy(dn_screen_keep **keep)
{
    dn_screen_keep *k = *keep;

    if (k == NULL)
        return;
    if (k->place[1] != k->place[0])
        dn_free(k->place[1]);
    dn_free(k->place[0]);
    dn_free(k->filled);
    dn_free(k->heap[0]);
    dn_free(k->heap[1]);
    dn_free(k);
    *keep = NULL;
}

static int64_t heaps_of(const dn_screen_plan *p)
{
    return ends_of(p) * p->groups;
}

static int64_t count(const dn_screen_keep *k)
{
    int64_t n = 0;

    for (int64_t h = 0; h < heaps_of(&k->plan); h++)
        n += k->filled[h];
    return n;
}

/* Hit i of a heap. */
static const dn_hit *kept(const dn_screen_keep *k, int64_t heap, int64_t i)
{
    return &k->heap[heap / k->plan.groups][heap % k->plan.groups * k->plan.keep + i];
}

/* A hit to a heap: end (0, 1: those that the plan has) x groups + group. */
static dn_status put(dn_screen_keep *k, int64_t heap, const dn_hit *x, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_plan *p = &k->plan;
    int64_t *filled = &k->filled[heap], end = heap / p->groups, group = heap % p->groups;

    if (p->all && *filled == p->keep && p->keep < p->members)
        DN_FAIL(DN_EUSAGE, "more than %lld pairs: take a higher threshold or the best so many",
                (long long)p->keep);
    if (p->groups == 1 && *filled < p->keep)
        DN_TRY(dn_grow((void **)&k->heap[end], &k->room[end], (size_t)*filled + 1, sizeof *x, err));
    dn_best_offer(k->heap[end] + group * p->keep, p->keep, filled, x);
out:
    return st;
}

dn_status dn_screen_keep_offer(dn_screen_keep *k, int64_t group, int64_t a, int64_t b, float score,
                               dn_error *err)
{
    const bool *end = k->plan.end, both = end[0] && end[1], high = both ? score >= 0.5f : end[1];
    dn_hit x = {.key = high ? (double)score : -(double)score, .a = k->place[0][a], .b = k->place[1][b]};

    return put(k, (both && !high ? k->plan.groups : 0) + group, &x, err);
}

dn_status dn_screen_keep_merge(dn_screen_keep *k, const dn_screen_keep *from, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t h = 0; h < heaps_of(&k->plan); h++)
        for (int64_t i = 0; i < from->filled[h]; i++)
            DN_TRY(put(k, h, kept(from, h, i), err));
out:
    return st;
}

/* ---- what all ranks keep ---- */

static dn_status pack(const dn_screen_keep *k, parcel **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)count(k) + 1);
    for (int64_t h = 0; h < heaps_of(&k->plan); h++)
        for (int64_t i = 0; i < k->filled[h]; i++)
            (*out)[(*out_n)++] = (parcel){*kept(k, h, i), h};
out:
    return st;
}

/* One end of the heaps as a list in its order, in place: no heaps any more, but with one group the same hits.
 */
static int64_t list_end(dn_screen_keep *k, int end, int64_t *const at[2], int8_t sign, dn_screened *out)
{
    const dn_screen_plan *p = &k->plan;
    dn_hit *hit = k->heap[end];
    int64_t n = 0;

    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t i = 0; i < k->filled[end * p->groups + g]; i++)
            hit[n++] = hit[g * p->keep + i]; /* never overtakes what it reads */
    dn_best_sort(hit, n);
    for (int64_t i = 0; i < n; i++)
        out[i] = (dn_screened){at[0][hit[i].a], at[1][hit[i].b], (float)(sign > 0 ? hit[i].key : -hit[i].key),
                               sign, -1};
    return n;
}

/* Rank 0: what it keeps as the result. */
static dn_status list_all(dn_screen_keep *k, dn_screened **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_plan *p = &k->plan;
    int64_t *at[2] = {NULL, NULL}; /* by place in the order of the ids */

    DN_NEW(*out, (size_t)count(k) + 1);
    for (int side = 0; side < 2; side++) {
        DN_NEW(at[side], (size_t)p->id[side]->n + 1);
        for (int64_t i = 0; i < p->id[side]->n; i++)
            at[side][k->place[side][i]] = i;
    }
    *out_n = list_end(k, 0, at, p->end[1] ? 1 : -1, *out);
    if (ends_of(p) == 2)
        *out_n += list_end(k, 1, at, -1, *out + *out_n);
out:
    dn_free(at[0]);
    dn_free(at[1]);
    return st;
}

static dn_status send_local(const dn_comm *comm, const dn_screen_keep *k, parcel **out, int64_t **out_counts,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out_counts, 2 * (size_t)comm->size); /* to send, to receive */
    if (comm->rank != 0)                         /* what rank 0 keeps stays there */
        DN_TRY(pack(k, out, *out_counts, err));
out:
    return st;
}

void dn_screen_keep_clear(dn_screen_keep *k)
{
    memset(k->filled, 0, (size_t)(2 * k->plan.groups) * sizeof *k->filled);
}

static dn_status take_parcels(dn_screen_keep *k, const parcel *all, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < n; i++)
        DN_TRY(put(k, all[i].heap, &all[i].hit, err));
out:
    return st;
}

dn_status dn_screen_keep_gather(const dn_comm *comm, dn_screen_keep *k, dn_error *err)
{
    dn_status st = DN_OK;
    parcel *mine = NULL;
    void *all = NULL;
    int64_t *counts = NULL, n = 0;

    if (comm->size == 1)
        goto out;
    DN_PASS(send_local(comm, k, &mine, &counts, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, sizeof *mine, counts, mine, &all, counts + comm->size, err));
    for (int r = 0; r < comm->size; r++)
        n += counts[comm->size + r];
    if (comm->rank == 0)
        DN_PASS(take_parcels(k, all, n, err));
    else
        dn_screen_keep_clear(k);
    DN_AGREE(comm);
out:
    dn_free(mine);
    dn_free(all);
    dn_free(counts);
    return st;
}

dn_status dn_screen_keep_join(const dn_comm *comm, dn_screen_keep *k, dn_screened **out_hit, int64_t *out_n,
                              dn_error *err)
{
    dn_status st = DN_OK;

    *out_hit = NULL;
    *out_n = 0;
    DN_TRY(dn_screen_keep_gather(comm, k, err));
    if (comm->rank == 0)
        DN_PASS(list_all(k, out_hit, out_n, err));
    DN_AGREE(comm);
    MPI_Bcast(out_n, 1, MPI_INT64_T, 0, comm->mpi);
    if (comm->rank != 0 && (*out_hit = dn_calloc((size_t)*out_n + 1, sizeof **out_hit)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld hits", (long long)*out_n);
    DN_AGREE(comm);
    MPI_Bcast(*out_hit, (int)((size_t)*out_n * sizeof **out_hit), MPI_BYTE, 0, comm->mpi);
out:
    return st;
}

double dn_screen_keep_floor(const dn_screen_keep *k)
{
    const dn_screen_plan *p = &k->plan;

    return p->groups == 1 && !p->end[0] && !p->all && k->filled[0] == p->keep ? k->heap[0][0].key : -INFINITY;
}

/* ---- as columns ---- */

dn_status dn_screen_keep_columns(const dn_screen_keep *k, dn_screen_columns *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_plan *p = &k->plan;
    size_t n = (size_t)count(k) + 1;
    dn_screen_columns c = {.n = 0};

    DN_NEW(c.key, n);
    DN_NEW(c.pair, n);
    if (heaps_of(p) > 1)
        DN_NEW(c.heap, n);
    for (int64_t h = 0; h < heaps_of(p); h++)
        for (int64_t i = 0; i < k->filled[h]; i++, c.n++) {
            const dn_hit *x = kept(k, h, i);

            c.key[c.n] = (float)x->key; /* it was one */
            c.pair[c.n] = x->a * p->id[1]->n + x->b;
            if (c.heap != NULL)
                c.heap[c.n] = h;
        }
    *out = c;
    c = (dn_screen_columns){.n = 0};
out:
    dn_screen_columns_destroy(&c);
    return st;
}

dn_status dn_screen_keep_take(dn_screen_keep *k, const dn_screen_columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_plan *p = &k->plan;
    int64_t a = p->id[0]->n, b = p->id[1]->n, heaps = heaps_of(p);

    if (c->n > 0 && (c->heap != NULL) != (heaps > 1))
        DN_FAIL(DN_EDATA, "hits of a screen of another kind");
    for (int64_t i = 0; i < c->n; i++) {
        int64_t heap = c->heap != NULL ? c->heap[i] : 0;

        if (heap < 0 || heap >= heaps || c->pair[i] < 0 || c->pair[i] / b >= a || isnan(c->key[i]))
            DN_FAIL(DN_EDATA, "hit %lld is no pair of the screen", (long long)i);
        DN_TRY(put(k, heap, &(dn_hit){(double)c->key[i], c->pair[i] / b, c->pair[i] % b}, err));
    }
out:
    return st;
}

void dn_screen_columns_destroy(dn_screen_columns *c)
{
    dn_free(c->key);
    dn_free(c->pair);
    dn_free(c->heap);
    *c = (dn_screen_columns){.n = 0};
}
