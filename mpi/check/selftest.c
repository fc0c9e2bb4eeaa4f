/* selftest.c - see selftest.h */
#include "mpi/check/selftest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/io/h5.h"
#include "solvers/base/alloc.h"
#include "solvers/network/petsc.h"
#include "solvers/network/petsc_check.h"

enum {
    TURNS = 200,
    LARGE_TURNS = 9,
    LARGE = 1 << 20,
    COLUMNS = 4096,
    ROWS_OF_A_RANK = 512,
    PETSC_ROWS = 20000
};

static bool everywhere(const dn_comm *comm, bool fine)
{
    int all = fine;

    MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, comm->mpi);
    return all != 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of times that every rank has taken, the median of rank 0 on all. */
static double median(const dn_comm *comm, double *t, int n)
{
    double m;

    qsort(t, (size_t)n, sizeof *t, by_value);
    m = t[n / 2];
    MPI_Bcast(&m, 1, MPI_DOUBLE, 0, comm->mpi);
    return m;
}

static void check_ranks(const dn_comm *comm, const char *path, dn_check *c)
{
    int64_t sum = comm->rank + 1, want = (int64_t)comm->size * (comm->size + 1) / 2;
    dn_host host;

    (void)path;
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    dn_host_open(comm, 0, &host);
    c->passed = everywhere(comm, sum == want);
    snprintf(c->text, sizeof c->text, "%d ranks on %d hosts", comm->size, host.hosts);
    dn_host_close(&host);
}

