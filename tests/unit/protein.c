/* protein.c - tests of solvers/formats/protein.h: published tables, unknown residues, what is a sequence */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/protein.h"

static const char amino[] = "ARNDCQEGHILKMFPSTWYV";

/* A float holds a published number of two to four digits to 1e-7 of it. */
static bool near(float a, double b)
{
    return fabs((double)a - b) <= 1e-6;
}

static void published_tables(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/residues.txt", "r");
    char line[400];
    int rows = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        float out[DN_BLOSUM_WIDTH], hot[DN_ONEHOT_WIDTH];
        char *at = line + 1;
        double v[23];

        if (line[0] == '#')
            continue;
        CU_ASSERT_EQUAL(line[0], amino[rows]);
        for (int i = 0; i < 23; i++)
            v[i] = strtod(at, &at);
        dn_protein_encode(line, 1, DN_PROTEIN_BLOSUM, out);
        dn_protein_encode(line, 1, DN_PROTEIN_ONEHOT, hot);
        for (int i = 0; i < 20; i++) {
            CU_ASSERT(near(out[i], v[i] / 4));
            CU_ASSERT_EQUAL(hot[i], i == rows);
        }
        CU_ASSERT(near(out[20], v[20] / 4.5));
        CU_ASSERT(near(out[21], (v[21] - 140) / 60));
        CU_ASSERT(near(out[22], (v[22] - 8.3) / 3));
        CU_ASSERT(out[24] == 0 && hot[20] == 0);
        rows++;
    }
    CU_ASSERT_EQUAL(rows, 20);
    if (f != NULL)
        fclose(f);
}

static void charges(void)
{
    float out[20][DN_BLOSUM_WIDTH];

    dn_protein_encode(amino, 20, DN_PROTEIN_BLOSUM, out[0]);
    for (int i = 0; i < 20; i++) {
        double want = strchr("DE", amino[i]) != NULL   ? -1
                      : strchr("KR", amino[i]) != NULL ? 1
                      : amino[i] == 'H'                ? 0.1
                                                       : 0;
        CU_ASSERT(near(out[i][23], want));
    }
}

/* An ambiguous letter is the mean of what it may be, and says that it is one. */
static void unknown_residues(void)
{
    static const struct {
        const char *letter, *means;
    } rows[] = {{"B", "DN"}, {"Z", "EQ"}, {"J", "IL"}, {"U", "C"}, {"O", "K"}, {"X", amino}, {"*", amino}};

    for (int e = 0; e < DN_PROTEIN_ENCODINGS; e++)
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            int64_t width = dn_protein_width((dn_protein_encoding)e), n = (int64_t)strlen(rows[r].means);
            float got[DN_BLOSUM_WIDTH], each[20 * DN_BLOSUM_WIDTH];

            dn_protein_encode(rows[r].letter, 1, (dn_protein_encoding)e, got);
            dn_protein_encode(rows[r].means, n, (dn_protein_encoding)e, each);
            for (int64_t c = 0; c + 1 < width; c++) {
                double sum = 0;
                for (int64_t i = 0; i < n; i++)
                    sum += (double)each[i * width + c];
                CU_ASSERT(near(got[c], sum / (double)n));
            }
            CU_ASSERT_EQUAL(got[width - 1], 1);
        }
}

static void a_row_for_each_residue(void)
{
    static const char text[] = "MKXVWWB";
    float all[7 * DN_BLOSUM_WIDTH], one[DN_BLOSUM_WIDTH];

    for (int e = 0; e < DN_PROTEIN_ENCODINGS; e++) {
        int64_t width = dn_protein_width((dn_protein_encoding)e);

        CU_ASSERT_EQUAL(dn_protein_encoding_find(dn_protein_encoding_name((dn_protein_encoding)e)), e);
        dn_protein_encode(text, 7, (dn_protein_encoding)e, all);
        for (int i = 0; i < 7; i++) {
            dn_protein_encode(text + i, 1, (dn_protein_encoding)e, one);
            CU_ASSERT_EQUAL(memcmp(all + i * width, one, (size_t)width * sizeof *one), 0);
        }
    }
    CU_ASSERT_EQUAL(dn_protein_encoding_find("esm2"), -1);
}

static void refused(const char *text, int64_t len, const char *words)
{
    static char out[DN_PROTEIN_MAX];
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_protein_clean(text, len, out, &err), DN_EDATA);
    CU_ASSERT_EQUAL(strncmp(err.text, "sequence", 8), 0);
    CU_ASSERT(test_says(&err, words));
}

static void what_is_a_sequence(void)
{
    static char text[DN_PROTEIN_MAX + 1], out[DN_PROTEIN_MAX];

    CU_ASSERT_EQUAL(dn_protein_clean("mKvxBZJUo", 9, out, NULL), DN_OK);
    CU_ASSERT_EQUAL(memcmp(out, "MKVXBZJUO", 9), 0);
    CU_ASSERT_EQUAL(dn_protein_clean("A", 1, out, NULL), DN_OK);
    refused("", 0, "empty");
    refused("MK-V", 4, "gap ('-') at position 3");
    refused("MK.V", 4, "gap ('.') at position 3");
    refused("MKV*", 4, "stop ('*') at position 4");
    refused("1MKV", 4, "digit ('1') at position 1");
    refused("MK V", 4, "byte 0x20, no residue, at position 3");
    refused("MK\xc3\x84", 4, "byte 0xc3");
    refused("MK[V", 4, "byte 0x5b");
    memset(text, 'w', sizeof text);
    CU_ASSERT_EQUAL(dn_protein_clean(text, DN_PROTEIN_MAX, out, NULL), DN_OK);
    CU_ASSERT(out[0] == 'W' && out[DN_PROTEIN_MAX - 1] == 'W');
    refused(text, DN_PROTEIN_MAX + 1, "40001 residues, more than 40000");
}

static const dn_test tests[] = {
    {"published tables", published_tables},     {"charges", charges},
    {"unknown residues", unknown_residues},     {"a row for each residue", a_row_for_each_residue},
    {"what is a sequence", what_is_a_sequence}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "protein", tests);
}
