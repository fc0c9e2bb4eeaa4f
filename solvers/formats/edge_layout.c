/* edge_layout.c - what kind of edge list a file is; see edge_layout.h */
#include "solvers/formats/edge_layout.h"

#include <string.h>
#include <strings.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"
#include "solvers/formats/mtx.h"
#include "solvers/formats/source.h"

/* ---- names of columns, lower case; the first of a list that the header has is taken ---- */

static const char *const drugs[] = {"drug_name",  "drugbank_id",     "drug",     "drug_id",
                                    "drugbankid", "compound_id",     "compound", "chembl_id",
                                    "chemical",   "drug_concept_id", NULL};
static const char *const genes[] = {
    "gene_name", "uniprot_id",     "gene",      "gene_id",   "gene_symbol", "symbol", "uniprot",
    "protein",   "entrez_gene_id", "entrez_id", "target_id", "protein_id",  "target", NULL};
static const char *const pairs[][2] = {{"source", "target"},
                                       {"from", "to"},
                                       {"fromnodeid", "tonodeid"},
                                       {"node1", "node2"},
                                       {"node_1", "node_2"},
                                       {"gene1", "gene2"},
                                       {"gene_1", "gene_2"},
                                       {"gene_a", "gene_b"},
                                       {"protein1", "protein2"},
                                       {"protein_1", "protein_2"},
                                       {"protein_a", "protein_b"},
                                       {"interactor_a", "interactor_b"},
                                       {"source_id", "target_id"},
                                       {"src", "dst"},
                                       {"genea", "geneb"},
                                       {"proteina", "proteinb"},
                                       {"id1", "id2"},
                                       {"id_1", "id_2"},
                                       {"node_a", "node_b"},
                                       {"nodea", "nodeb"},
                                       {"interactora", "interactorb"}};
static const char *const weights[] = {
    "weight", "interaction_group_score", "combined_score", "score", "confidence", NULL};
static const char *const types[] = {"interaction_types", "interaction_type", "actions", "action", NULL};
static const char *const claims[] = {"gene_claim_name", "drug_claim_name", NULL};

static int64_t find(const dn_strings *names, const char *word)
{
    for (int64_t i = 0; i < names->n; i++) {
        size_t len;
        const char *name = dn_strings_at(names, i, &len);
        if (len == strlen(word) && strncasecmp(name, word, len) == 0)
            return i;
    }
    return -1;
}

static int64_t find_any(const dn_strings *names, const char *const *words)
{
    int64_t at = -1;

    for (int i = 0; at < 0 && words[i] != NULL; i++)
        at = find(names, words[i]);
    return at;
}

/* Whether the names say which columns are the ends of an edge. */
static bool known_header(const dn_strings *names, dn_edge_layout *out)
{
    int64_t drug = find_any(names, drugs), gene = find_any(names, genes);

    if (drug >= 0 && gene >= 0) {
        out->source = drug;
        out->target = gene;
        out->drug_gene = true;
        out->claims = find_any(names, claims) >= 0;
        return true;
    }
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        out->source = find(names, pairs[i][0]);
        out->target = find(names, pairs[i][1]);
        if (out->source >= 0 && out->target >= 0)
            return true;
    }
    return false;
}

/* ---- lines that are no rows ---- */

bool dn_edge_is_comment(const char *line, size_t len)
{
    return len > 0 && (line[0] == '#' || line[0] == '%');
}

bool dn_edge_is_blank(const char *line, size_t len)
{
    size_t at = 0;

    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at == len;
}

bool dn_edge_is_header(const dn_edge_layout *l, const char *line, size_t len)
{
    return l->header_length > 0 && (size_t)l->header_length == len && dn_hash(line, len) == l->header_hash;
}

static bool is_address(const char *line, size_t len)
{
    return (len > 7 && memcmp(line, "http://", 7) == 0) || (len > 8 && memcmp(line, "https://", 8) == 0);
}

static bool says_directed(const char *line, size_t len)
{
    size_t at = 1;

    while (at < len && line[at] == ' ')
        at++;
    return len - at >= 14 && memcmp(line + at, "Directed graph", 14) == 0;
}

