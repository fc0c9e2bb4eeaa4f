/* states.h - stored protein states: what a language model says of every residue, computed once
 *
 * The file, schema "dragnet.states" (schema.c has types and units; n proteins, P positions, C channels):
 *
 *     attributes            schema, schema_version, program, complete = 1
 *       encoder             name of the model and layer that made the states
 *       max_residues        residues past so many were not read, so have no state; absent or 0: all were
 *       ends                positions of a protein that stand for no residue (start and end token);
 *                           absent: 0
 *       pool                "mean" or "cls": a protein has one position, the mean over its residues or the
 *                           state of its start token; absent: a position for each residue
 *     /proteins/sequence    [n]      capital letters, no two the same: bytes and offsets
 *     /proteins/state_at    [n + 1]  first position of each protein, which has min(residues, max_residues)
 *                           + ends of them
 *     /proteins/state       [P, C]   f32, no NaN
 *     /proteins/state_bf16  [P, C]   in its place: the upper halves of such numbers, of which the lower are 0
 *     /proteins/checksum    [n, 32]  BLAKE2b-256 of the states of each protein as f32; may be absent in files
 *                           made elsewhere
 *
 * Proteins are found by their sequences, so the order does not matter and a file may hold more than are
 * needed. `dragnet embed` writes them; scripts/states_from_npy writes one with h5py, in ten lines.
 */
#ifndef DN_IO_STATES_H
#define DN_IO_STATES_H

#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/io/h5.h"

#define DN_STATES_SCHEMA "dragnet.states"

enum { DN_STATES_MAX_WIDTH = 65536, DN_HASH_TEXT = 17 };

typedef enum dn_states_pool { DN_POOL_NONE, DN_POOL_MEAN, DN_POOL_CLS } dn_states_pool;

typedef struct dn_states_about {
    char encoder[64];
    int64_t width;        /* C, 1 .. DN_STATES_MAX_WIDTH */
    int64_t max_residues; /* 0: none is cut */
    int64_t ends;         /* 0 .. 16 */
    dn_states_pool pool;
    bool bf16; /* stored in 16 bits; handed over and read as floats all the same */
} dn_states_about;

/* Positions of a protein of so many residues. Local. */
int64_t dn_states_positions(const dn_states_about *about, int64_t residues);

/* ---- writing ---- */

typedef struct dn_states_file {
    const char *path, *command, *config; /* as dn_h5_create() */
    bool force;
} dn_states_file;

/* A states file of `sequence` (the same on every rank, no two the same).
 *
 *   mine   proteins whose states this rank brings; the ranks' ranges follow each other and cover all
 *   state  [positions of mine, C]
 *
 * Collective on comm. Fails: DN_EDATA a state is not a finite number (names the protein); as dn_h5_create(),
 * dn_h5_commit(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_write(const dn_comm *comm, const dn_states_file *file,
                                                      const dn_states_about *about,
                                                      const dn_strings *sequence, dn_range mine,
                                                      const float *state, dn_error *err);

/* The same in turns, for what is larger than memory:
 *
 *     DN_TRY(dn_states_begin(comm, &file, &about, &sequence, &w, err));
 *     for (...) DN_TRY(dn_states_put(w, mine, state, err));      ranges of all ranks and turns cover all
 *     DN_TRY(dn_states_commit(&w, err));
 *     out: dn_states_abandon(&w);                                nothing is left of what was not committed
 *
 * file, about and sequence are borrowed until the end. All four are collective. */
typedef struct dn_states_writer dn_states_writer;
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_begin(const dn_comm *comm, const dn_states_file *file,
                                                      const dn_states_about *about,
                                                      const dn_strings *sequence, dn_states_writer **out,
                                                      dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_put(dn_states_writer *w, dn_range mine, const float *state,
                                                    dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_commit(dn_states_writer **w, dn_error *err);
DN_COLLECTIVE void dn_states_abandon(dn_states_writer **w);

/* ---- reading ---- */

typedef struct dn_states dn_states;

/* Read all but the states. Collective on comm. Fails: as dn_h5_open(); DN_EDATA no states file, a protein has
 * another number of positions than its sequence and the attributes say (names it), a sequence stands twice,
 * parts of different lengths; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_open(const dn_comm *comm, const char *path, dn_states **out,
                                                     dn_error *err);
DN_COLLECTIVE void dn_states_close(dn_states **s);
const dn_states_about *dn_states_info(const dn_states *s);

/* Its sequences, in the order of the file. Local. */
const dn_strings *dn_states_sequences(const dn_states *s);

/* Find n wanted proteins.
 *
 *   id, sequence  [n]  of the wanted ones; id for messages
 *   out_protein   [n]      which of the file it is
 *   out_state_at  [n + 1]  first position of each, when those of the wanted ones follow each other
 *
 * Local. Fails: DN_EDATA some are not in the file (how many, and the first) */
DN_MUST_CHECK dn_status dn_states_find(const dn_states *s, const dn_strings *id, const dn_strings *sequence,
                                       int64_t *out_protein, int64_t *out_state_at, dn_error *err);

/* Read the states of n proteins into memory that a host shares; each of its ranks reads a share.
 *
 *   host      of the communicator of the file
 *   protein, state_at  as dn_states_find() left them
 *   out_state [state_at[n], C]  the same memory on the ranks of a host; whole on return
 *   out_hash  [DN_HASH_TEXT]  of all these states, 16 hexadecimal digits; the same for the same proteins
 *             in the same order, wherever they stand in a file
 *
 * Collective. Fails: DN_EDATA NaN or infinite states, or states that do not match their checksum (names the
 * protein); DN_EIO; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_read(const dn_states *s, const dn_host *host, int64_t n,
                                                     const int64_t *protein, const int64_t *state_at,
                                                     float *out_state, char *out_hash, dn_error *err);

/* The same for one rank: the states of n proteins, in any order, each rank its own and any number of them.
 *
 *   out_state   [n]  where each goes: [its positions, C]
 *   out_digest  [n, 32]  their BLAKE2b-256; NULL: not wanted
 *
 * Collective. Fails as dn_states_read() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_states_read_own(const dn_states *s, int64_t n,
                                                         const int64_t *protein, float *const *out_state,
                                                         uint8_t *out_digest, dn_error *err);

/* Hash of sequences in their order, into out [DN_HASH_TEXT]. Local. */
void dn_states_hash_sequences(const dn_strings *sequence, char *out);

#endif
