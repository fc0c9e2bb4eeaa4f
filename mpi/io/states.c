/* states.c - stored protein states; see states.h */
#include "mpi/io/states.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/dataset_private.h"
#include "mpi/io/states_private.h"
#include "solvers/base/alloc.h"

enum { DIGEST = DN_STATES_DIGEST, MAX_ENDS = 16, NAME = DN_STATES_NAME };

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
    if (about->pool != DN_POOL_NONE)
        return 1;
    return (about->max_residues > 0 && residues > about->max_residues ? about->max_residues : residues) +
           about->ends;
}

static const char *const pool_names[] = {[DN_POOL_MEAN] = "mean", [DN_POOL_CLS] = "cls"};

const char *dn_states_pool_name(dn_states_pool pool)
{
    return pool_names[pool];
}

/* ---- checksums and hashes ---- */

void dn_states_digest(const float *state, int64_t n, unsigned char *out)
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
const char *dn_states_name(const dn_strings *sequence, int64_t i, char *buf)
{
    size_t len;
    const char *text = dn_strings_at(sequence, i, &len);

    snprintf(buf, NAME, "%.*s%s", len > 20 ? 20 : (int)len, text, len > 20 ? "..." : "");
    return buf;
}

/* Finite numbers? Local. */
dn_status dn_states_check_values(const char *path, const dn_strings *sequence, int64_t protein,
                                 const float *state, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    char name[NAME];

    for (int64_t i = 0; i < n; i++)
        if (!isfinite(state[i]))
            DN_FAIL(DN_EDATA, "%s: a state of protein %lld (%s) is %f, not a finite number", path,
                    (long long)protein, dn_states_name(sequence, protein, name), (double)state[i]);
out:
    return st;
}

/* ---- opening ---- */

dn_status dn_states_check_about(const dn_states_about *a, const char *path, dn_error *err)
{
    dn_status st = DN_OK;

    if (a->width < 1 || a->width > DN_STATES_MAX_WIDTH)
        DN_FAIL(DN_EDATA, "%s: states of %lld numbers; 1 to %d are possible", path, (long long)a->width,
                DN_STATES_MAX_WIDTH);
    if (a->max_residues < 0 || a->ends < 0 || a->ends > MAX_ENDS)
        DN_FAIL(DN_EDATA, "%s: max_residues %lld and ends %lld: wanted 0 or more, and 0 to %d", path,
                (long long)a->max_residues, (long long)a->ends, MAX_ENDS);
    if (a->pool != DN_POOL_NONE && (a->max_residues > 0 || a->ends > 0))
        DN_FAIL(DN_EDATA, "%s: one state a protein, but max_residues %lld and ends %lld", path,
                (long long)a->max_residues, (long long)a->ends);
    if (a->encoder[0] == '\0')
        DN_FAIL(DN_EDATA, "%s: the encoder has no name", path);
out:
    return st;
}

static const char *state_set(const dn_states *s)
{
    return s->about.bf16 ? "/proteins/state_bf16" : "/proteins/state";
}

static dn_status get_optional(const dn_h5 *h, const char *key, int64_t *out, dn_error *err)
{
    return dn_h5_has_attribute(h, "/", key) ? dn_h5_get_int(h, "/", key, out, err) : DN_OK;
}

static dn_status read_pool(dn_states *s, dn_error *err)
{
    dn_status st = DN_OK;
    char text[16];

    if (!dn_h5_has_attribute(s->h, "/", "pool"))
        goto out;
    DN_TRY(dn_h5_get_text(s->h, "/", "pool", text, sizeof text, err));
    for (int k = DN_POOL_MEAN; k <= DN_POOL_CLS; k++)
        if (strcmp(text, pool_names[k]) == 0)
            s->about.pool = (dn_states_pool)k;
    if (s->about.pool == DN_POOL_NONE)
        DN_FAIL(DN_EDATA, "%s: pool is '%s', wanted mean or cls", dn_h5_path(s->h), text);
out:
    return st;
}

