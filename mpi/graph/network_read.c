/* network_read.c - the edges of the layers, checked, 4 bytes of each kept; see network_private.h
 *
 * A file is read once, in chunks that stay in the cache: 64-bit numbers come in, the targets stay as 32 bits,
 * the sources as runs, for they rise. Every rank of the run calls dn_h5_read() equally often.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

/* Small enough for the cache, large enough that on a busy machine the ranks do not wait for each other all
 * the time. */
enum { CHUNK = 1 << 18, PATH = 160 };

/* A chunk of edges; source[-1] and target[-1] are the edge before it, or -1. */
typedef struct chunk {
    int64_t *source, *target; /* [count] */
    float *weight;            /* [count] */
    int8_t *sign;             /* [count] */
    int64_t first, count;     /* edges of the layer */
} chunk;

typedef struct buffers {
    int64_t *source, *target; /* [CHUNK + 1] */
    float *weight;            /* [CHUNK] */
    int8_t *sign;             /* [CHUNK] */
} buffers;

/* ---- checks ---- */

/* Whether any edge is out of range, a self loop or not above the one before it; *out_backward is raised when
 * one goes to a lower number. */
DN_CLONES static bool unsound(const int64_t *source, const int64_t *target, int64_t count, int64_t nodes,
                              bool *out_backward)
{
    const int64_t *source_before = source - 1, *target_before = target - 1;
    int64_t bad = 0, backward = 0;

    for (int64_t i = 0; i < count; i++) {
        int64_t s = source[i], t = target[i], u = source_before[i], v = target_before[i];

        bad |= (s < 0) | (s >= nodes) | (t < 0) | (t >= nodes) | (s == t);
        bad |= (s < u) | ((s == u) & (t <= v));
        backward |= s > t;
    }
    *out_backward = *out_backward || backward != 0;
    return bad != 0;
}

/* Whether an edge goes against the order of the sides; *out_within is raised by one that stays within one. */
static bool unsided(const dn_loading *l, const chunk *c, bool *out_within)
{
    bool bad = false, within = false;

    for (int64_t i = 0; i < c->count; i++) {
        uint8_t a = l->side[c->source[i]], b = l->side[c->target[i]];

        bad |= a > b || (a == b && c->source[i] > c->target[i]);
        within |= a == b;
    }
    *out_within = *out_within || within;
    return bad;
}

/* Says what is wrong with the first edge of a chunk that is. */
static dn_status complain(const dn_loading *l, const char *layer, const chunk *c, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_h5_path(l->h);

    for (int64_t i = 0; i < c->count; i++) {
        int64_t s = c->source[i], t = c->target[i], u = c->source[i - 1], v = c->target[i - 1];
        long long edge = (long long)(c->first + i), a = (long long)s, b = (long long)t;

        if (s < 0 || s >= l->all || t < 0 || t >= l->all)
            DN_FAIL(DN_EDATA,
                    "%s: layer %s, edge %lld: nodes %lld and %lld, but there are %lld nodes (from 0)", path,
                    layer, edge, a, b, (long long)l->all);
        if (s == t)
            DN_FAIL(DN_EDATA, "%s: layer %s, edge %lld: from node %lld to itself", path, layer, edge, a);
        if (s < u || (s == u && t <= v))
            DN_FAIL(DN_EDATA, "%s: layer %s, edge %lld: %lld - %lld does not come after %lld - %lld", path,
                    layer, edge, a, b, (long long)u, (long long)v);
        if (l->side == NULL ? s > t : l->side[s] > l->side[t] || (l->side[s] == l->side[t] && s > t))
            DN_FAIL(
                DN_EDATA,
                "%s: layer %s, edge %lld: %lld - %lld must start at the lower side, or number of one side",
                path, layer, edge, a, b);
        if (l->number != NULL && (l->number[s] < 0 || l->number[t] < 0))
            DN_FAIL(DN_EDATA, "%s: layer %s, edge %lld: node %lld is in no node list of the layers", path,
                    layer, edge, l->number[s] < 0 ? a : b);
    }
out:
    return st;
}

static dn_status check(dn_loading *l, const char *layer, const chunk *c, dn_error *err)
{
    bool backward = false, bad = unsound(c->source, c->target, c->count, l->all, &backward);

    if (!bad && l->side != NULL)
        bad = unsided(l, c, &l->within);
    else if (l->side == NULL) {
        bad = bad || backward;
        l->within = l->within || c->count > 0;
    }
    l->backward = l->backward || backward;
    return bad ? complain(l, layer, c, err) : DN_OK;
}

/* ---- what is kept ---- */

