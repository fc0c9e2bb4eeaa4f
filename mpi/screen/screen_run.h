/* screen_run.h - a screen from files: dataset, model, ids; calibrated, and held against what is known
 *
 *     dn_screen_wish w = {.dataset = "d.h5", .model = "run/model.h5", .keep = 1000, .end = {false, true}};
 *     DN_TRY(dn_screen_open(comm, &w, &run, err));      dataset, model, who is screened
 *     DN_TRY(dn_screen_compute(comm, &w, &run, err));   scores, calibration, precision
 *     DN_TRY(dn_screen_store(comm, path, command, config, force, &run, err));
 *
 * Probabilities are calibrated on the validation rows of the model's split as `evaluate` does
 * (evaluate_view.h) and hold for their share of activations; w.prevalence moves them to another share
 * (dn_prior_shift). Precision is measured on the test rows of the split of which drug and target are both
 * screened: the share of the wanted label among the K that come first, of the model and of the baseline that
 * is best on validation. Nothing is chosen on test rows.
 *
 * All functions but destroy are collective on comm; every rank gets the whole.
 */
#ifndef DN_SCREEN_SCREEN_RUN_H
#define DN_SCREEN_SCREEN_RUN_H

#include "mpi/screen/screen.h"
#include "mpi/screen/screen_evidence.h"
#include "mpi/screen/screen_held.h"

#define DN_SCREEN_SCHEMA "dragnet.screen"

typedef struct dn_screen_wish {
    const char *dataset, *model;
    const char *drugs, *targets; /* files of ids (formats/id_list.h), or NULL */
    dn_newcomers_wish new;  /* drugs and targets that the dataset need not have: screened beside those of the
                               files of ids; all of the dataset when there is neither */
    const char *opt_states; /* the file of states that the model was trained on; NULL: where it stood then */
    int64_t keep;
    dn_screen_per per;
    bool end[2];
    bool include_known;
    double prevalence; /* in (0, 1); NaN: none stated */
    const dn_hooks *opt_hooks;
    const dn_screen_saving *opt_saving; /* NULL: no checkpoints */
} dn_screen_wish;

typedef struct dn_screen_run {
    dn_dti_table table;
    dn_dti_model model;
    dn_newcomers new; /* stand in `model` behind those of the dataset */
    int64_t n_drugs, n_targets;
    int64_t *drug, *target; /* [n_drugs], [n_targets]  of model.in: who is screened, rising */
    char digest[17];        /* of weights, interactions and who is screened */
    /* from here on by compute() */
    dn_screen_result result;
    dn_screen_calibration calibration; /* label 1 is activation */
    dn_screen_held held;
    dn_screen_evidence evidence;
} dn_screen_run;

/* Fails: DN_EDATA an id that the dataset has not (file and line named), a model of another network or
 * dataset; DN_EUSAGE prevalence out of range; as dn_dti_table_load(), dn_dti_model_load(), dn_id_list_read(),
 * dn_newcomers_read()
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_open(const dn_comm *comm, const dn_screen_wish *wish,
                                                     dn_screen_run *out, dn_error *err);

/* A model that ranks validation rows the wrong way round is not calibrated, with a warning.
 * Fails: DN_EDATA a prevalence is stated but nothing can be calibrated; as dn_screen(), dn_evaluate_dti() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_compute(const dn_comm *comm, const dn_screen_wish *wish,
                                                        dn_screen_run *run, dn_error *err);
void dn_screen_run_destroy(dn_screen_run *run);

/* screen.h5. Fails: as dn_h5_create(), dn_h5_commit(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_store(const dn_comm *comm, const char *path,
                                                      const char *command, const char *config,
                                                      const dn_screen_wish *wish, const dn_screen_run *run,
                                                      dn_error *err);

#endif
