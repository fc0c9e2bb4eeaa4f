/* best.h - the best K of a stream of pairs, in K places
 *
 * The order is total: larger key first, then lower a, then lower b; so what is kept depends neither on the
 * order of the stream nor on how it was dealt out and put together again. Local.
 */
#ifndef DN_STATS_BEST_H
#define DN_STATS_BEST_H

#include <stdint.h>

typedef struct dn_hit {
    double key; /* no NaN */
    int64_t a, b;
} dn_hit;

/* Offer x to the best `keep` >= 1 of heap [keep], *n of which are there (0 at first). Time O(log keep). */
void dn_best_offer(dn_hit *heap, int64_t keep, int64_t *n, const dn_hit *x);

/* Put hits [n] in their order, the best first. */
void dn_best_sort(dn_hit *hit, int64_t n);

#endif
