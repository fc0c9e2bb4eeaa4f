/* screen.c - tests of mpi/screen/screen.h against every pair scored through the ordinary path and sorted:
 * what is kept, ties, known pairs, blocks, on any ranks; what is refused
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "mpi/screen/screen.h"
#include "mpi/screen/screen_evidence.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "tests/support/small_screen.h"

static void all_ways(bool history, const char *kind, float scale)
{
    static const int64_t some_drugs[] = {1, 4, 5, 11, 25}, some_targets[] = {20, 3, 7};
    static const int64_t blocks[] = {0, 1, 8};
    static float score[SMALL_ROWS];
    small_model x;

    small_make();
    small_score(history, kind, scale, score);
    small_model_make(false, history, kind, scale, &x);
    for (int way = 0; way < 18; way++) {
        dn_screen_options o = {.drug = small_every_drug,
                               .n_drugs = small_without_new ? SMALL_DRUGS - small_new_drugs : SMALL_DRUGS,
                               .target = small_every_target,
                               .n_targets = SMALL_TARGETS,
                               .keep = way % 4 == 0   ? 1
                                       : way % 4 == 1 ? 13
                                       : way % 4 == 2 ? 3
                                                      : 1000000,
                               .per = (dn_screen_per)(way % 3),
                               .end = {way / 3 % 3 > 0, way / 3 % 3 != 1},
                               .include_known = way / 9 % 2 == 1,
                               .block = blocks[way / 5 % 3]};
        small_screen(&x, &o, score);
        o.drug = some_drugs;
        o.n_drugs = small_without_new ? 4 : 5;
        o.target = some_targets;
        o.n_targets = 3;
        small_screen(&x, &o, score);
    }
    small_model_free(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void with_history(void)
{
    static float plain[SMALL_ROWS], cold[SMALL_ROWS];

    all_ways(true, "warm", 1);
    all_ways(true, "cold-both", 1);
    /* otherwise nothing was shown about hidden rows */
    small_score(true, "warm", 1, plain);
    small_score(true, "cold-both", 1, cold);
    CU_ASSERT_NOT_EQUAL(memcmp(plain, cold, sizeof plain), 0);
}

/* Those of other files: as if they stood in the dataset without a pair. */
static void newcomers(void)
{
    small_new_drugs = 5;
    small_new_targets = 4;
    all_ways(true, "warm", 1);
    all_ways(false, "warm", 1);
    small_new_targets = 0;
    all_ways(true, "warm", 1);
    small_without_new = true; /* they do not change what training rows see of each other */
    all_ways(true, "cold-both", 1);
    all_ways(true, "cold-drug", 1);
    small_without_new = false;
    small_new_drugs = 0;
}

/* Of 3-mer counts, every 3-mer held against every other. */
static double cosine(int64_t s, int64_t t)
{
    const char *a = small_sequence + s * SMALL_LENGTH, *b = small_sequence + t * SMALL_LENGTH;
    double both = 0, one = 0, other = 0;

    for (int i = 0; i + 3 <= SMALL_LENGTH; i++)
        for (int j = 0; j + 3 <= SMALL_LENGTH; j++) {
            both += memcmp(a + i, b + j, 3) == 0;
            one += memcmp(a + i, a + j, 3) == 0;
            other += memcmp(b + i, b + j, 3) == 0;
        }
    return both / sqrt(one * other);
}

