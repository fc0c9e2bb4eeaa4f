/* ingest_interactions.c - drug-target tables: the same on any ranks, against the naive way, joined, added */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/io/drug_target.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/network_import.h"

static const char *const names[] = {"x", "y"};

static bool readable(void)
{
    dn_chem *chem = NULL;
    dn_status st = dn_chem_open(&chem, NULL);

    dn_chem_close(&chem);
    if (st == DN_EUNAVAILABLE)
        test_skip("this build cannot read SMILES");
    return st == DN_OK;
}

static dn_import_options options(const char *output, const char *const *file, int n)
{
    return (dn_import_options){.output = output,
                               .n_interactions = n,
                               .interactions_name = names,
                               .interactions_file = file,
                               .force = true};
}

static dn_comm alone(void)
{
    return (dn_comm){MPI_COMM_SELF, 0, 1};
}

/* ---- what a file holds ---- */

typedef struct content {
    dn_drugs d;
    dn_targets t;
    dn_interactions p[2];
} content;

static void destroy(content *c)
{
    dn_drugs_destroy(&c->d);
    dn_targets_destroy(&c->t);
    for (int i = 0; i < 2; i++)
        dn_interactions_destroy(&c->p[i]);
}

static bool load(const dn_comm *comm, const char *path, int sets, content *out)
{
    dn_h5 *h = NULL;
    dn_error err = DN_ERROR_INIT;
    bool good = dn_h5_open(comm, path, DN_DATASET_SCHEMA, &h, &err) == DN_OK &&
                dn_drugs_load(h, &out->d, &err) == DN_OK && dn_targets_load(h, &out->t, &err) == DN_OK;

    for (int i = 0; i < sets && good; i++)
        good = dn_interactions_load(h, names[i], &out->p[i], &err) == DN_OK;
    if (!good)
        fprintf(stderr, "# %s\n", err.text);
    dn_h5_close(&h);
    return good;
}

static bool same_strings(const dn_strings *a, const dn_strings *b)
{
    return a->n == b->n && (a->n == 0 || (memcmp(a->offset, b->offset, ((size_t)a->n + 1) * 8) == 0 &&
                                          memcmp(a->bytes, b->bytes, (size_t)a->offset[a->n]) == 0));
}

static bool same_atom(const dn_atom *a, const dn_atom *b)
{
    return a->number == b->number && a->degree == b->degree && a->hydrogens == b->hydrogens &&
           a->charge == b->charge && a->hybridization == b->hybridization && a->valence == b->valence &&
           a->aromatic == b->aromatic && a->ring == b->ring && a->stereo == b->stereo &&
           a->radicals == b->radicals && a->isotope == b->isotope;
}

static bool same_bond(const dn_bond *a, const dn_bond *b)
{
    return a->a == b->a && a->b == b->b && a->type == b->type && a->order == b->order && a->ring == b->ring &&
           a->conjugated == b->conjugated;
}

static bool same_molecule(const dn_molecule *a, const dn_molecule *b)
{
    bool same = a->n_atoms == b->n_atoms && a->n_bonds == b->n_bonds;

    for (int64_t i = 0; same && i < a->n_atoms; i++)
        same = same_atom(&a->atom[i], &b->atom[i]);
    for (int64_t i = 0; same && i < a->n_bonds; i++)
        same = same_bond(&a->bond[i], &b->bond[i]);
    return same;
}

static bool same_content(const content *a, const content *b)
{
    bool same = same_strings(&a->d.id, &b->d.id) && same_strings(&a->d.smiles, &b->d.smiles) &&
                same_strings(&a->d.key, &b->d.key) && same_strings(&a->t.id, &b->t.id) &&
                same_strings(&a->t.sequence, &b->t.sequence);

    for (int64_t i = 0; same && i < a->d.n; i++) {
        dn_molecule m = dn_drugs_molecule(&a->d, i), n = dn_drugs_molecule(&b->d, i);
        same = same_molecule(&m, &n);
    }
    for (int i = 0; same && i < 2; i++)
        same = a->p[i].n == b->p[i].n && a->p[i].contradictory == b->p[i].contradictory &&
               (a->p[i].n == 0 || (memcmp(a->p[i].drug, b->p[i].drug, (size_t)a->p[i].n * 8) == 0 &&
                                   memcmp(a->p[i].target, b->p[i].target, (size_t)a->p[i].n * 8) == 0 &&
                                   memcmp(a->p[i].label, b->p[i].label, (size_t)a->p[i].n) == 0));
    return same;
}

