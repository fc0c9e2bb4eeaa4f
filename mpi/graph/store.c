/* store.c - network.h5; see store.h */
#include "mpi/graph/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/base/alloc.h"

enum { PATH_CAP = 400, LIST_CAP = 4096 };

/* What a rank brings: the nodes [begin, end) of the dataset's order. */
typedef struct block {
    dn_range nodes;
    int32_t *inside; /* [nodes]  by outside number */
    double *value;   /* [nodes, widest]  scratch */
    uint8_t *side;   /* [nodes] */
} block;

static dn_status make_block(const dn_comm *comm, const dn_network *w, const dn_analysis *a, block *b,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = &w->graph;
    size_t n, widest = 1;

    b->nodes = dn_block(g->n, comm->rank, comm->size);
    n = (size_t)(b->nodes.end - b->nodes.begin);
    for (int i = 0; i < a->n_spectra; i++)
        widest = (size_t)a->spectrum[i].k > widest ? (size_t)a->spectrum[i].k : widest;
    DN_NEW(b->inside, n);
    DN_NEW(b->side, n);
    DN_NEW(b->value, n * widest);
    for (int64_t i = 0; i < g->n; i++)
        if (g->outside[i] >= b->nodes.begin && g->outside[i] < b->nodes.end) {
            b->inside[g->outside[i] - b->nodes.begin] = (int32_t)i;
            b->side[g->outside[i] - b->nodes.begin] = g->side[i];
        }
out:
    return st;
}

static void free_block(block *b)
{
    dn_free(b->inside);
    dn_free(b->side);
    dn_free(b->value);
}

/* A path of the file. */
static const char *path_of(char *buf, const char *format, ...) DN_PRINTF(2, 3);
static const char *path_of(char *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(buf, PATH_CAP, format, args);
    va_end(args);
    return buf;
}

/* Add a name to a list divided by commas; what does not fit is left out. */
static void list_add(char *list, const char *name, size_t len)
{
    size_t at = strlen(list);

    if (at + len + 2 < LIST_CAP)
        snprintf(list + at, LIST_CAP - at, "%s%.*s", at > 0 ? "," : "", (int)len, name);
}

/* Rows [nodes] x k of b->value. */
static dn_status put_nodes(dn_h5 *h, const char *path, int64_t n, int64_t k, int ndims, const block *b,
                           dn_error *err)
{
    int64_t dims[2] = {n, k};

    return dn_h5_write(h, path, ndims, dims, b->nodes.begin, b->nodes.end - b->nodes.begin, b->value, err);
}

/* ---- the network ---- */

static dn_status put_ids(dn_h5 *h, const dn_comm *comm, const dn_network *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t named = w->id.n; /* rank 0 alone has them */

    MPI_Bcast(&named, 1, MPI_INT64_T, 0, comm->mpi);
    if (named > 0)
        DN_TRY(dn_h5_write_strings_of(h, 0, "/nodes/id", &w->id, err));
out:
    return st;
}

static dn_status put_layer(dn_h5 *h, const dn_layer *y, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];

    path_of(path, "/layers/%s", y->name);
    DN_TRY(dn_h5_set_int(h, path, "edges", y->edges, err));
    DN_TRY(dn_h5_set_int(h, path, "weighted", y->weighted, err));
    DN_TRY(dn_h5_set_int(h, path, "negative", y->negative, err));
    DN_TRY(dn_h5_set_int(h, path, "zero", y->zero, err));
    DN_TRY(dn_h5_set_int(h, path, "activating", y->activating, err));
    DN_TRY(dn_h5_set_int(h, path, "inhibiting", y->inhibiting, err));
out:
    return st;
}

static dn_status put_network(dn_h5 *h, const dn_comm *comm, const dn_network *w, const block *b,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char sides[LIST_CAP] = "", layers[LIST_CAP] = "";
    const char *name;
    size_t len;

    for (int64_t s = 0; s < w->side_name.n; s++) {
        name = dn_strings_at(&w->side_name, s, &len);
        list_add(sides, name, len);
    }
    DN_TRY(dn_h5_set_int(h, "/nodes", "count", w->graph.n, err));
    DN_TRY(dn_h5_set_text(h, "/nodes", "sides", sides, err));
    DN_TRY(put_ids(h, comm, w, err));
    DN_TRY(dn_h5_write(h, "/nodes/side", 1, &w->graph.n, b->nodes.begin, b->nodes.end - b->nodes.begin,
                       b->side, err));
    for (int i = 0; i < w->n_layers; i++) {
        list_add(layers, w->layer[i].name, strlen(w->layer[i].name));
        DN_TRY(put_layer(h, &w->layer[i], err));
    }
    DN_TRY(dn_h5_set_text(h, "/layers", "order", layers, err));
    DN_TRY(dn_h5_set_int(h, "/layers", "edges", w->graph.nnz / 2, err));
    DN_TRY(dn_h5_set_int(h, "/layers", "weights_used", w->graph.weight != NULL, err));
    DN_TRY(dn_h5_set_int(h, "/layers", "pairs_in_several", w->in_several, err));
out:
    return st;
}

