/* pair_set.h - a set of unordered pairs that grows
 *
 * Open addressing, linear probing; what it answers does not depend on the order of what was put in. All
 * functions are local.
 */
#ifndef DN_DATA_PAIR_SET_H
#define DN_DATA_PAIR_SET_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/error.h"

typedef struct dn_pair_set {
    uint64_t *key;    /* [cap]  0: empty */
    uint8_t *present; /* [cap]  0: was removed */
    int64_t cap;      /* a power of two */
    int64_t used;     /* slots that are not empty */
} dn_pair_set;

/* Room for n pairs to begin with, 18 to 36 bytes each. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_pair_set_create(int64_t n, dn_pair_set *out, dn_error *err);
void dn_pair_set_destroy(dn_pair_set *s);

/* 0 <= a, b < 2^31; (a, b) and (b, a) are the same. */
bool dn_pair_set_has(const dn_pair_set *s, int64_t a, int64_t b);

/* What is there already stays. Fails: DN_ENOMEM, and the set is as it was */
DN_MUST_CHECK dn_status dn_pair_set_add(dn_pair_set *s, int64_t a, int64_t b, dn_error *err);

/* What is not there is not missed. */
void dn_pair_set_remove(dn_pair_set *s, int64_t a, int64_t b);

#endif
