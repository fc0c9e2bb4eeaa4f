/* network_output.c - tests of jobs/cli/network/network_output.h and text_file.h: every file byte by byte, odd
 * ids, other readers of the same files, and disks that are full
 */
#include "jobs/cli/network/network_output.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"
#include "tests/support/analysis.h"

/* ---- a report of a made-up analysis ---- */

typedef struct made {
    test_analysis t;
    dn_network_run run;
    dn_network_report report;
} made;

static bool make(test_analysis_kind kind, const char *dir, made *out)
{
    dn_error err = DN_ERROR_INIT;
    dn_status st = test_analysis_make(kind, 0, &out->t, &err);

    out->run = (dn_network_run){.dataset = "net.h5",
                                .command = "dragnet network caf\351.h5", /* no UTF-8 */
                                .config = "{\"seed\":1}",
                                .version = "0.1.0",
                                .directory = dir,
                                .seed = 1,
                                .ranks = 2,
                                .seconds = 1.5,
                                .graphml_edges = 1000000};
    if (st == DN_OK)
        st = dn_network_report_create(&out->t.network, &out->t.analysis, &out->run, &out->report, &err);
    if (st != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    CU_ASSERT_EQUAL(st, DN_OK);
    return st == DN_OK;
}

static void unmake(made *m)
{
    dn_network_report_destroy(&m->report);
    test_analysis_free(&m->t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const char *new_dir(const char *name)
{
    const char *dir = test_path(name);

    CU_ASSERT_EQUAL(mkdir(dir, 0777), 0);
    return dir;
}

/* The content of DIR/NAME; "" when it is not there. */
static const char *content(const char *dir, const char *name)
{
    static char text[1 << 16];
    char path[1100];
    FILE *f;
    size_t got = 0;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (f != NULL) {
        got = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[got] = '\0';
    return text;
}

static void same(const char *dir, const char *name, const char *wanted)
{
    const char *have = content(dir, name);

    if (strcmp(have, wanted) != 0)
        fprintf(stderr, "# %s is\n%s# wanted\n%s", name, have, wanted);
    CU_ASSERT(strcmp(have, wanted) == 0);
}

static bool exists(const char *dir, const char *name)
{
    char path[1100];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

/* ---- files ---- */

#define LONG "a name of more than forty characters, \316\261 to \317\211"

static void tables(void)
{
    const char *dir = new_dir("tables");
    dn_error err = DN_ERROR_INIT;
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    m.t.analysis.spectrum[0].residual[2] = -0.0;
    CU_ASSERT_EQUAL(dn_network_save(&m.report, &err), DN_OK);
    same(dir, "degree.tsv",
         "id\tside\tvalue\tcount\nDB00945\tdrug\t1\t20\ntab\\there\tdrug\t0.9375\t18\n"
         "line\\nend\\r\tdrug\t0.875\t16\ncaf\351\tdrug\t0.8125\t14\n\tdrug\t0.75\t12\n"
         "\"quoted\" & <marked>\tgene & protein\t0.6875\t10\ncaf\303\251\tgene & protein\t0.625\t8\n"
         "zero\tgene & protein\t0.5625\t6\nP23219\tgene & protein\t0.5\t4\n" LONG
         "\tgene & protein\t0.4375\t2\n");
    same(dir, "eigenvector.tsv",
         "id\tside\tvalue\n" LONG "\tgene & protein\t0.9\nP23219\tgene & protein\t0.8\n"
         "zero\tgene & protein\t0.7\ncaf\303\251\tgene & protein\t0.6\n"
         "\"quoted\" & <marked>\tgene & protein\t0.5\n\tdrug\t0.4\ncaf\351\tdrug\t0.3\n"
         "line\\nend\\r\tdrug\t0.2\ntab\\there\tdrug\t0.1\nDB00945\tdrug\t0\n");
    same(dir, "clustering.tsv",
         "id\tside\tvalue\n" LONG "\tgene & protein\t5\nP23219\tgene & protein\t4\n"
         "caf\303\251\tgene & protein\t2\n\"quoted\" & <marked>\tgene & protein\t1\n\tdrug\t0\n"
         "line\\nend\\r\tdrug\t-2\ntab\\there\tdrug\t-3\nDB00945\tdrug\t-4\ncaf\351\tdrug\tnan\n"
         "zero\tgene & protein\tnan\n");
    same(dir, "adjacency.tsv", "index\tvalue\tresidual\n1\t3\t1e-12\n2\t2\t2e-12\n3\t1\t0\n");
    same(dir, "pca.tsv", "index\tvalue\tresidual\tshare\n1\t3\t1e-12\t0.5\n2\t2\t2e-12\t0.25\n");
    same(dir, "pca_embedding.tsv",
         "id\tside\tx1\tx2\nDB00945\tdrug\t0\t100\ntab\\there\tdrug\t1\t101\nline\\nend\\r\tdrug\t2\t102\n"
         "caf\351\tdrug\t3\t103\n\tdrug\t4\t104\n\"quoted\" & <marked>\tgene & protein\t5\t105\n"
         "caf\303\251\tgene & protein\t6\t106\nzero\tgene & protein\t7\t107\n"
         "P23219\tgene & protein\t8\t108\n" LONG "\tgene & protein\t9\t109\n");
    same(dir, "description.tsv",
         "quantity\tside\tcount\tmean\tsd\tmin\tq1\tmedian\tq3\tmax\n"
         "degree\tdrug\t5\t1.6\t0.894427191\t1\t1\t1\t2\t3\n"
         "degree\tgene & protein\t5\t1.6\t1.1401754251\t0\t1\t2\t2\t3\n"
         "strength\tdrug\t5\t2.15020000001\t4.10626657682\t-2\t0.0010000000475\t1\t3\t8.75\n"
         "strength\tgene & protein\t5\t2.15020000001\t2.837679545\t0\t0.5\t1\t2.25\t7.00100000005\n");
    same(dir, "histogram.tsv",
         "side\tdegree_from\tdegree_to\tnodes\ndrug\t0\t0\t0\ndrug\t1\t1\t3\ndrug\t2\t3\t2\n"
         "gene & protein\t0\t0\t1\ngene & protein\t1\t1\t1\ngene & protein\t2\t3\t3\n");
    unmake(&m);
}

static void graphml(void)
{
    const char *dir = new_dir("graphml");
    made m;

    if (!make(TEST_NUMBERED, dir, &m))
        return;
    m.t.analysis.measure[0].column[0].integer = true;
    m.t.analysis.measure[0].column[0].v[0] = NAN;
    CU_ASSERT_EQUAL(dn_network_write_graphml(&m.report, dir, NULL), DN_OK);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(content(dir, "network.graphml"),
               "<key id=\"v_degree\" for=\"node\" attr.name=\"degree\" "
               "attr.type=\"long\"/>\n<graph id=\"network\" edgedefault=\"undirected\">\n"));
    /* node 1 is the first inside: of degree 2 */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(content(dir, "network.graphml"),
               "<node id=\"0\">\n <data key=\"v_label\">0</data>\n <data key=\"v_side\">node</data>\n"
               " <data key=\"v_degree\">1</data>\n</node>\n"
               "<node id=\"1\">\n <data key=\"v_label\">1</data>\n <data key=\"v_side\">node</data>\n"
               "</node>\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(content(dir, "network.graphml"),
                                  "</node>\n<edge source=\"0\" target=\"1\"/>\n<edge source=\"1\" "
                                  "target=\"2\"/>\n"));
    unmake(&m);
}

static void graphml_of_odd_ids(void)
{
    const char *dir = new_dir("odd_graphml");
    const char *text;
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    CU_ASSERT_EQUAL(dn_network_write_graphml(&m.report, dir, NULL), DN_OK);
    text = content(dir, "network.graphml");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"tab here#1\">\n <data key=\"v_label\">tab here</data>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"line end #2\">"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"caf\303\251#3\">")); /* was Latin-1 */
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"caf\303\251\">"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"#4\">"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<node id=\"&quot;quoted&quot; &amp; &lt;marked&gt;\">"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<data key=\"v_side\">gene &amp; protein</data>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<data key=\"v_clustering\">NaN</data>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<data key=\"v_degree_count\">20</data>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "<edge source=\"DB00945\" target=\"P23219\"><data "
                                        "key=\"e_weight\">1.25</data></edge>"));
    unmake(&m);
}

/* An older file must not pass for a new one. */
static void graphml_limit(void)
{
    const char *dir = new_dir("limit");
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    m.run.graphml_edges = 8;
    CU_ASSERT_EQUAL(dn_network_save(&m.report, NULL), DN_OK);
    CU_ASSERT(exists(dir, "network.graphml"));
    m.run.graphml_edges = 7;
    CU_ASSERT_EQUAL(dn_network_save(&m.report, NULL), DN_OK);
    CU_ASSERT_FALSE(exists(dir, "network.graphml"));
    CU_ASSERT_PTR_NOT_NULL(strstr(content(dir, "summary.json"), "\"graphml\": false"));
    m.run.graphml_edges = -1;
    CU_ASSERT(dn_network_wants_graphml(&m.report));
    unmake(&m);
}

static void summary(void)
{
    static const char *const parts[] = {
        "\"command\": \"dragnet network caf\303\251.h5\"",
        "\"config\": {\n    \"seed\": 1\n  }",
        "\"name\": \"targets\"",
        "\"inhibiting\": 2",
        "\"pairs_in_several_layers\": 4",
        "\"density\": 0.32",
        "\"converged\": false",
        "\"iterations\": 1234",
        "\"eigenvalue\": 2.5",
        "\"gap\": null",
        "any combination of the eigenvectors of 2 components is an answer\"",
        "\"gene & protein\": [",
        "\"count\": 18",
        "\"count\": null",
        "\"share\": [",
        "\"id\": \"\\\"quoted\\\" & <marked>\"",
    };
    const char *dir = new_dir("summary");
    char *text = NULL;
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    m.t.analysis.measure[0].column[1].v[0] = NAN; /* of P23219, which has the most edges */
    CU_ASSERT_EQUAL(dn_network_json(&m.report, &text, NULL), DN_OK);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && text != NULL; i++) {
        if (strstr(text, parts[i]) == NULL)
            fprintf(stderr, "# not in the summary: %s\n", parts[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, parts[i]));
    }
    CU_ASSERT(text != NULL && strstr(text, "nan") == NULL && strstr(text, "not UTF-8") == NULL);
    dn_free(text);
    text = NULL;
    m.run.config = "{\"not\": json";
    CU_ASSERT_EQUAL(dn_network_json(&m.report, &text, NULL), DN_OK);
    CU_ASSERT(text != NULL && strstr(text, "\"config\": \"{\\\"not\\\": json\"") != NULL);
    dn_free(text);
    unmake(&m);
}

