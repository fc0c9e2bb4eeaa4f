/* checkpoint_file.h - checkpoint.h5 of any long stage: how it is written, found and removed, whatever it
 * holds
 *
 *     DN_TRY(dn_checkpoint_file_create(comm, path, schema, command, config, build, &h, err));
 *     DN_TRY(dn_checkpoint_file_put(h, "/checkpoint/position", 1, &n, sizeof *at, at, err));    as often as
 *     DN_TRY(dn_checkpoint_file_commit(&h, err));                                               it takes
 *
 * A checkpoint is written as PATH.part, flushed and renamed; the one before it is kept as PATH.previous (and
 * is PATH.kept for the moment in which the names change). Each dataset has its checksum in its attribute
 * `blake2b`, the config, which is what determines the result, in config_blake2b; `build` names program and
 * CPU. A checksum over the whole file stands at its end (seal.h).
 */
#ifndef DN_IO_CHECKPOINT_FILE_H
#define DN_IO_CHECKPOINT_FILE_H

#include "mpi/io/h5.h"

/* ---- writing ---- */

/* A new one beside what stands at path; an unpublished one goes with dn_h5_close(). Collective on comm.
 * Fails: as dn_h5_create() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_file_create(const dn_comm *comm, const char *path,
                                                                const char *schema, const char *command,
                                                                const char *config, const char *build,
                                                                dn_h5 **out, dn_error *err);

/* A dataset of items of `size` bytes as rank 0 holds it, with its checksum; ndims 1 or 2. Collective on the
 * communicator of h. Fails: as dn_h5_write() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_file_put(dn_h5 *h, const char *name, int ndims,
                                                             const int64_t *dims, size_t size,
                                                             const void *data, dn_error *err);

/* Publish it and keep the one before; *h is NULL afterwards in any case. Collective. Fails: as
 * dn_h5_commit(), DN_ECANTCREAT, and then the checkpoint before is as it was */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_file_commit(dn_h5 **h, dn_error *err);

/* When err says that there is no room, add what a checkpoint of so many bytes takes in all. Local. */
void dn_checkpoint_file_need(int64_t bytes, dn_error *err);

/* Remove the checkpoint, the one before it and what a killed run left of one. Absent ones are fine.
 * Collective on comm. Fails: DN_ECANTCREAT */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_file_remove(const dn_comm *comm, const char *path,
                                                                dn_error *err);

/* ---- finding and reading ---- */

/* Reads the whole of a checkpoint, as the stage does that wrote it, and gives back its config for dn_free().
 * By one rank alone. Fails: as dn_checkpoint_file_open(), dn_checkpoint_file_get() */
typedef dn_status (*dn_checkpoint_reader)(const char *path, char **out_config, dn_error *err);

/* Whether there is a checkpoint for config at path. One that is damaged is replaced by PATH.kept, where a
 * kill left one, or PATH.previous, with a warning of `stage`. Rank 0 reads; collective on comm. Fails:
 * DN_ECANTCREAT it is of another config (names what differs), or it is damaged and there is no sound previous
 * one; DN_EIO, DN_ENOINPUT it cannot be looked for or read, which is no damage: both stay; DN_EDATA it is
 * sound, but of a newer version; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_checkpoint_file_find(const dn_comm *comm, const char *path,
                                                              const char *stage, dn_checkpoint_reader read,
                                                              const char *config, bool *out_found,
                                                              dn_error *err);

/* Open one after its seal has been looked at. self: a communicator of this rank alone, which outlives h.
 * config and build are for dn_free(). Local. Fails: as dn_h5_open(); DN_EDATA damaged */
DN_MUST_CHECK dn_status dn_checkpoint_file_open(const dn_comm *self, const char *path, const char *schema,
                                                dn_h5 **out, char **out_config, char **out_build,
                                                dn_error *err);

/* A dataset that has its checksum, in memory for dn_free(). dims [0] is found, dims [1], with two dimensions,
 * is wanted. Local. Fails: DN_EDATA absent, of another shape, damaged; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_checkpoint_file_get(const dn_h5 *h, const char *name, dn_type type, size_t size,
                                               int ndims, int64_t *dims, void **out, dn_error *err);

#endif
