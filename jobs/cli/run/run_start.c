/* run_start.c - a long command in its directory; see run_start.h */
#include "jobs/cli/run/run_start.h"

#include <unistd.h>
#include "jobs/cli/run/directory.h"
#include "jobs/cli/run/surroundings.h"
#include "jobs/control/control_files.h"
#include "mpi/io/checkpoint_file.h"
#include "mpi/io/output.h"

dn_status dn_run_take(const char *dir, bool *opt_made, dn_run_lock *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (opt_made != NULL)
        *opt_made = access(dir, F_OK) != 0;
    DN_TRY(dn_directory_make(dir, err));
    DN_TRY(dn_run_lock_take(dir, DN_RUN_LOCK_WAIT_MS, out, err));
out:
    return st;
}

void dn_run_leave(const char *dir, bool nothing, dn_run_lock *lock)
{
    if (nothing)
        dn_control_erase(dir);
    dn_run_lock_release(lock);
    if (nothing)
        (void)rmdir(dir); /* fails, as it should, when something stands in it */
}

/* Whether there is one of this very run; what is wrong with another does not matter. Collective. */
static bool has_checkpoint(const dn_comm *comm, const dn_run_files *f)
{
    dn_error why = DN_ERROR_INIT;
    bool found = false;

    return f->find(comm, f->checkpoint, f->saving, &found, &why) == DN_OK && found;
}

dn_status dn_run_look(const dn_comm *comm, const dn_run_files *f, bool force, dn_run_fate *out, dn_error *err)
{
    dn_status st = DN_OK, in_the_way;
    dn_error why = DN_ERROR_INIT;
    bool done = false, found = false;

    *out = DN_RUN_BEGINS;
    if (force) {
        if (dn_surroundings_requeued(comm) && has_checkpoint(comm, f))
            *out = DN_RUN_GOES_ON;
        goto out;
    }
    in_the_way = dn_output_finished(comm, f->complete, f->schema, "/", f->config, &done, &why);
    if (in_the_way != DN_OK && in_the_way != DN_ECANTCREAT)
        DN_FAIL(in_the_way, "%s", why.text);
    if (done) {
        *out = DN_RUN_IS_DONE;
        goto out;
    }
    DN_TRY(f->find(comm, f->checkpoint, f->saving, &found, err));
    if (found)
        *out = DN_RUN_GOES_ON;
    else if (in_the_way != DN_OK)
        DN_FAIL(in_the_way, "%s", why.text);
out:
    return st;
}

dn_status dn_run_sweep(const dn_comm *comm, const dn_run_files *f, dn_error *err)
{
    return has_checkpoint(comm, f) ? dn_checkpoint_file_remove(comm, f->checkpoint, err) : DN_OK;
}
