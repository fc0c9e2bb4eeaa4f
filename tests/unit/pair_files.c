/* pair_files.c - tests of solvers/formats/pair_layout.h and of the readers of gene-gene tables: biogrid.h,
 * mitab.h, dream5.h, yeastract.h, regulation_matrix.h. The texts are written for these tests. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/mitab.h"
#include "solvers/formats/pair_layout.h"

enum { CAP = 2000 };

static const dn_evidence_filter all_rows;

/* Every row of a table in one form in buf:
 * BioGRID and PSI-MITAB "name0a,name0b/name1a,name1b/.../verdict label;", lists "factor>target label;",
 * matrices "gene:one,one;". */
typedef struct text {
    char buf[CAP];
    size_t n;
} text;

static void put(text *t, const char *sign, const dn_field *f)
{
    t->n += (size_t)snprintf(t->buf + t->n, CAP - t->n, "%.*s%s", (int)f->len, f->text, sign);
}

static dn_status put_values(text *t, dn_field field, dn_error *err)
{
    dn_status st = DN_OK;
    dn_mitab_value v;
    bool more;

    for (;;) {
        DN_TRY(dn_mitab_value_next(&field, &v, &more, err));
        if (!more)
            break;
        put(t, ":", &v.database);
        put(t, "(", &v.value);
        put(t, ")", &v.text);
    }
out:
    return st;
}

static dn_status read_evidence(const char *name, dn_delim *d, const dn_pair_layout *l,
                               const dn_evidence_filter *f, text *t, dn_error *err)
{
    dn_status st = DN_OK;
    bool mitab = l->format == DN_PAIRS_MITAB, more = true;
    dn_evidence_row r;

    for (;;) {
        if (mitab)
            DN_TRY(dn_mitab_next(name, d, l->width, f, &r, &more, err));
        else
            DN_TRY(dn_biogrid_next(name, d, &l->biogrid, f, &r, &more, err));
        if (!more)
            break;
        for (int k = 0; k < (mitab ? DN_MITAB_NAMINGS : DN_NAMINGS); k++)
            for (int end = 0; end < 2; end++) {
                if (mitab)
                    DN_TRY(put_values(t, r.name[k][end], err));
                else
                    put(t, "", &r.name[k][end]);
                t->n += (size_t)snprintf(t->buf + t->n, CAP - t->n, "%s", end ? "/" : ",");
            }
        t->n += (size_t)snprintf(t->buf + t->n, CAP - t->n, "%d %d;", (int)r.verdict, r.label);
    }
out:
    return st;
}

static dn_status read_list(const char *name, dn_delim *d, const dn_pair_layout *l, text *t, dn_error *err)
{
    dn_status st = DN_OK;
    dn_regulation r;
    bool more;

    for (;;) {
        if (l->format == DN_PAIRS_DREAM5)
            DN_TRY(dn_dream5_next(name, d, &r, &more, err));
        else
            DN_TRY(dn_yeastract_next(name, d, &l->yeastract, &r, &more, err));
        if (!more)
            break;
        put(t, ">", &r.factor);
        put(t, r.label ? " 1;" : " 0;", &r.target);
    }
out:
    return st;
}

static dn_status read_matrix(const char *name, dn_delim *d, const dn_pair_layout *l, const dn_strings *factor,
                             text *t, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t one[8], n = 0;
    dn_field gene, f;
    bool more;

    CU_ASSERT(l->matrix.factors <= 8);
    while (l->matrix.factors <= 8) {
        DN_TRY(dn_regulation_matrix_next(name, d, &l->matrix, factor, &gene, one, &n, &more, err));
        if (!more)
            break;
        put(t, ":", &gene);
        for (int64_t i = 0; i < n; i++) {
            f.text = dn_strings_at(factor, one[i], &f.len);
            put(t, ",", &f);
        }
        t->n += (size_t)snprintf(t->buf + t->n, CAP - t->n, ";");
    }
out:
    return st;
}

