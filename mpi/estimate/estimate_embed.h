/* estimate_embed.h - what embedding proteins takes: some of them tried (mpi/embed/embed_probe.h) */
#ifndef DN_ESTIMATE_ESTIMATE_EMBED_H
#define DN_ESTIMATE_ESTIMATE_EMBED_H

#include "mpi/embed/embed.h"
#include "mpi/estimate/estimate.h"

/* Fill e but for stage, output, base, began and seconds, which the caller has set. Local, on one rank. Fails:
 * as dn_embed_try() */
DN_MUST_CHECK dn_status dn_estimate_embed(const dn_embed *embed, dn_estimate *e, dn_error *err);

#endif