/* Training rows and likenesses, against one loop over all. */
static void check_evidence(const small_model *x, const dn_screen_evidence *e)
{
    static int64_t drug_rows[SMALL_DRUGS], target_rows[SMALL_TARGETS];

    memset(drug_rows, 0, sizeof drug_rows);
    memset(target_rows, 0, sizeof target_rows);
    for (int64_t i = 0; i < small_n_known; i++)
        if (small_known_part[i] == DN_TRAIN) {
            drug_rows[small_known_drug[i]]++;
            target_rows[small_known_target[i]]++;
        }
    for (int64_t d = 0; d < SMALL_DRUGS; d++) {
        dn_fingerprint a, b;
        dn_molecule m = dn_drugs_molecule(&x->m.in.drugs, d);
        double best = 0;

        CU_ASSERT_EQUAL(e->drug_rows[d], drug_rows[d]);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &a, NULL), DN_OK);
        for (int64_t o = 0; o < SMALL_DRUGS; o++) {
            m = dn_drugs_molecule(&x->m.in.drugs, o);
            CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &b, NULL), DN_OK);
            if (drug_rows[o] > 0 && dn_fingerprint_tanimoto(&a, &b) > best)
                best = dn_fingerprint_tanimoto(&a, &b);
        }
        CU_ASSERT_EQUAL(e->drug_like[d], d % 3 == 0 ? best : 0);
        CU_ASSERT(drug_rows[d] == 0 || best == 1);
    }
    for (int64_t t = 0; t < SMALL_TARGETS; t++) {
        double best = 0;

        CU_ASSERT_EQUAL(e->target_rows[t], target_rows[t]);
        for (int64_t o = 0; o < SMALL_TARGETS; o++)
            if (target_rows[o] > 0 && cosine(t, o) > best)
                best = cosine(t, o);
        CU_ASSERT_DOUBLE_EQUAL(e->target_like[t], best, 1e-12);
        CU_ASSERT(target_rows[t] > 0 ? e->target_like[t] == 1 : e->target_like[t] < 1);
    }
}

static void evidence(void)
{
    static int64_t drug[SMALL_DRUGS];
    dn_screen_who who = {.drug = drug, .target = small_every_target, .n_targets = SMALL_TARGETS};
    long live;
    small_model x;

    small_new_drugs = 5;
    small_new_targets = 4;
    small_make();
    small_model_make(false, false, "warm", 1, &x);
    live = dn_alloc_live();
    for (int64_t d = 0; d < SMALL_DRUGS; d += 3)
        drug[who.n_drugs++] = d;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 500; k = test_next_refused(k)) {
            dn_screen_evidence e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_screen_evidence_find(&test_comm, &x.m.in, x.split.part, &who, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            if (st == DN_OK)
                check_evidence(&x, &e);
            dn_screen_evidence_destroy(&e);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    small_model_free(&x);
    small_new_drugs = small_new_targets = 0;
}

static void without_history(void)
{
    all_ways(false, "warm", 1);
}

static void ties_go_by_ids(void)
{
    all_ways(true, "warm", 0);
}

static void refused(void)
{
    dn_screen_options o = {.drug = small_every_drug,
                           .n_drugs = SMALL_DRUGS,
                           .target = small_every_target,
                           .n_targets = SMALL_TARGETS,
                           .keep = 1,
                           .end = {true, true}};
    dn_screen_result got;
    small_model x;

    small_model_make(false, true, "warm", 1, &x);
    o.keep = 0;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    o.keep = 5;
    o.n_drugs = 0;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    o.n_drugs = SMALL_DRUGS;
    o.end[0] = o.end[1] = false;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    CU_ASSERT_PTR_NULL(got.hit);
    small_model_free(&x);
}

/* Refuse allocation k on each rank, for every k; with history, where most are those of fingerprints, for
 * every k up to 40 and then fewer and fewer. */
static void run_out_of_memory(bool history)
{
    dn_screen_options o = {.drug = small_every_drug,
                           .n_drugs = 7,
                           .target = small_every_target,
                           .n_targets = 6,
                           .keep = 4,
                           .end = {true, true},
                           .include_known = true,
                           .block = 4};
    small_model x;
    long live;

    small_model_make(false, history, "warm", 1, &x);
    live = dn_alloc_live();
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += history ? 1 + k / 40 : 1) {
            dn_screen_result got;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_screen(&test_comm, &x.m, &x.split, &o, &got, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_screen_result_destroy(&got);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    small_model_free(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    run_out_of_memory(false);
    run_out_of_memory(true);
}

static const dn_test tests[] = {{"with history: as every pair by itself", with_history},
                                {"without history", without_history},
                                {"ties go by ids", ties_go_by_ids},
                                {"drugs and targets that are new", newcomers},
                                {"evidence", evidence},
                                {"refused", refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "screen", tests);
}
