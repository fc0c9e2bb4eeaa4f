/* edge_files.c - tests of solvers/formats/edge_layout.h, edge_rows.h, mtx.h and interaction.h */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/edge_rows.h"
#include "solvers/formats/interaction.h"
#include "solvers/formats/mtx.h"

enum { CAP = 1000 };

/* All edges as "a b weight effects;" in buf. */
static dn_status flatten(dn_edge_rows *e, char *buf, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_row r;
    bool more = true;
    size_t n = 0;

    for (;;) {
        DN_TRY(dn_edge_rows_next(e, &r, &more, err));
        if (!more)
            break;
        n += (size_t)snprintf(buf + n, CAP - n, "%.*s %.*s %g %u;", (int)r.source.len, r.source.text,
                              (int)r.target.len, r.target.text, (double)r.weight, r.effects);
    }
out:
    return st;
}

static dn_status flat(const char *text, size_t len, const char *columns, bool drop_cut, dn_edge_layout *l,
                      dn_edge_counts *counts, char *buf, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_rows *e = NULL;

    buf[0] = '\0';
    DN_TRY(dn_edge_layout_memory("f", text, len, columns, l, err));
    l->drop_cut = drop_cut;
    DN_TRY(dn_edge_rows_memory("f", text, len, l, &e, err));
    DN_TRY(flatten(e, buf, err));
    *counts = *dn_edge_rows_counts(e);
out:
    dn_edge_rows_close(&e);
    return st;
}

static dn_edge_layout last;        /* of the last check() */
static dn_edge_counts last_counts; /* likewise */

