/* synth.c - tests of mpi/data/synth.h: the same bytes on any number of ranks, and what the header promises of
 * them */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/data/synth.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"

enum { GENES = 67, SAMPLES = 11, PAIRS = 1201, MODULES = 3 };

static const dn_synth_options options = {.genes = GENES,
                                         .samples = SAMPLES,
                                         .pairs = PAIRS,
                                         .modules = MODULES,
                                         .noise = 0.5,
                                         .missing = 0.1,
                                         .hubs = 0.3,
                                         .seed = 5};

typedef struct content {
    dn_genes genes;
    dn_pairs pairs;
    float *x;
    int64_t n, samples, module[GENES];
    double hub[GENES], loading[GENES];
    dn_strings sample;
    char rule[400];
} content;

static dn_status load(const char *path, content *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_genes_load(h, &c->genes, err));
    DN_TRY(dn_pairs_load(h, "known", &c->pairs, err));
    DN_TRY(dn_expression_load(h, &c->x, &c->n, &c->samples, err));
    DN_TRY(dn_h5_read_strings(h, "/expression/sample", &c->sample, err));
    DN_TRY(dn_h5_read(h, "/truth/module", DN_I64, 0, GENES, c->module, err));
    DN_TRY(dn_h5_read(h, "/truth/hub", DN_F64, 0, GENES, c->hub, err));
    DN_TRY(dn_h5_read(h, "/truth/loading", DN_F64, 0, GENES, c->loading, err));
    DN_TRY(dn_h5_get_text(h, "/truth", "rule", c->rule, sizeof c->rule, err));
out:
    dn_h5_close(&h);
    return st;
}

static void release(content *c)
{
    dn_genes_destroy(&c->genes);
    dn_pairs_destroy(&c->pairs);
    dn_strings_destroy(&c->sample);
    dn_free(c->x);
}

