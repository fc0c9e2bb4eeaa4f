/* dti_table.h - every drug with every target, made by hand without Indigo, and reports of their evaluation
 *
 * Molecules are chains of atoms, every third target is a relative of the one before it, labels follow drugs
 * and targets. The same arrays stand on every rank and belong to nobody: tables are not destroyed. A test may
 * change them; test_dti_table() fills them anew.
 */
#ifndef DN_TEST_DTI_TABLE_H
#define DN_TEST_DTI_TABLE_H

#include "mpi/evaluate/evaluate_dti.h"

enum {
    TABLE_DRUGS = 44,
    TABLE_TARGETS = 31,
    TABLE_ROWS = TABLE_DRUGS * TABLE_TARGETS,
    TABLE_ATOMS = 8,
    TABLE_LENGTH = 40,
    TABLE_COLD_DRUG = 28,   /* drugs from here on are in no training row */
    TABLE_COLD_TARGET = 20, /* targets likewise */
    TABLE_REPLICATES = 37
};

extern char table_sequence[TABLE_TARGETS * TABLE_LENGTH];
extern int64_t table_drug[TABLE_ROWS], table_target[TABLE_ROWS];
extern uint8_t table_label[TABLE_ROWS], table_part[TABLE_ROWS];
extern double table_probability[TABLE_ROWS]; /* of a model that sees the labels through noise */

dn_dti_table test_dti_table(void);

/* What the reports below are said to be of. */
extern const dn_evaluate_options test_dti_options;

/* Evaluate with the probabilities p of a model, or without (NULL). The report as text, for dn_free(), holds
 * every number of it; NULL, and a failed assertion, when it failed. Collective on comm. */
char *test_dti_report(const dn_comm *comm, const dn_dti_table *t, dn_part wanted, const double *p,
                      dn_dti_evaluation *out);

#endif
