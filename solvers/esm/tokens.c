/* tokens.c - proteins as tokens of ESM-2; see tokens.h */
#include "solvers/esm/tokens.h"

#include <stddef.h>
#include <string.h>

/* What the published vocabulary writes as one letter or sign, from token 4 on. */
static const char letters[] = "LAGVSERTIDPKQNFYMHWCXBUZO.-";
enum { FIRST_LETTER = 4 };

int dn_esm_token(char residue)
{
    const char *at;

    if (residue >= 'a' && residue <= 'z')
        residue = (char)(residue - 'a' + 'A');
    at = residue != '\0' ? strchr(letters, residue) : NULL;
    return at != NULL ? FIRST_LETTER + (int)(at - letters) : DN_ESM_UNK;
}

int64_t dn_esm_residues(const char *text, int64_t len)
{
    return len > 0 && text[len - 1] == '*' ? len - 1 : len;
}

void dn_esm_tokenise(const char *text, int64_t n, int32_t *out)
{
    out[0] = DN_ESM_CLS;
    for (int64_t i = 0; i < n; i++)
        out[1 + i] = dn_esm_token(text[i]);
    out[1 + n] = DN_ESM_EOS;
}

/* ---- windows ---- */

int64_t dn_esm_windows(int64_t n, int64_t window, int64_t overlap)
{
    int64_t step = window - overlap;

    return n <= window ? 1 : 1 + (n - window + step - 1) / step;
}

int64_t dn_esm_window_start(int64_t n, int64_t window, int64_t overlap, int64_t i)
{
    int64_t count = dn_esm_windows(n, window, overlap);

    return count == 1 ? 0 : i * (n - window) / (count - 1);
}

int64_t dn_esm_window_cover(int64_t n, int64_t window, int64_t overlap, int64_t r)
{
    int64_t count = dn_esm_windows(n, window, overlap), cover = 0;

    for (int64_t i = 0; i < count; i++) {
        int64_t start = dn_esm_window_start(n, window, overlap, i);

        cover += r >= start && r < start + window;
    }
    return cover;
}

static void add_row(const float *from, int64_t width, int64_t among, float *to)
{
    for (int64_t c = 0; c < width; c++)
        to[c] += from[c] / (float)among;
}

void dn_esm_window_add(int64_t n, int64_t window, int64_t overlap, int64_t i, const float *states,
                       int64_t width, float *mean)
{
    int64_t count = dn_esm_windows(n, window, overlap), m = n < window ? n : window;
    int64_t start = dn_esm_window_start(n, window, overlap, i);

    add_row(states, width, count, mean);
    for (int64_t r = 0; r < m; r++)
        add_row(states + (1 + r) * width, width, dn_esm_window_cover(n, window, overlap, start + r),
                mean + (1 + start + r) * width);
    add_row(states + (1 + m) * width, width, count, mean + (1 + n) * width);
}
