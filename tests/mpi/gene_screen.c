/* gene_screen.c - tests of mpi/screen/gene_screen.h against every pair scored by itself and sorted: what is
 * kept, ties, known pairs, lists, one gene, thresholds, four classes, both precisions, on any ranks
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/screen/gene_screen.h"
#include "mpi/train/score.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { GENES = 150, SAMPLES = 9, PAIRS = GENES * (GENES - 1) / 2, MAX_WEIGHTS = 90000, MAX_MOMENTS = 2000 };

/* The same on every rank, owned by nobody. */
static float x[GENES * SAMPLES], w[MAX_WEIGHTS], running[MAX_MOMENTS], out[4 * PAIRS];
static int32_t gene_a[PAIRS], gene_b[PAIRS], known_a[PAIRS], known_b[PAIRS];
static uint8_t known_label[PAIRS], known_origin[PAIRS];
static int8_t label_at[PAIRS]; /* of the pair in its order; -1: not known */
static char id_bytes[GENES * 4];
static int64_t id_offset[GENES + 1], id_place[GENES];
static dn_strings ids = {.n = GENES, .offset = id_offset, .bytes = id_bytes};
static dn_gener gener;
static dn_pairs known;
static dn_gene_screen_input in;

static void make_genes(dn_rng s)
{
    for (int64_t i = 0; i < GENES * SAMPLES; i++)
        x[i] = (float)(2 * dn_rng_uniform(s, (uint64_t)i) - 1);
    for (int64_t i = 0, n = 0; i < GENES; i++) { /* ids in another order than the genes */
        char text[8];

        id_place[i] = i * 37 % GENES;
        snprintf(text, sizeof text, "g%03d", (int)id_place[i]);
        memcpy(id_bytes + 4 * i, text, 4);
        id_offset[i + 1] = 4 * (i + 1);
        for (int64_t j = i + 1; j < GENES; j++, n++) {
            gene_a[n] = (int32_t)i;
            gene_b[n] = (int32_t)j;
        }
    }
}

/* A fifth of the pairs is in the set, in either order, a part of these drawn. */
static void make_known(dn_rng s, int classes)
{
    known = (dn_pairs){.gene_a = known_a,
                       .gene_b = known_b,
                       .label = known_label,
                       .origin = known_origin,
                       .classes = classes};
    for (int64_t i = 0; i < PAIRS; i++) {
        uint64_t draw = dn_rng_below(s, (uint64_t)(10000 + i), 20);
        bool turn = draw == 1;

        label_at[i] = -1;
        if (draw > 3)
            continue;
        known_a[known.n] = turn ? gene_b[i] : gene_a[i];
        known_b[known.n] = turn ? gene_a[i] : gene_b[i];
        known_label[known.n] = (uint8_t)dn_rng_below(s, (uint64_t)(30000 + i), (uint64_t)classes);
        known_origin[known.n] = draw == 3 ? DN_UNIFORM : DN_GIVEN;
        if (draw < 3)
            label_at[i] = (int8_t)(turn ? dn_gener_turned(known_label[known.n]) : known_label[known.n]);
        known.n++;
    }
}

/* scale 0: all weights are 0, so that every score is the same. */
static void make(int classes, float scale)
{
    const dn_gener_data data = {.x = x, .samples = SAMPLES, .gene_a = gene_a, .gene_b = gene_b};
    const dn_gener_options options = {.swap = true, .classes = classes};
    dn_rng s = dn_rng_stream(3, DN_RNG_INIT, 2000, 0);

    make_genes(s);
    make_known(s, classes);
    dn_gener_init(&gener, &data, &options);
    CU_ASSERT(gener.model.n_weights <= MAX_WEIGHTS && gener.model.n_moments <= MAX_MOMENTS);
    gener.model.ops->init(&gener.model, 5, w, running);
    for (int64_t i = 0; i < gener.model.n_weights; i++)
        w[i] *= scale;
    in = (dn_gene_screen_input){.gener = &gener, .w = w, .running = running, .id = &ids, .known = &known};
}

/* ---- every pair by itself, and sorted ---- */

