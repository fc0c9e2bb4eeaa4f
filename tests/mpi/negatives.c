/* negatives.c - splits that own their rows: stored and looked at on any number of ranks, removed whole */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include "mpi/data/negatives.h"
#include "solvers/base/alloc.h"

enum { GENES = 80, PAIRS = 600, FOLDS = 4 };

static int32_t gene_a[PAIRS], gene_b[PAIRS];
static uint8_t label[PAIRS];
static const dn_pairs pairs = {
    .n = PAIRS, .gene_a = gene_a, .gene_b = gene_b, .label = label, .classes = 4, .two_labels = 7};

static void fill(void)
{
    for (int64_t i = 0; i < PAIRS; i++) {
        gene_a[i] = (int32_t)(i % 40);
        gene_b[i] = (int32_t)(40 + (i / 40 * 2 + i % 40 / 20) % 40);
        label[i] = (uint8_t)(i % 5 % 4);
    }
}

static const dn_split_options by_genes = {
    .kind = DN_SPLIT_KFOLD, .by_genes = true, .folds = FOLDS, .seed = 3};

/* What every rank can make by itself. */
static dn_status make(dn_split_plan *plan, dn_negatives *d, dn_error *err)
{
    dn_status st = DN_OK;
    dn_negatives_options o = {.ratio = 1, .seed = 3};

    DN_TRY(dn_origins_parse("uniform,degree,given", &o.origins, err));
    DN_TRY(dn_split_plan_make(&by_genes, &pairs, GENES, plan, err));
    DN_TRY(dn_negatives_draw(plan, &pairs, &o, d, err));
out:
    return st;
}

static dn_status write_file(const char *path, const char *name, const dn_split_plan *plan,
                            const dn_negatives *d, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    static const int64_t row[GENES] = {0};
    static dn_split_count counts[FOLDS][DN_COUNTS];
    int64_t genes = GENES;

    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(dn_h5_write_all(h, "/genes/table_row", 1, &genes, row, err));
    DN_TRY(dn_negatives_store(h, name, "known", "{}", plan, &pairs, test_comm.rank == 0 ? d : NULL,
                              (const dn_split_count(*)[DN_COUNTS])counts, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

static int64_t wrong_rows(const dn_pairs *p, const dn_negatives *d)
{
    int64_t wrong = p->n != d->n || p->origin == NULL;

    for (int64_t i = 0; wrong == 0 && i < p->n; i++)
        wrong += p->gene_a[i] != d->gene_a[i] || p->gene_b[i] != d->gene_b[i] || p->label[i] != d->label[i] ||
                 p->origin[i] != d->origin[i];
    return wrong;
}

/* A fold, from every kind's view, in turn and back. */
static void check_fold(const dn_h5 *h, int64_t fold, const dn_pairs *p, const dn_split_plan *plan,
                       const dn_negatives *d)
{
    static const dn_origin view[] = {DN_DEGREE, DN_GIVEN, DN_UNIFORM, DN_UNIFORM};
    static uint8_t part[PAIRS];
    uint8_t *want = malloc((size_t)d->n);
    dn_split s = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_split_load(h, "x", fold, &s, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(s.pairs, "x:rows");
    CU_ASSERT_EQUAL(s.n, d->n);
    dn_split_part(plan, &pairs, fold, part);
    dn_negatives_part(d, part, DN_UNIFORM, want);
    CU_ASSERT(s.n == d->n && memcmp(s.part, want, (size_t)d->n) == 0);
    for (size_t v = 0; v < sizeof view / sizeof *view; v++) {
        CU_ASSERT_EQUAL(dn_split_look_at(&s, p, DN_UNIFORM, view[v], &err), DN_OK);
        dn_negatives_part(d, part, view[v], want);
        CU_ASSERT(s.n == d->n && memcmp(s.part, want, (size_t)d->n) == 0);
    }
    dn_split_destroy(&s);
    free(want);
}

static void stored_and_looked_at(void)
{
    static const int groupings[] = {0, 1, 2, 3, -2};
    const char *path = test_path("x.h5");
    dn_split_plan plan = {0};
    dn_negatives d = {.n = 0};
    dn_error err = DN_ERROR_INIT;

    fill();
    CU_ASSERT_EQUAL(make(&plan, &d, &err), DN_OK);
    CU_ASSERT_EQUAL(write_file(path, "x", &plan, &d, &err), DN_OK);
    for (size_t g = 0; g < sizeof groupings / sizeof *groupings; g++) {
        dn_h5 *h = NULL;
        dn_pairs p = {0};
        dn_origins o = {.n = 0};

        CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
        dn_h5_group_hosts(h, groupings[g]);
        CU_ASSERT_EQUAL(dn_pairs_load(h, "x:rows", &p, &err), DN_OK);
        CU_ASSERT(p.classes == 4 && p.two_labels == 7 && wrong_rows(&p, &d) == 0);
        CU_ASSERT_EQUAL(dn_origins_load(h, "x", &o, &err), DN_OK);
        CU_ASSERT(o.n == 3 && o.kind[0] == DN_UNIFORM && o.kind[1] == DN_DEGREE && o.kind[2] == DN_GIVEN);
        for (int64_t f = 0; f < FOLDS; f++)
            check_fold(h, f, &p, &plan, &d);
        dn_pairs_destroy(&p);
        dn_h5_close(&h);
    }
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void removed_whole(void)
{
    const char *path = test_path("x.h5");
    char owner[16] = "";
    dn_error err = DN_ERROR_INIT;
    dn_pairs p = {0};
    dn_split s = {.n = 1, .part = (uint8_t[]){0}};
    dn_h5 *h = NULL;

    CU_ASSERT(dn_split_owns("x:rows", owner, sizeof owner) && strcmp(owner, "x") == 0);
    CU_ASSERT(!dn_split_owns("known", owner, sizeof owner) && !dn_split_owns(":rows", owner, sizeof owner));
    CU_ASSERT_EQUAL(dn_split_look_at(&s, &p, DN_GIVEN, DN_DEGREE, &err), DN_EDATA);
    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, &err), DN_OK);
    CU_ASSERT(dn_h5_has(h, "/pairs/x:rows") && dn_h5_has(h, "/splits/x"));
    CU_ASSERT_EQUAL(dn_split_remove(h, "x", &err), DN_OK);
    CU_ASSERT(!dn_h5_has(h, "/pairs/x:rows") && !dn_h5_has(h, "/splits/x"));
    CU_ASSERT_EQUAL(dn_split_remove(h, "x", &err), DN_OK); /* nothing there any more */
    dn_h5_close(&h);
}

/* Storing with allocation k refused on rank r: the same verdict everywhere, no leak, no file. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_split_plan plan = {0};
    dn_negatives d = {.n = 0};

    fill();
    CU_ASSERT_EQUAL(make(&plan, &d, NULL), DN_OK);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        long k = 0;

        for (; st != DN_OK && k < 200; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;
            int64_t before = dn_alloc_live();

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = write_file(test_path("y.h5"), "y", &plan, &d, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), before);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(k > 3);
    }
    dn_negatives_destroy(&d);
    dn_split_plan_destroy(&plan);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"stored and looked at", stored_and_looked_at},
                                {"removed whole", removed_whole},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "negatives", tests);
}
