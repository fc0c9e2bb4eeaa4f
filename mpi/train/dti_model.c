/* dti_model.c - a trained drug-target network beside a dataset; see dti_model.h */
#include "mpi/train/dti_model.h"

#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/train/score.h"
#include "solvers/base/alloc.h"

static bool has_states(const dn_model_record *r)
{
    return r->states_hash[0] != '\0';
}

/* The encodings that the model was trained on, by their names. */
static dn_status read_encoding(const dn_model_record *r, const char *path, const char *opt_states,
                               dn_dti_encoding *out, dn_error *err)
{
    dn_status st = DN_OK;
    int atoms = dn_atoms_encoding_find(r->atoms);
    int residues = has_states(r) ? 0 : dn_protein_encoding_find(r->encoder);

    if (strcmp(r->architecture, "dti") != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s model, wanted dti", path, r->architecture);
    if (atoms < 0 || residues < 0)
        DN_FAIL(DN_EDATA, "%s: was trained on atoms '%s' and residues '%s', which this dragnet does not know",
                path, r->atoms, r->encoder);
    if (opt_states != NULL && !has_states(r))
        DN_FAIL(DN_EUSAGE, "--encoder %s: %s was trained with --encoder %s, not on a file of states",
                opt_states, path, r->encoder);
    *out = (dn_dti_encoding){.atoms = (dn_atom_encoding)atoms,
                             .residues = (dn_protein_encoding)residues,
                             .drugs = r->drugs,
                             .targets = r->targets};
    if (has_states(r))
        out->opt_states = opt_states != NULL ? opt_states : r->states_path;
out:
    return st;
}

/* Rank 0: are the states still where they were? */
static dn_status look_for_states(const dn_model_record *r, const char *path, const char *opt_states,
                                 dn_error *err)
{
    dn_status st = DN_OK;

    if (has_states(r) && opt_states == NULL && access(r->states_path, R_OK) != 0)
        DN_FAIL(DN_ENOINPUT,
                "%s: was trained on states of %s, which no longer stand in %s; say where: --encoder FILE",
                path, r->encoder, r->states_path);
out:
    return st;
}

/* Are these the states that the model knows? Of other proteins only the name of the encoder can tell. */
static dn_status check_states(const dn_model_record *r, const char *path, const dn_dti_encoding *e,
                              const dn_dti_inputs *in, dn_error *err)
{
    dn_status st = DN_OK;

    if (!has_states(r))
        goto out;
    if (strcmp(r->encoder, in->encoder) != 0)
        DN_FAIL(DN_EDATA, "%s: holds states of %s, but %s was trained on those of %s", e->opt_states,
                in->encoder, path, r->encoder);
    if (strcmp(r->targets_hash, in->targets_hash) == 0 && strcmp(r->states_hash, in->states_hash) != 0)
        DN_FAIL(DN_EDATA, "%s: holds other states (hash %s) than %s was trained on (hash %s)", e->opt_states,
                in->states_hash, path, r->states_hash);
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

dn_status dn_dti_model_load(const dn_comm *comm, const dn_h5 *dataset, const char *path,
                            const dn_interactions *opt_pairs, const char *opt_states,
                            const dn_newcomers *opt_new, const dn_split *split, dn_dti_model *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_encoding encoding;

    *out = (dn_dti_model){0};
    DN_TRY(dn_model_read_record(comm, path, &out->record, err));
    DN_TRY(read_encoding(&out->record, path, opt_states, &encoding, err));
    encoding.opt_new = opt_new;
    encoding.opt_pairs = opt_pairs;
    if (comm->rank == 0)
        st = look_for_states(&out->record, path, opt_states, err);
    DN_AGREE(comm);
    DN_TRY(dn_dti_inputs_load(comm, dataset, out->record.pairs, &encoding, &out->in, err));
    DN_TRY(check_states(&out->record, path, &encoding, &out->in, err)); /* the same on every rank */
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