static void score_each(void)
{
    dn_gener_fold *f = NULL;
    dn_gener_scorer *s = NULL;

    CU_ASSERT_EQUAL(dn_gener_fold_create(&gener, w, running, GENES, &f, NULL), DN_OK);
    dn_gener_fold_genes(f, 0, GENES);
    CU_ASSERT_EQUAL(dn_gener_scorer_create(f, false, &s, NULL), DN_OK);
    for (int64_t i = 0; i < PAIRS; i += 100)
        CU_ASSERT_EQUAL(dn_gener_scorer_pairs(s, gene_a + i, gene_b + i, PAIRS - i < 100 ? PAIRS - i : 100,
                                              out + i * gener.model.outputs, NULL),
                        DN_OK);
    dn_gener_scorer_destroy(&s);
    dn_gener_fold_destroy(&f);
}

static float score_of(int64_t pair)
{
    return gener.model.outputs == 1 ? out[pair] : out[4 * pair + 1] + out[4 * pair + 2] + out[4 * pair + 3];
}

static int by_score(const void *p, const void *q)
{
    int64_t a = *(const int64_t *)p, b = *(const int64_t *)q;
    float x_score = score_of(a), y_score = score_of(b);

    if (x_score != y_score)
        return x_score > y_score ? -1 : 1;
    if (id_place[gene_a[a]] != id_place[gene_a[b]])
        return id_place[gene_a[a]] < id_place[gene_a[b]] ? -1 : 1;
    return id_place[gene_b[a]] < id_place[gene_b[b]] ? -1 : id_place[gene_b[a]] > id_place[gene_b[b]];
}

static bool asked(const dn_gene_screen_options *o, int64_t pair)
{
    bool a = false, b = false;

    for (int64_t i = 0; i < o->n_genes; i++) {
        a = a || o->gene[i] == gene_a[pair];
        b = b || o->gene[i] == gene_b[pair];
    }
    return o->one < 0 ? a && b : (gene_a[pair] == o->one && b) || (gene_b[pair] == o->one && a);
}

static void check_hit(const dn_gene_screen_result *r, int64_t i, int64_t pair, int64_t *wrong)
{
    const dn_screened *h = &r->hit[i];
    float score = score_of(pair);

    *wrong += h->a != gene_a[pair] || h->b != gene_b[pair] || h->known != label_at[pair] || h->sign != 1 ||
              memcmp(&h->score, &score, sizeof score) != 0;
    if (gener.model.outputs > 1)
        *wrong += memcmp(r->of + 4 * i, out + 4 * pair, 4 * sizeof *out) != 0;
}

static void compare(const dn_gene_screen_options *o, const dn_gene_screen_result *r)
{
    static int64_t list[PAIRS];
    int64_t n = 0, pairs = 0, known_pairs = 0, wrong = 0;

    for (int64_t i = 0; i < PAIRS; i++) {
        if (!asked(o, i))
            continue;
        pairs++;
        known_pairs += label_at[i] >= 0;
        if ((label_at[i] < 0 || o->include_known) &&
            (isnan(o->threshold) || (double)score_of(i) >= o->threshold))
            list[n++] = i;
    }
    CU_ASSERT_EQUAL(r->pairs, pairs);
    CU_ASSERT_EQUAL(r->known, known_pairs);
    CU_ASSERT_EQUAL(r->scored, pairs - (o->include_known ? 0 : known_pairs));
    qsort(list, (size_t)n, sizeof *list, by_score);
    n = o->keep > 0 && o->keep < n ? o->keep : n;
    CU_ASSERT_EQUAL(r->n, n);
    for (int64_t i = 0; i < n && i < r->n; i++)
        check_hit(r, i, list[i], &wrong);
    CU_ASSERT_EQUAL(wrong, 0);
}

static dn_status screen(const dn_gene_screen_options *o, dn_gene_screen_result *r)
{
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_gene_screen(&test_comm, &in, o, r, &err);

    CU_ASSERT(test_same((int)st));
    if (st != DN_OK && st != DN_EUNAVAILABLE)
        fprintf(stderr, "# %s\n", err.text);
    return st;
}

static int64_t all[GENES], some[GENES / 3];

