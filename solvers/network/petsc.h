/* petsc.h - PETSc and SLEPc among our errors
 *
 * DN_PETSC(call) turns a PETSc error code into dn_status and leaves through out, so cleanup runs. Collective
 * objects live on PETSC_COMM_WORLD, which dn_petsc_open() makes a communicator of ours; objects of one rank
 * on PETSC_COMM_SELF.
 */
#ifndef DN_NETWORK_PETSC_H
#define DN_NETWORK_PETSC_H

#include <petscsys.h>
#include <stdbool.h>
#include <stddef.h>
#include "solvers/base/error.h"

/* Start PETSc and SLEPc on comm; options as on PETSc's command line, or NULL. Takes about 0.25 s, once per
 * run. OpenBLAS gets one thread a rank unless OPENBLAS_NUM_THREADS or OMP_NUM_THREADS is set. Collective on
 * comm. Fails: DN_EUSAGE the options cannot be read; DN_ESOFTWARE */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_petsc_open(MPI_Comm comm, const char *options, dn_error *err);
DN_COLLECTIVE void dn_petsc_close(void);

/* Options that were given and that no object has asked for, as one line in buf; returns whether there are
 * any. Local. */
bool dn_petsc_unused(char *buf, size_t cap);

/* "3.18.5" of the libraries that were loaded, in buf; returns buf. Needs no dn_petsc_open(). Local. */
const char *dn_petsc_version(char *buf, size_t cap);
const char *dn_slepc_version(char *buf, size_t cap);

/* What OpenBLAS says of itself ("OpenBLAS 0.3.21 ... SkylakeX ..."), or that another BLAS was loaded. Local.
 */
const char *dn_blas_name(void);

/* Bits of an index: 32 or 64. */
int dn_petsc_index_bits(void);

/* The text of the last PETSc error, with its code, into *err. Local. */
dn_status dn_petsc_failed(dn_error *err, PetscErrorCode code, const char *file, int line);

#define DN_PETSC(call_)                                                 \
    do {                                                                \
        PetscErrorCode petsc_code_ = (call_);                           \
        if (petsc_code_ != 0) {                                         \
            st = dn_petsc_failed(err, petsc_code_, __FILE__, __LINE__); \
            goto out;                                                   \
        }                                                               \
    } while (0)

#endif
