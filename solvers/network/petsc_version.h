/* petsc_version.h - which PETSc this program runs on */
#ifndef DN_NETWORK_PETSC_VERSION_H
#define DN_NETWORK_PETSC_VERSION_H

#include <stddef.h>

/* "3.18.5", of the library that was loaded, in buf; returns buf. Needs no PetscInitialize(). Local. */
const char *dn_petsc_version(char *buf, size_t cap);

#endif
