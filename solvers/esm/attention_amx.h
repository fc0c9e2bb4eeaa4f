/* attention_amx.h - attention of one head with products in bf16 on the tiles of AMX
 *
 * As in attention.h; scores, maxima and sums in f32. Weights of the softmax have a relative error below 1e-4
 * and are rounded to bf16. All functions are local.
 */
#ifndef DN_ESM_ATTENTION_AMX_H
#define DN_ESM_ATTENTION_AMX_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this CPU has AMX with bf16 and AVX-512, and the system lets this process use it. */
bool dn_esm_amx_here(void);

/* The width of a head as the tiles want it: 16 or a multiple of 32. */
int64_t dn_esm_amx_dim(int64_t width);

/* All pointers to bf16; what pads n and the width is zero. Keys go in blocks of DN_ESM_AMX_KEYS. */
enum { DN_ESM_AMX_KEYS = 64 };
typedef struct dn_esm_amx_head {
    int64_t n, dim;
    int64_t room;      /* n, rounded up to a multiple of DN_ESM_AMX_KEYS */
    const uint16_t *q; /* [ceil(n / 64), dim / 2, 64, 2]  pairs of columns side by side */
    const uint16_t *k; /* [room, dim] */
    const uint16_t *v; /* [dim, room] */
} dn_esm_amx_head;

/* Bytes of scratch for one call. */
int64_t dn_esm_amx_scratch(int64_t dim);

/* out [n] rows of `width` <= dim numbers in bf16, `stride` apart. dn_esm_amx_here() must hold. */
void dn_esm_amx_attention(const dn_esm_amx_head *h, int64_t width, void *scratch, uint16_t *out,
                          int64_t stride);

#endif
