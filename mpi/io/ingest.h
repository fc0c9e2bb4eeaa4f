/* ingest.h - tables of the world into one dataset file
 *
 * Plain files are split by bytes over the ranks, a gzip file is inflated as a stream by rank 0. Genes are
 * divided over the ranks by dn_block(); the file that comes out is the same on any number of ranks.
 */
#ifndef DN_IO_INGEST_H
#define DN_IO_INGEST_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/world.h"

typedef enum dn_axis { DN_AXIS_AUTO, DN_AXIS_ROWS, DN_AXIS_COLUMNS } dn_axis;

typedef struct dn_import_options {
    const char *output;
    int n_expression;
    const char *const *expression; /* [n_expression]  their samples stand side by side in this order */
    dn_axis genes_in;              /* where genes stand in an expression table; AUTO: where the ids match */
    const char *gene_ids; /* gene id table, or NULL: the ids of the first expression file are the genes */
    int n_pairs;
    const char *const *pair_name; /* [n_pairs]  letters, digits, '_', '-' and '.' */
    const char *const *pair_file; /* [n_pairs]  .npy of (i, j, label), else a table of id, id, label */
    int n_drop;
    const char *const *drop; /* [n_drop]  fnmatch patterns on any naming: these genes are left out */
    int n_decoys;
    const char *const *decoys; /* [n_decoys]  these genes are marked */
    double min_match;          /* least share of the ids of an expression file that must be known, 0..1 */
    bool add;                  /* add pair sets to a dataset that exists */
    bool force;
} dn_import_options;

enum { DN_EXAMPLES = 3 };

/* The first few names of something that was counted. */
typedef struct dn_examples {
    char text[DN_EXAMPLES][48];
    int n;
} dn_examples;

typedef struct dn_expression_report {
    bool genes_in_columns;
    int64_t ids;     /* gene ids in the file */
    int64_t used;    /* distinct genes that got a profile from it */
    int64_t unknown; /* ids that no naming knows, or that mean two genes */
    int64_t dropped; /* ids of dropped genes */
    int64_t repeats; /* ids of a gene that stood there before; the first one counts */
    int64_t samples;
    dn_examples unknown_ids;
} dn_expression_report;

/* rows = kept + unknown + self_pairs + dropped + repeats + two_labels */
typedef struct dn_pairs_report {
    int64_t rows;
    int64_t kept, positive;
    int64_t unknown; /* a gene that no naming knows, or whose name means two genes */
    int64_t self_pairs;
    int64_t dropped;    /* a gene that was dropped */
    int64_t repeats;    /* the pair stood there before, in either order */
    int64_t two_labels; /* distinct pairs that stood there with both labels; left out */
    dn_examples unknown_ids;
} dn_pairs_report;

typedef struct dn_import_report {
    bool already;       /* the output was complete before, with the same config; nothing was done */
    int64_t table_rows; /* rows of the gene id table */
    int64_t genes;      /* kept */
    int64_t dropped;    /* rows that --drop-genes left out */
    int64_t decoys;
    int64_t ambiguous; /* names that mean two genes; they find none */
    char primary[64];  /* the naming that matches the expression ids best */
    int64_t samples;
    int64_t missing;     /* missing expression values */
    int64_t no_values;   /* genes without a value */
    int64_t no_variance; /* genes with values that are all the same */
    dn_examples no_value_genes, no_variance_genes;
    dn_expression_report *expression; /* [n_expression] */
    dn_pairs_report *pairs;           /* [n_pairs] */
} dn_import_report;

/* Import. command is the command line, for the record. The report is the same on every rank.
 * Collective on comm. Fails: DN_EUSAGE options that make no sense together, or a name of a pair set; DN_EDATA
 * an input is wrong (file, line and column or row named), ids do not match, one class of labels;
 * DN_ENOINPUT; DN_ECANTCREAT the output or a pair set exists; DN_EIO, DN_ENOMEM. Whatever fails, no output is
 * left. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_import(const dn_comm *comm, const dn_import_options *o,
                                                const char *command, dn_import_report *out, dn_error *err);

void dn_import_report_destroy(dn_import_report *r);

#endif
