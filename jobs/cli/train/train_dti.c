/* train_dti.c - dragnet train dti: drugs that activate or inhibit targets; see train_run.h */
#include "jobs/cli/train/train_run.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/inputs/dti_inputs.h"
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"

/* published: 8 shards of one pair, so up to 8 ranks share a batch. Adam is AdamW without decay. */
static const dn_recipe recipes[] = {
    {"dti", "default", 25, 8, 64, 8, "shard", "adam", 0.001, "cosine", 0.05, 0.5},
    {"dti", "published", 35, 35, 8, 8, "global", "adam", 0.0005, "constant", 0, 0.3}};
enum { PUBLISHED_LENGTH = 1022 }; /* residues that are read of a protein */

typedef struct job {
    dn_train_run run;
    dn_dti_encoding encoding;
    dn_dti_inputs in;
    dn_dti *dti;
} job;

/* The name of an encoding; what has a dot or a slash is a file. */
static dn_status read_encoder(job *j, const char *encoder, dn_error *err)
{
    dn_status st = DN_OK;
    int found = dn_protein_encoding_find(encoder);

    if (found >= 0)
        j->encoding.residues = (dn_protein_encoding)found;
    else if (strpbrk(encoder, "./") == NULL)
        DN_FAIL(DN_EUSAGE, "--encoder %s: wanted blosum, onehot or a file of states (./%s)", encoder,
                encoder);
    else
        j->encoding.opt_states = encoder;
out:
    return st;
}

static dn_status read_encoding(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = j->run.call->options;
    bool published = dn_recipe_published(j->run.base);
    const char *atoms = dn_options_given(o, "atoms") ? dn_options_text(o, "atoms")
                        : published                  ? "published"
                                                     : "rich";

    DN_TRY(read_encoder(j, dn_options_text(o, "encoder"), err));
    j->encoding.atoms = (dn_atom_encoding)dn_atoms_encoding_find(atoms);
    snprintf(j->run.record.atoms, sizeof j->run.record.atoms, "%s", atoms);
    j->run.record.dti = (dn_dti_options)DN_DTI_DEFAULTS;
    j->run.record.dti.dropout = (float)j->run.dropout;
    j->run.record.dti.max_length = published && j->encoding.opt_states == NULL ? PUBLISHED_LENGTH : 0;
    j->run.record.history = !published && !dn_options_flag(o, "no-history");
    j->run.record.dti.joint = dn_options_given(o, "joint") ? dn_options_int(o, "joint") : published ? 0 : 256;
    j->run.record.dti.heads = dn_options_given(o, "heads") ? dn_options_int(o, "heads") : 1;
    if (!dn_options_given(o, "heads") && j->run.record.dti.joint > 0 && j->run.record.dti.joint % 8 == 0)
        j->run.record.dti.heads = 8;
out:
    return st;
}

/* What the model is to remember of the encoder. */
static void record_encoder(job *j)
{
    dn_model_record *r = &j->run.record;

    snprintf(r->encoder, sizeof r->encoder, "%s", j->in.encoder);
    snprintf(r->states_hash, sizeof r->states_hash, "%s", j->in.states_hash);
    snprintf(r->targets_hash, sizeof r->targets_hash, "%s", j->in.targets_hash);
    snprintf(r->states_path, sizeof r->states_path, "%s", j->in.states_path);
}

static dn_status load_data(job *j, dn_error *err)
{
    dn_status st = DN_OK;
    dn_train_run *r = &j->run;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(r->call->comm, r->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_train_run_split(r, h, true, err));
    DN_TRY(dn_dti_inputs_load(r->call->comm, h, r->split.pairs, &j->encoding, &j->in, err));
    record_encoder(j);
    r->shared = j->in.state_at[j->in.targets.n] * j->in.data.state_width * (int64_t)sizeof(float);
    r->record.drugs = j->in.drugs.n;
    r->record.targets = j->in.targets.n;
    if (r->record.history)
        DN_TRY(dn_dti_inputs_add_history(r->call->comm, &j->in, &r->split, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Positives weigh as many times more as there are fewer of them among the training rows. */
static float positive_weight(const dn_train_rows *rows)
{
    int64_t of[2];

    dn_rows_count(&rows->train, rows->label, 2, of);
    return of[0] > 0 && of[1] > 0 ? (float)((double)of[0] / (double)of[1]) : 1;
}

static dn_status make_model(job *j, dn_error *err)
{
    dn_status st = DN_OK;

    /* as published, which shifts the probabilities; otherwise they stay what they are */
    if (dn_recipe_published(j->run.base))
        j->run.record.dti.positive_weight = positive_weight(&j->run.rows);
    DN_TRY(dn_dti_create(&j->in.data, &j->run.record.dti, &j->dti, err));
    DN_TRY(dn_train_run_model(&j->run, &j->dti->model, err));
out:
    return st;
}

static dn_status write_config(job *j, dn_error *err)
{
    dn_train_run *r = &j->run;
    dn_json *c;

    dn_interactions_hash(&j->in.drugs, &j->in.targets, &j->in.pairs, r->split.part, r->record.training_hash);
    dn_interactions_validation_hash(&j->in.pairs, r->split.part, r->record.validation_hash);
    c = dn_train_run_begin_config(r);
    dn_json_string(c, "atoms", r->record.atoms);
    dn_json_string(c, "encoder", r->record.encoder);
    if (r->record.states_hash[0] != '\0')
        dn_json_string(c, "states_hash", r->record.states_hash);
    dn_json_int(c, "joint", r->record.dti.joint);
    dn_json_int(c, "heads", r->record.dti.heads);
    dn_json_int(c, "max_length", r->record.dti.max_length);
    dn_json_bool(c, "history", r->record.history);
    dn_json_number(c, "positive_weight", (double)r->record.dti.positive_weight);
    return dn_json_end(&c, 0, &r->config, err);
}

dn_status dn_train_dti(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    job j = {0};

    DN_TRY(dn_train_run_open(call, recipes, sizeof recipes / sizeof recipes[0], &j.run, err));
    DN_TRY(read_encoding(&j, err));
    DN_TRY(load_data(&j, err));
    DN_PASS(dn_train_run_rows(&j.run, j.in.pairs.n, j.in.pairs.label, err));
    DN_PASS(make_model(&j, err));
    DN_PASS(write_config(&j, err));
    DN_AGREE(call->comm);
    DN_TRY(dn_train_run_finish(&j.run, err));
out:
    dn_train_run_close(&j.run);
    dn_dti_destroy(&j.dti);
    dn_dti_inputs_destroy(&j.in);
    return st;
}