/* ---- the description ---- */

enum { SUMMARY = 8, CLASSES = 3, BOUNDS = 4 };

/* The tables as they stand in the file: a row for each side. */
typedef struct tables {
    double degree[DN_SIDES][SUMMARY], strength[DN_SIDES][SUMMARY], bound[DN_SIDES][BOUNDS];
    int64_t class[DN_SIDES][CLASSES], histogram[DN_SIDES][DN_BINS], isolated[DN_SIDES];
} tables;

static void fill_summary(const dn_summary *s, double *row)
{
    const double v[SUMMARY] = {(double)s->count, s->mean,        s->sd,          s->min,
                               s->quartile[0],   s->quartile[1], s->quartile[2], s->max};

    memcpy(row, v, sizeof v);
}

static tables make_tables(const dn_description *d, int sides)
{
    tables t = {0};

    for (int s = 0; s < sides; s++) {
        const dn_side_description *x = &d->side[s];
        const int64_t class[CLASSES] = {x->low, x->medium, x->high};

        fill_summary(&x->degree, t.degree[s]);
        fill_summary(&x->strength, t.strength[s]);
        memcpy(t.bound[s], x->edge, sizeof t.bound[s]);
        memcpy(t.class[s], class, sizeof class);
        memcpy(t.histogram[s], x->histogram, sizeof t.histogram[s]);
        t.isolated[s] = x->isolated;
    }
    return t;
}

static dn_status put_tables(dn_h5 *h, const dn_description *d, int sides, dn_error *err)
{
    dn_status st = DN_OK;
    const tables t = make_tables(d, sides);
    const char *const summary = "count,mean,sd,min,q1,median,q3,max";
    const struct {
        const char *path, *fields;
        int64_t columns;
        const void *data;
    } table[] = {
        {"/description/degree", summary, SUMMARY, t.degree},
        {"/description/strength", summary, SUMMARY, t.strength},
        {"/description/class", "low,medium,high", CLASSES, t.class},
        {"/description/class_bound", "low_from,medium_from,high_from,high_to", BOUNDS, t.bound},
        {"/description/histogram", "column i: degrees from 2^i to 2^(i + 1) - 1", DN_BINS, t.histogram},
        {"/description/isolated", NULL, 0, t.isolated}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        DN_TRY(dn_h5_write_all(h, table[i].path, table[i].columns > 0 ? 2 : 1,
                               (int64_t[]){sides, table[i].columns}, table[i].data, err));
        if (table[i].fields != NULL)
            DN_TRY(dn_h5_set_text(h, table[i].path, "fields", table[i].fields, err));
    }
out:
    return st;
}

static dn_status put_description(dn_h5 *h, const dn_description *d, int sides, dn_error *err)
{
    dn_status st = DN_OK;
    const char *const group = "/description";
    const struct {
        const char *key;
        int64_t value;
    } count[] = {{"nodes", d->nodes},
                 {"edges", d->edges},
                 {"isolated", d->isolated},
                 {"components", d->components},
                 {"largest_component", d->largest_component},
                 {"bipartite", d->bipartite},
                 {"power_law_k_min", d->power_law.k_min},
                 {"power_law_tail", d->power_law.tail}};
    const struct {
        const char *key;
        double value;
    } number[] = {{"density", d->density},
                  {"degree_assortativity", d->assortativity},
                  {"power_law_alpha", d->power_law.alpha},
                  {"power_law_ks", d->power_law.ks},
                  {"power_law_log_likelihood", d->power_law.log_likelihood}};

    for (size_t i = 0; i < sizeof count / sizeof count[0]; i++)
        DN_TRY(dn_h5_set_int(h, group, count[i].key, count[i].value, err));
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        DN_TRY(dn_h5_set_number(h, group, number[i].key, number[i].value, err));
    DN_TRY(put_tables(h, d, sides, err));
out:
    return st;
}

/* ---- measures and spectra ---- */

dn_status dn_report_put(dn_h5 *h, const char *group, const dn_solve_report *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_int(h, group, "solver_converged", r->converged, err));
    DN_TRY(dn_h5_set_int(h, group, "solver_iterations", r->iterations, err));
    DN_TRY(dn_h5_set_number(h, group, "solver_residual", r->residual, err));
    DN_TRY(dn_h5_set_number(h, group, "solver_tolerance", r->tolerance, err));
    DN_TRY(dn_h5_set_number(h, group, "solver_error", r->error, err));
    DN_TRY(dn_h5_set_text(h, group, "solver_method", r->method, err));
    DN_TRY(dn_h5_set_text(h, group, "solver_warning", r->warning, err));
