/* embed.c - hidden states of proteins by ESM-2; see embed.h */
#include "mpi/embed/embed.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/embed/embed_private.h"
#include "mpi/io/digest.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

/* ---- open ---- */

static dn_status check_options(const dn_embed_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->residues < 1 || o->residues > DN_ESM_MAX_TOKENS - 2)
        DN_FAIL(DN_EUSAGE, "%lld residues of a protein: wanted 1 to %d", (long long)o->residues,
                DN_ESM_MAX_TOKENS - 2);
    if (o->windows && (o->overlap < 0 || o->overlap >= o->residues))
        DN_FAIL(DN_EUSAGE, "an overlap of %lld residues: wanted 0 to %lld, less than a window",
                (long long)o->overlap, (long long)o->residues - 1);
out:
    return st;
}

typedef struct piece {
    const char *text;
    size_t len;
} piece;

/* Longer ones first, then by letters. */
static int by_length(const void *a, const void *b)
{
    const piece *x = a, *y = b;

    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    return memcmp(x->text, y->text, x->len);
}

static dn_status sort_distinct(const dn_strings *all, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    piece *p = NULL;

    if (all->n == 0)
        DN_FAIL(DN_EDATA, "there is no protein to embed");
    DN_NEW(p, (size_t)all->n);
    for (int64_t i = 0; i < all->n; i++) {
        p[i].text = dn_strings_at(all, i, &p[i].len);
        if (p[i].len == 0)
            DN_FAIL(DN_EDATA, "protein %lld has no residues", (long long)i + 1);
    }
    qsort(p, (size_t)all->n, sizeof *p, by_length);
    for (int64_t i = 0; i < all->n; i++)
        if (i == 0 || by_length(&p[i - 1], &p[i]) != 0)
            DN_TRY(dn_strings_add(out, p[i].text, p[i].len, err));
out:
    dn_free(p);
    return st;
}

/* Each rank hashes its share of the tensors. Collective; local tells whether this rank has them. */
static dn_status hash_weights(const dn_comm *comm, const dn_safetensors *file, dn_status local, char *out,
                              dn_error *err)
{
    dn_status st = local;
    int64_t n = local == DN_OK ? dn_safetensors_count(file) : 0;
    dn_range mine = dn_block(n, comm->rank, comm->size);
    char(*digest)[DN_DIGEST] = NULL, all[DN_DIGEST];
    dn_digester d;

    if (st == DN_OK) {
        digest = dn_calloc((size_t)n + 1, sizeof *digest);
        if (digest == NULL)
            st =
                dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld tensors", (long long)n);
    }
    DN_AGREE(comm);
    for (int64_t i = mine.begin; i < mine.end; i++) {
        const dn_safetensor *t = dn_safetensors_at(file, i);
        const void *data[] = {t->name, t->dtype, t->shape, t->data};
        const size_t len[] = {strlen(t->name) + 1, strlen(t->dtype) + 1, (size_t)t->rank * sizeof *t->shape,
                              t->bytes};

        dn_digest(4, data, len, digest[i]);
        dn_safetensors_rest(file);
    }
    dn_gather_blocks(comm, digest, n, sizeof *digest);
    dn_digest_begin(&d);
    dn_digest_add(&d, digest, (size_t)n * sizeof *digest);
    dn_digest_end(&d, all);
    memcpy(out, all, DN_EMBED_HASH - 1);
    out[DN_EMBED_HASH - 1] = '\0';
out:
    dn_free(digest);
    return st;
}

/* This rank's share of the weights, a layer or so at a time, so that no more of the file is held. */
static dn_status pack_local(dn_embed *e, const dn_safetensors *file, const dn_esm_weights *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *here = &dn_shared_host(e->packed)->comm;
    int64_t layers = w->config.layers;

    dn_esm_model_place(e->model, dn_shared_base(e->packed));
    for (int64_t i = 0; i < layers; i++) {
        DN_TRY(dn_esm_model_pack(e->model, w, here->rank * layers + i, here->size * layers, err));
        dn_safetensors_rest(file);
    }
out:
    return st;
}

