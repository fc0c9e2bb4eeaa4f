/* dti_kron.c - tests of mpi/inputs/dti_kron.h and of the histories beside it (dti_history.h) on a table in
 * memory: each fold's fit against kron_rls.h on the rows it may see, the bits of one rank, and that no label
 * that a training row is held out from reaches its scores
 *
 * Molecules are chains of atoms made by hand: no Indigo is needed.
 */
#include "tests/support/test.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include "mpi/inputs/dti_history.h"
#include "mpi/inputs/dti_kron.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"

enum { DRUGS = 37, TARGETS = 33, ROWS = 260, ATOMS = 8, LENGTH = 40 };

/* The same arrays on every rank, owned by nobody. */
static dn_atom atom[DRUGS * ATOMS];
static dn_bond bond[DRUGS * ATOMS];
static int64_t first_atom[DRUGS + 1], first_bond[DRUGS + 1], sequence_offset[TARGETS + 1];
static char sequence[TARGETS * LENGTH];
static int64_t drug[ROWS], target[ROWS], drug_cluster[DRUGS], target_cluster[TARGETS];
static uint8_t label[ROWS], part[ROWS];
static float like_drug[DRUGS * DRUGS], like_target[TARGETS * TARGETS];

static const dn_drugs drugs = {
    .n = DRUGS, .first_atom = first_atom, .first_bond = first_bond, .atom = atom, .bond = bond};
static const dn_targets targets = {.n = TARGETS,
                                   .sequence = {.n = TARGETS, .offset = sequence_offset, .bytes = sequence}};
static const dn_interactions pairs = {
    .n = ROWS, .drugs = DRUGS, .targets = TARGETS, .drug = drug, .target = target, .label = label};

/* Every third drug differs by an atom from the one before, every second target by some residues. */
static void make_sides(dn_rng s)
{
    static const uint8_t element[] = {6, 7, 8, 16};

    for (int64_t d = 0; d < DRUGS; d++) {
        first_atom[d + 1] = (d + 1) * ATOMS;
        first_bond[d + 1] = (d + 1) * (ATOMS - 1);
        for (int64_t i = 0; i < ATOMS; i++) {
            uint64_t pick = dn_rng_below(s, (uint64_t)(d * ATOMS + i), 8);
            dn_atom *a = &atom[d * ATOMS + i];

            *a = (dn_atom){.number = element[pick < 4 ? pick : 0],
                           .degree = i == 0 || i == ATOMS - 1 ? 1 : 2,
                           .hydrogens = 1};
            if (d % 3 == 1 && i > 0)
                *a = atom[(d - 1) * ATOMS + i];
            if (i > 0)
                bond[first_bond[d] + i - 1] =
                    (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
        }
        drug_cluster[d] = d - d % 3;
    }
    for (int64_t t = 0; t < TARGETS; t++) {
        sequence_offset[t + 1] = (t + 1) * LENGTH;
        for (int64_t i = 0; i < LENGTH; i++)
            sequence[t * LENGTH + i] = t % 2 == 1 && i % 11 != 0
                                           ? sequence[(t - 1) * LENGTH + i]
                                           : "ACDEFGHIKLMNPQRSTVWYX"[dn_rng_below(
                                                 s, 9000 + (uint64_t)(t * LENGTH + i), t % 4 == 0 ? 21 : 4)];
        target_cluster[t] = t - t % 2;
    }
}

/* Likenesses as dti_kron.h names them. */
static void make_likes(void)
{
    static dn_fingerprint print[2][DRUGS];
    static int32_t scratch[DN_KMERS];
    dn_kmers kmers = {.n = 0};
    double row[TARGETS];

    for (int64_t d = 0; d < DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[0][d], NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_fingerprint_atom_pairs(&m, &print[1][d], NULL), DN_OK);
    }
    for (int64_t i = 0; i < DRUGS; i++)
        for (int64_t j = 0; j < DRUGS; j++)
            like_drug[i * DRUGS + j] = (float)((dn_fingerprint_tanimoto(&print[0][i], &print[0][j]) +
                                                dn_fingerprint_tanimoto(&print[1][i], &print[1][j])) /
                                               2);
    CU_ASSERT_EQUAL(dn_kmers_create(sequence, sequence_offset, TARGETS, &kmers, NULL), DN_OK);
    for (int64_t i = 0; i < TARGETS; i++) {
        dn_kmers_like(&kmers, i, scratch, row);
        for (int64_t j = 0; j < TARGETS; j++)
            like_target[i * TARGETS + j] = (float)row[j];
    }
    dn_kmers_destroy(&kmers);
}

