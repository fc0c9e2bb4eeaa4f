/* options.c - one row per option; see options.h */
#include "jobs/cli/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/duration.h"
#include "solvers/base/text.h"

enum { MAX_OPTIONS = 64 };

typedef struct value {
    const char *text; /* of a single value; NULL: none */
    int64_t integer;
    double number;
    bool given;
    const char **item; /* of a list */
    size_t items, items_cap;
} value;

struct dn_options {
    const dn_opt *table;
    int n;
    value value[MAX_OPTIONS];
    const char **positional;
    size_t positionals, positionals_cap;
};

static int table_length(const dn_opt *table)
{
    int n = 0;

    while (table[n].name != NULL)
        n++;
    return n;
}

/* ---- values ---- */

static dn_status check_number(const dn_opt *row, const char *text, double v, dn_error *err)
{
    dn_status st = DN_OK;
    double low, high;
    const char *dots = row->range != NULL ? strstr(row->range, "..") : NULL;

    if (dots == NULL)
        goto out;
    low = strtod(row->range, NULL);
    high = strtod(dots + 2, NULL);
    if (!(v >= low && v <= high))
        DN_FAIL(DN_EUSAGE, "--%s %s: out of range, wanted %s", row->name, text, row->range);
out:
    return st;
}

static dn_status check_word(const dn_opt *row, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len = strlen(text);
    const char *at = row->range;

    if (row->range == NULL || strchr(row->range, '|') == NULL)
        return DN_OK;
    while (at != NULL) {
        const char *bar = strchr(at, '|');
        size_t n = bar != NULL ? (size_t)(bar - at) : strlen(at);
        if (n == len && strncmp(at, text, n) == 0)
            goto out;
        at = bar != NULL ? bar + 1 : NULL;
    }
    DN_FAIL(DN_EUSAGE, "--%s %s: wanted one of %s", row->name, text, row->range);
out:
    return st;
}

static dn_status set_value(const dn_opt *row, value *v, const char *text, dn_error *err)
{
    dn_status st = DN_OK;

    v->text = text;
    switch (row->type) {
    case DN_OPT_INT:
        if (!dn_parse_int(text, strlen(text), &v->integer))
            DN_FAIL(DN_EUSAGE, "--%s %s: is not a whole number", row->name, text);
        v->number = (double)v->integer;
        DN_TRY(check_number(row, text, v->number, err));
        break;
    case DN_OPT_NUMBER:
        if (!dn_parse_double(text, strlen(text), &v->number) || !isfinite(v->number))
            DN_FAIL(DN_EUSAGE, "--%s %s: is not a number", row->name, text);
        DN_TRY(check_number(row, text, v->number, err));
        break;
    case DN_OPT_TIME:
        if (!dn_parse_duration(text, &v->number))
            DN_FAIL(DN_EUSAGE, "--%s %s: is not a time such as 90s, 10m, 1h30m, 1:30:00 or 1-12", row->name,
                    text);
        break;
    case DN_OPT_TEXT:
        DN_TRY(check_word(row, text, err));
        break;
    case DN_OPT_FLAG:
    case DN_OPT_LIST:
        break;
    }
out:
    return st;
}

static dn_status append(const char ***words, size_t *n, size_t *cap, const char *word, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)words, cap, *n + 1, sizeof **words, err));
    (*words)[(*n)++] = word;
out:
    return st;
}

/* ---- parsing ---- */

static dn_status unknown(const dn_options *o, const char *word, dn_error *err)
{
    dn_status st = DN_OK;
    const char *names[MAX_OPTIONS], *near;

    for (int i = 0; i < o->n; i++)
        names[i] = o->table[i].name;
    near = dn_nearest(word, names, o->n);
    DN_FAIL(DN_EUSAGE, "unknown option '--%s'%s%s%s", word, near != NULL ? "; did you mean '--" : "",
            near != NULL ? near : "", near != NULL ? "'?" : "");
out:
    return st;
}

/* The row of "--name" or "-n"; *out_attached is what follows '='. */
static dn_status find_row(const dn_options *o, const char *arg, int *out_row, const char **out_attached,
                          dn_error *err)
{
    dn_status st = DN_OK;
    bool is_long = arg[1] == '-';
    const char *name = arg + (is_long ? 2 : 1), *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    char word[64];

    *out_attached = equals != NULL ? equals + 1 : NULL;
    for (int i = 0; i < o->n; i++)
        if (is_long ? strlen(o->table[i].name) == len && strncmp(o->table[i].name, name, len) == 0
                    : len == 1 && o->table[i].letter != 0 && o->table[i].letter == name[0]) {
            *out_row = i;
            return DN_OK;
        }
    snprintf(word, sizeof word, "%.*s", len < 60 ? (int)len : 60, name);
    if (!is_long)
        DN_FAIL(DN_EUSAGE, "unknown option '-%s'", word);
    DN_TRY(unknown(o, word, err));
out:
    return st;
}

static dn_status parse_option(dn_options *o, int argc, char **argv, int *at, dn_error *err)
{
    dn_status st = DN_OK;
    const char *attached = NULL;
    const dn_opt *row;
    value *v;
    int which = 0;

    DN_TRY(find_row(o, argv[*at], &which, &attached, err));
    row = &o->table[which];
    v = &o->value[which];
    v->given = true;
    (*at)++;
    if (row->type == DN_OPT_FLAG) {
        if (attached != NULL)
            DN_FAIL(DN_EUSAGE, "--%s takes no value", row->name);
        goto out;
    }
    if (attached == NULL && (*at == argc || (argv[*at][0] == '-' && argv[*at][1] == '-')))
        DN_FAIL(DN_EUSAGE, "--%s needs a value (%s)", row->name, row->range != NULL ? row->range : row->help);
    if (row->type != DN_OPT_LIST) {
        DN_TRY(set_value(row, v, attached != NULL ? attached : argv[(*at)++], err));
        goto out;
    }
    if (attached != NULL)
        DN_TRY(append(&v->item, &v->items, &v->items_cap, attached, err));
    else
        while (*at < argc && (argv[*at][0] != '-' || argv[*at][1] == '\0'))
            DN_TRY(append(&v->item, &v->items, &v->items_cap, argv[(*at)++], err));
    if (v->items == 0)
        DN_FAIL(DN_EUSAGE, "--%s needs a value (%s)", row->name, row->range != NULL ? row->range : row->help);
out:
    return st;
}

