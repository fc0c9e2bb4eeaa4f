/* ingest.c - tests of mpi/io/ingest.h: the file does not depend on the ranks, and every count is right */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/io/dataset.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

static const char gene_ids[] =
    "index0\tdream\torf\n0\tG1\tA\n1\tG2\tB\n2\tG3\tdecoy1\n3\tG4\tD\n4\tG5\tE\n5\tG6\tF\n";
static const char in_rows[] =
    "orf\ts1\ts2\nB\t1\t2\nA\t3\tNA\nE\t7\t7\nB\t8\t8\nX\t0\t0\nD\t\t-1.5\ndecoy1\t0\t1\n";
static const char in_columns[] = "G2,G1,G5,G77,G4,G3\n1,3,7,0,,0\n2,NA,7,0,-1.5,1\n";

/* Paths of test_file() and test_path() live in four buffers in rotation; these stay. */
static const char *stay(const char *path)
{
    static char kept[40][600];
    static int n;
    char *to = kept[n++ % 40];

    snprintf(to, sizeof kept[0], "%s", path);
    return to;
}

static dn_comm alone(void)
{
    return (dn_comm){MPI_COMM_SELF, 0, 1};
}

/* Whether two datasets hold the same expression, genes and pairs, bit for bit. Local (reads on one rank). */
static bool same_content(const char *left, const char *right, const char *pairs)
{
    dn_comm self = alone();
    dn_h5 *h[2] = {NULL, NULL};
    dn_genes g[2] = {{0}, {0}};
    dn_pairs p[2] = {{0}, {0}};
    float *x[2] = {NULL, NULL};
    int64_t n[2] = {0, 0}, s[2] = {0, 0};
    bool same = true;

    for (int i = 0; i < 2 && same; i++)
        same = dn_h5_open(&self, i == 0 ? left : right, DN_DATASET_SCHEMA, &h[i], NULL) == DN_OK &&
               dn_genes_load(h[i], &g[i], NULL) == DN_OK &&
               dn_expression_load(h[i], &x[i], &n[i], &s[i], NULL) == DN_OK &&
               (pairs == NULL || dn_pairs_load(h[i], pairs, &p[i], NULL) == DN_OK);
    same = same && n[0] == n[1] && s[0] == s[1] && g[0].n == g[1].n && p[0].n == p[1].n &&
           p[0].two_labels == p[1].two_labels;
    same = same && memcmp(x[0], x[1], (size_t)(n[0] * s[0]) * sizeof(float)) == 0;
    same = same && memcmp(g[0].table_row, g[1].table_row, (size_t)n[0] * 8) == 0;
    same = same && memcmp(g[0].values, g[1].values, (size_t)n[0] * 8) == 0;
    same = same && memcmp(g[0].id.bytes, g[1].id.bytes, (size_t)g[0].id.offset[g[0].n]) == 0;
    if (same && p[0].n > 0)
        same = memcmp(p[0].gene_a, p[1].gene_a, (size_t)p[0].n * 4) == 0 &&
               memcmp(p[0].gene_b, p[1].gene_b, (size_t)p[0].n * 4) == 0 &&
               memcmp(p[0].label, p[1].label, (size_t)p[0].n) == 0;
    for (int i = 0; i < 2; i++) {
        dn_genes_destroy(&g[i]);
        dn_pairs_destroy(&p[i]);
        dn_free(x[i]);
        dn_h5_close(&h[i]);
    }
    return same;
}

/* Import on all ranks to out, and on rank 0 alone to "<out>.one"; the content must be the same. */
static dn_status import_twice(const dn_import_options *o, dn_import_report *r, dn_error *err)
{
    dn_status st = dn_import(&test_comm, o, "test", r, err);
    char path[600];
    dn_import_options one = *o;
    dn_import_report other = {0};
    dn_comm self = alone();

    snprintf(path, sizeof path, "%s.one", o->output);
    one.output = path;
    if (test_comm.rank == 0 && st == DN_OK) {
        CU_ASSERT_EQUAL(dn_import(&self, &one, "test", &other, NULL), DN_OK);
        CU_ASSERT(same_content(o->output, path, o->n_pairs > 0 ? o->pair_name[0] : NULL));
        dn_import_report_destroy(&other);
    }
    MPI_Barrier(test_comm.mpi);
    return st;
}