/* N of a comment such as "# Nodes: 4 Edges: N", or -1. */
static int64_t announced_rows(const char *line, size_t len)
{
    static const char word[] = "Edges:";
    const size_t n = sizeof word - 1;
    int64_t rows = -1;

    for (size_t i = 0; i + n < len && rows < 0; i++) {
        size_t from = i + n, to;
        if (memcmp(line + i, word, n) != 0)
            continue;
        while (from < len && line[from] == ' ')
            from++;
        for (to = from; to < len && line[to] >= '0' && line[to] <= '9';)
            to++;
        if (!dn_parse_int(line + from, to - from, &rows))
            rows = -1;
    }
    return rows;
}

/* ---- a table ---- */

/* The lines that decide, copied: they are overwritten by the next. */
typedef struct lines {
    dn_strings text; /* [0] the last comment or "", [1] the first line that is none, [2] the second, if any */
    int64_t at, behind; /* offsets of the first line that is no comment, and behind it */
    int64_t line;       /* its number, and that of the second */
} lines;

static char separator_of(const char *line, size_t len)
{
    static const char candidates[] = "\t,;";

    for (int i = 0; candidates[i] != '\0'; i++)
        if (memchr(line, candidates[i], len) != NULL)
            return candidates[i];
    return ' ';
}

/* Fields of a copy of a line. */
static dn_status cut(dn_delim *d, char separator, const char *line, size_t len, dn_strings *out,
                     dn_error *err)
{
    dn_status st = DN_OK;
    char *copy = NULL;
    dn_record r;

    DN_NEW(copy, len + 1);
    memcpy(copy, line, len);
    if (separator == ' ')
        DN_TRY(dn_delim_words(d, copy, len, &r, err));
    else
        DN_TRY(dn_delim_split(d, separator, copy, len, &r, err));
    for (int64_t i = 0; i < r.n; i++)
        DN_TRY(dn_strings_add(out, r.field[i].text, r.field[i].len, err));
out:
    dn_free(copy);
    return st;
}

static dn_status read_lines(const char *name, dn_delim *d, char *line, size_t len, lines *l,
                            dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings comment = {0};
    bool more = true, first = true;
    int64_t before = 0;
    size_t n = 0;
    const char *text = "";

    for (; more; first = false) {
        if (dn_edge_is_comment(line, len)) {
            out->comments++;
            out->directed = out->directed || says_directed(line, len);
            if (out->announced < 0)
                out->announced = announced_rows(line, len);
            dn_strings_destroy(&comment);
            DN_TRY(dn_strings_add(&comment, line, len, err));
        } else if (first && is_address(line, len)) {
            out->comments++;
        } else if (!dn_edge_is_blank(line, len)) {
            break;
        }
        before = dn_delim_offset(d);
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    }
    if (!more)
        DN_FAIL(DN_EDATA, "%s: holds no edges%s", name, out->comments > 0 ? ", only comments" : "");
    if (comment.n > 0)
        text = dn_strings_at(&comment, 0, &n);
    DN_TRY(dn_strings_add(&l->text, text, n, err));
    DN_TRY(dn_strings_add(&l->text, line, len, err));
    l->at = before;
    l->behind = dn_delim_offset(d);
    l->line = dn_delim_line(d);
    do {
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    } while (more && dn_edge_is_comment(line, len));
    if (more)
        DN_TRY(dn_strings_add(&l->text, line, len, err));
out:
    dn_strings_destroy(&comment);
    return st;
}

/* Whether the first of --columns is among the names. */
static bool has_first(const dn_strings *names, const char *columns)
{
    size_t want = strcspn(columns, ",");

    for (int64_t i = 0; i < names->n; i++) {
        size_t len;
        const char *name = dn_strings_at(names, i, &len);
        if (len == want && memcmp(name, columns, len) == 0)
            return true;
    }
    return false;
}

