/* h5.h - the door to parallel HDF5: files that are complete or not there
 *
 * A file is written as PATH.part; dn_h5_commit() marks it complete, closes it collectively, flushes it to
 * disk and renames it. A reader refuses a file that is not HDF5, not of the wanted schema, of a newer major
 * version, or not complete. Every dataset that is written must stand in the table of schema.c, which gives
 * its type, dims and unit.
 *
 * All functions are collective on the communicator of the file unless marked local; every rank gets the same
 * verdict. Any rank may fail to read: DN_EIO on all, except that dn_h5_has() and dn_h5_has_attribute(), which
 * cannot fail, end the run with that code. A file that is only read is read without MPI-IO, each rank by
 * itself.
 */
#ifndef DN_IO_H5_H
#define DN_IO_H5_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/world.h"
#include "solvers/base/text.h"

typedef struct dn_h5 dn_h5;

typedef enum dn_type { DN_U8, DN_U16, DN_I8, DN_I64, DN_F32, DN_F64 } dn_type;

/* Version of the HDF5 library in buf; returns buf. Local. */
const char *dn_h5_library(char *buf, size_t cap);

/* ---- open and close ---- */

/* A new file. schema is "dragnet.dataset", "dragnet.model", "dragnet.checkpoint" "dragnet.network",
 * "dragnet.network.checkpoint", "dragnet.screen" or "dragnet.states". command and config (canonical JSON of
 * the options that determine the content; NULL: attribute config follows later) become attributes. Fails:
 * DN_ECANTCREAT (directory, rights, or PATH exists and not force; PATH stays as it is until commit). */
DN_MUST_CHECK dn_status dn_h5_create(const dn_comm *comm, const char *path, const char *schema,
                                     const char *command, const char *config, bool force, dn_h5 **out,
                                     dn_error *err);

/* Read only. Fails: DN_ENOINPUT cannot be opened; DN_EDATA not HDF5, truncated, foreign, newer, not complete.
 */
DN_MUST_CHECK dn_status dn_h5_open(const dn_comm *comm, const char *path, const char *schema, dn_h5 **out,
                                   dn_error *err);

/* A copy of a complete file under PATH.part, open for additions; commit puts it in the place of PATH. */
DN_MUST_CHECK dn_status dn_h5_edit(const dn_comm *comm, const char *path, const char *schema, dn_h5 **out,
                                   dn_error *err);

/* When h is published, it gets a checksum over the whole file (seal.h). Local. */
void dn_h5_seal(dn_h5 *h);

/* Have room on the disk up to byte `end` of the file, and some more for the tables: rank 0 sees to it. What
 * is written has it made in any case; to ask for all at once is to fail early. Local. Fails: DN_EIO there is
 * none
 * ("no room for N bytes, M are free") */
DN_MUST_CHECK dn_status dn_h5_reserve(dn_h5 *h, int64_t end, dn_error *err);

/* Publish a created or edited file and close it; *h is NULL afterwards in any case. */
DN_MUST_CHECK dn_status dn_h5_commit(dn_h5 **h, dn_error *err);

/* Close; an unpublished file is removed. NULL is fine. */
void dn_h5_close(dn_h5 **h);

const char *dn_h5_path(const dn_h5 *h);    /* local */
const dn_comm *dn_h5_comm(const dn_h5 *h); /* local */

/* Who shares the memory of what is loaded from this file: `grouping` of dn_host_open() (mpi/core/shared.h),
 * 0 until it is set; the same on every rank. Local. */
void dn_h5_group_hosts(dn_h5 *h, int grouping);
int dn_h5_grouping(const dn_h5 *h);

/* ---- datasets: `name` is an absolute path such as "/expression/values" ---- */

bool dn_h5_has(const dn_h5 *h,
               const char *name); /* a group or a dataset; reads metadata, same on all ranks */

/* ndims and dims [4] of a dataset. Fails: DN_EDATA absent. */
DN_MUST_CHECK dn_status dn_h5_shape(const dn_h5 *h, const char *name, int *out_ndims, int64_t *out_dims,
                                    dn_error *err);
/* The first of them. */
DN_MUST_CHECK dn_status dn_h5_rows(const dn_h5 *h, const char *name, int64_t *out_rows, dn_error *err);

/* Write a new dataset of ndims x dims; this rank brings `count` leading rows from `start` on (other
 * dimensions whole), so the ranks' blocks of rows cover dims[0]. count may be 0. */
