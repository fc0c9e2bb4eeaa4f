/* synth_graph_write.c - drawing, sorting and writing a synthetic network in parallel; see synth_graph.h
 *
 * An edge travels as one number, source n + target, 8 bytes. The owner of a source is chosen by a histogram
 * of all sources, for low numbers are sources more often, so that every rank sorts about as much.
 */
#include "mpi/data/synth_graph.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/core/shared.h"
#include "mpi/io/dataset.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

enum { BUCKETS = 1 << 12, DIGIT = 8, DIGITS = 1 << DIGIT };

typedef struct maker {
    const dn_comm *comm;
    const dn_synth_graph *g;
    dn_host host;
    dn_shared *memory;
    int32_t *label;  /* [nodes]  number in the dataset: drugs first */
    unsigned bits;   /* of a target in a key */
    unsigned coarse; /* a source moved right by it is its bucket */
    uint64_t *key;   /* [n] */
    int64_t n;
    dn_synth_graph_counts counts;
} maker;

static unsigned bits_of(int64_t n)
{
    unsigned bits = 0;

    while ((n - 1) >> bits != 0)
        bits++;
    return bits;
}

/* ---- drawing ---- */

static void fill_labels(const maker *m)
{
    dn_range mine = dn_block(m->g->nodes, m->host.comm.rank, m->host.comm.size);

    for (int64_t i = mine.begin; i < mine.end; i++) {
        bool gene = m->g->o.kind == DN_SYNTH_BIPARTITE && i >= m->g->o.drugs;
        m->label[i] = (int32_t)dn_synth_graph_label(m->g, gene, gene ? i - m->g->o.drugs : i);
    }
    dn_shared_barrier(m->memory);
}

/* The edges of this rank, without self loops, and how many have their source in each bucket. */
static void draw(maker *m, int64_t *bucket)
{
    dn_range mine = dn_block(m->g->draws, m->comm->rank, m->comm->size);
    bool bipartite = m->g->o.kind == DN_SYNTH_BIPARTITE;
    int64_t second = bipartite ? m->g->o.drugs : 0;

    for (int64_t e = mine.begin; e < mine.end; e++) {
        int64_t a, b, low, high;

        dn_synth_graph_draw(m->g, e, &a, &b);
        a = m->label[a];
        b = m->label[second + b];
        low = a < b ? a : b;
        high = a < b ? b : a;
        m->key[m->n] = (uint64_t)low << m->bits | (uint64_t)high;
        m->n += a != b;
        bucket[low >> m->coarse] += a != b;
    }
    m->counts.self_loops = dn_sum(m->comm, mine.end - mine.begin - m->n);
}

/* ---- every edge to the owner of its source ---- */

/* bucket [BUCKETS] holds the edges of all ranks; owner [BUCKETS] rises. */
static void share_buckets(const int64_t *bucket, int size, int *owner)
{
    int64_t all = 0, before = 0;

    for (int b = 0; b < BUCKETS; b++)
        all += bucket[b];
    for (int b = 0; b < BUCKETS; b++) {
        owner[b] = all > 0 ? (int)((double)before / (double)all * size) : 0;
        owner[b] = owner[b] < size ? owner[b] : size - 1;
        before += bucket[b];
    }
}

/* Keys grouped by owner. count, at [size] */
static void group(const maker *m, const int *owner, int64_t *count, int64_t *at, uint64_t *out)
{
    unsigned shift = m->bits + m->coarse;

    for (int64_t i = 0; i < m->n; i++)
        count[owner[m->key[i] >> shift]]++;
    for (int r = 1; r < m->comm->size; r++)
        at[r] = at[r - 1] + count[r - 1];
    for (int64_t i = 0; i < m->n; i++)
        out[at[owner[m->key[i] >> shift]]++] = m->key[i];
}

