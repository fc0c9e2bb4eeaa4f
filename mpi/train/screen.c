/* screen.c - many drugs against many targets; see screen.h */
#include "mpi/train/screen.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "mpi/train/dti_history.h"
#include "mpi/train/dti_kron.h"
#include "mpi/train/evaluate_view.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/best.h"
#include "solvers/stats/kmers.h"
#include "solvers/stats/similar_block.h"

/* That of score.c: part of the definition of a score. */
enum { CAPACITY = 256 };

/* A hit on its way to rank 0. */
typedef struct parcel {
    dn_hit hit;
    int64_t heap;
} parcel;

typedef struct study {
    const dn_dti_model *m;
    const dn_screen_options *o;
    dn_past past;
    const uint8_t *part;
    bool history;
    int64_t block;       /* targets at a time */
    dn_range mine;       /* drugs of this rank, places in o->drug */
    int64_t *training;   /* [past.n] */
    int64_t *known_at;   /* [drugs + 1]  pairs of each drug in known */
    int64_t *known;      /* [pairs] */
    int64_t *known_row;  /* [targets]  row of the pair with the drug at hand, -1: none */
    int64_t *drug_place; /* [drugs]  in the order of the ids */
    int64_t *target_place;
    int64_t drug_width, target_width;
    float *drug_vector;   /* [mine, drug_width] */
    float *target_vector; /* [o->n_targets, target_width] */
    dn_work *work;
    /* history */
    dn_fingerprint *print; /* [drugs] */
    dn_kmers kmers;
    int32_t *scratch;  /* [DN_KMERS] */
    double *like_drug; /* [drugs] */
    double *like;      /* [block, targets] */
    double *square;    /* [targets, block] */
    int64_t *place;    /* [targets] */
    double *sums;      /* [8, block] */
    double *near;      /* [block, DN_SIMILARS] */
    dn_dti_past asked; /* what the labels of the training rows are asked */
    dn_dti_kron *kron;
    double *of_target; /* [block, drugs + 1]  what the fit to all training rows says of a target */
    double *of_fold;   /* [drugs + 1]  of the target of a training row, by the fit that did not see the row */
    /* pairs that wait to be scored together */
    int64_t waiting;
    int64_t wait_drug[CAPACITY], wait_target[CAPACITY]; /* places in o->drug, o->target */
    float *wait_drugs, *wait_targets, *wait_extra;
    /* what is kept: heap end * groups + group */
    int64_t groups, keep;
    int64_t *filled; /* [2 * groups] */
    dn_hit *heap;    /* [ends * groups, keep] */
    int64_t known_pairs, scored;
} study;

/* Collective. */
static void study_destroy(study *s)
{
    dn_free(s->training);
    dn_free(s->known_at);
    dn_free(s->known);
    dn_free(s->known_row);
    dn_free(s->drug_place);
    dn_free(s->target_place);
    dn_free(s->drug_vector);
    dn_free(s->target_vector);
    if (s->work != NULL)
        s->m->dti->model.ops->work_destroy(&s->work);
    dn_free(s->print);
    dn_kmers_destroy(&s->kmers);
    dn_free(s->scratch);
    dn_free(s->like_drug);
    dn_free(s->like);
    dn_free(s->square);
    dn_free(s->place);
    dn_free(s->sums);
    dn_free(s->near);
    dn_free(s->of_target);
    dn_free(s->of_fold);
    dn_dti_kron_destroy(&s->kron);
    dn_free(s->wait_drugs);
    dn_free(s->wait_targets);
    dn_free(s->wait_extra);
    dn_free(s->filled);
    dn_free(s->heap);
}

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

/* ---- preparation ---- */

static dn_status find_known(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &s->m->in.pairs;
    int64_t *at = NULL; /* [drugs] */

    DN_NEW(s->training, (size_t)p->n + 1);
    DN_NEW(s->known_at, (size_t)p->drugs + 1);
    DN_NEW(s->known, (size_t)p->n + 1);
    DN_NEW(s->known_row, (size_t)p->targets + 1);
    DN_NEW(at, (size_t)p->drugs + 1);
    for (int64_t i = 0; i < p->n; i++) {
        s->known_at[p->drug[i] + 1]++;
        if (s->part[i] == DN_TRAIN)
            s->training[s->past.n++] = i;
    }
    for (int64_t d = 0; d < p->drugs; d++)
        s->known_at[d + 1] += s->known_at[d];
    memcpy(at, s->known_at, (size_t)p->drugs * sizeof *at);
    for (int64_t i = 0; i < p->n; i++)
        s->known[at[p->drug[i]]++] = i;
    for (int64_t t = 0; t < p->targets; t++)
        s->known_row[t] = -1;
    s->past.drug = p->drug;
    s->past.target = p->target;
    s->past.label = p->label;
    s->past.rows = s->training;
out:
    dn_free(at);
    return st;
}

