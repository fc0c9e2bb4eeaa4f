/* network_store.c - tests of mpi/graph/store.h: what is stored comes back, the same from any number of ranks,
 * and a failure leaves nothing or what was there
 */
#include "tests/support/test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "mpi/graph/store.h"
#include "solvers/base/alloc.h"
#include "tests/support/analysis.h"

enum { ROOM = 1024 };

static bool ok(dn_status st, const dn_error *err)
{
    if (st != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err->text);
    CU_ASSERT_EQUAL(st, DN_OK);
    return st == DN_OK;
}

static dn_status store(const dn_comm *comm, const char *path, test_analysis_kind kind, dn_error *err)
{
    test_analysis t;
    dn_status st = test_analysis_make(kind, comm->rank, &t, err);

    if (st == DN_OK)
        st = dn_network_store(comm, path, "dragnet network x.h5", "{\"seed\":1}", &t.network, &t.analysis,
                              err);
    test_analysis_free(&t);
    return st;
}

/* A dataset of doubles, whole, on this rank; -1: it is not there. Collective. */
static int64_t numbers(const dn_h5 *h, const char *name, double *out)
{
    int ndims;
    int64_t dims[4] = {0}, all = 1;
    dn_error err = DN_ERROR_INIT;

    if (!dn_h5_has(h, name) || !ok(dn_h5_shape(h, name, &ndims, dims, &err), &err))
        return -1;
    for (int d = 0; d < ndims; d++)
        all *= dims[d];
    if (all > ROOM || !ok(dn_h5_read(h, name, DN_F64, 0, dims[0], out, &err), &err))
        return -1;
    return all;
}

static bool text_is(const dn_h5 *h, const char *object, const char *key, const char *wanted)
{
    char have[512] = "?";
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_h5_get_text(h, object, key, have, sizeof have, &err);

    if (st != DN_OK || strcmp(have, wanted) != 0)
        fprintf(stderr, "# %s %s: '%s', wanted '%s' %s\n", object, key, have, wanted, err.text);
    return st == DN_OK && strcmp(have, wanted) == 0;
}

static bool int_is(const dn_h5 *h, const char *object, const char *key, int64_t wanted)
{
    int64_t have = -1;

    return dn_h5_get_int(h, object, key, &have, NULL) == DN_OK && have == wanted;
}

static bool number_is(const dn_h5 *h, const char *object, const char *key, double wanted)
{
    double have = -1;

    return dn_h5_get_number(h, object, key, &have, NULL) == DN_OK &&
           (have == wanted || (isnan(have) && isnan(wanted)));
}

/* ---- what is stored comes back ---- */

static void check_nodes(const dn_h5 *h)
{
    dn_strings id = {0};
    dn_error err = DN_ERROR_INIT;
    uint8_t side[TEST_ODD_NODES];

    if (ok(dn_h5_read_strings(h, "/nodes/id", &id, &err), &err)) {
        CU_ASSERT_EQUAL(id.n, TEST_ODD_NODES);
        for (int i = 0; i < TEST_ODD_NODES && i < id.n; i++) {
            size_t len, want_len;
            const char *have = dn_strings_at(&id, i, &len), *want = test_odd_id(i, &want_len);
            CU_ASSERT(len == want_len && memcmp(have, want, len) == 0);
        }
    }
    dn_strings_destroy(&id);
    CU_ASSERT_EQUAL(dn_h5_read(h, "/nodes/side", DN_U8, 0, TEST_ODD_NODES, side, NULL), DN_OK);
    for (int i = 0; i < TEST_ODD_NODES; i++)
        CU_ASSERT_EQUAL(side[i], i >= 5);
    CU_ASSERT(int_is(h, "/nodes", "count", TEST_ODD_NODES));
    CU_ASSERT(text_is(h, "/nodes", "sides", "drug,gene & protein"));
    CU_ASSERT(text_is(h, "/layers", "order", "targets"));
    CU_ASSERT(int_is(h, "/layers", "edges", 8) && int_is(h, "/layers", "weights_used", 1));
    CU_ASSERT(int_is(h, "/layers", "pairs_in_several", 4));
    CU_ASSERT(int_is(h, "/layers/targets", "negative", 1) && int_is(h, "/layers/targets", "inhibiting", 2));
}

