/* cells.c - the cells of a line to floats; see cells.h */
#include "solvers/base/cells.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "solvers/base/bytes.h"
#include "solvers/base/clones.h"
#include "solvers/base/decimal.h"

static const double ten[16] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* ---- for every CPU ---- */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The n digits in front of stop, 1 to 8 of them, 8 bytes there being readable; *bad is not 0 afterwards when
 * one of them is none. */
static inline uint64_t digits_before(const char *stop, int64_t n, uint64_t *bad)
{
    uint64_t x;

    memcpy(&x, stop - 8, sizeof x);
    x ^= 0x3030303030303030u;
    x = x >> (8 * (8 - n)) << (8 * (8 - n));
    *bad |= ((x + 0x0606060606060606u) | x) & 0xf0f0f0f0f0f0f0f0u;
    x = (x * (1 + (10 << 8))) >> 8;
    x = ((x & 0x00ff00ff00ff00ffu) * (1 + (100 << 16))) >> 16;
    return ((x & 0x0000ffff0000ffffu) * (1 + (UINT64_C(10000) << 32))) >> 32;
}
#else
static inline uint64_t digits_before(const char *stop, int64_t n, uint64_t *bad)
{
    uint64_t v = 0;

    for (const char *p = stop - n; p < stop; p++) {
        *bad |= *p < '0' || *p > '9';
        v = v * 10 + (uint64_t)(*p - '0');
    }
    return v;
}
#endif

/* The cell [from, stop), whatever its number looks like. */
static bool any_cell(const char *from, const char *stop, float *x)
{
    double v;

    if (dn_scan_decimal(from, stop, &v) != stop || from == stop || fabs(v) > (double)FLT_MAX)
        return false;
    *x = (float)v;
    return true;
}

/* The same; dot is the '.' in it, or NULL. Where the ends are is known before any digit is looked at, so that
 * the CPU works on several cells at a time. From line on bytes may be read. */
