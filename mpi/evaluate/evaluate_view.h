/* evaluate_view.h - several scorers on one view of the same rows
 *
 * Scorer 0 is the model, those behind it are baselines; the model may be missing. Rows are pairs of entities,
 * those of validation, [0, n_validation), and behind them the evaluated ones, [n_validation, n).
 *
 * A view other than the first with fewer than DN_VIEW_LEAST rows of either class carries counts only.
 * Thresholds (largest macro F1) and calibration (Platt scaling, of the logit of the model's probability, of a
 * baseline's score) come from the validation rows of the same view, or from all validation rows when those
 * are fewer than DN_VIEW_LEAST of either class; the report says which. Intervals resample the entities of the
 * view's rows (solvers/stats/bootstrap.h), all scorers in the same replicates. Nothing is chosen on the
 * evaluated rows: the best baseline is the one with the largest AUROC on those validation rows. A scorer
 * whose validation scores are NaN has no threshold and no calibration and is not the best. Every number has
 * the same bits on any number of ranks.
 */
#ifndef DN_EVALUATE_EVALUATE_VIEW_H
#define DN_EVALUATE_EVALUATE_VIEW_H

#include <stdbool.h>
#include "mpi/core/world.h"
#include "solvers/stats/bootstrap.h"
#include "solvers/stats/calibrate.h"
#include "solvers/stats/metrics.h"

enum {
    DN_MODEL = 0, /* scorer 0 is the model, scorer 1 + b is baseline b */
    DN_SCORERS_MAX = 13,
    DN_VIEWS_MAX = 8,
    DN_VIEW_LEAST = 20
};

/* The rows that a view holds. */
typedef struct dn_view {
    const char *name;
    bool clean; /* clean ones only */
    int klass;  /* of this class only; 0: any */
} dn_view;

/* One kind of evaluation: who scores, and on which views. */
typedef struct dn_eval_kind {
    int scorers;
    const char *scorer[DN_SCORERS_MAX]; /* "model", then the baselines */
    int views;
    dn_view view[DN_VIEWS_MAX]; /* the first holds every row; wider ones before those they hold */
    int sides;                  /* 1: both ends of a pair are of one sort; 2: of two, counted apart */
    const char *entity[2];      /* what the ends are, in the plural: "genes"; "drugs", "targets" */
    const char *label[2];       /* what label 0 and label 1 mean */
    const char *views_note;     /* the views in words */
} dn_eval_kind;

typedef struct dn_eval_rows {
    const dn_eval_kind *kind;
    bool model;          /* scorer 0 is there */
    int64_t entities[2]; /* in the dataset; [1] counts with two sides only */
    int64_t n, n_validation;
    int64_t n_training[2];         /* training rows: all, clean */
    int64_t *a, *b;                /* [n]  the two ends: 0 <= a < entities[0], 0 <= b < entities[sides - 1] */
    uint8_t *label;                /* [n] */
    uint8_t *klass;                /* [n]  1, 2, ... */
    uint8_t *clean;                /* [n]  NULL: there is no such view */
    double *score[DN_SCORERS_MAX]; /* [n] each, fitted on all training rows */
    double *clean_score[DN_SCORERS_MAX]; /* [n] each  in place of score in views of clean rows: fitted on
                                            clean training rows; NULL: the same there */
} dn_eval_rows;

/* Does a view hold row i? The one place that knows what a view filters by. Local. */
bool dn_view_holds(const dn_eval_rows *rows, const dn_view *view, int64_t i);

/* Rows of one view, each column by itself. */
typedef struct dn_view_table {
    int64_t n, positives;
    int64_t *a, *b;                /* [n] */
    uint8_t *label;                /* [n] */
    double *score[DN_SCORERS_MAX]; /* [n] each; NULL for a model that is not there */
} dn_view_table;

/* Copy the rows of [begin, end) that view `members` holds, with the scores that view `measured` goes by.
 * *out is all zero before; to be destroyed after a failure, too. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_view_table_fill(const dn_eval_rows *rows, const dn_view *members,
                                           const dn_view *measured, int64_t begin, int64_t end,
                                           dn_view_table *out, dn_error *err);
void dn_view_table_destroy(dn_view_table *t);

/* Is the model better than a baseline, by AUROC? */
typedef enum dn_verdict {
    DN_BEATEN,     /* the whole interval of the difference is above 0 */
    DN_NOT_BEATEN, /* ... below 0 */
    DN_UNDECIDED   /* the interval holds 0, or there is none */
} dn_verdict;

/* Where a view's threshold and calibration come from. */
typedef enum dn_source {
    DN_FROM_VIEW,   /* validation rows of the view */
    DN_FROM_ALL,    /* all validation rows: the view has too few */
    DN_FROM_NOWHERE /* validation lacks a class: the model decides at 0.5, nothing is calibrated, no baseline
                       decides */
} dn_source;

typedef struct dn_scorer_report {
    double auroc, ap;
    dn_interval auroc_ci, ap_ci;
    double validation_auroc; /* NaN: validation lacks a class */
    bool decided;            /* whether there was a threshold */
    dn_decisions decisions;
    double brier, ece;                       /* of the raw probability; model only, NaN for baselines */
    double calibrated_brier, calibrated_ece; /* NaN when source is DN_FROM_NOWHERE */
    dn_platt platt;
} dn_scorer_report;

/* Model minus baseline. */
typedef struct dn_difference {
    double auroc, ap;
    dn_interval auroc_ci, ap_ci;
    dn_verdict beaten;
} dn_difference;

typedef struct dn_view_report {
    const char *name;
    int64_t rows, positives;
    int64_t drawn[2];      /* distinct entities of each side in the rows; 0 where only counts are given */
    int64_t training_rows; /* baselines were fitted on */
    int64_t validation_rows, validation_positives; /* of this view */
    bool measured;                                 /* false: what follows is not filled */
    dn_source source;
    dn_scorer_report scorer[DN_SCORERS_MAX];      /* [0] is not filled without a model */
    dn_difference difference[DN_SCORERS_MAX - 1]; /* not filled without a model */
    int best_baseline;                            /* -1: validation lacks a class */
} dn_view_report;

/* Measure view number v, 0 <= v < rows->kind->views, into report[v]; report[0 .. v) are filled. Collective on
 * comm. Fails: DN_ENOMEM, DN_EDATA a score is not finite */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_view_measure(const dn_comm *comm, const dn_eval_rows *rows, int v,
                                                      int64_t replicates, uint64_t seed,
                                                      dn_view_report *report, dn_error *err);

#endif
