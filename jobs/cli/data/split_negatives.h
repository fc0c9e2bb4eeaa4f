/* split_negatives.h - dragnet split --negatives: read, draw, count, print */
#ifndef DN_CLI_SPLIT_NEGATIVES_H
#define DN_CLI_SPLIT_NEGATIVES_H

#include "jobs/cli/options.h"
#include "mpi/data/negatives.h"
#include "solvers/base/json.h"

typedef struct dn_split_negatives {
    dn_origins origins;
    double ratio;
    bool drawn;                                      /* false: the given ones alone, a split like any other */
    dn_negatives rows;                               /* rank 0, once drawn */
    dn_split_count (*counts[DN_ORIGINS])[DN_COUNTS]; /* rank 0: [folds] of the kinds after the first */
} dn_split_negatives;

/* --negatives and --negative-ratio. Local. Fails: DN_EUSAGE */
DN_MUST_CHECK dn_status dn_split_negatives_read(const dn_options *o, bool interactions,
                                                const char *pairs_name, dn_split_negatives *out,
                                                dn_error *err);

/* What determines the split; nothing where only given ones are asked for. Local. */
void dn_split_negatives_config(const dn_split_negatives *n, dn_json *config);

/* Draw on rank 0; counts [folds] of the kind that training uses, on every rank. Collective on comm.
 * Fails: as dn_negatives_draw(); DN_EDATA the test part is too small and not allow_small; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_split_negatives_draw(const dn_comm *comm, const dn_split_plan *plan,
                                                              const dn_pairs *pairs, const dn_genes *genes,
                                                              bool allow_small, dn_split_negatives *io_n,
                                                              dn_split_count (*counts)[DN_COUNTS],
                                                              dn_error *err);

/* A line of the table on stdout: fold, part (with a kind of negatives), rows, positives, negatives, and of
 * more than two classes the rows of each. */
void dn_split_line_print(int64_t fold, const char *part, const char *opt_kind, const dn_split_count *n,
                         int classes);

/* Lines of the kinds after the first, and the log of what was drawn. Rank 0. */
void dn_split_negatives_print(const dn_split_negatives *n, const dn_split_plan *plan, int classes);
void dn_split_negatives_destroy(dn_split_negatives *n);

#endif
