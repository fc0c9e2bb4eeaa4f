/* network.c - layers of a dataset as one graph in memory; see network.h. The steps are in network_*.c */
#include "mpi/graph/network.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"

struct dn_network_private {
    dn_host host;
    dn_sorted_rows rows;
};

/* ---- ids ---- */

/* The table of all ids of the dataset, on rank 0 only. */
static dn_status read_ids(const dn_loading *l, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t bytes[4] = {0}, offsets[4] = {0};
    bool keeps = l->comm->rank == 0;

    DN_TRY(dn_h5_shape(l->h, "/nodes/id/bytes", &ndims, bytes, err));
    DN_TRY(dn_h5_shape(l->h, "/nodes/id/offsets", &ndims, offsets, err));
    if (offsets[0] != l->all + 1) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: %lld ids, but there are %lld nodes", dn_h5_path(l->h),
                (long long)offsets[0] - 1, (long long)l->all);
    if (keeps) {
        DN_PASS(
            dn_grow((void **)&out->offset, &out->offset_cap, (size_t)offsets[0], sizeof *out->offset, err));
        DN_PASS(dn_grow((void **)&out->bytes, &out->bytes_cap, (size_t)bytes[0] + 1, 1, err));
    }
    DN_AGREE(l->comm);
    DN_TRY(dn_h5_read(l->h, "/nodes/id/bytes", DN_U8, 0, keeps ? bytes[0] : 0, out->bytes, err));
    DN_TRY(dn_h5_read(l->h, "/nodes/id/offsets", DN_I64, 0, keeps ? offsets[0] : 0, out->offset, err));
    if (keeps) {
        out->n = l->all;
        DN_PASS(dn_h5_check_strings(l->h, "/nodes/id", out, bytes[0], err));
    }
    DN_AGREE(l->comm);
out:
    return st;
}

/* Ids of the nodes of the graph only. On rank 0. */
static dn_status pick_ids(const dn_loading *l, const dn_strings *all, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < l->all; i++)
        if (l->number[i] >= 0)
            DN_TRY(dn_strings_add_string(out, all, i, err));
out:
    return st;
}

/* Ids that are the numbers of the dataset, where these are not those of the graph. On rank 0. */
static dn_status number_ids(const dn_loading *l, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < l->all; i++)
        if (l->number[i] >= 0)
            DN_TRY(dn_strings_add_number(out, i, err));
out:
    return st;
}

static dn_status load_ids(const dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings all = {0};
    bool named = dn_h5_has(l->h, "/nodes/id");

    if (named)
        DN_TRY(read_ids(l, &all, err));
    if (l->comm->rank == 0) {
        if (l->number == NULL) {
            l->w->id = all;
            all = (dn_strings){0};
        } else if (named) {
            DN_PASS(pick_ids(l, &all, &l->w->id, err));
        } else {
            DN_PASS(number_ids(l, &l->w->id, err));
        }
    }
    DN_AGREE(l->comm);
out:
    dn_strings_destroy(&all);
    return st;
}

const char *dn_network_id(const dn_network *w, int64_t outside, char *buf, size_t cap)
{
    if (w->id.n > 0)
        return dn_strings_copy(&w->id, outside, buf, cap);
    snprintf(buf, cap, "%lld", (long long)outside);
    return buf;
}

/* ---- the graph ---- */

static int64_t count_connected(const int64_t *row, int64_t n)
{
    int64_t low = 0, high = n; /* rows get shorter: find the first empty one */

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (row[middle + 1] > row[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The order of the file is that of the rows: neighbours before a node come before those behind it. */
static bool rows_come_sorted(const dn_loading *l)
{
    return l->w->n_layers == 1 && (!l->backward || (l->w->graph.sides == 2 && !l->within));
}

static dn_status load(dn_loading *l, const dn_network_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    dn_network *w = l->w;
    dn_sorted_rows *m = &w->own->rows;

    DN_TRY(dn_network_select(l, o, err));
    DN_TRY(dn_network_read(l, err));
    if (rows_come_sorted(l))
        DN_TRY(dn_network_build(l, m, err));
    else
        DN_TRY(dn_network_merge(l, m, err));
    w->graph.n = l->n;
    w->graph.connected = count_connected(m->row, l->n);
    w->graph.nnz = m->row[l->n];
    w->graph.row = m->row;
    w->graph.col = m->col;
    w->graph.weight = m->weight;
    w->graph.outside = m->outside;
    w->graph.side = m->side;
    DN_TRY(load_ids(l, err));
    DN_TRY(dn_network_team(l->comm, l->host, w, err));
out:
    return st;
}

static void release(dn_loading *l)
{
    for (int i = 0; l->piece != NULL && i < l->w->n_layers; i++) {
        dn_free(l->piece[i].target);
        dn_free(l->piece[i].run);
        dn_free(l->piece[i].weight);
    }
    dn_free(l->piece);
    dn_shared_destroy(&l->count);
    dn_shared_destroy(&l->nodes);
}

static dn_status new_network(dn_network **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_network *w = NULL;

    DN_NEW(w, 1);
    *out = w;
    DN_NEW(w->own, 1);
out:
    return st;
}

dn_status dn_network_load(const dn_h5 *h, const dn_network_options *o, dn_network **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_network *w = NULL;
    dn_loading l = {.h = h, .comm = dn_h5_comm(h)};
    double start = MPI_Wtime();

    DN_PASS(new_network(&w, err));
    DN_AGREE(l.comm);
    dn_host_open(l.comm, o->grouping, &w->own->host);
    l.w = w;
    l.host = &w->own->host;
    l.builders = l.host->comm.size < DN_BUILDERS_MAX ? l.host->comm.size : DN_BUILDERS_MAX;
    DN_TRY(load(&l, o, err));
    w->seconds_to_open = MPI_Wtime() - start;
    *out = w;
    w = NULL;
out:
    if (l.w != NULL)
        release(&l);
    dn_network_close(&w);
    return st;
}

void dn_network_close(dn_network **handle)
{
    dn_network *w = *handle;

    if (w == NULL)
        return;
    if (w->own != NULL) {
        dn_network_team_destroy(&w->team);
        dn_shared_destroy(&w->own->rows.memory);
        dn_host_close(&w->own->host);
    }
    dn_strings_destroy(&w->id);
    dn_strings_destroy(&w->side_name);
    dn_free(w->layer);
    dn_free(w->own);
    dn_free(w);
    *handle = NULL;
}