/* --columns: each must be a name of the header. */
static dn_status name_columns(const char *name, int64_t line, const char *columns, const dn_strings *names,
                              dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_layout guess = *out;
    int64_t at[3] = {-1, -1, -1};
    int n = 0;

    for (const char *word = columns; n <= 3; n++) {
        size_t len = strcspn(word, ",");
        if (n == 3 || len == 0)
            DN_FAIL(DN_EUSAGE, "--columns %s: wanted SOURCE,TARGET or SOURCE,TARGET,WEIGHT", columns);
        for (int64_t i = 0; i < names->n && at[n] < 0; i++) {
            size_t have;
            const char *text = dn_strings_at(names, i, &have);
            if (have == len && memcmp(text, word, len) == 0)
                at[n] = i;
        }
        if (at[n] < 0)
            DN_FAIL(DN_EDATA, "%s:%lld: no column is named '%.*s' (--columns)", name, (long long)line,
                    (int)len, word);
        if (word[len] == '\0')
            break;
        word += len + 1;
    }
    if (n < 1)
        DN_FAIL(DN_EUSAGE, "--columns %s: wanted SOURCE,TARGET or SOURCE,TARGET,WEIGHT", columns);
    if (known_header(names, &guess)) { /* a drug is the source, however the columns are named */
        out->claims = guess.claims;
        out->drug_gene = guess.drug_gene && ((guess.source == at[0] && guess.target == at[1]) ||
                                             (guess.source == at[1] && guess.target == at[0]));
    }
    out->source = out->drug_gene ? guess.source : at[0];
    out->target = out->drug_gene ? guess.target : at[1];
    out->weight = at[2];
out:
    return st;
}

static bool number(const dn_strings *s, int64_t i)
{
    size_t len;
    const char *text = dn_strings_at(s, i, &len);
    double v;

    return dn_parse_double(text, len, &v);
}

static dn_status no_header(const char *name, int64_t line, const dn_strings *fields, dn_edge_layout *out,
                           dn_error *err)
{
    dn_status st = DN_OK;

    if (fields->n == 1)
        DN_FAIL(DN_EDATA, "%s:%lld: one field; wanted two ids divided by a tab, a comma or a blank", name,
                (long long)line);
    if (fields->n > 3)
        DN_FAIL(DN_EDATA,
                "%s:%lld: %lld columns, and no header that says which are the ends of an edge; give the file "
                "a header and name them with --columns",
                name, (long long)line, (long long)fields->n);
    out->source = 0;
    out->target = 1;
    out->weight = fields->n == 3 ? 2 : -1;
out:
    return st;
}

/* The weight of a table with a header: by its name, else the column that is left of three when the first row
 * has a number there. */
static int64_t weight_of(const dn_strings *names, const dn_strings *row, const dn_edge_layout *l)
{
    int64_t at = find_any(names, weights), left = 3 - l->source - l->target;

    if (at < 0 && l->type < 0 && names->n == 3 && row->n == 3 && number(row, left))
        at = left;
    return at;
}

/* The header, if any, and the fields of lines around it. */
typedef struct heading {
    const char *text; /* [len]  NULL: none */
    size_t len;
    const dn_strings *names;            /* its fields; NULL: they are not known */
    dn_strings behind_mark, first, row; /* of the last comment, of the first line, of the one behind it */
} heading;

/* Fields of line i, when there is one and its quotes are sound: it may be a comment in words, and a bad row
 * is reported when it is read. */
static dn_status try_cut(dn_delim *d, const lines *l, int64_t i, size_t skip, char separator, dn_strings *out,
                         dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;
    size_t n = 0;
    const char *text = i < l->text.n ? dn_strings_at(&l->text, i, &n) : "";

    if (n <= skip)
        goto out;
    st = cut(d, separator, text + skip, n - skip, out, &why);
    if (st == DN_EDATA) {
        dn_strings_destroy(out);
        st = DN_OK;
    }
    if (st != DN_OK)
        DN_FAIL(st, "%s", why.text);
out:
    return st;
}

static dn_status cut_head(dn_delim *d, const lines *l, char separator, heading *h, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n;
    const char *line = dn_strings_at(&l->text, 1, &n);

    DN_TRY(try_cut(d, l, 0, 1, separator, &h->behind_mark, err));
    DN_TRY(cut(d, separator, line, n, &h->first, err));
    DN_TRY(try_cut(d, l, 2, 0, separator, &h->row, err));
out:
    return st;
}

