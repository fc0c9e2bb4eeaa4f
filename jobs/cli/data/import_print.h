/* import_print.h - what an import has read, left out and made, in words */
#ifndef DN_CLI_IMPORT_PRINT_H
#define DN_CLI_IMPORT_PRINT_H

#include "mpi/io/ingest.h"

/* A paragraph for each input, on stderr. Local, by rank 0. */
void dn_import_print(const dn_import_options *o, const dn_import_report *r);

#endif
