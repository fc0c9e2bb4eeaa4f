/* embed.c - tests of mpi/embed: the states that the transformer gives protein by protein, on any ranks; parts
 * taken over, damaged, foreign; stops and checkpoints; memory refused on any rank
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "mpi/embed/embed.h"
#include "solvers/base/alloc.h"
#include "solvers/esm/generate.h"
#include "tests/support/esm_image.h"

enum { PROTEINS = 11, WIDTH = 32, RESIDUES = 30, OVERLAP = 8, MOST = 60 };

static dn_strings sequence;
static int grouping; /* which ranks share the weights */
static dn_requests wishes, *requests;
static const dn_hooks *hooks;
static char weights[1024], parts[1024];
static float state[(MOST + 2) * WIDTH], want[(MOST + 2) * WIDTH];

static const dn_embed_options cut = {.weights = weights, .residues = RESIDUES, .wave = 4096};

/* Lengths 5, 10 ... 55, and the third once more. */
static void make_proteins(void)
{
    static const char letters[] = "ACDEFGHIKLMNPQRSTVWYXBZU";
    char text[MOST];

    for (int64_t i = 0; i <= PROTEINS; i++) {
        int64_t which = i < PROTEINS ? i : 3, length = 5 * (which + 1);

        for (int64_t k = 0; k < length; k++)
            text[k] = letters[(which * 5 + k * (k + 1)) % 24];
        CU_ASSERT_EQUAL(dn_strings_add(&sequence, text, (size_t)length, NULL), DN_OK);
    }
}

static void make_weights(void)
{
    dn_esm_config c;
    char *image = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL(dn_esm_config_parse("2x32x4", &c, NULL), DN_OK);
    CU_ASSERT_EQUAL(esm_image(&c, 1, DN_SAFETENSORS_F32, 0, dn_esm_tensors(&c), &image, &len, NULL), DN_OK);
    snprintf(weights, sizeof weights, "%s", test_file("tiny.safetensors", image, len));
    dn_free(image);
    CU_ASSERT_EQUAL(dn_esm_config_text(&c, &image, NULL), DN_OK);
    (void)test_file("config.json", image, strlen(image));
    dn_free(image);
    snprintf(parts, sizeof parts, "%s", test_path("parts"));
    if (test_comm.rank == 0)
        CU_ASSERT_EQUAL(mkdir(parts, 0777), 0);
    MPI_Barrier(test_comm.mpi);
}

/* The whole way. Collective. */
static dn_status embed(const dn_embed_options *o, const char *name, const char *config, bool force,
                       dn_embed_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_embed *e = NULL;
    dn_embed_options used = *o;
    char path[1024];
    dn_states_file file = {.path = path, .command = "test", .config = config, .force = force};

    snprintf(path, sizeof path, "%s", test_path(name));
    used.grouping = grouping;
    used.requests = requests;
    DN_TRY(dn_embed_open(&test_comm, &used, &sequence, &e, err));
    CU_ASSERT_EQUAL(dn_embed_proteins(e), PROTEINS);
    DN_TRY(dn_embed_compute(e, hooks, parts, &file, out, err));
out:
    dn_embed_close(&e);
    return st;
}

/* FNV of all states of a file. Collective. */
static uint64_t hash_of(const char *name)
{
    dn_states *s = NULL;
    uint64_t h = TEST_FNV;
    float *at = state;

    if (dn_states_open(&test_comm, test_path(name), &s, NULL) != DN_OK)
        return 0;
    for (int64_t i = 0; i < PROTEINS; i++) {
        int64_t n = dn_states_positions(dn_states_info(s), dn_states_sequences(s)->offset[i + 1] -
                                                               dn_states_sequences(s)->offset[i]);

        CU_ASSERT_EQUAL(dn_states_read_own(s, 1, &i, &at, NULL, NULL), DN_OK);
        h = test_fnv(h, state, (size_t)(n * WIDTH) * sizeof *state);
    }
    dn_states_close(&s);
    return h;
}

