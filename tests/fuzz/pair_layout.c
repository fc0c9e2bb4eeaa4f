/* pair_layout.c - libFuzzer target: any bytes are a gene-gene table of some kind or an error; what is said of
 * it holds */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "solvers/formats/pair_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const dn_evidence_filter none = {0};

    for (int f = DN_PAIRS_AUTO; f < DN_PAIR_FORMATS; f++) {
        dn_pair_layout l;
        dn_strings factor = {0};
        dn_error err = DN_ERROR_INIT;
        dn_status st;

        if (f == DN_PAIRS_NPY)
            continue;
        st = dn_pair_layout_memory("fuzz", data, size, (dn_pair_format)f, &none, &l, &factor, &err);
        if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
            abort();
        if (st == DN_OK &&
            (l.bytes != (int64_t)size || l.data < 0 || l.data > (int64_t)size || l.format == DN_PAIRS_AUTO ||
             (f != DN_PAIRS_AUTO && l.format != (dn_pair_format)f)))
            abort();
        dn_strings_destroy(&factor);
    }
    return 0;
}
