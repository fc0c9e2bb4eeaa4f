/* submit_script.h - a job script out of a template: figures, arguments, program
 *
 * A template is a script for sbatch that passes "$@" on to dragnet, as those of jobs/slurm do. In its #SBATCH
 * lines the options about nodes, tasks, CPUs, memory and time are replaced, others stay; behind them come the
 * arguments, quoted for the shell, so that the script is complete by itself:
 *
 *     #SBATCH --ntasks=8
 *     ...
 *     export DRAGNET_SLURM=/home/me/dragnet/jobs/slurm DRAGNET=/home/me/dragnet/build/dragnet
 *     set -- gener 'my yeast.h5' --split warm -o runs/warm
 *
 * Everything here is local.
 */
#ifndef DN_CLI_SUBMIT_SCRIPT_H
#define DN_CLI_SUBMIT_SCRIPT_H

#include <stddef.h>
#include "mpi/estimate/estimate.h"

typedef struct dn_submit_fill {
    dn_allocation ask;   /* nodes, ranks_of_node: 0 leaves them to Slurm */
    const char *time;    /* as Slurm reads it */
    const char *folder;  /* of common.sh, for DRAGNET_SLURM; NULL: the job's own business */
    const char *program; /* for DRAGNET; NULL likewise */
    int n;
    char *const *word; /* [n]  command and its arguments */
} dn_submit_fill;

/* The script, for dn_free(). name is for messages, text [len] the template.
 *
 * A template whose command stands before "$@" (dragnet_job train "$@") gets the arguments without the
 * command, and is refused for another one. Fails: DN_EDATA it is no script, or has no "$@", or is for another
 * command; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_submit_script(const char *name, const char *text, size_t len,
                                         const dn_submit_fill *fill, char **out, dn_error *err);

/* A word as the shell reads it back, byte for byte; for dn_free(). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_shell_quote(const char *word, char **out, dn_error *err);

#endif
