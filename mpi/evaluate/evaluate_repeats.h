/* evaluate_repeats.h - the mean over several models, each on its own rows, with an honest interval
 *
 * Models of several folds, and of several splits (the same folds again under other seeds), are measured one
 * by one: model m has AUROC and average precision A_mk for each scorer k on the rows of its own fold. What is
 * reported is the mean over the models
 *
 *     A_k = (1 / M) sum_m A_mk        D_k = (1 / M) sum_m (A_m,model - A_mk)
 *
 * This is not the AUROC of the pooled predictions (evaluate_folds.h), which also compares pairs of different
 * folds, scored by different models, and mixes their scales. On a view (evaluate_view.h) the same is done
 * with the rows that it holds.
 *
 * The interval is of the entities, not of the models: replicate b draws multiplicities of the drugs and of
 * the targets (of the genes) that occur in any of the rows, as solvers/stats/bootstrap.h does with all rows
 * behind one another, and a drug has the same multiplicity in every fold and every split of that replicate.
 * A pair of genes that is tested in two folds, by two models, weighs the same in both. The value
 * of the replicate is the mean over the models of the weighted measure. Splits repeated under other seeds
 * ask the same drugs and targets again: they average out the luck of the draw and of the training, but they
 * are no new drugs, and the interval does not shrink with their number as that of independent models would.
 * It holds for the models as trained: nothing is trained anew in a replicate. How far models differ among
 * themselves is said beside it (sd over the models, denominator M - 1, and in how many D_mk > 0).
 *
 * A model whose rows lack a class has no AUROC and is left out of all means (counted < n says so); of a view
 * other than the first also one with fewer than DN_VIEW_LEAST rows of either class. A
 * replicate in which a class of a counted model has no weight is skipped, and counted as such. The best
 * baseline is the one with the largest mean of AUROC on the validation rows of each model: one for all
 * models, and nothing is chosen on evaluated rows. Where a counted model has fewer than DN_VIEW_LEAST
 * validation rows of either class in a view other than the first, all validation rows of every model stand in
 * for those of the view.
 */
#ifndef DN_EVALUATE_EVALUATE_REPEATS_H
#define DN_EVALUATE_EVALUATE_REPEATS_H

#include "mpi/evaluate/evaluate_view.h"

/* One model. */
typedef struct dn_repeat {
    char split[128]; /* filled by the caller, as is fold */
    int64_t fold;    /* -1: the split has none */
    int64_t rows, positives;
    bool counted; /* its rows have both classes, of a view enough of them */
    double auroc[DN_SCORERS_MAX], ap[DN_SCORERS_MAX];
    double validation_auroc[DN_SCORERS_MAX]; /* NaN: no validation rows of both classes, or no scores there */
} dn_repeat;

/* Of a scorer, or of the difference model minus scorer. NaN where no model counts. */
typedef struct dn_mean_report {
    double auroc, ap, auroc_sd, ap_sd; /* sd: NaN of fewer than two models */
    dn_interval auroc_ci, ap_ci;
    double validation_auroc; /* mean; NaN when a model has none; of a difference NaN */
    int64_t above;           /* differences: counted models in which that of AUROC is above 0 */
    dn_verdict beaten;       /* differences */
} dn_mean_report;

typedef struct dn_repeats {
    const dn_eval_kind *kind;
    const dn_view *view; /* of the kind */
    dn_source source;    /* whose validation rows chose the best baseline: those of the view, or all */
    bool model;          /* scorer 0 is there */
    int64_t n, counted;  /* models; n == 0: nothing was measured */
    int64_t splits;      /* different ones */
    dn_repeat *each;     /* [n] */
    int64_t drawn[2];    /* distinct entities of each side in the rows of all models */
    dn_mean_report scorer[DN_SCORERS_MAX];
    dn_mean_report difference[DN_SCORERS_MAX - 1]; /* model minus scorer 1 + b */
    int best_baseline;                             /* -1: none has validation rows of both classes */
} dn_repeats;

/* Room for n models, whose split and fold the caller fills in. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_repeats_create(int64_t n, dn_repeats *out, dn_error *err);
void dn_repeats_destroy(dn_repeats *r);

/* Measure them on view number v, 0 <= v < kind->views.
 *
 *   rows [r->n]  all of one dataset and of one kind, all with a model or all without
 *
 * Collective on comm; replicates are spread over the ranks, every number has the same bits on any number of
 * them. Fails: DN_EDATA a score is not finite; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_repeats_measure_view(const dn_comm *comm, dn_repeats *r,
                                                              const dn_eval_rows *const *rows, int v,
                                                              int64_t replicates, uint64_t seed,
                                                              dn_error *err);

/* The same on the first view, which holds every row. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_repeats_measure(const dn_comm *comm, dn_repeats *r,
                                                         const dn_eval_rows *const *rows, int64_t replicates,
                                                         uint64_t seed, dn_error *err);

#endif
