/* shard_sums.c - tests of mpi/train/shard_sums.h: the bits of vectors that are pushed into the tree */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "mpi/core/tree.h"
#include "mpi/train/shard_sums.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/gener.h"

/* ---- made-up factors ---- */

enum { SHARDS = 64, TENSORS = 4 };

static const int64_t offset[TENSORS] = {5, 5 + 7 * 33, 5 + 7 * 33 + 9 * 256 + 3, 5 + 7 * 33 + 9 * 256 + 8};
static const int64_t in[TENSORS] = {7, 9, 1, 40}, out[TENSORS] = {33, 256, 5, 1};
enum { WIDTH = 5 + 7 * 33 + 9 * 256 + 8 + 40 + 4 };

static float x[SHARDS][TENSORS][64], d[SHARDS][TENSORS][256];
static float whole[SHARDS][WIDTH], partly[SHARDS][WIDTH]; /* with and without the tensors */
static int number[SHARDS];

static int made_up(dn_work *work, dn_factors *list)
{
    int shard = *(const int *)(const void *)work;

    for (int t = 0; t < TENSORS; t++)
        list[t] =
            (dn_factors){.offset = offset[t], .in = in[t], .out = out[t], .x = x[shard][t], .d = d[shard][t]};
    return TENSORS;
}

/* One in four factors is 0, so products of -0 come up; what is not to be read is not a number. */
static void make(void)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, 0, 0);
    uint64_t at = 0;

    for (int i = 0; i < SHARDS; i++) {
        number[i] = i;
        for (int k = 0; k < WIDTH; k++)
            whole[i][k] = partly[i][k] = (float)dn_rng_normal(s, at++);
        for (int t = 0; t < TENSORS; t++) {
            for (int k = 0; k < in[t]; k++, at++)
                x[i][t][k] = at % 4 == 0 ? 0 : (float)(dn_rng_normal(s, at) * pow(10, (double)(at % 5)));
            for (int k = 0; k < out[t]; k++, at++)
                d[i][t][k] = (float)dn_rng_normal(s, at);
            for (int64_t k = 0; k < in[t] * out[t]; k++) {
                volatile float product = x[i][t][k / out[t]] * d[i][t][k % out[t]];
                whole[i][offset[t] + k] = product + 0.0f;
                partly[i][offset[t] + k] = NAN;
            }
        }
    }
}

/* The sum over shards first .. first + count - 1 as the tree makes it from pushed vectors. */
static void pushed(int first, int count, float *sum)
{
    dn_tree tree = {.width = WIDTH};

    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL(dn_tree_push(&tree, i, 1, whole[first + i], NULL), DN_OK);
    CU_ASSERT_EQUAL(tree.depth, 1);
    memcpy(sum, tree.node[0].sum, WIDTH * sizeof *sum);
    dn_tree_destroy(&tree);
}

