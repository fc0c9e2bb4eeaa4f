/* surroundings.h - the start-up check of long commands: one line at info, one warning for each thing that is
 * wrong (mpi/core/startup.h says which) */
#ifndef DN_CLI_SURROUNDINGS_H
#define DN_CLI_SURROUNDINGS_H

#include "jobs/cli/command.h"

/* Before the work begins, where there is any.
 *
 *   output      where the results go, or NULL
 *   needed      bytes they take there, checkpoints and parts among them; 0: unknown
 *   index_bits  of PETSc, for a command that uses it; otherwise 0
 *
 * Collective; cannot fail. */
DN_COLLECTIVE void dn_surroundings_report(const dn_comm *comm, const char *command, const char *output,
                                          int64_t needed, int index_bits);

/* Whether Slurm has queued this job again (SLURM_RESTART_COUNT of rank 0): its --force has been obeyed by the
 * run before, and would throw away again and again what that one saved. Collective. */
DN_COLLECTIVE bool dn_surroundings_requeued(const dn_comm *comm);

#endif
