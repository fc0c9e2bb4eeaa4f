/* checkpoint.c - tests of mpi/train/checkpoint.h: a state comes back in every bit on every rank; damage is
 * found and the checkpoint before is used; one of another run is refused; a failure leaves what was there */
#include "mpi/train/checkpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/rng.h"
#include "tests/support/test.h"

enum { WEIGHTS = 1000, MOMENTS = 30, EPOCHS = 5 };

static const char config[] = "{\"command\": \"train gener\", \"rate\": 0.001, \"seed\": 1}";

typedef struct store {
    float w[WEIGHTS], best_w[WEIGHTS], first[WEIGHTS], second[WEIGHTS];
    float running[MOMENTS], best_running[MOMENTS];
    dn_epoch_report report[EPOCHS];
} store;

static store sent, got;

static dn_checkpointing at(const char *path)
{
    return (dn_checkpointing){
        .path = path, .command = "dragnet train gener", .config = config, .build = "dragnet 0, some CPU"};
}

static void fill(float *x, int64_t n, uint64_t stream)
{
    dn_rng s = dn_rng_stream(7, DN_RNG_SYNTH, stream, 0);

    for (int64_t i = 0; i < n; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
    if (n > 1)
        x[1] = -0.0f;
}

/* A state after `epoch` epochs and some steps; with `of` its numbers are other ones. */
static dn_checkpoint make(store *s, int64_t n_weights, int64_t n_moments, int64_t epoch, bool moments,
                          uint64_t of)
{
    fill(s->w, n_weights, 10 * of);
    fill(s->running, n_moments, 10 * of + 1);
    fill(s->first, n_weights, 10 * of + 2);
    fill(s->second, n_weights, 10 * of + 3);
    fill(s->best_w, n_weights, 10 * of + 4);
    fill(s->best_running, n_moments, 10 * of + 5);
    for (int64_t i = 0; i < epoch; i++)
        s->report[i] = (dn_epoch_report){.epoch = i + 1,
                                         .epochs = EPOCHS,
                                         .rate = 0.1 / (double)(i + 1),
                                         .train_loss = 0.7,
                                         .train_accuracy = 0.6,
                                         .validation_loss = 1.0 / 3,
                                         .validation_auroc = 0.5,
                                         .validation_ap = 0.4,
                                         .best = i == 0,
                                         .seconds = test_comm.rank, /* what rank 0 says counts */
                                         .pairs_per_second = 1e5};
    return (dn_checkpoint){.n_weights = n_weights,
                           .n_moments = n_moments,
                           .epoch = epoch,
                           .step = 4,
                           .updates = 8 * epoch + 4,
                           .best_epoch = epoch > 0,
                           .loss_sum = 1.0 / 7 + (double)of,
                           .right_sum = 99,
                           .seconds = 3.5 + test_comm.rank,
                           .trained = 2.5,
                           .best_loss = 1.0 / 3,
                           .best_auroc = 0.75,
                           .w = s->w,
                           .best_w = s->best_w,
                           .running = s->running,
                           .best_running = s->best_running,
                           .first = moments ? s->first : NULL,
                           .second = moments ? s->second : NULL,
                           .report = s->report};
}

/* Buffers to read into, of the sizes of c. */
static dn_checkpoint room(const dn_checkpoint *c)
{
    memset(&got, 0, sizeof got);
    return (dn_checkpoint){.n_weights = c->n_weights,
                           .n_moments = c->n_moments,
                           .w = got.w,
                           .best_w = got.best_w,
                           .running = got.running,
                           .best_running = got.best_running,
                           .first = c->first != NULL ? got.first : NULL,
                           .second = c->second != NULL ? got.second : NULL};
}

static bool same(const void *a, const void *b, int64_t n, size_t size)
{
    return n == 0 || memcmp(a, b, (size_t)n * size) == 0;
}

/* Whether b is a as rank 0 had it. */
static bool equal(const dn_checkpoint *a, const dn_checkpoint *b)
{
    bool good = a->epoch == b->epoch && a->step == b->step && a->updates == b->updates &&
                a->best_epoch == b->best_epoch && a->loss_sum == b->loss_sum &&
                a->right_sum == b->right_sum && b->seconds == 3.5 && a->trained == b->trained &&
                a->best_loss == b->best_loss && a->best_auroc == b->best_auroc;

    good = good && same(a->w, b->w, a->n_weights, sizeof(float)) &&
           same(a->running, b->running, a->n_moments, sizeof(float));
    if (a->first != NULL)
        good = good && same(a->first, b->first, a->n_weights, sizeof(float)) &&
               same(a->second, b->second, a->n_weights, sizeof(float));
    if (a->best_epoch > 0)
        good = good && same(a->best_w, b->best_w, a->n_weights, sizeof(float)) &&
               same(a->best_running, b->best_running, a->n_moments, sizeof(float));
    for (int64_t i = 0; i < a->epoch; i++) {
        dn_epoch_report wanted = a->report[i];
        wanted.seconds = 0;
        good = good && b->report[i].epoch == wanted.epoch && b->report[i].epochs == wanted.epochs &&
               b->report[i].best == wanted.best &&
               same(&b->report[i].rate, &wanted.rate, 6, sizeof(double)) && b->report[i].seconds == 0 &&
               b->report[i].pairs_per_second == wanted.pairs_per_second;
    }
    return good;
}

static bool is_there(const char *path, const char *suffix)
{
    char file[600];
    int there;

    snprintf(file, sizeof file, "%s%s", path, suffix);
    there = access(file, F_OK) == 0;
    MPI_Bcast(&there, 1, MPI_INT, 0, test_comm.mpi);
    return there != 0;
}

static dn_status save(const char *path, const dn_checkpoint *c, dn_error *err)
{
    dn_checkpointing where = at(path);

    return dn_checkpoint_save(&test_comm, &where, c, err);
}

/* Find and load; 1: it is c. */
static bool comes_back(const char *path, const dn_checkpoint *c)
{
    dn_checkpointing where = at(path);
    dn_checkpoint b = room(c);
    dn_error err = DN_ERROR_INIT;
    bool found = false, good;

    good = dn_checkpoint_find(&test_comm, path, config, &found, &err) == DN_OK && found &&
           dn_checkpoint_load(&test_comm, &where, &b, &err) == DN_OK && equal(c, &b);
    if (err.code != DN_OK)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err.text);
    dn_free(b.report);
    return good;
}

