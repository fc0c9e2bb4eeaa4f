/* screen_held.h - what rows with labels say of a screen: probabilities from validation rows, precision from
 * test rows. Nothing is chosen on test rows. All functions are local. */
#ifndef DN_SCREEN_SCREEN_HELD_H
#define DN_SCREEN_SCREEN_HELD_H

#include "mpi/evaluate/evaluate_view.h"
#include "mpi/io/dataset.h"
#include "solvers/base/text.h"

enum { DN_SCREEN_TOPS = 6 }; /* K = 10, 30, 100, 300, 1000, 3000 */

typedef struct dn_screen_calibration {
    bool done;      /* validation holds both labels, and higher scores are not less often label 1 there */
    bool reversed;  /* they are: probabilities would contradict the scores */
    dn_platt platt; /* of the logit of the score */
    int64_t rows, positives;
} dn_screen_calibration;

/* As `evaluate` does (evaluate_view.h), on the validation rows of the model. Fails: as dn_platt_fit();
 * DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_calibrate(const dn_eval_rows *rows, dn_screen_calibration *out,
                                            dn_error *err);

/* Calibrated probability of label 1 of a score, NaN where nothing was calibrated; and where a share
 * `prevalence` of pairs are of label 1 (dn_prior_shift()), NaN without one. */
double dn_screen_calibrated(const dn_screen_calibration *c, double score);
double dn_screen_at_prevalence(const dn_screen_calibration *c, double score, double prevalence);

/* A model that ranks the validation rows the wrong way round is a warning of rank 0. The same on every rank.
 * Fails: DN_EDATA a prevalence is stated (not NaN), but nothing could be calibrated; the others are for the
 * words */
DN_MUST_CHECK dn_status dn_screen_calibration_check(const dn_comm *comm, const dn_screen_calibration *c,
                                                    double prevalence, const char *dataset, const char *split,
                                                    const char *model, dn_error *err);

/* Whether there are rows to calibrate on, or to measure precision on. */
bool dn_screen_has_part(const dn_split *split, dn_part part);

/* Precision on test rows; [0] of label 0 among the lowest scores, [1] of label 1 among the highest. */
typedef struct dn_screen_held {
    int64_t rows, positives; /* test rows in the screen; positives: of label 1 */
    int tops;                /* how many of the K below are at most rows */
    int64_t top[DN_SCREEN_TOPS];
    double model[2][DN_SCREEN_TOPS], baseline[2][DN_SCREEN_TOPS]; /* NaN: no baseline */
    int best_baseline; /* number of the scorer behind the model's, -1: none */
} dn_screen_held;

/* Who of either side is screened, and their ids, for ties. Borrowed. */
typedef struct dn_screen_sides {
    const uint8_t *screened[2]; /* [entities]  1: yes */
    const dn_strings *id[2];
} dn_screen_sides;

/* The evaluated rows of which both ends are screened, by the model and by the baseline that is best on
 * validation. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_hold(const dn_eval_rows *rows, const dn_screen_sides *sides,
                                       int best_baseline, dn_screen_held *out, dn_error *err);

#endif
