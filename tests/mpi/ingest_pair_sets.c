/* ingest_pair_sets.c - pair sets of BioGRID, PSI-MITAB, DREAM5, YEASTRACT and matrices: the file does not
 * depend on the ranks, the counts add up, regulations against the naive way */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/io/dataset.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { GENES = 12, ROWS = 160, LINKS = 40, MOST = 400 };

/* Genes a .. l under three names, of which the fourth is dropped. */
static const char *gene_table(bool reversed)
{
    char text[800];
    int n = snprintf(text, sizeof text, "orf\tsymbol\tentrez\n");

    for (int i = 0; i < GENES; i++) {
        int g = reversed ? GENES - 1 - i : i;
        n += snprintf(text + n, sizeof text - (size_t)n, "Y%c\tS%c\t%d\n", 'A' + g, 'A' + g, 100 + g);
    }
    return test_file(reversed ? "reversed.tsv" : "genes.tsv", text, (size_t)n);
}

/* A pair set as it lies in a file. */
typedef struct stored {
    int64_t n, a[MOST], b[MOST];
    uint8_t label[MOST];
    int64_t classes;
    dn_strings id; /* of the genes */
} stored;

static void load(const dn_comm *comm, const char *path, const char *name, stored *out)
{
    dn_h5 *h = NULL;
    char group[64], member[80];
    int ndims;
    int64_t dims[4] = {0};

    *out = (stored){.classes = 2};
    snprintf(group, sizeof group, "/pairs/%s", name);
    snprintf(member, sizeof member, "%s/gene_a", group);
    CU_ASSERT_EQUAL(dn_h5_open(comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    if (h == NULL)
        return;
    CU_ASSERT_EQUAL(dn_h5_shape(h, member, &ndims, dims, NULL), DN_OK);
    CU_ASSERT(dims[0] <= MOST);
    out->n = dims[0] <= MOST ? dims[0] : 0;
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_I64, 0, out->n, out->a, NULL), DN_OK);
    snprintf(member, sizeof member, "%s/gene_b", group);
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_I64, 0, out->n, out->b, NULL), DN_OK);
    snprintf(member, sizeof member, "%s/label", group);
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_U8, 0, out->n, out->label, NULL), DN_OK);
    if (dn_h5_has_attribute(h, group, "classes"))
        CU_ASSERT_EQUAL(dn_h5_get_int(h, group, "classes", &out->classes, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_read_strings(h, "/genes/id", &out->id, NULL), DN_OK);
    dn_h5_close(&h);
}

static bool same(const stored *x, const stored *y)
{
    return x->n == y->n && x->classes == y->classes && memcmp(x->a, y->a, sizeof x->a) == 0 &&
           memcmp(x->b, y->b, sizeof x->b) == 0 && memcmp(x->label, y->label, sizeof x->label) == 0;
}

/* What is left out and what is kept are all rows. */
static void check_sum(const dn_pairs_report *r)
{
    CU_ASSERT_EQUAL(r->rows + r->joined, r->kept + r->unknown + r->self_pairs + r->dropped + r->repeats +
                                             r->two_labels + r->mutual + r->regulated + r->other_organism +
                                             r->other_type + r->other_system + r->no_score + r->low_score);
    CU_ASSERT_EQUAL(r->kept, r->of_class[0] + r->of_class[1] + r->of_class[2] + r->of_class[3]);
    CU_ASSERT_EQUAL(r->positive, r->kept - r->of_class[0]);
}

/* An import of pair sets NAME=file; on all ranks, and again on rank 0 alone with the same outcome. */
typedef struct set {
    const char *name, *file;
} set;

static dn_status import(dn_import_options *o, const set *s, int n, dn_import_report *r, dn_error *err)
{
    const char *names[4], *files[4];
    char path[600];
    dn_import_options one;
    dn_import_report other = {0};
    dn_comm self = {MPI_COMM_SELF, 0, 1};
    dn_status st;

    for (int i = 0; i < n; i++) {
        names[i] = s[i].name;
        files[i] = s[i].file;
    }
    o->n_pairs = n;
    o->pair_name = names;
    o->pair_file = files;
    st = dn_import(&test_comm, o, "test", r, err);
    one = *o;
    snprintf(path, sizeof path, "%s.one", o->output);
    one.output = path;
    if (test_comm.rank == 0 && !o->add) {
        CU_ASSERT_EQUAL(dn_import(&self, &one, "test", &other, NULL), st);
        for (int i = 0; i < n && st == DN_OK; i++) {
            stored x, y;
            load(&self, o->output, names[i], &x);
            load(&self, path, names[i], &y);
            CU_ASSERT(same(&x, &y));
            CU_ASSERT_EQUAL(memcmp(&r->pairs[i], &other.pairs[i], sizeof r->pairs[i]), 0);
            dn_strings_destroy(&x.id);
            dn_strings_destroy(&y.id);
        }
        dn_import_report_destroy(&other);
    }
    MPI_Barrier(test_comm.mpi);
    return st;
}

