/* ingest_expression.c - expression to the owners of genes and into the file; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

enum { SIDE = 16, AHEAD = 512 }; /* values that are handled together, a line of the cache; asked for early */

void dn_expression_destroy(dn_expression *e)
{
    dn_free(e->x);
    dn_strings_destroy(&e->sample);
    dn_free(e->file);
    *e = (dn_expression){0};
}

/* ---- room and names for all files ---- */

/* The name of a file in front of a sample: without folder, up to the first '.'. */
static const char *stem(const char *path, size_t *out_len)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

    *out_len = strcspn(name, ".");
    return name;
}

/* In `file_of`: the file of a name, or -1 where samples of several files have it. */
static dn_status find_shared_names(int n, const dn_table_part *part, dn_names *number, int64_t *file_of,
                                   dn_error *err)
{
    dn_status st = DN_OK;
    int64_t names = 0;

    for (int f = 0; f < n; f++)
        for (int64_t i = 0; i < part[f].sample.n; i++) {
            size_t len;
            const char *name = dn_strings_at(&part[f].sample, i, &len);
            int64_t k;

            DN_TRY(dn_names_add(number, name, len, names, &k, err));
            if (k == names)
                file_of[names++] = f;
            else if (file_of[k] != f)
                file_of[k] = -1;
        }
out:
    return st;
}

static dn_status add_name(dn_expression *e, const char *name, size_t len, const char *opt_path, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    const char *front;
    size_t n = 0;

    if (opt_path == NULL) {
        DN_TRY(dn_strings_add(&e->sample, name, len, err));
        goto out;
    }
    front = stem(opt_path, &n);
    DN_NEW(text, n + 1 + len);
    memcpy(text, front, n);
    text[n] = '|';
    memcpy(text + n + 1, name, len);
    DN_TRY(dn_strings_add(&e->sample, text, n + 1 + len, err));
out:
    dn_free(text);
    return st;
}

/* After renaming, no two files may have a name in common. */
static dn_status check_names(const char *const *path, const dn_expression *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *number = NULL;

    DN_TRY(dn_names_create(&number, err));
    for (int64_t i = 0; i < e->sample.n; i++) {
        size_t len;
        const char *name = dn_strings_at(&e->sample, i, &len);
        int64_t before;

        DN_TRY(dn_names_add(number, name, len, i, &before, err));
        if (e->file[before] != e->file[i])
            DN_FAIL(DN_EDATA, "sample '%.*s' stands in %s and in %s: rename one of the files",
                    (int)(len < 80 ? len : 80), name, path[e->file[before]], path[e->file[i]]);
    }
out:
    dn_names_destroy(&number);
    return st;
}

static dn_status name_samples(int n, const char *const *path, const dn_table_part *part, dn_expression *e,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *number = NULL;
    int64_t *file_of = NULL; /* [samples]  by the number of a name */

    DN_TRY(dn_names_create(&number, err));
    DN_NEW(file_of, (size_t)e->samples);
    DN_TRY(find_shared_names(n, part, number, file_of, err));
    for (int f = 0; f < n; f++)
        for (int64_t i = 0; i < part[f].sample.n; i++) {
            size_t len;
            const char *name = dn_strings_at(&part[f].sample, i, &len);
            bool shared = file_of[dn_names_find(number, name, len)] < 0;

            e->file[e->sample.n] = f;
            DN_TRY(add_name(e, name, len, shared ? path[f] : NULL, err));
        }
    DN_TRY(check_names(path, e, err));
out:
    dn_names_destroy(&number);
    dn_free(file_of);
    return st;
}

dn_status dn_expression_create(const dn_comm *comm, int64_t genes, int n, const char *const *path,
                               const dn_table_part *part, dn_expression *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(genes, comm->rank, comm->size);
    dn_expression e = {0};

    for (int f = 0; f < n; f++)
        e.samples += part[f].sample.n;
    e.x = dn_alloc((size_t)((mine.end - mine.begin) * e.samples), sizeof *e.x); /* each file writes its own */
    if (e.x == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %lld genes of %lld samples", (long long)(mine.end - mine.begin),
                (long long)e.samples);
    DN_NEW(e.file, (size_t)e.samples);
    DN_TRY(name_samples(n, path, part, &e, err));
    *out = e;
    e = (dn_expression){0};
out:
    dn_expression_destroy(&e);
    return st;
}

/* ---- strips: some samples of one id of the file, on the way to the owner of its gene ---- */

