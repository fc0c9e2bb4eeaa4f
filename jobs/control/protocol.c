/* protocol.c - what both ends of the control plane must agree on; see protocol.h */
#include "jobs/control/protocol.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

bool dn_protocol_is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t n = text != NULL ? strlen(text) : 0;

    return n > 0 && n <= DN_PROTOCOL_NAME && strspn(text, letters) == n;
}

const char *dn_protocol_state(int exit_code)
{
    return exit_code == 0 ? "finished" : exit_code == DN_ESAVED ? "saved" : "failed";
}

dn_status dn_protocol_check(const dn_json *message, const char *who, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *number = dn_json_get(message, "protocol");

    if (dn_json_kind_of(number) != DN_JSON_INT)
        DN_FAIL(DN_EDATA, "%.200s: does not say which protocol it speaks", who);
    if (dn_json_to_int(number) != DN_PROTOCOL)
        DN_FAIL(DN_EDATA, "%.200s: the job speaks protocol %lld, this dragnet speaks %d", who,
                (long long)dn_json_to_int(number), DN_PROTOCOL);
out:
    return st;
}

dn_process dn_process_look(const char *host, int64_t pid)
{
    char own[128] = "";

    if (pid <= 1 || pid > INT32_MAX || gethostname(own, sizeof own - 1) != 0 || strcmp(own, host) != 0)
        return DN_PROCESS_UNKNOWN;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM ? DN_PROCESS_THERE : DN_PROCESS_GONE;
}
