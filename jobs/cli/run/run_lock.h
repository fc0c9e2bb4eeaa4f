/* run_lock.h - one live run in a directory
 *
 * The rule: who runs holds a write lock (fcntl) on DIR/lock, in which host and process id stand for the
 * message to others. The kernel gives the lock up with the process, however it ends, so a lock file that is
 * left behind, from this host or another, stops nobody: a killed run is gone on with at once, under any host
 * name. Over NFS the server does the same, for a host that is lost after its lease (90 s); where locks stay
 * on one host (NFS mounted with nolock) two hosts do not see each other. Where there are no locks at all, or
 * the file cannot be made, the run goes on without one, with a warning in the first case; what it cannot
 * write it says then.
 *
 * A run that ends takes a moment to be gone, so taking a lock waits up to wait_ms for it. Local; called on
 * rank 0 alone. A process must not take one lock twice: it would get it, and lose both with the first.
 */
#ifndef DN_CLI_RUN_LOCK_H
#define DN_CLI_RUN_LOCK_H

#include <stdbool.h>
#include "solvers/base/error.h"

enum { DN_RUN_LOCK_PATH = 1200, DN_RUN_LOCK_WAIT_MS = 5000 };

typedef struct dn_run_lock {
    bool held;
    int fd;
    char path[DN_RUN_LOCK_PATH];
} dn_run_lock;

/* Fails: DN_ECANTCREAT another process runs there (names host and process id) */
DN_MUST_CHECK dn_status dn_run_lock_take(const char *dir, int wait_ms, dn_run_lock *out, dn_error *err);

/* Remove the file and give the lock up. What is not held is fine. */
void dn_run_lock_release(dn_run_lock *l);

#endif
