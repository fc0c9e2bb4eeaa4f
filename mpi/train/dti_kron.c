/* dti_kron.c - see dti_kron.h */
#include "mpi/train/dti_kron.h"

#include <stdbool.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/train/dti_history.h"
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
    int folds;                    /* fold 0 among them */
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

/* This rank's rows of the likeness of drugs. */
static dn_status fill_drugs(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_drugs *d = k->past->drugs;
    int64_t n = k->past->pairs->drugs;
    dn_fingerprint *print = NULL; /* [drugs, 2]  Morgan, atom pairs */
    dn_range mine = dn_block(n, k->host.comm.rank, k->host.comm.size);
    float *like = dn_shared_base(k->drug);

    DN_NEW(print, 2 * (size_t)n + 1);
    for (int64_t i = 0; i < n; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);
        DN_TRY(dn_fingerprint_morgan(&m, &print[2 * i], err));
        DN_TRY(dn_fingerprint_atom_pairs(&m, &print[2 * i + 1], err));
    }
    for (int64_t i = mine.begin; i < mine.end; i++)
        for (int64_t j = 0; j < n; j++)
            like[i * n + j] = dn_dti_kron_like_drugs(&print[2 * i], &print[2 * j]);
out:
    dn_free(print);
    return st;
}

static dn_status fill_targets(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *s = &k->past->targets->sequence;
    int64_t n = k->past->pairs->targets;
    dn_kmers kmers = {0};
    int32_t *scratch = NULL;
    double *row = NULL; /* [targets] */
    dn_range mine = dn_block(n, k->host.comm.rank, k->host.comm.size);
    float *like = dn_shared_base(k->target);

    DN_NEW(scratch, DN_KMERS);
    DN_NEW(row, (size_t)n + 1);
    DN_TRY(dn_kmers_create(s->bytes, s->offset, n, &kmers, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_kmers_like(&kmers, i, scratch, row);
        for (int64_t j = 0; j < n; j++)
            like[i * n + j] = (float)row[j];
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
    DN_PASS(fill_drugs(k, err));
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

static void deal(uint64_t draw, int64_t n, int folds, uint8_t *out)
{
    dn_permutation p = dn_permutation_make(0, draw, (uint64_t)(n > 0 ? n : 1));

    for (int64_t i = 0; i < n; i++)
        out[i] = (uint8_t)(dn_permute(&p, (uint64_t)i) % (uint64_t)folds);
}

static dn_status make_folds(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = k->past->pairs;
    dn_hidden hidden = k->past->hidden;
    int side = hidden == DN_HIDE_BOTH ? SIDE_FOLDS : FOLDS;
    uint8_t *row_in = NULL; /* [n_training] */

    k->folds = k->past->no_training ? 1 : hidden == DN_HIDE_BOTH ? 1 + SIDE_FOLDS * SIDE_FOLDS : 1 + FOLDS;
    DN_NEW(k->training, (size_t)p->n + 1);
    DN_NEW(k->fold, (size_t)p->n + 1);
    DN_NEW(k->drug_in, (size_t)p->drugs + 1);
    DN_NEW(k->target_in, (size_t)p->targets + 1);
    for (int64_t i = 0; i < p->n; i++)
        if (k->past->part[i] == DN_TRAIN)
            k->training[k->n_training++] = i;
    DN_NEW(row_in, (size_t)k->n_training + 1);
    DN_NEW(k->weight, (size_t)(k->folds * k->n_training) + 1);
    deal(0, p->drugs, side, k->drug_in);
    deal(1, p->targets, side, k->target_in);
    deal(2, k->n_training, FOLDS, row_in);
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

    DN_NEW(rows, (size_t)k->n_training + 1);
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

static dn_status fit_all(dn_dti_kron *k, dn_error *err)
{
    dn_status st = DN_OK;

    for (int fold = k->comm->rank; fold < k->folds; fold += k->comm->size)
        DN_PASS(fit_fold(k, fold, err));
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
    dn_host_open(comm, 0, &k->host);
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

    dn_kron_rls_target(&past, &fit, like, p->drugs, out);
}

void dn_dti_kron_target(const dn_dti_kron *k, int fold, int64_t target, double *out)
{
    ask_fit(k, fold, k->likes.target + target * k->likes.targets, out);
}

void dn_dti_kron_other_target(const dn_dti_kron *k, const float *like, double *out)
{
    ask_fit(k, 0, like, out);
}
