/* chem_parts.c - tests of the parts of solvers/chem that need no toolkit: rings, matchings, the scan of a
 * text, Kekule forms, features, edges, fingerprints; each by hand or against a naive twin */
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/features.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/chem/matching.h"
#include "solvers/chem/rings.h"
#include "solvers/chem/smiles.h"

enum { MOST = 12, MOST_EDGES = 40 };

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A random simple graph; edges as pairs of ends. */
static int64_t random_graph(unsigned *state, int n, int32_t *end)
{
    int64_t m = 0;

    for (int32_t a = 0; a < n; a++)
        for (int32_t b = a + 1; b < n; b++)
            if (next_random(state) % 100 < 25 && m < MOST_EDGES) {
                end[2 * m] = a;
                end[2 * m + 1] = b;
                m++;
            }
    return m;
}

/* Components of the graph without edge `skip` (-1: all edges). */
static int components(int n, int64_t m, const int32_t *end, int64_t skip)
{
    int head[MOST], count = n;

    for (int i = 0; i < n; i++)
        head[i] = i;
    for (int round = 0; round < n; round++)
        for (int64_t e = 0; e < m; e++)
            if (e != skip) {
                int a = head[end[2 * e]], b = head[end[2 * e + 1]];

                for (int i = 0; a != b && i < n; i++)
                    if (head[i] == b)
                        head[i] = a;
            }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (head[j] == head[i]) {
                count--;
                break;
            }
    return count;
}

