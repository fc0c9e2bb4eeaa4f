/* queue.h - what Slurm's queue knows of the job of a run
 *
 * Asks squeue, if there is one, without waiting for it: a controller that does not answer holds nobody up. A
 * job belongs to a run by its id, or by "-o RUN" among the words of its script, where @ is the number of an
 * array's task. Local.
 */
#ifndef DN_WATCH_QUEUE_H
#define DN_WATCH_QUEUE_H

#include <sys/types.h>
#include "jobs/watch/fate.h"

enum { DN_QUEUE_EVERY_S = 15, DN_QUEUE_PATIENCE_S = 5, DN_QUEUE_ROOM = 1 << 20 };

typedef struct dn_queue {
    pid_t pid;    /* of the squeue that runs; 0: none */
    int fd;       /* its output; -1: all of it is there */
    double asked; /* s of dn_clock_now() */
    bool ever;    /* it has been asked */
    bool decided; /* and has answered, or cannot be expected to */
    bool old;     /* it does not know --me (before Slurm 20.02) */
    size_t len;
    char text[DN_QUEUE_ROOM];
} dn_queue;

/* Begin to ask, unless it has just been asked, or take what has come of the answer; waits for nothing. Fields
 * queue, reason and job of out are set when the answer is there, otherwise left as they are. run: the
 * directory; job: its id, or "". One that does not answer for DN_QUEUE_PATIENCE_S is given up until it is
 * asked again. */
void dn_queue_look(dn_queue *q, const char *run, const char *job, dn_watch_facts *out);

/* End what runs. */
void dn_queue_close(dn_queue *q);

/* The same from the text that squeue -o "%i|%T|%r|%Z|%o" prints: id, state, reason, directory, script and its
 * words. run: an absolute path. */
void dn_queue_read(const char *text, const char *run, const char *job, dn_watch_facts *out);

#endif