static void check_measures(const dn_h5 *h)
{
    double v[ROOM];
    const char *const e = "/measures/eigenvector";

    CU_ASSERT(text_is(h, "/measures", "order", "degree,eigenvector,clustering"));
    CU_ASSERT_EQUAL(numbers(h, "/measures/degree/value", v), TEST_ODD_NODES);
    for (int i = 0; i < TEST_ODD_NODES; i++)
        CU_ASSERT_EQUAL(v[i], 1 - 0.0625 * i);
    CU_ASSERT_EQUAL(numbers(h, "/measures/degree/count", v), TEST_ODD_NODES);
    for (int i = 0; i < TEST_ODD_NODES; i++)
        CU_ASSERT_EQUAL(v[i], 20 - 2 * i);
    CU_ASSERT_EQUAL(numbers(h, "/measures/clustering/value", v), TEST_ODD_NODES);
    for (int i = 0; i < TEST_ODD_NODES; i++)
        CU_ASSERT(i % 4 == 3 ? isnan(v[i]) != 0 : v[i] == i - 4);
    CU_ASSERT(int_is(h, "/measures/degree/count", "integer", 1));
    CU_ASSERT(int_is(h, "/measures/degree/value", "integer", 0));
    CU_ASSERT(text_is(h, "/measures/degree", "columns", "value,count"));
    CU_ASSERT(text_is(h, "/measures/clustering", "definition", ""));
    CU_ASSERT(text_is(h, e, "figures", "eigenvalue,gap"));
    CU_ASSERT(number_is(h, e, "eigenvalue", 2.5) && number_is(h, e, "gap", NAN));
    CU_ASSERT(int_is(h, e, "solver_converged", 0) && int_is(h, e, "solver_iterations", 1234));
    CU_ASSERT(number_is(h, e, "solver_residual", 0.25) && number_is(h, e, "solver_tolerance", 1e-10));
    CU_ASSERT(number_is(h, e, "solver_error", 0.3) && number_is(h, e, "seconds", 2.5));
    CU_ASSERT(text_is(h, e, "solver_method", "krylovschur") && int_is(h, e, "iterative", 1));
    CU_ASSERT(text_is(h, "/measures/degree", "solver_warning", ""));
}

static void check_spectra(const dn_h5 *h)
{
    double v[ROOM];
    int64_t dims[4];
    int ndims;

    CU_ASSERT(text_is(h, "/spectra", "order", "adjacency,pca"));
    CU_ASSERT_EQUAL(numbers(h, "/spectra/adjacency/value", v), 3);
    CU_ASSERT(v[0] == 3 && v[1] == 2 && v[2] == 1);
    CU_ASSERT_EQUAL(numbers(h, "/spectra/adjacency/residual", v), 3);
    CU_ASSERT(v[2] == 3e-12);
    CU_ASSERT_FALSE(dn_h5_has(h, "/spectra/adjacency/share"));
    CU_ASSERT_EQUAL(numbers(h, "/spectra/pca/share", v), 2);
    CU_ASSERT(v[0] == 0.5 && v[1] == 0.25);
    CU_ASSERT_EQUAL(numbers(h, "/spectra/adjacency/embedding", v), 3 * TEST_ODD_NODES);
    CU_ASSERT_EQUAL(dn_h5_shape(h, "/spectra/adjacency/embedding", &ndims, dims, NULL), DN_OK);
    CU_ASSERT(ndims == 2 && dims[0] == TEST_ODD_NODES && dims[1] == 3);
    for (int i = 0; i < TEST_ODD_NODES; i++)
        for (int k = 0; k < 3; k++)
            CU_ASSERT_EQUAL(v[i * 3 + k], 100 * k + i);
    CU_ASSERT(int_is(h, "/spectra/pca", "pairs", 2) &&
              text_is(h, "/spectra/pca", "solver_method", "lanczos"));
}

