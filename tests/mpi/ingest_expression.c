/* ingest_expression.c - tests of import --expression of several files: repeated genes by each rule, samples
 * of one name, more lines than a block; the same on any ranks
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"

static const char gene_ids[] = "dream\torf\nG1\tA\nG2\tB\nG3\tC\nG4\tD\n";
/* B three times, once under its other name; D twice without a value; A once */
static const char in_rows[] =
    "orf\ts1\ts2\ts3\nB\t1\tNA\t2\nD\tNA\tNA\tNA\nA\t5\t6\t7\nG2\t2\t1e-3\t8\nD\tNA\tNA\tNA\n"
    "B\t0.1\t3\tNA\n";
/* the same, genes in columns; its first sample has a name that the other file has, too */
static const char in_columns[] =
    "id,B,D,A,G2,D,B\ns1,1,NA,5,2,NA,0.1\nt2,NA,NA,6,1e-3,NA,3\nt3,2,NA,7,8,NA,NA\n";

static const char *stay(const char *path)
{
    static char kept[16][600];
    static int n;
    char *to = kept[n++ % 16];

    snprintf(to, sizeof kept[0], "%s", path);
    return to;
}

typedef struct loaded {
    float *x;
    int64_t genes, samples;
    dn_strings sample, file;
    int64_t sample_file[16];
} loaded;

static dn_status load(const char *path, loaded *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_expression_load(h, &l->x, &l->genes, &l->samples, err));
    DN_TRY(dn_h5_read_strings(h, "/expression/sample", &l->sample, err));
    DN_TRY(dn_h5_read_strings(h, "/expression/file", &l->file, err));
    if (l->samples <= 16)
        DN_TRY(dn_h5_read(h, "/expression/sample_file", DN_I64, 0, l->samples, l->sample_file, err));
out:
    dn_h5_close(&h);
    return st;
}

static void unload(loaded *l)
{
    dn_free(l->x);
    dn_strings_destroy(&l->sample);
    dn_strings_destroy(&l->file);
    *l = (loaded){0};
}

static bool is(const dn_strings *s, int64_t i, const char *want)
{
    char text[600];

    return i < s->n && strcmp(dn_strings_copy(s, i, text, sizeof text), want) == 0;
}

static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* B of both files, as a rule has it. */
static void check_rule(const loaded *l, const float *want)
{
    static const float a[] = {5, 6, 7};

    CU_ASSERT(l->genes == 4 && l->samples == 6);
    for (int64_t s = 0; l->genes == 4 && l->samples == 6 && s < 6; s++) {
        CU_ASSERT_EQUAL(l->x[s], a[s % 3]);
        CU_ASSERT(same(l->x[6 + s], want[s % 3]));
        CU_ASSERT(isnan(l->x[12 + s]) && isnan(l->x[18 + s]));
    }
}

static dn_import_options two_files(void)
{
    static const char *x[2];

    x[0] = stay(test_file("rows.tsv", in_rows, sizeof in_rows - 1));
    x[1] = stay(test_file("columns.csv", in_columns, sizeof in_columns - 1));
    return (dn_import_options){.output = stay(test_path("two.h5")),
                               .gene_ids = stay(test_file("ids.tsv", gene_ids, sizeof gene_ids - 1)),
                               .expression = x,
                               .n_expression = 2,
                               .min_match = 0.5,
                               .force = true};
}

