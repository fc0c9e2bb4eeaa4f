/* embed_probe.h - a few of the proteins embedded, to know what all of them will take */
#ifndef DN_EMBED_EMBED_PROBE_H
#define DN_EMBED_EMBED_PROBE_H

#include "mpi/embed/embed.h"

typedef struct dn_embed_probe {
    int64_t proteins;     /* tried */
    double seconds;       /* that took, with all threads of the rank */
    double operations;    /* of them (dn_esm_operations, windows counted each) */
    double total;         /* of all proteins */
    int64_t state_bytes;  /* of the states of all, as the file holds them */
    int64_t shared_bytes; /* packed weights, once on every machine */
    int64_t thread_bytes; /* of all threads of the rank: works and windows */
    int64_t wave_bytes;   /* states that a rank holds until they are a part */
} dn_embed_probe;

/* Embed proteins drawn over all lengths for about so many seconds, one for each thread at least; what comes
 * out is thrown away. Local. Fails: as dn_esm_forward(); DN_ENOMEM */
DN_MUST_CHECK dn_status dn_embed_try(const dn_embed *e, double seconds, dn_embed_probe *out, dn_error *err);

#endif