static dn_status make_heaps(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options *o = s->o;
    int64_t ends = o->end[0] + o->end[1];
    double members = o->per == DN_PER_SCREEN ? (double)o->n_drugs * (double)o->n_targets
                     : o->per == DN_PER_DRUG ? (double)o->n_targets
                                             : (double)o->n_drugs;

    s->groups = o->per == DN_PER_SCREEN ? 1 : o->per == DN_PER_DRUG ? o->n_drugs : o->n_targets;
    s->keep = (double)o->keep < members ? o->keep : (int64_t)members;
    if ((double)ends * (double)s->groups * (double)s->keep * sizeof(parcel) >= 2147483648.0)
        DN_FAIL(DN_EUSAGE, "the best %lld of %lld groups and %lld ends are more than 2^31 bytes",
                (long long)s->keep, (long long)s->groups, (long long)ends);
    DN_NEW(s->filled, (size_t)(2 * s->groups));
    DN_NEW(s->heap, (size_t)(ends * s->groups * s->keep));
out:
    return st;
}

static dn_status make_queue(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti *dti = s->m->dti;

    s->drug_width = dti->options.drug_out + dti->data.drug_extra_width;
    s->target_width = dti->options.target_out + dti->data.target_extra_width;
    DN_NEW(s->drug_vector, (size_t)((s->mine.end - s->mine.begin) * s->drug_width) + 1);
    DN_NEW(s->target_vector, (size_t)(s->o->n_targets * s->target_width));
    DN_NEW(s->wait_drugs, (size_t)(CAPACITY * s->drug_width));
    DN_NEW(s->wait_targets, (size_t)(CAPACITY * s->target_width));
    DN_NEW(s->wait_extra, (size_t)(CAPACITY * DN_PAST_SCORES));
    DN_TRY(dti->model.ops->work_create(&dti->model, CAPACITY, &s->work, err));
out:
    return st;
}

/* Room for likenesses, and this rank's share of the fingerprints of all drugs. */
static dn_status make_history(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_drugs *d = &s->m->in.drugs;
    const dn_targets *t = &s->m->in.targets;
    dn_range mine = dn_block(d->n, comm->rank, comm->size);

    DN_NEW(s->print, (size_t)d->n);
    DN_NEW(s->scratch, DN_KMERS);
    DN_NEW(s->like_drug, (size_t)d->n);
    DN_NEW(s->like, (size_t)(s->block * t->n));
    DN_NEW(s->square, (size_t)(s->block * t->n));
    DN_NEW(s->place, (size_t)t->n);
    DN_NEW(s->sums, (size_t)(8 * s->block));
    DN_NEW(s->near, (size_t)(s->block * DN_SIMILARS));
    DN_NEW(s->of_target, (size_t)(s->block * (d->n + 1)));
    DN_NEW(s->of_fold, (size_t)d->n + 1);
    DN_TRY(dn_kmers_create(t->sequence.bytes, t->sequence.offset, t->n, &s->kmers, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);
        DN_TRY(dn_fingerprint_morgan(&m, &s->print[i], err));
    }
out:
    return st;
}

static dn_status prepare_local(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options *o = s->o;

    if (o->n_drugs < 1 || o->n_targets < 1 || o->keep < 1 || !(o->end[0] || o->end[1]))
        DN_FAIL(DN_EUSAGE, "nothing to screen: %lld drugs, %lld targets, %lld to keep", (long long)o->n_drugs,
                (long long)o->n_targets, (long long)o->keep);
    s->block = o->block > 0 ? o->block : DN_SCREEN_BLOCK;
    s->block = s->block < o->n_targets ? s->block : o->n_targets;
    s->mine = dn_block(o->n_drugs, comm->rank, comm->size);
    DN_TRY(make_heaps(s, err));
    DN_TRY(find_known(s, err));
    DN_NEW(s->drug_place, (size_t)s->m->in.drugs.n);
    DN_NEW(s->target_place, (size_t)s->m->in.targets.n);
    DN_TRY(dn_screen_id_order(&s->m->in.drugs.id, s->drug_place, err));
    DN_TRY(dn_screen_id_order(&s->m->in.targets.id, s->target_place, err));
    DN_TRY(make_queue(s, err));
    if (s->history)
        DN_TRY(make_history(comm, s, err));
out:
    return st;
}

