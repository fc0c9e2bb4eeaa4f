/* profiles.c - the expression of a dataset, once on every host; see profiles.h
 *
 * Hosts do not talk to each other: each reads and normalises its own matrix, its ranks a block of rows or of
 * columns each. Sums run in the order of the samples or genes whoever adds them.
 */
#include "mpi/inputs/profiles.h"

#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

/* Bytes that a rank reads at a time; curves of samples that stand side by side on a host. */
enum { TURN = 1 << 26, CURVES = 16 };

/* The part of this rank among those of its host. */
static dn_range my_block(const dn_profiles *p, int64_t n)
{
    const dn_comm *here = &dn_shared_host(p->memory)->comm;

    return dn_block(n, here->rank, here->size);
}

/* ---- loading ---- */

static dn_status measure(const dn_h5 *h, dn_profiles *p, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];

    if (!dn_h5_has(h, "/expression/values"))
        DN_FAIL(DN_EDATA, "%s: holds no expression; import it with --expression", dn_h5_path(h));
    DN_TRY(dn_h5_shape(h, "/expression/values", &ndims, dims, err));
    if (ndims != 2)
        DN_FAIL(DN_EDATA, "%s: /expression/values is not a matrix", dn_h5_path(h));
    p->genes = dims[0];
    p->samples = dims[1];
out:
    return st;
}

/* Every rank of the run takes part in each turn, also when it has no rows left. */
static dn_status read_block(const dn_h5 *h, dn_profiles *p, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = my_block(p, p->genes);
    int64_t step = TURN / (int64_t)sizeof *p->x / (p->samples > 0 ? p->samples : 1), turns;

    step = step > 0 ? step : 1;
    turns = (mine.end - mine.begin + step - 1) / step;
    MPI_Allreduce(MPI_IN_PLACE, &turns, 1, MPI_INT64_T, MPI_MAX, dn_h5_comm(h)->mpi);
    for (int64_t t = 0; t < turns; t++) {
        int64_t begin = mine.begin + t * step, end = begin + step;

        begin = begin < mine.end ? begin : mine.end;
        end = end < mine.end ? end : mine.end;
        DN_TRY(
            dn_h5_read(h, "/expression/values", DN_F32, begin, end - begin, p->x + begin * p->samples, err));
    }
out:
    return st;
}

/* The first rank of a host computes it for the others. */
static void hash(dn_profiles *p)
{
    const dn_comm *here = &dn_shared_host(p->memory)->comm;
    const void *const data[] = {&p->genes, &p->samples, p->x};
    const size_t len[] = {sizeof p->genes, sizeof p->samples, (size_t)(p->genes * p->samples) * sizeof *p->x};

    if (here->rank == 0)
        dn_digest(3, data, len, p->hash);
    MPI_Bcast(p->hash, (int)sizeof p->hash, MPI_BYTE, 0, here->mpi);
}

dn_status dn_profiles_load(const dn_h5 *h, dn_profiles *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_profiles p = {0};

    DN_TRY(measure(h, &p, err)); /* the same on every rank */
    DN_TRY(dn_shared_create_alone(dn_h5_comm(h), dn_h5_grouping(h),
                                  (size_t)p.genes * (size_t)p.samples * sizeof *p.x, &p.memory, err));
    p.x = dn_shared_base(p.memory);
    DN_TRY(read_block(h, &p, err));
    dn_shared_barrier(p.memory);
    hash(&p);
    *out = p;
    p = (dn_profiles){0};
out:
    dn_profiles_destroy(&p);
    return st;
}

void dn_profiles_destroy(dn_profiles *p)
{
    dn_shared_destroy(&p->memory);
    *p = (dn_profiles){0};
}

/* ---- quantiles ---- */

/* On every host. */
typedef struct curves {
    double *target; /* [genes]  the sum, then the mean of the curves */
    double *curve;  /* [CURVES, genes] */
    int64_t *have;  /* [CURVES]  1: the sample has values */
    int64_t n;      /* samples with values so far */
} curves;

