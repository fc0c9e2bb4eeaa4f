/* protein.c - sequences and their encodings; see protein.h */
#include "solvers/formats/protein.h"

#include <string.h>

enum { AMINO = 20, SCALES = 4 };

static const char amino[] = "ARNDCQEGHILKMFPSTWYV";

static const signed char blosum62[AMINO][AMINO] = {
    /*       A   R   N   D   C   Q   E   G   H   I   L   K   M   F   P   S   T   W   Y   V */
    /* A */ {4, -1, -2, -2, 0, -1, -1, 0, -2, -1, -1, -1, -1, -2, -1, 1, 0, -3, -2, 0},
    /* R */ {-1, 5, 0, -2, -3, 1, 0, -2, 0, -3, -2, 2, -1, -3, -2, -1, -1, -3, -2, -3},
    /* N */ {-2, 0, 6, 1, -3, 0, 0, 0, 1, -3, -3, 0, -2, -3, -2, 1, 0, -4, -2, -3},
    /* D */ {-2, -2, 1, 6, -3, 0, 2, -1, -1, -3, -4, -1, -3, -3, -1, 0, -1, -4, -3, -3},
    /* C */ {0, -3, -3, -3, 9, -3, -4, -3, -3, -1, -1, -3, -1, -2, -3, -1, -1, -2, -2, -1},
    /* Q */ {-1, 1, 0, 0, -3, 5, 2, -2, 0, -3, -2, 1, 0, -3, -1, 0, -1, -2, -1, -2},
    /* E */ {-1, 0, 0, 2, -4, 2, 5, -2, 0, -3, -3, 1, -2, -3, -1, 0, -1, -3, -2, -2},
    /* G */ {0, -2, 0, -1, -3, -2, -2, 6, -2, -4, -4, -2, -3, -3, -2, 0, -2, -2, -3, -3},
    /* H */ {-2, 0, 1, -1, -3, 0, 0, -2, 8, -3, -3, -1, -2, -1, -2, -1, -2, -2, 2, -3},
    /* I */ {-1, -3, -3, -3, -1, -3, -3, -4, -3, 4, 2, -3, 1, 0, -3, -2, -1, -3, -1, 3},
    /* L */ {-1, -2, -3, -4, -1, -2, -3, -4, -3, 2, 4, -2, 2, 0, -3, -2, -1, -2, -1, 1},
    /* K */ {-1, 2, 0, -1, -3, 1, 1, -2, -1, -3, -2, 5, -1, -3, -1, 0, -1, -3, -2, -2},
    /* M */ {-1, -1, -2, -3, -1, 0, -2, -3, -2, 1, 2, -1, 5, 0, -2, -1, -1, -1, -1, 1},
    /* F */ {-2, -3, -3, -3, -2, -3, -3, -3, -1, 0, 0, -3, 0, 6, -4, -2, -2, 1, 3, -1},
    /* P */ {-1, -2, -2, -1, -3, -1, -1, -2, -2, -3, -3, -1, -2, -4, 7, -1, -1, -4, -3, -2},
    /* S */ {1, -1, 1, 0, -1, 0, 0, 0, -1, -2, -2, 0, -1, -2, -1, 4, 1, -3, -2, -2},
    /* T */ {0, -1, 0, -1, -1, -1, -1, -2, -2, -1, -1, -1, -1, -2, -1, 1, 5, -2, -2, 0},
    /* W */ {-3, -3, -4, -4, -2, -2, -3, -2, -2, -3, -2, -3, -1, 1, -4, -3, -2, 11, 2, -3},
    /* Y */ {-2, -2, -2, -3, -2, -1, -2, -3, 2, -1, -1, -2, -1, 3, -3, -2, -2, 2, 7, -1},
    /* V */ {0, -3, -3, -3, -1, -2, -2, -3, -3, 3, 1, -2, 1, -1, -2, -2, 0, -3, -1, 4},
};

