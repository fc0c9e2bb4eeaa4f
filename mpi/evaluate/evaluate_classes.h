/* evaluate_classes.h - a model of four classes beside baselines, on the views of evaluate_view.h
 *
 * Every scorer gives a row four numbers that add up to 1 (solvers/stats/class_baselines.h): the model its
 * probabilities; "popularity" the directed popularity by place, "role" the same with both orders counted,
 * "correlation" the spread of (1 + r) / 2 with r the correlation of the profiles, "missing" that of
 * v / (v + v0) with v the share of values that are there and v0 its mean over the training pairs. They are
 * measured by class one against the rest, micro-averaged and as the macro mean (class_metrics.h). Popularity
 * and role are fitted on the training rows, in clean views on the clean ones.
 *
 * Intervals resample genes (solvers/stats/bootstrap.h), all scorers in the same replicates; a replicate that
 * leaves a class without weight does not count for it and for the macro mean. The best baseline is the one
 * with the largest macro mean of AUROC on the validation rows, of the view if each class that has rows there
 * has DN_VIEW_LEAST, otherwise of all. A view other than the first in which a class that has rows at all has
 * fewer than DN_VIEW_LEAST carries counts only. Every number has the same bits on any number of ranks.
 */
#ifndef DN_EVALUATE_EVALUATE_CLASSES_H
#define DN_EVALUATE_EVALUATE_CLASSES_H

#include "mpi/io/dataset.h"
#include "mpi/evaluate/evaluate_view.h"
#include "solvers/stats/class_metrics.h"

enum {
    DN_CLASS_SCORERS = 5, /* DN_MODEL, then four baselines */
    DN_CLASSES = 4,
    DN_MICRO = DN_CLASSES, /* targets: the classes, then these two */
    DN_MACRO,
    DN_TARGETS
};

extern const char *const dn_class_scorer_names[DN_CLASS_SCORERS];

/* "none", ..., "b_regulates_a", "micro", "macro". Local. */
const char *dn_target_name(int target);

typedef struct dn_class_figure {
    double auroc, ap;
    dn_interval auroc_ci, ap_ci;
} dn_class_figure;

typedef struct dn_class_view {
    const char *name;
    int64_t rows, of[DN_CLASSES];                       /* evaluated */
    int64_t validation_rows, validation_of[DN_CLASSES]; /* of this view */
    int64_t training_rows;                              /* popularity and role were fitted on */
    int64_t genes; /* distinct ones in the rows; 0 where only counts are given */
    bool measured; /* false: what follows is not filled */
    dn_class_figure scorer[DN_CLASS_SCORERS][DN_TARGETS]; /* [0] is not filled without a model */
    dn_class_figure difference[DN_CLASS_SCORERS - 1]
                              [DN_TARGETS];    /* model minus baseline; only with a model */
    dn_confusion confusion;                    /* of the model */
    double validation_auroc[DN_CLASS_SCORERS]; /* macro mean; NaN: validation lacks a class against another */
    int best_baseline;                         /* -1: none has one */
} dn_class_view;

/* What is scored. */
typedef struct dn_class_input {
    const dn_eval_rows *rows; /* labels 0 .. 3; score[1 + DN_CORRELATION] and score[1 + DN_MISSING] of
                                 baselines.h are filled; n_training: all, clean */
    const dn_pairs *pairs;    /* of the split */
    const int64_t *training;  /* [rows->n_training[0]]  rows of pairs, clean ones first */
    const int64_t *values;    /* [genes]  expression values that are not missing */
    int64_t samples;
    const float *opt_probability; /* [rows->n, DN_CLASSES]  of the model; NULL: baselines alone */
} dn_class_input;

typedef struct dn_class_evaluation {
    int views;                       /* 0: the model has two classes, nothing is filled */
    dn_class_view *view;             /* [views]  of rows->kind */
    double *score[DN_CLASS_SCORERS]; /* [evaluated rows, DN_CLASSES] each; [0] NULL without a model */
} dn_class_evaluation;

/* Collective on comm; every rank gets the whole report. Fails: DN_ENOMEM; DN_EDATA a score is not finite */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate_classes(const dn_comm *comm, const dn_class_input *input,
                                                          int64_t replicates, uint64_t seed,
                                                          dn_class_evaluation *out, dn_error *err);
void dn_class_evaluation_destroy(dn_class_evaluation *e);

#endif
