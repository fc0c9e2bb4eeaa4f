/* ingest_pair_sets.c - pair sets of BioGRID and PSI-MITAB: filters and namings, the counts add up; options
 * that fit no set of any kind, refused memory. Regulations are in ingest_regulations.c */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "tests/support/network_import.h"
#include "tests/support/pair_import.h"

/* ---- BioGRID and PSI-MITAB ---- */

#define HEAD                                                                                                 \
    "#BioGRID Interaction ID\tEntrez Gene Interactor A\tEntrez Gene Interactor B\tSystematic Name "          \
    "Interactor "                                                                                            \
    "A\tSystematic Name Interactor B\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\tSynonyms " \
    "Interactor A\tSynonyms Interactor B\tExperimental System\tExperimental System Type\tOrganism ID "       \
    "Interactor A\tOrganism ID Interactor B\tScore\n"

static const char biogrid[] = HEAD
    "1\t100\t101\tYA\tYB\tSA\tSB\t-\t-\tTwo-hybrid\tphysical\t1\t1\t0.5\n"
    "2\t101\t100\tYB\tYA\tSB\tSA\t-\t-\tPCA\tphysical\t1\t1\t-\n"        /* a repeat */
    "3\t102\t102\tYC\tYC\tSC\tSC\t-\t-\tTwo-hybrid\tphysical\t1\t1\t9\n" /* itself */
    "4\t103\t104\tYD\tYE\tSD\tSE\t-\t-\tTwo-hybrid\tphysical\t1\t1\t9\n" /* dropped */
    "5\t105\t106\tYF\tYG\tSF\tSG\t-\t-\tNegative Genetic\tgenetic\t1\t1\t-3\n"
    "6\t107\t108\t-\tYI\tSH\tSI\t-\t-\tTwo-hybrid\tphysical\t1\t2\t9\n"     /* no systematic name */
    "7\t109\t110\tQJ\tYK\tSJ\tSK\t-\t-\tTwo-hybrid\tphysical\t1\t1\t0.1\n"; /* one that only symbols know */

static void biogrid_counts(void)
{
    const char *file = test_text("b.tab3.txt", biogrid);
    const struct {
        dn_evidence_filter filter;
        int64_t kept, unknown, organism, type, system, no_score, low;
    } want[] = {{{0}, 4, 0, 0, 0, 0, 0, 0},
                {{.organism = "1"}, 3, 0, 1, 0, 0, 0, 0},
                {{.type = DN_EXPERIMENT_GENETIC}, 1, 0, 0, 6, 0, 0, 0},
                {{.system = "pca,negative genetic"}, 2, 0, 0, 0, 5, 0, 0},
                {{.scored = true, .min_score = 0.2}, 2, 0, 0, 0, 0, 1, 2}};

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        dn_import_options o = pair_import_defaults(pair_gene_table(false));
        dn_import_report r = {0};
        const dn_pairs_report *p;

        o.filter = want[i].filter;
        CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"b", file}}, 1, &r, NULL), DN_OK);
        p = r.pairs;
        if (p != NULL) {
            pair_report_adds_up(p);
            CU_ASSERT_STRING_EQUAL(p->format, "biogrid");
            CU_ASSERT_STRING_EQUAL(p->naming, i == 2 || i == 3 ? "systematic name" : "official symbol");
            CU_ASSERT(p->rows == 7 && p->kept == p->positive && p->kept == want[i].kept);
            CU_ASSERT(p->unknown == want[i].unknown && p->other_organism == want[i].organism &&
                      p->other_type == want[i].type && p->other_system == want[i].system &&
                      p->no_score == want[i].no_score && p->low_score == want[i].low);
        }
        dn_import_report_destroy(&r);
    }
}

/* The same file with genes that only some of its namings know. */
static void biogrid_namings(void)
{
    static const struct {
        const char *table, *text, *naming;
        int64_t found;
    } want[] = {
        {"orf\nYA\nYB\nYC\nYF\n", biogrid, "systematic name", 7},
        {"symbol\nSA\nSB\nSC\nSF\n", biogrid, "official symbol", 7},
        {"entrez\n107\n100\n101\n110\n", biogrid, "Entrez gene id", 6},
        {"orf\tsymbol\nYA\tSA\nYB\tSB\n", biogrid, "systematic name", 4}, /* ties go to the first */
        {"alias\nP\nQ\nR\n",
         HEAD "1\t1\t2\t-\t-\tA\tB\tP|x\tQ|R\ts\tt\t1\t1\t-\n"
              "2\t1\t2\t-\t-\tA\tB\tP\ty|Q\ts\tt\t1\t1\t-\n",
         "synonym", 3}, /* Q|R are two genes */
    };

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        dn_import_options o = pair_import_defaults(test_text("some.tsv", want[i].table));
        dn_import_report r = {0};

        o.n_drop = 0;
        CU_ASSERT_EQUAL(
            pair_import(&o, (pair_set[]){{"b", test_text("n.tab2.txt", want[i].text)}}, 1, &r, NULL), DN_OK);
        if (r.pairs != NULL) {
            pair_report_adds_up(r.pairs);
            CU_ASSERT_STRING_EQUAL(r.pairs->naming, want[i].naming);
            CU_ASSERT_EQUAL(r.pairs->found, want[i].found);
        }
        dn_import_report_destroy(&r);
    }
}

