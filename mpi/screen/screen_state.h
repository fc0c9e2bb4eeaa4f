/* screen_state.h - checkpoint.h5 of a screen: what is done, and the best so far
 *
 * A screen works through blocks in a fixed order that does not depend on ranks; what is done is so many of
 * them from the first on. Between two rounds of blocks all ranks agree on what is asked of them; for a
 * checkpoint rank 0 takes what all ranks keep, and writes it (mpi/io/checkpoint_file.h) as
 *
 *     /checkpoint/counts     the counts of dn_screen_state below
 *     /checkpoint/numbers    largest difference and margin of logits
 *     /checkpoint/hit_score, hit_pair, hit_heap    see dn_screen_columns in screen_keep.h
 *
 * Whoever goes on from there keeps, on any number of ranks, what an undisturbed screen keeps.
 */
#ifndef DN_SCREEN_SCREEN_STATE_H
#define DN_SCREEN_SCREEN_STATE_H

#include "mpi/core/hooks.h"
#include "mpi/screen/screen_keep.h"

/* Where checkpoints go, what they must fit, and who asks for them. */
typedef struct dn_screen_saving {
    const char *path;      /* of checkpoint.h5 */
    const char *command;   /* for the record */
    const char *config;    /* JSON object: what determines the result and how it is computed */
    const char *build;     /* program and CPU: going on with others warns */
    bool resume;           /* go on from path, where dn_screen_state_find() has found one; else start anew */
    dn_requests *requests; /* NULL on all ranks or on none: nobody asks */
} dn_screen_saving;

typedef struct dn_screen_state {
    int64_t done;   /* tiles of this pass, or targets */
    int64_t drugs;  /* done with the block of targets behind these */
    int64_t block;  /* targets of a block */
    int64_t known;  /* pairs with a label so far, of all ranks */
    int64_t scored; /* so far, of all ranks */
    /* pairs of genes; see dn_gene_screen_result */
    int64_t passes;     /* by bfloat16 that were not enough */
    int64_t single;     /* 1: the pass at hand is in single precision after such */
    int64_t candidates; /* of the last of them */
    int64_t missed;
    double difference, margin;
    dn_screen_columns hit; /* kept so far; rank 0 */
} dn_screen_state;

/* Write one and keep the one before: s but for s->hit, and what rank 0 keeps. All ranks then have noted that
 * it is saved. Collective. Fails: as dn_checkpoint_file_commit(), DN_ENOMEM, and then the checkpoint before
 * is as it was */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_state_save(const dn_comm *comm, const dn_screen_saving *where,
                                                           const dn_screen_state *s,
                                                           const dn_screen_keep *keep, dn_error *err);

/* A round of work began at MPI_Wtime() `began` and is over: --max-time stops early enough for another one and
 * for a checkpoint. Local. */
void dn_screen_state_pace(const dn_screen_saving *where, double began);

/* Whether there is one for config at path; as dn_checkpoint_file_find(). Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_state_find(const dn_comm *comm, const char *path,
                                                           const char *config, bool *out_found,
                                                           dn_error *err);

/* Read it; the hits on rank 0 alone. Collective. Fails: DN_EDATA damaged; DN_EIO; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_state_load(const dn_comm *comm, const dn_screen_saving *where,
                                                           dn_screen_state *out, dn_error *err);
void dn_screen_state_destroy(dn_screen_state *s);

#endif
