/* rng_lanes.c - tests of solvers/base/rng_lanes.h: every instruction set against blocks of Random123, one by
 * one, and masks of many positions against those of one */
#include "tests/support/test.h"

#include <string.h>
#include "solvers/base/rng.h"
#include "solvers/base/rng_lanes.h"
#include "solvers/nn/dropout.h"

enum { MOST = 300 };

static void compare(const dn_rng_lanes *lanes, uint64_t item, uint32_t first, int64_t n, int64_t total)
{
    const dn_rng s = {{0x243f6a88u, 0x85a308d3u}};
    uint32_t out[4 * MOST + 4], want[4];
    long wrong = 0;

    memset(out, 0x5a, sizeof out);
    lanes->run(s.key, item, first, n, total, out);
    for (int64_t i = 0; i < total; i++) {
        dn_rng_block(s, item + (uint64_t)(i / n), first + (uint32_t)(i % n), want);
        wrong += memcmp(want, out + 4 * i, sizeof want) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    for (int64_t i = 0; i < 4; i++) /* nothing behind the end */
        CU_ASSERT_EQUAL(out[4 * total + i], 0x5a5a5a5au);
}

static void check(const dn_rng_lanes *lanes)
{
    static const int64_t many[] = {1, 2, 3, 7, 8, 9, 34, 67};

    if (lanes == NULL) {
        test_skip("not for this CPU");
        return;
    }
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        for (int64_t total = 0; total <= MOST; total += total < 40 ? 1 : 13)
            compare(lanes, 5, 0, many[i], total);
    compare(lanes, 0xfffffffeu, 3, 2, MOST);  /* the upper half of an item changes */
    compare(lanes, UINT64_MAX - 1, 0, 9, 27); /* items wrap */
    compare(lanes, 77, 0xfffffff0u, 30, 60);  /* blocks wrap */
    compare(lanes, 1, 0xfffffff0u - MOST, MOST, MOST);
}

static void any(void)
{
    check(dn_rng_lanes_any());
}

static void avx2(void)
{
    check(dn_rng_lanes_avx2());
}

static void avx512(void)
{
    check(dn_rng_lanes_avx512());
}

static void masks(void)
{
    static const float rate[] = {0.5f, 0.2f};
    static const int64_t units[] = {1, 32, 127, 128, 129, 1000};
    uint32_t many[9 * 32], one[32];

    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            dn_rng s = dn_rng_stream(1, DN_RNG_DROPOUT, 2, 3);
            int64_t words = dn_dropout_words(units[i]);

            dn_dropout_masks(s, 1000, 9, rate[k], units[i], many);
            for (int64_t r = 0; r < 9; r++) {
                dn_dropout_mask(s, 1000 + (uint64_t)r, rate[k], units[i], one);
                CU_ASSERT_EQUAL(memcmp(one, many + r * words, (size_t)words * sizeof *one), 0);
            }
        }
}

static void permutations(void)
{
    static const uint64_t size[] = {1, 2, 3, 16, 17, 1000, 65537, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1};
    static uint64_t image[1000];

    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        dn_permutation p = dn_permutation_make(7, k, size[k]);
        int64_t most = size[k] < 1000 ? (int64_t)size[k] : 1000;

        for (int64_t count = 0; count <= most; count += count < 3 ? 1 : 331) {
            uint64_t first = size[k] - (uint64_t)count;
            long wrong = 0;

            dn_permute_range(&p, first, count, image);
            for (int64_t i = 0; i < count; i++)
                wrong += image[i] != dn_permute(&p, first + (uint64_t)i);
            CU_ASSERT_EQUAL(wrong, 0);
        }
    }
}

static const dn_test tests[] = {{"permutations", permutations},
                                {"any CPU", any},
                                {"AVX2", avx2},
                                {"AVX-512", avx512},
                                {"masks", masks},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "rng_lanes", tests);
}
