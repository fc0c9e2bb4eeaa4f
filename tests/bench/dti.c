/* dti.c - how many pairs a second the drug-target network does on one thread; driven by dti.py
 *
 *     bench_dti shapes                 one line for each pair: drug, target, atoms, positions, label
 *     bench_dti train|infer SHARD N    passes over N shards of SHARD pairs: seconds of processor time
 *
 * Published dimensions, random states. Lengths, sizes and how often a target comes are like those of 6,111
 * pairs of DrugBank and DrugCentral (1,386 drugs, 876 proteins cut at 1,022 residues and two ends; mean 582
 * positions, 25 atoms a pair; 2.14 bond ends an atom).
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/models/dti.h"
#include "solvers/optim/optim.h"

enum { DRUGS = 1386, TARGETS = 876, PAIRS = 6111, STATES = 320, QUANTILES = 20 };
static const int64_t lengths[QUANTILES] = {244, 364, 402, 445, 455, 464, 473, 489,  492,  499,
                                           505, 514, 531, 565, 606, 672, 877, 1024, 1024, 1024};
static const int64_t sizes[QUANTILES] = {8,  11, 14, 16, 17, 18, 20, 21, 21, 22,
                                         23, 25, 26, 27, 28, 30, 32, 35, 41, 60};

typedef struct table {
    int64_t atom_at[DRUGS + 1], state_at[TARGETS + 1], drug[PAIRS], target[PAIRS], rows[PAIRS];
    uint8_t label[PAIRS];
    int64_t *bond_at, *bond_to;
    float *atom, *state;
} table;

static table t;

static void draw_pairs(void)
{
    dn_rng s = dn_rng_stream(1, DN_RNG_SYNTH, 0, 0);

    for (int64_t d = 0; d < DRUGS; d++)
        t.atom_at[d + 1] = t.atom_at[d] + sizes[d * 7 % QUANTILES];
    for (int64_t i = 0; i < TARGETS; i++)
        t.state_at[i + 1] = t.state_at[i] + lengths[i * 7 % QUANTILES];
    for (int64_t p = 0; p < PAIRS; p++) {
        t.rows[p] = p;
        t.drug[p] = (int64_t)(DRUGS * pow(dn_rng_uniform(s, (uint64_t)(3 * p)), 1.5));
        t.target[p] = (int64_t)(TARGETS * pow(dn_rng_uniform(s, (uint64_t)(3 * p + 1)), 3));
        t.label[p] = dn_rng_uniform(s, (uint64_t)(3 * p + 2)) < 0.28;
    }
}

/* Chains; every seventh atom also closes a ring of six. */
static int draw_inputs(dn_dti_data *out)
{
    int64_t atoms = t.atom_at[DRUGS], bonds = 0;
    size_t numbers = (size_t)t.state_at[TARGETS] * STATES;
    dn_rng s = dn_rng_stream(2, DN_RNG_SYNTH, 0, 0);

    t.bond_at = dn_calloc((size_t)atoms + 1, sizeof *t.bond_at);
    t.bond_to = dn_calloc((size_t)atoms * 4, sizeof *t.bond_to);
    t.atom = dn_calloc((size_t)atoms * 4, sizeof *t.atom);
    t.state = dn_calloc(numbers + 4, sizeof *t.state);
    if (t.bond_at == NULL || t.bond_to == NULL || t.atom == NULL || t.state == NULL)
        return 1;
    for (int64_t d = 0; d < DRUGS; d++)
        for (int64_t n = t.atom_at[d + 1] - t.atom_at[d], i = 0; i < n; i++) {
            t.bond_at[t.atom_at[d] + i] = bonds;
            if (i > 0)
                t.bond_to[bonds++] = i - 1;
            if (i + 1 < n)
                t.bond_to[bonds++] = i + 1;
            if (i >= 5 && i % 7 == 5)
                t.bond_to[bonds++] = i - 5;
            if (i % 7 == 0 && i + 5 < n)
                t.bond_to[bonds++] = i + 5;
        }
    t.bond_at[atoms] = bonds;
    for (int64_t i = 0; i < atoms * 4; i++)
        t.atom[i] = (float)dn_rng_uniform(s, (uint64_t)i) * 6;
    for (size_t i = 0; i < numbers; i += 4) { /* four numbers of a block, about normal */
        uint32_t block[4];
        dn_rng_block(s, i, 1, block);
        for (int j = 0; j < 4; j++)
            t.state[i + (size_t)j] =
                ((float)(block[j] >> 16) + (float)(block[j] & 0xffffu)) / 26754.0f - 2.45f;
    }
    *out = (dn_dti_data){.n_drugs = DRUGS,
                         .atom_width = 4,
                         .atom_at = t.atom_at,
                         .atom = t.atom,
                         .bond_at = t.bond_at,
                         .bond_to = t.bond_to,
                         .n_targets = TARGETS,
                         .state_width = STATES,
                         .state_at = t.state_at,
                         .state = t.state,
                         .n_pairs = PAIRS,
                         .drug = t.drug,
                         .target = t.target,
                         .label = t.label};
    return 0;
}

