/* subgraph.c - tests of subgraph centrality, communicability and current-flow closeness on any ranks
 *
 * Golden numbers: tests/golden/make_spectra.py (SciPy's expm, the pseudo-inverse, NetworkX), 12 digits.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/network/current_flow.h"
#include "solvers/network/petsc.h"
#include "solvers/network/subgraph.h"
#include "tests/support/golden_team.h"
#include "tests/support/petsc.h"

static bool say(bool good, const char *name, const char *what, double figure)
{
    if (!good)
        fprintf(stderr, "# rank %d: %s: %s: %g\n", test_comm.rank, name, what, figure);
    return good;
}

/* The largest deviation beyond the error that was stated, relative to the value that is wanted. */
static double beyond(const golden *c, const double *want, const double *value, const double *error)
{
    double worst = -1;

    for (int64_t i = 0; i < c->g.n; i++) {
        double w = want[c->g.outside[i]], d = (fabs(value[i] - w) - error[i]) / fabs(w);

        worst = w == 0 && value[i] == 0 ? worst : d <= worst ? worst : d; /* NaN counts */
    }
    return worst;
}

/* ---- subgraph centrality ---- */

/* 1e-11: the golden numbers have 12 digits. */
static void check_subgraph(const golden *c, const dn_team *t)
{
    dn_probe_options o = DN_PROBE_DEFAULTS;
    double *out = dn_calloc(3 * (size_t)c->g.n, sizeof *out), *rough = out + c->g.n, *error = rough + c->g.n;
    const double *want = golden_find(c, "subgraph");
    dn_subgraph_figures f;
    dn_solve_report r;
    double worst = 0;

    CU_ASSERT_EQUAL(dn_subgraph_centrality(&c->g, t, &o, out, error, &f, &r, NULL), DN_OK);
    CU_ASSERT(
        say(r.converged && (r.warning[0] == '\0') == (r.residual <= r.tolerance) && r.tolerance == 1e-10,
            c->name, r.warning, r.residual));
    CU_ASSERT(say(beyond(c, want, out, error) < 1e-11, c->name, "subgraph", beyond(c, want, out, error)));
    CU_ASSERT_EQUAL(f.log_factor, 0);
    CU_ASSERT(f.probes == 0 && f.pairs == 0);
    for (int64_t i = 0; i < c->g.n; i++) {
        CU_ASSERT(error[i] <= r.error);
        worst = fmax(worst, error[i] / out[i]);
    }
    CU_ASSERT(
        say(worst < (strcmp(c->name, "clique_with_tail") == 0 ? 1e-6 : 1e-10), c->name, "stated", worst));
    o.tolerance = 0.2; /* the bounds hold from the first step on */
    CU_ASSERT_EQUAL(dn_subgraph_centrality(&c->g, t, &o, rough, error, &f, &r, NULL), DN_OK);
    CU_ASSERT(say(beyond(c, want, rough, error) < 1e-11, c->name, "bounds", beyond(c, want, rough, error)));
    dn_free(out);
}

static void subgraph(void)
{
    golden_each("spectra.txt", 18, check_subgraph);
}

static void check_communicability(const golden *c, const dn_team *t)
{
    int64_t n = c->g.n;
    double *out = dn_calloc((size_t)(2 * n), sizeof *out);
    int32_t *inside = dn_calloc((size_t)n, sizeof *inside), node[2];
    const double *want = golden_find(c, "communicability");
    bool hard = strcmp(c->name, "clique_with_tail") == 0;
    dn_subgraph_figures f;
    dn_solve_report r;

    dn_graph_inside(&c->g, inside);
    node[0] = (int32_t)n - 1; /* the least, often isolated */
    node[1] = inside[n > 2 ? 2 : n - 1];
    CU_ASSERT_EQUAL(dn_communicability(&c->g, t, 2, node, 1e-11, out, &f, &r, NULL), DN_OK);
    /* from the end of the tail to the clique rounding alone is 1e-9 */
    CU_ASSERT(say(r.residual < (hard ? 1e-8 : 1e-11), c->name, r.warning, r.residual));
    CU_ASSERT(r.converged == (r.residual <= 1e-11) && r.converged == (r.warning[0] == '\0'));
    CU_ASSERT(hard || r.converged);
    for (int64_t i = 0; i < n; i++) {
        double w = want[c->g.outside[i]], d = fabs(out[n + i] - w);

        CU_ASSERT(say(d <= 2 * r.error + 1e-11 * w, c->name, "communicability", d));
    }
    CU_ASSERT(say(fabs(out[node[1]] - out[n + node[0]]) <= 2 * r.error + 1e-11 * fabs(out[node[1]]), c->name,
                  "symmetry", out[node[1]] - out[n + node[0]]));
    dn_free(out);
    dn_free(inside);
}

