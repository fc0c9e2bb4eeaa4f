/* screen_keep.c - heaps of the best pairs, and how ranks join them; see screen_keep.h */
#include "mpi/screen/screen_keep.h"

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
    const dn_dti_inputs *in; /* borrowed, as o */
    const dn_screen_options *o;
    int64_t *drug_place, *target_place; /* [drugs], [targets]  in the order of the ids */
    int64_t groups, keep;               /* heap end * groups + group */
    int64_t *filled;                    /* [2 * groups] */
    dn_hit *heap;                       /* [ends * groups, keep] */
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

static dn_status make_heaps(dn_screen_keep *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options *o = k->o;
    int64_t ends = o->end[0] + o->end[1];
    double members = o->per == DN_PER_SCREEN ? (double)o->n_drugs * (double)o->n_targets
                     : o->per == DN_PER_DRUG ? (double)o->n_targets
                                             : (double)o->n_drugs;

    k->groups = o->per == DN_PER_SCREEN ? 1 : o->per == DN_PER_DRUG ? o->n_drugs : o->n_targets;
    k->keep = (double)o->keep < members ? o->keep : (int64_t)members;
    if ((double)ends * (double)k->groups * (double)k->keep * sizeof(parcel) >= 2147483648.0)
        DN_FAIL(DN_EUSAGE, "the best %lld of %lld groups and %lld ends are more than 2^31 bytes",
                (long long)k->keep, (long long)k->groups, (long long)ends);
    DN_NEW(k->filled, (size_t)(2 * k->groups));
    DN_NEW(k->heap, (size_t)(ends * k->groups * k->keep));
out:
    return st;
}

dn_status dn_screen_keep_create(const dn_dti_inputs *in, const dn_screen_options *o, dn_screen_keep **out,
                                dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_keep *k = NULL;

    *out = NULL;
    DN_NEW(k, 1);
    k->in = in;
    k->o = o;
    DN_TRY(make_heaps(k, err));
    DN_NEW(k->drug_place, (size_t)in->drugs.n);
    DN_NEW(k->target_place, (size_t)in->targets.n);
    DN_TRY(dn_screen_id_order(&in->drugs.id, k->drug_place, err));
    DN_TRY(dn_screen_id_order(&in->targets.id, k->target_place, err));
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
    dn_free(k->drug_place);
    dn_free(k->target_place);
    dn_free(k->filled);
    dn_free(k->heap);
    dn_free(k);
    *keep = NULL;
}

void dn_screen_keep_offer(dn_screen_keep *k, int64_t i, int64_t j, float score)
{
    const dn_screen_options *o = k->o;
    bool both = o->end[0] && o->end[1], activation = both ? score >= 0.5f : o->end[1];
    int64_t group = o->per == DN_PER_SCREEN ? 0 : o->per == DN_PER_DRUG ? i : j;
    int64_t heap = (both && !activation ? k->groups : 0) + group;
    dn_hit x = {.key = activation ? (double)score : -(double)score,
                .a = k->drug_place[o->drug[i]],
                .b = k->target_place[o->target[j]]};

    dn_best_offer(k->heap + heap * k->keep, k->keep, &k->filled[heap], &x);
}

/* ---- what all ranks keep ---- */

static dn_status pack(const dn_screen_keep *k, parcel **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t heaps = (k->o->end[0] + k->o->end[1]) * k->groups, n = 0;

    for (int64_t h = 0; h < heaps; h++)
        n += k->filled[h];
    DN_NEW(*out, (size_t)n + 1);
    for (int64_t h = 0; h < heaps; h++)
        for (int64_t i = 0; i < k->filled[h]; i++)
            (*out)[(*out_n)++] = (parcel){k->heap[h * k->keep + i], h};
out:
    return st;
}

/* One end of the heaps as a list in its order. */
static int64_t list_end(dn_screen_keep *k, int64_t end, const int64_t *drug_at, const int64_t *target_at,
                        int8_t sign, dn_screened *out)
{
    dn_hit *hit = k->heap + end * k->groups * k->keep;
    int64_t n = 0;

    for (int64_t g = 0; g < k->groups; g++)
        for (int64_t i = 0; i < k->filled[end * k->groups + g]; i++)
            hit[n++] = hit[g * k->keep + i]; /* never overtakes what it reads */
    dn_best_sort(hit, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t drug = drug_at[hit[i].a], target = target_at[hit[i].b];

        out[i] = (dn_screened){drug, target, (float)(sign > 0 ? hit[i].key : -hit[i].key), sign, -1};
    }
    return n;
}

/* Rank 0: the hits of all ranks as the result. */
static dn_status unpack(dn_screen_keep *k, const parcel *all, int64_t n, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t ends = k->o->end[0] + k->o->end[1];
    int64_t *drug_at = NULL, *target_at = NULL; /* by place in the order of the ids */

    memset(k->filled, 0, (size_t)(2 * k->groups) * sizeof *k->filled);
    for (int64_t i = 0; i < n; i++)
        dn_best_offer(k->heap + all[i].heap * k->keep, k->keep, &k->filled[all[i].heap], &all[i].hit);
    DN_NEW(out->hit, (size_t)(n + 1));
    DN_NEW(drug_at, (size_t)k->in->drugs.n);
    DN_NEW(target_at, (size_t)k->in->targets.n);
    for (int64_t d = 0; d < k->in->drugs.n; d++)
        drug_at[k->drug_place[d]] = d;
    for (int64_t t = 0; t < k->in->targets.n; t++)
        target_at[k->target_place[t]] = t;
    out->n = list_end(k, 0, drug_at, target_at, k->o->end[1] ? 1 : -1, out->hit);
    if (ends == 2)
        out->n += list_end(k, 1, drug_at, target_at, -1, out->hit + out->n);
out:
    dn_free(drug_at);
    dn_free(target_at);
    return st;
}

static dn_status send_local(const dn_comm *comm, const dn_screen_keep *k, parcel **out, int64_t **out_counts,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out_counts, 2 * (size_t)comm->size); /* to send, to receive */
    DN_TRY(pack(k, out, *out_counts, err));
out:
    return st;
}

dn_status dn_screen_keep_join(const dn_comm *comm, dn_screen_keep *k, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    parcel *mine = NULL;
    void *all = NULL;
    int64_t *counts = NULL, n = 0;

    DN_PASS(send_local(comm, k, &mine, &counts, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, sizeof *mine, counts, mine, &all, counts + comm->size, err));
    for (int r = 0; r < comm->size; r++)
        n += counts[comm->size + r];
    if (comm->rank == 0)
        DN_PASS(unpack(k, all, n, out, err));
    DN_AGREE(comm);
    MPI_Bcast(&out->n, 1, MPI_INT64_T, 0, comm->mpi);
    if (comm->rank != 0 && (out->hit = dn_calloc((size_t)out->n + 1, sizeof *out->hit)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld hits", (long long)out->n);
    DN_AGREE(comm);
    MPI_Bcast(out->hit, (int)((size_t)out->n * sizeof *out->hit), MPI_BYTE, 0, comm->mpi);
out:
    dn_free(mine);
    dn_free(all);
    dn_free(counts);
    return st;
}