static dn_status bring_home(maker *m, const int64_t *bucket, dn_error *err)
{
    dn_status st = DN_OK;
    size_t size = (size_t)m->comm->size;
    int *owner = NULL;      /* [BUCKETS] */
    int64_t *counts = NULL; /* [3, size]  sent, places, received */
    uint64_t *grouped = NULL;

    owner = dn_calloc(BUCKETS, sizeof *owner);
    counts = dn_calloc(3 * size, sizeof *counts);
    grouped = dn_calloc((size_t)m->n, sizeof *grouped);
    if (owner == NULL || counts == NULL || grouped == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld edges to send",
                          (long long)m->n);
    DN_AGREE(m->comm);
    share_buckets(bucket, m->comm->size, owner);
    group(m, owner, counts, counts + size, grouped);
    dn_free(m->key);
    m->key = NULL;
    DN_TRY(dn_exchange(m->comm, sizeof *grouped, counts, grouped, (void **)&m->key, counts + 2 * size, err));
    m->n = 0;
    for (size_t r = 0; r < size; r++)
        m->n += counts[2 * size + r];
out:
    dn_free(owner);
    dn_free(counts);
    dn_free(grouped);
    return st;
}

/* ---- order ---- */

/* One pass of a radix sort by the digit at shift; false where all keys have the same. */
static bool sort_digit(const uint64_t *from, int64_t n, unsigned shift, uint64_t *to)
{
    int64_t at[DIGITS] = {0}, before = 0;

    for (int64_t i = 0; i < n; i++)
        at[from[i] >> shift & (DIGITS - 1)]++;
    if (n == 0 || at[from[0] >> shift & (DIGITS - 1)] == n)
        return false;
    for (int d = 0; d < DIGITS; d++) {
        int64_t count = at[d];
        at[d] = before;
        before += count;
    }
    for (int64_t i = 0; i < n; i++)
        to[at[from[i] >> shift & (DIGITS - 1)]++] = from[i];
    return true;
}

/* Rising keys, each once. */
static dn_status sort_keys(maker *m, dn_error *err)
{
    dn_status st = DN_OK;
    uint64_t *spare = NULL;
    int64_t kept = 0;

    DN_NEW(spare, (size_t)m->n);
    for (unsigned shift = 0; shift < 2 * m->bits; shift += DIGIT)
        if (sort_digit(m->key, m->n, shift, spare)) {
            uint64_t *sorted = spare;
            spare = m->key;
            m->key = sorted;
        }
    for (int64_t i = 0; i < m->n; i++)
        if (i == 0 || m->key[i] != m->key[i - 1])
            m->key[kept++] = m->key[i];
    m->n = kept;
out:
    dn_free(spare);
    return st;
}

/* ---- writing ---- */

