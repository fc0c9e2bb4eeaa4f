/* decimal.c - decimal numbers in text to double; see decimal.h */
#include "solvers/base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MOST_DIGITS = 19, MOST_POWER = 27, EXACT_POWER = 22 };

static const double ten[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t small_ten[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* ---- digits ---- */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The digits among the 8 bytes at p up to the first that is none: how many, and their value. All bytes at a
 * time: subtract '0', find the first byte above 9, move zeros in front, add up pairs, fours, eights. */
static inline int digits8(const char *p, uint64_t *out)
{
    uint64_t x, bad;
    int n;

    memcpy(&x, p, sizeof x);
    x ^= 0x3030303030303030u;
    bad = ((x + 0x7676767676767676u) | x) & 0x8080808080808080u; /* right up to its lowest bit */
    n = bad == 0 ? 8 : __builtin_ctzll(bad) >> 3;
    *out = 0;
    if (n == 0)
        return 0;
    x <<= 8 * (8 - n);
    x = (x * (1 + (10 << 8))) >> 8;
    x = ((x & 0x00ff00ff00ff00ffu) * (1 + (100 << 16))) >> 16;
    *out = ((x & 0x0000ffff0000ffffu) * (1 + (UINT64_C(10000) << 32))) >> 32;
    return n;
}
#else
static inline int digits8(const char *p, uint64_t *out)
{
    int n = 0;

    for (*out = 0; n < 8 && p[n] >= '0' && p[n] <= '9'; n++)
        *out = *out * 10 + (uint64_t)(p[n] - '0');
    return n;
}
#endif

/* Digits at `at` join *w; returns the first byte behind them. More than MOST_DIGITS in a row end early: what
 * is in *w is then worthless. */
static inline const char *digits(const char *at, const char *end, uint64_t *w)
{
    const char *most = end - at > MOST_DIGITS + 1 ? at + MOST_DIGITS + 1 : end;

    while (end - at >= 8) {
        uint64_t v;
        int n = digits8(at, &v);
        *w = *w * small_ten[n] + v;
        at += n;
        if (n < 8 || at >= most)
            return at;
    }
    for (; at < most && *at >= '0' && *at <= '9'; at++)
        *w = *w * 10 + (uint64_t)(*at - '0');
    return at;
}

/* ---- rounding ---- */

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

static uint64_t five(int power)
{
    uint64_t v = 1;

    while (power-- > 0)
        v *= 5;
    return v; /* 5^27 < 2^63 */
}

/* w * 10^power = w * 5^power * 2^power. The quotient has 65 bits or more, so the bit that says that something
 * was left over stands below those that decide on rounding. */
static bool by_five(uint64_t w, int power, double *out)
{
    if (power >= 0) {
        *out = ldexp((double)((wide)w * five(power)), power);
    } else {
        int shift = 64 + __builtin_clzll(w);
        wide top = (wide)w << shift, d = five(-power), q = top / d;
        q |= top % d != 0;
        *out = ldexp((double)q, power - shift);
    }
    return true;
}
#else
static bool by_five(uint64_t w, int power, double *out)
{
    (void)w;
    (void)power;
    (void)out;
    return false;
}
#endif

static inline bool value(uint64_t w, int power, double *out)
{
    if (power < -MOST_POWER || power > MOST_POWER)
        return false;
    if (w <= (UINT64_C(1) << 53) && power >= -EXACT_POWER && power <= EXACT_POWER) {
        *out = power < 0 ? (double)w / ten[-power] : (double)w * ten[power];
        return true;
    }
    if (w == 0) {
        *out = 0;
        return true;
    }
    return by_five(w, power, out);
}

/* ---- the number ---- */

/* e+05 at `at`; without digits it is none. NULL: too many digits. */
static const char *exponent(const char *at, const char *end, int *power)
{
    const char *p = at + 1, *first;
    bool minus = p < end && *p == '-';
    int e = 0;

    p += p < end && (*p == '-' || *p == '+');
    first = p;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (p - first >= 4)
            return NULL;
        e = e * 10 + (*p - '0');
    }
    if (p == first)
        return NULL;
    *power += minus ? -e : e;
    return p;
}

const char *dn_scan_decimal(const char *at, const char *end, double *out)
{
    bool minus = at < end && *at == '-';
    uint64_t w = 0;
    int power = 0;
    int64_t count;
    const char *first;
    double v;

    at += at < end && (*at == '-' || *at == '+');
    first = at;
    at = digits(at, end, &w);
    count = at - first;
    if (at < end && *at == '.') {
        first = ++at;
        at = digits(at, end, &w);
        count += at - first;
        power = (int)(first - at);
    }
    if (count == 0 || count > MOST_DIGITS)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = exponent(at, end, &power);
        if (at == NULL)
            return NULL;
    }
    if (!value(w, power, &v))
        return NULL;
    *out = minus ? -v : v;
    return at;
}