static void check_latency(const dn_comm *comm, const char *path, dn_check *c)
{
    double t[TURNS];
    bool fine = true;

    (void)path;
    for (int i = 0; i < TURNS; i++) {
        int64_t x = comm->rank + i;
        double begin = MPI_Wtime();

        MPI_Allreduce(MPI_IN_PLACE, &x, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
        t[i] = MPI_Wtime() - begin;
        fine = fine && x == comm->size - 1 + i;
    }
    c->passed = everywhere(comm, fine);
    snprintf(c->text, sizeof c->text, "allreduce of 8 bytes %.1f us", 1e6 * median(comm, t, TURNS));
}

static void check_bandwidth(const dn_comm *comm, const char *path, dn_check *c)
{
    dn_status st = DN_OK;
    dn_error e = DN_ERROR_INIT, *err = &e;
    double *v = NULL, t[LARGE_TURNS];
    bool fine = true;

    (void)path;
    DN_NEW(v, LARGE);
out:
    st = dn_agree(comm, st, err);
    if (st != DN_OK) {
        c->passed = false;
        snprintf(c->text, sizeof c->text, "%s", e.text);
        dn_free(v);
        return;
    }
    for (int k = 0; k < LARGE_TURNS; k++) {
        for (int64_t i = 0; i < LARGE; i++)
            v[i] = (double)(i % 1000 + comm->rank);
        double begin = MPI_Wtime();
        MPI_Allreduce(MPI_IN_PLACE, v, LARGE, MPI_DOUBLE, MPI_SUM, comm->mpi);
        t[k] = MPI_Wtime() - begin;
        for (int64_t i = 0; i < LARGE; i++) /* whole numbers: exact in any order */
            fine = fine && v[i] == (double)(i % 1000) * comm->size + comm->size * (comm->size - 1.0) / 2;
    }
    c->passed = everywhere(comm, fine);
    snprintf(c->text, sizeof c->text, "allreduce of 8 MB %.0f MB/s",
             8 * LARGE / 1e6 / median(comm, t, LARGE_TURNS));
    dn_free(v);
}

static void check_shared(const dn_comm *comm, const char *path, dn_check *c)
{
    dn_error e = DN_ERROR_INIT;
    dn_shared *s = NULL;
    bool fine = true;

    (void)path;
    if (dn_shared_create_alone(comm, 0, LARGE, &s, &e) != DN_OK) {
        c->passed = false;
        snprintf(c->text, sizeof c->text, "%s", e.text);
        return;
    }
    unsigned char *at = dn_shared_base(s);
    if (dn_shared_host(s)->comm.rank == 0)
        for (int64_t i = 0; i < LARGE; i++)
            at[i] = (unsigned char)(i % 251);
    dn_shared_barrier(s);
    for (int64_t i = 0; i < LARGE; i++)
        fine = fine && at[i] == i % 251;
    c->passed = everywhere(comm, fine);
    snprintf(c->text, sizeof c->text, "1 MB seen by all ranks of a host");
    dn_shared_destroy(&s);
}

static float cell(int64_t row, int64_t column)
{
    return (float)((row * 131 + column) % 65521);
}

static dn_status write_file(const dn_comm *comm, const char *path, const int64_t *dims, dn_range mine,
                            float *v, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    for (int64_t i = 0; i < (mine.end - mine.begin) * COLUMNS; i++)
        v[i] = cell(mine.begin + i / COLUMNS, i % COLUMNS);
    DN_TRY(dn_h5_create(comm, path, "dragnet.dataset", "dragnet selftest", "{}", false, &h, err));
    DN_TRY(dn_h5_write(h, "/expression/values", 2, dims, mine.begin, mine.end - mine.begin, v, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static dn_status read_file(const dn_comm *comm, const char *path, dn_range mine, float *v, bool *out_same,
                           dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    memset(v, 0, sizeof *v * ROWS_OF_A_RANK * COLUMNS);
    DN_TRY(dn_h5_open(comm, path, "dragnet.dataset", &h, err));
    DN_TRY(dn_h5_read(h, "/expression/values", DN_F32, mine.begin, mine.end - mine.begin, v, err));
    *out_same = true;
    for (int64_t i = 0; i < (mine.end - mine.begin) * COLUMNS; i++)
        *out_same = *out_same && v[i] == cell(mine.begin + i / COLUMNS, i % COLUMNS);
out:
    dn_h5_close(&h);
    return st;
}

static void check_hdf5(const dn_comm *comm, const char *path, dn_check *c)
{
    dn_status st = DN_OK;
    dn_error e = DN_ERROR_INIT, *err = &e;
    const int64_t dims[2] = {(int64_t)comm->size * ROWS_OF_A_RANK, COLUMNS};
    double mb = (double)(dims[0] * dims[1]) * sizeof(float) / 1e6, begin, wrote = 0, read = 0;
    float *v = NULL; /* [ROWS_OF_A_RANK][COLUMNS] */
    bool same = false;

    DN_NEW(v, (size_t)ROWS_OF_A_RANK * COLUMNS);
out:
    st = dn_agree(comm, st, err);
    if (st == DN_OK) {
        begin = MPI_Wtime();
        st = write_file(comm, path, dims, dn_block(dims[0], comm->rank, comm->size), v, err);
        wrote = MPI_Wtime() - begin;
    }
    if (st == DN_OK) {
        begin = MPI_Wtime();
        st = read_file(comm, path, dn_block(dims[0], (comm->rank + 1) % comm->size, comm->size), v, &same,
                       err);
        read = MPI_Wtime() - begin;
        MPI_Barrier(comm->mpi);
        if (comm->rank == 0)
            (void)unlink(path);
    }
    c->passed = everywhere(comm, st == DN_OK && same);
    if (st != DN_OK)
        snprintf(c->text, sizeof c->text, "%s", e.text);
    else if (!c->passed)
        snprintf(c->text, sizeof c->text, "%s: other values than were written", path);
    else {
        MPI_Bcast(&wrote, 1, MPI_DOUBLE, 0, comm->mpi);
        MPI_Bcast(&read, 1, MPI_DOUBLE, 0, comm->mpi);
        snprintf(c->text, sizeof c->text, "%.0f MB written at %.0f MB/s, read at %.0f MB/s", mb, mb / wrote,
                 mb / read);
    }
    dn_free(v);
}

static void check_petsc(const dn_comm *comm, const char *path, dn_check *c)
{
    dn_error e = DN_ERROR_INIT;
    double begin = MPI_Wtime(), worst = HUGE_VAL;
    int64_t steps = 0;
    char version[32];
    dn_status st = dn_petsc_open(comm->mpi, NULL, &e);

    (void)path;
    if (st == DN_OK) {
        st = dn_petsc_check(PETSC_ROWS, &worst, &steps, &e);
        dn_petsc_close();
    }
    c->passed = everywhere(comm, st == DN_OK && worst < 1e-9);
    if (st != DN_OK)
        snprintf(c->text, sizeof c->text, "%s", e.text);
    else
        snprintf(c->text, sizeof c->text,
                 "PETSc %s, %d-bit indices: %d unknowns, off by %.1e after %lld steps, %.2f s",
                 dn_petsc_version(version, sizeof version), dn_petsc_index_bits(), (int)PETSC_ROWS, worst,
                 (long long)steps, MPI_Wtime() - begin);
}

void dn_selftest(const dn_comm *comm, int which, const char *path, dn_check out[DN_SELFTEST_CHECKS])
{
    static const struct {
        const char *name;
        void (*run)(const dn_comm *comm, const char *path, dn_check *c);
    } checks[DN_SELFTEST_CHECKS] = {{"ranks", check_ranks},         {"latency", check_latency},
                                    {"bandwidth", check_bandwidth}, {"shared", check_shared},
                                    {"hdf5", check_hdf5},           {"petsc", check_petsc}};

    memset(out, 0, sizeof *out * DN_SELFTEST_CHECKS);
    for (int i = 0; i < DN_SELFTEST_CHECKS; i++) {
        out[i].name = checks[i].name;
        out[i].passed = true;
        if (which >> i & 1)
            checks[i].run(comm, path, &out[i]);
        MPI_Bcast(out[i].text, sizeof out[i].text, MPI_CHAR, 0, comm->mpi); /* times are those of rank 0 */
    }
}
