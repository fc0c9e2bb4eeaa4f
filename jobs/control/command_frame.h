/* command_frame.h - what the bytes of a command say (PROTOCOL.md, Commands)
 *
 * No socket and no job is needed to read one. Local.
 */
#ifndef DN_CONTROL_COMMAND_FRAME_H
#define DN_CONTROL_COMMAND_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include "jobs/control/protocol.h"
#include "solvers/base/log.h"

enum { DN_COMMAND_BYTES = 4096, DN_COMMAND_WORD = 61 };

typedef enum dn_command_kind {
    DN_COMMAND_STATUS,
    DN_COMMAND_CHECKPOINT,
    DN_COMMAND_STOP,
    DN_COMMAND_EVERY, /* set checkpoint-every */
    DN_COMMAND_LEVEL  /* set log-level */
} dn_command_kind;

/* What is wrong with it; each has its counter, but the last: such a command is well-formed, and asks for
 * what cannot be. */
typedef enum dn_command_fault {
    DN_COMMAND_SOUND,
    DN_COMMAND_MALFORMED,
    DN_COMMAND_OVERSIZED,
    DN_COMMAND_VERSION,
    DN_COMMAND_IMPOSSIBLE
} dn_command_fault;

typedef struct dn_command {
    char id[DN_PROTOCOL_NAME + 1]; /* dn_protocol_is_name(), or "" where none can be read */
    char name[DN_COMMAND_WORD];    /* "stop": for the log; only of a sound one */
    char value[DN_COMMAND_WORD];   /* as given to set */
    dn_command_kind kind;
    bool at_epoch;
    double seconds; /* >= 0 */
    dn_log_level level;
    char error[200]; /* one line of printable ASCII, for the answer; "" of a sound one */
} dn_command;

/* Read len bytes; out is set whatever they are. */
dn_command_fault dn_command_read(const void *bytes, size_t len, dn_command *out);

#endif