/* ---- what is written comes back ---- */

static void round_trip(void)
{
    const char *path = test_path("round.h5");
    static const struct {
        int64_t weights, moments, epoch;
        bool optimiser;
    } kind[] = {{WEIGHTS, MOMENTS, 3, true}, {WEIGHTS, MOMENTS, 3, false},
                {WEIGHTS, MOMENTS, 0, true}, {1, 1, 1, true},
                {WEIGHTS, 0, 2, true},       {3, 2, EPOCHS, true}};

    for (size_t k = 0; k < sizeof kind / sizeof kind[0]; k++) {
        dn_checkpoint c =
            make(&sent, kind[k].weights, kind[k].moments, kind[k].epoch, kind[k].optimiser, k + 1);
        CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
        CU_ASSERT(comes_back(path, &c));
        CU_ASSERT_EQUAL(is_there(path, ".previous"), k > 0);
        CU_ASSERT_FALSE(is_there(path, ".part"));
    }
    CU_ASSERT_EQUAL(dn_checkpoint_remove(&test_comm, path, NULL), DN_OK);
    CU_ASSERT_FALSE(is_there(path, "") || is_there(path, ".previous"));
    CU_ASSERT_EQUAL(dn_checkpoint_remove(&test_comm, path, NULL), DN_OK); /* nothing there: fine */
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void nothing_there(void)
{
    bool found = true;

    CU_ASSERT_EQUAL(dn_checkpoint_find(&test_comm, test_path("absent.h5"), config, &found, NULL), DN_OK);
    CU_ASSERT_FALSE(found);
}

/* ---- damage ---- */

static long warnings;

static void count_warnings(void *ctx, dn_log_level level, const char *area, const char *event,
                           const char *fields)
{
    (void)ctx;
    (void)area;
    (void)fields;
    warnings += level == DN_WARN && strstr(event, "damaged") != NULL;
}

static char *bytes;
static size_t length;

/* Rank 0: the file in memory. */
static void read_bytes(const char *path)
{
    FILE *f = fopen(path, "rb");

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f == NULL)
        return;
    fseek(f, 0, SEEK_END);
    length = (size_t)ftell(f);
    rewind(f);
    free(bytes);
    bytes = malloc(length);
    CU_ASSERT(bytes != NULL && fread(bytes, 1, length, f) == length);
    fclose(f);
}

/* Rank 0: the first n bytes, with one bit of byte `flip` changed. */
static void write_bytes(const char *path, size_t n, size_t flip)
{
    FILE *f = fopen(path, "wb");

    if (f == NULL)
        return;
    if (flip < n)
        bytes[flip] ^= 0x10;
    CU_ASSERT_EQUAL(fwrite(bytes, 1, n, f), n);
    if (flip < n)
        bytes[flip] ^= 0x10;
    fclose(f);
}

