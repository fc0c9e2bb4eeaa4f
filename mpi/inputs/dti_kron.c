/* dti_kron.c - see dti_kron.h */
#include "mpi/inputs/dti_kron.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/inputs/dti_history.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"
#include "solvers/stats/kron_rls.h"

enum { FOLDS = 10, SIDE_FOLDS = 5 };

struct dn_dti_kron {
    const dn_comm *comm;
    const dn_dti_past *past; /* borrowed */
    dn_host host;
    dn_shared *drug, *target; /* [drugs, drugs], [targets, targets] floats */
    dn_kron_likes likes;      /* views of them */
    int64_t *training;        /* [n_training]  rows of the pairs */
    int64_t n_training;
    uint8_t *fold;                /* [pairs]  which fit scores a row */
    uint8_t *drug_in, *target_in; /* [drugs], [targets]  parts of blocks, or of one side */
    int folds;                    /* that are fitted, fold 0 among them */
    double mean[DN_KRON_FOLDS];
    double *weight; /* [folds, n_training]  0 for rows that a fold does not see */
};

/* ---- likenesses, by the ranks of a host ---- */

float dn_dti_kron_like_drugs(const dn_fingerprint *print, const dn_fingerprint *other)
{
    return (float)((dn_fingerprint_tanimoto(&print[0], &other[0]) +
                    dn_fingerprint_tanimoto(&print[1], &other[1])) /
                   2);
}

/* Fingerprints [2, drugs], Morgan and atom pairs, each drug's by one rank. Collective. */
static dn_status make_prints(const dn_dti_kron *k, dn_fingerprint *print, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = k->past->pairs->drugs;
    dn_range mine = dn_block(n, k->comm->rank, k->comm->size);

    for (int64_t i = mine.begin; st == DN_OK && i < mine.end; i++) {
        dn_molecule m = dn_drugs_molecule(k->past->drugs, i);
        DN_PASS(dn_fingerprint_morgan(&m, &print[i], err));
        DN_PASS(dn_fingerprint_atom_pairs(&m, &print[n + i], err));
    }
    DN_AGREE(k->comm);
    dn_gather_blocks(k->comm, print, n, sizeof *print);
    dn_gather_blocks(k->comm, print + n, n, sizeof *print);
out:
    return st;
}

/* Rows rank, rank + size, ... of the host's ranks, up to the diagonal, and what lies opposite. */
static void compare_drugs(dn_dti_kron *k, const dn_fingerprint *print, double *row)
{
    int64_t n = k->past->pairs->drugs;
    double *pairs = row + n;
    float *like = dn_shared_base(k->drug);

    for (int64_t i = k->host.comm.rank; i < n; i += k->host.comm.size) {
        dn_fingerprint_like(print, i + 1, i, row);
        dn_fingerprint_like(print + n, i + 1, i, pairs);
        for (int64_t j = 0; j <= i; j++)
            like[i * n + j] = like[j * n + i] = (float)((row[j] + pairs[j]) / 2);
    }
}

/* Collective. */
static dn_status fill_drugs(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)k->past->pairs->drugs;
    dn_fingerprint *print = dn_calloc(2 * n, sizeof *print);
    double *row = dn_calloc(2 * n, sizeof *row);

    if (print == NULL || row == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: fingerprints of %zu drugs", n);
    DN_AGREE(k->comm);
    DN_TRY(make_prints(k, print, err));
    compare_drugs(k, print, row);
out:
    dn_free(print);
    dn_free(row);
    return st;
}

/* Likewise; the first i + 1 sequences are a set of their own. Local. */
static dn_status fill_targets(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *s = &k->past->targets->sequence;
    int64_t n = k->past->pairs->targets;
    dn_kmers kmers = {0}, upto;
    int32_t *scratch = NULL;
    double *row = NULL; /* [targets] */
    float *like = dn_shared_base(k->target);

    DN_NEW(scratch, DN_KMERS);
    DN_NEW(row, (size_t)n);
    DN_TRY(dn_kmers_create(s->bytes, s->offset, n, &kmers, err));
    upto = kmers;
    for (int64_t i = k->host.comm.rank; i < n; i += k->host.comm.size) {
        upto.n = i + 1;
        dn_kmers_like(&upto, i, scratch, row);
        for (int64_t j = 0; j <= i; j++)
            like[i * n + j] = like[j * n + i] = (float)row[j];
    }
out:
    dn_kmers_destroy(&kmers);
    dn_free(scratch);
    dn_free(row);
    return st;
}

static dn_status compare(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    size_t drugs = (size_t)k->past->pairs->drugs, targets = (size_t)k->past->pairs->targets;

    DN_TRY(dn_shared_create(&k->host, drugs * drugs * sizeof(float) + 1, &k->drug, err));
    DN_TRY(dn_shared_create(&k->host, targets * targets * sizeof(float) + 1, &k->target, err));
    DN_TRY(fill_drugs(k, err));
    DN_PASS(fill_targets(k, err));
    DN_AGREE(k->comm);
    dn_shared_barrier(k->drug);
    dn_shared_barrier(k->target);
    k->likes = (dn_kron_likes){.drugs = k->past->pairs->drugs,
                               .targets = k->past->pairs->targets,
                               .drug = dn_shared_base(k->drug),
                               .target = dn_shared_base(k->target)};
out:
    return st;
}

