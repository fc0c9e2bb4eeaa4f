/* ingest_matrix.c - an expression table in text, its lines divided over the ranks; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <math.h>
#include <string.h>
#include <strings.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/base/cells.h"
#include "solvers/base/pages.h"
#include "solvers/formats/fields.h"
#include "solvers/formats/source.h"

enum {
    BLOCK = 1 << 20, /* values */
    LINE = 16,       /* values of a line of the cache */
    WEIGHT = 16,     /* of a rank that only reads lines; of one that also hashes the file: */
    HASHER = 0,
    EARLY = 4,       /* the part of the file that it hashes while the others read names */
    ALONG = 1 << 26, /* values that are kept where they are read along with the names */
    SHORT = 1024     /* columns of a panel at least */
};

typedef dn_table_layout layout;

/* Columns of panel k. */
static int64_t panel_width(const dn_table_part *p, int k)
{
    int64_t left = p->layout.width - k * p->panel;

    return left < p->panel ? left : p->panel;
}

static void drop_panels(dn_table_part *p)
{
    for (int k = 0; k < p->panels; k++) {
        dn_free(p->x[k]);
        p->x[k] = NULL;
    }
    p->panels = 0;
}

void dn_table_part_destroy(dn_table_part *p)
{
    dn_strings_destroy(&p->gene);
    dn_strings_destroy(&p->sample);
    dn_sha256_destroy(&p->hash);
    drop_panels(p);
    *p = (dn_table_part){0};
}

/* ---- numbers ---- */

static bool is_missing(const dn_field *f)
{
    static const char *const words[] = {"NA", "NaN", "N/A"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (f->len == strlen(words[i]) && strncasecmp(f->text, words[i], f->len) == 0)
            return true;
    return f->len == 0;
}

/* The cell at *at without blanks; *at moves behind it and its separator. */
static dn_field take_cell(const char **at, const char *end, char separator)
{
    const char *stop = *at < end ? memchr(*at, separator, (size_t)(end - *at)) : NULL;
    dn_field f = {*at, (size_t)((stop != NULL ? stop : end) - *at)};

    *at += f.len + 1;
    return dn_field_trim(f);
}

/* inf, +Infinity; not 1e400, of which strtod() makes the same. */
static bool is_word(const dn_field *f)
{
    return memchr(f->text, 'n', f->len) != NULL || memchr(f->text, 'N', f->len) != NULL;
}

static dn_status parse_cell(const dn_delim *d, const char *path, const dn_field *f, int64_t column,
                            const dn_strings *names, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    char name[64];
    double v;

    *out = NAN;
    if (is_missing(f))
        goto out;
    if (!dn_parse_double(f->text, f->len, &v) || isnan(v))
        DN_FAIL(DN_EDATA, "%s:%lld: column '%s': '%.*s' is not a number", path, (long long)dn_delim_line(d),
                dn_strings_copy(names, column, name, sizeof name), (int)(f->len < 60 ? f->len : 60), f->text);
    *out = (float)v;
    if (isinf(*out))
        DN_FAIL(DN_EDATA, "%s:%lld: column '%s': '%.*s' is %s", path, (long long)dn_delim_line(d),
                dn_strings_copy(names, column, name, sizeof name), (int)(f->len < 60 ? f->len : 60), f->text,
                is_word(f) ? "infinite" : "too large for a 32-bit float");
out:
    return st;
}

/* ---- lines ---- */

/* Whether this rank reads the file from its first byte to its last. */
static bool reads_all(const dn_comm *comm, const layout *l)
{
    return comm->rank == 0 && (l->gzip || comm->size == 1);
}

/* The bytes of the file whose lines this rank reads. Hashing cannot be divided, so who does it while the
 * others read reads less. */
static dn_range my_bytes(const dn_comm *comm, const layout *l)
{
    int64_t n = l->bytes - l->data, all = (int64_t)WEIGHT * comm->size, begin = (int64_t)WEIGHT * comm->rank,
            weight = WEIGHT;

    if (l->later) {
        all -= WEIGHT - HASHER;
        begin -= comm->rank > l->hasher ? WEIGHT - HASHER : 0;
        weight = comm->rank == l->hasher ? HASHER : WEIGHT;
    }
    return (dn_range){l->data + n / all * begin + n % all * begin / all,
                      l->data + n / all * (begin + weight) + n % all * (begin + weight) / all};
}

/* At the first line of this rank behind the header; NULL: it has none. opt_tap: for one that reads all. */
static dn_status open_lines(const dn_comm *comm, const char *path, const layout *l, const dn_tap *opt_tap,
                            dn_delim **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = my_bytes(comm, l);
    dn_delim *d = NULL;
    char *line;
    size_t len;
    bool more;

    *out = NULL;
    if (l->gzip && comm->rank != 0)
        goto out;
    if (reads_all(comm, l)) {
        DN_TRY(dn_delim_open_tapped(path, l->separator, opt_tap, &d, err));
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err)); /* the header */
    } else {
        DN_TRY(dn_delim_open_range(path, l->separator, mine.begin, mine.end, &d, err));
    }
    *out = d;
    d = NULL;
