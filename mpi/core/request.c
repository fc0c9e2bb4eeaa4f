/* request.c - wishes of the outside; see request.h */
#include "mpi/core/request.h"

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler notes wishes");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "and the interval, a double, is changed while it is read");

void dn_request_start(dn_requests *r)
{
    r->last = MPI_Wtime();
    r->ahead = 0;
}

void dn_request_note(dn_requests *r, int wish)
{
    if (wish & DN_WISH_CHECKPOINT)
        atomic_fetch_add(&r->checkpoint, 1);
    if (wish & DN_WISH_STOP_USR1)
        r->usr1 = 1;
    if (wish & DN_WISH_STOP_TERM)
        r->term = 1;
    if (wish & DN_WISH_STOP_INT)
        r->interrupt = 1;
    if (wish & DN_WISH_STOP_CONTROL)
        r->control = 1;
}

void dn_request_note_at_epoch(dn_requests *r)
{
    r->at_epoch = 1;
}

void dn_request_end_stage(dn_requests *r, double every)
{
    r->at_epoch = 0;
    r->checkpoint = 0;
    r->seen = 0;
    r->every = every;
    r->ahead = 0;
}

int dn_request_look(const dn_comm *comm, dn_requests *r)
{
    int wishes = 0;
    double now, every;

    if (r == NULL)
        return 0;
    r->seen = r->checkpoint;
    wishes |= r->seen != 0 ? DN_WISH_CHECKPOINT : 0;
    wishes |= r->usr1 ? DN_WISH_STOP_USR1 : 0;
    wishes |= r->term ? DN_WISH_STOP_TERM : 0;
    wishes |= r->interrupt ? DN_WISH_STOP_INT : 0;
    wishes |= r->control ? DN_WISH_STOP_CONTROL : 0;
    if (comm->rank != 0)
        return wishes;
    now = MPI_Wtime();
    every = r->every;
    wishes |= every > 0 && now - r->last >= every ? DN_WISH_CHECKPOINT : 0;
    wishes |= r->stop_at > 0 && now + r->ahead >= r->stop_at ? DN_WISH_STOP_TIME : 0;
    return wishes;
}

int dn_request_look_epoch(const dn_comm *comm, dn_requests *r)
{
    return dn_request_look(comm, r) | (r != NULL && r->at_epoch ? DN_WISH_STOP_CONTROL : 0);
}

static int join(const dn_comm *comm, const dn_requests *r, int wishes)
{
    if (r != NULL)
        MPI_Allreduce(MPI_IN_PLACE, &wishes, 1, MPI_INT, MPI_BOR, comm->mpi);
    return wishes;
}

int dn_request_agree(const dn_comm *comm, dn_requests *r)
{
    return join(comm, r, dn_request_look(comm, r));
}

int dn_request_end_epoch(const dn_comm *comm, dn_requests *r)
{
    return join(comm, r, dn_request_look_epoch(comm, r));
}

void dn_request_pack(int wishes, float *slots)
{
    for (int i = 0; i < DN_WISH_SLOTS; i++)
        slots[i] = (float)(wishes >> i & 1);
}

int dn_request_unpack(const float *slots)
{
    int wishes = 0;

    for (int i = 0; i < DN_WISH_SLOTS; i++)
        wishes |= slots[i] > 0 ? 1 << i : 0;
    return wishes;
}

void dn_request_pace(dn_requests *r, double began)
{
    double ahead = 2 * (MPI_Wtime() - began);

    if (r != NULL && r->ahead < ahead)
        r->ahead = ahead;
}

void dn_request_saved(dn_requests *r)
{
    if (r == NULL)
        return;
    atomic_fetch_sub(&r->checkpoint, r->seen);
    r->seen = 0;
    r->last = MPI_Wtime();
}

const char *dn_request_reason(int wishes)
{
    return wishes & DN_WISH_STOP_TIME   ? "--max-time"
           : wishes & DN_WISH_STOP_USR1 ? "SIGUSR1"
           : wishes & DN_WISH_STOP_TERM ? "SIGTERM"
           : wishes & DN_WISH_STOP_INT  ? "SIGINT"
                                        : "a command";
}

dn_status dn_request_stopped(int wishes, const char *where, dn_error *err)
{
    dn_status st = DN_OK;

    DN_FAIL(DN_ESAVED, "stopped by %s after %s; the same command goes on from there",
            dn_request_reason(wishes), where);
out:
    return st;
}
