/* score.c - probabilities of many samples, spread over ranks and threads; see score.h */
#include "mpi/train/score.h"

#include <limits.h>
#include <omp.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

/* Part of the definition of a score where kernels depend on the number of rows. */
enum { BLOCK = 256 };

typedef struct job {
    const dn_model *model;
    const float *w, *running;
    const int64_t *rows;
    int64_t n;
    dn_range blocks; /* of this rank */
    float *out;      /* [n, outputs] */
} job;

/* Blocks thread, thread + threads, ... of this rank. */
static dn_status score_blocks(const job *j, int thread, int threads, dn_error *err)
{
    dn_status st = DN_OK;
    dn_work *work = NULL;
    dn_pass pass = {.train = false};

    omp_set_num_threads(1); /* the kernels of this thread stay on it */
    DN_TRY(j->model->ops->work_create(j->model, BLOCK, &work, err));
    for (int64_t b = j->blocks.begin + thread; b < j->blocks.end; b += threads) {
        int64_t first = b * BLOCK, n = j->n - first < BLOCK ? j->n - first : BLOCK;
        DN_TRY(j->model->ops->load(work, j->rows + first, n, &pass, err));
        DN_TRY(j->model->ops->predict(work, j->w, j->running, j->out + first * j->model->outputs, err));
    }
out:
    if (work != NULL)
        j->model->ops->work_destroy(&work);
    return st;
}

static dn_status score_local(const job *j, dn_error *err)
{
    dn_status st = DN_OK;

#pragma omp parallel
    {
        dn_error mine = DN_ERROR_INIT;
        dn_status bad = score_blocks(j, omp_get_thread_num(), omp_get_num_threads(), &mine);
        if (bad != DN_OK) {
#pragma omp critical
            if (st == DN_OK) {
                st = bad;
                if (err != NULL)
                    *err = mine;
            }
        }
    }
    return st;
}

/* Every rank gets the scores of all. */
static dn_status gather(const dn_comm *comm, int64_t blocks, int64_t n, int64_t outputs, float *out,
                        dn_error *err)
{
    dn_status st = DN_OK;
    int *counts = NULL, *at = NULL;

    if (n > INT_MAX / outputs)
        st = dn_error_set(err, DN_ECONFIG, __FILE__, __LINE__, "%lld rows of %lld scores: more than 2^31",
                          (long long)n, (long long)outputs);
    if (st == DN_OK) {
        counts = dn_calloc((size_t)comm->size, sizeof *counts);
        at = dn_calloc((size_t)comm->size, sizeof *at);
        if (counts == NULL || at == NULL)
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %d ranks", comm->size);
    }
    DN_AGREE(comm);
    for (int r = 0; r < comm->size; r++) {
        dn_range b = dn_block(blocks, r, comm->size);
        int64_t begin = b.begin * BLOCK, end = b.end * BLOCK < n ? b.end * BLOCK : n;
        at[r] = (int)(begin * outputs);
        counts[r] = end > begin ? (int)((end - begin) * outputs) : 0;
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, out, counts, at, MPI_FLOAT, comm->mpi);
out:
    dn_free(counts);
    dn_free(at);
    return st;
}

dn_status dn_score(const dn_comm *comm, const dn_model *m, const float *w, const float *running,
                   const int64_t *rows, int64_t n, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t blocks = (n + BLOCK - 1) / BLOCK;
    job j = {m, w, running, rows, n, dn_block(blocks, comm->rank, comm->size), out};

    DN_PASS(score_local(&j, err));
    DN_AGREE(comm);
    DN_TRY(gather(comm, blocks, n, m->outputs, out, err));
out:
    return st;
}