/* Whether two text files hold the same; both may be absent. Local. */
static bool same_text(const char *left, const char *right)
{
    FILE *f[2] = {fopen(left, "r"), fopen(right, "r")};
    bool same = (f[0] == NULL) == (f[1] == NULL);
    int a = 0, b = 0;

    while (same && f[0] != NULL && a != EOF) {
        a = fgetc(f[0]);
        b = fgetc(f[1]);
        same = a == b;
    }
    for (int i = 0; i < 2; i++)
        if (f[i] != NULL)
            fclose(f[i]);
    return same;
}

/* Import on all ranks, and on rank 0 alone to "<output>.one": the same content, the same rows set aside. */
static dn_status import_twice(const dn_import_options *o, dn_import_report *r, dn_error *err)
{
    dn_status st = dn_import(&test_comm, o, "test", r, err);
    char one[600], left[640], right[640];
    dn_comm self = alone();

    snprintf(one, sizeof one, "%s.one", o->output);
    snprintf(left, sizeof left, "%s.rejected.tsv", o->output);
    snprintf(right, sizeof right, "%s.rejected.tsv", one);
    if (test_comm.rank == 0 && st == DN_OK) {
        dn_import_options p = *o;
        dn_import_report q = {0};
        content a = {0}, b = {0};

        p.output = one;
        CU_ASSERT_EQUAL(dn_import(&self, &p, "test", &q, NULL), DN_OK);
        CU_ASSERT_EQUAL(memcmp(&r->interactions[0], &q.interactions[0], sizeof q.interactions[0]), 0);
        CU_ASSERT(load(&self, o->output, o->n_interactions, &a) && load(&self, one, o->n_interactions, &b));
        CU_ASSERT(same_content(&a, &b));
        CU_ASSERT(same_text(left, right));
        destroy(&a);
        destroy(&b);
        dn_import_report_destroy(&q);
    }
    MPI_Barrier(test_comm.mpi);
    return st;
}

/* ---- against the naive way ---- */

/* Ways to write four molecules, and two texts that are none; ways to write three sequences, and two. */
enum { WAYS = 10, SPELLINGS = 7, ROWS = 48 };
static const struct {
    const char *smiles;
    int molecule; /* -1: unreadable */
} way[WAYS] = {{"CCO", 0},         {"OCC", 0}, {"C(O)C", 0}, {"c1ccccc1", 1},        {"C1=CC=CC=C1", 1},
               {"[Na+].[Cl-]", 2}, {"C", 3},   {"[CH4]", 3}, {"C(C)(C)(C)(C)C", -1}, {"c1ccc", -1}};
static const struct {
    const char *text;
    int sequence;
} spelling[SPELLINGS] = {{"MKV", 0}, {"mkv", 0}, {"MKVX", 1}, {"A", 2}, {"a", 2}, {"MK*", -1}, {"MK-V", -1}};

typedef struct row {
    int way, spelling, label;
} row;

static int draw(dn_rng rng, int i, row *out)
{
    uint32_t u[4];

    dn_rng_block(rng, (uint64_t)i, 0, u);
    *out = (row){(int)(u[0] % WAYS), (int)(u[1] % SPELLINGS), 0};
    out->label = (way[out->way].molecule + spelling[out->spelling].sequence) % 2 != 0;
    if (u[2] % 8 == 0)
        out->label = !out->label;
    return out->label;
}

/* What import must say and keep: kept[n] of molecule, sequence, label. */
static int naive(const row *rows, int (*kept)[3], dn_interactions_report *r)
{
    int n = 0;

    *r = (dn_interactions_report){.rows = ROWS};
    for (int i = 0; i < ROWS; i++) {
        int m = way[rows[i].way].molecule, s = spelling[rows[i].spelling].sequence;
        bool repeat = false, first = true, both = false;

        r->bad_molecule += m < 0;
        r->bad_sequence += m >= 0 && s < 0;
        if (m < 0 || s < 0)
            continue;
        for (int k = 0; k < ROWS; k++) {
            if (way[rows[k].way].molecule != m || spelling[rows[k].spelling].sequence != s)
                continue;
            both = both || rows[k].label != rows[i].label;
            first = first && k >= i;
            repeat = repeat || (k < i && rows[k].label == rows[i].label);
        }
        r->repeats += repeat;
        r->contradictory += first && both;
        r->other_label += !first && !repeat;
        if (!first || both)
            continue;
        kept[n][0] = m;
        kept[n][1] = s;
        kept[n++][2] = rows[i].label;
        r->positive += rows[i].label;
    }
    r->kept = n;
    r->rejected = r->bad_molecule + r->bad_sequence;
    return n;
}

