/* bytes.c - a byte among many bytes; see bytes.h */
#include "solvers/base/bytes.h"

#include "solvers/base/clones.h"

DN_CLONES int64_t dn_bytes_survey(const char *p, size_t len, char c, char other, bool *out_other)
{
    enum { LANES = 64, MOST = 255 }; /* a lane counts in a byte */
    uint8_t seen[LANES] = {0}, any = 0;
    int64_t n = 0;
    size_t i = 0;

    while (len - i >= LANES) {
        uint8_t lane[LANES] = {0};
        size_t turns = (len - i) / LANES < MOST ? (len - i) / LANES : MOST;
        for (size_t t = 0; t < turns; t++, i += LANES)
            for (int k = 0; k < LANES; k++) {
                lane[k] = (uint8_t)(lane[k] + (p[i + (size_t)k] == c));
                seen[k] = (uint8_t)(seen[k] | (p[i + (size_t)k] == other));
            }
        for (int k = 0; k < LANES; k++)
            n += lane[k];
    }
    for (int k = 0; k < LANES; k++)
        any |= seen[k];
    for (; i < len; i++) {
        n += p[i] == c;
        any |= p[i] == other;
    }
    *out_other = any != 0;
    return n;
}
