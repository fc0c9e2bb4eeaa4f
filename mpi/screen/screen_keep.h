/* screen_keep.h - the best pairs of a screen: heaps of each rank, joined at the end
 *
 *     DN_TRY(dn_screen_keep_create(&m->in, options, &keep, err));
 *     dn_screen_keep_offer(keep, i, j, score);                   each pair on one rank
 *     DN_TRY(dn_screen_keep_join(comm, keep, &result, err));     hits and their order; not their labels
 *     dn_screen_keep_destroy(&keep);
 *
 * Memory: 24 E G K bytes, with K to keep of G groups and E ends; rank 0 takes up the hits of all ranks when
 * they are joined.
 */
#ifndef DN_SCREEN_SCREEN_KEEP_H
#define DN_SCREEN_SCREEN_KEEP_H

#include "mpi/screen/screen.h"

typedef struct dn_screen_keep dn_screen_keep;

/* Borrows both. Local. Fails: DN_EUSAGE more to keep than 2^31 bytes; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_keep_create(const dn_dti_inputs *in, const dn_screen_options *o,
                                              dn_screen_keep **out, dn_error *err);
void dn_screen_keep_destroy(dn_screen_keep **k);

/* The pair of o->drug[i] and o->target[j]. Local. */
void dn_screen_keep_offer(dn_screen_keep *k, int64_t i, int64_t j, float score);

/* out->hit and out->n, on every rank; `known` of every hit is -1. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_keep_join(const dn_comm *comm, dn_screen_keep *k,
                                                          dn_screen_result *out, dn_error *err);

/* Order of n ids by their bytes, equal ones by index: out_place [n] of each. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_id_order(const dn_strings *id, int64_t *out_place, dn_error *err);

#endif