/* A file that stays under its path; test_file() has four in rotation. */
static const char *keep(const char *name, const char *text)
{
    static char kept[12][600];
    static int n;
    char *to = kept[n++ % 12];

    snprintf(to, sizeof kept[0], "%s", test_file(name, text, strlen(text)));
    return to;
}

static dn_import_options defaults(const char *table)
{
    static const char *const drop[] = {"YD"};
    static char output[600], genes[600];

    snprintf(output, sizeof output, "%s", test_path("sets.h5"));
    snprintf(genes, sizeof genes, "%s", table);
    return (dn_import_options){
        .output = output, .gene_ids = genes, .drop = drop, .n_drop = 1, .min_match = 0.5, .force = true};
}

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
        if (a == GENES || b == GENES) {
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
        r[i] = (row){(int)(u[0] % (GENES + 1)), (int)(u[1] % (GENES + 1)), u[2] % 3 == 0};
        if (u[3] % 16 != 0 && r[i].a > r[i].b && r[i].b % 2 == 0) /* fewer mutual ones */
            r[i].label = 0;
    }
    for (uint64_t i = 1000; n < LINKS; i++) {
        bool fresh = true;
        dn_rng_block(rng, i, 0, u);
        link[n] = (row){(int)(u[0] % GENES), (int)(u[1] % GENES), u[2] % 2};
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
    return keep(name, text);
}

