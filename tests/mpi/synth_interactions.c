/* synth_interactions.c - tests of mpi/data/synth_interactions.h: the same bytes on any number of ranks, and
 * what the header promises of them */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/data/synth_interactions.h"
#include "mpi/io/drug_target.h"
#include "solvers/base/alloc.h"

enum { DRUGS = 300, TARGETS = 41, PAIRS = 2001, FAMILIES = 5 };

static const dn_synth_dti_options options = {.drugs = DRUGS,
                                             .targets = TARGETS,
                                             .pairs = PAIRS,
                                             .families = FAMILIES,
                                             .noise = 0.5,
                                             .hubs = 0.2,
                                             .seed = 5};

typedef struct content {
    dn_drugs drugs;
    dn_targets targets;
    dn_interactions pairs;
    int64_t family[DRUGS], target_family[TARGETS];
    double leaning[DRUGS], hub[DRUGS];
} content;

static dn_status load(const char *path, content *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_drugs_load(h, &c->drugs, err));
    DN_TRY(dn_targets_load(h, &c->targets, err));
    DN_TRY(dn_interactions_load(h, "known", &c->pairs, err));
    DN_TRY(dn_h5_read(h, "/truth/drug_family", DN_I64, 0, DRUGS, c->family, err));
    DN_TRY(dn_h5_read(h, "/truth/target_family", DN_I64, 0, TARGETS, c->target_family, err));
    DN_TRY(dn_h5_read(h, "/truth/drug_leaning", DN_F64, 0, DRUGS, c->leaning, err));
    DN_TRY(dn_h5_read(h, "/truth/drug_hub", DN_F64, 0, DRUGS, c->hub, err));
out:
    dn_h5_close(&h);
    return st;
}

