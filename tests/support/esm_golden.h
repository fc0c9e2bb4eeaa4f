/* esm_golden.h - cases of tests/golden/esm.txt: models, proteins, states by transformers
 *
 *     f = fopen(DN_TEST_GOLDEN "/esm.txt", "r");
 *     while (esm_golden_next(f, &x)) { open esm_golden_model(&x); ... ; esm_golden_free(&x); }
 */
#ifndef DN_TEST_SUPPORT_ESM_GOLDEN_H
#define DN_TEST_SUPPORT_ESM_GOLDEN_H

#include <stdio.h>
#include "solvers/esm/weights.h"

enum { ESM_GOLDEN_PROTEINS = 8, ESM_GOLDEN_ROWS = 16 };

typedef struct esm_golden_protein {
    int64_t n;       /* tokens, <cls> and <eos> among them */
    int32_t *tokens; /* [n] */
    int rows;
    int64_t at[ESM_GOLDEN_ROWS]; /* [rows]  which token's state */
    float *row[ESM_GOLDEN_ROWS]; /* [rows][width] */
} esm_golden_protein;

typedef struct esm_golden {
    char name[40], source[40]; /* source: "generated", or a folder of tests/golden */
    dn_esm_config config;
    dn_safetensors_type type;
    uint64_t seed;
    int proteins;
    esm_golden_protein protein[ESM_GOLDEN_PROTEINS];
} esm_golden;

/* The next case, or false. Local; aborts the test program when the file is not as make_esm.py says. */
bool esm_golden_next(FILE *f, esm_golden *out);
void esm_golden_free(esm_golden *x);

/* A path for dn_esm_weights_open(): a generated model is written into test_dir() first, with its config.json,
 * so that only the model of one case is there at a time. Collective. */
const char *esm_golden_model(const esm_golden *x);

#endif