/* The whole file as text; *out_format what it was taken for. */
static dn_status flat(const char *name, const char *bytes, dn_pair_format format, const dn_evidence_filter *f,
                      text *t, dn_pair_format *out_format, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_layout l = {0};
    dn_strings factor = {0};
    dn_delim *d = NULL;
    char *line;
    size_t len;
    bool more = true;

    *t = (text){0};
    DN_TRY(dn_pair_layout_memory(name, bytes, strlen(bytes), format, f, &l, &factor, err));
    *out_format = l.format;
    DN_TRY(dn_delim_open_memory(name, bytes, strlen(bytes), '\t', &d, err));
    while (more && dn_delim_offset(d) < l.data)
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    if (dn_pair_format_evidence(l.format))
        DN_TRY(read_evidence(name, d, &l, f, t, err));
    else if (l.format == DN_PAIRS_MATRIX)
        DN_TRY(read_matrix(name, d, &l, &factor, t, err));
    else if (l.format != DN_PAIRS_TABLE)
        DN_TRY(read_list(name, d, &l, t, err));
out:
    dn_strings_destroy(&factor);
    dn_delim_close(&d);
    return st;
}

static void check_as(const char *name, const char *bytes, dn_pair_format as, const dn_evidence_filter *f,
                     dn_pair_format want_format, const char *want)
{
    text t;
    dn_pair_format format = DN_PAIRS_AUTO;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(flat(name, bytes, as, f, &t, &format, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT_EQUAL(format, want_format);
    CU_ASSERT_STRING_EQUAL(t.buf, want);
    if (strcmp(t.buf, want) != 0)
        fprintf(stderr, "# got  %s\n# want %s\n", t.buf, want);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void check(const char *bytes, dn_pair_format want_format, const char *want)
{
    check_as("f", bytes, DN_PAIRS_AUTO, &all_rows, want_format, want);
}

/* Refused with this message. */
static void bad_as(const char *bytes, dn_pair_format as, const dn_evidence_filter *f, const char *want)
{
    text t;
    dn_pair_format format;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(flat("f", bytes, as, f, &t, &format, &err), DN_EDATA);
    CU_ASSERT(test_says(&err, want));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bad(const char *bytes, const char *want)
{
    bad_as(bytes, DN_PAIRS_AUTO, &all_rows, want);
}

/* ---- BioGRID ---- */

#define TAB2                                                                                        \
    "#BioGRID Interaction ID\tEntrez Gene Interactor A\tEntrez Gene Interactor B\tSystematic Name " \
    "Interactor "                                                                                   \
    "A\tSystematic Name Interactor B\tOfficial Symbol Interactor A\tOfficial Symbol Interactor "    \
    "B\tSynonymns "                                                                                 \
    "Interactor A\tSynonyms Interactor B\tExperimental System\tExperimental System Type\tOrganism " \
    "Interactor "                                                                                   \
    "A\tOrganism Interactor B\tScore\n"
#define TAB3                                                                                              \
    "#BioGRID Interaction ID\tOrganism Name Interactor A\tOfficial Symbol Interactor B\tOfficial Symbol " \
    "Interactor A\tScore\tOrganism ID Interactor A\tOrganism ID Interactor B\tExperimental System "       \
    "Type\tExperimental System\n"

static void biogrid(void)
{
    dn_pair_layout l = {0};
    dn_strings factor = {0};

    check(TAB2 "1\t10\t20\tYA\tYB\tA\tB\tA1|A2\t-\tTwo-hybrid\tphysical\t4932\t559292\t-\n\n"
               "2\t-\t30\t-\t\"YC\tq\"\tC\tx\ty\tNegative Genetic\tgenetic\t1\t2\t0.5",
          DN_PAIRS_BIOGRID, "YA,YB/A,B/10,20/A1|A2,-/0 1;-,\"YC/q\",C/-,30/x,y/0 1;");
    check(TAB3 "# comment\n1\tyeast\tB\tA\t-\t1\t1\tphysical\tPCA\r\n" TAB3
               "2\tyeast\tD\tC\t-\t1\t1\tphysical\tPCA\n",
          DN_PAIRS_BIOGRID, ",/A,B/,/,/0 1;,/C,D/,/,/0 1;");
    CU_ASSERT_EQUAL(
        dn_pair_layout_memory("f", TAB2, sizeof TAB2 - 1, DN_PAIRS_AUTO, &all_rows, &l, &factor, NULL),
        DN_OK);
    CU_ASSERT(l.biogrid.version == 2 && l.biogrid.width == 14);
    CU_ASSERT_EQUAL(
        dn_pair_layout_memory("f", TAB3, sizeof TAB3 - 1, DN_PAIRS_AUTO, &all_rows, &l, &factor, NULL),
        DN_OK);
    CU_ASSERT(l.biogrid.version == 3 && l.biogrid.width == 9);
    check(&TAB3[1], DN_PAIRS_BIOGRID, ""); /* the header without its '#', and nothing else */
    bad(TAB3 "1\tyeast\tB\tA\t-\t1\t1\tphysical\n", "f:2: ragged row: 8 columns where the header has 9");
    bad("#BioGRID Interaction ID\tOfficial Symbol Interactor A\tScore\n",
        "f:1: the header has no column 'Official Symbol Interactor B'");
    bad("\n#BioGRID Interaction ID\tScore\n", "f:2: the header names no interactors");
}

static void biogrid_filters(void)
{
    static const char rows[] = TAB3 "1\t\tB\tA\t0.7\t559292\t559292\tphysical\tTwo-hybrid\n"
                                    "2\t\tB\tA\t-\t559292\t559292\tgenetic\tSynthetic Lethality\n"
                                    "3\t\tB\tA\t0.2\t9606\t559292\tphysical\tPCA\n"
                                    "4\t\tB\tA\t-3\t559292\t9606\tphysical\taffinity capture-ms\n";
    dn_evidence_filter f = {.organism = "559292"};
#define ROW(v_) ",/A,B/,/,/" v_ " 1;"

    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("0") ROW("0") ROW("1") ROW("1"));
    f = (dn_evidence_filter){.type = DN_EXPERIMENT_PHYSICAL};
    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("0") ROW("2") ROW("0") ROW("0"));
    f = (dn_evidence_filter){.type = DN_EXPERIMENT_GENETIC};
    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("2") ROW("0") ROW("2") ROW("2"));
    f = (dn_evidence_filter){.system = "two-hybrid, Affinity Capture-MS"};
    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("0") ROW("3") ROW("3") ROW("0"));
    f = (dn_evidence_filter){.scored = true, .min_score = 0.2};
    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("0") ROW("4") ROW("0") ROW("5"));
    f = (dn_evidence_filter){"559292", DN_EXPERIMENT_PHYSICAL, "PCA", true,
                             0.5}; /* the first reason counts */
    check_as("f", rows, DN_PAIRS_AUTO, &f, DN_PAIRS_BIOGRID, ROW("3") ROW("2") ROW("1") ROW("1"));
    bad_as("#BioGRID Interaction ID\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\n",
           DN_PAIRS_AUTO, &(dn_evidence_filter){.scored = true}, "no column 'Score' (--min-score)");
    bad_as("#BioGRID Interaction ID\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\n",
           DN_PAIRS_AUTO, &(dn_evidence_filter){.organism = "1"}, "no column 'Organism ID Interactor A'");
    bad_as("#BioGRID Interaction ID\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\n",
           DN_PAIRS_AUTO, &(dn_evidence_filter){.system = "PCA"}, "no column 'Experimental System' (");
    bad_as("#BioGRID Interaction ID\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\n",
           DN_PAIRS_AUTO, &(dn_evidence_filter){.type = DN_EXPERIMENT_GENETIC},
           "no column 'Experimental System Type'");
}

