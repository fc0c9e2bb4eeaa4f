/* gene_worker.c - the tiles that one thread scores; see gene_worker.h */
#include "mpi/screen/gene_worker.h"

#include "solvers/base/alloc.h"

enum { TILE = DN_GENE_TILE };

dn_status dn_gene_worker_flush(dn_gene_worker *w, dn_error *err)
{
    dn_status st = DN_OK;

    if (w->waiting == 0)
        goto out;
    DN_TRY(dn_gener_scorer_pairs(w->scorer, w->a, w->b, w->waiting, w->out, err));
    for (int64_t i = 0; i < w->waiting; i++) {
        float score = dn_gene_pass_score(w->p, w->out + i * w->p->outputs);

        if ((double)score >= w->least)
            DN_TRY(dn_screen_keep_offer(w->keep, 0, w->a[i], w->b[i], score, err));
    }
    w->scored += w->waiting;
    w->waiting = 0;
out:
    return st;
}

static dn_status enqueue(dn_gene_worker *w, int64_t a, int64_t b, dn_error *err)
{
    dn_status st = DN_OK;

    w->a[w->waiting] = (int32_t)(a < b ? a : b);
    w->b[w->waiting] = (int32_t)(a < b ? b : a);
    if (++w->waiting == DN_GENER_BLOCK)
        DN_TRY(dn_gene_worker_flush(w, err));
out:
    return st;
}

/* Gene a with genes [begin, end) of the list. */
static dn_status score_row(dn_gene_worker *w, int64_t a, int64_t begin, int64_t end, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = w->p->o;

    for (int64_t j = begin; j < end; j++) {
        int64_t b = o->gene[j];

        if (b == a)
            continue;
        if (b > a ? w->known[b] != 0 : dn_gene_pass_known(w->p, b, a) >= 0) {
            w->n_known++;
            if (!o->include_known)
                continue;
        }
        DN_TRY(enqueue(w, a, b, err));
    }
out:
    return st;
}

/* Row of tile t; tiles (i, i), (i, i + 1) ... (i, wide - 1) come behind those of lower i. With one gene there
 * is one row. */
static int64_t tile_row(const dn_gene_pass *p, int64_t t)
{
    int64_t low = 0, high = p->o->one >= 0 ? 0 : p->wide - 1;

    while (low < high) {
        int64_t i = (low + high + 1) / 2;

        if (i * p->wide - i * (i - 1) / 2 <= t)
            low = i;
        else
            high = i - 1;
    }
    return low;
}

dn_status dn_gene_worker_tile(dn_gene_worker *w, int64_t tile, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gene_screen_options *o = w->p->o;
    int64_t row = tile_row(w->p, tile), column = tile - (row * w->p->wide - row * (row - 1) / 2) + row;
    int64_t n = o->n_genes, begin = column * TILE, end = begin + TILE < n ? begin + TILE : n;
    int64_t first = row * TILE, last = o->one >= 0 ? 1 : first + TILE < n ? first + TILE : n;

    for (int64_t i = first; i < last; i++) {
        int64_t a = o->one >= 0 ? o->one : o->gene[i], from = o->one < 0 && i + 1 > begin ? i + 1 : begin;

        dn_gene_pass_mark(w->p, a, 1, w->known);
        st = score_row(w, a, from, end, err);
        dn_gene_pass_mark(w->p, a, 0, w->known);
        DN_TRY(st);
    }
out:
    return st;
}

dn_status dn_gene_worker_create(const dn_gene_pass *p, bool narrow, const dn_screen_plan *plan, double least,
                                dn_gene_worker **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_worker *w = NULL;

    DN_NEW(w, 1);
    *out = w;
    w->p = p;
    w->least = least;
    DN_NEW(w->known, (size_t)p->in->id->n + 1);
    DN_TRY(dn_screen_keep_create(plan, &w->keep, err));
    DN_TRY(dn_gener_scorer_create(p->fold, narrow, &w->scorer, err));
out:
    return st;
}

void dn_gene_worker_destroy(dn_gene_worker **handle)
{
    dn_gene_worker *w = *handle;

    if (w == NULL)
        return;
    dn_gener_scorer_destroy(&w->scorer);
    dn_screen_keep_destroy(&w->keep);
    dn_free(w->known);
    dn_free(w);
    *handle = NULL;
}
