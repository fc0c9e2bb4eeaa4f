/* screen.c - tests of mpi/screen/screen.h against every pair scored through the ordinary path and sorted:
 * what is kept, ties, known pairs, blocks, on any ranks; what is refused
 *
 * Molecules and states are made by hand: no Indigo is needed.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/inputs/dti_history.h"
#include "mpi/train/score.h"
#include "mpi/screen/screen.h"
#include "mpi/screen/screen_evidence.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"

enum { DRUGS = 26, TARGETS = 21, ROWS = DRUGS * TARGETS, ATOMS = 6, LENGTH = 30, F = 4, C = 5 };

/* The same arrays on every rank, owned by nobody. */
static dn_atom atom[DRUGS * ATOMS];
static dn_bond bond[DRUGS * ATOMS];
static int64_t first_atom[DRUGS + 1], first_bond[DRUGS + 1], sequence_offset[TARGETS + 1];
static char sequence[TARGETS * LENGTH], id_bytes[(DRUGS + TARGETS) * 4];
static int64_t id_offset[DRUGS + TARGETS + 1];
static float atom_feature[DRUGS * ATOMS * F], state[TARGETS * LENGTH * C];
static int64_t bond_at[DRUGS * ATOMS + 1], bond_to[2 * DRUGS * ATOMS], state_at[TARGETS + 1];
static int64_t known_drug[ROWS], known_target[ROWS], all_drug[ROWS], all_target[ROWS], n_known;
static uint8_t known_label[ROWS], known_part[ROWS], all_label[ROWS], all_part[ROWS];
static int8_t label_at[ROWS];          /* of all pairs, -1: not known */
static int64_t new_drugs, new_targets; /* the last ones stand behind those of the dataset, without pairs */
static bool without_new;               /* all pairs are those of the other drugs */
static float known_extra[ROWS * DN_PAST_SCORES], all_extra[ROWS * DN_PAST_SCORES];

