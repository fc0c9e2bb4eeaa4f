/* network_json.c - an analysis as JSON; see network_output.h */
#include "jobs/cli/network/network_output.h"

#include <math.h>
#include <string.h>
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

static void put_text(dn_json *obj, const char *key, const char *text)
{
    char clean[2048];

    if (text != NULL)
        dn_json_string(obj, key, dn_utf8_clean(text, clean, sizeof clean));
}

/* Text of any length. Without memory for it JSON has none either, and dn_json_text() says so. */
static void put_long_text(dn_json *obj, const char *key, const char *text)
{
    size_t cap = text != NULL ? 2 * strlen(text) + 8 : 0;
    char *clean = text != NULL ? dn_calloc(cap, 1) : NULL;

    if (text != NULL)
        dn_json_string(clean != NULL ? obj : NULL, key, clean != NULL ? dn_utf8_clean(text, clean, cap) : "");
    dn_free(clean);
}

static void put_side(dn_json *obj, const char *key, const dn_network *w, int side)
{
    char name[256];

    put_text(obj, key, dn_network_side(w, side, name, sizeof name));
}

static void put_run(dn_json *root, const dn_network_run *run)
{
    dn_json_string(root, "program", "dragnet");
    put_text(root, "version", run->version);
    put_long_text(root, "command", run->command);
    if (run->config != NULL)
        dn_json_value(root, "config", run->config);
    put_long_text(root, "dataset", run->dataset);
    dn_json_int(root, "seed", (int64_t)run->seed);
    dn_json_int(root, "ranks", run->ranks);
    if (run->seconds >= 0)
        dn_json_number(root, "seconds", run->seconds);
}

static void put_network(dn_json *obj, const dn_network *w)
{
    dn_json *list = dn_json_array(obj, "sides");

    for (int s = 0; s < w->graph.sides; s++)
        put_side(list, NULL, w, s);
    list = dn_json_array(obj, "layers");
    for (int i = 0; i < w->n_layers; i++) {
        const dn_layer *y = &w->layer[i];
        dn_json *o = dn_json_object(list, NULL);

        put_text(o, "name", y->name);
        dn_json_int(o, "edges", y->edges);
        dn_json_bool(o, "weighted", y->weighted);
        dn_json_int(o, "negative", y->negative);
        dn_json_int(o, "zero", y->zero);
        dn_json_int(o, "activating", y->activating);
        dn_json_int(o, "inhibiting", y->inhibiting);
    }
    dn_json_int(obj, "pairs_in_several_layers", w->in_several);
    dn_json_bool(obj, "weights_used", w->graph.weight != NULL);
    dn_json_int(obj, "nodes", w->graph.n);
    dn_json_int(obj, "edges", w->graph.nnz / 2);
    dn_json_number(obj, "seconds_to_open", w->seconds_to_open);
}

static void put_summary(dn_json *obj, const char *key, const dn_summary *s)
{
    dn_json *o = dn_json_object(obj, key);

    dn_json_int(o, "count", s->count);
    dn_json_number(o, "mean", s->mean);
    dn_json_number(o, "sd", s->sd);
    dn_json_number(o, "min", s->min);
    dn_json_number(o, "q1", s->quartile[0]);
    dn_json_number(o, "median", s->quartile[1]);
    dn_json_number(o, "q3", s->quartile[2]);
    dn_json_number(o, "max", s->max);
}

static void put_side_description(dn_json *list, const dn_network *w, int side, const dn_side_description *s)
{
    dn_json *o = dn_json_object(list, NULL), *sub;

    put_side(o, "side", w, side);
    put_summary(o, "degree", &s->degree);
    put_summary(o, "strength", &s->strength);
    dn_json_int(o, "isolated", s->isolated);
    sub = dn_json_object(o, "classes");
    dn_json_int(sub, "low", s->low);
    dn_json_int(sub, "medium", s->medium);
    dn_json_int(sub, "high", s->high);
    sub = dn_json_array(sub, "bounds");
    for (int i = 0; i < 4; i++)
        dn_json_number(sub, NULL, s->edge[i]);
}

static void put_description(dn_json *obj, const dn_network *w, const dn_description *d)
{
    dn_json *o;

    dn_json_int(obj, "nodes", d->nodes);
    dn_json_int(obj, "edges", d->edges);
    dn_json_int(obj, "isolated", d->isolated);
    dn_json_int(obj, "components", d->components);
    dn_json_int(obj, "largest_component", d->largest_component);
    dn_json_number(obj, "density", d->density);
    dn_json_bool(obj, "bipartite", d->bipartite);
    dn_json_number(obj, "degree_assortativity", d->assortativity);
    if (d->power_law.k_min > 0) {
        o = dn_json_object(obj, "power_law");
        dn_json_int(o, "k_min", d->power_law.k_min);
        dn_json_number(o, "alpha", d->power_law.alpha);
        dn_json_number(o, "ks", d->power_law.ks);
        dn_json_int(o, "tail", d->power_law.tail);
        dn_json_number(o, "log_likelihood", d->power_law.log_likelihood);
    }
    o = dn_json_array(obj, "of_side");
    for (int s = 0; s < w->graph.sides; s++)
        put_side_description(o, w, s, &d->side[s]);
}

