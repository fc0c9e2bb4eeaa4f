/* analyse_nodes.c - the nodes that a user names; see analyse_private.h
 *
 * Rank 0 alone has the ids. It looks through all of them: names are few and an index would cost more.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/base/text.h"

enum { ID_CAP = 1024, SIDE_CAP = 80 };

static bool is_named(const dn_network *w, int64_t inside, const char *name, size_t len)
{
    int64_t outside = w->graph.outside[inside];
    char buf[32];
    const char *text = buf;
    size_t text_len;

    if (w->id.n > 0)
        text = dn_strings_at(&w->id, outside, &text_len);
    else
        text_len = (size_t)snprintf(buf, sizeof buf, "%lld", (long long)outside);
    return text_len == len && memcmp(text, name, len) == 0;
}

/* Nodes of this name on this side (-1: on any); how many there are, the last in *out. */
static int matches(const dn_network *w, const char *name, int side, int64_t *out)
{
    size_t len = strlen(name);
    int found = 0;

    for (int64_t i = 0; i < w->graph.n; i++)
        if ((side < 0 || w->graph.side[i] == side) && is_named(w, i, name, len)) {
            *out = i;
            found++;
        }
    return found;
}

/* "SIDE:ID": the side, and where the id begins; -1 where there is no such side. */
static int side_prefix(const dn_network *w, const char *name, const char **out_id)
{
    const char *colon = strchr(name, ':');
    char side[SIDE_CAP];

    for (int s = 0; colon != NULL && s < w->side_name.n; s++) {
        dn_strings_copy(&w->side_name, s, side, sizeof side);
        if (strlen(side) == (size_t)(colon - name) && memcmp(side, name, strlen(side)) == 0) {
            *out_id = colon + 1;
            return s;
        }
    }
    return -1;
}

static dn_status not_found(const dn_network *w, const char *option, const char *name, dn_error *err)
{
    char ids[2][ID_CAP];
    const char *best = NULL;
    int turn = 0;

    if (strchr(name, ',') != NULL)
        return dn_error_set(err, DN_EUSAGE, __FILE__, __LINE__,
                            "--%s: no node '%.100s' in the network; several ids stand apart: --%s A B",
                            option, name, option);
    for (int64_t i = 0; i < w->graph.n && best == NULL; i++) {
        dn_network_id(w, w->graph.outside[i], ids[0], ID_CAP);
        if (strcasecmp(ids[0], name) == 0)
            best = ids[0];
    }
    for (int64_t i = 0; i < w->graph.n && (best == NULL || strcasecmp(best, name) != 0); i++) {
        const char *pair[2];
        pair[0] = dn_network_id(w, w->graph.outside[i], ids[turn], ID_CAP);
        pair[1] = best;
        if (dn_nearest(name, pair, best != NULL ? 2 : 1) == pair[0]) {
            best = pair[0];
            turn = 1 - turn;
        }
    }
    return dn_error_set(err, DN_EUSAGE, __FILE__, __LINE__, "--%s: no node '%.100s' in the network%s%.100s%s",
                        option, name, best != NULL ? "; did you mean '" : "", best != NULL ? best : "",
                        best != NULL ? "'?" : "");
}

static dn_status find_node(const dn_network *w, const char *option, const char *name, int64_t *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    const char *id = name;
    int found = matches(w, name, -1, out), side;

    if (found == 0 && (side = side_prefix(w, name, &id)) >= 0)
        found = matches(w, id, side, out);
    if (found == 0)
        st = not_found(w, option, name, err);
    else if (found > 1)
        DN_FAIL(DN_EUSAGE, "--%s: %d nodes are named '%.100s'; write SIDE:ID, such as '%s:%.100s'", option,
                found, name,
                dn_strings_copy(&w->side_name, w->graph.side[*out], (char[SIDE_CAP]){0}, SIDE_CAP), name);
out:
    return st;
}

dn_status dn_analyse_nodes(const dn_analyse_job *j, const char *option, int n, const char *const *id,
                           int64_t *out_inside, dn_error *err)
{
    dn_status st = DN_OK;

    if (j->comm->rank == 0)
        for (int i = 0; i < n && st == DN_OK; i++)
            st = find_node(j->w, option, id[i], &out_inside[i], err);
    DN_AGREE(j->comm);
    MPI_Bcast(out_inside, n, MPI_INT64_T, 0, j->comm->mpi);
out:
    return st;
}
