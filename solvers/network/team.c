/* team.c - a team of one; see team.h */
#include "solvers/network/team.h"

#include "solvers/base/alloc.h"

/* Two vectors in turn, so that the one that was collected outlives the next post(). */
typedef struct solo {
    double *whole[2]; /* [connected] */
    int turn;
} solo;

static double *post(void *ctx)
{
    solo *s = ctx;

    s->turn ^= 1;
    return s->whole[s->turn];
}

static const double *collect(void *ctx)
{
    solo *s = ctx;

    return s->whole[s->turn];
}

static dn_status agree(void *ctx, dn_status local, dn_error *err)
{
    (void)ctx;
    (void)err;
    return local;
}

dn_status dn_team_solo(const dn_graph *g, dn_team *out, dn_error *err)
{
    dn_status st = DN_OK;
    solo *s = NULL;

    *out = (dn_team){.size = 1, .end = g->connected, .post = post, .collect = collect, .agree = agree};
    DN_NEW(s, 1);
    out->ctx = s;
    DN_NEW(s->whole[0], (size_t)g->connected);
    DN_NEW(s->whole[1], (size_t)g->connected);
out:
    if (st != DN_OK)
        dn_team_solo_destroy(out);
    return st;
}

void dn_team_solo_destroy(dn_team *t)
{
    solo *s = t->ctx;

    if (s != NULL) {
        dn_free(s->whole[0]);
        dn_free(s->whole[1]);
    }
    dn_free(s);
    *t = (dn_team){0};
}
