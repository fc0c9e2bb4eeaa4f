/* mitab.c - libFuzzer target: any bytes are PSI-MITAB or an error; values lie within their field */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/mitab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(const dn_field *all, const dn_field *f)
{
    if (f->len > 0 && (f->text < all->text || f->text + f->len > all->text + all->len))
        abort();
}

/* Values of a field, all of which it holds. */
static void read_values(dn_field field)
{
    dn_field all = field;
    dn_error err = DN_ERROR_INIT;
    dn_mitab_value v;
    bool more = true;
    size_t n = 0;

    while (more && n <= all.len + 1) {
        dn_status st = dn_mitab_value_next(&field, &v, &more, &err);
        if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
            abort();
        if (st != DN_OK)
            return;
        if (!more)
            break;
        check_within(&all, &v.database);
        check_within(&all, &v.value);
        check_within(&all, &v.text);
        n++;
    }
    if (n > all.len + 1)
        abort();
}

static void read_rows(const uint8_t *data, size_t size, int64_t width, const dn_evidence_filter *f)
{
    dn_delim *d = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_evidence_row r;
    bool more = true;
    dn_status st;

    if (dn_delim_open_memory("fuzz", data, size, '\t', &d, &err) != DN_OK)
        abort();
    while ((st = dn_mitab_next("fuzz", d, width, f, &r, &more, &err)) == DN_OK && more) {
        if (r.verdict < DN_EVIDENCE_PASS || r.verdict >= DN_EVIDENCE_VERDICTS ||
            (r.label != 0 && r.label != 1))
            abort();
        for (int k = 0; k < DN_MITAB_NAMINGS; k++)
            for (int end = 0; end < 2; end++)
                read_values(r.name[k][end]);
    }
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    dn_delim_close(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const dn_evidence_filter none = {0}, most = {"1", DN_EXPERIMENT_PHYSICAL, "a,MI:0018", true, 0.5};
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = end != NULL ? (size_t)(end - data) : size;
    int64_t width = size > 0 ? dn_mitab_width((const char *)data, len) : 0;
    char *copy = malloc(size + 1);

    if (copy == NULL || (width != 0 && width != 15 && width != 36 && width != 42 && width != 46))
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    read_values((dn_field){copy, size});
    free(copy);
    read_rows(data, size, width > 0 ? width : 15, &none);
    read_rows(data, size, width > 0 ? width : 36, &most);
    return 0;
}
