/* pairs.c - tests of the pair sets and splits of mpi/io/dataset.h: the same on every rank whoever shares
 * memory, once per host, refused where unsound
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "tests/support/gene_files.h"

static const int groupings[] = {0, 1, 2, 3, -2, -3};
enum { GROUPINGS = sizeof groupings / sizeof groupings[0] };

/* More pairs than are read in one turn, also by a rank of four. */
enum { GENES = 1000, PAIRS = 1 << 20 | 5, FEW = 7, FOLDS = 3 };

static int64_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS], part[FOLDS * PAIRS];

static void fill(void)
{
    for (int64_t i = 0; i < PAIRS; i++) {
        gene_a[i] = i * 7 % GENES;
        gene_b[i] = (gene_a[i] + 1 + i / GENES % (GENES - 1)) % GENES;
        label[i] = (uint8_t)(i % 5 == 0);
        for (int64_t f = 0; f < FOLDS; f++)
            part[f * PAIRS + i] = (uint8_t)((i + f) % 4);
    }
}

static dn_status write_set(dn_h5 *h, const char *name, int64_t n, int64_t n_label, int64_t classes,
                           dn_error *err)
{
    const test_pairs p = {n, gene_a, gene_b, n_label, label, 3, classes};

    return test_pairs_write(h, name, &p, err);
}

/* A dataset with the sets `many`, `few` and `none`; broken: with unsound ones in their place. */
static dn_status write_file(const char *path, bool broken, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    static int64_t row[GENES];
    int64_t genes = GENES;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &genes, row, err));
    if (broken) {
        DN_TRY(write_set(h, "many", PAIRS, PAIRS, 0, err));
        DN_TRY(write_set(h, "short", FEW, FEW - 1, 0, err));
        DN_TRY(write_set(h, "one_class", FEW, FEW, 1, err));
        DN_TRY(write_set(h, "too_many", FEW, FEW, 256, err));
    } else {
        DN_TRY(write_set(h, "many", PAIRS, PAIRS, 0, err));
        DN_TRY(write_set(h, "few", FEW, FEW, 4, err));
        DN_TRY(write_set(h, "none", 0, 0, 0, err));
        DN_TRY(test_split_write(h, "folds", "many", "kfold", FOLDS, PAIRS, part, err));
        DN_TRY(test_split_write(h, "nothing", "many", "kfold", 1, 0, part, err));
    }
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* ---- what comes back ---- */

static int64_t wrong_pairs(const dn_pairs *p)
{
    int64_t wrong = 0;

    for (int64_t i = 0; i < p->n; i++)
        wrong += p->gene_a[i] != gene_a[i] || p->gene_b[i] != gene_b[i] || p->label[i] != label[i];
    return wrong;
}

