/* embed_input.h - which proteins are wanted */
#ifndef DN_EMBED_EMBED_INPUT_H
#define DN_EMBED_EMBED_INPUT_H

#include "mpi/core/world.h"
#include "solvers/base/text.h"

/* Sequences of a dataset (its targets) or of a FASTA file, plain or .gz, in capital letters, into the empty
 * table *out, the same on every rank. Which of the two path is says its first bytes. A stop ('*') at the end
 * of a FASTA entry is left out. Collective on comm. Fails: DN_EDATA a dataset without targets, a sequence
 * that dn_protein_clean() refuses (file, line and id named); as dn_h5_open(), dn_id_file_read(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_embed_read_sequences(const dn_comm *comm, const char *path,
                                                              dn_strings *out, dn_error *err);

#endif
