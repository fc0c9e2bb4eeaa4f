/* protocol.h - what both ends of the control plane must agree on; PROTOCOL.md says it in words
 *
 * The one place of the number, the topics, the states and the letters of names. All functions are local.
 */
#ifndef DN_CONTROL_PROTOCOL_H
#define DN_CONTROL_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"
#include "solvers/base/json.h"

enum { DN_PROTOCOL = 1, DN_PROTOCOL_NAME = 60 };

#define DN_TOPICS "d1." /* all of them begin so */
#define DN_TOPIC_STATUS "d1.status"
#define DN_TOPIC_EPOCH "d1.epoch"
#define DN_TOPIC_CHECKPOINT "d1.checkpoint"
#define DN_TOPIC_LOG "d1.log"
#define DN_TOPIC_END "d1.end"

/* Whether a text can be the id of a command or the name of a key: 1 to 60 of A-Z a-z 0-9 . _ : -, so that it
 * can stand in a log line and in the name of a file. NULL cannot. */
bool dn_protocol_is_name(const char *text);

/* What a job that ended so was: "finished" (0), "saved" (75), "failed". */
const char *dn_protocol_state(int exit_code);

/* Whether a message, server.json or heartbeat.json can be understood; who begins the error.
 * Fails: DN_EDATA "<who>: the job speaks protocol 9, this dragnet speaks 1" */
DN_MUST_CHECK dn_status dn_protocol_check(const dn_json *message, const char *who, dn_error *err);

/* A process by its number, which means something on its own host only. */
typedef enum dn_process {
    DN_PROCESS_UNKNOWN, /* of another host */
    DN_PROCESS_GONE,    /* not seen here; in another container of the same name it may live */
    DN_PROCESS_THERE    /* it, or another one that has its number by now */
} dn_process;

dn_process dn_process_look(const char *host, int64_t pid);

#endif
