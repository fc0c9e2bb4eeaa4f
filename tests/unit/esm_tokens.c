/* esm_tokens.c - tests of solvers/esm/tokens.h */
#include "tests/support/test.h"

#include <string.h>
#include "solvers/esm/tokens.h"

/* vocab.txt of facebook/esm2_t6_8M_UR50D, typed from it. */
static const char vocabulary[] =
    "<cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - "
    "<null_1> <mask>";

static void the_vocabulary(void)
{
    static const struct {
        const char *name;
        int token;
    } signs[] = {{"<cls>", DN_ESM_CLS},
                 {"<pad>", DN_ESM_PAD},
                 {"<eos>", DN_ESM_EOS},
                 {"<unk>", DN_ESM_UNK},
                 {"<mask>", DN_ESM_MASK}};
    char all[sizeof vocabulary];
    int i = 0, named = 0;

    memcpy(all, vocabulary, sizeof all);
    for (char *name = strtok(all, " "); name != NULL; name = strtok(NULL, " "), i++) {
        if (strlen(name) == 1) {
            CU_ASSERT_EQUAL(dn_esm_token(name[0]), i);
        }
        for (size_t k = 0; k < sizeof signs / sizeof signs[0]; k++)
            if (strcmp(name, signs[k].name) == 0) {
                CU_ASSERT_EQUAL(signs[k].token, i);
                named++;
            }
    }
    CU_ASSERT_EQUAL(i, DN_ESM_TOKENS);
    CU_ASSERT_EQUAL(named, 5);
}

static void every_byte_is_a_token(void)
{
    int letters = 0;

    for (int c = -128; c < 256; c++) {
        int token = dn_esm_token((char)c);

        CU_ASSERT(token == DN_ESM_UNK || (token >= 4 && token <= 30));
    }
    for (char c = 'A'; c <= 'Z'; c++) {
        CU_ASSERT_EQUAL(dn_esm_token(c), dn_esm_token((char)(c - 'A' + 'a')));
        letters += dn_esm_token(c) != DN_ESM_UNK;
    }
    CU_ASSERT_EQUAL(letters, 25); /* all but J */
    CU_ASSERT_EQUAL(dn_esm_token('J'), DN_ESM_UNK);
    CU_ASSERT_EQUAL(dn_esm_token('*'), DN_ESM_UNK);
    CU_ASSERT_EQUAL(dn_esm_token(' '), DN_ESM_UNK);
    CU_ASSERT_EQUAL(dn_esm_token('\0'), DN_ESM_UNK);
    CU_ASSERT_EQUAL(dn_esm_token('<'), DN_ESM_UNK);
}

static void sequences(void)
{
    static const int32_t want[] = {0, 20, 15, 4, 3, 14, 2};
    int32_t out[7];

    CU_ASSERT_EQUAL(dn_esm_residues("MKljP", 5), 5);
    dn_esm_tokenise("MKljP", 5, out);
    CU_ASSERT_EQUAL(memcmp(out, want, sizeof want), 0);
    CU_ASSERT_EQUAL(dn_esm_residues("MK*", 3), 2);
    CU_ASSERT_EQUAL(dn_esm_residues("M*K", 3), 3);
    CU_ASSERT_EQUAL(dn_esm_residues("M**", 3), 2); /* the last one is a stop, the other is unknown */
    CU_ASSERT_EQUAL(dn_esm_residues("*", 1), 0);
    CU_ASSERT_EQUAL(dn_esm_residues("", 0), 0);
    dn_esm_tokenise("", 0, out);
    CU_ASSERT(out[0] == DN_ESM_CLS && out[1] == DN_ESM_EOS);
}

