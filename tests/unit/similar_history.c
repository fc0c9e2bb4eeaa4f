/* similar_history.c - tests of solvers/stats/{kmers,label_history,similar_history}.h against NumPy
 * (tests/golden/make_similar_history.py), against the definition, and at the edges */
#include "tests/support/golden_numbers.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/stats/kmers.h"
#include "solvers/stats/label_history.h"
#include "solvers/stats/similar_history.h"

enum { DRUGS = 20, TARGETS = 24, ROWS = 160, BYTES = 2048, SCORES = 7 };

/* sums of some hundred doubles in another order */
#define TOLERANCE 1e-12

/* One case of the golden file. */
typedef struct golden {
    char name[32], bytes[BYTES];
    int64_t drugs, targets, n, offset[TARGETS + 1];
    double like_target[TARGETS][TARGETS], like_drug[DRUGS][DRUGS];
    int64_t drug[ROWS], target[ROWS], training[ROWS], n_training;
    uint8_t label[ROWS];
    double score[ROWS][SCORES]; /* target, drug, both; near drug, near target, both, pair */
} golden;

static bool golden_read(FILE *f, golden *g)
{
    double head[3], row[4 + SCORES];
    char text[256];
    bool fine = fscanf(f, " case %31s", g->name) == 1;

    *g = fine ? *g : (golden){.n = 0};
    for (int i = 0; fine && i < 3; i++)
        fine = fscanf(f, "%lf", &head[i]) == 1;
    if (!fine || head[0] > DRUGS || head[1] > TARGETS || head[2] > ROWS)
        return false;
    g->drugs = (int64_t)head[0];
    g->targets = (int64_t)head[1];
    g->n = (int64_t)head[2];
    g->n_training = 0;
    fine = fscanf(f, "%31s", text) == 1 && strcmp(text, "sequences") == 0;
    for (int64_t i = 0; fine && i < g->targets; i++) {
        fine = fscanf(f, "%255s", text) == 1;
        memcpy(g->bytes + g->offset[i], text, strlen(text));
        g->offset[i + 1] = g->offset[i] + (int64_t)strlen(text);
    }
    for (int64_t i = 0; fine && i < g->targets; i++)
        fine = golden_row(f, "target", g->targets, g->like_target[i]);
    for (int64_t i = 0; fine && i < g->drugs; i++)
        fine = golden_row(f, "drug", g->drugs, g->like_drug[i]);
    for (int64_t i = 0; fine && i < g->n; i++) {
        fine = golden_row(f, "row", 4 + SCORES, row);
        g->drug[i] = (int64_t)row[0];
        g->target[i] = (int64_t)row[1];
        g->label[i] = (uint8_t)row[2];
        if (row[3] > 0)
            g->training[g->n_training++] = i;
        memcpy(g->score[i], row + 4, sizeof g->score[i]);
    }
    return fine && golden_row(f, "auroc", SCORES, row);
}

static bool near(double a, double b)
{
    return fabs(a - b) <= TOLERANCE * (1 + fabs(b));
}

static void check_kmers(const golden *g)
{
    dn_kmers k = {.n = 0};
    int32_t scratch[DN_KMERS];
    double like[TARGETS];

    CU_ASSERT_EQUAL(dn_kmers_create(g->bytes, g->offset, g->targets, &k, NULL), DN_OK);
    for (int64_t i = 0; i < g->targets; i++) {
        dn_kmers_like(&k, i, scratch, like);
        for (int64_t j = 0; j < g->targets; j++)
            CU_ASSERT(near(like[j], g->like_target[i][j]));
    }
    dn_kmers_destroy(&k);
}

