/* hooks.c - what a long stage tells the outside; see hooks.h */
#include "mpi/core/hooks.h"

void dn_hooks_progress(const dn_comm *comm, const dn_hooks *hooks, const dn_progress_report *report)
{
    if (comm->rank == 0 && hooks != NULL && hooks->progress != NULL)
        hooks->progress(hooks->ctx, report);
}

void dn_hooks_saved(const dn_comm *comm, const dn_hooks *hooks, const char *path, const char *reason,
                    double began)
{
    dn_saved_report report = {.path = path, .reason = reason, .seconds = MPI_Wtime() - began};

    if (comm->rank == 0 && hooks != NULL && hooks->saved != NULL)
        hooks->saved(hooks->ctx, &report);
}

const char *dn_hooks_reason(const dn_requests *r, int wishes)
{
    return wishes & DN_WISH_STOP ? "stop" : r != NULL && r->seen != 0 ? "a command" : "interval";
}
