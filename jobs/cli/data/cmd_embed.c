/* cmd_embed.c - dragnet embed: hidden states of proteins by ESM-2 */
#include "jobs/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/job/estimate_job.h"
#include "jobs/cli/run/progress.h"
#include "jobs/cli/run/run_control.h"
#include "jobs/cli/run/run_start.h"
#include "jobs/cli/run/surroundings.h"
#include "jobs/control/control_files.h"
#include "mpi/core/agree.h"
#include "mpi/embed/embed.h"
#include "mpi/embed/embed_input.h"
#include "mpi/estimate/estimate_embed.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

static const dn_opt options[] = {
    {"weights", 'w', DN_OPT_TEXT, NULL, "FILE",
     "ESM-2 in safetensors as transformers writes it: a file, an index of several, or their folder "
     "(required)",
     "model"},
    {"precision", 0, DN_OPT_TEXT, "f32", "f32|bf16", "of the products; sums, norms and softmax are f32",
     "model"},
    {"sequences", 's', DN_OPT_TEXT, NULL, "FILE",
     "a dataset (its targets) or a FASTA file, plain or .gz (required)", "proteins"},
    {"residues", 0, DN_OPT_INT, "1022", "1..65534",
     "what a longer protein is cut to, or the length of a window", "proteins"},
    {"long", 0, DN_OPT_TEXT, "cut", "cut|windows",
     "longer proteins: their first residues, or windows over all of them that are averaged", "proteins"},
    {"overlap", 0, DN_OPT_INT, "256", "0..65533", "residues that neighbouring windows share at least",
     "proteins"},
    {"pool", 0, DN_OPT_TEXT, "none", "none|mean|cls",
     "a state for each residue, their mean, or that of the start token", "output"},
    {"store", 0, DN_OPT_TEXT, "f32", "f32|bf16",
     "bf16 takes half of the space and keeps 8 bits of the numbers", "output"},
    {"part-size", 0, DN_OPT_INT, "64", "1..65536",
     "MB of states that a rank computes between two parts: a killed run loses no more, a rank takes as much "
     "memory",
     "output"},
    {"output", 'o', DN_OPT_TEXT, NULL, "FILE", "states.h5 (required)", "output"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace the output, drop what is unfinished of another run",
     "output"},
    {0}};

enum { PATH_ROOM = 1024 };

typedef struct job {
    const dn_call *call;
    dn_embed_options wish;
    const char *sequences, *output;
    bool force;
    char parts[PATH_ROOM];
    char *config;
    dn_embed *embed;
    dn_embed_report report;
    dn_run_lock lock;
    dn_run_control control;
} job;

/* The same on every rank. */
static dn_status read_options(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    const char *pool = dn_options_text(o, "pool");

    if (dn_options_positionals(o) > 0)
        DN_FAIL(DN_EUSAGE, "'%s': embed takes --weights, --sequences and -o", dn_options_positional(o, 0));
    if (!dn_options_given(o, "weights"))
        DN_FAIL(DN_EUSAGE, "--weights is missing: the safetensors file of ESM-2");
    if (!dn_options_given(o, "sequences"))
        DN_FAIL(DN_EUSAGE, "--sequences is missing: a dataset or a FASTA file");
    if (!dn_options_given(o, "output"))
        DN_FAIL(DN_EUSAGE, "-o is missing: the file of states");
    j->sequences = dn_options_text(o, "sequences");
    j->output = dn_options_text(o, "output");
    if (strlen(j->output) + sizeof ".parts/part-000000.h5.part" > PATH_ROOM)
        DN_FAIL(DN_EUSAGE, "-o: a name of %zu bytes is too long", strlen(j->output));
    snprintf(j->parts, sizeof j->parts, "%s.parts", j->output);
    j->force = dn_options_flag(o, "force");
    j->wish = (dn_embed_options){
        .weights = dn_options_text(o, "weights"),
        .precision = strcmp(dn_options_text(o, "precision"), "bf16") == 0 ? DN_ESM_BF16 : DN_ESM_F32,
        .store_bf16 = strcmp(dn_options_text(o, "store"), "bf16") == 0,
        .pool = strcmp(pool, "mean") == 0  ? DN_POOL_MEAN
                : strcmp(pool, "cls") == 0 ? DN_POOL_CLS
                                           : DN_POOL_NONE,
        .residues = dn_options_int(o, "residues"),
        .windows = strcmp(dn_options_text(o, "long"), "windows") == 0,
        .overlap = dn_options_int(o, "overlap"),
        .wave = dn_options_int(o, "part-size") << 20,
        .requests = j->call->requests};
    if (dn_options_given(o, "overlap") && !j->wish.windows)
        DN_FAIL(DN_EUSAGE, "--overlap goes with --long windows");
out:
    return st;
}

/* The folder of the output must be there, as for every output that is a file: said before gigabytes of
 * weights are read. Rank 0. */
static dn_status check_place(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const char *slash = strrchr(j->output, '/');
    char dir[PATH_ROOM] = ".";

    if (slash != NULL)
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - j->output) + 1, j->output);
    if (access(dir, F_OK) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", j->output, strerror(errno));
out:
    return st;
}