/* What the header promises of windows, checked for one n. */
static void check_windows(int64_t n, int64_t window, int64_t overlap)
{
    int64_t count = dn_esm_windows(n, window, overlap), size = n < window ? n : window, all = 0;

    CU_ASSERT_EQUAL(dn_esm_window_start(n, window, overlap, 0), 0);
    CU_ASSERT_EQUAL(dn_esm_window_start(n, window, overlap, count - 1), n - size);
    CU_ASSERT(n > window || count == 1);
    for (int64_t i = 1; i < count; i++) {
        int64_t step =
            dn_esm_window_start(n, window, overlap, i) - dn_esm_window_start(n, window, overlap, i - 1);

        CU_ASSERT(step >= 1 && step <= window - overlap);
    }
    /* one window less could not share so much */
    CU_ASSERT(count == 1 || window + (count - 2) * (window - overlap) < n);
    for (int64_t r = 0; r < n; r++) {
        CU_ASSERT(dn_esm_window_cover(n, window, overlap, r) >= 1);
        all += dn_esm_window_cover(n, window, overlap, r);
    }
    CU_ASSERT_EQUAL(all, count * size);
}

static void windows(void)
{
    for (int64_t window = 1; window <= 9; window++)
        for (int64_t overlap = 0; overlap < window; overlap++)
            for (int64_t n = 0; n <= 40; n++)
                check_windows(n, window, overlap);
    check_windows(1022, 1022, 256);
    check_windows(1023, 1022, 256);
    check_windows(5000, 1022, 256);
    CU_ASSERT_EQUAL(dn_esm_windows(1022, 1022, 256), 1);
    CU_ASSERT_EQUAL(dn_esm_windows(1023, 1022, 256), 2);
    CU_ASSERT_EQUAL(dn_esm_windows(1788, 1022, 256), 2);
    CU_ASSERT_EQUAL(dn_esm_windows(1789, 1022, 256), 3);
    CU_ASSERT_EQUAL(dn_esm_window_start(1789, 1022, 256, 1), 383);
}

/* The state of a token in a window, made up: it differs between windows. */
static float state(int64_t i, int64_t token, int64_t c)
{
    return (float)(100 * i + 10 * token + c);
}

/* The mean over windows of n residues, by the definition. */
static double mean_of(int64_t n, int64_t window, int64_t overlap, int64_t token, int64_t c)
{
    int64_t count = dn_esm_windows(n, window, overlap), m = n < window ? n : window, held = 0;
    double sum = 0;

    for (int64_t i = 0; i < count; i++) {
        int64_t start = dn_esm_window_start(n, window, overlap, i);
        int64_t at = token == 0 ? 0 : token == n + 1 ? m + 1 : token - start; /* where it is in the window */

        if (token > 0 && token <= n && (at < 1 || at > m))
            continue;
        held++;
        sum += (double)state(i, at, c);
    }
    return sum / (double)held;
}

static void check_means(int64_t n, int64_t window, int64_t overlap)
{
    enum { WIDTH = 3 };
    float states[32 * WIDTH], mean[64 * WIDTH] = {0};
    int64_t m = n < window ? n : window;

    for (int64_t i = 0; i < dn_esm_windows(n, window, overlap); i++) {
        for (int64_t k = 0; k < (m + 2) * WIDTH; k++)
            states[k] = state(i, k / WIDTH, k % WIDTH);
        dn_esm_window_add(n, window, overlap, i, states, WIDTH, mean);
    }
    for (int64_t k = 0; k < (n + 2) * WIDTH; k++)
        CU_ASSERT_DOUBLE_EQUAL(mean[k], mean_of(n, window, overlap, k / WIDTH, k % WIDTH), 1e-3);
}

static void windows_are_averaged(void)
{
    check_means(0, 6, 2);
    check_means(5, 6, 2);
    check_means(6, 6, 2);
    check_means(7, 6, 2);
    check_means(20, 6, 0);
    check_means(20, 6, 2);
    check_means(23, 6, 5);
    check_means(60, 30, 7);
}

static const dn_test tests[] = {{"the vocabulary", the_vocabulary},
                                {"every byte is a token", every_byte_is_a_token},
                                {"sequences", sequences},
                                {"windows", windows},
                                {"windows are averaged", windows_are_averaged},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "esm_tokens", tests);
}