/* ---- folds ---- */

/* Clusters in a random order, each to the fold that has the fewest of the members that count: a drug (target)
 * of no training row does not. Without clusters, in turn. */
static dn_status deal(uint64_t draw, int64_t n, const int64_t *opt_cluster, const uint8_t *counts, int folds,
                      uint8_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_permutation p = dn_permutation_make(0, draw, (uint64_t)(n > 0 ? n : 1));
    int64_t *order = NULL, *size = NULL; /* [n] */
    int64_t have[DN_KRON_FOLDS] = {0};

    DN_NEW(order, (size_t)n);
    DN_NEW(size, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        order[dn_permute(&p, (uint64_t)i)] = i;
        size[opt_cluster != NULL ? opt_cluster[i] : i] += counts[i];
    }
    for (int64_t r = 0; r < n; r++) {
        int64_t i = order[r];
        int least = 0;

        for (int f = 1; f < folds; f++)
            if (have[f] < have[least])
                least = f;
        out[i] = (uint8_t)least; /* of a cluster, where its lowest number goes */
        have[least] += size[i];
    }
    for (int64_t i = 0; opt_cluster != NULL && i < n; i++)
        out[i] = out[opt_cluster[i]];
out:
    dn_free(order);
    dn_free(size);
    return st;
}

static dn_status find_training(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = k->past->pairs;

    DN_NEW(k->training, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++)
        if (k->past->part[i] == DN_TRAIN)
            k->training[k->n_training++] = i;
    if (k->n_training > INT_MAX)
        DN_FAIL(DN_EDATA, "%lld training pairs are more than one message holds", (long long)k->n_training);
out:
    return st;
}

/* drug_in, target_in, and of rows row_in [n_training]. */
static dn_status deal_all(dn_dti_kron *k, uint8_t *row_in, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = k->past->pairs;
    int folds = k->past->hidden == DN_HIDE_BOTH ? SIDE_FOLDS : FOLDS;
    int64_t drugs = k->past->dealt[0] > 0 ? k->past->dealt[0] : p->drugs;
    int64_t targets = k->past->dealt[1] > 0 ? k->past->dealt[1] : p->targets;
    uint8_t *drug = NULL, *target = NULL; /* [drugs], [targets]  1: has a training row */

    DN_NEW(drug, (size_t)p->drugs);
    DN_NEW(target, (size_t)p->targets);
    for (int64_t i = 0; i < k->n_training; i++) {
        drug[p->drug[k->training[i]]] = target[p->target[k->training[i]]] = 1;
        row_in[i] = 1; /* counts */
    }
    DN_TRY(deal(0, drugs, k->past->drug_cluster, drug, folds, k->drug_in, err));
    DN_TRY(deal(1, targets, k->past->target_cluster, target, folds, k->target_in, err));
    DN_TRY(deal(2, k->n_training, NULL, row_in, FOLDS, row_in, err));
out:
    dn_free(drug);
    dn_free(target);
    return st;
}

static dn_status make_folds(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = k->past->pairs;
    dn_hidden hidden = k->past->hidden;
    uint8_t *row_in = NULL; /* [n_training] */

    DN_TRY(find_training(k, err));
    k->folds = k->past->unseen_only ? 1 : 1 + (hidden == DN_HIDE_BOTH ? SIDE_FOLDS * SIDE_FOLDS : FOLDS);
    DN_NEW(k->fold, (size_t)p->n);
    DN_NEW(k->drug_in, (size_t)p->drugs);
    DN_NEW(k->target_in, (size_t)p->targets);
    DN_NEW(row_in, (size_t)k->n_training);
    DN_NEW(k->weight, (size_t)(k->folds * k->n_training));
    DN_TRY(deal_all(k, row_in, err));
    for (int64_t i = 0; i < k->n_training; i++) {
        int64_t row = k->training[i];
        int in = row_in[i];
        if (hidden == DN_HIDE_DRUG)
            in = k->drug_in[p->drug[row]];
        else if (hidden == DN_HIDE_TARGET)
            in = k->target_in[p->target[row]];
        else if (hidden == DN_HIDE_BOTH)
            in = k->drug_in[p->drug[row]] * SIDE_FOLDS + k->target_in[p->target[row]];
        k->fold[row] = (uint8_t)(1 + in);
    }
out:
    dn_free(row_in);
    return st;
}

/* Whether a fold's fit sees a training row. */
static bool seen(const dn_dti_kron *k, int fold, int64_t row)
{
    const dn_interactions *p = k->past->pairs;

    if (fold == 0)
        return true;
    if (k->past->hidden == DN_HIDE_BOTH)
        return k->drug_in[p->drug[row]] != (fold - 1) / SIDE_FOLDS &&
               k->target_in[p->target[row]] != (fold - 1) % SIDE_FOLDS;
    return k->fold[row] != fold;
}

