/* model_file.c - model.h5; see model_file.h */
#include "mpi/io/model_file.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"

/* Sizes of the drug-target network under their names. */
static int64_t *dti_size(dn_dti_options *o, int k, const char **out_name)
{
    static const char *const names[] = {"gcn1",       "gcn2",  "drug_out", "conv1",     "conv2",
                                        "target_out", "joint", "heads",    "max_length"};
    int64_t *const at[] = {&o->gcn1,       &o->gcn2,  &o->drug_out, &o->conv1,     &o->conv2,
                           &o->target_out, &o->joint, &o->heads,    &o->max_length};

    if (k >= (int)(sizeof at / sizeof at[0]))
        return NULL;
    *out_name = names[k];
    return at[k];
}

static dn_status save_gener(dn_h5 *h, const dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_text(h, "/", "normalisation", r->normalisation, err));
    if (r->expression_hash[0] != '\0')
        DN_TRY(dn_h5_set_text(h, "/", "expression_hash", r->expression_hash, err));
    DN_TRY(dn_h5_set_int(h, "/", "samples", r->samples, err));
    DN_TRY(dn_h5_set_number(h, "/", "dropout", (double)r->options.dropout, err));
    DN_TRY(dn_h5_set_int(h, "/", "swap", r->options.swap, err));
    DN_TRY(dn_h5_set_int(h, "/", "classes", r->options.classes > 2 ? r->options.classes : 2, err));
    if (r->options.precision != DN_PRECISION_F32)
        DN_TRY(dn_h5_set_text(h, "/", "precision", dn_precision_name(r->options.precision), err));
out:
    return st;
}

/* Only with a file of states. */
static dn_status save_states(dn_h5 *h, const dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->states_hash[0] == '\0')
        goto out;
    DN_TRY(dn_h5_set_text(h, "/", "states_hash", r->states_hash, err));
    DN_TRY(dn_h5_set_text(h, "/", "targets_hash", r->targets_hash, err));
    DN_TRY(dn_h5_set_text(h, "/", "states_path", r->states_path, err));
out:
    return st;
}

static dn_status save_dti(dn_h5 *h, const dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_options o = r->dti;
    const char *name;

    DN_TRY(dn_h5_set_int(h, "/", "drugs", r->drugs, err));
    DN_TRY(dn_h5_set_int(h, "/", "targets", r->targets, err));
    DN_TRY(dn_h5_set_text(h, "/", "atoms", r->atoms, err));
    DN_TRY(dn_h5_set_text(h, "/", "encoder", r->encoder, err));
    DN_TRY(save_states(h, r, err));
    DN_TRY(dn_h5_set_int(h, "/", "history", r->history, err));
    for (int k = 0; dti_size(&o, k, &name) != NULL; k++)
        DN_TRY(dn_h5_set_int(h, "/", name, *dti_size(&o, k, &name), err));
    DN_TRY(dn_h5_set_number(h, "/", "dropout", (double)o.dropout, err));
    DN_TRY(dn_h5_set_number(h, "/", "positive_weight", (double)o.positive_weight, err));
out:
    return st;
}

static bool is_dti(const dn_model_record *r)
{
    return strcmp(r->architecture, "dti") == 0;
}

static dn_status save_record(dn_h5 *h, const dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_text(h, "/", "architecture", r->architecture, err));
    DN_TRY(dn_h5_set_text(h, "/", "split", r->split, err));
    DN_TRY(dn_h5_set_text(h, "/", "pairs", r->pairs, err));
    DN_TRY(dn_h5_set_int(h, "/", "fold", r->fold, err));
    DN_TRY(dn_h5_set_text(h, "/", "training_hash", r->training_hash, err));
    if (r->validation_hash[0] != '\0')
        DN_TRY(dn_h5_set_text(h, "/", "validation_hash", r->validation_hash, err));
    DN_TRY(dn_h5_set_int(h, "/", "best_epoch", r->best_epoch, err));
    DN_TRY(dn_h5_set_number(h, "/", "validation_loss", r->validation_loss, err));
    DN_TRY(dn_h5_set_number(h, "/", "validation_auroc", r->validation_auroc, err));
    DN_TRY(is_dti(r) ? save_dti(h, r, err) : save_gener(h, r, err));
