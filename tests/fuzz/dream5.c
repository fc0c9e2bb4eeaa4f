/* dream5.c - libFuzzer target: any bytes are a gold standard or an error; ids are never empty */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/dream5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_delim *d = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_regulation r;
    bool more = true;
    dn_status st;

    if (dn_delim_open_memory("fuzz", data, size, '\t', &d, &err) != DN_OK)
        abort();
    while ((st = dn_dream5_next("fuzz", d, &r, &more, &err)) == DN_OK && more)
        if (r.factor.len == 0 || r.target.len == 0 || (r.label != 0 && r.label != 1))
            abort();
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    dn_delim_close(&d);
    return 0;
}
