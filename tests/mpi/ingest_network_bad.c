/* ingest_network_bad.c - tests of mpi/io/ingest.h, networks: bad files, cut files, no memory; nothing is lost
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "tests/support/network_import.h"

static const char drug_gene[] = "#Drug\tGene\nDB1\tP1\nDB2\tP2\n#Drug\tGene\nDB1\tP3\nDB1\tP1\n";
static const char gene_gene[] = "11,12\n12,11\n13,13\n99,11\n12,98\n";
static const char id_map[] =
    "uniprot_id\tname\tentrez_id\nP1\tone\t11\nP2\ttwo\t12\nP3\t\t13\nP9\tagain\t11\n";

static size_t slurp(const char *path, char *buf, size_t cap)
{
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(buf, 1, cap, f) : 0;

    if (f != NULL)
        fclose(f);
    return n;
}

/* Whatever is wrong with a layer that is added, the dataset stays as it was, byte for byte. */
static void failures_lose_nothing(void)
{
    static char before[1 << 20], after[1 << 20], part[700];
    static const struct {
        const char *text, *words;
        dn_status code;
    } bad[] = {{"a\tb\nc\td\ne", "ppi.bad:3: ragged row: 1 fields where the first row has 2", DN_EDATA},
               {"a b 1\nc d nan\n", "ppi.bad:2: weight 'nan' is not finite", DN_EDATA},
               {"", "ppi.bad: is empty", DN_EDATA},
               {"# Nodes: 4 Edges: 3\n1 2\n2 3\n",
                "ppi.bad:3: ends after 2 rows, a comment announces 3 edges: was the file cut off?", DN_EDATA},
               {"%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n",
                "ppi.bad:3: ends after 1 entries, its head says 2: was the file cut off?", DN_EDATA},
               {"%%MatrixMarket matrix coordinate pattern general\n0 0 0\n", "holds no edges and no nodes",
                DN_EDATA},
               {"<graphml><graph/></graphml>", "ppi.bad: holds no nodes", DN_EDATA},
               {"<graphml><graph>", "the file ends before", DN_EDATA}};
    dn_layer_option y = {.name = "chg", .file = test_text("chg.tsv", drug_gene)};
    dn_import_options o = test_import(test_stay(test_path("kept.h5")), &y, 1);
    dn_import_report r = {0};
    size_t n;

    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    n = slurp(o.output, before, sizeof before);
    CU_ASSERT(n > 1000 && n < sizeof before);
    snprintf(part, sizeof part, "%s.part", o.output);
    o.add = true;
    o.force = false;
    y.name = "ppi";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        y.file = test_text("ppi.bad", bad[i].text);
        test_refused(&o, bad[i].code, bad[i].words);
        CU_ASSERT(slurp(o.output, after, sizeof after) == n && memcmp(before, after, n) == 0);
        CU_ASSERT(access(part, F_OK) != 0);
    }
    y.file = test_stay(test_path("absent.tsv"));
    test_refused(&o, DN_ENOINPUT, "absent.tsv: cannot be opened");
    y.file = test_text("ppi.csv", gene_gene);
    o.id_map = test_text("map.bad", "only\nA\n");
    test_refused(&o, DN_EDATA, "map.bad:1: one column");
    o.id_map = test_text("map.bad", "a\tb\nA\n");
    test_refused(&o, DN_EDATA, "map.bad:2: ragged row");
    o.id_map = test_text("map.tsv", id_map);
    o.id_columns = "uniprot_id,nothing";
    test_refused(&o, DN_EDATA, "no column is named 'nothing'");
    CU_ASSERT(slurp(o.output, after, sizeof after) == n && memcmp(before, after, n) == 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A large file whose last line has no end is refused, unless it is to be left out; a small one is taken. */
static void cut_files(void)
{
    enum { LINES = 1200000, WIDTH = 14 };
    dn_layer_option y = {.name = "x"};
    dn_import_options o = test_import(test_stay(test_path("large.h5")), &y, 1);
    dn_import_report r = {0};
    char *text = dn_calloc(LINES, WIDTH);

    CU_ASSERT_PTR_NOT_NULL(text);
    for (int i = 0; text != NULL && i < LINES; i++)
        snprintf(text + (size_t)i * WIDTH, WIDTH + 1, "%06d\t%06d%s", i % 1000, 1000 + i % 999,
                 i + 1 < LINES ? "\n" : "");
    if (text != NULL)
        y.file = test_stay(test_file("large.txt", text, (size_t)LINES * WIDTH - 3));
    dn_free(text);
    test_refused(&o, DN_EDATA, "large.txt:1200000: the last line has no end: was the file cut off?");
    o.drop_cut_line = true;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    if (r.layers != NULL)
        CU_ASSERT(r.layers[0].rows == LINES - 1 && r.layers[0].cut == 1 && r.layers[0].edges == 999000);
    dn_import_report_destroy(&r);
    y.file = test_text("announced.txt", "# Edges: 3\n1 2\n2 3");
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    if (r.layers != NULL)
        CU_ASSERT(r.layers[0].rows == 1 && r.layers[0].cut == 1);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing leaks, the dataset stays. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_layer_option y[2] = {{.name = "chg", .file = test_text("chg.tsv", drug_gene)},
                            {.name = "ppi", .file = test_text("ppi.csv", gene_gene)}};
    dn_import_options o = test_import(test_stay(test_path("memory.h5")), y, 1);
    dn_import_report r = {0};
    static char part[700];

    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    snprintf(part, sizeof part, "%s.part", o.output);
    o.id_map = test_text("map.tsv", id_map);
    o.layer = &y[1];
    o.add = true;
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 3000; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_import(&test_comm, &o, "test", &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            CU_ASSERT(access(o.output, F_OK) == 0 && access(part, F_OK) != 0);
            dn_import_report_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            MPI_Barrier(test_comm.mpi);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    test_loads(o.output, NULL, 7, 7, 6);
}

static const dn_test tests[] = {{"failures lose nothing", failures_lose_nothing},
                                {"files that were cut off", cut_files},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_network_bad", tests);
}
