/* evaluate_dti_set.c - tests of dn_dti_table_add(): which rows of another set are evaluated, and what becomes
 * of the others; sets that are refused; memory refused on any rank. What comes out of an evaluation of such a
 * table is tested by tests/cli/dti_set.sh.
 */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/evaluate/evaluate_dti.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { DRUGS = 13, TARGETS = 11, CELLS = DRUGS * TARGETS };

/* A set as every rank knows it. */
typedef struct made {
    int64_t n, drug[CELLS], target[CELLS];
    uint8_t label[CELLS], part[CELLS];
} made;

static made own, other;
static int8_t own_at[CELLS]; /* row of `own` that is this pair, -1: none */

/* `own` are cells of the first 9 drugs and 8 targets in a random order, `other` cells of all, some of them
 * again with the other label. */
static void make_sets(void)
{
    dn_rng s = dn_rng_stream(17, DN_RNG_SYNTH, 0, 0);
    dn_permutation p = dn_permutation_make(17, 0, CELLS), q = dn_permutation_make(17, 1, CELLS);

    own = other = (made){.n = 0};
    memset(own_at, -1, sizeof own_at);
    for (uint64_t i = 0; i < CELLS; i++) {
        int64_t cell = (int64_t)dn_permute(&p, i), d = cell / TARGETS, t = cell % TARGETS, n = own.n;

        if (d >= 9 || t >= 8 || n >= 60)
            continue;
        own_at[cell] = (int8_t)n;
        own.drug[n] = d;
        own.target[n] = t;
        own.label[n] = (uint8_t)dn_rng_below(s, i, 2);
        own.part[n] = (uint8_t)(n % 5 < 3 ? DN_TRAIN : n % 5 == 3 ? DN_VALIDATION : DN_TEST + n % 2);
        own.n++;
    }
    for (uint64_t i = 0; i < CELLS; i++) {
        int64_t cell = (int64_t)dn_permute(&q, i), n = other.n;

        if (dn_rng_below(s, 1000 + i, 2) == 0)
            continue;
        other.drug[n] = cell / TARGETS;
        other.target[n] = cell % TARGETS;
        other.label[n] = (uint8_t)dn_rng_below(s, 2000 + i, 2);
        other.n++;
    }
}