static void communicability(void)
{
    golden_each("spectra.txt", 18, check_communicability);
}

/* ---- current-flow closeness ---- */

static void check_flow(const golden *c, const dn_team *t)
{
    dn_probe_options o = DN_PROBE_DEFAULTS;
    double *out = dn_calloc(3 * (size_t)c->g.n, sizeof *out), *error = out + c->g.n, *raw = error + c->g.n,
           worst = 0;
    const double *want = golden_find(c, "current_flow");
    dn_current_flow_figures f;
    dn_solve_report r;

    CU_ASSERT_EQUAL(dn_current_flow_closeness(&c->g, t, &o, out, error, raw, &f, &r, NULL), DN_OK);
    CU_ASSERT(
        say(r.converged && r.warning[0] == '\0' && r.residual <= 1e-10, c->name, r.warning, r.residual));
    for (int64_t i = 0; i < c->g.n; i++) {
        double w = want[c->g.outside[i]];

        CU_ASSERT(say(fabs(raw[i] - w) <= 1e-10 * w, c->name, "current flow", raw[i] / w - 1));
        worst = fmax(worst, out[i] > 0 ? error[i] / out[i] : 0);
        CU_ASSERT(error[i] <= r.error);
        if (strcmp(c->name, "disconnected") != 0)
            continue;
        /* nodes 0 - 9 are the kite: (10 - 1) / (21 - 1) squared */
        CU_ASSERT(c->g.outside[i] >= 10 || fabs(out[i] / raw[i] - 0.45 * 0.45) < 1e-14);
    }
    CU_ASSERT(say(worst < 1e-8, c->name, "stated", worst));
    CU_ASSERT_EQUAL(f.probes, 0);
    CU_ASSERT(strcmp(c->name, "star") != 0 || (f.core == 0 && r.iterations == 0));
    dn_free(out);
}

static void current_flow(void)
{
    golden_each("spectra.txt", 18, check_flow);
}

/* ---- probes ---- */

typedef struct both {
    double *value, *error; /* [n] */
} both;

static both make_both(int64_t n)
{
    both b = {.value = dn_calloc((size_t)n, sizeof *b.value), .error = dn_calloc((size_t)n, sizeof *b.error)};

    return b;
}

static void free_both(both *b)
{
    dn_free(b->value);
    dn_free(b->error);
}

/* Either measure, exact or not. */
static dn_status compute(int flow, const dn_graph *g, const dn_team *t, const dn_probe_options *o, both *out,
                         dn_solve_report *r, dn_error *err)
{
    dn_subgraph_figures sf;
    dn_current_flow_figures cf;

    return flow ? dn_current_flow_closeness(g, t, o, out->value, out->error, NULL, &cf, r, err)
                : dn_subgraph_centrality(g, t, o, out->value, out->error, &sf, r, err);
}

enum { PROBES = 64 };

/* Deviations in units of the stated error: few are beyond 3, none beyond 6, and their mean
 * square is about 1. The seed is fixed, so these are facts about one draw. */
