/* alike.c - clusters of drugs and targets against the naive way, the same on every rank */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/data/alike.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"

enum { DRUGS = 40, TARGETS = 50, MOST = 60 };

/* A molecule by hand: a chain of carbons, an oxygen at its end when odd; no reader is needed. */
static void add_drug(dn_drugs *d, int64_t length, bool oxygen)
{
    int64_t atom = d->first_atom[d->n], bond = d->first_bond[d->n];

    for (int64_t i = 0; i < length; i++) {
        bool end = i == 0 || i == length - 1;
        d->atom[atom + i] = (dn_atom){.number = oxygen && i == length - 1 ? 8 : 6,
                                      .degree = (uint8_t)(length == 1 ? 0
                                                          : end       ? 1
                                                                      : 2),
                                      .hydrogens = (uint8_t)(oxygen && i == length - 1 ? 1
                                                             : end                     ? 3
                                                                                       : 2),
                                      .hybridization = DN_HYBRID_SP3,
                                      .valence = 4};
        if (i > 0)
            d->bond[bond + i - 1] =
                (dn_bond){.a = (int32_t)i - 1, .b = (int32_t)i, .type = DN_BOND_SINGLE, .order = 1};
    }
    d->n++;
    d->first_atom[d->n] = atom + length;
    d->first_bond[d->n] = bond + length - 1;
}

static void make_drugs(dn_drugs *d)
{
    dn_rng rng = dn_rng_stream(1, DN_RNG_SYNTH, 11, 0);

    *d = (dn_drugs){0};
    d->first_atom = dn_calloc(DRUGS + 1, sizeof *d->first_atom);
    d->first_bond = dn_calloc(DRUGS + 1, sizeof *d->first_bond);
    d->atom = dn_calloc(DRUGS * 12, sizeof *d->atom);
    d->bond = dn_calloc(DRUGS * 12, sizeof *d->bond);
    for (int64_t i = 0; i < DRUGS; i++)
        add_drug(d, 1 + (int64_t)dn_rng_below(rng, (uint64_t)i, 11), i % 2 != 0);
}

/* Families: a parent of random letters, then copies with some letters changed. */
static void make_targets(dn_targets *t)
{
    static const char letters[] = "ACDEFGHIKLMNPQRSTVWY";
    char text[MOST];

    *t = (dn_targets){0};
    for (int64_t i = 0; i < TARGETS; i++) {
        dn_rng rng = dn_rng_stream((uint64_t)i, DN_RNG_SYNTH, 12, 0);
        dn_rng parent = dn_rng_stream((uint64_t)(i / 5), DN_RNG_SYNTH, 13, 0);
        for (uint64_t k = 0; k < MOST; k++) {
            bool change = dn_rng_below(rng, k, 100) < (uint64_t)(i % 5) * 9;
            text[k] = letters[dn_rng_below(change ? rng : parent, 1000 + k, 20)];
        }
        CU_ASSERT_EQUAL(dn_strings_add(&t->sequence, text, i == 7 ? 2 : MOST, NULL), DN_OK);
        t->n++;
    }
}

static double like_drugs(const dn_drugs *d, int64_t i, int64_t j)
{
    dn_molecule a = dn_drugs_molecule(d, i), b = dn_drugs_molecule(d, j);
    dn_fingerprint f, g;

    CU_ASSERT_EQUAL(dn_fingerprint_morgan(&a, &f, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_fingerprint_morgan(&b, &g, NULL), DN_OK);
    return dn_fingerprint_tanimoto(&f, &g);
}

/* The lowest number that can be reached, by repeated passes over all pairs. like [n, n] */
static void naive(const double *like, int64_t n, double threshold, int64_t *cluster)
{
    bool changed = true;

    for (int64_t i = 0; i < n; i++)
        cluster[i] = i;
    while (changed) {
        changed = false;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                if (like[i * n + j] >= threshold && cluster[j] < cluster[i]) {
                    cluster[i] = cluster[j];
                    changed = true;
                }
    }
}

static int64_t count(const int64_t *cluster, int64_t n)
{
    int64_t c = 0;

    for (int64_t i = 0; i < n; i++)
        c += cluster[i] == i;
    return c;
}

static void drugs(void)
{
    static double like[DRUGS * DRUGS];
    int64_t got[DRUGS], want[DRUGS], some = 0;
    dn_drugs d;

    make_drugs(&d);
    for (int64_t i = 0; i < DRUGS; i++)
        for (int64_t j = 0; j < DRUGS; j++)
            like[i * DRUGS + j] = like_drugs(&d, i, j);
    for (int k = 1; k <= 10; k++) {
        CU_ASSERT_EQUAL(dn_alike_drugs(&test_comm, &d, k / 10.0, got, NULL), DN_OK);
        naive(like, DRUGS, k / 10.0, want);
        CU_ASSERT_EQUAL(memcmp(got, want, sizeof got), 0);
        some += count(want, DRUGS) > 1 && count(want, DRUGS) < DRUGS;
    }
    CU_ASSERT(some >= 3);
    dn_drugs_destroy(&d);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void targets(void)
{
    static double like[TARGETS * TARGETS];
    static int32_t scratch[DN_KMERS];
    int64_t got[TARGETS], want[TARGETS], some = 0;
    dn_targets t;
    dn_kmers k = {.n = 0};

    make_targets(&t);
    CU_ASSERT_EQUAL(dn_kmers_create(t.sequence.bytes, t.sequence.offset, t.n, &k, NULL), DN_OK);
    for (int64_t i = 0; i < TARGETS; i++)
        dn_kmers_like(&k, i, scratch, like + i * TARGETS);
    for (int s = 1; s <= 10; s++) {
        CU_ASSERT_EQUAL(dn_alike_targets(&test_comm, &t, s / 10.0, got, NULL), DN_OK);
        naive(like, TARGETS, s / 10.0, want);
        CU_ASSERT_EQUAL(memcmp(got, want, sizeof got), 0);
        some += count(want, TARGETS) > 5 && count(want, TARGETS) < TARGETS;
    }
    CU_ASSERT(some >= 3);
    dn_kmers_destroy(&k);
    dn_targets_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused(void)
{
    static const double bad[] = {0, -1, 1.5};
    int64_t got[TARGETS];
    dn_targets t;

    make_targets(&t);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(dn_alike_targets(&test_comm, &t, bad[i], got, NULL), DN_EUSAGE);
    dn_targets_destroy(&t);
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_drugs d;
    dn_targets t;
    int64_t got[TARGETS];
    long live;

    make_drugs(&d);
    make_targets(&t);
    live = dn_alloc_live();
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank))
        for (int side = 0; side < 2; side++) {
            dn_status st = DN_ENOMEM;

            for (long k = 0; st != DN_OK && k < 2000; k += k < 20 ? 1 : 7) {
                dn_error err = DN_ERROR_INIT;

                dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
                st = side == 0 ? dn_alike_drugs(&test_comm, &d, 0.5, got, &err)
                               : dn_alike_targets(&test_comm, &t, 0.5, got, &err);
                dn_alloc_fail_after(-1);
                CU_ASSERT(test_same((int)st));
                CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
                CU_ASSERT_EQUAL(dn_alloc_live(), live);
            }
            CU_ASSERT_EQUAL(st, DN_OK);
        }
    dn_drugs_destroy(&d);
    dn_targets_destroy(&t);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static const dn_test tests[] = {{"drugs", drugs},
                                {"targets", targets},
                                {"what is refused", refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "alike", tests);
}
