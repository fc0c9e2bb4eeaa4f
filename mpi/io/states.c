/* states.c - stored protein states; see states.h */
#include "mpi/io/states.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/dataset_private.h"
#include "solvers/base/alloc.h"

enum { DIGEST = 32, MAX_ENDS = 16, NAME = 48 };

struct dn_states {
    dn_h5 *h;
    dn_states_about about;
    dn_strings sequence; /* [n] */
    int64_t *at;         /* [n + 1] */
    uint8_t *checksum;   /* [n, DIGEST]; NULL: the file has none */
    dn_names *names;     /* sequence to protein */
};

int64_t dn_states_positions(const dn_states_about *about, int64_t residues)
{
    return (about->max_residues > 0 && residues > about->max_residues ? about->max_residues : residues) +
           about->ends;
}

/* ---- checksums and hashes ---- */

static void digest_of(const float *state, int64_t n, unsigned char *out)
{
    crypto_generichash(out, DIGEST, (const unsigned char *)state, (unsigned long long)n * sizeof *state, NULL,
                       0);
}

static void hash_text(crypto_generichash_state *state, char *out)
{
    unsigned char digest[DIGEST];

    crypto_generichash_final(state, digest, sizeof digest);
    sodium_bin2hex(out, DN_HASH_TEXT, digest, DN_HASH_TEXT / 2);
}

void dn_states_hash_sequences(const dn_strings *s, char *out)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, DIGEST);
    if (s->n > 0) {
        crypto_generichash_update(&state, (const unsigned char *)s->bytes,
                                  (unsigned long long)s->offset[s->n]);
        crypto_generichash_update(&state, (const unsigned char *)s->offset,
                                  (unsigned long long)s->n * sizeof *s->offset);
    }
    hash_text(&state, out);
}

/* The beginning of a sequence, for messages. */
static const char *name_of(const dn_strings *sequence, int64_t i, char *buf)
{
    size_t len;
    const char *text = dn_strings_at(sequence, i, &len);

    snprintf(buf, NAME, "%.*s%s", len > 20 ? 20 : (int)len, text, len > 20 ? "..." : "");
    return buf;
}

/* Finite numbers? Local. */
static dn_status check_values(const char *path, const dn_strings *sequence, int64_t protein,
                              const float *state, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    char name[NAME];

    for (int64_t i = 0; i < n; i++)
        if (!isfinite(state[i]))
            DN_FAIL(DN_EDATA, "%s: a state of protein %lld (%s) is %f, not a finite number", path,
                    (long long)protein, name_of(sequence, protein, name), (double)state[i]);
out:
    return st;
}

/* ---- writing ---- */

static dn_status check_about(const dn_states_about *a, const char *path, dn_error *err)
{
    dn_status st = DN_OK;

    if (a->width < 1 || a->width > DN_STATES_MAX_WIDTH)
        DN_FAIL(DN_EDATA, "%s: states of %lld numbers; 1 to %d are possible", path, (long long)a->width,
                DN_STATES_MAX_WIDTH);
    if (a->max_residues < 0 || a->ends < 0 || a->ends > MAX_ENDS)
        DN_FAIL(DN_EDATA, "%s: max_residues %lld and ends %lld: wanted 0 or more, and 0 to %d", path,
                (long long)a->max_residues, (long long)a->ends, MAX_ENDS);
    if (a->encoder[0] == '\0')
        DN_FAIL(DN_EDATA, "%s: the encoder has no name", path);
out:
    return st;
}

