/* mitab.c - PSI-MITAB 2.5 to 2.8; see mitab.h */
#include "solvers/formats/mitab.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/text.h"

enum { COLUMNS = 46 };

/* from 0 */
enum { METHOD = 6, TAXID = 9, TYPE = 11, CONFIDENCE = 14, NEGATIVE = 35 };

const char *dn_mitab_naming(int naming)
{
    static const char *const names[DN_MITAB_NAMINGS] = {"identifier", "alternative identifier", "alias"};

    return names[naming];
}

/* ---- values of a field ---- */

/* A part in quotes, which begins at text[0], in place. *out_used: bytes it takes, both quotes included; 0: it
 * does not end. */
static void unquote(char *text, size_t len, dn_field *out, size_t *out_used)
{
    size_t n = 0;

    *out_used = 0;
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '"') {
            *out = (dn_field){text + 1, n};
            *out_used = i + 1;
            return;
        }
        if (text[i] == '\\' && i + 1 < len && (text[i + 1] == '"' || text[i + 1] == '\\'))
            i++;
        n++;
        if (n != i) /* untouched without escapes */
            text[n] = text[i];
    }
}

/* A part that ends before one of the signs, or with the field. *at moves there. */
static dn_status take_part(const dn_field *f, size_t *at, const char *signs, dn_field *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t from = *at, used;

    if (from < f->len && f->text[from] == '"') {
        unquote((char *)f->text + from, f->len - from, out, &used); /* the line belongs to the reader */
        if (used == 0)
            DN_FAIL(DN_EDATA, "a quote does not end: %.*s", (int)(f->len - from < 40 ? f->len - from : 40),
                    f->text + from);
        *at += used;
        while (*at < f->len && strchr(signs, f->text[*at]) == NULL)
            ++*at;
        goto out;
    }
    while (*at < f->len && strchr(signs, f->text[*at]) == NULL)
        ++*at;
    *out = (dn_field){f->text + from, *at - from};
out:
    return st;
}

dn_status dn_mitab_value_next(dn_field *rest, dn_mitab_value *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    dn_mitab_value v = {{"", 0}, {"", 0}, {"", 0}};
    dn_field f = *rest;
    size_t at = 0;

    *out_more = false;
    if (f.text == NULL || dn_field_is_none(&f)) {
        *rest = (dn_field){NULL, 0};
        goto out;
    }
    DN_TRY(take_part(&f, &at, ":(|", &v.value, err));
    if (at < f.len && f.text[at] == ':') {
        v.database = v.value;
        at++;
        DN_TRY(take_part(&f, &at, "(|", &v.value, err));
    }
    if (at < f.len && f.text[at] == '(') {
        at++;
        DN_TRY(take_part(&f, &at, "|", &v.text, err));
        if (v.text.len > 0 && v.text.text + v.text.len == f.text + at && v.text.text[v.text.len - 1] == ')')
            v.text.len--;
    }
    *rest = at < f.len ? (dn_field){f.text + at + 1, f.len - at - 1} : (dn_field){NULL, 0};
    *out = v;
    *out_more = true;
out:
    return st;
}

/* ---- what the values mean ---- */

/* The number of "psi-mi:"MI:0018"(...)" and of "MI:0018(...)"; -1: it is none. */
static int64_t mi_of(const dn_mitab_value *v)
{
    dn_field number = v->value;
    int64_t mi;

    if (number.len > 3 && memcmp(number.text, "MI:", 3) == 0)
        number = (dn_field){number.text + 3, number.len - 3};
    else if (!dn_field_is(&v->database, "MI"))
        return -1;
    return dn_parse_int(number.text, number.len, &mi) && mi >= 0 ? mi : -1;
}

typedef struct range {
    int from, to;
} range;

static bool in_ranges(const range *r, size_t n, int64_t v)
{
    for (size_t i = 0; i < n; i++)
        if (v >= r[i].from && v <= r[i].to)
            return true;
    return false;
}

bool dn_mitab_is_type(int64_t mi, dn_experiment type)
{
    static const range physical[] = {
        {914, 915},   {2232, 2232}, {407, 408},   {195, 195},   {414, 414},   {192, 194},   {197, 204},
        {206, 207},   {209, 214},   {216, 217},   {220, 220},   {556, 559},   {566, 572},   {701, 701},
        {844, 844},   {871, 871},   {881, 883},   {902, 902},   {910, 910},   {945, 945},   {971, 971},
        {985, 987},   {1126, 1127}, {1139, 1140}, {1143, 1143}, {1146, 1146}, {1148, 1148}, {1230, 1230},
        {1237, 1237}, {1250, 1251}, {1310, 1310}, {1327, 1327}, {1355, 1355}, {2252, 2252}, {2263, 2263},
        {2272, 2273}, {2280, 2280}, {2356, 2356}, {218, 218}};
    static const range genetic[] = {{208, 208},   {794, 802},   {930, 931},   {933, 935},   {1271, 1295},
                                    {2367, 2380}, {2388, 2391}, {2394, 2397}, {2401, 2402}, {219, 219}};

    if (type == DN_EXPERIMENT_PHYSICAL)
        return in_ranges(physical, sizeof physical / sizeof physical[0], mi);
    if (type == DN_EXPERIMENT_GENETIC)
        return in_ranges(genetic, sizeof genetic / sizeof genetic[0], mi);
    return true;
}

