/* split_clusters.c - the clusters that a split kept whole come back from its file (mpi/data/split.h,
 * mpi/io/dataset.h), and no others do */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/data/split.h"
#include "mpi/inputs/dti_history.h"
#include "solvers/base/alloc.h"

enum { DRUGS = 12, TARGETS = 10, PAIRS = DRUGS * TARGETS };

static int64_t drug[PAIRS], target[PAIRS], drug_cluster[DRUGS], target_cluster[TARGETS];
static uint8_t label[PAIRS];
static const dn_interactions set = {
    .n = PAIRS, .drugs = DRUGS, .targets = TARGETS, .drug = drug, .target = target, .label = label};

static void make_set(void)
{
    for (int64_t i = 0; i < PAIRS; i++) {
        drug[i] = i / TARGETS;
        target[i] = i % TARGETS;
        label[i] = (i * 7 % 3) == 0;
    }
    for (int64_t i = 0; i < DRUGS; i++)
        drug_cluster[i] = i - i % 2;
    for (int64_t i = 0; i < TARGETS; i++)
        target_cluster[i] = i < 3 ? 0 : i;
}

/* Ids "a", "b", ... */
static dn_status write_ids(dn_h5 *h, const char *name, int64_t n, dn_error *err)
{
    char bytes[] = "abcdefghijklmnop";
    int64_t offset[DRUGS + TARGETS];

    for (int64_t i = 0; i <= n; i++)
        offset[i] = i;
    return dn_h5_write_strings(h, name, &(dn_strings){.n = n, .offset = offset, .bytes = bytes}, err);
}