/* Where proteins begin, and checksums of one's own. */
static dn_status lay_out(const char *path, const dn_states_about *about, const dn_strings *sequence,
                         dn_range mine, const float *state, int64_t **out_at, uint8_t **out_checksum,
                         dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *at = NULL, width = about->width;

    DN_TRY(check_about(about, path, err));
    DN_NEW(*out_at, (size_t)sequence->n + 1);
    DN_NEW(*out_checksum, (size_t)(mine.end - mine.begin) * DIGEST + 1);
    at = *out_at;
    for (int64_t i = 0; i < sequence->n; i++)
        at[i + 1] = at[i] + dn_states_positions(about, sequence->offset[i + 1] - sequence->offset[i]);
    for (int64_t i = mine.begin; i < mine.end; i++) {
        const float *first = state + (at[i] - at[mine.begin]) * width;
        int64_t n = (at[i + 1] - at[i]) * width;

        DN_TRY(check_values(path, sequence, i, first, n, err));
        digest_of(first, n, *out_checksum + (i - mine.begin) * DIGEST);
    }
out:
    return st;
}

static dn_status write_about(dn_h5 *h, const dn_states_about *about, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_text(h, "/", "encoder", about->encoder, err));
    DN_TRY(dn_h5_set_int(h, "/", "max_residues", about->max_residues, err));
    DN_TRY(dn_h5_set_int(h, "/", "ends", about->ends, err));
out:
    return st;
}