/* A protein by itself, no file and no ranks. */
static void expect_alone(const dn_states *s, int64_t i, bool windows)
{
    dn_safetensors *file = NULL;
    dn_esm_weights w = {.layer = NULL};
    dn_esm_model *m = NULL;
    dn_esm_work *k = NULL;
    int32_t token[MOST + 2];
    size_t len;
    const char *text = dn_strings_at(dn_states_sequences(s), i, &len);
    int64_t n = (int64_t)len, used = n < RESIDUES ? n : RESIDUES;
    int64_t count = windows ? dn_esm_windows(n, RESIDUES, OVERLAP) : 1;
    float *at = state;

    CU_ASSERT_EQUAL(dn_esm_weights_open(weights, &file, &w, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_esm_model_create(&w, DN_ESM_F32, &m, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_esm_work_create(m, MOST + 2, &k, NULL), DN_OK);
    memset(want, 0, sizeof want);
    for (int64_t j = 0; j < count; j++) {
        int64_t start = windows ? dn_esm_window_start(n, RESIDUES, OVERLAP, j) : 0;

        dn_esm_tokenise(text + start, used, token);
        CU_ASSERT_EQUAL(dn_esm_forward(m, k, token, used + 2, windows ? state : want, NULL), DN_OK);
        if (windows)
            dn_esm_window_add(n, RESIDUES, OVERLAP, j, state, WIDTH, want);
    }
    CU_ASSERT_EQUAL(dn_states_read_own(s, 1, &i, &at, NULL, NULL), DN_OK);
    CU_ASSERT_EQUAL(memcmp(state, want, (size_t)(((windows ? n : used) + 2) * WIDTH) * sizeof *state), 0);
    dn_esm_work_destroy(&k);
    dn_esm_model_destroy(&m);
    dn_esm_weights_destroy(&w);
    dn_safetensors_close(&file);
}

static void as_alone(void)
{
    static const int groupings[] = {0, 2, -2, 1}; /* who shares the weights changes nothing */
    dn_embed_options windows = cut;
    dn_embed_report r;
    dn_states *s = NULL;

    windows.windows = true;
    windows.overlap = OVERLAP;
    for (int way = 0; way < 4; way++) {
        grouping = groupings[way];
        CU_ASSERT_EQUAL(embed(way % 2 ? &windows : &cut, "alone.h5", "{}", true, &r, NULL), DN_OK);
        CU_ASSERT_EQUAL(r.proteins, PROTEINS);
        CU_ASSERT_EQUAL(r.resumed, 0);
        CU_ASSERT_EQUAL(dn_states_open(&test_comm, test_path("alone.h5"), &s, NULL), DN_OK);
        for (int64_t i = 0; s != NULL && i < PROTEINS; i++)
            expect_alone(s, i, way % 2 == 1);
        dn_states_close(&s);
    }
    grouping = 0;
}

/* Refuse allocation k on one rank: the same verdict everywhere, and what was done serves the next run. */
static void refused(void)
{
    dn_embed_report r;
    uint64_t whole;
    long live;
    int64_t resumed = 0;

    CU_ASSERT_EQUAL(embed(&cut, "whole.h5", "{}", true, &r, NULL), DN_OK);
    whole = hash_of("whole.h5");
    live = dn_alloc_live();
    wishes = (dn_requests){0};
    requests = &wishes;
    for (int victim = 0; victim < test_comm.size; victim = test_next_victim(victim)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 4000; k = test_next_refused(k)) {
            dn_error why = DN_ERROR_INIT;

            if (test_comm.rank == victim)
                dn_alloc_fail_after(k);
            st = embed(&cut, "refused.h5", "{}", false, &r, &why);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same(st));
            CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        resumed += r.resumed;
        CU_ASSERT_EQUAL(hash_of("refused.h5"), whole);
        if (test_comm.rank == 0)
            unlink(test_path("refused.h5"));
        MPI_Barrier(test_comm.mpi);
    }
    CU_ASSERT(resumed > 0); /* runs that were refused late left parts */
    requests = NULL;
}

/* On rank 0 after a protein: has a part been closed while there were proteins left? Then time for the others
 * to say what they wish. */
static void look_for_part(void *ctx, const dn_progress_report *p)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    bool *seen = ctx;
    char path[1100];

    CU_ASSERT(p->done >= 0 && p->done <= p->total);
    snprintf(path, sizeof path, "%s/part-000000.h5", parts);
    *seen = *seen || access(path, F_OK) == 0;
    nanosleep(&moment, NULL);
}

static void stop_and_go_on(int wish, int asked)
{
    dn_embed_options big = cut; /* all in one wave */
    dn_embed_report r;
    dn_error why = DN_ERROR_INIT;
    bool seen = false;
    const dn_hooks watching = {.ctx = &seen, .progress = look_for_part};

    big.wave = 0;
    hooks = &watching;
    wishes = (dn_requests){0};
    requests = &wishes;
    if (test_comm.rank == asked)
        dn_request_note(&wishes, wish);
    CU_ASSERT_EQUAL(embed(&big, "stopped.h5", "{}", false, &r, &why), DN_ESAVED);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "stopped by"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "of 11 proteins; the same command goes on"));
    CU_ASSERT_NOT_EQUAL(access(test_path("stopped.h5"), F_OK), 0);
    wishes = (dn_requests){0};
    CU_ASSERT_EQUAL(embed(&big, "stopped.h5", "{}", false, &r, NULL), DN_OK);
    CU_ASSERT(r.resumed > 0 && r.resumed < PROTEINS);
    CU_ASSERT_EQUAL(hash_of("stopped.h5"), hash_of("whole.h5"));
    if (test_comm.rank == 0)
        unlink(test_path("stopped.h5"));
    MPI_Barrier(test_comm.mpi);
    hooks = NULL;
    requests = NULL;
}

