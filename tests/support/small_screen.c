/* small_screen.c - a few drugs and targets to screen, and the naive way; see small_screen.h */
#include "tests/support/small_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/inputs/dti_history.h"
#include "mpi/train/score.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "tests/support/test.h"

enum { F = 4, C = 5 };

/* The same arrays on every rank, owned by nobody. */
static dn_atom atom[SMALL_DRUGS * SMALL_ATOMS];
static dn_bond bond[SMALL_DRUGS * SMALL_ATOMS];
static int64_t first_atom[SMALL_DRUGS + 1], first_bond[SMALL_DRUGS + 1], sequence_offset[SMALL_TARGETS + 1];
char small_sequence[SMALL_TARGETS * SMALL_LENGTH];
static char id_bytes[(SMALL_DRUGS + SMALL_TARGETS) * 4];
static int64_t id_offset[SMALL_DRUGS + SMALL_TARGETS + 1];
static float atom_feature[SMALL_DRUGS * SMALL_ATOMS * F], state[SMALL_TARGETS * SMALL_LENGTH * C];
static int64_t bond_at[SMALL_DRUGS * SMALL_ATOMS + 1], bond_to[2 * SMALL_DRUGS * SMALL_ATOMS],
    state_at[SMALL_TARGETS + 1];
int64_t small_known_drug[SMALL_ROWS], small_known_target[SMALL_ROWS], small_n_known;
static int64_t all_drug[SMALL_ROWS], all_target[SMALL_ROWS];
uint8_t small_known_part[SMALL_ROWS];
static uint8_t known_label[SMALL_ROWS], all_label[SMALL_ROWS], all_part[SMALL_ROWS];
static int8_t label_at[SMALL_ROWS]; /* of all pairs, -1: not known */
int64_t small_new_drugs, small_new_targets;
bool small_without_new;
int64_t small_every_drug[SMALL_DRUGS], small_every_target[SMALL_TARGETS];
static float known_extra[SMALL_ROWS * DN_PAST_SCORES], all_extra[SMALL_ROWS * DN_PAST_SCORES];

