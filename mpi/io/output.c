/* output.c - the one rule for outputs; see output.h */
#include "mpi/io/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

dn_status dn_output_finished(const dn_comm *comm, const char *path, const char *schema, const char *object,
                             const char *config, bool *out_finished, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    size_t cap = strlen(config) + 1;
    char *have = NULL;
    int there = comm->rank == 0 && access(path, F_OK) == 0;

    *out_finished = false;
    if (comm->rank == 0 && !there && errno != ENOENT && errno != ENOTDIR) /* not known to be absent */
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot be looked for: %s", path,
                          strerror(errno));
    DN_AGREE(comm);
    MPI_Bcast(&there, 1, MPI_INT, 0, comm->mpi);
    if (!there)
        goto out;
    have = dn_calloc(cap, 1);
    if (have == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %zu bytes", cap);
    DN_AGREE(comm);
    st = dn_h5_open(comm, path, schema, &h, &why);
    if (st == DN_EIO || st == DN_ENOMEM)
        DN_FAIL(st, "%s", why.text);
    if (st != DN_OK)
        DN_FAIL(DN_ECANTCREAT, "%s: exists, but is no finished output (%s); --force replaces it", path,
                why.text);
    /* a longer config is another one, too */
    if (dn_h5_get_text(h, object, "config", have, cap, &why) != DN_OK || strcmp(have, config) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: exists, but was made with other options or inputs; --force replaces it",
                path);
    *out_finished = true;
out:
    dn_h5_close(&h);
    dn_free(have);
    return st;
}
