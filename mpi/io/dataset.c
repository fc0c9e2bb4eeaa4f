/* dataset.c - loading what stands in a dataset file; see dataset.h */
#include "mpi/io/dataset_private.h"

#include <stdio.h>
#include <string.h>
#include <sodium.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

enum { NAME_MAX_ = 256, CHUNK = 1 << 18, BATCH = 128 };

/* ---- reading whole vectors ---- */

static size_t type_size(dn_type type)
{
    return type == DN_U8 || type == DN_I8 ? 1 : type == DN_F32 ? 4 : 8;
}

static dn_status new_block(size_t count, size_t size, const char *name, void **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = dn_calloc(count, size);
    if (*out == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %zu x %zu bytes for %s", count, size, name);
out:
    return st;
}

dn_status dn_read_vector(const dn_h5 *h, const char *name, dn_type type, int64_t n, void **out,
                         int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];
    void *v = NULL;

    DN_TRY(dn_h5_shape(h, name, &ndims, dims, err));
    if (ndims != 1 || (n >= 0 && dims[0] != n))
        DN_FAIL(DN_EDATA, "%s: %s has another length than its neighbours", dn_h5_path(h), name);
    DN_PASS(new_block((size_t)dims[0], type_size(type), name, &v, err));
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(dn_h5_read(h, name, type, 0, dims[0], v, err));
    *out = v;
    v = NULL;
    if (out_n != NULL)
        *out_n = dims[0];
out:
    dn_free(v);
    return st;
}

/* "a, b, c" of the members of a group, for messages. Collective. */
static const char *there_are(const dn_h5 *h, const char *group, char *buf, size_t cap)
{
    dn_strings names = {0};
    size_t used = 0;

    buf[0] = '\0';
    if (dn_h5_list(h, group, &names, NULL) != DN_OK)
        return buf;
    for (int64_t i = 0; i < names.n && used < cap; i++) {
        char one[NAME_MAX_];
        used += (size_t)snprintf(buf + used, cap - used, "%s%s", i > 0 ? ", " : "",
                                 dn_strings_copy(&names, i, one, sizeof one));
    }
    dn_strings_destroy(&names);
    return buf[0] == '\0' ? strcpy(buf, "none") : buf;
}

dn_status dn_find_group(const dn_h5 *h, const char *group, const char *what, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    char path[NAME_MAX_ * 2], list[200];

    snprintf(path, sizeof path, "%s/%s", group, name);
    if (name[0] == '\0' || strchr(name, '/') != NULL || !dn_h5_has(h, path))
        DN_FAIL(DN_EDATA, "%s: no %s '%s'; there are: %s", dn_h5_path(h), what, name,
                there_are(h, group, list, sizeof list));
out:
    return st;
}

/* ---- genes and expression ---- */

dn_status dn_genes_load(const dn_h5 *h, dn_genes *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_genes g = {0};

    DN_TRY(dn_h5_read_strings(h, "/genes/id", &g.id, err));
    g.n = g.id.n;
    DN_TRY(dn_read_vector(h, "/genes/table_row", DN_I64, g.n, (void **)&g.table_row, NULL, err));
    DN_TRY(dn_read_vector(h, "/genes/decoy", DN_U8, g.n, (void **)&g.decoy, NULL, err));
    DN_TRY(dn_read_vector(h, "/genes/values", DN_I64, g.n, (void **)&g.values, NULL, err));
    *out = g;
    g = (dn_genes){0};
out:
    dn_genes_destroy(&g);
    return st;
}

void dn_genes_destroy(dn_genes *g)
{
    dn_strings_destroy(&g->id);
    dn_free(g->table_row);
    dn_free(g->decoy);
    dn_free(g->values);
    *g = (dn_genes){0};
}

dn_status dn_expression_load(const dn_h5 *h, float **out_x, int64_t *out_genes, int64_t *out_samples,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];
    void *x = NULL;

    if (!dn_h5_has(h, "/expression/values"))
        DN_FAIL(DN_EDATA, "%s: holds no expression; import it with --expression", dn_h5_path(h));
    DN_TRY(dn_h5_shape(h, "/expression/values", &ndims, dims, err));
    if (ndims != 2)
        DN_FAIL(DN_EDATA, "%s: /expression/values is not a matrix", dn_h5_path(h));
    DN_PASS(new_block((size_t)(dims[0] * dims[1]), sizeof(float), "expression", &x, err));
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(dn_h5_read(h, "/expression/values", DN_F32, 0, dims[0], x, err));
    *out_x = x;
    x = NULL;
    *out_genes = dims[0];
    *out_samples = dims[1];
