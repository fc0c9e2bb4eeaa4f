/* negatives.c - draw negatives; no MPI here; see negatives.h */
#include "mpi/data/negatives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/data/pair_set.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* Values of `a` of the stream DN_RNG_SPLIT: part of the definition, never renumber. */
enum { DRAW_GENES = 20, DRAW_ORDER = 30 };

/* Failures in a row after which a group is full; tries of a swap; how often the rest is gone through. */
enum { FULL = 8, SWAPS = 200, PASSES = 4 };

typedef struct positive {
    uint32_t group; /* block of the pair, of the first gene, of the second */
    uint64_t key;
    int64_t row;
} positive;

/* What is used while drawing. */
typedef struct deck {
    const dn_split_plan *plan;
    const dn_pairs *pairs;
    const dn_negatives_options *o;
    int64_t positives;
    positive *list; /* [positives]  by group, in each in random order */
    int64_t *gene;  /* [genes]  genes that may be drawn, by block */
    int64_t start[257];
    uint8_t *part; /* [pairs]  of a split of one fold */
    dn_pair_set taken;
    dn_rng stream;
    uint64_t drawn; /* random numbers of the stream so far */
    dn_negatives d;
    int64_t room;
    int64_t matched; /* positives of this kind's groups so far */
} deck;

static bool decoy(const deck *k, int64_t gene)
{
    return k->o->decoy != NULL && k->o->decoy[gene] != 0;
}

static bool may_be(const deck *k, int64_t a, int64_t b)
{
    return a != b && !dn_pair_set_has(&k->taken, a, b);
}

static int64_t below(deck *k, int64_t n)
{
    return (int64_t)dn_rng_below(k->stream, k->drawn++, (uint64_t)n);
}

static uint8_t block_of(const dn_split_plan *plan, int64_t gene)
{
    return plan->gene_block != NULL ? plan->gene_block[gene] : 0;
}

/* ---- what there is ---- */