/* What is within the error of the largest of a top list is ordered by id; the table goes by what it shows. */
static void ties(void)
{
    const char *dir = new_dir("ties");
    dn_network_report r = {0};
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    m.t.analysis.measure[1].report.converged = true;
    m.t.analysis.measure[1].report.error = 0.25;
    CU_ASSERT_EQUAL(dn_network_report_create(&m.t.network, &m.t.analysis, &m.run, &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_network_write_measure(&r, 1, dir, NULL), DN_OK);
    for (int k = 0; k < 3; k++) {
        CU_ASSERT_EQUAL(m.t.network.graph.outside[m.report.order[1][k]], 9 - k);
        CU_ASSERT_EQUAL(m.t.network.graph.outside[r.order[1][k]], k == 0 ? 8 : k == 1 ? 9 : 7);
    }
    CU_ASSERT(strncmp(content(dir, "eigenvector.tsv"), "id\tside\tvalue\n" LONG, 13 + sizeof LONG) == 0);
    dn_network_report_destroy(&r);
    m.t.analysis.measure[1].report.error = INFINITY;
    CU_ASSERT_EQUAL(dn_network_report_create(&m.t.network, &m.t.analysis, &m.run, &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(m.t.network.graph.outside[r.order[1][0]], 9);
    dn_network_report_destroy(&r);
    unmake(&m);
}

/* ---- other readers ---- */

/* Python reads what was saved and compares; 77: it or networkx is not there. */
static int read_elsewhere(const char *dir, const char *kind)
{
    char command[2048];
    int code;

    snprintf(command, sizeof command, "/usr/bin/python3 %s/read_network.py %s %s >&2", DN_TEST_GOLDEN, kind,
             dir);
    code = system(command);
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

static void other_readers(void)
{
    static const struct {
        test_analysis_kind kind;
        const char *name;
    } cases[] = {{TEST_ODD, "odd"}, {TEST_NUMBERED, "numbered"}, {TEST_EMPTY, "empty"}, {TEST_BARE, "bare"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *dir = new_dir(cases[i].name);
        int code;
        made m;

        if (!make(cases[i].kind, dir, &m))
            return;
        CU_ASSERT_EQUAL(dn_network_save(&m.report, NULL), DN_OK);
        code = read_elsewhere(dir, cases[i].name);
        unmake(&m);
        if (code == 77 || code == 127) {
            test_skip("no python3 with networkx");
            return;
        }
        CU_ASSERT_EQUAL(code, 0);
    }
}

/* ---- the digest ---- */

static char *digest(const made *m)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    dn_network_print(&m->report, f);
    fclose(f);
    return text;
}

static int widest(const char *text)
{
    int most = 0, n = 0;

    for (; *text != '\0'; text++) {
        n = *text == '\n' ? 0 : n + (((unsigned char)*text & 0xc0) != 0x80);
        most = n > most ? n : most;
    }
    return most;
}

static void digests(void)
{
    static const struct {
        test_analysis_kind kind;
        const char *parts[14];
    } cases[] = {{TEST_ODD,
                  {"nodes          10", "edges          8", "components     2", "density        0.32",
                   "DID NOT CONVERGE", "residual 0.25", "warning: the largest eigenvalue is degenerate",
                   "drug", "gene & protein", "\"quoted\" & <marked>", "eigenvalue 2.5",
                   "3 activating, 2 inhibiting", "network.graphml"}},
                 {TEST_NUMBERED, {"nodes          7", "edges          6", "no fit", "all 7 nodes have 1"}},
                 {TEST_EMPTY, {"nodes          0", "edges          0", "components     0"}},
                 {TEST_BARE, {"nodes          2", "edges          0"}}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text;
        made m;

        if (!make(cases[i].kind, "out", &m))
            return;
        text = digest(&m);
        for (int p = 0; cases[i].parts[p] != NULL; p++) {
            if (strstr(text, cases[i].parts[p]) == NULL)
                fprintf(stderr, "# not in the digest: %s\n%s", cases[i].parts[p], text);
            CU_ASSERT_PTR_NOT_NULL(strstr(text, cases[i].parts[p]));
        }
        CU_ASSERT(widest(text) <= 80);
        CU_ASSERT(strstr(text, "nan") == NULL && strchr(text, '\t') == NULL && strchr(text, '\351') == NULL);
        free(text);
        unmake(&m);
    }
}

/* ---- failures ---- */

enum { WRITERS = 7 };

static dn_status write_one(const dn_network_report *r, int i, const char *dir, dn_error *err)
{
    switch (i) {
    case 0:
        return dn_network_write_measure(r, 0, dir, err);
    case 1:
        return dn_network_write_spectrum(r, 1, dir, err);
    case 2:
        return dn_network_write_embedding(r, 1, dir, err);
    case 3:
        return dn_network_write_description(r, dir, err);
    case 4:
        return dn_network_write_histogram(r, dir, err);
    case 5:
        return dn_network_write_graphml(r, dir, err);
    default:
        return dn_network_write_summary(r, dir, err);
    }
}

static void refused_memory(void)
{
    const char *dir = new_dir("refused");
    dn_status st = DN_ENOMEM;
    long live;
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    live = dn_alloc_live();
    for (int i = 0; i < WRITERS; i++) {
        st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 5000; k++) {
            dn_alloc_fail_after(k);
            st = write_one(&m.report, i, dir, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    st = DN_ENOMEM;
    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_network_report r = {0};

        dn_alloc_fail_after(k);
        st = dn_network_report_create(&m.t.network, &m.t.analysis, &m.run, &r, NULL);
        dn_alloc_fail_after(-1);
        dn_network_report_destroy(&r);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), live);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(exists(dir, "summary.json") && !exists(dir, "summary.json.part"));
    unmake(&m);
}

/* Each file in turn meets a full disk: what was there stays, nothing half-written is left. */
static void disk_full(void)
{
    static const char *const names[WRITERS] = {"degree.tsv",      "pca.tsv",       "pca_embedding.tsv",
                                               "description.tsv", "histogram.tsv", "network.graphml",
                                               "summary.json"};
    const char *dir = new_dir("full");
    char path[1100], part[1200];
    made m;

    if (access("/dev/full", W_OK) != 0) {
        test_skip("no /dev/full");
        return;
    }
    if (!make(TEST_ODD, dir, &m))
        return;
    for (int i = 0; i < WRITERS; i++) {
        dn_error err = DN_ERROR_INIT;

        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        snprintf(part, sizeof part, "%s.part", path);
        CU_ASSERT_EQUAL(dn_text_file_write(path, "as it was", NULL), DN_OK);
        CU_ASSERT_EQUAL(symlink("/dev/full", part), 0);
        CU_ASSERT_EQUAL(write_one(&m.report, i, dir, &err), DN_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, names[i]));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "No space left"));
        CU_ASSERT_STRING_EQUAL(content(dir, names[i]), "as it was");
        CU_ASSERT_NOT_EQUAL(access(part, F_OK), 0);
    }
    unmake(&m);
}

static void cannot_be_created(void)
{
    const char *dir = new_dir("taken");
    dn_error err[2] = {DN_ERROR_INIT, DN_ERROR_INIT};
    char path[1100];
    made m;

    if (!make(TEST_ODD, dir, &m))
        return;
    snprintf(path, sizeof path, "%s/degree.tsv", dir);
    CU_ASSERT_EQUAL(mkdir(path, 0777), 0); /* a directory stands where the file should be */
    CU_ASSERT_EQUAL(dn_network_save(&m.report, &err[0]), DN_EIO);
    CU_ASSERT_FALSE(exists(dir, "degree.tsv.part"));
    m.run.directory = "/no/such/directory";
    CU_ASSERT_EQUAL(dn_network_save(&m.report, &err[1]), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err[1].text, "/no/such/directory/degree.tsv"));
    unmake(&m);
}