/* An edge is in a ring when the graph has no more parts without it. */
static void rings_against_twin(void)
{
    unsigned state = 1;
    int32_t end[2 * MOST_EDGES];
    bool ring[MOST_EDGES];
    int64_t fused;

    for (int trial = 0; trial < 300; trial++) {
        int n = 1 + (int)(next_random(&state) % MOST);
        int64_t m = random_graph(&state, n, end), wrong = 0;

        CU_ASSERT_EQUAL(dn_rings_mark(n, m, end, ring, &fused, NULL), DN_OK);
        for (int64_t e = 0; e < m; e++)
            wrong += ring[e] != (components(n, m, end, e) == components(n, m, end, -1));
        CU_ASSERT_EQUAL(wrong, 0);
    }
    /* two triangles that share an atom, a bridge, a square */
    {
        static const int32_t two[] = {0, 1, 1, 2, 2, 0, 2, 3, 3, 4, 4, 2, 4, 5, 5, 6, 6, 7, 7, 8, 8, 5};

        CU_ASSERT_EQUAL(dn_rings_mark(9, 11, two, ring, &fused, NULL), DN_OK);
        CU_ASSERT(fused == 2 && !ring[6] && ring[5] && ring[10]);
        CU_ASSERT_EQUAL(dn_rings_mark(1, 0, two, ring, &fused, NULL), DN_OK);
        CU_ASSERT_EQUAL(fused, 0);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Pairs of a largest matching, by trying everything. */
static int best_matching(int64_t e, int64_t m, const int32_t *end, unsigned used)
{
    int without, with = 0;
    unsigned both;

    if (e == m)
        return 0;
    without = best_matching(e + 1, m, end, used);
    both = (1u << end[2 * e]) | (1u << end[2 * e + 1]);
    if ((used & both) == 0)
        with = 1 + best_matching(e + 1, m, end, used | both);
    return with > without ? with : without;
}

static void matching_against_twin(void)
{
    unsigned state = 7;
    int32_t end[2 * MOST_EDGES], mate[MOST];

    for (int trial = 0; trial < 400; trial++) {
        int n = 1 + (int)(next_random(&state) % 10), pairs = 0;
        int64_t m = random_graph(&state, n, end);

        if (m > 18)
            m = 18;
        CU_ASSERT_EQUAL(dn_matching_find(n, m, end, mate, NULL), DN_OK);
        for (int32_t v = 0; v < n; v++) {
            bool joined = mate[v] < 0;

            for (int64_t e = 0; e < m; e++)
                joined = joined || (end[2 * e] == v && end[2 * e + 1] == mate[v]) ||
                         (end[2 * e + 1] == v && end[2 * e] == mate[v]);
            CU_ASSERT(joined && (mate[v] < 0 || mate[mate[v]] == v));
            pairs += mate[v] > v;
        }
        CU_ASSERT_EQUAL(pairs, best_matching(0, m, end, 0));
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void scan_by_hand(void)
{
    static const char text[] = "[nH]1c(Cl)c=1.[2H]O";
    dn_smiles s;

    CU_ASSERT_EQUAL(dn_smiles_scan(text, strlen(text), &s, NULL), DN_OK);
    CU_ASSERT(s.n_atoms == 6 && s.n_bonds == 5);
    CU_ASSERT(s.written[0] == (DN_WRITTEN_AROMATIC | DN_WRITTEN_BRACKET) &&
              s.written[1] == DN_WRITTEN_AROMATIC);
    CU_ASSERT(s.written[2] == 0 && s.written[4] == DN_WRITTEN_BRACKET);
    CU_ASSERT(s.at[0] == 0 && s.at[1] == 5 && s.at[2] == 7 && s.at[5] == 18);
    CU_ASSERT(s.in_ring[0] && s.in_ring[1] && !s.in_ring[2] && s.in_ring[3] && !s.in_ring[4]);
    CU_ASSERT(s.end[6] == 0 && s.end[7] == 3 && s.symbol[3] == '=' && s.before[3] == 12);
    dn_smiles_destroy(&s);
    dn_smiles_destroy(NULL);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void kekule_by_hand(void)
{
    static const struct {
        const char *aromatic;
        int doubles;
        const char *kekule; /* or NULL where several are right */
    } cases[] = {{"CCO", 0, "CCO"},
                 {"c1ccccc1", 3, "C1=CC=CC=C1"},
                 {"c1cc[nH]c1", 2, NULL},
                 {"[cH:1]1:c:c:c:c:c1", 3, NULL},
                 {"c1cc2cccc-2ccc1", 5, NULL},
                 {"c1ccc2cc3ccccc3cc2c1", 7, NULL},
                 {"O=c1cc[nH]cc1", 3, NULL},
                 {"[se]1cccc1", 2, NULL},
                 {"[cH-]1cccc1.c1cc[n+](C)cc1", 5, NULL},
                 {"c1:c:c:c:[Te]:1", 2, NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].aromatic;
        char *kekule = NULL;
        int doubles = 0;
        dn_smiles s, again;

        CU_ASSERT_EQUAL(dn_smiles_scan(text, strlen(text), &s, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_smiles_kekule(text, strlen(text), &s, &kekule, NULL), DN_OK);
        if (kekule == NULL)
            continue;
        if (cases[i].kekule != NULL)
            CU_ASSERT_EQUAL(strcmp(kekule, cases[i].kekule), 0);
        /* the same atoms and bonds, none in lower case, at most one double bond at each */
        CU_ASSERT_EQUAL(dn_smiles_scan(kekule, strlen(kekule), &again, NULL), DN_OK);
        CU_ASSERT(again.n_atoms == s.n_atoms && again.n_bonds == s.n_bonds);
        CU_ASSERT_EQUAL(memcmp(again.end, s.end, 2 * (size_t)s.n_bonds * sizeof *s.end), 0);
        for (int64_t e = 0; e < again.n_bonds; e++)
            doubles += again.symbol[e] == '=';
        CU_ASSERT_EQUAL(doubles, cases[i].doubles);
        for (int64_t a = 0; a < again.n_atoms; a++) {
            int twice = 0;

            for (int64_t k = 0; k < 2 * again.n_bonds; k++)
                twice += again.end[k] == a && again.symbol[k / 2] == '=';
            CU_ASSERT((again.written[a] & DN_WRITTEN_AROMATIC) == 0 && twice <= 1);
        }
        dn_smiles_destroy(&again);
        dn_smiles_destroy(&s);
        dn_free(kekule);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* CC(=O)[O-] with one atom of another kind, as a reader would fill it. */
static dn_atom atoms[] = {
    {.number = 6, .degree = 1, .hydrogens = 3, .hybridization = DN_HYBRID_SP3, .valence = 4},
    {.number = 6, .degree = 3, .hybridization = DN_HYBRID_SP2, .valence = 4},
    {.number = 8, .degree = 1, .hybridization = DN_HYBRID_SP2, .valence = 2},
    {.number = 8, .degree = 1, .charge = -1, .hybridization = DN_HYBRID_SP2, .valence = 1},
    {.number = 78,
     .charge = 4,
     .isotope = 195,
     .hybridization = DN_HYBRID_OTHER,
     .aromatic = true,
     .radicals = 1},
};
static dn_bond bonds[] = {{.a = 0, .b = 1, .type = 1, .order = 1},
                          {.a = 1, .b = 2, .type = 2, .order = 2, .conjugated = true},
                          {.a = 1, .b = 3, .type = 1, .order = 1, .conjugated = true, .ring = true}};
static const dn_molecule acetate = {.n_atoms = 5, .n_bonds = 3, .atom = atoms, .bond = bonds};

static void features_by_hand(void)
{
    float x[5 * DN_ATOMS_RICH_WIDTH], sum = 0;
    static const struct {
        int atom, column;
        float value;
    } set[] = {{0, 1, 1},      {0, 18, 1},      {0, 27, 1},     {0, 31, 1},    {0, 37, 1}, {0, 44, 1},
               {0, 53, 0.25f}, {0, 61, 0.06f},  {0, 63, 1},     {1, 20, 1},    {1, 36, 1}, {1, 53, 0.5f},
               {1, 54, 0.25f}, {1, 57, 0.5f},   {1, 58, 0.25f}, {1, 59, 0.5f}, {3, 3, 1},  {3, 30, 1},
               {3, 41, 1},     {3, 60, -0.25f}, {3, 62, 0.86f}, {4, 16, 1},    {4, 17, 1}, {4, 33, 1},
               {4, 39, 1},     {4, 40, 1},      {4, 46, 1},     {4, 49, 1},    {4, 50, 1}, {4, 51, 1},
               {4, 60, 1},     {4, 61, 0.78f},  {4, 62, 0.57f}};

    CU_ASSERT(dn_atoms_width(DN_ATOMS_PUBLISHED) == 4 && dn_atoms_width(DN_ATOMS_RICH) == 64);
    dn_atoms_encode(&acetate, DN_ATOMS_PUBLISHED, x);
    CU_ASSERT(x[4] == 6 && x[5] == 3 && x[6] == 0 && x[7] == 3 && x[16] == 78 && x[18] == 1 && x[19] == 0);
    dn_atoms_encode(&acetate, DN_ATOMS_RICH, x);
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        CU_ASSERT(fabsf(x[set[i].atom * DN_ATOMS_RICH_WIDTH + set[i].column] - set[i].value) < 1e-6f);
    for (int k = 0; k < 46; k++) /* six groups, one column of each */
        sum += x[2 * DN_ATOMS_RICH_WIDTH + k];
    CU_ASSERT_EQUAL(sum, 6);
}

static void edges_by_hand(void)
{
    static const int64_t want_row[] = {100, 101, 104, 105, 106, 106}, want_col[] = {11, 10, 12, 13, 11, 11},
                         want_bond[] = {0, 0, 1, 2, 1, 2};
    int64_t row[6], col[6], bond[6];

    dn_molecule_edges(&acetate, 10, 100, row, col, bond);
    CU_ASSERT(memcmp(row, want_row, sizeof row) == 0 && memcmp(col, want_col, sizeof col) == 0);
    CU_ASSERT_EQUAL(memcmp(bond, want_bond, sizeof bond), 0);
    memset(col, 0, sizeof col);
    dn_molecule_edges(&acetate, 10, 100, row, col, NULL);
    CU_ASSERT_EQUAL(memcmp(col, want_col, sizeof col), 0);
}

static void fingerprints_by_hand(void)
{
    dn_fingerprint a, b, none = {{0}};
    double like[3];
    dn_molecule empty = {0};

    CU_ASSERT_EQUAL(dn_fingerprint_morgan(&empty, &a, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_fingerprint_count(&a), 0);
    CU_ASSERT(dn_fingerprint_tanimoto(&a, &none) == 0);
    CU_ASSERT_EQUAL(dn_fingerprint_morgan(&acetate, &a, NULL), DN_OK);
    b = a;
    CU_ASSERT(dn_fingerprint_count(&a) > 5 && dn_fingerprint_tanimoto(&a, &b) == 1);
    CU_ASSERT(dn_fingerprint_tanimoto(&a, &none) == 0);
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.word[0] = 0x0f;
    b.word[0] = 0x3c;
    b.word[31] = 1ull << 63;
    CU_ASSERT_EQUAL(dn_fingerprint_tanimoto(&a, &b), 2.0 / 7);
    dn_fingerprint_like((dn_fingerprint[]){a, b, none}, 3, 1, like);
    CU_ASSERT(like[0] == 2.0 / 7 && like[1] == 1 && like[2] == 0);
    dn_fingerprint_like(&none, 1, 0, like);
    CU_ASSERT(like[0] == 0 && like[1] == 1);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void survives_refused_memory(void)
{
    static const char text[] = "[H]c1cc2ccccc2n1C.CN(=O)=O.[Na+]";
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_smiles s;
        char *kekule = NULL;

        dn_alloc_fail_after(k);
        st = dn_smiles_scan(text, strlen(text), &s, NULL);
        if (st == DN_OK)
            st = dn_smiles_kekule(text, strlen(text), &s, &kekule, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && kekule == NULL));
        dn_smiles_destroy(&s);
        dn_free(kekule);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"rings against a twin", rings_against_twin},
                                    {"matchings against a twin", matching_against_twin},
                                    {"scan by hand", scan_by_hand},
                                    {"Kekule forms", kekule_by_hand},
                                    {"features by hand", features_by_hand},
                                    {"edges by hand", edges_by_hand},
                                    {"fingerprints by hand", fingerprints_by_hand},
                                    {"refused memory", survives_refused_memory},
                                    {NULL, NULL}};
    return test_main(argc, argv, "chem_parts", tests);
}