/* ---- PSI-MITAB ---- */

/* A row: identifiers, alternative ones and aliases of A; B is the same with b; types, score and the rest. */
static const char *mitab_row(int width, const char *ids, const char *method, const char *taxids,
                             const char *type, const char *score, const char *negative)
{
    static char buf[4][1000];
    static int next;
    char *to = buf[next++ % 4];
    int n = snprintf(to, sizeof buf[0], "%s\t%s\t-\t-\t%s\t%s\t-\t-\t%s", ids, method, taxids, type, score);

    for (int c = 15; c < width; c++)
        n += snprintf(to + n, sizeof buf[0] - (size_t)n, "\t%s", c == 35 ? negative : "-");
    snprintf(to + n, sizeof buf[0] - (size_t)n, "\n");
    return to;
}

#define IDS                                                                               \
    "uniprotkb:P1\tuniprotkb:P2\tintact:E1|x:\"Y:1\"\t-\tu:AA(gene name)|u:A1(gene name " \
    "synonym)\tu:BB(gene name)"

static void mitab(void)
{
    static const int widths[4] = {15, 36, 42, 46};
    char all[3000];

    for (int w = 0; w < 4; w++) {
        snprintf(all, sizeof all, "%s%s",
                 mitab_row(widths[w], IDS, "psi-mi:\"MI:0018\"(two hybrid)",
                           "taxid:9606(human)\ttaxid:9606(human)", "psi-mi:\"MI:0915\"(physical association)",
                           "score:0.7", "false"),
                 mitab_row(widths[w], "a:1\tb:2\t-\t-\t-\t-", "-", "-\t-", "-", "-", "true"));
        check(
            all, DN_PAIRS_MITAB,
            w == 0
                ? "uniprotkb:P1(),uniprotkb:P2()/intact:E1()x:Y:1(),/u:AA(gene name)u:A1(gene name synonym),"
                  "u:BB(gene name)/0 1;a:1(),b:2()/,/,/0 1;"
                : "uniprotkb:P1(),uniprotkb:P2()/intact:E1()x:Y:1(),/u:AA(gene name)u:A1(gene name synonym),"
                  "u:BB(gene name)/0 1;a:1(),b:2()/,/,/0 0;");
    }
    snprintf(all, sizeof all, "#ID(s) interactor A\tB\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\t14\t15\n%s",
             mitab_row(15, "a:1\tb:2\t-\t-\t-\t-", "-", "-\t-", "-", "-", ""));
    check(all, DN_PAIRS_MITAB, "a:1(),b:2()/,/,/0 1;");
    check(all + 1, DN_PAIRS_MITAB, "a:1(),b:2()/,/,/0 1;"); /* a header without '#' */
    bad(mitab_row(36, IDS, "-", "-\t-", "-", "-", "maybe"), "f:1: column 36 (negative): 'maybe'");
    snprintf(all, sizeof all, "%sa:1\tb:2\n", mitab_row(15, IDS, "-", "-\t-", "-", "-", ""));
    bad(all, "f:2: ragged row: 2 columns, wanted 15");
    bad_as("a:1\tb:2\n", DN_PAIRS_MITAB, &all_rows, "no PSI-MITAB, which has 15, 36, 42 or 46 columns");
}