out:
    return st;
}

static dn_status put_column(dn_h5 *h, const char *group, const dn_column *c, int64_t n, const block *b,
                            dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];

    for (int64_t i = 0; i < b->nodes.end - b->nodes.begin; i++)
        b->value[i] = c->v[b->inside[i]];
    path_of(path, "%s/%s", group, c->name);
    DN_TRY(put_nodes(h, path, n, 1, 1, b, err));
    DN_TRY(dn_h5_set_int(h, path, "integer", c->integer, err));
out:
    return st;
}

static dn_status put_measure(dn_h5 *h, const dn_measure *m, int64_t n, const block *b, dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], columns[LIST_CAP] = "", figures[LIST_CAP] = "";

    path_of(group, "/measures/%s", m->name);
    for (int c = 0; c < m->n_columns; c++) {
        list_add(columns, m->column[c].name, strlen(m->column[c].name));
        DN_TRY(put_column(h, group, &m->column[c], n, b, err));
    }
    for (int i = 0; i < m->n_figures; i++) {
        list_add(figures, m->figure[i].name, strlen(m->figure[i].name));
        DN_TRY(dn_h5_set_number(h, group, m->figure[i].name, m->figure[i].value, err));
    }
    DN_TRY(dn_h5_set_text(h, group, "columns", columns, err));
    DN_TRY(dn_h5_set_text(h, group, "figures", figures, err));
    DN_TRY(dn_h5_set_text(h, group, "definition", m->definition != NULL ? m->definition : "", err));
    DN_TRY(dn_h5_set_number(h, group, "seconds", m->seconds, err));
    DN_TRY(dn_h5_set_int(h, group, "iterative", m->iterative, err));
    DN_TRY(dn_report_put(h, group, &m->report, err));
out:
    return st;
}

static dn_status put_pairs(dn_h5 *h, const char *group, const char *what, int64_t k, const double *v,
                           dn_error *err)
{
    char path[PATH_CAP];

    return dn_h5_write_all(h, path_of(path, "%s/%s", group, what), 1, &k, v, err);
}

static dn_status put_spectrum(dn_h5 *h, const dn_spectrum *s, int64_t n, const block *b, dn_error *err)
{
    dn_status st = DN_OK;
    char group[PATH_CAP], path[PATH_CAP];

    path_of(group, "/spectra/%s", s->name);
    DN_TRY(put_pairs(h, group, "value", s->k, s->value, err));
    DN_TRY(put_pairs(h, group, "residual", s->k, s->residual, err));
    if (s->share != NULL)
        DN_TRY(put_pairs(h, group, "share", s->k, s->share, err));
    for (int64_t i = 0; i < b->nodes.end - b->nodes.begin; i++)
        for (int64_t k = 0; k < s->k; k++)
            b->value[i * s->k + k] = s->vector[k * n + b->inside[i]];
    DN_TRY(put_nodes(h, path_of(path, "%s/embedding", group), n, s->k, 2, b, err));
    DN_TRY(dn_h5_set_text(h, group, "definition", s->definition != NULL ? s->definition : "", err));
    DN_TRY(dn_h5_set_int(h, group, "pairs", s->k, err));
    DN_TRY(dn_h5_set_number(h, group, "seconds", s->seconds, err));
    DN_TRY(dn_report_put(h, group, &s->report, err));
out:
    return st;
}

static dn_status put_analysis(dn_h5 *h, const dn_network *w, const dn_analysis *a, const block *b,
                              dn_error *err)
{
    dn_status st = DN_OK;
    char measures[LIST_CAP] = "", spectra[LIST_CAP] = "";

    if (a->described)
        DN_TRY(put_description(h, &a->description, w->graph.sides, err));
    for (int i = 0; i < a->n_measures; i++) {
        list_add(measures, a->measure[i].name, strlen(a->measure[i].name));
        DN_TRY(put_measure(h, &a->measure[i], w->graph.n, b, err));
    }
    DN_TRY(dn_h5_set_text(h, "/measures", "order", measures, err));
    for (int i = 0; i < a->n_spectra; i++) {
        list_add(spectra, a->spectrum[i].name, strlen(a->spectrum[i].name));
        DN_TRY(put_spectrum(h, &a->spectrum[i], w->graph.n, b, err));
    }
    DN_TRY(dn_h5_set_text(h, "/spectra", "order", spectra, err));
out:
    return st;
}

dn_status dn_network_store(const dn_comm *comm, const char *path, const char *command, const char *config,
                           const dn_network *w, const dn_analysis *a, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    block b = {0};

    DN_PASS(make_block(comm, w, a, &b, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_create(comm, path, DN_NETWORK_SCHEMA, command, config, true, &h, err));
    DN_TRY(put_network(h, comm, w, &b, err));
    DN_TRY(put_analysis(h, w, a, &b, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    free_block(&b);
    return st;
}
