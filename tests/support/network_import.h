/* network_import.h - small layers of a network, imported by the tests; the functions marked so are collective
 */
#ifndef DN_TEST_NETWORK_IMPORT_H
#define DN_TEST_NETWORK_IMPORT_H

#include "mpi/io/ingest.h"

/* Paths of test_file() and test_path() live in four buffers in rotation; this one is kept for 40 calls.
 * Local. */
const char *test_stay(const char *path);

/* A file of this text in test_dir(). Collective. */
const char *test_text(const char *name, const char *text);

/* Options that import n layers to output, which may be there. Local. */
dn_import_options test_import(const char *output, const dn_layer_option *layer, int n);

/* Import must fail on every rank with this code, and with these words in the message. Collective. */
void test_refused(const dn_import_options *o, dn_status code, const char *words);

/* What dn_network_load() makes of a layer (NULL: all): nodes, those with an edge, edges. Collective. */
void test_loads(const char *path, const char *layer, int64_t n, int64_t connected, int64_t edges);

#endif
