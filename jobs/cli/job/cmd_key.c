/* cmd_key.c - dragnet key: a pair of keys of one's own, to watch and steer the runs of others */
#include <stdio.h>
#include "jobs/cli/command.h"
#include "jobs/control/keys.h"

static const dn_opt options[] = {{0}};

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_positional(call->options, 0);
    char key[DN_CONTROL_KEY] = "";

    if (path == NULL || dn_options_positionals(call->options) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one file, for the secret key");
    DN_TRY(dn_control_key_make(path, key, err));
    printf("name\tvalue\nsecret\t%s\npublic\t%s.pub\nkey\t%s\n", path, path, key);
out:
    return st;
}

const dn_command dn_cmd_key = {
    .name = "key",
    .summary = "a pair of keys, to watch and steer the run of a colleague",
    .usage = "FILE",
    .details =
        "Writes FILE, which is secret, and FILE.pub, which is not. Hand FILE.pub to the owner of the run, "
        "who lets\n"
        "it in, and lets you read the run directory:\n"
        "\n"
        "    you      dragnet key ~/dragnet.key\n"
        "    owner    dragnet ctl RUN allow you dragnet.key.pub; chmod g+rx RUN\n"
        "    you      dragnet watch RUN --key ~/dragnet.key\n"
        "    owner    dragnet ctl RUN revoke you\n"
        "\n"
        "A key that is let in may all that ctl can, also stop. One pair is enough for all runs. For your "
        "own runs you\n"
        "need none: each makes its own.",
    .options = options,
    .without_mpi = true,
    .run = run};
