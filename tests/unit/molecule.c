/* molecule.c - tests of solvers/chem: keys, limits, stereo, refused memory, threads; what RDKit says of
 * molecules is in molecule_rdkit.c */
#include "tests/support/chem.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/chem/smiles.h"

/* Molecules that differ in one thing have different keys; a key is itself a SMILES with that key. */
static void keys(void)
{
    static const char *const differ[] = {
        "CCO",         "COC",    "CC[O-]",   "[13CH3]CO", "CCO.O",      "CCO.CCO",   "C[C@H](F)O",
        "C[C@@H](F)O", "CC(F)O", "F/C=C/F",  "F/C=C\\F",  "FC=CF",      "C[CH2]",    "CC",
        "[Na+].[Cl-]", "[Na]Cl", "c1ccccc1", "C1CCCCC1",  "C1=CCC=CC1", "[2H]O[2H]", "O"};
    enum { N = sizeof differ / sizeof *differ };
    char *key[N] = {NULL};
    dn_chem *chem = test_chem_open();
    dn_molecule m;

    for (int i = 0; chem != NULL && i < N; i++) {
        CU_ASSERT_EQUAL(test_chem_read(chem, differ[i], DN_CHEM_KEY, &m, NULL), DN_OK);
        key[i] = m.key;
        m.key = NULL;
        dn_molecule_destroy(&m);
        for (int k = 0; k < i; k++)
            CU_ASSERT_NOT_EQUAL(strcmp(key[i], key[k]), 0);
        CU_ASSERT_EQUAL(test_chem_read(chem, key[i], DN_CHEM_KEY, &m, NULL), DN_OK);
        CU_ASSERT(m.key != NULL && strcmp(m.key, key[i]) == 0);
        dn_molecule_destroy(&m);
    }
    for (int i = 0; i < N; i++)
        dn_free(key[i]);
    dn_chem_close(&chem);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* unit repeated `times` in a static buffer, then tail. */
static const char *repeated(const char *unit, int times, const char *tail)
{
    static char text[1 << 15];

    text[0] = '\0';
    for (int i = 0; i < times; i++)
        memcpy(text + (size_t)i * strlen(unit), unit, strlen(unit) + 1);
    memcpy(text + strlen(unit) * (size_t)times, tail, strlen(tail) + 1);
    return text;
}

/* Two chains of rings + 1 atoms, joined at each atom. */
static const char *ladder(int rings)
{
    static char text[1024];
    size_t at = 0;

    for (int i = 0; i <= rings; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "C%%%d", 10 + i);
    for (int i = rings; i >= 0; i--)
        at += (size_t)snprintf(text + at, sizeof text - at, "%sC%%%d", i == rings ? "." : "", 10 + i);
    return text;
}

static void limits(void)
{
    dn_chem *chem = test_chem_open();
    dn_error err = DN_ERROR_INIT;
    dn_molecule m;

    if (chem == NULL)
        return;
    CU_ASSERT_EQUAL(test_chem_read(chem, repeated("C", DN_MOLECULE_ATOMS, ""), 0, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(m.n_atoms, DN_MOLECULE_ATOMS);
    dn_molecule_destroy(&m);
    CU_ASSERT_EQUAL(test_chem_read(chem, repeated("C", DN_MOLECULE_ATOMS, "C"), 0, &m, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "1025 atoms, more than 1024"));
    /* hydrogens are folded first: 3,072 atoms in the text, 1,024 in the graph */
    CU_ASSERT_EQUAL(test_chem_read(chem, repeated("C([H])([H])", DN_MOLECULE_ATOMS, ""), 0, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(m.n_atoms, DN_MOLECULE_ATOMS);
    dn_molecule_destroy(&m);
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(test_chem_read(chem, repeated("C", 20000, ""), 0, &m, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "20000 bytes, more than 16384"));
    /* 170 equal fragments are no search for what tells them apart */
    CU_ASSERT_EQUAL(test_chem_read(chem, repeated("c1ccccc1.", 169, "c1ccccc1"), DN_CHEM_KEY, &m, NULL),
                    DN_OK);
    CU_ASSERT(m.n_atoms == 1020 && strcmp(m.key, repeated("c1ccccc1.", 169, "c1ccccc1")) == 0);
    dn_molecule_destroy(&m);
    /* ladders of 40 rings and of 41 */
    for (int rings = DN_SMILES_FUSED; rings <= DN_SMILES_FUSED + 1; rings++) {
        err = (dn_error)DN_ERROR_INIT;
        CU_ASSERT_EQUAL(test_chem_read(chem, ladder(rings), 0, &m, &err),
                        rings == DN_SMILES_FUSED ? DN_OK : DN_EDATA);
        dn_molecule_destroy(&m);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "41 rings hang together, more than 40"));
    /* blanks at the ends are dropped, a NUL byte is refused, the text need not be terminated */
    CU_ASSERT_EQUAL(dn_molecule_read(chem, " \tCCO\r\nX", 7, 0, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(m.n_atoms, 3);
    dn_molecule_destroy(&m);
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_molecule_read(chem, "C\0C", 3, 0, &m, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "byte 0x00 in column 2"));
    CU_ASSERT_EQUAL(dn_molecule_read(chem, "", 0, 0, &m, NULL), DN_EDATA);
    dn_chem_close(&chem);
    dn_chem_close(&chem);
    dn_chem_close(NULL);
    dn_molecule_destroy(NULL);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void stereo(void)
{
    dn_chem *chem = test_chem_open();
    dn_molecule m, plain;

    if (chem == NULL)
        return;
    CU_ASSERT_EQUAL(test_chem_read(chem, "C[C@H](N)C(O)=O", 0, &m, NULL), DN_OK);
    for (int64_t i = 0; i < m.n_atoms; i++)
        CU_ASSERT_EQUAL(m.atom[i].stereo, i == 1);
    dn_molecule_destroy(&m);
    /* an amine's nitrogen is no centre, whatever the text says of it */
    CU_ASSERT_EQUAL(test_chem_read(chem, "C[N@@H]C[C@H](Cl)F", DN_CHEM_KEY, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(test_chem_read(chem, "CNC[C@H](Cl)F", DN_CHEM_KEY, &plain, NULL), DN_OK);
    CU_ASSERT_EQUAL(m.n_atoms, 6);
    for (int64_t i = 0; i < m.n_atoms; i++)
        CU_ASSERT_EQUAL(m.atom[i].stereo, i == 3);
    CU_ASSERT_STRING_EQUAL(m.key, plain.key);
    dn_molecule_destroy(&m);
    dn_molecule_destroy(&plain);
    /* the flag is what the text says; the key leaves out what is no centre */
    CU_ASSERT_EQUAL(test_chem_read(chem, "C[C@H](C)C(O)=O", DN_CHEM_KEY, &m, NULL), DN_OK);
    CU_ASSERT(m.atom[1].stereo && strchr(m.key, '@') == NULL);
    dn_molecule_destroy(&m);
    CU_ASSERT_EQUAL(test_chem_read(chem, "F/C(F)=C/Cl", DN_CHEM_KEY, &m, NULL), DN_OK);
    CU_ASSERT_PTR_NULL(strpbrk(m.key, "/\\"));
    dn_molecule_destroy(&m);
    dn_chem_close(&chem);
}

/* Refuse allocation k, for every k, in a text that takes every path: rings, fragments, hydrogens, charges. */
static void survives_refused_memory(void)
{
    static const char text[] = "[H]c1cc2ccccc2n1C.CN(=O)=O.[Na+]";
    dn_chem *chem = NULL;
    dn_status st = DN_ENOMEM;
    dn_molecule m;
    dn_fingerprint print;

    dn_alloc_fail_after(0);
    st = dn_chem_open(&chem, NULL);
    dn_alloc_fail_after(-1);
    CU_ASSERT(st == DN_ENOMEM || st == DN_EUNAVAILABLE);
    chem = test_chem_open();
    if (chem == NULL)
        return;
    st = DN_ENOMEM;
    for (long k = 0; st != DN_OK && k < 200; k++) {
        long live = dn_alloc_live();
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = test_chem_read(chem, text, DN_CHEM_KEY, &m, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && m.atom == NULL && m.key == NULL));
        if (st != DN_OK)
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    st = DN_ENOMEM;
    for (long k = 0; st != DN_OK && k < 200; k++) {
        long live = dn_alloc_live();

        dn_alloc_fail_after(k);
        st = dn_fingerprint_morgan(&m, &print, NULL);
        if (st == DN_OK)
            st = dn_fingerprint_atom_pairs(&m, &print, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    dn_molecule_destroy(&m);
    dn_chem_close(&chem);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- threads: each with its reader, all over the same texts ---- */

enum { THREADS = 4, ROUNDS = 150 };

static const char *const thread_texts[] = {
    "c1ccc2[nH]ccc2c1", "CN1CCC[C@H]1c1cccnc1", "C(C",      "CC(=O)[O-].[Na+]",
    "c1cccn1",          "[2H]C([2H])([2H])O",   "CN(C)(C)C"};
enum { TEXTS = sizeof thread_texts / sizeof *thread_texts };

typedef struct worker {
    pthread_t thread;
    const dn_molecule *want; /* [TEXTS]  n_atoms 0: refused */
    int wrong;
} worker;

static bool same_molecule(const dn_molecule *a, const dn_molecule *b)
{
    if (a->n_atoms != b->n_atoms || a->n_bonds != b->n_bonds)
        return false;
    return a->n_atoms == 0 || (memcmp(a->atom, b->atom, (size_t)a->n_atoms * sizeof *a->atom) == 0 &&
                               memcmp(a->bond, b->bond, (size_t)a->n_bonds * sizeof *a->bond) == 0 &&
                               strcmp(a->key, b->key) == 0);
}

static void *work(void *p)
{
    worker *w = p;
    dn_chem *chem = NULL;

    for (int round = 0; round < ROUNDS; round++) {
        if (round % 10 == 0) { /* sessions come and go while others work */
            dn_chem_close(&chem);
            w->wrong += dn_chem_open(&chem, NULL) != DN_OK;
        }
        for (int i = 0; i < TEXTS; i++) {
            dn_molecule m;
            dn_status st = test_chem_read(chem, thread_texts[i], DN_CHEM_KEY, &m, NULL);

            w->wrong += (st == DN_OK) != (w->want[i].n_atoms > 0) || !same_molecule(&m, &w->want[i]);
            dn_molecule_destroy(&m);
        }
    }
    dn_chem_close(&chem);
    return NULL;
}

static void threads(void)
{
    dn_chem *chem = test_chem_open();
    dn_molecule want[TEXTS];
    worker w[THREADS];

    if (chem == NULL)
        return;
    for (int i = 0; i < TEXTS; i++)
        if (test_chem_read(chem, thread_texts[i], DN_CHEM_KEY, &want[i], NULL) != DN_OK)
            CU_ASSERT_EQUAL(want[i].n_atoms, 0);
    for (int t = 0; t < THREADS; t++) {
        w[t] = (worker){.want = want};
        CU_ASSERT_EQUAL(pthread_create(&w[t].thread, NULL, work, &w[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(w[t].thread, NULL);
        CU_ASSERT_EQUAL(w[t].wrong, 0);
    }
    for (int i = 0; i < TEXTS; i++)
        dn_molecule_destroy(&want[i]);
    dn_chem_close(&chem);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"keys", keys},       {"limits", limits},
                                    {"stereo", stereo},   {"refused memory", survives_refused_memory},
                                    {"threads", threads}, {NULL, NULL}};
    return test_main(argc, argv, "molecule", tests);
}