/* Weights found, hashed, packed once on every machine; the map is given back. Collective. */
static dn_status load_weights(dn_embed *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_safetensors *file = NULL;
    dn_esm_weights w = {.layer = NULL};

    DN_PASS(dn_esm_weights_open(e->options.weights, &file, &w, err));
    DN_TRY(hash_weights(e->comm, file, st, e->weights_hash, err));
    e->config = w.config;
    DN_PASS(dn_esm_model_plan(&w, e->options.precision, &e->model, err));
    DN_AGREE(e->comm);
    DN_TRY(
        dn_shared_create_alone(e->comm, e->options.grouping, dn_esm_model_room(e->model), &e->packed, err));
    DN_PASS(pack_local(e, file, &w, err));
    DN_AGREE(e->comm);
    dn_shared_barrier(e->packed);
    snprintf(e->encoder, sizeof e->encoder, "esm2 %lldx%lldx%lld %s %s", (long long)w.config.layers,
             (long long)w.config.width, (long long)w.config.heads,
             e->options.precision == DN_ESM_BF16 ? "bf16" : "f32", e->weights_hash);
out:
    dn_esm_weights_destroy(&w);
    dn_safetensors_close(&file);
    return st;
}

static dn_status open_local(const dn_comm *comm, const dn_embed_options *o, const dn_strings *sequence,
                            dn_embed **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_embed *e = NULL;

    DN_TRY(check_options(o, err));
    DN_NEW(e, 1);
    *out = e;
    e->comm = comm;
    e->options = *o;
    e->threads = omp_get_max_threads();
    if (e->options.wave <= 0)
        e->options.wave = DN_EMBED_WAVE;
    DN_TRY(sort_distinct(sequence, &e->sequence, err));
    dn_states_hash_sequences(&e->sequence, e->sequences_hash);
out:
    return st;
}

dn_status dn_embed_open(const dn_comm *comm, const dn_embed_options *options, const dn_strings *sequence,
                        dn_embed **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = NULL;
    DN_PASS(open_local(comm, options, sequence, out, err));
    DN_AGREE(comm);
    DN_TRY(load_weights(*out, err));
out:
    if (st != DN_OK)
        dn_embed_close(out);
    return st;
}

void dn_embed_close(dn_embed **handle)
{
    dn_embed *e = *handle;

    if (e == NULL)
        return;
    dn_esm_model_destroy(&e->model);
    dn_shared_destroy(&e->packed);
    dn_strings_destroy(&e->sequence);
    dn_free(e);
    *handle = NULL;
}

const dn_esm_config *dn_embed_config(const dn_embed *e)
{
    return &e->config;
}

int64_t dn_embed_proteins(const dn_embed *e)
{
    return e->sequence.n;
}

const char *dn_embed_weights_hash(const dn_embed *e)
{
    return e->weights_hash;
}

const char *dn_embed_sequences_hash(const dn_embed *e)
{
    return e->sequences_hash;
}

/* ---- all of it ---- */

int64_t dn_embed_residues(const dn_embed *e, int64_t protein)
{
    return e->sequence.offset[protein + 1] - e->sequence.offset[protein];
}

/* Proteins that no part holds, in order: out [proteins]. */
static int64_t list_missing(const dn_embed *e, const dn_parts *p, int64_t *out)
{
    int64_t n = 0;

    for (int64_t i = 0; i < e->sequence.n; i++)
        if (p->part[i] < 0)
            out[n++] = i;
    return n;
}

static double operations_of(const dn_embed *e, const int64_t *protein, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += dn_embed_cost(&e->config, &e->options, dn_embed_residues(e, protein[i]));
    return sum;
}

/* Compute a wave and keep what was done of it as a part: all, unless the wave was ended early. Collective. */
static dn_status run_wave(dn_embed *e, dn_wave *w, dn_parts *p, const dn_states_file *file,
                          dn_embed_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_requests *requests = e->options.requests;
    const char *reason;
    double start = 0, began;

    DN_PASS(dn_wave_plan(e, w, err));
    DN_AGREE(e->comm);
    start = omp_get_wtime();
    DN_TRY(dn_wave_compute(e, w, err));
    out->seconds += omp_get_wtime() - start;
    start = omp_get_wtime();
    began = MPI_Wtime();
    reason = w->wishes != 0 ? dn_hooks_reason(requests, w->wishes) : "part";
    if (w->kept_n > 0)
        DN_TRY(dn_parts_add(e->comm, p, file, &w->about, &e->sequence, w->kept_n, w->kept, w->kept_mine,
                            w->state, err));
    dn_request_saved(requests);
    dn_hooks_saved(e->comm, w->hooks, p->dir, reason, began); /* also where nothing was left to save */
    if (requests != NULL)
        requests->ahead = w->longest + omp_get_wtime() - start;
    for (int64_t i = 0; i < w->kept_n; i++)
        out->residues += dn_embed_residues(e, w->kept[i]);
    w->before += operations_of(e, w->kept, w->kept_n);
out:
    dn_wave_destroy(w);
    return st;
}

