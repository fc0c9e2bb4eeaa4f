/* explain_output.h - explanations as tables and a picture. Local. */
#ifndef DN_CLI_EXPLAIN_OUTPUT_H
#define DN_CLI_EXPLAIN_OUTPUT_H

#include <stdio.h>
#include "mpi/explain/explain_run.h"

/* One pair in sums; all in the unit of the logit but probability and steps. */
typedef struct dn_explain_sums {
    double probability, score, baseline;
    double atoms, drug_place;      /* the molecule: its atoms, where it lies among those of training rows */
    double residues, target_place; /* the same of the sequence; residues are all its positions */
    double labels, kernel;         /* label features but kernel ridge regression, and that */
    double remainder;
    int64_t steps;
    int64_t complete; /* 1: the remainder is within the tolerance */
} dn_explain_sums;

dn_explain_sums dn_explain_sum(const dn_dti_explanation *e);

/* Files of pair i in dir: pair_<i + 1>.atoms.tsv, .residues.tsv, .inputs.tsv, and .svg unless chem is NULL.
 * Fails: DN_ECANTCREAT, DN_EIO, DN_ENOMEM; as dn_molecule_read() */
DN_MUST_CHECK dn_status dn_explain_write_pair(const dn_explain_run *run, int64_t i,
                                              const dn_dti_explanation *e, dn_chem *chem, const char *dir,
                                              dn_error *err);
/* Whether a file is one of these. */
bool dn_explain_is_output(const char *name);

/* pairs.tsv in dir: sums [n], a line each. */
DN_MUST_CHECK dn_status dn_explain_write_pairs(const dn_explain_run *run, const dn_explain_sums *sums,
                                               const char *dir, dn_error *err);

/* The same as summary.json. */
DN_MUST_CHECK dn_status dn_explain_write_summary(const dn_explain_run *run, const dn_explain_sums *sums,
                                                 const char *dir, dn_error *err);

/* Pairs of a pairs.tsv that are not complete. Fails: DN_ENOINPUT, DN_EDATA, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_explain_count_incomplete(const char *path, int64_t *out, dn_error *err);

/* For a person: what the molecule, the sequence and the labels brought, of the first pairs. */
void dn_explain_print(const dn_explain_run *run, const dn_explain_sums *sums, FILE *to);

#endif