/* One field's values as "database:value(text)" one behind the other. */
static void check_values(const char *field, const char *want)
{
    char copy[200];
    text t = {0};
    dn_error err = DN_ERROR_INIT;

    snprintf(copy, sizeof copy, "%s", field);
    CU_ASSERT_EQUAL(put_values(&t, (dn_field){copy, strlen(copy)}, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(t.buf, want);
    if (strcmp(t.buf, want) != 0)
        fprintf(stderr, "# got  %s\n# want %s\n", t.buf, want);
}

static void mitab_quotes(void)
{
    char copy[] = "psi-mi:\"MI:0018(two hybrid)";
    text t = {0};
    dn_error err = DN_ERROR_INIT;

    check_values("-", "");
    check_values("", "");
    check_values("psi-mi:\"MI:0018\"(two hybrid)", "psi-mi:MI:0018(two hybrid)");
    check_values("psi-mi:\"MI:0000\"(\"braces () | pipes :: colons\")|a:b",
                 "psi-mi:MI:0000(braces () | pipes :: colons)a:b()");
    check_values("uniprotkb:P12345(\"a \\\"nice\\\" protein\")", "uniprotkb:P12345(a \"nice\" protein)");
    check_values("\"a:b\":\"c|d\"(e)|f", "a:b:c|d(e):f()");
    check_values("db:a(b (c) d)|x:1", "db:a(b (c) d)x:1()"); /* parentheses that should be quoted */
    check_values("MI:0915(physical association)", "MI:0915(physical association)");
    check_values("a:5'-x\"y(z)", "a:5'-x\"y(z)"); /* a quote within a part is a character */
    check_values("a:\"b\"c(d)||:", "a:b(d):()"
                                   ":()");
    check_values("a:\"\"(\"\")", "a:()");
    CU_ASSERT_EQUAL(put_values(&t, (dn_field){copy, strlen(copy)}, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "a quote does not end: \"MI:0018"));
    /* a tab in quotes does not end a column, but in the line that says how many there are */
    check("a:1\tb:2\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n"
          "a:1\tb:2\t-\t-\tx:\"A\tB\"\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n",
          DN_PAIRS_MITAB, "a:1(),b:2()/,/,/0 1;a:1(),b:2()/,/x:A\tB(),/0 1;");
    bad("a:1\tb:2\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n"
        "a:1\tb:2\t-\t-\tx:\"A\tB\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n",
        "f:2: ragged row: 5 columns, wanted 15");
}

static void mitab_filters(void)
{
    char all[3000];
    dn_evidence_filter f = {.organism = "559292"};

    snprintf(all, sizeof all, "%s%s%s",
             mitab_row(15, "a:1\tb:2\t-\t-\t-\t-", "psi-mi:\"MI:0018\"(Two hybrid)|psi-mi:\"MI:0004\"(x)",
                       "taxid:559292(yeast)\ttaxid:1(a)|taxid:559292(b)",
                       "psi-mi:\"MI:0407\"(direct interaction)", "author-score:high|miscore:0.5|other:9", ""),
             mitab_row(15, "a:1\tb:2\t-\t-\t-\t-", "-", "taxid:559292\t-",
                       "psi-mi:\"MI:2370\"(synthetic lethality)", "-", ""),
             mitab_row(15, "a:1\tb:2\t-\t-\t-\t-", "MI:0018(2 hybrid)", "taxid:559292\ttaxid:559292",
                       "MI:0403(colocalization)", "0.25", ""));
#define R(v_) "a:1(),b:2()/,/,/" v_ " 1;"
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("0") R("1") R("0"));
    f = (dn_evidence_filter){.type = DN_EXPERIMENT_PHYSICAL};
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("0") R("2") R("2"));
    f = (dn_evidence_filter){.type = DN_EXPERIMENT_GENETIC};
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("2") R("0") R("2"));
    f = (dn_evidence_filter){.system = "two hybrid"};
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("0") R("3") R("3"));
    f = (dn_evidence_filter){.system = "MI:0018"};
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("0") R("3") R("0"));
    f = (dn_evidence_filter){.scored = true, .min_score = 0.5};
    check_as("f", all, DN_PAIRS_AUTO, &f, DN_PAIRS_MITAB, R("0") R("4") R("5"));
    f = (dn_evidence_filter){.type = DN_EXPERIMENT_PHYSICAL};
    bad_as(mitab_row(15, IDS, "-", "-\t-", "psi-mi:\"MI:0915(x)", "-", ""), DN_PAIRS_AUTO, &f,
           "f:1: a quote does not end: \"MI:0915(x)");
    CU_ASSERT(!dn_mitab_is_type(-1, DN_EXPERIMENT_GENETIC) && dn_mitab_is_type(-1, DN_EXPERIMENT_ANY));
}