static void make_molecules(dn_rng s)
{
    static const uint8_t element[] = {6, 7, 8, 16};
    int64_t bonds = 0, ends = 0;

    for (int64_t d = 0; d < DRUGS; d++) {
        first_atom[d] = d * ATOMS;
        first_bond[d] = bonds;
        for (int64_t i = 0; i < ATOMS; i++) {
            int64_t at = d * ATOMS + i;

            atom[at] = (dn_atom){.number = element[dn_rng_below(s, (uint64_t)at, 4)],
                                 .degree = i == 0 || i == ATOMS - 1 ? 1 : 2,
                                 .hydrogens = 1};
            if (i > 0)
                bond[bonds++] =
                    (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
            bond_at[at] = ends;
            if (i > 0)
                bond_to[ends++] = i - 1;
            if (i + 1 < ATOMS)
                bond_to[ends++] = i + 1;
            for (int64_t c = 0; c < F; c++)
                atom_feature[at * F + c] = (float)dn_rng_uniform(s, (uint64_t)(1000 + at * F + c));
        }
    }
    first_atom[DRUGS] = DRUGS * ATOMS;
    first_bond[DRUGS] = bonds;
    bond_at[DRUGS * ATOMS] = ends;
}

/* Ids in another order than the entities; sequences of two families; states of different lengths. */
static void make_targets(dn_rng s)
{
    for (int64_t t = 0; t < TARGETS; t++) {
        sequence_offset[t + 1] = (t + 1) * LENGTH;
        for (int64_t i = 0; i < LENGTH; i++)
            sequence[t * LENGTH + i] =
                "ACDEFGHIKLMNPQRSTVWY"[dn_rng_below(s, 9000 + (uint64_t)(t * LENGTH + i), t % 2 ? 4 : 20)];
        state_at[t + 1] = state_at[t] + 3 + t;
        for (int64_t i = state_at[t] * C; i < state_at[t + 1] * C; i++)
            state[i] = (float)dn_rng_uniform(s, (uint64_t)(20000 + i)) - 0.5f;
    }
    for (int64_t i = 0; i < DRUGS + TARGETS; i++) {
        int64_t name = i < DRUGS ? i * 7 % DRUGS : (i - DRUGS) * 5 % TARGETS;
        char text[8];

        snprintf(text, sizeof text, "%c%03d", i < DRUGS ? 'd' : 't', (int)name);
        memcpy(id_bytes + 4 * i, text, 4);
        id_offset[i + 1] = 4 * (i + 1);
    }
}

static void make_pairs(dn_rng s)
{
    n_known = 0;
    for (int64_t i = 0; i < ROWS; i++) {
        double u = dn_rng_uniform(s, 50000 + (uint64_t)i);

        if (i / TARGETS >= DRUGS - new_drugs || i % TARGETS >= TARGETS - new_targets)
            u = 1;
        all_drug[i] = i / TARGETS;
        all_target[i] = i % TARGETS;
        all_label[i] = dn_rng_below(s, 60000 + (uint64_t)i, 3) == 0;
        all_part[i] = u < 0.3 ? DN_TRAIN : DN_LEFT_OUT;
        label_at[i] = u < 0.4 ? (int8_t)all_label[i] : -1;
        if (u >= 0.4)
            continue;
        known_drug[n_known] = all_drug[i];
        known_target[n_known] = all_target[i];
        known_label[n_known] = all_label[i];
        known_part[n_known++] = u < 0.3 ? DN_TRAIN : DN_TEST;
    }
}

/* A model with random weights (scale 0: all equal, so that every score is the same), bound to the known pairs
 * or to all. */
typedef struct made {
    dn_dti_model m;
    dn_split split;
} made;

static void make_model(bool all, bool history, const char *kind, float scale, made *out)
{
    dn_dti_options o = {.gcn1 = 8,
                        .gcn2 = 8,
                        .drug_out = 6,
                        .conv1 = 6,
                        .conv2 = 6,
                        .target_out = 6,
                        .joint = history ? 9 : 0,
                        .heads = history ? 3 : 1,
                        .positive_weight = 1};
    dn_dti_model *m = &out->m;
    int64_t known_drugs = DRUGS - new_drugs, drugs = all && without_new ? known_drugs : DRUGS;
    dn_strings drug_id = {.n = drugs, .offset = id_offset, .bytes = id_bytes};
    dn_strings target_id = {.n = TARGETS, .offset = id_offset + DRUGS, .bytes = id_bytes};

    *out = (made){.split = {.pairs = "made", .interactions = true, .folds = 1}};
    snprintf(out->split.kind, sizeof out->split.kind, "%s", kind);
    out->split.n = all ? drugs * TARGETS : n_known;
    out->split.part = all ? all_part : known_part;
    m->record.history = history;
    m->in.drugs = (dn_drugs){.n = drugs,
                             .id = drug_id,
                             .first_atom = first_atom,
                             .first_bond = first_bond,
                             .atom = atom,
                             .bond = bond};
    m->in.targets = (dn_targets){.n = TARGETS,
                                 .id = target_id,
                                 .sequence = {.n = TARGETS, .offset = sequence_offset, .bytes = sequence}};
    m->in.pairs = (dn_interactions){.n = out->split.n,
                                    .drugs = all ? drugs : known_drugs,
                                    .targets = all ? TARGETS : TARGETS - new_targets,
                                    .drug = all ? all_drug : known_drug,
                                    .target = all ? all_target : known_target,
                                    .label = all ? all_label : known_label};
    m->in.data = (dn_dti_data){.n_drugs = drugs,
                               .atom_width = F,
                               .atom_at = first_atom,
                               .atom = atom_feature,
                               .bond_at = bond_at,
                               .bond_to = bond_to,
                               .n_targets = TARGETS,
                               .state_width = C,
                               .state_at = state_at,
                               .state = state,
                               .n_pairs = out->split.n,
                               .drug = m->in.pairs.drug,
                               .target = m->in.pairs.target,
                               .label = m->in.pairs.label,
                               .pair_extra_width = history ? DN_PAST_SCORES : 0,
                               .pair_extra = all ? all_extra : known_extra};
    CU_ASSERT_EQUAL(dn_dti_create(&m->in.data, &o, &m->dti, NULL), DN_OK);
    m->w = dn_calloc((size_t)m->dti->model.n_weights, sizeof *m->w);
    m->running = dn_calloc((size_t)m->dti->model.n_moments, sizeof *m->running);
    m->dti->model.ops->init(&m->dti->model, 5, m->w, m->running);
    for (int64_t i = 0; history && i < DN_PAST_SCORES;
         i++) /* the direct path, the last tensor, starts at 0 */
        m->w[m->dti->model.n_weights - 1 - i] = 0.1f * (float)(i + 1);
    for (int64_t i = 0; i < m->dti->model.n_weights; i++)
        m->w[i] *= scale;
}

static void free_model(made *x)
{
    dn_dti_destroy(&x->m.dti);
    dn_free(x->m.w);
    dn_free(x->m.running);
}

/* Scores of all pairs through history, load() and predict(), by each rank alone. */
static void score_all(bool history, const char *kind, float scale, float *out)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    static int64_t rows[ROWS];
    static double near[ROWS * DN_PAST_SCORES];
    made x;

    int64_t n;

    for (int64_t i = 0; i < ROWS; i++)
        rows[i] = i;
    make_model(true, history, kind, scale, &x);
    n = x.split.n;
    if (history) {
        dn_dti_past past = {.drugs = &x.m.in.drugs,
                            .targets = &x.m.in.targets,
                            .pairs = &x.m.in.pairs,
                            .part = all_part,
                            .hidden = dn_dti_hidden(kind)};
        CU_ASSERT_EQUAL(dn_dti_history(&self, &past, NULL, rows, n, near, NULL), DN_OK);
        for (int64_t i = 0; i < n * DN_PAST_SCORES; i++)
            all_extra[i] = (float)near[i];
    }
    CU_ASSERT_EQUAL(dn_score(&self, &x.m.dti->model, x.m.w, x.m.running, rows, n, out, NULL), DN_OK);
    free_model(&x);
}

