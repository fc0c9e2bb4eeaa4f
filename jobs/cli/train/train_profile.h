/* train_profile.h - what `dragnet train --profile` prints and writes */
#ifndef DN_CLI_TRAIN_PROFILE_H
#define DN_CLI_TRAIN_PROFILE_H

#include "mpi/train/profile.h"

/* Collect the profile of all ranks; rank 0 prints it as two tables to stdout, ranks and layers, and writes it
 * as JSON to path. Nothing without a step. Collective on comm. Fails: DN_ENOMEM; DN_ECANTCREAT, DN_EIO */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_train_profile_report(const dn_comm *comm, const dn_profile *p,
                                                              const char *path, dn_error *err);

#endif