/* Whether a value of the field is what the filter wants of this column. */
static bool wanted(const dn_evidence_filter *f, int column, const dn_mitab_value *v)
{
    char id[16];
    dn_field number;
    int64_t mi;

    if (column == TAXID)
        return dn_field_is(&v->value, f->organism);
    mi = mi_of(v);
    if (column == TYPE)
        return dn_mitab_is_type(mi, f->type);
    if (dn_evidence_has_system(f, &v->text))
        return true;
    if (mi < 0 || mi > 99999)
        return false;
    number = (dn_field){id, (size_t)snprintf(id, sizeof id, "MI:%04d", (int)mi)};
    return dn_evidence_has_system(f, &number);
}

static dn_status any_wanted(const dn_evidence_filter *f, int column, dn_field field, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_mitab_value v;
    bool more;

    *out = false;
    for (;;) {
        DN_TRY(dn_mitab_value_next(&field, &v, &more, err));
        if (!more)
            break;
        *out = *out || wanted(f, column, &v);
    }
out:
    return st;
}

static dn_status judge_score(const dn_evidence_filter *f, dn_field field, dn_verdict *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_mitab_value v;
    double score;
    bool more;

    *out = DN_EVIDENCE_NO_SCORE;
    for (;;) {
        DN_TRY(dn_mitab_value_next(&field, &v, &more, err));
        if (!more)
            break;
        if (*out != DN_EVIDENCE_NO_SCORE || !dn_parse_double(v.value.text, v.value.len, &score) ||
            score != score)
            continue;
        *out = score >= f->min_score ? DN_EVIDENCE_PASS : DN_EVIDENCE_LOW_SCORE;
    }
out:
    return st;
}

static dn_status judge(const dn_evidence_filter *f, const dn_field *field, dn_verdict *out, dn_error *err)
{
    dn_status st = DN_OK;
    bool good = true;

    *out = DN_EVIDENCE_ORGANISM;
    for (int end = 0; end < 2 && good && f->organism != NULL; end++)
        DN_TRY(any_wanted(f, TAXID, field[TAXID + end], &good, err));
    if (!good)
        goto out;
    *out = DN_EVIDENCE_TYPE;
    if (f->type != DN_EXPERIMENT_ANY)
        DN_TRY(any_wanted(f, TYPE, field[TYPE], &good, err));
    if (!good)
        goto out;
    *out = DN_EVIDENCE_SYSTEM;
    if (f->system != NULL)
        DN_TRY(any_wanted(f, METHOD, field[METHOD], &good, err));
    if (!good)
        goto out;
    *out = DN_EVIDENCE_PASS;
    if (f->scored)
        DN_TRY(judge_score(f, field[CONFIDENCE], out, err));
out:
    return st;
}

/* ---- rows ---- */

static bool is_width(int64_t n)
{
    return n == 15 || n == 36 || n == 42 || n == 46;
}

int64_t dn_mitab_width(const char *line, size_t len)
{
    dn_field field[COLUMNS];
    int64_t n = dn_fields_cut(line, len, '\t', field, COLUMNS);
    bool named = false, ids = true;

    if (!is_width(n))
        return 0;
    for (size_t i = 0; i + 9 <= field[0].len && !named; i++)
        named = memcmp(field[0].text + i, "nteractor", 9) == 0;
    if (line[0] == '#')
        return named ? n : 0;
    for (int end = 0; end < 2; end++)
        ids = ids && (dn_field_is_none(&field[end]) || memchr(field[end].text, ':', field[end].len) != NULL);
    return ids || named ? n : 0;
}

/* Fields where a tab may stand in quotes. */
static int64_t cut_quoted(const char *line, size_t len, dn_field *field, int64_t cap)
{
    int64_t n = 0;
    size_t from = 0;
    bool quoted = false;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && quoted && line[i] == '\\' && i + 1 < len) {
            i++;
        } else if (i < len && line[i] == '"') {
            quoted = !quoted && (i == from || strchr(":(|", line[i - 1]) != NULL);
        } else if (i == len || (line[i] == '\t' && !quoted)) {
            if (n < cap)
                field[n] = (dn_field){line + from, i - from};
            n++;
            from = i + 1;
        }
    }
    return n;
}

static dn_status take_negative(const char *name, const dn_delim *d, const dn_field *f, int *out_label,
                               dn_error *err)
{
    dn_status st = DN_OK;
    bool yes = dn_field_is(f, "true");

    if (!yes && !dn_field_is(f, "false") && !dn_field_is_none(f))
        DN_FAIL(DN_EDATA, "%s:%lld: column 36 (negative): '%.*s' is neither true nor false", name,
                (long long)dn_delim_line(d), (int)(f->len < 40 ? f->len : 40), f->text);
    *out_label = !yes;
out:
    return st;
}

dn_status dn_mitab_next(const char *name, dn_delim *d, int64_t width, const dn_evidence_filter *f,
                        dn_evidence_row *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    dn_field field[COLUMNS];
    dn_error why = DN_ERROR_INIT;
    char *line;
    size_t len;
    int64_t n;

    DN_TRY(dn_evidence_line(d, &line, &len, out_more, err));
    if (!*out_more)
        goto out;
    n = dn_fields_cut(line, len, '\t', field, COLUMNS);
    if (n != width)
        n = cut_quoted(line, len, field, COLUMNS);
    if (n != width)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld columns, wanted %lld", name, (long long)dn_delim_line(d),
                (long long)n, (long long)width);
    *out = (dn_evidence_row){.label = 1};
    for (int k = 0; k < DN_MITAB_NAMINGS; k++)
        for (int end = 0; end < 2; end++)
            out->name[k][end] = field[2 * k + end];
    st = judge(f, field, &out->verdict, &why);
    if (st != DN_OK)
        DN_FAIL(st, "%s:%lld: %s", name, (long long)dn_delim_line(d), why.text);
    if (width > NEGATIVE)
        DN_TRY(take_negative(name, d, &field[NEGATIVE], &out->label, err));
out:
    return st;
}
