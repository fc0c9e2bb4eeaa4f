/* train_run.h - what `dragnet train` does whatever the network: recipe, rows, run directory, metrics,
 * model.h5
 *
 * The run directory holds model.h5 (the best weights and all that scoring needs), metrics.jsonl (one line an
 * epoch), with --profile profile.json and, until model.h5 is complete, checkpoint.h5
 * (mpi/train/checkpoint.h). The use: open, [the network's own data and model], rows, begin_config, finish,
 * close.
 */
#ifndef DN_CLI_TRAIN_RUN_H
#define DN_CLI_TRAIN_RUN_H

#include "jobs/cli/command.h"
#include "jobs/cli/run/run_control_train.h"
#include "jobs/cli/run/run_lock.h"
#include "jobs/cli/train/train_metrics.h"
#include "mpi/io/dataset.h"
#include "mpi/io/model_file.h"
#include "mpi/train/train.h"
#include "solvers/base/json.h"

enum { DN_RUN_PATH = DN_METRICS_PATH };

/* What options say that are not given. */
typedef struct dn_recipe {
    const char *network, *name; /* "dti", "published" */
    int64_t epochs, patience, batch;
    int shards; /* the largest power of two up to it that divides the batch; 0: up to min(16, batch / 64) */
    const char *batch_norm; /* "shard", "global" */
    const char *optimiser;  /* "adam", "sgd" */
    double rate;
    const char *schedule; /* "constant", "cosine", "stepwise" */
    double decay, dropout;
} dn_recipe;

typedef struct dn_train_run {
    const dn_call *call;
    const dn_recipe *base;
    const char *dataset, *dir, *schedule, *batch_norm, *optimiser;
    char model_path[DN_RUN_PATH], checkpoint_path[DN_RUN_PATH];
    double dropout;
    bool balance; /* classes of equal size (mpi/train/balance.h) */
    dn_train_options recipe;
    dn_split split;
    int64_t fold;
    uint8_t *part; /* [split.n]  of rows that are trained on and validated with balance; otherwise NULL */
    dn_train_rows rows;
    dn_model_record record;
    const dn_model *model; /* borrowed */
    int64_t epochs_before; /* rank 0: done by earlier runs, which a checkpoint brought */
    int64_t shared;        /* bytes of data that ranks of a node share, for an estimate */
    float *w, *running;
    char *config;
    dn_train_metrics metrics; /* rank 0 opens it */
    dn_profile profile;       /* of --profile */
    char stage[64];           /* "train gener" */
    dn_run_control control;   /* who watches and steers */
    dn_run_lock lock;         /* rank 0: no other run writes into dir */
} dn_train_run;

/* Is it the published one? Local. */
bool dn_recipe_published(const dn_recipe *recipe);

/* Read the options of the command, beside that of the recipes [n] which --recipe names. Local, the same
 * verdict on every rank. Fails: DN_EUSAGE */
DN_MUST_CHECK dn_status dn_train_run_open(const dn_call *call, const dn_recipe *recipes, size_t n,
                                          dn_train_run *out, dn_error *err);
void dn_train_run_close(dn_train_run *r);

/* The split of --split and --fold, which must divide pairs of this kind. Collective. Fails: DN_EDATA */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train_run_split(dn_train_run *r, const dn_h5 *h, bool interactions,
                                                         dn_error *err);

/* Training and validation rows of the split, balanced where the recipe says so, and the schedule over them. n
 * rows with labels (borrowed). Local. Fails: DN_EDATA the split is of another set; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_train_run_rows(dn_train_run *r, int64_t n, const uint8_t *label, dn_error *err);

/* Room for the weights of a model (borrowed). Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_train_run_model(dn_train_run *r, const dn_model *model, dn_error *err);

/* What determines the model and is common to all networks; the caller adds its own, and r->config is the text
 * of it (dn_json_end()). NULL: no memory, which that function says. Local. */
dn_json *dn_train_run_begin_config(const dn_train_run *r);

/* Unless it is finished already: train, from the checkpoint of an unfinished run where there is one, and save
 * model.h5. Collective. Fails: as dn_train(), dn_model_save(); DN_ECANTCREAT the directory is taken, another
 * process runs there (run_lock.h), or it holds the checkpoint of another run (names the difference);
 * DN_ENOINPUT --resume, but nothing to resume */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train_run_finish(dn_train_run *r, dn_error *err);

/* The networks: train_gener.c, train_dti.c. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train_gener(const dn_call *call, dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train_dti(const dn_call *call, dn_error *err);

#endif
