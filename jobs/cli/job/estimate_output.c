/* estimate_output.c - an estimate as a table, as JSON, in a file; see estimate_job.h */
#include "jobs/cli/job/estimate_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"

static const double MB = 1e6;

/* ---- for people ---- */

/* "1.2 s", "3 min 20 s", "2 h 05 min" */
static const char *duration(double s, char *buf, size_t cap)
{
    if (s < 100)
        snprintf(buf, cap, "%.1f s", s);
    else if (s < 3600)
        snprintf(buf, cap, "%d min %02d s", (int)(s / 60), (int)fmod(s, 60));
    else
        snprintf(buf, cap, "%lld h %02d min", (long long)(s / 3600), (int)(fmod(s, 3600) / 60));
    return buf;
}

static void print_lines(const dn_estimate_job *j, const dn_estimate_row *row, FILE *to)
{
    dn_allocation a = dn_estimate_allocation(&j->e, row, j->time_margin, j->memory_margin);
    char time[24];

    fprintf(to, "#SBATCH --nodes=%lld\n#SBATCH --ntasks=%lld\n#SBATCH --ntasks-per-node=%lld\n",
            (long long)a.nodes, (long long)a.ranks, (long long)a.ranks_of_node);
    fprintf(to, "#SBATCH --cpus-per-task=%lld\n#SBATCH --mem=%lldM\n#SBATCH --time=%s\n",
            (long long)a.threads, (long long)a.node_mb, dn_slurm_time(a.minutes, time));
    if (a.node_mb > dn_estimate_memory_here())
        fprintf(to, "# this machine has only %lld MiB: fewer --ranks-per-node, or larger nodes\n",
                (long long)dn_estimate_memory_here());
}

static void print_assumptions(const dn_estimate_job *j, FILE *to)
{
    const dn_estimate_machine *m = &j->machine;

    fprintf(to,
            "\nassumed: nodes like this one, %d rank%s a node, %d thread%s a rank, a core for each thread; "
            "messages of "
            "%.0f us, %.0f Gbit/s\nof a node's network, %.0f GB/s between ranks of a node, %.0f MB of MPI's "
            "buffers a rank beside others. Left out: "
            "memory and "
            "caches that ranks compete for,\na busy file system, the start of the launcher. Of the time "
            "asked for %.2f times and 5 "
            "minutes more, of "
            "memory %.2f times and 64 MiB a rank.\n",
            m->ranks_of_node, m->ranks_of_node == 1 ? "" : "s", j->e.threads, j->e.threads == 1 ? "" : "s",
            1e6 * m->latency, m->card * 8e-9, m->copy * 1e-9, m->buffers / MB, j->time_margin,
            j->memory_margin);
}

/* The figures are what will be seen on nodes like this one; who has cores of their own is told what that is
 * worth. */
static void print_load(const dn_estimate_job *j, FILE *to)
{
    const dn_estimate_machine *m = &j->machine;
    const dn_estimate_row *r = &j->row[j->best];
    char own[32];

    if (m->others <= 0)
        return;
    fprintf(
        to,
        "\nthis machine is busy: other work wants %.1f of its %d cores, and a rank waits %.2g ms for the "
        "answer of another.\nThe figures are for nodes as busy as that; on cores of their own %lld rank%s "
        "take%s %s.\n",
        m->others, m->cores, 1e3 * m->wait, (long long)r->ranks, r->ranks == 1 ? "" : "s",
        r->ranks == 1 ? "s" : "", duration(r->own_seconds, own, sizeof own));
}

void dn_estimate_print(const dn_estimate_job *j, bool all_lines, FILE *to)
{
    char whole[32], repeat[32];
    bool epochs = j->e.repeats > 1;

    fprintf(to, "%s: %s\nprobe: %s\n\n", j->e.stage, j->e.work, j->e.probe);
    fprintf(to, "%6s %6s %14s %14s %14s %s%11s\n", "ranks", "nodes", "MB a rank", "MB a node",
            epochs ? "time at most" : "time", epochs ? "         epoch " : "", "efficiency");
    for (int i = 0; i < j->n; i++) {
        const dn_estimate_row *r = &j->row[i];

        fprintf(to, "%6lld %6lld %14.0f %14.0f %14s ", (long long)r->ranks, (long long)r->nodes,
                r->rank_bytes / MB, r->node_bytes / MB, duration(r->seconds, whole, sizeof whole));
        if (epochs)
            fprintf(to, "%14s ", duration(r->repeat, repeat, sizeof repeat));
        fprintf(to, "%11.2f\n", r->efficiency);
    }
    for (int i = 0; i < j->n; i++)
        if (all_lines || i == j->best) {
            fprintf(to, "\n# %lld ranks\n", (long long)j->row[i].ranks);
            print_lines(j, &j->row[i], to);
        }
    print_load(j, to);
    print_assumptions(j, to);
}

/* ---- for programs ---- */

