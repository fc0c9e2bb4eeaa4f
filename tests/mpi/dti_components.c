/* dti_components.c - tests of mpi/inputs/dti_components.h on a table in memory: the places that kernel_pca.h
 * gives, the bits of one rank, entities without training rows, newcomers, refused memory
 *
 * Molecules are chains of atoms made by hand: no Indigo is needed.
 */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/inputs/dti_components.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kernel_pca.h"
#include "solvers/stats/kmers.h"

/* Of the known, the last two have no training rows. Newcomers are equal to known ones but for the last. */
enum {
    KNOWN_DRUGS = 17,
    KNOWN_TARGETS = 14,
    NEW = 3,
    DRUGS = KNOWN_DRUGS + NEW,
    TARGETS = KNOWN_TARGETS + NEW,
    ROWS = 60,
    ATOMS = 8,
    LENGTH = 40,
    K = 5
};

typedef struct places {
    float drug[DRUGS * K], target[TARGETS * K];
} places;

static dn_atom atom[DRUGS * ATOMS];
static dn_bond bond[DRUGS * ATOMS];
static int64_t first_atom[DRUGS + 1], first_bond[DRUGS + 1], sequence_offset[TARGETS + 1];
static char sequence[TARGETS * LENGTH];
static int64_t drug[ROWS], target[ROWS];
static uint8_t label[ROWS], part[ROWS];

static dn_drugs drugs = {.first_atom = first_atom, .first_bond = first_bond, .atom = atom, .bond = bond};
static dn_targets targets = {.sequence = {.offset = sequence_offset, .bytes = sequence}};
static const dn_interactions pairs = {.n = ROWS,
                                      .drugs = KNOWN_DRUGS,
                                      .targets = KNOWN_TARGETS,
                                      .drug = drug,
                                      .target = target,
                                      .label = label};

/* Newcomer 0 is equal to number 4, newcomer 1 to the last known one, which has no training row. */
static int64_t original(int64_t i, int64_t known)
{
    return i < known || i == known + NEW - 1 ? i : i == known ? 4 : known - 1;
}