out:
    dn_delim_close(&d);
    return st;
}

/* Room for as many lines as there may be, when the first one has len bytes; none, where it is too much. */
static void make_room(dn_table_part *p, size_t len)
{
    const layout *l = &p->layout;
    int64_t lines = (l->bytes - l->data) / ((int64_t)len + 1), columns = l->width / DN_TABLE_PANELS + 1;

    p->room = lines + lines / 16 + LINE;
    if (p->room > ALONG / l->width)
        return;
    p->panel = columns < SHORT ? SHORT : (columns + LINE - 1) / LINE * LINE;
    for (; p->panels * p->panel < l->width; p->panels++) {
        size_t n = (size_t)(p->room * panel_width(p, p->panels));
        p->x[p->panels] = dn_alloc(n, sizeof **p->x);
        if (p->x[p->panels] == NULL) {
            drop_panels(p);
            return;
        }
    }
}

/* n cells at *at, each a number or nothing, to x; *at moves behind them. Whether they are such. */
static bool plain_cells(char separator, const char **at, const char *end, int64_t n, float *x)
{
    for (int64_t i = 0; i < n; i++) {
        dn_field f;

        i += dn_cells_read(at, end, separator, n - i, x + i);
        if (i == n)
            break;
        if (*at > end)
            return false;
        f = take_cell(at, end, separator);
        if (!is_missing(&f))
            return false;
        x[i] = NAN;
    }
    return true;
}

/* The cells of the next line, if they are as many as there have to be, all plain. */
static bool keep_line(dn_table_part *p, const char *at, const char *end)
{
    if (p->rows == p->room)
        return false;
    for (int k = 0; k < p->panels; k++) {
        int64_t n = panel_width(p, k);
        if (!plain_cells(p->layout.separator, &at, end, n, p->x[k] + p->rows * n))
            return false;
    }
    return at == end + 1;
}

/* As dn_table_front(); numbers that are read here need not be looked at again. The first line with anything
 * else than numbers leaves all of them to the next pass, which says what is wrong. */
static dn_status front_along(dn_delim *d, dn_table_part *p, char *line, size_t len, dn_field *out_name,
                             int64_t *out_fields, bool *out_quotes, dn_error *err)
{
    dn_status st = DN_OK;
    const layout *l = &p->layout;
    size_t head = 0; /* bytes of the name and its separator */

    if (p->panels > 0 && l->id_column) {
        const char *stop = memchr(line, l->separator, len);
        head = stop != NULL ? (size_t)(stop - line) + 1 : len + 1;
    }
    if (p->panels > 0 && !keep_line(p, line + head, line + len))
        drop_panels(p);
    if (p->panels == 0) {
        DN_TRY(dn_table_front(d, l->separator, line, len, out_name, out_fields, out_quotes, err));
        goto out;
    }
    *out_fields = 0;
    *out_quotes = false;
    if (l->id_column)
        DN_TRY(dn_table_front(d, l->separator, line, head - 1, out_name, out_fields, out_quotes, err));
    *out_fields += l->width;
out:
    return st;
}

/* Counts the lines and collects their names. */
static dn_status read_names(const dn_comm *comm, const char *path, const dn_tap *opt_tap, dn_table_part *p,
                            dn_strings *ids, dn_error *err)
{
    dn_status st = DN_OK;
    const layout *l = &p->layout;
    dn_delim *d = NULL;
    dn_field name;
    char *line;
    size_t len;
    int64_t fields;
    bool more = true, quotes;

    DN_TRY(open_lines(comm, path, l, opt_tap, &d, err));
    while (d != NULL) {
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
        if (!more)
            break;
        if (l->along && p->rows == 0)
            make_room(p, len);
        DN_TRY(front_along(d, p, line, len, &name, &fields, &quotes, err));
        p->quotes = p->quotes || quotes;
        if (fields != l->width + l->id_column)
            DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld fields where the first row has %lld", path,
                    (long long)dn_delim_line(d), (long long)fields, (long long)(l->width + l->id_column));
        if (l->id_column)
            DN_TRY(dn_strings_add(ids, name.text, name.len, err));
        p->rows++;
    }