static dn_status read_about(dn_states *s, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_h5_get_text(s->h, "/", "encoder", s->about.encoder, sizeof s->about.encoder, err));
    DN_TRY(get_optional(s->h, "max_residues", &s->about.max_residues, err));
    DN_TRY(get_optional(s->h, "ends", &s->about.ends, err));
    DN_TRY(read_pool(s, err));
    s->about.bf16 = !dn_h5_has(s->h, "/proteins/state") && dn_h5_has(s->h, "/proteins/state_bf16");
    DN_TRY(dn_h5_read_strings(s->h, "/proteins/sequence", &s->sequence, err));
    DN_TRY(dn_read_vector(s->h, "/proteins/state_at", DN_I64, s->sequence.n + 1, (void **)&s->at, NULL, err));
    DN_TRY(dn_h5_shape(s->h, state_set(s), &ndims, dims, err));
    s->about.width = ndims == 2 ? dims[1] : 0;
    DN_TRY(dn_states_check_about(&s->about, dn_h5_path(s->h), err)); /* the same on every rank */
    if (ndims != 2 || s->at[0] != 0 || s->at[s->sequence.n] != dims[0])
        DN_FAIL(DN_EDATA, "%s: %s has %lld rows, but /proteins/state_at goes from %lld to %lld",
                dn_h5_path(s->h), state_set(s), (long long)dims[0], (long long)s->at[0],
                (long long)s->at[s->sequence.n]);
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
                path, (long long)i, dn_states_name(&s->sequence, i, name), (long long)have, (long long)wanted,
                len, (long long)s->about.max_residues, (long long)s->about.ends);
        DN_TRY(dn_names_add(s->names, text, len, i, &had, err));
        if (had != i)
            DN_FAIL(DN_EDATA, "%s: proteins %lld and %lld have the same sequence (%s)", path, (long long)had,
                    (long long)i, dn_states_name(&s->sequence, i, name));
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

const dn_strings *dn_states_sequences(const dn_states *s)
{
    return &s->sequence;
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

/* ---- reading: pieces of one rank ---- */

/* n numbers whose upper halves stand in the second half of their place: from the first on, each is read
 * before it is written over. */
static void widen(float *x, int64_t n)
{
    const uint16_t *half = (const uint16_t *)(const void *)x + n;

    for (int64_t i = 0; i < n; i++) {
        uint16_t upper;
        uint32_t bits;

        memcpy(&upper, half + i, sizeof upper);
        bits = (uint32_t)upper << 16;
        memcpy(x + i, &bits, sizeof bits);
    }
}

/* Read n proteins to piece[i].out. Collective; whoever failed before says so in local. */
static dn_status read_states(const dn_states *s, dn_status local, int64_t n, dn_h5_piece *piece,
                             dn_error *err)
{
    dn_status st = local;
    int64_t width = s->about.width;

    DN_AGREE(dn_h5_comm(s->h));
    if (!s->about.bf16)
        return dn_h5_read_pieces(s->h, "/proteins/state", DN_F32, n, piece, err);
    for (int64_t i = 0; i < n; i++)
        piece[i].out = (uint16_t *)piece[i].out + piece[i].count * width;
    st = dn_h5_read_pieces(s->h, "/proteins/state_bf16", DN_U16, n, piece, err);
    for (int64_t i = 0; i < n; i++) {
        piece[i].out = (uint16_t *)piece[i].out - piece[i].count * width;
        if (st == DN_OK)
            widen(piece[i].out, piece[i].count * width);
    }
out:
    return st;
}

/* What was read of a protein is what was written? Its digest into out. Local. */
static dn_status check_protein(const dn_states *s, int64_t which, const dn_h5_piece *piece, uint8_t *out,
                               dn_error *err)
{
    dn_status st = DN_OK;
    const char *path = dn_h5_path(s->h);
    int64_t numbers = piece->count * s->about.width;
    char name[NAME];

    dn_states_digest(piece->out, numbers, out);
    if (s->checksum != NULL && memcmp(out, s->checksum + which * DIGEST, DIGEST) != 0)
        DN_FAIL(DN_EDATA, "%s: the states of protein %lld (%s) do not match their checksum: damaged", path,
                (long long)which, dn_states_name(&s->sequence, which, name));
    DN_TRY(dn_states_check_values(path, &s->sequence, which, piece->out, numbers, err));
out:
    return st;
}

static dn_status plan_own(const dn_states *s, int64_t n, const int64_t *protein, float *const *state,
                          dn_h5_piece **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t from = s->at[protein[i]], count = s->at[protein[i] + 1] - from;

        (*out)[i] = (dn_h5_piece){.start = from, .count = count, .out = state[i]};
    }
out:
    return st;
}

dn_status dn_states_read_own(const dn_states *s, int64_t n, const int64_t *protein, float *const *out_state,
                             uint8_t *out_digest, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5_piece *piece = NULL;
    uint8_t digest[DIGEST];

    DN_PASS(plan_own(s, n, protein, out_state, &piece, err));
    DN_TRY(read_states(s, st, n, piece, err));
    for (int64_t i = 0; i < n && st == DN_OK; i++)
        st = check_protein(s, protein[i], &piece[i], out_digest != NULL ? out_digest + i * DIGEST : digest,
                           err);
    DN_AGREE(dn_h5_comm(s->h));
out:
    dn_free(piece);
    return st;
}

/* ---- reading: what a host shares ---- */

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

    for (int64_t i = r->mine.begin; i < r->mine.end; i++)
        DN_TRY(check_protein(s, protein[i], &r->piece[i - r->mine.begin], r->digest + i * DIGEST, err));
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
    DN_TRY(read_states(s, st, r.mine.end - r.mine.begin, r.piece, err));
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