/* ROWS of all pairs, one in five of them no training row; labels follow drugs and targets. */
static dn_dti_past make_past(dn_hidden hidden, bool clusters)
{
    dn_rng s = dn_rng_stream(41, DN_RNG_SYNTH, 0, 0);
    dn_permutation p = dn_permutation_make(41, 0, DRUGS * TARGETS);

    make_sides(s);
    make_likes();
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t cell = (int64_t)dn_permute(&p, (uint64_t)i);
        double lean;

        drug[i] = cell / TARGETS;
        target[i] = cell % TARGETS;
        lean =
            dn_rng_normal(s, 70000 + (uint64_t)drug[i] / 3) + dn_rng_normal(s, 80000 + (uint64_t)target[i]);
        label[i] = lean + dn_rng_normal(s, 20000 + (uint64_t)i) > 0.4;
        part[i] = i % 5 < 4 ? DN_TRAIN : i % 10 == 4 ? DN_VALIDATION : DN_TEST;
    }
    return (dn_dti_past){.drugs = &drugs,
                         .targets = &targets,
                         .pairs = &pairs,
                         .part = part,
                         .hidden = hidden,
                         .drug_cluster = clusters ? drug_cluster : NULL,
                         .target_cluster = clusters ? target_cluster : NULL};
}

/* Every kind of hiding, without and with clusters. */
static void each_past(void (*run)(dn_dti_past past))
{
    for (int hidden = DN_HIDE_ROW; hidden <= DN_HIDE_BOTH; hidden++)
        for (int clusters = 0; clusters < 2; clusters++)
            run(make_past((dn_hidden)hidden, clusters > 0));
}

static double score_of(const dn_dti_kron *k, int64_t row)
{
    double of_target[DRUGS + 1];

    dn_dti_kron_target(k, dn_dti_kron_fold(k, row), target[row], of_target);
    return dn_kron_rls_score(of_target, dn_dti_kron_drug(k, drug[row]), DRUGS);
}