typedef struct strip {
    int64_t id;
    int64_t first; /* sample in the file */
    int64_t n;     /* samples; as many floats follow */
} strip;

/* A file on its way. */
typedef struct journey {
    const dn_gene_table *t;
    dn_table_part *part;
    dn_table_rows rows;
    dn_gene_ids ids;
    size_t item;     /* bytes of a strip */
    int64_t *counts; /* [3, size]  strips to and from every rank; where the next one goes */
    int *owner;      /* [ids]  rank of the gene; -1: of no use */
    float **home;    /* [ids]  where the first sample of the file goes; NULL: not to this rank */
    float *waiting;  /* [ids.slots, samples of the file]  profiles of repeated genes */
} journey;

static void journey_destroy(journey *j)
{
    dn_table_rows_close(&j->rows);
    dn_gene_ids_destroy(&j->ids);
    dn_free(j->counts);
    dn_free(j->owner);
    dn_free(j->home);
    dn_free(j->waiting);
}

static dn_status new_journey(const dn_comm *comm, const char *path, const dn_import_options *o,
                             const dn_expression *e, journey *j, dn_expression_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t samples = j->part->sample.n, ids = j->part->gene.n, longest;
    int64_t begin = dn_block(j->t->genes, comm->rank, comm->size).begin;

    DN_TRY(dn_gene_ids_create(comm, path, o, j->t, &j->part->gene, &j->ids, out, err));
    DN_TRY(dn_table_rows_open(comm, path, j->part, &j->rows, err));
    DN_NEW(j->counts, 3 * (size_t)comm->size);
    DN_NEW(j->owner, (size_t)ids);
    DN_NEW(j->home, (size_t)ids);
    DN_NEW(j->waiting, (size_t)(j->ids.slots * samples));
    for (int64_t i = 0; i < ids; i++) {
        int64_t gene = j->ids.gene[i], slot = j->ids.slot[i];

        j->owner[i] = gene < 0 ? -1 : (int)dn_block_of(j->t->genes, gene, comm->size);
        if (j->owner[i] == comm->rank)
            j->home[i] =
                slot >= 0 ? j->waiting + slot * samples : e->x + (gene - begin) * e->samples + e->have;
    }
    longest = j->part->layout.columns ? j->rows.most : samples;
    j->item = sizeof(strip) + ((size_t)longest * sizeof(float) + 7) / 8 * 8;
out:
    return st;
}

/* Strips of the block that was read: as many as lines, or as columns when genes stand there. */
static int64_t strips(const journey *j)
{
    return j->rows.rows == 0 ? 0 : j->part->layout.columns != 0 ? j->rows.columns : j->rows.rows;
}

static strip strip_head(const journey *j, int64_t k)
{
    if (j->part->layout.columns)
        return (strip){j->rows.column + k, j->rows.first, j->rows.rows};
    return (strip){j->rows.first + k, 0, j->part->layout.width};
}

static void fill_strip(const journey *j, int64_t k, float *x)
{
    const dn_table_rows *r = &j->rows;

    if (j->part->layout.columns)
        for (int64_t s = 0; s < r->rows; s++)
            x[s] = r->x[s * r->columns + k];
    else
        memcpy(x, r->x + k * r->columns, (size_t)r->columns * sizeof *x);
}

/* A tile of x [rows, width], `rows` high and SIDE wide: column k to to[k] + first, if there is a to[k]. Most
 * of the time goes by waiting for memory, so where the next tile comes from and goes to is asked for early;
 * to has 2 SIDE elements. */
DN_CLONES static void turn_tile(const float *x, int64_t width, int64_t rows, float *const *to, int64_t first)
{
    float tile[SIDE][SIDE];

    for (int64_t s = 0; s < rows; s++)
        __builtin_prefetch(x + s * width + 8 * SIDE);
    for (int k = SIDE; k < 2 * SIDE; k++)
        if (to[k] != NULL) {
            __builtin_prefetch(to[k] + first, 1);
            __builtin_prefetch(to[k] + first + SIDE - 1, 1);
        }
    for (int64_t s = 0; s < rows; s++)
        for (int k = 0; k < SIDE; k++)
            tile[k][s] = x[s * width + k];
    for (int k = 0; k < SIDE; k++)
        if (to[k] != NULL && rows == SIDE)
            memcpy(to[k] + first, tile[k], sizeof tile[k]);
        else if (to[k] != NULL)
            memcpy(to[k] + first, tile[k], (size_t)rows * sizeof *tile[k]);
}

