/* states.c - tests of mpi/io/states.h: what was written is read by any ranks and hosts, in any order; files
 * that are not sound are refused; memory refused on any rank */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/io/states.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/protein.h"

enum { PROTEINS = 13, MAX_RESIDUES = 40, C = DN_BLOSUM_WIDTH, MOST = PROTEINS * (MAX_RESIDUES + 2) * C };

static dn_strings sequence;
static float state[MOST];
static int64_t at[PROTEINS + 1];
static const dn_states_about about = {
    .encoder = "blosum", .width = C, .max_residues = MAX_RESIDUES, .ends = 2};

/* Sequences of 1 to 61 residues; the ends carry numbers of their own. */
static void make_proteins(void)
{
    static const char letters[] = "ACDEFGHIKLMNPQRSTVWYXU";
    char text[64];

    for (int64_t i = 0; i < PROTEINS; i++) {
        int64_t length = 1 + 5 * i, kept = length < MAX_RESIDUES ? length : MAX_RESIDUES;
        float *first = state + at[i] * C;

        for (int64_t k = 0; k < length; k++)
            text[k] = letters[(i * 7 + k * (k + 3)) % 22];
        CU_ASSERT_EQUAL(dn_strings_add(&sequence, text, (size_t)length, NULL), DN_OK);
        at[i + 1] = at[i] + kept + 2;
        for (int64_t c = 0; c < C; c++) {
            first[c] = (float)i + 0.25f;
            first[(kept + 1) * C + c] = -(float)i;
        }
        dn_protein_encode(text, kept, DN_PROTEIN_BLOSUM, first + C);
    }
    CU_ASSERT(at[PROTEINS] * C <= MOST);
    CU_ASSERT_EQUAL(dn_states_positions(&about, 61), 42);
    CU_ASSERT_EQUAL(dn_states_positions(&about, 5), 7);
}

static dn_status write_file(const char *name, dn_range mine, dn_error *err)
{
    dn_states_file file = {.path = test_path(name), .command = "test", .config = "{}", .force = true};

    return dn_states_write(&test_comm, &file, &about, &sequence, mine, state + at[mine.begin] * C, err);
}

static dn_range block(void)
{
    return dn_block(PROTEINS, test_comm.rank, test_comm.size);
}

