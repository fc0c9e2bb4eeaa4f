/* cmd_submit.c - dragnet submit: a job script out of a template with the figures of estimate, handed to
 * sbatch */
#define _GNU_SOURCE /* realpath() */
#include "jobs/cli/job/estimate_job.h"

#include <errno.h>
#include <omp.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "jobs/cli/job/submit_script.h"
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"

static const dn_opt options[] = {
    DN_ESTIMATE_OPTIONS,
    {"time", 't', DN_OPT_TEXT, NULL, "D-HH:MM:SS", "time to ask for, in place of what estimate says", "job"},
    {"memory", 0, DN_OPT_INT, NULL, "1..100000000",
     "MiB of a node to ask for, in place of what estimate says", "job"},
    {"sbatch", 0, DN_OPT_TEXT, NULL, "OPTIONS",
     "more options for sbatch, as in --sbatch='--partition=long -A me'", "job"},
    {"dry-run", 'n', DN_OPT_FLAG, NULL, NULL, "show the script, submit and write nothing", "job"},
    {0}};

enum { PATH_ROOM = 4096, MOST_TEXT = 1 << 20 };

typedef struct job {
    const dn_call *call;
    const char *template;
    char *text;
    size_t len;
    dn_estimate_job figures;
    dn_submit_fill fill;
    char time[24], folder[PATH_ROOM], program[PATH_ROOM], path[PATH_ROOM];
    char *script;
} job;

/* ---- what is known before the work is tried ---- */

static dn_status read_template(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    FILE *f = fopen(j->template, "r");

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", j->template, strerror(errno));
    DN_NEW(j->text, MOST_TEXT);
    j->len = fread(j->text, 1, MOST_TEXT, f);
    if (ferror(f))
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", j->template, strerror(errno));
    if (j->len == MOST_TEXT)
        DN_FAIL(DN_EDATA, "%s: is no script (more than 1 MB)", j->template);
out:
    if (f != NULL)
        fclose(f);
    return st;
}