out:
    return st;
}

dn_status dn_model_save(const dn_comm *comm, const char *path, const char *command, const char *config,
                        bool force, const dn_model *m, const dn_model_record *record, const float *w,
                        const float *running, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    char name[64];

    DN_TRY(dn_h5_create(comm, path, DN_MODEL_SCHEMA, command, config, force, &h, err));
    DN_TRY(save_record(h, record, err));
    for (int i = 0; i < m->n_tensors; i++) {
        const dn_tensor_info *t = &m->tensor[i];
        snprintf(name, sizeof name, "/weights/%s", t->name);
        DN_TRY(dn_h5_write_all(h, name, t->ndims, t->dims, w + t->offset, err));
    }
    for (int i = 0; i < m->n_norms; i++) {
        int64_t dims[2] = {2, m->norm[i].channels};
        snprintf(name, sizeof name, "/running/%s", m->norm[i].name);
        DN_TRY(dn_h5_write_all(h, name, 2, dims, running + m->norm[i].offset, err));
    }
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Files of f32 do not say it. */
static dn_status read_precision(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;
    char text[16];

    if (!dn_h5_has_attribute(h, "/", "precision"))
        goto out;
    DN_TRY(dn_h5_get_text(h, "/", "precision", text, sizeof text, err));
    if (!dn_precision_find(text, &r->options.precision))
        DN_FAIL(DN_EDATA, "%s: precision '%s' is not known here", dn_h5_path(h), text);
out:
    return st;
}

static dn_status read_gener(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;
    double dropout;
    int64_t swap, classes = 2;

    DN_TRY(dn_h5_get_text(h, "/", "normalisation", r->normalisation, sizeof r->normalisation, err));
    if (dn_h5_has_attribute(h, "/", "expression_hash"))
        DN_TRY(dn_h5_get_text(h, "/", "expression_hash", r->expression_hash, sizeof r->expression_hash, err));
    DN_TRY(dn_h5_get_int(h, "/", "samples", &r->samples, err));
    DN_TRY(dn_h5_get_number(h, "/", "dropout", &dropout, err));
    DN_TRY(dn_h5_get_int(h, "/", "swap", &swap, err));
    if (dn_h5_has_attribute(h, "/", "classes"))
        DN_TRY(dn_h5_get_int(h, "/", "classes", &classes, err));
    if (classes != 2 && classes != 4)
        DN_FAIL(DN_EDATA, "%s: a network of %lld classes, not 2 or 4", dn_h5_path(h), (long long)classes);
    r->options = (dn_gener_options){.dropout = (float)dropout, .swap = swap != 0, .classes = (int)classes};
    DN_TRY(read_precision(h, r, err));
out:
    return st;
}

static dn_status read_states(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (!dn_h5_has_attribute(h, "/", "states_hash"))
        goto out;
    DN_TRY(dn_h5_get_text(h, "/", "states_hash", r->states_hash, sizeof r->states_hash, err));
    DN_TRY(dn_h5_get_text(h, "/", "targets_hash", r->targets_hash, sizeof r->targets_hash, err));
    DN_TRY(dn_h5_get_text(h, "/", "states_path", r->states_path, sizeof r->states_path, err));
out:
    return st;
}

/* Models written before this was kept have none. */
static dn_status read_counts(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (!dn_h5_has_attribute(h, "/", "drugs"))
        goto out;
    DN_TRY(dn_h5_get_int(h, "/", "drugs", &r->drugs, err));
    DN_TRY(dn_h5_get_int(h, "/", "targets", &r->targets, err));
    if (r->drugs < 1 || r->targets < 1)
        DN_FAIL(DN_EDATA, "%s: is of %lld drugs and %lld targets", dn_h5_path(h), (long long)r->drugs,
                (long long)r->targets);
out:
    return st;
}

static dn_status read_dti(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;
    const char *name;
    int64_t history;
    double dropout, weight;

    DN_TRY(read_counts(h, r, err));
    DN_TRY(dn_h5_get_text(h, "/", "atoms", r->atoms, sizeof r->atoms, err));
    DN_TRY(dn_h5_get_text(h, "/", "encoder", r->encoder, sizeof r->encoder, err));
    DN_TRY(read_states(h, r, err));
    DN_TRY(dn_h5_get_int(h, "/", "history", &history, err));
    r->history = history != 0;
    for (int k = 0; dti_size(&r->dti, k, &name) != NULL; k++)
        if (strcmp(name, "heads") == 0 && !dn_h5_has_attribute(h, "/", name))
            r->dti.heads = 1; /* written before there could be more */
        else
            DN_TRY(dn_h5_get_int(h, "/", name, dti_size(&r->dti, k, &name), err));
    DN_TRY(dn_h5_get_number(h, "/", "dropout", &dropout, err));
    DN_TRY(dn_h5_get_number(h, "/", "positive_weight", &weight, err));
    r->dti.dropout = (float)dropout;
    r->dti.positive_weight = (float)weight;
out:
    return st;
}

static dn_status read_record(const dn_h5 *h, dn_model_record *r, dn_error *err)
{
    dn_status st = DN_OK;

    *r = (dn_model_record){0};
    DN_TRY(dn_h5_get_text(h, "/", "architecture", r->architecture, sizeof r->architecture, err));
    DN_TRY(dn_h5_get_text(h, "/", "split", r->split, sizeof r->split, err));
    DN_TRY(dn_h5_get_text(h, "/", "pairs", r->pairs, sizeof r->pairs, err));
    DN_TRY(dn_h5_get_int(h, "/", "fold", &r->fold, err));
    DN_TRY(dn_h5_get_text(h, "/", "training_hash", r->training_hash, sizeof r->training_hash, err));
    if (dn_h5_has_attribute(h, "/", "validation_hash"))
        DN_TRY(dn_h5_get_text(h, "/", "validation_hash", r->validation_hash, sizeof r->validation_hash, err));
    DN_TRY(dn_h5_get_int(h, "/", "best_epoch", &r->best_epoch, err));
    DN_TRY(dn_h5_get_number(h, "/", "validation_loss", &r->validation_loss, err));
    DN_TRY(dn_h5_get_number(h, "/", "validation_auroc", &r->validation_auroc, err));
    DN_TRY(is_dti(r) ? read_dti(h, r, err) : read_gener(h, r, err));
out:
    return st;
}

dn_status dn_model_read_record(const dn_comm *comm, const char *path, dn_model_record *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, path, DN_MODEL_SCHEMA, &h, err));
    DN_TRY(read_record(h, out, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Read one tensor of known shape. Collective. */
static dn_status read_tensor(const dn_h5 *h, const char *name, int ndims, const int64_t *dims, float *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int have;
    int64_t have_dims[4];

    DN_TRY(dn_h5_shape(h, name, &have, have_dims, err));
    if (have != ndims || memcmp(have_dims, dims, (size_t)ndims * sizeof *dims) != 0)
        DN_FAIL(DN_EDATA, "%s: %s has another shape than this network", dn_h5_path(h), name);
    DN_TRY(dn_h5_read(h, name, DN_F32, 0, dims[0], out, err));
out:
    return st;
}

dn_status dn_model_load(const dn_comm *comm, const char *path, const dn_model *m, float *w, float *running,
                        dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_model_record record;
    char name[64];

    DN_TRY(dn_h5_open(comm, path, DN_MODEL_SCHEMA, &h, err));
    DN_TRY(read_record(h, &record, err));
    if (strcmp(record.architecture, m->architecture) != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s model, wanted %s", path, record.architecture, m->architecture);
    for (int i = 0; i < m->n_tensors; i++) {
        const dn_tensor_info *t = &m->tensor[i];
        snprintf(name, sizeof name, "/weights/%s", t->name);
        DN_TRY(read_tensor(h, name, t->ndims, t->dims, w + t->offset, err));
    }
    for (int i = 0; i < m->n_norms; i++) {
        int64_t dims[2] = {2, m->norm[i].channels};
        snprintf(name, sizeof name, "/running/%s", m->norm[i].name);
        DN_TRY(read_tensor(h, name, 2, dims, running + m->norm[i].offset, err));
    }
out:
    dn_h5_close(&h);
    return st;
}