static void list_genes(void)
{
    for (int64_t i = 0; i < GENES; i++)
        all[i] = i;
    for (int64_t i = 0; i < GENES / 3; i++)
        some[i] = 3 * i + 1;
}

/* All genes, a list, one gene in it and one beside it; the best, all from a threshold on, both; more than
 * there are. */
static void ways(bool narrow)
{
    for (int way = 0; way < 16; way++) {
        bool list = way / 2 % 4 > 0;
        dn_gene_screen_result r;
        const dn_gene_screen_options o = {.gene = list ? some : all,
                                          .n_genes = list ? GENES / 3 : GENES,
                                          .one = way / 2 % 4 == 2   ? some[7]
                                                 : way / 2 % 4 == 3 ? 2
                                                                    : -1,
                                          .keep = way / 8 == 1 ? (way % 2 ? 0 : 20)
                                                  : way % 2    ? 40
                                                               : PAIRS + 5,
                                          .threshold = way / 8 == 1 ? (double)score_of(PAIRS / 2) : NAN,
                                          .include_known = way % 3 == 0,
                                          .narrow = narrow};

        if (screen(&o, &r) == DN_OK)
            compare(&o, &r);
        else
            CU_ASSERT(narrow);
        dn_gene_screen_result_destroy(&r);
    }
}

