/* origin.h - where the negatives of a split come from, and the rows that such a split owns
 *
 * A split whose negatives were drawn divides a pair set of its own, /pairs/<split>:rows (a name that import
 * refuses, so that it cannot collide): the positives, those given negatives that were asked for, and the
 * drawn ones, each with its origin. Training uses the negatives of one origin; those of the others are there
 * for validation and test. Their bytes of /splits/<split>/part are DN_ASIDE above their dn_part, so that
 * whoever asks for DN_TRAIN, DN_VALIDATION or DN_TEST does not see them.
 */
#ifndef DN_IO_ORIGIN_H
#define DN_IO_ORIGIN_H

#include <stdbool.h>
#include "mpi/io/dataset.h"

/* Added to the dn_part of a row that is not of the kind looked at. DN_LEFT_OUT stays what it is. */
enum { DN_ASIDE = 4 };

/* The kinds of negatives of a split. */
typedef struct dn_origins {
    int n;                    /* 1..DN_ORIGINS */
    uint8_t kind[DN_ORIGINS]; /* dn_origin, each once; the first is what training uses */
} dn_origins;

extern const char *const dn_origin_names[DN_ORIGINS]; /* "given", "uniform", "degree" */

/* "given,uniform,degree" into kinds, in this order. Local. Fails: DN_EUSAGE an unknown word, or one twice */
DN_MUST_CHECK dn_status dn_origins_parse(const char *text, dn_origins *out, dn_error *err);

/* The other way round, into buf; returns buf. Local. */
char *dn_origins_text(const dn_origins *o, char *buf, size_t cap);

/* The byte of part that a row has when the negatives of `view` are looked at, from the one that it has in any
 * view: training rows stay those of `trained`; of validation and test rows, and of those between them (left
 * out), the positives and the negatives of `view` are seen. Local. */
uint8_t dn_part_in_view(uint8_t part, uint8_t label, uint8_t origin, dn_origin trained, dn_origin view);

/* The negatives of a stored split; of one without drawn rows: given. Fails: DN_EDATA */
DN_MUST_CHECK dn_status dn_origins_load(const dn_h5 *h, const char *split, dn_origins *out, dn_error *err);

/* Look at the negatives of `view` of a loaded split, in place. Collective on the ranks that loaded it.
 * Fails: DN_EDATA the pairs are not those of the split, or have no origin */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_split_look_at(dn_split *io_split, const dn_pairs *pairs,
                                                       dn_origin trained, dn_origin view, dn_error *err);

/* "<split>:rows" into buf; returns buf. Local. */
char *dn_split_rows_name(const char *split, char *buf, size_t cap);

/* The split that owns pair set `pairs`; false: it is imported. Local. */
bool dn_split_owns(const char *pairs, char *out_split, size_t cap);

/* Remove a split of an edited dataset, if it is there, with the rows that it owns. Collective. */
DN_MUST_CHECK dn_status dn_split_remove(dn_h5 *h, const char *split, dn_error *err);

#endif
