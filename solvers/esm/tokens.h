/* tokens.h - proteins as tokens of ESM-2
 *
 * The 33 tokens, in the order of the published vocabulary (vocab.txt of facebook/esm2_*):
 *
 *     <cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - <null_1> <mask>
 *
 * A sequence becomes <cls>, a token for each residue, <eos>. Small letters count as capital ones; J, '*' and
 * every other byte that has no token is <unk>. A '*' at the end is the stop of a translation, not a residue:
 * dn_esm_residues() leaves it out. All functions are local and pure.
 *
 * Long proteins. ESM-2 was trained on at most 1,022 residues. Either the first 1,022 are taken (truncation),
 * or windows of `window` residues that overlap: windows are placed evenly, the first at the start, the last
 * at the end, neighbours sharing at least `overlap` residues, as few windows as that allows. The state of a
 * residue is the mean of its states in all windows that hold it; those of <cls> and <eos> are the means over
 * all windows. A protein of at most `window` residues is one window, which is all of it.
 */
#ifndef DN_ESM_TOKENS_H
#define DN_ESM_TOKENS_H

#include <stdint.h>
#include "solvers/base/error.h"

enum {
    DN_ESM_CLS = 0,
    DN_ESM_PAD = 1,
    DN_ESM_EOS = 2,
    DN_ESM_UNK = 3,
    DN_ESM_MASK = 32,
    DN_ESM_TOKENS = 33,
    DN_ESM_RESIDUES = 1022 /* of one protein or window, at most, as trained */
};

/* The token of a byte of a sequence. */
int dn_esm_token(char residue);

/* Residues of a text [len]: len, less the '*' at its end. */
int64_t dn_esm_residues(const char *text, int64_t len);

/* <cls>, text[0 .. n), <eos>: out [n + 2]. */
void dn_esm_tokenise(const char *text, int64_t n, int32_t *out);

/* ---- windows ---- */

/* Windows over n >= 0 residues: 1 when n <= window, otherwise the least count whose neighbours share at
 * least `overlap`. 0 <= overlap < window. */
int64_t dn_esm_windows(int64_t n, int64_t window, int64_t overlap);

/* The first residue of window i, 0 <= i < count = dn_esm_windows(...): floor(i (n - window) / (count - 1)),
 * and 0 when count is 1. It holds min(n, window) residues. */
int64_t dn_esm_window_start(int64_t n, int64_t window, int64_t overlap, int64_t i);

/* Windows that hold residue r, 0 <= r < n. At least 1. */
int64_t dn_esm_window_cover(int64_t n, int64_t window, int64_t overlap, int64_t r);

/* Add window i to the mean over windows.
 *
 *   states  [m + 2, width]  of the tokens of window i, m = min(n, window)
 *   mean    [n + 2, width]  of the protein: zero before window 0, complete after the last one. Windows are
 *           added in their order: the bits depend on it
 */
void dn_esm_window_add(int64_t n, int64_t window, int64_t overlap, int64_t i, const float *states,
                       int64_t width, float *mean);

#endif
