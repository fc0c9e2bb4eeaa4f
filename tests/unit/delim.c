/* delim.c - tests of solvers/formats/delim.h */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

/* All records of a table as "a|b;c|d;" in buf; returns the verdict. */
static dn_status flatten(dn_delim *d, char *buf, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    dn_record r;
    bool more = true;
    size_t n = 0;

    buf[0] = '\0';
    for (;;) {
        DN_TRY(dn_delim_next(d, &r, &more, err));
        if (!more)
            break;
        for (int64_t i = 0; i < r.n; i++)
            n += (size_t)snprintf(buf + n, cap - n, "%.*s%s", (int)r.field[i].len, r.field[i].text,
                                  i + 1 < r.n ? "|" : ";");
    }
out:
    return st;
}

static dn_status flat(const char *name, const char *text, size_t len, char *buf, size_t cap, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;

    DN_TRY(dn_delim_open_memory(name, text, len, 0, &d, err));
    DN_TRY(flatten(d, buf, cap, err));
out:
    dn_delim_close(&d);
    return st;
}

static void check_flat(const char *name, const char *text, const char *want)
{
    char buf[400];
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(flat(name, text, strlen(text), buf, sizeof buf, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(buf, want);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void line_ends_and_marks(void)
{
    check_flat("a.tsv", "a\tb\n1\t2\n", "a|b;1|2;");
    check_flat("a.tsv", "a\tb\n1\t2", "a|b;1|2;");
    check_flat("a.tsv", "a\tb\r\n1\t2\r\n", "a|b;1|2;");
    check_flat("a.tsv", "a\tb\r\n1\t2\r", "a|b;1|2;");
    check_flat("a.tsv",
               "\xef\xbb\xbf"
               "a\tb\n1\t2\n",
               "a|b;1|2;");
    check_flat("a.tsv", "a\tb\n\n1\t2\n\r\n\n", "a|b;1|2;");
    check_flat("a.tsv", "", "");
    check_flat("a.tsv", "\n\n", "");
    check_flat("a.tsv", "\xef\xbb\xbf", "");
    check_flat("a.tsv", "a\t\t\n", "a||;");
    check_flat("a.tsv", "\t a b \t\n", "|a b|;");
}

static void separators(void)
{
    check_flat("a.csv", "a,b\n1,2\n", "a|b;1|2;");
    check_flat("a.csv.gz", "a,b\tc\td\n", "a|b\tc\td;");
    check_flat("a.tsv", "a,b,c\td\n", "a,b,c|d;");
    check_flat("a.csv", "a\tb\n", "a|b;");
    check_flat("a.tsv", "a,b\n", "a|b;");
    check_flat("a", "a,b\tc\td\n", "a,b|c|d;");
    check_flat("a", "one\n", "one;");
}

static void quotes(void)
{
    check_flat("a.csv", "\"a,1\",\"say \"\"b\"\"\"\n", "a,1|say \"b\";");
    check_flat("a.csv", "\"\",x\n", "|x;");
    check_flat("a.tsv", "\"a\"\t\"b\"\r\n", "a|b;");
    check_flat("a.csv", "5\" tube,x\n", "5\" tube|x;");
    check_flat("a.csv", " \"a\" ,b\n", "a|b;");
}

static void broken(const char *text, size_t len, const char *want)
{
    char buf[200];
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(flat("f.csv", text, len, buf, sizeof buf, &err), DN_EDATA);
    CU_ASSERT(test_says(&err, want));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void broken_lines(void)
{
    broken("a,b\n\"open,2\n", 12, "f.csv:2: a quote");
    broken("a,b\n1,\"x\"y\n", 11, "f.csv:2: field 2 goes on");
    broken("a,b\n1,\0\n", 8, "f.csv:2: a NUL");
}

/* Cut a file in every way into up to 5 ranges: the records stay, and line numbers are those of the file. */
static void ranges(void)
{
    static const char text[] = "\xef\xbb\xbf"
                               "h,i\n1,2\r\n\n333,4444444\n5,6\n\n7,8";
    const char *path = test_file("ranges.csv", text, sizeof text - 1);
    int64_t size = (int64_t)sizeof text - 1;

    for (int64_t parts = 1; parts <= 5; parts++)
        for (int64_t skew = 0; skew < size; skew++) {
            char all[400] = "";
            int64_t begin = 0;
            for (int64_t p = 0; p < parts; p++) {
                int64_t end = p + 1 == parts ? size : begin + (size - begin) * (skew + 1) / (size + p);
                dn_delim *d = NULL;
                char buf[200];
                CU_ASSERT_EQUAL(dn_delim_open_range(path, ',', begin, end, &d, NULL), DN_OK);
                CU_ASSERT_EQUAL(flatten(d, buf, sizeof buf, NULL), DN_OK);
                if (strstr(buf, "7|8") != NULL)
                    CU_ASSERT_EQUAL(dn_delim_line(d), 7);
                strcat(all, buf);
                dn_delim_close(&d);
                begin = end;
            }
            CU_ASSERT_STRING_EQUAL(all, "h|i;1|2;333|4444444;5|6;7|8;");
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Lines longer than the read buffer, and a line end exactly at its edge. */
static void long_lines(void)
{
    size_t n = (1u << 18) + 5;
    char *text = dn_calloc(2 * n, 1);
    dn_delim *d = NULL;
    dn_record r;
    bool more;

    for (size_t k = n - 8; k < n; k++) {
        memset(text, 'x', 2 * n);
        text[k] = '\n';
        CU_ASSERT_EQUAL(dn_delim_open_memory("long", text, 2 * n, '\t', &d, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_delim_next(d, &r, &more, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.field[0].len, k);
        CU_ASSERT_EQUAL(dn_delim_offset(d), (int64_t)k + 1);
        CU_ASSERT_EQUAL(dn_delim_next(d, &r, &more, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.field[0].len, 2 * n - k - 1);
        CU_ASSERT_EQUAL(dn_delim_next(d, &r, &more, NULL), DN_OK);
        CU_ASSERT(!more);
        dn_delim_close(&d);
    }
    dn_free(text);
}

static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 50; k++) {
        char buf[100];
        dn_alloc_fail_after(k);
        st = flat("a.csv", "a,b\n1,2\n", 8, buf, sizeof buf, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static void missing_file(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_delim *d = NULL;

    CU_ASSERT_EQUAL(dn_delim_open("/nowhere/at.tsv", 0, &d, &err), DN_ENOINPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "/nowhere/at.tsv"));
    CU_ASSERT_EQUAL(dn_delim_open("/tmp", 0, &d, NULL), DN_ENOINPUT);
}

static const dn_test tests[] = {{"line ends and marks", line_ends_and_marks},
                                {"separators", separators},
                                {"quotes", quotes},
                                {"broken lines", broken_lines},
                                {"ranges", ranges},
                                {"long lines", long_lines},
                                {"refused memory", refused_memory},
                                {"missing file", missing_file},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "delim", tests);
}