static inline bool cell(const char *line, const char *from, const char *dot, const char *stop, float *x)
{
    static const uint64_t small_ten[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const bool minus = *from == '-';
    const char *first = from + minus;
    uint64_t bad = 0, w;
    double v;

    if (dot == NULL || dot <= first || dot - first > 8 || stop - dot < 2 || stop - dot > 9 || dot - line < 8)
        return any_cell(from, stop, x);
    w = digits_before(dot, dot - first, &bad) * small_ten[stop - dot - 1];
    w += digits_before(stop, stop - dot - 1, &bad);
    if (bad != 0 || w > UINT64_C(1) << 53)
        return any_cell(from, stop, x);
    v = (double)(int64_t)w / ten[stop - dot - 1];
    *x = (float)(minus ? -v : v);
    return true;
}

DN_CLONES static int64_t read_plain(const char **at, const char *end, char separator, int64_t n, float *x)
{
    const char *line = *at, *from = line, *dot = NULL, *stop;
    int64_t done = 0;

    for (const char *p = line; end - p >= 64 && done < n; p += 64) {
        uint64_t mask = dn_bytes_equal(p, separator) | dn_bytes_equal(p, '.');
        for (; mask != 0 && done < n; mask &= mask - 1) {
            stop = p + __builtin_ctzll(mask);
            if (*stop == '.') {
                dot = stop;
                continue;
            }
            if (!cell(line, from, dot, stop, x + done))
                goto out;
            done++;
            from = stop + 1;
            dot = NULL;
        }
    }
    while (done < n && from <= end) {
        stop = from < end ? memchr(from, separator, (size_t)(end - from)) : NULL;
        stop = stop != NULL ? stop : end;
        if (!any_cell(from, stop, x + done))
            break;
        done++;
        from = stop + 1;
    }
out:
    *at = from;
    return done;
}

/* ---- eight cells at a time ---- */

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,bmi,bmi2,lzcnt,popcnt")))

#define VBMI2 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))

enum {
    GROUP = 8,
    QUAD = 4,
    WINDOW = 16,
    BLOCK = 64,
    FEW_BLOCKS = 2,
    MOST_BLOCKS = 32,
    MOST = MOST_BLOCKS * BLOCK,
    MANY = 32
};

/* Bit 0 and bit 15 of every 16-bit part. Where no part of a is 0, a - EACH takes 1 from each part alone. */
static const uint64_t EACH = 0x0001000100010001u, LAST = 0x8000800080008000u;

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

/* LZCNT came with AVX2. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
static bool has_vbmi2(void)
{
    return __builtin_cpu_supports("avx512vbmi2");
}

/* Four cells, one in each 16 bytes from its first byte on; a 16-bit part of a mask belongs to one of them. */
typedef struct four {
    __m512i quads;  /* numbers of four digits: without its point a cell is 15 digits, zeros behind */
    uint64_t point; /* one bit: where the point stands, or would stand */
    uint64_t minus; /* bit 0 */
    uint64_t bad;   /* not 0: not [-]digits[.digits], or longer than 15 bytes; the rest means nothing */
} four;

/* The cells that begin at bytes start[0], [2], [4] and [6] of p. */
AVX512 static inline __attribute__((always_inline)) four read_four(const char *p, const uint16_t *start,
                                                                   __m512i separator)
{
    const __m512i next =
        _mm512_broadcast_i32x4(_mm_setr_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1));
    const __m512i tens =
        _mm512_broadcast_i32x4(_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 1, 0));
    const __m512i hundreds = _mm512_broadcast_i32x4(_mm_setr_epi16(100, 1, 100, 1, 100, 1, 10, 1));
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(p + start[0])));
    __m512i value;
    uint64_t digit, stop, before, head;
    four f;

    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + start[2])), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + start[4])), 2);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + start[6])), 3);
    value = _mm512_sub_epi8(v, _mm512_set1_epi8('0'));
    digit = _mm512_cmp_epu8_mask(value, _mm512_set1_epi8(9), _MM_CMPINT_LE);
    f.minus = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('-')) & EACH;
    f.point = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('.'));
    stop = _mm512_cmpeq_epi8_mask(v, separator);

    before = ~(stop | LAST) & ((stop | LAST) - EACH); /* bytes in front of the first separator */
    f.point |= stop | LAST;
    f.point &= ~(f.point - EACH); /* the first of these alone */
    digit &= before;
    head = digit | (f.minus & digit >> 1); /* a digit comes first, or behind the sign */
    f.bad = (before & ~(digit | f.point | f.minus)) | (~head & EACH) | (before << 1 & LAST & ~stop);

    /* Digits in front of the point stay, those behind it move up by one, the rest is 0. */
    value = _mm512_maskz_mov_epi8(digit, value);
    value = _mm512_mask_shuffle_epi8(value, (EACH << 15 << 1) - f.point, value, next);
    f.quads = _mm512_madd_epi16(_mm512_maddubs_epi16(value, tens), hundreds);
    return f;
}

/* Eight cells, the first of which begins at byte start[0] of p and so on. A cell is w / 10^k exactly, w of 15
 * digits, k 15 less those in front of the point: one division rounds as one of a shorter w would. Returns how
 * many of them are right. */
AVX512 static inline __attribute__((always_inline)) int read_eight(const char *p, const uint16_t *start,
                                                                   __m512i separator, float *x)
{
    const __m512i thousands = _mm512_broadcast_i32x4(_mm_setr_epi16(10000, 1, 1000, 1, 10000, 1, 1000, 1));
    four even = read_four(p, start, separator), odd = read_four(p, start + 1, separator);
    __m512i eights = _mm512_madd_epi16(_mm512_packus_epi32(even.quads, odd.quads), thousands), w, power;
    __m128i point =
        _mm_unpacklo_epi16(_mm_set_epi64x(0, (int64_t)even.point), _mm_set_epi64x(0, (int64_t)odd.point));
    __m512d v;
    uint64_t good;

    /* 8 digits in the lower half, 7 in the upper one */
    w = _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(10000000)),
                         _mm512_srli_epi64(eights, 32));
    power = _mm512_lzcnt_epi64(_mm512_cvtepu16_epi64(point)); /* 63 - digits: its lower four bits are k */
    v = _mm512_div_pd(_mm512_cvtepi64_pd(w),
                      _mm512_permutex2var_pd(_mm512_loadu_pd(ten), power, _mm512_loadu_pd(ten + 8)));
    v = _mm512_mask_xor_pd(v, (__mmask8)_pext_u64(even.minus | odd.minus << 1, EACH | EACH << 1), v,
                           _mm512_set1_pd(-0.0));
    _mm256_storeu_ps(x, _mm512_cvtpd_ps(v));
    if ((even.bad | odd.bad) == 0)
        return GROUP;
    good = 2 * (_tzcnt_u64(even.bad) / 16);
    return (int)(good < 2 * (_tzcnt_u64(odd.bad) / 16) + 1 ? good : 2 * (_tzcnt_u64(odd.bad) / 16) + 1);
}

