/* screen_parts.c - the parts of a screen: the best K of a stream, blocks of label history, shifted priors,
 * files of ids */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"
#include "solvers/formats/id_list.h"
#include "solvers/stats/best.h"
#include "solvers/stats/calibrate.h"
#include "solvers/stats/similar_block.h"

enum { HITS = 200, DRUGS = 30, TARGETS = 40, ROWS = 600, WIDTH = 13 };

static int naive_order(const void *x, const void *y)
{
    const dn_hit *a = x, *b = y;

    if (a->key != b->key)
        return a->key > b->key ? -1 : 1;
    return a->a != b->a ? (a->a > b->a) - (a->a < b->a) : (a->b > b->b) - (a->b < b->b);
}

/* Every K, keys with many ties, three orders of the stream. */
static void best_of_a_stream(void)
{
    static dn_hit all[HITS], heap[HITS];
    dn_rng s = dn_rng_stream(1, DN_RNG_SYNTH, 0, 0);

    for (int64_t i = 0; i < HITS; i++)
        all[i] = (dn_hit){(double)dn_rng_below(s, (uint64_t)i, 20),
                          (int64_t)dn_rng_below(s, 1000 + (uint64_t)i, 5), i};
    for (int64_t keep = 1; keep <= HITS; keep += keep < 8 ? 1 : 32)
        for (int64_t step = 1; step < 100; step += 38) { /* 1, 39, 77: none divides 200 */
            static dn_hit sorted[HITS];
            int64_t n = 0;

            for (int64_t i = 0; i < HITS; i++)
                dn_best_offer(heap, keep, &n, &all[i * step % HITS]);
            memcpy(sorted, all, sizeof all);
            qsort(sorted, HITS, sizeof *sorted, naive_order);
            dn_best_sort(heap, n);
            CU_ASSERT_EQUAL(n, keep);
            CU_ASSERT_EQUAL(memcmp(heap, sorted, (size_t)n * sizeof *heap), 0);
        }
}

/* Bit for bit what dn_similar_score() says, drugs and targets in and out of the training rows. */
static void blocks_of_history(void)
{
    static int64_t drug[ROWS], target[ROWS], rows[ROWS], place[TARGETS];
    static uint8_t label[ROWS];
    static double like_drug[DRUGS], like_target[TARGETS][TARGETS], square[TARGETS * WIDTH],
        scratch[8 * WIDTH], got[WIDTH * DN_SIMILARS], want[DN_SIMILARS];
    dn_rng s = dn_rng_stream(2, DN_RNG_SYNTH, 0, 0);
    dn_past past = {.drug = drug, .target = target, .label = label, .rows = rows};
    int64_t wrong = 0;

    for (int64_t i = 0; i < ROWS; i++) {
        drug[i] = (int64_t)dn_rng_below(s, (uint64_t)i, DRUGS - 2);
        target[i] = (int64_t)dn_rng_below(s, 5000 + (uint64_t)i, TARGETS - 2);
        label[i] = dn_rng_below(s, 10000 + (uint64_t)i, 3) == 0;
        if (i % 3 != 1)
            rows[past.n++] = i;
    }
    for (int64_t i = 0; i < TARGETS * TARGETS; i++)
        like_target[i / TARGETS][i % TARGETS] = dn_rng_uniform(s, 20000 + (uint64_t)i);
    for (int64_t i = 0; i < DRUGS; i++)
        like_drug[i] = i % 5 == 0 ? 0 : dn_rng_uniform(s, 40000 + (uint64_t)i);
    for (int64_t first = 0; first < TARGETS; first += WIDTH) {
        int64_t width = TARGETS - first < WIDTH ? TARGETS - first : WIDTH;
        dn_similar_targets asked = {width, place, square};

        for (int64_t t = 0; t < TARGETS; t++) {
            place[t] = t >= first && t < first + width ? t - first : -1;
            for (int64_t j = 0; j < width; j++)
                square[t * width + j] = like_target[first + j][t] * like_target[first + j][t];
        }
        for (int64_t d = 0; d < DRUGS; d++) {
            dn_similar_score_block(&past, &asked, d, like_drug, scratch, got);
            for (int64_t j = 0; j < width; j++) {
                dn_asked one = {.drug = d, .target = first + j};

                dn_similar_score(&past, &one, like_drug, like_target[first + j], want);
                wrong += memcmp(got + j * DN_SIMILARS, want, sizeof want) != 0;
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void shifted_priors(void)
{
    CU_ASSERT_DOUBLE_EQUAL(dn_prior_shift(0.3, 0.2, 0.2), 0.3, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(dn_prior_shift(0.2, 0.2, 0.01), 0.01, 1e-15); /* no news: the prior itself */
    CU_ASSERT_DOUBLE_EQUAL(dn_prior_shift(0.5, 0.5, 0.1), 0.1, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(dn_logit(dn_prior_shift(0.7, 0.3, 0.05)),
                           dn_logit(0.7) - dn_logit(0.3) + dn_logit(0.05), 1e-12);
    CU_ASSERT_EQUAL(dn_prior_shift(0, 0.3, 0.9), 0);
    CU_ASSERT_EQUAL(dn_prior_shift(1, 0.3, 0.9), 1);
}

static void lists_of_ids(void)
{
    static const char text[] = "# drugs\nDB1\r\n\n  DB 2 \tname\n#DB9\n\t x\nDB1\nlast";
    static const struct {
        const char *id;
        int64_t line;
    } want[] = {{"DB1", 2}, {"DB 2", 4}, {"DB1", 7}, {"last", 8}};
    const char *path = test_file("ids.txt", text, sizeof text - 1);
    dn_id_list l = {.line = NULL};
    dn_error err = DN_ERROR_INIT;
    char word[32];

    CU_ASSERT_EQUAL(dn_id_list_read(path, &l, &err), DN_OK);
    CU_ASSERT_EQUAL(l.id.n, 4);
    for (int64_t i = 0; i < 4 && i < l.id.n; i++) {
        CU_ASSERT_STRING_EQUAL(dn_strings_copy(&l.id, i, word, sizeof word), want[i].id);
        CU_ASSERT_EQUAL(l.line[i], want[i].line);
    }
    dn_id_list_destroy(&l);
    path = test_file("none.txt", "# nothing\n\n", 11);
    CU_ASSERT_EQUAL(dn_id_list_read(path, &l, &err), DN_EDATA);
    CU_ASSERT(strstr(err.text, "none.txt: holds no ids") != NULL);
    CU_ASSERT_EQUAL(dn_id_list_read(test_path("absent.txt"), &l, NULL), DN_ENOINPUT);
    path = test_file("ids.txt", text, sizeof text - 1);
    for (long k = 0; k < 100; k++) {
        dn_status st;

        dn_alloc_fail_after(k);
        st = dn_id_list_read(path, &l, NULL);
        dn_alloc_fail_after(-1);
        dn_id_list_destroy(&l);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
        CU_ASSERT(st == DN_ENOMEM || (st == DN_OK && k > 0));
        if (st == DN_OK)
            break;
    }
}

static const dn_test tests[] = {{"the best of a stream", best_of_a_stream},
                                {"blocks of history", blocks_of_history},
                                {"shifted priors", shifted_priors},
                                {"lists of ids", lists_of_ids},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "screen_parts", tests);
}
