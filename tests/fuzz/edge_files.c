/* edge_files.c - libFuzzer target: any bytes are an edge list or an error; ids are never empty, weights
 * finite */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "solvers/formats/edge_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_layout(const dn_edge_layout *l, size_t size)
{
    if (l->bytes != (int64_t)size || l->data < 0 || l->data > (int64_t)size || l->columns < 2 ||
        l->comments < 0)
        abort();
    if (l->source == l->target || l->source < 0 || l->source >= l->columns || l->target < 0 ||
        l->target >= l->columns || l->weight >= l->columns || l->type >= l->columns)
        abort();
}

static void read_rows(const uint8_t *data, size_t size, const dn_edge_layout *l)
{
    dn_edge_rows *e = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_edge_row r;
    dn_status st;
    bool more = true;
    int64_t n = 0;

    if (dn_edge_rows_memory("fuzz", data, size, l, &e, &err) != DN_OK)
        abort();
    while ((st = dn_edge_rows_next(e, &r, &more, &err)) == DN_OK && more) {
        if (r.source.len == 0 || r.target.len == 0 || !isfinite(r.weight) || r.effects > 3)
            abort();
        n++;
    }
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    if (dn_edge_rows_counts(e)->rows - dn_edge_rows_counts(e)->unnamed < n)
        abort();
    dn_edge_rows_close(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[3] = {NULL, "a,b", "from,to,weight"};

    for (int k = 0; k < 3; k++) {
        dn_edge_layout l;
        dn_error err = DN_ERROR_INIT;
        dn_status st = dn_edge_layout_memory("fuzz", data, size, columns[k], &l, &err);

        if (st != DN_OK) {
            if ((st != DN_EDATA && st != DN_EUSAGE) || err.text[0] == '\0')
                abort();
            continue;
        }
        if (l.format == DN_EDGES_GRAPHML)
            continue;
        check_layout(&l, size);
        read_rows(data, size, &l);
        l.drop_cut = true;
        read_rows(data, size, &l);
    }
    return 0;
}