/* ---- the naive way ---- */

typedef struct naive {
    float score;
    int64_t row;
    bool up;
} naive;

static int compare(const void *x, const void *y)
{
    const naive *a = x, *b = y;
    int64_t i = all_drug[a->row], j = all_drug[b->row], k = DRUGS + all_target[a->row],
            l = DRUGS + all_target[b->row];
    int order;

    if (a->score != b->score)
        return (a->up ? a->score > b->score : a->score < b->score) ? -1 : 1;
    order = memcmp(id_bytes + 4 * i, id_bytes + 4 * j, 4);
    return order != 0 ? order : memcmp(id_bytes + 4 * k, id_bytes + 4 * l, 4);
}

/* The hits of one end into out; returns how many. */
static int64_t naive_end(const dn_screen_options *o, const float *score, int end, dn_screened *out)
{
    static naive list[ROWS];
    static int64_t taken[ROWS];
    bool both = o->end[0] && o->end[1];
    int64_t n = 0, kept = 0;

    memset(taken, 0, sizeof taken);
    for (int64_t i = 0; i < o->n_drugs; i++)
        for (int64_t j = 0; j < o->n_targets; j++) {
            int64_t row = o->drug[i] * TARGETS + o->target[j];
            if ((o->include_known || label_at[row] < 0) && (!both || (score[row] >= 0.5f) == end))
                list[n++] = (naive){score[row], row, end};
        }
    qsort(list, (size_t)n, sizeof *list, compare);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = list[i].row, group = o->per == DN_PER_SCREEN ? 0
                                           : o->per == DN_PER_DRUG ? all_drug[row]
                                                                   : all_target[row];
        if (taken[group]++ < o->keep)
            out[kept++] =
                (dn_screened){all_drug[row], all_target[row], list[i].score, end ? 1 : -1, label_at[row]};
    }
    return kept;
}

static bool same_hit(const dn_screened *a, const dn_screened *b)
{
    return a->a == b->a && a->b == b->b && a->sign == b->sign && a->known == b->known &&
           memcmp(&a->score, &b->score, sizeof a->score) == 0;
}

static void compare_result(const dn_screen_options *o, const float *score, const dn_screen_result *got)
{
    static dn_screened want[2 * ROWS];
    int64_t n = 0, known = 0, wrong = 0;

    for (int end = 1; end >= 0; end--)
        if (o->end[end])
            n += naive_end(o, score, end, want + n);
    for (int64_t i = 0; i < o->n_drugs; i++)
        for (int64_t j = 0; j < o->n_targets; j++)
            known += label_at[o->drug[i] * TARGETS + o->target[j]] >= 0;
    CU_ASSERT_EQUAL(got->n, n);
    for (int64_t i = 0; i < n && i < got->n; i++)
        wrong += !same_hit(&got->hit[i], &want[i]);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(got->pairs, o->n_drugs * o->n_targets);
    CU_ASSERT_EQUAL(got->known, known);
    CU_ASSERT_EQUAL(got->scored, got->pairs - (o->include_known ? 0 : known));
}