static void check_histories(const golden *g)
{
    static const dn_history which[3] = {DN_HISTORY_TARGET, DN_HISTORY_DRUG, DN_HISTORY_BOTH};
    dn_past past = {
        .drug = g->drug, .target = g->target, .label = g->label, .rows = g->training, .n = g->n_training};
    double drug[DRUGS], target[TARGETS], out[DN_SIMILARS];
    int64_t scratch[2 * TARGETS];

    dn_history_fit(g->drug, g->target, g->label, g->training, g->n_training, g->drugs, g->targets, drug,
                   target, scratch);
    for (int64_t i = 0; i < g->n; i++) {
        for (int h = 0; h < 3; h++)
            CU_ASSERT(
                near(dn_history_score(which[h], drug[g->drug[i]], target[g->target[i]]), g->score[i][h]));
        dn_similar_score(&past, &(dn_asked){.drug = g->drug[i], .target = g->target[i]},
                         g->like_drug[g->drug[i]], g->like_target[g->target[i]], out);
        CU_ASSERT(near(out[DN_SIMILAR_TARGET_HISTORY], g->score[i][0]));
        CU_ASSERT(near(out[DN_SIMILAR_DRUG_HISTORY], g->score[i][1]));
        CU_ASSERT(near(out[DN_SIMILAR_DRUG], g->score[i][3]));
        CU_ASSERT(near(out[DN_SIMILAR_TARGET], g->score[i][4]));
        CU_ASSERT(near(out[DN_SIMILAR_BOTH], g->score[i][5]));
        CU_ASSERT(near(out[DN_SIMILAR_PAIR], g->score[i][6]));
    }
}

static void agrees_with_numpy(void)
{
    FILE *f = golden_open("similar_history.txt");
    static golden g;
    int cases = 0;

    if (f == NULL)
        return;
    for (; golden_read(f, &g); cases++) {
        check_kmers(&g);
        check_histories(&g);
    }
    CU_ASSERT_EQUAL(cases, 2);
    fclose(f);
}

/* With every likeness 1 a near row counts like any other: the label histories, bit for bit. */
static void all_alike(void)
{
    int64_t drug[ROWS], target[ROWS], rows[ROWS], scratch[2 * TARGETS];
    uint8_t label[ROWS];
    double one[TARGETS], drug_odds[DRUGS], target_odds[TARGETS], out[DN_SIMILARS];
    dn_past past = {.drug = drug, .target = target, .label = label, .rows = rows, .n = 100};
    dn_rng s = dn_rng_stream(1, DN_RNG_SYNTH, 0, 0);

    for (int i = 0; i < ROWS; i++) {
        drug[i] = (int64_t)dn_rng_below(s, 3 * (uint64_t)i, DRUGS);
        target[i] = (int64_t)dn_rng_below(s, 3 * (uint64_t)i + 1, TARGETS);
        label[i] = dn_rng_u64(s, 3 * (uint64_t)i + 2) & 1;
        rows[i] = i;
    }
    for (int i = 0; i < TARGETS; i++)
        one[i] = 1;
    dn_history_fit(drug, target, label, rows, past.n, DRUGS, TARGETS, drug_odds, target_odds, scratch);
    for (int64_t d = 0; d < DRUGS; d++)
        for (int64_t t = 0; t < TARGETS; t++) {
            dn_similar_score(&past, &(dn_asked){.drug = d, .target = t}, one, one, out);
            CU_ASSERT_EQUAL(out[DN_SIMILAR_DRUG], target_odds[t]);
            CU_ASSERT_EQUAL(out[DN_SIMILAR_TARGET], drug_odds[d]);
            CU_ASSERT_EQUAL(out[DN_SIMILAR_BOTH], target_odds[t] + drug_odds[d]);
        }
    past.n = 0;
    dn_similar_score(&past, &(dn_asked){.drug = 0}, one, one, out);
    for (int i = 0; i < DN_SIMILARS; i++)
        CU_ASSERT_EQUAL(out[i], 0);
}

/* Pair 0 is (0, 0, label 1); what is hidden from it counts for nothing: neither its own label nor, held out
 * in that way, those of its drug or target can be told from the scores. */
