/* protein.h - protein sequences: what is one, and residues as numbers
 *
 * A sequence is of capital letters, as IUPAC-IUB JCBN, Eur. J. Biochem. 138, 9-37 (1984) has them: the 20
 * amino acids ACDEFGHIKLMNPQRSTVWY; B is D or N, Z is E or Q, J is I or L, U selenocysteine, O pyrrolysine,
 * X anything. All functions are local.
 */
#ifndef DN_FORMATS_PROTEIN_H
#define DN_FORMATS_PROTEIN_H

#include <stdint.h>
#include "solvers/base/error.h"

enum { DN_PROTEIN_MAX = 40000 };

/* The sequence of a text [len] with small letters made capital, in out [len]. Nothing else is mended: gaps
 * ('-', '.'), stops ('*'), digits, blanks and other bytes are refused, so are 0 and more than DN_PROTEIN_MAX
 * residues. Fails: DN_EDATA, the reason in err->text, which begins with "sequence" and names the position */
DN_MUST_CHECK dn_status dn_protein_clean(const char *text, int64_t len, char *out, dn_error *err);

typedef enum dn_protein_encoding {
    DN_PROTEIN_BLOSUM, /* "blosum"  columns 0-19 the row of BLOSUM62 / 4, in the order ARNDCQEGHILKMFPSTWYV;
                        *           20 hydropathy (Kyte & Doolittle, J. Mol. Biol. 157, 105-132, 1982) / 4.5;
                        *           21 volume (Zamyatnin, Prog. Biophys. Mol. Biol. 24, 107-123, 1972; A^3),
                        *              (v - 140) / 60;  22 polarity (Grantham, Science 185, 862-864, 1974),
                        *              (p - 8.3) / 3;  23 charge at pH 7 (D, E -1, K, R +1, H +0.1);
                        *           24 residues of an unknown kind: 1 for X, B, Z, J, U, O */
    DN_PROTEIN_ONEHOT, /* "onehot"  columns 0-19 in the same order; 20 as column 24 above */
    DN_PROTEIN_ENCODINGS
} dn_protein_encoding;

enum { DN_BLOSUM_WIDTH = 25, DN_ONEHOT_WIDTH = 21 };

/* Columns C of an encoding, and its name. dn_protein_encoding_find: -1 when no encoding has the name. */
int64_t dn_protein_width(dn_protein_encoding encoding);
const char *dn_protein_encoding_name(dn_protein_encoding encoding);
int dn_protein_encoding_find(const char *name);

/* out [len, C] row-major, a row for each residue of a clean sequence; any other byte counts as X.
 *
 * Unknown residues: B, Z and J are the mean of their two amino acids, U is C, O is K, X is the mean of all 20
 * (one-hot: shares that add up to 1); the last column is 1 for all of them. BLOSUM62's own rows for B, Z, J
 * and X are rounded and it has none for U and O, so one rule serves all six.
 *
 * BLOSUM62: Henikoff & Henikoff, PNAS 89, 10915-10919 (1992), doi:10.1073/pnas.89.22.10915, as distributed by
 * NCBI (half bits). */
void dn_protein_encode(const char *sequence, int64_t len, dn_protein_encoding encoding, float *out);

#endif
