/* dti_history.c - what the training labels say of drug-target pairs; see dti_history.h */
#include "mpi/inputs/dti_history.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/inputs/dti_kron.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"

typedef struct study {
    const dn_dti_past *past;
    const int64_t *rows; /* [n] */
    int64_t n;
    int64_t *training; /* [n_training] */
    int64_t n_training;
    int64_t *by_target;     /* [n]  places in rows, those of one target together */
    dn_fingerprint *print;  /* [drugs] */
    dn_kmers kmers;         /* of the targets */
    double *like_drug;      /* [drugs]  of the drug that was asked for last */
    double *like_target;    /* [targets] */
    int32_t *scratch;       /* [DN_KMERS] */
    dn_dti_kron *made_kron; /* NULL: it is the caller's */
    const dn_dti_kron *kron;
    double *of_target;              /* [folds, drugs + 1]  of the target that was asked for last */
    bool made[DN_KRON_FOLDS];       /* which of them there are */
    double (*near)[DN_PAST_SCORES]; /* [n]  in the order of by_target */
} study;

static void study_destroy(study *s)
{
    dn_free(s->training);
    dn_free(s->by_target);
    dn_free(s->print);
    dn_kmers_destroy(&s->kmers);
    dn_free(s->like_drug);
    dn_free(s->like_target);
    dn_free(s->scratch);
    dn_free(s->near);
    dn_free(s->of_target);
    dn_dti_kron_destroy(&s->made_kron);
}

static dn_status find_training(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = s->past->pairs;

    DN_NEW(s->training, (size_t)p->n + 1);
    for (int64_t i = 0; i < p->n; i++)
        if (s->past->part[i] == DN_TRAIN)
            s->training[s->n_training++] = i;
out:
    return st;
}

/* Places of the rows, those of one target together, in the order of the rows: a counting sort. */
static dn_status order_by_target(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = s->past->pairs;
    int64_t *at = NULL; /* [targets + 1] */

    DN_NEW(at, (size_t)p->targets + 1);
    DN_NEW(s->by_target, (size_t)s->n + 1);
    for (int64_t i = 0; i < s->n; i++)
        at[p->target[s->rows[i]] + 1]++;
    for (int64_t t = 0; t < p->targets; t++)
        at[t + 1] += at[t];
    for (int64_t i = 0; i < s->n; i++)
        s->by_target[at[p->target[s->rows[i]]]++] = i;
out:
    dn_free(at);
    return st;
}

/* Room for the likenesses, and this rank's share of the fingerprints. */
static dn_status prepare(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_drugs *d = s->past->drugs;
    const dn_strings *sequence = &s->past->targets->sequence;
    dn_range mine = dn_block(d->n, comm->rank, comm->size);

    DN_TRY(find_training(s, err));
    DN_TRY(order_by_target(s, err));
    DN_NEW(s->print, (size_t)d->n);
    DN_NEW(s->like_drug, (size_t)d->n);
    DN_NEW(s->like_target, (size_t)s->past->targets->n);
    DN_NEW(s->scratch, DN_KMERS);
    DN_NEW(s->near, (size_t)s->n + 1);
    DN_NEW(s->of_target, (size_t)(DN_KRON_FOLDS * (d->n + 1)));
    DN_TRY(dn_kmers_create(sequence->bytes, sequence->offset, s->past->targets->n, &s->kmers, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);
        DN_TRY(dn_fingerprint_morgan(&m, &s->print[i], err));
    }
out:
    return st;
}

static double kron_score(study *s, const dn_asked *asked)
{
    int64_t drugs = s->past->pairs->drugs;
    int fold = asked->training ? dn_dti_kron_fold(s->kron, asked->row) : 0;
    double *of_target = s->of_target + fold * (drugs + 1);

    if (!s->made[fold])
        dn_dti_kron_target(s->kron, fold, asked->target, of_target);
    s->made[fold] = true;
    return dn_kron_rls_score(of_target, dn_dti_kron_drug(s->kron, asked->drug), drugs);
}

/* This rank's rows, in the order of by_target, so that a target's likenesses are computed once. */
static void score_local(study *s, dn_range mine)
{
    const dn_interactions *p = s->past->pairs;
    const dn_past past = {.drug = p->drug,
                          .target = p->target,
                          .label = p->label,
                          .rows = s->training,
                          .n = s->n_training,
                          .drug_cluster = s->past->drug_cluster,
                          .target_cluster = s->past->target_cluster};
    int64_t target = -1;

    for (int64_t i = mine.begin; i < mine.end; i++) {
        int64_t row = s->rows[s->by_target[i]];
        const dn_asked asked = {.drug = p->drug[row],
                                .target = p->target[row],
                                .training = s->past->part[row] == DN_TRAIN,
                                .row = row,
                                .hidden = s->past->hidden};

        if (asked.target != target) {
            dn_kmers_like(&s->kmers, target = asked.target, s->scratch, s->like_target);
            memset(s->made, 0, sizeof s->made);
        }
        dn_fingerprint_like(s->print, p->drugs, asked.drug, s->like_drug);
        dn_similar_score(&past, &asked, s->like_drug, s->like_target, s->near[i]);
        s->near[i][DN_PAST_KRON] = kron_score(s, &asked);
    }
}

dn_status dn_dti_history(const dn_comm *comm, const dn_dti_past *past, const dn_dti_kron *opt_kron,
                         const int64_t *rows, int64_t n, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    study s = {.past = past, .kron = opt_kron, .rows = rows, .n = n};
    dn_dti_past fitted = *past;

    fitted.unseen_only = true;
    for (int64_t i = 0; i < n; i++)
        fitted.unseen_only &= past->part[rows[i]] != DN_TRAIN;
    DN_PASS(prepare(comm, &s, err));
    DN_AGREE(comm);
    if (opt_kron == NULL)
        DN_TRY(dn_dti_kron_create(comm, &fitted, &s.made_kron, err));
    if (opt_kron == NULL)
        s.kron = s.made_kron;
    dn_gather_blocks(comm, s.print, past->drugs->n, sizeof *s.print);
    score_local(&s, dn_block(n, comm->rank, comm->size));
    dn_gather_blocks(comm, s.near, n, sizeof *s.near);
    for (int64_t i = 0; i < n; i++)
        memcpy(out + s.by_target[i] * DN_PAST_SCORES, s.near[i], sizeof s.near[i]);
out:
    study_destroy(&s);
    return st;
}

dn_hidden dn_dti_hidden(const char *kind)
{
    if (strcmp(kind, "cold-drug") == 0 || strcmp(kind, "kfold-drugs") == 0)
        return DN_HIDE_DRUG;
    if (strcmp(kind, "cold-target") == 0 || strcmp(kind, "kfold-targets") == 0)
        return DN_HIDE_TARGET;
    if (strcmp(kind, "cold-both") == 0 || strcmp(kind, "kfold-blocks") == 0)
        return DN_HIDE_BOTH;
    return DN_HIDE_ROW;
}

dn_dti_past dn_dti_past_of(const dn_drugs *drugs, const dn_targets *targets, const dn_interactions *pairs,
                           const dn_split *split, const int64_t *opt_known)
{
    return (dn_dti_past){
        .drugs = drugs,
        .targets = targets,
        .pairs = pairs,
        .part = split->part,
        .hidden = dn_dti_hidden(split->kind),
        .drug_cluster = split->drug_cluster,
        .target_cluster = split->target_cluster,
        .dealt = {opt_known != NULL ? opt_known[0] : 0, opt_known != NULL ? opt_known[1] : 0}};
}
