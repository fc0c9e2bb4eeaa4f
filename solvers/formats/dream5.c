/* dream5.c - gold standards of DREAM5; see dream5.h */
#include "solvers/formats/dream5.h"

dn_status dn_dream5_next(const char *name, dn_delim *d, dn_regulation *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    dn_field f[3];
    char *line;
    size_t len;
    int64_t n;

    DN_TRY(dn_delim_next_line(d, &line, &len, out_more, err));
    if (!*out_more)
        goto out;
    n = dn_fields_cut(line, len, '\t', f, 3);
    if (n != 3)
        DN_FAIL(DN_EDATA,
                "%s:%lld: ragged row: %lld fields, wanted 3 divided by tabs: transcription factor, target, 0 "
                "or 1",
                name, (long long)dn_delim_line(d), (long long)n);
    for (int i = 0; i < 3; i++)
        f[i] = dn_field_trim(f[i]);
    if (f[0].len == 0 || f[1].len == 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the %s has no id", name, (long long)dn_delim_line(d),
                f[0].len == 0 ? "transcription factor" : "target");
    if (f[2].len != 1 || (f[2].text[0] != '0' && f[2].text[0] != '1'))
        DN_FAIL(DN_EDATA, "%s:%lld: label '%.*s' is neither 0 nor 1", name, (long long)dn_delim_line(d),
                (int)(f[2].len < 60 ? f[2].len : 60), f[2].text);
    *out = (dn_regulation){f[0], f[1], f[2].text[0] == '1'};
out:
    return st;
}
