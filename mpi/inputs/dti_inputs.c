/* dti_inputs.c - a dataset as the drug-target network reads it; see dti_inputs.h */
#define _XOPEN_SOURCE 700 /* realpath */
#include "mpi/inputs/dti_inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/inputs/dti_components.h"
#include "solvers/base/alloc.h"

static const char *const atom_names[] = {[DN_ATOMS_PUBLISHED] = "published", [DN_ATOMS_RICH] = "rich"};

int dn_atoms_encoding_find(const char *name)
{
    for (int k = 0; k < (int)(sizeof atom_names / sizeof atom_names[0]); k++)
        if (strcmp(atom_names[k], name) == 0)
            return k;
    return -1;
}

const char *dn_atoms_encoding_name(dn_atom_encoding encoding)
{
    return atom_names[encoding];
}

/* Features of all atoms, and their neighbours within each molecule. */
static dn_status encode_drugs(dn_dti_inputs *in, dn_atom_encoding encoding, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_drugs *d = &in->drugs;
    int64_t atoms = d->first_atom[d->n], width = dn_atoms_width(encoding), at = 0;

    DN_NEW(in->atom, (size_t)(atoms * width));
    DN_NEW(in->bond_at, (size_t)atoms + 1);
    DN_NEW(in->bond_to, (size_t)(2 * d->first_bond[d->n]));
    for (int64_t i = 0; i < d->n; i++) {
        dn_molecule m = dn_drugs_molecule(d, i);

        dn_atoms_encode(&m, encoding, in->atom + d->first_atom[i] * width);
        dn_molecule_edges(&m, 0, at, in->bond_at + d->first_atom[i], in->bond_to + at, NULL);
        at += 2 * m.n_bonds;
    }
    in->data.n_drugs = d->n;
    in->data.atom_width = width;
    in->data.atom_at = d->first_atom;
    in->data.atom = in->atom;
    in->data.bond_at = in->bond_at;
    in->data.bond_to = in->bond_to;
out:
    return st;
}

/* ---- states: rows of a table for every residue, or what a file holds ---- */

static dn_status place_targets(dn_dti_inputs *in, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *s = &in->targets.sequence;

    DN_NEW(in->state_at, (size_t)s->n + 1);
    for (int64_t i = 0; i < s->n; i++)
        in->state_at[i + 1] = in->state_at[i] + (s->offset[i + 1] - s->offset[i]);
out:
    return st;
}

/* Memory of the host for the states. */
static dn_status share_states(dn_dti_inputs *in, int64_t width, float **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = in->targets.n;

    DN_TRY(dn_shared_create(&in->host, (size_t)(in->state_at[n] * width) * sizeof **out, &in->states, err));
    *out = dn_shared_base(in->states);
    in->data.n_targets = n;
    in->data.state_width = width;
    in->data.state_at = in->state_at;
    in->data.state = *out;
out:
    return st;
}

/* The ranks of a host encode a block of the targets each. */
static dn_status encode_targets(dn_dti_inputs *in, dn_protein_encoding encoding, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *here = &in->host.comm;
    int64_t width = dn_protein_width(encoding), n = in->targets.n;
    dn_range mine = dn_block(n, here->rank, here->size);
    float *state;

    DN_PASS(place_targets(in, err));
    DN_AGREE(in->host.all);
    DN_TRY(share_states(in, width, &state, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        size_t len;
        const char *sequence = dn_strings_at(&in->targets.sequence, i, &len);

        dn_protein_encode(sequence, (int64_t)len, encoding, state + in->state_at[i] * width);
    }
    dn_shared_barrier(in->states);
    snprintf(in->encoder, sizeof in->encoder, "%s", dn_protein_encoding_name(encoding));
out:
    return st;
}

/* Targets whose states are wanted, those that the model knows in front, and what the file has of them. */
typedef struct wanted {
    int64_t n;
    int64_t *target; /* [n]  rising */
    dn_strings id, sequence;
    int64_t *protein; /* [n]  of the file */
    int64_t *at;      /* [n + 1]  first position of each when they follow each other */
} wanted;

static void wanted_destroy(wanted *w)
{
    dn_free(w->target);
    dn_strings_destroy(&w->id);
    dn_strings_destroy(&w->sequence);
    dn_free(w->protein);
    dn_free(w->at);
}

/* All targets, or those of the model, those of the rows that are given, and those that are new. */
static dn_status choose_targets(const dn_dti_inputs *in, bool all, wanted *w, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *mark = NULL; /* [targets] */

    DN_NEW(mark, (size_t)in->targets.n);
    DN_NEW(w->target, (size_t)in->targets.n);
    for (int64_t i = 0; i < in->pairs.n; i++)
        mark[in->pairs.target[i]] = 1;
    for (int64_t t = 0; t < in->targets.n; t++) {
        if (!all && !mark[t] && t >= in->known[1] && t < in->pairs.targets)
            continue;
        w->target[w->n++] = t;
        DN_TRY(dn_strings_add_string(&w->id, &in->targets.id, t, err));
        DN_TRY(dn_strings_add_string(&w->sequence, &in->targets.sequence, t, err));
    }
out:
    dn_free(mark);
    return st;
}

/* Those that nobody asks for get one empty position, which no row reads. */
static dn_status find_targets(dn_dti_inputs *in, const dn_states *s, bool all, wanted *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t next = 0;

    DN_TRY(choose_targets(in, all, w, err));
    DN_NEW(w->protein, (size_t)w->n);
    DN_NEW(w->at, (size_t)w->n + 1);
    DN_NEW(in->state_at, (size_t)in->targets.n + 1);
    DN_TRY(dn_states_find(s, &w->id, &w->sequence, w->protein, w->at, err));
    for (int64_t t = 0; t < in->targets.n; t++) {
        bool here = next < w->n && w->target[next] == t;

        in->state_at[t + 1] = in->state_at[t] + (here ? w->at[next + 1] - w->at[next] : 1);
        next += here;
    }
out:
    return st;
}

/* The path from the root, so that another directory may ask for it later. Collective. */
static void remember_path(const dn_comm *comm, const char *path, char *out, size_t cap)
{
    if (comm->rank == 0) {
        char *whole = realpath(path, NULL);

        snprintf(out, cap, "%s", whole != NULL ? whole : path);
        free(whole);
    }
    MPI_Bcast(out, (int)cap, MPI_BYTE, 0, comm->mpi);
}

/* The first position of each target behind `first`, from 0, in room for n + 1. */
static dn_status rebase(const int64_t *at, int64_t first, int64_t n, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n + 1);
    for (int64_t i = 0; i <= n; i++)
        (*out)[i] = at[first + i] - at[first];
out:
    return st;
}