static void make_drug(dn_rng s, int64_t d)
{
    static const uint8_t element[] = {6, 7, 8, 16, 6, 6, 6, 6};
    int64_t like = original(d, KNOWN_DRUGS);

    first_atom[d + 1] = (d + 1) * ATOMS;
    first_bond[d + 1] = (d + 1) * (ATOMS - 1);
    for (int64_t i = 0; i < ATOMS; i++) {
        atom[d * ATOMS + i] = (dn_atom){.number = element[dn_rng_below(s, (uint64_t)(like * ATOMS + i), 8)],
                                        .degree = i == 0 || i == ATOMS - 1 ? 1 : 2,
                                        .hydrogens = 1};
        if (i > 0)
            bond[first_bond[d] + i - 1] =
                (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
    }
}

static void make_target(dn_rng s, int64_t t)
{
    int64_t like = original(t, KNOWN_TARGETS);

    sequence_offset[t + 1] = (t + 1) * LENGTH;
    for (int64_t i = 0; i < LENGTH; i++)
        sequence[t * LENGTH + i] = "ACDE"[dn_rng_below(s, 9000 + (uint64_t)(like * LENGTH + i), 4)];
}

/* With newcomers or without. */
static dn_dti_past make_past(bool newcomers)
{
    dn_rng s = dn_rng_stream(43, DN_RNG_SYNTH, 0, 0);

    drugs.n = newcomers ? DRUGS : KNOWN_DRUGS;
    targets.n = targets.sequence.n = newcomers ? TARGETS : KNOWN_TARGETS;
    for (int64_t d = 0; d < DRUGS; d++)
        make_drug(s, d);
    for (int64_t t = 0; t < TARGETS; t++)
        make_target(s, t);
    for (int64_t i = 0; i < ROWS; i++) {
        drug[i] = i % KNOWN_DRUGS;
        target[i] = (i * 3 + i / KNOWN_DRUGS) % KNOWN_TARGETS;
        label[i] = dn_rng_u64(s, 50000 + (uint64_t)i) & 1;
        part[i] = drug[i] >= KNOWN_DRUGS - 2 || target[i] >= KNOWN_TARGETS - 2 ? DN_TEST : DN_TRAIN;
    }
    return (dn_dti_past){
        .drugs = &drugs, .targets = &targets, .pairs = &pairs, .part = part, .hidden = DN_HIDE_ROW};
}

/* Collective on comm. What no call writes is not a number. */
static void find(const dn_comm *comm, const dn_dti_past *past, places *out)
{
    dn_dti_kron *kron = NULL;

    memset(out, 0xff, sizeof *out);
    CU_ASSERT_EQUAL(dn_dti_kron_create(comm, past, &kron, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_components(comm, past, kron, K, out->drug, out->target, NULL), DN_OK);
    dn_dti_kron_destroy(&kron);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static bool same(const float *a, const float *b)
{
    return memcmp(a, b, K * sizeof *a) == 0;
}

/* ---- what is expected, from the likenesses that dti_kron.h names ---- */

static void drug_likes(float *like)
{
    static dn_fingerprint print[DRUGS][2];

    for (int64_t d = 0; d < DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[d][0], NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_fingerprint_atom_pairs(&m, &print[d][1], NULL), DN_OK);
    }
    for (int64_t i = 0; i < DRUGS; i++)
        for (int64_t j = 0; j < DRUGS; j++)
            like[i * DRUGS + j] = (float)((dn_fingerprint_tanimoto(&print[i][0], &print[j][0]) +
                                           dn_fingerprint_tanimoto(&print[i][1], &print[j][1])) /
                                          2);
}

static void target_likes(float *like)
{
    static int32_t scratch[DN_KMERS];
    dn_kmers kmers = {.n = 0};
    double row[TARGETS];

    CU_ASSERT_EQUAL(dn_kmers_create(sequence, sequence_offset, TARGETS, &kmers, NULL), DN_OK);
    for (int64_t i = 0; i < TARGETS; i++) {
        dn_kmers_like(&kmers, i, scratch, row);
        for (int64_t j = 0; j < TARGETS; j++)
            like[i * TARGETS + j] = (float)row[j];
    }
    dn_kmers_destroy(&kmers);
}

/* Fitted to all but the last two known ones: the bits of `got` [n, K]. */
static void check_side(const float *like, int64_t n, int64_t known, const float *got)
{
    dn_kernel_pca pca = {0};
    int64_t fitted[DRUGS], m = known - 2;
    float want[K];

    for (int64_t i = 0; i < m; i++)
        fitted[i] = i;
    CU_ASSERT_EQUAL(dn_kernel_pca_fit(like, n, fitted, m, K, &pca, NULL), DN_OK);
    for (int64_t i = 0; i < n; i++) {
        dn_kernel_pca_place(&pca, like + i * n, want);
        CU_ASSERT(same(got + i * K, want));
        CU_ASSERT(want[0] != 0);
    }
    dn_kernel_pca_destroy(&pca);
}

/* Known ones with and without training rows and newcomers alike: as kernel_pca.h places them. */
static void as_defined(void)
{
    static float like[DRUGS * DRUGS];
    static places got;
    dn_dti_past past = make_past(true);

    find(&test_comm, &past, &got);
    drug_likes(like);
    check_side(like, DRUGS, KNOWN_DRUGS, got.drug);
    target_likes(like);
    check_side(like, TARGETS, KNOWN_TARGETS, got.target);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bits_of_one_rank(void)
{
    static const int grouping[] = {0, 1, 2};
    static places one, all;
    const dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    for (int newcomers = 0; newcomers < 2; newcomers++) {
        dn_dti_past past = make_past(newcomers > 0);
        find(&alone, &past, &one);
        for (size_t g = 0; g < sizeof grouping / sizeof grouping[0]; g++) {
            past.grouping = grouping[g];
            find(&test_comm, &past, &all);
            CU_ASSERT_EQUAL(memcmp(&one, &all, sizeof one), 0);
        }
    }
}

/* A newcomer that is equal to a known one stands where that one does; newcomers move nobody. */
static void newcomers_stand_where_their_likes_do(void)
{
    static places without, with;
    dn_dti_past past = make_past(false);

    find(&test_comm, &past, &without);
    past = make_past(true);
    find(&test_comm, &past, &with);
    CU_ASSERT_EQUAL(memcmp(without.drug, with.drug, KNOWN_DRUGS * K * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(without.target, with.target, KNOWN_TARGETS * K * sizeof(float)), 0);
    CU_ASSERT(same(with.drug + KNOWN_DRUGS * K, with.drug + 4 * K));
    CU_ASSERT(same(with.target + KNOWN_TARGETS * K, with.target + 4 * K));
    CU_ASSERT(same(with.drug + (KNOWN_DRUGS + 1) * K, with.drug + (KNOWN_DRUGS - 1) * K));
    CU_ASSERT(same(with.target + (KNOWN_TARGETS + 1) * K, with.target + (KNOWN_TARGETS - 1) * K));
    CU_ASSERT(!same(with.drug + (KNOWN_DRUGS + 2) * K, with.drug + 4 * K));
}

/* No label is looked at, and of test rows not even who stands in them. */
static void labels_are_not_looked_at(void)
{
    static places before, after;
    dn_dti_past past = make_past(true);

    find(&test_comm, &past, &before);
    for (int64_t i = 0; i < ROWS; i++) {
        label[i] ^= 1;
        if (part[i] == DN_TEST)
            drug[i] = KNOWN_DRUGS - 1;
    }
    find(&test_comm, &past, &after);
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
}

/* Without training rows there is nothing to lie among: all 0, newcomers too; one is no better. */
static void few_training_rows(void)
{
    static places got;

    for (int64_t n = 0; n < 2; n++) {
        dn_dti_past past = make_past(true);
        for (int64_t i = 0; i < ROWS; i++)
            part[i] = i < n ? DN_TRAIN : DN_TEST;
        find(&test_comm, &past, &got);
        for (int64_t i = 0; i < DRUGS * K; i++)
            CU_ASSERT_EQUAL(got.drug[i], 0);
        for (int64_t i = 0; i < TARGETS * K; i++)
            CU_ASSERT_EQUAL(got.target[i], 0);
    }
}

/* Refuse allocation k on rank r, for every k and r; ranks past the second allocate nothing. */
static void any_rank_may_run_out_of_memory(void)
{
    static places got;
    dn_dti_past past = make_past(true);
    dn_dti_kron *kron = NULL;
    int64_t live;

    CU_ASSERT_EQUAL(dn_dti_kron_create(&test_comm, &past, &kron, NULL), DN_OK);
    live = (int64_t)dn_alloc_live();
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        long k;

        for (k = 0; st != DN_OK && k < 1000; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_dti_components(&test_comm, &past, kron, K, got.drug, got.target, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL((int64_t)dn_alloc_live(), live);
        }
        CU_ASSERT(st == DN_OK && (r < 2 ? k > 8 : k == 1));
    }
    dn_dti_kron_destroy(&kron);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {
    {"as defined", as_defined},
    {"bits of one rank", bits_of_one_rank},
    {"newcomers stand where their likes do", newcomers_stand_where_their_likes_do},
    {"labels are not looked at", labels_are_not_looked_at},
    {"few training rows", few_training_rows},
    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dti_components", tests);
}
