/* pair_import.h - pair sets over twelve genes: imported by all ranks and by one alone, and read back */
#ifndef DN_TEST_PAIR_IMPORT_H
#define DN_TEST_PAIR_IMPORT_H

#include <stdbool.h>
#include "mpi/io/ingest.h"
#include "solvers/base/text.h"

enum { PAIR_GENES = 12, PAIR_MOST = 400 };

/* A table of the genes YA .. YL under three names, as test_file() has it. Collective. */
const char *pair_gene_table(bool reversed);

/* A pair set as it lies in a file. */
typedef struct pair_stored {
    int64_t n, a[PAIR_MOST], b[PAIR_MOST];
    uint8_t label[PAIR_MOST];
    int64_t classes;
    dn_strings id; /* of the genes, for dn_strings_destroy() */
} pair_stored;

/* Asserts that it can be read. Collective on comm. */
void pair_stored_load(const dn_comm *comm, const char *path, const char *name, pair_stored *out);
bool pair_stored_same(const pair_stored *x, const pair_stored *y);

/* Asserts that what is left out and what is kept are all rows. */
void pair_report_adds_up(const dn_pairs_report *r);

/* Options that import sets to test_path("sets.h5") over the genes of a table, of which YD is dropped. Their
 * paths stay until the next call. */
dn_import_options pair_import_defaults(const char *table);

/* A set NAME=file. */
typedef struct pair_set {
    const char *name, *file;
} pair_set;

/* Import n sets on all ranks, and again on rank 0 alone, where the outcome must be the same. Collective. */
dn_status pair_import(const dn_import_options *o, const pair_set *s, int n, dn_import_report *r,
                      dn_error *err);

#endif
