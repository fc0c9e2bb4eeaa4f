/* deal.c - tests of mpi/train/deal.h: every row once, each shard one row of every stratum, shards and their
 * halves of about equal cost, the order of the permutation where costs are equal */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include "mpi/train/deal.h"
#include "solvers/base/alloc.h"

enum { ROWS = 1000, MOST = 512 };

static double cost_of[ROWS];
static int64_t rows[ROWS];
static const dn_rows listed = {.n = ROWS, .list = rows};

static double cost(const dn_model *m, int64_t row)
{
    (void)m;
    return cost_of[row];
}

static const dn_model_ops with_cost = {.cost = cost}, without = {.cost = NULL};

/* Lengths as proteins have them: many of a few hundred, few very long; many alike. */
static void draw_costs(void)
{
    dn_rng s = dn_rng_stream(4, DN_RNG_SYNTH, 0, 0);

    for (int64_t i = 0; i < ROWS; i++) {
        double u = dn_rng_uniform(s, (uint64_t)i);

        rows[i] = (i * 7) % ROWS;
        cost_of[i] = (double)(int64_t)(50 / (0.02 + u * u * u) / 10) * 10;
    }
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* Every row of the batch once, and shard s has one row of each stratum. */
static void check_rows(const int64_t *dealt, const dn_permutation *order, int64_t first, int64_t batch,
                       int64_t shards)
{
    double sorted[MOST];
    uint8_t seen[ROWS] = {0};
    int64_t strata = batch / shards, wrong = 0;

    for (int64_t i = 0; i < batch; i++) {
        int64_t row = rows[dn_permute(order, (uint64_t)(first + i))];
        seen[row] = 1;
        sorted[i] = cost_of[row];
    }
    qsort(sorted, (size_t)batch, sizeof *sorted, descending);
    for (int64_t i = 0; i < batch; i++) {
        wrong += seen[dealt[i]] != 1;
        seen[dealt[i]] = 2;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    for (int64_t s = 0; s < shards; s++)
        for (int64_t k = 0; k < strata; k++) {
            double c = cost_of[dealt[s * strata + k]];
            wrong += c > sorted[k * shards] || c < sorted[(k + 1) * shards - 1];
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Cost of the dearest of `parts` equal parts beside the mean. */
static double imbalance(const int64_t *dealt, int64_t batch, int64_t parts)
{
    double all = 0, most = 0;

    for (int64_t p = 0; p < parts; p++) {
        double sum = 0;
        for (int64_t i = p * batch / parts; i < (p + 1) * batch / parts; i++)
            sum += cost_of[dealt[i]];
        all += sum;
        most = sum > most ? sum : most;
    }
    return most * (double)parts / all;
}

static void shards_cost_about_the_same(void)
{
    static const struct {
        int64_t batch;
        int shards;
        double halves, quarters; /* at most, mean over the batches */
    } row[] = {{64, 8, 1.01, 1.02}, {512, 16, 1.005, 1.005}, {8, 4, 1.2, 1.7}, {16, 16, 1.05, 1.2}};
    dn_model m = {.ops = &with_cost};

    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        int64_t batch = row[k].batch, n = 0;
        double halves = 0, quarters = 0, by_chance = 0;
        dn_deal *d = NULL;

        CU_ASSERT_EQUAL(dn_deal_create(&m, batch, row[k].shards, &d, NULL), DN_OK);
        for (int64_t epoch = 0; epoch < 20; epoch++) {
            dn_permutation order = dn_permutation_make(9, (uint64_t)epoch, ROWS);
            for (int64_t first = 0; first + batch <= ROWS; first += batch, n++) {
                int64_t plain[MOST];
                const int64_t *dealt = dn_deal_rows(d, &order, &listed, first);

                for (int64_t i = 0; i < batch; i++)
                    plain[i] = rows[dn_permute(&order, (uint64_t)(first + i))];
                check_rows(dealt, &order, first, batch, row[k].shards);
                halves += imbalance(dealt, batch, 2);
                quarters += imbalance(dealt, batch, 4);
                by_chance += imbalance(plain, batch, 2);
            }
        }
        printf("# batch %lld in %d shards: halves %.3f (by chance %.3f), quarters %.3f\n", (long long)batch,
               row[k].shards, halves / (double)n, by_chance / (double)n, quarters / (double)n);
        CU_ASSERT(halves / (double)n < row[k].halves);
        CU_ASSERT(quarters / (double)n < row[k].quarters);
        CU_ASSERT((halves - (double)n) < 0.7 * (by_chance - (double)n));
        dn_deal_destroy(&d);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Over many batches a shard costs about the share of its size, whatever its number. */
static void no_shard_is_special(void)
{
    enum { BATCH = 64, SHARDS = 8 };
    double sum[SHARDS] = {0}, all = 0;
    dn_model m = {.ops = &with_cost};
    dn_deal *d = NULL;

    CU_ASSERT_EQUAL(dn_deal_create(&m, BATCH, SHARDS, &d, NULL), DN_OK);
    for (int64_t epoch = 0; epoch < 200; epoch++) {
        dn_permutation order = dn_permutation_make(9, (uint64_t)epoch, ROWS);
        const int64_t *dealt = dn_deal_rows(d, &order, &listed, BATCH);

        for (int64_t i = 0; i < BATCH; i++) {
            sum[i / (BATCH / SHARDS)] += cost_of[dealt[i]];
            all += cost_of[dealt[i]] / SHARDS;
        }
    }
    for (int s = 0; s < SHARDS; s++)
        CU_ASSERT(sum[s] > 0.75 * all && sum[s] < 1.5 * all);
    dn_deal_destroy(&d);
}

static void equal_costs_keep_the_order(void)
{
    dn_permutation order = dn_permutation_make(1, 2, ROWS);
    dn_model m = {.ops = &without};
    dn_deal *d = NULL;
    const int64_t *dealt;
    int64_t first[64];

    CU_ASSERT_EQUAL(dn_deal_create(&m, 64, 8, &d, NULL), DN_OK);
    dealt = dn_deal_rows(d, &order, &listed, 64);
    for (int64_t i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(dealt[i], rows[dn_permute(&order, (uint64_t)(64 + i))]);
    dn_deal_destroy(&d);

    m.ops = &with_cost; /* the same again gives the same */
    CU_ASSERT_EQUAL(dn_deal_create(&m, 64, 8, &d, NULL), DN_OK);
    memcpy(first, dn_deal_rows(d, &order, &listed, 128), sizeof first);
    (void)dn_deal_rows(d, &order, &listed, 0);
    CU_ASSERT_EQUAL(memcmp(first, dn_deal_rows(d, &order, &listed, 128), sizeof first), 0);
    dn_deal_destroy(&d);

    CU_ASSERT_EQUAL(dn_deal_create(&m, 64, 1, &d, NULL), DN_OK); /* one shard */
    check_rows(dn_deal_rows(d, &order, &listed, 0), &order, 0, 64, 1);
    dn_deal_destroy(&d);
}

/* Some shards alone are those of all; without costs nobody asks for a row of another shard. */
static void some_shards_are_those_of_all(void)
{
    enum { BATCH = 64, SHARDS = 8, STRATA = BATCH / SHARDS };
    dn_permutation order = dn_permutation_make(3, 1, ROWS);
    const dn_model_ops *const ops[] = {&with_cost, &without};

    for (int k = 0; k < 2; k++) {
        dn_model m = {.ops = ops[k]};
        dn_deal *d = NULL;
        int64_t all[BATCH];

        CU_ASSERT_EQUAL(dn_deal_create(&m, BATCH, SHARDS, &d, NULL), DN_OK);
        memcpy(all, dn_deal_rows(d, &order, &listed, BATCH), sizeof all);
        for (int64_t from = 0; from < SHARDS; from++)
            for (int64_t end = from + 1; end <= SHARDS; end++) {
                const int64_t *some;

                (void)dn_deal_rows(d, &order, &listed, 0); /* nothing of the right ones is left */
                some = dn_deal_shards(d, &order, &listed, BATCH, from, end);
                CU_ASSERT_EQUAL(memcmp(some + from * STRATA, all + from * STRATA,
                                       (size_t)((end - from) * STRATA) * sizeof *all),
                                0);
                for (int64_t i = 0; k == 1 && i < from * STRATA; i++)
                    CU_ASSERT_EQUAL(some[i], rows[dn_permute(&order, (uint64_t)i)]);
            }
        dn_deal_destroy(&d);
    }
}

static void memory_may_be_refused(void)
{
    dn_model m = {.ops = &with_cost};
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_deal *d = NULL;
        dn_alloc_fail_after(k);
        st = dn_deal_create(&m, 64, 8, &d, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && d == NULL));
        dn_deal_destroy(&d);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"costs", draw_costs},
                                {"shards cost about the same", shards_cost_about_the_same},
                                {"no shard is special", no_shard_is_special},
                                {"equal costs keep the order", equal_costs_keep_the_order},
                                {"some shards are those of all", some_shards_are_those_of_all},
                                {"memory may be refused", memory_may_be_refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "deal", tests);
}
