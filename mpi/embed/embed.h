/* embed.h - hidden states of proteins by ESM-2, computed once for each distinct sequence
 *
 *     dn_embed_options o = {.weights = "model.safetensors", .residues = 1022, ...};
 *     DN_TRY(dn_embed_open(comm, &o, &sequences, &run, err));        weights, proteins, what is to be
 * computed DN_TRY(dn_embed_compute(run, hooks, parts_dir, &file, err));   parts, and at last the file
 *
 * Proteins stand in the file by length, longest first, equal ones by their letters: whatever their order in
 * the input. They are computed in waves of about `wave` bytes of states a rank, which the ranks share by cost
 * (dn_esm_operations) and the threads of a rank take one by one. A wave ends as a part, a file of states of
 * these proteins in parts_dir; when all are there they are joined and removed. What was killed goes on from
 * the parts that are sound. A checkpoint that is asked for ends a wave early; so does a stop, which also ends
 * the run. The states are the same bits on any number of ranks and threads (same CPU model).
 *
 * Memory: the packed weights, once for all ranks of a machine, each of which packs a share of them (and has
 * the largest product in f32 beside it while it does); for each thread a work (dn_esm_work_bytes) and the
 * states of a window, with windows and a pool those of the longest protein, too; one wave of states and a
 * protein.
 */
#ifndef DN_EMBED_EMBED_H
#define DN_EMBED_EMBED_H

#include "mpi/core/hooks.h"
#include "mpi/io/states.h"
#include "solvers/esm/model.h"

typedef struct dn_embed_options {
    const char *weights; /* as dn_safetensors_open() */
    dn_esm_precision precision;
    bool store_bf16;
    dn_states_pool pool;
    int64_t residues; /* 1 .. DN_ESM_MAX_TOKENS - 2: what a protein is cut to, or the length of a window */
    bool windows;     /* longer proteins in windows that are averaged, instead of cut */
    int64_t overlap;  /* of windows, 0 <= overlap < residues */
    int64_t wave;     /* bytes; 0: DN_EMBED_WAVE. Changes no result */
    int grouping;     /* which ranks share the weights, as dn_host_open(); 0: those of a machine */
    dn_requests *requests; /* looked at between proteins; NULL on all ranks: nobody can ask for anything */
} dn_embed_options;

enum { DN_EMBED_WAVE = 64 << 20 };

typedef struct dn_embed_report {
    int64_t proteins, resumed; /* resumed: of them found in parts */
    int64_t residues;          /* with states, of those computed now */
    double seconds;            /* of the slowest rank in the transformer, and so of nobody else */
} dn_embed_report;

typedef struct dn_embed dn_embed;

/* sequence: residues, the same on every rank, not empty; repeats are fine. Copied. Collective on comm.
 * Fails: DN_EUSAGE options out of range; DN_EDATA no sequence, an empty one, weights as
 * dn_esm_weights_open(); as dn_esm_model_create(), dn_shared_create(); DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_embed_open(const dn_comm *comm, const dn_embed_options *options,
                                                    const dn_strings *sequence, dn_embed **out,
                                                    dn_error *err);
DN_COLLECTIVE void dn_embed_close(dn_embed **e);

/* Local. */
const dn_esm_config *dn_embed_config(const dn_embed *e);
int64_t dn_embed_proteins(const dn_embed *e); /* distinct ones */
/* BLAKE2b of weights and of the sequences, 16 hexadecimal digits each. */
const char *dn_embed_weights_hash(const dn_embed *e);
const char *dn_embed_sequences_hash(const dn_embed *e);

/* opt_hooks: millions of operations that are done, of what was missing; a part is a checkpoint, and its end
 * that of an epoch. file->config determines the states: parts of another config are refused, the difference
 * named, or with file->force thrown away. parts_dir exists. Collective. Fails: DN_ECANTCREAT such parts;
 * DN_EDATA a state is not a finite number (names the protein); DN_ESAVED stopped, all that was done stands in
 * parts_dir; as the functions of states.h and models.h; DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_embed_compute(dn_embed *e, const dn_hooks *opt_hooks,
                                                       const char *parts_dir, const dn_states_file *file,
                                                       dn_embed_report *out, dn_error *err);

#endif