static void repeated_genes_by_each_rule(void)
{
    dn_import_options o = two_files();
    const float want[3][3] = {
        {(float)((1.0 + 2.0 + (double)0.1f) / 3), (float)(((double)1e-3f + 3.0) / 2), 5},
        {1, NAN, 2},
        {2, 1e-3f, 8}};

    for (int k = 0; k < 3; k++) {
        dn_import_report r = {0};
        loaded l = {0};

        o.repeated = (dn_repeated)k;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        for (int f = 0; r.expression != NULL && f < 2; f++) {
            const dn_expression_report *e = &r.expression[f];
            CU_ASSERT(e->ids == 6 && e->used == 3 && e->repeats == 3 && e->repeated == 2);
            CU_ASSERT(e->repeated_ids.n == 3 && strcmp(e->repeated_ids.text[0], "G2") == 0);
            CU_ASSERT(e->renamed == 1 && e->samples == 3 && e->genes_in_columns == (f == 1));
        }
        CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
        check_rule(&l, want[k]);
        unload(&l);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void samples_know_their_file(void)
{
    static const char *const name[] = {"rows|s1", "s2", "s3", "columns|s1", "t2", "t3"};
    dn_import_options o = two_files();
    loaded l = {0};
    dn_import_report r = {0};

    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
    for (int64_t s = 0; s < 6; s++) {
        CU_ASSERT(is(&l.sample, s, name[s]));
        CU_ASSERT_EQUAL(l.sample_file[s], s / 3);
    }
    CU_ASSERT(l.file.n == 2 && is(&l.file, 0, o.expression[0]) && is(&l.file, 1, o.expression[1]));
    unload(&l);
    dn_import_report_destroy(&r);
}

/* A rank hashes a file that others read: of two files two ranks. */
static void every_file_has_its_digest(void)
{
    static const char *const want[] = {/* sha256sum */
                                       "493ecfd99055fd2ce19aa4986b562af1d8fbe5460a79af890e3d234c1994211f",
                                       "c04560593e382c0c8054abc2064e24ca9352aa1324a0585f95e9184d389be4a8",
                                       "876c65fab28f9aae4012b7d3581add996ae4bb31a93bad934caea36739b65045"};
    dn_import_options o = two_files();
    dn_import_report r = {0};
    dn_strings digest = {0};
    dn_h5 *h = NULL;

    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, o.output, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT(h != NULL && dn_h5_read_strings(h, "/sources/sha256", &digest, NULL) == DN_OK);
    CU_ASSERT_EQUAL(digest.n, 3);
    for (int64_t i = 0; i < 3; i++)
        CU_ASSERT(is(&digest, i, want[i]));
    dn_strings_destroy(&digest);
    dn_h5_close(&h);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(const dn_import_options *o, const char *word)
{
    dn_import_report r = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_import(&test_comm, o, "test", &r, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, word) != NULL);
    if (strstr(err.text, word) == NULL)
        fprintf(stderr, "# got: %s\n", err.text);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void what_is_refused(void)
{
    dn_import_options o = two_files();
    const char *twice[2];

    o.repeated = DN_REPEATED_REFUSE;
    refused(&o, "2 genes stand there several times, such as 'G2'");
    o.repeated = DN_REPEATED_MEAN;
    twice[0] = twice[1] = o.expression[0];
    o.expression = twice;
    refused(&o, "sample 'rows|s1' stands in");
}

enum { LONG = 1500, WIDE = 400 };

static float cell(int g, int s)
{
    return (float)((g * 37 + s * 11) % 1009) / 8;
}

static size_t put_head(char *text, bool columns)
{
    int n = columns ? LONG : WIDE;
    size_t at = (size_t)sprintf(text, "id");

    for (int i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, "\t%s%d", columns ? "g" : "s", i);
    return at + (size_t)sprintf(text + at, "\n");
}

/* The digest that sha256sum prints for the one file of a dataset; with and without an output to replace. */
static void check_digest(const dn_import_options *o, const char *want)
{
    dn_import_options again = *o;
    dn_import_report r = {0};
    dn_strings digest = {0};
    dn_h5 *h = NULL;

    for (int turn = 0; turn < 2; turn++) {
        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, o->output, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
        CU_ASSERT(h != NULL && dn_h5_read_strings(h, "/sources/sha256", &digest, NULL) == DN_OK);
        CU_ASSERT(digest.n == 1 && is(&digest, 0, want));
        if (digest.n == 1 && !is(&digest, 0, want))
            fprintf(stderr, "# got: %.64s\n", digest.bytes);
        dn_strings_destroy(&digest);
        dn_h5_close(&h);
        again.force = false; /* hashed before it is compared, and found to be the same */
        CU_ASSERT_EQUAL(dn_import(&test_comm, &again, "test", &r, NULL), DN_OK);
        CU_ASSERT(r.already);
        dn_import_report_destroy(&r);
        if (test_comm.rank == 0)
            remove(o->output);
        MPI_Barrier(test_comm.mpi);
        if (turn == 0)
            CU_ASSERT_EQUAL(dn_import(&test_comm, &again, "test", &r, NULL), DN_OK);
        dn_import_report_destroy(&r);
    }
}

/* More than a block, 1 MB, for one rank and for two. */
static void tables_of_several_blocks(void)
{
    static char text[LONG * WIDE * 8 + 100000];
    static const char *const digest[] = {
        "f271895675a16a8dab5b60ca9d0faba487dfca499b812bd2d4d7378ccf1847a4",
        "60c65ea9c6b1a377e47c2c09ae61bac9839d638e29d35881eeec4a42159f9037"}; /* sha256sum */

    for (int columns = 0; columns <= 1; columns++) {
        size_t at = put_head(text, columns != 0);
        const char *x;
        loaded l = {0};
        dn_import_report r = {0};
        int64_t wrong = 0;
        dn_import_options o = {.output = stay(test_path("long.h5")), .n_expression = 1, .force = true};

        for (int i = 0; i < (columns ? WIDE : LONG); i++) {
            at += (size_t)sprintf(text + at, "%s%d", columns ? "s" : "g", i);
            for (int k = 0; k < (columns ? LONG : WIDE); k++)
                at += (size_t)sprintf(text + at, "\t%.7g", (double)(columns ? cell(k, i) : cell(i, k)));
            at += (size_t)sprintf(text + at, "\n");
        }
        x = stay(test_file("long.tsv", text, at));
        o.expression = &x;
        o.genes_in = columns ? DN_AXIS_COLUMNS : DN_AXIS_ROWS;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
        CU_ASSERT(l.genes == LONG && l.samples == WIDE);
        for (int64_t i = 0; i < l.genes * l.samples; i++)
            wrong += l.x[i] != cell((int)(i / WIDE), (int)(i % WIDE));
        CU_ASSERT_EQUAL(wrong, 0);
        unload(&l);
        dn_import_report_destroy(&r);
        check_digest(&o, digest[columns]);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

#define ZEROS "0000000000000000000000000000000000000000"

/* One table with genes in columns, whose numbers a single rank reads along with the names as long as there is
 * nothing else in it: words for nothing, quotes, blanks, and a first line that says little of the others. */
static void odd_tables(void)
{
    static const char *const text[] = {"id\tA\tB\tC\nx\t1." ZEROS ZEROS "\tNA\t2\ny\t\t-3.5" ZEROS ZEROS
                                       "\t0.001" ZEROS ZEROS "\n",
                                       "id\tA\tB\tC\r\n\"x\"\t1\tNA\t2\r\n\r\n y\t\t-3.5\t1e-3\r\n",
                                       "id\tA\tB\tC\nx\t1\tn/a\t2\ny\t\t\"-3.5\"\t1e-3",
                                       "id\tA\tB\tC\nx\t1\tNaN\t2\ny\t  \t -3.5 \t 1e-3\n"};
    static const float want[] = {1, NAN, NAN, -3.5f, 2, 1e-3f};

    for (int k = 0; k < 4; k++) {
        const char *x = stay(test_file("odd.tsv", text[k], strlen(text[k])));
        dn_import_options o = {.output = stay(test_path("odd.h5")), .expression = &x, .n_expression = 1};
        dn_import_report r = {0};
        loaded l = {0};

        o.genes_in = DN_AXIS_COLUMNS;
        o.force = true;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
        CU_ASSERT(l.genes == 3 && l.samples == 2 && is(&l.sample, 0, "x") && is(&l.sample, 1, "y"));
        for (int i = 0; l.genes == 3 && l.samples == 2 && i < 6; i++)
            CU_ASSERT(same(l.x[i], want[i]));
        unload(&l);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A wide table with nothing in one cell, and then with blanks in another one. */
static void odd_cells_of_a_wide_table(void)
{
    enum { COLUMNS = 1100, LINES = 40 };
    static char text[COLUMNS * LINES * 8 + 16000];

    for (int blanks = 0; blanks < 2; blanks++) {
        size_t at = (size_t)sprintf(text, "id");
        const char *x;
        dn_import_options o = {.output = stay(test_path("wide.h5")), .n_expression = 1, .force = true};
        dn_import_report r = {0};
        loaded l = {0};
        int64_t wrong = 0;

        for (int c = 0; c < COLUMNS; c++)
            at += (size_t)sprintf(text + at, "\tg%d", c);
        for (int s = 0; s < LINES; s++) {
            at += (size_t)sprintf(text + at, "\ns%d", s);
            for (int c = 0; c < COLUMNS; c++)
                if (s == 5 && c == 1050)
                    at += (size_t)sprintf(text + at, "\tNA");
                else
                    at += (size_t)sprintf(text + at, blanks && s == 30 && c == 1098 ? "\t %g " : "\t%g",
                                          (double)cell(c, s));
        }
        x = stay(test_file("wide.tsv", text, at));
        o.expression = &x;
        o.genes_in = DN_AXIS_COLUMNS;
        CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.missing, 1);
        CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
        CU_ASSERT(l.genes == COLUMNS && l.samples == LINES);
        for (int64_t i = 0; i < l.genes * l.samples; i++)
            wrong += !same(l.x[i], i == 1050 * LINES + 5 ? NAN : cell((int)(i / LINES), (int)(i % LINES)));
        CU_ASSERT_EQUAL(wrong, 0);
        unload(&l);
        dn_import_report_destroy(&r);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void more_lines_than_the_first_one_says(void)
{
    enum { LINES = 300 };
    static char text[LINES * 16 + 256];
    size_t at = (size_t)sprintf(text, "id\tA\tB\nfirst%0120d\t0.5\t-0.25\n", 0);
    const char *x;
    dn_import_options o = {.output = stay(test_path("more.h5")), .n_expression = 1, .force = true};
    dn_import_report r = {0};
    loaded l = {0};
    int64_t wrong = 0;

    for (int i = 1; i < LINES; i++)
        at += (size_t)sprintf(text + at, "s%d\t%d\t%d\n", i, i, -i);
    x = stay(test_file("more.tsv", text, at));
    o.expression = &x;
    o.genes_in = DN_AXIS_COLUMNS;
    CU_ASSERT_EQUAL(dn_import(&test_comm, &o, "test", &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(load(o.output, &l, NULL), DN_OK);
    CU_ASSERT(l.genes == 2 && l.samples == LINES);
    for (int i = 1; l.samples == LINES && i < LINES; i++)
        wrong += l.x[i] != (float)i || l.x[LINES + i] != (float)-i;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(l.samples == LINES && l.x[0] == 0.5f && l.x[LINES] == -0.25f);
    unload(&l);
    dn_import_report_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The lines have to be right before a number is looked at; whoever reads them. */
static void what_is_wrong_is_said_in_order(void)
{
    static const char *const text[][2] = {
        {"id\tA\tB\nx\t1\t2\ny\t3\tfoo\nz\t1\n", ":4: ragged row: 2 fields where the first row has 3"},
        {"id\tA\tB\nx\t1\t2\ny\t3\t4\t5\n", ":3: ragged row: 4 fields where the first row has 3"},
        {"id\tA\tB\nx\t1\t2\ny\t3\tfoo\n", ":3: column 'B': 'foo' is not a number"},
        {"id\tA\tB\nx\t1\t2\ny\t1e39\t2\n", ":3: column 'A': '1e39' is too large for a 32-bit float"},
        {"id\tA\tB\nx\t1\t2\n\"y\t3\t4\n", ":3: a quote that opens a field does not end in this line"}};

    for (size_t k = 0; k < sizeof text / sizeof text[0]; k++) {
        const char *x = stay(test_file("wrong.tsv", text[k][0], strlen(text[k][0])));
        dn_import_options o = {.output = stay(test_path("wrong.h5")), .expression = &x, .n_expression = 1};

        o.genes_in = DN_AXIS_COLUMNS;
        o.force = true;
        refused(&o, text[k][1]);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocations from the k-th on. */
static void run_out_of_memory(const dn_import_options *o)
{
    /* the first rank, which looks at the files, and the last */
    for (int r = 0; r<test_comm.size; r += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 3000; k += k < 20 ? 1 : 5 + 8 * test_comm.size) {
            dn_import_report report = {0};
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_import(&test_comm, o, "test", &report, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_import_report_destroy(&report);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static void a_rank_may_run_out_of_memory(void)
{
    dn_import_options o = two_files();

    run_out_of_memory(&o);
    o.expression++; /* the one with genes in columns */
    o.n_expression = 1;
    run_out_of_memory(&o);
}

static const dn_test tests[] = {{"repeated genes by each rule", repeated_genes_by_each_rule},
                                {"samples know their file", samples_know_their_file},
                                {"every file has its digest", every_file_has_its_digest},
                                {"what is refused", what_is_refused},
                                {"tables of several blocks", tables_of_several_blocks},
                                {"odd tables", odd_tables},
                                {"odd cells of a wide table", odd_cells_of_a_wide_table},
                                {"more lines than the first one says", more_lines_than_the_first_one_says},
                                {"what is wrong is said in order", what_is_wrong_is_said_in_order},
                                {"a rank may run out of memory", a_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "ingest_expression", tests);
}
