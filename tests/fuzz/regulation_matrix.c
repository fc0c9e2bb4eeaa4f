/* regulation_matrix.c - libFuzzer target: any bytes are a 0/1 matrix or an error; its ones rise within its
 * width */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/formats/regulation_matrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static dn_status read_rows(dn_delim *d, const dn_regulation_matrix *m, const dn_strings *factor,
                           dn_error *err)
{
    int64_t *one = malloc((size_t)m->factors * sizeof *one), n = 0;
    dn_status st;
    dn_field gene;
    bool more = true;

    if (one == NULL || factor->n != m->factors)
        abort();
    while ((st = dn_regulation_matrix_next("fuzz", d, m, factor, &gene, one, &n, &more, err)) == DN_OK &&
           more) {
        if (gene.len == 0 || n < 0 || n > m->factors)
            abort();
        for (int64_t i = 0; i < n; i++)
            if (one[i] < 0 || one[i] >= m->factors || (i > 0 && one[i] <= one[i - 1]))
                abort();
    }
    free(one);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *first = (const char *)data;
    const char *end = size > 0 ? memchr(first, '\n', size) : NULL;
    size_t len, next_len;
    dn_delim *d = NULL;
    dn_error err = DN_ERROR_INIT;
    dn_regulation_matrix m;
    dn_strings factor = {0};
    char *line;
    bool more;
    dn_status st;

    if (end == NULL)
        return 0;
    len = (size_t)(end - first);
    next_len = size - len - 1;
    end = next_len > 0 ? memchr(first + len + 1, '\n', next_len) : NULL;
    if (end != NULL)
        next_len = (size_t)(end - first) - len - 1;
    (void)dn_regulation_matrix_is(first, len, first + len + 1, next_len);
    st = dn_regulation_matrix_head("fuzz", 1, first, len, first + len + 1, next_len, &m, &factor, &err);
    if (st == DN_OK) {
        if (dn_delim_open_memory("fuzz", data, size, m.separator, &d, &err) != DN_OK)
            abort();
        st = dn_delim_next_line(d, &line, &len, &more, &err);
        if (st == DN_OK && more)
            st = read_rows(d, &m, &factor, &err);
    }
    if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
        abort();
    dn_strings_destroy(&factor);
    dn_delim_close(&d);
    return 0;
}
