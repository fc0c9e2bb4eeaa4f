/* version.c - which dragnet, on which libraries; see version.h */
#include "jobs/cli/version.h"

#include "mpi/core/world.h"
#include "mpi/io/h5.h"
#include "solvers/network/petsc.h"
#include "solvers/nn/kernels.h"

const char *dn_version_text(void)
{
    return DN_VERSION " (" DN_GIT ")";
}

void dn_version_print(FILE *to)
{
    char mpi[64], hdf5[32], petsc[32];

    fprintf(to, "dragnet %s\n", dn_version_text());
    fprintf(to, "MPI     %s\n", dn_world_library(mpi, sizeof mpi));
    fprintf(to, "PETSc   %s\n", dn_petsc_version(petsc, sizeof petsc));
    fprintf(to, "SLEPc   %s\n", dn_slepc_version(petsc, sizeof petsc));
    fprintf(to, "BLAS    %s\n", dn_blas_name());
    fprintf(to, "HDF5    %s\n", dn_h5_library(hdf5, sizeof hdf5));
    fprintf(to, "oneDNN  %s\n", dn_kernels_version());
    fprintf(to, "ISA     %s\n", dn_kernels_isa());
}

void dn_version_build(dn_precision precision, char *out, size_t cap)
{
    char line[160], cpu[96] = "unknown CPU", narrow[64] = "";
    FILE *f = fopen("/proc/cpuinfo", "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "model name : %95[^\n]", cpu) == 1)
            break;
    if (f != NULL)
        fclose(f);
    if (precision == DN_PRECISION_BF16)
        snprintf(narrow, sizeof narrow, ", bf16 %d on %s", DN_BF16_DEFINITION, dn_bf16_isa());
    snprintf(out, cap, "dragnet %s, %s, %s%s", dn_version_text(), dn_kernels_isa(), cpu, narrow);
}
