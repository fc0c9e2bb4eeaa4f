/* estimate_job.h - what estimate and submit share: a probe of another command, and figures for ranks
 *
 * The figures are kept beside the output of the run, in OUTPUT.estimate.json, where the run finds them at its
 * end and says how right they were.
 */
#ifndef DN_CLI_ESTIMATE_JOB_H
#define DN_CLI_ESTIMATE_JOB_H

#include <stdio.h>
#include "jobs/cli/command.h"
#include "mpi/estimate/estimate.h"
#include "solvers/base/json.h"

#define DN_ESTIMATE_SCHEMA "dragnet.estimate"

enum { DN_ESTIMATE_ROWS = 64, DN_ESTIMATE_PATH = 1100 };

typedef struct dn_estimate_job {
    dn_estimate e;
    const dn_options *options; /* of the command that is tried, borrowed */
    dn_estimate_machine machine;
    double time_margin, memory_margin;
    int n;
    dn_estimate_row row[DN_ESTIMATE_ROWS];
    int best; /* of the rows: most ranks that still work at 70 % or more; the one asked for when it is one */
} dn_estimate_job;

/* Rows of the options that both have: ranks, nodes, probe, margins. */
#define DN_ESTIMATE_OPTIONS                                                                                    \
    {"ranks",   0, DN_OPT_TEXT, NULL, "N,N,...", "ranks to say something of; 1, 2, 4, 8 ... unless given",     \
     "estimate"},                                                                                              \
        {"ranks-per-node", 0,                                                                                  \
         DN_OPT_INT,       NULL,                                                                               \
         "1..65536",       "ranks that a node takes [its CPUs, as this machine has them, by threads]",         \
         "estimate"},                                                                                          \
        {"network-gbit", 0, DN_OPT_NUMBER, "100", "0.01..10000", "Gbit/s of a node's network", "estimate"},    \
        {"probe-seconds", 0, DN_OPT_NUMBER, "5", "0.1..600", "how long the work is tried, about", "estimate"}, \
        {"time-margin", 0, DN_OPT_NUMBER, "1.5", "1..100", "what the time asked of Slurm is multiplied with",  \
         "estimate"},                                                                                          \
    {                                                                                                          \
        "memory-margin", 0, DN_OPT_NUMBER, "1.25", "1..100", "the same of the memory", "estimate"              \
    }

/* Run the inner command of the call as a probe and work the rows out. Collective. Fails: DN_EUSAGE more than
 * one rank, --ranks is no list of numbers; as the command; DN_ECONFIG more ranks than the stage takes */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_estimate_job_run(const dn_call *call, dn_estimate_job *out,
                                                          dn_error *err);

/* MiB of this machine, which nodes are taken to be like: Slurm refuses a job that asks for more. Local. */
int64_t dn_estimate_memory_here(void);

/* The table, what it rests on and #SBATCH lines. Local. */
void dn_estimate_print(const dn_estimate_job *j, bool all_lines, FILE *to);
dn_json *dn_estimate_json(const dn_estimate_job *j);

/* "DIR/run.estimate.json" of an output "DIR/run/". buf [DN_ESTIMATE_PATH] */
const char *dn_estimate_path(const char *output, char *buf);

/* Make the folder that a file stands in. Local. Fails: DN_ECANTCREAT */
DN_MUST_CHECK dn_status dn_estimate_folder(const char *path, dn_error *err);

/* Keep the figures, for 1 .. 16, 32, ... ranks and those asked for, at path; what is above it is made. Local.
 * Fails: DN_ECANTCREAT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_estimate_save(const dn_estimate_job *j, const char *path, dn_error *err);

/* What the figures depend on, into `to`: threads of a rank, and of the options and arguments of the command
 * those that are not known to leave its time and memory alone; of what names a file where it is and how long.
 * Local. */
void dn_estimate_conditions(const dn_options *o, dn_json *to);

/* What differs between the conditions that figures were made for (an object of "conditions") and those of
 * options o, in words, into buf [cap]; "" nothing. Local. */
const char *dn_estimate_differ(const dn_json *made_for, const dn_options *o, char *buf, size_t cap);

/* The end of a run: if figures stand beside its output, log what they said and what it took since the process
 * was started. Figures for other options are not compared: the line says what differs. A file that cannot be
 * read, or that has no figures for so many ranks, is passed over.
 *
 *   area     of the log line
 *   repeats  epochs that this process did; < 0: all
 *
 * Collective; cannot fail. */
DN_COLLECTIVE void dn_estimate_recall(const dn_call *call, const char *area, const char *output,
                                      double repeats);

#endif