static int by_group(const void *a, const void *b)
{
    const positive *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static dn_status list_positives(deck *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pairs *p = k->pairs;
    dn_rng order = dn_rng_stream(k->o->seed, DN_RNG_SPLIT, DRAW_ORDER, 0);

    for (int64_t i = 0; i < p->n; i++)
        k->positives += p->label[i] > 0;
    if (k->positives == 0)
        DN_FAIL(DN_EDATA, "the pair set holds no positive pair, so no negatives can be drawn against them");
    DN_NEW(k->list, (size_t)k->positives);
    for (int64_t i = 0, at = 0; i < p->n; i++) {
        uint32_t pair = k->plan->pair_block != NULL ? k->plan->pair_block[i] : 0;

        if (p->label[i] == 0)
            continue;
        k->list[at++] = (positive){.group = pair << 16 | (uint32_t)block_of(k->plan, p->gene_a[i]) << 8 |
                                            block_of(k->plan, p->gene_b[i]),
                                   .key = dn_rng_u64(order, (uint64_t)i),
                                   .row = i};
    }
    qsort(k->list, (size_t)k->positives, sizeof *k->list, by_group);
out:
    return st;
}

static dn_status list_genes(deck *k, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *stands = NULL; /* [genes]  1: in a pair, and no decoy */
    int64_t at[256];

    DN_NEW(stands, (size_t)k->plan->genes);
    DN_NEW(k->gene, (size_t)k->plan->genes);
    for (int64_t i = 0; i < k->pairs->n; i++) {
        stands[k->pairs->gene_a[i]] = !decoy(k, k->pairs->gene_a[i]);
        stands[k->pairs->gene_b[i]] = !decoy(k, k->pairs->gene_b[i]);
    }
    for (int64_t g = 0; g < k->plan->genes; g++)
        k->start[block_of(k->plan, g) + 1] += stands[g];
    for (int b = 0; b < 256; b++) {
        k->start[b + 1] += k->start[b];
        at[b] = k->start[b];
    }
    for (int64_t g = 0; g < k->plan->genes; g++)
        if (stands[g])
            k->gene[at[block_of(k->plan, g)]++] = g;
out:
    dn_free(stands);
    return st;
}

/* ---- rows ---- */

static int64_t times(const deck *k, int64_t positives)
{
    return llround(k->o->ratio * (double)positives);
}

/* Negatives for the next group, of n positives: rounded so that the sum over the groups is right, however
 * small they are. */
static int64_t share(deck *k, int64_t n)
{
    int64_t before = times(k, k->matched);

    k->matched += n;
    return times(k, k->matched) - before;
}

static bool asked(const dn_origins *o, dn_origin origin)
{
    for (int i = 0; i < o->n; i++)
        if (o->kind[i] == (uint8_t)origin)
            return true;
    return false;
}

static dn_status make_room(deck *k, dn_error *err)
{
    dn_status st = DN_OK;
    dn_negatives *d = &k->d;

    k->room = k->pairs->n;
    for (int i = 0; i < k->o->origins.n; i++)
        k->room += k->o->origins.kind[i] != DN_GIVEN ? times(k, k->positives) : 0;
    DN_NEW(d->gene_a, (size_t)k->room);
    DN_NEW(d->gene_b, (size_t)k->room);
    DN_NEW(d->label, (size_t)k->room);
    DN_NEW(d->origin, (size_t)k->room);
    DN_NEW(d->like, (size_t)k->room);
out:
    return st;
}

static void add_row(deck *k, int64_t a, int64_t b, uint8_t label, dn_origin origin, int64_t like)
{
    dn_negatives *d = &k->d;

    d->gene_a[d->n] = (int32_t)a;
    d->gene_b[d->n] = (int32_t)b;
    d->label[d->n] = label;
    d->origin[d->n] = (uint8_t)origin;
    d->like[d->n++] = like;
}

/* The rows of the set that stay; all of them are taken, positives in any case. */
static dn_status keep_rows(deck *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pairs *p = k->pairs;
    bool given = asked(&k->o->origins, DN_GIVEN);

    for (int64_t i = 0; i < p->n; i++) {
        if (p->label[i] == 0 && !given)
            continue;
        DN_TRY(dn_pair_set_add(&k->taken, p->gene_a[i], p->gene_b[i], err));
        add_row(k, p->gene_a[i], p->gene_b[i], p->label[i], DN_GIVEN, i);
        k->d.of[DN_GIVEN].wanted += p->label[i] == 0;
    }
    k->d.of[DN_GIVEN].drawn = k->d.of[DN_GIVEN].wanted;
out:
    return st;
}

/* ---- one group ---- */

static dn_status draw_uniform(deck *k, uint32_t group, int64_t wanted, int64_t like, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = group >> 8 & 255, second = group & 255;
    const int64_t *from_a = k->gene + k->start[first], *from_b = k->gene + k->start[second];
    int64_t n_a = k->start[first + 1] - k->start[first], n_b = k->start[second + 1] - k->start[second];

    if (n_a == 0 || n_b == 0)
        goto out;
    for (int64_t i = 0, failures = 0; i < wanted && failures < FULL; i++) {
        int64_t a = 0, b = 0;
        int t = 0;

        do {
            a = from_a[below(k, n_a)];
            b = from_b[below(k, n_b)];
        } while (!may_be(k, a, b) && ++t < DN_DRAWS_MOST);
        failures = t < DN_DRAWS_MOST ? 0 : failures + 1;
        if (failures > 0)
            continue;
        DN_TRY(dn_pair_set_add(&k->taken, a, b, err));
        add_row(k, a, b, 0, DN_UNIFORM, like);
    }
out:
    return st;
}

/* Ends of the pairs to be. */
typedef struct ends {
    int64_t n;
    int64_t *a, *b; /* [n] */
    uint8_t *placed;
} ends;

/* Place pair i by swapping its second gene with that of another. */
static dn_status swap_one(deck *k, ends *e, int64_t i, dn_error *err)
{
    dn_status st = DN_OK;

    for (int t = 0; t < SWAPS && !e->placed[i]; t++) {
        int64_t j = below(k, e->n), a = e->a[i], b = e->b[j];
        bool other = e->placed[j] != 0;

        if (j == i || !may_be(k, a, b))
            continue;
        if (other && (!may_be(k, e->a[j], e->b[i]) || (a == e->b[i] && b == e->a[j])))
            continue;
        if (other)
            dn_pair_set_remove(&k->taken, e->a[j], b);
        e->b[j] = e->b[i];
        e->b[i] = b;
        DN_TRY(dn_pair_set_add(&k->taken, a, b, err));
        if (other)
            DN_TRY(dn_pair_set_add(&k->taken, e->a[j], e->b[j], err));
        e->placed[i] = 1;
    }
out:
    return st;
}

static dn_status place(deck *k, ends *e, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = e->n - 1; i > 0; i--) {
        int64_t j = below(k, i + 1), b = e->b[i];
        e->b[i] = e->b[j];
        e->b[j] = b;
    }
    for (int pass = 0; pass <= PASSES; pass++)
        for (int64_t i = 0; i < e->n; i++) {
            if (e->placed[i])
                continue;
            if (may_be(k, e->a[i], e->b[i])) {
                DN_TRY(dn_pair_set_add(&k->taken, e->a[i], e->b[i], err));
                e->placed[i] = 1;
            } else if (pass > 0) {
                DN_TRY(swap_one(k, e, i, err));
            }
        }
out:
    return st;
}

