/* checkpoint_private.h - what checkpoint.c and checkpoint_state.c share; included by nobody else */
#ifndef DN_TRAIN_CHECKPOINT_PRIVATE_H
#define DN_TRAIN_CHECKPOINT_PRIVATE_H

#include "mpi/io/h5.h"
#include "mpi/train/checkpoint.h"

enum { DN_POSITION = 4, DN_SUMS = 6, DN_VECTORS = 6 };

/* The numbers of a state in rows of their own. Local. */
void dn_checkpoint_pack(const dn_checkpoint *c, int64_t *position, double *sums);
void dn_checkpoint_unpack(const int64_t *position, const double *sums, dn_checkpoint *c);

/* A float vector of a state. */
typedef struct dn_vector {
    const char *name;
    int64_t *n;
    float **at;
    bool wanted; /* it is part of a state like this one */
} dn_vector;

/* All of them, in out [DN_VECTORS], pointing into *c. Local. */
void dn_checkpoint_vectors(dn_checkpoint *c, dn_vector *out);

/* Bytes of the numbers in the file of a state, of which its tables take some more. Local. */
int64_t dn_checkpoint_bytes(const dn_checkpoint *c);

/* Write a state as rank 0 holds it into a new file. Collective on its communicator. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_put(dn_h5 *h, const dn_checkpoint *c, dn_error *err);

/* All of the checkpoint at path, its checksums compared, into vectors of its own for dn_checkpoint_release();
 * config and build are for dn_free(). By one rank alone. Fails: as dn_h5_open(); DN_EDATA damaged */
DN_MUST_CHECK dn_status dn_checkpoint_read(const char *path, dn_checkpoint *out, char **out_config,
                                           char **out_build, dn_error *err);
void dn_checkpoint_release(dn_checkpoint *c);

#endif
