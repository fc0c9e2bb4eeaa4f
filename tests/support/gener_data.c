/* gener_data.c - see gener_data.h */
#include "tests/support/gener_data.h"

#include "solvers/base/rng.h"
#include "tests/support/test.h"

static float x[TEST_GENER_VALUES];
static int32_t gene_a[TEST_GENER_PAIRS], gene_b[TEST_GENER_PAIRS];
static int64_t rows[TEST_GENER_PAIRS];
static uint8_t label[TEST_GENER_PAIRS];

static float agreement(const test_gener_shape *shape, int p)
{
    const float *a = x + gene_a[p] * shape->samples, *b = x + gene_b[p] * shape->samples;
    int samples = shape->labels == TEST_AGREEING_FIRST ? 1 : shape->samples;
    float dot = 0;

    for (int k = 0; k < samples; k++)
        dot += a[k] * b[k];
    return dot;
}

/* Two numbers of the stream make a pair, a third one says whether its label is a guess. */
static void draw_pair(const test_gener_shape *shape, int p)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, 1, 0);
    bool mostly = shape->labels == TEST_AGREEING_MOSTLY;
    uint64_t genes = (uint64_t)shape->genes, at = (mostly ? 3u : 2u) * (uint64_t)p;

    gene_a[p] = (int32_t)dn_rng_below(s, at, genes);
    gene_b[p] = (gene_a[p] + 1 + (int32_t)dn_rng_below(s, at + 1, genes - 1)) % shape->genes;
    label[p] = agreement(shape, p) > 0;
    if (mostly && dn_rng_below(s, at + 2, 4) == 0)
        label[p] = (uint8_t)(p % 2);
}

test_gener_data test_gener_make(const test_gener_shape *shape)
{
    dn_rng s = dn_rng_stream(3, DN_RNG_SYNTH, 0, 0);
    dn_gener_data data = {
        .x = x, .samples = shape->samples, .gene_a = gene_a, .gene_b = gene_b, .label = label};
    dn_gener_options options = DN_GENER_DEFAULTS;
    test_gener_data made = {.pairs = shape->pairs, .rows = rows, .label = label};

    for (int i = 0; i < shape->genes * shape->samples; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
    for (int p = 0; p < shape->pairs; p++) {
        rows[p] = p;
        if (shape->labels != TEST_IN_TURN) {
            draw_pair(shape, p);
            continue;
        }
        gene_a[p] = (int32_t)(p % shape->genes);
        gene_b[p] = (int32_t)((p + 1 + p / shape->genes) % shape->genes);
        label[p] = (uint8_t)(p % 3 == 0);
    }
    options.precision = shape->precision;
    dn_gener_init(&made.gener, &data, &options);
    CU_ASSERT(made.gener.model.n_weights <= TEST_GENER_WEIGHTS &&
              made.gener.model.n_moments <= TEST_GENER_MOMENTS);
    return made;
}

dn_train_rows test_gener_rows(const test_gener_data *d, int64_t n)
{
    return (dn_train_rows){.train = dn_rows_listed(d->rows, n),
                           .validation = dn_rows_listed(d->rows + n, d->pairs - n),
                           .label = d->label};
}

dn_train_options test_gener_recipe(int64_t epochs)
{
    return (dn_train_options){.epochs = epochs,
                              .patience = epochs,
                              .batch = TEST_GENER_BATCH,
                              .shards = TEST_GENER_SHARDS,
                              .seed = 5,
                              .optimiser = DN_ADAMW,
                              .schedule = {.kind = DN_CONSTANT, .rate = 1e-3, .factor = 1, .every = 1}};
}