static void compare_screen(const made *x, const dn_screen_options *o, const float *score)
{
    dn_screen_result got;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x->m, &x->split, o, &got, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    compare_result(o, score, &got);
    dn_screen_result_destroy(&got);
}

static int64_t every_drug[DRUGS], every_target[TARGETS];

static void make_all(void)
{
    make_molecules(dn_rng_stream(3, DN_RNG_SYNTH, 0, 0));
    make_targets(dn_rng_stream(4, DN_RNG_SYNTH, 0, 0));
    make_pairs(dn_rng_stream(5, DN_RNG_SYNTH, 0, 0));
    for (int64_t i = 0; i < DRUGS; i++)
        every_drug[i] = i;
    for (int64_t i = 0; i < TARGETS; i++)
        every_target[i] = i;
}

static void all_ways(bool history, const char *kind, float scale)
{
    static const int64_t some_drugs[] = {1, 4, 5, 11, 25}, some_targets[] = {20, 3, 7};
    static const int64_t blocks[] = {0, 1, 8};
    static float score[ROWS];
    made x;

    make_all();
    score_all(history, kind, scale, score);
    make_model(false, history, kind, scale, &x);
    for (int way = 0; way < 18; way++) {
        dn_screen_options o = {.drug = every_drug,
                               .n_drugs = without_new ? DRUGS - new_drugs : DRUGS,
                               .target = every_target,
                               .n_targets = TARGETS,
                               .keep = way % 4 == 0   ? 1
                                       : way % 4 == 1 ? 13
                                       : way % 4 == 2 ? 3
                                                      : 1000000,
                               .per = (dn_screen_per)(way % 3),
                               .end = {way / 3 % 3 > 0, way / 3 % 3 != 1},
                               .include_known = way / 9 % 2 == 1,
                               .block = blocks[way / 5 % 3]};
        compare_screen(&x, &o, score);
        o.drug = some_drugs;
        o.n_drugs = without_new ? 4 : 5;
        o.target = some_targets;
        o.n_targets = 3;
        compare_screen(&x, &o, score);
    }
    free_model(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void with_history(void)
{
    static float plain[ROWS], cold[ROWS];

    all_ways(true, "warm", 1);
    all_ways(true, "cold-both", 1);
    /* otherwise nothing was shown about hidden rows */
    score_all(true, "warm", 1, plain);
    score_all(true, "cold-both", 1, cold);
    CU_ASSERT_NOT_EQUAL(memcmp(plain, cold, sizeof plain), 0);
}

/* Those of other files: as if they stood in the dataset without a pair. */
static void newcomers(void)
{
    new_drugs = 5;
    new_targets = 4;
    all_ways(true, "warm", 1);
    all_ways(false, "warm", 1);
    new_targets = 0;
    all_ways(true, "warm", 1);
    without_new = true; /* they do not change what training rows see of each other */
    all_ways(true, "cold-both", 1);
    all_ways(true, "cold-drug", 1);
    without_new = false;
    new_drugs = 0;
}

/* Of 3-mer counts, every 3-mer held against every other. */
static double cosine(int64_t s, int64_t t)
{
    const char *a = sequence + s * LENGTH, *b = sequence + t * LENGTH;
    double both = 0, one = 0, other = 0;

    for (int i = 0; i + 3 <= LENGTH; i++)
        for (int j = 0; j + 3 <= LENGTH; j++) {
            both += memcmp(a + i, b + j, 3) == 0;
            one += memcmp(a + i, a + j, 3) == 0;
            other += memcmp(b + i, b + j, 3) == 0;
        }
    return both / sqrt(one * other);
}

/* Training rows and likenesses, against one loop over all. */
static void check_evidence(const made *x, const dn_screen_evidence *e)
{
    static int64_t drug_rows[DRUGS], target_rows[TARGETS];

    memset(drug_rows, 0, sizeof drug_rows);
    memset(target_rows, 0, sizeof target_rows);
    for (int64_t i = 0; i < n_known; i++)
        if (known_part[i] == DN_TRAIN) {
            drug_rows[known_drug[i]]++;
            target_rows[known_target[i]]++;
        }
    for (int64_t d = 0; d < DRUGS; d++) {
        dn_fingerprint a, b;
        dn_molecule m = dn_drugs_molecule(&x->m.in.drugs, d);
        double best = 0;

        CU_ASSERT_EQUAL(e->drug_rows[d], drug_rows[d]);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &a, NULL), DN_OK);
        for (int64_t o = 0; o < DRUGS; o++) {
            m = dn_drugs_molecule(&x->m.in.drugs, o);
            CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &b, NULL), DN_OK);
            if (drug_rows[o] > 0 && dn_fingerprint_tanimoto(&a, &b) > best)
                best = dn_fingerprint_tanimoto(&a, &b);
        }
        CU_ASSERT_EQUAL(e->drug_like[d], d % 3 == 0 ? best : 0);
        CU_ASSERT(drug_rows[d] == 0 || best == 1);
    }
    for (int64_t t = 0; t < TARGETS; t++) {
        double best = 0;

        CU_ASSERT_EQUAL(e->target_rows[t], target_rows[t]);
        for (int64_t o = 0; o < TARGETS; o++)
            if (target_rows[o] > 0 && cosine(t, o) > best)
                best = cosine(t, o);
        CU_ASSERT_DOUBLE_EQUAL(e->target_like[t], best, 1e-12);
        CU_ASSERT(target_rows[t] > 0 ? e->target_like[t] == 1 : e->target_like[t] < 1);
    }
}