/* Terms of psi-mi.obo (HUPO-PSI/psi-mi-CV): below MI:0914 or not, below MI:0208 or MI:2402 or not. */
static void mitab_types(void)
{
    static const int physical[] = {195,  204,  218,  407,  570,  914,  915,
                                   2232, 2252, 2263, 2272, 2273, 2280, 2356};
    static const int genetic[] = {208,  219,  794,  797,  802,  933,  1271, 1273, 1276, 1285, 1288, 1294,
                                  1295, 2368, 2373, 2378, 2379, 2380, 2388, 2391, 2394, 2397, 2401, 2402};
    static const int neither[] = {0,    190,  196,  205,  221,  403,  405,  409,  932,
                                  1110, 1270, 1296, 2231, 2253, 2286, 2355, 2364, 2366,
                                  2381, 2384, 2387, 2392, 2393, 2398, 2399, 2400, 2403};

    for (size_t i = 0; i < sizeof physical / sizeof physical[0]; i++)
        CU_ASSERT(dn_mitab_is_type(physical[i], DN_EXPERIMENT_PHYSICAL) &&
                  !dn_mitab_is_type(physical[i], DN_EXPERIMENT_GENETIC));
    for (size_t i = 0; i < sizeof genetic / sizeof genetic[0]; i++)
        CU_ASSERT(dn_mitab_is_type(genetic[i], DN_EXPERIMENT_GENETIC) &&
                  !dn_mitab_is_type(genetic[i], DN_EXPERIMENT_PHYSICAL));
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++)
        CU_ASSERT(!dn_mitab_is_type(neither[i], DN_EXPERIMENT_PHYSICAL) &&
                  !dn_mitab_is_type(neither[i], DN_EXPERIMENT_GENETIC));
}

