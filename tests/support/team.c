/* team.c - a team over the ranks of a test; see team.h */
#include "tests/support/team.h"

#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "tests/support/test.h"

typedef struct whole {
    double *v[2]; /* [connected] */
    int turn;
    int *count, *first; /* [size]  elements of every rank */
} whole;

static double *post(void *ctx)
{
    whole *w = ctx;

    w->turn ^= 1;
    return w->v[w->turn];
}

static const double *collect(void *ctx)
{
    whole *w = ctx;

    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, w->v[w->turn], w->count, w->first, MPI_DOUBLE,
                   test_comm.mpi);
    return w->v[w->turn];
}

static dn_status agree(void *ctx, dn_status local, dn_error *err)
{
    (void)ctx;
    return dn_agree(&test_comm, local, err);
}

static dn_status make(const dn_graph *g, dn_team *t, dn_error *err)
{
    dn_status st = DN_OK;
    whole *w = NULL;

    DN_NEW(w, 1);
    t->ctx = w;
    DN_NEW(w->v[0], (size_t)g->connected);
    DN_NEW(w->v[1], (size_t)g->connected);
    DN_NEW(w->count, (size_t)t->size);
    DN_NEW(w->first, (size_t)t->size);
    for (int r = 0; r < t->size; r++) {
        w->first[r] = (int)(g->connected * r / t->size);
        w->count[r] = (int)(g->connected * (r + 1) / t->size) - w->first[r];
    }
    t->begin = w->first[t->rank];
    t->end = t->begin + w->count[t->rank];
out:
    return st;
}

dn_status test_team_open(const dn_graph *g, dn_team *out, dn_error *err)
{
    dn_status st;

    *out = (dn_team){
        .rank = test_comm.rank, .size = test_comm.size, .post = post, .collect = collect, .agree = agree};
    st = dn_agree(&test_comm, make(g, out, err), err);
    if (st != DN_OK)
        test_team_close(out);
    return st;
}

void test_team_close(dn_team *t)
{
    whole *w = t->ctx;

    if (w != NULL) {
        dn_free(w->v[0]);
        dn_free(w->v[1]);
        dn_free(w->count);
        dn_free(w->first);
    }
    dn_free(w);
    *t = (dn_team){0};
}

double test_uniform(uint64_t s, uint64_t i)
{
    uint64_t z = (s << 40) + i + 0x9e3779b97f4a7c15u;

    for (int k = 0; k < 3; k++)
        z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu;
    return (double)(z >> 11) / 9007199254740992.0;
}

dn_edge *test_random_edges(int64_t n, int sides, uint64_t seed, uint8_t *side, int64_t *out_count)
{
    dn_edge *e = dn_calloc((size_t)(4 * n + 1), sizeof *e);
    int64_t third = n / 3 + 1, kept = 0;

    for (int64_t i = 0; i < n && side != NULL; i++)
        side[i] = sides == 2 && i >= third;
    for (int64_t k = 0; e != NULL && k < 4 * n; k++) {
        double u = test_uniform(seed, 3 * (uint64_t)k), v = test_uniform(seed, 3 * (uint64_t)k + 1);
        int64_t a = (int64_t)(u * u * (double)(sides == 2 ? third : n));
        int64_t b = sides == 2 ? third + (int64_t)(v * v * (double)(n - third)) : (int64_t)(v * (double)n);

        if (b >= n || a % 10 == 9 || b % 10 == 9)
            continue;
        e[kept++] =
            (dn_edge){(int32_t)a, (int32_t)b, (float)(0.25 + 2 * test_uniform(seed, 3 * (uint64_t)k + 2))};
    }
    *out_count = kept;
    return e;
}