/* The strips of the block that stay on this rank, straight to their places. */
static void keep(const journey *j)
{
    const dn_table_rows *r = &j->rows;
    int64_t n = strips(j), k = 0, ahead = j->part->gene.n - r->column; /* of columns */
    float *const *home = j->home + r->column;

    if (j->part->layout.columns)
        for (; n - k >= SIDE && ahead - k >= 2 * SIDE; k += SIDE)
            for (int64_t s = 0; s < r->rows; s += SIDE)
                turn_tile(r->x + s * n + k, n, r->rows - s < SIDE ? r->rows - s : SIDE, home + k,
                          r->first + s);
    for (; k < n; k++) {
        strip head = strip_head(j, k);
        if (j->home[head.id] != NULL)
            fill_strip(j, k, j->home[head.id] + head.first);
    }
}

/* The strips of the block for other ranks, grouped by owner. */
static dn_status pack(const dn_comm *comm, journey *j, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = j->part->layout.columns ? j->rows.column : j->rows.first, n = strips(j), sent = 0;
    int64_t *count = j->counts, *next = j->counts + 2 * comm->size;
    const int *owner = j->owner + first;
    char *buf = NULL;

    memset(count, 0, (size_t)comm->size * sizeof *count);
    for (int64_t k = 0; k < n; k++)
        if (owner[k] >= 0 && owner[k] != comm->rank)
            count[owner[k]]++;
    for (int r = 0; r < comm->size; r++) {
        next[r] = sent;
        sent += count[r];
    }
    buf = dn_calloc((size_t)sent, j->item);
    if (buf == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %lld profiles of %zu bytes", (long long)sent, j->item);
    for (int64_t k = 0; k < n; k++)
        if (owner[k] >= 0 && owner[k] != comm->rank) {
            char *at = buf + (size_t)next[owner[k]]++ * j->item;
            strip head = strip_head(j, k);
            memcpy(at, &head, sizeof head);
            fill_strip(j, k, (float *)(void *)(at + sizeof head));
        }
    *out = buf;
out:
    return st;
}

static void unpack(const dn_comm *comm, const journey *j, const char *buf)
{
    int64_t n = 0;

    for (int r = 0; r < comm->size; r++)
        n += j->counts[comm->size + r];
    for (int64_t i = 0; i < n; i++) {
        const char *at = buf + (size_t)i * j->item;
        strip head;

        memcpy(&head, at, sizeof head);
        memcpy(j->home[head.id] + head.first, at + sizeof head, (size_t)head.n * sizeof(float));
    }
}

/* One block of every rank that has any left; one rank hashes meanwhile. */
static dn_status travel(const dn_comm *comm, const char *path, int64_t turn, int64_t turns, journey *j,
                        dn_error *err)
{
    dn_status st = DN_OK;
    char *sent = NULL;
    void *received = NULL;

    DN_PASS(dn_table_hash_turn(comm, path, turn, turns, j->part, err));
    DN_PASS(dn_table_rows_next(&j->rows, err));
    DN_PASS(pack(comm, j, &sent, err));
    DN_AGREE(comm);
    keep(j);
    DN_TRY(dn_exchange(comm, j->item, j->counts, sent, &received, j->counts + comm->size, err));
    unpack(comm, j, received);
out:
    dn_free(sent);
    dn_free(received);
    return st;
}

/* Genes that the file has several times, and those it has not. */
static void settle(const dn_comm *comm, const journey *j, dn_repeated rule, dn_expression *e)
{
    dn_range mine = dn_block(j->t->genes, comm->rank, comm->size);
    int64_t samples = j->part->sample.n;
    const float *x = j->waiting;

    for (int64_t g = mine.begin; g < mine.end; g++) {
        float *to = e->x + (g - mine.begin) * e->samples + e->have;
        int64_t n = j->ids.times[g];

        if (n == 0)
            for (int64_t s = 0; s < samples; s++)
                to[s] = NAN;
        if (n < 2)
            continue;
        dn_repeated_settle(rule, x, n, samples, to);
        x += n * samples;
    }
}

/* Whether sample s of the next file does not have the name it has there. */
static bool is_renamed(const dn_expression *e, const dn_table_part *part, int64_t s)
{
    size_t here, there;

    (void)dn_strings_at(&e->sample, e->have + s, &here);
    (void)dn_strings_at(&part->sample, s, &there);
    return here != there;
}

dn_status dn_expression_append(const dn_comm *comm, const char *path, const dn_import_options *o,
                               const dn_gene_table *t, dn_table_part *part, dn_expression *e,
                               dn_expression_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    journey j = {.t = t, .part = part};
    int64_t turns;

    DN_PASS(new_journey(comm, path, o, e, &j, out, err));
    DN_AGREE(comm);
    turns = j.rows.blocks;
    MPI_Allreduce(MPI_IN_PLACE, &turns, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    for (int64_t k = 0; k < turns; k++)
        DN_TRY(travel(comm, path, k, turns, &j, err));
    DN_TRY(dn_table_hash_end(comm, path, part, err));
    settle(comm, &j, o->repeated, e);
    for (int64_t s = 0; s < part->sample.n; s++)
        out->renamed += is_renamed(e, part, s);
    e->have += part->sample.n;
    out->genes_in_columns = part->layout.columns != 0;
    out->samples = part->sample.n;
out:
    journey_destroy(&j);
    return st;
}

/* ---- into the file ---- */

/* What a profile holds. NaN compares as false, so it changes neither bound. */
typedef struct bounds {
    int64_t n; /* values */
    float least, most;
} bounds;

DN_CLONES static bounds find_bounds(const float *x, int64_t samples)
{
    float least[SIDE], most[SIDE];
    int32_t count[SIDE] = {0};
    int64_t s = 0;
    bounds b = {0, INFINITY, -INFINITY};

    for (int i = 0; i < SIDE; i++) {
        least[i] = INFINITY;
        most[i] = -INFINITY;
    }
    for (; samples - s >= SIDE; s += SIDE) {
        __builtin_prefetch(x + s + AHEAD);
        for (int i = 0; i < SIDE; i++) {
            float v = x[s + i];
            count[i] += v == v;
            least[i] = v < least[i] ? v : least[i];
            most[i] = v > most[i] ? v : most[i];
        }
    }
    for (int i = 0; i < SIDE; i++) {
        b.n += count[i];
        b.least = least[i] < b.least ? least[i] : b.least;
        b.most = most[i] > b.most ? most[i] : b.most;
    }
    for (; s < samples; s++) {
        b.n += !isnan(x[s]);
        b.least = x[s] < b.least ? x[s] : b.least;
        b.most = x[s] > b.most ? x[s] : b.most;
    }
    return b;
}

/* values [genes of this rank]; missing, genes without values and without variance are counted in r. */
static void summarise(const dn_gene_table *t, const dn_expression *e, dn_range mine, int64_t *values,
                      dn_import_report *r)
{
    for (int64_t g = mine.begin; g < mine.end; g++) {
        bounds b = find_bounds(e->x + (g - mine.begin) * e->samples, e->samples);
        size_t len;
        const char *id = dn_gene_table_id(t, t->row_of_gene[g], &len);

        values[g - mine.begin] = b.n;
        r->missing += e->samples - b.n;
        if (b.n == 0) {
            r->no_values++;
            dn_example_add(&r->no_value_genes, id, len);
        } else if (b.least == b.most) {
            r->no_variance++;
            dn_example_add(&r->no_variance_genes, id, len);
        }
    }
}

dn_status dn_expression_write(const dn_comm *comm, const dn_gene_table *t, const dn_expression *e, dn_h5 *h,
                              dn_import_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(t->genes, comm->rank, comm->size);
    int64_t dims[2] = {t->genes, e->samples}, count = mine.end - mine.begin;
    int64_t *values = NULL; /* [count] */

    DN_PASS_NEW(values, (size_t)count);
    DN_AGREE(comm);
    if (e->samples > 0) {
        summarise(t, e, mine, values, report);
        DN_TRY(dn_h5_write(h, "/expression/values", 2, dims, mine.begin, count, e->x, err));
        DN_TRY(dn_h5_write_strings(h, "/expression/sample", &e->sample, err));
        DN_TRY(dn_h5_write_all(h, "/expression/sample_file", 1, &e->samples, e->file, err));
    }
    DN_TRY(dn_h5_write(h, "/genes/values", 1, dims, mine.begin, count, values, err));
    report->samples = e->samples;
    report->missing = dn_sum(comm, report->missing);
    report->no_values = dn_sum(comm, report->no_values);
    report->no_variance = dn_sum(comm, report->no_variance);
    DN_TRY(dn_examples_share(comm, &report->no_value_genes, err));
    DN_TRY(dn_examples_share(comm, &report->no_variance_genes, err));
out:
    dn_free(values);
    return st;
}
