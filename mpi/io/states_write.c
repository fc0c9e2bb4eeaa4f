/* states_write.c - writing stored protein states; see states.h */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/states_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/bf16.h"

struct dn_states_writer {
    dn_h5 *h;
    const dn_comm *comm;
    const dn_strings *sequence;
    const char *path;
    dn_states_about about;
    int64_t *at; /* [n + 1] */
};

/* What one rank brings in one turn. */
typedef struct turn {
    uint8_t *checksum; /* [mine, DN_STATES_DIGEST] */
    uint16_t *half;    /* [positions of mine, C]; NULL: floats are stored */
} turn;

/* ---- begin ---- */

static dn_status writer_create(const dn_comm *comm, const dn_states_file *file, const dn_states_about *about,
                               const dn_strings *sequence, dn_states_writer **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states_writer *w = NULL;

    DN_TRY(dn_states_check_about(about, file->path, err));
    DN_NEW(w, 1);
    *out = w;
    w->comm = comm;
    w->sequence = sequence;
    w->path = file->path;
    w->about = *about;
    DN_NEW(w->at, (size_t)sequence->n + 1);
    for (int64_t i = 0; i < sequence->n; i++)
        w->at[i + 1] = w->at[i] + dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
out:
    return st;
}

static dn_status write_about(dn_h5 *h, const dn_states_about *about, dn_error *err)
{
    dn_status st = DN_OK;
    const char *pool = dn_states_pool_name(about->pool);

    DN_TRY(dn_h5_set_text(h, "/", "encoder", about->encoder, err));
    DN_TRY(dn_h5_set_int(h, "/", "max_residues", about->max_residues, err));
    DN_TRY(dn_h5_set_int(h, "/", "ends", about->ends, err));
    if (pool != NULL)
        DN_TRY(dn_h5_set_text(h, "/", "pool", pool, err));
out:
    return st;
}

static const char *state_set(const dn_states_about *about)
{
    return about->bf16 ? "/proteins/state_bf16" : "/proteins/state";
}

dn_status dn_states_begin(const dn_comm *comm, const dn_states_file *file, const dn_states_about *about,
                          const dn_strings *sequence, dn_states_writer **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = sequence->n, dims_at = n + 1, dims_sum[2] = {n, DN_STATES_DIGEST},
            dims[2] = {0, about->width};
    dn_states_writer *w;

    *out = NULL;
    DN_PASS(writer_create(comm, file, about, sequence, out, err));
    DN_AGREE(comm);
    w = *out;
    dims[0] = w->at[n];
    DN_TRY(dn_h5_create(comm, file->path, DN_STATES_SCHEMA, file->command, file->config, file->force, &w->h,
                        err));
    DN_TRY(write_about(w->h, about, err));
    DN_TRY(dn_h5_write_strings(w->h, "/proteins/sequence", sequence, err));
    DN_TRY(dn_h5_write_all(w->h, "/proteins/state_at", 1, &dims_at, w->at, err));
    DN_TRY(dn_h5_declare(w->h, "/proteins/checksum", 2, dims_sum, err));
    DN_TRY(dn_h5_declare(w->h, state_set(about), 2, dims, err));
out:
    if (st != DN_OK)
        dn_states_abandon(out);
    return st;
}

/* ---- turns ---- */

/* The upper halves of numbers that are rounded. */
static dn_status halve(const float *state, int64_t n, uint16_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++)
        (*out)[i] = dn_bf16_round(state[i]);
out:
    return st;
}

/* Of a copy that is rounded where 16 bits are stored: checksums are of what readers get. */
static dn_status checksum_of(const dn_states_writer *w, int64_t protein, const float *state, float *copy,
                             uint8_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = (w->at[protein + 1] - w->at[protein]) * w->about.width;

    if (w->about.bf16) {
        for (int64_t i = 0; i < n; i++)
            copy[i] = dn_bf16_float(dn_bf16_round(state[i]));
        state = copy;
    }
    DN_TRY(dn_states_check_values(w->path, w->sequence, protein, state, n, err));
    dn_states_digest(state, n, out);
out:
    return st;
}

static dn_status prepare(const dn_states_writer *w, dn_range mine, const float *state, turn *out,
                         dn_error *err)
{
    dn_status st = DN_OK;
    int64_t width = w->about.width, longest = 0;
    float *copy = NULL;

    for (int64_t i = mine.begin; i < mine.end; i++)
        longest = w->at[i + 1] - w->at[i] > longest ? w->at[i + 1] - w->at[i] : longest;
    DN_NEW(out->checksum, (size_t)(mine.end - mine.begin) * DN_STATES_DIGEST + 1);
    if (w->about.bf16) {
        DN_NEW(copy, (size_t)(longest * width) + 1);
        DN_TRY(halve(state, (w->at[mine.end] - w->at[mine.begin]) * width, &out->half, err));
    }
    for (int64_t i = mine.begin; i < mine.end; i++)
        DN_TRY(checksum_of(w, i, state + (w->at[i] - w->at[mine.begin]) * width, copy,
                           out->checksum + (i - mine.begin) * DN_STATES_DIGEST, err));
out:
    dn_free(copy);
    return st;
}

dn_status dn_states_put(dn_states_writer *w, dn_range mine, const float *state, dn_error *err)
{
    dn_status st = DN_OK;
    turn t = {.checksum = NULL};
    const void *data;

    DN_PASS(prepare(w, mine, state, &t, err));
    DN_AGREE(w->comm);
    data = t.half != NULL ? (const void *)t.half : (const void *)state;
    DN_TRY(dn_h5_fill(w->h, "/proteins/checksum", mine.begin, mine.end - mine.begin, t.checksum, err));
    DN_TRY(dn_h5_fill(w->h, state_set(&w->about), w->at[mine.begin], w->at[mine.end] - w->at[mine.begin],
                      data, err));
out:
    dn_free(t.checksum);
    dn_free(t.half);
    return st;
}

/* ---- end ---- */

dn_status dn_states_commit(dn_states_writer **handle, dn_error *err)
{
    dn_status st = dn_h5_commit(&(*handle)->h, err);

    dn_states_abandon(handle);
    return st;
}

void dn_states_abandon(dn_states_writer **handle)
{
    dn_states_writer *w = *handle;

    if (w == NULL)
        return;
    dn_h5_close(&w->h);
    dn_free(w->at);
    dn_free(w);
    *handle = NULL;
}

dn_status dn_states_write(const dn_comm *comm, const dn_states_file *file, const dn_states_about *about,
                          const dn_strings *sequence, dn_range mine, const float *state, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states_writer *w = NULL;

    DN_TRY(dn_states_begin(comm, file, about, sequence, &w, err));
    DN_TRY(dn_states_put(w, mine, state, err));
    DN_TRY(dn_states_commit(&w, err));
out:
    dn_states_abandon(&w);
    return st;
}