/* States that were read one behind the other, from target `known` on, to where each belongs, from the back.
 */
static void spread(const dn_dti_inputs *in, const wanted *w, int64_t width, float *state)
{
    int64_t known = in->known[1], next = w->n - 1;
    float *from = state + in->state_at[known] * width;

    for (int64_t t = in->targets.n - 1; t >= known; t--) {
        size_t bytes = (size_t)((in->state_at[t + 1] - in->state_at[t]) * width) * sizeof *state;
        float *to = state + in->state_at[t] * width;

        if (next >= known && w->target[next] == t)
            memmove(to, from + (w->at[next--] - w->at[known]) * width, bytes);
        else
            memset(to, 0, bytes);
    }
}

/* States of targets behind those that the model knows, whose hash does not cover them. Collective. */
static dn_status read_new(const dn_comm *comm, dn_dti_inputs *in, const dn_states *s, const wanted *w,
                          float *state, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t known = in->known[1], n = w->n - known, *at = NULL; /* [n + 1] */
    int64_t width = dn_states_info(s)->width;

    if (n > 0) {
        DN_PASS(rebase(w->at, known, n, &at, err));
        DN_AGREE(comm);
        DN_TRY(dn_states_read(s, &in->host, n, w->protein + known, at, state + in->state_at[known] * width,
                              in->new_hash, err));
    }
    dn_shared_barrier(in->states);
    if (in->host.comm.rank == 0)
        spread(in, w, width, state);
out:
    dn_free(at);
    return st;
}

/* all: states of every target are wanted. Collective. */
static dn_status read_targets(const dn_comm *comm, dn_dti_inputs *in, const char *path, bool all,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_states *s = NULL;
    wanted w = {.n = 0};
    dn_strings known = in->targets.sequence;
    float *state;

    known.n = in->known[1];
    DN_TRY(dn_states_open(comm, path, &s, err));
    if (dn_states_info(s)->pool != DN_POOL_NONE)
        DN_FAIL(DN_EDATA, "%s: holds one state a protein (embed --pool), the network needs one a residue",
                path);
    DN_PASS(find_targets(in, s, all, &w, err));
    DN_AGREE(comm);
    DN_TRY(share_states(in, dn_states_info(s)->width, &state, err));
    DN_TRY(dn_states_read(s, &in->host, known.n, w.protein, w.at, state, in->states_hash, err));
    DN_TRY(read_new(comm, in, s, &w, state, err));
    dn_shared_barrier(in->states);
    remember_path(comm, path, in->states_path, sizeof in->states_path);
    dn_states_hash_sequences(&known, in->targets_hash);
    snprintf(in->encoder, sizeof in->encoder, "%s", dn_states_info(s)->encoder);
    in->ends = dn_states_info(s)->ends;
out:
    wanted_destroy(&w);
    dn_states_close(&s);
    return st;
}

static dn_status check_known(const dn_h5 *h, const dn_dti_inputs *in, dn_error *err)
{
    dn_status st = DN_OK;

    if (in->known[0] > in->drugs.n || in->known[1] > in->targets.n)
        DN_FAIL(DN_EDATA,
                "%s: has %lld drugs and %lld targets, but the model was trained beside %lld and %lld",
                dn_h5_path(h), (long long)in->drugs.n, (long long)in->targets.n, (long long)in->known[0],
                (long long)in->known[1]);
out:
    return st;
}

