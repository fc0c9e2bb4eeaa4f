/* ingest_regulations.c - pair sets of regulations: against the naive way, the order of two genes, with
 * connections, without directions, as lists and matrices */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/io/dataset.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/network_import.h"
#include "tests/support/pair_import.h"

enum { ROWS = 160, LINKS = 40 };

/* ---- regulations against the naive way ---- */

typedef struct row {
    int a, b, label;
} row;

static bool about(const row *r, int a, int b)
{
    return (r->a == a && r->b == b) || (r->a == b && r->b == a);
}

/* Whether some row says label of a to b. */
static bool says(const row *r, int n, int a, int b, int label)
{
    for (int i = 0; i < n; i++)
        if (r[i].a == a && r[i].b == b && r[i].label == label)
            return true;
    return false;
}

/* The pairs that are left: factor and target of class 2, any order of the others. */
static int naive(const row *r, const row *link, row *out, dn_pairs_report *count)
{
    int n = 0;

    *count = (dn_pairs_report){.rows = ROWS};
    for (int i = 0; i < ROWS; i++) {
        int a = r[i].a, b = r[i].b;
        bool before = false, linked = false;
        bool mutual = says(r, ROWS, a, b, 1) && says(r, ROWS, b, a, 1);
        bool both = (says(r, ROWS, a, b, 1) && says(r, ROWS, a, b, 0)) ||
                    (says(r, ROWS, b, a, 1) && says(r, ROWS, b, a, 0));
        bool regulated = says(r, ROWS, a, b, 1) || says(r, ROWS, b, a, 1);

        for (int k = 0; k < LINKS; k++)
            linked = linked || about(&link[k], a, b);
        if (a == PAIR_GENES || b == PAIR_GENES) {
            count->unknown++;
            continue;
        }
        if (a == b) {
            count->self_pairs++;
            continue;
        }
        if (a == 3 || b == 3) {
            count->dropped++;
            continue;
        }
        if (mutual) {
            count->mutual += r[i].label == 1 && !says(r, i, a, b, 1);
            continue;
        }
        for (int k = 0; k < i; k++)
            before = before || about(&r[k], a, b);
        if (both) {
            count->two_labels += !before;
            continue;
        }
        if (regulated ? r[i].label == 0 || says(r, i, a, b, 1) : before || linked)
            continue;
        out[n++] = (row){a, b, regulated ? 2 : 0};
    }
    for (int k = 0; k < LINKS; k++) {
        int a = link[k].a, b = link[k].b;
        bool regulated = says(r, ROWS, a, b, 1) || says(r, ROWS, b, a, 1);
        count->joined++;
        count->regulated += regulated;
        if (!regulated)
            out[n++] = (row){a, b, link[k].label};
    }
    count->kept = n;
    return n;
}

/* Rows of which many meet again, in either direction; links are distinct pairs of genes that stay. */
static void draw(uint64_t seed, row *r, row *link)
{
    dn_rng rng = dn_rng_stream(seed, DN_RNG_SYNTH, 7, 0);
    uint32_t u[4];
    int n = 0;

    for (int i = 0; i < ROWS; i++) {
        dn_rng_block(rng, (uint64_t)i, 0, u);
        r[i] = (row){(int)(u[0] % (PAIR_GENES + 1)), (int)(u[1] % (PAIR_GENES + 1)), u[2] % 3 == 0};
        if (u[3] % 16 != 0 && r[i].a > r[i].b && r[i].b % 2 == 0) /* fewer mutual ones */
            r[i].label = 0;
    }
    for (uint64_t i = 1000; n < LINKS; i++) {
        bool fresh = true;
        dn_rng_block(rng, i, 0, u);
        link[n] = (row){(int)(u[0] % PAIR_GENES), (int)(u[1] % PAIR_GENES), u[2] % 2};
        for (int k = 0; k < n; k++)
            fresh = fresh && !about(&link[k], link[n].a, link[n].b);
        n += fresh && link[n].a != link[n].b && link[n].a != 3 && link[n].b != 3;
    }
}