/* Degrees of the drugs: 3 1 1 1 2, of the genes: 1 2 0 3 2. */
static void check_description(const dn_h5 *h)
{
    double v[ROOM];
    int64_t count[2][3], bin[2][DN_BINS], isolated[2];

    CU_ASSERT(int_is(h, "/description", "edges", 8) && int_is(h, "/description", "bipartite", 1));
    CU_ASSERT(int_is(h, "/description", "power_law_k_min", 0));
    CU_ASSERT(number_is(h, "/description", "density", 8.0 / 25));
    CU_ASSERT_EQUAL(numbers(h, "/description/degree", v), 16);
    CU_ASSERT(v[0] == 5 && v[1] == 1.6 && v[3] == 1 && v[5] == 1 && v[7] == 3);
    CU_ASSERT(v[8] == 5 && v[11] == 0 && v[13] == 2 && v[15] == 3);
    CU_ASSERT(text_is(h, "/description/degree", "fields", "count,mean,sd,min,q1,median,q3,max"));
    CU_ASSERT_EQUAL(numbers(h, "/description/strength", v), 16);
    CU_ASSERT(v[7] == 8.75 && v[3] == -2);
    CU_ASSERT_EQUAL(numbers(h, "/description/class_bound", v), 8);
    CU_ASSERT(v[3] == 3 && v[7] == 3);
    CU_ASSERT_EQUAL(dn_h5_read(h, "/description/class", DN_I64, 0, 2, count, NULL), DN_OK);
    CU_ASSERT(count[0][0] == 3 && count[0][1] == 1 && count[0][2] == 1);
    CU_ASSERT(count[1][0] == 2 && count[1][1] == 2 && count[1][2] == 1);
    CU_ASSERT_EQUAL(dn_h5_read(h, "/description/histogram", DN_I64, 0, 2, bin, NULL), DN_OK);
    CU_ASSERT(bin[0][0] == 3 && bin[0][1] == 2 && bin[1][0] == 1 && bin[1][1] == 3 && bin[1][2] == 0);
    CU_ASSERT_EQUAL(dn_h5_read(h, "/description/isolated", DN_I64, 0, 2, isolated, NULL), DN_OK);
    CU_ASSERT(isolated[0] == 0 && isolated[1] == 1);
}

