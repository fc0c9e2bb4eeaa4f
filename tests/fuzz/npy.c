/* npy.c - libFuzzer target: any bytes are a header or an error, and a header never promises more than is
 * there */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "solvers/formats/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_error err = DN_ERROR_INIT;
    dn_npy a = {0};

    if (dn_npy_parse("fuzz", data, size, (int64_t)size, &a, &err) == DN_OK) {
        if (a.rows < 0 || a.data < 10 || a.data + a.rows * 3 * (int64_t)a.item > (int64_t)size)
            abort();
    } else if (err.code != DN_EDATA || err.text[0] == '\0') {
        abort();
    }
    return 0;
}
