/* dti_data.h - drugs, targets and pairs of a given shape for tests of the drug-target network. Local. */
#ifndef DN_TEST_DTI_DATA_H
#define DN_TEST_DTI_DATA_H

#include "solvers/models/dti.h"

typedef struct test_dti_shape {
    int64_t drugs, atom_width;
    const int64_t *n_atoms; /* [drugs]  up to 1,000 atoms in all, of up to 4 numbers */
    bool branched;          /* atom 3 of every four hangs on the one before its predecessor; else chains */
    int64_t targets, state_width;
    const int64_t *lengths; /* [targets]  up to 42,000 positions in all, of up to 20 numbers */
    int64_t pairs;          /* up to 600 */
} test_dti_shape;

/* Buffers of this program, which the next call fills anew: counts, bonds and rows 0, 1, 2, ... as the shape
 * says, all else 0, for the test to fill. */
typedef struct test_dti_data {
    dn_dti_data data; /* views of the rest */
    int64_t *atom_at, *bond_at, *bond_to, *state_at;
    float *atom;            /* [atoms, atom_width] */
    float *state;           /* [positions, state_width] */
    int64_t *drug, *target; /* [pairs] */
    int64_t *rows;          /* [pairs] */
    uint8_t *label;         /* [pairs] */
} test_dti_data;

test_dti_data test_dti_make(const test_dti_shape *shape);

#endif