static const char *write_rows(const char *name, const row *r, int n, char sign)
{
    static char text[ROWS * 12];
    int at = 0;

    for (int i = 0; i < n; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "Y%c%cY%c%c%d\n", 'A' + r[i].a, sign,
                       'A' + r[i].b, sign, r[i].label);
    return test_text(name, text);
}

static void regulations_against_the_naive_way(void)
{
    static const char *const formats[] = {"reg=dream5"};
    int64_t seen[4] = {0}, mutual = 0, two = 0;

    for (uint64_t seed = 0; seed < 6; seed++) {
        row r[ROWS], link[LINKS + 1], want[ROWS + LINKS];
        dn_pairs_report count;
        dn_import_options o = pair_import_defaults(pair_gene_table(false));
        dn_import_report report = {0};
        pair_stored got;
        int n, wrong = 0;

        draw(seed, r, link);
        n = naive(r, link, want, &count);
        o.connections = "known";
        o.pair_format = formats;
        o.n_pair_formats = 1;
        CU_ASSERT_EQUAL(pair_import(&o,
                                    (pair_set[]){{"reg", write_rows("r.tsv", r, ROWS, '\t')},
                                                 {"known", write_rows("k.csv", link, LINKS, ',')}},
                                    2, &report, NULL),
                        DN_OK);
        if (report.pairs == NULL)
            return;
        pair_report_adds_up(&report.pairs[0]);
        pair_report_adds_up(&report.pairs[1]);
        CU_ASSERT(report.pairs[0].directed && !report.pairs[1].directed);
        CU_ASSERT(report.pairs[0].unknown == count.unknown && report.pairs[0].mutual == count.mutual &&
                  report.pairs[0].two_labels == count.two_labels && report.pairs[0].kept == count.kept &&
                  report.pairs[0].self_pairs == count.self_pairs &&
                  report.pairs[0].dropped == count.dropped && report.pairs[0].joined == count.joined &&
                  report.pairs[0].regulated == count.regulated);
        pair_stored_load(&test_comm, o.output, "reg", &got);
        CU_ASSERT(got.n == n && got.classes == 4);
        for (int i = 0; i < n && got.n == n; i++) {
            bool turned = got.label[i] == 3;
            int64_t a = turned ? got.b[i] : got.a[i], b = turned ? got.a[i] : got.b[i];
            row q = {want[i].a - (want[i].a > 3), want[i].b - (want[i].b > 3), 0};
            wrong += (turned ? 2 : got.label[i]) != want[i].label;
            wrong += want[i].label == 2 ? a != q.a || b != q.b : !about(&q, (int)a, (int)b);
            seen[got.label[i]]++;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        mutual += count.mutual;
        two += count.two_labels;
        dn_strings_destroy(&got.id);
        dn_import_report_destroy(&report);
    }
    CU_ASSERT(seen[0] > 10 && seen[1] > 10 && seen[2] > 10 && seen[3] > 10 && mutual > 0 && two > 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Which gene stands first depends on the two ids alone: not on the order of the genes, nor on who regulates
 * whom. */
static void order_of_two_genes(void)
{
    static char text[2][2000];
    const char *file[2];
    pair_stored got[3]; /* as it is, genes in another order, factors and targets changed over */
    int n = 0, wrong = 0, rising = 0;

    for (int i = 0; i < PAIR_GENES; i++)
        for (int k = 0; k < i; k++)
            if (i != 3 && k != 3) {
                int a = 'A' + ((i + k) % 2 ? i : k), b = 'A' + ((i + k) % 2 ? k : i);
                snprintf(text[1] + n, sizeof text[1] - (size_t)n, "Y%c;Y%c\n", b, a);
                n += snprintf(text[0] + n, sizeof text[0] - (size_t)n, "Y%c;Y%c\n", a, b);
            }
    file[0] = test_text("all.csv", text[0]);
    file[1] = test_text("turned.csv", text[1]);
    for (int i = 0; i < 3; i++) {
        dn_import_options o = pair_import_defaults(pair_gene_table(i == 1));
        dn_import_report r = {0};
        CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"reg", file[i / 2]}}, 1, &r, NULL), DN_OK);
        pair_stored_load(&test_comm, o.output, "reg", &got[i]);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT(got[0].n == 55 && got[1].n == 55 && got[2].n == 55);
    for (int64_t i = 0; i < got[0].n && got[1].n == got[0].n; i++) {
        char x[2][8], y[2][8];
        dn_strings_copy(&got[0].id, got[0].a[i], x[0], 8);
        dn_strings_copy(&got[0].id, got[0].b[i], x[1], 8);
        dn_strings_copy(&got[1].id, got[1].a[i], y[0], 8);
        dn_strings_copy(&got[1].id, got[1].b[i], y[1], 8);
        wrong += strcmp(x[0], y[0]) != 0 || strcmp(x[1], y[1]) != 0 || got[0].label[i] != got[1].label[i];
        wrong += got[0].a[i] != got[2].a[i] || got[0].b[i] != got[2].b[i] ||
                 got[0].label[i] + got[2].label[i] != 5;
        rising += strcmp(x[0], x[1]) < 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(rising > 16 && rising < 39); /* 27.5 +- 3 standard deviations */
    for (int i = 0; i < 3; i++)
        dn_strings_destroy(&got[i].id);
}

static void without_directions(void)
{
    dn_import_options o = pair_import_defaults(pair_gene_table(false));
    dn_import_report r = {0};
    pair_stored got;
    static const char text[] =
        "YA\tYB\t1\nYB\tYA\t1\nYC\tYA\t0\nYA\tYC\t1\nYE\tYF\t0\nYE\tYF\t1\nYF\tYG\t0\n";
    static const char *const formats[] = {"dream5"};

    o.undirected = true;
    o.pair_format = formats;
    o.n_pair_formats = 1;
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"reg", test_text("u.tsv", text)}}, 1, &r, NULL), DN_OK);
    pair_stored_load(&test_comm, o.output, "reg", &got);
    CU_ASSERT(got.classes == 2 && got.n == 3);
    CU_ASSERT(got.a[0] == 0 && got.b[0] == 1 && got.label[0] == 1);
    CU_ASSERT(got.a[1] == 0 && got.b[1] == 2 && got.label[1] == 1);
    CU_ASSERT(got.a[2] == 4 && got.b[2] == 5 && got.label[2] == 0);
    if (r.pairs != NULL) {
        pair_report_adds_up(r.pairs);
        CU_ASSERT(r.pairs->repeats == 3 && r.pairs->two_labels == 1 && !r.pairs->directed);
    }
    dn_strings_destroy(&got.id);
    dn_import_report_destroy(&r);
}

