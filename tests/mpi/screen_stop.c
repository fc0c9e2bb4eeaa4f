/* screen_stop.c - a screen that is stopped, saved on the way, and gone on with on other ranks: the same hits
 */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/screen/screen.h"
#include "solvers/base/alloc.h"
#include "tests/support/small_screen.h"

static dn_screen_saving saving_at(const char *path, bool resume, dn_requests *requests)
{
    return (dn_screen_saving){.path = path,
                              .command = "dragnet screen",
                              .config = "{\"command\": \"screen\"}",
                              .build = "dragnet 0, some CPU",
                              .resume = resume,
                              .requests = requests};
}

/* On n ranks, the last of which is asked to stop; DN_OK: it was the end, compared. The same on all ranks. */
static dn_status go_on(int n, const small_model *x, dn_screen_options o, const float *score, const char *path,
                       bool resume)
{
    dn_comm comm = test_first_ranks(n);
    dn_requests requests = {.term = comm.rank == n - 1};
    const dn_screen_saving saving = saving_at(path, resume, &requests);
    dn_screen_result got;
    dn_error err = DN_ERROR_INIT;
    bool found = false;
    int st = DN_OK;

    o.opt_saving = &saving;
    if (comm.rank >= 0 && resume) {
        CU_ASSERT_EQUAL(dn_screen_state_find(&comm, path, saving.config, &found, NULL), DN_OK);
        CU_ASSERT(found);
    }
    if (comm.rank >= 0) {
        st = (int)dn_screen(&comm, &x->m, &x->split, &o, &got, &err);
        if (st == DN_OK)
            small_compare(&o, score, &got);
        CU_ASSERT(st == DN_OK || (st == DN_ESAVED && strstr(err.text, "SIGTERM") != NULL));
        dn_screen_result_destroy(&got);
    }
    test_leave(&comm);
    MPI_Bcast(&st, 1, MPI_INT, 0, test_comm.mpi);
    return (dn_status)st;
}

/* After every round on other ranks and with blocks of another width, which those of the checkpoint replace.
 */
static void stopped_after_every_round(void)
{
    static float score[SMALL_ROWS];
    const char *path = test_path("checkpoint.h5");
    small_model x;

    small_make();
    small_score(true, "warm", 1, score);
    small_model_make(false, true, "warm", 1, &x);
    for (int per = 0; per < 3; per++) {
        dn_screen_options o = {.drug = small_every_drug,
                               .n_drugs = SMALL_DRUGS,
                               .target = small_every_target,
                               .n_targets = SMALL_TARGETS,
                               .keep = 5,
                               .per = (dn_screen_per)per,
                               .end = {per != 1, true},
                               .include_known = per == 2,
                               .block = 9,
                               .round = 5};
        dn_status st = DN_ESAVED;
        int times = 0;

        for (; st == DN_ESAVED && times < 30; times++) {
            st = go_on(1 + times % test_comm.size, &x, o, score, path, times > 0);
            o.block = 4;
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(times > 3);
    }
    small_model_free(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

typedef struct heard {
    int64_t done;
    int reports, saved;
} heard;

static void on_progress(void *ctx, const dn_progress_report *p)
{
    heard *h = ctx;

    CU_ASSERT(p->done > h->done && p->total == (int64_t)SMALL_DRUGS * SMALL_TARGETS);
    h->done = p->done;
    h->reports++;
}

static void on_saved(void *ctx, const dn_saved_report *s)
{
    heard *h = ctx;

    CU_ASSERT_STRING_EQUAL(s->reason, h->saved == 0 ? "stop" : "interval");
    h->saved++;
}

/* Who asks to stop at the end of an epoch is heard where a block of targets ends, but not behind the last;
 * checkpoints after every round stop nobody; all of it is told on rank 0. */
static void saved_on_the_way(void)
{
    static float score[SMALL_ROWS];
    const int64_t before = (int64_t)SMALL_DRUGS * (SMALL_TARGETS - 1);
    heard h = {.done = 0};
    const dn_hooks hooks = {.ctx = &h, .progress = on_progress, .saved = on_saved};
    dn_requests requests = {.every = 0};
    dn_screen_saving saving = saving_at(test_path("way.h5"), false, &requests);
    const dn_screen_options o = {.drug = small_every_drug,
                                 .n_drugs = SMALL_DRUGS,
                                 .target = small_every_target,
                                 .n_targets = SMALL_TARGETS,
                                 .keep = 50,
                                 .end = {true, true},
                                 .block = SMALL_TARGETS - 1,
                                 .round = 2,
                                 .opt_hooks = &hooks,
                                 .opt_saving = &saving};
    dn_screen_result got;
    small_model x;

    small_make();
    small_score(false, "warm", 1, score);
    small_model_make(false, false, "warm", 1, &x);
    if (test_comm.rank == test_comm.size - 1)
        dn_request_note_at_epoch(&requests);
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_ESAVED);
    CU_ASSERT(test_comm.rank != 0 || (h.done == before && h.saved == 1));
    dn_screen_result_destroy(&got);
    saving.resume = true;
    requests.every = 1e-9;
    small_screen(&x, &o, score);
    CU_ASSERT(h.done == (test_comm.rank == 0 ? before + SMALL_DRUGS : 0));
    CU_ASSERT((h.saved > 1) == (test_comm.rank == 0) && h.saved <= h.reports);
    small_model_free(&x);
}

static const dn_test tests[] = {{"stopped after every round", stopped_after_every_round},
                                {"saved on the way", saved_on_the_way},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "screen_stop", tests);
}
