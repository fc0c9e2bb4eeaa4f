/* cmd_synth_interactions.c - dragnet synth --interactions; see cmd_synth_interactions.h */
#include "jobs/cli/data/cmd_synth_interactions.h"

#include "mpi/core/agree.h"
#include "mpi/data/synth_interactions.h"
#include "mpi/io/dataset.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

/* All that determines the content, as one line of JSON. */
static dn_status write_config(const dn_synth_dti_options *o, char **out, dn_error *err)
{
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "synth");
    dn_json_int(c, "drugs", o->drugs);
    dn_json_int(c, "targets", o->targets);
    dn_json_int(c, "pairs", o->pairs);
    dn_json_int(c, "families", o->families);
    dn_json_number(c, "noise", o->noise);
    dn_json_number(c, "hubs", o->hubs);
    dn_json_int(c, "seed", (int64_t)o->seed);
    return dn_json_end(&c, 0, out, err);
}

dn_status dn_synth_interactions_run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_text(call->options, "output");
    bool force = dn_options_flag(call->options, "force"), done = false;
    dn_synth_dti_options o = {.drugs = dn_options_int(call->options, "drugs"),
                              .targets = dn_options_int(call->options, "targets"),
                              .pairs = dn_options_int(call->options, "pairs"),
                              .families = dn_options_int(call->options, "families"),
                              .noise = dn_options_number(call->options, "noise"),
                              .hubs = dn_options_number(call->options, "hubs"),
                              .seed = (uint64_t)dn_options_int(call->options, "seed")};
    char *config = NULL;

    DN_PASS(dn_synth_dti_check(&o, err));
    DN_PASS(write_config(&o, &config, err));
    DN_AGREE(call->comm);
    if (!force)
        DN_TRY(dn_output_finished(call->comm, path, DN_DATASET_SCHEMA, "/", config, &done, err));
    if (!done)
        DN_TRY(dn_synth_dti_write(call->comm, path, call->command_line, config, force, &o, err));
    if (call->comm->rank == 0)
        dn_log(DN_INFO, "synth", done ? "already complete, nothing to do" : "done",
               "drugs=%lld targets=%lld pairs=%lld families=%lld seed=%lld output=%s", (long long)o.drugs,
               (long long)o.targets, (long long)o.pairs, (long long)o.families, (long long)o.seed, path);
out:
    dn_free(config);
    return st;
}
