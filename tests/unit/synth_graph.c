/* synth_graph.c - tests of the drawing of mpi/data/synth_graph.h: what it promises of degrees and labels
 *
 * A count of pairs of edges that share an end has, where edges are independent, the mean m (m - 1) sum p^2
 * over the nodes; the tolerances are about 5 standard deviations, seen over other seeds.
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "mpi/data/synth_graph.h"
#include "solvers/base/alloc.h"
#include "solvers/stats/power_law.h"

#define RMAT                                                                                             \
    {                                                                                                    \
        .kind = DN_SYNTH_RMAT, .seed = 3, .scale = 12, .edge_factor = 16, .a = 0.57, .b = 0.2, .c = 0.15 \
    }
#define BIPARTITE                                                                                            \
    {                                                                                                        \
        .kind = DN_SYNTH_BIPARTITE, .seed = 3, .drugs = 3000, .genes = 700, .edges = 200000, .exponent = 2.5 \
    }

static dn_synth_graph ready(const dn_synth_graph_options *o)
{
    dn_synth_graph g = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_synth_graph_make(o, &g, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    return g;
}

/* Degrees of both ends over all draws; each [nodes of its side]. */
static void count_ends(const dn_synth_graph *g, int64_t *first, int64_t *second)
{
    for (int64_t e = 0; e < g->draws; e++) {
        int64_t a, b;

        dn_synth_graph_draw(g, e, &a, &b);
        first[a]++;
        second[b]++;
    }
}

static double shared_ends(const int64_t *degree, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += (double)degree[i] * (double)(degree[i] - 1);
    return sum;
}

static void degree_moments_of_rmat(void)
{
    dn_synth_graph_options o = RMAT;
    dn_synth_graph g = ready(&o);
    int64_t *first = dn_calloc((size_t)g.nodes, sizeof *first);
    int64_t *second = dn_calloc((size_t)g.nodes, sizeof *second);
    double m = (double)g.draws, low = o.a + o.b, left = o.a + o.c;

    CU_ASSERT(g.nodes == 4096 && g.draws == 65536);
    count_ends(&g, first, second);
    /* every level adds a factor to the sum of squares of the shares */
    double wanted_first = m * (m - 1) * pow(low * low + (1 - low) * (1 - low), 12);
    double wanted_second = m * (m - 1) * pow(left * left + (1 - left) * (1 - left), 12);
    CU_ASSERT_DOUBLE_EQUAL(shared_ends(first, g.nodes) / wanted_first, 1, 0.04);
    CU_ASSERT_DOUBLE_EQUAL(shared_ends(second, g.nodes) / wanted_second, 1, 0.04);
    CU_ASSERT_DOUBLE_EQUAL((double)first[0], m * pow(low, 12), 5 * sqrt(m * pow(low, 12)));
    CU_ASSERT_DOUBLE_EQUAL((double)second[0], m * pow(left, 12), 5 * sqrt(m * pow(left, 12)));
    dn_free(first);
    dn_free(second);
}

/* The first and the last level: each quadrant gets its share, both together as if independent. */
static void quadrants_of_rmat(void)
{
    dn_synth_graph_options o = RMAT;
    dn_synth_graph g = ready(&o);
    double share[4] = {o.a, o.b, o.c, 1 - o.a - o.b - o.c}, m = (double)g.draws;
    int64_t seen[4][4] = {{0}};

    for (int64_t e = 0; e < g.draws; e++) {
        int64_t a, b;

        dn_synth_graph_draw(&g, e, &a, &b);
        seen[a >> 11 << 1 | b >> 11][(a & 1) << 1 | (b & 1)]++;
    }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            double wanted = m * share[i] * share[k];
            CU_ASSERT_DOUBLE_EQUAL((double)seen[i][k], wanted, 5 * sqrt(wanted));
        }
}

/* Share of node i of n: the law of floor(n U^power). */
static double share_of(int64_t i, int64_t n, double power)
{
    return pow((double)(i + 1) / (double)n, 1 / power) - pow((double)i / (double)n, 1 / power);
}