/* Pieces of any place and length. */
static void any_piece_has_the_bits_of_the_vectors(void)
{
    static const dn_model_ops ops = {.factors = made_up};
    static const dn_model model = {.ops = &ops};
    dn_rng s = dn_rng_stream(4, DN_RNG_SYNTH, 0, 0);
    float want[WIDTH], got[DN_TREE_PIECE], *vec[SHARDS];
    dn_work *work[SHARDS];
    dn_shard_sums *sums = NULL;

    make();
    for (int i = 0; i < SHARDS; i++) {
        work[i] = (dn_work *)(void *)&number[i];
        vec[i] = partly[i];
    }
    CU_ASSERT_EQUAL(dn_shard_sums_create(&model, work, vec, SHARDS, &sums, NULL), DN_OK);
    for (int count = 1; count <= SHARDS; count *= 2)
        for (int first = 0; first < SHARDS; first += count * (1 + (SHARDS / count - 1) / 2)) {
            pushed(first, count, want);
            for (uint64_t trial = 0; trial < 60; trial++) {
                int64_t at = (int64_t)dn_rng_below(s, 2 * trial, WIDTH), most = WIDTH - at;
                int64_t n =
                    1 + (int64_t)dn_rng_below(s, 2 * trial + 1,
                                              (uint64_t)(most < DN_TREE_PIECE ? most : DN_TREE_PIECE));
                dn_shard_sums_add(sums, first, count, at, n, got);
                CU_ASSERT_EQUAL(memcmp(got, want + at, (size_t)n * sizeof *got), 0);
            }
        }
    dn_shard_sums_destroy(&sums);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A model without factors: plain vectors. */
static void no_factors(void)
{
    static const dn_model_ops ops = {0};
    static const dn_model model = {.ops = &ops};
    float want[WIDTH], got[DN_TREE_PIECE], *vec[SHARDS];
    dn_work *work[SHARDS] = {0};
    dn_shard_sums *sums = NULL;

    make();
    for (int i = 0; i < SHARDS; i++)
        vec[i] = whole[i];
    CU_ASSERT_EQUAL(dn_shard_sums_create(&model, work, vec, SHARDS, &sums, NULL), DN_OK);
    pushed(16, 16, want);
    dn_shard_sums_add(sums, 16, 16, 700, DN_TREE_PIECE, got);
    CU_ASSERT_EQUAL(memcmp(got, want + 700, sizeof got), 0);
    dn_shard_sums_destroy(&sums);
}

static void refused_allocations(void)
{
    static const dn_model_ops ops = {.factors = made_up};
    static const dn_model model = {.ops = &ops};
    float *vec[1] = {partly[0]};
    dn_work *work[1] = {(dn_work *)(void *)&number[0]};
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 100; k++) {
        dn_shard_sums *sums = NULL;
        dn_alloc_fail_after(k);
        st = dn_shard_sums_create(&model, work, vec, 1, &sums, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT((st == DN_OK) == (sums != NULL));
        dn_shard_sums_destroy(&sums);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

/* ---- GENER at one sample a shard ---- */

enum { SAMPLES = 40, PAIRS = 8 };

/* Moments of a batch that is not there, so that a norm over one value lets gradients through. */
static void give_moments(const dn_model *m, dn_work *k, int phase)
{
    for (int n = 0; n < m->n_norms; n++) {
        float *mean = m->ops->moments(k) + m->norm[n].offset, *variance = mean + m->norm[n].channels;
        if (m->norm[n].phase != phase)
            continue;
        for (int64_t i = 0; i < m->norm[n].channels; i++) {
            mean[i] = 0.1f * (float)(i % 3);
            variance[i] = 0.5f + 0.1f * (float)(i % 7);
        }
        m->ops->moment_counts(k)[n] *= PAIRS;
    }
}

static void whole_pass(const dn_model *m, dn_work *k, const float *w, int64_t row, float *dw)
{
    dn_pass p = {.train = true, .seed = 2, .epoch = 3, .first = row};

    CU_ASSERT_EQUAL(m->ops->load(k, &row, 1, &p, NULL), DN_OK);
    for (int phase = 0; phase < m->n_phases; phase++) {
        CU_ASSERT_EQUAL(m->ops->forward(k, w, phase, NULL), DN_OK);
        give_moments(m, k, phase);
    }
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        CU_ASSERT_EQUAL(m->ops->backward(k, w, phase, dw, NULL), DN_OK);
}

static dn_gener new_gener(float *values, int32_t *gene_a, int32_t *gene_b, uint8_t *label)
{
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);
    dn_gener_data data = {
        .x = values, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = DN_GENER_DEFAULTS;
    dn_gener g;

    for (uint64_t i = 0; i < PAIRS * SAMPLES; i++)
        values[i] = (float)dn_rng_normal(s, i);
    for (int32_t p = 0; p < PAIRS; p++) {
        gene_a[p] = p;
        gene_b[p] = (p * 3 + 1) % PAIRS;
        label[p] = (uint8_t)(p % 2);
    }
    dn_gener_init(&g, &data, &options);
    return g;
}

/* Works that were asked for factors beside works that were not: twice, so that factors are read anew. */
static void gener_has_the_bits_of_its_vectors(void)
{
    static float values[PAIRS * SAMPLES];
    static int32_t gene_a[PAIRS], gene_b[PAIRS];
    static uint8_t label[PAIRS];
    dn_gener g = new_gener(values, gene_a, gene_b, label);
    const dn_model *m = &g.model;
    dn_work *plain = NULL, *work[PAIRS] = {0};
    float *w = dn_calloc((size_t)m->n_weights, sizeof *w), running[2000];
    float *vec[PAIRS], *whole_vec[PAIRS], want[DN_TREE_PIECE], got[DN_TREE_PIECE];
    dn_shard_sums *sums = NULL;
    int64_t other = 0;

    m->ops->init(m, 4, w, running);
    CU_ASSERT_EQUAL(m->ops->work_create(m, 1, &plain, NULL), DN_OK);
    for (int i = 0; i < PAIRS; i++) {
        CU_ASSERT_EQUAL(m->ops->work_create(m, 1, &work[i], NULL), DN_OK);
        vec[i] = dn_calloc((size_t)m->n_weights, sizeof **vec);
        whole_vec[i] = dn_calloc((size_t)m->n_weights, sizeof **vec);
    }
    CU_ASSERT_EQUAL(dn_shard_sums_create(m, work, vec, PAIRS, &sums, NULL), DN_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < PAIRS; i++) {
            whole_pass(m, plain, w, (i + round) % PAIRS, whole_vec[i]);
            whole_pass(m, work[i], w, (i + round) % PAIRS, vec[i]);
        }
        for (int64_t at = 0; at < m->n_weights; at += DN_TREE_PIECE) {
            int64_t n = m->n_weights - at < DN_TREE_PIECE ? m->n_weights - at : DN_TREE_PIECE;
            dn_tree_sum((const float *const *)whole_vec, PAIRS, at, n, want);
            dn_shard_sums_add(sums, 0, PAIRS, at, n, got);
            CU_ASSERT_EQUAL(memcmp(want, got, (size_t)n * sizeof *want), 0);
            for (int64_t k = 0; k < n; k++)
                other += got[k] > 0 || got[k] < 0;
        }
    }
    CU_ASSERT(other > m->n_weights); /* of both rounds: most gradients are not 0 */
    dn_shard_sums_destroy(&sums);
    m->ops->work_destroy(&plain);
    for (int i = 0; i < PAIRS; i++) {
        m->ops->work_destroy(&work[i]);
        dn_free(vec[i]);
        dn_free(whole_vec[i]);
    }
    dn_free(w);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Shards of several samples have vectors as before. */
static void no_factors_of_several_samples(void)
{
    static float values[PAIRS * SAMPLES];
    static int32_t gene_a[PAIRS], gene_b[PAIRS];
    static uint8_t label[PAIRS];
    dn_gener g = new_gener(values, gene_a, gene_b, label);
    dn_factors list[DN_MAX_FACTORS];
    dn_work *k = NULL;

    CU_ASSERT_EQUAL(g.model.ops->work_create(&g.model, 2, &k, NULL), DN_OK);
    CU_ASSERT_EQUAL(g.model.ops->factors(k, list), 0);
    g.model.ops->work_destroy(&k);
}

static const dn_test tests[] = {
    {"any piece has the bits of the vectors", any_piece_has_the_bits_of_the_vectors},
    {"a model without factors", no_factors},
    {"refused allocations", refused_allocations},
    {"GENER has the bits of its vectors", gener_has_the_bits_of_its_vectors},
    {"shards of several samples have no factors", no_factors_of_several_samples},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "shard_sums", tests);
}