/* In `start`: where the first cell behind each separator of the blocks at p begins. Returns how many. */
AVX512 static int find_starts(const char *p, int64_t blocks, __m512i separator, uint16_t *start)
{
    int n = 0;

    for (int64_t b = 0; b < blocks; b++) {
        uint64_t mask = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p + b * BLOCK), separator);
        int found = (int)_mm_popcnt_u64(mask);
        for (int i = 0; i < found; i += 8) /* too many, for want of a branch */
            for (int k = 0; k < 8; k++, mask = _blsr_u64(mask))
                start[n + i + k] = (uint16_t)(b * BLOCK + (int64_t)_tzcnt_u64(mask) + 1);
        n += found;
    }
    return n;
}

/* The same; a mask picks them out of the numbers from 1 to 64. */
VBMI2 static int pick_starts(const char *p, int64_t blocks, __m512i separator, uint16_t *start)
{
    int8_t byte[BLOCK];
    __m512i behind;
    int n = 0;

    for (int i = 0; i < BLOCK; i++)
        byte[i] = (int8_t)(i + 1);
    behind = _mm512_loadu_si512(byte);
    for (int64_t b = 0; b < blocks; b++) {
        uint64_t mask = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p + b * BLOCK), separator);
        int found = (int)_mm_popcnt_u64(mask);
        __m512i in = _mm512_maskz_compress_epi8(mask, behind), at = _mm512_set1_epi16((short)(b * BLOCK));

        _mm512_storeu_si512(start + n,
                            _mm512_add_epi16(at, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(in))));
        if (found > MANY)
            _mm512_storeu_si512(start + n + MANY,
                                _mm512_add_epi16(at, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(in, 1))));
        n += found;
    }
    return n;
}

/* Ranges of some blocks: the starts of their cells first, then the cells. After an odd cell the first range
 * is short again, as another one may not be far. */
AVX512 static int64_t read_wide(bool pick, const char **at, const char *end, char separator, int64_t n,
                                float *x)
{
    const __m512i tab = _mm512_set1_epi8(separator);
    int (*find)(const char *, int64_t, __m512i, uint16_t *) = pick ? pick_starts : find_starts;
    uint16_t start[1 + MOST + MANY];
    const char *from = *at;
    int64_t done = 0, most = FEW_BLOCKS;

    start[0] = 0;
    while (n - done >= GROUP && end - from >= BLOCK + WINDOW) {
        int64_t room = (end - from - WINDOW) / BLOCK;
        int cells = find(from, room < most ? room : most, tab, start + 1), i = 0;

        if (cells < GROUP) /* long cells */
            break;
        while (i + GROUP <= cells && n - done >= GROUP) {
            int good = read_eight(from, start + i, tab, x + done);
            done += good;
            i += good;
            if (good == GROUP)
                continue;
            if (!any_cell(from + start[i], from + start[i + 1] - 1, x + done)) {
                from += start[i];
                goto out;
            }
            done++;
            i++;
        }
        from += start[i];
        most = most < MOST_BLOCKS ? 2 * most : most;
    }
out:
    *at = from;
    return done;
}

