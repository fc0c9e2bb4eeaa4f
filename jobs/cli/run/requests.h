/* requests.h - signals and clocks become wishes of the running stage (mpi/core/request.h)
 *
 * SIGUSR1, SIGTERM and SIGINT are noted, however often they come; the stage writes a checkpoint and the
 * program ends with exit code 75. A second SIGINT ends the process at once, as SIGINT does by default; one
 * that comes within 50 ms of the first is the same Ctrl-C, which some launchers (timeout(1)) send twice. A
 * rank that ends so takes the others with it under mpirun, and under srun --kill-on-bad-exit=1.
 *
 * What launchers make of signals (Open MPI 4.1.4, tried): mpirun passes SIGUSR1 on at once, and its exit code
 * is then 75. SIGINT and SIGTERM it answers by sending SIGTERM to all ranks one second later and SIGKILL one
 * second after that, and its own exit code is 1: the checkpoint is there if it took less than a second. --mca
 * odls_base_sigkill_timeout 30 makes both 30 seconds. srun passes SIGUSR1 and SIGTERM on. Local.
 */
#ifndef DN_CLI_REQUESTS_H
#define DN_CLI_REQUESTS_H

#include "jobs/cli/options.h"
#include "mpi/core/request.h"

/* The rows of --checkpoint-every and --max-time, for every stoppable command. */
extern const dn_opt dn_requests_options[];

/* From now on the signals are noted in r, which must last as long as the program, by a thread that does
 * nothing else. To be called before other threads are started: those inherit that the signals are none of
 * theirs. */
void dn_requests_listen(dn_requests *r);

/* Wind the clocks up as the options say; --max-time counts from r->last, the start of the program. */
void dn_requests_clocks(dn_requests *r, const dn_options *o);

/* "The same command goes on from there" is not so for one with --force, of a stage that then starts anew: say
 * that. Local. */
void dn_requests_saved_by_force(dn_status st, bool force, dn_error *err);

#endif
