/* analyse_walks.c - measures that count walks, solved for by PETSc and SLEPc; see analyse_private.h */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/base/alloc.h"
#include "solvers/network/current_flow.h"
#include "solvers/network/eigenvector.h"
#include "solvers/network/hits.h"
#include "solvers/network/katz.h"
#include "solvers/network/pagerank.h"
#include "solvers/network/subgraph.h"

/* A second column: the eigenvector of each component. The report keeps what is worse. */
static dn_status eigenvector_each(dn_analyse_job *j, const dn_eigenvector_options *o, dn_measure *m,
                                  dn_error *err)
{
    dn_status st = DN_OK;
    dn_eigenvector_each_figures f;
    dn_solve_report each;
    double *value;

    DN_TRY(dn_analyse_column(j, m, "component", &value, err));
    DN_TRY(dn_eigenvector_each(j->g, j->team, o, value, NULL, &f, &each, err));
    dn_analyse_figure(m, "components_solved", (double)f.solved);
    dn_analyse_figure(m, "components_failed", (double)f.failed);
    dn_analyse_figure(m, "components_smallest_gap", f.smallest);
    m->report.converged = m->report.converged && each.converged;
    m->report.iterations += each.iterations;
    m->report.residual = fmax(m->report.residual, each.residual);
    m->report.error = fmax(m->report.error, each.error);
    if (m->report.warning[0] == '\0')
        memcpy(m->report.warning, each.warning, sizeof each.warning);
out:
    return st;
}

dn_status dn_run_eigenvector(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_eigenvector_options o = {
        .tolerance = j->o->tolerance, .component = j->component, .components = j->components};
    dn_eigenvector_figures f;
    double *value;

    m->iterative = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_eigenvector(j->g, j->team, &o, value, &f, &m->report, err));
    dn_analyse_figure(m, "eigenvalue", f.eigenvalue);
    dn_analyse_figure(m, "residual", f.residual);
    dn_analyse_figure(m, "second_eigenvalue", f.second);
    dn_analyse_figure(m, "gap", f.gap);
    dn_analyse_figure(m, "leading_components", (double)f.leading);
    if (j->o->per_component)
        DN_TRY(eigenvector_each(j, &o, m, err));
out:
    return st;
}

/* seed [n] or NULL */
static dn_status pagerank(dn_analyse_job *j, const double *seed, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pagerank_options o = {.damping = j->o->damping, .tolerance = j->o->tolerance, .seed = seed};
    double *value;

    m->iterative = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_pagerank(j->g, j->team, &o, value, &m->report, err));
    dn_analyse_figure(m, "damping", j->o->damping);
out:
    return st;
}

dn_status dn_run_pagerank(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    return pagerank(j, NULL, m, err);
}

dn_status dn_run_personalised(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    double *seed = NULL; /* [n] */

    DN_TRY(dn_analyse_vector(j, j->g->n, &seed, err));
    for (int i = 0; i < j->o->n_seeds; i++)
        seed[j->seed[i]] = 1;
    DN_TRY(pagerank(j, seed, m, err));
    dn_analyse_figure(m, "seeds", j->o->n_seeds);
out:
    dn_free(seed);
    return st;
}

dn_status dn_run_katz(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_katz_options o = {.alpha = j->o->katz_alpha, .tolerance = j->o->tolerance};
    dn_katz_figures f;
    double *value;

    m->iterative = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_katz(j->g, j->team, &o, value, &f, &m->report, err));
    dn_analyse_figure(m, "alpha", f.alpha);
    dn_analyse_figure(m, "eigenvalue", f.eigenvalue);
    dn_analyse_figure(m, "alpha_bound", f.bound);
out:
    return st;
}

dn_status dn_run_hits(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_hits_options o = {.tolerance = j->o->tolerance};
    dn_hits_figures f;
    double *value, *hub, *authority;

    m->iterative = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "hub", &hub, err));
    DN_TRY(dn_analyse_column(j, m, "authority", &authority, err));
    DN_TRY(dn_hits(j->g, j->team, &o, hub, authority, &f, &m->report, err));
    for (int64_t i = 0; i < j->g->n; i++)
        value[i] = fmax(hub[i], authority[i]);
    dn_analyse_figure(m, "singular_value", f.singular);
    dn_analyse_figure(m, "second_singular_value", f.second);
    dn_analyse_figure(m, "gap", f.gap);
out:
    return st;
}

/* ---- exact up to a size, probed above ---- */

static dn_probe_options probe_options(const dn_analyse_job *j)
{
    return (dn_probe_options){.exact_up_to = j->o->exact_nodes,
                              .probes = j->o->probes,
                              .seed = j->o->seed,
                              .tolerance = j->o->tolerance};
}

static const char *error_name(int64_t probes)
{
    return probes > 0 ? "standard_error" : "error_bound";
}

dn_status dn_run_subgraph(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_probe_options o = probe_options(j);
    dn_subgraph_figures f;
    double *value, *error;

    m->iterative = true;
    m->own_errors = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "error", &error, err));
    DN_TRY(dn_subgraph_centrality(j->g, j->team, &o, value, error, &f, &m->report, err));
    m->column[1].name = error_name(f.probes);
    dn_analyse_figure(m, "log_factor", f.log_factor);
    dn_analyse_figure(m, "probes", (double)f.probes);
    dn_analyse_figure(m, "pairs", (double)f.pairs);
out:
    return st;
}

dn_status dn_run_current_flow(dn_analyse_job *j, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_probe_options o = probe_options(j);
    dn_current_flow_figures f;
    double *value, *error, *raw;

    m->iterative = true;
    m->own_errors = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_analyse_column(j, m, "error", &error, err));
    DN_TRY(dn_analyse_column(j, m, "raw", &raw, err));
    DN_TRY(dn_current_flow_closeness(j->g, j->team, &o, value, error, raw, &f, &m->report, err));
    m->column[1].name = error_name(f.probes);
    dn_analyse_figure(m, "nodes_of_2-core", (double)f.core);
    dn_analyse_figure(m, "probes", (double)f.probes);
out:
    return st;
}

/* "communicability-2-P08684"; ids that make no name of a file are left out of it. */
static dn_status name_after(const char *id, int number, dn_measure *m, dn_error *err)
{
    enum { NAME_CAP = 100, ROOM = 400 };
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    dn_status st = DN_OK;
    size_t len = strlen(id);
    bool usable = len <= 60 && strspn(id, safe) == len;

    DN_NEW(m->own_text, ROOM);
    m->name = m->own_text;
    m->definition = m->own_text + NAME_CAP;
    snprintf(m->own_text, NAME_CAP, "communicability-%d%s%s", number + 1, usable ? "-" : "",
             usable ? id : "");
    snprintf(m->own_text + NAME_CAP, ROOM - NAME_CAP,
             "walks of all lengths between %.200s and each node, exp(A); networkx.communicability_exp", id);
out:
    return st;
}

dn_status dn_name_communicability(const dn_analyse_job *j, int number, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(name_after(j->o->from_id[number], number, m, err));
    DN_AGREE(j->comm);
out:
    return st;
}

dn_status dn_run_communicability(dn_analyse_job *j, int number, dn_measure *m, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t node = (int32_t)j->from[number];
    dn_subgraph_figures f;
    double *value;

    m->iterative = true;
    m->own_errors = true;
    DN_TRY(dn_analyse_column(j, m, "value", &value, err));
    DN_TRY(dn_communicability(j->g, j->team, 1, &node, j->o->tolerance, value, &f, &m->report, err));
    dn_analyse_figure(m, "log_factor", f.log_factor);
out:
    return st;
}