/* Every third protein, from the last one on, with ids. */
static void want_some(dn_strings *id, dn_strings *wanted)
{
    char name[24];

    for (int64_t i = PROTEINS - 1; i >= 0; i -= 3) {
        size_t len;
        const char *text = dn_strings_at(&sequence, i, &len);

        snprintf(name, sizeof name, "P%lld", (long long)i);
        CU_ASSERT_EQUAL(dn_strings_add(id, name, strlen(name), NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_strings_add(wanted, text, len, NULL), DN_OK);
    }
}

static dn_status read_wanted(const char *name, int grouping, const dn_strings *id, const dn_strings *wanted,
                             char *hash, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states *s = NULL;
    dn_host host = {.all = NULL};
    dn_shared *memory = NULL;
    int64_t protein[PROTEINS], begin[PROTEINS + 1];

    dn_host_open(&test_comm, grouping, &host);
    DN_TRY(dn_states_open(&test_comm, test_path(name), &s, err));
    DN_TRY(dn_states_find(s, id, wanted, protein, begin, err));
    DN_TRY(dn_shared_create(&host, (size_t)(begin[wanted->n] * C) * sizeof(float), &memory, err));
    DN_TRY(dn_states_read(s, &host, wanted->n, protein, begin, dn_shared_base(memory), hash, err));
    dn_shared_barrier(memory);
    CU_ASSERT_STRING_EQUAL(dn_states_info(s)->encoder, "blosum");
    for (int64_t i = 0; i < wanted->n; i++) {
        int64_t n = begin[i + 1] - begin[i], which = protein[i];
        CU_ASSERT_EQUAL(n, at[which + 1] - at[which]);
        CU_ASSERT_EQUAL(memcmp((float *)dn_shared_base(memory) + begin[i] * C, state + at[which] * C,
                               (size_t)(n * C) * sizeof(float)),
                        0);
    }
out:
    dn_states_close(&s);
    dn_shared_destroy(&memory);
    dn_host_close(&host);
    return st;
}

static void written_and_read(void)
{
    static const int groupings[] = {0, 1, 2, -2};
    dn_strings id = {0}, some = {0};
    char hash[DN_HASH_TEXT] = "", again[DN_HASH_TEXT] = "", whole[DN_HASH_TEXT] = "";
    dn_range all = {test_comm.rank == 0 ? 0 : PROTEINS, PROTEINS};
    dn_error err = DN_ERROR_INIT;

    want_some(&id, &some);
    CU_ASSERT_EQUAL(write_file("s.h5", block(), &err), DN_OK);
    CU_ASSERT_EQUAL(write_file("t.h5", all, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    for (int k = 0; k < 4; k++) {
        CU_ASSERT_EQUAL(read_wanted("s.h5", groupings[k], &id, &some, k == 0 ? hash : again, &err), DN_OK);
        CU_ASSERT_STRING_EQUAL(k == 0 ? hash : again, hash);
    }
    CU_ASSERT_EQUAL(read_wanted("t.h5", 0, &id, &some, again, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(again, hash);
    CU_ASSERT_EQUAL(read_wanted("t.h5", 0, &sequence, &sequence, whole, &err), DN_OK);
    CU_ASSERT(strlen(hash) == 16 && strcmp(whole, hash) != 0);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    dn_strings_destroy(&id);
    dn_strings_destroy(&some);
}

static void proteins_that_are_not_there(void)
{
    dn_strings id = {0}, wanted = {0};
    char hash[DN_HASH_TEXT];
    dn_error err = DN_ERROR_INIT;

    want_some(&id, &wanted);
    CU_ASSERT_EQUAL(dn_strings_add(&id, "Q1", 2, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&wanted, "MKVW", 4, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&id, "Q2", 2, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_strings_add(&wanted, "MKVWW", 5, NULL), DN_OK);
    CU_ASSERT_EQUAL(read_wanted("s.h5", 0, &id, &wanted, hash, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no states of 2 of 7 targets, the first is 'Q1'"));
    dn_strings_destroy(&id);
    dn_strings_destroy(&wanted);
}

/* ---- files that are not sound ---- */

typedef enum flaw {
    SOUND,
    NOT_A_NUMBER,
    INFINITE,
    OTHER_STATES,
    TOO_SHORT,
    TWICE,
    ROWS,
    NO_ENCODER,
    NO_STATES,
    FLAT,
    SUMS,
    DECLARED
} flaw;

/* Two proteins ACD and WY of width 2 by the calls of h5.h; a file of those that write without dragnet. */
static dn_status write_by_hand(const char *name, flaw f)
{
    dn_status st = DN_OK;
    dn_error *err = NULL;
    dn_h5 *h = NULL;
    dn_strings s = {0};
    int64_t begin[3] = {0, f == TOO_SHORT ? 2 : 3, 5};
    int64_t n = 3, rows[2] = {f == ROWS ? 4 : 5, 2}, flat = 10, sums[2] = {2, 32};
    float v[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint8_t sum[64] = {0};

    if (f == NOT_A_NUMBER || f == INFINITE)
        v[7] = f == INFINITE ? INFINITY : NAN;
    DN_TRY(dn_strings_add(&s, "ACD", 3, err));
    DN_TRY(dn_strings_add(&s, f == TWICE ? "ACD" : "WY", f == TWICE ? 3 : 2, err));
    if (f == TWICE)
        begin[2] = rows[0] = 6;
    DN_TRY(dn_h5_create(&test_comm, test_path(name), f == OTHER_STATES ? "dragnet.dataset" : DN_STATES_SCHEMA,
                        "test", "{}", true, &h, err));
    if (f != NO_ENCODER)
        DN_TRY(dn_h5_set_text(h, "/", "encoder", "hand", err));
    if (f == DECLARED)
        DN_TRY(dn_h5_set_int(h, "/", "max_residues", 1, err));
    DN_TRY(dn_h5_write_strings(h, "/proteins/sequence", &s, err));
    DN_TRY(dn_h5_write_all(h, "/proteins/state_at", 1, &n, begin, err));
    if (f != NO_STATES) {
        float more[12] = {0};
        memcpy(more, v, sizeof v);
        DN_TRY(dn_h5_write_all(h, "/proteins/state", f == FLAT ? 1 : 2, f == FLAT ? &flat : rows, more, err));
    }
    if (f == SUMS)
        DN_TRY(dn_h5_write_all(h, "/proteins/checksum", 2, sums, sum, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_strings_destroy(&s);
    return st;
}

static dn_status read_by_hand(const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states *s = NULL;
    dn_host host = {.all = NULL};
    dn_strings wanted = {0};
    int64_t protein[2], begin[3];
    float *v = NULL;
    char hash[DN_HASH_TEXT];
    dn_shared *memory = NULL;

    dn_host_open(&test_comm, 0, &host);
    DN_TRY(dn_strings_add(&wanted, "WY", 2, err));
    DN_TRY(dn_strings_add(&wanted, "ACD", 3, err));
    DN_TRY(dn_states_open(&test_comm, test_path(name), &s, err));
    DN_TRY(dn_states_find(s, &wanted, &wanted, protein, begin, err));
    DN_TRY(dn_shared_create(&host, 10 * sizeof *v, &memory, err));
    v = dn_shared_base(memory);
    DN_TRY(dn_states_read(s, &host, 2, protein, begin, v, hash, err));
    dn_shared_barrier(memory);
    CU_ASSERT(v[0] == 7 && v[3] == 10 && v[4] == 1 && v[9] == 6);
out:
    dn_states_close(&s);
    dn_shared_destroy(&memory);
    dn_host_close(&host);
    dn_strings_destroy(&wanted);
    return st;
}

static void files_that_are_not_sound(void)
{
    static const struct {
        flaw f;
        const char *text;
    } row[] = {{SOUND, NULL},
               {NOT_A_NUMBER, "protein 1 (WY) is nan"},
               {INFINITE, "protein 1 (WY) is inf"},
               {OTHER_STATES, "is a dragnet.dataset, wanted a dragnet.states"},
               {TOO_SHORT, "protein 0 (ACD) has 2 states, wanted 3"},
               {TWICE, "proteins 0 and 1 have the same sequence (ACD)"},
               {ROWS, "/proteins/state has 4 rows"},
               {NO_ENCODER, "no attribute encoder"},
               {NO_STATES, "holds no /proteins/state"},
               {FLAT, "states of 0 numbers"},
               {SUMS, "do not match their checksum"},
               {DECLARED, "protein 0 (ACD) has 3 states, wanted 1"}};

    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        dn_error err = DN_ERROR_INIT;
        dn_status st;

        CU_ASSERT_EQUAL(write_by_hand("hand.h5", row[k].f), DN_OK);
        st = read_by_hand("hand.h5", &err);
        CU_ASSERT_EQUAL(st, row[k].text == NULL ? DN_OK : DN_EDATA);
        if (row[k].text != NULL && strstr(err.text, row[k].text) == NULL)
            printf("# wanted '%s', got '%s'\n", row[k].text, err.text);
        CU_ASSERT(row[k].text == NULL || strstr(err.text, row[k].text) != NULL);
        CU_ASSERT(test_same((int)st));
    }
}

static void nothing_but_numbers_is_written(void)
{
    dn_error err = DN_ERROR_INIT;
    float kept = state[at[4] * C];

    state[at[4] * C] = NAN;
    CU_ASSERT_EQUAL(write_file("nan.h5", block(), &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "protein 4"));
    state[at[4] * C] = kept;
}

/* ---- memory ---- */

static void any_rank_may_run_out_of_memory(void)
{
    dn_strings id = {0}, some = {0};
    long live;
    char hash[DN_HASH_TEXT];

    want_some(&id, &some);
    live = dn_alloc_live();
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 1000; k += 1 + k / 8) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = write_file("memory.h5", block(), &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 1000; k += 1 + k / 8) {
            dn_error err = DN_ERROR_INIT;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = read_wanted("s.h5", 0, &id, &some, hash, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    dn_strings_destroy(&id);
    dn_strings_destroy(&some);
    dn_strings_destroy(&sequence);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"proteins", make_proteins},
                                {"written and read", written_and_read},
                                {"proteins that are not there", proteins_that_are_not_there},
                                {"files that are not sound", files_that_are_not_sound},
                                {"nothing but numbers is written", nothing_but_numbers_is_written},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "states", tests);
}
