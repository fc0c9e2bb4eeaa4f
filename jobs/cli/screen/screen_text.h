/* screen_text.h - what a screen of drugs and targets and one of genes say in the same words. Local. */
#ifndef DN_CLI_SCREEN_TEXT_H
#define DN_CLI_SCREEN_TEXT_H

#include <stdio.h>
#include "mpi/screen/screen_held.h"
#include "solvers/base/json.h"
#include "solvers/base/text.h"

/* How label 1 and either end of the scores are called, and what the model is held against. */
typedef struct dn_screen_words {
    const char *positives; /* "activations" */
    const char *end[2];    /* "inhibition", "activation"; NULL: that end is not screened */
    bool named;            /* the digest says which end a line is about */
    const char *baseline;  /* "none" where there is none */
} dn_screen_words;

/* Id i without tabs and line ends, in buf [DN_ID_MAX]. */
const char *dn_screen_clean(const dn_strings *id, int64_t i, char *buf);

/* Tab and number; "nan" is written the same everywhere. */
void dn_screen_print_number(FILE *to, double v);

/* Score and both probabilities, each behind a tab. */
void dn_screen_print_score(FILE *to, const dn_screen_calibration *c, double score, double prevalence);

/* The probability at the prevalence where one was stated, else calibrated, else the score. */
double dn_screen_weight(const dn_screen_calibration *c, double score, double prevalence);

/* "calibration" and "held_out" of summary.json. */
void dn_screen_json_calibration(const dn_screen_calibration *c, double prevalence, dn_json *root);
void dn_screen_json_held(const dn_screen_held *held, const dn_screen_words *words, dn_json *root);

/* The same for a person. */
void dn_screen_print_calibration(FILE *to, const dn_screen_calibration *c, double prevalence,
                                 const dn_screen_words *words);
void dn_screen_print_held(FILE *to, const dn_screen_held *held, const dn_screen_words *words);

#endif
