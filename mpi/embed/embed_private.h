/* embed_private.h - what the files of this folder share; included by nobody else */
#ifndef DN_EMBED_EMBED_PRIVATE_H
#define DN_EMBED_EMBED_PRIVATE_H

#include "mpi/core/shared.h"
#include "mpi/embed/embed.h"

enum { DN_EMBED_HASH = 17 };

struct dn_embed {
    const dn_comm *comm;
    dn_embed_options options;
    int threads;
    dn_esm_config config;
    dn_esm_model *model;
    dn_shared *packed;   /* what the model points into, on every machine once */
    dn_strings sequence; /* [n]  distinct, longest first */
    char weights_hash[DN_EMBED_HASH], sequences_hash[DN_EMBED_HASH], encoder[64];
};

/* Residues of a protein of e->sequence. Local. */
int64_t dn_embed_residues(const dn_embed *e, int64_t protein);

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

/* ---- embed_wave.c ---- */

/* Proteins that the ranks take together. */
typedef struct dn_wave {
    const dn_hooks *hooks;
    dn_states_about about;
    double before, total; /* operations of earlier waves, of all */
    double longest;       /* seconds between two looks at the requests, at most so far */
    int64_t n;
    const int64_t *protein; /* [n] */
    /* by plan() */
    int64_t *cost; /* [n + 1]  of those before, in thousands of operations */
    int64_t *at;   /* [n + 1]  first position of each among those of this rank */
    float *state;  /* of this rank */
    dn_range mine;
    double own; /* operations this rank has done of this wave */
    /* by compute() */
    int wishes; /* that ended the wave early; 0: it is whole */
    int64_t kept_n;
    int64_t *kept;      /* [kept_n]  of protein: all that have states now */
    dn_range kept_mine; /* of kept: those of this rank, whose states stand at the beginning of state */
} dn_wave;

/* How many of n proteins, in this order, make a wave. Local. */
int64_t dn_wave_length(const dn_embed *e, const dn_states_about *about, const int64_t *protein, int64_t n);

/* Who takes what, and memory for it. Local. */
DN_MUST_CHECK dn_status dn_wave_plan(const dn_embed *e, dn_wave *w, dn_error *err);
void dn_wave_destroy(dn_wave *w);

/* The states. When anybody asks for a checkpoint or a stop, each thread ends its protein and the wave is
 * over. Collective. Fails: as dn_embed_protein(), DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_wave_compute(const dn_embed *e, dn_wave *w, dn_error *err);

/* ---- embed_parts.c ---- */

/* The parts of a run, the same on every rank. */
typedef struct dn_parts {
    const char *dir;
    dn_requests *requests; /* or NULL */
    bool moved;            /* a part has been added */
    int64_t n;             /* parts that hold proteins */
    int64_t next;          /* number of the next part */
    int64_t *number;       /* [n] */
    int32_t *part;         /* [proteins]  index into number, -1: none has the protein */
    int64_t *place;        /* [proteins]  where it stands in the part */
} dn_parts;

/* Find, check and index the parts in dir; those that are damaged are removed, with a warning. Collective.
 * Fails: DN_ESAVED requests (or NULL) say stop */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_open(const dn_comm *comm, const char *dir,
                                                    const dn_states_file *file, const dn_strings *sequence,
                                                    int64_t wave, dn_requests *requests, dn_parts *out,
                                                    dn_error *err);
void dn_parts_destroy(dn_parts *p);

/* A new part of n proteins, numbers into `sequence`; mine: the range of them that this rank brings. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_add(const dn_comm *comm, dn_parts *p,
                                                   const dn_states_file *file, const dn_states_about *about,
                                                   const dn_strings *sequence, int64_t n,
                                                   const int64_t *protein, dn_range mine, const float *state,
                                                   dn_error *err);

/* The file of all proteins, from the parts, in turns of about `wave` bytes a rank; then the parts are
 * removed. Fails: DN_ESAVED as above */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_parts_join(const dn_comm *comm, dn_parts *p,
                                                    const dn_states_file *file, const dn_states_about *about,
                                                    const dn_strings *sequence, int64_t wave, dn_error *err);

#endif
