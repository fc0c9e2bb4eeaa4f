/* newcomers.c - tests of mpi/io/newcomers.h: who is new, who is known, who is set aside; refusals with their
 * line; the same on any ranks; any rank out of memory
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/newcomers.h"
#include "solvers/base/alloc.h"

static bool readable(void)
{
    dn_chem *chem = NULL;
    dn_status st = dn_chem_open(&chem, NULL);

    dn_chem_close(&chem);
    if (st == DN_EUNAVAILABLE)
        test_skip("this build cannot read SMILES");
    return st == DN_OK;
}

static void add(dn_strings *s, const char *text)
{
    CU_ASSERT_EQUAL(dn_strings_add(s, text, strlen(text), NULL), DN_OK);
}

/* A dataset of ethanol and methylamine (atoms of them made by hand), and of two sequences. */
static void make_dataset(dn_drugs *d, dn_targets *t)
{
    static const uint8_t element[] = {6, 6, 8, 6, 7};
    dn_chem *chem = NULL;
    dn_molecule m[2] = {{0}};

    *d = (dn_drugs){.n = 2};
    *t = (dn_targets){.n = 2};
    CU_ASSERT_EQUAL(dn_chem_open(&chem, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_molecule_read(chem, "CCO", 3, DN_CHEM_KEY, &m[0], NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_molecule_read(chem, "CN", 2, DN_CHEM_KEY, &m[1], NULL), DN_OK);
    add(&d->id, "ethanol");
    add(&d->id, "amine");
    add(&d->smiles, "CCO");
    add(&d->smiles, "CN");
    add(&d->key, m[0].key);
    add(&d->key, m[1].key);
    d->first_atom = dn_calloc(3, sizeof(int64_t));
    d->first_bond = dn_calloc(3, sizeof(int64_t));
    d->atom = dn_calloc(5, sizeof *d->atom);
    d->bond = dn_calloc(3, sizeof *d->bond);
    memcpy(d->first_atom, (int64_t[]){0, 3, 5}, 3 * sizeof(int64_t));
    memcpy(d->first_bond, (int64_t[]){0, 2, 3}, 3 * sizeof(int64_t));
    for (int i = 0; i < 5; i++)
        d->atom[i].number = element[i];
    for (int i = 0; i < 3; i++)
        d->bond[i].b = i == 1 ? 2 : 1;
    d->bond[1].a = 1;
    add(&t->id, "P1");
    add(&t->id, "P2");
    add(&t->sequence, "MKV");
    add(&t->sequence, "ACDEF");
    dn_molecule_destroy(&m[0]);
    dn_molecule_destroy(&m[1]);
    dn_chem_close(&chem);
}

static void text_is(const dn_strings *s, int64_t i, const char *want)
{
    char got[200];

    CU_ASSERT_STRING_EQUAL(dn_strings_copy(s, i, got, sizeof got), want);
}

static const char smiles[] = "smiles name\n"
                             "OCC same\n"     /* a drug of the dataset */
                             "C1CC1C ring\n"  /* new */
                             "C(x)C broken\n" /* unreadable */
                             "CC1CC1 again\n" /* the new one, written in another way */
                             "CN amine\n"     /* of the dataset, by its id */
                             "\n"
                             "[Na+].[Cl-] salt\n";
static const char fasta[] = ">P1\nmk\nv\n>new one\nWWWW\n>gap\nAC-D\n>empty\n>twin\nwwww\n";

static void check_sides(const dn_newcomers *n)
{
    static const int64_t drug[] = {0, 2, -1, 2, 1, 3}, drug_line[] = {2, 3, 4, 5, 6, 8};
    static const int64_t target[] = {0, 2, -1, -1, 2}, target_line[] = {1, 4, 6, 8, 9};

    CU_ASSERT_EQUAL(n->side[0].n, 6);
    CU_ASSERT_EQUAL(n->side[0].known, 2);
    CU_ASSERT_EQUAL(n->side[0].unreadable, 1);
    for (int i = 0; i < 6 && n->side[0].n == 6; i++) {
        CU_ASSERT_EQUAL(n->side[0].entity[i], drug[i]);
        CU_ASSERT_EQUAL(n->side[0].line[i], drug_line[i]);
        CU_ASSERT_EQUAL(n->side[0].reason.offset[i + 1] > n->side[0].reason.offset[i], drug[i] < 0);
    }
    CU_ASSERT_EQUAL(n->side[1].n, 5);
    CU_ASSERT_EQUAL(n->side[1].unreadable, 2);
    for (int i = 0; i < 5 && n->side[1].n == 5; i++) {
        CU_ASSERT_EQUAL(n->side[1].entity[i], target[i]);
        CU_ASSERT_EQUAL(n->side[1].line[i], target_line[i]);
    }
    CU_ASSERT_EQUAL(n->drugs.n, 2);
    CU_ASSERT_EQUAL(n->targets.n, 1);
}

/* The graphs behind those of the dataset, which stay what they were. */
static void check_appended(const dn_drugs *d, const dn_targets *t)
{
    static const uint8_t element[] = {6, 6, 8, 6, 7, 6, 6, 6, 6, 11, 17};
    dn_molecule m;

    CU_ASSERT_EQUAL(d->n, 4);
    CU_ASSERT_EQUAL(d->first_atom[4], 11);
    CU_ASSERT_EQUAL(d->first_bond[4], 7); /* 2 + 1, 4 of the ring with its tail, none of the salt */
    for (int i = 0; i < 11 && d->first_atom[4] == 11; i++)
        CU_ASSERT_EQUAL(d->atom[i].number, element[i]);
    m = dn_drugs_molecule(d, 2);
    CU_ASSERT_EQUAL(m.n_atoms, 4);
    CU_ASSERT_EQUAL(m.n_bonds, 4);
    for (int64_t i = 0; i < m.n_bonds; i++)
        CU_ASSERT(m.bond[i].a < m.bond[i].b && m.bond[i].b < 4);
    m = dn_drugs_molecule(d, 3);
    CU_ASSERT_EQUAL(m.n_bonds, 0);
    CU_ASSERT_EQUAL(m.atom[0].charge, 1);
    text_is(&d->id, 0, "ethanol");
    text_is(&d->id, 2, "ring");
    text_is(&d->id, 3, "salt");
    text_is(&d->smiles, 2, "C1CC1C");
    CU_ASSERT_EQUAL(d->key.n, 4);
    CU_ASSERT_EQUAL(t->n, 3);
    text_is(&t->id, 2, "new");
    text_is(&t->sequence, 2, "WWWW");
    text_is(&t->sequence, 1, "ACDEF");
}

static void known_and_new(void)
{
    dn_newcomers_wish w = {.molecules = test_file("newcomers.smi", smiles, strlen(smiles)),
                           .sequences = test_file("newcomers.fasta", fasta, strlen(fasta)),
                           .skip_unreadable = true};
    dn_newcomers n = {0};
    dn_drugs d;
    dn_targets t;
    dn_error err = DN_ERROR_INIT;

    if (!readable())
        return;
    make_dataset(&d, &t);
    CU_ASSERT_EQUAL(dn_newcomers_read(&test_comm, &w, &d, &t, &n, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    check_sides(&n);
    CU_ASSERT_EQUAL(dn_newcomers_append(&n, &d, &t, &err), DN_OK);
    check_appended(&d, &t);
    dn_newcomers_destroy(&n);
    dn_drugs_destroy(&d);
    dn_targets_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Nothing asked, nothing new; only one side. */
static void one_side_or_none(void)
{
    dn_newcomers_wish w = {0};
    dn_newcomers n;
    dn_drugs d;
    dn_targets t;

    if (!readable())
        return;
    make_dataset(&d, &t);
    CU_ASSERT_EQUAL(dn_newcomers_read(&test_comm, &w, &d, &t, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(n.side[0].n + n.side[1].n, 0);
    CU_ASSERT_EQUAL(dn_newcomers_append(&n, &d, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(d.n, 2);
    dn_newcomers_destroy(&n);
    w.sequences = test_file("newcomers.fasta", ">P2\nACDEF\n>Q\nAC\n", sizeof ">P2\nACDEF\n>Q\nAC\n" - 1);
    CU_ASSERT_EQUAL(dn_newcomers_read(&test_comm, &w, &d, &t, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(n.side[0].n, 0);
    CU_ASSERT_EQUAL(n.side[1].entity[0], 1);
    CU_ASSERT_EQUAL(n.side[1].entity[1], 2);
    CU_ASSERT_EQUAL(dn_newcomers_append(&n, &d, &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(d.n, 2);
    CU_ASSERT_EQUAL(t.n, 3);
    dn_newcomers_destroy(&n);
    dn_drugs_destroy(&d);
    dn_targets_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused_text(bool molecules, bool skip, const char *text, const char *words)
{
    const char *name = test_file("newcomers.bad", text, strlen(text));
    dn_newcomers_wish w = {
        .molecules = molecules ? name : NULL, .sequences = molecules ? NULL : name, .skip_unreadable = skip};
    dn_newcomers n;
    dn_drugs d;
    dn_targets t;
    dn_error err = DN_ERROR_INIT;

    make_dataset(&d, &t);
    CU_ASSERT_EQUAL(dn_newcomers_read(&test_comm, &w, &d, &t, &n, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    if (strstr(err.text, words) == NULL)
        fprintf(stderr, "# wanted '%s', got '%s'\n", words, err.text);
    CU_ASSERT_EQUAL(n.drugs.n, 0);
    dn_newcomers_destroy(&n);
    dn_drugs_destroy(&d);
    dn_targets_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(void)
{
    if (!readable())
        return;
    refused_text(true, false, "CC a\nC(x)C broken\n", "newcomers.bad:2: 'broken': SMILES");
    refused_text(true, false, "CC a\nC(C)(C)(C)(C)C five\nC1 open\nCC b\n",
                 "newcomers.bad:2: 'five': SMILES");
    refused_text(true, false, "CC a\nC(C)(C)(C)(C)C five\nC1 open\nCC b\n", "nor can 1 others be read");
    refused_text(true, true, "x a\nC1 b\n", "none of 2 molecules can be read, such as 'a' in line 1");
    refused_text(true, true, "CC a\nCCC amine\n",
                 "newcomers.bad:2: the dataset has another drug with the id 'amine'");
    refused_text(true, true, "OCC amine\n", "another drug with the id 'amine'");
    refused_text(true, true, "CC a\nCCC a\n", "stood there before");
    refused_text(true, true, "CC\n", "without an id");
    refused_text(true, true, "", "no molecules");
    refused_text(false, false, ">a\nACD\n>b\nAC*\n", "newcomers.bad:3: 'b': sequence has a stop");
    refused_text(false, false, ">a\n>b\nAC\n", "newcomers.bad:1: 'a': sequence");
    refused_text(false, true, ">P1\nMKVV\n",
                 "newcomers.bad:1: the dataset has another target with the id 'P1'");
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_newcomers_wish w = {.molecules = test_file("newcomers.smi", smiles, strlen(smiles)),
                           .sequences = test_file("newcomers.fasta", fasta, strlen(fasta)),
                           .skip_unreadable = true};
    dn_drugs d;
    dn_targets t;

    if (!readable())
        return;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 500; k = test_next_refused(k)) {
            dn_newcomers n;
            dn_error err = DN_ERROR_INIT;

            make_dataset(&d, &t);
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_newcomers_read(&test_comm, &w, &d, &t, &n, &err);
            if (st == DN_OK)
                st = dn_agree(&test_comm, dn_newcomers_append(&n, &d, &t, &err), &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_newcomers_destroy(&n);
            dn_drugs_destroy(&d);
            dn_targets_destroy(&t);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"known, new, set aside, appended", known_and_new},
                                {"one side or none", one_side_or_none},
                                {"refused, with the line", refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "newcomers", tests);
}
