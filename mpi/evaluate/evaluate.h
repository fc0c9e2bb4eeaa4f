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
 * How thresholds, calibration, intervals and differences come about stands in evaluate_view.h; here
 * intervals resample genes. Popularity is fitted on the training rows of the view (for c1 to c3: of the view
 * they divide). Pairs of four classes are measured as evaluate_classes.h says.
 */
#ifndef DN_EVALUATE_EVALUATE_H
#define DN_EVALUATE_EVALUATE_H

#include "mpi/io/dataset.h"
#include "mpi/io/model_file.h"
#include "mpi/evaluate/contenders.h"
#include "mpi/evaluate/evaluate_classes.h"
#include "mpi/evaluate/evaluate_view.h"
#include "solvers/stats/baselines.h"

enum { DN_VIEWS = 8, DN_SCORERS = 1 + DN_BASELINES };

extern const dn_eval_kind dn_gene_kind;

typedef struct dn_evaluate_options {
    const char *dataset;
    const char *model;         /* NULL: baselines alone, which needs a split */
    const char *split;         /* NULL: that of the model */
    int64_t fold;              /* -1: that of the model, or none */
    dn_part part;              /* which rows of the split; ignored with pairs */
    const char *const *models; /* [n_models]  models of several folds or splits, in place of model:
                                  dn_evaluate_folds(), dn_evaluate_dti_file() */
    int n_models;
    int64_t pool; /* baselines: folds 0 .. pool - 1 are pooled; 0: one fold; by the same functions */
    const dn_contenders *contenders; /* drug-target pairs: scores out of files; NULL: none */
    const char *opt_states;   /* drug-target pairs: the file of states that the model was trained on; NULL:
                                 where it stood then */
    const char *pairs;        /* a pair set in place of a part of the split; NULL: none */
    const char *interactions; /* drug-target pairs: a set of them in place of a part; NULL: none */
    int negatives;            /* 0: those that training uses; 1 + dn_origin: of validation and test those of
                                 this kind in their place (mpi/io/origin.h) */
    int64_t replicates;       /* >= 0 */
    uint64_t seed;
    bool folded; /* pairs of genes: scores of the folded network (mpi/train/score_pairs.h), as a screen has
                    them, in a third of the time; they differ in the last digits */
} dn_evaluate_options;

/* May a model of this record be evaluated on the split and fold that are asked for? Local. Fails: DN_EUSAGE
 */
DN_MUST_CHECK dn_status dn_evaluate_check_wish(const dn_evaluate_options *options,
                                               const dn_model_record *record, dn_error *err);

/* Are the validation rows of hash `hash` those that chose the epoch of the model at path? Otherwise they may
 * be test rows by now. Models of before this was stored pass. Local. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_evaluate_check_validation(const char *path, const dn_model_record *record,
                                                     const char *dataset, const char *hash, dn_error *err);

typedef struct dn_evaluation {
    dn_model_record model;         /* without a model: split, fold and pair set alone */
    char part[16];                 /* "test", ...; "" when a pair set was evaluated */
    char pairs[128];               /* the pair set */
    char source[128];              /* the imported one behind the split's (dn_split) */
    dn_origin trained;             /* the negatives that training used */
    dn_view_report view[DN_VIEWS]; /* view[0] is "all"; of four classes that alone, and its counts only */
    dn_class_evaluation classes;   /* of four classes, in place of view */
    int64_t flat_genes;            /* genes with values that do not vary */
    struct {
        int64_t trained_on;    /* pairs of the set that stand in the training part, in either order */
        int64_t two_labels;    /* pairs of the set that import left out for carrying both labels */
        int64_t between_parts; /* pairs of the split that belong to no part */
    } left_out;
    int64_t also_in_validation; /* rows evaluated that validation used for early stop and threshold */
    dn_eval_rows all;           /* validation rows and the evaluated ones; owned */
    dn_strings gene_id;
    /* the evaluated rows, in views of the above */
    int64_t n;
    const int64_t *gene_a, *gene_b;  /* [n] */
    const uint8_t *label;            /* [n] */
    const uint8_t *klass;            /* [n]  1, 2, 3: c1, c2, c3 */
    const uint8_t *clean;            /* [n] */
    const double *score[DN_SCORERS]; /* [n] each  probability of the model (NULL without one); scores of the
                                        baselines, popularity of "all" */
} dn_evaluation;

/* Set the views of e->all. Local. */
void dn_evaluation_view_rows(dn_evaluation *e);

/* One model, or the baselines of one fold; options->models and pool are for evaluate_folds.h. Collective on
 * comm; every rank gets the whole report.
 * Fails: DN_EUSAGE  another split or fold than the model was trained on
 *        DN_EDATA   dataset and model do not belong together (says what differs); no rows to evaluate
 *        as dn_h5_open, dn_score; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_evaluate(const dn_comm *comm, const dn_evaluate_options *options,
                                                  dn_evaluation *out, dn_error *err);
void dn_evaluation_destroy(dn_evaluation *e);

#endif