out:
    dn_free(x);
    return st;
}

/* ---- pairs, once per host ---- */

const char *dn_class_name(int classes, int label)
{
    static const char *const name[] = {"none", "connection", "a_regulates_b", "b_regulates_a"};

    return classes <= 2 && label == 1 ? "interaction" : name[label];
}

/* The rows of a vector that this rank reads for its host, in `turns` turns of at most CHUNK: every rank of
 * the run takes part in each turn, also when it has no rows left. */
typedef struct share {
    dn_range rows;
    int64_t turns;
} share;

static share share_of(const dn_shared *memory, int64_t n)
{
    const dn_host *host = dn_shared_host(memory);
    share s = {.rows = dn_block(n, host->comm.rank, host->comm.size)};

    s.turns = dn_turns(s.rows, CHUNK);
    MPI_Allreduce(MPI_IN_PLACE, &s.turns, 1, MPI_INT64_T, MPI_MAX, host->all->mpi);
    return s;
}

/* Genes are 64 bits in the file, 32 in memory. *io_bad goes down to the first row that is out of range. */
static dn_status read_genes(const dn_h5 *h, const char *path, const share *s, int64_t genes, int32_t *out,
                            int64_t *io_bad, dn_error *err)
{
    dn_status st = DN_OK;
    void *block = NULL;
    int64_t *wide;

    DN_PASS(new_block(CHUNK, sizeof *wide, path, &block, err));
    DN_AGREE(dn_h5_comm(h));
    wide = block;
    for (int64_t t = 0; t < s->turns; t++) {
        dn_range r = dn_turn(s->rows, t, CHUNK);

        DN_TRY(dn_h5_read(h, path, DN_I64, r.begin, r.end - r.begin, wide, err));
        for (int64_t i = r.begin; i < r.end; i++) {
            int64_t gene = wide[i - r.begin];

            if ((gene < 0 || gene >= genes) && i < *io_bad)
                *io_bad = i;
            out[i] = (int32_t)gene;
        }
    }
out:
    dn_free(block);
    return st;
}

/* One byte a row, below `limit`. */
static dn_status read_bytes(const dn_h5 *h, const char *path, const share *s, int limit, uint8_t *out,
                            int64_t *io_bad, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t t = 0; t < s->turns; t++) {
        dn_range r = dn_turn(s->rows, t, CHUNK);

        DN_TRY(dn_h5_read(h, path, DN_U8, r.begin, r.end - r.begin, out + r.begin, err));
        for (int64_t i = r.begin; i < r.end; i++)
            if (out[i] >= limit && i < *io_bad)
                *io_bad = i;
    }
out:
    return st;
}

static bool has_origin(const dn_h5 *h, const char *group)
{
    char path[NAME_MAX_ + 16];

    snprintf(path, sizeof path, "%s/origin", group);
    return dn_h5_has(h, path);
}

/* How many rows a set has, of how many genes and classes; the same verdict on every rank. */
static dn_status measure(const dn_h5 *h, const char *group, dn_pairs *p, int64_t *out_genes, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const member[] = {"gene_a", "gene_b", "label", "origin"};
    char path[NAME_MAX_ + 16];
    int ndims;
    int64_t dims[4], classes = 2;

    for (int k = 0; k < 3 + has_origin(h, group); k++) {
        snprintf(path, sizeof path, "%s/%s", group, member[k]);
        DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
        if (ndims != 1 || (k > 0 && dims[0] != p->n))
            DN_FAIL(DN_EDATA, "%s: %s has another length than its neighbours", dn_h5_path(h), path);
        p->n = dims[0];
    }
    DN_TRY(dn_h5_get_int(h, group, "two_labels", &p->two_labels, err));
    if (dn_h5_has_attribute(h, group, "classes"))
        DN_TRY(dn_h5_get_int(h, group, "classes", &classes, err));
    if (classes != 2 && classes != DN_CLASSES_MAX)
        DN_FAIL(DN_EDATA, "%s: %s has %lld classes, not 2 or 4", dn_h5_path(h), group, (long long)classes);
    p->classes = (int)classes;
    DN_TRY(dn_h5_rows(h, "/genes/table_row", out_genes, err));
    if (*out_genes > (int64_t)INT32_MAX + 1)
        DN_FAIL(DN_EDATA, "%s: %lld genes, more than 2^31", dn_h5_path(h), (long long)*out_genes);
out:
    return st;
}

