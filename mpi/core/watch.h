/* watch.h - wishes agreed while every rank works on at its own pace
 *
 * dn_request_agree() (request.h) makes the ranks wait for each other. Where their work is uneven a watch
 * sends the wishes round without waiting: each rank looks between two units of its work, and the same round
 * ends the watch on all of them, wherever they are. A rank that knows of a wish stops and waits for the
 * others to come to the end of their units. A round follows the last one after a hundredth of the time that
 * the watch has been there, and after a quarter of a second at most: what a round costs (microseconds) does
 * not count.
 *
 * While a watch is on, nothing collective may be done on its communicator.
 */
#ifndef DN_CORE_WATCH_H
#define DN_CORE_WATCH_H

#include <stdbool.h>
#include "mpi/core/request.h"

typedef struct dn_watch {
    const dn_comm *comm;
    dn_requests *requests;
    double started, next; /* MPI_Wtime() */
    double looked;        /* the last time that this rank did */
    bool pending;         /* a round is under way */
    bool ended;
    int sent, got;
    int wishes; /* that ended it */
    MPI_Request round;
} dn_watch;

/* Both are borrowed; requests is NULL on all ranks or on none: then nothing is sent, ever. Local. */
void dn_watch_start(const dn_comm *comm, dn_requests *requests, dn_watch *out);

/* Between two units of work, by the main thread: whether the watch is over, and no unit may be begun any
 * more. The time since the look before is what --max-time looks ahead (dn_request_pace()). Local. */
bool dn_watch_poll(dn_watch *w);

/* This rank has no more work, or has failed: wait until all ranks have none, one has failed, or somebody
 * wishes for something. The wishes, the same on all ranks; 0 where there are none (whether a rank has failed
 * the caller then finds by dn_agree()). By the main thread. Collective on comm. */
DN_COLLECTIVE int dn_watch_wait(dn_watch *w, bool failed);

/* For a main thread that waits for others: sleep for a moment. Local. */
void dn_watch_nap(void);

#endif
