/* cmd_synth_graph.h - the part of dragnet synth that writes networks (--graph) */
#ifndef DN_CLI_CMD_SYNTH_GRAPH_H
#define DN_CLI_CMD_SYNTH_GRAPH_H

#include "jobs/cli/command.h"

/* Fails: DN_EUSAGE an option was given that does not go with the others. Local. */
DN_MUST_CHECK dn_status dn_synth_graph_check_rows(const dn_options *o, dn_error *err);

/* dragnet synth --graph. Collective on call->comm. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_graph_run(const dn_call *call, dn_error *err);

#endif