static dn_status write_ends(const maker *m, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *end = NULL, first = dn_before(m->comm, m->n), all = m->counts.edges;

    end = dn_calloc((size_t)m->n, sizeof *end);
    if (end == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld edges", (long long)m->n);
    DN_AGREE(m->comm);
    for (int64_t i = 0; i < m->n; i++)
        end[i] = (int64_t)(m->key[i] >> m->bits);
    DN_TRY(dn_h5_write(h, "/edges/graph/source", 1, &all, first, m->n, end, err));
    for (int64_t i = 0; i < m->n; i++)
        end[i] = (int64_t)(m->key[i] & (((uint64_t)1 << m->bits) - 1));
    DN_TRY(dn_h5_write(h, "/edges/graph/target", 1, &all, first, m->n, end, err));
out:
    dn_free(end);
    return st;
}

static dn_status write_bipartite_nodes(const maker *m, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(m->g->nodes, m->comm->rank, m->comm->size);
    dn_strings ids = {0};
    uint8_t *side = NULL;

    DN_PASS(dn_strings_add_numbered(&ids, "D", m->g->o.drugs, err));
    DN_PASS(dn_strings_add_numbered(&ids, "G", m->g->o.genes, err));
    side = dn_calloc((size_t)(mine.end - mine.begin), sizeof *side);
    if (side == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: sides of nodes");
    DN_AGREE(m->comm);
    for (int64_t i = mine.begin; i < mine.end; i++)
        side[i - mine.begin] = i >= m->g->o.drugs;
    DN_TRY(dn_h5_write_strings(h, "/nodes/id", &ids, err));
    DN_TRY(dn_h5_write(h, "/nodes/side", 1, &m->g->nodes, mine.begin, mine.end - mine.begin, side, err));
out:
    dn_strings_destroy(&ids);
    dn_free(side);
    return st;
}

static dn_status write_all(const maker *m, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    bool bipartite = m->g->o.kind == DN_SYNTH_BIPARTITE;

    DN_TRY(dn_h5_set_int(h, "/nodes", "count", m->g->nodes, err));
    DN_TRY(dn_h5_set_text(h, "/nodes", "sides", bipartite ? "drug,gene" : "gene", err));
    if (bipartite)
        DN_TRY(write_bipartite_nodes(m, h, err));
    DN_TRY(write_ends(m, h, err));
    DN_TRY(dn_h5_set_int(h, "/edges/graph", "rows", m->counts.draws, err));
    DN_TRY(dn_h5_set_int(h, "/edges/graph", "self_loops", m->counts.self_loops, err));
    DN_TRY(dn_h5_set_int(h, "/edges/graph", "repeats", m->counts.repeats, err));
out:
    return st;
}

/* ---- all of it ---- */

static dn_status make_edges(maker *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(m->g->draws, m->comm->rank, m->comm->size);
    int64_t *bucket = NULL; /* [BUCKETS] */

    DN_TRY(dn_shared_create(&m->host, (size_t)m->g->nodes * sizeof *m->label, &m->memory, err));
    m->label = dn_shared_base(m->memory);
    bucket = dn_calloc(BUCKETS, sizeof *bucket);
    m->key = dn_calloc((size_t)(mine.end - mine.begin), sizeof *m->key);
    if (bucket == NULL || m->key == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld edges",
                          (long long)(mine.end - mine.begin));
    DN_AGREE(m->comm);
    fill_labels(m);
    draw(m, bucket);
    MPI_Allreduce(MPI_IN_PLACE, bucket, BUCKETS, MPI_INT64_T, MPI_SUM, m->comm->mpi);
    DN_TRY(bring_home(m, bucket, err));
    DN_PASS(sort_keys(m, err));
    DN_AGREE(m->comm);
    m->counts.edges = dn_sum(m->comm, m->n);
    m->counts.repeats = m->counts.draws - m->counts.self_loops - m->counts.edges;
out:
    dn_free(bucket);
    return st;
}

dn_status dn_synth_graph_write(const dn_comm *comm, const char *path, const char *command, const char *config,
                               bool force, const dn_synth_graph_options *o, dn_synth_graph_counts *out_counts,
                               dn_error *err)
{
    dn_status st = DN_OK;
    dn_synth_graph g;
    maker m = {.comm = comm, .g = &g};
    dn_h5 *h = NULL;

    DN_PASS(dn_synth_graph_make(o, &g, err));
    DN_AGREE(comm);
    m.counts = (dn_synth_graph_counts){.nodes = g.nodes, .draws = g.draws};
    m.bits = bits_of(g.nodes);
    m.coarse = m.bits > 12 ? m.bits - 12 : 0;
    DN_TRY(dn_h5_create(comm, path, DN_DATASET_SCHEMA, command, config, force, &h, err));
    dn_host_open(comm, 0, &m.host);
    DN_TRY(make_edges(&m, err));
    DN_TRY(write_all(&m, h, err));
    DN_TRY(dn_h5_commit(&h, err));
    *out_counts = m.counts;
out:
    dn_h5_close(&h);
    dn_shared_destroy(&m.memory);
    dn_host_close(&m.host);
    dn_free(m.key);
    return st;
}
