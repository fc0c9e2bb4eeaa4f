/* source.c - tests of solvers/formats/source.h */
#include "tests/support/test.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

/* gzip of "hello dragnet\n" (Python gzip.compress, mtime 0) */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48,
                                       0xcd, 0xc9, 0xc9, 0x57, 0x48, 0x29, 0x4a, 0x4c, 0xcf, 0x4b, 0x2d, 0xe1,
                                       0x02, 0x00, 0x4b, 0xbd, 0xe7, 0x51, 0x0e, 0x00, 0x00, 0x00};
static const char plain[] = "hello dragnet\n";

/* Everything a source gives, `step` bytes at a time. */
static dn_status drain(dn_source *s, size_t step, char *buf, size_t cap, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    size_t got = 1;

    *out_len = 0;
    while (got > 0 && *out_len + step <= cap) {
        DN_TRY(dn_source_read(s, buf + *out_len, step, &got, err));
        *out_len += got;
    }
out:
    return st;
}

static dn_status unpack(const char *path, size_t step, char *buf, size_t cap, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;

    DN_TRY(dn_source_open_gzip(path, &s, err));
    DN_TRY(drain(s, step, buf, cap, out_len, err));
out:
    dn_source_close(&s);
    return st;
}

static void inflates(void)
{
    const char *path = test_file("a.gz", packed, sizeof packed);
    int64_t bytes;
    bool gzip;

    CU_ASSERT_EQUAL(dn_source_probe(path, &bytes, &gzip, NULL), DN_OK);
    CU_ASSERT(gzip && bytes == (int64_t)sizeof packed);
    for (size_t step = 1; step < 20; step++) {
        char buf[64];
        size_t n;
        CU_ASSERT_EQUAL(unpack(path, step, buf, sizeof buf, &n, NULL), DN_OK);
        CU_ASSERT(n == sizeof plain - 1 && memcmp(buf, plain, n) == 0);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void members_and_padding(void)
{
    unsigned char two[2 * sizeof packed + 5] = {0};
    char buf[64];
    size_t n;

    memcpy(two, packed, sizeof packed);
    memcpy(two + sizeof packed, packed, sizeof packed);
    CU_ASSERT_EQUAL(unpack(test_file("two.gz", two, sizeof two), 7, buf, sizeof buf, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(n, 2 * (sizeof plain - 1));
    two[2 * sizeof packed + 2] = 'x';
    CU_ASSERT_EQUAL(unpack(test_file("two.gz", two, sizeof two), 7, buf, sizeof buf, &n, NULL), DN_EDATA);
}

static void cut_off_anywhere(void)
{
    for (size_t len = 0; len < sizeof packed; len++) {
        const char *path = test_file("cut.gz", packed, len);
        dn_error err = DN_ERROR_INIT;
        char buf[64];
        size_t n;
        dn_status st = unpack(path, 5, buf, sizeof buf, &n, &err);
        CU_ASSERT_EQUAL(st, len == 0 ? DN_OK : DN_EDATA);
        CU_ASSERT(len == 0 || strstr(err.text, "cut off") != NULL);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void damaged(void)
{
    unsigned char bad[sizeof packed];
    dn_error err = DN_ERROR_INIT;
    char buf[64];
    size_t n;

    memcpy(bad, packed, sizeof packed);
    bad[sizeof packed - 6] ^= 1; /* the checksum */
    CU_ASSERT_EQUAL(unpack(test_file("bad.gz", bad, sizeof bad), 64, buf, sizeof buf, &n, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "damaged"));
}

static void ranges(void)
{
    const char *path = test_file("plain", plain, sizeof plain - 1);

    for (int64_t begin = 0; begin < (int64_t)sizeof plain; begin++)
        for (int64_t end = begin; end < 20; end++) {
            dn_source *s = NULL;
            char buf[64];
            size_t n,
                want = (size_t)((end < (int64_t)sizeof plain - 1 ? end : (int64_t)sizeof plain - 1) - begin);
            CU_ASSERT_EQUAL(dn_source_open_range(path, begin, end, &s, NULL), DN_OK);
            CU_ASSERT_EQUAL(drain(s, 3, buf, sizeof buf, &n, NULL), DN_OK);
            CU_ASSERT(n == want && memcmp(buf, plain + begin, n) == 0);
            dn_source_close(&s);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"inflates", inflates},
                                {"members and padding", members_and_padding},
                                {"cut off anywhere", cut_off_anywhere},
                                {"damaged", damaged},
                                {"ranges", ranges},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "source", tests);
}
