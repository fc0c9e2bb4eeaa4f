/* cmd_synth.c - dragnet synth: a data set with planted truth: genes and their pairs, drugs and targets
 * (cmd_synth_interactions.c), a network (cmd_synth_graph.c), or random weights (cmd_synth_esm.c) */
#include "jobs/cli/data/cmd_synth_esm.h"
#include "jobs/cli/data/cmd_synth_graph.h"
#include "jobs/cli/data/cmd_synth_interactions.h"

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
    {"noise", 0, DN_OPT_NUMBER, "0.5", "0..1000",
     "standard deviation beside that of a module, which is 1; of the rule for drugs and targets", "data"},
    {"missing", 0, DN_OPT_NUMBER, "0.02", "0..0.99", "share of expression values that are missing", "data"},
    {"hubs", 0, DN_OPT_NUMBER, "0.2", "0..1",
     "share of genes, or drugs and targets, with more partners than others", "data"},
    {"classes", 0, DN_OPT_TEXT, "2", "2|4",
     "4: an interaction is a connection, or one gene regulates the other", "data"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of everything", "data"},
    {"interactions", 0, DN_OPT_FLAG, NULL, NULL, "drugs, targets and pairs that are activation or inhibition",
     "drugs and targets"},
    {"drugs", 0, DN_OPT_INT, "1000", "1..2147483646", "drugs; also of --graph bipartite, beside --genes",
     "drugs and targets"},
    {"targets", 0, DN_OPT_INT, "300", "2..10000000", "targets", "drugs and targets"},
    {"families", 0, DN_OPT_INT, "6", "1..16", "families of drugs, and of targets", "drugs and targets"},
    {"graph", 0, DN_OPT_TEXT, NULL, "rmat|bipartite", "a network instead: R-MAT, or drugs and genes",
     "network"},
    {"scale", 0, DN_OPT_INT, "16", "1..30", "rmat: 2^N nodes", "network"},
    {"edge-factor", 0, DN_OPT_INT, "16", "1..1000", "rmat: edges drawn for each node", "network"},
    {"quadrants", 0, DN_OPT_TEXT, "0.57,0.19,0.19", "A,B,C", "rmat: shares of three quadrants of the matrix",
     "network"},
    {"edges", 0, DN_OPT_INT, "5000", "1..1099511627776", "bipartite: edges drawn", "network"},
    {"exponent", 0, DN_OPT_NUMBER, "2.5", "2..100", "bipartite: of the power law of the degrees, above 2",
     "network"},
    {"esm-weights", 0, DN_OPT_TEXT, NULL, "SIZE",
     "random weights of ESM-2 as safetensors: 8M, 35M, 150M, 650M, 3B, 15B, or LAYERSxWIDTHxHEADS",
     "weights"},
    {"dtype", 0, DN_OPT_TEXT, "f32", "f32|f16|bf16", "of the weights", "weights"},
    {"shards", 0, DN_OPT_INT, "1", "1..1000", "files; with more than one, -o is FILE.safetensors.index.json",
     "weights"},
    {"sparse", 0, DN_OPT_FLAG, NULL, NULL, "matrices are holes in the file: zeros that take no room",
     "weights"},
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
                              .seed = (uint64_t)dn_options_int(o, "seed"),
                              .classes = dn_options_text(o, "classes")[0] - '0'};
}

static dn_status check_usage(const dn_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    if (dn_options_positionals(o) > 0)
        DN_FAIL(DN_EUSAGE, "unexpected argument '%s'", dn_options_positional(o, 0));
    if (dn_options_text(o, "output") == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    DN_TRY(dn_synth_graph_check_rows(o, err));
out:
    return st;
}

/* All that determines the content, as one line of JSON. */
static dn_status write_config(const dn_synth_options *o, char **out, dn_error *err)
{
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "synth");
    dn_json_int(c, "genes", o->genes);
    dn_json_int(c, "samples", o->samples);
    dn_json_int(c, "pairs", o->pairs);
    dn_json_int(c, "modules", o->modules);
    dn_json_number(c, "noise", o->noise);
    dn_json_number(c, "missing", o->missing);
    dn_json_number(c, "hubs", o->hubs);
    if (o->classes > 2) /* absent otherwise, as in files of before there was a choice */
        dn_json_int(c, "classes", o->classes);
    dn_json_int(c, "seed", (int64_t)o->seed);
    return dn_json_end(&c, 0, out, err);
}

static dn_status run_pairs(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_text(call->options, "output");
    bool force = dn_options_flag(call->options, "force"), done = false;
    dn_synth_options o;
    char *config = NULL;

    read_options(call->options, &o);
    DN_PASS(dn_synth_check(&o, err));
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

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_usage(call->options, err)); /* the same on every rank */
    if (dn_options_text(call->options, "esm-weights") != NULL)
        DN_TRY(dn_synth_esm_run(call, err));
    else if (dn_options_text(call->options, "graph") != NULL)
        DN_TRY(dn_synth_graph_run(call, err));
    else if (dn_options_flag(call->options, "interactions"))
        DN_TRY(dn_synth_interactions_run(call, err));
    else
        DN_TRY(run_pairs(call, err));
out:
    return st;
}

const dn_command dn_cmd_synth = {
    .name = "synth",
    .summary = "make a data set with planted truth, or a network",
    .usage = "--genes N --samples S --pairs P --seed 1 -o FILE [options]\n"
             "--interactions --drugs N --targets N --pairs P [--families N] -o FILE\n"
             "--graph rmat --scale N [--edge-factor K] [--quadrants A,B,C] -o FILE\n"
             "--graph bipartite --drugs N --genes N --edges N [--exponent X] -o FILE\n"
             "--esm-weights SIZE [--dtype f32|f16|bf16] [--shards N] [--sparse] -o FILE.safetensors",
    .details =
        "Genes belong to modules that share a course over the samples; whether two genes interact follows "
        "from\n"
        "their modules, the signs of their loadings and how popular they are. The pair set is named 'known'; "
        "the\n"
        "truth stands in /truth. With --interactions, drugs and targets belong to families; whether a pair "
        "is\n"
        "activation or inhibition follows from both families and how drug and target lean. With --graph, "
        "edges\n"
        "are drawn as R-MAT does, or between drugs and genes whose degrees follow a power law; self loops "
        "and\n"
        "pairs drawn again are left out and counted; the layer is named 'graph'. The bytes are the same on "
        "any\n"
        "number of ranks. With --esm-weights, a model of random weights is written as transformers does, "
        "with\n"
        "its config.json, to try and measure with.",
    .options = options,
    .run = run};
