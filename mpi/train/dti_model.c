/* dti_model.c - a trained drug-target network beside a dataset; see dti_model.h */
#include "mpi/train/dti_model.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/score.h"
#include "solvers/base/alloc.h"

/* The encodings that the model was trained on, by their names. */
static dn_status read_encoding(const dn_model_record *r, const char *path, dn_dti_encoding *out,
                               dn_error *err)
{
    dn_status st = DN_OK;
    int atoms = dn_atoms_encoding_find(r->atoms), residues = dn_protein_encoding_find(r->encoder);

    if (strcmp(r->architecture, "dti") != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s model, wanted dti", path, r->architecture);
    if (atoms < 0 || residues < 0)
        DN_FAIL(DN_EDATA, "%s: was trained on atoms '%s' and residues '%s', which this dragnet does not know",
                path, r->atoms, r->encoder);
    *out = (dn_dti_encoding){(dn_atom_encoding)atoms, (dn_protein_encoding)residues};
out:
    return st;
}

static dn_status make_room(dn_dti_model *m, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_dti_create(&m->in.data, &m->record.dti, &m->dti, err));
    DN_NEW(m->w, (size_t)m->dti->model.n_weights);
    DN_NEW(m->running, (size_t)m->dti->model.n_moments);
out:
    return st;
}

dn_status dn_dti_model_load(const dn_comm *comm, const dn_h5 *dataset, const char *path, const char *set,
                            const dn_split *split, dn_dti_model *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_encoding encoding;

    *out = (dn_dti_model){0};
    DN_TRY(dn_model_read_record(comm, path, &out->record, err));
    DN_TRY(read_encoding(&out->record, path, &encoding, err));
    DN_TRY(
        dn_dti_inputs_load(comm, dataset, set != NULL ? set : out->record.pairs, &encoding, &out->in, err));
    if (out->record.history)
        DN_TRY(dn_dti_inputs_add_history(comm, &out->in, split, err));
    DN_PASS(make_room(out, err));
    DN_AGREE(comm);
    DN_TRY(dn_model_load(comm, path, &out->dti->model, out->w, out->running, err));
out:
    if (st != DN_OK)
        dn_dti_model_destroy(out);
    return st;
}

void dn_dti_model_destroy(dn_dti_model *m)
{
    dn_dti_destroy(&m->dti);
    dn_dti_inputs_destroy(&m->in);
    dn_free(m->w);
    dn_free(m->running);
    m->w = m->running = NULL;
}

dn_status dn_dti_model_score(const dn_comm *comm, const dn_dti_model *m, const int64_t *rows, int64_t n,
                             double *out, dn_error *err)
{
    dn_status st = DN_OK;
    float *p = dn_calloc((size_t)n + 1, sizeof *p);

    if (p == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores", (long long)n);
    DN_AGREE(comm);
    DN_TRY(dn_score(comm, &m->dti->model, m->w, m->running, rows, n, p, err));
    for (int64_t i = 0; i < n; i++)
        out[i] = (double)p[i];
out:
    dn_free(p);
    return st;
}
