/* screen_genes.h - a screen over pairs of genes: its options, its tables, JSON and digest
 *
 * Reading is local and the same on every rank; writing is local, by rank 0.
 */
#ifndef DN_CLI_SCREEN_GENES_H
#define DN_CLI_SCREEN_GENES_H

#include <stdio.h>
#include "jobs/cli/options.h"
#include "mpi/screen/gene_run.h"
#include "solvers/base/json.h"

/* What --genes, --gene, --threshold and the rest ask for; dataset and model are set by the caller. Fails:
 * DN_EUSAGE options of drugs and targets, or such as do not go together */
DN_MUST_CHECK dn_status dn_genes_screen_read(const dn_options *o, dn_gene_wish *io_wish, dn_error *err);

/* All that determines the results, into an object. */
void dn_genes_screen_config(const dn_gene_run *run, const dn_gene_wish *wish, dn_json *out);

/* screen.tsv: the hits, one a line; edges.tsv: the same as weighted edges for `dragnet import --edges
 * NAME:gene-gene=`, the weight being the probability, at the prevalence where one was stated, else
 * calibrated, else as the network has it; summary.json. Fails: DN_ECANTCREAT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_genes_screen_tsv(const dn_gene_run *run, const dn_gene_wish *wish, const char *dir,
                                            dn_error *err);
DN_MUST_CHECK dn_status dn_genes_screen_edges(const dn_gene_run *run, const dn_gene_wish *wish,
                                              const char *dir, dn_error *err);
DN_MUST_CHECK dn_status dn_genes_screen_summary(const dn_gene_run *run, const dn_gene_wish *wish,
                                                const char *dir, dn_error *err);

/* For a person: counts, precision on test rows, the first hits. */
void dn_genes_screen_print(const dn_gene_run *run, const dn_gene_wish *wish, FILE *to);

#endif
