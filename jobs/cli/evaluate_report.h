/* evaluate_report.h - the three forms of an evaluation: a table for people, JSON, scores row by row
 *
 * All functions are local; called on rank 0.
 */
#ifndef DN_CLI_EVALUATE_REPORT_H
#define DN_CLI_EVALUATE_REPORT_H

#include <stdio.h>
#include "mpi/train/evaluate.h"

void dn_evaluation_print(const dn_evaluation *e, const dn_evaluate_options *o, FILE *to);

/* One JSON object, the model first; shape in cmd_evaluate.c (--help). *out is for dn_free(). Fails: DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_evaluation_json(const dn_evaluation *e, const dn_evaluate_options *o, char **out,
                                           dn_error *err);

/* TSV with a header, one line for each evaluated pair, to PATH.part, then renamed.
 * Fails: DN_ECANTCREAT, DN_EIO */
DN_MUST_CHECK dn_status dn_evaluation_save_scores(const dn_evaluation *e, const char *path, dn_error *err);

#endif