static void a_training_row_does_not_see_itself(void)
{
    enum { N = 6 };
    static const int64_t drug[N] = {0, 0, 1, 1, 2, 2}, target[N] = {0, 1, 0, 1, 0, 2},
                         rows[N] = {0, 1, 2, 3, 4, 5};
    static const int64_t of_target[2][4] = {{2, 2, 0, 0},
                                            {2, 1, 0, 0}}, /* rows that are left, by dn_hidden */
        of_drug[2][4] = {{1, 0, 1, 0}, {1, 0, 0, 0}};
    static const int64_t together[3] = {0, 0, 2}; /* drugs 0 and 1, targets 0 and 1 are a cluster */
    double one[3] = {1, 1, 1}, out[2][DN_SIMILARS];

    for (int k = DN_HIDE_ROW; k < 2 * (DN_HIDE_BOTH + 1); k++) {
        int hidden = k / 2, clusters = k % 2;

        for (int own = 0; own < 2; own++) {
            uint8_t label[N] = {(uint8_t)own, 1, 0, 0, 1, 0};
            dn_past past = {.drug = drug,
                            .target = target,
                            .label = label,
                            .rows = rows,
                            .n = N,
                            .drug_cluster = clusters ? together : NULL,
                            .target_cluster = clusters ? together : NULL};

            for (int i = 1; i < N; i++) /* with itself, all that it is held out from */
                label[i] ^= own == 1 && clusters &&
                            ((hidden % 2 == 1 && drug[i] < 2) || (hidden >= DN_HIDE_TARGET && target[i] < 2));

            dn_similar_score(&past, &(dn_asked){.training = true, .hidden = (dn_hidden)hidden}, one, one,
                             out[own]);
        }
        CU_ASSERT(memcmp(out[0], out[1], sizeof out[0]) == 0);
        CU_ASSERT(near(out[0][DN_SIMILAR_TARGET_ROWS], log1p((double)of_target[clusters][hidden])));
        CU_ASSERT(near(out[0][DN_SIMILAR_DRUG_ROWS], log1p((double)of_drug[clusters][hidden])));
    }
}

/* Nothing to count; a run that starts anew behind an unknown letter; one sequence in two places. */
static void sequences_at_the_edge(void)
{
    static const char *const text[] = {"", "AC", "ACXDE", "aCDE", "ACD", "ACDXACD", "AAAAAAAA", "YYY", "CDE"};
    enum { N = sizeof text / sizeof text[0] };
    char bytes[64] = "";
    int64_t offset[N + 1] = {0};
    int32_t scratch[DN_KMERS];
    double like[N];
    dn_kmers k = {.n = 0};

    for (int i = 0; i < N; i++) {
        strcat(bytes, text[i]);
        offset[i + 1] = (int64_t)strlen(bytes);
    }
    CU_ASSERT_EQUAL(dn_kmers_create(bytes, offset, N, &k, NULL), DN_OK);
    for (int i = 0; i < N; i++) {
        dn_kmers_like(&k, i, scratch, like);
        for (int j = 0; j < N; j++) {
            bool same = (i == j && i > 2) || (i + j == 9 && (i == 4 || j == 4)) ||
                        (i + j == 11 && (i == 3 || j == 3));
            CU_ASSERT_EQUAL(like[j], same ? 1 : 0);
        }
    }
    CU_ASSERT(k.code[k.first[7]] == DN_KMERS - 1 && k.count[k.first[6]] == 6 && k.square[5] == 4);
    dn_kmers_destroy(&k);
    CU_ASSERT_EQUAL(dn_kmers_create(NULL, offset, 0, &k, NULL), DN_OK);
    dn_kmers_destroy(&k);
}

static void out_of_memory(void)
{
    const int64_t offset[2] = {0, 5};
    dn_status st = DN_ENOMEM;
    long k;

    for (k = 0; st != DN_OK && k < 20; k++) {
        dn_kmers out = {.n = 0};
        dn_alloc_fail_after(k);
        st = dn_kmers_create("ACDEF", offset, 1, &out, NULL);
        dn_alloc_fail_after(-1);
        dn_kmers_destroy(&out);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT(st == DN_OK && k == 6);
}

static const dn_test tests[] = {{"agrees with NumPy", agrees_with_numpy},
                                {"all alike", all_alike},
                                {"a training row does not see itself", a_training_row_does_not_see_itself},
                                {"sequences at the edge", sequences_at_the_edge},
                                {"out of memory", out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "similar_history", tests);
}
