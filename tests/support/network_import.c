/* network_import.c - see network_import.h */
#include "tests/support/network_import.h"

#include <stdio.h>
#include <string.h>
#include "mpi/graph/network.h"
#include "mpi/io/dataset.h"
#include "tests/support/test.h"

const char *test_stay(const char *path)
{
    static char kept[40][600];
    static int n;
    char *to = kept[n++ % 40];

    snprintf(to, sizeof kept[0], "%s", path);
    return to;
}

const char *test_text(const char *name, const char *text)
{
    return test_stay(test_file(name, text, strlen(text)));
}

dn_import_options test_import(const char *output, const dn_layer_option *layers, int n)
{
    return (dn_import_options){.output = output, .layer = layers, .n_layers = n, .force = true};
}

void test_refused(const dn_import_options *o, dn_status code, const char *text)
{
    dn_import_report r = {0};
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_import(&test_comm, o, "test", &r, &err);

    CU_ASSERT(test_same((int)st));
    CU_ASSERT_EQUAL(st, code);
    if (st != code || strstr(err.text, text) == NULL)
        fprintf(stderr, "# rank %d: %s\n", test_comm.rank, err.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, text));
    dn_import_report_destroy(&r);
}

void test_loads(const char *path, const char *layer, int64_t n, int64_t connected, int64_t edges)
{
    dn_h5 *h = NULL;
    dn_network *w = NULL;
    dn_network_options o = {.n_layers = layer != NULL, .layer = &layer};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_h5_open(&test_comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    if (h != NULL)
        CU_ASSERT_EQUAL(dn_network_load(h, &o, &w, &err), DN_OK);
    if (w != NULL) {
        CU_ASSERT_EQUAL(w->graph.n, n);
        CU_ASSERT_EQUAL(w->graph.connected, connected);
        CU_ASSERT_EQUAL(w->graph.nnz, 2 * edges);
    } else {
        fprintf(stderr, "# %s\n", err.text);
    }
    dn_network_close(&w);
    dn_h5_close(&h);
}