/* Waves until no protein is missing, or the run is to stop. Collective. */
static dn_status run_waves(dn_embed *e, dn_wave *w, dn_parts *p, int64_t *missing, const dn_states_file *file,
                           dn_embed_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n;
    char where[80];

    while ((n = list_missing(e, p, missing)) > 0) {
        w->protein = missing;
        w->n = dn_wave_length(e, &w->about, missing, n);
        DN_TRY(run_wave(e, w, p, file, out, err));
        n = list_missing(e, p, missing);
        if (n > 0)
            w->wishes |= dn_request_end_epoch(e->comm, e->options.requests);
        if (w->wishes & DN_WISH_STOP) {
            snprintf(where, sizeof where, "%lld of %lld proteins", (long long)(e->sequence.n - n),
                     (long long)e->sequence.n);
            DN_TRY(dn_request_stopped(w->wishes, where, err));
        }
    }
out:
    return st;
}

/* Both the parts and the file stand on the disk before the parts are removed: better said before the work
 * than after it. It may become free meanwhile, so this is no error. Rank 0. */
static void check_disk(const dn_embed *e, const dn_states_about *about, const char *dir,
                       const int64_t *missing, int64_t n)
{
    struct statvfs disk;
    int64_t all = 0, own = 0, number = about->width * (about->bf16 ? 2 : 4);
    double need, room;

    for (int64_t i = 0; i < n; i++)
        own += dn_states_positions(about, dn_embed_residues(e, missing[i])) * number;
    for (int64_t i = 0; i < e->sequence.n; i++)
        all += dn_states_positions(about, dn_embed_residues(e, i)) * number;
    need = (double)(own + all);
    if (statvfs(dir, &disk) != 0)
        return;
    room = (double)disk.f_bavail * (double)disk.f_frsize;
    if (room < need)
        dn_log(DN_WARN, "embed", "the disk is too small for the parts that are missing and the file",
               "needed_mb=%.1f free_mb=%.1f directory=%s", need / 1e6, room / 1e6, dir);
}

dn_status dn_embed_compute(dn_embed *e, const dn_hooks *hooks, const char *parts_dir,
                           const dn_states_file *file, dn_embed_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = e->comm;
    dn_parts parts = {.dir = NULL};
    int64_t *missing = dn_calloc((size_t)e->sequence.n, sizeof *missing), n;
    dn_wave w = {.hooks = hooks};

    w.about = dn_embed_about(&e->config, &e->options);
    memcpy(w.about.encoder, e->encoder, sizeof w.about.encoder);
    if (missing == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld proteins",
                          (long long)e->sequence.n);
    DN_AGREE(comm);
    DN_TRY(dn_parts_open(comm, parts_dir, file, &e->sequence, e->options.wave, e->options.requests, &parts,
                         err));
    n = list_missing(e, &parts, missing);
    *out = (dn_embed_report){.proteins = e->sequence.n, .resumed = e->sequence.n - n};
    w.total = operations_of(e, missing, n);
    if (comm->rank == 0)
        check_disk(e, &w.about, parts_dir, missing, n);
    DN_TRY(run_waves(e, &w, &parts, missing, file, out, err));
    MPI_Allreduce(MPI_IN_PLACE, &out->seconds, 1, MPI_DOUBLE, MPI_MAX, comm->mpi);
    DN_TRY(dn_parts_join(comm, &parts, file, &w.about, &e->sequence, e->options.wave, err));
out:
    dn_parts_destroy(&parts);
    dn_free(missing);
    return st;
}
