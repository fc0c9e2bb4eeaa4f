/* petsc_version.c - see petsc_version.h */
#include "solvers/network/petsc_version.h"

#include <petscsys.h>
#include <stdio.h>

const char *dn_petsc_version(char *buf, size_t cap)
{
    PetscInt major = 0, minor = 0, patch = 0;

    if (PetscGetVersionNumber(&major, &minor, &patch, NULL) != 0)
        major = 0;
    snprintf(buf, cap, "%d.%d.%d", (int)major, (int)minor, (int)patch);
    return buf;
}
