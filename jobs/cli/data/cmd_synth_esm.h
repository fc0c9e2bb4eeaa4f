/* cmd_synth_esm.h - the part of dragnet synth that writes random weights of ESM-2 (--esm-weights) */
#ifndef DN_CLI_CMD_SYNTH_ESM_H
#define DN_CLI_CMD_SYNTH_ESM_H

#include "jobs/cli/command.h"

/* dragnet synth --esm-weights. Rank 0 writes. Collective on call->comm. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_esm_run(const dn_call *call, dn_error *err);

#endif
