/* dti_data.c - see dti_data.h */
#include "tests/support/dti_data.h"

#include <string.h>
#include "tests/support/test.h"

enum {
    DRUGS = 32,
    TARGETS = 32,
    ATOMS = 1000,
    ATOM_WIDTH = 4,
    POSITIONS = 42000,
    STATE_WIDTH = 20,
    PAIRS = 600
};

static float atom[ATOMS * ATOM_WIDTH], state[POSITIONS * STATE_WIDTH];
static int64_t atom_at[DRUGS + 1], bond_at[ATOMS + 1], bond_to[2 * ATOMS], state_at[TARGETS + 1];
static int64_t drug[PAIRS], target[PAIRS], rows[PAIRS];
static uint8_t label[PAIRS];

static int64_t parent_of(int64_t atom_of_drug, bool branched)
{
    return branched && atom_of_drug % 4 == 3 ? atom_of_drug - 2 : atom_of_drug - 1;
}

/* The bonds of one drug, neighbours in rising order; returns how many there are now. */
static int64_t bond(int64_t first, int64_t n, bool branched, int64_t bonds)
{
    for (int64_t i = 0; i < n; i++) {
        bond_at[first + i] = bonds;
        for (int64_t j = 0; j < n; j++)
            if ((i > 0 && parent_of(i, branched) == j) || (j > 0 && parent_of(j, branched) == i))
                bond_to[bonds++] = j;
    }
    bond_at[first + n] = bonds;
    return bonds;
}

static void clear(void)
{
    memset(atom, 0, sizeof atom);
    memset(state, 0, sizeof state);
    memset(drug, 0, sizeof drug);
    memset(target, 0, sizeof target);
    memset(label, 0, sizeof label);
    memset(atom_at, 0, sizeof atom_at);
    memset(state_at, 0, sizeof state_at);
}

test_dti_data test_dti_make(const test_dti_shape *s)
{
    int64_t bonds = 0;

    clear();
    CU_ASSERT(s->drugs <= DRUGS && s->targets <= TARGETS && s->pairs <= PAIRS);
    CU_ASSERT(s->atom_width <= ATOM_WIDTH && s->state_width <= STATE_WIDTH);
    for (int64_t d = 0; d < s->drugs; d++) {
        atom_at[d + 1] = atom_at[d] + s->n_atoms[d];
        CU_ASSERT(atom_at[d + 1] <= ATOMS);
        bonds = bond(atom_at[d], s->n_atoms[d], s->branched, bonds);
    }
    for (int64_t t = 0; t < s->targets; t++)
        state_at[t + 1] = state_at[t] + s->lengths[t];
    CU_ASSERT(state_at[s->targets] <= POSITIONS);
    for (int64_t p = 0; p < s->pairs; p++)
        rows[p] = p;
    return (test_dti_data){.data = {.n_drugs = s->drugs,
                                    .atom_width = s->atom_width,
                                    .atom_at = atom_at,
                                    .atom = atom,
                                    .bond_at = bond_at,
                                    .bond_to = bond_to,
                                    .n_targets = s->targets,
                                    .state_width = s->state_width,
                                    .state_at = state_at,
                                    .state = state,
                                    .n_pairs = s->pairs,
                                    .drug = drug,
                                    .target = target,
                                    .label = label},
                           .atom_at = atom_at,
                           .bond_at = bond_at,
                           .bond_to = bond_to,
                           .state_at = state_at,
                           .atom = atom,
                           .state = state,
                           .drug = drug,
                           .target = target,
                           .rows = rows,
                           .label = label};
}