static dn_import_options defaults(const char *output)
{
    return (dn_import_options){.output = output, .min_match = 0.5, .force = true};
}

/* Genes A B D E F (decoy1 dropped): rows and columns give this. */
static void check_small(const char *path)
{
    static const float want[5][2] = {{3, NAN}, {1, 2}, {NAN, -1.5f}, {7, 7}, {NAN, NAN}};
    static const int64_t values[5] = {1, 2, 1, 2, 0}, rows[5] = {0, 1, 3, 4, 5};
    dn_h5 *h = NULL;
    dn_genes g = {0};
    float *x = NULL;
    int64_t n = 0, s = 0;

    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_genes_load(h, &g, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_expression_load(h, &x, &n, &s, NULL), DN_OK);
    CU_ASSERT(n == 5 && s == 2);
    for (int64_t i = 0; n == 5 && i < 5; i++) {
        CU_ASSERT_EQUAL(g.values[i], values[i]);
        CU_ASSERT_EQUAL(g.table_row[i], rows[i]);
        CU_ASSERT_EQUAL(g.decoy[i], i == 4);
        for (int64_t k = 0; k < 2; k++)
            CU_ASSERT(x[2 * i + k] == want[i][k] || (isnan(x[2 * i + k]) && isnan(want[i][k])));
    }
    dn_genes_destroy(&g);
    dn_free(x);
    dn_h5_close(&h);
}