/* list [n]: the positives of the group. */
static dn_status draw_degree(deck *k, const positive *list, int64_t n, int64_t wanted, dn_error *err)
{
    dn_status st = DN_OK;
    ends e = {.n = 0};
    const dn_pairs *p = k->pairs;
    bool sound = false;

    for (int64_t i = 0; i < n; i++)
        sound |= !decoy(k, p->gene_a[list[i].row]) && !decoy(k, p->gene_b[list[i].row]);
    if (!sound)
        goto out;
    DN_NEW(e.a, (size_t)wanted);
    DN_NEW(e.b, (size_t)wanted);
    DN_NEW(e.placed, (size_t)wanted);
    for (int64_t i = 0; e.n < wanted; i = (i + 1) % n) {
        int64_t a = p->gene_a[list[i].row], b = p->gene_b[list[i].row];

        if (decoy(k, a) || decoy(k, b))
            continue;
        e.a[e.n] = a;
        e.b[e.n++] = b;
    }
    DN_TRY(place(k, &e, err));
    for (int64_t i = 0; i < e.n; i++)
        if (e.placed[i])
            add_row(k, e.a[i], e.b[i], 0, DN_DEGREE, list[0].row);
out:
    dn_free(e.a);
    dn_free(e.b);
    dn_free(e.placed);
    return st;
}

/* ---- one kind ---- */

/* Does the group need negatives that training uses (or not)? */
static bool needed(const deck *k, int64_t row, bool trained)
{
    if (k->plan->folds > 1)
        return true;
    return k->part[row] != DN_LEFT_OUT && (trained || k->part[row] != DN_TRAIN);
}

/* Total variation between the shares of the genes in drawn rows from `first` on and in the positives that
 * were needed. */
static dn_status measure(deck *k, dn_origin origin, bool trained, int64_t first, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *degree = NULL; /* [genes, 2]  in positives, in negatives */
    int64_t sum[2] = {0, 0};
    double distance = 0;

    DN_NEW(degree, 2 * (size_t)k->plan->genes);
    for (int64_t i = 0; i < k->positives; i++) {
        int64_t row = k->list[i].row;
        if (!needed(k, row, trained))
            continue;
        degree[2 * k->pairs->gene_a[row]]++;
        degree[2 * k->pairs->gene_b[row]]++;
        sum[0] += 2;
    }
    for (int64_t i = first; i < k->d.n; i++) {
        degree[2 * k->d.gene_a[i] + 1]++;
        degree[2 * k->d.gene_b[i] + 1]++;
        sum[1] += 2;
    }
    for (int64_t g = 0; sum[0] > 0 && sum[1] > 0 && g < k->plan->genes; g++)
        distance += fabs((double)degree[2 * g] / (double)sum[0] - (double)degree[2 * g + 1] / (double)sum[1]);
    k->d.of[origin].distance = sum[0] > 0 && sum[1] == 0 ? 1 : distance / 2; /* none is not matched */
out:
    dn_free(degree);
    return st;
}