/* A column more (one byte a row) needs as much more of the memory, behind label, and a read_bytes(). */
static dn_status read_pairs(const dn_h5 *h, const char *group, int64_t genes, dn_pairs *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    int64_t bad = p->n; /* the first row out of range */
    char path[NAME_MAX_ + 16];
    share s;
    bool origin = has_origin(h, group);

    DN_TRY(
        dn_shared_create_alone(comm, dn_h5_grouping(h), (size_t)p->n * (origin ? 10 : 9), &p->memory, err));
    p->gene_a = dn_shared_base(p->memory);
    p->gene_b = p->gene_a + p->n;
    p->label = (uint8_t *)(p->gene_b + p->n);
    s = share_of(p->memory, p->n);
    snprintf(path, sizeof path, "%s/gene_a", group);
    DN_TRY(read_genes(h, path, &s, genes, p->gene_a, &bad, err));
    snprintf(path, sizeof path, "%s/gene_b", group);
    DN_TRY(read_genes(h, path, &s, genes, p->gene_b, &bad, err));
    snprintf(path, sizeof path, "%s/label", group);
    DN_TRY(read_bytes(h, path, &s, p->classes, p->label, &bad, err));
    snprintf(path, sizeof path, "%s/origin", group);
    p->origin = origin ? p->label + p->n : NULL;
    if (origin)
        DN_TRY(read_bytes(h, path, &s, DN_ORIGINS, p->origin, &bad, err));
    MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT64_T, MPI_MIN, comm->mpi);
    if (bad < p->n) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: pair %lld of set '%s' has a gene or a label out of range", dn_h5_path(h),
                (long long)bad, group + strlen("/pairs/"));
    dn_shared_barrier(p->memory);
out:
    return st;
}

dn_status dn_pairs_load(const dn_h5 *h, const char *name, dn_pairs *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pairs p = {0};
    char group[NAME_MAX_];
    int64_t genes = 0;

    DN_TRY(dn_find_group(h, "/pairs", "pair set", name, err));
    snprintf(group, sizeof group, "/pairs/%s", name);
    DN_TRY(measure(h, group, &p, &genes, err));
    DN_TRY(read_pairs(h, group, genes, &p, err));
    *out = p;
    p = (dn_pairs){0};
out:
    dn_pairs_destroy(&p);
    return st;
}

void dn_pairs_destroy(dn_pairs *p)
{
    if (p->memory != NULL) {
        dn_shared_destroy(&p->memory);
    } else {
        dn_free(p->gene_a);
        dn_free(p->gene_b);
        dn_free(p->label);
        dn_free(p->origin);
    }
    *p = (dn_pairs){0};
}

/* ---- splits ---- */

static dn_status check_fold(const dn_h5 *h, const char *name, int64_t folds, int64_t *fold, dn_error *err)
{
    dn_status st = DN_OK;

    if (*fold < 0 && folds == 1)
        *fold = 0;
    if (*fold < 0)
        DN_FAIL(DN_EUSAGE, "%s: split '%s' has %lld folds: say which with --fold 0..%lld", dn_h5_path(h),
                name, (long long)folds, (long long)folds - 1);
    if (*fold >= folds)
        DN_FAIL(DN_EUSAGE, "%s: split '%s' has %lld folds (0..%lld), not fold %lld", dn_h5_path(h), name,
                (long long)folds, (long long)folds - 1, (long long)*fold);
out:
    return st;
}

static dn_status check_clusters(const dn_h5 *h, const char *path, const int64_t *cluster, int64_t n,
                                dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < n; i++)
        if (cluster[i] < 0 || cluster[i] > i || cluster[cluster[i]] != cluster[i])
            DN_FAIL(DN_EDATA, "%s: %s: %lld is not the lowest member of the cluster of %lld", dn_h5_path(h),
                    path, (long long)cluster[i], (long long)i);
out:
    return st;
}

/* As long as the table with these offsets; what was imported after the split is each by itself. NULL where
 * the split has none of this side. Collective. */
static dn_status load_clusters(const dn_h5 *h, const char *group, const char *name, const char *offsets,
                               int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[NAME_MAX_ + 32];
    int ndims;
    int64_t dims[4], all, n;

    snprintf(path, sizeof path, "%s/%s", group, name);
    if (!dn_h5_has(h, path))
        goto out;
    DN_TRY(dn_h5_shape(h, offsets, &ndims, dims, err));
    all = dims[0] - 1;
    DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
    n = dims[0];
    if (ndims != 1 || n > all) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: %s is not one number each of at most %lld", dn_h5_path(h), path,
                (long long)all);
    DN_PASS(new_block((size_t)all, sizeof **out, path, (void **)out, err));
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(dn_h5_read(h, path, DN_I64, 0, n, *out, err));
    for (int64_t i = n; i < all; i++)
        (*out)[i] = i;
    DN_PASS(check_clusters(h, path, *out, all, err));
    DN_AGREE(dn_h5_comm(h));