dn_status dn_states_write(const dn_comm *comm, const dn_states_file *file, const dn_states_about *about,
                          const dn_strings *sequence, dn_range mine, const float *state, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    int64_t *at = NULL, n = sequence->n, proteins = mine.end - mine.begin;
    int64_t dims_at = n + 1, dims_sum[2] = {n, DIGEST}, dims[2] = {0, about->width};
    uint8_t *checksum = NULL;
    dn_range all = dn_block(n + 1, comm->rank, comm->size);

    DN_PASS(lay_out(file->path, about, sequence, mine, state, &at, &checksum, err));
    DN_AGREE(comm);
    dims[0] = at[n];
    DN_TRY(
        dn_h5_create(comm, file->path, DN_STATES_SCHEMA, file->command, file->config, file->force, &h, err));
    DN_TRY(write_about(h, about, err));
    DN_TRY(dn_h5_write_strings(h, "/proteins/sequence", sequence, err));
    DN_TRY(dn_h5_write(h, "/proteins/state_at", 1, &dims_at, all.begin, all.end - all.begin, at + all.begin,
                       err));
    DN_TRY(dn_h5_write(h, "/proteins/checksum", 2, dims_sum, mine.begin, proteins, checksum, err));
    DN_TRY(dn_h5_write(h, "/proteins/state", 2, dims, at[mine.begin], at[mine.end] - at[mine.begin], state,
                       err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_free(at);
    dn_free(checksum);
    return st;
}

/* ---- opening ---- */

static dn_status get_optional(const dn_h5 *h, const char *key, int64_t *out, dn_error *err)
{
    return dn_h5_has_attribute(h, "/", key) ? dn_h5_get_int(h, "/", key, out, err) : DN_OK;
}

static dn_status read_about(dn_states *s, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_h5_get_text(s->h, "/", "encoder", s->about.encoder, sizeof s->about.encoder, err));
    DN_TRY(get_optional(s->h, "max_residues", &s->about.max_residues, err));
    DN_TRY(get_optional(s->h, "ends", &s->about.ends, err));
    DN_TRY(dn_h5_read_strings(s->h, "/proteins/sequence", &s->sequence, err));
    DN_TRY(dn_read_vector(s->h, "/proteins/state_at", DN_I64, s->sequence.n + 1, (void **)&s->at, NULL, err));
    DN_TRY(dn_h5_shape(s->h, "/proteins/state", &ndims, dims, err));
    s->about.width = ndims == 2 ? dims[1] : 0;
    DN_TRY(check_about(&s->about, dn_h5_path(s->h), err)); /* the same on every rank */
    if (ndims != 2 || s->at[0] != 0 || s->at[s->sequence.n] != dims[0])
        DN_FAIL(DN_EDATA, "%s: /proteins/state has %lld rows, but /proteins/state_at goes from %lld to %lld",
                dn_h5_path(s->h), (long long)dims[0], (long long)s->at[0], (long long)s->at[s->sequence.n]);
out:
    return st;
}

static dn_status read_checksums(dn_states *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = s->sequence.n, dims[4];
    int ndims;

    if (!dn_h5_has(s->h, "/proteins/checksum"))
        goto out;
    DN_TRY(dn_h5_shape(s->h, "/proteins/checksum", &ndims, dims, err));
    if (ndims != 2 || dims[0] != n || dims[1] != DIGEST)
        DN_FAIL(DN_EDATA, "%s: /proteins/checksum is not of %lld proteins, %d bytes each", dn_h5_path(s->h),
                (long long)n, DIGEST);
    s->checksum = dn_calloc((size_t)n * DIGEST, 1);
    if (s->checksum == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld checksums", (long long)n);
    DN_AGREE(dn_h5_comm(s->h));
    DN_TRY(dn_h5_read(s->h, "/proteins/checksum", DN_U8, 0, n, s->checksum, err));
out:
    return st;
}

/* Every protein as long as it should be, and none twice. Local. */
static dn_status index_proteins(dn_states *s, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_h5_path(s->h);
    char name[NAME];

    DN_TRY(dn_names_create(&s->names, err));
    for (int64_t i = 0; i < s->sequence.n; i++) {
        size_t len;
        const char *text = dn_strings_at(&s->sequence, i, &len);
        int64_t had, wanted = dn_states_positions(&s->about, (int64_t)len), have = s->at[i + 1] - s->at[i];

        if (have != wanted)
            DN_FAIL(
                DN_EDATA,
                "%s: protein %lld (%s) has %lld states, wanted %lld: it has %zu residues, max_residues is "
                "%lld, ends %lld",
                path, (long long)i, name_of(&s->sequence, i, name), (long long)have, (long long)wanted, len,
                (long long)s->about.max_residues, (long long)s->about.ends);
        DN_TRY(dn_names_add(s->names, text, len, i, &had, err));
        if (had != i)
            DN_FAIL(DN_EDATA, "%s: proteins %lld and %lld have the same sequence (%s)", path, (long long)had,
                    (long long)i, name_of(&s->sequence, i, name));
    }
out:
    return st;
}

dn_status dn_states_open(const dn_comm *comm, const char *path, dn_states **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states *s = dn_calloc(1, sizeof *s);

    if (s == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %s", path);
    DN_AGREE(comm);
    DN_TRY(dn_h5_open(comm, path, DN_STATES_SCHEMA, &s->h, err));
    DN_TRY(read_about(s, err));
    DN_TRY(read_checksums(s, err));
    DN_PASS(index_proteins(s, err));
    DN_AGREE(comm);
    *out = s;
    s = NULL;
out:
    dn_states_close(&s);
    return st;
}

void dn_states_close(dn_states **handle)
{
    dn_states *s = *handle;

    if (s == NULL)
        return;
    dn_h5_close(&s->h);
    dn_strings_destroy(&s->sequence);
    dn_names_destroy(&s->names);
    dn_free(s->at);
    dn_free(s->checksum);
    dn_free(s);
    *handle = NULL;
}

const dn_states_about *dn_states_info(const dn_states *s)
{
    return &s->about;
}

/* ---- finding and reading ---- */

dn_status dn_states_find(const dn_states *s, const dn_strings *id, const dn_strings *sequence,
                         int64_t *out_protein, int64_t *out_state_at, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t missing = 0, first = 0;
    char name[64];

    out_state_at[0] = 0;
    for (int64_t i = 0; i < sequence->n; i++) {
        size_t len;
        const char *text = dn_strings_at(sequence, i, &len);

        out_protein[i] = dn_names_find(s->names, text, len);
        if (out_protein[i] < 0 && missing++ == 0)
            first = i;
        out_state_at[i + 1] = out_state_at[i] + dn_states_positions(&s->about, (int64_t)len);
    }
    if (missing > 0)
        DN_FAIL(DN_EDATA,
                "%s: holds no states of %lld of %lld targets, the first is '%s': it was made from other "
                "proteins",
                dn_h5_path(s->h), (long long)missing, (long long)sequence->n,
                dn_strings_copy(id, first, name, sizeof name));
out:
    return st;
}

/* What this rank reads: proteins of its share, with their digests. */
typedef struct share {
    dn_range mine;
    dn_h5_piece *piece; /* [mine] */
    uint8_t *digest;    /* [n, DIGEST]  of all, after they were gathered */
    int *bytes, *from;  /* [ranks of the host]  of their digests */
} share;

static dn_status plan_share(const dn_states *s, const dn_comm *here, int64_t n, const int64_t *protein,
                            const int64_t *state_at, float *state, share *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (n > INT32_MAX / DIGEST)
        DN_FAIL(DN_EDATA, "%s: %lld proteins are too many for one read", dn_h5_path(s->h), (long long)n);
    DN_NEW(out->digest, (size_t)n * DIGEST + 1);
    DN_NEW(out->bytes, (size_t)here->size);
    DN_NEW(out->from, (size_t)here->size);
    for (int r = 0; r < here->size; r++) {
        int64_t begin = dn_balanced(state_at, n, 1, r, here->size);

        out->from[r] = (int)begin * DIGEST;
        out->bytes[r] = (int)(dn_balanced(state_at, n, 1, r + 1, here->size) - begin) * DIGEST;
    }
    out->mine.begin = out->from[here->rank] / DIGEST;
    out->mine.end = out->mine.begin + out->bytes[here->rank] / DIGEST;
    DN_NEW(out->piece, (size_t)(out->mine.end - out->mine.begin) + 1);
    for (int64_t i = out->mine.begin; i < out->mine.end; i++)
        out->piece[i - out->mine.begin] = (dn_h5_piece){.start = s->at[protein[i]],
                                                        .count = state_at[i + 1] - state_at[i],
                                                        .out = state + state_at[i] * s->about.width};
out:
    return st;
}

/* Local. */
static dn_status check_share(const dn_states *s, const int64_t *protein, const share *r, dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_h5_path(s->h);
    char name[NAME];

    for (int64_t i = r->mine.begin; i < r->mine.end; i++) {
        const dn_h5_piece *piece = &r->piece[i - r->mine.begin];
        uint8_t *digest = r->digest + i * DIGEST;
        int64_t numbers = piece->count * s->about.width, which = protein[i];

        digest_of(piece->out, numbers, digest);
        if (s->checksum != NULL && memcmp(digest, s->checksum + which * DIGEST, DIGEST) != 0)
            DN_FAIL(DN_EDATA, "%s: the states of protein %lld (%s) do not match their checksum: damaged",
                    path, (long long)which, name_of(&s->sequence, which, name));
        DN_TRY(check_values(path, &s->sequence, which, piece->out, numbers, err));
    }
out:
    return st;
}

dn_status dn_states_read(const dn_states *s, const dn_host *host, int64_t n, const int64_t *protein,
                         const int64_t *state_at, float *out_state, char *out_hash, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *here = &host->comm;
    share r = {.piece = NULL};
    crypto_generichash_state hash;

    DN_PASS(plan_share(s, here, n, protein, state_at, out_state, &r, err));
    DN_AGREE(host->all);
    DN_TRY(dn_h5_read_pieces(s->h, "/proteins/state", DN_F32, r.mine.end - r.mine.begin, r.piece, err));
    DN_PASS(check_share(s, protein, &r, err));
    DN_AGREE(host->all); /* and so everybody has written its share */
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, r.digest, r.bytes, r.from, MPI_BYTE, here->mpi);
    crypto_generichash_init(&hash, NULL, 0, DIGEST);
    crypto_generichash_update(&hash, r.digest, (unsigned long long)n * DIGEST);
    hash_text(&hash, out_hash);
out:
    dn_free(r.piece);
    dn_free(r.digest);
    dn_free(r.bytes);
    dn_free(r.from);
    return st;
}