out:
    dn_delim_close(&d);
    return st;
}

/* ---- the hash ---- */

/* Names and hash. A rank that reads the whole file hashes what comes by, while it is in the cache; otherwise
 * the hasher reads it once more. With others beside it, it may do so later. */
static dn_status read_and_hash(const dn_comm *comm, const char *path, dn_table_part *p, dn_strings *ids,
                               dn_error *err)
{
    dn_status st = DN_OK;
    const layout *l = &p->layout;
    dn_tap tap = {dn_sha256_take, &p->hash};
    bool mine = comm->rank == l->hasher, heard = mine && reads_all(comm, l) && !l->later;

    if (mine)
        DN_TRY(dn_sha256_begin(&p->hash, err));
    DN_TRY(read_names(comm, path, heard ? &tap : NULL, p, ids, err));
    if (mine && l->later)
        DN_TRY(dn_sha256_read(path, l->bytes / EARLY, &p->hash, err));
    if (mine && !l->later && !heard)
        DN_TRY(dn_sha256_read(path, INT64_MAX, &p->hash, err));
    if (mine && !l->later)
        DN_TRY(dn_sha256_end(&p->hash, err));
out:
    return st;
}

dn_status dn_table_hash_turn(const dn_comm *comm, const char *path, int64_t turn, int64_t turns,
                             dn_table_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    const layout *l = &p->layout;
    int64_t early = l->bytes / EARLY, rest = l->bytes - early;

    if (l->later && comm->rank == l->hasher)
        DN_TRY(dn_sha256_read(path, early + rest / turns * (turn + 1), &p->hash, err));
out:
    return st;
}

dn_status dn_table_hash_end(const dn_comm *comm, const char *path, dn_table_part *p, dn_error *err)
{
    dn_status st = DN_OK;
    int hasher = p->layout.hasher;

    if (!p->layout.later)
        return DN_OK;
    if (comm->rank == hasher) {
        DN_PASS(dn_sha256_read(path, INT64_MAX, &p->hash, err));
        DN_PASS(dn_sha256_end(&p->hash, err));
    }
    DN_AGREE(comm);
    MPI_Bcast(&p->hash, (int)sizeof p->hash, MPI_BYTE, hasher, comm->mpi);
    p->layout.later = 0;
out:
    return st;
}

/* ---- numbers of lines ---- */

dn_status dn_table_rows_open(const dn_comm *comm, const char *path, dn_table_part *part, dn_table_rows *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t width = part->layout.width;
    dn_table_rows r = {.path = path, .part = part, .first = part->first, .columns = width};

    if (part->panels > 0) {
        r.most = part->rows;
        r.blocks = part->panels;
        r.columns = 0;
        *out = r;
        goto out;
    }
    r.most = BLOCK / width > 0 ? BLOCK / width : 1;
    r.most -= r.most > LINE ? r.most % LINE : 0;
    r.blocks = (part->rows + r.most - 1) / r.most;
    DN_NEW(r.x, (size_t)(r.most * width));
    DN_TRY(open_lines(comm, path, &part->layout, NULL, &r.d, err));
    if (r.d != NULL)
        dn_delim_trust(r.d);
    *out = r;
    r = (dn_table_rows){0};
out:
    dn_table_rows_close(&r);
    return st;
}

static dn_status has_changed(const char *path, dn_error *err)
{
    return dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: has changed while it was read", path);
}

/* Line with quotes to x [width]. */
static dn_status quoted_line(dn_table_rows *r, char *line, size_t len, float *x, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_table_part *p = r->part;
    const layout *l = &p->layout;
    dn_record record;

    DN_TRY(dn_delim_split(r->d, l->separator, line, len, &record, err));
    if (record.n != l->width + l->id_column)
        DN_TRY(has_changed(r->path, err));
    for (int64_t i = 0; i < l->width; i++)
        DN_TRY(parse_cell(r->d, r->path, &record.field[i + l->id_column], i,
                          l->columns ? &p->gene : &p->sample, &x[i], err));
out:
    return st;
}

/* Cell i at *at, which is not a plain number: blanks around it, a word for nothing, or an error. */
static dn_status odd_cell(dn_table_rows *r, int64_t i, const char **at, const char *end, float *x,
                          dn_error *err)
{
    const dn_table_part *p = r->part;
    dn_field f = take_cell(at, end, p->layout.separator);

    return parse_cell(r->d, r->path, &f, i, p->layout.columns ? &p->gene : &p->sample, x, err);
}