/* Is there such a program in PATH? */
static bool is_program(const char *name)
{
    char path[PATH_ROOM];
    const char *at = getenv("PATH");

    while (at != NULL && *at != '\0') {
        size_t n = strcspn(at, ":");

        snprintf(path, sizeof path, "%.*s/%s", (int)n, at, name);
        if (access(path, X_OK) == 0)
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

static dn_status check(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = call->options;
    const char *time = dn_options_text(o, "time"), *more = dn_options_text(o, "sbatch");

    if (dn_options_positionals(o) != 1)
        DN_FAIL(DN_EUSAGE, "wanted one template, such as jobs/slurm/train.sbatch, not %d",
                dn_options_positionals(o));
    if (dn_options_given(o, "ranks") && strchr(dn_options_text(o, "ranks"), ',') != NULL)
        DN_FAIL(DN_EUSAGE, "--ranks %s: a job has one number of ranks", dn_options_text(o, "ranks"));
    if (time != NULL && (time[0] == '\0' || time[strspn(time, "0123456789:-")] != '\0'))
        DN_FAIL(DN_EUSAGE, "--time %s: wanted minutes, or [D-]HH:MM:SS", time);
    if (more != NULL && strpbrk(more, "'\"\\") != NULL)
        DN_FAIL(DN_EUSAGE, "--sbatch %s: quotes within it are not read: put such an option into the template",
                more);
    if (dn_options_text(call->inner_options, "output") == NULL)
        DN_FAIL(DN_EUSAGE, "%s: -o is missing", call->inner->name);
    if (call->comm->size > 1)
        DN_FAIL(DN_EUSAGE, "submits once: start it without mpirun");
    if (!dn_options_flag(o, "dry-run") && !is_program("sbatch"))
        DN_FAIL(DN_EUNAVAILABLE,
                "there is no sbatch in PATH: submit where Slurm is, or see the script with --dry-run");
out:
    return st;
}

/* ---- figures ---- */

/* All that estimate would say is given. */
static bool knows_all(const dn_options *o)
{
    return dn_options_given(o, "ranks") && dn_options_given(o, "time") && dn_options_given(o, "memory");
}

static dn_status ask(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->call->options;
    dn_allocation *a = &j->fill.ask;

    if (knows_all(o)) {
        const char *ranks = dn_options_text(o, "ranks");

        if (!dn_parse_int(ranks, strlen(ranks), &a->ranks) || a->ranks < 1 || a->ranks > 1 << 20)
            DN_FAIL(DN_EUSAGE, "--ranks %s: wanted a number of ranks", ranks);
        a->threads = omp_get_max_threads();
        if (dn_options_given(o, "ranks-per-node")) {
            int64_t most = dn_options_int(o, "ranks-per-node");

            a->ranks_of_node = a->ranks < most ? a->ranks : most;
            a->nodes = (a->ranks + a->ranks_of_node - 1) / a->ranks_of_node;
        }
    } else {
        const dn_estimate_job *f = &j->figures;

        DN_TRY(dn_estimate_job_run(j->call, &j->figures, err));
        *a = dn_estimate_allocation(&f->e, &f->row[f->best], f->time_margin, f->memory_margin);
        dn_slurm_time(a->minutes, j->time);
    }
    j->fill.time = dn_options_given(o, "time") ? dn_options_text(o, "time") : j->time;
    if (dn_options_given(o, "memory"))
        a->node_mb = dn_options_int(o, "memory");
    else if (a->node_mb > dn_estimate_memory_here())
        dn_log(DN_WARN, "submit",
               "a node is asked for more memory than this machine has: fewer --ranks-per-node",
               "mib_a_node=%lld here=%lld", (long long)a->node_mb, (long long)dn_estimate_memory_here());
out:
    return st;
}

/* ---- the script ---- */

/* The folder of the template when common.sh stands there; what the environment says goes before. */
static void find_folder(job *j)
{
    char whole[PATH_ROOM], common[PATH_ROOM + 16];
    char *slash;

    if (getenv("DRAGNET_SLURM") != NULL || realpath(j->template, whole) == NULL)
        return;
    slash = strrchr(whole, '/');
    *slash = '\0';
    snprintf(common, sizeof common, "%s/common.sh", whole);
    if (access(common, R_OK) == 0) {
        snprintf(j->folder, sizeof j->folder, "%s", whole);
        j->fill.folder = j->folder;
    }
}

static void find_program(job *j)
{
    ssize_t n = readlink("/proc/self/exe", j->program, sizeof j->program - 1);

    if (n <= 0 || getenv("DRAGNET") != NULL)
        return;
    j->program[n] = '\0';
    j->fill.program = j->program;
}

static dn_status write_script(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const char *output = dn_options_text(j->call->inner_options, "output");
    size_t len = strlen(output);
    char beside[DN_ESTIMATE_PATH];

    while (len > 1 && output[len - 1] == '/')
        len--;
    snprintf(j->path, sizeof j->path, "%s%.*s.sbatch",
             output[0] == '-' ? "./" : "" /* or an option of sbatch */, (int)(len < 1024 ? len : 1024),
             output);
    if (!knows_all(j->call->options)) /* makes the folder, too */
        DN_TRY(dn_estimate_save(&j->figures, dn_estimate_path(output, beside), err));
    else
        DN_TRY(dn_estimate_folder(j->path, err));
    DN_TRY(dn_text_file_write(j->path, j->script, err));
out:
    return st;
}

/* ---- sbatch ---- */

/* The environment that this program was started with: what MPI has put there since would confuse the MPI of a
 * job, which inherits it. text: as /proc has it, n variables. */
static dn_status first_environment(char **out_text, char ***out, dn_error *err)
{
    dn_status st = DN_OK;
    FILE *f = fopen("/proc/self/environ", "r");
    size_t len = 0, n = 0;

    if (f == NULL)
        DN_FAIL(DN_EUNAVAILABLE, "/proc/self/environ: cannot be opened: %s", strerror(errno));
    DN_NEW(*out_text, 2 * MOST_TEXT);
    len = fread(*out_text, 1, 2 * MOST_TEXT - 1, f);
    for (size_t i = 0; i < len; i++)
        n += (*out_text)[i] == '\0';
    DN_NEW(*out, n + 2);
    n = 0;
    for (size_t at = 0; at < len; at += strlen(*out_text + at) + 1)
        (*out)[n++] = *out_text + at;
out:
    if (f != NULL)
        fclose(f);
    return st;
}

/* sbatch, the words of --sbatch, the script. */
static dn_status make_command(const job *j, char **out_copy, char ***out, dn_error *err)
{
    dn_status st = DN_OK;
    const char *more = dn_options_text(j->call->options, "sbatch");
    size_t len = more != NULL ? strlen(more) : 0, n = 0;
    static char name[] = "sbatch";
    char *state = NULL;

    DN_NEW(*out_copy, len + 1);
    DN_NEW(*out, len / 2 + 4);
    memcpy(*out_copy, more != NULL ? more : "", len);
    (*out)[n++] = name;
    for (char *word = strtok_r(*out_copy, " \t", &state); word != NULL; word = strtok_r(NULL, " \t", &state))
        (*out)[n++] = word;
    (*out)[n] = (char *)j->path;
out:
    return st;
}

static dn_status run_sbatch(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL, *copy = NULL, **environment = NULL, **command = NULL;
    pid_t child = 0;
    int bad, status = 0;

    DN_TRY(first_environment(&text, &environment, err));
    DN_TRY(make_command(j, &copy, &command, err));
    fflush(stdout);
    bad = posix_spawnp(&child, "sbatch", NULL, NULL, command, environment);
    if (bad != 0)
        DN_FAIL(DN_EUNAVAILABLE, "sbatch: cannot be started: %s", strerror(bad));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        DN_FAIL(DN_EUNAVAILABLE, "sbatch refused the job (%s %d); the script is %s",
                WIFEXITED(status) ? "exit code" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), j->path);
out:
    dn_free(text);
    dn_free(copy);
    dn_free(environment);
    dn_free(command);
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job *j = NULL;

    DN_TRY(check(call, err));
    DN_NEW(j, 1);
    j->call = call;
    j->template = dn_options_positional(call->options, 0);
    DN_TRY(read_template(j, err));
    j->fill.n = call->inner_n;
    j->fill.word = call->inner_words;
    find_folder(j);
    find_program(j);
    j->fill.time = "";
    DN_TRY(dn_submit_script(j->template, j->text, j->len, &j->fill, &j->script, err)); /* fit to be filled? */
    dn_free(j->script);
    j->script = NULL;
    DN_TRY(ask(j, err));
    DN_TRY(dn_submit_script(j->template, j->text, j->len, &j->fill, &j->script, err));
    if (dn_options_flag(call->options, "dry-run")) {
        fputs(j->script, stdout);
        if (fflush(stdout) != 0)
            DN_FAIL(DN_EIO, "stdout: writing failed");
        goto out;
    }
    DN_TRY(write_script(j, err));
    DN_TRY(run_sbatch(j, err));
out:
    if (j != NULL) {
        dn_free(j->text);
        dn_free(j->script);
    }
    dn_free(j);
    return st;
}

const dn_command dn_cmd_submit = {
    .name = "submit",
    .summary = "a job for Slurm: a template, the figures of estimate, sbatch",
    .usage =
        "TEMPLATE [--ranks N] [--dry-run] -- train gener|dti DATASET --split NAME -o DIR [options of train]\n"
        "TEMPLATE [--ranks N] [--dry-run] -- screen|embed ...",
    .details = "Tries the command behind -- as `dragnet estimate` does, puts nodes, ranks, CPUs, memory and "
               "time into the "
               "#SBATCH\n"
               "lines of the template (one of jobs/slurm, or your own that passes \"$@\" on) and the "
               "arguments behind them, "
               "writes\n"
               "this as OUTPUT.sbatch and hands it to sbatch. Unless --ranks says how many, the job has the "
               "most ranks that "
               "still\n"
               "work at 70 %. With --ranks, --time and --memory nothing is tried. Options of sbatch that "
               "your site wants "
               "stand in\n"
               "the template, in SBATCH_* of the environment, or in --sbatch.",
    .options = options,
    .about = DN_BEHIND,
    .run = run};
