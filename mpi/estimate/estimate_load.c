/* estimate_load.c - how busy this machine is; see estimate_load.h */
#include "mpi/estimate/estimate_load.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include "solvers/base/clock.h"

enum { MOST_THREADS = 16 };

/* A thread that gets so much of a core is disturbed by nobody: the system itself takes some. */
static const double ALONE = 0.95;

double dn_estimate_others(int cores, int n, double share)
{
    return share >= ALONE ? 0 : fmax(0, cores / share - n);
}

double dn_estimate_turns(int cores, double others)
{
    const double turn = 3e-3;

    return turn * others / cores;
}

/* The share of a core that each of n threads gets. */
static double count(int n, double seconds)
{
    int64_t begin = dn_clock_now(), length = (int64_t)(1e9 * seconds), cpu = 0, wall = 0;

#pragma omp parallel num_threads(n) reduction(+ : cpu, wall)
    {
        int64_t since = dn_clock_now(), before = dn_clock_thread_cpu();

        while (dn_clock_now() - begin < length)
            ;
        cpu += dn_clock_thread_cpu() - before;
        wall += dn_clock_now() - since;
    }
    return wall > 0 ? fmin(fmax((double)cpu / (double)wall, 1e-3), 1) : 1;
}

/* Seconds of a hand-over between two threads. */
static double hand_over(double seconds)
{
    atomic_long turn = 0;
    int64_t begin = dn_clock_now(), length = (int64_t)(1e9 * seconds);
    int threads = 1;

#pragma omp parallel num_threads(2)
    {
        int me = omp_get_thread_num();

#pragma omp single
        threads = omp_get_num_threads();
        while (threads > 1 && dn_clock_now() - begin < length)
            if (atomic_load(&turn) % 2 == me)
                atomic_fetch_add(&turn, 1);
    }
    return turn > 0 ? 1e-9 * (double)(dn_clock_now() - begin) / (double)turn : 0;
}

dn_estimate_load dn_estimate_load_measure(double seconds)
{
    dn_estimate_load r = {.cores = omp_get_num_procs()};
    int n = r.cores < MOST_THREADS ? r.cores : MOST_THREADS;

    r.others = dn_estimate_others(r.cores, n, count(n, 0.5 * seconds));
    if (r.others > 0)
        r.wait = dn_estimate_turns(r.cores, r.others);
    if (r.others > 0 && r.cores > 1)
        r.wait = fmax(r.wait, hand_over(0.5 * seconds));
    return r;
}
