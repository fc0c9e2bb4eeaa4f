/* evaluate_dti_baselines.c - the baselines of mpi/evaluate/evaluate_dti.h against their definitions, in plain
 * loops and by a dense Cholesky
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "tests/support/dti_table.h"

static double cosine(int64_t a, int64_t b)
{
    double ab = 0, aa = 0, bb = 0;
    const char *x = table_sequence + a * TABLE_LENGTH, *y = table_sequence + b * TABLE_LENGTH;

    for (int i = 0; i + 3 <= TABLE_LENGTH; i++)
        for (int j = 0; j + 3 <= TABLE_LENGTH; j++) {
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
static void naive_kron(const dn_dti_table *t, double out[TABLE_ROWS])
{
    static dn_fingerprint print[2][TABLE_DRUGS];
    static double k[TABLE_ROWS][TABLE_ROWS], like_drug[TABLE_DRUGS][TABLE_DRUGS],
        like_target[TABLE_TARGETS][TABLE_TARGETS], a[TABLE_ROWS];
    int64_t row[TABLE_ROWS], n = 0;
    double mean = 0;

    for (int64_t d = 0; d < TABLE_DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&t->drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[0][d], NULL), DN_OK);
        CU_ASSERT_EQUAL(dn_fingerprint_atom_pairs(&m, &print[1][d], NULL), DN_OK);
        for (int64_t e = 0; e <= d; e++)
            like_drug[d][e] = like_drug[e][d] = (dn_fingerprint_tanimoto(&print[0][d], &print[0][e]) +
                                                 dn_fingerprint_tanimoto(&print[1][d], &print[1][e])) /
                                                2;
    }
    for (int64_t x = 0; x < TABLE_TARGETS; x++)
        for (int64_t y = 0; y < TABLE_TARGETS; y++)
            like_target[x][y] = cosine(x, y);
    for (int64_t i = 0; i < TABLE_ROWS; i++)
        if (table_part[i] == DN_TRAIN) {
            mean += table_label[i];
            row[n++] = i;
        }
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        a[i] = table_label[row[i]] - mean;
        for (int64_t j = 0; j <= i; j++) {
            double d = like_drug[table_drug[row[i]]][table_drug[row[j]]],
                   u = like_target[table_target[row[i]]][table_target[row[j]]];
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
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        double f = mean;
        for (int64_t j = 0; j < n; j++) {
            double d = like_drug[table_drug[i]][table_drug[row[j]]],
                   u = like_target[table_target[i]][table_target[row[j]]];
            f += a[j] * (d * u + 0.1 * (d + u));
        }
        out[i] = 4 * (f - 0.5);
    }
}

static void naive_scores(const dn_dti_table *t, int64_t row, double out[DN_DTI_BASELINES])
{
    static dn_fingerprint print[TABLE_DRUGS];
    static double like_target[TABLE_TARGETS][TABLE_TARGETS];
    static bool made;
    double w[5][2] = {{0}}, n = 0, positives = 0, p;

    for (int64_t d = 0; !made && d < TABLE_DRUGS; d++) {
        dn_molecule m = dn_drugs_molecule(&t->drugs, d);
        CU_ASSERT_EQUAL(dn_fingerprint_morgan(&m, &print[d], NULL), DN_OK);
    }
    for (int64_t a = 0; !made && a < TABLE_TARGETS; a++)
        for (int64_t b = 0; b < TABLE_TARGETS; b++)
            like_target[a][b] = cosine(a, b);
    made = true;
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        double ld = dn_fingerprint_tanimoto(&print[table_drug[i]], &print[table_drug[row]]);
        double lt = like_target[table_target[i]][table_target[row]];

        if (table_part[i] != DN_TRAIN)
            continue;
        n++;
        positives += table_label[i];
        w[0][table_label[i]] += table_target[i] == table_target[row];
        w[1][table_label[i]] += table_drug[i] == table_drug[row];
        w[2][table_label[i]] += table_target[i] == table_target[row] ? ld * ld : 0;
        w[3][table_label[i]] += table_drug[i] == table_drug[row] ? lt * lt : 0;
        w[4][table_label[i]] += ld * ld * lt * lt;
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
    dn_dti_table t = test_dti_table();
    dn_dti_evaluation e;
    static double kron[TABLE_ROWS];
    double want[DN_DTI_BASELINES];
    int64_t at = 0;

    naive_kron(&t, kron);
    dn_free(test_dti_report(&test_comm, &t, DN_TEST, NULL, &e));
    CU_ASSERT(!e.model && e.score[DN_MODEL] == NULL && e.contradictory == 5);
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        if (table_part[i] != DN_TEST)
            continue;
        CU_ASSERT_EQUAL(e.row[at], i);
        CU_ASSERT_EQUAL(e.klass[at],
                        1 + (table_drug[i] >= TABLE_COLD_DRUG) + 2 * (table_target[i] >= TABLE_COLD_TARGET));
        naive_scores(&t, i, want);
        for (int b = 0; b < DN_DTI_KRON_RLS; b++)
            CU_ASSERT(fabs(e.score[1 + b][at] - want[b]) < 1e-12 * (1 + fabs(want[b])));
        CU_ASSERT(fabs(e.score[1 + DN_DTI_KRON_RLS][at] - kron[i]) < 4e-4); /* solved to a residual of 1e-5 */
        if (table_drug[i] >= TABLE_COLD_DRUG && table_target[i] >= TABLE_COLD_TARGET) {
            CU_ASSERT(e.score[1 + DN_DTI_HISTORY][at] == 0 && e.score[1 + DN_DTI_NEAREST][at] == 0);
            CU_ASSERT(e.score[1 + DN_DTI_NEAREST_PAIR][at] != 0);
        }
        at++;
    }
    CU_ASSERT_EQUAL(at, e.n);
    dn_dti_evaluation_destroy(&e);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"baselines are as defined", baselines_are_as_defined}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "evaluate_dti_baselines", tests);
}
