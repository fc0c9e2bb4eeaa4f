/* cmd_synth.c - dragnet synth: a data set with planted truth */
#include "jobs/cli/command.h"

#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/data/synth.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

static const dn_opt options[] = {
    {"output", 'o', DN_OPT_TEXT, NULL, "FILE", "dataset to write (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace an existing file", "output"},
    {"genes", 'g', DN_OPT_INT, "800", "2..2147483647", "genes", "data"},
    {"samples", 's', DN_OPT_INT, "96", "2..2147483647", "expression samples", "data"},
    {"pairs", 'p', DN_OPT_INT, "24000", "2..1000000000000", "labelled pairs, half of them positive", "data"},
    {"modules", 0, DN_OPT_INT, "8", "1..64", "expression modules", "data"},
    {"noise", 0, DN_OPT_NUMBER, "0.5", "0..1000000", "standard deviation of the noise; a profile has 1",
     "data"},
    {"missing", 0, DN_OPT_NUMBER, "0.05", "0..0.99", "share of expression values that are missing", "data"},
    {"hubs", 0, DN_OPT_NUMBER, "0.05", "0..1", "share of the genes that are hubs", "data"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of everything", "data"},
    {0}};

static dn_status read_options(const dn_options *o, dn_synth_options *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_text(o, "output") == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    if (dn_options_positionals(o) > 0)
        DN_FAIL(DN_EUSAGE, "unexpected argument '%s'", dn_options_positional(o, 0));
    *out = (dn_synth_options){.genes = dn_options_int(o, "genes"),
                              .samples = dn_options_int(o, "samples"),
                              .pairs = dn_options_int(o, "pairs"),
                              .modules = dn_options_int(o, "modules"),
                              .noise = dn_options_number(o, "noise"),
                              .missing = dn_options_number(o, "missing"),
                              .hubs = dn_options_number(o, "hubs"),
                              .seed = (uint64_t)dn_options_int(o, "seed")};
    DN_TRY(dn_synth_check(out, err));
out:
    return st;
}

static dn_status write_config(const dn_synth_options *o, char **out, dn_error *err)
{
    dn_json *c = dn_json_create();
    dn_status st;

    dn_json_string(c, "command", "synth");
    dn_json_int(c, "genes", o->genes);
    dn_json_int(c, "samples", o->samples);
    dn_json_int(c, "pairs", o->pairs);
    dn_json_int(c, "modules", o->modules);
    dn_json_number(c, "noise", o->noise);
    dn_json_number(c, "missing", o->missing);
    dn_json_number(c, "hubs", o->hubs);
    dn_json_int(c, "seed", (int64_t)o->seed);
    st = dn_json_text(c, 0, out, err);
    dn_json_destroy(&c);
    return st;
}

/* Is the very same data set there already? A file that is there but is another one is refused by
 * dn_h5_create(). */
static dn_status look_for_finished(const dn_comm *comm, const char *path, const char *config, bool *out_done,
                                   dn_error *err)
{
    dn_status st = DN_OK;
    dn_error ignored = DN_ERROR_INIT;
    char have[1024];
    dn_h5 *h = NULL;
    int exists = 0;

    (void)err;
    *out_done = false;
    if (comm->rank == 0)
        exists = access(path, F_OK) == 0;
    MPI_Bcast(&exists, 1, MPI_INT, 0, comm->mpi);
    if (exists && dn_h5_open(comm, path, DN_DATASET_SCHEMA, &h, &ignored) == DN_OK &&
        dn_h5_get_text(h, "/", "config", have, sizeof have, &ignored) == DN_OK)
        *out_done = strcmp(have, config) == 0;
    dn_h5_close(&h);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_text(call->options, "output");
    bool force = dn_options_flag(call->options, "force"), done = false;
    dn_synth_options o;
    char *config = NULL;

    DN_TRY(read_options(call->options, &o, err));
    DN_PASS(write_config(&o, &config, err));
    DN_AGREE(call->comm);
    if (!force)
        DN_TRY(look_for_finished(call->comm, path, config, &done, err));
    if (!done)
        DN_TRY(dn_synth_write(call->comm, path, call->command_line, config, force, &o, err));
    if (call->comm->rank == 0)
        dn_log(DN_INFO, "synth", done ? "already complete, nothing to do" : "done",
               "dataset=%s genes=%lld samples=%lld pairs=%lld", path, (long long)o.genes,
               (long long)o.samples, (long long)o.pairs);
out:
    dn_free(config);
    return st;
}

const dn_command dn_cmd_synth = {.name = "synth",
                                 .summary = "make a dataset with planted truth",
                                 .usage = "-o FILE [options]",
                                 .details = "Expression modules, hub genes and pairs that follow a known "
                                            "rule, as pair set 'known'; /truth holds what\n"
                                            "was planted. The same bytes on any number of ranks.",
                                 .options = options,
                                 .run = run};