static void check_loaded(const dn_h5 *h)
{
    dn_pairs many = {0}, few = {0}, none = {0};
    dn_split folds = {0}, nothing = {0};
    dn_error err = DN_ERROR_INIT;
    int64_t wrong = 0;

    CU_ASSERT_EQUAL(dn_pairs_load(h, "many", &many, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_pairs_load(h, "few", &few, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_pairs_load(h, "none", &none, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_split_load(h, "folds", 2, &folds, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_split_load(h, "nothing", -1, &nothing, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT(many.n == PAIRS && many.classes == 2 && many.two_labels == 3 && wrong_pairs(&many) == 0);
    CU_ASSERT(few.n == FEW && few.classes == 4 && wrong_pairs(&few) == 0);
    CU_ASSERT(none.n == 0 && nothing.n == 0);
    CU_ASSERT(folds.n == PAIRS && folds.folds == FOLDS);
    for (int64_t i = 0; i < folds.n; i++)
        wrong += folds.part[i] != part[2 * PAIRS + i];
    CU_ASSERT_EQUAL(wrong, 0);
    dn_pairs_destroy(&few);
    dn_split_destroy(&folds);
    dn_pairs_destroy(&many);
    dn_pairs_destroy(&none);
    dn_split_destroy(&nothing);
    CU_ASSERT(many.memory == NULL && many.gene_a == NULL && folds.part == NULL);
}

static void the_same_whoever_shares(void)
{
    const char *path = test_path("sound.h5");
    dn_error err = DN_ERROR_INIT;

    fill();
    CU_ASSERT_EQUAL(write_file(path, false, &err), DN_OK);
    for (int k = 0; k < GROUPINGS; k++) {
        dn_h5 *h = NULL;

        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
        CU_ASSERT_EQUAL(dn_h5_grouping(h), 0);
        dn_h5_group_hosts(h, groupings[k]);
        check_loaded(h);
        dn_h5_close(&h);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* One rank writes, the others of its host see it, those of other hosts do not: the memory is one. */
static void once_per_host(void)
{
    for (int k = 0; k < GROUPINGS; k++) {
        dn_error err = DN_ERROR_INIT;
        dn_pairs p = {0};
        dn_h5 *h = NULL;

        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, test_path("sound.h5"), DN_DATASET_SCHEMA, &h, &err), DN_OK);
        dn_h5_group_hosts(h, groupings[k]);
        CU_ASSERT_EQUAL(dn_pairs_load(h, "few", &p, &err), DN_OK);
        if (p.memory != NULL) {
            const dn_host *host = dn_shared_host(p.memory);

            dn_shared_barrier(p.memory);
            if (host->comm.rank == host->comm.size - 1)
                p.gene_b[FEW - 1] = 100 + host->number;
            dn_shared_barrier(p.memory);
            CU_ASSERT_EQUAL(p.gene_b[FEW - 1], 100 + host->number);
        }
        dn_pairs_destroy(&p);
        dn_h5_close(&h);
    }
}

/* ---- what is refused ---- */

static void refuse(const dn_h5 *h, const char *name, const char *words)
{
    dn_error err = DN_ERROR_INIT;
    dn_pairs p = {0};

    CU_ASSERT_EQUAL(dn_pairs_load(h, name, &p, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    if (strstr(err.text, words) == NULL)
        fprintf(stderr, "# %s: wanted '%s'\n", err.text, words);
    CU_ASSERT(p.memory == NULL && p.gene_a == NULL);
}

static void unsound_sets(void)
{
    const char *path = test_path("unsound.h5");
    dn_error err = DN_ERROR_INIT;
    dn_h5 *h = NULL;

    fill();
    gene_b[PAIRS - 2] = GENES; /* the first of all is named, whoever reads it */
    gene_a[PAIRS / 2] = -1;
    gene_a[PAIRS - 1] = (int64_t)1 << 32; /* 0 in 32 bits */
    CU_ASSERT_EQUAL(write_file(path, true, &err), DN_OK);
    for (int k = 0; k < GROUPINGS; k += 3) {
        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
        dn_h5_group_hosts(h, groupings[k]);
        refuse(h, "many", "pair 524290 of set 'many' has a gene or a label out of range");
        refuse(h, "short", "/pairs/short/label has another length than its neighbours");
        refuse(h, "one_class", "1 classes");
        refuse(h, "too_many", "256 classes");
        refuse(h, "absent", "no pair set 'absent'; there are: many, one_class, short, too_many");
        dn_h5_close(&h);
    }
    fill();
    label[4] = 2;
    gene_a[PAIRS - 1] = (int64_t)1 << 32;
    CU_ASSERT_EQUAL(write_file(path, true, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    refuse(h, "many", "pair 4 of set");
    dn_h5_close(&h);
    label[4] = 0;
    CU_ASSERT_EQUAL(write_file(path, true, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    refuse(h, "many", "pair 1048580 of set");
    dn_h5_close(&h);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static dn_status load_both(dn_pairs *p, dn_split *s, int grouping, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, test_path("sound.h5"), DN_DATASET_SCHEMA, &h, err));
    dn_h5_group_hosts(h, grouping);
    DN_TRY(dn_pairs_load(h, "few", p, err));
    DN_TRY(dn_split_load(h, "folds", 0, s, err));
out:
    dn_h5_close(&h);
    return st;
}

static void any_rank_may_run_out_of_memory(void)
{
    for (int g = 0; g < GROUPINGS; g += 3)
        for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 100; k = test_next_refused(k)) {
                dn_error err = DN_ERROR_INIT;
                dn_pairs p = {0};
                dn_split s = {0};

                dn_alloc_fail_after(test_comm.rank == r ? k : -1);
                st = load_both(&p, &s, groupings[g], &err);
                dn_alloc_fail_after(-1);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
                dn_pairs_destroy(&p);
                dn_split_destroy(&s);
                CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
        }
}

static const dn_test tests[] = {{"the same whoever shares", the_same_whoever_shares},
                                {"once per host", once_per_host},
                                {"unsound sets", unsound_sets},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "pairs", tests);
}
