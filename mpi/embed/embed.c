/* embed.c - hidden states of proteins by ESM-2; see embed.h */
#include "mpi/embed/embed.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/shared.h"
#include "mpi/embed/embed_private.h"
#include "mpi/io/digest.h"
#include "solvers/base/alloc.h"

enum { HASH = 17 };

struct dn_embed {
    const dn_comm *comm;
    dn_embed_options options;
    int threads;
    dn_esm_config config;
    dn_esm_model *model;
    dn_shared *packed;   /* what the model points into, on every machine once */
    dn_strings sequence; /* [n]  distinct, longest first */
    char weights_hash[HASH], sequences_hash[HASH], encoder[64];
};

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
    memcpy(out, all, HASH - 1);
    out[HASH - 1] = '\0';
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

/* ---- a wave ---- */

static int64_t residues_of(const dn_embed *e, int64_t protein)
{
    return e->sequence.offset[protein + 1] - e->sequence.offset[protein];
}

/* Proteins that the ranks take together. */
typedef struct wave {
    const dn_embed_hooks *hooks;
    dn_states_about about;
    int64_t n;
    const int64_t *protein; /* [n] */
    int64_t *cost;          /* [n + 1]  of those before, in thousands of operations */
    int64_t *at;            /* [n + 1]  first position of each among those of this rank */
    float *state;           /* of this rank */
    dn_range mine;
    double before, total; /* operations of earlier waves, of all */
    double begun;         /* when the work began */
    double own;           /* operations this rank has done of this wave */
} wave;

/* How many of the n proteins that are left make a wave: what fits, and one for every rank. */
static int64_t wave_length(const dn_embed *e, const dn_states_about *about, const int64_t *protein, int64_t n)
{
    int64_t bytes = 0, k = 0, most = e->options.wave * e->comm->size;

    while (k < n) {
        bytes +=
            dn_states_positions(about, residues_of(e, protein[k])) * about->width * (int64_t)sizeof(float);
        if (bytes > most && k >= e->comm->size)
            break;
        k++;
    }
    return k;
}

static dn_status wave_plan(const dn_embed *e, wave *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t positions = 0;

    DN_NEW(w->cost, (size_t)w->n + 1);
    DN_NEW(w->at, (size_t)w->n + 1);
    for (int64_t i = 0; i < w->n; i++)
        w->cost[i + 1] =
            w->cost[i] +
            (int64_t)(dn_embed_cost(&e->config, &e->options, residues_of(e, w->protein[i])) / 1000) + 1;
    w->mine.begin = dn_balanced(w->cost, w->n, 1, e->comm->rank, e->comm->size);
    w->mine.end = dn_balanced(w->cost, w->n, 1, e->comm->rank + 1, e->comm->size);
    for (int64_t i = w->mine.begin; i < w->mine.end; i++) {
        w->at[i] = positions;
        positions += dn_states_positions(&w->about, residues_of(e, w->protein[i]));
    }
    DN_NEW(w->state, (size_t)(positions * w->about.width) + 1);
out:
    return st;
}

static void wave_destroy(wave *w)
{
    dn_free(w->cost);
    dn_free(w->at);
    dn_free(w->state);
    w->cost = w->at = NULL;
    w->state = NULL;
}

/* Rank 0 says how far all are, taking the others to be as far as itself. */
static void tell(const dn_embed *e, wave *w)
{
    double mine = (double)(w->cost[w->mine.end] - w->cost[w->mine.begin]), all = (double)w->cost[w->n], own;

#pragma omp atomic read
    own = w->own;
    if (e->comm->rank == 0 && w->hooks != NULL && w->hooks->progress != NULL)
        w->hooks->progress(w->hooks->ctx, w->before + 1000 * all * (mine > 0 ? own / mine : 1), w->total,
                           omp_get_wtime() - w->begun);
}

static dn_status one_protein(const dn_embed *e, wave *w, dn_embedder *worker, int64_t i, dn_error *err)
{
    size_t len;
    const char *text = dn_strings_at(&e->sequence, w->protein[i], &len);

    return dn_embed_protein(worker, text, (int64_t)len, w->state + w->at[i] * w->about.width, err);
}