/* Which line is the header, and where the rows begin. */
static dn_status find_head(const char *name, const lines *l, const char *columns, heading *h,
                           dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *mark = &h->behind_mark, *first = &h->first;

    out->data = l->at;
    if (mark->n == first->n && (columns != NULL ? has_first(mark, columns) : known_header(mark, out))) {
        h->names = mark;
        h->text = dn_strings_at(&l->text, 0, &h->len);
        out->comments--;
        goto out;
    }
    if (columns != NULL || known_header(first, out)) {
        h->names = first;
    } else {
        DN_TRY(no_header(name, l->line, first, out, err));
        if (first->n != 3 || number(first, 2) || h->row.n != 3 || !number(&h->row, 2))
            goto out; /* "a b weight", then numbers, would be a header */
    }
    h->text = dn_strings_at(&l->text, 1, &h->len);
    out->data = l->behind;
out:
    return st;
}

/* Which line is the header, if any, and which columns count. */
static dn_status choose(const char *name, dn_delim *d, const lines *l, const char *columns,
                        dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    heading h = {0};
    size_t n;
    const char *line = dn_strings_at(&l->text, 1, &n);

    out->separator = separator_of(line, n);
    DN_TRY(cut_head(d, l, out->separator, &h, err));
    out->columns = h.first.n;
    DN_TRY(find_head(name, l, columns, &h, out, err));
    if (h.names != NULL) {
        out->type = find_any(h.names, types);
        if (columns != NULL)
            DN_TRY(name_columns(name, l->line, columns, h.names, out, err));
        else
            out->weight = weight_of(h.names, h.names == &h.first ? &h.row : &h.first, out);
    }
    if (h.text != NULL) {
        out->header_length = (int64_t)h.len;
        out->header_hash = dn_hash(h.text, h.len);
    }
out:
    dn_strings_destroy(&h.behind_mark);
    dn_strings_destroy(&h.first);
    dn_strings_destroy(&h.row);
    return st;
}

/* ---- which of the three ---- */

static dn_status from_lines(const char *name, dn_delim *d, const char *columns, dn_edge_layout *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    lines l = {0};
    char *line;
    size_t len;
    bool more;

    out->source = out->target = out->weight = out->type = out->announced = -1;
    DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
    if (!more)
        DN_FAIL(DN_EDATA, "%s: is empty", name);
    if (dn_mtx_is_banner(line, len)) {
        DN_TRY(dn_mtx_head(name, d, line, len, out, err));
        goto out;
    }
    DN_TRY(read_lines(name, d, line, len, &l, out, err));
    DN_TRY(choose(name, d, &l, columns, out, err));
out:
    dn_strings_destroy(&l.text);
    return st;
}

static bool is_xml(const char *head, size_t n)
{
    size_t at = n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < n && strchr(" \t\r\n", head[at]) != NULL && head[at] != '\0')
        at++;
    return at < n && head[at] == '<';
}

dn_status dn_edge_layout_memory(const char *name, const void *bytes, size_t len, const char *columns,
                                dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_edge_layout l = {.bytes = (int64_t)len};

    if (is_xml(bytes, len)) {
        l.format = DN_EDGES_GRAPHML;
    } else {
        DN_TRY(dn_delim_open_memory(name, bytes, len, '\t', &d, err));
        DN_TRY(from_lines(name, d, columns, &l, err));
    }
    *out = l;
out:
    dn_delim_close(&d);
    return st;
}

dn_status dn_edge_layout_read(const char *path, const char *columns, dn_edge_layout *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_edge_layout l = {0};
    dn_delim *d = NULL;
    dn_source *s = NULL;
    char head[512];
    size_t n;

    DN_TRY(dn_source_probe(path, &l.bytes, &l.gzip, err));
    if (l.gzip)
        DN_TRY(dn_source_open_gzip(path, &s, err));
    else
        DN_TRY(dn_source_open_range(path, 0, INT64_MAX, &s, err));
    DN_TRY(dn_source_read(s, head, sizeof head, &n, err));
    if (is_xml(head, n)) {
        l.format = DN_EDGES_GRAPHML;
    } else {
        DN_TRY(dn_delim_open(path, '\t', &d, err));
        DN_TRY(from_lines(path, d, columns, &l, err));
    }
    *out = l;
out:
    dn_source_close(&s);
    dn_delim_close(&d);
    return st;
}