/* Targets as numbers outside; whether all are nodes of the graph. */
static bool keep_targets(const dn_loading *l, const chunk *c, int32_t *out)
{
    int32_t any = 0;

    if (l->number == NULL) {
        for (int64_t i = 0; i < c->count; i++)
            out[i] = (int32_t)c->target[i];
        return true;
    }
    for (int64_t i = 0; i < c->count; i++)
        any |= (out[i] = l->number[c->target[i]]) | l->number[c->source[i]];
    return any >= 0;
}

static void count_targets(const int32_t *target, int64_t count, uint32_t *degree)
{
    for (int64_t i = 0; i < count; i++)
        degree[target[i]]++;
}

/* Sources as runs: the last run goes on, or a new one begins. */
static void keep_sources(const dn_loading *l, const chunk *c, dn_piece *p, uint32_t *degree)
{
    for (int64_t i = 0, next; i < c->count; i = next) {
        int64_t s = c->source[i];
        int32_t source = l->number != NULL ? l->number[s] : (int32_t)s;

        for (next = i + 1; next < c->count && c->source[next] == s; next++)
            ;
        if (p->runs == 0 || p->run[p->runs - 1].source != source)
            p->run[p->runs++] = (dn_run){source, 0};
        p->run[p->runs - 1].length += (int32_t)(next - i);
        degree[source] += (uint32_t)(next - i);
    }
}

static dn_status take_edges(dn_loading *l, const char *layer, dn_piece *p, const chunk *c, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t *target;
    uint32_t *degree;

    if (c->count == 0) /* also of ranks that do not build and have no counters */
        goto out;
    target = p->target + (c->first - p->block.begin);
    degree = l->degree + (size_t)l->host->comm.rank * (size_t)l->n;
    DN_TRY(check(l, layer, c, err));
    if (!keep_targets(l, c, target))
        DN_TRY(complain(l, layer, c, err));
    count_targets(target, c->count, degree);
    keep_sources(l, c, p, degree);
out:
    return st;
}

static dn_status take_weights(const dn_loading *l, dn_layer *y, dn_piece *p, const chunk *c, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < c->count; i++) {
        if (!isfinite(c->weight[i]))
            DN_FAIL(DN_EDATA, "%s: layer %s, edge %lld: weight %g is not a finite number", dn_h5_path(l->h),
                    y->name, (long long)(c->first + i), (double)c->weight[i]);
        y->negative += c->weight[i] < 0;
        y->zero += c->weight[i] == 0;
    }
    if (p->weight != NULL && c->count > 0)
        memcpy(p->weight + (c->first - p->block.begin), c->weight, (size_t)c->count * sizeof *c->weight);
out:
    return st;
}

static dn_status take_signs(const dn_loading *l, dn_layer *y, const chunk *c, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < c->count; i++) {
        if (c->sign[i] < -1 || c->sign[i] > 1)
            DN_FAIL(DN_EDATA, "%s: layer %s, edge %lld: sign %d is none of -1, 0, 1", dn_h5_path(l->h),
                    y->name, (long long)(c->first + i), (int)c->sign[i]);
        y->activating += c->sign[i] > 0;
        y->inhibiting += c->sign[i] < 0;
    }
out:
    return st;
}

/* ---- a layer ---- */

static dn_status new_piece(const dn_loading *l, const dn_layer *y, dn_range block, dn_piece *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    int64_t edges = block.end - block.begin, sources = edges < l->n ? edges : l->n;

    out->block = block;
    DN_NEW(out->target, (size_t)edges);
    DN_NEW(out->run, (size_t)sources);
    if (l->weights && y->weighted)
        DN_NEW(out->weight, (size_t)edges);
out:
    return st;
}

/* The edges from `done` on in the block of this rank; an empty chunk behind its end. */
static chunk cut(const dn_piece *p, const buffers *b, int64_t done)
{
    int64_t left = p->block.end - p->block.begin - done;
    chunk c = {b->source + 1, b->target + 1, b->weight, b->sign, p->block.begin + done, left};

    if (left <= 0)
        c = (chunk){b->source + 1, b->target + 1, b->weight, b->sign, p->block.end, 0};
    if (c.count > CHUNK)
        c.count = CHUNK;
    return c;
}

/* Source and target, with the edge before the chunk: at the start of the block it is read, too. */
static dn_status read_ends(const dn_loading *l, const char *layer, const chunk *c, bool starts, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    int64_t before = c->count > 0 && starts && c->first > 0;

    if (c->first == 0)
        c->source[-1] = c->target[-1] = -1;
    snprintf(path, sizeof path, "/edges/%s/source", layer);
    DN_TRY(dn_h5_read(l->h, path, DN_I64, c->first - before, c->count + before, c->source - before, err));
    snprintf(path, sizeof path, "/edges/%s/target", layer);
    DN_TRY(dn_h5_read(l->h, path, DN_I64, c->first - before, c->count + before, c->target - before, err));
out:
    return st;
}

