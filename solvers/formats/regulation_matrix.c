/* regulation_matrix.c - 0 and 1 for genes and transcription factors; see regulation_matrix.h */
#include "solvers/formats/regulation_matrix.h"

#include <string.h>

static char separator_of(const char *line, size_t len)
{
    static const char signs[] = "\t;,";

    for (int i = 0; signs[i] != '\0'; i++)
        if (len > 0 && memchr(line, signs[i], len) != NULL)
            return signs[i];
    return '\t';
}

static int64_t count(const char *line, size_t len, char separator)
{
    return dn_fields_cut(line, len, separator, NULL, 0);
}

static bool is_bit(const dn_field *f)
{
    return f->len == 1 && (f->text[0] == '0' || f->text[0] == '1');
}

bool dn_regulation_matrix_is(const char *first, size_t first_len, const char *second, size_t second_len)
{
    char separator = separator_of(second, second_len);
    int64_t head = count(first, first_len, separator), n = count(second, second_len, separator), bits = 0;
    dn_field rest = {second, second_len}, f;

    if (n < 4 || head < 3 || head > n + 1 || head < n - 1)
        return false;
    while (dn_field_part(&rest, separator, &f))
        bits += is_bit(&f);
    return 2 * bits >= n - 1;
}

dn_status dn_regulation_matrix_head(const char *name, int64_t number, const char *line, size_t len,
                                    const char *row, size_t row_len, dn_regulation_matrix *out,
                                    dn_strings *out_factor, dn_error *err)
{
    dn_status st = DN_OK;
    dn_regulation_matrix m = {.separator = separator_of(row, row_len)};
    int64_t head = count(line, len, m.separator);
    dn_field rest = {line, len}, f;
    dn_names *seen = NULL;

    m.corner = head != count(row, row_len, m.separator) - 1;
    m.factors = head - m.corner;
    if (m.factors < 1)
        DN_FAIL(DN_EDATA, "%s:%lld: the header of a regulation matrix names no transcription factor", name,
                (long long)number);
    DN_TRY(dn_names_create(&seen, err));
    for (int64_t i = -(int64_t)m.corner; dn_field_part(&rest, m.separator, &f); i++) {
        int64_t before;
        f = dn_field_trim(f);
        if (i < 0)
            continue;
        if (f.len == 0)
            DN_FAIL(DN_EDATA, "%s:%lld: transcription factor %lld has no name", name, (long long)number,
                    (long long)i + 1);
        DN_TRY(dn_names_add(seen, f.text, f.len, i, &before, err));
        if (before != i)
            DN_FAIL(DN_EDATA, "%s:%lld: transcription factor '%.*s' stands twice in the header", name,
                    (long long)number, (int)(f.len < 60 ? f.len : 60), f.text);
        DN_TRY(dn_strings_add(out_factor, f.text, f.len, err));
    }
    *out = m;
out:
    dn_names_destroy(&seen);
    return st;
}

/* Say what is wrong with a row. */
static dn_status complain(const char *name, const dn_delim *d, const dn_regulation_matrix *m,
                          const dn_strings *factor, const char *line, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = count(line, len, m->separator);
    dn_field rest = {line, len}, f;
    char buf[64];

    if (n != m->factors + 1)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields, wanted a gene and %lld of 0 or 1", name,
                (long long)dn_delim_line(d), (long long)n, (long long)m->factors);
    for (int64_t i = -1; dn_field_part(&rest, m->separator, &f); i++) {
        f = dn_field_trim(f);
        if (i >= 0 && !is_bit(&f))
            DN_FAIL(DN_EDATA, "%s:%lld: column '%s': '%.*s' is neither 0 nor 1", name,
                    (long long)dn_delim_line(d), dn_strings_copy(factor, i, buf, sizeof buf),
                    (int)(f.len < 60 ? f.len : 60), f.text);
    }
    DN_FAIL(DN_EDATA, "%s:%lld: blanks around a 0 or 1", name, (long long)dn_delim_line(d));
out:
    return st;
}

dn_status dn_regulation_matrix_next(const char *name, dn_delim *d, const dn_regulation_matrix *m,
                                    const dn_strings *factor, dn_field *out_gene, int64_t *one,
                                    int64_t *out_ones, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    char *line, *at;
    size_t len;
    int64_t ones = 0;

    *out_ones = 0;
    DN_TRY(dn_delim_next_line(d, &line, &len, out_more, err));
    if (!*out_more)
        goto out;
    at = memchr(line, m->separator, len);
    if (at == NULL || (size_t)(line + len - at) != 2 * (size_t)m->factors)
        DN_TRY(complain(name, d, m, factor, line, len, err));
    *out_gene = dn_field_trim((dn_field){line, (size_t)(at - line)});
    for (int64_t i = 0; i < m->factors; i++, at += 2) {
        if (at[0] != m->separator || (at[1] != '0' && at[1] != '1'))
            DN_TRY(complain(name, d, m, factor, line, len, err));
        if (at[1] == '1')
            one[ones++] = i;
    }
    if (out_gene->len == 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the gene has no name", name, (long long)dn_delim_line(d));
    *out_ones = ones;
out:
    return st;
}
