/* screen_history.c - what the training labels say of a block of pairs; see screen_history.h */
#include "mpi/screen/screen_history.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/inputs/dti_kron.h"
#include "mpi/evaluate/evaluate_view.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"
#include "solvers/stats/similar_block.h"

struct dn_screen_history {
    const dn_dti_past *asked; /* borrowed */
    dn_past past;             /* its training rows */
    int64_t *training;        /* [past.n] */
    int64_t drug;             /* at hand */
    const int64_t *target;    /* [width]  of the block at hand */
    int64_t width;
    dn_fingerprint *print; /* [all drugs, 2]  Morgan, atom pairs */
    dn_kmers kmers;
    int32_t *scratch;       /* [DN_KMERS] */
    double *like_drug;      /* [drugs]  of the drug at hand to those that pairs count */
    const float *like_kron; /* [drugs]  the same in the way of the kernel */
    float *like_other;      /* [drugs]  room for it */
    float *like_target;     /* [targets]  of one target */
    double *like;           /* [block, all targets] */
    double *square;         /* [targets, width] */
    int64_t *place;         /* [all targets] */
    double *sums;           /* [8, block] */
    double *near;           /* [block, DN_SIMILARS] */
    dn_dti_kron *kron;
    double *of_target; /* [block, drugs + 1]  what the fit to all training rows says of a target */
    double *of_fold;   /* [drugs + 1]  of the target of a training row, by the fit that did not see the row */
};

void dn_screen_history_destroy(dn_screen_history **history)
{
    dn_screen_history *h = *history;

    if (h == NULL)
        return;
    dn_free(h->training);
    dn_free(h->print);
    dn_kmers_destroy(&h->kmers);
    dn_free(h->scratch);
    dn_free(h->like_drug);
    dn_free(h->like_other);
    dn_free(h->like_target);
    dn_free(h->like);
    dn_free(h->square);
    dn_free(h->place);
    dn_free(h->sums);
    dn_free(h->near);
    dn_free(h->of_target);
    dn_free(h->of_fold);
    dn_dti_kron_destroy(&h->kron);
    dn_free(h);
    *history = NULL;
}

static dn_status find_training(dn_screen_history *h, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = h->asked->pairs;

    DN_NEW(h->training, (size_t)p->n + 1);
    for (int64_t i = 0; i < p->n; i++)
        if (h->asked->part[i] == DN_TRAIN)
            h->training[h->past.n++] = i;
    h->past.drug = p->drug;
    h->past.target = p->target;
    h->past.label = p->label;
    h->past.rows = h->training;
    h->past.drug_cluster = h->asked->drug_cluster;
    h->past.target_cluster = h->asked->target_cluster;
out:
    return st;
}

/* Room, and this rank's share of the fingerprints. */
static dn_status prepare(const dn_comm *comm, dn_screen_history *h, int64_t block, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_drugs *d = h->asked->drugs;
    const dn_strings *sequence = &h->asked->targets->sequence;
    int64_t targets = h->asked->targets->n, drugs = h->asked->pairs->drugs;
    dn_range mine = dn_block(d->n, comm->rank, comm->size);

    DN_TRY(find_training(h, err));
    DN_NEW(h->print, 2 * (size_t)d->n);
    DN_NEW(h->scratch, DN_KMERS);
    DN_NEW(h->like_drug, (size_t)drugs + 1);
    DN_NEW(h->like_other, (size_t)drugs + 1);
    DN_NEW(h->like_target, (size_t)h->asked->pairs->targets + 1);
    DN_NEW(h->like, (size_t)(block * targets));
    DN_NEW(h->square, (size_t)(block * h->asked->pairs->targets) + 1);
    DN_NEW(h->place, (size_t)targets);
    DN_NEW(h->sums, (size_t)(8 * block));
    DN_NEW(h->near, (size_t)(block * DN_SIMILARS));
    DN_NEW(h->of_target, (size_t)(block * (drugs + 1)));
    DN_NEW(h->of_fold, (size_t)drugs + 1);
    DN_TRY(dn_kmers_create(sequence->bytes, sequence->offset, targets, &h->kmers, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);
        DN_TRY(dn_fingerprint_morgan(&m, &h->print[2 * i], err));
        DN_TRY(dn_fingerprint_atom_pairs(&m, &h->print[2 * i + 1], err));
    }
out:
    return st;
}

