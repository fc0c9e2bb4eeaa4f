/* profiles.c - tests of mpi/inputs/profiles.h: the bits of one rank whoever shares memory, and refusals */
#include "tests/support/test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "mpi/inputs/profiles.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { GENES = 61, SAMPLES = 37, SILENT = 5, FLAT = 6, EMPTY = 3 };

static const int groupings[] = {0, 1, 2, 3, -2, -3};
static float raw[GENES * SAMPLES];

/* Gaps, a gene without values, one without variance, a sample without values, ties. */
static void fill(void)
{
    dn_rng r = dn_rng_stream(4, DN_RNG_SYNTH, 0, 0);

    for (int64_t i = 0; i < GENES * SAMPLES; i++) {
        int64_t g = i / SAMPLES, s = i % SAMPLES;
        double v = dn_rng_normal(r, (uint64_t)i);

        raw[i] = (float)(s % 2 == 0 ? floor(4 * v) : v + (double)s);
        if (g == FLAT)
            raw[i] = 2;
        if (g == SILENT || s == EMPTY || dn_rng_uniform(r, 100000 + (uint64_t)i) < 0.2)
            raw[i] = NAN;
    }
}

static dn_status write_file(const char *path, int64_t genes, int64_t samples, int ndims, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t dims[2] = {genes, samples}, one = 1;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &one, &one, err));
    if (ndims > 0)
        DN_TRY(dn_h5_write_all(h, "/expression/values", ndims, dims, raw, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static dn_h5 *open_grouped(const char *path, int grouping)
{
    dn_h5 *h = NULL;

    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    dn_h5_group_hosts(h, grouping);
    return h;
}

/* One kind: as dn_normalise() has it on one rank. */
static void check_kind(const dn_h5 *h, int64_t genes, int64_t samples, dn_normalisation kind)
{
    static float want[GENES * SAMPLES];
    size_t bytes = (size_t)(genes * samples) * sizeof *want;
    dn_profiles p = {0};
    int64_t flat = -1;

    memcpy(want, raw, bytes);
    CU_ASSERT_EQUAL(dn_profiles_load(h, &p, NULL), DN_OK);
    CU_ASSERT(p.genes == genes && p.samples == samples && (uintptr_t)p.x % 64 == 0);
    CU_ASSERT(p.x != NULL && memcmp(p.x, want, bytes) == 0);
    CU_ASSERT_EQUAL(strlen(p.hash), DN_DIGEST - 1);
    CU_ASSERT_EQUAL(dn_profiles_normalise(&p, kind, &flat, NULL), DN_OK);
    CU_ASSERT_EQUAL(flat, dn_flat_genes(want, genes, samples));
    CU_ASSERT_EQUAL(dn_normalise(kind, want, genes, samples, NULL), DN_OK);
    CU_ASSERT(p.x != NULL && memcmp(p.x, want, bytes) == 0);
    dn_profiles_destroy(&p);
    CU_ASSERT(p.x == NULL && p.memory == NULL);
    dn_profiles_destroy(&p);
}

/* Also fewer genes, or samples, than ranks. */
static void the_bits_of_one_rank(void)
{
    static const int64_t shape[][2] = {{GENES, SAMPLES}, {1, SAMPLES}, {GENES, 1}, {2, 2}, {3, 0}};

    fill();
    for (int i = 0; i < 5; i++) {
        const char *path = test_path("sound.h5");

        CU_ASSERT_EQUAL(write_file(path, shape[i][0], shape[i][1], 2, NULL), DN_OK);
        for (int g = 0; g < (i == 0 ? 6 : 2); g++) {
            dn_h5 *h = open_grouped(path, groupings[g]);

            for (int k = 0; k < DN_NORMALISATIONS; k++)
                check_kind(h, shape[i][0], shape[i][1], (dn_normalisation)k);
            dn_h5_close(&h);
        }
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The checksum is that of the values and their shape. */
static void the_hash_tells_values_and_shape(void)
{
    char hash[3][DN_DIGEST] = {""};

    fill();
    for (int i = 0; i < 3; i++) {
        const char *path = test_path("hash.h5");
        dn_profiles p = {0};
        dn_h5 *h;

        raw[40] = i == 2 ? 0.5f : 0.25f;
        CU_ASSERT_EQUAL(write_file(path, i == 1 ? 10 : 20, i == 1 ? 20 : 10, 2, NULL), DN_OK);
        h = open_grouped(path, 2);
        CU_ASSERT_EQUAL(dn_profiles_load(h, &p, NULL), DN_OK);
        memcpy(hash[i], p.hash, DN_DIGEST);
        dn_profiles_destroy(&p);
        dn_h5_close(&h);
    }
    CU_ASSERT(strcmp(hash[0], hash[1]) != 0 && strcmp(hash[0], hash[2]) != 0);
}

static void what_is_no_matrix_is_refused(void)
{
    for (int ndims = 0; ndims <= 1; ndims++) {
        const char *path = test_path("unsound.h5");
        dn_profiles p = {0};
        dn_error err = DN_ERROR_INIT;
        dn_h5 *h;

        CU_ASSERT_EQUAL(write_file(path, 9, 0, ndims, NULL), DN_OK);
        h = open_grouped(path, 0);
        CU_ASSERT_EQUAL(dn_profiles_load(h, &p, &err), DN_EDATA);
        CU_ASSERT(strstr(err.text, ndims == 0 ? "holds no expression" : "is not a matrix") != NULL);
        dn_h5_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status load_and_normalise(const dn_h5 *h, long k, bool victim, dn_error *err)
{
    dn_profiles p = {0};
    int64_t flat;
    dn_status st;

    dn_alloc_fail_after(victim ? k : -1);
    st = dn_profiles_load(h, &p, err);
    if (st == DN_OK)
        st = dn_profiles_normalise(&p, DN_QUANTILE, &flat, err);
    dn_alloc_fail_after(-1);
    dn_profiles_destroy(&p);
    return st;
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *path = test_path("memory.h5");

    fill();
    CU_ASSERT_EQUAL(write_file(path, GENES, SAMPLES, 2, NULL), DN_OK);
    for (int grouping = 0; grouping <= 1; grouping++)
        for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
            dn_h5 *h = open_grouped(path, grouping);
            long before = dn_alloc_live();
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
                dn_error err = DN_ERROR_INIT;

                st = load_and_normalise(h, k, test_comm.rank == r, &err);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
                CU_ASSERT_EQUAL(dn_alloc_live(), before);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
            dn_h5_close(&h);
        }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"the bits of one rank", the_bits_of_one_rank},
                                {"the hash tells values and shape", the_hash_tells_values_and_shape},
                                {"what is no matrix is refused", what_is_no_matrix_is_refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "profiles", tests);
}
