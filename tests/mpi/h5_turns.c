/* h5_turns.c - tests of dn_h5_declare() and dn_h5_fill(): what is written in turns comes back, and what does
 * not fit is refused on every rank
 */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/core/partition.h"
#include "mpi/io/h5.h"
#include "solvers/base/alloc.h"

enum { ROWS = 203, WIDTH = 3 };

static float x[ROWS * WIDTH], back[ROWS * WIDTH];
static int64_t row[ROWS];

static dn_status write_in_turns(dn_h5 *h, int64_t at_once, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t dims[2] = {ROWS, WIDTH}, none[2] = {0, WIDTH};
    dn_range mine = dn_block(ROWS, test_comm.rank, test_comm.size);
    int64_t turns = dn_turns(dn_block(ROWS, 0, test_comm.size), at_once);

    DN_TRY(dn_h5_declare(h, "/genes/table_row", 1, dims, err));
    DN_TRY(dn_h5_declare(h, "/expression/values", 2, dims, err));
    DN_TRY(dn_h5_declare(h, "/truth/nothing", 2, none, err));
    for (int64_t t = 0; t < turns; t++) { /* two datasets by turns; some ranks are done earlier */
        dn_range r = dn_turn(mine, t, at_once);

        DN_TRY(dn_h5_fill(h, "/genes/table_row", r.begin, r.end - r.begin, row + r.begin, err));
        DN_TRY(dn_h5_fill(h, "/expression/values", r.begin, r.end - r.begin, x + r.begin * WIDTH, err));
    }
    DN_TRY(dn_h5_fill(h, "/truth/nothing", 0, 0, NULL, err));
out:
    return st;
}

static void turns_come_back(void)
{
    const int64_t at_once[] = {9, 50, ROWS};
    const char *path = test_path("turns.h5");

    for (int i = 0; i < ROWS * WIDTH; i++)
        x[i] = (float)i;
    for (int64_t i = 0; i < ROWS; i++)
        row[i] = ROWS - i;
    for (int k = 0; k < 3; k++) {
        dn_error err = DN_ERROR_INIT;
        dn_h5 *h = NULL;
        int64_t rows[ROWS] = {0};

        CU_ASSERT_EQUAL(
            dn_h5_create(&test_comm, path, "dragnet.dataset", "dragnet test", "{}", true, &h, &err), DN_OK);
        CU_ASSERT_EQUAL(write_in_turns(h, at_once[k], &err), DN_OK);
        CU_ASSERT_EQUAL(dn_h5_commit(&h, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, "dragnet.dataset", &h, &err), DN_OK);
        memset(back, 0, sizeof back);
        CU_ASSERT_EQUAL(dn_h5_read(h, "/expression/values", DN_F32, 0, ROWS, back, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_h5_read(h, "/genes/table_row", DN_I64, 0, ROWS, rows, &err), DN_OK);
        CU_ASSERT_EQUAL(memcmp(back, x, sizeof x), 0);
        CU_ASSERT_EQUAL(memcmp(rows, row, sizeof row), 0);
        CU_ASSERT_STRING_EQUAL(err.text, "");
        dn_h5_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The last rank alone is wrong; all are told. */
static void what_does_not_fit(void)
{
    const char *path = test_path("unfit.h5");
    int64_t dims[1] = {ROWS}, last = test_comm.rank + 1 == test_comm.size;
    dn_error beyond = DN_ERROR_INIT, negative = DN_ERROR_INIT, twice = DN_ERROR_INIT, absent = DN_ERROR_INIT;
    dn_error unknown = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    CU_ASSERT_EQUAL(dn_h5_create(&test_comm, path, "dragnet.dataset", "dragnet test", "{}", true, &h, NULL),
                    DN_OK);
    CU_ASSERT_EQUAL(dn_h5_declare(h, "/genes/table_row", 1, dims, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_fill(h, "/genes/table_row", last ? ROWS - 1 : 0, last ? 2 : 0, row, &beyond),
                    DN_EDATA);
    CU_ASSERT(beyond.rank == test_comm.size - 1 && strstr(beyond.text, "wanted 2 from 202") != NULL);
    CU_ASSERT_EQUAL(dn_h5_fill(h, "/genes/table_row", last ? -1 : 0, last ? 1 : 0, row, &negative), DN_EDATA);
    CU_ASSERT_EQUAL(dn_h5_declare(h, "/genes/table_row", 1, dims, &twice), DN_EIO);
    CU_ASSERT_EQUAL(dn_h5_fill(h, "/genes/values", 0, 0, row, &absent), DN_EDATA);
    CU_ASSERT_EQUAL(dn_h5_declare(h, "/genes/no_such", 1, dims, &unknown), DN_ESOFTWARE);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {
    {"turns come back", turns_come_back}, {"what does not fit", what_does_not_fit}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "h5_turns", tests);
}
