/* sweep_crew.c - threads of all ranks at work, until there is none or somebody wishes; see sweep_private.h */
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/sweep_private.h"
#include "solvers/base/alloc.h"

dn_sweep_options dn_sweep_defaults(const dn_sweep_options *o)
{
    return o != NULL ? *o : (dn_sweep_options){0};
}

/* ---- progress ---- */

dn_sweep_meter dn_sweep_meter_start(const dn_comm *comm, const dn_sweep_options *o, int64_t mine,
                                    int64_t before, int64_t total)
{
    return (dn_sweep_meter){.report = o != NULL && comm->rank == 0 ? o->progress : NULL,
                            .ctx = o != NULL ? o->ctx : NULL,
                            .mine = mine,
                            .before = before,
                            .total = total};
}

void dn_sweep_meter_tick(dn_sweep_meter *m)
{
    int64_t done;

#pragma omp atomic capture
    done = ++m->done;
    if (m->report != NULL && omp_get_thread_num() == 0)
        m->report(m->ctx,
                  m->before + (int64_t)((double)done / (double)m->mine * (double)(m->total - m->before)),
                  m->total);
}

/* ---- a go ---- */

void dn_sweep_go_start(dn_sweep_go *g, const dn_comm *comm, const dn_sweep_options *o, dn_sweep_meter meter)
{
    *g = (dn_sweep_go){.meter = meter};
    dn_watch_start(comm, o->keep != NULL ? o->keep->requests : NULL, &g->watch);
}

void dn_sweep_go_halt(dn_sweep_go *g)
{
#pragma omp atomic write
    g->halt = 1;
}

static void look(dn_sweep_go *g)
{
    if (omp_get_thread_num() == 0 && dn_watch_poll(&g->watch))
        dn_sweep_go_halt(g);
}

bool dn_sweep_go_may(const dn_sweep_go *g)
{
    int halt;

#pragma omp atomic read
    halt = g->halt;
    return !halt;
}

bool dn_sweep_go_on(dn_sweep_go *g)
{
    dn_sweep_meter_tick(&g->meter);
    look(g);
    return dn_sweep_go_may(g);
}

void dn_sweep_go_leave(dn_sweep_go *g)
{
    int left;

#pragma omp atomic
    g->left++;
    if (omp_get_thread_num() != 0 || g->watch.requests == NULL)
        return;
    for (;;) {
#pragma omp atomic read
        left = g->left;
        if (left == omp_get_num_threads())
            break;
        look(g);
        dn_watch_nap();
    }
}

/* ---- saving ---- */

dn_status dn_sweep_save(const dn_sweep_keep *keep, const dn_sweep_state *s, int wishes, int64_t done,
                        int64_t units, dn_error *err)
{
    dn_status st = DN_OK;
    double began = MPI_Wtime();
    dn_sweep_state told = *s;
    char where[120];

    told.wishes = wishes;
    DN_TRY(keep->save(keep->ctx, &told, err));
    dn_request_pace(keep->requests, began);
    dn_request_saved(keep->requests);
    if ((wishes & DN_WISH_STOP) != 0) {
        snprintf(where, sizeof where, "%.1f %% of %s", units > 0 ? 100 * (double)done / (double)units : 100.0,
                 s->what);
        DN_TRY(dn_request_stopped(wishes, where, err));
    }
out:
    return st;
}

/* ---- units in any order ---- */

static dn_status take_over(dn_sweep_crew *c, const dn_sweep_state *from, dn_error *err)
{
    dn_status st = DN_OK;

    if (strcmp(from->what, c->what) != 0 || from->n != c->n || from->units != c->units || from->done == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s of %lld nodes in %lld units cannot go on from %s of %lld in %lld", c->what,
                (long long)c->n, (long long)c->units, from->what, (long long)from->n, (long long)from->units);
    if (c->units > 0)
        memcpy(c->done, from->done, (size_t)c->units);
out:
    return st;
}

dn_status dn_sweep_crew_open(dn_sweep_crew *c, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(c->done, (size_t)c->units);
    DN_NEW(c->todo, (size_t)c->units);
    if (c->o->keep != NULL && c->o->keep->from != NULL)
        DN_TRY(take_over(c, c->o->keep->from, err));
out:
    return st;
}

void dn_sweep_crew_close(dn_sweep_crew *c)
{
    dn_free(c->done);
    dn_free(c->todo);
}

/* Units of this rank into todo; returns how many. done is the same on all ranks. */
static int64_t deal(dn_sweep_crew *c, int64_t *out_done)
{
    int64_t mine = 0, open = 0;

    for (int64_t u = 0; u < c->units; u++)
        if (!c->done[u] && open++ % c->comm->size == c->comm->rank)
            c->todo[mine++] = u;
    *out_done = c->units - open;
    return mine;
}

/* Work until nothing is left or somebody wishes; returns the wishes. */
static int go(dn_sweep_crew *c)
{
    int64_t done, mine = deal(c, &done), next = 0;
    int64_t before = c->units > 0 ? (int64_t)((double)done / (double)c->units * (double)c->total) : 0;
    dn_sweep_go g;

    dn_sweep_go_start(&g, c->comm, c->o, dn_sweep_meter_start(c->comm, c->o, mine, before, c->total));
#pragma omp parallel num_threads(c->threads)
    {
        int thread = omp_get_thread_num();

        for (bool more = dn_sweep_go_may(&g); more;) {
            int64_t i;
#pragma omp atomic capture
            i = next++;
            if (i >= mine)
                break;
            c->work(c->job, thread, c->todo[i]);
            c->done[c->todo[i]] = 1;
            more = dn_sweep_go_on(&g);
        }
        dn_sweep_go_leave(&g);
    }
    return dn_watch_wait(&g.watch, false);
}

static dn_status save(dn_sweep_crew *c, int wishes, dn_error *err)
{
    int64_t done = 0;
    dn_sweep_state s = {.what = c->what, .n = c->n, .units = c->units, .lanes = c->lanes, .done = c->done};

    MPI_Allreduce(MPI_IN_PLACE, c->done, (int)c->units, MPI_UINT8_T, MPI_MAX, c->comm->mpi);
    for (int64_t u = 0; u < c->units; u++)
        done += c->done[u];
    c->meet(c->job, &s);
    return dn_sweep_save(c->o->keep, &s, wishes, done, c->units, err);
}

dn_status dn_sweep_crew_run(dn_sweep_crew *c, dn_error *err)
{
    dn_status st = DN_OK;

    for (int wishes = go(c); wishes != 0; wishes = go(c))
        DN_TRY(save(c, wishes, err));
out:
    return st;
}
