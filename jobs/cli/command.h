/* command.h - a subcommand: one cmd_<name>.c, one row in main.c */
#ifndef DN_CLI_COMMAND_H
#define DN_CLI_COMMAND_H

#include "jobs/cli/options.h"
#include "mpi/core/request.h"
#include "mpi/core/world.h"

/* What a command gets. */
typedef struct dn_call {
    const dn_comm *comm;
    const dn_options *options;
    const char *command_line; /* as typed, for the record in output files */
    dn_requests *requests;    /* what signals and clocks ask for; NULL unless the command is stoppable */
} dn_call;

typedef struct dn_command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what follows "dragnet NAME"; lines divided by \n */
    const char *details; /* paragraph for --help; may be NULL */
    const dn_opt *options;
    bool stoppable; /* its stage looks at call->requests: SIGUSR1, SIGTERM and SIGINT are noted there, and it
                       has the options of requests.h. Otherwise these signals end the program as usual. */
    dn_status (*run)(const dn_call *call, dn_error *err); /* collective */
} dn_command;

extern const dn_command dn_cmd_import, dn_cmd_synth, dn_cmd_split, dn_cmd_train, dn_cmd_evaluate,
    dn_cmd_network, dn_cmd_screen, dn_cmd_embed, dn_cmd_explain, dn_cmd_selftest, dn_cmd_ctl;

#endif