/* Line to x [width]: each number is read where it stands. */
static dn_status plain_line(dn_table_rows *r, const char *line, size_t len, float *x, dn_error *err)
{
    dn_status st = DN_OK;
    const layout *l = &r->part->layout;
    const char *at = line, *end = line + len;

    if (l->id_column) {
        at = memchr(line, l->separator, len);
        at = at != NULL ? at + 1 : end + 1;
    }
    for (int64_t i = 0; i < l->width; i++) {
        i += dn_cells_read(&at, end, l->separator, l->width - i, x + i);
        if (i == l->width)
            break;
        if (at > end)
            DN_TRY(has_changed(r->path, err));
        DN_TRY(odd_cell(r, i, &at, end, x + i, err));
    }
    if (at != end + 1)
        DN_TRY(has_changed(r->path, err));
out:
    return st;
}

/* A panel goes back to the system. */
static void drop_panel(dn_table_rows *r)
{
    if (r->x != NULL)
        dn_pages_discard(r->x, (size_t)(r->part->room * r->columns) * sizeof *r->x);
    dn_free(r->x);
    r->x = NULL;
}

/* Takes the next panel, and drops the one before: its columns stand elsewhere by then. */
static void next_panel(dn_table_rows *r)
{
    dn_table_part *p = r->part;

    drop_panel(r);
    r->rows = 0;
    r->column += r->columns;
    if (r->taken == p->panels)
        return;
    r->x = p->x[r->taken];
    p->x[r->taken] = NULL;
    r->columns = panel_width(p, r->taken++);
    r->rows = p->rows;
}

dn_status dn_table_rows_next(dn_table_rows *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_table_part *p = r->part;
    int64_t left;
    bool more;

    if (p->panels > 0) {
        next_panel(r);
        goto out;
    }
    r->first += r->rows;
    r->rows = 0;
    left = p->first + p->rows - r->first;
    for (; r->rows < r->most && r->rows < left; r->rows++) {
        float *x = r->x + r->rows * p->layout.width;
        char *line;
        size_t len;

        DN_TRY(dn_delim_next_line(r->d, &line, &len, &more, err));
        if (!more)
            DN_TRY(has_changed(r->path, err));
        if (p->quotes && memchr(line, '"', len) != NULL)
            DN_TRY(quoted_line(r, line, len, x, err));
        else
            DN_TRY(plain_line(r, line, len, x, err));
    }
out:
    return st;
}

void dn_table_rows_close(dn_table_rows *r)
{
    dn_delim_close(&r->d);
    if (r->part != NULL && r->part->panels > 0)
        drop_panel(r);
    dn_free(r->x);
    *r = (dn_table_rows){0};
}

dn_status dn_table_part_read(const dn_comm *comm, const char *path, dn_axis genes_in,
                             const dn_gene_table *table, int hasher, bool later, bool along,
                             dn_table_part *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_table_part p = {0};
    layout *l = &p.layout;
    dn_strings names = {0}, ids = {0}; /* of the columns; of the lines of this rank */
    int64_t total;

    if (comm->rank == 0)
        DN_PASS(dn_table_peek(path, genes_in, table, l, &names, err));
    DN_AGREE(comm);
    MPI_Bcast(l, (int)sizeof *l, MPI_BYTE, 0, comm->mpi);
    l->hasher = hasher;
    l->later = later && !l->gzip && comm->size > 1;
    l->along = along && !l->gzip && comm->size == 1 && l->columns;
    DN_TRY(dn_share_strings(comm, 0, &names, err));
    DN_PASS(read_and_hash(comm, path, &p, &ids, err));
    DN_AGREE(comm);
    if (!l->later)
        MPI_Bcast(&p.hash, (int)sizeof p.hash, MPI_BYTE, hasher, comm->mpi);
    p.first = dn_before(comm, p.rows);
    total = dn_sum(comm, p.rows);
    DN_TRY(dn_gather_strings(comm, &ids, l->columns ? &p.sample : &p.gene, err));
    if (!l->id_column) /* samples have no names */
        DN_PASS(dn_strings_add_numbered(&p.sample, "sample_", total, err));
    DN_AGREE(comm);
    if (l->columns)
        p.gene = names;
    else
        p.sample = names;
    names = (dn_strings){0};
    *out = p;
    p = (dn_table_part){0};
out:
    dn_strings_destroy(&names);
    dn_strings_destroy(&ids);
    dn_table_part_destroy(&p);
    return st;
}
