/* evaluate.h - how good a model is, beside what needs no learning, on rows it has not seen
 *
 * Model and baselines (solvers/stats/baselines.h) are measured on the same rows, on up to eight views of
 * them:
 *
 *     all      as published
 *     clean    without pairs of a decoy or of a gene that has no expression value
 *     c1 c2 c3, clean_c1 clean_c2 clean_c3    the same by how many genes of the pair occur in training pairs:
 * both, one, none
 *
 * A view other than "all" with fewer than DN_VIEW_LEAST rows of either class carries counts only. Popularity
 * is fitted on the training rows of the view (for c1 to c3: of the view they divide). Thresholds (largest
 * macro F1) and calibration (Platt scaling, of the logit of the model's probability, of a baseline's score)
 * come from the validation rows of the same view, or from all validation rows when those are fewer than
 * DN_VIEW_LEAST of either class; the report says which. Intervals resample the genes of the view's rows
 * (solvers/stats/bootstrap.h), model and baselines in the same replicates. Nothing is chosen on the evaluated
 * rows: the best baseline is the one with the largest AUROC on those validation rows. Every number has the
 * same bits on any number of ranks.
 */
#ifndef DN_TRAIN_EVALUATE_H
#define DN_TRAIN_EVALUATE_H

#include <stdbool.h>
#include "mpi/core/world.h"
#include "mpi/io/dataset.h"
#include "mpi/io/model_file.h"
#include "solvers/stats/baselines.h"
#include "solvers/stats/bootstrap.h"
#include "solvers/stats/calibrate.h"
#include "solvers/stats/metrics.h"

enum {
    DN_VIEWS = 8,
    DN_VIEW_LEAST = 20,
    DN_MODEL = 0, /* scorer 0 is the model, scorer 1 + b is baseline b */
    DN_SCORERS = 1 + DN_BASELINES
};

typedef struct dn_evaluate_options {
    const char *dataset;
    const char *model;
    const char *split;  /* NULL: that of the model */
    int64_t fold;       /* -1: that of the model */
    dn_part part;       /* which rows of the split; ignored with pairs */
    const char *pairs;  /* a pair set in place of a part of the split; NULL: none */
    int64_t replicates; /* >= 0 */
    uint64_t seed;
} dn_evaluate_options;

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
    int64_t rows, positives, genes; /* genes: distinct ones in the rows; 0 where only counts are given */
    int64_t training_rows;          /* popularity was fitted on */
    int64_t validation_rows, validation_positives; /* of this view */
    bool measured;                                 /* false: what follows is not filled */
    dn_source source;
    dn_scorer_report scorer[DN_SCORERS];
    dn_difference difference[DN_BASELINES];
    int best_baseline; /* dn_baseline, -1: validation lacks a class */
} dn_view_report;

typedef struct dn_evaluation {
    dn_model_record model;
    char part[16];                 /* "test", ...; "" when a pair set was evaluated */
    char pairs[128];               /* the pair set */
    dn_view_report view[DN_VIEWS]; /* view[0] is "all" */
    int64_t flat_genes;            /* genes with values that do not vary */
    struct {
        int64_t trained_on;    /* pairs of the set that stand in the training part, in either order */
        int64_t two_labels;    /* pairs of the set that import left out for carrying both labels */
        int64_t between_parts; /* pairs of the split that belong to no part */
    } left_out;
    int64_t also_in_validation; /* rows evaluated that validation used for early stop and threshold */
    /* row by row */
    dn_strings gene_id;
    int64_t n;
    int64_t *gene_a, *gene_b;  /* [n] */
    uint8_t *label;            /* [n] */
    uint8_t *klass;            /* [n]  1, 2, 3: c1, c2, c3 */
    uint8_t *clean;            /* [n] */
    double *score[DN_SCORERS]; /* [n] each  probability of the model; scores of the baselines, popularity of
                                  "all" */
} dn_evaluation;

/* Collective on comm; every rank gets the whole report.
 * Fails: DN_EUSAGE  another split or fold than the model was trained on
 *        DN_EDATA   dataset and model do not belong together (says what differs); no rows to evaluate
 *        as dn_h5_open, dn_score; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate(const dn_comm *comm, const dn_evaluate_options *options,
                                                  dn_evaluation *out, dn_error *err);
void dn_evaluation_destroy(dn_evaluation *e);

#endif
