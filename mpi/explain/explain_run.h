/* explain_run.h - explanations of drug-target scores, from files
 *
 *     dn_explain_wish w = {.dataset = "d.h5", .model = "run/model.h5", .drug = "D1", .target = "T1"};
 *     DN_TRY(dn_explain_open(comm, &w, &run, err));
 *     for (each pair i of this rank) {
 *         DN_TRY(dn_explain_pair(&run, i, &o, &e, err));        solvers/models/dti_explain.h
 *         ...
 *         dn_dti_explanation_destroy(&e);
 *     }
 *     dn_explain_run_destroy(&run);
 *
 * A pair of the interactions that the model was trained on is scored as `evaluate` does it: what labels say
 * of a training row is held out in the way of the split. Any other pair is scored as `screen` does it.
 *
 * The baseline. Atoms and residues start from zeros, or from the mean over the atoms (positions) of all drugs
 * (targets) with training rows, each drug (target) once. The label features, and where drug and target lie
 * among those of the training rows, always start from their mean over the training rows: the contribution of
 * a label feature is what this pair's labels say beyond those of a pair that nothing is known of.
 */
#ifndef DN_EXPLAIN_EXPLAIN_RUN_H
#define DN_EXPLAIN_EXPLAIN_RUN_H

#include "mpi/evaluate/evaluate_dti.h"
#include "mpi/train/dti_model.h"
#include "solvers/models/dti_explain.h"

typedef struct dn_explain_wish {
    const char *dataset, *model;
    const char *opt_states;    /* the file of states that the model was trained on; NULL: where it stood */
    const char *drug, *target; /* ids of one pair, or both NULL */
    const char *pairs;         /* file of drug id, tab, target id (more columns are not looked at; a line
                                  that begins with # and a first line "drug_id<tab>target_id" neither), or NULL */
    dn_newcomers_wish new; /* drugs and targets that the dataset need not have; asked for by their ids there
                            */
    bool mean;             /* baseline of atoms and residues: their mean; otherwise zeros */
} dn_explain_wish;

typedef struct dn_explain_run {
    dn_dti_table table;
    dn_dti_model model;
    dn_newcomers new; /* stand in `model` behind those of the dataset */
    int64_t n;
    int64_t *drug, *target; /* [n]  of model.in */
    int64_t *row;           /* [n]  of the interactions, -1: the pair is none of them */
    float *history;         /* [n, DN_PAST_SCORES]; NULL: the network looks at no labels */
    float *base;            /* what the baseline points to */
    dn_dti_origin baseline;
    char digest[17]; /* of weights, interactions, states and pairs */
} dn_explain_run;

/* The names of the label features, [DN_PAST_SCORES]. The last one is kernel ridge regression. */
extern const char *const dn_explain_labels[];

/* Every rank gets the whole. Collective. Fails: DN_EDATA an id that the dataset and the newcomers have not
 * (names the nearest of the dataset; of a file: with the line), a line without two ids, a file without pairs,
 * a model of another network or dataset; DN_EUSAGE neither or both of a pair and a file; as
 * dn_dti_table_load(), dn_newcomers_read(), dn_dti_model_load(), dn_delim_open() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_explain_open(const dn_comm *comm, const dn_explain_wish *wish,
                                                      dn_explain_run *out, dn_error *err);
DN_COLLECTIVE void dn_explain_run_destroy(dn_explain_run *r);

/* Pair i, 0 <= i < n. Local. Fails: as dn_dti_explain() */
DN_MUST_CHECK dn_status dn_explain_pair(const dn_explain_run *run, int64_t i,
                                        const dn_dti_explain_options *options, dn_dti_explanation *out,
                                        dn_error *err);

/* What position i of the states of a target is: the number of its residue, from 1, or one of these. Where a
 * file of states has an odd number of tokens a protein, the larger half stands in front. A single state of a
 * longer sequence, pooled, is the whole protein. Local. */
enum { DN_EXPLAIN_START = 0, DN_EXPLAIN_END = -1, DN_EXPLAIN_WHOLE = -2 };
int64_t dn_explain_residue(const dn_explain_run *run, int64_t target, int64_t i);

#endif
