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
#include "tests/support/golden.h"
#include "tests/support/team.h"

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

static void each_graph(void (*check)(const golden *, const dn_team *))
{
    FILE *f = fopen(DN_TEST_GOLDEN "/spectra.txt", "r");
    golden c;
    int cases = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && golden_next(f, &c)) {
        dn_team t;

        CU_ASSERT_EQUAL(test_team_open(&c.g, &t, NULL), DN_OK);
        check(&c, &t);
        test_team_close(&t);
        golden_free(&c);
        cases++;
    }
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(cases, 15);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- subgraph centrality ---- */

/* 1e-11: the golden numbers have 12 digits. */
static void check_subgraph(const golden *c, const dn_team *t)
{
    dn_probe_options o = DN_PROBE_DEFAULTS;
    double *out = dn_calloc((size_t)c->g.n, sizeof *out), *error = dn_calloc((size_t)c->g.n, sizeof *error);
    const double *want = golden_find(c, "subgraph");
    dn_subgraph_figures f;
    dn_solve_report r;
    double worst = 0;

    CU_ASSERT_EQUAL(dn_subgraph_centrality(&c->g, t, &o, out, error, &f, &r, NULL), DN_OK);
    CU_ASSERT(
        say(r.converged && r.warning[0] == '\0' && r.tolerance == 1e-10, c->name, r.warning, r.residual));
    CU_ASSERT(say(beyond(c, want, out, error) < 1e-11, c->name, "subgraph", beyond(c, want, out, error)));
    CU_ASSERT_EQUAL(f.log_factor, 0);
    CU_ASSERT(f.probes == 0 && f.pairs == 0);
    for (int64_t i = 0; i < c->g.n; i++) {
        CU_ASSERT(error[i] <= r.error);
        worst = fmax(worst, error[i] / out[i]);
    }
    CU_ASSERT(
        say(worst < (strcmp(c->name, "clique_with_tail") == 0 ? 1e-6 : 1e-10), c->name, "stated", worst));
    dn_free(out);
    dn_free(error);
}

static void subgraph(void)
{
    each_graph(check_subgraph);
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
    each_graph(check_communicability);
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
    each_graph(check_flow);
}

static void start(void)
{
    CU_ASSERT_EQUAL(dn_petsc_open(test_comm.mpi, NULL, NULL), DN_OK);
}

static void stop(void)
{
    dn_petsc_close();
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"start", start},
                                    {"subgraph centrality", subgraph},
                                    {"communicability", communicability},
                                    {"current flow", current_flow},
                                    {"stop", stop},
                                    {NULL, NULL}};
    return test_main(argc, argv, "subgraph", tests);
}
