/* screen_keep.h - the best pairs of a screen: heaps of each rank, joined at the end
 *
 *     DN_TRY(dn_screen_keep_create(&plan, &keep, err));
 *     DN_TRY(dn_screen_keep_offer(keep, group, a, b, score, err));     each pair on one rank
 *     DN_TRY(dn_screen_keep_join(comm, keep, &hit, &n, err));          hits and their order; not their labels
 *     dn_screen_keep_destroy(&keep);
 *
 * Memory: 24 E G K bytes, with K to keep of G groups and E ends, of one group only as much as is filled; rank
 * 0 takes up the hits of all ranks when they are joined.
 */
#ifndef DN_SCREEN_SCREEN_KEEP_H
#define DN_SCREEN_SCREEN_KEEP_H

#include <stdbool.h>
#include "mpi/core/world.h"
#include "solvers/base/text.h"

/* What is kept of which pairs. */
typedef struct dn_screen_plan {
    const dn_strings *id[2]; /* of the entities a and b of a pair, for ties; may be the same; borrowed */
    int64_t groups;          /* >= 1 */
    int64_t members;         /* the most pairs that a group is offered */
    int64_t keep;            /* >= 1, of each group and end */
    bool all;                /* every pair that is offered: keep is not a choice, and more are an error */
    bool end[2]; /* [0] lowest scores first; [1] highest first. With both, a pair competes for the highest
                    when its score is at least 0.5, for the lowest otherwise; with one, every pair competes */
} dn_screen_plan;

typedef struct dn_screened {
    int64_t a, b; /* drug and target of m->in, or two genes */
    float score;  /* probability of activation, or of an interaction, as the network has it */
    int8_t sign;  /* +1 kept for the highest scores, -1 for the lowest */
    int8_t known; /* its label in the set, -1: none */
} dn_screened;

typedef struct dn_screen_keep dn_screen_keep;

/* What a keep takes when it is full: 24 E G K. Local. */
int64_t dn_screen_keep_bytes(int64_t groups, int ends, int64_t keep);

/* How many pairs may be kept in all. */
int64_t dn_screen_keep_most(void);

/* Local. Fails: DN_EUSAGE more to keep than 2^31 bytes; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_keep_create(const dn_screen_plan *plan, dn_screen_keep **out,
                                              dn_error *err);
void dn_screen_keep_destroy(dn_screen_keep **k);

/* Local. Fails: DN_EUSAGE with plan.all, more pairs than may be kept; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_keep_offer(dn_screen_keep *k, int64_t group, int64_t a, int64_t b,
                                             float score, dn_error *err);

/* Offer all that `from` keeps, of the same plan. Local. Fails: as dn_screen_keep_offer() */
DN_MUST_CHECK dn_status dn_screen_keep_merge(dn_screen_keep *k, const dn_screen_keep *from, dn_error *err);

/* Keep nothing any more. Local. */
void dn_screen_keep_clear(dn_screen_keep *k);

/* All that the ranks keep to rank 0, the others keep nothing then: what is kept in all is the same.
 * Collective. Fails: DN_ENOMEM; DN_EUSAGE as above */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_keep_gather(const dn_comm *comm, dn_screen_keep *k,
                                                            dn_error *err);

/* The score that a pair must have to be kept, of a plan with one group and the highest scores alone, when as
 * many as are wanted are there; otherwise minus infinity. Local. */
double dn_screen_keep_floor(const dn_screen_keep *k);

/* What is kept, for a checkpoint: 12 bytes a pair, 20 with more than one heap. */
typedef struct dn_screen_columns {
    int64_t n;
    float *key;    /* [n]  the score, of the lowest scores negated */
    int64_t *pair; /* [n]  place of a in the order of the ids x number of ids of b + place of b */
    int64_t *heap; /* [n]  end x groups + group; NULL: there is one heap */
} dn_screen_columns;

/* The columns of what this rank keeps. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_keep_columns(const dn_screen_keep *k, dn_screen_columns *out,
                                               dn_error *err);

/* Offer all of them, of the same plan. Local. Fails: DN_EDATA a pair or heap that is none; as
 * dn_screen_keep_offer() */
DN_MUST_CHECK dn_status dn_screen_keep_take(dn_screen_keep *k, const dn_screen_columns *c, dn_error *err);
void dn_screen_columns_destroy(dn_screen_columns *c);

/* Hits [*out_n] on every rank. Afterwards nothing can be offered; with one group, rank 0 still has columns of
 * all hits. The order: highest score first, then the lowest, lowest first; ties by ids; `known` of
 * every hit is -1. For dn_free(), also after a failure. Collective. Fails: DN_ENOMEM; DN_EUSAGE as above */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_keep_join(const dn_comm *comm, dn_screen_keep *k,
                                                          dn_screened **out_hit, int64_t *out_n,
                                                          dn_error *err);

/* Order of n ids by their bytes, equal ones by index: out_place [n] of each. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_id_order(const dn_strings *id, int64_t *out_place, dn_error *err);

#endif