static void check(const char *text, const char *columns, const char *want)
{
    char buf[CAP];
    dn_error err = DN_ERROR_INIT;
    dn_status st = flat(text, strlen(text), columns, false, &last, &last_counts, buf, &err);

    CU_ASSERT_EQUAL(st, DN_OK);
    if (st != DN_OK || strcmp(buf, want) != 0)
        fprintf(stderr, "# '%s' gives '%s' (%s), wanted '%s'\n", text, buf, err.text, want);
    CU_ASSERT_STRING_EQUAL(buf, want);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void broken(const char *text, const char *columns, dn_status code, const char *want)
{
    char buf[CAP];
    dn_error err = DN_ERROR_INIT;
    dn_edge_counts counts;
    dn_status st = flat(text, strlen(text), columns, false, &last, &counts, buf, &err);

    CU_ASSERT_EQUAL(st, code);
    CU_ASSERT(test_says(&err, want));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- tables ---- */

static void chg_miner(void)
{
    check("#Drug\tGene\nDB1\tP1\nDB2\tP2\n#Drug\tGene\nDB3\tP1\n", NULL, "DB1 P1 1 0;DB2 P2 1 0;DB3 P1 1 0;");
    CU_ASSERT(last.drug_gene && !last.directed && last.weight < 0 && last.type < 0);
    CU_ASSERT(last.comments == 0 && last_counts.headers == 1 && last_counts.comments == 0 &&
              last_counts.rows == 3);
    check("gene\tdrug\nP1\tDB1\n", NULL, "DB1 P1 1 0;"); /* the drug is the source, wherever it stands */
    CU_ASSERT(last.drug_gene);
}

static void snap_lists(void)
{
    check(
        "https://snap.stanford.edu/x.html\n# Directed graph (each pair once): X.txt\n# FromNodeId\tToNodeId\n"
        "1\t2\n3\t1\n# the end\n",
        NULL, "1 2 1 0;3 1 1 0;");
    CU_ASSERT(last.directed && !last.drug_gene);
    CU_ASSERT(last.comments == 2 && last_counts.comments == 1);
    check("# Nodes: 3 Edges: 17\n1 2\n", NULL, "1 2 1 0;");
    CU_ASSERT_EQUAL(last.announced, 17);
    check("# Edges: many\n# Edges:4\n1 2\n", NULL, "1 2 1 0;");
    CU_ASSERT_EQUAL(last.announced, 4);
    check("# Undirected graph: X\n1 2\n 3   1 \n\n", NULL, "1 2 1 0;3 1 1 0;");
    CU_ASSERT(!last.directed && last.separator == ' ' && last.announced == -1);
    check("0\t1\r\n1\t2\r\n", NULL, "0 1 1 0;1 2 1 0;");
    check("1394,2778\r\n6331,17999\r\n7,7", NULL, "1394 2778 1 0;6331 17999 1 0;7 7 1 0;");
    CU_ASSERT(last_counts.open_end);
    check("a;b\nc;d\n", NULL, "a b 1 0;c d 1 0;");
    CU_ASSERT(!last_counts.open_end);
    check("% a comment\n1 2\n", NULL, "1 2 1 0;");
    check("source,target\n\"a,1\",b\n", NULL, "a,1 b 1 0;");
    check("# so,\"open\na,b\n", NULL, "a b 1 0;"); /* quotes in a comment are words */
}

static void weighted(void)
{
    check("a\tb\t0.5\nb\tc\t-2\nc\td\t-0\n", NULL, "a b 0.5 0;b c -2 0;c d 0 0;");
    check("Gene1\tGene2\tP\na\tb\t0.5\n", NULL, "a b 0.5 0;"); /* a third word over numbers is a header */
    check("x\ty\tz\na\tb\t3\n", NULL, "a b 3 0;");
    check("protein1 protein2 combined_score\n9606.A 9606.B 490\n", NULL, "9606.A 9606.B 490 0;");
    check("source,weight,target\na,7,b\n", NULL, "a b 7 0;");
    check("a b 1e-400\n", NULL, "a b 0 0;");
}

/* Headers of two columns that are known: without a mark, nothing but the names tells. */
static void known_pairs(void)
{
    static const char *const head[] = {"src\tdst",          "SRC,DST",       "GeneA,GeneB",
                                       "proteinA;proteinB", "id1\tid2",      "id_1 id_2",
                                       "nodeA\tnodeB",      "node_a,node_b", "interactorA\tinteractorB",
                                       "from to",           "node1,node2"};

    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        char text[100], separator = head[i][strcspn(head[i], "\t,; ")];

        snprintf(text, sizeof text, "%s\nx%cy\n", head[i], separator);
        check(text, NULL, "x y 1 0;");
    }
    check("u\tv\nx\ty\n", NULL, "u v 1 0;x y 1 0;"); /* one letter may well be a node */
}

static void named_columns(void)
{
    static const char text[] = "id,to,strength,from\n1,b,2.5,a\n2,c,4,b\n";

    check(text, "from,to", "a b 1 0;b c 1 0;");
    check(text, "from,to,strength", "a b 2.5 0;b c 4 0;");
    check(text, NULL, "a b 1 0;b c 1 0;"); /* from and to are known */
    check("# p\tq\n1\t2\n", "q,p", "2 1 1 0;");
    broken(text, "from,nowhere", DN_EDATA, "f:1: no column is named 'nowhere'");
    broken(text, "from", DN_EUSAGE, "wanted SOURCE,TARGET");
    broken(text, "from,", DN_EUSAGE, "wanted SOURCE,TARGET");
    broken(text, "from,to,strength,id", DN_EUSAGE, "wanted SOURCE,TARGET");
}

static void dgidb_and_drugbank(void)
{
    check("gene_name\tgene_claim_name\tinteraction_types\tdrug_name\tinteraction_group_score\n"
          "CDK7\tCDK7\tinhibitor\tBMS\t0.82\n"
          "VDR\tVDR\t\tX\t\n"
          "\tclaim\tagonist\tY\t1\n"
          "VDR\tVDR\tagonist,antagonist\tZ\t2\n",
          NULL, "BMS CDK7 0.82 2;X VDR 0 0;Z VDR 2 3;");
    CU_ASSERT(last_counts.rows == 4 && last_counts.unnamed == 1 && last_counts.unscored == 1 && last.claims);
    check("drugbank_id\tcategory\tuniprot_id\tentrez_gene_id\tactions\n"
          "DB1\ttarget\tP1\t1\tinhibitor\nDB1\tenzyme\tP2\t\tsubstrate|Inducer\n",
          NULL, "DB1 P1 1 2;DB1 P2 1 1;");
    CU_ASSERT(last.drug_gene && !last.claims);
    broken("drugbank_id,uniprot_id\nDB1,\n", NULL, DN_EDATA, "f:2: the target has no id");
}

static void a_last_line_that_was_cut(void)
{
    static const char text[] = "a\tb\t1\nc\td\t2\ne\tf";
    char buf[CAP];
    dn_error err = DN_ERROR_INIT;

    broken(text, NULL, DN_EDATA, "f:3: ragged row: 2 fields where the first row has 3; the line has no end");
    broken("a\tb\nc\t", NULL, DN_EDATA, "f:2: the target has no id; the line has no end");
    CU_ASSERT_EQUAL(flat(text, strlen(text), NULL, true, &last, &last_counts, buf, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(buf, "a b 1 0;c d 2 0;");
    CU_ASSERT(last_counts.cut == 1 && last_counts.open_end && last_counts.rows == 2);
    CU_ASSERT_EQUAL(flat("a\tb\nc\td\n", 8, NULL, true, &last, &last_counts, buf, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(buf, "a b 1 0;c d 1 0;");
    CU_ASSERT_EQUAL(last_counts.cut, 0);
}

static void bad_tables(void)
{
    broken("", NULL, DN_EDATA, "f: is empty");
    broken("\n\n", NULL, DN_EDATA, "f: is empty");
    broken("# only\n# words\n", NULL, DN_EDATA, "f: holds no edges, only comments");
    broken("alone\n", NULL, DN_EDATA, "f:1: one field");
    broken("a\tb\tc\td\n", NULL, DN_EDATA, "f:1: 4 columns, and no header");
    broken("a\tb\nc\nd\te\n", NULL, DN_EDATA, "f:2: ragged row: 1 fields where the first row has 2");
    broken("a\tb\n\tc\n", NULL, DN_EDATA, "f:2: the source has no id");
    broken("# x\na b nan\n", NULL, DN_EDATA, "f:2: weight 'nan' is not finite");
    broken("a b 1\nc d inf\n", NULL, DN_EDATA, "f:2: weight 'inf' is not finite");
    broken("a b 1\nc d 1e39\n", NULL, DN_EDATA, "f:2: weight '1e39' is too large");
    broken("a b 1\nc d x\n", NULL, DN_EDATA, "f:2: weight 'x' is not a number");
    broken("a,b,1\nc,d,\n", NULL, DN_EDATA, "f:2: weight '' is not a number");
    broken("a,b\n\"c,d\n", NULL, DN_EDATA, "f:2: a quote");
}

/* ---- Matrix Market ---- */

static void matrices(void)
{
    check("%%MatrixMarket matrix coordinate pattern general\n% c\n 3 3 3\n1 2\n3 1\n02 2\n", NULL,
          "1 2 1 0;3 1 1 0;2 2 1 0;");
    CU_ASSERT(last.format == DN_EDGES_MTX && last.rows == 3 && last.entries == 3 && last.directed &&
              !last.drug_gene);
    check("%%matrixmarket MATRIX Coordinate Real Symmetric\n2 2 1\n2 1 -1.5\n", NULL, "2 1 -1.5 0;");
    CU_ASSERT(last.symmetric && !last.directed);
    check("%%MatrixMarket matrix coordinate integer general\n2 3 1\n2\t3\t7\n", NULL, "2 3 7 0;");
    CU_ASSERT(last.drug_gene && last.cols == 3);
    check("%%MatrixMarket matrix coordinate pattern general\n2 2 0\n", NULL, "");
}

static void bad_matrices(void)
{
    static const char head[] = "%%MatrixMarket matrix coordinate real general\n";
    char text[200];

    broken("%%MatrixMarket matrix array real general\n2 2\n", NULL, DN_EDATA, "f:1: the matrix is dense");
    broken("%%MatrixMarket matrix coordinate complex general\n", NULL, DN_EDATA,
           "f:1: entries are 'complex'");
    broken("%%MatrixMarket matrix coordinate real hermitian\n", NULL, DN_EDATA,
           "f:1: symmetry is 'hermitian'");
    broken("%%MatrixMarket vector\n", NULL, DN_EDATA, "f:1: wanted '%%MatrixMarket");
    broken(head, NULL, DN_EDATA, "ends before the numbers");
    snprintf(text, sizeof text, "%s2 x 1\n", head);
    broken(text, NULL, DN_EDATA, "f:2: wanted the numbers");
    snprintf(text, sizeof text, "%s2147483648 2 1\n", head);
    broken(text, NULL, DN_EDATA, "f:2: 2147483648 rows and 2 columns: there can be at most");
    snprintf(text, sizeof text, "%s2 2 1\n3 1 1\n", head);
    broken(text, NULL, DN_EDATA, "f:3: row 3 is outside of the matrix: it has 2");
    snprintf(text, sizeof text, "%s2 2 1\n1 0 1\n", head);
    broken(text, NULL, DN_EDATA, "f:3: column 0 is outside");
    snprintf(text, sizeof text, "%s2 2 1\n1 a 1\n", head);
    broken(text, NULL, DN_EDATA, "f:3: 'a' is not an index");
    snprintf(text, sizeof text, "%s2 2 1\n1 1\n", head);
    broken(text, NULL, DN_EDATA, "f:3: ragged row: 2 fields where its banner says 3");
    broken("%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n", NULL, DN_EDATA,
           "f:2: a symmetric matrix of 2 rows and 3 columns");
}

/* ---- ranges ---- */

/* However a file is cut into ranges, the edges are those of the whole, and a bad row has its line number. */
static void ranges(void)
{
    static const char text[] = "# Nodes: 4\n# FromNodeId\tToNodeId\n1\t2\n22\t333\n# in between\n4\t1\n"
                               "# FromNodeId\tToNodeId\n2\t1";
    const char *path = test_file("ranges.txt", text, sizeof text - 1);
    int64_t size = (int64_t)sizeof text - 1;
    dn_edge_layout l;

    CU_ASSERT_EQUAL(dn_edge_layout_read(path, NULL, &l, NULL), DN_OK);
    CU_ASSERT_EQUAL(l.bytes, size);
    for (int64_t first = l.data; first <= size; first++)
        for (int64_t second = first; second <= size; second++) {
            int64_t cut[4] = {l.data, first, second, size};
            char all[CAP] = "";
            dn_edge_counts sum = {0};

            for (int i = 0; i < 3; i++) {
                char buf[CAP] = "";
                dn_edge_rows *e = NULL;
                CU_ASSERT_EQUAL(dn_edge_rows_open(path, &l, cut[i], cut[i + 1], &e, NULL), DN_OK);
                CU_ASSERT_EQUAL(flatten(e, buf, NULL), DN_OK);
                sum.rows += dn_edge_rows_counts(e)->rows;
                sum.headers += dn_edge_rows_counts(e)->headers;
                sum.comments += dn_edge_rows_counts(e)->comments;
                sum.cut += dn_edge_rows_counts(e)->open_end;
                if (strstr(buf, "2 1 1 0;") != NULL)
                    CU_ASSERT_EQUAL(dn_edge_rows_line(e), 8);
                strcat(all, buf);
                dn_edge_rows_close(&e);
            }
            CU_ASSERT_STRING_EQUAL(all, "1 2 1 0;22 333 1 0;4 1 1 0;2 1 1 0;");
            CU_ASSERT(sum.rows == 4 && sum.headers == 1 && sum.comments == 1 && sum.cut == 1);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- interaction types ---- */

static int sign(const char *types)
{
    return dn_interaction_sign(dn_interaction_effects(types, strlen(types)));
}

static void signs(void)
{
    CU_ASSERT_EQUAL(sign("activation"), 1);
    CU_ASSERT_EQUAL(sign("Agonist"), 1);
    CU_ASSERT_EQUAL(sign("positive allosteric modulator"), 1);
    CU_ASSERT_EQUAL(sign(" inducer | substrate "), 1);
    CU_ASSERT_EQUAL(sign("inhibition"), -1);
    CU_ASSERT_EQUAL(sign("INHIBITOR,blocker"), -1);
    CU_ASSERT_EQUAL(sign("inverse agonist"), -1);
    CU_ASSERT_EQUAL(sign("negative modulator;unknown"), -1);
    CU_ASSERT_EQUAL(sign("agonist,antagonist"), 0);
    CU_ASSERT_EQUAL(sign(""), 0);
    CU_ASSERT_EQUAL(sign(",|;"), 0);
    CU_ASSERT_EQUAL(sign("binder"), 0);
    CU_ASSERT_EQUAL(sign("agonistic"), 0);
    CU_ASSERT_EQUAL(sign("agon"), 0);
}

/* ---- memory ---- */

static void refused_memory(void)
{
    static const char *const texts[] = {"# c\n# source\ttarget\tweight\na\tb\t1\nc\td\t2\n",
                                        "%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 2\n"};

    for (int i = 0; i < 2; i++) {
        dn_status st = DN_ENOMEM;
        char buf[CAP];

        for (long k = 0; st != DN_OK && k < 200; k++) {
            dn_alloc_fail_after(k);
            st = flat(texts[i], strlen(texts[i]), NULL, false, &last, &last_counts, buf, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"ChG-Miner", chg_miner},
                                {"SNAP edge lists and CSV", snap_lists},
                                {"weighted tables", weighted},
                                {"known pairs of columns", known_pairs},
                                {"named columns", named_columns},
                                {"DGIdb and DrugBank", dgidb_and_drugbank},
                                {"a last line that was cut", a_last_line_that_was_cut},
                                {"bad tables", bad_tables},
                                {"Matrix Market", matrices},
                                {"bad matrices", bad_matrices},
                                {"ranges of a file", ranges},
                                {"signs of interaction types", signs},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "edge_files", tests);
}
