/* evaluate_dti.c - tests of mpi/evaluate/evaluate_dti.h on tables in memory: views, baselines, what is
 * refused, and the bits of one rank
 *
 * Molecules are chains of atoms made by hand: no Indigo is needed.
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "mpi/evaluate/evaluate_dti.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"

enum {
    DRUGS = 44,
    TARGETS = 31,
    ROWS = DRUGS * TARGETS,
    ATOMS = 8,
    LENGTH = 40,
    COLD_DRUG = 28,   /* drugs from here on are in no training row */
    COLD_TARGET = 20, /* targets likewise */
    REPLICATES = 37
};

/* The same arrays on every rank, owned by nobody: tables are not destroyed. */
static dn_atom atom[DRUGS * ATOMS];
static dn_bond bond[DRUGS * ATOMS];
static int64_t first_atom[DRUGS + 1], first_bond[DRUGS + 1];
static char sequence[TARGETS * LENGTH], id_bytes[(DRUGS + TARGETS) * 4];
static int64_t sequence_offset[TARGETS + 1], id_offset[DRUGS + TARGETS + 1];
static int64_t drug[ROWS], target[ROWS];
static uint8_t label[ROWS], part[ROWS];
static double probability[ROWS];

static void make_molecules(dn_rng s)
{
    static const uint8_t element[] = {6, 7, 8, 16};

    for (int64_t d = 0; d < DRUGS; d++) {
        first_atom[d] = d * ATOMS;
        first_bond[d] = d * (ATOMS - 1);
        for (int64_t i = 0; i < ATOMS; i++) {
            uint64_t pick = dn_rng_below(s, (uint64_t)(d * ATOMS + i), 10);
            atom[d * ATOMS + i] = (dn_atom){.number = element[pick < 4 ? pick : 0],
                                            .degree = i == 0 || i == ATOMS - 1 ? 1 : 2,
                                            .hydrogens = 1};
            if (i > 0)
                bond[first_bond[d] + i - 1] =
                    (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
        }
    }
    first_atom[DRUGS] = DRUGS * ATOMS;
    first_bond[DRUGS] = DRUGS * (ATOMS - 1);
}

static void make_sequences(dn_rng s)
{
    for (int64_t t = 0; t < TARGETS; t++) {
        sequence_offset[t + 1] = (t + 1) * LENGTH;
        for (int64_t i = 0; i < LENGTH; i++) /* relatives: every third shares most of the one before */
            sequence[t * LENGTH + i] = t % 3 == 2 && i % 9 != 0
                                           ? sequence[(t - 1) * LENGTH + i]
                                           : "ACDEFGHIKLMNPQRSTVWYX"[dn_rng_below(
                                                 s, 9000 + (uint64_t)(t * LENGTH + i), t % 2 == 0 ? 21 : 5)];
    }
    for (int64_t i = 0; i < DRUGS + TARGETS; i++) {
        char name[8];
        snprintf(name, sizeof name, "%c%03d", i < DRUGS ? 'd' : 't', (int)i % 1000);
        memcpy(id_bytes + 4 * i, name, 4);
        id_offset[i + 1] = 4 * (i + 1);
    }
}

/* Every drug with every target; labels follow drugs and targets, the model sees them through noise. */
static dn_dti_table make_table(void)
{
    dn_rng s = dn_rng_stream(31, DN_RNG_SYNTH, 0, 0);

    make_molecules(s);
    make_sequences(s);
    for (int64_t i = 0; i < ROWS; i++) {
        uint64_t at = 20000 + 8 * (uint64_t)i;
        double u = dn_rng_uniform(s, at), lean;

        drug[i] = i / TARGETS;
        target[i] = i % TARGETS;
        lean = dn_rng_normal(s, 70000 + (uint64_t)drug[i]) + dn_rng_normal(s, 80000 + (uint64_t)target[i]);
        label[i] = lean + dn_rng_normal(s, at + 1) > 0.4;
        part[i] = u < 0.5 ? DN_TRAIN : u < 0.7 ? DN_VALIDATION : u < 0.97 ? DN_TEST : DN_LEFT_OUT;
        if (part[i] == DN_TRAIN && (drug[i] >= COLD_DRUG || target[i] >= COLD_TARGET))
            part[i] = u < 0.2 ? DN_VALIDATION : DN_TEST;
        probability[i] = 0.2 + 0.4 * label[i] + 0.4 * dn_rng_uniform(s, at + 3);
    }
    return (dn_dti_table){
        .drugs = {.n = DRUGS,
                  .id = {.n = DRUGS, .offset = id_offset, .bytes = id_bytes},
                  .first_atom = first_atom,
                  .first_bond = first_bond,
                  .atom = atom,
                  .bond = bond},
        .targets = {.n = TARGETS,
                    .id = {.n = TARGETS, .offset = id_offset + DRUGS, .bytes = id_bytes},
                    .sequence = {.n = TARGETS, .offset = sequence_offset, .bytes = sequence}},
        .pairs = {.n = ROWS,
                  .drugs = DRUGS,
                  .targets = TARGETS,
                  .drug = drug,
                  .target = target,
                  .label = label,
                  .contradictory = 5},
        .split = {
            .pairs = "made", .interactions = true, .kind = "warm", .n = ROWS, .folds = 1, .part = part}};
}

static const dn_evaluate_options options = {.dataset = "made.h5",
                                            .model = "model.h5",
                                            .split = "s",
                                            .fold = -1,
                                            .part = DN_TEST,
                                            .replicates = REPLICATES};

/* The report as text holds every number of it; NULL when it failed. */
static char *report(const dn_comm *comm, const dn_dti_table *t, dn_part wanted, const double *p,
                    dn_dti_evaluation *out)
{
    dn_error err = DN_ERROR_INIT;
    char *text = NULL;

    CU_ASSERT_EQUAL(dn_evaluate_dti(comm, t, wanted, p, REPLICATES, 3, out, &err), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(out, t, &options, &text, &err), DN_OK);
    if (err.code != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    return text;
}

static void bits_of_one_rank(void)
{
    dn_dti_table t = make_table();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};

    for (int with = 0; with < 2; with++) {
        dn_dti_evaluation one, all;
        const double *p = with ? probability : NULL;
        char *text_one = report(&alone, &t, DN_TEST, p, &one);
        char *text_all = report(&test_comm, &t, DN_TEST, p, &all);

        CU_ASSERT(text_one != NULL && text_all != NULL && strcmp(text_one, text_all) == 0);
        CU_ASSERT(one.n == all.n && one.n > 0);
        for (int k = with ? 0 : 1; k < DN_DTI_SCORERS; k++)
            CU_ASSERT(memcmp(one.score[k], all.score[k], (size_t)one.n * sizeof(double)) == 0);
        if (text_all != NULL) {
            CU_ASSERT(strncmp(text_all,
                              with ? "{\n  \"model\": {\n" : "{\n  \"baselines\": {\n    \"history\"",
                              with ? 15 : 30) == 0);
            CU_ASSERT((strstr(text_all, "\"difference\"") != NULL) == with);
        }
        dn_free(text_one);
        dn_free(text_all);
        dn_dti_evaluation_destroy(&one);
        dn_dti_evaluation_destroy(&all);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
}

/* ---- the baselines from their definition ---- */

static double cosine(int64_t a, int64_t b)
{
    double ab = 0, aa = 0, bb = 0;
    const char *x = sequence + a * LENGTH, *y = sequence + b * LENGTH;

    for (int i = 0; i + 3 <= LENGTH; i++)
        for (int j = 0; j + 3 <= LENGTH; j++) {
            bool known_x = memchr(x + i, 'X', 3) == NULL, known_y = memchr(y + j, 'X', 3) == NULL;
            ab += known_x && memcmp(x + i, y + j, 3) == 0;
            aa += known_x && memcmp(x + i, x + j, 3) == 0;
            bb += known_y && memcmp(y + i, y + j, 3) == 0;
        }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static double odds(const double w[2], double p)
{
    return w[0] + w[1] > 0 ? log((w[1] + 2 * p) / (w[0] + 2 * (1 - p))) - log(p / (1 - p)) : 0;
}

/* Kernel ridge regression over the training rows, solved densely: Cholesky, then two substitutions. */
static void naive_kron(const dn_dti_table *t, double out[ROWS])
{
    static dn_fingerprint print[2][DRUGS];
    static double k[ROWS][ROWS], like_drug[DRUGS][DRUGS], like_target[TARGETS][TARGETS], a[ROWS];
    int64_t row[ROWS], n = 0;
    double mean = 0;

    for (int64_t d = 0; d < DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&t->drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[0][d], NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_fingerprint_atom_pairs(&m, &print[1][d], NULL), DN_OK);
        for (int64_t e = 0; e <= d; e++)
            like_drug[d][e] = like_drug[e][d] = (dn_fingerprint_tanimoto(&print[0][d], &print[0][e]) +
                                                 dn_fingerprint_tanimoto(&print[1][d], &print[1][e])) /
                                                2;
    }
    for (int64_t x = 0; x < TARGETS; x++)
        for (int64_t y = 0; y < TARGETS; y++)
            like_target[x][y] = cosine(x, y);
    for (int64_t i = 0; i < ROWS; i++)
        if (part[i] == DN_TRAIN) {
            mean += label[i];
            row[n++] = i;
        }
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        a[i] = label[row[i]] - mean;
        for (int64_t j = 0; j <= i; j++) {
            double d = like_drug[drug[row[i]]][drug[row[j]]], u = like_target[target[row[i]]][target[row[j]]];
            double sum = d * u + 0.1 * (d + u) + (i == j ? 0.2 : 0);

            for (int64_t c = 0; c < j; c++)
                sum -= k[i][c] * k[j][c];
            k[i][j] = i == j ? sqrt(sum) : sum / k[j][j];
        }
        for (int64_t j = 0; j < i; j++)
            a[i] -= k[i][j] * a[j];
        a[i] /= k[i][i];
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        a[i] /= k[i][i];
        for (int64_t j = 0; j < i; j++)
            a[j] -= k[i][j] * a[i];
    }
    for (int64_t i = 0; i < ROWS; i++) {
        double f = mean;
        for (int64_t j = 0; j < n; j++) {
            double d = like_drug[drug[i]][drug[row[j]]], u = like_target[target[i]][target[row[j]]];
            f += a[j] * (d * u + 0.1 * (d + u));
        }
        out[i] = 4 * (f - 0.5);
    }
}

static void naive_scores(const dn_dti_table *t, int64_t row, double out[DN_DTI_BASELINES])
{
    static dn_fingerprint print[DRUGS];
    static double like_target[TARGETS][TARGETS];
    static bool made;
    double w[5][2] = {{0}}, n = 0, positives = 0, p;

    for (int64_t d = 0; !made && d < DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&t->drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[d], NULL), DN_OK);
    }
    for (int64_t a = 0; !made && a < TARGETS; a++)
        for (int64_t b = 0; b < TARGETS; b++)
            like_target[a][b] = cosine(a, b);
    made = true;
    for (int64_t i = 0; i < ROWS; i++) {
        double ld = dn_fingerprint_tanimoto(&print[drug[i]], &print[drug[row]]);
        double lt = like_target[target[i]][target[row]];

        if (part[i] != DN_TRAIN)
            continue;
        n++;
        positives += label[i];
        w[0][label[i]] += target[i] == target[row];
        w[1][label[i]] += drug[i] == drug[row];
        w[2][label[i]] += target[i] == target[row] ? ld * ld : 0;
        w[3][label[i]] += drug[i] == drug[row] ? lt * lt : 0;
        w[4][label[i]] += ld * ld * lt * lt;
    }
    p = (positives + 1) / (n + 2);
    out[DN_DTI_TARGET_HISTORY] = odds(w[0], p);
    out[DN_DTI_DRUG_HISTORY] = odds(w[1], p);
    out[DN_DTI_HISTORY] = odds(w[0], p) + odds(w[1], p);
    out[DN_DTI_NEAREST_DRUG] = odds(w[2], p);
    out[DN_DTI_NEAREST_TARGET] = odds(w[3], p);
    out[DN_DTI_NEAREST] = odds(w[2], p) + odds(w[3], p);
    out[DN_DTI_NEAREST_PAIR] = odds(w[4], p);
}