/* Samples first ... first + CURVES - 1: a rank makes some of the curves and adds all of them at its points.
 */
static void add_curves(const dn_profiles *p, const dn_shared *memory, int64_t first, dn_ranked *scratch,
                       curves *c)
{
    const dn_comm *here = &dn_shared_host(memory)->comm;
    dn_range points = my_block(p, p->genes);
    int64_t n = p->samples - first < CURVES ? p->samples - first : CURVES;

    for (int64_t k = here->rank; k < n; k += here->size)
        c->have[k] =
            dn_quantile_curve(p->x, p->genes, p->samples, first + k, scratch, c->curve + k * p->genes);
    dn_shared_barrier(memory);
    for (int64_t k = 0; k < n; k++) {
        c->n += c->have[k];
        for (int64_t i = points.begin; i < points.end && c->have[k]; i++)
            c->target[i] += c->curve[k * p->genes + i];
    }
    dn_shared_barrier(memory);
}

static void quantiles(dn_profiles *p, const dn_shared *memory, dn_ranked *scratch)
{
    dn_range points = my_block(p, p->genes), columns = my_block(p, p->samples);
    curves c = {.target = dn_shared_base(memory)};

    c.curve = c.target + p->genes;
    c.have = (int64_t *)(void *)(c.curve + CURVES * p->genes);
    for (int64_t i = points.begin; i < points.end; i++)
        c.target[i] = 0;
    for (int64_t first = 0; first < p->samples; first += CURVES)
        add_curves(p, memory, first, scratch, &c);
    for (int64_t i = points.begin; i < points.end && c.n > 0; i++)
        c.target[i] /= (double)c.n;
    dn_shared_barrier(memory);
    for (int64_t s = columns.begin; s < columns.end; s++)
        dn_quantile_sample(p->x, p->genes, p->samples, s, c.target, scratch);
    dn_shared_barrier(p->memory);
}

/* Collective. */
static dn_status quantile(dn_profiles *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_host *host = dn_shared_host(p->memory);
    dn_shared *memory = NULL;
    dn_ranked *scratch = NULL; /* [genes] */
    size_t bytes = (size_t)p->genes * (1 + CURVES) * sizeof(double) + CURVES * sizeof(int64_t);

    DN_PASS_NEW(scratch, (size_t)p->genes);
    DN_AGREE(host->all);
    DN_TRY(dn_shared_create(host, bytes, &memory, err));
    quantiles(p, memory, scratch);
out:
    dn_shared_destroy(&memory);
    dn_free(scratch);
    return st;
}

/* ---- normalising ---- */

dn_status dn_profiles_normalise(dn_profiles *p, dn_normalisation kind, int64_t *out_flat, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range rows = my_block(p, p->genes), columns = my_block(p, p->samples);
    int64_t n = rows.end - rows.begin, flat;
    float *x = p->x + rows.begin * p->samples;

    flat = dn_flat_genes(x, n, p->samples);
    dn_shared_barrier(p->memory); /* nobody writes what others still read */
    MPI_Allreduce(&flat, out_flat, 1, MPI_INT64_T, MPI_SUM, dn_shared_host(p->memory)->comm.mpi);
    if (kind == DN_QUANTILE)
        DN_TRY(quantile(p, err));
    if (kind == DN_QUANTILE || kind == DN_ZSCORE_GENE)
        dn_zscore_genes(x, n, p->samples, &flat);
    for (int64_t s = columns.begin; s < columns.end && kind == DN_ZSCORE_SAMPLE; s++)
        dn_zscore_sample(p->x, p->genes, p->samples, s);
    if (kind == DN_NORMALISE_NONE)
        dn_fill_missing(x, n * p->samples);
    dn_shared_barrier(p->memory);
out:
    return st;
}