/* One row of 36 columns. */
static int mitab_row(char *to, size_t cap, const char *a, const char *b, const char *alias_a,
                     const char *alias_b, const char *negative)
{
    int n = snprintf(to, cap, "%s\t%s\t-\t-\t%s\t%s", a, b, alias_a, alias_b);

    for (int c = 6; c < 36; c++)
        n += snprintf(to + n, cap - (size_t)n, "\t%s", c == 35 ? negative : "-");
    n += snprintf(to + n, cap - (size_t)n, "\n");
    return n;
}

static void mitab_negative_interactions(void)
{
    static char text[4000];
    size_t cap = sizeof text;
    dn_import_options o = pair_import_defaults(pair_gene_table(false));
    dn_import_report r = {0};
    pair_stored got;
    int n = 0;

    n += mitab_row(text, cap, "u:P1", "u:P2", "u:SA(gene name)", "x:z(display)|u:YB(locus name)", "false");
    n += mitab_row(text + n, cap - (size_t)n, "u:P1", "u:P3", "u:SA(gene name)|u:SB(gene name synonym)",
                   "u:\"SC\"(\"a (b)\")", "true");
    n += mitab_row(text + n, cap - (size_t)n, "u:P3", "u:P1", "u:SC(gene name)", "u:SA(gene name)", "true");
    n += mitab_row(text + n, cap - (size_t)n, "u:P2", "u:P1", "u:SB(gene name)", "u:SA(gene name)", "true");
    n += mitab_row(text + n, cap - (size_t)n, "u:P5", "u:P6", "u:SE(gene name)",
                   "u:SF(gene name)|u:SG(gene name)", "-"); /* two genes in one */
    mitab_row(text + n, cap - (size_t)n, "u:P5", "u:P6", "u:SE(gene name)", "q:x(y)|u:SF(gene name synonym)",
              "-");
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"m", test_text("m.txt", text)}}, 1, &r, NULL), DN_OK);
    pair_stored_load(&test_comm, o.output, "m", &got);
    CU_ASSERT_EQUAL(got.n, 2);
    CU_ASSERT(got.a[0] == 0 && got.b[0] == 2 && got.label[0] == 0);
    CU_ASSERT(got.a[1] == 3 && got.b[1] == 4 && got.label[1] == 1);
    if (r.pairs != NULL) {
        pair_report_adds_up(r.pairs);
        CU_ASSERT(r.pairs->rows == 6 && r.pairs->repeats == 2 && r.pairs->two_labels == 1 &&
                  r.pairs->unknown == 1);
        CU_ASSERT_STRING_EQUAL(r.pairs->naming, "alias");
        CU_ASSERT_STRING_EQUAL(r.pairs->unknown_ids.text[0], "SF");
    }
    dn_strings_destroy(&got.id);
    dn_import_report_destroy(&r);
}

/* ---- refusals ---- */

static void options_that_fit_no_set(void)
{
    const char *pairs = test_text("o.csv", "YA,YB,1\nYA,YC,0\n"), *reg = test_text("o2.csv", "YA;YB\n");
    static const char *const bad_format[] = {"biogird"}, *const no_set[] = {"q=table"};
    dn_import_options o;
    dn_import_report r = {0};
    dn_error err;
#define REFUSED(text_, ...)                                                                  \
    do {                                                                                     \
        err = (dn_error)DN_ERROR_INIT;                                                       \
        CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){__VA_ARGS__}, 1, &r, &err), DN_EUSAGE); \
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, text_));                                     \
        o = pair_import_defaults(pair_gene_table(false));                                    \
    } while (0)

    o = pair_import_defaults(pair_gene_table(false));
    o.filter.organism = "1";
    REFUSED("choose rows of BioGRID and PSI-MITAB", {"p", pairs});
    o.undirected = true;
    REFUSED("--directed no goes with regulations", {"p", pairs});
    o.connections = "p";
    REFUSED("no pair set is directed", {"p", pairs});
    o.connections = "reg";
    REFUSED("--connections reg: is directed itself", {"reg", reg});
    o.connections = "p";
    REFUSED("--connections p: no pair set of that name is imported", {"reg", reg});
    o.pair_format = bad_format;
    o.n_pair_formats = 1;
    REFUSED("'biogird' is no format", {"p", pairs});
    o.pair_format = no_set;
    o.n_pair_formats = 1;
    REFUSED("--pairs-format q=table: no pair set of that name", {"p", pairs});
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing leaks. */
static void any_rank_may_run_out_of_memory(void)
{
    const char *reg = test_text("am.tsv", "g\tSA\tSB\tSC\nSA\t0\t1\t0\nSB\t0\t0\t0\nSC\t1\t1\t0\n");
    const char *known = test_text("ak.tab3.txt", biogrid);
    const char *names[2] = {"reg", "known"}, *files[2] = {reg, known};

    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 3000; k += 1 + 16 * (test_comm.size - 1)) {
            dn_import_options o = pair_import_defaults(pair_gene_table(false));
            dn_import_report r = {0};
            dn_error err = DN_ERROR_INIT;

            o.connections = "known";
            o.n_pairs = 2;
            o.pair_name = names;
            o.pair_file = files;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_import(&test_comm, &o, "test", &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_import_report_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"BioGRID, counts", biogrid_counts},
                                {"BioGRID, namings", biogrid_namings},
                                {"PSI-MITAB, negative interactions", mitab_negative_interactions},
                                {"options that fit no set", options_that_fit_no_set},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_pair_sets", tests);
}