static void against_brute_force(void)
{
    list_genes();
    for (int classes = 2; classes <= 4; classes += 2) {
        make(classes, 1);
        score_each();
        ways(false);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* bfloat16 gives the list of single precision, also where it has to ask for more candidates, and where all
 * scores are equal, so that no number of candidates is enough. */
static void both_precisions(void)
{
    static const int64_t widen[] = {0, 1};
    dn_gene_screen_result r;
    dn_gene_screen_options o = {
        .gene = all, .n_genes = GENES, .one = -1, .keep = 30, .threshold = NAN, .narrow = true};

    list_genes();
    make(2, 1);
    score_each();
    if (screen(&o, &r) == DN_EUNAVAILABLE) {
        test_skip("this CPU has no products in bfloat16");
        return;
    }
    CU_ASSERT(r.difference > 0);
    dn_gene_screen_result_destroy(&r);
    ways(true);
    for (int i = 0; i < 2; i++) {
        o.widen = widen[i];
        CU_ASSERT_EQUAL(screen(&o, &r), DN_OK);
        CU_ASSERT(widen[i] != 1 || r.passes > 1 || r.single); /* 30 candidates are never certain */
        CU_ASSERT(r.single || r.margin > 2 * r.difference);
        compare(&o, &r);
        dn_gene_screen_result_destroy(&r);
    }
    make(2, 0);
    score_each();
    CU_ASSERT_EQUAL(screen(&o, &r), DN_OK);
    CU_ASSERT(r.single);
    compare(&o, &r);
    dn_gene_screen_result_destroy(&r);
    make(4, 1);
    score_each();
    ways(true);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Equal scores are ordered by ids. */
static void ties(void)
{
    list_genes();
    make(2, 0);
    score_each();
    ways(false);
}

/* The scores of dn_score(), which evaluates: tolerance, single precision in another order of sums. */
static void like_evaluate(void)
{
    static int64_t rows[PAIRS];
    static float want[PAIRS];
    double worst = 0;

    make(2, 1);
    score_each();
    for (int64_t i = 0; i < PAIRS; i++)
        rows[i] = i;
    CU_ASSERT_EQUAL(dn_score(&test_comm, &gener.model, w, running, rows, PAIRS, want, NULL), DN_OK);
    for (int64_t i = 0; i < PAIRS; i++)
        worst = fmax(worst, fabs((double)want[i] - (double)out[i]));
    CU_ASSERT(worst < 2e-6);
}

static void refused(void)
{
    dn_gene_screen_result r;
    dn_gene_screen_options o = {.gene = all, .n_genes = 1, .one = -1, .keep = 1, .threshold = NAN};

    list_genes();
    make(2, 1);
    CU_ASSERT_EQUAL(dn_gene_screen(&test_comm, &in, &o, &r, NULL), DN_EUSAGE); /* no pair */
    o.n_genes = 5;
    o.keep = 0;
    CU_ASSERT_EQUAL(dn_gene_screen(&test_comm, &in, &o, &r, NULL), DN_EUSAGE); /* everything */
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 300; k = test_next_refused(k)) {
            dn_error err = DN_ERROR_INIT;

            o.keep = 3;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_gene_screen(&test_comm, &in, &o, &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            dn_gene_screen_result_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

/* ---- stopped and gone on with ---- */

static const char config[] = "{\"command\": \"screen\", \"keep\": 30}";

static dn_screen_saving saving_at(const char *path, bool resume, dn_requests *requests)
{
    return (dn_screen_saving){.path = path,
                              .command = "dragnet screen",
                              .config = config,
                              .build = "dragnet 0, some CPU",
                              .resume = resume,
                              .requests = requests};
}

/* On n ranks, the last of which is asked to stop; DN_OK: it was the end, compared. The same on all ranks. */
static dn_status go_on(int n, dn_gene_screen_options o, const char *path, bool resume)
{
    dn_comm comm = test_first_ranks(n);
    dn_requests requests = {.usr1 = comm.rank == n - 1};
    dn_screen_saving saving = saving_at(path, resume, &requests);
    dn_gene_screen_result r;
    dn_error err = DN_ERROR_INIT;
    int st = DN_OK;
    bool found = false;

    o.round = 1;
    o.opt_saving = &saving;
    if (comm.rank >= 0 && resume) {
        CU_ASSERT_EQUAL(dn_screen_state_find(&comm, path, config, &found, NULL), DN_OK);
        CU_ASSERT(found);
    }
    if (comm.rank >= 0) {
        st = (int)dn_gene_screen(&comm, &in, &o, &r, &err);
        if (st == DN_OK)
            compare(&o, &r);
        else if (st != DN_ESAVED && st != DN_EUNAVAILABLE)
            fprintf(stderr, "# %s\n", err.text);
        CU_ASSERT(st != DN_ESAVED || strstr(err.text, "SIGUSR1") != NULL);
        dn_gene_screen_result_destroy(&r);
    }
    test_leave(&comm);
    MPI_Bcast(&st, 1, MPI_INT, 0, test_comm.mpi);
    return (dn_status)st;
}

/* After every round on other ranks, to the end; damage: the third time the checkpoint is cut. */
static void stopped_always(const dn_gene_screen_options *o, const char *name, bool damage)
{
    const char *path = test_path(name);
    dn_status st = DN_ESAVED;
    int times = 0;

    for (; st == DN_ESAVED && times < 30; times++) {
        st = go_on(1 + times % test_comm.size, *o, path, times > 0);
        if (damage && times == 2 && test_comm.rank == 0 && st == DN_ESAVED)
            CU_ASSERT_EQUAL(truncate(path, 3000), 0);
        MPI_Barrier(test_comm.mpi);
    }
    CU_ASSERT(st == DN_OK || (o->narrow && st == DN_EUNAVAILABLE));
    CU_ASSERT(times > 2 || st == DN_EUNAVAILABLE);
}

static void stopped_everywhere(void)
{
    dn_gene_screen_options o = {.gene = all, .n_genes = GENES, .one = -1, .keep = 30, .threshold = NAN};

    list_genes();
    make(2, 1);
    score_each();
    stopped_always(&o, "best.h5", false);
    stopped_always(&o, "cut.h5", true);
    o.include_known = true;
    o.keep = PAIRS + 5;
    stopped_always(&o, "all.h5", false);
    o.threshold = (double)score_of(PAIRS / 2);
    o.keep = 0;
    stopped_always(&o, "above.h5", false);
    make(4, 1);
    score_each();
    o.threshold = NAN;
    o.keep = 100;
    stopped_always(&o, "four.h5", false);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* In the passes of candidates, and in the pass of single precision behind them. */
static void stopped_among_candidates(void)
{
    dn_gene_screen_options o = {
        .gene = all, .n_genes = GENES, .one = -1, .keep = 30, .threshold = NAN, .narrow = true, .widen = 1};

    list_genes();
    make(2, 1);
    score_each();
    stopped_always(&o, "candidates.h5", false);
    make(2, 0); /* all scores are equal: never sure */
    score_each();
    stopped_always(&o, "unsure.h5", false);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* More candidates than can be kept are no reason to refuse. */
static void more_candidates_than_fit(void)
{
    dn_gene_screen_result r;
    const dn_gene_screen_options o = {.gene = all,
                                      .n_genes = GENES,
                                      .one = -1,
                                      .keep = 30,
                                      .threshold = NAN,
                                      .narrow = true,
                                      .widen = dn_screen_keep_most()};

    list_genes();
    make(2, 1);
    score_each();
    if (screen(&o, &r) == DN_EUNAVAILABLE) {
        test_skip("this CPU has no products in bfloat16");
        return;
    }
    CU_ASSERT(r.single);
    compare(&o, &r);
    dn_gene_screen_result_destroy(&r);
}

/* A checkpoint by the clock and one that was asked for stop nobody; that of another screen is refused. */
static void saved_on_the_way(void)
{
    const char *path = test_path("way.h5");
    dn_requests requests = {.checkpoint = 1, .every = 1e-9};
    dn_screen_saving saving = saving_at(path, false, &requests);
    const dn_gene_screen_options o = {.gene = all,
                                      .n_genes = GENES,
                                      .one = -1,
                                      .keep = 30,
                                      .threshold = NAN,
                                      .round = 1,
                                      .opt_saving = &saving};
    dn_gene_screen_result r;
    dn_error err = DN_ERROR_INIT;
    bool found = false;

    list_genes();
    make(2, 1);
    score_each();
    CU_ASSERT_EQUAL(screen(&o, &r), DN_OK);
    compare(&o, &r);
    dn_gene_screen_result_destroy(&r);
    CU_ASSERT_EQUAL(requests.checkpoint, 0);
    CU_ASSERT_EQUAL(dn_screen_state_find(&test_comm, path, config, &found, NULL), DN_OK);
    CU_ASSERT(found);
    CU_ASSERT_EQUAL(
        dn_screen_state_find(&test_comm, path, "{\"command\": \"screen\", \"keep\": 31}", &found, &err),
        DN_ECANTCREAT);
    CU_ASSERT(strstr(err.text, "keep") != NULL && strstr(err.text, "31") != NULL);
}

/* While it goes on from a checkpoint and writes others. */
static void out_of_memory_on_the_way(void)
{
    const char *path = test_path("memory.h5");
    dn_gene_screen_options o = {.gene = all, .n_genes = GENES, .one = -1, .keep = 30, .threshold = NAN};

    list_genes();
    make(2, 1);
    score_each();
    CU_ASSERT_EQUAL(go_on(1, o, path, false), DN_ESAVED);
    o.round = 1;
    for (int rank = 0; rank < test_comm.size; rank = test_next_victim(rank)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 600; k = test_next_refused(k)) {
            dn_requests requests = {.checkpoint = 1};
            dn_screen_saving saving = saving_at(path, true, &requests);
            dn_gene_screen_result r;
            dn_error err = DN_ERROR_INIT;

            o.opt_saving = &saving;
            dn_alloc_fail_after(test_comm.rank == rank ? k : -1);
            st = dn_gene_screen(&test_comm, &in, &o, &r, &err);
            dn_alloc_fail_after(-1);
            CU_ASSERT(test_same((int)st));
            CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && err.rank == rank));
            if (st == DN_OK)
                compare(&o, &r);
            dn_gene_screen_result_destroy(&r);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
    }
}

static const dn_test tests[] = {{"what brute force keeps", against_brute_force},
                                {"both precisions give one list", both_precisions},
                                {"ties by ids", ties},
                                {"the scores of evaluate", like_evaluate},
                                {"refused", refused},
                                {"stopped after every round", stopped_everywhere},
                                {"stopped among candidates", stopped_among_candidates},
                                {"more candidates than fit", more_candidates_than_fit},
                                {"saved on the way", saved_on_the_way},
                                {"out of memory on the way", out_of_memory_on_the_way},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "gene_screen", tests);
}
