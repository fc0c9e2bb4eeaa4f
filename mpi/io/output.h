/* output.h - the one rule for outputs: finished work is not done again, and nothing in the way is overwritten
 *
 * The same command on a finished output says so and succeeds; anything else in its place is refused; --force
 * starts anew.
 */
#ifndef DN_IO_OUTPUT_H
#define DN_IO_OUTPUT_H

#include "mpi/io/h5.h"

/* Whether path holds a complete file of this schema whose `config` attribute of `object` equals config. An
 * absent path is not finished. Collective on comm. Fails: DN_ECANTCREAT something else stands at path
 * (damaged, foreign, or of another config, whose first difference is named); DN_EIO whether it is there
 * cannot be said; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_output_finished(const dn_comm *comm, const char *path,
                                                         const char *schema, const char *object,
                                                         const char *config, bool *out_finished,
                                                         dn_error *err);

#endif