static dn_status fit_fold(dn_dti_kron *k, int fold, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = k->past->pairs;
    int64_t *rows = NULL; /* [n_training] */
    dn_past past = {.drug = p->drug, .target = p->target, .label = p->label};
    dn_kron_fit fit = {0};
    double *weight = k->weight + fold * k->n_training;

    DN_NEW(rows, (size_t)k->n_training);
    for (int64_t i = 0; i < k->n_training; i++)
        if (seen(k, fold, k->training[i]))
            rows[past.n++] = k->training[i];
    past.rows = rows;
    DN_TRY(dn_kron_rls_fit(&past, &k->likes, &fit, err));
    dn_log(DN_DEBUG, "kron_rls", "fitted", "fold=%d rows=%lld products=%lld residual=%.1e", fold,
           (long long)past.n, (long long)fit.products, fit.residual);
    k->mean[fold] = fit.mean;
    for (int64_t i = 0, j = 0; i < k->n_training && j < past.n; i++)
        if (rows[j] == k->training[i])
            weight[i] = fit.weight[j++];
out:
    dn_free(rows);
    dn_kron_fit_destroy(&fit);
    return st;
}

/* This rank's folds on its threads, each fold on one. */
static dn_status fit_mine(dn_dti_kron *k, dn_error *err)
{
    dn_status st[DN_KRON_FOLDS] = {DN_OK};
    dn_error error[DN_KRON_FOLDS];
    int size = k->comm->size;

#pragma omp parallel for schedule(dynamic, 1)
    for (int fold = k->comm->rank; fold < k->folds; fold += size) {
        error[fold] = (dn_error)DN_ERROR_INIT;
        st[fold] = fit_fold(k, fold, &error[fold]);
    }
    for (int fold = k->comm->rank; fold < k->folds; fold += size)
        if (st[fold] != DN_OK) {
            if (err != NULL)
                *err = error[fold];
            return st[fold];
        }
    return DN_OK;
}

static dn_status fit_all(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(fit_mine(k, err));
    DN_AGREE(k->comm);
    for (int fold = 0; fold < k->folds; fold++) {
        MPI_Bcast(&k->mean[fold], 1, MPI_DOUBLE, fold % k->comm->size, k->comm->mpi);
        MPI_Bcast(k->weight + fold * k->n_training, (int)k->n_training, MPI_DOUBLE, fold % k->comm->size,
                  k->comm->mpi);
    }
out:
    return st;
}

dn_status dn_dti_kron_create(const dn_comm *comm, const dn_dti_past *past, dn_dti_kron **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_kron *k = dn_calloc(1, sizeof *k);

    *out = NULL;
    if (k == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a kernel of pairs");
    DN_AGREE(comm);
    k->comm = comm;
    k->past = past;
    dn_host_open(comm, past->grouping, &k->host);
    DN_PASS(make_folds(k, err));
    DN_AGREE(comm);
    DN_TRY(compare(k, err));
    DN_TRY(fit_all(k, err));
    *out = k;
    k = NULL;
out:
    dn_dti_kron_destroy(&k);
    return st;
}

void dn_dti_kron_destroy(dn_dti_kron **kron)
{
    dn_dti_kron *k = *kron;

    if (k == NULL)
        return;
    if (k->host.all != NULL) {
        dn_shared_destroy(&k->drug);
        dn_shared_destroy(&k->target);
        dn_host_close(&k->host);
    }
    dn_free(k->training);
    dn_free(k->fold);
    dn_free(k->drug_in);
    dn_free(k->target_in);
    dn_free(k->weight);
    dn_free(k);
    *kron = NULL;
}

/* ---- scores ---- */

int dn_dti_kron_fold(const dn_dti_kron *k, int64_t i)
{
    return k->fold[i];
}

const float *dn_dti_kron_drug(const dn_dti_kron *k, int64_t drug)
{
    return k->likes.drug + drug * k->likes.drugs;
}

/* What a fold's fit says of a target of these likenesses. */
static void ask_fit(const dn_dti_kron *k, int fold, const float *like, double *out)
{
    const dn_interactions *p = k->past->pairs;
    const dn_past past = {
        .drug = p->drug, .target = p->target, .label = p->label, .rows = k->training, .n = k->n_training};
    const dn_kron_fit fit = {.mean = k->mean[fold], .weight = k->weight + fold * k->n_training};

    assert(fold < k->folds); /* unseen_only: nobody asks for training rows */
    dn_kron_rls_target(&past, &fit, like, p->drugs, out);
}

const float *dn_dti_kron_like_target(const dn_dti_kron *k, int64_t target)
{
    return k->likes.target + target * k->likes.targets;
}

void dn_dti_kron_target(const dn_dti_kron *k, int fold, int64_t target, double *out)
{
    ask_fit(k, fold, k->likes.target + target * k->likes.targets, out);
}

void dn_dti_kron_other_target(const dn_dti_kron *k, const float *like, double *out)
{
    ask_fit(k, 0, like, out);
}