/* A stop that one rank hears of ends the run on all, and what was computed until then is not lost. */
static void stopped(void)
{
    stop_and_go_on(DN_WISH_STOP_TERM, 0);
    stop_and_go_on(DN_WISH_STOP_USR1, test_comm.size - 1);
}

/* A clock that has run out lets every start do a protein, or join what the starts before have done. */
static void out_of_time(void)
{
    dn_embed_options big = cut;
    dn_embed_report r;
    dn_status st = DN_ESAVED;
    int64_t starts = 0;

    big.wave = 0;
    requests = &wishes;
    for (; st == DN_ESAVED && starts < PROTEINS + 3; starts++) {
        dn_error why = DN_ERROR_INIT;

        wishes = (dn_requests){.stop_at = 1e-9};
        st = embed(&big, "late.h5", "{}", false, &r, &why);
        CU_ASSERT(st != DN_ESAVED || strstr(why.text, "--max-time") != NULL);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT(starts > 1 && starts <= PROTEINS + 2);
    CU_ASSERT_EQUAL(hash_of("late.h5"), hash_of("whole.h5"));
    requests = NULL;
}

/* A checkpoint that is asked for, or due by the clock, closes a part early and nothing else changes. */
static void checkpointed(void)
{
    dn_embed_options big = cut;
    dn_embed_report r;
    bool seen = false;
    const dn_hooks watching = {.ctx = &seen, .progress = look_for_part};

    big.wave = 0;
    hooks = &watching;
    requests = &wishes;
    for (int way = 0; way < 2; way++) {
        wishes = (dn_requests){.every = way == 0 ? 1e-9 : 0};
        if (way == 1 && test_comm.rank == test_comm.size - 1)
            dn_request_note(&wishes, DN_WISH_CHECKPOINT);
        seen = false;
        CU_ASSERT_EQUAL(embed(&big, "often.h5", "{}", true, &r, NULL), DN_OK);
        CU_ASSERT(seen || test_comm.rank != 0);
        CU_ASSERT_FALSE(wishes.checkpoint);
        CU_ASSERT_EQUAL(hash_of("often.h5"), hash_of("whole.h5"));
    }
    hooks = NULL;
    requests = NULL;
}

static void foreign_parts(void)
{
    dn_embed_report r;
    dn_error why = DN_ERROR_INIT;
    dn_states_file file = {.path = NULL, .command = "test", .config = "{\"residues\": 7}", .force = true};
    dn_states_about about = {.encoder = "another", .width = 1};
    dn_strings one = {.n = 0};
    char path[1100];
    float number[8] = {0};
    dn_range mine = {0, test_comm.rank == 0}, none = {1, 1};

    snprintf(path, sizeof path, "%s/part-000004.h5", parts);
    file.path = path;
    CU_ASSERT_EQUAL(dn_strings_add(&one, "ACDEFGHI", 8, NULL), DN_OK);
    CU_ASSERT_EQUAL(
        dn_states_write(&test_comm, &file, &about, &one, test_comm.rank == 0 ? mine : none, number, NULL),
        DN_OK);
    CU_ASSERT_EQUAL(embed(&cut, "foreign.h5", "{\"residues\": 9}", false, &r, &why), DN_ECANTCREAT);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "residues is 9, was 7"));
    CU_ASSERT_EQUAL(embed(&cut, "foreign.h5", "{\"residues\": 9}", true, &r, NULL), DN_OK);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    dn_strings_destroy(&one);
}

static void set_up(void)
{
    make_proteins();
    make_weights();
}

static const dn_test tests[] = {{"set up", set_up},
                                {"as alone", as_alone},
                                {"refused", refused},
                                {"stopped", stopped},
                                {"out of time", out_of_time},
                                {"checkpointed", checkpointed},
                                {"foreign parts", foreign_parts},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    int failed = test_main(argc, argv, "embed", tests);

    dn_strings_destroy(&sequence);
    return failed;
}
