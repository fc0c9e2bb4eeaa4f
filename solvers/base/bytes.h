/* bytes.h - a byte among many bytes, 64 at a time. All functions are local. */
#ifndef DN_BASE_BYTES_H
#define DN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bit i of the result: byte i of the 64 at p is c. */
static inline uint64_t dn_bytes_equal(const char *p, char c)
{
    uint64_t mask = 0;
#ifdef __SSE2__
    const __m128i want = _mm_set1_epi8(c);

    for (int i = 0; i < 4; i++) {
        __m128i have = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(have, want)) << (16 * i);
    }
#else
    for (int i = 0; i < 64; i++)
        mask |= (uint64_t)(p[i] == c) << i;
#endif
    return mask;
}

/* How many of len bytes are c; *out_other: whether one is `other`. */
int64_t dn_bytes_survey(const char *p, size_t len, char c, char other, bool *out_other);

#endif