/* ---- regulations ---- */

static void dream5(void)
{
    static const char rows[] = "G1\tG2\t1\r\nG2\tG3\t0\n";

    check_as("x/DREAM5_NetworkInference_GoldStandard_Network4.tsv", rows, DN_PAIRS_AUTO, &all_rows,
             DN_PAIRS_DREAM5, "G1>G2 1;G2>G3 0;");
    check_as("gold_standard.txt", rows, DN_PAIRS_AUTO, &all_rows, DN_PAIRS_DREAM5, "G1>G2 1;G2>G3 0;");
    check_as("f", rows, DN_PAIRS_DREAM5, &all_rows, DN_PAIRS_DREAM5, "G1>G2 1;G2>G3 0;");
    check("G1\tG2\t1\n", DN_PAIRS_TABLE, "");
    check_as("goldstandard", "G1,G2,1\n", DN_PAIRS_AUTO, &all_rows, DN_PAIRS_TABLE, "");
    bad_as("G1\tG2\t1\nG1\tG2\t0.5\n", DN_PAIRS_DREAM5, &all_rows, "f:2: label '0.5' is neither 0 nor 1");
    bad_as("TF\ttarget\tlabel\n", DN_PAIRS_DREAM5, &all_rows, "f:1: label 'label' is neither");
    bad_as("G1\tG2\t1\n\tG2\t0\n", DN_PAIRS_DREAM5, &all_rows, "f:2: the transcription factor has no id");
    bad_as("G1\tG2\n", DN_PAIRS_DREAM5, &all_rows, "f:1: ragged row: 2 fields, wanted 3");
}

static void yeastract(void)
{
    char buf[8];

    check("Abf1p;ACS1\nAbf1p;\"A;B\"\r\n", DN_PAIRS_YEASTRACT, "Abf1p>ACS1 1;Abf1p>A;B 1;");
    check("TF,Target\nX,Y\n", DN_PAIRS_YEASTRACT, "X>Y 1;");
    check("Target Gene\tEvidence\tTranscription Factor\nY\tbinding\tX\n", DN_PAIRS_YEASTRACT, "X>Y 1;");
    check("regulator,target,label\nX,Y,0\nX,Z,1\n", DN_PAIRS_YEASTRACT, "X>Y 0;X>Z 1;");
    check("X\tY\n", DN_PAIRS_YEASTRACT, "X>Y 1;");
    check("source,target,label\nX,Y,0\n", DN_PAIRS_TABLE, "");
    bad("regulator,target,label\nX,Y,2\n", "f:2: label '2' is neither 0 nor 1");
    bad("X;Y\nX;Y;Z\n", "f:2: ragged row: 3 fields where the first line has 2");
    bad("X;Y\nX;\n", "f:2: the target has no id");
    bad("X;Y\n\"X;Y\n", "f:2: a quote that opens a field");
    bad_as("a,b,c\n", DN_PAIRS_YEASTRACT, &all_rows, "wanted a transcription factor and a target");
    CU_ASSERT(dn_yeastract_gene(&(dn_field){"Abf1p", 5}, 0, buf, sizeof buf) == 5 &&
              memcmp(buf, "ABF1P", 5) == 0);
    CU_ASSERT(dn_yeastract_gene(&(dn_field){"Abf1p", 5}, 1, buf, sizeof buf) == 4 &&
              memcmp(buf, "ABF1", 4) == 0);
    CU_ASSERT_EQUAL(dn_yeastract_gene(&(dn_field){"ABF1", 4}, 1, buf, sizeof buf), 0);
    CU_ASSERT_EQUAL(dn_yeastract_gene(&(dn_field){"Abf1p5678", 9}, 0, buf, sizeof buf), 0);
}