/* A set of the dataset gives the connections; the outcome is that of one import. */
static void connections_of_the_dataset(void)
{
    row r[ROWS], link[LINKS + 1];
    dn_import_options o = pair_import_defaults(pair_gene_table(false));
    dn_import_report report = {0};
    dn_error err = DN_ERROR_INIT;
    pair_stored got, again;
    const char *reg, *known;
    static const char *const formats[] = {"reg=dream5"};

    draw(3, r, link);
    reg = write_rows("cr.tsv", r, ROWS, '\t');
    known = write_rows("ck.csv", link, LINKS, ',');
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"known", known}}, 1, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    o.gene_ids = NULL;
    o.n_drop = 0;
    o.add = true;
    o.pair_format = formats;
    o.n_pair_formats = 1;
    o.connections = "nothing";
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"reg", reg}}, 1, &report, &err), DN_EUSAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--connections nothing: no pair set of that name"));
    o.connections = "known";
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"reg", reg}}, 1, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    pair_stored_load(&test_comm, o.output, "reg", &got);
    o = pair_import_defaults(pair_gene_table(false));
    o.connections = "known";
    o.pair_format = formats;
    o.n_pair_formats = 1;
    CU_ASSERT_EQUAL(pair_import(&o, (pair_set[]){{"known", known}, {"reg", reg}}, 2, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    pair_stored_load(&test_comm, o.output, "reg", &again);
    CU_ASSERT(got.n > 20 && pair_stored_same(&got, &again));
    dn_strings_destroy(&got.id);
    dn_strings_destroy(&again.id);
}

/* ---- YEASTRACT and matrices ---- */

/* The same regulations as a list with proteins for factors and as a matrix. */
static void list_and_matrix(void)
{
    static const char list[] =
        "Target,Transcription Factor\nSB,Sap\nSC,SA\nSA,Sbp\nSE,Sbp\nSE,none\nsf,Scp\n";
    static const char matrix[] =
        "gene\tSA\tSB\tSC\tnone\nSA\t0\t1\t0\t0\nSB\t1\t0\t0\t0\nSC\t1\t0\t0\t0\nSE\t0\t1\t0\t1\n"
        "SF\t0\t0\t1\t0\nSG\t0\t0\t0\t0\n";
    dn_import_options o = pair_import_defaults(pair_gene_table(false));
    dn_import_report r = {0};
    pair_stored got[2];

    CU_ASSERT_EQUAL(
        pair_import(&o, (pair_set[]){{"l", test_text("l.csv", list)}, {"m", test_text("m.tsv", matrix)}}, 2,
                    &r, NULL),
        DN_OK);
    for (int i = 0; i < 2; i++)
        pair_stored_load(&test_comm, o.output, i == 0 ? "l" : "m", &got[i]);
    if (r.pairs != NULL) {
        for (int i = 0; i < 2; i++) {
            pair_report_adds_up(&r.pairs[i]);
            CU_ASSERT(r.pairs[i].rows == 6 && r.pairs[i].kept == 3 && r.pairs[i].mutual == 2 &&
                      r.pairs[i].unknown == 1);
            CU_ASSERT_STRING_EQUAL(r.pairs[i].unknown_ids.text[0], "none");
        }
        CU_ASSERT(r.pairs[0].zeros == 0 && r.pairs[1].zeros == 18);
    }
    CU_ASSERT(pair_stored_same(&got[0], &got[1]) && got[0].n == 3 && got[0].classes == 4);
    dn_strings_destroy(&got[0].id);
    dn_strings_destroy(&got[1].id);
    dn_import_report_destroy(&r);
}

static void the_real_matrix(void)
{
    const char *shared = getenv("DN_SHARED_DATA");
    char dir[500], genes[600], matrix[600];
    dn_import_options o;
    dn_import_report r = {0};

    snprintf(dir, sizeof dir, "%s/yeast", shared != NULL ? shared : DN_TEST_SHARED_DATA);
    snprintf(genes, sizeof genes, "%s/gene_ids.tsv", dir);
    snprintf(matrix, sizeof matrix, "%s/regulation_yeastract.tsv.gz", dir);
    if (access(genes, R_OK) != 0 || access(matrix, R_OK) != 0) {
        test_skip("real yeast regulation absent: ../shared/data/yeast/regulation_yeastract.tsv.gz");
        return;
    }
    o = pair_import_defaults(genes);
    o.n_drop = 0;
    {
        const char *name = "regulation", *file = matrix;
        o.n_pairs = 1;
        o.pair_name = &name;
        o.pair_file = &file;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    }
    if (r.pairs != NULL) { /* as NumPy and plain Python count them */
        pair_report_adds_up(r.pairs);
        CU_ASSERT(r.pairs->rows == 11486 && r.pairs->rows + r.pairs->zeros == 6885 * 220);
        CU_ASSERT(r.pairs->unknown == 778 && r.pairs->self_pairs == 43 && r.pairs->mutual == 34);
        CU_ASSERT(r.pairs->kept == 10631 && r.pairs->of_class[0] == 0 && r.pairs->of_class[1] == 0);
        CU_ASSERT(llabs(r.pairs->of_class[2] - r.pairs->of_class[3]) < 310); /* 3 standard deviations */
    }
    dn_import_report_destroy(&r);
}

static const dn_test tests[] = {{"regulations against the naive way", regulations_against_the_naive_way},
                                {"order of two genes", order_of_two_genes},
                                {"without directions", without_directions},
                                {"connections of the dataset", connections_of_the_dataset},
                                {"list and matrix", list_and_matrix},
                                {"the real matrix", the_real_matrix},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_regulations", tests);
}