/* All that determines the states, as one line of JSON. */
static dn_status write_config(job *j, dn_error *err)
{
    const dn_options *o = j->call->options;
    const dn_esm_config *c = dn_embed_config(j->embed);
    dn_json *json = dn_json_create();

    dn_json_string(json, "command", "embed");
    dn_json_string(json, "weights", dn_embed_weights_hash(j->embed));
    dn_json_int(json, "layers", c->layers);
    dn_json_int(json, "width", c->width);
    dn_json_int(json, "heads", c->heads);
    dn_json_string(json, "sequences", dn_embed_sequences_hash(j->embed));
    dn_json_string(json, "precision", dn_options_text(o, "precision"));
    dn_json_int(json, "residues", j->wish.residues);
    dn_json_string(json, "long", dn_options_text(o, "long"));
    dn_json_int(json, "overlap", j->wish.windows ? j->wish.overlap : 0);
    dn_json_string(json, "pool", dn_options_text(o, "pool"));
    dn_json_string(json, "store", dn_options_text(o, "store"));
    return dn_json_end(&json, 0, &j->config, err);
}

static void report(const job *j)
{
    const dn_embed_report *r = &j->report;

    dn_log(
        DN_INFO, "embed", "done",
        "proteins=%lld from_an_earlier_run=%lld residues=%lld residues_per_second=%.0f secs=%.1f output=%s",
        (long long)r->proteins, (long long)r->resumed, (long long)r->residues,
        r->seconds > 0 ? (double)r->residues / r->seconds : 0.0, r->seconds, j->output);
}

/* What the folder of the parts is for is over, or has failed before there was a part: nothing stays, what
 * watching needs least of all. One that was stopped says so there. Rank 0. */
static void leave_parts(job *j, dn_status st)
{
    bool empty = false;

    if (st == DN_OK || (st != DN_ESAVED && dn_directory_empty(j->parts, &empty, NULL) == DN_OK && empty))
        dn_control_erase(j->parts);
    dn_run_lock_release(&j->lock);
    (void)rmdir(j->parts); /* fails, as it should, while parts stand in it */
}

/* Collective. */
static dn_status compute(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = j->call->comm;
    const dn_states_file file = {
        .path = j->output, .command = j->call->command_line, .config = j->config, .force = j->force};

    dn_surroundings_report(comm, "embed", j->output, 0, 0);
    if (comm->rank == 0)
        DN_PASS(dn_run_take(j->parts, NULL, &j->lock, err)); /* one live run in the folder */
    DN_AGREE(comm);
    dn_run_control_open(j->call, j->parts, "embed", &j->control);
    st = dn_embed_compute(j->embed, &j->control.hooks, j->parts, &file, &j->report, err);
    dn_run_control_close(&j->control, st, err);
    if (comm->rank == 0) {
        dn_progress_end();
        leave_parts(j, st);
        if (st == DN_OK)
            report(j);
    }
    if (st == DN_OK && j->report.resumed == 0)
        dn_estimate_recall(j->call, "embed", j->output, -1);
out:
    return st;
}

/* A run that was killed between the end of its file and the last of its parts leaves these; but they may also
 * be of another one that is to go on with --force, so they stay. */
static void say_complete(const job *j)
{
    dn_log(DN_INFO, "embed", "already complete, nothing to do", "output=%s", j->output);
    if (access(j->parts, F_OK) == 0)
        dn_log(DN_WARN, "embed",
               "parts are left of a run that did not end; when none is to go on, remove them", "parts=%s",
               j->parts);
}

/* What the run would take, in place of it. */
static dn_status estimate(const job *j, dn_error *err)
{
    dn_estimate *e = j->call->opt_estimate;

    snprintf(e->stage, sizeof e->stage, "embed");
    snprintf(e->output, sizeof e->output, "%s", j->output);
    return dn_estimate_embed(j->embed, e, err);
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = call->comm;
    bool done = false;
    dn_strings sequence = {.n = 0};
    job j = {.call = call};

    DN_PASS(read_options(&j, err));
    if (comm->rank == 0)
        DN_PASS(check_place(&j, err));
    DN_AGREE(comm);
    DN_TRY(dn_embed_read_sequences(comm, j.sequences, &sequence, err));
    DN_TRY(dn_embed_open(comm, &j.wish, &sequence, &j.embed, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(comm);
    if (call->opt_estimate != NULL) {
        DN_TRY(estimate(&j, err));
        goto out;
    }
    if (!j.force)
        DN_TRY(dn_output_finished(comm, j.output, DN_STATES_SCHEMA, "/", j.config, &done, err));
    if (!done)
        DN_TRY(compute(&j, err));
    else if (comm->rank == 0)
        say_complete(&j);
out:
    dn_strings_destroy(&sequence);
    dn_embed_close(&j.embed);
    dn_free(j.config);
    return st;
}

const dn_command dn_cmd_embed = {
    .name = "embed",
    .summary = "hidden states of proteins by the language model ESM-2, for train dti --encoder",
    .usage = "--weights model.safetensors --sequences DATASET.h5|FILE.fasta -o states.h5 [options]",
    .details =
        "Computes the last hidden states of every distinct protein once, spread over ranks and threads, and "
        "writes them\n"
        "by sequence; `train dti --encoder states.h5` reads them. Any ESM-2 from 8M to 3B in f32, f16 or "
        "bf16, "
        "sharded files\n"
        "with their index too; config.json beside the weights is read when it is there. What is done stands "
        "in "
        "OUTPUT.parts\n"
        "until all is: the same command goes on from there, on any number of ranks, to the same bits. The "
        "packed "
        "weights\n"
        "stand in memory once on each machine (/dev/shm), whatever its ranks.\n"
        "With --pool a protein has one vector, which serves other programs, not train.\n",
    .options = options,
    .estimated = true,
    .stoppable = true,
    .run = run};