/* In the order of amino; sources in the header. */
static const struct {
    float middle, unit;
    float value[AMINO];
} scales[SCALES] = {
    {0, 4.5f, {1.8f, -4.5f, -3.5f, -3.5f, 2.5f,  -3.5f, -3.5f, -0.4f, -3.2f, 4.5f,
               3.8f, -3.9f, 1.9f,  2.8f,  -1.6f, -0.8f, -0.7f, -0.9f, -1.3f, 4.2f}}, /* hydropathy */
    {140, 60, {88.6f,  173.4f, 114.1f, 111.1f, 108.5f, 143.8f, 138.4f, 60.1f,  153.2f, 166.7f,
               166.7f, 168.6f, 162.9f, 189.9f, 112.7f, 89.0f,  116.1f, 227.8f, 193.6f, 140.0f}}, /* volume */
    {8.3f, 3, {8.1f, 10.5f, 11.6f, 13.0f, 5.5f, 10.5f, 12.3f, 9.0f, 10.4f, 5.2f,
               4.9f, 11.3f, 5.7f,  5.2f,  8.0f, 9.2f,  8.6f,  5.4f, 6.2f,  5.9f}}, /* polarity */
    {0, 1, {0, 1, 0, -1, 0, 0, -1, 0, 0.1f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}},     /* charge */
};

/* What an ambiguous letter may be. */
static const char *meaning(char c)
{
    switch (c) {
    case 'B':
        return "DN";
    case 'Z':
        return "EQ";
    case 'J':
        return "IL";
    case 'U':
        return "C";
    case 'O':
        return "K";
    default:
        return amino;
    }
}

/* ---- what is a sequence ---- */

dn_status dn_protein_clean(const char *text, int64_t len, char *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (len == 0)
        DN_FAIL(DN_EDATA, "sequence is empty");
    if (len > DN_PROTEIN_MAX)
        DN_FAIL(DN_EDATA, "sequence has %lld residues, more than %d", (long long)len, DN_PROTEIN_MAX);
    for (int64_t i = 0; i < len; i++) {
        char c = text[i];
        long long at = (long long)i + 1;

        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c == '-' || c == '.')
            DN_FAIL(DN_EDATA, "sequence has a gap ('%c') at position %lld", c, at);
        if (c == '*')
            DN_FAIL(DN_EDATA, "sequence has a stop ('*') at position %lld", at);
        if (c >= '0' && c <= '9')
            DN_FAIL(DN_EDATA, "sequence has a digit ('%c') at position %lld", c, at);
        if (c < 'A' || c > 'Z')
            DN_FAIL(DN_EDATA, "sequence has byte 0x%02x, no residue, at position %lld", (unsigned char)c, at);
        out[i] = c;
    }
out:
    return st;
}

/* ---- encodings ---- */

int64_t dn_protein_width(dn_protein_encoding encoding)
{
    return encoding == DN_PROTEIN_BLOSUM ? DN_BLOSUM_WIDTH : DN_ONEHOT_WIDTH;
}

const char *dn_protein_encoding_name(dn_protein_encoding encoding)
{
    return encoding == DN_PROTEIN_BLOSUM ? "blosum" : "onehot";
}

int dn_protein_encoding_find(const char *name)
{
    for (int e = 0; e < DN_PROTEIN_ENCODINGS; e++)
        if (strcmp(name, dn_protein_encoding_name((dn_protein_encoding)e)) == 0)
            return e;
    return -1;
}

/* One of the 20 into row [C], times share. */
static void add_amino(dn_protein_encoding encoding, int64_t a, float share, float *row)
{
    if (encoding == DN_PROTEIN_ONEHOT) {
        row[a] += share;
        return;
    }
    for (int b = 0; b < AMINO; b++)
        row[b] += share * (float)blosum62[a][b] / 4;
    for (int s = 0; s < SCALES; s++)
        row[AMINO + s] += share * (scales[s].value[a] - scales[s].middle) / scales[s].unit;
}

static void encode_letter(dn_protein_encoding encoding, char c, float *row)
{
    const char *known = c != '\0' ? strchr(amino, c) : NULL;

    if (known != NULL) {
        add_amino(encoding, known - amino, 1, row);
        return;
    }
    known = meaning(c);
    for (const char *k = known; *k != '\0'; k++)
        add_amino(encoding, strchr(amino, *k) - amino, 1 / (float)strlen(known), row);
    row[dn_protein_width(encoding) - 1] = 1;
}

void dn_protein_encode(const char *sequence, int64_t len, dn_protein_encoding encoding, float *out)
{
    int64_t width = dn_protein_width(encoding);
    float row[256][DN_BLOSUM_WIDTH]; /* of every byte that has come */
    unsigned char have[256] = {0};

    for (int64_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)sequence[i];

        if (!have[c]) {
            memset(row[c], 0, sizeof row[c]);
            encode_letter(encoding, (char)c, row[c]);
            have[c] = 1;
        }
        memcpy(out + i * width, row[c], (size_t)width * sizeof *out);
    }
}
