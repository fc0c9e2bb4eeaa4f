/* drug_target_files.c - tests of interaction_table.h, id_file.h and the labels of interaction.h */
#include "tests/support/test.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/id_file.h"
#include "solvers/formats/interaction.h"
#include "solvers/formats/interaction_table.h"

/* ---- columns ---- */

/* The columns of a header as text. */
static dn_status find(const char *text, const char *wanted, bool joined, dn_interaction_columns *out,
                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record r;
    bool more;

    DN_TRY(dn_delim_open_memory("t.csv", text, strlen(text), ',', &d, err));
    DN_TRY(dn_delim_next(d, &r, &more, err));
    DN_TRY(dn_interaction_columns_find("t.csv", &r, wanted, joined, joined, out, err));
out:
    dn_delim_close(&d);
    return st;
}

static void columns_are(const char *text, const char *wanted, bool joined, int drug, int smiles, int target,
                        int sequence, int label)
{
    dn_interaction_columns c = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(find(text, wanted, joined, &c, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(c.column[DN_ROLE_DRUG] == drug && c.column[DN_ROLE_SMILES] == smiles &&
              c.column[DN_ROLE_TARGET] == target && c.column[DN_ROLE_SEQUENCE] == sequence &&
              c.column[DN_ROLE_LABEL] == label);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void columns_by_name(void)
{
    columns_are("drugbank_id,SMILES,gene_name,Sequence,label\n", NULL, false, 0, 1, 2, 3, 4);
    columns_are("Drug_ID,Drug,Target_ID,Target,Y\n", NULL, false, 0, 1, 2, 3, 4);
    columns_are("type,x,Protein Sequence,canonical-smiles\n", NULL, false, -1, 3, -1, 2, 0);
    columns_are("drug,target,action\n", NULL, true, 0, -1, 1, -1, 2);
    columns_are("drug,smiles,target,sequence,label\n", NULL, true, 0, 1, 2, 3, 4);
    columns_are("a,b,c,d,e\n", "label=a,sequence=b,target=c,smiles=d,drug=e", false, 4, 3, 2, 1, 0);
    columns_are("smiles,label,sequence,my label\n", "label=my label", false, -1, 0, -1, 2, 3);
    columns_are("drug,drug_id,target,label,sequence\n", "smiles=drug", false, 1, 0, 2, 4, 3);
}

static void columns_refused(const char *text, const char *wanted, bool joined, dn_status code,
                            const char *words)
{
    dn_interaction_columns c = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(find(text, wanted, joined, &c, &err), code);
    CU_ASSERT(test_says(&err, words));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void columns_that_are_missing(void)
{
    columns_refused("smiles,sequence,z\n", NULL, false, DN_EDATA,
                    "t.csv: no column is known as label or interaction type: say which with --columns "
                    "label=NAME; there are: 'smiles', 'sequence', 'z'");
    columns_refused("drug,sequence,label\n", NULL, false, DN_EDATA, "known as SMILES");
    columns_refused("smiles,target,label\n", NULL, false, DN_EDATA, "give --sequences FILE.fasta");
    columns_refused("target,label\n", NULL, true, DN_EDATA, "known as drug id");
    columns_refused("drug,label\n", NULL, true, DN_EDATA, "known as target id");
    columns_refused("smiles,Smiles,sequence,label\n", NULL, false, DN_EDATA,
                    "columns 1 and 2 are both named 'Smiles'");
    columns_refused("smiles,sequence,label\n", "label=y", false, DN_EDATA, "no column 'y'");
    columns_refused("smiles,sequence,y,y\n", "label=y", false, DN_EDATA, "two columns are named 'y'");
    columns_refused("smiles,sequence,y\n", "labels=y", false, DN_EUSAGE, "'labels' is no role");
    columns_refused("smiles,sequence,y\n", "y", false, DN_EUSAGE, "wanted ROLE=NAME");
    columns_refused("smiles,sequence,y\n", "label=", false, DN_EUSAGE, "names no column");
    columns_refused("smiles,sequence,y,z\n", "label=y,label=z", false, DN_EUSAGE, "label is given twice");
}

/* ---- labels ---- */

static void labels(void)
{
    static const struct {
        const char *text;
        int label;
    } rows[] = {{"0", 0},
                {"1", 1},
                {"1.0", 1},
                {"0.0", 0},
                {"agonist", 1},
                {"Partial Agonist", 1},
                {"inverse agonist", 0},
                {"INHIBITOR", 0},
                {"antagonist|blocker", 0},
                {"agonist, binder", 1},
                {"agonist|antagonist", DN_LABEL_BOTH},
                {"2", DN_LABEL_UNKNOWN},
                {"-1", DN_LABEL_UNKNOWN},
                {"0.5", DN_LABEL_UNKNOWN},
                {"nan", DN_LABEL_UNKNOWN},
                {"binder", DN_LABEL_UNKNOWN},
                {"", DN_LABEL_UNKNOWN}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_EQUAL(dn_interaction_label(rows[i].text, strlen(rows[i].text)), rows[i].label);
}

/* ---- texts by id ---- */

/* "line:id=text;line:id=text;" */
static void entries_are(dn_id_file_kind kind, const char *text, const char *want, int64_t repeats)
{
    dn_id_file f = {0};
    dn_error err = DN_ERROR_INIT;
    char got[300] = "", one[100];

    CU_ASSERT_EQUAL(dn_id_file_parse("f", text, strlen(text), kind, &f, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    for (int64_t i = 0; i < f.id.n; i++) {
        snprintf(one, sizeof one, "%d:", (int)f.line[i]);
        strcat(got, one);
        strcat(strcat(got, dn_strings_copy(&f.id, i, one, sizeof one)), "=");
        strcat(strcat(got, dn_strings_copy(&f.text, i, one, sizeof one)), ";");
    }
    CU_ASSERT_STRING_EQUAL(got, want);
    CU_ASSERT_EQUAL(f.repeats, repeats);
    dn_id_file_destroy(&f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void smiles_files(void)
{
    entries_are(DN_ID_FILE_SMILES, "CCO D1\nCC\tD2\r\n\nC  two words \n", "1:D1=CCO;2:D2=CC;4:two words=C;",
                0);
    entries_are(DN_ID_FILE_SMILES, "SMILES name\nCCO D1\nCCO D1\nCCO D2\n", "2:D1=CCO;4:D2=CCO;", 1);
}

static void fasta_files(void)
{
    entries_are(DN_ID_FILE_FASTA, ">P1 a protein\nMK\nV\n\n>P2\nA", "1:P1=MKV;5:P2=A;", 0);
    entries_are(DN_ID_FILE_FASTA, ">sp|P12345|NAME x\r\nMK V\r\n> P2\nmk\n>P2\nmk\n", "1:P12345=MKV;3:P2=mk;",
                1);
    entries_are(DN_ID_FILE_FASTA, ">P1\n>sp|P2\nA\n", "1:P1=;2:sp|P2=A;", 0);
}

static void entries_refused(dn_id_file_kind kind, const char *text, const char *words)
{
    dn_id_file f = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_id_file_parse("f", text, strlen(text), kind, &f, &err), DN_EDATA);
    CU_ASSERT(test_says(&err, words));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void files_that_are_wrong(void)
{
    entries_refused(DN_ID_FILE_SMILES, "CCO D1\nCC\n", "f:2: a SMILES without an id");
    entries_refused(DN_ID_FILE_SMILES, "CCO D1\nCC D1\n", "f:2: id 'D1' stood there before");
    entries_refused(DN_ID_FILE_SMILES, "\n\n", "f: holds no molecules");
    entries_refused(DN_ID_FILE_SMILES, "smiles name\n", "f: holds no molecules");
    entries_refused(DN_ID_FILE_FASTA, "MKV\n>P1\nA\n", "f:1: a sequence without a '>' line");
    entries_refused(DN_ID_FILE_FASTA, ">P1\nMK\n>\nA\n", "f:3: '>' without an id");
    entries_refused(DN_ID_FILE_FASTA, ">P1\nMK\n>P1\nMKV\n", "f:3: id 'P1' stood there before");
    entries_refused(DN_ID_FILE_FASTA, "", "f: holds no sequences");
}

static void memory_may_run_out(void)
{
    static const char text[] = ">P1\nMK\nVV\n>P2\nMK\n>P1\nMKVV\n";
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_id_file f = {0};

        dn_alloc_fail_after(k);
        st = dn_id_file_parse("f", text, sizeof text - 1, DN_ID_FILE_FASTA, &f, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        dn_id_file_destroy(&f);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"columns by name", columns_by_name},
                                {"columns that are missing", columns_that_are_missing},
                                {"labels", labels},
                                {"SMILES files", smiles_files},
                                {"FASTA files", fasta_files},
                                {"files that are wrong", files_that_are_wrong},
                                {"memory may run out", memory_may_run_out},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "drug_target_files", tests);
}