static void write_set(dn_h5 *h, const char *name, const made *m, int64_t contradictory)
{
    char group[64], path[80];
    dn_error err = DN_ERROR_INIT;

    snprintf(group, sizeof group, "/interactions/%s", name);
    snprintf(path, sizeof path, "%s/drug", group);
    CU_ASSERT_EQUAL(dn_h5_write_all(h, path, 1, &m->n, m->drug, &err), DN_OK);
    snprintf(path, sizeof path, "%s/target", group);
    CU_ASSERT_EQUAL(dn_h5_write_all(h, path, 1, &m->n, m->target, &err), DN_OK);
    snprintf(path, sizeof path, "%s/label", group);
    CU_ASSERT_EQUAL(dn_h5_write_all(h, path, 1, &m->n, m->label, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_set_int(h, group, "contradictory", contradictory, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
}

/* Ids, and the sets `own`, `other`, `trained` (training rows of own alone) and, of gene pairs, `genes`. */
static const char *make_dataset(void)
{
    static char path[512];
    static made trained;
    static const int64_t four = 4;
    static const int64_t zero[4];
    dn_h5 *h = NULL;
    dn_strings drug = {0}, target = {0};

    make_sets();
    trained = (made){.n = 0};
    for (int64_t i = 0; i < own.n; i++)
        if (own.part[i] == DN_TRAIN) {
            trained.drug[trained.n] = own.drug[i];
            trained.target[trained.n] = own.target[i];
            trained.label[trained.n++] = own.label[i];
        }
    for (int i = 0; i < DRUGS; i++)
        CU_ASSERT_EQUAL(dn_strings_add(&drug, "drug", 4, NULL), DN_OK);
    for (int i = 0; i < TARGETS; i++)
        CU_ASSERT_EQUAL(dn_strings_add(&target, "target", 6, NULL), DN_OK);
    snprintf(path, sizeof path, "%s", test_path("sets.h5"));
    CU_ASSERT_EQUAL(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "test", "{}", true, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_write_strings(h, "/drugs/id", &drug, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_write_strings(h, "/targets/id", &target, NULL), DN_OK);
    write_set(h, "own", &own, 7);
    write_set(h, "other", &other, 3);
    write_set(h, "trained", &trained, 0);
    CU_ASSERT_EQUAL(dn_h5_write_all(h, "/pairs/genes/gene_a", 1, &four, zero, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, NULL), DN_OK);
    dn_h5_close(&h);
    dn_strings_destroy(&drug);
    dn_strings_destroy(&target);
    return path;
}

static void *copy(const void *from, size_t bytes)
{
    void *to = dn_calloc(bytes, 1);

    memcpy(to, from, bytes);
    return to;
}

static dn_dti_table make_table(void)
{
    size_t n = (size_t)own.n;

    return (dn_dti_table){.pairs = {.n = own.n,
                                    .drugs = DRUGS,
                                    .targets = TARGETS,
                                    .drug = copy(own.drug, n * sizeof *own.drug),
                                    .target = copy(own.target, n * sizeof *own.target),
                                    .label = copy(own.label, n),
                                    .contradictory = 7},
                          .split = {.pairs = "own",
                                    .interactions = true,
                                    .kind = "warm",
                                    .n = own.n,
                                    .folds = 1,
                                    .part = copy(own.part, n)},
                          .name = "s",
                          .fold = -1};
}

/* The table is as make_table() makes it. */
static bool untouched(const dn_dti_table *t)
{
    return t->pairs.n == own.n && t->split.n == own.n && t->set.name[0] == '\0' && t->set.row == NULL &&
           memcmp(t->pairs.drug, own.drug, (size_t)own.n * sizeof *own.drug) == 0 &&
           memcmp(t->split.part, own.part, (size_t)own.n) == 0;
}

static void check_table(const dn_dti_table *t)
{
    int64_t to = own.n, trained = 0, otherwise = 0, validation = 0;
    const char *set;

    for (int64_t i = 0; i < own.n; i++) {
        CU_ASSERT(t->pairs.drug[i] == own.drug[i] && t->pairs.target[i] == own.target[i]);
        CU_ASSERT_EQUAL(t->pairs.label[i], own.label[i]);
        CU_ASSERT_EQUAL(t->split.part[i], own.part[i] == DN_TEST ? DN_LEFT_OUT : own.part[i]);
        CU_ASSERT_EQUAL(dn_dti_table_row(t, i, &set), i);
        CU_ASSERT_STRING_EQUAL(set, "own");
    }
    for (int64_t i = 0; i < other.n; i++) {
        int at = own_at[other.drug[i] * TARGETS + other.target[i]];

        if (at >= 0 && own.part[at] == DN_TRAIN) {
            trained++;
            otherwise += own.label[at] != other.label[i];
            continue;
        }
        validation += at >= 0 && own.part[at] == DN_VALIDATION;
        if (to < t->pairs.n) {
            CU_ASSERT(t->pairs.drug[to] == other.drug[i] && t->pairs.target[to] == other.target[i]);
            CU_ASSERT_EQUAL(t->pairs.label[to], other.label[i]);
            CU_ASSERT_EQUAL(t->split.part[to], DN_TEST);
            CU_ASSERT_EQUAL(dn_dti_table_row(t, to, &set), i);
            CU_ASSERT_STRING_EQUAL(set, "other");
        }
        to++;
    }
    CU_ASSERT(t->pairs.n == to && t->split.n == to && t->set.first == own.n && t->set.rows == other.n);
    CU_ASSERT(trained > otherwise && otherwise > 0 && validation > 0 && to > own.n + validation);
    CU_ASSERT_EQUAL(t->set.trained_on, trained);
    CU_ASSERT_EQUAL(t->set.other_label, otherwise);
    CU_ASSERT_EQUAL(t->set.also_in_validation, validation);
    CU_ASSERT_EQUAL(t->set.two_labels, 3);
    CU_ASSERT_EQUAL(t->pairs.contradictory, 7);
}

static void rows_of_another_set(void)
{
    const char *path = make_dataset();
    dn_dti_table t = make_table();
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_dti_table_add(&test_comm, path, "other", &t, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    else
        check_table(&t);
    dn_dti_table_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The own set: all that was not trained on, left out rows too. */
static void rows_of_the_own_set(void)
{
    const char *path = make_dataset();
    dn_dti_table t = make_table();
    int64_t training = 0, validation = 0;

    for (int64_t i = 0; i < own.n; i++) {
        training += own.part[i] == DN_TRAIN;
        validation += own.part[i] == DN_VALIDATION;
    }
    CU_ASSERT_EQUAL(dn_dti_table_add(&test_comm, path, "own", &t, NULL), DN_OK);
    CU_ASSERT_EQUAL(t.pairs.n, 2 * own.n - training);
    CU_ASSERT_EQUAL(t.set.trained_on, training);
    CU_ASSERT_EQUAL(t.set.other_label, 0);
    CU_ASSERT_EQUAL(t.set.also_in_validation, validation);
    CU_ASSERT_EQUAL(t.set.two_labels, 7);
    dn_dti_table_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(void)
{
    const char *path = make_dataset();
    const struct {
        const char *set, *text;
    } bad[] = {{"nobody", "there are: other, own, trained"},
               {"genes", "'genes' is a set of gene pairs, not of drug-target pairs"},
               {"trained", "no pair that was not trained on: all 36 are training rows"},
               {"", "set of interactions"},
               {"own/drug", "set of interactions"}};
    dn_dti_table t = make_table();

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(dn_dti_table_add(&test_comm, path, bad[i].set, &t, &err), DN_EDATA);
        CU_ASSERT(strstr(err.text, bad[i].text) != NULL);
        if (strstr(err.text, bad[i].text) == NULL)
            fprintf(stderr, "# %s\n", err.text);
        CU_ASSERT(untouched(&t));
    }
    dn_dti_table_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    const char *path = make_dataset();

    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 200; k = test_next_refused(k)) {
            dn_dti_table t = make_table();
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_dti_table_add(&test_comm, path, "other", &t, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r && untouched(&t)));
            if (st == DN_OK)
                check_table(&t);
            dn_dti_table_destroy(&t);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"rows of another set, without those trained on", rows_of_another_set},
                                {"rows of the own set that were not trained on", rows_of_the_own_set},
                                {"unknown sets, gene pairs, nothing left", refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_dti_set", tests);
}
