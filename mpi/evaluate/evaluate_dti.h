/* evaluate_dti.h - how good a model of drug-target pairs is, beside what needs no learning
 *
 *     dn_evaluate_options o = {.dataset = "d.h5", .model = "run/model.h5", .fold = -1, .part = DN_TEST, ...};
 *     DN_TRY(dn_evaluate_dti_file(comm, &o, &table, &evaluation, err));
 *
 * or, with probabilities from elsewhere, dn_dti_table_load() and dn_evaluate_dti().
 *
 * Model and baselines are measured on the same rows, on five views of them:
 *
 *     all            as split
 *     warm           drug and target both stand in training rows
 *     cold_drug      only the target does
 *     cold_target    only the drug does
 *     cold_both      neither does
 *
 * How views, thresholds, calibration, intervals and differences come about stands in evaluate_view.h; here
 * intervals resample the drugs and the targets of the view's rows. Baselines are fitted on all training rows.
 * Every number has the same bits on any number of ranks.
 */
#ifndef DN_EVALUATE_EVALUATE_DTI_H
#define DN_EVALUATE_EVALUATE_DTI_H

#include "mpi/io/drug_target.h"
#include "mpi/evaluate/evaluate.h"
#include "mpi/evaluate/evaluate_repeats.h"

/* The label histories are those of solvers/stats/label_history.h, the nearest ones those of
 * solvers/stats/similar_history.h, with the Tanimoto coefficient of Morgan fingerprints (chem/fingerprint.h)
 * as likeness of drugs and the cosine of 3-mer counts (stats/kmers.h) as likeness of targets. */
typedef enum dn_dti_baseline {
    DN_DTI_HISTORY,        /* "history"         labels of the target and of the drug */
    DN_DTI_TARGET_HISTORY, /* "target_history"  labels of the target */
    DN_DTI_DRUG_HISTORY,   /* "drug_history"    labels of the drug */
    DN_DTI_NEAREST_DRUG,   /* "nearest_drug"    labels of the target, of drugs like this one first */
    DN_DTI_NEAREST_TARGET, /* "nearest_target"  labels of the drug, of targets like this one first */
    DN_DTI_NEAREST,        /* "nearest"         sum of the two */
    DN_DTI_NEAREST_PAIR,   /* "nearest_pair"    labels of all pairs, of drugs and targets like these first */
    DN_DTI_KRON_RLS,       /* "kron_rls"        kernel ridge regression over pairs (dti_kron.h) */
    DN_DTI_BASELINES
} dn_dti_baseline;

enum { DN_DTI_VIEWS = 5, DN_DTI_SCORERS = 1 + DN_DTI_BASELINES };

extern const dn_eval_kind dn_dti_kind;

/* Another set of interactions, evaluated in place of a part of the split. */
typedef struct dn_dti_set {
    char name[128];             /* "": none */
    int64_t rows;               /* it has, the two_labels left out */
    int64_t first;              /* rows of the table's pairs from here on are of this set */
    int64_t *row;               /* [pairs.n - first]  where they stand in it */
    int64_t trained_on;         /* rows left out because their pair is a training row ... */
    int64_t other_label;        /* ... and of these, where it is so with the other label */
    int64_t two_labels;         /* pairs that import left out because they stood there with both labels */
    int64_t also_in_validation; /* rows whose pair is a validation row, which chose epoch and threshold */
} dn_dti_set;

/* What stands in a dataset about a split of drug-target pairs. */
typedef struct dn_dti_table {
    dn_drugs drugs;
    dn_targets targets;
    dn_interactions pairs;
    dn_split split;
    char name[128];   /* of the split */
    int64_t fold;     /* -1: the split has no folds */
    dn_dti_set set;   /* as dn_dti_table_add() leaves it */
    int64_t known[2]; /* drugs, targets that the dataset had when the model was trained; 0: those of today */
} dn_dti_table;

/* Collective on comm; every rank gets the whole. Fails: DN_EDATA no such split, or one of gene pairs (says
 * which); as dn_h5_open; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_table_load(const dn_comm *comm, const char *dataset,
                                                        const char *split, int64_t fold, dn_dti_table *out,
                                                        dn_error *err);
void dn_dti_table_destroy(dn_dti_table *t);

/* Rows of another set of interactions of the dataset, without pairs trained on, behind those that the split
 * divides. They become the test part, and the former test rows are left out, so that what is evaluated with
 * DN_TEST is the set, and training and validation are what they were. Once for a table. Collective on comm.
 * Fails: DN_EDATA no such set (lists those there are), a set of gene pairs, no row is left; as dn_h5_open();
 * DN_ENOMEM. The table is then as before */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_table_add(const dn_comm *comm, const char *dataset,
                                                       const char *name, dn_dti_table *t, dn_error *err);

/* Where row i of the table's pairs stands in which set. Local. */
int64_t dn_dti_table_row(const dn_dti_table *t, int64_t i, const char **out_set);

/* Was a model of this record, from path, trained on the training part of t, beside drugs and targets that
 * are the first ones of t? Others may have been imported since. Local. Fails: DN_EDATA (what differs) */