/* A file with a split, its path. Collective. */
static const char *make_file(const dn_split_options *o, dn_status *out)
{
    const char *path = test_path("clusters.h5");
    dn_status st = DN_OK;
    dn_error error = DN_ERROR_INIT, *err = &error;
    dn_h5 *h = NULL;
    dn_pairs pairs = {0};
    dn_split_plan plan = {0};
    static dn_split_count counts[25][DN_COUNTS];

    DN_TRY(dn_split_pairs_of(&set, &pairs, err));
    DN_TRY(dn_split_plan_make(o, &pairs, DRUGS + TARGETS, &plan, err));
    DN_TRY(dn_h5_create(&test_comm, path, DN_DATASET_SCHEMA, "dragnet test", "{}", true, &h, err));
    DN_TRY(write_ids(h, "/drugs/id", DRUGS, err));
    DN_TRY(write_ids(h, "/targets/id", TARGETS, err));
    DN_TRY(
        dn_split_store(h, "s", "set", "{}", &plan, &pairs, (const dn_split_count(*)[DN_COUNTS])counts, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_split_plan_destroy(&plan);
    dn_pairs_destroy(&pairs);
    *out = st;
    return path;
}

static dn_status load(const char *path, dn_split *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    *out = (dn_split){.n = 0};
    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_load(h, "s", 0, out, err));
out:
    dn_h5_close(&h);
    return st;
}

static bool same(const int64_t *a, const int64_t *b, int64_t n)
{
    return a != NULL && memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* Each side that is divided, and has clusters, comes back; training rows are hidden by it. */
static void clusters_come_back(void)
{
    static const struct {
        dn_split_kind kind;
        bool by_drug, by_target;
        dn_hidden hidden;
    } kinds[] = {{DN_SPLIT_RANDOM, false, false, DN_HIDE_ROW},
                 {DN_SPLIT_COLD_DRUG, true, false, DN_HIDE_DRUG},
                 {DN_SPLIT_COLD_TARGET, false, true, DN_HIDE_TARGET},
                 {DN_SPLIT_COLD_BOTH, true, true, DN_HIDE_BOTH},
                 {DN_SPLIT_BLOCKS, true, true, DN_HIDE_BOTH},
                 {DN_SPLIT_KFOLD_DRUGS, true, false, DN_HIDE_DRUG},
                 {DN_SPLIT_KFOLD_TARGETS, false, true, DN_HIDE_TARGET}};

    make_set();
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int with = 0; with < 4; with++) {
            dn_split_options o = {.kind = kinds[k].kind,
                                  .fraction = {0.5, 0.2, 0.3},
                                  .folds = 3,
                                  .drugs = DRUGS,
                                  .drug_cluster = with & 1 ? drug_cluster : NULL,
                                  .target_cluster = with & 2 ? target_cluster : NULL};
            dn_status st = DN_OK;
            dn_split s;
            dn_dti_past past;

            CU_ASSERT_EQUAL(load(make_file(&o, &st), &s, NULL), DN_OK);
            CU_ASSERT_EQUAL(st, DN_OK);
            past = dn_dti_past_of(NULL, NULL, &set, &s, NULL);
            CU_ASSERT(past.hidden == kinds[k].hidden && past.part == s.part);
            CU_ASSERT(past.drug_cluster == s.drug_cluster && past.target_cluster == s.target_cluster);
            CU_ASSERT(kinds[k].by_drug && (with & 1) ? same(s.drug_cluster, drug_cluster, DRUGS)
                                                     : s.drug_cluster == NULL);
            CU_ASSERT(kinds[k].by_target && (with & 2) ? same(s.target_cluster, target_cluster, TARGETS)
                                                       : s.target_cluster == NULL);
            dn_split_destroy(&s);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
}

/* The clusters of the drugs of split s. */
static void write_clusters(const char *path, int64_t n, const int64_t *cluster)
{
    dn_h5 *h = NULL;

    CU_ASSERT_EQUAL(dn_h5_edit(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    CU_ASSERT_EQUAL(
        dn_h5_write(h, "/splits/s/drug_cluster", 1, &n, 0, test_comm.rank == 0 ? n : 0, cluster, NULL),
        DN_OK);
    CU_ASSERT_EQUAL(dn_h5_commit(&h, NULL), DN_OK);
}

/* `import --add` brings more drugs than the split knows: they are of no cluster. */
static void drugs_imported_later(void)
{
    dn_split_options o = {.kind = DN_SPLIT_COLD_DRUG, .fraction = {0.5, 0.2, 0.3}, .drugs = DRUGS};
    dn_status st = DN_OK;
    const char *path;
    dn_split s;

    make_set();
    path = make_file(&o, &st);
    CU_ASSERT_EQUAL(st, DN_OK);
    write_clusters(path, DRUGS - 2, drug_cluster);
    CU_ASSERT_EQUAL(load(path, &s, NULL), DN_OK);
    CU_ASSERT(same(s.drug_cluster, drug_cluster, DRUGS - 2));
    CU_ASSERT(s.drug_cluster != NULL && s.drug_cluster[DRUGS - 2] == DRUGS - 2 &&
              s.drug_cluster[DRUGS - 1] == DRUGS - 1);
    dn_split_destroy(&s);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Clusters that are none: a number above its member's, a number that has another cluster, another length. */
static void refused(void)
{
    static const struct {
        int64_t n, at, value;
        const char *text;
    } bad[] = {{DRUGS, 3, 4, "4 is not the lowest member of the cluster of 3"},
               {DRUGS, 5, -1, "-1 is not the lowest member of the cluster of 5"},
               {DRUGS, 7, 5, "5 is not the lowest member of the cluster of 7"},
               {DRUGS + 1, 0, 0, "is not one number each of at most"}};
    dn_split_options o = {.kind = DN_SPLIT_COLD_DRUG, .fraction = {0.5, 0.2, 0.3}, .drugs = DRUGS};

    make_set();
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        dn_status st = DN_OK;
        dn_error err = DN_ERROR_INIT;
        const char *path = make_file(&o, &st);
        dn_split s;
        int64_t cluster[DRUGS + 1] = {0};

        CU_ASSERT_EQUAL(st, DN_OK);
        memcpy(cluster, drug_cluster, DRUGS * sizeof *cluster);
        cluster[bad[k].at] = bad[k].value;
        write_clusters(path, bad[k].n, cluster);
        CU_ASSERT_EQUAL(load(path, &s, &err), DN_EDATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[k].text));
        CU_ASSERT(s.part == NULL && dn_alloc_live() == 0);
    }
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_split_options o = {.kind = DN_SPLIT_COLD_BOTH,
                          .fraction = {0.5, 0.2, 0.3},
                          .drugs = DRUGS,
                          .drug_cluster = drug_cluster,
                          .target_cluster = target_cluster};
    dn_status made;
    const char *path;

    make_set();
    path = make_file(&o, &made);
    CU_ASSERT_EQUAL(made, DN_OK);
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 60; k = test_next_refused(k)) {
            dn_split s;
            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = load(path, &s, NULL);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || s.part == NULL);
            dn_split_destroy(&s);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"clusters come back", clusters_come_back},
                                {"drugs imported later", drugs_imported_later},
                                {"refused", refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "split_clusters", tests);
}