static double processor_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One shard: forward, backward, update; or predictions. */
static dn_status one_shard(const dn_model *m, dn_work *k, bool train, int64_t first, int64_t n, float *w,
                           float *dw, float *running, dn_optim *optim)
{
    dn_status st = DN_OK;
    dn_error *err = NULL;
    dn_pass pass = {.train = train, .seed = 1, .first = first};

    DN_TRY(m->ops->load(k, t.rows + first, n, &pass, err));
    if (!train) {
        DN_TRY(m->ops->predict(k, w, running, dw, err));
        goto out;
    }
    for (int phase = 0; phase < m->n_phases; phase++)
        DN_TRY(m->ops->forward(k, w, phase, err));
    for (int phase = m->n_phases - 1; phase >= 0; phase--)
        DN_TRY(m->ops->backward(k, w, phase, dw, err));
    for (int64_t i = 0; i < m->n_weights; i++)
        dw[i] /= (float)n;
    dn_optim_step(optim, 5e-4, dw, w);
out:
    return st;
}

int main(int argc, char **argv)
{
    int64_t shard = argc > 2 ? atoi(argv[2]) : 0, shards = argc > 3 ? atoi(argv[3]) : 0;
    bool train = argc > 1 && strcmp(argv[1], "train") == 0;
    dn_dti_options o = DN_DTI_DEFAULTS;
    dn_dti_data data;
    dn_dti *g = NULL;
    dn_work *k = NULL;
    dn_optim optim = {0};
    float *w, *dw, *running;

    draw_pairs();
    if (argc == 2 && strcmp(argv[1], "shapes") == 0) {
        for (int p = 0; p < PAIRS; p++)
            printf("%lld %lld %lld %lld %d\n", (long long)t.drug[p], (long long)t.target[p],
                   (long long)(t.atom_at[t.drug[p] + 1] - t.atom_at[t.drug[p]]),
                   (long long)(t.state_at[t.target[p] + 1] - t.state_at[t.target[p]]), t.label[p]);
        return 0;
    }
    if (argc != 4 || shard < 1 || shards < 1 || shard * shards > PAIRS)
        return 64;
    o.positive_weight = 2.33f;
    omp_set_num_threads(1);
    if (draw_inputs(&data) || dn_dti_create(&data, &o, &g, NULL) != DN_OK ||
        g->model.ops->work_create(&g->model, shard, &k, NULL) != DN_OK ||
        dn_optim_create(DN_ADAMW, 0, g->model.n_weights, &optim, NULL) != DN_OK)
        return 71;
    w = dn_calloc((size_t)g->model.n_weights, sizeof *w);
    dw = dn_calloc((size_t)g->model.n_weights, sizeof *dw);
    running = dn_calloc((size_t)g->model.n_moments, sizeof *running);
    if (w == NULL || dw == NULL || running == NULL)
        return 71;
    g->model.ops->init(&g->model, 1, w, running);
    for (int times = 0; times < 2; times++) { /* the first warms up */
        double start = processor_seconds();
        for (int64_t i = 0; i < shards; i++)
            if (one_shard(&g->model, k, train, i * shard, shard, w, dw, running, &optim) != DN_OK)
                return 70;
        if (times == 1)
            printf("%.6f\n", processor_seconds() - start);
    }
    return 0;
}