DN_MUST_CHECK dn_status dn_dti_table_check(const dn_dti_table *t, const char *dataset, const char *path,
                                           const dn_model_record *m, dn_error *err);

/* Probabilities of model.h5 at path for the rows that dn_dti_scored() names, into out [t->pairs.n]; 0
 * elsewhere. opt_states as for dn_dti_model_load(). Collective on comm. Fails: DN_EDATA the model is no
 * drug-target network, or was trained on other drugs, targets or rows than the training part of t; as
 * dn_dti_model_load(), dn_dti_model_score() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_table_score(const dn_comm *comm, const dn_dti_table *t,
                                                         const char *dataset, const char *path,
                                                         const char *opt_states, dn_part part, double *out,
                                                         dn_error *err);

/* Whether row i of the pairs needs the model's probability when `part` is evaluated: it is of that part or of
 * validation. Local. */
bool dn_dti_scored(const dn_dti_table *t, dn_part part, int64_t i);

typedef struct dn_dti_evaluation {
    const dn_eval_kind *kind; /* dn_dti_kind, or that of the contenders; scorers from DN_DTI_SCORERS on are
                                 contenders */
    bool model;               /* false: baselines alone; scorer 0 and the differences are not filled */
    int64_t folds;            /* 1, or as many as were pooled; counts are sums over them */
    dn_repeats repeats;       /* of several folds the mean over them; n == 0: there is one */
    dn_view_report view[DN_DTI_VIEWS]; /* view[0] is "all" */
    int64_t training_rows;
    int64_t contradictory; /* pairs of the set that import left out for carrying both labels */
    int64_t between_parts; /* pairs of the split that belong to no part; 0 with another set */
    dn_eval_rows all;      /* validation rows and the evaluated ones; owned */
    int64_t *all_row;      /* [all.n]  rows of the table's pairs, rising within validation and the rest */
    /* the evaluated rows, in views of the above */
    int64_t n;
    const int64_t *row;                  /* [n]  of the table's pairs */
    const uint8_t *klass;                /* [n]  the view it belongs to beside "all": 1 warm .. 4 cold_both */
    const double *score[DN_SCORERS_MAX]; /* [n] each  probability of the model (NULL without one); baselines;
                                            contenders */
} dn_dti_evaluation;

/* Measure the rows of `part`.
 *
 *   opt_probability [t->pairs.n]  the model's, the same on every rank; read where dn_dti_scored() only; in
 *                                 [0, 1]. NULL: baselines alone
 *
 * Collective on comm; every rank gets the whole report. Similarities and replicates are spread over the
 * ranks.
 * Fails: DN_EDATA no rows to evaluate; a probability is not one (names the row); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_dti(const dn_comm *comm, const dn_dti_table *t,
                                                      dn_part part, const double *opt_probability,
                                                      int64_t replicates, uint64_t seed,
                                                      dn_dti_evaluation *out, dn_error *err);

/* The same beside contenders, NULL: none. several_folds, several_splits: t is one of these (contenders.h).
 * They must live as long as *out. Fails: also DN_EDATA a contender has no score for a row that is evaluated,
 * or for some of the validation rows only (names file, pair and row); as dn_contenders_score() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_dti_beside(const dn_comm *comm, const dn_dti_table *t,
                                                             dn_part part, const double *opt_probability,
                                                             const dn_contenders *opt_contenders,
                                                             bool several_folds, bool several_splits,
                                                             int64_t replicates, uint64_t seed,
                                                             dn_dti_evaluation *out, dn_error *err);

/* Several folds of one split, each evaluated, as one: their rows together, AUROC and all else anew.
 * Threshold, calibration and the best baseline then come from the validation rows of all folds; where these
 * are evaluated in another fold, their labels are not new to the threshold, though they are to every score.
 *
 *   fold [folds]  of the same pairs, all with a model or all without; folds >= 1
 *
 * Collective on comm. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_pool(const dn_comm *comm, const dn_dti_evaluation *fold,
                                                  int64_t folds, int64_t replicates, uint64_t seed,
                                                  dn_dti_evaluation *out, dn_error *err);

/* All of it: table, model (options->model NULL: baselines alone) and report. options->pairs must be NULL;
 * options->interactions, one model or one fold of baselines, is evaluated in place of options->part.
 * With options->models or options->pool several folds are evaluated; the table is that of the last one, and
 * `repeats` has the mean over the models. Where all are of one split their rows are pooled besides: that is
 * what the views say. Of several splits (each the same folds anew, under another seed) there is the mean
 * alone: no view is measured, n is 0.
 * Collective on comm. Fails: DN_EUSAGE another split or fold than the model was trained on, models twice of
 * one fold of one split, splits of several sets of pairs; as the functions above */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_dti_file(const dn_comm *comm,
                                                           const dn_evaluate_options *options,
                                                           dn_dti_table *out_table, dn_dti_evaluation *out,
                                                           dn_error *err);
void dn_dti_evaluation_destroy(dn_dti_evaluation *e);

#endif