static void check_side(const int64_t *degree, int64_t n, double m, double power)
{
    double squares = 0, first = share_of(0, n, power);

    for (int64_t i = 0; i < n; i++)
        squares += share_of(i, n, power) * share_of(i, n, power);
    CU_ASSERT_DOUBLE_EQUAL(shared_ends(degree, n) / (m * (m - 1) * squares), 1, 0.04);
    CU_ASSERT_DOUBLE_EQUAL((double)degree[0], m * first, 5 * sqrt(m * first));
}

static void degree_moments_of_drugs_and_genes(void)
{
    dn_synth_graph_options o = BIPARTITE;
    dn_synth_graph g = ready(&o);
    int64_t *drug = dn_calloc(3000, sizeof *drug), *gene = dn_calloc(700, sizeof *gene);

    CU_ASSERT(g.nodes == 3700 && g.draws == 200000);
    count_ends(&g, drug, gene);
    check_side(drug, 3000, 200000, 3);
    check_side(gene, 700, 200000, 3);
    dn_free(drug);
    dn_free(gene);
}

static dn_power_law fit(const int64_t *degree, int64_t n)
{
    enum { MOST = 1 << 16 };
    static int64_t often[MOST], value[MOST], count[MOST];
    int64_t different = 0;
    dn_power_law law = {0};

    memset(often, 0, sizeof often);
    for (int64_t i = 0; i < n; i++)
        often[degree[i] < MOST ? degree[i] : MOST - 1]++;
    for (int64_t k = 1; k < MOST; k++)
        if (often[k] > 0) {
            value[different] = k;
            count[different++] = often[k];
        }
    CU_ASSERT_EQUAL(dn_power_law_fit(different, value, count, &law, NULL), DN_OK);
    return law;
}

/* The exponent that was asked for is that of the degrees. Counts scatter around what is expected of a node,
 * which makes the tail a little steeper: up to 0.13 over seven seeds, never less than asked for. */
static void degrees_follow_the_power_law(void)
{
    const double exponents[] = {2.2, 2.5, 3};

    for (int i = 0; i < 3; i++) {
        dn_synth_graph_options o = {.kind = DN_SYNTH_BIPARTITE,
                                    .seed = 8,
                                    .drugs = 40000,
                                    .genes = 20000,
                                    .edges = 400000,
                                    .exponent = exponents[i]};
        dn_synth_graph g = ready(&o);
        int64_t *drug = dn_calloc(40000, sizeof *drug), *gene = dn_calloc(20000, sizeof *gene);

        count_ends(&g, drug, gene);
        CU_ASSERT_DOUBLE_EQUAL(fit(drug, 40000).alpha, exponents[i] + 0.065, 0.085);
        CU_ASSERT_DOUBLE_EQUAL(fit(gene, 20000).alpha, exponents[i] + 0.065, 0.085);
        dn_free(drug);
        dn_free(gene);
    }
}

/* Every node gets a number of its side, and of its side only. */
static void labels_are_permutations(void)
{
    dn_synth_graph_options rmat = RMAT, sides = BIPARTITE;
    dn_synth_graph g[2] = {ready(&rmat), ready(&sides)};

    for (int k = 0; k < 2; k++) {
        int64_t n[2] = {k == 0 ? g[k].nodes : 3000, k == 0 ? 0 : 700}, same = 0;
        uint8_t *seen = dn_calloc((size_t)g[k].nodes, 1);

        for (int side = 0; side < 2; side++)
            for (int64_t i = 0; i < n[side]; i++) {
                int64_t label = dn_synth_graph_label(&g[k], side, i);

                CU_ASSERT(side == 0 ? label >= 0 && label < n[0] : label >= n[0] && label < n[0] + n[1]);
                CU_ASSERT(label >= 0 && label < g[k].nodes && seen[label]++ == 0);
                same += label == i;
            }
        CU_ASSERT(same < 20);
        dn_free(seen);
    }
}

static void another_seed_other_edges(void)
{
    dn_synth_graph_options o = RMAT, other = RMAT;
    dn_synth_graph g = ready(&o), h;
    int64_t same = 0, same_labels = 0;

    other.seed = 4;
    h = ready(&other);
    for (int64_t e = 0; e < 4096; e++) {
        int64_t a, b, c, d;

        dn_synth_graph_draw(&g, e, &a, &b);
        dn_synth_graph_draw(&h, e, &c, &d);
        same += a == c && b == d;
        same_labels += dn_synth_graph_label(&g, 0, e) == dn_synth_graph_label(&h, 0, e);
    }
    CU_ASSERT(same < 100);
    CU_ASSERT(same_labels < 20);
}