static dn_status draw_kind(deck *k, dn_origin origin, bool trained, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = k->d.n, end;

    k->stream = dn_rng_stream(k->o->seed, DN_RNG_SPLIT, DRAW_GENES + (uint64_t)origin, 0);
    k->drawn = 0;
    k->matched = 0;
    for (int64_t i = 0; i < k->positives; i = end) {
        const positive *list = k->list + i;
        int64_t wanted;

        for (end = i; end < k->positives && k->list[end].group == list->group;)
            end++;
        wanted = needed(k, list->row, trained) ? share(k, end - i) : 0;
        if (wanted == 0)
            continue;
        k->d.of[origin].wanted += wanted;
        if (origin == DN_UNIFORM)
            DN_TRY(draw_uniform(k, list->group, wanted, list->row, err));
        else
            DN_TRY(draw_degree(k, list, end - i, wanted, err));
    }
    k->d.of[origin].drawn = k->d.n - first;
    DN_TRY(measure(k, origin, trained, first, err));
out:
    return st;
}

/* ---- all ---- */

dn_status dn_negatives_check(const dn_origins *origins, const dn_pairs *pairs, dn_error *err)
{
    dn_status st = DN_OK;
    bool none = true;

    for (int64_t i = 0; i < pairs->n && none; i++)
        none = pairs->label[i] > 0;
    if (none && pairs->n > 0 && asked(origins, DN_GIVEN))
        DN_FAIL(DN_EDATA, "holds positives only, so no negatives are given: draw them with --negatives "
                          "degree,uniform (training takes the first)");
out:
    return st;
}

static dn_status prepare(deck *k, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(k->o->ratio > 0 && k->o->ratio <= 1e6))
        DN_FAIL(DN_EUSAGE, "%g negatives for a positive: wanted a number above 0", k->o->ratio);
    DN_TRY(dn_negatives_check(&k->o->origins, k->pairs, err));
    DN_TRY(list_positives(k, err));
    DN_TRY(list_genes(k, err));
    DN_TRY(make_room(k, err));
    DN_TRY(dn_pair_set_create(k->pairs->n + k->positives, &k->taken, err));
    DN_NEW(k->part, (size_t)k->pairs->n);
    dn_split_part(k->plan, k->pairs, 0, k->part);
out:
    return st;
}

dn_status dn_negatives_draw(const dn_split_plan *plan, const dn_pairs *pairs,
                            const dn_negatives_options *options, dn_negatives *out, dn_error *err)
{
    dn_status st = DN_OK;
    deck k = {.plan = plan,
              .pairs = pairs,
              .o = options,
              .d = {.origins = options->origins, .classes = pairs->classes}};

    DN_TRY(prepare(&k, err));
    DN_TRY(keep_rows(&k, err));
    for (int i = 0; i < options->origins.n; i++)
        if (options->origins.kind[i] != DN_GIVEN)
            DN_TRY(draw_kind(&k, (dn_origin)options->origins.kind[i], i == 0, err));
    *out = k.d;
    k.d = (dn_negatives){.n = 0};
out:
    dn_negatives_destroy(&k.d);
    dn_pair_set_destroy(&k.taken);
    dn_free(k.list);
    dn_free(k.gene);
    dn_free(k.part);
    return st;
}

void dn_negatives_destroy(dn_negatives *d)
{
    dn_free(d->gene_a);
    dn_free(d->gene_b);
    dn_free(d->label);
    dn_free(d->origin);
    dn_free(d->like);
    *d = (dn_negatives){.n = 0};
}

dn_pairs dn_negatives_pairs(const dn_negatives *d)
{
    return (dn_pairs){.n = d->n,
                      .gene_a = d->gene_a,
                      .gene_b = d->gene_b,
                      .label = d->label,
                      .origin = d->origin,
                      .classes = d->classes};
}

void dn_negatives_part(const dn_negatives *d, const uint8_t *part, dn_origin view, uint8_t *out)
{
    for (int64_t i = 0; i < d->n; i++)
        out[i] =
            dn_part_in_view(part[d->like[i]], d->label[i], d->origin[i], (dn_origin)d->origins.kind[0], view);
}