/* The rows of the set, or those that are given. Collective. */
static dn_status take_pairs(const dn_h5 *h, const char *set, const dn_dti_encoding *e, dn_dti_inputs *in,
                            dn_error *err)
{
    dn_status st = DN_OK;

    if (e->opt_pairs == NULL)
        return dn_interactions_load(h, set, &in->pairs, err);
    DN_PASS(dn_interactions_copy(e->opt_pairs, &in->pairs, err));
    DN_AGREE(dn_h5_comm(h));
out:
    return st;
}

dn_status dn_dti_inputs_load(const dn_comm *comm, const dn_h5 *h, const char *set,
                             const dn_dti_encoding *encoding, dn_dti_inputs *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_dti_inputs){0};
    dn_host_open(comm, 0, &out->host);
    DN_TRY(take_pairs(h, set, encoding, out, err));
    DN_TRY(dn_drugs_load(h, &out->drugs, err));
    DN_TRY(dn_targets_load(h, &out->targets, err));
    out->known[0] = encoding->drugs > 0 ? encoding->drugs : out->pairs.drugs;
    out->known[1] = encoding->targets > 0 ? encoding->targets : out->pairs.targets;
    DN_TRY(check_known(h, out, err)); /* the same on every rank */
    if (encoding->opt_new != NULL)
        DN_PASS(dn_newcomers_append(encoding->opt_new, &out->drugs, &out->targets, err));
    DN_PASS(encode_drugs(out, encoding->atoms, err));
    DN_AGREE(comm);
    if (encoding->opt_states != NULL)
        DN_TRY(read_targets(comm, out, encoding->opt_states, encoding->opt_pairs == NULL, err));
    else
        DN_TRY(encode_targets(out, encoding->residues, err));
    out->data.n_pairs = out->pairs.n;
    out->data.drug = out->pairs.drug;
    out->data.target = out->pairs.target;
    out->data.label = out->pairs.label;
out:
    if (st != DN_OK)
        dn_dti_inputs_destroy(out);
    return st;
}

static dn_status history_room(dn_dti_inputs *in, double **out_score, int64_t **out_rows, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = in->pairs.n;

    DN_NEW(*out_score, (size_t)(n * DN_PAST_SCORES));
    DN_NEW(*out_rows, (size_t)n);
    DN_NEW(in->history, (size_t)(n * DN_PAST_SCORES));
    DN_NEW(in->drug_place, (size_t)(in->drugs.n * DN_DTI_COMPONENTS));
    DN_NEW(in->target_place, (size_t)(in->targets.n * DN_DTI_COMPONENTS));
    for (int64_t i = 0; i < n; i++)
        (*out_rows)[i] = i;
out:
    return st;
}

dn_status dn_dti_inputs_add_history(const dn_comm *comm, dn_dti_inputs *in, const dn_split *split,
                                    dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_past past = dn_dti_past_of(&in->drugs, &in->targets, &in->pairs, split, in->known);
    static const float start[DN_PAST_SCORES] = {[DN_PAST_KRON] = 1.5f}; /* what ridge shrinks */
    dn_dti_kron *kron = NULL;
    double *score = NULL; /* [pairs.n, DN_PAST_SCORES] */
    int64_t *rows = NULL; /* [pairs.n] */

    DN_PASS(history_room(in, &score, &rows, err));
    DN_AGREE(comm);
    DN_TRY(dn_dti_kron_create(comm, &past, &kron, err));
    DN_TRY(dn_dti_history(comm, &past, kron, rows, in->pairs.n, score, err));
    DN_TRY(dn_dti_components(comm, &past, kron, DN_DTI_COMPONENTS, in->drug_place, in->target_place, err));
    for (int64_t k = 0; k < in->pairs.n * DN_PAST_SCORES; k++)
        in->history[k] = (float)score[k];
    in->data.pair_extra_width = DN_PAST_SCORES;
    in->data.pair_extra = in->history;
    in->data.pair_start = start;
    in->data.drug_extra_width = in->data.target_extra_width = DN_DTI_COMPONENTS;
    in->data.drug_extra = in->drug_place;
    in->data.target_extra = in->target_place;
out:
    dn_dti_kron_destroy(&kron);
    dn_free(score);
    dn_free(rows);
    return st;
}

void dn_dti_inputs_destroy(dn_dti_inputs *in)
{
    if (in->host.all == NULL)
        return;
    dn_drugs_destroy(&in->drugs);
    dn_targets_destroy(&in->targets);
    dn_interactions_destroy(&in->pairs);
    dn_free(in->atom);
    dn_free(in->bond_at);
    dn_free(in->bond_to);
    dn_free(in->state_at);
    dn_free(in->history);
    dn_free(in->drug_place);
    dn_free(in->target_place);
    dn_shared_destroy(&in->states);
    dn_host_close(&in->host);
    *in = (dn_dti_inputs){0};
}
