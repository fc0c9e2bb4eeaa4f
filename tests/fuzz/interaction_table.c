/* interaction_table.c - libFuzzer target: any header and any wanted columns (the first line) give columns of
 * the table, each with one role, or an error */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/interaction.h"
#include "solvers/formats/interaction_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_header(const dn_record *r, const char *wanted, bool joined)
{
    dn_interaction_columns c;
    dn_error err = DN_ERROR_INIT;
    dn_status st = dn_interaction_columns_find("fuzz", r, wanted, joined, joined, &c, &err);

    if (st != DN_OK && (err.text[0] == '\0' || (st != DN_EDATA && (st != DN_EUSAGE || wanted == NULL))))
        abort();
    if (st != DN_OK)
        return;
    if (c.width != r->n || c.column[DN_ROLE_LABEL] < 0)
        abort();
    for (int i = 0; i < DN_ROLES; i++)
        if (c.column[i] < -1 || c.column[i] >= r->n)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = end != NULL ? (size_t)(end - data) : 0;
    char wanted[400];
    dn_delim *d = NULL;
    dn_record r;
    bool more;

    if (end == NULL || len >= sizeof wanted)
        return 0;
    memcpy(wanted, data, len);
    wanted[len] = '\0';
    if (dn_delim_open_memory("fuzz", data + len + 1, size - len - 1, 0, &d, NULL) != DN_OK)
        abort();
    if (dn_delim_next(d, &r, &more, NULL) == DN_OK && more) {
        try_header(&r, NULL, false);
        try_header(&r, wanted, true);
        for (int64_t i = 0; i < r.n; i++) {
            int label = dn_interaction_label(r.field[i].text, r.field[i].len);
            if (label < DN_LABEL_UNKNOWN || label > 1)
                abort();
        }
    }
    dn_delim_close(&d);
    return 0;
}