/* A file that is cut anywhere, or of which a byte of data is changed: the one before it. */
static void damage_falls_back(void)
{
    const char *path = test_path("damaged.h5");
    static store older;
    dn_checkpoint before = make(&older, WEIGHTS, MOMENTS, 2, true, 1);
    dn_checkpoint last = make(&sent, WEIGHTS, MOMENTS, 3, true, 2);
    int cuts = 12, kinds = cuts + 1;

    dn_log_open(count_warnings, NULL, DN_WARN);
    for (int k = 0; k < kinds; k++) {
        CU_ASSERT_EQUAL(dn_checkpoint_remove(&test_comm, path, NULL), DN_OK);
        CU_ASSERT_EQUAL(save(path, &before, NULL), DN_OK);
        CU_ASSERT_EQUAL(save(path, &last, NULL), DN_OK);
        warnings = 0;
        if (test_comm.rank == 0) {
            read_bytes(path);
            if (k < cuts) {
                write_bytes(path, length * (size_t)k / (size_t)cuts, length);
            } else {
                const char *data = NULL; /* a weight in the file */
                for (size_t i = 0; data == NULL && i + 64 <= length; i++)
                    if (memcmp(bytes + i, last.w, 64) == 0)
                        data = bytes + i;
                CU_ASSERT_PTR_NOT_NULL(data);
                write_bytes(path, length, data != NULL ? (size_t)(data - bytes) + 17 : 0);
            }
        }
        MPI_Barrier(test_comm.mpi);
        CU_ASSERT(comes_back(path, &before));
        CU_ASSERT_EQUAL(warnings, test_comm.rank == 0);
        CU_ASSERT_FALSE(is_there(path, ".previous")); /* it is the checkpoint now */
    }
    dn_log_open(NULL, NULL, DN_WARN);
}

/* A bit changed anywhere: either it does not matter, or it is found; nothing else is read, nothing crashes.
 */
