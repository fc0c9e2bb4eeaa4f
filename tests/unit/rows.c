/* rows.c - tests of mpi/train/rows.h: the rows of a part against a plain list */
#include "tests/support/test.h"

#include "mpi/train/rows.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { MOST = 5 * DN_ROWS_STRIDE + 3 };

static uint8_t part[MOST], label[MOST];
static int64_t list[MOST], got[MOST];

/* Parts of several lengths: about one row in `every`, in stretches, none or all. */
static int64_t make(int64_t all, int every)
{
    dn_rng s = dn_rng_stream(1, DN_RNG_SPLIT, (uint64_t)every, 0);
    int64_t n = 0;

    for (int64_t i = 0; i < all; i++) {
        bool in = every == 0   ? false
                  : every == 7 ? i / DN_ROWS_STRIDE % 2 == 1 /* stretches without one */
                               : dn_rng_below(s, (uint64_t)i, (uint64_t)every) == 0;

        part[i] = (uint8_t)(in ? 2 : i % 2);
        label[i] = (uint8_t)(i % 3);
        if (in)
            list[n++] = i;
    }
    return n;
}

static void check(int64_t all, int every)
{
    int64_t n = make(all, every), of[3], want[3] = {0, 0, 0};
    dn_rows r = {0}, plain = dn_rows_listed(list, n);

    CU_ASSERT_EQUAL(dn_rows_of_part(part, all, 2, &r, NULL), DN_OK);
    CU_ASSERT_EQUAL(r.n, n);
    for (int64_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(dn_rows_at(&r, i), list[i]);
        CU_ASSERT_EQUAL(dn_rows_at(&plain, i), list[i]);
        want[label[list[i]]]++;
    }
    for (int64_t first = 0; first <= n; first += 1 + n / 3) {
        int64_t wrong = 0;

        dn_rows_read(&r, first, n - first, got);
        for (int64_t i = first; i < n; i++)
            wrong += got[i - first] != list[i];
        dn_rows_read(&plain, first, n - first, got);
        for (int64_t i = first; i < n; i++)
            wrong += got[i - first] != list[i];
        CU_ASSERT_EQUAL(wrong, 0);
    }
    dn_rows_count(&r, label, 3, of);
    CU_ASSERT(of[0] == want[0] && of[1] == want[1] && of[2] == want[2]);
    dn_rows_count(&plain, label, 3, of);
    CU_ASSERT(of[0] == want[0] && of[1] == want[1] && of[2] == want[2]);
    dn_rows_destroy(&r);
    CU_ASSERT(r.before == NULL && r.n == 0);
}

static void the_rows_of_a_plain_list(void)
{
    const int64_t all[] = {0,   1, DN_ROWS_STRIDE - 1, DN_ROWS_STRIDE, DN_ROWS_STRIDE + 1, 3 * DN_ROWS_STRIDE,
                           MOST};
    const int every[] = {0, 1, 2, 7, 300};

    for (size_t a = 0; a < sizeof all / sizeof *all; a++)
        for (size_t e = 0; e < sizeof every / sizeof *every; e++)
            check(all[a], every[e]);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void no_memory(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_rows r = {0};

    dn_alloc_fail_after(0);
    CU_ASSERT_EQUAL(dn_rows_of_part(part, 10, 2, &r, &err), DN_ENOMEM);
    dn_alloc_fail_after(-1);
    CU_ASSERT(r.before == NULL);
    dn_rows_destroy(&r);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {
    {"the rows of a plain list", the_rows_of_a_plain_list}, {"no memory", no_memory}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "rows", tests);
}