/* This rank's drugs, and its share of the targets. */
static dn_status encode_local(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_model *m = s->m;
    dn_range t = dn_block(s->o->n_targets, comm->rank, comm->size);

    for (int64_t i = s->mine.begin; i < s->mine.end; i += CAPACITY) {
        int64_t n = s->mine.end - i < CAPACITY ? s->mine.end - i : CAPACITY;
        DN_TRY(dn_dti_encode_drugs(s->work, m->w, s->o->drug + i, n,
                                   s->drug_vector + (i - s->mine.begin) * s->drug_width, err));
    }
    for (int64_t i = t.begin; i < t.end; i += CAPACITY) {
        int64_t n = t.end - i < CAPACITY ? t.end - i : CAPACITY;
        DN_TRY(dn_dti_encode_targets(s->work, m->w, m->running, s->o->target + i, n,
                                     s->target_vector + i * s->target_width, err));
    }
out:
    return st;
}

/* ---- scoring ---- */

static void offer(study *s, int64_t drug, int64_t target, float score)
{
    const dn_screen_options *o = s->o;
    bool both = o->end[0] && o->end[1], activation = both ? score >= 0.5f : o->end[1];
    int64_t group = o->per == DN_PER_SCREEN ? 0 : o->per == DN_PER_DRUG ? drug : target;
    int64_t heap = (both && !activation ? s->groups : 0) + group;
    dn_hit x = {.key = activation ? (double)score : -(double)score,
                .a = s->drug_place[o->drug[drug]],
                .b = s->target_place[o->target[target]]};

    dn_best_offer(s->heap + heap * s->keep, s->keep, &s->filled[heap], &x);
}

static dn_status flush(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    float score[CAPACITY];

    if (s->waiting == 0)
        goto out;
    DN_TRY(dn_dti_score(s->work, s->m->w, s->wait_drugs, s->wait_targets, s->wait_extra, s->waiting, score,
                        err));
    for (int64_t i = 0; i < s->waiting; i++)
        offer(s, s->wait_drug[i], s->wait_target[i], score[i]);
    s->scored += s->waiting;
    s->waiting = 0;
out:
    return st;
}

/* A pair joins those that wait; extra [DN_PAST_SCORES] is what labels of like pairs say. */
static dn_status enqueue(study *s, int64_t drug, int64_t target, const double *extra, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at = s->waiting;

    memcpy(s->wait_drugs + at * s->drug_width, s->drug_vector + (drug - s->mine.begin) * s->drug_width,
           (size_t)s->drug_width * sizeof(float));
    memcpy(s->wait_targets + at * s->target_width, s->target_vector + target * s->target_width,
           (size_t)s->target_width * sizeof(float));
    for (int64_t c = 0; s->history && c < DN_PAST_SCORES; c++)
        s->wait_extra[at * DN_PAST_SCORES + c] = (float)extra[c];
    s->wait_drug[at] = drug;
    s->wait_target[at] = target;
    if (++s->waiting == CAPACITY)
        DN_TRY(flush(s, err));
out:
    return st;
}

/* What labels of like pairs say of a drug with target j of the block, which is row `row` of the pairs or, -1,
 * none: as dn_dti_history() has it. */
static void look_back(study *s, int64_t drug, int64_t j, int64_t row, double *out)
{
    const dn_interactions *p = &s->m->in.pairs;
    const float *like = dn_dti_kron_drug(s->kron, drug);

    if (row < 0 || s->part[row] != DN_TRAIN) {
        memcpy(out, s->near + j * DN_SIMILARS, DN_SIMILARS * sizeof *out);
        out[DN_PAST_KRON] = dn_kron_rls_score(s->of_target + j * (p->drugs + 1), like, p->drugs);
    } else {
        const dn_asked asked = {
            .drug = drug, .target = p->target[row], .training = true, .row = row, .hidden = s->asked.hidden};

        dn_similar_score(&s->past, &asked, s->like_drug, s->like + j * p->targets, out);
        dn_dti_kron_target(s->kron, dn_dti_kron_fold(s->kron, row), asked.target, s->of_fold);
        out[DN_PAST_KRON] = dn_kron_rls_score(s->of_fold, like, p->drugs);
    }
}