static void add_row(const dn_estimate_job *j, const dn_estimate_row *r, dn_json *rows)
{
    dn_allocation a = dn_estimate_allocation(&j->e, r, j->time_margin, j->memory_margin);
    dn_json *o = dn_json_object(rows, NULL);
    char time[24];

    dn_json_int(o, "ranks", r->ranks);
    dn_json_int(o, "nodes", r->nodes);
    dn_json_int(o, "ranks_of_node", r->ranks_of_node);
    dn_json_number(o, "seconds", r->seconds);
    dn_json_number(o, "seconds_on_own_cores", r->own_seconds);
    dn_json_number(o, "once", r->once);
    dn_json_number(o, "repeat", r->repeat);
    dn_json_number(o, "exchange", r->exchange);
    dn_json_number(o, "rank_mb", r->rank_bytes / MB);
    dn_json_number(o, "node_mb", r->node_bytes / MB);
    dn_json_number(o, "efficiency", r->efficiency);
    dn_json_int(o, "ask_mib_a_node", a.node_mb);
    dn_json_string(o, "ask_time", dn_slurm_time(a.minutes, time));
}

static void add_terms(const dn_estimate_term *t, int n, bool times, dn_json *out)
{
    for (int i = 0; i < n; i++) {
        dn_json *o = dn_json_object(out, NULL);

        dn_json_string(o, "name", t[i].name);
        dn_json_number(o, times ? "seconds" : "mb", times ? t[i].amount : t[i].amount / MB);
        dn_json_int(o, "pieces", t[i].pieces);
        dn_json_bool(o, times ? "repeated" : "shared", times ? t[i].repeated : t[i].shared);
    }
}

static dn_json *begin_json(const dn_estimate_job *j)
{
    dn_json *root = dn_json_create(), *m;

    dn_json_string(root, "schema", DN_ESTIMATE_SCHEMA);
    dn_json_string(root, "stage", j->e.stage);
    dn_json_string(root, "output", j->e.output);
    dn_json_string(root, "work", j->e.work);
    dn_json_string(root, "probe", j->e.probe);
    dn_json_int(root, "threads", j->e.threads);
    dn_json_int(root, "most_ranks", j->e.most_ranks);
    dn_json_number(root, "repeats", j->e.repeats);
    dn_json_number(root, "disk_mb", (double)j->e.disk / MB);
    dn_estimate_conditions(j->options, dn_json_object(root, "conditions"));
    m = dn_json_object(root, "assumed");
    dn_json_int(m, "ranks_of_node", j->machine.ranks_of_node);
    dn_json_number(m, "latency_us", 1e6 * j->machine.latency);
    dn_json_number(m, "network_gbit", j->machine.card * 8e-9);
    dn_json_number(m, "copy_gb_per_second", j->machine.copy * 1e-9);
    dn_json_number(m, "buffers_mb", j->machine.buffers / MB);
    dn_json_number(m, "start_of_a_rank_s", j->machine.start);
    dn_json_int(m, "cores", j->machine.cores);
    dn_json_number(m, "others", j->machine.others);
    dn_json_number(m, "wait_ms", 1e3 * j->machine.wait);
    dn_json_number(m, "time_margin", j->time_margin);
    dn_json_number(m, "memory_margin", j->memory_margin);
    add_terms(j->e.time, j->e.n_time, true, dn_json_array(root, "time_of_one_rank"));
    add_terms(j->e.memory, j->e.n_memory, false, dn_json_array(root, "memory_of_one_rank"));
    return root;
}

dn_json *dn_estimate_json(const dn_estimate_job *j)
{
    dn_json *root = begin_json(j), *rows = dn_json_array(root, "rows");

    for (int i = 0; i < j->n; i++)
        add_row(j, &j->row[i], rows);
    return root;
}

/* ---- beside the run ---- */

const char *dn_estimate_path(const char *output, char *buf)
{
    size_t len = strlen(output);

    while (len > 1 && output[len - 1] == '/')
        len--;
    snprintf(buf, DN_ESTIMATE_PATH, "%.*s.estimate.json", (int)(len < 1024 ? len : 1024), output);
    return buf;
}

dn_status dn_estimate_folder(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    char folder[DN_ESTIMATE_PATH];
    char *slash;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        goto out;
    *slash = '\0';
    DN_TRY(dn_directory_make(folder, err));
out:
    return st;
}

dn_status dn_estimate_save(const dn_estimate_job *j, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *root = begin_json(j), *rows = dn_json_array(root, "rows");
    char *text = NULL;
    dn_estimate_row row;

    for (int64_t ranks = 1; ranks <= 1024; ranks += ranks < 16 ? 1 : ranks)
        if (j->e.most_ranks == 0 || ranks <= j->e.most_ranks) {
            DN_TRY(dn_estimate_at(&j->e, &j->machine, ranks, &row, err));
            add_row(j, &row, rows);
        }
    for (int i = 0; i < j->n; i++)
        add_row(j, &j->row[i], rows);
    DN_TRY(dn_json_text(root, 1, &text, err));
    DN_TRY(dn_estimate_folder(path, err));
    DN_TRY(dn_text_file_write(path, text, err));
out:
    dn_json_destroy(&root);
    dn_free(text);
    return st;
}
