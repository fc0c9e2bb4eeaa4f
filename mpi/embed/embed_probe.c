/* embed_probe.c - a few of the proteins embedded; see embed_probe.h */
#include "mpi/embed/embed_probe.h"

#include <omp.h>
#include "mpi/embed/embed_private.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

static double operations_of(const dn_embed *e, int64_t protein)
{
    return dn_embed_cost(&e->config, &e->options, dn_embed_residues(e, protein));
}

/* What the header of embed.h says, in bytes. */
static void sizes(const dn_embed *e, const dn_states_about *about, dn_embed_probe *out)
{
    int64_t longest = dn_embed_residues(e, 0), width = e->config.width * (int64_t)sizeof(float), states = 0;
    int64_t tokens = (longest < e->options.residues ? longest : e->options.residues) + 2;
    bool sums = e->options.windows && e->options.pool != DN_POOL_NONE;

    for (int64_t i = 0; i < e->sequence.n; i++) {
        states += dn_states_positions(about, dn_embed_residues(e, i)) * width;
        out->total += operations_of(e, i);
    }
    out->shared_bytes = (int64_t)dn_esm_model_room(e->model);
    out->thread_bytes = e->threads * (dn_esm_work_bytes(&e->config, e->options.precision, tokens) +
                                      tokens * width + (sums ? (longest + 2) * width : 0));
    out->wave_bytes = states < e->options.wave ? states : e->options.wave + (longest + 2) * width;
    out->state_bytes = about->bf16 ? states / 2 : states;
}

/* One thread: a protein, and more while there is time. */
static dn_status try_some(const dn_embed *e, const dn_states_about *about, double until, int64_t *next,
                          dn_embed_probe *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_embedder worker = {.model = NULL};
    const dn_permutation order = dn_permutation_make(1, 0, (uint64_t)e->sequence.n);
    float *state = NULL;
    int64_t longest = dn_embed_residues(e, 0);

    DN_NEW(state, (size_t)(dn_states_positions(about, longest) * e->config.width));
    DN_TRY(dn_embedder_create(e->model, &e->options, longest, &worker, err));
    for (bool first = true;; first = false) {
        int64_t i, protein;
        size_t len;
        const char *text;

        if (!first && omp_get_wtime() >= until)
            break;
#pragma omp atomic capture
        i = (*next)++;
        if (i >= e->sequence.n)
            break;
        protein = (int64_t)dn_permute(&order, (uint64_t)i);
        text = dn_strings_at(&e->sequence, protein, &len);
        DN_TRY(dn_embed_protein(&worker, text, (int64_t)len, state, err));
#pragma omp atomic
        out->proteins++;
#pragma omp atomic
        out->operations += operations_of(e, protein);
    }
out:
    dn_embedder_destroy(&worker);
    dn_free(state);
    return st;
}

dn_status dn_embed_try(const dn_embed *e, double seconds, dn_embed_probe *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_states_about about = dn_embed_about(&e->config, &e->options);
    dn_embed_probe p = {.proteins = 0};
    double start = omp_get_wtime();
    int64_t next = 0;

    sizes(e, &about, &p);
#pragma omp parallel num_threads(e->threads)
    {
        dn_error why = DN_ERROR_INIT;
        dn_status mine;

        omp_set_num_threads(1); /* the kernels of this thread stay on it */
        mine = try_some(e, &about, start + seconds, &next, &p, &why);
        if (mine != DN_OK) {
#pragma omp critical
            {
                st = mine;
                if (err != NULL)
                    *err = why;
            }
        }
    }
    p.seconds = omp_get_wtime() - start;
    *out = p;
    return st;
}
