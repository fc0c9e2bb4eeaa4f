/* screen_source.h - what a screen or an explanation is made from: a model of drug-target pairs, the set that
 * it was trained on, and drugs and targets that the dataset need not have; and hashes that tell it
 */
#ifndef DN_SCREEN_SCREEN_SOURCE_H
#define DN_SCREEN_SCREEN_SOURCE_H

#include "mpi/evaluate/evaluate_dti.h"
#include "mpi/train/dti_model.h"

/* The table that the model at `model` was trained on, and the newcomers of a wish. Collective. Fails:
 * DN_EDATA a model of another network or dataset; as dn_model_read_record(), dn_dti_table_load(),
 * dn_newcomers_read() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_source_table(const dn_comm *comm, const char *dataset,
                                                             const char *model, const dn_newcomers_wish *wish,
                                                             dn_dti_table *out_table, dn_newcomers *out_new,
                                                             dn_error *err);

/* The model itself, with these newcomers behind the drugs and targets of the dataset. Collective. Fails: as
 * dn_h5_open(), dn_dti_model_load() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_source_model(const dn_comm *comm, const char *dataset,
                                                             const char *model, const char *opt_states,
                                                             const dn_newcomers *new, const dn_split *split,
                                                             dn_dti_model *out, dn_error *err);

/* One hash of several pieces, in their order; the first is mixed into DN_SCREEN_MIX. Local. */
#define DN_SCREEN_MIX 14695981039346656037u
uint64_t dn_screen_mix(uint64_t hash, const void *bytes, size_t len);

/* Of interactions, parts of the split and weights. Local. */
uint64_t dn_screen_source_hash(const dn_dti_table *t, const dn_dti_model *m);

#endif