static void evidence(void)
{
    static int64_t drug[DRUGS];
    dn_screen_who who = {.drug = drug, .target = every_target, .n_targets = TARGETS};
    long live;
    made x;

    new_drugs = 5;
    new_targets = 4;
    make_all();
    make_model(false, false, "warm", 1, &x);
    live = dn_alloc_live();
    for (int64_t d = 0; d < DRUGS; d += 3)
        drug[who.n_drugs++] = d;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 500; k = test_next_refused(k)) {
            dn_screen_evidence e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_screen_evidence_find(&test_comm, &x.m.in, x.split.part, &who, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            if (st == DN_OK)
                check_evidence(&x, &e);
            dn_screen_evidence_destroy(&e);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    free_model(&x);
    new_drugs = new_targets = 0;
}

static void without_history(void)
{
    all_ways(false, "warm", 1);
}

static void ties_go_by_ids(void)
{
    all_ways(true, "warm", 0);
}

static void refused(void)
{
    dn_screen_options o = {.drug = every_drug,
                           .n_drugs = DRUGS,
                           .target = every_target,
                           .n_targets = TARGETS,
                           .keep = 1,
                           .end = {true, true}};
    dn_screen_result got;
    made x;

    make_model(false, true, "warm", 1, &x);
    o.keep = 0;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    o.keep = 5;
    o.n_drugs = 0;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    o.n_drugs = DRUGS;
    o.end[0] = o.end[1] = false;
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_EUSAGE);
    CU_ASSERT_PTR_NULL(got.hit);
    free_model(&x);
}

/* Refuse allocation k on each rank, for every k; with history, where most are those of fingerprints, for
 * every k up to 40 and then fewer and fewer. */