static void refused(dn_synth_graph_options o, const char *text)
{
    dn_synth_graph g = {.nodes = -7};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_synth_graph_make(&o, &g, &err), DN_EUSAGE);
    CU_ASSERT(test_says(&err, text));
    CU_ASSERT_EQUAL(g.nodes, -7);
}

/* RMAT or BIPARTITE with one member changed. */
#define REFUSED(base_, member_, value_, text_) \
    do {                                       \
        dn_synth_graph_options o_ = base_;     \
        o_.member_ = (value_);                 \
        refused(o_, (text_));                  \
    } while (0)

static void options_out_of_range(void)
{
    REFUSED(RMAT, scale, 0, "scale 0");
    REFUSED(RMAT, scale, 31, "scale 31");
    REFUSED(RMAT, edge_factor, 0, "edge factor 0");
    REFUSED(RMAT, edge_factor, 1001, "edge factor 1001");
    REFUSED(RMAT, a, -0.1, "quadrants of -0.1");
    REFUSED(RMAT, b, 0.4, "quadrants of 0.57, 0.4");
    REFUSED(RMAT, c, NAN, "quadrants");
    REFUSED(RMAT, c, INFINITY, "quadrants");
    REFUSED(BIPARTITE, drugs, 0, "0 drugs");
    REFUSED(BIPARTITE, genes, -1, "-1 genes");
    REFUSED(BIPARTITE, genes, INT32_MAX - 2999, "together below 2^31");
    REFUSED(BIPARTITE, genes, INT64_MAX, "together below 2^31");
    REFUSED(BIPARTITE, edges, 0, "0 edges");
    REFUSED(BIPARTITE, edges, ((int64_t)1 << 40) + 1, "edges");
    REFUSED(BIPARTITE, exponent, 2, "exponent 2:");
    REFUSED(BIPARTITE, exponent, 100.5, "exponent 100.5");
    REFUSED(BIPARTITE, exponent, NAN, "exponent");
}

/* The ends of the ranges: no draw leaves its side. */
static void extremes_stay_within(void)
{
    const dn_synth_graph_options all[] = {
        {.kind = DN_SYNTH_RMAT, .scale = 30, .edge_factor = 1000, .a = 0.25, .b = 0.25, .c = 0.25},
        {.kind = DN_SYNTH_RMAT, .scale = 1, .edge_factor = 1, .a = 0, .b = 0, .c = 0},
        {.kind = DN_SYNTH_RMAT, .scale = 7, .edge_factor = 1, .a = 0.6, .b = 0.3, .c = 0.1},
        {.kind = DN_SYNTH_BIPARTITE, .drugs = INT32_MAX - 1, .genes = 1, .edges = 1, .exponent = 100},
        {.kind = DN_SYNTH_BIPARTITE, .drugs = 5, .genes = 9, .edges = 1, .exponent = 2.0001}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        dn_synth_graph g = ready(&all[i]);
        bool rmat = all[i].kind == DN_SYNTH_RMAT;
        int64_t first = rmat ? g.nodes : all[i].drugs, second = rmat ? g.nodes : all[i].genes;

        for (int64_t e = 0; e < 1000; e++) {
            int64_t a, b, number = e % 2 ? e : g.draws - 1 + e; /* any number gives an edge */

            dn_synth_graph_draw(&g, number, &a, &b);
            CU_ASSERT(a >= 0 && a < first && b >= 0 && b < second);
        }
    }
}

static const dn_test tests[] = {{"degree moments of R-MAT", degree_moments_of_rmat},
                                {"quadrants of R-MAT", quadrants_of_rmat},
                                {"degree moments of drugs and genes", degree_moments_of_drugs_and_genes},
                                {"degrees follow the power law", degrees_follow_the_power_law},
                                {"labels are permutations", labels_are_permutations},
                                {"another seed, other edges", another_seed_other_edges},
                                {"options out of range", options_out_of_range},
                                {"extremes stay within", extremes_stay_within},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "synth_graph", tests);
}