/* What is not committed is not there. */
static void abandoned(void)
{
    dn_text_file t = {0};
    char path[1100];

    snprintf(path, sizeof path, "%s", test_path("abandoned.txt"));
    CU_ASSERT_EQUAL(dn_text_file_open(&t, NULL, path, NULL), DN_OK);
    fputs("half", t.to);
    dn_text_file_close(&t);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    dn_text_file_close(&t);
    CU_ASSERT_EQUAL(dn_text_file_write(path, "", NULL), DN_OK);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Every byte is something: UTF-8 stays, all else is read as Latin-1, nothing is cut in the middle. */
static void clean_text(void)
{
    char buf[64], tight[8];

    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\303\244\342\202\254\360\237\230\200", buf, sizeof buf),
                           "\303\244\342\202\254\360\237\230\200");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\344\1\177", buf, sizeof buf), "\303\244  ");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\355\240\200", buf, sizeof buf), "\303\255\302\240\302\200");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\357\277\277", buf, sizeof buf), "\303\257\302\277\302\277");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\342\202", buf, sizeof buf), "\303\242\302\202");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("\342\202\254\342\202\254", tight, sizeof tight),
                           "\342\202\254\342\202\254");
    CU_ASSERT_STRING_EQUAL(dn_utf8_clean("abcdefghij", tight, sizeof tight), "abcd");
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"tables", tables},
                                    {"GraphML", graphml},
                                    {"GraphML of odd ids", graphml_of_odd_ids},
                                    {"limit of GraphML", graphml_limit},
                                    {"summary", summary},
                                    {"digest", digests},
                                    {"ties", ties},
                                    {"other readers", other_readers},
                                    {"refused memory", refused_memory},
                                    {"a full disk", disk_full},
                                    {"cannot be created", cannot_be_created},
                                    {"abandoned", abandoned},
                                    {"clean text", clean_text},
                                    {NULL, NULL}};
    return test_main(argc, argv, "network_output", tests);
}
