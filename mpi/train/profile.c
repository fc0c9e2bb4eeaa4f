/* profile.c - where the time of a training step goes; see profile.h */
#include "mpi/train/profile.h"

#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

/* Of all parts of a stage. */
static int64_t stage_sum(const dn_clock *c, int stage)
{
    int64_t sum = 0;

    for (int k = 0; k < DN_CLOCK_PARTS; k++)
        sum += c->ns[stage][k];
    return sum;
}

/* The columns as the clock of the step has them, ns. */
static void read_columns(const dn_clock *c, int64_t *column)
{
    static const int part[DN_COLUMNS] = {
        [DN_COLUMN_DEAL] = DN_PROFILE_DEAL,     [DN_COLUMN_COMPUTE] = DN_PROFILE_COMPUTE,
        [DN_COLUMN_ADD] = DN_REDUCE_ADD,        [DN_COLUMN_PACK] = DN_REDUCE_PACK,
        [DN_COLUMN_WAIT] = DN_REDUCE_WAIT,      [DN_COLUMN_EXCHANGE] = DN_REDUCE_EXCHANGE,
        [DN_COLUMN_UPDATE] = DN_PROFILE_UPDATE, [DN_COLUMN_GATHER] = DN_REDUCE_GATHER,
        [DN_COLUMN_OTHER] = DN_PROFILE_OTHER};
    int64_t wait = c->ns[DN_PROFILE_NORMS][DN_REDUCE_WAIT];

    for (int k = 0; k < DN_COLUMNS; k++)
        column[k] =
            k == DN_COLUMN_NORMS ? stage_sum(c, DN_PROFILE_NORMS) - wait : c->ns[DN_PROFILE_STEP][part[k]];
    column[DN_COLUMN_WAIT] += wait;
}

/* ---- while a step runs ---- */

dn_status dn_profile_begin(dn_profile *p, const dn_model *m, int threads, dn_error *err)
{
    dn_status st = DN_OK;

    dn_profile_end(p);
    if (DN_PROFILE_PASS + 2 * m->n_phases > DN_CLOCK_STAGES || m->n_parts >= DN_CLOCK_PARTS)
        DN_FAIL(DN_ESOFTWARE, "a clock has no room for %d phases with %d parts", m->n_phases, m->n_parts);
    p->m = m;
    p->threads = threads;
    DN_NEW(p->thread, (size_t)threads);
    DN_NEW(p->cpu, (size_t)threads);
    DN_NEW(p->cpu_since, (size_t)threads);
out:
    return st;
}

void dn_profile_end(dn_profile *p)
{
    dn_free(p->thread);
    dn_free(p->cpu);
    dn_free(p->cpu_since);
    *p = (dn_profile){0};
}

void dn_profile_step_start(dn_profile *p)
{
    if (p == NULL)
        return;
    dn_clock_start(&p->step);
    p->since = p->step.since;
}

/* The step that has ended took what its columns have grown by. */
static void keep_least(dn_profile *p)
{
    int64_t now[DN_COLUMNS];

    read_columns(&p->step, now);
    for (int k = 0; k < DN_COLUMNS; k++) {
        int64_t took = now[k] - p->before[k];

        p->least[k] = p->steps == 0 || took < p->least[k] ? took : p->least[k];
        p->before[k] = now[k];
    }
}

void dn_profile_step_stop(dn_profile *p, int shards)
{
    int64_t took;

    if (p == NULL)
        return;
    dn_clock_stop(&p->step);
    took = p->step.since - p->since;
    p->ns += took;
    p->least_step = p->steps == 0 || took < p->least_step ? took : p->least_step;
    keep_least(p);
    p->steps++;
    p->shards += shards;
}

dn_clock *dn_profile_thread_start(dn_profile *p, int thread)
{
    if (p == NULL)
        return NULL;
    p->cpu_since[thread] = dn_clock_thread_cpu();
    dn_clock_start(&p->thread[thread]);
    return &p->thread[thread];
}

void dn_profile_thread_stop(dn_profile *p, int thread)
{
    if (p == NULL)
        return;
    dn_clock_stop(&p->thread[thread]);
    p->cpu[thread] += dn_clock_thread_cpu() - p->cpu_since[thread];
}

/* ---- the numbers of one rank ---- */

/* 0 load, 1 forward, 2 backward */
static int direction(const dn_model *m, int stage)
{
    return stage == DN_PROFILE_LOAD ? 0 : stage - DN_PROFILE_PASS < m->n_phases ? 1 : 2;
}

static void fill_layers(const dn_profile *p, double scale, dn_profile_rank *out)
{
    int stages = DN_PROFILE_PASS + 2 * p->m->n_phases, other = p->m->n_parts, idle = other + 1;
    double busy = 0;

    scale /= p->threads;
    for (int t = 0; t < p->threads; t++)
        for (int s = 0; s < stages; s++)
            for (int k = 0; k <= p->m->n_parts; k++) {
                double ms = (double)p->thread[t].ns[s][k] * scale;

                out->layer[k == 0 ? other : k - 1][direction(p->m, s)] += ms;
                out->pass[s] += ms;
                busy += ms;
            }
    out->layer[idle][0] = out->column[DN_COLUMN_COMPUTE] - busy;
}

