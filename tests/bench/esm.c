/* esm.c - residues a second of the protein language model on one thread; driven by esm.py
 *
 *     bench_esm LAYERSxWIDTHxHEADS f32|bf16 TOKENS PROTEINS
 *
 * Random weights; prints seconds of processor time and of the clock for PROTEINS proteins of TOKENS tokens,
 * after one to warm up.
 */
#define _POSIX_C_SOURCE 200809L
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "solvers/esm/model.h"
#include "tests/support/esm_weights.h"

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    int64_t tokens = argc == 5 ? atoi(argv[3]) : 0, proteins = argc == 5 ? atoi(argv[4]) : 0;
    dn_esm_precision precision = argc == 5 && strcmp(argv[2], "bf16") == 0 ? DN_ESM_BF16 : DN_ESM_F32;
    dn_error err = DN_ERROR_INIT;
    dn_esm_config config;
    esm_weights random;
    dn_esm_model *m = NULL;
    dn_esm_work *k = NULL;
    int32_t *token;
    float *states;

    if (tokens < 2 || proteins < 1 || dn_esm_config_parse(argv[1], &config, &err) != DN_OK)
        return 64;
    omp_set_num_threads(1);
    token = dn_calloc((size_t)tokens, sizeof *token);
    states = dn_calloc((size_t)(tokens * config.width), sizeof *states);
    if (token == NULL || states == NULL || !esm_weights_create(&config, 1, &random) ||
        dn_esm_model_create(&random.w, precision, &m, &err) != DN_OK ||
        dn_esm_work_create(m, tokens, &k, &err) != DN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 71;
    }
    esm_weights_destroy(&random);
    for (int64_t i = 0; i < tokens; i++)
        token[i] = (int32_t)(4 + i * 7919 % 20);
    for (int times = 0; times < 2; times++) {
        double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
        for (int64_t i = 0; i < (times == 0 ? 1 : proteins); i++)
            if (dn_esm_forward(m, k, token, tokens, states, &err) != DN_OK)
                return 70;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = seconds(CLOCK_MONOTONIC) - wall;
        if (times == 1)
            printf("%.6f %.6f %.0f\n", cpu, wall, dn_esm_operations(&config, tokens));
    }
    dn_esm_work_destroy(&k);
    dn_esm_model_destroy(&m);
    dn_free(token);
    dn_free(states);
    return 0;
}
