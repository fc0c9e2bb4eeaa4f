/* id_file.c - SMILES and FASTA files; see id_file.h */
#include "solvers/formats/id_file.h"

#include <string.h>
#include <strings.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

/* The file as it is read. */
typedef struct reader {
    const char *name;
    dn_delim *d;
    dn_names *seen;
    dn_id_file file;
    size_t line_cap;
    char *text; /* [len]  of the entry that is open */
    size_t len, cap;
    char *id;
    size_t id_len, id_cap;
    int64_t line; /* of the open entry's id */
} reader;

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* How much of a text a message has room for. */
static int shown(size_t len)
{
    return (int)(len < 40 ? len : 40);
}

static dn_status add_entry(reader *r, const char *id, size_t id_len, const char *text, size_t len,
                           int64_t line, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at;
    size_t old_len;
    const char *old;

    DN_TRY(dn_names_add(r->seen, id, id_len, r->file.id.n, &at, err));
    if (at == r->file.id.n) {
        DN_TRY(dn_grow((void **)&r->file.line, &r->line_cap, (size_t)at + 1, sizeof *r->file.line, err));
        r->file.line[at] = line;
        DN_TRY(dn_strings_add(&r->file.id, id, id_len, err));
        DN_TRY(dn_strings_add(&r->file.text, text, len, err));
        goto out;
    }
    old = dn_strings_at(&r->file.text, at, &old_len);
    if (old_len != len || (len > 0 && memcmp(old, text, len) != 0))
        DN_FAIL(DN_EDATA, "%s:%lld: id '%.*s' stood there before with another text: '%.*s', here '%.*s'",
                r->name, (long long)line, shown(id_len), id, shown(old_len), old_len > 0 ? old : "",
                shown(len), len > 0 ? text : "");
    r->file.repeats++;
out:
    return st;
}

/* ---- SMILES ---- */

static bool smiles_header(const char *line, size_t len)
{
    return len > 6 && strncasecmp(line, "smiles", 6) == 0 && blank(line[6]);
}

static dn_status smiles_line(reader *r, const char *line, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    size_t end = 0, id;

    while (len > 0 && blank(line[len - 1]))
        len--;
    while (end < len && !blank(line[end]))
        end++;
    id = end;
    while (id < len && blank(line[id]))
        id++;
    if (id == len)
        DN_FAIL(DN_EDATA, "%s:%lld: a SMILES without an id behind it", r->name,
                (long long)dn_delim_line(r->d));
    if (r->file.id.n == 0 && smiles_header(line, len))
        goto out;
    DN_TRY(add_entry(r, line + id, len - id, line, end, dn_delim_line(r->d), err));
out:
    return st;
}

/* ---- FASTA ---- */

static dn_status append(char **to, size_t *len, size_t *cap, const char *text, size_t n, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)to, cap, *len + n + 1, 1, err));
    for (size_t i = 0; i < n; i++)
        if (!blank(text[i]))
            (*to)[(*len)++] = text[i];
out:
    return st;
}

/* "sp|P12345|NAME" has the id P12345. */
static void accession(const char **id, size_t *len)
{
    const char *bar;

    if (*len < 4 || (memcmp(*id, "sp|", 3) != 0 && memcmp(*id, "tr|", 3) != 0))
        return;
    bar = memchr(*id + 3, '|', *len - 3);
    if (bar == NULL || bar == *id + 3)
        return;
    *len = (size_t)(bar - *id) - 3;
    *id += 3;
}

static dn_status close_entry(reader *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->line > 0)
        DN_TRY(add_entry(r, r->id, r->id_len, r->text, r->len, r->line, err));
    r->id_len = r->len = 0;
out:
    return st;
}

static dn_status fasta_line(reader *r, const char *line, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    const char *id = line + 1;
    size_t n = 0;

    if (line[0] != '>') {
        if (r->line == 0)
            DN_FAIL(DN_EDATA, "%s:%lld: a sequence without a '>' line above it: is this FASTA?", r->name,
                    (long long)dn_delim_line(r->d));
        DN_TRY(append(&r->text, &r->len, &r->cap, line, len, err));
        goto out;
    }
    DN_TRY(close_entry(r, err));
    r->line = dn_delim_line(r->d);
    for (len--; len > 0 && blank(*id); len--)
        id++;
    while (n < len && !blank(id[n]))
        n++;
    if (n == 0)
        DN_FAIL(DN_EDATA, "%s:%lld: '>' without an id", r->name, (long long)r->line);
    accession(&id, &n);
    DN_TRY(append(&r->id, &r->id_len, &r->id_cap, id, n, err));
out:
    return st;
}

/* ---- both ---- */

static dn_status read_lines(reader *r, dn_id_file_kind kind, dn_error *err)
{
    dn_status st = DN_OK;
    char *line;
    size_t len;
    bool more;

    DN_TRY(dn_names_create(&r->seen, err));
    for (;;) {
        DN_TRY(dn_delim_next_line(r->d, &line, &len, &more, err));
        if (!more)
            break;
        DN_TRY(kind == DN_ID_FILE_SMILES ? smiles_line(r, line, len, err) : fasta_line(r, line, len, err));
    }
    DN_TRY(close_entry(r, err));
    if (r->file.id.n == 0)
        DN_FAIL(DN_EDATA, "%s: holds no %s", r->name, kind == DN_ID_FILE_SMILES ? "molecules" : "sequences");
out:
    return st;
}

static dn_status finish(reader *r, dn_id_file_kind kind, dn_id_file *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(read_lines(r, kind, err));
    *out = r->file;
    r->file = (dn_id_file){0};
out:
    dn_delim_close(&r->d);
    dn_names_destroy(&r->seen);
    dn_id_file_destroy(&r->file);
    dn_free(r->text);
    dn_free(r->id);
    return st;
}

dn_status dn_id_file_read(const char *path, dn_id_file_kind kind, dn_id_file *out, dn_error *err)
{
    dn_status st = DN_OK;
    reader r = {.name = path};

    DN_TRY(dn_delim_open(path, '\t', &r.d, err));
    DN_TRY(finish(&r, kind, out, err));
out:
    return st;
}

dn_status dn_id_file_parse(const char *name, const void *bytes, size_t len, dn_id_file_kind kind,
                           dn_id_file *out, dn_error *err)
{
    dn_status st = DN_OK;
    reader r = {.name = name};

    DN_TRY(dn_delim_open_memory(name, bytes, len, '\t', &r.d, err));
    DN_TRY(finish(&r, kind, out, err));
out:
    return st;
}

void dn_id_file_destroy(dn_id_file *f)
{
    dn_strings_destroy(&f->id);
    dn_strings_destroy(&f->text);
    dn_free(f->line);
    *f = (dn_id_file){0};
}
