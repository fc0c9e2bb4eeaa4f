/* command_frame.c - what the bytes of a command say; see command_frame.h */
#include "jobs/control/command_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/duration.h"

static dn_command_fault wrong(dn_command *out, dn_command_fault fault, const char *fmt, ...) DN_PRINTF(3, 4);
static dn_command_fault wrong(dn_command *out, dn_command_fault fault, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(out->error, sizeof out->error, fmt, args);
    va_end(args);
    return fault;
}

/* A text of the command, of printable ASCII, or "". */
static const char *word(const dn_json *json, const char *key)
{
    const char *text = dn_json_to_string(dn_json_get(json, key));

    if (text == NULL || strlen(text) >= DN_COMMAND_WORD)
        return "";
    for (const char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            return "";
    return text;
}

static dn_command_fault read_stop(const dn_json *json, dn_command *out)
{
    const char *at = dn_json_get(json, "at") == NULL ? "step" : word(json, "at");

    out->at_epoch = strcmp(at, "epoch") == 0;
    if (!out->at_epoch && strcmp(at, "step") != 0)
        return wrong(out, DN_COMMAND_IMPOSSIBLE, "\"at\" is step or epoch");
    return DN_COMMAND_SOUND;
}

static dn_command_fault read_set(const dn_json *json, dn_command *out)
{
    const char *key = word(json, "key"), *value = word(json, "value");
    int level = DN_DEBUG;

    snprintf(out->value, sizeof out->value, "%s", value);
    if (strcmp(key, "checkpoint-every") == 0) {
        out->kind = DN_COMMAND_EVERY;
        if (!dn_parse_duration(value, &out->seconds))
            return wrong(out, DN_COMMAND_IMPOSSIBLE, "'%s' is no time such as 90s, 10m, 1h30m", value);
        return DN_COMMAND_SOUND;
    }
    if (strcmp(key, "log-level") != 0)
        return wrong(out, DN_COMMAND_IMPOSSIBLE, "'%s' cannot be set; checkpoint-every and log-level can",
                     key);
    out->kind = DN_COMMAND_LEVEL;
    while (level <= DN_ERROR && strcmp(value, dn_log_level_name((dn_log_level)level)) != 0)
        level++;
    if (level > DN_ERROR)
        return wrong(out, DN_COMMAND_IMPOSSIBLE, "'%s' is not one of debug, info, warn, error", value);
    out->level = (dn_log_level)level;
    return DN_COMMAND_SOUND;
}

static dn_command_fault read_kind(const dn_json *json, dn_command *out)
{
    const char *name = word(json, "command");

    snprintf(out->name, sizeof out->name, "%s", name);
    if (strcmp(name, "status") == 0)
        out->kind = DN_COMMAND_STATUS;
    else if (strcmp(name, "checkpoint") == 0)
        out->kind = DN_COMMAND_CHECKPOINT;
    else if (strcmp(name, "stop") == 0) {
        out->kind = DN_COMMAND_STOP;
        return read_stop(json, out);
    } else if (strcmp(name, "set") == 0)
        return read_set(json, out);
    else
        return wrong(out, DN_COMMAND_IMPOSSIBLE, "command '%s' is not known here", name);
    return DN_COMMAND_SOUND;
}

static dn_command_fault read_object(const dn_json *json, dn_command *out)
{
    const dn_json *protocol = dn_json_get(json, "protocol");
    const char *id = dn_json_to_string(dn_json_get(json, "id"));

    if (dn_protocol_is_name(id))
        snprintf(out->id, sizeof out->id, "%s", id);
    if (dn_json_kind_of(protocol) != DN_JSON_INT)
        return wrong(out, DN_COMMAND_MALFORMED, "\"protocol\" is missing, this job speaks %d", DN_PROTOCOL);
    if (dn_json_to_int(protocol) != DN_PROTOCOL)
        return wrong(out, DN_COMMAND_VERSION, "protocol %lld is not spoken here, this job speaks %d",
                     (long long)dn_json_to_int(protocol), DN_PROTOCOL);
    if (out->id[0] == '\0')
        return wrong(out, DN_COMMAND_MALFORMED, "\"id\" is missing, or is not 1 to %d of A-Z a-z 0-9 . _ : -",
                     DN_PROTOCOL_NAME);
    return read_kind(json, out);
}

dn_command_fault dn_command_read(const void *bytes, size_t len, dn_command *out)
{
    dn_json *json = NULL;
    dn_command_fault fault;
    dn_status st;

    memset(out, 0, sizeof *out);
    if (len > DN_COMMAND_BYTES)
        return wrong(out, DN_COMMAND_OVERSIZED, "a command has at most %d bytes", DN_COMMAND_BYTES);
    st = dn_json_read("command", bytes, len, &json, NULL);
    if (st == DN_ENOMEM)
        fault = wrong(out, DN_COMMAND_IMPOSSIBLE, "the job has no memory to read it");
    else if (st != DN_OK)
        fault = wrong(out, DN_COMMAND_MALFORMED, "this is no JSON object");
    else
        fault = read_object(json, out);
    dn_json_destroy(&json);
    return fault;
}
