/* network_job.h - one run of `dragnet network`: what it holds, and the directory that it writes into
 *
 * The directory holds one TSV a measure, network.graphml, summary.json and network.h5. When all is computed
 * config.json comes first and says whose directory it is; network.h5 comes last and makes it complete. Until
 * then there is a lock (run_lock.h) and, once there is something to keep, checkpoint.h5, whose config says
 * whose it is.
 */
#ifndef DN_CLI_NETWORK_JOB_H
#define DN_CLI_NETWORK_JOB_H

#include "jobs/cli/command.h"
#include "jobs/cli/network/network_output.h"
#include "jobs/cli/run/run_control.h"
#include "jobs/cli/run/run_lock.h"
#include "mpi/graph/analyse.h"

enum { DN_JOB_PATH = 1024, DN_JOB_WORDS = 64, DN_JOB_TEXT = 2048, DN_JOB_BUILD = 320 };

/* All that a run holds; released in one place. */
typedef struct dn_network_job {
    const dn_call *call;
    const char *dataset, *dir;
    char config_path[DN_JOB_PATH], store_path[DN_JOB_PATH], summary_path[DN_JOB_PATH],
        checkpoint_path[DN_JOB_PATH];
    bool force;
    bool made_dir;    /* rank 0: the directory was not there */
    dn_run_lock lock; /* rank 0 */
    char build[DN_JOB_BUILD];
    dn_analyse_keep keep;
    dn_network_options load;
    dn_analyse_options what;
    char words[DN_JOB_TEXT]; /* measures and spectra, cut at the commas */
    size_t words_used;
    const char *measure[DN_JOB_WORDS], *spectrum[DN_JOB_WORDS];
    const char **list; /* layers, seeds, nodes of communicability */
    char *config;
    dn_h5 *data;
    dn_network *network;
    dn_analysis analysis;
    dn_network_run about;     /* rank 0 */
    dn_network_report report; /* rank 0 */
    bool petsc;
    dn_run_control control; /* who watches and steers */
    double started;
} dn_network_job;

/* Whether the directory holds this very run, complete; otherwise it is claimed, and j->keep says whether
 * there is a checkpoint to go on from. Sets j->config. Collective. Fails: DN_ECANTCREAT the directory is
 * taken or cannot be made; DN_EDATA with --strict, a complete run in which a solver did not converge; DN_EIO,
 * DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_job_finished(dn_network_job *j, bool *out_done,
                                                              dn_error *err);

/* Rank 0: put an end to what another run has left, and write config.json. Fails: DN_ECANTCREAT, DN_EIO */
DN_MUST_CHECK dn_status dn_network_job_begin(const dn_network_job *j, dn_error *err);

/* The results are complete, or there are none to go on to: no checkpoint any more. Collective. Fails:
 * DN_ECANTCREAT */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_network_job_forget(const dn_network_job *j, dn_error *err);

/* Rank 0: give the directory free. Where nothing came of it, one that was made for it and is empty goes. */
void dn_network_job_leave(dn_network_job *j, bool failed);

#endif
