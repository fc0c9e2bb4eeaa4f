/* biogrid.c - libFuzzer target: any bytes are a BioGRID table or an error; names lie within their line */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/biogrid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_rows(const uint8_t *data, size_t size, const dn_evidence_filter *f)
{
    dn_delim *d = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_biogrid b;
    dn_evidence_row r;
    char *line;
    size_t len;
    bool more;
    dn_status st;

    if (dn_delim_open_memory("fuzz", data, size, '\t', &d, &err) != DN_OK)
        abort();
    st = dn_delim_next_line(d, &line, &len, &more, &err);
    if (st == DN_OK && more) {
        (void)dn_biogrid_is_header(line, len);
        st = dn_biogrid_head("fuzz", 1, line, len, f, &b, &err);
    }
    while (st == DN_OK && more) {
        st = dn_biogrid_next("fuzz", d, &b, f, &r, &more, &err);
        if (st != DN_OK || !more)
            break;
        if (r.verdict < DN_EVIDENCE_PASS || r.verdict >= DN_EVIDENCE_VERDICTS || r.label != 1)
            abort();
        for (int k = 0; k < DN_NAMINGS; k++)
            for (int end = 0; end < 2; end++)
                if (r.name[k][end].len > 0 && memchr(r.name[k][end].text, '\t', r.name[k][end].len) != NULL)
                    abort();
    }
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    dn_delim_close(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] =
        "#BioGRID Interaction ID\tOfficial Symbol Interactor A\tOfficial Symbol Interactor "
        "B\tOrganism ID Interactor A\tOrganism ID Interactor B\tExperimental System "
        "Type\tExperimental System\tScore\n";
    const dn_evidence_filter none = {0}, most = {"1", DN_EXPERIMENT_GENETIC, "a,b", true, 0.5};
    uint8_t *whole = malloc(sizeof head + size);

    read_rows(data, size, &none);
    read_rows(data, size, &most);
    if (whole == NULL)
        abort();
    memcpy(whole, head, sizeof head - 1); /* rows below a good header */
    if (size > 0)
        memcpy(whole + sizeof head - 1, data, size);
    read_rows(whole, sizeof head - 1 + size, &most);
    free(whole);
    return 0;
}
