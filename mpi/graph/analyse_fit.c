/* analyse_fit.c - what makes no sense on a graph is said before hours of work; see analyse_private.h
 *
 * The solvers check again: this is for the user, who gets ids in place of numbers and loses no time.
 */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/base/alloc.h"
#include "solvers/network/components.h"

enum { ID_CAP = 100 };

static dn_status check_weights(const dn_analyse_job *j, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = j->g;
    char a[ID_CAP], b[ID_CAP];

    for (int64_t i = 0; g->weight != NULL && i < g->connected; i++)
        for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
            if (!(g->weight[e] > 0))
                DN_FAIL(DN_EDATA, "%s needs weights above 0, but the edge between '%s' and '%s' has %g", name,
                        dn_network_id(j->w, g->outside[i], a, sizeof a),
                        dn_network_id(j->w, g->outside[g->col[e]], b, sizeof b), (double)g->weight[e]);
out:
    return st;
}

static dn_status check_colours(const dn_analyse_job *j, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    int8_t *colour = NULL; /* [n] */
    int bipartite = 0;

    DN_NEW(colour, (size_t)j->g->n + 1);
    DN_TRY(dn_two_colours(j->g, colour, &bipartite, err));
    if (!bipartite)
        DN_FAIL(DN_EDATA, "%s needs a bipartite network, and this one has an odd cycle", name);
out:
    dn_free(colour);
    return st;
}

dn_status dn_fit_measure(const dn_analyse_job *j, const char *name, unsigned needs, dn_error *err)
{
    dn_status st = DN_OK;

    if (j->comm->rank == 0 && (needs & DN_NEEDS_POSITIVE) != 0)
        DN_PASS(check_weights(j, name, err));
    if (j->comm->rank == 0 && (needs & DN_NEEDS_TWO_COLOURS) != 0)
        DN_PASS(check_colours(j, name, err));
    DN_AGREE(j->comm);
out:
    return st;
}

/* Rows and columns of the matrix of a spectrum. */
static void matrix_size(const dn_analyse_job *j, bool of_sides, int64_t size[2])
{
    size[0] = size[1] = of_sides ? 0 : j->g->connected;
    for (int64_t i = 0; of_sides && i < j->g->n; i++)
        if (j->g->side[i] < 2)
            size[j->g->side[i]]++;
}

dn_status dn_fit_spectrum(const dn_analyse_job *j, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    bool of_sides = strcmp(name, "svd") == 0 || strcmp(name, "pca") == 0;
    int64_t size[2], least;

    matrix_size(j, of_sides, size);
    least = size[0] < size[1] ? size[0] : size[1];
    if (of_sides && j->g->sides < 2)
        DN_FAIL(DN_EDATA, "%s needs a network with two sides, such as drugs and genes", name);
    if (j->o->pairs > least)
        DN_FAIL(DN_EDATA, "--pairs %lld: %s has %lld at most on this network (%lld x %lld%s)",
                (long long)j->o->pairs, name, (long long)least, (long long)size[0], (long long)size[1],
                of_sides ? "" : " nodes with a neighbour");
    if (strcmp(name, "laplacian") == 0)
        DN_TRY(dn_fit_measure(j, name, DN_NEEDS_POSITIVE, err));
out:
    return st;
}
