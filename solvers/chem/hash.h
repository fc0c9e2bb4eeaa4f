/* hash.h - the hash that fingerprints are made of */
#ifndef DN_CHEM_HASH_H
#define DN_CHEM_HASH_H

#include <stdint.h>

/* boost::hash_combine over 32 bits, as RDKit has it in gboost. */
static inline void dn_hash_combine(uint32_t *seed, uint32_t value)
{
    *seed ^= value + 0x9e3779b9u + (*seed << 6) + (*seed >> 2);
}

#endif
