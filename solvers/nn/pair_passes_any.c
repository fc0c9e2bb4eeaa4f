/* pair_passes_any.c - pair_passes_body.h for any CPU; see pair_passes.h */
#include "solvers/nn/pair_passes.h"

enum { LANES = 4, TILE = 1, ABREAST = 1 };
#define ISA "any"
#include "solvers/nn/pair_passes_body.h"

const dn_pair_passes *dn_pair_passes_any(void)
{
    return &passes;
}