/* A data set of these options, loaded; false (and a failed assertion) where that did not work. */
static bool make(const char *name, const dn_synth_options *o, content *c)
{
    const char *path = test_path(name);
    dn_error err = DN_ERROR_INIT;

    *c = (content){0};
    CU_ASSERT_EQUAL(dn_synth_write(&test_comm, path, "dragnet test", "{}", false, o, &err), DN_OK);
    CU_ASSERT_EQUAL(load(path, c, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    bool whole = err.code == DN_OK && c->n == GENES && c->samples == SAMPLES && c->genes.n == GENES &&
                 c->pairs.n == PAIRS;

    CU_ASSERT(whole);
    return whole;
}

/* As the file has them, 64 bits each. */
static uint64_t hash_genes(uint64_t h, const int32_t *gene)
{
    for (int64_t i = 0; i < PAIRS; i++) {
        int64_t wide = gene[i];
        h = test_fnv(h, &wide, sizeof wide);
    }
    return h;
}

static uint64_t checksum(const content *c)
{
    uint64_t h = TEST_FNV;

    h = test_fnv(h, c->genes.id.bytes, (size_t)c->genes.id.offset[GENES]);
    h = test_fnv(h, c->genes.id.offset, (GENES + 1) * sizeof(int64_t));
    h = test_fnv(h, c->genes.table_row, GENES * sizeof(int64_t));
    h = test_fnv(h, c->genes.decoy, GENES);
    h = test_fnv(h, c->genes.values, GENES * sizeof(int64_t));
    h = test_fnv(h, c->sample.bytes, (size_t)c->sample.offset[SAMPLES]);
    h = test_fnv(h, c->x, GENES * SAMPLES * sizeof(float));
    h = hash_genes(h, c->pairs.gene_a);
    h = hash_genes(h, c->pairs.gene_b);
    h = test_fnv(h, c->pairs.label, PAIRS);
    h = test_fnv(h, c->module, sizeof c->module);
    h = test_fnv(h, c->hub, sizeof c->hub);
    return test_fnv(h, c->loading, sizeof c->loading);
}

/* The same value on 1, 2, 3 and 4 ranks is what makes the bytes the same there. */
static void the_bytes_stay(void)
{
    const uint64_t pinned = 0x75444f044e37e6d9u;
    content c;

    if (make("pinned.h5", &options, &c)) {
        uint64_t h = checksum(&c);
        if (h != pinned)
            fprintf(stderr, "# synth: 0x%016llx\n", (unsigned long long)h);
        CU_ASSERT_EQUAL(h, pinned);
    }
    release(&c);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void another_seed_other_bytes(void)
{
    dn_synth_options other = options;
    content a, b;

    other.seed = 6;
    bool good = make("seed5.h5", &options, &a);

    good = make("seed6.h5", &other, &b) && good; /* collective: both are always made */
    if (good) {
        CU_ASSERT_NOT_EQUAL(memcmp(a.x, b.x, GENES * SAMPLES * sizeof(float)), 0);
        CU_ASSERT_NOT_EQUAL(memcmp(a.pairs.gene_a, b.pairs.gene_a, PAIRS * sizeof(int32_t)), 0);
    }
    release(&a);
    release(&b);
}

static void pairs_are_sound(void)
{
    static bool seen[GENES][GENES];
    int64_t positives = 0, descending = 0;
    content c;

    if (make("pairs.h5", &options, &c))
        for (int64_t i = 0; i < PAIRS; i++) {
            int64_t a = c.pairs.gene_a[i], b = c.pairs.gene_b[i];

            CU_ASSERT(a >= 0 && a < GENES && b >= 0 && b < GENES && a != b);
            CU_ASSERT(!seen[a][b] && !seen[b][a]);
            seen[a][b] = true;
            positives += c.pairs.label[i];
            descending += a > b;
        }
    CU_ASSERT_EQUAL(positives, PAIRS / 2);
    CU_ASSERT(descending > PAIRS * 4 / 10 && descending < PAIRS * 6 / 10);
    CU_ASSERT_EQUAL(c.pairs.two_labels, 0);
    release(&c);
}

/* Missing values are counted; what is there is a profile of the module times the loading, and noise. */
static void expression_follows_its_modules(void)
{
    dn_synth_options exact = options;
    int64_t values = 0, hubs = 0;
    content c;

    exact.noise = 0;
    if (make("exact.h5", &exact, &c))
        for (int g = 0; g < GENES; g++) {
            int64_t there = 0;

            for (int s = 0; s < SAMPLES; s++) {
                float v = c.x[g * SAMPLES + s];
                there += !isnan(v);
                for (int k = 0; k < g; k++) {
                    float w = c.x[k * SAMPLES + s];
                    if (c.module[k] == c.module[g] && !isnan(v) && !isnan(w))
                        CU_ASSERT(fabs((double)v * c.loading[k] - (double)w * c.loading[g]) < 1e-5);
                }
            }
            CU_ASSERT_EQUAL(there, c.genes.values[g]);
            CU_ASSERT(c.module[g] >= 0 && c.module[g] < MODULES);
            CU_ASSERT(fabs(c.loading[g]) > 0.5 && fabs(c.loading[g]) < 1.5);
            CU_ASSERT(c.hub[g] == 1 || c.hub[g] > 4);
            CU_ASSERT(c.genes.table_row[g] == g && c.genes.decoy[g] == 0);
            values += there;
            hubs += c.hub[g] > 1;
        }
    CU_ASSERT(fabs((double)values / (GENES * SAMPLES) - 0.9) < 0.05);
    CU_ASSERT(hubs > 10 && hubs < 30);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.rule, "hub"));
    release(&c);
}

/* Labels follow the planted rule: agreement, and positives where genes are hubs. */
static void labels_follow_the_rule(void)
{
    dn_synth_options o = options;
    int64_t agree = 0, hub_pairs = 0, hub_positives = 0;
    content c;

    o.seed = 11;
    if (make("rule.h5", &o, &c))
        for (int64_t i = 0; i < PAIRS; i++) {
            int64_t a = c.pairs.gene_a[i], b = c.pairs.gene_b[i];
            bool same = (c.loading[a] > 0) == (c.loading[b] > 0);
            bool attracts = dn_synth_compatible(&o, c.module[a], c.module[b]) == (same ? 1 : -1);

            agree += attracts == (c.pairs.label[i] == 1);
            if (c.hub[a] > 1 && c.hub[b] > 1) {
                hub_pairs++;
                hub_positives += c.pairs.label[i];
            }
        }
    CU_ASSERT(agree > PAIRS * 75 / 100);
    CU_ASSERT(hub_pairs > 20 && hub_positives > hub_pairs * 65 / 100);
    release(&c);
}

static void every_pair_has_its_number(void)
{
    int64_t low, high, k = 0;

    for (int64_t h = 1; h < 100; h++)
        for (int64_t l = 0; l < h; l++) {
            dn_synth_unordered(k++, &low, &high);
            CU_ASSERT(low == l && high == h);
        }
    for (int64_t h = 3; h < (int64_t)1 << 31; h = h * 3 + 1) { /* where the square root is inexact */
        dn_synth_unordered(h * (h - 1) / 2, &low, &high);
        CU_ASSERT(low == 0 && high == h);
        dn_synth_unordered(h * (h - 1) / 2 - 1, &low, &high);
        CU_ASSERT(low == h - 2 && high == h - 1);
    }
}

/* The quick maker is the definition, bit for bit. */
static void many_pairs_are_the_same(void)
{
    dn_synth_options o = options;
    dn_synth_maker *m = NULL;

    o.modules = DN_SYNTH_MODULES_MAX;
    CU_ASSERT_EQUAL(dn_synth_maker_create(&o, &m, NULL), DN_OK);
    for (int64_t k = 0; m != NULL && k < GENES * (GENES - 1) / 2; k++) {
        int64_t a, b, c, d;
        double score = dn_synth_pair(&o, k, &a, &b), quick = dn_synth_maker_pair(m, k, &c, &d);

        CU_ASSERT(memcmp(&score, &quick, sizeof score) == 0 && a == c && b == d);
    }
    dn_synth_maker_destroy(&m);
    CU_ASSERT_PTR_NULL(m);
    dn_synth_maker_destroy(&m);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void more_ranks_than_rows(void)
{
    dn_synth_options all = options;
    const char *path = test_path("tiny.h5");
    dn_error err = DN_ERROR_INIT;

    all.genes = 3;
    all.samples = 2;
    all.pairs = 3;
    CU_ASSERT_EQUAL(dn_synth_write(&test_comm, path, "dragnet test", "{}", false, &all, &err), DN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    all.pairs = 4;
    CU_ASSERT_EQUAL(dn_synth_write(&test_comm, path, "dragnet test", "{}", true, &all, &err), DN_EUSAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "4 pairs: wanted 2 to 3"));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on rank r: one verdict, nothing left behind. */
static void any_rank_may_run_out_of_memory(void)
{
    for (int r = 0; r < test_comm.size; r = test_next_victim(r)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 200; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;

            dn_alloc_fail_after(test_comm.rank == r ? k : -1);
            st = dn_synth_write(&test_comm, test_path("memory.h5"), "dragnet test", "{}", true, &options,
                                &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == r));
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"the bytes stay", the_bytes_stay},
                                {"another seed, other bytes", another_seed_other_bytes},
                                {"pairs are sound", pairs_are_sound},
                                {"expression follows its modules", expression_follows_its_modules},
                                {"labels follow the rule", labels_follow_the_rule},
                                {"every pair has its number", every_pair_has_its_number},
                                {"many pairs are the same", many_pairs_are_the_same},
                                {"more ranks than rows", more_ranks_than_rows},
                                {"any rank may run out of memory", any_rank_may_run_out_of_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "synth", tests);
}
