/* train_profile.c - what `dragnet train --profile` prints and writes; see train_profile.h */
#include "jobs/cli/train/train_profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/text_file.h"
#include "mpi/core/agree.h"

/* So many ranks get a line each, more their mean and extremes only. */
enum { LINES = 16 };

/* ---- ranks ---- */

typedef double pick(const dn_profile_table *t, int column);

/* Column `column` of rank r; the step itself, its shards and their processor time follow the columns. */
static double cell(const dn_profile_table *t, int r, int column)
{
    const dn_profile_rank *x = &t->rank[r];

    return column < DN_COLUMNS        ? x->column[column]
           : column == DN_COLUMNS     ? x->step
           : column == DN_COLUMNS + 1 ? x->cpu
                                      : x->shards;
}

static double mean_of(const dn_profile_table *t, int column)
{
    double sum = 0;

    for (int r = 0; r < t->ranks; r++)
        sum += cell(t, r, column);
    return sum / t->ranks;
}

static double least_of(const dn_profile_table *t, int column)
{
    double least = cell(t, 0, column);

    for (int r = 1; r < t->ranks; r++)
        least = cell(t, r, column) < least ? cell(t, r, column) : least;
    return least;
}

static double most_of(const dn_profile_table *t, int column)
{
    double most = cell(t, 0, column);

    for (int r = 1; r < t->ranks; r++)
        most = cell(t, r, column) > most ? cell(t, r, column) : most;
    return most;
}

static void print_line(const dn_profile_table *t, const char *name, pick *of, int rank)
{
    printf("%-8s", name);
    for (int c = 0; c < DN_COLUMNS + 3; c++)
        printf(" %8.*f", c == DN_COLUMNS + 2 ? 1 : 3, of != NULL ? of(t, c) : cell(t, rank, c));
    printf("\n");
}

static void print_ranks(const dn_profile_table *t)
{
    char name[16];

    printf("%-8s", "rank");
    for (int c = 0; c < DN_COLUMNS; c++)
        printf(" %8s", dn_profile_column_name((dn_profile_column)c));
    printf(" %8s %8s %8s\n", "step", "cpu", "shards");
    for (int r = 0; r < t->ranks && t->ranks <= LINES; r++) {
        snprintf(name, sizeof name, "%d", r);
        print_line(t, name, NULL, r);
    }
    if (t->ranks > 1)
        print_line(t, "mean", mean_of, 0);
    if (t->ranks > LINES) {
        print_line(t, "least", least_of, 0);
        print_line(t, "most", most_of, 0);
    }
}

/* ---- layers ---- */

static double layer_of(const dn_profile_table *t, int r, int layer)
{
    const double *x = t->rank[r].layer[layer];

    return x[0] + x[1] + x[2];
}

/* A share of the mean step; negative zeros of idle threads are rounding. */
static void print_layer(const dn_profile_table *t, int layer)
{
    double part[3] = {0}, all = 0, most = 0, step = mean_of(t, DN_COLUMNS);

    for (int r = 0; r < t->ranks; r++) {
        for (int d = 0; d < 3; d++)
            part[d] += t->rank[r].layer[layer][d] / t->ranks;
        most = layer_of(t, r, layer) > most ? layer_of(t, r, layer) : most;
    }
    all = part[0] + part[1] + part[2];
    printf("%-16s %8.3f %8.3f %8.3f %8.3f %8.3f %6.1f%%\n", dn_profile_layer_name(t, layer), part[0], part[1],
           part[2], all, most, 100 * all / step);
}

static void print_layers(const dn_profile_table *t)
{
    printf("%-16s %8s %8s %8s %8s %8s %7s\n", "layer", "load", "forward", "backward", "mean", "most",
           "of step");
    for (int k = 0; k < t->layers; k++)
        print_layer(t, k);
}

/* ---- the report ---- */

static dn_status write_json(const dn_profile_table *t, const char *path, dn_error *err)
{
    dn_json *root = dn_profile_json(t);
    dn_status st = dn_text_file_json(NULL, path, root, 1, err);

    dn_json_destroy(&root);
    return st;
}

dn_status dn_train_profile_report(const dn_comm *comm, const dn_profile *p, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_profile_table t = {0};

    DN_TRY(dn_profile_collect(comm, p, &t, err));
    if (t.ranks == 0)
        goto out;
    if (comm->rank == 0) {
        printf("milliseconds a step, means over %lld steps\n\n", (long long)t.steps);
        print_ranks(&t);
        printf("\n");
        print_layers(&t);
        if (fflush(stdout) != 0)
            st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "stdout: writing failed: %s", strerror(errno));
        if (st == DN_OK)
            DN_PASS(write_json(&t, path, err));
    }
    DN_AGREE(comm);
out:
    dn_profile_table_destroy(&t);
    return st;
}
