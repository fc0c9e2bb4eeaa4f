/* network_select.c - which layers, which nodes, which sides; see network_private.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/network_private.h"
#include "solvers/base/alloc.h"

enum { CHUNK = 1 << 17, PATH = 160 };

/* ---- layers ---- */

static void list_names(const dn_strings *names, char *out, size_t cap)
{
    char name[68];
    size_t used = 0;

    out[0] = '\0';
    for (int64_t i = 0; i < names->n && used + sizeof name + 2 < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i > 0 ? ", " : "",
                                 dn_strings_copy(names, i, name, sizeof name));
}

static bool is_there(const dn_strings *names, const char *wanted)
{
    for (int64_t i = 0; i < names->n; i++) {
        size_t len;
        const char *name = dn_strings_at(names, i, &len);
        if (len == strlen(wanted) && memcmp(name, wanted, len) == 0)
            return true;
    }
    return false;
}

static dn_status check_name(const dn_h5 *h, const dn_strings *names, const dn_network_options *o, int i,
                            dn_error *err)
{
    dn_status st = DN_OK;
    char there[240];

    list_names(names, there, sizeof there);
    if (strlen(o->layer[i]) >= sizeof((dn_layer *)0)->name || !is_there(names, o->layer[i]))
        DN_FAIL(DN_EDATA, "%s: no layer '%.68s'; there are: %s", dn_h5_path(h), o->layer[i], there);
    for (int k = 0; k < i; k++)
        if (strcmp(o->layer[k], o->layer[i]) == 0)
            DN_FAIL(DN_EUSAGE, "layer '%s' is named twice", o->layer[i]);
out:
    return st;
}

static dn_status name_layers(dn_loading *l, const dn_network_options *o, const dn_strings *names,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_network *w = l->w;

    if (names->n == 0)
        DN_FAIL(DN_EDATA, "%s: holds no layer of edges", dn_h5_path(l->h));
    w->n_layers = o->n_layers > 0 ? o->n_layers : (int)names->n;
    DN_NEW(w->layer, (size_t)w->n_layers);
    DN_NEW(l->piece, (size_t)w->n_layers);
    for (int i = 0; i < w->n_layers; i++) {
        if (o->n_layers > 0) {
            DN_TRY(check_name(l->h, names, o, i, err));
            snprintf(w->layer[i].name, sizeof w->layer[i].name, "%s", o->layer[i]);
        } else {
            dn_strings_copy(names, i, w->layer[i].name, sizeof w->layer[i].name);
        }
    }
out:
    return st;
}

/* The length of a member of a layer, which must be `wanted` rows long unless that is negative. */
static dn_status member_length(const dn_loading *l, const char *layer, const char *member, int64_t wanted,
                               int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    int ndims;
    int64_t dims[4];

    snprintf(path, sizeof path, "/edges/%s/%s", layer, member);
    DN_TRY(dn_h5_shape(l->h, path, &ndims, dims, err));
    if (ndims != 1 || (wanted >= 0 && dims[0] != wanted)) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: %s has %lld rows, wanted %lld", dn_h5_path(l->h), path, (long long)dims[0],
                (long long)wanted);
    if (out != NULL)
        *out = dims[0];
out:
    return st;
}

static bool has_member(const dn_loading *l, const char *layer, const char *member)
{
    char path[PATH];

    snprintf(path, sizeof path, "/edges/%s/%s", layer, member);
    return dn_h5_has(l->h, path);
}

static dn_status measure_layer(dn_loading *l, dn_layer *y, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(member_length(l, y->name, "source", -1, &y->edges, err));
    DN_TRY(member_length(l, y->name, "target", y->edges, NULL, err));
    y->weighted = has_member(l, y->name, "weight");
    if (y->weighted)
        DN_TRY(member_length(l, y->name, "weight", y->edges, NULL, err));
    if (has_member(l, y->name, "sign"))
        DN_TRY(member_length(l, y->name, "sign", y->edges, NULL, err));
out:
    return st;
}

static dn_status find_layers(dn_loading *l, const dn_network_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings names = {0};

    DN_TRY(dn_h5_list(l->h, "/edges", &names, err));
    DN_PASS(name_layers(l, o, &names, err));
    DN_AGREE(l->comm);
    for (int i = 0; i < l->w->n_layers; i++) {
        DN_TRY(measure_layer(l, &l->w->layer[i], err));
        l->weights = l->weights || (o->weights && l->w->layer[i].weighted);
    }
out:
    dn_strings_destroy(&names);
    return st;
}

/* ---- sides ---- */

static dn_status add_sides(dn_strings *names, const char *text, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_strings_split(names, text, err));
    if (names->n > 255)
        DN_FAIL(DN_EDATA, "%lld sides: more than 255", (long long)names->n);
out:
    return st;
}

static dn_status name_sides(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    if (dn_h5_has_attribute(l->h, "/nodes", "sides"))
        DN_TRY(dn_h5_read_text(l->h, "/nodes", "sides", &text, err));
    DN_PASS(add_sides(&l->w->side_name, text != NULL ? text : "node", err));
    DN_AGREE(l->comm);
    l->w->graph.sides = (int)l->w->side_name.n;
out:
    dn_free(text);
    return st;
}

static dn_status check_sides(const dn_loading *l, dn_range mine, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = mine.begin; i < mine.end; i++)
        if (l->side[i] >= l->w->graph.sides)
            DN_FAIL(DN_EDATA, "%s: node %lld is of side %d, but there are %d sides (from 0)",
                    dn_h5_path(l->h), (long long)i, (int)l->side[i], l->w->graph.sides);
