/* dataset_private.h - what dataset.c and drug_target.c share; collective on the communicator of the file */
#ifndef DN_IO_DATASET_PRIVATE_H
#define DN_IO_DATASET_PRIVATE_H

#include "mpi/io/dataset.h"

/* A dataset of n rows (n < 0: however many), one value each, in a block for dn_free(). out_n may be NULL.
 * Fails: DN_EDATA absent, or of another length; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_read_vector(const dn_h5 *h, const char *name, dn_type type, int64_t n, void **out,
                                       int64_t *out_n, dn_error *err);

/* Fails: DN_EDATA there is no GROUP/NAME; the text lists those there are and calls them `what`. */
DN_MUST_CHECK dn_status dn_find_group(const dn_h5 *h, const char *group, const char *what, const char *name,
                                      dn_error *err);

#endif