static void run_out_of_memory(bool history)
{
    dn_screen_options o = {.drug = every_drug,
                           .n_drugs = 7,
                           .target = every_target,
                           .n_targets = 6,
                           .keep = 4,
                           .end = {true, true},
                           .include_known = true,
                           .block = 4};
    made x;
    long live;

    make_model(false, history, "warm", 1, &x);
    live = dn_alloc_live();
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += history ? 1 + k / 40 : 1) {
            dn_screen_result got;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_screen(&test_comm, &x.m, &x.split, &o, &got, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            dn_screen_result_destroy(&got);
            CU_ASSERT_EQUAL(dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    free_model(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    run_out_of_memory(false);
    run_out_of_memory(true);
}

/* ---- stopped and gone on with ---- */

static dn_screen_saving saving_at(const char *path, bool resume, dn_requests *requests)
{
    return (dn_screen_saving){.path = path,
                              .command = "dragnet screen",
                              .config = "{\"command\": \"screen\"}",
                              .build = "dragnet 0, some CPU",
                              .resume = resume,
                              .requests = requests};
}

/* On n ranks, the last of which is asked to stop; DN_OK: it was the end, compared. The same on all ranks. */
static dn_status go_on(int n, const made *x, dn_screen_options o, const float *score, const char *path,
                       bool resume)
{
    dn_comm comm = test_first_ranks(n);
    dn_requests requests = {.term = comm.rank == n - 1};
    const dn_screen_saving saving = saving_at(path, resume, &requests);
    dn_screen_result got;
    dn_error err = DN_ERROR_INIT;
    bool found = false;
    int st = DN_OK;

    o.opt_saving = &saving;
    if (comm.rank >= 0 && resume) {
        CU_ASSERT_EQUAL(dn_screen_state_find(&comm, path, saving.config, &found, NULL), DN_OK);
        CU_ASSERT(found);
    }
    if (comm.rank >= 0) {
        st = (int)dn_screen(&comm, &x->m, &x->split, &o, &got, &err);
        if (st == DN_OK)
            compare_result(&o, score, &got);
        CU_ASSERT(st == DN_OK || (st == DN_ESAVED && strstr(err.text, "SIGTERM") != NULL));
        dn_screen_result_destroy(&got);
    }
    test_leave(&comm);
    MPI_Bcast(&st, 1, MPI_INT, 0, test_comm.mpi);
    return (dn_status)st;
}

/* After every round on other ranks and with blocks of another width, which those of the checkpoint replace.
 */
static void stopped_after_every_round(void)
{
    static float score[ROWS];
    const char *path = test_path("checkpoint.h5");
    made x;

    make_all();
    score_all(true, "warm", 1, score);
    make_model(false, true, "warm", 1, &x);
    for (int per = 0; per < 3; per++) {
        dn_screen_options o = {.drug = every_drug,
                               .n_drugs = DRUGS,
                               .target = every_target,
                               .n_targets = TARGETS,
                               .keep = 5,
                               .per = (dn_screen_per)per,
                               .end = {per != 1, true},
                               .include_known = per == 2,
                               .block = 9,
                               .round = 5};
        dn_status st = DN_ESAVED;
        int times = 0;

        for (; st == DN_ESAVED && times < 30; times++) {
            st = go_on(1 + times % test_comm.size, &x, o, score, path, times > 0);
            o.block = 4;
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT(times > 3);
    }
    free_model(&x);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

typedef struct heard {
    int64_t done;
    int reports, saved;
} heard;

static void on_progress(void *ctx, const dn_progress_report *p)
{
    heard *h = ctx;

    CU_ASSERT(p->done > h->done && p->total == (int64_t)DRUGS * TARGETS);
    h->done = p->done;
    h->reports++;
}

static void on_saved(void *ctx, const dn_saved_report *s)
{
    heard *h = ctx;

    CU_ASSERT_STRING_EQUAL(s->reason, h->saved == 0 ? "stop" : "interval");
    h->saved++;
}

/* Who asks to stop at the end of an epoch is heard where a block of targets ends, but not behind the last;
 * checkpoints after every round stop nobody; all of it is told on rank 0. */
static void saved_on_the_way(void)
{
    static float score[ROWS];
    const int64_t before = (int64_t)DRUGS * (TARGETS - 1);
    heard h = {.done = 0};
    const dn_hooks hooks = {.ctx = &h, .progress = on_progress, .saved = on_saved};
    dn_requests requests = {.every = 0};
    dn_screen_saving saving = saving_at(test_path("way.h5"), false, &requests);
    const dn_screen_options o = {.drug = every_drug,
                                 .n_drugs = DRUGS,
                                 .target = every_target,
                                 .n_targets = TARGETS,
                                 .keep = 50,
                                 .end = {true, true},
                                 .block = TARGETS - 1,
                                 .round = 2,
                                 .opt_hooks = &hooks,
                                 .opt_saving = &saving};
    dn_screen_result got;
    made x;

    make_all();
    score_all(false, "warm", 1, score);
    make_model(false, false, "warm", 1, &x);
    if (test_comm.rank == test_comm.size - 1)
        dn_request_note_at_epoch(&requests);
    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x.m, &x.split, &o, &got, NULL), DN_ESAVED);
    CU_ASSERT(test_comm.rank != 0 || (h.done == before && h.saved == 1));
    dn_screen_result_destroy(&got);
    saving.resume = true;
    requests.every = 1e-9;
    compare_screen(&x, &o, score);
    CU_ASSERT(h.done == (test_comm.rank == 0 ? before + DRUGS : 0));
    CU_ASSERT((h.saved > 1) == (test_comm.rank == 0) && h.saved <= h.reports);
    free_model(&x);
}

static const dn_test tests[] = {{"with history: as every pair by itself", with_history},
                                {"without history", without_history},
                                {"ties go by ids", ties_go_by_ids},
                                {"drugs and targets that are new", newcomers},
                                {"evidence", evidence},
                                {"refused", refused},
                                {"stopped after every round", stopped_after_every_round},
                                {"saved on the way", saved_on_the_way},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "screen", tests);
}
