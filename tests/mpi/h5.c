/* h5.c - tests of mpi/io/h5.h: what is written comes back, what is not sound is refused */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/partition.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"

enum { GENES = 11, SAMPLES = 3 };

static float x[GENES * SAMPLES];

static dn_status write_genes(dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings id = {0};
    int64_t row[GENES], values[GENES], n = GENES;
    uint8_t decoy[GENES] = {0};

    for (int g = 0; g < GENES; g++) {
        char name[16];
        row[g] = 2 * g;
        values[g] = SAMPLES;
        snprintf(name, sizeof name, "gene%d", g * g);
        DN_TRY(dn_strings_add(&id, name, strlen(name), err));
    }
    decoy[4] = 1;
    DN_TRY(dn_h5_write_strings(h, "/genes/id", &id, err));
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &n, row, err));
    DN_TRY(dn_h5_write_all(h, "/genes/values", 1, &n, values, err));
    DN_TRY(dn_h5_write_all(h, "/genes/decoy", 1, &n, decoy, err));
out:
    dn_strings_destroy(&id);
    return st;
}

static dn_status write_file(const char *path, bool force, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t dims[2] = {GENES, SAMPLES};
    dn_range mine = dn_block(GENES, test_comm.rank, test_comm.size);

    for (int i = 0; i < GENES * SAMPLES; i++)
        x[i] = (float)i / 7;
    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", force, &h, err));
    DN_TRY(write_genes(h, err));
    DN_TRY(dn_h5_write(h, "/expression/values", 2, dims, mine.begin, mine.end - mine.begin,
                       x + mine.begin * SAMPLES, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void round_trip(void)
{
    const char *path = test_path("a.h5");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    dn_genes g = {0};
    float *back = NULL;
    int64_t genes = 0, samples = 0;
    char buf[32];

    CU_ASSERT_EQUAL(write_file(path, false, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_genes_load(h, &g, &err), DN_OK);
    CU_ASSERT(g.n == GENES && g.table_row[10] == 20 && g.decoy[4] == 1 && g.decoy[5] == 0);
    CU_ASSERT_STRING_EQUAL(dn_strings_copy(&g.id, 10, buf, sizeof buf), "gene100");
    CU_ASSERT_EQUAL(dn_expression_load(h, &back, &genes, &samples, &err), DN_OK);
    CU_ASSERT(genes == GENES && samples == SAMPLES && memcmp(back, x, sizeof x) == 0);
    dn_free(back);
    dn_genes_destroy(&g);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Every rank its own rows, another number of them; one that wants too many stops all. */
static void pieces(void)
{
    float got[3][SAMPLES];
    int64_t me = test_comm.rank;
    const dn_h5_piece piece[] = {{7, 1, got[2]}, {me, 2, got[0]}};
    const dn_h5_piece beyond[] = {{GENES - 1, 2, got[0]}};
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, test_path("a.h5"), DN_DATASET_SCHEMA, &h, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_read_pieces(h, "/expression/values", DN_F32, me % 3, piece, &err), DN_OK);
    if (me % 3 > 0)
        CU_ASSERT_EQUAL(memcmp(got[2], x + (ptrdiff_t)7 * SAMPLES, sizeof got[2]), 0);
    if (me % 3 > 1)
        CU_ASSERT_EQUAL(memcmp(got, x + me * SAMPLES, 2 * sizeof got[0]), 0);
    CU_ASSERT_EQUAL(
        dn_h5_read_pieces(h, "/expression/values", DN_F32, me + 1 == test_comm.size, beyond, &err), DN_EDATA);
    CU_ASSERT_EQUAL(err.rank, test_comm.size - 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "wanted 2 from"));
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_h5_read_pieces(h, "/expression/values", DN_F64, 0, NULL, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "wanted 64-bit floats"));
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void outputs_are_protected(void)
{
    const char *path = test_path("b.h5");
    dn_error err = DN_ERROR_INIT, missing = DN_ERROR_INIT;
    char part[600];

    CU_ASSERT_EQUAL(write_file(path, false, NULL), DN_OK);
    CU_ASSERT_EQUAL(write_file(path, false, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--force"));
    CU_ASSERT_EQUAL(write_file(path, true, NULL), DN_OK);
    CU_ASSERT_EQUAL(write_file(test_path("no/such/dir.h5"), false, &missing), DN_ECANTCREAT);
    snprintf(part, sizeof part, "%s.part", path);
    CU_ASSERT_NOT_EQUAL(access(part, F_OK), 0);
}

/* A file that was never committed leaves nothing behind, and an unknown path is refused. */
static void abandoned(void)
{
    const char *path = test_path("c.h5");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    int64_t one = 1;
    char part[600];

    snprintf(part, sizeof part, "%s.part", path);
    CU_ASSERT_EQUAL(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "t", "{}", false, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_write_all(h, "/not/in/schema", 1, &one, &one, &err), DN_ESOFTWARE);
    dn_h5_close(&h);
    MPI_Barrier(test_comm.mpi);
    CU_ASSERT(access(path, F_OK) != 0 && access(part, F_OK) != 0);
}

static dn_status open_only(const char *path, const char *schema, dn_error *err)
{
    dn_h5 *h = NULL;
    dn_status st = dn_h5_open(&test_comm, path, schema, &h, err);

    dn_h5_close(&h);
    return st;
}

static void unsound_files(void)
{
    const char *path = test_path("d.h5");
    dn_error err[4] = {DN_ERROR_INIT, DN_ERROR_INIT, DN_ERROR_INIT, DN_ERROR_INIT};

    CU_ASSERT_EQUAL(write_file(path, false, NULL), DN_OK);
    CU_ASSERT_EQUAL(open_only(path, DN_DATASET_SCHEMA, NULL), DN_OK);
    CU_ASSERT_EQUAL(open_only(path, "dragnet.model", &err[0]), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err[0].text, "wanted a dragnet.model"));
    CU_ASSERT_EQUAL(open_only(test_path("absent.h5"), DN_DATASET_SCHEMA, &err[1]), DN_ENOINPUT);
    CU_ASSERT_EQUAL(open_only(test_file("text.h5", "hello world", 11), DN_DATASET_SCHEMA, &err[2]), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err[2].text, "not an HDF5 file"));
    if (test_comm.rank == 0)
        CU_ASSERT_EQUAL(truncate(path, 3000), 0);
    MPI_Barrier(test_comm.mpi);
    CU_ASSERT_EQUAL(open_only(path, DN_DATASET_SCHEMA, &err[3]), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err[3].text, "truncated"));
}

/* An edit is a copy until it is committed. */
static void edits(void)
{
    const char *path = test_path("e.h5");
    dn_h5 *h = NULL;
    char text[32] = "";

    CU_ASSERT_EQUAL(write_file(path, false, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_set_text(h, "/pairs/x", "note", "new", NULL), DN_OK);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT(!dn_h5_has(h, "/pairs/x"));
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_set_text(h, "/pairs/x", "note", "new", NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_get_text(h, "/pairs/x", "note", text, sizeof text, NULL), DN_OK);
    CU_ASSERT_STRING_EQUAL(text, "new");
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status write_nothing(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_strings none = {0};

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(dn_h5_write(h, "/genes/values", 1, (int64_t[]){0}, 0, 0, NULL, err));
    DN_TRY(dn_h5_write_all(h, "/expression/values", 2, (int64_t[]){GENES, 0}, x, err));
    DN_TRY(dn_h5_write_strings(h, "/genes/id", &none, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void nothing_comes_back_as_nothing(void)
{
    const char *path = test_path("nothing.h5");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    dn_strings ids = {0};
    int64_t v[1] = {7}, dims[4];
    int ndims = 0;

    CU_ASSERT_EQUAL(write_nothing(path, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h != NULL) {
        CU_ASSERT_EQUAL(dn_h5_read(h, "/genes/values", DN_I64, 0, 0, v, &err), DN_OK);
        CU_ASSERT_EQUAL(v[0], 7);
        CU_ASSERT_EQUAL(dn_h5_shape(h, "/expression/values", &ndims, dims, &err), DN_OK);
        CU_ASSERT(ndims == 2 && dims[0] == GENES && dims[1] == 0);
        CU_ASSERT_EQUAL(dn_h5_read_strings(h, "/genes/id", &ids, &err), DN_OK);
        CU_ASSERT_EQUAL(ids.n, 0);
    }
    CU_ASSERT_STRING_EQUAL(err.text, "");
    dn_strings_destroy(&ids);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- texts of any length ---- */

/* A text of n characters that repeats itself nowhere near; for dn_free(). */
static char *long_text(size_t n, const char *word)
{
    char *text = dn_calloc(n + 32, 1);

    for (size_t at = 0, i = 0; text != NULL && at < n; i++)
        at += (size_t)snprintf(text + at, 32, "%s%zu,", word, i);
    if (text != NULL)
        text[n] = '\0';
    return text;
}

static bool holds(const dn_h5 *h, const char *object, const char *key, const char *wanted)
{
    size_t cap = strlen(wanted) + 1;
    char *have = dn_calloc(cap, 1), *whole = NULL;
    bool good = dn_h5_get_text(h, object, key, have, cap, NULL) == DN_OK && strcmp(have, wanted) == 0;

    good = dn_h5_read_text(h, object, key, &whole, NULL) == DN_OK && strcmp(whole, wanted) == 0 && good;
    dn_free(have);
    dn_free(whole);
    return good;
}

/* command and config of a new file, a text of a group that is set again, and a later addition. */
static dn_status write_long(const char *path, const char *const *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, text[0], text[1], false, &h, err));
    DN_TRY(write_genes(h, err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "config", text[0], err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "config", text[1], err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "note", text[0], err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "note", "short", err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "then", "short", err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "then", text[2], err));
    DN_TRY(dn_h5_commit(&h, err));
    DN_TRY(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_h5_set_text(h, "/pairs/y", "config", text[2], err));
    DN_TRY(dn_h5_set_text(h, "/pairs/x", "command", text[2], err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void texts_may_be_long(void)
{
    const char *path = test_path("long.h5");
    char *text[3] = {long_text(300000, "--seed N"), long_text(700000, "x"), long_text(65536, "y")};
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    char small[64];

    CU_ASSERT_EQUAL(write_long(path, (const char *const *)text, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h != NULL) {
        CU_ASSERT(holds(h, "/", "command", text[0]) && holds(h, "/", "config", text[1]));
        CU_ASSERT(holds(h, "/pairs/x", "config", text[1]) && holds(h, "/pairs/x", "command", text[2]));
        CU_ASSERT(holds(h, "/pairs/x", "note", "short") && holds(h, "/pairs/y", "config", text[2]));
        CU_ASSERT(holds(h, "/pairs/x", "then", text[2]) && !dn_h5_has(h, "/pairs/x/note.text"));
        CU_ASSERT(dn_h5_has_attribute(h, "/", "config") && !dn_h5_has_attribute(h, "/pairs/z", "config"));
        CU_ASSERT_EQUAL(dn_h5_get_text(h, "/", "config", small, sizeof small, NULL), DN_EDATA);
    }
    dn_h5_close(&h);
    for (int i = 0; i < 3; i++)
        dn_free(text[i]);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A file of schema 1.1, before texts could be long, in the directory of the test. */
static const char *old_file(void)
{
    static char bytes[1 << 16];
    FILE *f = fopen(DN_TEST_GOLDEN "/dataset_1_1.h5", "rb");
    size_t n = f != NULL ? fread(bytes, 1, sizeof bytes, f) : 0;

    if (f != NULL)
        fclose(f);
    return test_file("old.h5", bytes, n);
}

static dn_status add_to_old(const char *path, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_h5_set_text(h, "/pairs/new", "config", text, err));
    DN_TRY(dn_h5_set_text(h, "/edges/ppi", "config", text, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static void old_files_can_be_read_and_added_to(void)
{
    const char *path = old_file();
    char *text = long_text(200000, "z");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    int64_t source[3] = {0};
    uint8_t first = 0;

    CU_ASSERT_EQUAL(add_to_old(path, text, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    if (h != NULL) {
        CU_ASSERT(holds(h, "/nodes", "sides", "gene") && holds(h, "/edges/ppi", "source_side", "gene"));
        CU_ASSERT(holds(h, "/pairs/new", "config", text) && holds(h, "/edges/ppi", "config", text));
        CU_ASSERT_EQUAL(dn_h5_read(h, "/edges/ppi/source", DN_I64, 0, 3, source, NULL), DN_OK);
        CU_ASSERT(source[0] == 0 && source[1] == 0 && source[2] == 1);
        CU_ASSERT_EQUAL(dn_h5_read(h, "/nodes/id/bytes", DN_U8, 0, 1, &first, NULL), DN_OK);
        CU_ASSERT_EQUAL(first, 'a');
    }
    dn_h5_close(&h);
    dn_free(text);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"round trip", round_trip},
                                {"pieces", pieces},
                                {"outputs are protected", outputs_are_protected},
                                {"abandoned", abandoned},
                                {"unsound files", unsound_files},
                                {"edits", edits},
                                {"nothing comes back as nothing", nothing_comes_back_as_nothing},
                                {"texts may be long", texts_may_be_long},
                                {"old files can be read and added to", old_files_can_be_read_and_added_to},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "h5", tests);
}
