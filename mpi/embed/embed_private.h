/* embed_private.h - what the files of this folder share; included by nobody else */
#ifndef DN_EMBED_EMBED_PRIVATE_H
#define DN_EMBED_EMBED_PRIVATE_H

#include "mpi/embed/embed.h"

/* ---- embed_protein.c ---- */

/* What one thread needs for one protein after the other. */
typedef struct dn_embedder {
    const dn_esm_model *model;
    const dn_embed_options *options;
    dn_esm_work *work;
    int32_t *token; /* [residues + 2] */
    float *state;   /* [residues + 2, width] of a window */
    float *sum;     /* [longest + 2, width]  with windows and a pool; else NULL */
} dn_embedder;

/* longest: residues of the longest protein. Created by the thread that uses it. Local. */
DN_MUST_CHECK dn_status dn_embedder_create(const dn_esm_model *model, const dn_embed_options *options,
                                           int64_t longest, dn_embedder *out, dn_error *err);
void dn_embedder_destroy(dn_embedder *e);

/* How the file is laid out under these options. */
dn_states_about dn_embed_about(const dn_esm_config *c, const dn_embed_options *o);

/* Operations of a protein of so many residues, windows counted each. Local. */
double dn_embed_cost(const dn_esm_config *c, const dn_embed_options *o, int64_t residues);

/* States of one protein: out [dn_states_positions(), width]. Local. Fails: as dn_esm_forward() */
DN_MUST_CHECK dn_status dn_embed_protein(dn_embedder *e, const char *text, int64_t residues, float *out,
                                         dn_error *err);

/* ---- embed_parts.c ---- */

/* The parts of a run, the same on every rank. */
typedef struct dn_parts {
    const char *dir;
    int64_t n;       /* parts that hold proteins */
    int64_t next;    /* number of the next part */
    int64_t *number; /* [n] */
    int32_t *part;   /* [proteins]  index into number, -1: none has the protein */
    int64_t *place;  /* [proteins]  where it stands in the part */
} dn_parts;

/* Find, check and index the parts in dir; those that are damaged are removed, with a warning. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_open(const dn_comm *comm, const char *dir,
                                                    const dn_states_file *file, const dn_strings *sequence,
                                                    int64_t wave, dn_parts *out, dn_error *err);
void dn_parts_destroy(dn_parts *p);

/* A new part of n proteins, numbers into `sequence`; mine: the range of them that this rank brings. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_add(const dn_comm *comm, dn_parts *p,
                                                   const dn_states_file *file, const dn_states_about *about,
                                                   const dn_strings *sequence, int64_t n,
                                                   const int64_t *protein, dn_range mine, const float *state,
                                                   dn_error *err);

/* The file of all proteins, from the parts, in turns of about `wave` bytes a rank; then the parts are
 * removed. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_join(const dn_comm *comm, dn_parts *p,
                                                    const dn_states_file *file, const dn_states_about *about,
                                                    const dn_strings *sequence, int64_t wave, dn_error *err);

#endif