static void round_trip(void)
{
    const char *path = test_path("odd.h5");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    CU_ASSERT_STRING_EQUAL(DN_NETWORK_SCHEMA, "dragnet.network");
    if (!ok(store(&test_comm, path, TEST_ODD, &err), &err) ||
        !ok(dn_h5_open(&test_comm, path, DN_NETWORK_SCHEMA, &h, &err), &err))
        return;
    CU_ASSERT(text_is(h, "/", "config", "{\"seed\":1}") &&
              text_is(h, "/", "command", "dragnet network x.h5"));
    check_nodes(h);
    check_measures(h);
    check_spectra(h);
    check_description(h);
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void awkward(void)
{
    static const struct {
        test_analysis_kind kind;
        int64_t nodes, measures;
    } cases[] = {{TEST_NUMBERED, 7, 1}, {TEST_EMPTY, 0, 1}, {TEST_BARE, 2, 0}};
    double v[ROOM];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = test_path("awkward.h5");
        dn_error err = DN_ERROR_INIT;
        dn_h5 *h = NULL;

        if (!ok(store(&test_comm, path, cases[i].kind, &err), &err) ||
            !ok(dn_h5_open(&test_comm, path, DN_NETWORK_SCHEMA, &h, &err), &err))
            return;
        CU_ASSERT(int_is(h, "/nodes", "count", cases[i].nodes));
        CU_ASSERT_FALSE(dn_h5_has(h, "/nodes/id"));
        CU_ASSERT(text_is(h, "/measures", "order", cases[i].measures > 0 ? "degree" : ""));
        CU_ASSERT(text_is(h, "/spectra", "order", ""));
        CU_ASSERT_EQUAL(dn_h5_has(h, "/description"), cases[i].measures > 0);
        CU_ASSERT_EQUAL(numbers(h, "/measures/degree/value", v), cases[i].measures > 0 ? cases[i].nodes : -1);
        dn_h5_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- the same from any number of ranks ---- */

static void same_numbers(const dn_h5 *a, const dn_h5 *b, const char *name)
{
    double x[ROOM], y[ROOM];
    int64_t n = numbers(a, name, x), m = numbers(b, name, y);

    CU_ASSERT(n > 0 && n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0);
}

static void any_ranks(void)
{
    static const char *const names[] = {"/measures/degree/value",       "/measures/degree/count",
                                        "/measures/eigenvector/value",  "/measures/clustering/value",
                                        "/spectra/adjacency/embedding", "/spectra/adjacency/value",
                                        "/spectra/pca/embedding",       "/spectra/pca/share",
                                        "/description/degree",          "/description/strength"};
    const char *together = test_path("together.h5"), *alone = test_path("alone.h5");
    dn_comm solo = {MPI_COMM_SELF, 0, 1};
    dn_error err = DN_ERROR_INIT;
    dn_h5 *a = NULL, *b = NULL;

    CU_ASSERT(ok(store(&test_comm, together, TEST_ODD, &err), &err));
    if (test_comm.rank != 0)
        return;
    CU_ASSERT(ok(store(&solo, alone, TEST_ODD, &err), &err));
    if (ok(dn_h5_open(&solo, together, DN_NETWORK_SCHEMA, &a, &err), &err) &&
        ok(dn_h5_open(&solo, alone, DN_NETWORK_SCHEMA, &b, &err), &err))
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            same_numbers(a, b, names[i]);
    dn_h5_close(&a);
    dn_h5_close(&b);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- failures ---- */

static bool there(const char *path, const char *end)
{
    char name[600];

    snprintf(name, sizeof name, "%s%s", path, end);
    return access(name, F_OK) == 0;
}

/* Whether the file at path still is the numbered one. Collective. */
static bool kept(const char *path)
{
    dn_h5 *h = NULL;
    bool same =
        dn_h5_open(&test_comm, path, DN_NETWORK_SCHEMA, &h, NULL) == DN_OK && int_is(h, "/nodes", "count", 7);

    dn_h5_close(&h);
    return same;
}

static dn_status store_refusing(const char *path, int rank, long k, dn_error *err)
{
    test_analysis t;
    dn_status st = test_analysis_make(TEST_ODD, test_comm.rank, &t, err);

    dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
    if (st == DN_OK)
        st = dn_network_store(&test_comm, path, "c", "{}", &t.network, &t.analysis, err);
    dn_alloc_fail_after(-1);
    test_analysis_free(&t);
    return st;
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *path = test_path("memory.h5");

    CU_ASSERT_EQUAL(store(&test_comm, path, TEST_NUMBERED, NULL), DN_OK);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;

            st = store_refusing(path, r, k, &err);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_FALSE(there(path, ".part"));
            if (st != DN_OK)
                CU_ASSERT(kept(path));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT_FALSE(kept(path));
        CU_ASSERT_EQUAL(store(&test_comm, path, TEST_NUMBERED, NULL), DN_OK);
    }
}

static void no_such_directory(void)
{
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(store(&test_comm, test_path("no/such/network.h5"), TEST_ODD, &err), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "network.h5"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A limit on the size of files stands for a disk that is full. */
static void disk_full(void)
{
    const char *path = test_path("full.h5");
    dn_error err = DN_ERROR_INIT;
    struct rlimit before, tight;
    dn_status st;

    CU_ASSERT_EQUAL(store(&test_comm, path, TEST_NUMBERED, NULL), DN_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 100000; /* the tables of the library still fit */
    setrlimit(RLIMIT_FSIZE, &tight);
    st = store(&test_comm, path, TEST_ODD, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(st, DN_EIO);
    CU_ASSERT(test_same((int)st));
    CU_ASSERT_FALSE(there(path, ".part"));
    CU_ASSERT(kept(path));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"round trip", round_trip},
                                    {"awkward networks", awkward},
                                    {"any number of ranks", any_ranks},
                                    {"refused memory", any_rank_may_run_out_of_memory},
                                    {"no such directory", no_such_directory},
                                    {"a full disk", disk_full},
                                    {NULL, NULL}};
    return test_main(argc, argv, "network_store", tests);
}
