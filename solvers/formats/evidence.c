/* evidence.c - which rows of an interaction database are wanted; see evidence.h */
#include "solvers/formats/evidence.h"

#include <string.h>

bool dn_evidence_filters(const dn_evidence_filter *f)
{
    return f->organism != NULL || f->type != DN_EXPERIMENT_ANY || f->system != NULL || f->scored;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const dn_field *a, const dn_field *b)
{
    if (a->len != b->len)
        return false;
    for (size_t i = 0; i < a->len; i++)
        if (lower(a->text[i]) != lower(b->text[i]))
            return false;
    return true;
}

bool dn_evidence_has_system(const dn_evidence_filter *f, const dn_field *system)
{
    dn_field rest = {f->system, strlen(f->system)}, word;

    while (dn_field_part(&rest, ',', &word)) {
        word = dn_field_trim(word);
        if (same(&word, system))
            return true;
    }
    return false;
}

dn_status dn_evidence_line(dn_delim *d, char **out_line, size_t *out_len, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;

    do {
        DN_TRY(dn_delim_next_line(d, out_line, out_len, out_more, err));
    } while (*out_more && (*out_line)[0] == '#');
out:
    return st;
}
