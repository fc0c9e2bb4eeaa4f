/* yeastract.c - libFuzzer target: any bytes are a list of regulations or an error; ids are never empty */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/yeastract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spelling(const dn_field *name)
{
    char buf[16];

    for (int which = 0; which < 2; which++)
        if (dn_yeastract_gene(name, which, buf, sizeof buf) > sizeof buf)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_delim *d = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_yeastract y = {0};
    dn_regulation r;
    char *line;
    size_t len;
    bool more = true, list = false;
    dn_status st;

    if (dn_delim_open_memory("fuzz", data, size, '\t', &d, &err) != DN_OK)
        abort();
    st = dn_delim_next_line(d, &line, &len, &more, &err);
    if (st == DN_OK && more && dn_yeastract_head(line, len, &y, &list, &err) != DN_OK)
        abort();
    if (list && (y.factor == y.target || y.factor < 0 || y.factor >= y.width || y.target < 0 ||
                 y.target >= y.width || y.label >= y.width))
        abort();
    while (st == DN_OK && more && list) {
        st = dn_yeastract_next("fuzz", d, &y, &r, &more, &err);
        if (st != DN_OK || !more)
            break;
        if (r.factor.len == 0 || r.target.len == 0 || (r.label != 0 && r.label != 1))
            abort();
        check_spelling(&r.factor);
    }
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    dn_delim_close(&d);
    return 0;
}
