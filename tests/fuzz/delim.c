/* delim.c - libFuzzer target: any bytes are a table or an error, and records stay inside the bytes */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "solvers/formats/delim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[3] = {0, '\t', ','};

    for (int k = 0; k < 3; k++) {
        dn_delim *d = NULL;
        dn_error err = DN_ERROR_INIT;
        dn_record r;
        bool more = true;
        int64_t offset = 0;
        size_t bytes = 0;

        if (dn_delim_open_memory("fuzz", data, size, separators[k], &d, &err) != DN_OK)
            abort();
        for (;;) {
            dn_status st = dn_delim_next(d, &r, &more, &err);

            if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
                abort();
            if (st != DN_OK || !more)
                break;
            if (r.n < 1 || dn_delim_offset(d) <= offset || dn_delim_offset(d) > (int64_t)size)
                abort();
            offset = dn_delim_offset(d);
            for (int64_t i = 0; i < r.n; i++)
                for (size_t b = 0; b < r.field[i].len; b++) {
                    if (r.field[i].text[b] == '\n' || r.field[i].text[b] == '\0')
                        abort();
                    bytes++;
                }
        }
        if (bytes > size)
            abort();
        dn_delim_close(&d);
    }
    return 0;
}
