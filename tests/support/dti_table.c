/* dti_table.c - see dti_table.h */
#include "tests/support/dti_table.h"

#include <stdio.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "solvers/base/rng.h"
#include "tests/support/test.h"

static dn_atom atom[TABLE_DRUGS * TABLE_ATOMS];
static dn_bond bond[TABLE_DRUGS * TABLE_ATOMS];
static int64_t first_atom[TABLE_DRUGS + 1], first_bond[TABLE_DRUGS + 1];
static char id_bytes[(TABLE_DRUGS + TABLE_TARGETS) * 4];
static int64_t sequence_offset[TABLE_TARGETS + 1], id_offset[TABLE_DRUGS + TABLE_TARGETS + 1];

char table_sequence[TABLE_TARGETS * TABLE_LENGTH];
int64_t table_drug[TABLE_ROWS], table_target[TABLE_ROWS];
uint8_t table_label[TABLE_ROWS], table_part[TABLE_ROWS];
double table_probability[TABLE_ROWS];

static void make_molecules(dn_rng s)
{
    static const uint8_t element[] = {6, 7, 8, 16};

    for (int64_t d = 0; d < TABLE_DRUGS; d++) {
        first_atom[d] = d * TABLE_ATOMS;
        first_bond[d] = d * (TABLE_ATOMS - 1);
        for (int64_t i = 0; i < TABLE_ATOMS; i++) {
            uint64_t pick = dn_rng_below(s, (uint64_t)(d * TABLE_ATOMS + i), 10);
            atom[d * TABLE_ATOMS + i] = (dn_atom){.number = element[pick < 4 ? pick : 0],
                                                  .degree = i == 0 || i == TABLE_ATOMS - 1 ? 1 : 2,
                                                  .hydrogens = 1};
            if (i > 0)
                bond[first_bond[d] + i - 1] =
                    (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
        }
    }
    first_atom[TABLE_DRUGS] = TABLE_DRUGS * TABLE_ATOMS;
    first_bond[TABLE_DRUGS] = TABLE_DRUGS * (TABLE_ATOMS - 1);
}

static void make_sequences(dn_rng s)
{
    for (int64_t t = 0; t < TABLE_TARGETS; t++) {
        sequence_offset[t + 1] = (t + 1) * TABLE_LENGTH;
        for (int64_t i = 0; i < TABLE_LENGTH; i++) /* relatives: every third shares most of the one before */
            table_sequence[t * TABLE_LENGTH + i] =
                t % 3 == 2 && i % 9 != 0
                    ? table_sequence[(t - 1) * TABLE_LENGTH + i]
                    : "ACDEFGHIKLMNPQRSTVWYX"[dn_rng_below(s, 9000 + (uint64_t)(t * TABLE_LENGTH + i),
                                                           t % 2 == 0 ? 21 : 5)];
    }
    for (int64_t i = 0; i < TABLE_DRUGS + TABLE_TARGETS; i++) {
        char name[8];
        snprintf(name, sizeof name, "%c%03d", i < TABLE_DRUGS ? 'd' : 't', (int)i % 1000);
        memcpy(id_bytes + 4 * i, name, 4);
        id_offset[i + 1] = 4 * (i + 1);
    }
}

dn_dti_table test_dti_table(void)
{
    dn_rng s = dn_rng_stream(31, DN_RNG_SYNTH, 0, 0);

    make_molecules(s);
    make_sequences(s);
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        uint64_t at = 20000 + 8 * (uint64_t)i;
        double u = dn_rng_uniform(s, at), lean;

        table_drug[i] = i / TABLE_TARGETS;
        table_target[i] = i % TABLE_TARGETS;
        lean = dn_rng_normal(s, 70000 + (uint64_t)table_drug[i]) +
               dn_rng_normal(s, 80000 + (uint64_t)table_target[i]);
        table_label[i] = lean + dn_rng_normal(s, at + 1) > 0.4;
        table_part[i] = u < 0.5 ? DN_TRAIN : u < 0.7 ? DN_VALIDATION : u < 0.97 ? DN_TEST : DN_LEFT_OUT;
        if (table_part[i] == DN_TRAIN &&
            (table_drug[i] >= TABLE_COLD_DRUG || table_target[i] >= TABLE_COLD_TARGET))
            table_part[i] = u < 0.2 ? DN_VALIDATION : DN_TEST;
        table_probability[i] = 0.2 + 0.4 * table_label[i] + 0.4 * dn_rng_uniform(s, at + 3);
    }
    return (dn_dti_table){
        .drugs = {.n = TABLE_DRUGS,
                  .id = {.n = TABLE_DRUGS, .offset = id_offset, .bytes = id_bytes},
                  .first_atom = first_atom,
                  .first_bond = first_bond,
                  .atom = atom,
                  .bond = bond},
        .targets = {.n = TABLE_TARGETS,
                    .id = {.n = TABLE_TARGETS, .offset = id_offset + TABLE_DRUGS, .bytes = id_bytes},
                    .sequence = {.n = TABLE_TARGETS, .offset = sequence_offset, .bytes = table_sequence}},
        .pairs = {.n = TABLE_ROWS,
                  .drugs = TABLE_DRUGS,
                  .targets = TABLE_TARGETS,
                  .drug = table_drug,
                  .target = table_target,
                  .label = table_label,
                  .contradictory = 5},
        .split = {.pairs = "made",
                  .interactions = true,
                  .kind = "warm",
                  .n = TABLE_ROWS,
                  .folds = 1,
                  .part = table_part}};
}

const dn_evaluate_options test_dti_options = {.dataset = "made.h5",
                                              .model = "model.h5",
                                              .split = "s",
                                              .fold = -1,
                                              .part = DN_TEST,
                                              .replicates = TABLE_REPLICATES};

char *test_dti_report(const dn_comm *comm, const dn_dti_table *t, dn_part wanted, const double *p,
                      dn_dti_evaluation *out)
{
    dn_error err = DN_ERROR_INIT;
    char *text = NULL;

    CU_ASSERT_EQUAL(dn_evaluate_dti(comm, t, wanted, p, TABLE_REPLICATES, 3, out, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(out, t, &test_dti_options, &text, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    return text;
}
