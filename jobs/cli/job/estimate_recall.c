/* estimate_recall.c - the end of a run held against its estimate, if that is one of the same work; see
 * estimate_job.h */
#include <limits.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "jobs/cli/job/estimate_job.h"
#include "mpi/core/memory.h"
#include "mpi/core/startup.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/log.h"

static const double MB = 1e6;

enum { VALUE = 1024 };

/* ---- conditions ---- */

/* What becomes of the results, what is said, and when a run is saved has no part in its time worth naming. */
static bool is_indifferent(const dn_opt *row)
{
    static const char *const group[] = {"estimate", "job", "log", "stop", "control"};
    static const char *const name[] = {"output", "force", "resume", "json", "strict", "profile"};

    for (size_t i = 0; i < sizeof group / sizeof group[0]; i++)
        if (strcmp(row->group, group[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        if (strcmp(row->name, name[i]) == 0)
            return true;
    return false;
}

/* A word that names a file, as the file: its full path and size. buf [VALUE] */
static const char *as_file(const char *word, char *buf)
{
    struct stat info;
    char full[PATH_MAX];

    if (word[0] == '\0' || stat(word, &info) != 0 || !S_ISREG(info.st_mode) || realpath(word, full) == NULL)
        snprintf(buf, VALUE, "%s", word);
    else
        snprintf(buf, VALUE, "%.900s (%lld bytes)", full, (long long)info.st_size);
    return buf;
}

/* Condition number i: its name and value; false past the end. A name of "" is none. */
static bool condition(const dn_options *o, int i, char *name, char *out_value)
{
    const dn_opt *row;
    char word[VALUE];
    int arguments = dn_options_positionals(o);

    name[0] = '\0';
    if (i == 0) {
        snprintf(name, 80, "threads of a rank");
        snprintf(out_value, VALUE, "%d", omp_get_max_threads());
        return true;
    }
    if (i <= arguments) {
        snprintf(name, 80, "argument %d", i);
        (void)as_file(dn_options_positional(o, i - 1), out_value);
        return true;
    }
    row = dn_options_row(o, i - 1 - arguments);
    if (row == NULL)
        return false;
    if (is_indifferent(row))
        return true;
    snprintf(name, 80, "--%s", row->name);
    (void)dn_options_show(o, i - 1 - arguments, word, sizeof word);
    if (row->type == DN_OPT_TEXT)
        (void)as_file(word, out_value);
    else
        snprintf(out_value, VALUE, "%s", word);
    return true;
}

void dn_estimate_conditions(const dn_options *o, dn_json *to)
{
    char name[80], value[VALUE];

    for (int i = 0; condition(o, i, name, value); i++)
        if (name[0] != '\0')
            dn_json_string(to, name, value);
}

const char *dn_estimate_differ(const dn_json *made_for, const dn_options *o, char *buf, size_t cap)
{
    char name[80], value[VALUE];
    size_t at = 0;

    buf[0] = '\0';
    for (int i = 0; condition(o, i, name, value); i++) {
        const char *then = name[0] != '\0' ? dn_json_to_string(dn_json_get(made_for, name)) : value;

        then = then != NULL ? then : "";
        if (strcmp(then, value) != 0 && at < cap)
            at += (size_t)snprintf(buf + at, cap - at, "%s%s: %s there, %s here", at > 0 ? "; " : "", name,
                                   then[0] != '\0' ? then : "none", value[0] != '\0' ? value : "none");
    }
    return buf;
}

/* ---- the end of the run ---- */

/* All of a small file; NULL: it is not there, or too large. */
static char *read_all(const char *path, size_t *out_len)
{
    enum { MOST = 1 << 20 };
    FILE *f = fopen(path, "r");
    char *text = f != NULL ? dn_calloc(MOST, 1) : NULL;

    *out_len = 0;
    if (text != NULL)
        *out_len = fread(text, 1, MOST, f);
    if (f != NULL)
        fclose(f);
    if (text != NULL && (*out_len == 0 || *out_len == MOST)) {
        dn_free(text);
        text = NULL;
    }
    return text;
}

static const dn_json *find_row(const dn_json *root, int64_t ranks)
{
    const dn_json *rows = dn_json_get(root, "rows");

    for (int64_t i = 0; i < dn_json_count(rows); i++)
        if (dn_json_to_int(dn_json_get(dn_json_element(rows, i), "ranks")) == ranks)
            return dn_json_element(rows, i);
    return NULL;
}

static void say(const dn_call *call, const char *area, const dn_json *root, double repeats, double peak,
                int nodes)
{
    const dn_json *row = find_row(root, call->comm->size), *schema = dn_json_get(root, "schema");
    double took = 1e-9 * (double)dn_clock_now() - call->started, seconds;
    char differ[400], other[64] = "";
    int64_t assumed;

    if (row == NULL || dn_json_to_string(schema) == NULL ||
        strcmp(dn_json_to_string(schema), DN_ESTIMATE_SCHEMA) != 0)
        return;
    if (dn_estimate_differ(dn_json_get(root, "conditions"), call->options, differ, sizeof differ)[0] !=
        '\0') {
        dn_log(DN_INFO, area, "the estimate beside it is of another run, not compared", "differ=\"%s\"",
               differ);
        return;
    }
    if (repeats < 0)
        repeats = dn_json_to_number(dn_json_get(root, "repeats"));
    assumed = dn_json_to_int(dn_json_get(row, "nodes"));
    if (assumed != nodes)
        snprintf(other, sizeof other, " nodes=%d nodes_of_the_estimate=%lld", nodes, (long long)assumed);
    seconds =
        dn_json_to_number(dn_json_get(row, "once")) + repeats * dn_json_to_number(dn_json_get(row, "repeat"));
    if (seconds > 0)
        dn_log(DN_INFO, area, "beside the estimate",
               "estimated_secs=%.1f took_secs=%.1f ratio=%.2f estimated_mb_of_a_rank=%.0f "
               "peak_mb_of_a_rank=%.0f%s",
               seconds, took, took / seconds, dn_json_to_number(dn_json_get(row, "rank_mb")), peak / MB,
               other);
}

void dn_estimate_recall(const dn_call *call, const char *area, const char *output, double repeats)
{
    char path[DN_ESTIMATE_PATH];
    dn_error ignored = DN_ERROR_INIT;
    dn_json *root = NULL;
    char *text = NULL;
    size_t len = 0;
    double peak = (double)dn_memory_peak_of_all(call->comm);
    dn_startup where;

    dn_startup_look(call->comm, NULL, omp_get_max_threads(), &where);
    if (call->comm->rank != 0)
        return;
    text = read_all(dn_estimate_path(output, path), &len);
    if (text != NULL && dn_json_read(path, text, len, &root, &ignored) == DN_OK)
        say(call, area, root, repeats, peak, where.nodes);
    dn_json_destroy(&root);
    dn_free(text);
}
