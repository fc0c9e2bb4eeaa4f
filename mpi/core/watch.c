/* watch.c - wishes agreed without waiting; see watch.h */
#include "mpi/core/watch.h"

#include <time.h>

enum { BUSY = 1 << 20, FAILED = 1 << 21, WISHES = BUSY - 1 };

static const double longest_pause = 0.25, share_of_time = 0.01; /* seconds; of the time so far */

void dn_watch_start(const dn_comm *comm, dn_requests *requests, dn_watch *out)
{
    double now = MPI_Wtime();

    *out = (dn_watch){.comm = comm,
                      .requests = requests,
                      .started = now,
                      .next = now,
                      .looked = now,
                      .round = MPI_REQUEST_NULL};
}

static void begin_round(dn_watch *w, int state)
{
    w->sent = dn_request_look(w->comm, w->requests) | state;
    w->pending = true;
    MPI_Iallreduce(&w->sent, &w->got, 1, MPI_INT, MPI_BOR, w->comm->mpi, &w->round);
}

/* A round has come back: the same on all ranks. */
static void judge(dn_watch *w)
{
    double now = MPI_Wtime(), pause = share_of_time * (now - w->started);

    w->pending = false;
    w->next = now + (pause < longest_pause ? pause : longest_pause);
    w->wishes = (w->got & FAILED) != 0 ? 0 : w->got & WISHES;
    w->ended = w->wishes != 0 || (w->got & BUSY) == 0 || (w->got & FAILED) != 0;
}

void dn_watch_nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
}

static void finish_round(dn_watch *w)
{
    enum { SPINS = 200 };
    int there = 0;

    for (int i = 0; !there; i++) {
        MPI_Test(&w->round, &there, MPI_STATUS_IGNORE);
        if (!there && i > SPINS)
            dn_watch_nap();
    }
    judge(w);
}

static void run_to_end(dn_watch *w, int state)
{
    while (!w->ended) {
        if (!w->pending)
            begin_round(w, state);
        finish_round(w);
    }
}

bool dn_watch_poll(dn_watch *w)
{
    int there = 0;

    if (w->requests == NULL || w->ended)
        return w->ended;
    dn_request_pace(w->requests, w->looked);
    w->looked = MPI_Wtime();
    if (dn_request_look(w->comm, w->requests) != 0) {
        run_to_end(w, BUSY);
    } else if (w->pending) {
        MPI_Test(&w->round, &there, MPI_STATUS_IGNORE);
        if (there)
            judge(w);
    } else if (MPI_Wtime() >= w->next) {
        begin_round(w, BUSY);
    }
    return w->ended;
}

int dn_watch_wait(dn_watch *w, bool failed)
{
    if (w->requests != NULL)
        run_to_end(w, failed ? FAILED : 0);
    return w->wishes;
}
