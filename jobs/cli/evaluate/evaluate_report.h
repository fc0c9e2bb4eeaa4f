/* evaluate_report.h - the three forms of an evaluation: a table for people, JSON, scores row by row
 *
 * All functions are local; called on rank 0.
 */
#ifndef DN_CLI_EVALUATE_REPORT_H
#define DN_CLI_EVALUATE_REPORT_H

#include <stdio.h>
#include "mpi/evaluate/evaluate.h"
#include "mpi/evaluate/evaluate_dti.h"
#include "mpi/evaluate/evaluate_folds.h"
#include "mpi/evaluate/evaluate_negatives.h"
#include "solvers/base/json.h"

/* ---- what every kind of evaluation shares: its views ---- */

typedef struct dn_views {
    const dn_eval_kind *kind;
    const dn_view_report *view; /* [kind->views] */
    bool model;                 /* false: baselines alone */
    int64_t replicates;
} dn_views;

/* The first view into root itself, the others into "views", all of one shape. */
void dn_views_json(const dn_views *v, dn_json *root);
void dn_views_print(const dn_views *v, FILE *to);

/* ---- pairs of genes ---- */

void dn_evaluation_print(const dn_evaluation *e, const dn_evaluate_options *o, FILE *to);

/* One JSON object, the model first; shape in cmd_evaluate.c (--help). *out is for dn_free(). Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_evaluation_json(const dn_evaluation *e, const dn_evaluate_options *o,
                                           const dn_gene_kinds *opt_kinds, char **out, dn_error *err);

/* TSV with a header, one line for each evaluated pair, to PATH.part, then renamed.
 * Fails: DN_ECANTCREAT, DN_EIO */
DN_MUST_CHECK dn_status dn_evaluation_save_scores(const dn_evaluation *e, const char *path, dn_error *err);

/* ---- pairs of genes of four classes: the parts of the three forms above that differ
 * (evaluate_classes_report.c) ---- */

void dn_class_evaluation_print(const dn_class_evaluation *e, int64_t replicates, FILE *to);
void dn_class_evaluation_json(const dn_class_evaluation *e, dn_json *root);
/* The columns of scores, each with a tab in front. */
void dn_class_evaluation_header(FILE *f);
void dn_class_evaluation_row(const dn_class_evaluation *e, int64_t i, FILE *f);
/* Several folds: the means, then the pooled rows. */
void dn_gene_folds_print(const dn_gene_folds *g, const dn_evaluate_options *o, FILE *to);
DN_MUST_CHECK dn_status dn_gene_folds_json(const dn_gene_folds *g, const dn_evaluate_options *o,
                                           const dn_gene_kinds *opt_kinds, char **out, dn_error *err);

/* Every kind of negatives, of which `first` (of several folds also first_mean, otherwise NULL) are the views
 * of the first; nothing where there is one kind. JSON: "negatives", each of the shape of root. */
void dn_gene_kinds_json(const dn_gene_kinds *opt_kinds, const dn_view_report *first,
                        const dn_repeats *first_mean, const dn_evaluate_options *o, dn_json *root);
void dn_gene_kinds_print(const dn_gene_kinds *kinds, const dn_view_report *first,
                         const dn_evaluate_options *o, FILE *to);

/* ---- drug-target pairs; o->model NULL: baselines alone ---- */

void dn_dti_evaluation_print(const dn_dti_evaluation *e, const dn_dti_table *t, const dn_evaluate_options *o,
                             FILE *to);
DN_MUST_CHECK dn_status dn_dti_evaluation_json(const dn_dti_evaluation *e, const dn_dti_table *t,
                                               const dn_evaluate_options *o, char **out, dn_error *err);
/* The mean over several models. */
void dn_repeats_print(const dn_repeats *r, int64_t replicates, FILE *to);
void dn_repeats_json(const dn_repeats *r, dn_json *root);
/* The same of every view: view [kind->views]. Print: a line each, behind the table of the first; JSON:
 * "mean", the others in its "views". */
void dn_repeats_views_print(const dn_repeats *view, FILE *to);
void dn_repeats_views_json(const dn_repeats *view, dn_json *root);

DN_MUST_CHECK dn_status dn_dti_evaluation_save_scores(const dn_dti_evaluation *e, const dn_dti_table *t,
                                                      const char *path, dn_error *err);

/* The pairs of a split as TSV: drug, target, label, smiles, sequence, then `part` (of the fold, or of a split
 * without folds) or, fold -1 with folds, part_0, part_1, ... : train, validation, test, left_out. Collective
 * on comm; rank 0 writes. Fails: as dn_dti_table_load(); DN_EDATA a text that has a tab; DN_ECANTCREAT,
 * DN_EIO */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_export_rows(const dn_comm *comm, const char *dataset,
                                                         const char *split, int64_t fold, const char *path,
                                                         dn_error *err);

#endif
