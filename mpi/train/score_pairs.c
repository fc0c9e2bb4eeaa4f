/* score_pairs.c - lists of pairs by the folded GENER network; see score_pairs.h */
#include "mpi/train/score_pairs.h"

#include <omp.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"

static dn_status fold_local(const dn_comm *comm, const dn_gener *g, const float *w, const float *running,
                            int64_t genes, dn_gener_fold **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(genes, comm->rank, comm->size);

    DN_TRY(dn_gener_fold_create(g, w, running, genes, out, err));
    dn_gener_fold_genes(*out, mine.begin, mine.end);
out:
    return st;
}

dn_status dn_fold_genes(const dn_comm *comm, const dn_gener *g, const float *w, const float *running,
                        int64_t genes, dn_gener_fold **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = NULL;
    DN_PASS(fold_local(comm, g, w, running, genes, out, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, dn_gener_fold_vectors(*out), genes, DN_GENER_VECTORS * (int64_t)sizeof(float));
out:
    if (st != DN_OK)
        dn_gener_fold_destroy(out);
    return st;
}

typedef struct listing {
    const dn_gener_fold *fold;
    int64_t outputs;
    bool narrow;
    const int32_t *a, *b;
    dn_range mine;
    float *out;
} listing;

static dn_status list_blocks(const listing *l, int thread, int threads, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gener_scorer *s = NULL;

    omp_set_num_threads(1);
    DN_TRY(dn_gener_scorer_create(l->fold, l->narrow, &s, err));
    for (int64_t k = thread; k < dn_turns(l->mine, DN_GENER_BLOCK); k += threads) {
        dn_range r = dn_turn(l->mine, k, DN_GENER_BLOCK);

        DN_TRY(dn_gener_scorer_pairs(s, l->a + r.begin, l->b + r.begin, r.end - r.begin,
                                     l->out + r.begin * l->outputs, err));
    }
out:
    dn_gener_scorer_destroy(&s);
    return st;
}

static dn_status list_local(const listing *l, dn_error *err)
{
    dn_status st = DN_OK;

#pragma omp parallel
    {
        dn_error mine = DN_ERROR_INIT;
        dn_status bad = list_blocks(l, omp_get_thread_num(), omp_get_num_threads(), &mine);
#pragma omp critical
        if (bad != DN_OK && st == DN_OK) {
            st = bad;
            if (err != NULL)
                *err = mine;
        }
    }
    return st;
}

dn_status dn_score_pairs(const dn_comm *comm, const dn_gener_fold *fold, bool narrow, const int32_t *a,
                         const int32_t *b, int64_t n, int64_t outputs, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    const listing l = {.fold = fold,
                       .outputs = outputs,
                       .narrow = narrow,
                       .a = a,
                       .b = b,
                       .mine = dn_block(n, comm->rank, comm->size),
                       .out = out};

    DN_PASS(list_local(&l, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, out, n, outputs * (int64_t)sizeof *out);
out:
    return st;
}