/* The drug at place `drug` with targets [first, first + width). */
static dn_status score_drug(study *s, int64_t drug, int64_t first, int64_t width, dn_error *err)
{
    dn_status st = DN_OK;
    double extra[DN_PAST_SCORES] = {0};

    for (int64_t j = 0; j < width; j++) {
        int64_t row = s->known_row[s->o->target[first + j]];

        if (row >= 0) {
            s->known_pairs++;
            if (!s->o->include_known)
                continue;
        }
        if (s->history)
            look_back(s, s->o->drug[drug], j, row, extra);
        DN_TRY(enqueue(s, drug, first + j, extra, err));
    }
out:
    return st;
}

static void mark_known(study *s, int64_t drug, bool known)
{
    for (int64_t k = s->known_at[drug]; k < s->known_at[drug + 1]; k++)
        s->known_row[s->m->in.pairs.target[s->known[k]]] = known ? s->known[k] : -1;
}

static dn_status score_block(study *s, int64_t first, int64_t width, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_similar_targets asked = {.width = width, .place = s->place, .square = s->square};

    for (int64_t i = s->mine.begin; i < s->mine.end; i++) {
        int64_t d = s->o->drug[i];

        if (s->history) {
            for (int64_t e = 0; e < s->m->in.drugs.n; e++)
                s->like_drug[e] = dn_fingerprint_tanimoto(&s->print[d], &s->print[e]);
            dn_similar_score_block(&s->past, &asked, d, s->like_drug, s->sums, s->near);
        }
        mark_known(s, d, true);
        DN_TRY(score_drug(s, i, first, width, err));
        mark_known(s, d, false);
    }
    DN_TRY(flush(s, err));
out:
    return st;
}

/* Likenesses of a block of targets to all, and what the kernel says of them, each rank a share of them.
 * Collective; cannot fail. */
static void like_block(const dn_comm *comm, study *s, int64_t first, int64_t width)
{
    int64_t n = s->m->in.targets.n, weights = s->m->in.drugs.n + 1;
    dn_range mine = dn_block(width, comm->rank, comm->size);

    for (int64_t j = mine.begin; j < mine.end; j++) {
        int64_t target = s->o->target[first + j];

        dn_kmers_like(&s->kmers, target, s->scratch, s->like + j * n);
        dn_dti_kron_target(s->kron, 0, target, s->of_target + j * weights);
    }
    dn_gather_blocks(comm, s->like, width, n * (int64_t)sizeof *s->like);
    dn_gather_blocks(comm, s->of_target, width, weights * (int64_t)sizeof *s->of_target);
    for (int64_t t = 0; t < n; t++) {
        s->place[t] = -1;
        for (int64_t j = 0; j < width; j++)
            s->square[t * width + j] = s->like[j * n + t] * s->like[j * n + t];
    }
    for (int64_t j = 0; j < width; j++)
        s->place[s->o->target[first + j]] = j;
}

/* ---- what all ranks keep ---- */

static dn_status pack(const study *s, parcel **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t heaps = (s->o->end[0] + s->o->end[1]) * s->groups, n = 0;

    for (int64_t h = 0; h < heaps; h++)
        n += s->filled[h];
    DN_NEW(*out, (size_t)n + 1);
    for (int64_t h = 0; h < heaps; h++)
        for (int64_t i = 0; i < s->filled[h]; i++)
            (*out)[(*out_n)++] = (parcel){s->heap[h * s->keep + i], h};
out:
    return st;
}

/* Label of a pair in the set, -1: none. */
static int8_t label_of(const study *s, int64_t drug, int64_t target)
{
    const dn_interactions *p = &s->m->in.pairs;

    for (int64_t k = s->known_at[drug]; k < s->known_at[drug + 1]; k++)
        if (p->target[s->known[k]] == target)
            return (int8_t)p->label[s->known[k]];
    return -1;
}

/* One end of the heaps as a list in its order. */
static int64_t list_end(study *s, int64_t end, const int64_t *drug_at, const int64_t *target_at, int8_t sign,
                        dn_screened *out)
{
    dn_hit *hit = s->heap + end * s->groups * s->keep;
    int64_t n = 0;

    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t i = 0; i < s->filled[end * s->groups + g]; i++)
            hit[n++] = hit[g * s->keep + i]; /* never overtakes what it reads */
    dn_best_sort(hit, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t drug = drug_at[hit[i].a], target = target_at[hit[i].b];

        out[i] = (dn_screened){drug, target, (float)(sign > 0 ? hit[i].key : -hit[i].key), sign,
                               label_of(s, drug, target)};
    }
    return n;
}

