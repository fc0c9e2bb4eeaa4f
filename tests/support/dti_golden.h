/* dti_golden.h - the small drug-target data of tests/golden/make_dti.py, and the numbers of dti.txt */
#ifndef DN_TEST_SUPPORT_DTI_GOLDEN_H
#define DN_TEST_SUPPORT_DTI_GOLDEN_H

#include "solvers/models/dti.h"

enum {
    GOLDEN_DRUGS = 6,
    GOLDEN_TARGETS = 7,
    GOLDEN_PAIRS = 12,
    GOLDEN_ATOM_WIDTH = 3,
    GOLDEN_STATE_WIDTH = 5,
    GOLDEN_ATOMS = 28,
    GOLDEN_POSITIONS = 62,
    GOLDEN_SEED = 11
};

typedef struct dti_golden {
    float atom[GOLDEN_ATOMS * GOLDEN_ATOM_WIDTH], state[GOLDEN_POSITIONS * GOLDEN_STATE_WIDTH];
    int64_t atom_at[GOLDEN_DRUGS + 1], bond_at[GOLDEN_ATOMS + 1], bond_to[2 * GOLDEN_ATOMS];
    int64_t state_at[GOLDEN_TARGETS + 1];
    int64_t drug[GOLDEN_PAIRS], target[GOLDEN_PAIRS];
    int64_t all[GOLDEN_PAIRS]; /* 0, 1, ... */
    uint8_t label[GOLDEN_PAIRS];
} dti_golden;

/* Fill g and show it to a network. */
dn_dti_data dti_golden_data(dti_golden *g);

/* Sizes of the network there, without dropout. */
dn_dti_options dti_golden_options(int64_t joint);

/* What the script changes of initial weights: a negative scale turns the maximum of a pool round. */
void dti_golden_turn(const dn_model *m, float *w);

/* The n numbers of the line "tag_name", or a failed assertion. */
void dti_golden_read(const char *tag, const char *name, double *out, int64_t n);
/* The same of another file of such lines. */
void dti_golden_read_from(const char *path, const char *tag, const char *name, double *out, int64_t n);

/* The largest |got - want| / (1 + |want|). */
double dti_golden_distance(const float *got, const double *want, int64_t n);

#endif
