/* run_start.h - a long command in its directory: how it takes it, what it finds there, how it leaves it
 *
 * A directory is complete with the file that is written last; until then it may hold a checkpoint. A command
 * that is given again says that all is done, or goes on from the checkpoint of this very run, or begins; what
 * else stands in the way is refused. --force begins whatever stands there, unless Slurm has queued the job
 * again (surroundings.h). Older results may stand beside the checkpoint of a run that --force began: they are
 * replaced at its end.
 */
#ifndef DN_CLI_RUN_START_H
#define DN_CLI_RUN_START_H

#include "jobs/cli/run/run_lock.h"
#include "mpi/core/world.h"

/* Make the directory and lock it: from here on it is this run's alone.
 *
 *   opt_made   it was not there; set on failure, too
 *   out        for dn_run_leave() or dn_run_lock_release()
 *
 * Local, by rank 0. Fails: as dn_directory_make(), dn_run_lock_take() */
DN_MUST_CHECK dn_status dn_run_take(const char *dir, bool *opt_made, dn_run_lock *out, dn_error *err);

/* Give it free. nothing: nothing came of the run, so what was made to watch it goes, and the directory where
 * it is empty. Local, by rank 0. */
void dn_run_leave(const char *dir, bool nothing, dn_run_lock *lock);

/* What tells one run from another; borrowed. */
typedef struct dn_run_files {
    const char *complete, *schema, *config; /* the file that is written last, and its config */
    const char *checkpoint, *saving;        /* the checkpoint, and its config */
    /* Whether there is a checkpoint for this config; as dn_checkpoint_file_find(). Collective. */
    dn_status (*find)(const dn_comm *comm, const char *checkpoint, const char *saving, bool *out_found,
                      dn_error *err);
} dn_run_files;

typedef enum dn_run_fate { DN_RUN_BEGINS, DN_RUN_GOES_ON, DN_RUN_IS_DONE } dn_run_fate;

/* Collective. Fails: DN_ECANTCREAT the file or the checkpoint is of another run; as dn_output_finished(),
 * find() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_look(const dn_comm *comm, const dn_run_files *files, bool force,
                                                  dn_run_fate *out, dn_error *err);

/* Of a run that is done: its checkpoint goes, which may be left where a kill came between the results and its
 * removal. One of another run that --force began stays. Collective. Fails: as dn_checkpoint_file_remove() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_sweep(const dn_comm *comm, const dn_run_files *files,
                                                   dn_error *err);

#endif
