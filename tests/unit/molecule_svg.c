/* molecule_svg.c - where atoms stand in a drawing (chem/molecule.h), and the drawing (cli/molecule_svg.h) */
#include "tests/support/chem.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/cli/screen/molecule_svg.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/elements.h"

static const char *const drugs[] = {"CC(=O)Oc1ccccc1C(=O)[O-].[Na+]", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "C",
                                    "[2H]OC([H])([H])C#N", "C[N+](C)(C)CC(F)(Cl)Br"};
enum { DRUGS = sizeof drugs / sizeof drugs[0], ROOM = 65536 };

static double distance(const dn_molecule *m, int64_t a, int64_t b)
{
    return hypot((double)(m->xy[2 * a] - m->xy[2 * b]), (double)(m->xy[2 * a + 1] - m->xy[2 * b + 1]));
}

/* The graph is the one that is read without a drawing; bonds are about as long as each other, atoms apart. */
static void atoms_have_places(void)
{
    dn_chem *chem = test_chem_open();

    if (chem == NULL)
        return;
    for (int i = 0; i < DRUGS; i++) {
        dn_molecule m, plain;

        CU_ASSERT_EQUAL(test_chem_read(chem, drugs[i], DN_CHEM_LAYOUT | DN_CHEM_KEY, &m, NULL), DN_OK);
        CU_ASSERT_EQUAL(test_chem_read(chem, drugs[i], DN_CHEM_KEY, &plain, NULL), DN_OK);
        CU_ASSERT(m.xy != NULL && plain.xy == NULL && strcmp(m.key, plain.key) == 0);
        CU_ASSERT(m.n_atoms == plain.n_atoms && m.n_bonds == plain.n_bonds);
        CU_ASSERT_EQUAL(memcmp(m.atom, plain.atom, (size_t)m.n_atoms * sizeof *m.atom), 0);
        for (int64_t e = 0; e < m.n_bonds; e++) {
            double length = distance(&m, m.bond[e].a, m.bond[e].b);
            CU_ASSERT(length > 1 && length < 2.5);
        }
        for (int64_t a = 0; a < m.n_atoms; a++)
            for (int64_t b = 0; b < a; b++)
                CU_ASSERT(distance(&m, a, b) > 0.5);
        dn_molecule_destroy(&m);
        dn_molecule_destroy(&plain);
    }
    dn_chem_close(&chem);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static int64_t count(const char *text, const char *word)
{
    int64_t n = 0;

    for (; (text = strstr(text, word)) != NULL; text++)
        n++;
    return n;
}

/* A drawing as text. */
static void draw(const dn_molecule *m, const double *value, const char *title, char *text)
{
    FILE *f = tmpfile();
    size_t n = 0;

    CU_ASSERT(f != NULL);
    if (f != NULL) {
        dn_molecule_svg(m, value, title, "a note", f);
        rewind(f);
        n = fread(text, 1, ROOM - 1, f);
        fclose(f);
    }
    text[n] = '\0';
}

static void drawing_has_all_atoms_and_bonds(void)
{
    static char text[ROOM];
    dn_chem *chem = test_chem_open();
    double value[32];

    if (chem == NULL)
        return;
    for (int i = 0; i < DRUGS; i++) {
        dn_molecule m;
        int64_t lines = 0;

        CU_ASSERT_EQUAL(test_chem_read(chem, drugs[i], DN_CHEM_LAYOUT, &m, NULL), DN_OK);
        for (int64_t a = 0; a < m.n_atoms; a++)
            value[a] = (double)a - 1;
        for (int64_t e = 0; e < m.n_bonds; e++)
            lines += m.bond[e].order;
        draw(&m, value, "a<b & \"c\" \xc3\xa4", text);
        CU_ASSERT_EQUAL(count(text, "<circle"), m.n_atoms);
        CU_ASSERT_EQUAL(count(text, ">a note</text>"), 1);
        CU_ASSERT_EQUAL(count(text, "<line "), lines);
        CU_ASSERT_EQUAL(count(text, "a&#60;b &#38; &#34;c&#34; ??"), 2);
        CU_ASSERT(count(text, "nan") == 0 && count(text, "-0\"") == 0);
        for (int64_t a = 0; a < m.n_atoms; a++) /* what no contribution has is white all the same */
            value[a] = 0;
        draw(&m, value, "", text);
        CU_ASSERT_EQUAL(count(text, "fill=\"#ffffff\"><title>"), m.n_atoms);
        dn_molecule_destroy(&m);
    }
    dn_chem_close(&chem);
}

/* The picture is as wide as its title. */
static void long_title(void)
{
    static char text[ROOM], title[161];
    dn_chem *chem = test_chem_open();
    dn_molecule m;
    const double value[3] = {1, -1, 0};
    const char *width;

    if (chem == NULL)
        return;
    CU_ASSERT_EQUAL(test_chem_read(chem, "CCO", DN_CHEM_LAYOUT, &m, NULL), DN_OK);
    memset(title, 'M', sizeof title - 1);
    draw(&m, value, "", text);
    width = strstr(text, " width=\"");
    CU_ASSERT(width != NULL && strtol(width + 8, NULL, 10) == 420);
    draw(&m, value, title, text);
    width = strstr(text, " width=\"");
    CU_ASSERT(width != NULL && strtol(width + 8, NULL, 10) > 1000);
    dn_molecule_destroy(&m);
    dn_chem_close(&chem);
}

static void out_of_memory(void)
{
    dn_chem *chem = test_chem_open();
    dn_status st = DN_ENOMEM;
    int64_t live;
    long k = 0;

    if (chem == NULL)
        return;
    live = (int64_t)dn_alloc_live();
    for (; st != DN_OK && k < 100; k++) {
        dn_molecule m;

        dn_alloc_fail_after(k);
        st = test_chem_read(chem, drugs[0], DN_CHEM_LAYOUT, &m, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && m.atom == NULL && m.xy == NULL));
        dn_molecule_destroy(&m);
        CU_ASSERT_EQUAL((int64_t)dn_alloc_live(), live);
    }
    CU_ASSERT(st == DN_OK && k > 5);
    dn_chem_close(&chem);
}

static void symbols(void)
{
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(1), "H");
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(53), "I");
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(79), "Au");
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(118), "Og");
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(0), "?");
    CU_ASSERT_STRING_EQUAL(dn_element_symbol(119), "?");
}

static const dn_test tests[] = {{"atoms have places", atoms_have_places},
                                {"drawing has all atoms and bonds", drawing_has_all_atoms_and_bonds},
                                {"long title", long_title},
                                {"out of memory", out_of_memory},
                                {"symbols", symbols},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "molecule_svg", tests);
}