DN_MUST_CHECK dn_status dn_h5_write(dn_h5 *h, const char *name, int ndims, const int64_t *dims, int64_t start,
                                    int64_t count, const void *data, dn_error *err);

/* The same when every rank holds all of it: each writes its block. */
DN_MUST_CHECK dn_status dn_h5_write_all(dn_h5 *h, const char *name, int ndims, const int64_t *dims,
                                        const void *data, dn_error *err);

/* The same in turns, for what is larger than memory: first the dataset without content, then rows of it, as
 * often as it takes, until all are written once. Fails: DN_EDATA the rows are not there */
DN_MUST_CHECK dn_status dn_h5_declare(dn_h5 *h, const char *name, int ndims, const int64_t *dims,
                                      dn_error *err);
DN_MUST_CHECK dn_status dn_h5_fill(dn_h5 *h, const char *name, int64_t start, int64_t count, const void *data,
                                   dn_error *err);

/* Read `count` leading rows from `start` on as type (which must be the stored type). */
DN_MUST_CHECK dn_status dn_h5_read(const dn_h5 *h, const char *name, dn_type type, int64_t start,
                                   int64_t count, void *out, dn_error *err);

/* Rows of a dataset that this rank wants; out has room for them. */
typedef struct dn_h5_piece {
    int64_t start, count;
    void *out;
} dn_h5_piece;

/* Read n pieces; each rank its own, any number of them. Fails: as dn_h5_read */
DN_MUST_CHECK dn_status dn_h5_read_pieces(const dn_h5 *h, const char *name, dn_type type, int64_t n,
                                          const dn_h5_piece *piece, dn_error *err);

/* A table of strings as NAME/bytes and NAME/offsets; every rank holds all of it. */
DN_MUST_CHECK dn_status dn_h5_write_strings(dn_h5 *h, const char *name, const dn_strings *s, dn_error *err);
/* The same when rank `root` alone holds it; s of the others is not looked at. */
DN_MUST_CHECK dn_status dn_h5_write_strings_of(dn_h5 *h, int root, const char *name, const dn_strings *s,
                                               dn_error *err);
DN_MUST_CHECK dn_status dn_h5_read_strings(const dn_h5 *h, const char *name, dn_strings *out, dn_error *err);

/* Whether offsets that were read are those of `bytes` bytes. Local. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_h5_check_strings(const dn_h5 *h, const char *name, const dn_strings *s,
                                            int64_t bytes, dn_error *err);

/* Remove a group or dataset of an edited file. */
DN_MUST_CHECK dn_status dn_h5_remove(dn_h5 *h, const char *name, dn_error *err);

/* Names of the members of a group, in alphabetical order; an absent group has none. */
DN_MUST_CHECK dn_status dn_h5_list(const dn_h5 *h, const char *group, dn_strings *out, dn_error *err);

/* ---- attributes of a group or dataset ("/" is the root); groups are made on the way ---- */

bool dn_h5_has_attribute(const dn_h5 *h, const char *object, const char *key); /* same on all ranks */

/* A text may have any length: HDF5 ends an attribute at 64 KB, so a text of 32 KB and more is the dataset
 * KEY.text of bytes in the group instead, which the functions below read as if it were the attribute. */
DN_MUST_CHECK dn_status dn_h5_set_text(dn_h5 *h, const char *object, const char *key, const char *value,
                                       dn_error *err);
DN_MUST_CHECK dn_status dn_h5_set_int(dn_h5 *h, const char *object, const char *key, int64_t value,
                                      dn_error *err);
DN_MUST_CHECK dn_status dn_h5_set_number(dn_h5 *h, const char *object, const char *key, double value,
                                         dn_error *err);

/* Text into buf [cap]. Fails: DN_EDATA absent, of another type, or longer than cap. */
DN_MUST_CHECK dn_status dn_h5_get_text(const dn_h5 *h, const char *object, const char *key, char *buf,
                                       size_t cap, dn_error *err);
/* The same in memory for dn_free(), however long it is. Fails: DN_EDATA absent, of another type; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_h5_read_text(const dn_h5 *h, const char *object, const char *key, char **out,
                                        dn_error *err);
DN_MUST_CHECK dn_status dn_h5_get_int(const dn_h5 *h, const char *object, const char *key, int64_t *out,
                                      dn_error *err);
DN_MUST_CHECK dn_status dn_h5_get_number(const dn_h5 *h, const char *object, const char *key, double *out,
                                         dn_error *err);

#endif