static void matrix(void)
{
    check("name\tT1\tT2\tT3\nA\t0\t1\t1\nB\t0\t0\t0\n", DN_PAIRS_MATRIX, "A:T2,T3,;B:;");
    check("T1\tT2\tT3\nA\t0\t1\t1\n", DN_PAIRS_MATRIX, "A:T2,T3,;"); /* nothing above the genes */
    check(";T1;T2;T3\nA;1;0;0", DN_PAIRS_MATRIX, "A:T1,;");
    check_as("f", "g,T1\nA,1\nB,0\n", DN_PAIRS_MATRIX, &all_rows, DN_PAIRS_MATRIX, "A:T1,;B:;");
    bad("g\tT1\tT2\tT3\nA\t0\t2\t1\n", "f:2: column 'T2': '2' is neither 0 nor 1");
    bad("g\tT1\tT2\tT3\nA\t0\t0\t1\nB\t0\t\t1\n", "f:3: column 'T2': '' is neither 0 nor 1");
    bad("g\tT1\tT2\tT3\nA\t0\t0\t1\nB\t0\t0\n", "f:3: ragged row: 3 fields, wanted a gene and 3");
    bad("g\tT1\tT2\tT3\nA\t0\t0\t1\nB\n", "f:3: ragged row: 1 fields");
    bad("g\tT1\tT2\tT1\nA\t0\t0\t1\n", "f:1: transcription factor 'T1' stands twice");
    bad("g\tT1\t\tT3\nA\t0\t0\t1\n", "f:1: transcription factor 2 has no name");
    bad("g\tT1\tT2\tT3\n\t0\t0\t1\n", "f:2: the gene has no name");
    bad("g\tT1\tT2\tT3\nA\t0\t0 \t1\n", "blanks around a 0 or 1");
    bad_as("g\tT1\tT2\tT3\n", DN_PAIRS_MATRIX, &all_rows, "has a header and no genes");
}

/* ---- all of them ---- */

static void none_of_them(void)
{
    check("A,B,1\n", DN_PAIRS_TABLE, "");
    check("gene_a\tgene_b\tlabel\nA\tB\t1\n", DN_PAIRS_TABLE, "");
    bad("", "is empty");
    bad("\n\n", "is empty");
    bad("one\n", "f:1: 1 fields, wanted 3: gene, gene, label");
    bad("a\tb\tc\td\ne\tf\tg\th\n", "f:1: 4 fields, wanted 3");
}

static void names_of_formats(void)
{
    dn_pair_format f;

    for (int i = 0; i < DN_PAIR_FORMATS; i++) {
        const char *name = dn_pair_format_name((dn_pair_format)i);
        CU_ASSERT(dn_pair_format_find(name, strlen(name), &f) && (int)f == i);
    }
    CU_ASSERT(!dn_pair_format_find("bio", 3, &f));
}

static void memory_may_run_out(void)
{
    static const char *const files[] = {
        TAB2 "1\t10\t20\tYA\tYB\tA\tB\tA1\t-\tTwo-hybrid\tphysical\t1\t2\t-\n",
        "a:1\tb:2\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n", "X;Y\nX;Z\n", "g\tT1\tT2\tT3\nA\t0\t1\t1\n"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 200; k++) {
            text t;
            dn_pair_format format;
            dn_alloc_fail_after(k);
            st = flat("f", files[i], DN_PAIRS_AUTO, &all_rows, &t, &format, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"BioGRID", biogrid},
                                {"BioGRID, filters", biogrid_filters},
                                {"PSI-MITAB", mitab},
                                {"PSI-MITAB, quotes", mitab_quotes},
                                {"PSI-MITAB, filters", mitab_filters},
                                {"PSI-MITAB, interaction types", mitab_types},
                                {"DREAM5", dream5},
                                {"YEASTRACT", yeastract},
                                {"matrix", matrix},
                                {"none of them", none_of_them},
                                {"names of formats", names_of_formats},
                                {"memory may run out", memory_may_run_out},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pair_files", tests);
}
