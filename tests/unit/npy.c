/* npy.c - tests of solvers/formats/npy.h */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/npy.h"

/* A file image: version, dictionary, data; returns its length. */
static size_t image(unsigned char *buf, int version, const char *dict, const void *data, size_t bytes)
{
    size_t n = strlen(dict), at = version == 1 ? 10 : 12;

    memcpy(buf, "\x93NUMPY", 6);
    buf[6] = (unsigned char)version;
    buf[7] = 0;
    memset(buf + 8, 0, 4);
    buf[8] = (unsigned char)n;
    memcpy(buf + at, dict, n);
    if (bytes > 0)
        memcpy(buf + at + n, data, bytes);
    return at + n + bytes;
}

static void good(void)
{
    static const double f64[6] = {0, 5, 1, 7, 2, 0};
    static const int64_t i64[6] = {0, 5, 1, 7, 2, 0};
    static const int32_t i32[6] = {0, 5, 1, 7, 2, -1};
    static const struct {
        const char *descr;
        const void *data;
        size_t item;
        int64_t last;
    } kinds[] = {{"<f8", f64, 8, 0}, {"<i8", i64, 8, 0}, {"<i4", i32, 4, -1}};

    for (int version = 1; version <= 2; version++)
        for (size_t k = 0; k < 3; k++) {
            unsigned char buf[300];
            char dict[120];
            dn_npy a;
            int64_t out[6] = {0};
            size_t n;
            snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3), }   \n",
                     kinds[k].descr);
            n = image(buf, version, dict, kinds[k].data, 6 * kinds[k].item);
            const char *path = test_file("good.npy", buf, n);
            CU_ASSERT_EQUAL(dn_npy_open(path, &a, NULL), DN_OK);
            CU_ASSERT_EQUAL(a.rows, 2);
            CU_ASSERT_EQUAL(dn_npy_read(path, &a, 0, 2, out, NULL), DN_OK);
            CU_ASSERT(out[1] == 5 && out[3] == 7 && out[5] == kinds[k].last);
            CU_ASSERT_EQUAL(dn_npy_read(path, &a, 1, 1, out, NULL), DN_OK);
            CU_ASSERT_EQUAL(out[0], 7);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
}

static void bad(int version, const char *dict, const char *want)
{
    unsigned char buf[300];
    dn_error err = DN_ERROR_INIT;
    dn_npy a;
    size_t n = image(buf, version, dict, NULL, 0);

    CU_ASSERT_EQUAL(dn_npy_parse("p.npy", buf, n, (int64_t)n, &a, &err), DN_EDATA);
    CU_ASSERT(test_says(&err, want));
}

static void refused_headers(void)
{
    bad(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", "cannot hold every index exactly");
    bad(1, "{'descr': '>f8', 'fortran_order': False, 'shape': (0, 3), }", "big endian");
    bad(1, "{'descr': '<c16', 'fortran_order': False, 'shape': (0, 3), }", "'<c16' is not supported");
    bad(1, "{'descr': [('a', '<i8')], 'fortran_order': False, 'shape': (0, 3), }", "named fields");
    bad(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (0, 3), }", "Fortran order");
    bad(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }", "2 columns");
    bad(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "1 dimensions");
    bad(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999, 3), }", "cut off");
    bad(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 3), }",
        "shape that cannot");
    bad(1, "{'descr': '<f8', 'fortran_order': False, }", "lacks");
    bad(1, "{'descr': '<f8', 'fortran_order': Maybe", "neither True nor False");
    bad(1, "{'descr': '<f8'", "damaged");
    bad(1, "{", "damaged");
    bad(1, "", "not a dictionary");
    bad(9, "{}", "version 9");
}

static void cut_off_anywhere(void)
{
    static const double data[6] = {0, 1, 1, 1, 2, 0};
    unsigned char buf[300];
    size_t n =
        image(buf, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", data, sizeof data);

    for (size_t len = 0; len <= n; len++) {
        dn_npy a;
        dn_error err = DN_ERROR_INIT;
        dn_status st = dn_npy_parse("p.npy", buf, len, (int64_t)len, &a, &err);
        CU_ASSERT_EQUAL(st, len < n ? DN_EDATA : DN_OK);
    }
}

static void numbers_that_are_no_index(void)
{
    static const double wrong[3] = {NAN, -INFINITY, 1.5};
    static const char *const want[3] = {"row 1, column 1 is NaN", "row 1, column 1 is infinite",
                                        "row 1, column 1 is 1.5"};

    for (int i = 0; i < 3; i++) {
        double data[6] = {0, 1, 1, 1, wrong[i], 0};
        unsigned char buf[300];
        dn_error err = DN_ERROR_INIT;
        int64_t out[6];
        dn_npy a;
        size_t n =
            image(buf, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", data, sizeof data);
        const char *path = test_file("wrong.npy", buf, n);
        CU_ASSERT_EQUAL(dn_npy_open(path, &a, NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_npy_read(path, &a, 0, 2, out, &err), DN_EDATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, want[i]));
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"good files", good},
                                {"refused headers", refused_headers},
                                {"cut off anywhere", cut_off_anywhere},
                                {"numbers that are no index", numbers_that_are_no_index},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "npy", tests);
}