/* The part of one thread. */
static dn_status take_proteins(const dn_embed *e, wave *w, int64_t *next, int *failed, dn_error *err)
{
    dn_status st = DN_OK;
    dn_embedder worker;
    int64_t i;
    int stop;

    DN_TRY(dn_embedder_create(e->model, &e->options, residues_of(e, 0), &worker, err));
    for (;;) {
#pragma omp atomic capture
        i = (*next)++;
#pragma omp atomic read
        stop = *failed;
        if (stop || i >= w->mine.end)
            break;
        DN_TRY(one_protein(e, w, &worker, i, err));
#pragma omp atomic
        w->own += (double)(w->cost[i + 1] - w->cost[i]);
        if (omp_get_thread_num() == 0)
            tell(e, w);
    }
out:
    dn_embedder_destroy(&worker);
    if (st != DN_OK) {
#pragma omp atomic write
        *failed = 1;
    }
    return st;
}

/* All proteins of this rank, each by one thread. Local. */
static dn_status compute_wave(const dn_embed *e, wave *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t next = w->mine.begin;
    int failed = 0;

#pragma omp parallel num_threads(e->threads)
    {
        dn_error why = DN_ERROR_INIT;
        dn_status mine;

        omp_set_num_threads(1); /* the kernels of this thread stay on it */
        mine = take_proteins(e, w, &next, &failed, &why);
        if (mine != DN_OK) {
#pragma omp critical
            {
                st = mine;
                if (err != NULL)
                    *err = why;
            }
        }
    }
    return st;
}

/* ---- all of it ---- */

/* Proteins that no part holds, in order. */
static dn_status list_missing(const dn_embed *e, const dn_parts *p, int64_t **out, int64_t *out_n,
                              dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)e->sequence.n + 1);
    for (int64_t i = 0; i < e->sequence.n; i++)
        if (p->part[i] < 0)
            (*out)[(*out_n)++] = i;
out:
    return st;
}

static double operations_of(const dn_embed *e, const int64_t *protein, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += dn_embed_cost(&e->config, &e->options, residues_of(e, protein[i]));
    return sum;
}

/* Compute a wave and keep it as a part. Collective. */
static dn_status run_wave(dn_embed *e, wave *w, dn_parts *p, const dn_states_file *file, dn_embed_report *out,
                          dn_error *err)
{
    dn_status st = DN_OK;
    double start = 0;

    DN_PASS(wave_plan(e, w, err));
    DN_AGREE(e->comm);
    start = omp_get_wtime();
    DN_PASS(compute_wave(e, w, err));
    out->seconds += omp_get_wtime() - start;
    DN_AGREE(e->comm);
    DN_TRY(dn_parts_add(e->comm, p, file, &w->about, &e->sequence, w->n, w->protein, w->mine, w->state, err));
    for (int64_t i = 0; i < w->n; i++)
        out->residues += residues_of(e, w->protein[i]);
out:
    wave_destroy(w);
    return st;
}

dn_status dn_embed_compute(dn_embed *e, const dn_embed_hooks *hooks, const char *parts_dir,
                           const dn_states_file *file, dn_embed_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = e->comm;
    dn_states_about about = dn_embed_about(&e->config, &e->options);
    dn_parts parts = {.dir = NULL};
    int64_t *missing = NULL, n = 0;
    wave w = {.hooks = hooks, .begun = omp_get_wtime()};

    memcpy(about.encoder, e->encoder, sizeof about.encoder);
    w.about = about;
    DN_TRY(dn_parts_open(comm, parts_dir, file, &e->sequence, e->options.wave, &parts, err));
    DN_PASS(list_missing(e, &parts, &missing, &n, err));
    DN_AGREE(comm);
    *out = (dn_embed_report){.proteins = e->sequence.n, .resumed = e->sequence.n - n};
    w.total = operations_of(e, missing, n);
    for (int64_t first = 0; first < n; first += w.n) {
        w.protein = missing + first;
        w.n = wave_length(e, &about, w.protein, n - first);
        w.own = 0;
        DN_TRY(run_wave(e, &w, &parts, file, out, err));
        w.before += operations_of(e, w.protein, w.n);
    }
    MPI_Allreduce(MPI_IN_PLACE, &out->seconds, 1, MPI_DOUBLE, MPI_MAX, comm->mpi);
    DN_TRY(dn_parts_join(comm, &parts, file, &about, &e->sequence, e->options.wave, err));
out:
    dn_parts_destroy(&parts);
    dn_free(missing);
    return st;
}