static void any_bit(void)
{
    const char *path = test_path("bit.h5");
    dn_checkpoint c = make(&sent, 200, MOMENTS, 2, true, 3);
    dn_rng s = dn_rng_stream(11, DN_RNG_SYNTH, 0, 0);
    int bad = 0, tries = test_comm.size == 1 ? 300 : 60; /* rank 0 reads it, however many there are */

    CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
    if (test_comm.rank == 0)
        read_bytes(path);
    for (int k = 0; k < tries; k++) {
        dn_checkpointing where = at(path);
        dn_checkpoint b = room(&c);
        dn_error err = DN_ERROR_INIT;
        bool found = false;
        dn_status st;

        if (test_comm.rank == 0)
            write_bytes(path, length, (size_t)dn_rng_below(s, (uint64_t)k, (uint64_t)length));
        MPI_Barrier(test_comm.mpi);
        st = dn_checkpoint_find(&test_comm, path, config, &found, &err);
        CU_ASSERT(test_same((int)st));
        CU_ASSERT(st == DN_OK ? found : st == DN_ECANTCREAT && strstr(err.text, "--force") != NULL);
        if (st == DN_OK) {
            st = dn_checkpoint_load(&test_comm, &where, &b, NULL);
            CU_ASSERT(st == DN_EDATA || (st == DN_OK && equal(&c, &b)));
        } else {
            bad++;
        }
        dn_free(b.report);
    }
    CU_ASSERT_EQUAL(bad, tries);
    free(bytes);
    bytes = NULL;
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A kill between two names, where a file system has no links: only the one before is there. */
static void only_the_previous(void)
{
    const char *path = test_path("only.h5");
    dn_checkpoint c = make(&sent, WEIGHTS, MOMENTS, 2, true, 4);
    char previous[600];

    CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
    snprintf(previous, sizeof previous, "%s.previous", path);
    if (test_comm.rank == 0)
        CU_ASSERT_EQUAL(rename(path, previous), 0);
    MPI_Barrier(test_comm.mpi);
    CU_ASSERT(comes_back(path, &c));
}

/* A kill between two names leaves the second checkpoint of a run, the first as .kept, no .previous; and then
 * the second is damaged. With an older .previous beside, .kept comes first. */
static void the_kept_one(void)
{
    const char *path = test_path("kept.h5");
    static store older;
    dn_checkpoint first = make(&older, WEIGHTS, MOMENTS, 2, true, 1);
    dn_checkpoint last = make(&sent, WEIGHTS, MOMENTS, 3, true, 2);
    char previous[600], kept[600];

    snprintf(previous, sizeof previous, "%s.previous", path);
    snprintf(kept, sizeof kept, "%s.kept", path);
    for (int with = 0; with < 2; with++) {
        CU_ASSERT_EQUAL(dn_checkpoint_remove(&test_comm, path, NULL), DN_OK);
        if (with)
            CU_ASSERT_EQUAL(save(path, &last, NULL), DN_OK);
        CU_ASSERT_EQUAL(save(path, &first, NULL), DN_OK);
        if (test_comm.rank == 0)
            CU_ASSERT_EQUAL(rename(path, kept), 0);
        MPI_Barrier(test_comm.mpi);
        CU_ASSERT_EQUAL(is_there(path, ".previous"), with);
        if (test_comm.rank == 0) {
            FILE *f = fopen(path, "wb");
            CU_ASSERT_PTR_NOT_NULL(f);
            if (f != NULL)
                fclose(f);
        }
        MPI_Barrier(test_comm.mpi);
        CU_ASSERT(comes_back(path, &first));
        CU_ASSERT_FALSE(is_there(path, ".kept"));
    }
}

/* ---- refusals ---- */

static void foreign(void)
{
    const char *path = test_path("foreign.h5");
    dn_checkpointing where = at(path);
    dn_checkpoint c = make(&sent, WEIGHTS, MOMENTS, 2, true, 5), b = room(&c);
    static const char *const other[][2] = {
        {"{\"command\": \"train gener\", \"rate\": 0.001, \"seed\": 2}", "seed is 2, was 1"},
        {"{\"command\": \"train dti\", \"rate\": 0.001, \"seed\": 1}", "command is \"train dti\""},
        {"{\"command\": \"train gener\", \"rate\": 0.002, \"seed\": 3}",
         "rate is 0.002, was 0.001, and 1 more"},
        {"{\"command\": \"train gener\", \"rate\": 0.001, \"seed\": 1, \"joint\": 8}",
         "joint is 8, was absent"},
        {"{\"command\": \"train gener\", \"rate\": 0.001}", "seed is absent, was 1"}};

    CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
    for (size_t k = 0; k < sizeof other / sizeof other[0]; k++) {
        dn_error err = DN_ERROR_INIT;
        bool found = false;
        CU_ASSERT_EQUAL(dn_checkpoint_find(&test_comm, path, other[k][0], &found, &err), DN_ECANTCREAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, other[k][1]));
    }
    b.n_weights--;
    CU_ASSERT_EQUAL(dn_checkpoint_load(&test_comm, &where, &b, NULL), DN_EDATA);
    b.n_weights++;
    b.first = NULL;
    CU_ASSERT_EQUAL(dn_checkpoint_load(&test_comm, &where, &b, NULL), DN_EDATA);
    b.first = got.first;
    CU_ASSERT_EQUAL(dn_checkpoint_load(&test_comm, &where, &b, NULL), DN_OK);
    CU_ASSERT(equal(&c, &b));
    dn_free(b.report);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- failures ---- */

static dn_status all_of_it(const char *path, const dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpointing where = at(path);
    dn_checkpoint b = room(c);
    bool found = false;

    DN_TRY(save(path, c, err));
    DN_TRY(dn_checkpoint_find(&test_comm, path, config, &found, err));
    DN_TRY(dn_checkpoint_load(&test_comm, &where, &b, err));
out:
    dn_free(b.report);
    return st;
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *path = test_path("memory.h5");
    dn_checkpoint c = make(&sent, WEIGHTS, MOMENTS, 2, true, 6);

    CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = all_of_it(path, &c, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            CU_ASSERT(comes_back(path, &c));
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* A limit on the size of files stands for a disk that is full. */
static void disk_full(void)
{
    const char *path = test_path("full.h5");
    static store other;
    dn_checkpoint c = make(&sent, WEIGHTS, MOMENTS, 2, true, 7),
                  d = make(&other, WEIGHTS, MOMENTS, 3, true, 8);
    struct rlimit before, tight;
    dn_status st;

    CU_ASSERT_EQUAL(save(path, &c, NULL), DN_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 100000; /* the tables of the library still fit */
    setrlimit(RLIMIT_FSIZE, &tight);
    st = save(path, &d, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(st, DN_EIO);
    CU_ASSERT_FALSE(is_there(path, ".part"));
    CU_ASSERT(comes_back(path, &c));
    CU_ASSERT_EQUAL(save(test_path("no/such/directory.h5"), &c, NULL), DN_ECANTCREAT);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"round trip", round_trip},
                                    {"nothing there", nothing_there},
                                    {"damage falls back", damage_falls_back},
                                    {"a changed bit anywhere", any_bit},
                                    {"only the previous one", only_the_previous},
                                    {"the kept one", the_kept_one},
                                    {"of another run", foreign},
                                    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                    {"a full disk", disk_full},
                                    {NULL, NULL}};
    return test_main(argc, argv, "checkpoint", tests);
}