dn_status dn_screen_history_create(const dn_comm *comm, const dn_dti_past *past, int64_t block,
                                   dn_screen_history **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_history *h = dn_calloc(1, sizeof *h);

    *out = NULL;
    if (h == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: history of a screen");
    DN_AGREE(comm);
    h->asked = past;
    DN_PASS(prepare(comm, h, block, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, h->print, past->drugs->n, 2 * sizeof *h->print);
    DN_TRY(dn_dti_kron_create(comm, past, &h->kron, err));
    *out = h;
    h = NULL;
out:
    dn_screen_history_destroy(&h);
    return st;
}

/* What the kernel says of a target, of which like [all targets] are the likenesses. */
static void ask_kron(dn_screen_history *h, int64_t target, const double *like, double *out)
{
    int64_t known = h->asked->pairs->targets;

    if (target < known) {
        dn_dti_kron_target(h->kron, 0, target, out);
        return;
    }
    for (int64_t t = 0; t < known; t++)
        h->like_target[t] = (float)like[t];
    dn_dti_kron_other_target(h->kron, h->like_target, out);
}

void dn_screen_history_block(const dn_comm *comm, dn_screen_history *h, const int64_t *target, int64_t width)
{
    int64_t n = h->asked->targets->n, weights = h->asked->pairs->drugs + 1;
    dn_range mine = dn_block(width, comm->rank, comm->size);

    h->target = target;
    h->width = width;
    for (int64_t j = mine.begin; j < mine.end; j++) {
        dn_kmers_like(&h->kmers, target[j], h->scratch, h->like + j * n);
        ask_kron(h, target[j], h->like + j * n, h->of_target + j * weights);
    }
    dn_gather_blocks(comm, h->like, width, n * (int64_t)sizeof *h->like);
    dn_gather_blocks(comm, h->of_target, width, weights * (int64_t)sizeof *h->of_target);
    for (int64_t t = 0; t < h->asked->pairs->targets; t++)
        for (int64_t j = 0; j < width; j++)
            h->square[t * width + j] = h->like[j * n + t] * h->like[j * n + t];
    for (int64_t t = 0; t < n; t++)
        h->place[t] = -1;
    for (int64_t j = 0; j < width; j++)
        h->place[target[j]] = j;
}

void dn_screen_history_drug(dn_screen_history *h, int64_t drug)
{
    const dn_similar_targets asked = {.width = h->width, .place = h->place, .square = h->square};

    int64_t known = h->asked->pairs->drugs;

    h->drug = drug;
    for (int64_t d = 0; d < known; d++)
        h->like_drug[d] = dn_fingerprint_tanimoto(&h->print[2 * drug], &h->print[2 * d]);
    h->like_kron = h->like_other;
    if (drug < known)
        h->like_kron = dn_dti_kron_drug(h->kron, drug);
    for (int64_t d = 0; d < known && drug >= known; d++)
        h->like_other[d] = dn_dti_kron_like_drugs(&h->print[2 * drug], &h->print[2 * d]);
    dn_similar_score_block(&h->past, &asked, drug, h->like_drug, h->sums, h->near);
}

void dn_screen_history_pair(dn_screen_history *h, int64_t j, int64_t row, double *out)
{
    int64_t drugs = h->asked->pairs->drugs;

    if (row < 0 || h->asked->part[row] != DN_TRAIN) {
        memcpy(out, h->near + j * DN_SIMILARS, DN_SIMILARS * sizeof *out);
        out[DN_PAST_KRON] = dn_kron_rls_score(h->of_target + j * (drugs + 1), h->like_kron, drugs);
    } else {
        const dn_asked asked = {.drug = h->drug,
                                .target = h->target[j],
                                .training = true,
                                .row = row,
                                .hidden = h->asked->hidden};

        dn_similar_score(&h->past, &asked, h->like_drug, h->like + j * h->asked->targets->n, out);
        dn_dti_kron_target(h->kron, dn_dti_kron_fold(h->kron, row), asked.target, h->of_fold);
        out[DN_PAST_KRON] = dn_kron_rls_score(h->of_fold, h->like_kron, drugs);
    }
}