/* Scores of all rows, each by its fold; opt_fold [ROWS] may be NULL. Collective. */
static void scores(const dn_comm *comm, const dn_dti_past *past, double *out, int *opt_fold)
{
    dn_dti_kron *k = NULL;

    memset(out, 0, ROWS * sizeof *out);
    CU_ASSERT_EQUAL(dn_dti_kron_create(comm, past, &k, NULL), DN_OK);
    for (int64_t i = 0; k != NULL && i < ROWS; i++) {
        out[i] = score_of(k, i);
        if (opt_fold != NULL)
            opt_fold[i] = dn_dti_kron_fold(k, i);
    }
    dn_dti_kron_destroy(&k);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Scores of all rows and columns by dn_dti_history(). Collective. */
static void histories(const dn_dti_past *past, double (*out)[DN_PAST_SCORES])
{
    int64_t rows[ROWS];

    for (int64_t i = 0; i < ROWS; i++)
        rows[i] = i;
    CU_ASSERT_EQUAL(dn_dti_history(&test_comm, past, NULL, rows, ROWS, out[0], NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- folds ---- */

static bool alike(const int64_t *cluster, int64_t a, int64_t b)
{
    return cluster != NULL ? cluster[a] == cluster[b] : a == b;
}

/* Whether row b must not be seen where row a is scored: the rule of the split. */
static bool held_out_with(const dn_dti_past *past, int64_t a, int64_t b)
{
    bool d = past->hidden == DN_HIDE_DRUG || past->hidden == DN_HIDE_BOTH;
    bool t = past->hidden == DN_HIDE_TARGET || past->hidden == DN_HIDE_BOTH;

    return a == b || (d && alike(past->drug_cluster, drug[a], drug[b])) ||
           (t && alike(past->target_cluster, target[a], target[b]));
}

/* The rows that fold f's fit sees, by the folds of the rows alone: of blocks, those whose fold shares neither
 * the block of drugs nor that of targets. */
static bool fold_sees(const dn_dti_past *past, int f, int fold_of_row)
{
    if (past->hidden == DN_HIDE_BOTH)
        return (fold_of_row - 1) / 5 != (f - 1) / 5 && (fold_of_row - 1) % 5 != (f - 1) % 5;
    return fold_of_row != f;
}

/* Every fold has rows, about as many drugs (targets, rows) as the others; none sees what it scores. */
static void check_folds(dn_dti_past past)
{
    static double score[ROWS];
    int fold[ROWS], folds = past.hidden == DN_HIDE_BOTH ? 25 : 10, rows[DN_KRON_FOLDS] = {0};

    scores(&test_comm, &past, score, fold);
    for (int64_t i = 0; i < ROWS; i++) {
        CU_ASSERT(part[i] == DN_TRAIN ? fold[i] >= 1 && fold[i] <= folds : fold[i] == 0);
        rows[fold[i]]++;
        for (int64_t j = 0; j < ROWS; j++)
            if (part[i] == DN_TRAIN && part[j] == DN_TRAIN && held_out_with(&past, i, j))
                CU_ASSERT(!fold_sees(&past, fold[i], fold[j]));
    }
    for (int f = 1; f <= folds; f++)
        CU_ASSERT(rows[f] > 0);
    for (int f = 1; past.hidden == DN_HIDE_ROW && f <= folds; f++)
        CU_ASSERT(rows[f] == 20 || rows[f] == 21); /* 208 training rows */
}

static void folds_hold_out_in_the_way_of_the_split(void)
{
    each_past(check_folds);
}

/* The score of every row is that of a fit to the rows its fold sees, bit for bit; fold 0 sees all. */
static void check_fits(dn_dti_past past)
{
    static double got[ROWS];
    int fold[ROWS];
    const dn_kron_likes likes = {
        .drugs = DRUGS, .targets = TARGETS, .drug = like_drug, .target = like_target};

    scores(&test_comm, &past, got, fold);
    for (int f = 0; f < DN_KRON_FOLDS; f++) {
        int64_t rows[ROWS];
        dn_past seen = {.drug = drug, .target = target, .label = label, .rows = rows};
        dn_kron_fit fit = {0};
        double of_target[DRUGS + 1];

        for (int64_t i = 0; i < ROWS; i++)
            if (part[i] == DN_TRAIN && (f == 0 || fold_sees(&past, f, fold[i])))
                rows[seen.n++] = i;
        CU_ASSERT(seen.n <= 208 && (f > 0 || seen.n == 208));
        CU_ASSERT_EQUAL(dn_kron_rls_fit(&seen, &likes, &fit, NULL), DN_OK);
        for (int64_t i = 0; i < ROWS; i++)
            if (fold[i] == f) {
                dn_kron_rls_target(&seen, &fit, like_target + target[i] * TARGETS, DRUGS, of_target);
                CU_ASSERT_EQUAL(got[i], dn_kron_rls_score(of_target, like_drug + drug[i] * DRUGS, DRUGS));
            }
        dn_kron_fit_destroy(&fit);
    }
}

static void a_fold_is_fitted_to_what_it_sees(void)
{
    each_past(check_fits);
}

/* ---- ranks ---- */

static void check_bits(dn_dti_past past)
{
    static const int grouping[] = {0, 1, 2, -2};
    static double one[ROWS], all[ROWS];
    const dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    scores(&alone, &past, one, NULL);
    for (size_t g = 0; g < sizeof grouping / sizeof grouping[0]; g++) {
        past.grouping = grouping[g];
        omp_set_num_threads(1 + (int)g % 3);
        scores(&test_comm, &past, all, NULL);
        CU_ASSERT(memcmp(one, all, sizeof one) == 0);
    }
    omp_set_num_threads(1);
    for (int64_t i = 0; i < ROWS; i++)
        CU_ASSERT(one[i] != 0);
}

static void bits_of_one_rank(void)
{
    each_past(check_bits);
}

/* Without the folds, what is no training row scores the same. */
static void check_unseen(dn_dti_past past)
{
    static double all[ROWS];
    dn_dti_kron *k = NULL;

    scores(&test_comm, &past, all, NULL);
    past.unseen_only = true;
    CU_ASSERT_EQUAL(dn_dti_kron_create(&test_comm, &past, &k, NULL), DN_OK);
    for (int64_t i = 0; k != NULL && i < ROWS; i++)
        if (part[i] != DN_TRAIN)
            CU_ASSERT_EQUAL(score_of(k, i), all[i]);
    dn_dti_kron_destroy(&k);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void folds_nobody_asks_for(void)
{
    each_past(check_unseen);
}

/* ---- labels ---- */

/* With the label of a training row turned over, and with those of all rows it is held out from, its scores
 * keep every bit, and others do not. */
static void check_labels(dn_dti_past past)
{
    static double before[ROWS][DN_PAST_SCORES], after[ROWS][DN_PAST_SCORES];
    static const int64_t asked[] = {0, 17, 101, 258};

    histories(&past, before);
    for (size_t a = 0; a < sizeof asked / sizeof asked[0]; a++)
        for (int all = 0; all < 2; all++) {
            int64_t row = asked[a], changed = 0;

            CU_ASSERT_EQUAL(part[row], DN_TRAIN);
            for (int64_t i = 0; i < ROWS; i++)
                label[i] ^= i == row || (all && held_out_with(&past, row, i));
            histories(&past, after);
            CU_ASSERT(memcmp(before[row], after[row], sizeof before[row]) == 0);
            for (int64_t i = 0; i < ROWS; i++)
                changed += part[i] != DN_TRAIN && before[i][DN_PAST_KRON] != after[i][DN_PAST_KRON];
            CU_ASSERT(changed > 40); /* of the 52 that are scored by all training rows */
            for (int64_t i = 0; i < ROWS; i++)
                label[i] ^= i == row || (all && held_out_with(&past, row, i));
        }
}

static void held_out_labels_are_not_heard(void)
{
    each_past(check_labels);
}

/* Nor the labels of the rows of its fold, here of all of them; labels of test rows are heard by nobody. */
static void check_fold_labels(dn_dti_past past)
{
    static double before[ROWS], after[ROWS];
    int fold[ROWS];
    uint8_t kept[ROWS];
    const int of = past.hidden == DN_HIDE_BOTH ? 7 : 3;
    int64_t same = 0, others = 0, moved = 0;

    memcpy(kept, label, sizeof kept);
    scores(&test_comm, &past, before, fold);
    for (int64_t i = 0; i < ROWS; i++)
        label[i] ^= part[i] == DN_TRAIN ? !fold_sees(&past, of, fold[i]) : 1;
    scores(&test_comm, &past, after, NULL);
    memcpy(label, kept, sizeof kept);
    for (int64_t i = 0; i < ROWS; i++) {
        same += fold[i] == of && before[i] == after[i];
        others += fold[i] == of && before[i] != after[i];
        moved += fold[i] != of && before[i] != after[i];
    }
    CU_ASSERT(same > 0 && others == 0 && moved > ROWS / 2);
    for (int64_t i = 0; i < ROWS; i++)
        label[i] ^= part[i] != DN_TRAIN;
    scores(&test_comm, &past, after, NULL);
    CU_ASSERT(memcmp(before, after, sizeof before) == 0);
}

static void labels_of_the_fold_are_not_heard(void)
{
    each_past(check_fold_labels);
}

/* Clusters change what a training row is told, and nothing for the others. */
static void clusters_matter_to_training_rows(void)
{
    static double without[ROWS][DN_PAST_SCORES], with[ROWS][DN_PAST_SCORES];
    dn_dti_past past = make_past(DN_HIDE_DRUG, false);
    int64_t changed[2] = {0, 0}; /* near targets of the same drug and its cluster; kernel */

    histories(&past, without);
    past.drug_cluster = drug_cluster;
    histories(&past, with);
    for (int64_t i = 0; i < ROWS; i++) {
        if (part[i] != DN_TRAIN)
            CU_ASSERT(memcmp(without[i], with[i], sizeof with[i]) == 0);
        changed[0] += without[i][DN_SIMILAR_DRUG] != with[i][DN_SIMILAR_DRUG];
        changed[1] += without[i][DN_PAST_KRON] != with[i][DN_PAST_KRON];
    }
    CU_ASSERT(changed[0] > 50 && changed[1] > 150);
}

/* ---- edges ---- */

/* No training row, one, or two of one drug in several folds that see nothing. */
static void few_training_rows(void)
{
    static double score[ROWS];

    for (int hidden = DN_HIDE_ROW; hidden <= DN_HIDE_BOTH; hidden++)
        for (int64_t n = 0; n < 3; n++) {
            dn_dti_past past = make_past((dn_hidden)hidden, n == 2);

            for (int64_t i = 0; i < ROWS; i++)
                part[i] = i < n ? DN_TRAIN : DN_TEST;
            if (n == 2) {
                drug[1] = drug[0];
                label[1] = !label[0];
            }
            scores(&test_comm, &past, score, NULL);
            for (int64_t i = 0; i < ROWS; i++)
                CU_ASSERT(isfinite(score[i]) && (n > 0 || score[i] == 0));
            if (n == 1) /* its own label is the only one */
                CU_ASSERT(score[0] == 0 && score[1] == (label[0] ? 2.0 : -2.0));
            if (n == 2 && hidden == DN_HIDE_DRUG)
                CU_ASSERT(score[0] == 0 && score[1] == 0);
        }
}

/* Drugs and targets that were imported after the training, some in rows that are no training rows: no score
 * of the others has another bit. */
static void later_ones_change_nothing(dn_dti_past past)
{
    enum { EARLY_DRUGS = DRUGS - 10, EARLY_TARGETS = TARGETS - 7 };
    static double before[ROWS][DN_PAST_SCORES], after[ROWS][DN_PAST_SCORES];
    int64_t rows[ROWS], n = 0, training = 0;
    dn_drugs early_drugs = drugs;
    dn_targets early_targets = targets;
    dn_interactions early = pairs;
    dn_dti_past first = past;

    for (int64_t i = 0; i < ROWS; i++) {
        if (drug[i] < EARLY_DRUGS && target[i] < EARLY_TARGETS)
            rows[n++] = i;
        else
            part[i] = DN_TEST;
    }
    early_drugs.n = early.drugs = EARLY_DRUGS;
    early_targets.n = early_targets.sequence.n = early.targets = EARLY_TARGETS;
    first.drugs = &early_drugs;
    first.targets = &early_targets;
    first.pairs = &early;
    for (int64_t i = 0; i < n; i++) { /* rows of early ones come first, as those of another set are behind */
        int64_t d = drug[i], t = target[i];
        uint8_t l = label[i], p = part[i];

        drug[i] = drug[rows[i]], target[i] = target[rows[i]], label[i] = label[rows[i]],
        part[i] = part[rows[i]];
        drug[rows[i]] = d, target[rows[i]] = t, label[rows[i]] = l, part[rows[i]] = p;
        training += part[i] == DN_TRAIN;
        rows[i] = i;
    }
    early.n = n;
    CU_ASSERT(n > ROWS / 3 && n < ROWS && training > n / 2);
    CU_ASSERT_EQUAL(dn_dti_history(&test_comm, &first, NULL, rows, n, before[0], NULL), DN_OK);
    past.dealt[0] = EARLY_DRUGS;
    past.dealt[1] = EARLY_TARGETS;
    CU_ASSERT_EQUAL(dn_dti_history(&test_comm, &past, NULL, rows, n, after[0], NULL), DN_OK);
    CU_ASSERT(memcmp(before, after, (size_t)n * sizeof before[0]) == 0);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void later_drugs_and_targets_change_nothing(void)
{
    each_past(later_ones_change_nothing);
}

/* Refuse allocation k on rank r, for every k and r. */
static void any_rank_may_run_out_of_memory(void)
{
    dn_dti_past past = make_past(DN_HIDE_DRUG, true);

    past.grouping = 1; /* ordinary memory, which can be refused */
    for (int64_t i = 30; i < ROWS; i++)
        part[i] = DN_TEST;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        long k;

        for (k = 0; st != DN_OK && k < 2000; k = test_next_refused(k)) {
            dn_dti_kron *kron = NULL;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_dti_kron_create(&test_comm, &past, &kron, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r && kron == NULL));
            dn_dti_kron_destroy(&kron);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT(st == DN_OK && k > 30);
    }
}

static const dn_test tests[] = {
    {"folds hold out in the way of the split", folds_hold_out_in_the_way_of_the_split},
    {"a fold is fitted to what it sees", a_fold_is_fitted_to_what_it_sees},
    {"bits of one rank", bits_of_one_rank},
    {"folds nobody asks for", folds_nobody_asks_for},
    {"held out labels are not heard", held_out_labels_are_not_heard},
    {"labels of the fold are not heard", labels_of_the_fold_are_not_heard},
    {"clusters matter to training rows", clusters_matter_to_training_rows},
    {"later drugs and targets change nothing", later_drugs_and_targets_change_nothing},
    {"few training rows", few_training_rows},
    {"any rank may run out of memory", any_rank_may_run_out_of_memory},
    {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "dti_kron", tests);
}
