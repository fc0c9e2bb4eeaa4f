/* pair_inputs.h - what goes into the convolution branch of GENER (solvers/nn/pair_convs.h), and what loops
 * over its definition need. Local. */
#ifndef DN_TEST_SUPPORT_PAIR_INPUTS_H
#define DN_TEST_SUPPORT_PAIR_INPUTS_H

#include <stdbool.h>
#include "solvers/nn/pair_convs.h"

/* X, F, G and O of pair_convs.h; the largest problem. */
enum {
    X = DN_PAIR_X,
    F = DN_PAIR_F,
    G = DN_PAIR_G,
    O = DN_PAIR_O,
    PAIR_ROWS = 67,
    PAIR_LENGTH = 161,
    PAIR_PITCH = 192
};

typedef struct pair_inputs {
    float a[PAIR_ROWS * (PAIR_PITCH + DN_PAIR_ROOM)], b[PAIR_ROWS * (PAIR_PITCH + DN_PAIR_ROOM)];
    uint32_t mask1[PAIR_ROWS * (F * PAIR_PITCH / 32) + 8], mask2[PAIR_ROWS * (G * PAIR_PITCH / 32) + 8];
    float u[F * X], w2[G * F], bias2[G], slope[G], shift[G], mean[G], w3[G * PAIR_LENGTH * O];
    float dy[PAIR_ROWS * O], p[G], q[G], r[G];
} pair_inputs;

/* x [n]  numbers between -1 and 1, others for every `what` */
void pair_fill(uint64_t what, float *x, int64_t n);

/* Fill all of it for a problem of that shape, 0 elsewhere; the views that the passes take. */
dn_pair_convs pair_inputs_make(pair_inputs *in, int64_t rows, int64_t length, bool dropout);

/* Input j of position s of a row: two of a, two of b, 1. */
double pair_window(const dn_pair_convs *c, int64_t r, int64_t s, int j);

/* Whether a mask leaves that unit of a row; NULL leaves all. */
bool pair_kept(const uint32_t *mask, int64_t words, int64_t r, int64_t unit);

/* Take down |have - want| / (1 + |want|), and ask that the largest of them stays below the tolerance. */
void pair_compare(double have, double want);
void pair_close_to(double tolerance);

#endif
