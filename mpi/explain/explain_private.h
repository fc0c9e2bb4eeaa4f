/* explain_private.h - what the files of this folder share; included by nobody else */
#ifndef DN_EXPLAIN_EXPLAIN_PRIVATE_H
#define DN_EXPLAIN_EXPLAIN_PRIVATE_H

#include "mpi/explain/explain_run.h"

/* Which pairs are asked for: n, drug, target and row of r, whose table and newcomers are there. Collective.
 * Fails: as dn_explain_open() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_explain_choose(const dn_comm *comm, const dn_explain_wish *w,
                                                        dn_explain_run *r, dn_error *err);

#endif
