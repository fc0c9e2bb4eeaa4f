/* estimate_job.c - a probe of another command, and figures for ranks; see estimate_job.h */
#include "jobs/cli/job/estimate_job.h"

#include <math.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/core/memory.h"
#include "mpi/estimate/estimate_load.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/text.h"

static const double GOOD = 0.7;         /* efficiency that is worth its nodes */
static const double LONGEST_LOOK = 0.4; /* s, at what else runs here */

static int cpus_here(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : (int)n;
}

int64_t dn_estimate_memory_here(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    return pages > 0 && page > 0 ? pages * page >> 20 : INT64_MAX;
}

/* "1,8,64" */
static dn_status read_ranks(const char *text, int64_t *out, int *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings words = {.n = 0};

    DN_TRY(dn_strings_split(&words, text, err));
    if (words.n > DN_ESTIMATE_ROWS)
        DN_FAIL(DN_EUSAGE, "--ranks: %d numbers at most", DN_ESTIMATE_ROWS);
    for (int64_t i = 0; i < words.n; i++) {
        size_t len;
        const char *word = dn_strings_at(&words, i, &len);

        if (!dn_parse_int(word, len, &out[i]) || out[i] < 1 || out[i] > 1 << 20)
            DN_FAIL(DN_EUSAGE, "--ranks %s: wanted numbers of ranks, such as 8 or 1,8,64", text);
    }
    *out_n = (int)words.n;
out:
    dn_strings_destroy(&words);
    return st;
}

/* 1, 2, 4 ... up to what the stage takes, and to 64 where it takes any number. */
static int powers(int64_t most, int64_t *out)
{
    int n = 0;

    for (int64_t r = 1; r <= (most > 0 && most < 64 ? most : 64); r *= 2)
        out[n++] = r;
    return n;
}

static void choose(dn_estimate_job *j)
{
    j->best = 0;
    for (int i = 0; i < j->n; i++)
        if (j->row[i].efficiency >= GOOD && j->row[i].ranks > j->row[j->best].ranks)
            j->best = i;
}

static dn_status work_out(const dn_options *o, const dn_estimate_load *load, dn_estimate_job *j,
                          dn_error *err)
{
    dn_status st = DN_OK;
    int64_t ranks[DN_ESTIMATE_ROWS];
    int per_node = cpus_here() / (j->e.threads < 1 ? 1 : j->e.threads);

    j->machine = dn_estimate_machine_default(
        dn_options_given(o, "ranks-per-node") ? (int)dn_options_int(o, "ranks-per-node") : per_node);
    j->machine.card = dn_options_number(o, "network-gbit") * 1e9 / 8;
    j->machine.cores = load->cores;
    j->machine.others = load->others;
    j->machine.wait = load->wait;
    j->time_margin = dn_options_number(o, "time-margin");
    j->memory_margin = dn_options_number(o, "memory-margin");
    if (dn_options_given(o, "ranks"))
        DN_TRY(read_ranks(dn_options_text(o, "ranks"), ranks, &j->n, err));
    else
        j->n = powers(j->e.most_ranks, ranks);
    for (int i = 0; i < j->n; i++)
        DN_TRY(dn_estimate_at(&j->e, &j->machine, ranks[i], &j->row[i], err));
    choose(j);
out:
    return st;
}

dn_status dn_estimate_job_run(const dn_call *call, dn_estimate_job *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_call probe = *call;
    int64_t ranks[DN_ESTIMATE_ROWS];
    dn_estimate_load load;
    int n;

    *out = (dn_estimate_job){.e = {.repeats = 1}, .options = call->inner_options};
    if (call->comm->size > 1)
        DN_FAIL(DN_EUSAGE, "measures on one rank: start it without mpirun, or with -n 1, and name --ranks");
    if (dn_options_given(call->options, "ranks")) /* wrong ones are found before the work is tried */
        DN_TRY(read_ranks(dn_options_text(call->options, "ranks"), ranks, &n, err));
    out->e.base = (double)dn_memory_now();
    out->e.began = call->started;
    out->e.seconds = dn_options_number(call->options, "probe-seconds");
    probe.options = call->inner_options;
    probe.opt_estimate = &out->e;
    DN_TRY(call->inner->run(&probe, err));
    load = dn_estimate_load_measure(fmin(0.1 * out->e.seconds, LONGEST_LOOK)); /* as it was meanwhile */
    DN_TRY(work_out(call->options, &load, out, err));
out:
    return st;
}
