/* small_screen.h - a few drugs and targets, made by hand, and what a screen of them must find
 *
 * Molecules and states are made without Indigo. The same arrays stand on every rank and belong to nobody.
 */
#ifndef DN_TEST_SMALL_SCREEN_H
#define DN_TEST_SMALL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/screen/screen.h"

enum {
    SMALL_DRUGS = 26,
    SMALL_TARGETS = 21,
    SMALL_ROWS = SMALL_DRUGS * SMALL_TARGETS,
    SMALL_ATOMS = 6,
    SMALL_LENGTH = 30
};

extern char small_sequence[SMALL_TARGETS * SMALL_LENGTH];
extern int64_t small_known_drug[SMALL_ROWS], small_known_target[SMALL_ROWS], small_n_known;
extern uint8_t small_known_part[SMALL_ROWS];
extern int64_t small_every_drug[SMALL_DRUGS], small_every_target[SMALL_TARGETS]; /* 0, 1, 2 ... */

/* To be set before small_make(): the last ones stand behind those of the dataset, without pairs. */
extern int64_t small_new_drugs, small_new_targets;
extern bool small_without_new; /* all pairs are those of the other drugs */

/* Fill the arrays. */
void small_make(void);

/* A model with random weights (scale 0: all equal, so that every score is the same), bound to the known pairs
 * or to all. */
typedef struct small_model {
    dn_dti_model m;
    dn_split split;
} small_model;

void small_model_make(bool all, bool history, const char *kind, float scale, small_model *out);
void small_model_free(small_model *x);

/* Scores of all pairs through history, load() and predict(), by each rank alone: out [SMALL_ROWS]. */
void small_score(bool history, const char *kind, float scale, float *out);

/* Whether the screen has found what sorting all scores finds; asserts. */
void small_compare(const dn_screen_options *o, const float *score, const dn_screen_result *got);

/* Screen, which must succeed, and compare. Collective over all ranks. */
void small_screen(const small_model *x, const dn_screen_options *o, const float *score);

#endif
