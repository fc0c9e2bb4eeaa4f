/* dream5.h - gold standards of the DREAM5 network inference challenge
 *
 * Source: the challenge's description (wiki.c2b2.columbia.edu/dream, D5c4). No header; a line is a
 * transcription factor, a target and 1 (it regulates it) or 0 (it does not), divided by tabs. Local.
 */
#ifndef DN_FORMATS_DREAM5_H
#define DN_FORMATS_DREAM5_H

#include "solvers/formats/fields.h"

/* A regulation, or that there is none; valid until the next call of the reader. */
typedef struct dn_regulation {
    dn_field factor, target;
    int label; /* 1: factor regulates target, 0: it does not */
} dn_regulation;

/* The next row; *out_more false at the end. name is for messages. Fails: DN_EDATA not three fields, an empty
 * id, a label that is neither 0 nor 1 (file and line named); and as dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_dream5_next(const char *name, dn_delim *d, dn_regulation *out, bool *out_more,
                                       dn_error *err);

#endif
