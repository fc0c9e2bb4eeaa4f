/* estimate_load.h - how busy this machine is with other work, measured
 *
 * As many threads as there are cores, 16 at most, count for a moment: the share of the cores that they get
 * says how many others want them. Two threads then hand a flag to and fro, without ever giving their core
 * away, as ranks of Open MPI do: with a core each a hand-over takes a part of a microsecond, beside other
 * work it takes until the other one is given a core again, thousands of times as long.
 */
#ifndef DN_ESTIMATE_ESTIMATE_LOAD_H
#define DN_ESTIMATE_ESTIMATE_LOAD_H

#include "mpi/estimate/estimate.h"

typedef struct dn_estimate_load {
    int cores;     /* that this process may use */
    double others; /* threads of others that want one of them; 0: none, or so few that cores are free */
    double wait;   /* s of a hand-over, at least what others make of it; 0 where there are none */
} dn_estimate_load;

/* Takes so many seconds, about. Local; cannot fail. */
dn_estimate_load dn_estimate_load_measure(double seconds);

/* s that a rank is without a core, once it has lost it to so many others: their turns of the scheduler, 3 ms
 * each (Linux), on `cores` cores. Two threads that both run while they are timed do not show it. Local. */
double dn_estimate_turns(int cores, double others);

/* others of `cores` cores, when n <= cores threads got this share of a core each, 0 < share <= 1. Local. */
double dn_estimate_others(int cores, int n, double share);

#endif