out:
    return st;
}

dn_status dn_split_load(const dn_h5 *h, const char *name, int64_t fold, dn_split *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_split s = {0};
    char group[NAME_MAX_], path[NAME_MAX_ + 16];
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_find_group(h, "/splits", "split", name, err));
    snprintf(group, sizeof group, "/splits/%s", name);
    snprintf(path, sizeof path, "%s/part", group);
    s.interactions = dn_h5_get_text(h, group, "interactions", s.pairs, sizeof s.pairs, NULL) == DN_OK;
    if (!s.interactions)
        DN_TRY(dn_h5_get_text(h, group, "pairs", s.pairs, sizeof s.pairs, err));
    memcpy(s.source, s.pairs, sizeof s.source);
    if (dn_h5_has_attribute(h, group, "source_pairs"))
        DN_TRY(dn_h5_get_text(h, group, "source_pairs", s.source, sizeof s.source, err));
    DN_TRY(dn_h5_get_text(h, group, "kind", s.kind, sizeof s.kind, err));
    DN_TRY(dn_h5_shape(h, path, &ndims, dims, err));
    if (ndims != 2)
        DN_FAIL(DN_EDATA, "%s: %s is not a matrix", dn_h5_path(h), path);
    s.folds = dims[0];
    s.n = dims[1];
    DN_TRY(check_fold(h, name, s.folds, &fold, err));
    DN_TRY(dn_shared_create_alone(dn_h5_comm(h), dn_h5_grouping(h), (size_t)s.n, &s.memory, err));
    s.part = dn_shared_base(s.memory);
    DN_TRY(dn_h5_read(h, path, DN_U8, fold, dn_shared_host(s.memory)->comm.rank == 0 ? 1 : 0, s.part, err));
    dn_shared_barrier(s.memory);
    DN_TRY(load_clusters(h, group, "drug_cluster", "/drugs/id/offsets", &s.drug_cluster, err));
    DN_TRY(load_clusters(h, group, "target_cluster", "/targets/id/offsets", &s.target_cluster, err));
    *out = s;
    s = (dn_split){0};
out:
    dn_split_destroy(&s);
    return st;
}

void dn_split_destroy(dn_split *s)
{
    if (s->memory != NULL)
        dn_shared_destroy(&s->memory);
    else
        dn_free(s->part);
    dn_free(s->drug_cluster);
    dn_free(s->target_cluster);
    *s = (dn_split){0};
}

/* The rows of a part, of all parts without one. */
static void hash_rows(crypto_generichash_state *state, const dn_pairs *pairs, const uint8_t *opt_part,
                      uint8_t wanted)
{
    int64_t row[3 * BATCH], n = 0; /* rows at a time: a call for each would take most of the time */

    for (int64_t i = 0; i < pairs->n; i++) {
        if (opt_part == NULL || opt_part[i] == wanted) {
            row[3 * n] = pairs->gene_a[i];
            row[3 * n + 1] = pairs->gene_b[i];
            row[3 * n++ + 2] = pairs->label[i];
        }
        if (n == BATCH || i + 1 == pairs->n) {
            crypto_generichash_update(state, (const unsigned char *)row, (size_t)n * 3 * sizeof *row);
            n = 0;
        }
    }
}

void dn_training_hash(const dn_genes *genes, const dn_pairs *pairs, const dn_split *opt_split, char *out)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    if (genes->n > 0) {
        crypto_generichash_update(&state, (const unsigned char *)genes->id.bytes,
                                  (unsigned long long)genes->id.offset[genes->n]);
        crypto_generichash_update(&state, (const unsigned char *)genes->id.offset,
                                  (unsigned long long)genes->n * sizeof *genes->id.offset);
    }
    hash_rows(&state, pairs, opt_split != NULL ? opt_split->part : NULL, DN_TRAIN);
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, 17, digest, 8);
}

void dn_validation_hash(const dn_pairs *pairs, const dn_split *split, char *out)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    hash_rows(&state, pairs, split->part, DN_VALIDATION);
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, 17, digest, 8);
}
