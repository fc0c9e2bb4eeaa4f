/* request.c - tests of mpi/core/request.h and hooks.h: what one rank is asked for, all do; clocks are rank
 * 0's */
#include "mpi/core/request.h"

#include <string.h>
#include "mpi/core/hooks.h"
#include "tests/support/test.h"

static const int each[DN_WISH_SLOTS] = {DN_WISH_CHECKPOINT, DN_WISH_STOP_USR1, DN_WISH_STOP_TERM,
                                        DN_WISH_STOP_INT,   DN_WISH_STOP_TIME, DN_WISH_STOP_CONTROL};

static void any_rank_is_heard(void)
{
    for (int who = 0; who < test_comm.size; who++)
        for (int k = 0; k < DN_WISH_SLOTS; k++) {
            dn_requests r = {0};
            int want = each[k] == DN_WISH_STOP_TIME ? 0 : each[k]; /* a clock's, nobody can note it */

            CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
            if (test_comm.rank == who)
                for (int again = 0; again < 3; again++)
                    dn_request_note(&r, each[k]);
            CU_ASSERT_EQUAL(dn_request_look(&test_comm, &r), test_comm.rank == who ? want : 0);
            CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), want);
            CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), want); /* it is asked for until it is done */
            dn_request_saved(&r);
            CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), want & DN_WISH_STOP);
        }
}

static void different_wishes_are_joined(void)
{
    dn_requests r = {0};
    int want = 0;

    for (int k = 0; k < test_comm.size && k < DN_WISH_SLOTS; k++)
        want |= each[k] & ~DN_WISH_STOP_TIME;
    dn_request_note(&r, each[test_comm.rank % DN_WISH_SLOTS]);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), want);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, NULL), 0);
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, NULL), 0);
    dn_request_saved(NULL);
}

/* A wish that comes while a checkpoint is written, or as often as one likes, is asked for afterwards: once.
 */
static void a_wish_while_saving_is_kept(void)
{
    for (int who = 0; who < test_comm.size; who++) {
        dn_requests r = {0};

        dn_request_start(&r);
        if (test_comm.rank == who)
            dn_request_note(&r, DN_WISH_CHECKPOINT);
        CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_CHECKPOINT);
        if (test_comm.rank == who)
            for (int k = 0; k < 3; k++)
                dn_request_note(&r, DN_WISH_CHECKPOINT);
        dn_request_saved(&r);
        CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_CHECKPOINT);
        dn_request_saved(&r);
        CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
        dn_request_saved(&r); /* by the clock: nothing is owed to anybody */
        CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
    }
}

/* The next stage knows nothing of how long the steps of this one took; who asked to stop asks still. */
static void another_stage_begins(void)
{
    dn_requests r = {0};

    dn_request_start(&r);
    r.every = 100;
    r.stop_at = r.last + 1000;
    r.ahead = 2000; /* a last step that took that long */
    r.last -= 200;
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_CHECKPOINT | DN_WISH_STOP_TIME);
    dn_request_start(&r);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
    dn_request_note(&r, DN_WISH_STOP_TERM);
    dn_request_start(&r);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_STOP_TERM);
}

static void clocks_are_those_of_rank_0(void)
{
    dn_requests r = {0};
    bool master = test_comm.rank == 0;

    dn_request_start(&r);
    r.every = master ? 1000 : 1e-9; /* those of others would have run out long ago */
    r.stop_at = r.last + (master ? 1000 : -1);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
    r.last -= 2000;
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_CHECKPOINT);
    dn_request_saved(&r);
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
    r.ahead = 900; /* what the next step takes counts */
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
    r.ahead = 1001;
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), DN_WISH_STOP_TIME);
    r.stop_at = 0;
    r.every = 0;
    r.last -= 1e6;
    CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
}

/* To stop at an epoch is asked for there alone, whatever else is; the next stage is not asked. */
static void epochs_and_stages_end(void)
{
    for (int who = 0; who < test_comm.size; who++) {
        dn_requests r = {.every = 600};

        CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, &r), 0);
        if (test_comm.rank == who)
            dn_request_note_at_epoch(&r);
        CU_ASSERT_EQUAL(dn_request_agree(&test_comm, &r), 0);
        CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, &r), DN_WISH_STOP_CONTROL);
        if (test_comm.rank == test_comm.size - 1)
            dn_request_note(&r, DN_WISH_STOP_TERM);
        CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, &r), DN_WISH_STOP_CONTROL | DN_WISH_STOP_TERM);
        r.every = 5;                 /* as a command has it */
        if (test_comm.rank == who) { /* a checkpoint that was seen, and one that was not */
            dn_request_note(&r, DN_WISH_CHECKPOINT);
            CU_ASSERT((dn_request_look(&test_comm, &r) & DN_WISH_CHECKPOINT) != 0);
            dn_request_note(&r, DN_WISH_CHECKPOINT);
        }
        dn_request_end_stage(&r, 600);
        CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, &r), DN_WISH_STOP_TERM);
        CU_ASSERT_EQUAL((double)r.every, 600);
        dn_request_saved(&r);
        CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, &r), DN_WISH_STOP_TERM);
    }
    CU_ASSERT_EQUAL(dn_request_end_epoch(&test_comm, NULL), 0);
}

