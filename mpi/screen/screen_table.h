/* screen_table.h - what screen.h5 holds of any screen: the hits as columns, counts and calibration
 */
#ifndef DN_SCREEN_SCREEN_TABLE_H
#define DN_SCREEN_SCREEN_TABLE_H

#include "mpi/io/h5.h"
#include "mpi/screen/screen_held.h"
#include "mpi/screen/screen_keep.h"

/* One side of the pairs: "gene_a", "drug" ... */
typedef struct dn_screen_side {
    const char *name;
    const dn_strings *id; /* [entities] */
    const int64_t *rows;  /* [entities]  training rows */
} dn_screen_side;

/* What there is to say of the hits; borrowed. */
typedef struct dn_screen_story {
    int64_t n;
    const dn_screened *hit; /* [n] */
    dn_screen_side side[2];
    const dn_screen_calibration *calibration;
    double prevalence; /* NaN: none stated */
    int64_t pairs, known, scored;
} dn_screen_story;

/* NAME_id and NAME_rows of both sides, score, probabilities and known label of each hit, and the figures as
 * attributes of /screen. The same on every rank. Collective. Fails: as dn_h5_write(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_table_write(dn_h5 *h, const dn_screen_story *s,
                                                            dn_error *err);

#endif