out:
    return st;
}

static dn_status read_sides(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_network_share(l, l->all);
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_h5_shape(l->h, "/nodes/side", &ndims, dims, err));
    if (ndims != 1 || dims[0] != l->all) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: /nodes/side has %lld rows, but there are %lld nodes", dn_h5_path(l->h),
                (long long)dims[0], (long long)l->all);
    DN_TRY(
        dn_h5_read(l->h, "/nodes/side", DN_U8, mine.begin, mine.end - mine.begin, l->side + mine.begin, err));
    DN_PASS(check_sides(l, mine, err));
    DN_AGREE(l->comm);
out:
    return st;
}

/* ---- nodes ---- */

dn_range dn_network_share(dn_loading *l, int64_t total)
{
    dn_range mine = {0, 0};

    if (l->host->comm.rank < l->builders)
        mine = dn_block(total, l->host->comm.rank, l->builders);
    l->most = mine.end - mine.begin;
    MPI_Allreduce(MPI_IN_PLACE, &l->most, 1, MPI_INT64_T, MPI_MAX, l->comm->mpi);
    return mine;
}

/* Mark nodes[0 .. count); one more stands before them, with which they must go on rising. */
static dn_status mark(dn_loading *l, const char *layer, const int64_t *nodes, int64_t first, int64_t count,
                      dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < count; i++) {
        if (nodes[i] < 0 || nodes[i] >= l->all)
            DN_FAIL(DN_EDATA,
                    "%s: layer %s, node list: entry %lld is %lld, but there are %lld nodes (from 0)",
                    dn_h5_path(l->h), layer, (long long)(first + i), (long long)nodes[i], (long long)l->all);
        if (nodes[i] <= nodes[i - 1])
            DN_FAIL(DN_EDATA, "%s: layer %s, node list: entry %lld does not rise", dn_h5_path(l->h), layer,
                    (long long)(first + i));
        l->number[nodes[i]] = 1;
    }
out:
    return st;
}

static dn_status mark_layer(dn_loading *l, const char *layer, int64_t *buffer, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH];
    int64_t length;
    dn_range mine;

    DN_TRY(member_length(l, layer, "node", -1, &length, err));
    mine = dn_network_share(l, length);
    snprintf(path, sizeof path, "/edges/%s/node", layer);
    for (int64_t done = 0; done < l->most; done += CHUNK) {
        int64_t first = mine.begin + done, count = mine.end - first, before;

        if (first > mine.end)
            first = mine.end;
        count = count < 0 ? 0 : count > CHUNK ? CHUNK : count;
        before = count > 0 && first > 0;
        buffer[0] = -1;
        DN_TRY(dn_h5_read(l->h, path, DN_I64, first - before, count + before, buffer + 1 - before, err));
        DN_PASS(mark(l, layer, buffer + 1, first, count, err));
        DN_AGREE(l->comm);
    }
out:
    return st;
}

/* Marks become numbers. By rank 0 of the host. */
static int64_t number_nodes(const dn_loading *l)
{
    int64_t n = 0;

    for (int64_t i = 0; i < l->all; i++)
        l->number[i] = l->number[i] != 0 ? (int32_t)n++ : -1;
    return n;
}

static dn_status select_nodes(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *buffer = NULL;

    if (l->host->comm.rank == 0)
        memset(l->number, 0, (size_t)l->all * sizeof *l->number);
    dn_shared_barrier(l->nodes);
    buffer = dn_calloc(CHUNK + 1, sizeof *buffer);
    if (buffer == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a list of nodes");
    DN_AGREE(l->comm);
    for (int i = 0; i < l->w->n_layers; i++) {
        DN_TRY(mark_layer(l, l->w->layer[i].name, buffer, err));
        dn_shared_barrier(l->nodes);
    }
    if (l->host->comm.rank == 0)
        l->n = number_nodes(l);
    dn_shared_barrier(l->nodes);
    MPI_Bcast(&l->n, 1, MPI_INT64_T, 0, l->host->comm.mpi);
out:
    dn_free(buffer);
    return st;
}

static dn_status count_nodes(dn_loading *l, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_get_int(l->h, "/nodes", "count", &l->all, err));
    if (l->all < 0 || l->all > INT32_MAX) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: %lld nodes: this program counts 0 to %d", dn_h5_path(l->h), (long long)l->all,
                INT32_MAX);
    l->n = l->all;
out:
    return st;
}

dn_status dn_network_select(dn_loading *l, const dn_network_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    bool some = true, sided;
    size_t numbers, sides;

    DN_TRY(find_layers(l, o, err));
    DN_TRY(count_nodes(l, err));
    DN_TRY(name_sides(l, err));
    for (int i = 0; i < l->w->n_layers; i++)
        some = some && has_member(l, l->w->layer[i].name, "node");
    sided = dn_h5_has(l->h, "/nodes/side");
    numbers = some ? (size_t)l->all * sizeof *l->number : 0;
    sides = sided ? (size_t)l->all : 0;
    DN_TRY(dn_shared_create(l->host, numbers + sides, &l->nodes, err));
    if (some)
        l->number = dn_shared_base(l->nodes);
    if (sided) {
        l->side = (uint8_t *)dn_shared_base(l->nodes) + numbers;
        DN_TRY(read_sides(l, err));
    }
    if (some)
        DN_TRY(select_nodes(l, err));
    dn_shared_barrier(l->nodes);
out:
    return st;
}