dn_status dn_options_parse(const dn_opt *table, int argc, char **argv, dn_options **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_options *o = NULL;
    bool ended = false;

    DN_NEW(o, 1);
    o->table = table;
    o->n = table_length(table);
    if (o->n > MAX_OPTIONS)
        DN_FAIL(DN_ESOFTWARE, "more than %d options", MAX_OPTIONS);
    for (int i = 0; i < o->n; i++)
        if (table[i].initial != NULL)
            DN_TRY(set_value(&table[i], &o->value[i], table[i].initial, err));
    for (int at = 0; at < argc;) {
        if (!ended && strcmp(argv[at], "--") == 0) {
            ended = true;
            at++;
        } else if (!ended && argv[at][0] == '-' && argv[at][1] != '\0') {
            DN_TRY(parse_option(o, argc, argv, &at, err));
        } else {
            DN_TRY(append(&o->positional, &o->positionals, &o->positionals_cap, argv[at++], err));
        }
    }
    *out = o;
    o = NULL;
out:
    dn_options_destroy(&o);
    return st;
}

void dn_options_destroy(dn_options **handle)
{
    dn_options *o = *handle;

    if (o == NULL)
        return;
    for (int i = 0; i < o->n; i++)
        dn_free(o->value[i].item);
    dn_free(o->positional);
    dn_free(o);
    *handle = NULL;
}

/* ---- look-up ---- */

static const value *find(const dn_options *o, const char *name)
{
    for (int i = 0; i < o->n; i++)
        if (strcmp(o->table[i].name, name) == 0)
            return &o->value[i];
    fprintf(stderr, "dragnet: option '%s' is not in its table\n", name);
    abort(); /* a fault of the program, not of its user */
}

bool dn_options_given(const dn_options *o, const char *name)
{
    return find(o, name)->given;
}

bool dn_options_flag(const dn_options *o, const char *name)
{
    return find(o, name)->given;
}

int64_t dn_options_int(const dn_options *o, const char *name)
{
    return find(o, name)->integer;
}

double dn_options_number(const dn_options *o, const char *name)
{
    return find(o, name)->number;
}

const char *dn_options_text(const dn_options *o, const char *name)
{
    return find(o, name)->text;
}

int dn_options_count(const dn_options *o, const char *name)
{
    return (int)find(o, name)->items;
}

const char *dn_options_item(const dn_options *o, const char *name, int i)
{
    return find(o, name)->item[i];
}

int dn_options_positionals(const dn_options *o)
{
    return (int)o->positionals;
}

const char *dn_options_positional(const dn_options *o, int i)
{
    return i < (int)o->positionals ? o->positional[i] : NULL;
}

const dn_opt *dn_options_row(const dn_options *o, int i)
{
    return i >= 0 && i < o->n ? &o->table[i] : NULL;
}

const char *dn_options_show(const dn_options *o, int i, char *buf, size_t cap)
{
    const value *v = &o->value[i];
    size_t at = 0;

    buf[0] = '\0';
    switch (o->table[i].type) {
    case DN_OPT_FLAG:
        snprintf(buf, cap, "%s", v->given ? "on" : "");
        break;
    case DN_OPT_LIST:
        for (size_t k = 0; k < v->items && at < cap; k++)
            at += (size_t)snprintf(buf + at, cap - at, "%s%s", k > 0 ? " " : "", v->item[k]);
        break;
    case DN_OPT_INT:
        if (v->text != NULL)
            snprintf(buf, cap, "%lld", (long long)v->integer);
        break;
    case DN_OPT_NUMBER:
    case DN_OPT_TIME:
        if (v->text != NULL)
            snprintf(buf, cap, "%.12g", v->number);
        break;
    case DN_OPT_TEXT:
        snprintf(buf, cap, "%s", v->text != NULL ? v->text : "");
        break;
    }
    return buf;
}

/* ---- help ---- */

static void help_row(const dn_opt *row, FILE *to)
{
    char left[160];
    const char *kind = row->type == DN_OPT_FLAG                                 ? ""
                       : row->range != NULL && strstr(row->range, "..") == NULL ? row->range
                       : row->type == DN_OPT_NUMBER                             ? "X"
                                                                                : "N";
    char letter[8] = "    ";

    if (row->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, kind[0] != '\0' ? " " : "", kind);
    fprintf(to, "  %-32s %s", left, row->help);
    if (row->initial != NULL)
        fprintf(to, " [%s]", row->initial);
    fputc('\n', to);
}

void dn_options_help(const dn_opt *table, FILE *to)
{
    int n = table_length(table);

    for (int i = 0; i < n; i++) {
        bool seen = false;
        for (int k = 0; k < i; k++)
            seen = seen || strcmp(table[k].group, table[i].group) == 0;
        if (seen)
            continue;
        fprintf(to, "\n%s:\n", table[i].group);
        for (int k = i; k < n; k++)
            if (strcmp(table[k].group, table[i].group) == 0)
                help_row(&table[k], to);
    }
}