static void release(content *c)
{
    dn_drugs_destroy(&c->drugs);
    dn_targets_destroy(&c->targets);
    dn_interactions_destroy(&c->pairs);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* A data set of these options, loaded; false where that did not work, or cannot in this build. */
static bool make(const char *name, const dn_synth_dti_options *o, content *c)
{
    const char *path = test_path(name);
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_synth_dti_write(&test_comm, path, "dragnet test", "{}", false, o, &err);

    *c = (content){.drugs = {.n = 0}};
    if (st == DN_EUNAVAILABLE) {
        test_skip("this build reads no molecules");
        return false;
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    CU_ASSERT_EQUAL(load(path, c, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    if (err.code != DN_OK)
        return false;
    CU_ASSERT(c->drugs.n == DRUGS && c->targets.n == TARGETS);
    CU_ASSERT_EQUAL(c->pairs.n, o->pairs);
    return c->drugs.n == DRUGS && c->targets.n == TARGETS && c->pairs.n == o->pairs;
}

static uint64_t strings(uint64_t h, const dn_strings *s)
{
    h = test_fnv(h, s->offset, (size_t)(s->n + 1) * sizeof *s->offset);
    return test_fnv(h, s->bytes, (size_t)s->offset[s->n]);
}

/* Of all that is made; the graphs are Indigo's reading of it. */
static uint64_t checksum(const content *c)
{
    uint64_t h = TEST_FNV;

    h = strings(h, &c->drugs.id);
    h = strings(h, &c->drugs.smiles);
    h = strings(h, &c->targets.id);
    h = strings(h, &c->targets.sequence);
    h = test_fnv(h, c->pairs.drug, PAIRS * sizeof(int64_t));
    h = test_fnv(h, c->pairs.target, PAIRS * sizeof(int64_t));
    h = test_fnv(h, c->pairs.label, PAIRS);
    h = test_fnv(h, c->family, sizeof c->family);
    h = test_fnv(h, c->leaning, sizeof c->leaning);
    return test_fnv(h, c->hub, sizeof c->hub);
}

/* The same value on 1, 2, 3 and 4 ranks is what makes the bytes the same there. */
static void the_bytes_stay(void)
{
    const uint64_t pinned = 0x0b9fb20e67ec1128u;
    content c;

    if (make("pinned.h5", &options, &c)) {
        uint64_t h = checksum(&c);
        if (h != pinned)
            fprintf(stderr, "# synth_interactions: 0x%016llx\n", (unsigned long long)h);
        CU_ASSERT_EQUAL(h, pinned);
    }
    release(&c);
}

/* No pair twice, in order, half of them activation; popular drugs stand in more. */
static void pairs_are_sound(void)
{
    int64_t positives = 0, popular = 0, popular_pairs = 0;
    content c;

    if (make("pairs.h5", &options, &c)) {
        for (int64_t d = 0; d < DRUGS; d++)
            popular += c.hub[d] > 1;
        for (int64_t i = 0; i < PAIRS; i++) {
            int64_t cell = c.pairs.drug[i] * TARGETS + c.pairs.target[i];
            CU_ASSERT(i == 0 || cell > c.pairs.drug[i - 1] * TARGETS + c.pairs.target[i - 1]);
            positives += c.pairs.label[i];
            popular_pairs += c.hub[c.pairs.drug[i]] > 1;
        }
        CU_ASSERT_EQUAL(positives, PAIRS / 2);
        CU_ASSERT(popular > DRUGS / 8 && popular < DRUGS / 3);
        CU_ASSERT((double)popular_pairs / PAIRS > 2.0 * (double)popular / DRUGS);
    }
    release(&c);
}

/* The labels follow the scores that the header gives, to the last pair. */
static void labels_follow_the_rule(void)
{
    double highest_inhibition = -1e9, lowest_activation = 1e9;
    int64_t right = 0;
    content c;

    if (make("rule.h5", &options, &c)) {
        for (int64_t i = 0; i < PAIRS; i++) {
            int64_t d = c.pairs.drug[i], t = c.pairs.target[i];
            dn_synth_side drug = dn_synth_drug_of(&options, d), target = dn_synth_target_of(&options, t);
            double score = dn_synth_dti_score(&options, d, t, &drug, &target);
            bool compatible = dn_synth_dti_compatible(&options, c.family[d], c.target_family[t]) > 0;

            CU_ASSERT(drug.family == c.family[d] && target.family == c.target_family[t]);
            CU_ASSERT_EQUAL(drug.leaning, c.leaning[d]);
            right += compatible == (c.pairs.label[i] == 1);
            if (c.pairs.label[i] == 1 && score < lowest_activation)
                lowest_activation = score;
            if (c.pairs.label[i] == 0 && score > highest_inhibition)
                highest_inhibition = score;
        }
        CU_ASSERT(highest_inhibition < lowest_activation);
        CU_ASSERT(right > PAIRS * 4 / 5 && right < PAIRS);
    }
    release(&c);
}

/* Residues that two sequences have in common at the same distance from their ends. */
static double alike(const dn_strings *s, int64_t i, int64_t j)
{
    size_t n, m, same = 0;
    const char *a = dn_strings_at(s, i, &n), *b = dn_strings_at(s, j, &m);
    size_t shorter = n < m ? n : m;

    for (size_t k = 7; k <= shorter; k++) /* the last six are numbers */
        same += a[n - k] == b[m - k];
    return (double)same / (double)shorter;
}

static void families_look_alike(void)
{
    char text[DN_SYNTH_SEQUENCE_MAX];
    content c;

    if (make("families.h5", &options, &c)) {
        for (int64_t i = 0; i < TARGETS; i++)
            for (int64_t j = 0; j < i; j++)
                CU_ASSERT_EQUAL(alike(&c.targets.sequence, i, j) > 0.55,
                                c.target_family[i] == c.target_family[j]);
        for (int64_t i = 0; i < TARGETS; i++) {
            size_t len, made = dn_synth_sequence(&options, i, text);
            const char *stored = dn_strings_at(&c.targets.sequence, i, &len);
            CU_ASSERT(len == made && memcmp(stored, text, len) == 0);
        }
        for (int64_t d = 1; d < DRUGS; d++) { /* the ring system stands in front */
            size_t len;
            const char *a = dn_strings_at(&c.drugs.smiles, d, &len), *b;
            if (c.family[d] == c.family[d - 1]) {
                b = dn_strings_at(&c.drugs.smiles, d - 1, &len);
                CU_ASSERT(len > 4 && memcmp(a, b, 4) == 0);
            }
        }
    }
    release(&c);
}

/* Every cell a pair, every family, long molecules: drug numbers of several digits. */
static void extremes(void)
{
    dn_synth_dti_options all = options, wide = options;
    char text[DN_SYNTH_SMILES_CAP];
    content c;

    all.pairs = DRUGS * TARGETS;
    all.families = 1;
    CU_ASSERT(make("all.h5", &all, &c) || c.pairs.n == 0);
    release(&c);
    wide.drugs = 10000000;
    wide.targets = 400;
    wide.families = DN_SYNTH_FAMILIES_MAX;
    CU_ASSERT_EQUAL(dn_synth_dti_check(&wide, NULL), DN_OK);
    for (int64_t d = 0; d < wide.drugs; d += 9973) {
        size_t len = dn_synth_smiles(&wide, d, text);
        CU_ASSERT(len == strlen(text) && len < 150);
    }
}

static void bad_options_are_refused(void)
{
    const struct {
        int64_t drugs, targets, pairs, families;
        double noise, hubs;
        const char *words;
    } bad[] = {{1, 5, 2, 2, 0, 0, "1 drugs"},
               {5, 1, 2, 2, 0, 0, "1 targets"},
               {5, 5, 26, 2, 0, 0, "26 pairs: wanted 2 to 25"},
               {5, 5, 1, 2, 0, 0, "1 pairs"},
               {5, 5, 5, 0, 0, 0, "0 families"},
               {5, 5, 5, 17, 0, 0, "17 families"},
               {5, 5, 5, 2, -1, 0, "noise -1"},
               {5, 5, 5, 2, 0, 1.5, "hubs 1.5"},
               {10000000, 10000000, 5, 2, 0, 0, "more than 2^32"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dn_synth_dti_options o = {
            bad[i].drugs, bad[i].targets, bad[i].pairs, bad[i].families, bad[i].noise, bad[i].hubs, 1};
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(dn_synth_dti_write(&test_comm, test_path("bad.h5"), "", "{}", false, &o, &err),
                        DN_EUSAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[i].words));
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void any_rank_may_run_out_of_memory(void)
{
    dn_synth_dti_options o = options;

    o.drugs = 20;
    o.targets = 9;
    o.pairs = 50;
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;
        for (long k = 0; st == DN_ENOMEM && k < 20000; k += 1 + k / 6) {
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_synth_dti_write(&test_comm, test_path("memory.h5"), "", "{}", true, &o, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || st == DN_EUNAVAILABLE || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT(st == DN_OK || st == DN_EUNAVAILABLE);
    }
}

static const dn_test tests[] = {{"the bytes stay", the_bytes_stay},
                                {"pairs are sound", pairs_are_sound},
                                {"labels follow the rule", labels_follow_the_rule},
                                {"families look alike", families_look_alike},
                                {"extremes", extremes},
                                {"bad options are refused", bad_options_are_refused},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "synth_interactions", tests);
}