/* ---- four cells at a time, for CPUs without AVX-512 ---- */

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* Row k: bytes in front of the k-th stay, those behind it move up by one. */
#define AT(i, k) ((i) < (k) ? (i) : (i) < 15 ? (i) + 1 : 128)
#define ROW(k)                                                                                              \
    {                                                                                                       \
        AT(0, k), AT(1, k), AT(2, k), AT(3, k), AT(4, k), AT(5, k), AT(6, k), AT(7, k), AT(8, k), AT(9, k), \
            AT(10, k), AT(11, k), AT(12, k), AT(13, k), AT(14, k), AT(15, k)                                \
    }
static const uint8_t without[16][16] = {ROW(0), ROW(1), ROW(2),  ROW(3),  ROW(4),  ROW(5),  ROW(6),  ROW(7),
                                        ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13), ROW(14), ROW(15)};

/* From byte 16 - n on: n bytes of ones. */
static const uint8_t ones[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                 255, 255, 255, 255, 255, 255, 255, 255};

static const double signed_ten[2][16] = {
    {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15},
    {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8, -1e9, -1e10, -1e11, -1e12, -1e13, -1e14, -1e15}};

/* Bit i: byte i of a is that of c; bit 32 + i: byte i of b. */
AVX2 static inline __attribute__((always_inline)) uint64_t equal(__m256i a, __m256i b, __m256i c)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, c)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, c)) << 32;
}

AVX2 static inline __attribute__((always_inline)) __m256i two(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)), _mm_loadu_si128(high), 1);
}

/* The digits of two cells, n bytes of each, to numbers of four as in read_four(); k: where the point stands,
 * or would stand. */
AVX2 static inline __attribute__((always_inline)) __m256i quads(__m256i digits, const uint64_t *n,
                                                                const uint64_t *k)
{
    const __m256i tens =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 1, 0));
    const __m256i hundreds = _mm256_broadcastsi128_si256(_mm_setr_epi16(100, 1, 100, 1, 100, 1, 10, 1));

    digits = _mm256_and_si256(digits, two(ones + 16 - n[0], ones + 16 - n[1]));
    digits = _mm256_shuffle_epi8(digits, two(without[k[0]], without[k[1]]));
    return _mm256_madd_epi16(_mm256_maddubs_epi16(digits, tens), hundreds);
}

/* Four cells, the first of which begins at byte start[0] of p and so on; not 0: one is bad. In masks their
 * order is 0, 2, 1, 3. The arithmetic is that of read_eight(); a number below 2^52 becomes a double by way of
 * its bits, and what it is divided by carries the sign. */
AVX2 static inline __attribute__((always_inline)) uint64_t read_quad(const char *p, const uint16_t *start,
                                                                     __m256i separator, float *x)
{
    const __m256i thousands =
        _mm256_broadcastsi128_si256(_mm_setr_epi16(10000, 1, 1000, 1, 10000, 1, 1000, 1));
    const __m256i exponent = _mm256_set1_epi64x(0x4330000000000000), nine = _mm256_set1_epi8(9);
    __m256i a = two(p + start[0], p + start[2]), b = two(p + start[1], p + start[3]), is_a, is_b, w;
    uint64_t minus = equal(a, b, _mm256_set1_epi8('-')) & EACH, point = equal(a, b, _mm256_set1_epi8('.'));
    uint64_t stop = equal(a, b, separator), end = stop | LAST, before, digit, head, n[4], k[4];
    double power[4];
    __m256d v;

    a = _mm256_sub_epi8(a, _mm256_set1_epi8('0'));
    b = _mm256_sub_epi8(b, _mm256_set1_epi8('0'));
    is_a = _mm256_cmpeq_epi8(_mm256_min_epu8(a, nine), a);
    is_b = _mm256_cmpeq_epi8(_mm256_min_epu8(b, nine), b);
    end &= ~(end - EACH); /* the first separator of each, or its last byte */
    before = end - EACH;
    point |= end;
    point &= ~(point - EACH);
    digit = ((uint32_t)_mm256_movemask_epi8(is_a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(is_b) << 32) &
            before;
    head = digit | (minus & digit >> 1); /* a digit comes first, or behind the sign */
    for (int i = 0; i < 4; i++) {
        n[i] = _tzcnt_u64(end >> (16 * i));
        k[i] = _tzcnt_u64(point >> (16 * i));
        power[i] = signed_ten[minus >> (16 * i) & 1][15 - k[i]];
    }
    w = _mm256_packus_epi32(quads(_mm256_and_si256(a, is_a), n, k),
                            quads(_mm256_and_si256(b, is_b), n + 2, k + 2));
    w = _mm256_madd_epi16(w, thousands); /* 8 digits, 7 digits */
    w = _mm256_add_epi64(_mm256_mul_epu32(w, _mm256_set1_epi64x(10000000)), _mm256_srli_epi64(w, 32));
    v = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(w, exponent)), _mm256_castsi256_pd(exponent));
    v = _mm256_div_pd(v, _mm256_setr_pd(power[0], power[2], power[1], power[3]));
    _mm_storeu_ps(x, _mm256_cvtpd_ps(v));
    return (before & ~(digit | point | minus)) | (~head & EACH) | (before << 1 & LAST & ~stop);
}

