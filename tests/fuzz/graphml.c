/* graphml.c - libFuzzer target: any bytes are GraphML or an error; ends of edges are nodes, ids are different
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "solvers/formats/graphml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ids(const dn_strings *id)
{
    dn_names *seen = NULL;

    if (dn_names_create(&seen, NULL) != DN_OK)
        abort();
    for (int64_t i = 0; i < id->n; i++) {
        size_t len;
        const char *text = dn_strings_at(id, i, &len);
        int64_t at;
        if (len == 0 || dn_names_add(seen, text, len, i, &at, NULL) != DN_OK || at != i)
            abort();
    }
    dn_names_destroy(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_graphml g = {0};
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_graphml_memory("fuzz", data, size, &g, &err);

    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    if (st == DN_OK) {
        check_ids(&g.id);
        for (int64_t i = 0; i < g.edges; i++)
            if (g.edge[i].source < 0 || g.edge[i].source >= g.id.n || g.edge[i].target < 0 ||
                g.edge[i].target >= g.id.n || !isfinite(g.edge[i].weight))
                abort();
    }
    dn_graphml_destroy(&g);
    return 0;
}