static dn_status read_chunk(dn_loading *l, dn_layer *y, bool signed_, dn_piece *p, const buffers *b,
                            int64_t done, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    chunk c = cut(p, b, done);

    DN_TRY(read_ends(l, y->name, &c, done == 0, err));
    DN_PASS(take_edges(l, y->name, p, &c, err));
    DN_AGREE(l->comm);
    if (c.count > 0) {
        b->source[0] = c.source[c.count - 1];
        b->target[0] = c.target[c.count - 1];
    }
    if (y->weighted) {
        snprintf(path, sizeof path, "/edges/%s/weight", y->name);
        DN_TRY(dn_h5_read(l->h, path, DN_F32, c.first, c.count, c.weight, err));
        DN_PASS(take_weights(l, y, p, &c, err));
    }
    DN_AGREE(l->comm);
    if (signed_) {
        snprintf(path, sizeof path, "/edges/%s/sign", y->name);
        DN_TRY(dn_h5_read(l->h, path, DN_I8, c.first, c.count, c.sign, err));
        DN_PASS(take_signs(l, y, &c, err));
    }
    DN_AGREE(l->comm);
out:
    return st;
}

/* What the ranks of this host have counted; every host has read all. */
static void sum_layer(const dn_loading *l, dn_layer *y)
{
    int64_t sums[] = {y->negative, y->zero, y->activating, y->inhibiting};

    MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_INT64_T, MPI_SUM, l->host->comm.mpi);
    y->negative = sums[0];
    y->zero = sums[1];
    y->activating = sums[2];
    y->inhibiting = sums[3];
}

static dn_status read_layer(dn_loading *l, int i, const buffers *b, dn_error *err)
{
    dn_status st = DN_OK;
    dn_layer *y = &l->w->layer[i];
    char path[PATH];
    dn_range block = dn_network_share(l, y->edges);
    bool signed_;

    snprintf(path, sizeof path, "/edges/%s/sign", y->name);
    signed_ = dn_h5_has(l->h, path);
    DN_PASS(new_piece(l, y, block, &l->piece[i], err));
    DN_AGREE(l->comm);
    for (int64_t done = 0; done < l->most; done += CHUNK)
        DN_TRY(read_chunk(l, y, signed_, &l->piece[i], b, done, err));
    sum_layer(l, y);
out:
    return st;
}

static dn_status new_buffers(buffers *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(out->source, CHUNK + 1);
    DN_NEW(out->target, CHUNK + 1);
    DN_NEW(out->weight, CHUNK);
    DN_NEW(out->sign, CHUNK);
out:
    return st;
}

static dn_status new_counts(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)l->n, b = (size_t)l->builders, rank = (size_t)l->host->comm.rank;

    if (l->n * l->w->n_layers > UINT32_MAX) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%d layers of %lld nodes: a degree could pass 2^32; join fewer", l->w->n_layers,
                (long long)l->n);
    DN_TRY(dn_shared_create(l->host, n * (b + 2) * sizeof(uint32_t), &l->count, err));
    l->degree = dn_shared_base(l->count);
    l->total = l->degree + b * n;
    l->inside = (int32_t *)(l->total + n);
    if (rank < b)
        memset(l->degree + rank * n, 0, n * sizeof *l->degree);
out:
    return st;
}

/* Counts of the builders become what those before them hold, and totals. */
static void sum_counts(dn_loading *l)
{
    dn_range mine = dn_block(l->n, l->host->comm.rank, l->host->comm.size);

    dn_shared_barrier(l->count);
    for (int64_t v = mine.begin; v < mine.end; v++)
        l->total[v] = 0;
    for (int b = 0; b < l->builders; b++) {
        uint32_t *degree = l->degree + (size_t)b * (size_t)l->n;

        for (int64_t v = mine.begin; v < mine.end; v++) {
            uint32_t held = degree[v];
            degree[v] = l->total[v];
            l->total[v] += held;
        }
    }
    dn_shared_barrier(l->count);
}

dn_status dn_network_read(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    buffers b = {0};
    int flags[2];

    DN_TRY(new_counts(l, err));
    DN_PASS(new_buffers(&b, err));
    DN_AGREE(l->comm);
    for (int i = 0; i < l->w->n_layers; i++)
        DN_TRY(read_layer(l, i, &b, err));
    sum_counts(l);
    flags[0] = l->backward;
    flags[1] = l->within;
    MPI_Allreduce(MPI_IN_PLACE, flags, 2, MPI_INT, MPI_LOR, l->comm->mpi);
    l->backward = flags[0] != 0;
    l->within = flags[1] != 0;
out:
    dn_free(b.source);
    dn_free(b.target);
    dn_free(b.weight);
    dn_free(b.sign);
    return st;
}