static void check_spread(const golden *c, int flow, const both *exact, const both *probed)
{
    double squares = 0;
    int64_t counted = 0, beyond3 = 0;

    for (int64_t i = 0; i < c->g.n; i++) {
        double z = (probed->value[i] - exact->value[i]) / (probed->error[i] + exact->error[i] + 1e-300);

        if (probed->error[i] <= 1e-9 * exact->value[i]) { /* closed form */
            CU_ASSERT(say(fabs(probed->value[i] - exact->value[i]) <= 2e-9 * exact->value[i], c->name, "sure",
                          probed->value[i] / exact->value[i] - 1));
            continue;
        }
        CU_ASSERT(say(fabs(z) < 6, c->name, "deviation over error", z));
        CU_ASSERT(say(probed->error[i] < 1.3 * sqrt(2.0 / PROBES) * exact->value[i], c->name, "error",
                      probed->error[i] / exact->value[i]));
        squares += z * z;
        beyond3 += fabs(z) > 3;
        counted++;
    }
    CU_ASSERT(say(counted == 0 || sqrt(squares / (double)counted) < 1.8, c->name, flow ? "flow" : "subgraph",
                  sqrt(squares / (double)counted)));
    CU_ASSERT(counted < 30 || sqrt(squares / (double)counted) > 0.3);
    CU_ASSERT(beyond3 * 20 <= counted);
}

