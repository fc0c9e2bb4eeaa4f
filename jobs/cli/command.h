/* command.h - a subcommand: one cmd_<name>.c, one row in main.c */
#ifndef DN_CLI_COMMAND_H
#define DN_CLI_COMMAND_H

#include "jobs/cli/options.h"
#include "mpi/core/request.h"
#include "mpi/core/world.h"

struct dn_command;
struct dn_estimate;

/* What a command gets. */
typedef struct dn_call {
    const dn_comm *comm;
    const dn_options *options;
    const char *command_line; /* as typed, for the record in output files */
    dn_requests *requests;    /* what signals and clocks ask for; NULL unless the command is stoppable */
    double started;           /* seconds of dn_clock_now() when the process was started: MPI comes after */
    const struct dn_command *inner; /* of a command that is about another: which, with its options */
    const dn_options *inner_options;
    char **inner_words; /* [inner_n]  as typed, its name first; with DN_BEHIND only */
    int inner_n;
    struct dn_estimate *opt_estimate; /* fill this (mpi/estimate) in place of doing the work and writing */
} dn_call;

/* How a command names another one. */
typedef enum dn_about {
    DN_ALONE,
    DN_MIXED, /* "estimate train ...": its options stand among those of the other */
    DN_BEHIND /* "submit ... -- train ..." */
} dn_about;

typedef struct dn_command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what follows "dragnet NAME"; lines divided by \n */
    const char *details; /* paragraph for --help; may be NULL */
    const dn_opt *options;
    bool stoppable; /* its stage looks at call->requests: SIGUSR1, SIGTERM and SIGINT are noted there, and it
                       has the options of requests.h. Otherwise SIGUSR1 is ignored, and the other
                       two end the program as usual. */
    bool estimated; /* its run fills call->opt_estimate */
    dn_about about;
    bool without_mpi; /* one process that does not join a world: comm->size is 1, comm->mpi is not to be used
                       */
    dn_status (*run)(const dn_call *call, dn_error *err); /* collective */
} dn_command;

extern const dn_command dn_cmd_import, dn_cmd_synth, dn_cmd_split, dn_cmd_train, dn_cmd_evaluate,
    dn_cmd_network, dn_cmd_screen, dn_cmd_embed, dn_cmd_explain, dn_cmd_estimate, dn_cmd_submit,
    dn_cmd_selftest, dn_cmd_watch, dn_cmd_ctl, dn_cmd_key;

#endif