static void regulations_against_the_naive_way(void)
{
    static const char *const formats[] = {"reg=dream5"};
    int64_t seen[4] = {0}, mutual = 0, two = 0;

    for (uint64_t seed = 0; seed < 6; seed++) {
        row r[ROWS], link[LINKS + 1], want[ROWS + LINKS];
        dn_pairs_report count;
        dn_import_options o = defaults(gene_table(false));
        dn_import_report report = {0};
        stored got;
        int n, wrong = 0;

        draw(seed, r, link);
        n = naive(r, link, want, &count);
        o.connections = "known";
        o.pair_format = formats;
        o.n_pair_formats = 1;
        CU_ASSERT_EQUAL(import(&o,
                               (set[]){{"reg", write_rows("r.tsv", r, ROWS, '\t')},
                                       {"known", write_rows("k.csv", link, LINKS, ',')}},
                               2, &report, NULL),
                        DN_OK);
        if (report.pairs == NULL)
            return;
        check_sum(&report.pairs[0]);
        check_sum(&report.pairs[1]);
        CU_ASSERT(report.pairs[0].directed && !report.pairs[1].directed);
        CU_ASSERT(report.pairs[0].unknown == count.unknown && report.pairs[0].mutual == count.mutual &&
                  report.pairs[0].two_labels == count.two_labels && report.pairs[0].kept == count.kept &&
                  report.pairs[0].self_pairs == count.self_pairs &&
                  report.pairs[0].dropped == count.dropped && report.pairs[0].joined == count.joined &&
                  report.pairs[0].regulated == count.regulated);
        load(&test_comm, o.output, "reg", &got);
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
    stored got[3]; /* as it is, genes in another order, factors and targets changed over */
    int n = 0, wrong = 0, rising = 0;

    for (int i = 0; i < GENES; i++)
        for (int k = 0; k < i; k++)
            if (i != 3 && k != 3) {
                int a = 'A' + ((i + k) % 2 ? i : k), b = 'A' + ((i + k) % 2 ? k : i);
                snprintf(text[1] + n, sizeof text[1] - (size_t)n, "Y%c;Y%c\n", b, a);
                n += snprintf(text[0] + n, sizeof text[0] - (size_t)n, "Y%c;Y%c\n", a, b);
            }
    file[0] = keep("all.csv", text[0]);
    file[1] = keep("turned.csv", text[1]);
    for (int i = 0; i < 3; i++) {
        dn_import_options o = defaults(gene_table(i == 1));
        dn_import_report r = {0};
        CU_ASSERT_EQUAL(import(&o, (set[]){{"reg", file[i / 2]}}, 1, &r, NULL), DN_OK);
        load(&test_comm, o.output, "reg", &got[i]);
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
    dn_import_options o = defaults(gene_table(false));
    dn_import_report r = {0};
    stored got;
    static const char text[] =
        "YA\tYB\t1\nYB\tYA\t1\nYC\tYA\t0\nYA\tYC\t1\nYE\tYF\t0\nYE\tYF\t1\nYF\tYG\t0\n";
    static const char *const formats[] = {"dream5"};

    o.undirected = true;
    o.pair_format = formats;
    o.n_pair_formats = 1;
    CU_ASSERT_EQUAL(import(&o, (set[]){{"reg", keep("u.tsv", text)}}, 1, &r, NULL), DN_OK);
    load(&test_comm, o.output, "reg", &got);
    CU_ASSERT(got.classes == 2 && got.n == 3);
    CU_ASSERT(got.a[0] == 0 && got.b[0] == 1 && got.label[0] == 1);
    CU_ASSERT(got.a[1] == 0 && got.b[1] == 2 && got.label[1] == 1);
    CU_ASSERT(got.a[2] == 4 && got.b[2] == 5 && got.label[2] == 0);
    if (r.pairs != NULL) {
        check_sum(r.pairs);
        CU_ASSERT(r.pairs->repeats == 3 && r.pairs->two_labels == 1 && !r.pairs->directed);
    }
    dn_strings_destroy(&got.id);
    dn_import_report_destroy(&r);
}

/* A set of the dataset gives the connections; the outcome is that of one import. */
static void connections_of_the_dataset(void)
{
    row r[ROWS], link[LINKS + 1];
    dn_import_options o = defaults(gene_table(false));
    dn_import_report report = {0};
    dn_error err = DN_ERROR_INIT;
    stored got, again;
    const char *reg, *known;
    static const char *const formats[] = {"reg=dream5"};

    draw(3, r, link);
    reg = write_rows("cr.tsv", r, ROWS, '\t');
    known = write_rows("ck.csv", link, LINKS, ',');
    CU_ASSERT_EQUAL(import(&o, (set[]){{"known", known}}, 1, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    o.gene_ids = NULL;
    o.n_drop = 0;
    o.add = true;
    o.pair_format = formats;
    o.n_pair_formats = 1;
    o.connections = "nothing";
    CU_ASSERT_EQUAL(import(&o, (set[]){{"reg", reg}}, 1, &report, &err), DN_EUSAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--connections nothing: no pair set of that name"));
    o.connections = "known";
    CU_ASSERT_EQUAL(import(&o, (set[]){{"reg", reg}}, 1, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    load(&test_comm, o.output, "reg", &got);
    o = defaults(gene_table(false));
    o.connections = "known";
    o.pair_format = formats;
    o.n_pair_formats = 1;
    CU_ASSERT_EQUAL(import(&o, (set[]){{"known", known}, {"reg", reg}}, 2, &report, NULL), DN_OK);
    dn_import_report_destroy(&report);
    load(&test_comm, o.output, "reg", &again);
    CU_ASSERT(got.n > 20 && same(&got, &again));
    dn_strings_destroy(&got.id);
    dn_strings_destroy(&again.id);
}

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
    const char *file = keep("b.tab3.txt", biogrid);
    const struct {
        dn_evidence_filter filter;
        int64_t kept, unknown, organism, type, system, no_score, low;
    } want[] = {{{0}, 4, 0, 0, 0, 0, 0, 0},
                {{.organism = "1"}, 3, 0, 1, 0, 0, 0, 0},
                {{.type = DN_EXPERIMENT_GENETIC}, 1, 0, 0, 6, 0, 0, 0},
                {{.system = "pca,negative genetic"}, 2, 0, 0, 0, 5, 0, 0},
                {{.scored = true, .min_score = 0.2}, 2, 0, 0, 0, 0, 1, 2}};

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        dn_import_options o = defaults(gene_table(false));
        dn_import_report r = {0};
        const dn_pairs_report *p;

        o.filter = want[i].filter;
        CU_ASSERT_EQUAL(import(&o, (set[]){{"b", file}}, 1, &r, NULL), DN_OK);
        p = r.pairs;
        if (p != NULL) {
            check_sum(p);
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
        dn_import_options o = defaults(keep("some.tsv", want[i].table));
        dn_import_report r = {0};

        o.n_drop = 0;
        CU_ASSERT_EQUAL(import(&o, (set[]){{"b", keep("n.tab2.txt", want[i].text)}}, 1, &r, NULL), DN_OK);
        if (r.pairs != NULL) {
            check_sum(r.pairs);
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
    dn_import_options o = defaults(gene_table(false));
    dn_import_report r = {0};
    stored got;
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
    CU_ASSERT_EQUAL(import(&o, (set[]){{"m", keep("m.txt", text)}}, 1, &r, NULL), DN_OK);
    load(&test_comm, o.output, "m", &got);
    CU_ASSERT_EQUAL(got.n, 2);
    CU_ASSERT(got.a[0] == 0 && got.b[0] == 2 && got.label[0] == 0);
    CU_ASSERT(got.a[1] == 3 && got.b[1] == 4 && got.label[1] == 1);
    if (r.pairs != NULL) {
        check_sum(r.pairs);
        CU_ASSERT(r.pairs->rows == 6 && r.pairs->repeats == 2 && r.pairs->two_labels == 1 &&
                  r.pairs->unknown == 1);
        CU_ASSERT_STRING_EQUAL(r.pairs->naming, "alias");
        CU_ASSERT_STRING_EQUAL(r.pairs->unknown_ids.text[0], "SF");
    }
    dn_strings_destroy(&got.id);
    dn_import_report_destroy(&r);
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
    dn_import_options o = defaults(gene_table(false));
    dn_import_report r = {0};
    stored got[2];

    CU_ASSERT_EQUAL(
        import(&o, (set[]){{"l", keep("l.csv", list)}, {"m", keep("m.tsv", matrix)}}, 2, &r, NULL), DN_OK);
    for (int i = 0; i < 2; i++)
        load(&test_comm, o.output, i == 0 ? "l" : "m", &got[i]);
    if (r.pairs != NULL) {
        for (int i = 0; i < 2; i++) {
            check_sum(&r.pairs[i]);
            CU_ASSERT(r.pairs[i].rows == 6 && r.pairs[i].kept == 3 && r.pairs[i].mutual == 2 &&
                      r.pairs[i].unknown == 1);
            CU_ASSERT_STRING_EQUAL(r.pairs[i].unknown_ids.text[0], "none");
        }
        CU_ASSERT(r.pairs[0].zeros == 0 && r.pairs[1].zeros == 18);
    }
    CU_ASSERT(same(&got[0], &got[1]) && got[0].n == 3 && got[0].classes == 4);
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
    o = defaults(genes);
    o.n_drop = 0;
    {
        const char *name = "regulation", *file = matrix;
        o.n_pairs = 1;
        o.pair_name = &name;
        o.pair_file = &file;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    }
    if (r.pairs != NULL) { /* as NumPy and plain Python count them */
        check_sum(r.pairs);
        CU_ASSERT(r.pairs->rows == 11486 && r.pairs->rows + r.pairs->zeros == 6885 * 220);
        CU_ASSERT(r.pairs->unknown == 778 && r.pairs->self_pairs == 43 && r.pairs->mutual == 34);
        CU_ASSERT(r.pairs->kept == 10631 && r.pairs->of_class[0] == 0 && r.pairs->of_class[1] == 0);
        CU_ASSERT(llabs(r.pairs->of_class[2] - r.pairs->of_class[3]) < 310); /* 3 standard deviations */
    }
    dn_import_report_destroy(&r);
}

/* ---- refusals ---- */

static void options_that_fit_no_set(void)
{
    const char *pairs = keep("o.csv", "YA,YB,1\nYA,YC,0\n"), *reg = keep("o2.csv", "YA;YB\n");
    static const char *const bad_format[] = {"biogird"}, *const no_set[] = {"q=table"};
    dn_import_options o;
    dn_import_report r = {0};
    dn_error err;
#define REFUSED(text_, ...)                                                        \
    do {                                                                           \
        err = (dn_error)DN_ERROR_INIT;                                             \
        CU_ASSERT_EQUAL(import(&o, (set[]){__VA_ARGS__}, 1, &r, &err), DN_EUSAGE); \
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, text_));                           \
        o = defaults(gene_table(false));                                           \
    } while (0)

    o = defaults(gene_table(false));
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
    const char *reg = keep("am.tsv", "g\tSA\tSB\tSC\nSA\t0\t1\t0\nSB\t0\t0\t0\nSC\t1\t1\t0\n");
    const char *known = keep("ak.tab3.txt", biogrid);
    const char *names[2] = {"reg", "known"}, *files[2] = {reg, known};

    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 3000; k += 1 + 16 * (test_comm.size - 1)) {
            dn_import_options o = defaults(gene_table(false));
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

static const dn_test tests[] = {{"regulations against the naive way", regulations_against_the_naive_way},
                                {"order of two genes", order_of_two_genes},
                                {"without directions", without_directions},
                                {"connections of the dataset", connections_of_the_dataset},
                                {"BioGRID, counts", biogrid_counts},
                                {"BioGRID, namings", biogrid_namings},
                                {"PSI-MITAB, negative interactions", mitab_negative_interactions},
                                {"list and matrix", list_and_matrix},
                                {"the real matrix", the_real_matrix},
                                {"options that fit no set", options_that_fit_no_set},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_pair_sets", tests);
}