static void make_molecules(dn_rng s)
{
    static const uint8_t element[] = {6, 7, 8, 16};
    int64_t bonds = 0, ends = 0;

    for (int64_t d = 0; d < SMALL_DRUGS; d++) {
        first_atom[d] = d * SMALL_ATOMS;
        first_bond[d] = bonds;
        for (int64_t i = 0; i < SMALL_ATOMS; i++) {
            int64_t at = d * SMALL_ATOMS + i;

            atom[at] = (dn_atom){.number = element[dn_rng_below(s, (uint64_t)at, 4)],
                                 .degree = i == 0 || i == SMALL_ATOMS - 1 ? 1 : 2,
                                 .hydrogens = 1};
            if (i > 0)
                bond[bonds++] =
                    (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
            bond_at[at] = ends;
            if (i > 0)
                bond_to[ends++] = i - 1;
            if (i + 1 < SMALL_ATOMS)
                bond_to[ends++] = i + 1;
            for (int64_t c = 0; c < F; c++)
                atom_feature[at * F + c] = (float)dn_rng_uniform(s, (uint64_t)(1000 + at * F + c));
        }
    }
    first_atom[SMALL_DRUGS] = SMALL_DRUGS * SMALL_ATOMS;
    first_bond[SMALL_DRUGS] = bonds;
    bond_at[SMALL_DRUGS * SMALL_ATOMS] = ends;
}

/* Ids in another order than the entities; sequences of two families; states of different lengths. */
static void make_targets(dn_rng s)
{
    for (int64_t t = 0; t < SMALL_TARGETS; t++) {
        sequence_offset[t + 1] = (t + 1) * SMALL_LENGTH;
        for (int64_t i = 0; i < SMALL_LENGTH; i++)
            small_sequence[t * SMALL_LENGTH + i] = "ACDEFGHIKLMNPQRSTVWY"[dn_rng_below(
                s, 9000 + (uint64_t)(t * SMALL_LENGTH + i), t % 2 ? 4 : 20)];
        state_at[t + 1] = state_at[t] + 3 + t;
        for (int64_t i = state_at[t] * C; i < state_at[t + 1] * C; i++)
            state[i] = (float)dn_rng_uniform(s, (uint64_t)(20000 + i)) - 0.5f;
    }
    for (int64_t i = 0; i < SMALL_DRUGS + SMALL_TARGETS; i++) {
        int64_t name = i < SMALL_DRUGS ? i * 7 % SMALL_DRUGS : (i - SMALL_DRUGS) * 5 % SMALL_TARGETS;
        char text[8];

        snprintf(text, sizeof text, "%c%03d", i < SMALL_DRUGS ? 'd' : 't', (int)name);
        memcpy(id_bytes + 4 * i, text, 4);
        id_offset[i + 1] = 4 * (i + 1);
    }
}

static void make_pairs(dn_rng s)
{
    small_n_known = 0;
    for (int64_t i = 0; i < SMALL_ROWS; i++) {
        double u = dn_rng_uniform(s, 50000 + (uint64_t)i);

        if (i / SMALL_TARGETS >= SMALL_DRUGS - small_new_drugs ||
            i % SMALL_TARGETS >= SMALL_TARGETS - small_new_targets)
            u = 1;
        all_drug[i] = i / SMALL_TARGETS;
        all_target[i] = i % SMALL_TARGETS;
        all_label[i] = dn_rng_below(s, 60000 + (uint64_t)i, 3) == 0;
        all_part[i] = u < 0.3 ? DN_TRAIN : DN_LEFT_OUT;
        label_at[i] = u < 0.4 ? (int8_t)all_label[i] : -1;
        if (u >= 0.4)
            continue;
        small_known_drug[small_n_known] = all_drug[i];
        small_known_target[small_n_known] = all_target[i];
        known_label[small_n_known] = all_label[i];
        small_known_part[small_n_known++] = u < 0.3 ? DN_TRAIN : DN_TEST;
    }
}

void small_model_make(bool all, bool history, const char *kind, float scale, small_model *out)
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
    int64_t known_drugs = SMALL_DRUGS - small_new_drugs,
            drugs = all && small_without_new ? known_drugs : SMALL_DRUGS;
    dn_strings drug_id = {.n = drugs, .offset = id_offset, .bytes = id_bytes};
    dn_strings target_id = {.n = SMALL_TARGETS, .offset = id_offset + SMALL_DRUGS, .bytes = id_bytes};

    *out = (small_model){.split = {.pairs = "made", .interactions = true, .folds = 1}};
    snprintf(out->split.kind, sizeof out->split.kind, "%s", kind);
    out->split.n = all ? drugs * SMALL_TARGETS : small_n_known;
    out->split.part = all ? all_part : small_known_part;
    m->record.history = history;
    m->in.drugs = (dn_drugs){.n = drugs,
                             .id = drug_id,
                             .first_atom = first_atom,
                             .first_bond = first_bond,
                             .atom = atom,
                             .bond = bond};
    m->in.targets =
        (dn_targets){.n = SMALL_TARGETS,
                     .id = target_id,
                     .sequence = {.n = SMALL_TARGETS, .offset = sequence_offset, .bytes = small_sequence}};
    m->in.pairs = (dn_interactions){.n = out->split.n,
                                    .drugs = all ? drugs : known_drugs,
                                    .targets = all ? SMALL_TARGETS : SMALL_TARGETS - small_new_targets,
                                    .drug = all ? all_drug : small_known_drug,
                                    .target = all ? all_target : small_known_target,
                                    .label = all ? all_label : known_label};
    m->in.data = (dn_dti_data){.n_drugs = drugs,
                               .atom_width = F,
                               .atom_at = first_atom,
                               .atom = atom_feature,
                               .bond_at = bond_at,
                               .bond_to = bond_to,
                               .n_targets = SMALL_TARGETS,
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

void small_model_free(small_model *x)
{
    dn_dti_destroy(&x->m.dti);
    dn_free(x->m.w);
    dn_free(x->m.running);
}

void small_score(bool history, const char *kind, float scale, float *out)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    static int64_t rows[SMALL_ROWS];
    static double near[SMALL_ROWS * DN_PAST_SCORES];
    small_model x;

    int64_t n;

    for (int64_t i = 0; i < SMALL_ROWS; i++)
        rows[i] = i;
    small_model_make(true, history, kind, scale, &x);
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
    small_model_free(&x);
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
    int64_t i = all_drug[a->row], j = all_drug[b->row], k = SMALL_DRUGS + all_target[a->row],
            l = SMALL_DRUGS + all_target[b->row];
    int order;

    if (a->score != b->score)
        return (a->up ? a->score > b->score : a->score < b->score) ? -1 : 1;
    order = memcmp(id_bytes + 4 * i, id_bytes + 4 * j, 4);
    return order != 0 ? order : memcmp(id_bytes + 4 * k, id_bytes + 4 * l, 4);
}

/* The hits of one end into out; returns how many. */
static int64_t naive_end(const dn_screen_options *o, const float *score, int end, dn_screened *out)
{
    static naive list[SMALL_ROWS];
    static int64_t taken[SMALL_ROWS];
    bool both = o->end[0] && o->end[1];
    int64_t n = 0, kept = 0;

    memset(taken, 0, sizeof taken);
    for (int64_t i = 0; i < o->n_drugs; i++)
        for (int64_t j = 0; j < o->n_targets; j++) {
            int64_t row = o->drug[i] * SMALL_TARGETS + o->target[j];
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

void small_compare(const dn_screen_options *o, const float *score, const dn_screen_result *got)
{
    static dn_screened want[2 * SMALL_ROWS];
    int64_t n = 0, known = 0, wrong = 0;

    for (int end = 1; end >= 0; end--)
        if (o->end[end])
            n += naive_end(o, score, end, want + n);
    for (int64_t i = 0; i < o->n_drugs; i++)
        for (int64_t j = 0; j < o->n_targets; j++)
            known += label_at[o->drug[i] * SMALL_TARGETS + o->target[j]] >= 0;
    CU_ASSERT_EQUAL(got->n, n);
    for (int64_t i = 0; i < n && i < got->n; i++)
        wrong += !same_hit(&got->hit[i], &want[i]);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(got->pairs, o->n_drugs * o->n_targets);
    CU_ASSERT_EQUAL(got->known, known);
    CU_ASSERT_EQUAL(got->scored, got->pairs - (o->include_known ? 0 : known));
}

void small_screen(const small_model *x, const dn_screen_options *o, const float *score)
{
    dn_screen_result got;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_screen(&test_comm, &x->m, &x->split, o, &got, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    small_compare(o, score, &got);
    dn_screen_result_destroy(&got);
}

void small_make(void)
{
    make_molecules(dn_rng_stream(3, DN_RNG_SYNTH, 0, 0));
    make_targets(dn_rng_stream(4, DN_RNG_SYNTH, 0, 0));
    make_pairs(dn_rng_stream(5, DN_RNG_SYNTH, 0, 0));
    for (int64_t i = 0; i < SMALL_DRUGS; i++)
        small_every_drug[i] = i;
    for (int64_t i = 0; i < SMALL_TARGETS; i++)
        small_every_target[i] = i;
}
