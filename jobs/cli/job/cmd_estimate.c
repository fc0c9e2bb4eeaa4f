/* cmd_estimate.c - dragnet estimate: memory, time and #SBATCH lines of another command */
#include "jobs/cli/job/estimate_job.h"

#include "solvers/base/alloc.h"

static const dn_opt options[] = {
    DN_ESTIMATE_OPTIONS,
    {"json", 0, DN_OPT_FLAG, NULL, NULL, "the figures as JSON, with the terms they are made of", "estimate"},
    {"save", 0, DN_OPT_TEXT, NULL, "FILE",
     "where the figures are kept for the run to find [OUTPUT.estimate.json]", "estimate"},
    {"no-save", 0, DN_OPT_FLAG, NULL, NULL, "keep nothing", "estimate"},
    {0}};

static dn_status save(const dn_call *call, const dn_estimate_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    char beside[DN_ESTIMATE_PATH];
    const char *path = dn_options_text(call->options, "save");

    if (dn_options_flag(call->options, "no-save"))
        goto out;
    path = path != NULL ? path : dn_estimate_path(j->e.output, beside);
    DN_TRY(dn_estimate_save(j, path, err));
out:
    return st;
}

static dn_status show(const dn_call *call, const dn_estimate_job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *root = NULL;
    char *text = NULL;

    if (!dn_options_flag(call->options, "json")) {
        dn_estimate_print(j, dn_options_given(call->options, "ranks"), stdout);
    } else {
        root = dn_estimate_json(j);
        DN_TRY(dn_json_text(root, 1, &text, err));
        puts(text);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        DN_FAIL(DN_EIO, "stdout: writing failed");
out:
    dn_json_destroy(&root);
    dn_free(text);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    dn_estimate_job j;

    DN_TRY(dn_estimate_job_run(call, &j, err));
    DN_TRY(save(call, &j, err));
    DN_TRY(show(call, &j, err));
out:
    return st;
}

const dn_command dn_cmd_estimate = {
    .name = "estimate",
    .summary = "memory, time and #SBATCH lines of train, screen, embed or network on any number of ranks",
    .usage = "train gener|dti DATASET --split NAME -o DIR [options of train] [--ranks N,N,...] [--json]\n"
             "screen DATASET --model FILE -o DIR [options of screen] [--ranks N,N,...] [--json]\n"
             "embed --weights FILE --sequences FILE -o FILE [options of embed] [--ranks N,N,...] [--json]\n"
             "network DATASET -o DIR [options of network] [--ranks N,N,...] [--json]",
    .details = "Takes the command line of the command itself, tries a little of its work on one rank for "
               "some seconds, on the "
               "real\n"
               "data with the given options, and writes none of its results. From what is measured and from "
               "what is known of "
               "the\n"
               "work follow memory, time and the lines for sbatch; what is assumed of the network is "
               "printed. Threads are "
               "those of\n"
               "OMP_NUM_THREADS, in the probe and in the figures; try it on a node like those of the job. "
               "The figures are "
               "kept beside\n"
               "the output, where the run finds them: its last line says how right they were.",
    .options = options,
    .about = DN_MIXED,
    .run = run};
