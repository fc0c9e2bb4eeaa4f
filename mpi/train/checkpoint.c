/* checkpoint.c - checkpoints of a training run; see checkpoint.h. Their content is in checkpoint_state.c, how
 * the file comes, is found and goes in mpi/io/checkpoint_file.h
 */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/checkpoint_file.h"
#include "mpi/train/checkpoint_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

dn_status dn_checkpoint_save(const dn_comm *comm, const dn_checkpointing *where, const dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_checkpoint_file_create(comm, where->path, DN_CHECKPOINT_SCHEMA, where->command, where->config,
                                     where->build, &h, err));
    DN_PASS(dn_h5_reserve(h, dn_checkpoint_bytes(c), err)); /* all of it, or nothing is begun */
    DN_AGREE(comm);
    DN_TRY(dn_checkpoint_put(h, c, err));
    DN_TRY(dn_checkpoint_file_commit(&h, err));
out:
    if (st != DN_OK)
        dn_checkpoint_file_need(dn_checkpoint_bytes(c), err);
    dn_h5_close(&h);
    return st;
}

static dn_status read_all(const char *path, char **out_config, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint c = {0};
    char *build = NULL;

    DN_TRY(dn_checkpoint_read(path, &c, out_config, &build, err));
out:
    dn_checkpoint_release(&c);
    dn_free(build);
    return st;
}

dn_status dn_checkpoint_find(const dn_comm *comm, const char *path, const char *config, bool *out_found,
                             dn_error *err)
{
    return dn_checkpoint_file_find(comm, path, "train", read_all, config, out_found, err);
}

/* ---- loading ---- */

static dn_status check_sizes(const char *path, const dn_checkpoint *have, const dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;

    if (have->n_weights != c->n_weights || have->n_moments != c->n_moments)
        DN_FAIL(DN_EDATA, "%s: is of a network of %lld weights and %lld moments, wanted %lld and %lld", path,
                (long long)have->n_weights, (long long)have->n_moments, (long long)c->n_weights,
                (long long)c->n_moments);
    if ((have->first != NULL) != (c->first != NULL) || (have->second != NULL) != (c->second != NULL))
        DN_FAIL(DN_EDATA, "%s: is of another optimiser", path);
    if (have->best_epoch > 0 && (have->best_w == NULL || have->best_running == NULL))
        DN_FAIL(DN_EDATA, "%s: holds no weights of the best epoch", path);
out:
    return st;
}

/* Numbers, vectors and reports of `have` into the caller's. */
static dn_status take_over(const dn_checkpoint *have, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint from = *have;
    int64_t position[DN_POSITION];
    double sums[DN_SUMS];
    dn_vector v[DN_VECTORS], f[DN_VECTORS];

    DN_TRY(dn_grow((void **)&c->report, &c->report_cap, (size_t)have->epoch, sizeof *c->report, err));
    dn_checkpoint_pack(have, position, sums);
    dn_checkpoint_unpack(position, sums, c);
    dn_checkpoint_vectors(c, v);
    dn_checkpoint_vectors(&from, f);
    for (int i = 0; i < DN_VECTORS; i++)
        if (v[i].wanted)
            memcpy(*v[i].at, *f[i].at, (size_t)*v[i].n * sizeof(float));
    if (have->epoch > 0)
        memcpy(c->report, have->report, (size_t)have->epoch * sizeof *c->report);
out:
    return st;
}

static dn_status load_local(const dn_checkpointing *where, dn_checkpoint *c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_checkpoint have = {0};
    char *config = NULL, *build = NULL;

    DN_TRY(dn_checkpoint_read(where->path, &have, &config, &build, err));
    DN_TRY(check_sizes(where->path, &have, c, err));
    DN_TRY(take_over(&have, c, err));
    if (strcmp(build, where->build) != 0)
        dn_log(DN_WARN, "train", "the checkpoint is of another build or CPU: last bits may differ",
               "checkpoint=\"%s\" here=\"%s\"", build, where->build);
out:
    dn_checkpoint_release(&have);
    dn_free(config);
    dn_free(build);
    return st;
}

/* What rank 0 has loaded to all; c->report has room. */
static void spread(const dn_comm *comm, dn_checkpoint *c)
{
    dn_vector v[DN_VECTORS];

    dn_checkpoint_vectors(c, v);
    for (int i = 0; i < DN_VECTORS; i++)
        if (v[i].wanted)
            MPI_Bcast(*v[i].at, (int)*v[i].n, MPI_FLOAT, 0, comm->mpi); /* the reduction has checked 2^31 */
    MPI_Bcast(c->report, (int)((size_t)c->epoch * sizeof *c->report), MPI_BYTE, 0, comm->mpi);
}

dn_status dn_checkpoint_load(const dn_comm *comm, const dn_checkpointing *where, dn_checkpoint *c,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t position[DN_POSITION];
    double sums[DN_SUMS];

    if (comm->rank == 0)
        st = load_local(where, c, err);
    DN_AGREE(comm);
    dn_checkpoint_pack(c, position, sums);
    MPI_Bcast(position, DN_POSITION, MPI_INT64_T, 0, comm->mpi);
    MPI_Bcast(sums, DN_SUMS, MPI_DOUBLE, 0, comm->mpi);
    dn_checkpoint_unpack(position, sums, c);
    DN_PASS(dn_grow((void **)&c->report, &c->report_cap, (size_t)c->epoch, sizeof *c->report, err));
    DN_AGREE(comm);
    spread(comm, c);
out:
    return st;
}

dn_status dn_checkpoint_remove(const dn_comm *comm, const char *path, dn_error *err)
{
    return dn_checkpoint_file_remove(comm, path, err);
}
