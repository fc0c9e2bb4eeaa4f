/* cmd_synth_interactions.h - the part of dragnet synth that writes drugs and targets (--interactions) */
#ifndef DN_CLI_CMD_SYNTH_INTERACTIONS_H
#define DN_CLI_CMD_SYNTH_INTERACTIONS_H

#include "jobs/cli/command.h"

/* dragnet synth --interactions. Collective on call->comm. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_interactions_run(const dn_call *call, dn_error *err);

#endif
