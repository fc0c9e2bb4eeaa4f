/* gener_pairs.c - see gener_pairs.h */
#include "tests/support/gener_pairs.h"

#include <math.h>
#include "solvers/base/rng.h"
#include "tests/support/test.h"

enum { VALUES = 2250, PAIRS = 96, GOLDEN_GENES = 20, GOLDEN_SAMPLES = 24 };

static float x[VALUES];
static int32_t gene_a[PAIRS], gene_b[PAIRS];
static int64_t rows[PAIRS];
static uint8_t label[PAIRS];

static test_gener_pairs views(int64_t samples)
{
    for (int64_t p = 0; p < PAIRS; p++)
        rows[p] = p;
    return (test_gener_pairs){
        .data = {.x = x, .samples = samples, .gene_a = gene_a, .gene_b = gene_b, .label = label},
        .gene_a = gene_a,
        .gene_b = gene_b,
        .rows = rows,
        .label = label};
}

test_gener_pairs test_gener_pairs_golden(int classes)
{
    for (int g = 0; g < GOLDEN_GENES; g++)
        for (int s = 0; s < GOLDEN_SAMPLES; s++)
            x[g * GOLDEN_SAMPLES + s] = (float)sin(1 + 0.7 * g + 0.13 * s * s);
    for (int p = 0; p < GENER_GOLDEN_PAIRS; p++) {
        gene_a[p] = p * 7 % GOLDEN_GENES;
        gene_b[p] = (p * 11 + 3) % GOLDEN_GENES;
        label[p] = (uint8_t)((p * p + p / 3) % classes);
    }
    return views(GOLDEN_SAMPLES);
}

test_gener_pairs test_gener_pairs_random(int64_t genes, int64_t samples, int64_t pairs, int classes)
{
    dn_rng s = dn_rng_stream(9, DN_RNG_SYNTH, 0, 0);

    CU_ASSERT(genes * samples <= VALUES && pairs <= PAIRS);
    for (int64_t i = 0; i < genes * samples; i++)
        x[i] = (float)dn_rng_normal(s, (uint64_t)i);
    for (int64_t p = 0; p < pairs; p++) {
        gene_a[p] = (int32_t)(p % genes);
        gene_b[p] = (int32_t)((p * 4 + 1) % genes);
        label[p] = (uint8_t)(classes == 2 ? p % 3 == 0 : p % classes);
    }
    return views(samples);
}