static void put_report(dn_json *obj, const dn_solve_report *s)
{
    dn_json *o = dn_json_object(obj, "report");

    dn_json_bool(o, "converged", s->converged);
    dn_json_int(o, "iterations", s->iterations);
    dn_json_number(o, "residual", s->residual);
    dn_json_number(o, "tolerance", s->tolerance);
    dn_json_number(o, "error", s->error);
    put_text(o, "method", s->method);
    put_text(o, "warning", s->warning);
}

/* The first nodes of an order; side < 0: of any side. */
static void put_top(dn_json *list, const dn_network_report *r, int measure, int side)
{
    const dn_graph *g = &r->network->graph;
    const dn_measure *m = &r->analysis->measure[measure];
    int put = 0;
    char id[DN_ID_MAX];

    for (int64_t k = 0; k < g->n && put < DN_TOP_SUMMARY; k++) {
        int32_t i = r->order[measure][k];
        dn_json *o;

        if (side >= 0 && g->side[i] != side)
            continue;
        o = dn_json_object(list, NULL);
        dn_json_string(o, "id", dn_network_clean_id(r->network, i, id));
        put_side(o, "side", r->network, g->side[i]);
        for (int c = 0; c < m->n_columns; c++)
            if (m->column[c].integer && isfinite(m->column[c].v[i]))
                dn_json_int(o, m->column[c].name, (int64_t)m->column[c].v[i]);
            else
                dn_json_number(o, m->column[c].name, m->column[c].v[i]);
        put++;
    }
}

static void put_measure(dn_json *obj, const dn_network_report *r, int measure)
{
    const dn_measure *m = &r->analysis->measure[measure];
    dn_json *o;
    char side[256], key[520];

    put_text(obj, "definition", m->definition);
    o = dn_json_object(obj, "figures");
    for (int i = 0; i < m->n_figures; i++)
        dn_json_number(o, m->figure[i].name, m->figure[i].value);
    dn_json_bool(obj, "iterative", m->iterative);
    put_report(obj, &m->report);
    dn_json_number(obj, "seconds", m->seconds);
    put_top(dn_json_array(obj, "top"), r, measure, -1);
    if (r->network->graph.sides < 2)
        return;
    o = dn_json_object(obj, "top_of_side");
    for (int s = 0; s < r->network->graph.sides; s++) {
        dn_network_side(r->network, s, side, sizeof side);
        put_top(dn_json_array(o, dn_utf8_clean(side, key, sizeof key)), r, measure, s);
    }
}

static void put_values(dn_json *obj, const char *key, const double *v, int64_t n)
{
    dn_json *list;

    if (v == NULL)
        return;
    list = dn_json_array(obj, key);
    for (int64_t i = 0; i < n; i++)
        dn_json_number(list, NULL, v[i]);
}

static void put_spectrum(dn_json *obj, const dn_spectrum *s)
{
    put_text(obj, "definition", s->definition);
    dn_json_int(obj, "pairs", s->k);
    put_values(obj, "value", s->value, s->k);
    put_values(obj, "residual", s->residual, s->k);
    put_values(obj, "share", s->share, s->k);
    put_report(obj, &s->report);
    dn_json_number(obj, "seconds", s->seconds);
}

/* What a reader must not miss, at the top: one line each. */
static void put_warnings(dn_json *list, const char *name, const dn_solve_report *s, bool iterative)
{
    char line[320];

    if (iterative && !s->converged) {
        snprintf(line, sizeof line, "%s: did not converge: residual %.3g, asked for %.3g", name, s->residual,
                 s->tolerance);
        put_text(list, NULL, line);
    }
    if (s->warning[0] != '\0') {
        snprintf(line, sizeof line, "%s: %s", name, s->warning);
        put_text(list, NULL, line);
    }
}

dn_status dn_network_json(const dn_network_report *r, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analysis *a = r->analysis;
    dn_json *root = dn_json_create(), *group;

    if (root == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for the summary");
    put_run(root, r->run);
    group = dn_json_array(root, "warnings");
    for (int i = 0; i < a->n_measures; i++)
        put_warnings(group, a->measure[i].name, &a->measure[i].report, a->measure[i].iterative);
    for (int i = 0; i < a->n_spectra; i++)
        put_warnings(group, a->spectrum[i].name, &a->spectrum[i].report, true);
    dn_json_bool(root, "graphml", dn_network_wants_graphml(r));
    put_network(dn_json_object(root, "network"), r->network);
    if (a->described)
        put_description(dn_json_object(root, "description"), r->network, &a->description);
    group = dn_json_object(root, "measures");
    for (int i = 0; i < a->n_measures; i++)
        put_measure(dn_json_object(group, a->measure[i].name), r, i);
    group = dn_json_object(root, "spectra");
    for (int i = 0; i < a->n_spectra; i++)
        put_spectrum(dn_json_object(group, a->spectrum[i].name), &a->spectrum[i]);
    DN_TRY(dn_json_text(root, 2, out, err));
out:
    dn_json_destroy(&root);
    return st;
}

dn_status dn_network_write_summary(const dn_network_report *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    dn_text_file t = {0};

    DN_TRY(dn_network_json(r, &text, err));
    DN_TRY(dn_text_file_open(&t, dir, "summary.json", err));
    fputs(text, t.to);
    putc('\n', t.to);
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_free(text);
    dn_text_file_close(&t);
    return st;
}
