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
    char all[sizeof vocabulary] = "";

    for (int i = 0; i < DN_ESM_TOKENS; i++) {
        const char *name = dn_esm_token_name(i);

        if (i > 0)
            strcat(all, " ");
        strcat(all, name);
        if (strlen(name) == 1) {
            CU_ASSERT_EQUAL(dn_esm_token(name[0]), i);
        }
    }
    CU_ASSERT_STRING_EQUAL(all, vocabulary);
    CU_ASSERT_STRING_EQUAL(dn_esm_token_name(DN_ESM_CLS), "<cls>");
    CU_ASSERT_STRING_EQUAL(dn_esm_token_name(DN_ESM_PAD), "<pad>");
    CU_ASSERT_STRING_EQUAL(dn_esm_token_name(DN_ESM_EOS), "<eos>");
    CU_ASSERT_STRING_EQUAL(dn_esm_token_name(DN_ESM_MASK), "<mask>");
    CU_ASSERT_PTR_NULL(dn_esm_token_name(-1));
    CU_ASSERT_PTR_NULL(dn_esm_token_name(DN_ESM_TOKENS));
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

static const dn_test tests[] = {{"the vocabulary", the_vocabulary},
                                {"every byte is a token", every_byte_is_a_token},
                                {"sequences", sequences},
                                {"windows", windows},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "esm_tokens", tests);
}
