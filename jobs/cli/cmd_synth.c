/* cmd_synth.c - dragnet synth: a data set with planted truth */
#include "jobs/cli/command.h"

#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/data/synth.h"
#include "mpi/io/dataset.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

enum { CONFIG_CAP = 4096 };

static const dn_opt options[] = {
    {"output", 'o', DN_OPT_TEXT, NULL, "FILE", "dataset to write (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace the output", "output"},
    {"genes", 'g', DN_OPT_INT, "600", "2..100000000", "genes", "data"},
    {"samples", 's', DN_OPT_INT, "48", "2..10000000", "expression samples", "data"},
    {"pairs", 'p', DN_OPT_INT, "20000", "2..1000000000000", "labelled pairs, half of them positive", "data"},
    {"modules", 'm', DN_OPT_INT, "6", "1..64", "groups of genes that share a course over the samples",
     "data"},
    {"noise", 0, DN_OPT_NUMBER, "0.5", "0..1000", "standard deviation beside that of a module, which is 1",
     "data"},
    {"missing", 0, DN_OPT_NUMBER, "0.02", "0..0.99", "share of expression values that are missing", "data"},
    {"hubs", 0, DN_OPT_NUMBER, "0.2", "0..1", "share of genes with more partners than others", "data"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of everything", "data"},
    {0}};

static void read_options(const dn_options *o, dn_synth_options *out)
{
    *out = (dn_synth_options){.genes = dn_options_int(o, "genes"),
                              .samples = dn_options_int(o, "samples"),
                              .pairs = dn_options_int(o, "pairs"),
                              .modules = dn_options_int(o, "modules"),
                              .noise = dn_options_number(o, "noise"),
                              .missing = dn_options_number(o, "missing"),
                              .hubs = dn_options_number(o, "hubs"),
                              .seed = (uint64_t)dn_options_int(o, "seed")};
}

static dn_status check_usage(const dn_options *o, const dn_synth_options *synth, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_positionals(o) > 0)
        DN_FAIL(DN_EUSAGE, "unexpected argument '%s'", dn_options_positional(o, 0));
    if (dn_options_text(o, "output") == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    DN_TRY(dn_synth_check(synth, err));
out:
    return st;
}

/* All that determines the content, as one line of JSON. */
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

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_text(call->options, "output");
    bool force = dn_options_flag(call->options, "force"), done = false;
    dn_synth_options o;
    char *config = NULL;

    read_options(call->options, &o);
    DN_PASS(check_usage(call->options, &o, err));
    DN_PASS(write_config(&o, &config, err));
    DN_AGREE(call->comm);
    if (!force)
        DN_TRY(dn_output_finished(call->comm, path, DN_DATASET_SCHEMA, "/", config, &done, err));
    if (!done)
        DN_TRY(dn_synth_write(call->comm, path, call->command_line, config, force, &o, err));
    if (call->comm->rank == 0)
        dn_log(DN_INFO, "synth", done ? "already complete, nothing to do" : "done",
               "genes=%lld samples=%lld pairs=%lld seed=%lld output=%s", (long long)o.genes,
               (long long)o.samples, (long long)o.pairs, (long long)o.seed, path);
out:
    dn_free(config);
    return st;
}

const dn_command dn_cmd_synth = {.name = "synth",
                                 .summary = "make a data set with planted truth",
                                 .usage = "--genes N --samples S --pairs P --seed 1 -o FILE [options]",
                                 .details =
                                     "Genes belong to modules that share a course over the samples; whether "
                                     "two genes interact follows from\n"
                                     "their modules, the signs of their loadings and how popular they are. "
                                     "The pair set is named 'known'; the\n"
                                     "truth stands in /truth. The bytes are the same on any number of ranks.",
                                 .options = options,
                                 .run = run};