static void rows_and_columns(void)
{
    const char *table = stay(test_file("ids.tsv", gene_ids, sizeof gene_ids - 1));
    static const char *const drop[] = {"decoy*"}, *const decoy[] = {"F"};

    for (int columns = 0; columns <= 1; columns++) {
        const char *x = columns ? stay(test_file("x.csv", in_columns, sizeof in_columns - 1))
                                : stay(test_file("x.tsv", in_rows, sizeof in_rows - 1));
        dn_import_options o = defaults(stay(test_path("small.h5")));
        dn_import_report r = {0};

        o.gene_ids = table;
        o.expression = &x;
        o.n_expression = 1;
        o.drop = drop;
        o.decoys = decoy;
        o.n_drop = o.n_decoys = 1;
        o.repeated = DN_REPEATED_FIRST;
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        check_small(o.output);
        CU_ASSERT_STRING_EQUAL(r.primary, columns ? "dream" : "orf");
        CU_ASSERT(r.genes == 5 && r.dropped == 1 && r.decoys == 1 && r.table_rows == 6);
        CU_ASSERT(r.no_values == 1 && r.no_variance == 3 && r.missing == 4);
        CU_ASSERT_STRING_EQUAL(r.no_variance_genes.text[1], columns ? "G4" : "D");
        if (r.expression != NULL) {
            CU_ASSERT(r.expression[0].unknown == 1 && r.expression[0].dropped == 1 &&
                      r.expression[0].used == 4);
            CU_ASSERT_EQUAL(r.expression[0].repeats, columns ? 0 : 1);
            CU_ASSERT_EQUAL(r.expression[0].genes_in_columns, columns);
        }
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Lines of uneven length, one file or two of the same content, no gene table; also fewer lines than ranks. */
static void any_number_of_lines(void)
{
    static char text[20000];
    dn_rng rng = dn_rng_stream(1, DN_RNG_SYNTH, 0, 0);

    for (int lines = 1; lines < 200; lines = lines < 6 ? lines + 1 : lines * 2 + 1) {
        dn_import_options o = defaults(stay(test_path("lines.h5")));
        dn_import_report r = {0};
        size_t n = (size_t)snprintf(text, sizeof text, "id,u,v,w\n");
        const char *x[2];

        for (int i = 0; i < lines; i++) {
            uint64_t u = dn_rng_u64(rng, (uint64_t)i);
            n += (size_t)snprintf(text + n, sizeof text - n, "gene%.*d,%.*f,NA,%d\n", 1 + (int)(u % 40), i,
                                  (int)(u >> 8 & 15), (double)(u >> 40) / 3e4, i);
        }
        n -= (size_t)(lines % 3 == 0); /* some without the last line end */
        x[0] = stay(test_file("lines.csv", text, n));
        x[1] = stay(test_file("again.csv", text, n));
        o.expression = x;
        o.n_expression = 1 + lines % 2;
        CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.genes, lines);
        CU_ASSERT_EQUAL(r.samples, 3 * o.n_expression);
        CU_ASSERT_EQUAL(r.missing, lines * o.n_expression);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

enum { GENES = 12, ROWS = 150 };

/* Counts and pairs by the naive way. out [ROWS, 3]; returns how many are kept. */
static int64_t naive(int64_t row[ROWS][3], int64_t out[ROWS][3], dn_pairs_report *r)
{
    int64_t n = 0;

    *r = (dn_pairs_report){.rows = ROWS};
    for (int i = 0; i < ROWS; i++) {
        int64_t a = row[i][0], b = row[i][1];
        bool before = false, both = false;

        if (a == b) {
            r->self_pairs++;
            continue;
        }
        if (a == 3 || b == 3) {
            r->dropped++;
            continue;
        }
        for (int k = 0; k < ROWS; k++)
            if ((row[k][0] == a && row[k][1] == b) || (row[k][0] == b && row[k][1] == a)) {
                before = before || k < i;
                both = both || row[k][2] != row[i][2];
            }
        r->repeats += before;
        r->two_labels += !before && both;
        if (before || both)
            continue;
        out[n][0] = a - (a > 3);
        out[n][1] = b - (b > 3);
        out[n][2] = row[i][2];
        r->positive += row[i][2];
        n++;
    }
    r->kept = n;
    return n;
}

static void write_pairs(int64_t row[ROWS][3], const char **out_npy, const char **out_text)
{
    static char text[ROWS * 16 + 40];
    static unsigned char npy[200 + sizeof(int64_t) * 3 * ROWS];
    int n = 0, head;

    for (int i = 0; i < ROWS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%c,%c,%d\n", 'A' + (char)row[i][0],
                      'A' + (char)row[i][1], (int)row[i][2]);
    head = snprintf((char *)npy + 10, 150, "{'descr': '<i8', 'fortran_order': False, 'shape': (%d, 3), }\n",
                    ROWS);
    memcpy(npy, "\x93NUMPY\x01\x00", 8);
    npy[8] = (unsigned char)head;
    npy[9] = 0;
    memcpy(npy + 10 + head, row, sizeof(int64_t) * 3 * ROWS);
    *out_npy = stay(test_file("p.npy", npy, (size_t)(10 + head) + sizeof(int64_t) * 3 * ROWS));
    *out_text = stay(test_file("p.csv", text, (size_t)n));
}

static void pairs_against_the_naive_way(void)
{
    static const char x[] = "id\ts\nA\t1\nB\t1\nC\t1\nD\t1\nE\t1\nF\t1\nG\t1\nH\t1\nI\t1\nJ\t1\nK\t1\nL\t1\n";
    static const char *const drop[] = {"D"}, *const names[] = {"one"};
    const char *expression = stay(test_file("genes.tsv", x, sizeof x - 1));

    for (uint64_t seed = 0; seed < 3; seed++) {
        int64_t row[ROWS][3], want[ROWS][3], n;
        dn_pairs_report counts;
        dn_rng rng = dn_rng_stream(seed, DN_RNG_SYNTH, 7, 0);
        const char *file[2];

        for (int i = 0; i < ROWS; i++) {
            uint32_t u[4];
            dn_rng_block(rng, (uint64_t)i, 0, u);
            row[i][0] = u[0] % GENES;
            row[i][1] = u[1] % GENES;
            row[i][2] = u[2] % 8 == 0 ? u[3] % 2 : (row[i][0] + row[i][1]) % 2;
        }
        n = naive(row, want, &counts);
        CU_ASSERT(n > 10 && counts.two_labels > 0 && counts.repeats > 0);
        write_pairs(row, &file[0], &file[1]);
        for (int f = 0; f < 2; f++) {
            dn_import_options o = defaults(stay(test_path("pairs.h5")));
            dn_import_report r = {0};
            dn_h5 *h = NULL;
            dn_pairs p = {0};
            int64_t wrong = 0;

            o.expression = &expression;
            o.drop = drop;
            o.n_drop = o.n_expression = o.n_pairs = 1;
            o.pair_name = names;
            o.pair_file = &file[f];
            CU_ASSERT_EQUAL(import_twice(&o, &r, NULL), DN_OK);
            if (r.pairs != NULL)
                CU_ASSERT(r.pairs->rows == counts.rows && r.pairs->kept == counts.kept &&
                          r.pairs->self_pairs == counts.self_pairs && r.pairs->dropped == counts.dropped &&
                          r.pairs->repeats == counts.repeats && r.pairs->two_labels == counts.two_labels &&
                          r.pairs->positive == counts.positive && r.pairs->unknown == 0);
            CU_ASSERT_EQUAL(dn_h5_open(&test_comm, o.output, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_pairs_load(h, "one", &p, NULL), DN_OK);
            CU_ASSERT_EQUAL(p.n, n);
            CU_ASSERT_EQUAL(p.two_labels, counts.two_labels);
            for (int64_t i = 0; i < n && p.n == n; i++)
                wrong += p.gene_a[i] != want[i][0] || p.gene_b[i] != want[i][1] || p.label[i] != want[i][2];
            CU_ASSERT_EQUAL(wrong, 0);
            dn_pairs_destroy(&p);
            dn_h5_close(&h);
            dn_import_report_destroy(&r);
        }
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* --add: the second set stands beside the first, again is "already complete", another one under the name is
 * refused. */
static void add_to_a_dataset(void)
{
    static const char x[] = "id\ts\nA\t1\nB\t1\nC\t1\n", one[] = "A,B,1\nB,C,0\n", two[] = "C,A,0\nB,A,1\n";
    static const char *const first[] = {"one"}, *const second[] = {"two"};
    const char *expression = stay(test_file("add.tsv", x, sizeof x - 1));
    const char *file1 = stay(test_file("one.csv", one, sizeof one - 1)),
               *file2 = stay(test_file("two.csv", two, sizeof two - 1));
    dn_import_options o = defaults(stay(test_path("add.h5")));
    dn_import_report r = {0};
    dn_h5 *h = NULL;
    dn_pairs p = {0};
    dn_strings sources = {0};
    dn_error err = DN_ERROR_INIT;

    o.expression = &expression;
    o.n_expression = o.n_pairs = 1;
    o.pair_name = first;
    o.pair_file = &file1;
    o.force = false;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT(!r.already);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT(r.already);
    dn_import_report_destroy(&r);
    o.n_expression = 0;
    o.add = true;
    o.pair_file = &file2;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "pair set 'one' exists"));
    o.pair_name = second;
    for (int again = 0; again <= 1; again++) {
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.already, again);
        dn_import_report_destroy(&r);
    }
    o.pair_name = first;
    o.force = true;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, o.output, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(dn_pairs_load(h, i == 0 ? "one" : "two", &p, NULL), DN_OK);
        CU_ASSERT(p.n == 2 && p.gene_a[0] == 2 && p.gene_b[0] == 0 && p.label[0] == 0);
        dn_pairs_destroy(&p);
    }
    CU_ASSERT_EQUAL(dn_h5_read_strings(h, "/sources/path", &sources, NULL), DN_OK);
    CU_ASSERT_EQUAL(sources.n, 4);
    dn_strings_destroy(&sources);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing leaks, no file is left. */
static void any_rank_may_run_out_of_memory(void)
{
    const char *output = stay(test_path("memory.h5"));
    static const char pairs[] = "A,B,1\nB,D,0\nE,A,1\nA,E,1\n";
    static const char *const names[] = {"p"};
    const char *x = stay(test_file("m.tsv", in_rows, sizeof in_rows - 1)),
               *table = stay(test_file("m.ids", gene_ids, sizeof gene_ids - 1));
    const char *file = stay(test_file("m.csv", pairs, sizeof pairs - 1));

    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 3000; k = test_next_refused(k)) {
            dn_import_options o = defaults(output);
            dn_import_report r = {0};
            dn_error err = DN_ERROR_INIT;

            o.expression = &x;
            o.gene_ids = table;
            o.pair_name = names;
            o.pair_file = &file;
            o.n_expression = o.n_pairs = 1;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_import(&test_comm, &o, "test", &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            CU_ASSERT(st == DN_OK || access(o.output, F_OK) != 0);
            dn_import_report_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            MPI_Barrier(test_comm.mpi);
            if (st == DN_OK && test_comm.rank == 0)
                unlink(o.output);
            MPI_Barrier(test_comm.mpi);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"genes in rows and in columns", rows_and_columns},
                                {"any number of lines", any_number_of_lines},
                                {"pairs against the naive way", pairs_against_the_naive_way},
                                {"add to a dataset", add_to_a_dataset},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest", tests);
}
