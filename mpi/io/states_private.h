/* states_private.h - what states.c and states_write.c share; included by nobody else */
#ifndef DN_IO_STATES_PRIVATE_H
#define DN_IO_STATES_PRIVATE_H

#include "mpi/io/states.h"

enum { DN_STATES_DIGEST = 32, DN_STATES_NAME = 48 };

/* The beginning of a sequence in buf [DN_STATES_NAME], for messages; returns buf. Local. */
const char *dn_states_name(const dn_strings *sequence, int64_t i, char *buf);

/* What stands in the attributes makes sense? Local. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_states_check_about(const dn_states_about *a, const char *path, dn_error *err);

/* n numbers of a protein are finite? Local. Fails: DN_EDATA names the protein */
DN_MUST_CHECK dn_status dn_states_check_values(const char *path, const dn_strings *sequence, int64_t protein,
                                               const float *state, int64_t n, dn_error *err);

/* BLAKE2b-256 of n numbers. Local. */
void dn_states_digest(const float *state, int64_t n, unsigned char *out);

/* "mean", "cls"; NULL of DN_POOL_NONE. Local. */
const char *dn_states_pool_name(dn_states_pool pool);

#endif