/* As find_starts(). */
AVX2 static int note_starts(const char *p, int64_t blocks, __m256i separator, uint16_t *start)
{
    int n = 0;

    for (int64_t b = 0; b < blocks; b++) {
        const char *at = p + b * BLOCK;
        uint64_t mask = equal(two(at, at + 16), two(at + 32, at + 48), separator);
        int found = (int)_mm_popcnt_u64(mask);
        for (int i = 0; i < found; i += 8)
            for (int k = 0; k < 8; k++, mask = _blsr_u64(mask))
                start[n + i + k] = (uint16_t)(b * BLOCK + (int64_t)_tzcnt_u64(mask) + 1);
        n += found;
    }
    return n;
}

/* As read_wide(), but where one of four is odd they are read one by one. */
AVX2 static int64_t read_narrow(const char **at, const char *end, char separator, int64_t n, float *x)
{
    const __m256i tab = _mm256_set1_epi8(separator);
    uint16_t start[1 + MOST + MANY];
    const char *from = *at;
    int64_t done = 0, most = FEW_BLOCKS;

    start[0] = 0;
    while (n - done >= QUAD && end - from >= BLOCK + WINDOW) {
        int64_t room = (end - from - WINDOW) / BLOCK;
        int cells = note_starts(from, room < most ? room : most, tab, start + 1), i = 0;

        if (cells < QUAD) /* long cells */
            break;
        for (; i + QUAD <= cells && n - done >= QUAD; i += QUAD, done += QUAD) {
            if (read_quad(from, start + i, tab, x + done) == 0)
                continue;
            for (int k = 0; k < QUAD; k++)
                if (!any_cell(from + start[i + k], from + start[i + k + 1] - 1, x + done + k)) {
                    from += start[i + k];
                    done += k;
                    goto out;
                }
        }
        from += start[i];
        most = most < MOST_BLOCKS ? 2 * most : most;
    }
out:
    *at = from;
    return done;
}
#else
static bool has_avx2(void)
{
    return false;
}

static bool has_avx512(void)
{
    return false;
}

static bool has_vbmi2(void)
{
    return false;
}

static int64_t read_wide(bool pick, const char **at, const char *end, char separator, int64_t n, float *x)
{
    (void)pick;
    (void)at;
    (void)end;
    (void)separator;
    (void)n;
    (void)x;
    return 0;
}

static int64_t read_narrow(const char **at, const char *end, char separator, int64_t n, float *x)
{
    return read_wide(false, at, end, separator, n, x);
}
#endif

/* ---- which of them ---- */

int dn_cells_ways(void)
{
    return !has_avx2() ? 1 : !has_avx512() ? 2 : !has_vbmi2() ? 3 : 4;
}

int64_t dn_cells_read_by(int way, const char **at, const char *end, char separator, int64_t n, float *x)
{
    int64_t done = 0;

    if (way > 0)
        done =
            way == 1 ? read_narrow(at, end, separator, n, x) : read_wide(way > 2, at, end, separator, n, x);
    return done + read_plain(at, end, separator, n - done, x + done);
}

int64_t dn_cells_read(const char **at, const char *end, char separator, int64_t n, float *x)
{
    return dn_cells_read_by(dn_cells_ways() - 1, at, end, separator, n, x);
}