static const char *write_rows(const row *rows)
{
    static char text[ROWS * 80];
    int n = snprintf(text, sizeof text, "Drug ID,smiles,\"target_id\",sequence,interaction_type\n");

    for (int i = 0; i < ROWS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%sD%d,\"%s\",T%d,%s,%s\n", i % 7 == 3 ? "\n" : "",
                      rows[i].way, way[rows[i].way].smiles, rows[i].spelling, spelling[rows[i].spelling].text,
                      rows[i].label ? "agonist" : "\"antagonist|other\"");
    return test_stay(test_file("rows.csv", text, (size_t)n));
}

/* Number of a molecule or sequence in the order of first mention, by hand: that of the first row with it. */
static int first_row(const row *rows, int side, int which)
{
    for (int i = 0; i < ROWS; i++)
        if ((side == 0 ? way[rows[i].way].molecule : spelling[rows[i].spelling].sequence) == which)
            return i;
    return -1;
}

static void check_pairs(const row *rows, int (*want)[3], int n, const content *c)
{
    int wrong = 0;
    char id[32], expected[32];

    CU_ASSERT_EQUAL(c->p[0].n, n);
    for (int i = 0; i < n && c->p[0].n == n; i++) {
        snprintf(expected, sizeof expected, "D%d", rows[first_row(rows, 0, want[i][0])].way);
        wrong += strcmp(dn_strings_copy(&c->d.id, c->p[0].drug[i], id, sizeof id), expected) != 0;
        snprintf(expected, sizeof expected, "T%d", rows[first_row(rows, 1, want[i][1])].spelling);
        wrong += strcmp(dn_strings_copy(&c->t.id, c->p[0].target[i], id, sizeof id), expected) != 0;
        wrong += c->p[0].label[i] != want[i][2];
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void against_the_naive_way(void)
{
    int64_t contradictory = 0;

    if (!readable())
        return;
    for (uint64_t seed = 0; seed < 3; seed++) {
        row rows[ROWS];
        int want[ROWS][3], n;
        dn_interactions_report counts;
        const char *file;
        dn_import_options o;
        dn_import_report r = {0};
        content c = {0};

        for (int i = 0; i < ROWS; i++)
            draw(dn_rng_stream(seed, DN_RNG_SYNTH, 9, 0), i, &rows[i]);
        n = naive(rows, want, &counts);
        CU_ASSERT(n >= 3 && counts.repeats > 0 && counts.rejected > 0);
        contradictory += counts.contradictory;
        file = write_rows(rows);
        o = options(test_stay(test_path("naive.h5")), &file, 1);
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        if (r.interactions != NULL) {
            const dn_interactions_report *q = &r.interactions[0];
            CU_ASSERT(q->rows == ROWS && q->bad_molecule == counts.bad_molecule &&
                      q->bad_sequence == counts.bad_sequence && q->rejected == counts.rejected);
            CU_ASSERT(q->repeats == counts.repeats && q->contradictory == counts.contradictory &&
                      q->other_label == counts.other_label && q->kept == n &&
                      q->positive == counts.positive && q->distinct == n + counts.contradictory);
            CU_ASSERT_EQUAL(q->rows, q->rejected + q->repeats + q->distinct + q->other_label);
            CU_ASSERT_EQUAL(r.rejected, q->rejected + q->contradictory + q->other_label);
            CU_ASSERT(r.drugs == 4 && r.targets == 3 && q->drug_synonyms == 3 && q->target_synonyms == 2);
        }
        CU_ASSERT(load(&test_comm, o.output, 1, &c));
        check_pairs(rows, want, n, &c);
        destroy(&c);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT(contradictory >= 3);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- graphs come back as they were read ---- */

static void graphs_come_back(void)
{
    static const char *const smiles[] = {"CC(=O)Oc1ccccc1C(=O)O", "[13CH3][N+](C)(C)C.[Br-]",
                                         "C[C@H](N)C(=O)O", "[2H]C#N"};
    static const char text[] = "smiles,sequence,label\nCC(=O)Oc1ccccc1C(=O)O,MK,1\n"
                               "[13CH3][N+](C)(C)C.[Br-],MK,0\nC[C@H](N)C(=O)O,MV,0\n[2H]C#N,MK,1\n";
    const char *file = test_text("graphs.csv", text);
    dn_import_options o = options(test_stay(test_path("graphs.h5")), &file, 1);
    dn_import_report r = {0};
    content c = {0};
    dn_chem *chem = NULL;
    char id[32];

    if (!readable())
        return;
    CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
    CU_ASSERT(load(&test_comm, o.output, 1, &c));
    CU_ASSERT_EQUAL(dn_chem_open(&chem, NULL), DN_OK);
    for (int64_t i = 0; i < c.d.n && i < 4; i++) {
        dn_molecule m = {0}, got = dn_drugs_molecule(&c.d, i);
        CU_ASSERT_EQUAL(dn_molecule_read(chem, smiles[i], strlen(smiles[i]), DN_CHEM_KEY, &m, NULL), DN_OK);
        CU_ASSERT(same_molecule(&m, &got));
        dn_molecule_destroy(&m);
    }
    CU_ASSERT(c.d.n == 4 && c.t.n == 2);
    if (c.d.n == 4)
        CU_ASSERT_STRING_EQUAL(dn_strings_copy(&c.d.id, 3, id, sizeof id),
                               "drug4"); /* the table has no ids */
    dn_chem_close(&chem);
    destroy(&c);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- joined by id, added ---- */

static const char smi[] = "smiles name\nCCO D1\nCCC D2\nCC(C)C D3\n",
                  fasta[] = ">T1\nMKV\n>sp|T2|X y\nmk\nva\n";
static const char ids[] = "drug\ttarget\taction\nD1\tT1\tagonist\nD2\tT2\tblocker\nD3\tT1\tinducer\n"
                          "D4\tT1\tagonist\nD1\tT9\tinhibitor\nD2\tT1\tagonist|antagonist\n\t\tagonist\n";

static void joined_by_id(void)
{
    const char *file = test_text("ids.tsv", ids);
    dn_import_options o = options(test_stay(test_path("joined.h5")), &file, 1);
    dn_import_report r = {0};
    content c = {0};
    char text[64];

    if (!readable())
        return;
    o.molecules = test_text("m.smi", smi);
    o.sequences = test_text("t.fasta", fasta);
    CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
    if (r.interactions != NULL) {
        const dn_interactions_report *q = &r.interactions[0];
        CU_ASSERT(q->rows == 7 && q->kept == 3 && q->no_molecule == 1 && q->no_sequence == 1 &&
                  q->both_types == 1 && q->no_id == 1 && q->rejected == 4);
        CU_ASSERT(q->drugs == 3 && q->targets == 2 && r.rejected == 4);
    }
    CU_ASSERT(load(&test_comm, o.output, 1, &c));
    CU_ASSERT(c.d.n == 3 && c.t.n == 2 && c.p[0].n == 3);
    if (c.t.n == 2)
        CU_ASSERT_STRING_EQUAL(dn_strings_copy(&c.t.sequence, 1, text, sizeof text), "MKVA");
    destroy(&c);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A second set brings a new drug and an old one under another id; what is there keeps its numbers. */
static void add_to_a_dataset(void)
{
    static const char one[] =
        "drug,smiles,target,sequence,label\nD1,CCO,T1,MKV,1\nD2,CCC,T1,MKV,0\nD3,CC,T1,M1,0\n";
    static const char two[] =
        "drug,smiles,target,sequence,label\nD9,CCCC,T2,MM,1\nE2,C(C)C,T1,mkv,1\nD2,CCC,T2,MM,0\n"
        "D5,C1,T2,MM,0\n";
    const char *first = test_text("first.csv", one), *second = test_text("second.csv", two);
    dn_import_options o = options(test_stay(test_path("add.h5")), &first, 1);
    dn_import_report r = {0};
    dn_error err = DN_ERROR_INIT;
    content c = {0};
    char text[64];
    dn_chem *chem = NULL;
    dn_molecule m = {0}, got;

    if (!readable())
        return;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    o.add = true;
    o.force = false;
    o.interactions_file = &second;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "set of interactions 'x' exists"));
    o.interactions_name = names + 1;
    for (int again = 0; again <= 1; again++) {
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.already, again);
        if (!again && r.interactions != NULL)
            CU_ASSERT(r.drugs == 4 && r.old_drugs == 3 && r.targets == 2 && r.old_targets == 1 &&
                      r.rejected == 1);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT(load(&test_comm, o.output, 2, &c));
    CU_ASSERT(c.d.n == 4 && c.p[0].n == 2 && c.p[1].n == 3);
    if (c.d.n == 4 && c.p[1].n == 3) {
        CU_ASSERT(c.p[1].drug[0] == 3 && c.p[1].drug[1] == 1 && c.p[1].drug[2] == 1);
        CU_ASSERT(c.p[1].target[0] == 1 && c.p[1].target[1] == 0 && c.p[1].target[2] == 1);
        CU_ASSERT_STRING_EQUAL(dn_strings_copy(&c.d.id, 1, text, sizeof text), "D2");
        CU_ASSERT_STRING_EQUAL(dn_strings_copy(&c.d.id, 3, text, sizeof text), "D9");
        got = dn_drugs_molecule(&c.d, 3);
        CU_ASSERT_EQUAL(dn_chem_open(&chem, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_molecule_read(chem, "CCCC", 4, 0, &m, NULL), DN_OK);
        CU_ASSERT(same_molecule(&m, &got));
        dn_molecule_destroy(&m);
        got = dn_drugs_molecule(&c.d, 0);
        CU_ASSERT(got.n_atoms == 3 && got.atom[2].number == 8); /* CCO, copied */
        dn_chem_close(&chem);
    }
    destroy(&c);
    if (test_comm.rank == 0) {
        char path[600], line[300];
        FILE *f;
        int n = 0, x = 0, y = 0;

        snprintf(path, sizeof path, "%s.rejected.tsv", o.output);
        f = fopen(path, "r");
        while (f != NULL && fgets(line, sizeof line, f) != NULL) {
            n++;
            x += strncmp(line, "x\t3\tD3\tT1\tsequence has a digit", 30) == 0;
            y += strncmp(line, "y\t4\tD5\tT2\tSMILES", 16) == 0;
        }
        CU_ASSERT(n == 3 && x == 1 && y == 1);
        if (f != NULL)
            fclose(f);
    }
    MPI_Barrier(test_comm.mpi);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- failures ---- */

static void refused_text(const char *table, dn_status code, const char *words)
{
    const char *file = test_text("bad.csv", table);
    dn_import_options o = options(test_stay(test_path("bad.h5")), &file, 1);
    char part[600];

    test_refused(&o, code, words);
    CU_ASSERT(access(o.output, F_OK) != 0);
    snprintf(part, sizeof part, "%s.rejected.tsv.part", o.output);
    CU_ASSERT(access(part, F_OK) != 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bad_tables(void)
{
    if (!readable())
        return;
    refused_text("", DN_EDATA, "bad.csv: is empty");
    refused_text("smiles,sequence,label\n", DN_EDATA, "bad.csv: has a header and no rows");
    refused_text("smiles,sequence,label\nC,MK,1\nCC,MK,0\nCCC,MK\n", DN_EDATA,
                 "bad.csv:4: ragged row: 2 fields where the header has 3");
    refused_text("smiles,sequence,label\nC,MK,1\nCC,MK,binder\n", DN_EDATA,
                 "bad.csv:3: label 'binder' is neither");
    refused_text("smiles,sequence\nC,MK\n", DN_EDATA, "no column is known as label");
    refused_text("smiles,sequence,label\nC,MK,1\nCC,MK,1\n", DN_EDATA, "all 2 pairs have label 1");
    refused_text("smiles,sequence,label\nC1,MK,1\nCC,M-K,0\n", DN_EDATA,
                 "no pair is left of 2 rows: 2 set aside, such as: SMILES");
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *file = test_text("memory.tsv", ids), *output = test_stay(test_path("memory.h5"));
    const char *m = test_text("memory.smi", smi), *t = test_text("memory.fasta", fasta);

    if (!readable())
        return;
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 4000; k = test_next_refused(k)) {
            dn_import_options o = options(output, &file, 1);
            dn_import_report r = {0};
            dn_error err = DN_ERROR_INIT;

            o.molecules = m;
            o.sequences = t;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_import(&test_comm, &o, "test", &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            CU_ASSERT(st == DN_OK || access(output, F_OK) != 0);
            dn_import_report_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            MPI_Barrier(test_comm.mpi);
            if (st == DN_OK && test_comm.rank == 0)
                unlink(output);
            MPI_Barrier(test_comm.mpi);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"against the naive way", against_the_naive_way},
                                {"graphs come back", graphs_come_back},
                                {"joined by id", joined_by_id},
                                {"add to a dataset", add_to_a_dataset},
                                {"bad tables", bad_tables},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_interactions", tests);
}