/* Rank 0: the hits of all ranks as the result. */
static dn_status unpack(study *s, const parcel *all, int64_t n, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t ends = s->o->end[0] + s->o->end[1];
    int64_t *drug_at = NULL, *target_at = NULL; /* by place in the order of the ids */

    memset(s->filled, 0, (size_t)(2 * s->groups) * sizeof *s->filled);
    for (int64_t i = 0; i < n; i++)
        dn_best_offer(s->heap + all[i].heap * s->keep, s->keep, &s->filled[all[i].heap], &all[i].hit);
    DN_NEW(out->hit, (size_t)(n + 1));
    DN_NEW(drug_at, (size_t)s->m->in.drugs.n);
    DN_NEW(target_at, (size_t)s->m->in.targets.n);
    for (int64_t d = 0; d < s->m->in.drugs.n; d++)
        drug_at[s->drug_place[d]] = d;
    for (int64_t t = 0; t < s->m->in.targets.n; t++)
        target_at[s->target_place[t]] = t;
    out->n = list_end(s, 0, drug_at, target_at, s->o->end[1] ? 1 : -1, out->hit);
    if (ends == 2)
        out->n += list_end(s, 1, drug_at, target_at, -1, out->hit + out->n);
out:
    dn_free(drug_at);
    dn_free(target_at);
    return st;
}

static dn_status send_local(const dn_comm *comm, const study *s, parcel **out, int64_t **out_counts,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out_counts, 2 * (size_t)comm->size); /* to send, to receive */
    DN_TRY(pack(s, out, *out_counts, err));
out:
    return st;
}

/* Collective. */
static dn_status join(const dn_comm *comm, study *s, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    parcel *mine = NULL;
    void *all = NULL;
    int64_t *counts = NULL, n = 0;

    DN_PASS(send_local(comm, s, &mine, &counts, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, sizeof *mine, counts, mine, &all, counts + comm->size, err));
    for (int r = 0; r < comm->size; r++)
        n += counts[comm->size + r];
    if (comm->rank == 0)
        DN_PASS(unpack(s, all, n, out, err));
    DN_AGREE(comm);
    MPI_Bcast(&out->n, 1, MPI_INT64_T, 0, comm->mpi);
    if (comm->rank != 0 && (out->hit = dn_calloc((size_t)out->n + 1, sizeof *out->hit)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld hits", (long long)out->n);
    DN_AGREE(comm);
    MPI_Bcast(out->hit, (int)((size_t)out->n * sizeof *out->hit), MPI_BYTE, 0, comm->mpi);
    out->pairs = s->o->n_drugs * s->o->n_targets;
    out->known = dn_sum(comm, s->known_pairs);
    out->scored = dn_sum(comm, s->scored);
out:
    dn_free(mine);
    dn_free(all);
    dn_free(counts);
    return st;
}

/* Collective. */
static dn_status work_through(const dn_comm *comm, study *s, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = s->o->n_targets;

    DN_PASS(prepare_local(comm, s, err));
    DN_PASS(encode_local(comm, s, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, s->target_vector, n, s->target_width * (int64_t)sizeof(float));
    if (s->history) {
        dn_gather_blocks(comm, s->print, s->m->in.drugs.n, sizeof *s->print);
        DN_TRY(dn_dti_kron_create(comm, &s->asked, &s->kron, err));
    }
    for (int64_t first = 0; first < n; first += s->block) {
        int64_t width = n - first < s->block ? n - first : s->block;

        if (s->history)
            like_block(comm, s, first, width);
        DN_PASS(score_block(s, first, width, err));
        DN_AGREE(comm);
        dn_log(DN_INFO, "screen", "targets done", "targets=%lld of=%lld", (long long)(first + width),
               (long long)n);
    }
    DN_TRY(join(comm, s, out, err));
out:
    return st;
}

dn_status dn_screen(const dn_comm *comm, const dn_dti_model *m, const dn_split *split,
                    const dn_screen_options *options, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    int threads = omp_get_max_threads();
    study s = {.m = m,
               .o = options,
               .part = split->part,
               .asked = {.drugs = &m->in.drugs,
                         .targets = &m->in.targets,
                         .pairs = &m->in.pairs,
                         .part = split->part,
                         .hidden = dn_dti_hidden(split->kind)},
               .history = m->record.history};

    *out = (dn_screen_result){.n = 0};
    omp_set_num_threads(1); /* the kernels of this thread stay on it */
    st = work_through(comm, &s, out, err);
    omp_set_num_threads(threads);
    study_destroy(&s);
    if (st != DN_OK)
        dn_screen_result_destroy(out);
    return st;
}

void dn_screen_result_destroy(dn_screen_result *r)
{
    dn_free(r->hit);
    *r = (dn_screen_result){.n = 0};
}