static void baselines_are_as_defined(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;
    static double kron[ROWS];
    double want[DN_DTI_BASELINES];
    int64_t at = 0;

    naive_kron(&t, kron);
    dn_free(report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(!e.model && e.score[DN_MODEL] == NULL && e.contradictory == 5);
    for (int64_t i = 0; i < ROWS; i++) {
        if (part[i] != DN_TEST)
            continue;
        CU_ASSERT_EQUAL(e.row[at], i);
        CU_ASSERT_EQUAL(e.klass[at], 1 + (drug[i] >= COLD_DRUG) + 2 * (target[i] >= COLD_TARGET));
        naive_scores(&t, i, want);
        for (int b = 0; b < DN_DTI_KRON_RLS; b++)
            CU_ASSERT(fabs(e.score[1 + b][at] - want[b]) < 1e-12 * (1 + fabs(want[b])));
        CU_ASSERT(fabs(e.score[1 + DN_DTI_KRON_RLS][at] - kron[i]) < 4e-4); /* solved to a residual of 1e-5 */
        if (drug[i] >= COLD_DRUG && target[i] >= COLD_TARGET) {
            CU_ASSERT(e.score[1 + DN_DTI_HISTORY][at] == 0 && e.score[1 + DN_DTI_NEAREST][at] == 0);
            CU_ASSERT(e.score[1 + DN_DTI_NEAREST_PAIR][at] != 0);
        }
        at++;
    }
    CU_ASSERT_EQUAL(at, e.n);
    dn_dti_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Rows of every view, counted anew, and the AUROC of the model and a baseline from the definition. */
static void views_hold_their_rows(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;
    int64_t training = 0, left_out = 0;

    dn_free(report(&test_comm, &t, DN_TEST, probability, &e));
    for (int64_t i = 0; i < ROWS; i++) {
        training += part[i] == DN_TRAIN;
        left_out += part[i] == DN_LEFT_OUT;
    }
    CU_ASSERT(e.between_parts == left_out && left_out > 0 && e.training_rows == training);
    for (int v = 0; v < DN_DTI_VIEWS; v++) {
        const dn_view_report *r = &e.view[v];
        double above[2] = {0, 0}, pairs = 0, drugs = 0, targets = 0;
        uint8_t in_drug[DRUGS] = {0}, in_target[TARGETS] = {0};
        int64_t n = 0;

        CU_ASSERT_STRING_EQUAL(r->name, dn_dti_kind.view[v].name);
        for (int64_t i = 0; i < e.n; i++) {
            if (v > 0 && e.klass[i] != v)
                continue;
            n++;
            in_drug[drug[e.row[i]]] = in_target[target[e.row[i]]] = 1;
            for (int64_t j = 0; label[e.row[i]] == 1 && j < e.n; j++) {
                const double *s = e.score[1 + DN_DTI_NEAREST_PAIR], *m = e.score[DN_MODEL];
                if ((v > 0 && e.klass[j] != v) || label[e.row[j]] == 1)
                    continue;
                pairs++;
                above[0] += (m[i] > m[j]) + 0.5 * (m[i] == m[j]);
                above[1] += (s[i] > s[j]) + 0.5 * (s[i] == s[j]);
            }
        }
        for (int d = 0; d < DRUGS; d++)
            drugs += in_drug[d];
        for (int g = 0; g < TARGETS; g++)
            targets += in_target[g];
        CU_ASSERT(r->measured && r->rows == n && r->training_rows == training);
        CU_ASSERT(r->drawn[0] == (int64_t)drugs && r->drawn[1] == (int64_t)targets);
        CU_ASSERT(fabs(r->scorer[DN_MODEL].auroc - above[0] / pairs) < 1e-12);
        CU_ASSERT(fabs(r->scorer[1 + DN_DTI_NEAREST_PAIR].auroc - above[1] / pairs) < 1e-12);
        CU_ASSERT(fabs(r->difference[DN_DTI_NEAREST_PAIR].auroc - (above[0] - above[1]) / pairs) < 1e-12);
        CU_ASSERT_EQUAL(r->scorer[DN_MODEL].auroc_ci.used + r->scorer[DN_MODEL].auroc_ci.skipped, REPLICATES);
    }
    CU_ASSERT_EQUAL(e.view[4].difference[DN_DTI_HISTORY].beaten, DN_BEATEN); /* history guesses there */
    CU_ASSERT(e.view[4].scorer[1 + DN_DTI_HISTORY].auroc == 0.5);
    dn_dti_evaluation_destroy(&e);
}

/* The best baseline is that of validation; another threshold of the model changes nothing it is compared by.
 */
static void validation_chooses(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e, other;
    const dn_view_report *all = &e.view[0], *changed = &other.view[0];
    int best = 0;

    dn_free(report(&test_comm, &t, DN_TEST, probability, &e));
    for (int b = 1; b < DN_DTI_BASELINES; b++)
        if (all->scorer[1 + b].validation_auroc > all->scorer[1 + best].validation_auroc)
            best = b;
    CU_ASSERT(all->best_baseline == best && all->source == DN_FROM_VIEW);
    for (int64_t i = 0; i < ROWS;
         i++) /* of the rows that are evaluated, nothing but the figures may follow */
        if (part[i] == DN_TEST)
            label[i] = !label[i];
    dn_free(report(&test_comm, &t, DN_TEST, probability, &other));
    CU_ASSERT_EQUAL(changed->best_baseline, best);
    for (int k = 0; k < DN_DTI_SCORERS; k++) {
        CU_ASSERT_EQUAL(changed->scorer[k].decisions.threshold, all->scorer[k].decisions.threshold);
        CU_ASSERT_EQUAL(changed->scorer[k].platt.slope, all->scorer[k].platt.slope);
        CU_ASSERT(memcmp(e.score[k], other.score[k], (size_t)e.n * sizeof(double)) == 0);
        CU_ASSERT(fabs(changed->scorer[k].auroc + all->scorer[k].auroc - 1) < 1e-12);
    }
    dn_dti_evaluation_destroy(&e);
    dn_dti_evaluation_destroy(&other);
}

static void awkward(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;

    for (int64_t i = 0; i < ROWS; i++) /* one class in validation */
        if (part[i] == DN_VALIDATION)
            label[i] = 0;
    dn_free(report(&test_comm, &t, DN_TEST, probability, &e));
    CU_ASSERT(e.view[0].source == DN_FROM_NOWHERE && e.view[0].best_baseline == -1);
    CU_ASSERT(e.view[0].scorer[DN_MODEL].decisions.threshold == 0.5 && !e.view[0].scorer[1].decided);
    dn_dti_evaluation_destroy(&e);

    for (int64_t i = 0; i < ROWS; i++) /* no validation, nothing cold, one class in the test rows */
        part[i] = part[i] == DN_VALIDATION || drug[i] >= COLD_DRUG || target[i] >= COLD_TARGET ? DN_LEFT_OUT
                                                                                               : part[i];
    for (int64_t i = 0; i < ROWS; i++)
        if (part[i] == DN_TEST)
            label[i] = 1;
    dn_free(report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(e.view[0].measured && isnan(e.view[0].scorer[1].auroc) && e.view[1].rows == e.n);
    CU_ASSERT_EQUAL(e.view[0].scorer[1].auroc_ci.skipped, REPLICATES);
    for (int v = 1; v < DN_DTI_VIEWS; v++)
        CU_ASSERT(!e.view[v].measured && (v == 1 || e.view[v].rows == 0));
    dn_dti_evaluation_destroy(&e);

    for (int64_t i = 0; i < ROWS; i++) /* nothing to learn from */
        part[i] = i % 2 == 0 ? DN_TEST : DN_VALIDATION;
    t = make_table();
    for (int64_t i = 0; i < ROWS; i++)
        part[i] = i % 2 == 0 ? DN_TEST : DN_VALIDATION;
    dn_free(report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(e.training_rows == 0 && e.view[4].rows == e.n && e.view[4].scorer[1].auroc == 0.5);
    dn_dti_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Validation rows may be evaluated themselves; training rows too, of which history knows the label. */
static void other_parts(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;

    dn_free(report(&test_comm, &t, DN_VALIDATION, probability, &e));
    CU_ASSERT_EQUAL(e.view[0].rows, e.view[0].validation_rows);
    CU_ASSERT_EQUAL(e.view[0].scorer[1].auroc, e.view[0].scorer[1].validation_auroc);
    dn_dti_evaluation_destroy(&e);
    dn_free(report(&test_comm, &t, DN_TRAIN, probability, &e));
    CU_ASSERT(e.view[1].rows == e.n && e.n == e.training_rows);
    dn_dti_evaluation_destroy(&e);
}

static void refused(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;
    dn_error err = DN_ERROR_INIT;
    static double p[ROWS];
    int64_t bad = 0;

    memcpy(p, probability, sizeof p);
    while (part[bad] != DN_TEST)
        bad++;
    p[bad] = NAN;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, p, 0, 1, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is no probability"));
    for (int64_t i = 0; i < ROWS; i++) /* not read elsewhere */
        if (!dn_dti_scored(&t, DN_TEST, i))
            p[i] = NAN;
    p[bad] = 1;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, p, 0, 1, &e, NULL), DN_OK);
    CU_ASSERT(isnan(e.view[0].scorer[0].auroc_ci.lo) && e.view[0].difference[0].beaten == DN_UNDECIDED);
    dn_dti_evaluation_destroy(&e);
    for (int64_t i = 0; i < ROWS; i++)
        part[i] = DN_TRAIN;
    err = (dn_error)DN_ERROR_INIT;
    CU_ASSERT_EQUAL(dn_evaluate_dti(&test_comm, &t, DN_TEST, NULL, 0, 1, &e, &err), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no test rows"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* The table for people names every baseline; the TSV says again what is in the report. */
static void other_forms(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation e;
    char line[1024], want[64];
    int64_t lines = 0;
    FILE *f;

    for (int with = 0; with < 2; with++) {
        dn_free(report(&test_comm, &t, DN_TEST, with ? probability : NULL, &e));
        if (test_comm.rank == 0) {
            CU_ASSERT_EQUAL(dn_dti_evaluation_save_scores(&e, &t, test_path("scores.tsv"), NULL), DN_OK);
            CU_ASSERT_EQUAL(dn_dti_evaluation_save_scores(&e, &t, "/nowhere/x.tsv", NULL), DN_ECANTCREAT);
            f = fopen(test_path("scores.tsv"), "r");
            CU_ASSERT(f != NULL && fgets(line, sizeof line, f) != NULL &&
                      strncmp(line,
                              with ? "drug\ttarget\tlabel\tprobability" : "drug\ttarget\tlabel\thistory",
                              25) == 0);
            for (lines = 0; f != NULL && fgets(line, sizeof line, f) != NULL; lines++) {
                snprintf(want, sizeof want, "d%03d\tt%03d\t%d\t", (int)drug[e.row[lines]],
                         (int)target[e.row[lines]] + DRUGS, label[e.row[lines]]);
                CU_ASSERT(strncmp(line, want, strlen(want)) == 0);
            }
            CU_ASSERT_EQUAL(lines, e.n);
            if (f != NULL)
                fclose(f);
            f = fopen(test_path("table.txt"), "w+");
            dn_dti_evaluation_print(&e, &t, &options, f);
            rewind(f);
            lines = 0;
            while (fgets(line, sizeof line, f) != NULL)
                lines += strncmp(line, "  nearest_pair ", 15) == 0;
            CU_ASSERT_EQUAL(lines, with ? 3 : 2);
            fclose(f);
        }
        dn_dti_evaluation_destroy(&e);
    }
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_dti_table t = make_table();

    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += k < 45 ? 1 : 31) { /* then evaluate_view's own */
            dn_dti_evaluation e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_evaluate_dti(&test_comm, &t, DN_TEST, probability, 2, 1, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_dti_evaluation_destroy(&e);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* The part of a row in another fold of the same pairs. */
static dn_dti_table second_fold(void)
{
    dn_dti_table t = make_table();
    static uint8_t other[ROWS];

    for (int64_t i = 0; i < ROWS; i++)
        other[i] = part[i] == DN_TRAIN  ? (i % 5 == 0 ? DN_TEST : DN_TRAIN)
                   : part[i] == DN_TEST ? DN_LEFT_OUT
                                        : part[i];
    t.split.part = other;
    return t;
}

static void folds_are_pooled(void)
{
    dn_dti_table t = make_table(), u = second_fold();
    dn_comm alone = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    dn_dti_evaluation fold[2], one, all, same;
    char *text[2] = {NULL, NULL}, *single = report(&test_comm, &t, DN_TEST, probability, &fold[0]);
    double above = 0, pairs = 0;

    dn_free(report(&test_comm, &u, DN_TEST, probability, &fold[1]));
    CU_ASSERT_EQUAL(dn_dti_pool(&test_comm, fold, 1, REPLICATES, 3, &same, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&same, &t, &options, &text[0], NULL), DN_OK);
    CU_ASSERT(text[0] != NULL && single != NULL && strcmp(text[0], single) == 0); /* one fold is itself */
    dn_free(text[0]);
    text[0] = NULL;
    CU_ASSERT_EQUAL(dn_dti_pool(&alone, fold, 2, REPLICATES, 3, &one, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_pool(&test_comm, fold, 2, REPLICATES, 3, &all, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&one, &t, &options, &text[0], NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_dti_evaluation_json(&all, &t, &options, &text[1], NULL), DN_OK);
    CU_ASSERT(text[0] != NULL && text[1] != NULL && strcmp(text[0], text[1]) == 0);
    CU_ASSERT(all.folds == 2 && all.n == fold[0].n + fold[1].n);
    CU_ASSERT_EQUAL(all.training_rows, fold[0].training_rows + fold[1].training_rows);
    CU_ASSERT_EQUAL(all.between_parts, fold[0].between_parts + fold[1].between_parts);
    for (int v = 0; v < DN_DTI_VIEWS; v++) {
        CU_ASSERT_EQUAL(all.view[v].rows, fold[0].view[v].rows + fold[1].view[v].rows);
        CU_ASSERT_EQUAL(all.view[v].validation_rows,
                        fold[0].view[v].validation_rows + fold[1].view[v].validation_rows);
    }
    for (int64_t i = 0; i < all.n; i++) {
        const dn_dti_evaluation *f = &fold[i >= fold[0].n];
        int64_t at = i >= fold[0].n ? i - fold[0].n : i;
        CU_ASSERT(all.row[i] == f->row[at] && all.klass[i] == f->klass[at]);
        for (int k = 0; k < DN_DTI_SCORERS; k++)
            CU_ASSERT_EQUAL(all.score[k][i], f->score[k][at]);
        for (int64_t j = 0; label[all.row[i]] == 1 && j < all.n; j++)
            if (label[all.row[j]] == 0) {
                const double *h = all.score[1 + DN_DTI_HISTORY];
                pairs++;
                above += (h[i] > h[j]) + 0.5 * (h[i] == h[j]);
            }
    }
    CU_ASSERT(fabs(all.view[0].scorer[1 + DN_DTI_HISTORY].auroc - above / pairs) < 1e-12);
    dn_free(single);
    dn_free(text[0]);
    dn_free(text[1]);
    dn_dti_evaluation_destroy(&one);
    dn_dti_evaluation_destroy(&all);
    dn_dti_evaluation_destroy(&same);
    for (int f = 0; f < 2; f++)
        dn_dti_evaluation_destroy(&fold[f]);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void pooling_may_run_out_of_memory(void)
{
    dn_dti_table t = make_table();
    dn_dti_evaluation fold;
    int64_t live;

    dn_free(report(&test_comm, &t, DN_TEST, NULL, &fold));
    live = (int64_t)dn_alloc_live();
    for (int rank = 0; rank<test_comm.size; rank += test_comm.size> 1 ? test_comm.size - 1 : 1) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st != DN_OK && k < 2000; k += k < 15 ? 1 : 29) { /* then evaluate_view's own */
            dn_dti_evaluation e;
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_dti_pool(&test_comm, &fold, 1, 2, 1, &e, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_dti_evaluation_destroy(&e);
            CU_ASSERT_EQUAL((int64_t)dn_alloc_live(), live);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
    dn_dti_evaluation_destroy(&fold);
}

static const dn_test tests[] = {{"bits of one rank", bits_of_one_rank},
                                {"baselines are as defined", baselines_are_as_defined},
                                {"views hold their rows", views_hold_their_rows},
                                {"validation chooses", validation_chooses},
                                {"awkward", awkward},
                                {"other parts", other_parts},
                                {"refused", refused},
                                {"other forms", other_forms},
                                {"folds are pooled", folds_are_pooled},
                                {"pooling may run out of memory", pooling_may_run_out_of_memory},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_dti", tests);
}