static void fill_rank(const dn_profile *p, dn_profile_rank *out)
{
    double scale = 1e-6 / (double)p->steps;
    int64_t column[DN_COLUMNS];

    *out = (dn_profile_rank){.shards = (double)p->shards / (double)p->steps,
                             .threads = p->threads,
                             .step = (double)p->ns * scale,
                             .least_step = (double)p->least_step * 1e-6};
    for (int t = 0; t < p->threads; t++)
        out->cpu += (double)p->cpu[t] * scale;
    read_columns(&p->step, column);
    for (int k = 0; k < DN_COLUMNS; k++) {
        out->column[k] = (double)column[k] * scale;
        out->least[k] = (double)p->least[k] * 1e-6;
    }
    fill_layers(p, scale, out);
}

/* ---- all ranks ---- */

dn_status dn_profile_collect(const dn_comm *comm, const dn_profile *p, dn_profile_table *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_profile_table t = {.m = p->m, .steps = p->steps};
    dn_profile_rank mine = {0};
    int numbers = (int)(sizeof mine / sizeof(double));

    *out = (dn_profile_table){0};
    if (p->steps == 0) /* the same on every rank: all fail in a step, or none */
        goto out;
    t.ranks = comm->size;
    t.layers = p->m->n_parts + 2;
    t.rank = dn_calloc((size_t)comm->size, sizeof *t.rank);
    if (t.rank == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for a profile of %d ranks",
                          comm->size);
    DN_AGREE(comm);
    fill_rank(p, &mine);
    MPI_Allgather(&mine, numbers, MPI_DOUBLE, t.rank, numbers, MPI_DOUBLE, comm->mpi);
    *out = t;
    t.rank = NULL;
out:
    dn_free(t.rank);
    return st;
}

void dn_profile_table_destroy(dn_profile_table *t)
{
    dn_free(t->rank);
    *t = (dn_profile_table){0};
}

/* ---- names, JSON ---- */

const char *dn_profile_column_name(dn_profile_column c)
{
    static const char *const name[DN_COLUMNS] = {"deal", "compute",  "norms",  "add",    "pack",
                                                 "wait", "exchange", "update", "gather", "other"};

    return name[c];
}

const char *dn_profile_layer_name(const dn_profile_table *t, int layer)
{
    return layer < t->m->n_parts ? t->m->part[layer] : layer == t->m->n_parts ? "other" : "idle";
}

static void rank_json(const dn_profile_table *t, int rank, dn_json *to)
{
    const dn_profile_rank *r = &t->rank[rank];
    dn_json *columns, *least, *passes, *layers;

    dn_json_int(to, "rank", rank);
    dn_json_number(to, "shards", r->shards);
    dn_json_number(to, "threads", r->threads);
    dn_json_number(to, "step", r->step);
    dn_json_number(to, "least_step", r->least_step);
    dn_json_number(to, "cpu_of_shards", r->cpu);
    columns = dn_json_object(to, "columns");
    for (int c = 0; c < DN_COLUMNS; c++)
        dn_json_number(columns, dn_profile_column_name((dn_profile_column)c), r->column[c]);
    least = dn_json_object(to, "least");
    for (int c = 0; c < DN_COLUMNS; c++)
        dn_json_number(least, dn_profile_column_name((dn_profile_column)c), r->least[c]);
    passes = dn_json_array(to, "passes"); /* load, forward from the first phase, backward from the last */
    for (int s = 0; s < DN_PROFILE_PASS + 2 * t->m->n_phases; s++)
        dn_json_number(passes, NULL, r->pass[s]);
    layers = dn_json_object(to, "layers");
    for (int k = 0; k < t->layers; k++) {
        dn_json *layer = dn_json_object(layers, dn_profile_layer_name(t, k));

        dn_json_number(layer, "load", r->layer[k][0]);
        dn_json_number(layer, "forward", r->layer[k][1]);
        dn_json_number(layer, "backward", r->layer[k][2]);
    }
}

dn_json *dn_profile_json(const dn_profile_table *t)
{
    dn_json *root = dn_json_create(), *ranks;

    dn_json_string(root, "schema", "dragnet.profile");
    dn_json_string(root, "schema_version", "1.0");
    dn_json_string(root, "network", t->m->architecture);
    dn_json_string(root, "unit", "ms a step");
    dn_json_int(root, "steps", t->steps);
    dn_json_int(root, "weights", t->m->n_weights);
    dn_json_int(root, "moments", t->m->n_moments);
    dn_json_int(root, "norms", t->m->n_norms);
    ranks = dn_json_array(root, "ranks");
    for (int r = 0; r < t->ranks; r++)
        rank_json(t, r, dn_json_object(ranks, NULL));
    return root;
}
