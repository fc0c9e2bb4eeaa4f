/* cmd_synth_graph.c - dragnet synth --graph: a network of a known kind; see cmd_synth_graph.h */
#include "jobs/cli/data/cmd_synth_graph.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/data/synth_graph.h"
#include "mpi/io/dataset.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"

/* What an option is about; those that are in no row go with everything. */
enum { PAIRS = 1, RMAT = 2, BIPARTITE = 4, INTERACTIONS = 8, WEIGHTS = 16 };

/* How to ask for it; nothing asks for pairs of genes. */
static const struct {
    unsigned kind;
    const char *asked_by;
} kinds[] = {{RMAT, "--graph rmat"},
             {BIPARTITE, "--graph bipartite"},
             {INTERACTIONS, "--interactions"},
             {WEIGHTS, "--esm-weights"}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const struct {
    const char *option;
    unsigned goes_with;
} rows[] = {{"genes", PAIRS | BIPARTITE},
            {"samples", PAIRS},
            {"pairs", PAIRS | INTERACTIONS},
            {"modules", PAIRS},
            {"noise", PAIRS | INTERACTIONS},
            {"missing", PAIRS},
            {"hubs", PAIRS | INTERACTIONS},
            {"classes", PAIRS},
            {"scale", RMAT},
            {"edge-factor", RMAT},
            {"quadrants", RMAT},
            {"drugs", BIPARTITE | INTERACTIONS},
            {"targets", INTERACTIONS},
            {"families", INTERACTIONS},
            {"edges", BIPARTITE},
            {"exponent", BIPARTITE},
            {"dtype", WEIGHTS},
            {"shards", WEIGHTS},
            {"sparse", WEIGHTS}};

static bool is_rmat(const dn_options *o)
{
    return strcmp(dn_options_text(o, "graph"), "rmat") == 0;
}

/* "--graph rmat or --interactions", in buf [cap] */
static const char *askers(unsigned goes_with, char *buf, size_t cap)
{
    size_t used = 0;

    buf[0] = '\0';
    for (int i = 0; i < KINDS; i++)
        if ((goes_with & kinds[i].kind) != 0 && used < cap)
            used +=
                (size_t)snprintf(buf + used, cap - used, "%s%s", used > 0 ? " or " : "", kinds[i].asked_by);
    return buf;
}

dn_status dn_synth_graph_check_rows(const dn_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    bool graph = dn_options_text(o, "graph") != NULL, interactions = dn_options_flag(o, "interactions");
    bool weights = dn_options_text(o, "esm-weights") != NULL;
    unsigned kind = weights        ? WEIGHTS
                    : interactions ? INTERACTIONS
                    : !graph       ? PAIRS
                    : is_rmat(o)   ? RMAT
                                   : BIPARTITE;
    char buf[100];

    if (graph && interactions)
        DN_FAIL(DN_EUSAGE, "--interactions and --graph exclude each other");
    if (weights && (graph || interactions))
        DN_FAIL(DN_EUSAGE, "--esm-weights and --%s exclude each other", graph ? "graph" : "interactions");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!dn_options_given(o, rows[i].option) || (rows[i].goes_with & kind) != 0)
            continue;
        if (kind != PAIRS)
            DN_FAIL(DN_EUSAGE, "--%s does not go with %s", rows[i].option, askers(kind, buf, sizeof buf));
        DN_FAIL(DN_EUSAGE, "--%s goes with %s only", rows[i].option,
                askers(rows[i].goes_with, buf, sizeof buf));
    }
out:
    return st;
}

/* "0.57,0.19,0.19" */
static dn_status read_quadrants(const char *text, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    const char *at = text;

    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(at, ",");

        if (!dn_parse_double(at, len, &out[i]) || (at[len] == ',') != (i < 2))
            DN_FAIL(DN_EUSAGE, "--quadrants %s: wanted three numbers, such as 0.57,0.19,0.19", text);
        at += len + 1;
    }
out:
    return st;
}

static dn_status read_options(const dn_options *o, dn_synth_graph_options *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_synth_graph ready;
    double share[3];

    DN_TRY(read_quadrants(dn_options_text(o, "quadrants"), share, err));
    *out = (dn_synth_graph_options){.kind = is_rmat(o) ? DN_SYNTH_RMAT : DN_SYNTH_BIPARTITE,
                                    .seed = (uint64_t)dn_options_int(o, "seed"),
                                    .scale = dn_options_int(o, "scale"),
                                    .edge_factor = dn_options_int(o, "edge-factor"),
                                    .a = share[0],
                                    .b = share[1],
                                    .c = share[2],
                                    .drugs = dn_options_int(o, "drugs"),
                                    .genes = dn_options_int(o, "genes"),
                                    .edges = dn_options_int(o, "edges"),
                                    .exponent = dn_options_number(o, "exponent")};
    DN_TRY(dn_synth_graph_make(out, &ready, err));
out:
    return st;
}

/* All that determines the content, as one line of JSON. */
static dn_status write_config(const dn_synth_graph_options *o, char **out, dn_error *err)
{
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "synth");
    dn_json_string(c, "graph", o->kind == DN_SYNTH_RMAT ? "rmat" : "bipartite");
    if (o->kind == DN_SYNTH_RMAT) {
        dn_json_int(c, "scale", o->scale);
        dn_json_int(c, "edge_factor", o->edge_factor);
        dn_json_number(c, "a", o->a);
        dn_json_number(c, "b", o->b);
        dn_json_number(c, "c", o->c);
    } else {
        dn_json_int(c, "drugs", o->drugs);
        dn_json_int(c, "genes", o->genes);
        dn_json_int(c, "edges", o->edges);
        dn_json_number(c, "exponent", o->exponent);
    }
    dn_json_int(c, "seed", (int64_t)o->seed);
    return dn_json_end(&c, 0, out, err);
}

dn_status dn_synth_graph_run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_options_text(call->options, "output");
    bool force = dn_options_flag(call->options, "force"), done = false;
    dn_synth_graph_options o;
    dn_synth_graph_counts n = {0};
    char *config = NULL;

    DN_PASS(read_options(call->options, &o, err));
    DN_PASS(write_config(&o, &config, err));
    DN_AGREE(call->comm);
    if (!force)
        DN_TRY(dn_output_finished(call->comm, path, DN_DATASET_SCHEMA, "/", config, &done, err));
    if (!done)
        DN_TRY(dn_synth_graph_write(call->comm, path, call->command_line, config, force, &o, &n, err));
    if (call->comm->rank == 0 && done)
        dn_log(DN_INFO, "synth", "already complete, nothing to do", "output=%s", path);
    else if (call->comm->rank == 0)
        dn_log(DN_INFO, "synth", "done",
               "nodes=%lld drawn=%lld self_loops=%lld repeats=%lld edges=%lld seed=%lld output=%s",
               (long long)n.nodes, (long long)n.draws, (long long)n.self_loops, (long long)n.repeats,
               (long long)n.edges, (long long)o.seed, path);
out:
    dn_free(config);
    return st;
}