typedef struct heard {
    int progress, saved;
} heard;

static void on_progress(void *ctx, const dn_progress_report *p)
{
    ((heard *)ctx)->progress += p->done == 3 && p->total == 7;
}

static void on_saved(void *ctx, const dn_saved_report *s)
{
    ((heard *)ctx)->saved += strcmp(s->reason, "a command") == 0 && s->seconds >= 1 && s->seconds < 50;
}

/* Rank 0 alone tells, if anybody listens; why a checkpoint is written is told by what asked for it. */
static void hooks_hear(void)
{
    heard h = {.progress = 0};
    const dn_hooks hooks = {.ctx = &h, .progress = on_progress, .saved = on_saved}, deaf = {.ctx = &h};
    const dn_progress_report p = {.done = 3, .total = 7, .unit = "pairs"};
    dn_requests r = {0};

    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(&r, DN_WISH_CHECKPOINT), "interval");
    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(NULL, 0), "interval");
    dn_request_note(&r, DN_WISH_CHECKPOINT);
    CU_ASSERT_EQUAL(dn_request_look(&test_comm, &r), DN_WISH_CHECKPOINT);
    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(&r, DN_WISH_CHECKPOINT | DN_WISH_STOP_TIME), "stop");
    for (int i = 0; i < 3; i++) {
        const dn_hooks *to = i == 0 ? &hooks : i == 1 ? &deaf : NULL;

        dn_hooks_progress(&test_comm, to, &p);
        dn_hooks_saved(&test_comm, to, "c.h5", dn_hooks_reason(&r, DN_WISH_CHECKPOINT), MPI_Wtime() - 1);
    }
    CU_ASSERT_EQUAL(h.progress, test_comm.rank == 0);
    CU_ASSERT_EQUAL(h.saved, test_comm.rank == 0);
}

/* All 64 sets of wishes, through a sum with nobody's and with one's own. */
static void slots_keep_wishes(void)
{
    for (int w = 0; w < 1 << DN_WISH_SLOTS; w++) {
        float slots[DN_WISH_SLOTS], sum[DN_WISH_SLOTS] = {0};

        dn_request_pack(w, slots);
        for (int times = 0; times < 3; times++)
            for (int k = 0; k < DN_WISH_SLOTS; k++)
                sum[k] += slots[k];
        CU_ASSERT_EQUAL(dn_request_unpack(slots), w);
        CU_ASSERT_EQUAL(dn_request_unpack(sum), w);
    }
}

/* A command that comes while a checkpoint of the clock is on its way is not its reason. */
static void a_late_command_is_no_reason(void)
{
    dn_requests r = {.every = 1};
    int wishes;

    dn_request_start(&r);
    r.last -= 10;
    wishes = dn_request_agree(&test_comm, &r);
    CU_ASSERT_EQUAL(wishes, DN_WISH_CHECKPOINT);
    dn_request_note(&r, DN_WISH_CHECKPOINT);
    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(&r, wishes), "interval");
    dn_request_saved(&r);
    wishes = dn_request_agree(&test_comm, &r);
    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(&r, wishes), "a command");
    CU_ASSERT_STRING_EQUAL(dn_hooks_reason(&r, wishes | DN_WISH_STOP_TERM), "stop");
}

static void the_reason_is_named(void)
{
    static const char *const names[DN_WISH_SLOTS] = {"a command", "SIGUSR1",    "SIGTERM",
                                                     "SIGINT",    "--max-time", "a command"};

    for (int k = 0; k < DN_WISH_SLOTS; k++) {
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(dn_request_stopped(each[k], "step 3", &err), DN_ESAVED);
        CU_ASSERT(strstr(err.text, names[k]) != NULL && strstr(err.text, "after step 3") != NULL);
        CU_ASSERT_EQUAL(err.code, DN_ESAVED);
    }
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"any rank is heard", any_rank_is_heard},
                                    {"different wishes are joined", different_wishes_are_joined},
                                    {"a wish while saving is kept", a_wish_while_saving_is_kept},
                                    {"another stage begins", another_stage_begins},
                                    {"clocks are those of rank 0", clocks_are_those_of_rank_0},
                                    {"epochs and stages end", epochs_and_stages_end},
                                    {"hooks hear", hooks_hear},
                                    {"slots keep wishes", slots_keep_wishes},
                                    {"a late command is no reason", a_late_command_is_no_reason},
                                    {"the reason is named", the_reason_is_named},
                                    {NULL, NULL}};

    return test_main(argc, argv, "request", tests);
}