static void check_probes(const golden *c, const dn_team *t)
{
    dn_probe_options o = {.exact_up_to = 1000, .probes = PROBES, .seed = 100, .tolerance = 1e-11};
    both exact = make_both(c->g.n), probed = make_both(c->g.n), other = make_both(c->g.n);
    dn_solve_report r;
    dn_team solo;

    if (strstr("karate disconnected weighted cactus clique_with_tail", c->name) == NULL)
        goto out;
    CU_ASSERT_EQUAL(dn_team_solo(&c->g, &solo, NULL), DN_OK);
    for (int flow = 0; flow < 2; flow++) {
        o.exact_up_to = 1000;
        CU_ASSERT_EQUAL(compute(flow, &c->g, t, &o, &exact, &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(compute(flow, &c->g, &solo, &o, &other, &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(memcmp(exact.value, other.value, (size_t)c->g.n * sizeof(double)), 0);
        o.exact_up_to = 0;
        CU_ASSERT_EQUAL(compute(flow, &c->g, t, &o, &probed, &r, NULL), DN_OK);
        CU_ASSERT(say(r.converged && r.residual < 1e-9, c->name, r.warning, r.residual));
        check_spread(c, flow, &exact, &probed);
        if (strcmp(c->name, "disconnected") != 0 && strcmp(c->name, "weighted") != 0)
            continue;
        CU_ASSERT_EQUAL(compute(flow, &c->g, &solo, &o, &other, &r, NULL), DN_OK);
        for (int64_t i = 0; i < c->g.n; i++)
            CU_ASSERT(say(fabs(probed.value[i] - other.value[i]) <= 1e-7 * other.value[i], c->name, "ranks",
                          probed.value[i] - other.value[i]));
    }
    dn_team_solo_destroy(&solo);
out:
    free_both(&exact);
    free_both(&probed);
    free_both(&other);
}

static void probes(void)
{
    golden_each("spectra.txt", 18, check_probes);
}

/* ---- awkward graphs and refusals ---- */

static void open_graph(int64_t n, int64_t edges, const dn_edge *e, dn_graph *g, dn_team *t)
{
    CU_ASSERT_EQUAL(dn_graph_build(n, edges, e, NULL, 1, 1, g, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_team_open(g, t, NULL), DN_OK);
}

/* exp(A) of a pair with weight w is cosh w on the diagonal and sinh w beside it. */
static void weights_of_any_sign_and_size(void)
{
    static const double weights[] = {2, -2, 0, 800, -1500};

    for (int k = 0; k < 5; k++) {
        dn_edge e = {0, 1, (float)weights[k]};
        double w = fabs(weights[k]), row[3];
        dn_probe_options o = DN_PROBE_DEFAULTS;
        both b = make_both(3);
        dn_subgraph_figures f;
        dn_solve_report r;
        int32_t node = 0;
        dn_graph g;
        dn_team t;

        open_graph(3, 1, &e, &g, &t);
        for (int probing = 0; probing < 2; probing++) {
            double middle;

            o.exact_up_to = probing ? 0 : 10;
            CU_ASSERT_EQUAL(dn_subgraph_centrality(&g, &t, &o, b.value, b.error, &f, &r, NULL), DN_OK);
            CU_ASSERT_EQUAL(f.log_factor > 0, w > 700);
            CU_ASSERT_DOUBLE_EQUAL(f.bound, w, 1e-6 * w + 1e-9);
            middle = 0.5 * exp(w - f.log_factor) + 0.5 * exp(-w - f.log_factor);
            CU_ASSERT(say(r.converged, "pair", r.warning, w));
            CU_ASSERT(say(fabs(b.value[0] - middle) < 6 * b.error[0] + 1e-11 * middle, "pair", "value",
                          b.value[0] / middle - 1));
            CU_ASSERT_DOUBLE_EQUAL(b.value[2], exp(-f.log_factor), 0);
        }
        CU_ASSERT_EQUAL(dn_communicability(&g, &t, 1, &node, 1e-11, row, &f, &r, NULL), DN_OK);
        CU_ASSERT_DOUBLE_EQUAL(row[0], 0.5 * exp(w - f.log_factor) + 0.5 * exp(-w - f.log_factor), 1e-10);
        CU_ASSERT_DOUBLE_EQUAL(
            row[1], (weights[k] < 0 ? -1 : 1) * 0.5 * (exp(w - f.log_factor) - exp(-w - f.log_factor)),
            1e-10);
        CU_ASSERT_EQUAL(row[2], 0);
        free_both(&b);
        test_team_close(&t);
        dn_graph_destroy(&g);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_nodes_and_one(void)
{
    for (int64_t n = 0; n < 2; n++) {
        double out[2] = {-1, -1}, error[2] = {-1, -1};
        both b = {out, error};
        dn_probe_options o = {.exact_up_to = 0, .probes = 2, .seed = 1, .tolerance = 1e-10};
        dn_solve_report r;
        dn_graph g;
        dn_team t;

        open_graph(n, 0, NULL, &g, &t);
        for (int flow = 0; flow < 2; flow++) {
            CU_ASSERT_EQUAL(compute(flow, &g, &t, &o, &b, &r, NULL), DN_OK);
            CU_ASSERT(r.converged && r.iterations == 0 && r.error == 0);
            CU_ASSERT_EQUAL(out[0], n == 0 ? -1 : flow ? 0 : 1);
            CU_ASSERT_EQUAL(out[1], -1);
        }
        test_team_close(&t);
        dn_graph_destroy(&g);
    }
}

/* A hexagon with a tail and a chord: all parts of both measures have something to do. */
static const dn_edge hexagon[] = {{0, 1, 1}, {1, 2, 2}, {2, 3, 1},    {3, 4, 3},
                                  {4, 5, 1}, {5, 0, 1}, {1, 4, 0.5f}, {5, 6, 1}};

static void refuses_what_makes_no_sense(void)
{
    double row[8];
    both b = make_both(8);
    dn_probe_options o = DN_PROBE_DEFAULTS;
    dn_subgraph_figures f;
    dn_solve_report r;
    int32_t node = 8;
    dn_edge bad = {0, 1, -1};
    dn_error err = DN_ERROR_INIT;
    dn_graph g;
    dn_team t;

    open_graph(8, 8, hexagon, &g, &t);
    for (int flow = 0; flow < 2; flow++) {
        o = (dn_probe_options)DN_PROBE_DEFAULTS;
        o.tolerance = 0;
        CU_ASSERT_EQUAL(compute(flow, &g, &t, &o, &b, &r, NULL), DN_EUSAGE);
        o.tolerance = 1e-10;
        o.probes = 1;
        CU_ASSERT_EQUAL(compute(flow, &g, &t, &o, &b, &r, NULL), DN_EUSAGE);
    }
    CU_ASSERT_EQUAL(dn_communicability(&g, &t, 1, &node, 1e-10, row, &f, &r, NULL), DN_EDATA);
    node = -1;
    CU_ASSERT_EQUAL(dn_communicability(&g, &t, 1, &node, 1e-10, row, &f, &r, NULL), DN_EDATA);
    CU_ASSERT_EQUAL(dn_communicability(&g, &t, 0, NULL, 0, row, &f, &r, NULL), DN_EUSAGE);
    CU_ASSERT_EQUAL(dn_communicability(&g, &t, 0, NULL, 1e-10, row, &f, &r, NULL), DN_OK);
    test_team_close(&t);
    dn_graph_destroy(&g);
    open_graph(2, 1, &bad, &g, &t);
    o = (dn_probe_options)DN_PROBE_DEFAULTS;
    CU_ASSERT_EQUAL(compute(1, &g, &t, &o, &b, &r, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, "nodes 0 and 1") != NULL || strstr(err.text, "nodes 1 and 0") != NULL);
    test_team_close(&t);
    dn_graph_destroy(&g);
    free_both(&b);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* --petsc reaches every solver, and one that gives up is never silent. */
static void says_what_did_not_converge(void)
{
    double row[8];
    both b = make_both(8);
    dn_probe_options o = {.exact_up_to = 0, .probes = 4, .seed = 1, .tolerance = 1e-10};
    dn_subgraph_figures f;
    dn_solve_report r;
    int32_t node = 0;
    dn_graph g;
    dn_team t;

    CU_ASSERT_EQUAL(PetscOptionsInsertString(NULL,
                                             "-current_flow_ksp_max_it 1 -current_flow_pc_type none "
                                             "-subgraph_mfn_max_it 1 -subgraph_mfn_ncv 2 "
                                             "-communicability_mfn_max_it 1 -communicability_mfn_ncv 2"),
                    0);
    open_graph(8, 8, hexagon, &g, &t);
    for (int exact = 0; exact < 2; exact++)
        for (int flow = 0; flow < 2; flow++) {
            o.exact_up_to = exact ? 100 : 0;
            CU_ASSERT_EQUAL(compute(flow, &g, &t, &o, &b, &r, NULL), DN_OK);
            CU_ASSERT(say(!r.converged && r.warning[0] != '\0', "hexagon", r.method, 2 * exact + flow));
        }
    CU_ASSERT_EQUAL(dn_communicability(&g, &t, 1, &node, 1e-10, row, &f, &r, NULL), DN_OK);
    CU_ASSERT(!r.converged && r.warning[0] != '\0' && r.residual > 1e-10);
    CU_ASSERT_EQUAL(PetscOptionsClear(NULL), 0);
    test_team_close(&t);
    dn_graph_destroy(&g);
    free_both(&b);
}

/* Measure 0 - 3: subgraph centrality and current flow, exact and probed; 4: communicability. */
static dn_status compute_any(int measure, const dn_graph *g, const dn_team *t, both *b, dn_error *err)
{
    dn_probe_options o = {
        .exact_up_to = measure % 2 != 0 ? 0 : 100, .probes = 3, .seed = 1, .tolerance = 1e-10};
    dn_subgraph_figures f;
    dn_solve_report r;
    int32_t node = 1;

    return measure == 4 ? dn_communicability(g, t, 1, &node, 1e-10, b->value, &f, &r, err)
                        : compute(measure / 2, g, t, &o, b, &r, err);
}

/* Refuse allocation k on rank r, for every k and r: never a hang, a leak or a split verdict. */
static void any_rank_may_run_out_of_memory(void)
{
    both b = make_both(8);
    dn_graph g;
    dn_team t;
    long live;

    open_graph(8, 8, hexagon, &g, &t);
    live = dn_alloc_live();
    for (int measure = 0; measure < 5; measure++)
        for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 300; k = test_next_refused(k)) {
                dn_error err = DN_ERROR_INIT;

                dn_alloc_fail_after(test_comm.rank == r ? k : -1);
                st = compute_any(measure, &g, &t, &b, &err);
                dn_alloc_fail_after(-1);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
                CU_ASSERT_EQUAL(dn_alloc_live(), live);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
        }
    test_team_close(&t);
    dn_graph_destroy(&g);
    free_both(&b);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"start", test_petsc_opens},
                                    {"subgraph centrality", subgraph},
                                    {"communicability", communicability},
                                    {"current flow", current_flow},
                                    {"probes", probes},
                                    {"weights of any sign and size", weights_of_any_sign_and_size},
                                    {"no nodes and one", no_nodes_and_one},
                                    {"refuses what makes no sense", refuses_what_makes_no_sense},
                                    {"says what did not converge", says_what_did_not_converge},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {"stop", test_petsc_closes},
                                    {NULL, NULL}};
    return test_main(argc, argv, "subgraph", tests);
}
