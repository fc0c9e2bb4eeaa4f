/* startup.h - where a run finds itself when it starts: what its launcher gave it, and whether that fits
 *
 *     dn_startup s;
 *     dn_startup_look(comm, "runs/warm", threads, &s);      the same on every rank
 *     n = dn_startup_judge(&s, line, DN_STARTUP_LINES);     what is wrong, in words; pure
 *
 * A node is what Slurm says a rank stands on (SLURMD_NODENAME), otherwise the name of the machine. Of Slurm
 * the variables of rank 0 count: SLURM_NTASKS is that of the step under srun, of the allocation under mpirun.
 */
#ifndef DN_CORE_STARTUP_H
#define DN_CORE_STARTUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mpi/core/world.h"

enum { DN_STARTUP_LINES = 8, DN_STARTUP_TEXT = 512 };

typedef struct dn_startup {
    int ranks, nodes;
    int busiest;          /* ranks of the node that has the most threads for its CPUs */
    int demand;           /* threads of all ranks of that node together */
    int cpus;             /* that these ranks may run on together (their affinity); 0: unknown */
    bool slurm;           /* within a job of Slurm */
    int tasks;            /* SLURM_NTASKS; 0: unknown, as it is to ranks that a daemon of mpirun started */
    int allocated;        /* nodes, SLURM_JOB_NUM_NODES; 0: unknown */
    char where[256];      /* the folder that the outputs will stand in, as far as it is there */
    char file_system[16]; /* "ext4", "nfs", "lustre", ...; "0x1234" of another; "?" unknown */
    int64_t free_bytes;   /* there, for this user; -1: unknown */
    char io[32];          /* who does MPI-IO: "romio", or "ompio" of Open MPI; "?" unknown */
    int64_t needed_bytes; /* what the outputs take; 0: unknown; set by the caller */
} dn_startup;

/* output: a file or folder that need not be there; NULL: none. threads: of this rank. out->needed_bytes is 0.
 * Collective on comm; cannot fail: what cannot be found out is unknown. */
DN_COLLECTIVE void dn_startup_look(const dn_comm *comm, const char *output, int threads, dn_startup *out);

/* What is wrong, one line each, into line [most][DN_STARTUP_TEXT]; returns how many. Complaints:
 *   - fewer or more ranks than Slurm allocated tasks; fewer nodes used than allocated
 *   - more threads on a node than CPUs. Outside Slurm only where ranks have several threads: a launcher
 * refuses more ranks than CPUs by itself unless it is told to
 *   - less free space than the outputs take
 *   - several ranks that write one file to NFS or a share of Windows, where parallel HDF5 may damage it
 * Local. */
int dn_startup_judge(const dn_startup *s, char (*line)[DN_STARTUP_TEXT], int most);

/* The info line as fields of dn_log(), into buf [cap]; returns buf. Local. */
const char *dn_startup_fields(const dn_startup *s, char *buf, size_t cap);

/* "ext4" of the number that statfs() gives. Local. */
const char *dn_file_system_name(unsigned long magic, char *buf, size_t cap);

#endif
