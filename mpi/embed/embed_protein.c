/* embed_protein.c - the states of one protein; see embed_private.h */
#include <string.h>
#include "mpi/embed/embed_private.h"
#include "solvers/base/alloc.h"
#include "solvers/esm/tokens.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

dn_status dn_embedder_create(const dn_esm_model *model, const dn_embed_options *o, int64_t longest,
                             dn_embedder *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t width = dn_esm_model_config(model)->width, most = least(longest, o->residues) + 2;

    *out = (dn_embedder){.model = model, .options = o};
    DN_TRY(dn_esm_work_create(model, most, &out->work, err));
    DN_NEW(out->token, (size_t)most);
    DN_NEW(out->state, (size_t)(most * width));
    if (o->windows && o->pool != DN_POOL_NONE)
        DN_NEW(out->sum, (size_t)((longest + 2) * width));
out:
    if (st != DN_OK)
        dn_embedder_destroy(out);
    return st;
}

void dn_embedder_destroy(dn_embedder *e)
{
    dn_esm_work_destroy(&e->work);
    dn_free(e->token);
    dn_free(e->state);
    dn_free(e->sum);
    *e = (dn_embedder){.model = NULL};
}

dn_states_about dn_embed_about(const dn_esm_config *c, const dn_embed_options *o)
{
    bool pooled = o->pool != DN_POOL_NONE;

    return (dn_states_about){.width = c->width,
                             .max_residues = o->windows || pooled ? 0 : o->residues,
                             .ends = pooled ? 0 : 2,
                             .pool = o->pool,
                             .bf16 = o->store_bf16};
}

double dn_embed_cost(const dn_esm_config *c, const dn_embed_options *o, int64_t residues)
{
    int64_t n = o->windows ? dn_esm_windows(residues, o->residues, o->overlap) : 1;

    return (double)n * dn_esm_operations(c, least(residues, o->residues) + 2);
}

/* out [residues + 2, width]: means over the windows of each row. */
static dn_status average_windows(dn_embedder *e, const char *text, int64_t residues, float *out,
                                 dn_error *err)
{
    dn_status st = DN_OK;
    const dn_embed_options *o = e->options;
    int64_t width = dn_esm_model_config(e->model)->width, length = o->residues;

    memset(out, 0, (size_t)((residues + 2) * width) * sizeof *out);
    for (int64_t i = 0; i < dn_esm_windows(residues, length, o->overlap); i++) {
        dn_esm_tokenise(text + dn_esm_window_start(residues, length, o->overlap, i), length, e->token);
        DN_TRY(dn_esm_forward(e->model, e->work, e->token, length + 2, e->state, err));
        dn_esm_window_add(residues, length, o->overlap, i, e->state, width, out);
    }
out:
    return st;
}

/* One row of the states [residues + 2, width] of a protein. */
static void pool(const float *state, int64_t residues, int64_t width, dn_states_pool how, float *out)
{
    if (how == DN_POOL_CLS) {
        memcpy(out, state, (size_t)width * sizeof *out);
        return;
    }
    for (int64_t c = 0; c < width; c++) {
        double sum = 0;
        for (int64_t r = 1; r <= residues; r++)
            sum += (double)state[r * width + c];
        out[c] = (float)(sum / (double)residues);
    }
}

dn_status dn_embed_protein(dn_embedder *e, const char *text, int64_t residues, float *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_embed_options *o = e->options;
    bool pooled = o->pool != DN_POOL_NONE, windows = o->windows && residues > o->residues;
    int64_t width = dn_esm_model_config(e->model)->width,
            used = windows ? residues : least(residues, o->residues);
    float *state = !pooled ? out : windows ? e->sum : e->state;

    if (windows) {
        DN_TRY(average_windows(e, text, residues, state, err));
    } else {
        dn_esm_tokenise(text, used, e->token);
        DN_TRY(dn_esm_forward(e->model, e->work, e->token, used + 2, state, err));
    }
    if (pooled)
        pool(state, used, width, o->pool, out);
out:
    return st;
}
