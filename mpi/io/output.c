/* output.c - the one rule for outputs; see output.h */
#include "mpi/io/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

/* In words, or nothing where one of them is no JSON object. */
static dn_status tell_apart(const char *config, const char *have, char *out, size_t cap, dn_error *err)
{
    dn_error why = DN_ERROR_INIT;
    dn_status st = dn_json_difference(config, have, out, cap, &why);

    if (st != DN_OK)
        out[0] = '\0';
    if (st == DN_EDATA)
        st = DN_OK;
    if (st != DN_OK && err != NULL)
        *err = why;
    return st;
}

dn_status dn_output_finished(const dn_comm *comm, const char *path, const char *schema, const char *object,
                             const char *config, bool *out_finished, dn_error *err)
{
    dn_status st = DN_OK;
    dn_error why = DN_ERROR_INIT;
    dn_h5 *h = NULL;
    char *have = NULL, text[128] = "";
    int there = comm->rank == 0 && access(path, F_OK) == 0;

    *out_finished = false;
    if (comm->rank == 0 && !there && errno != ENOENT && errno != ENOTDIR) /* not known to be absent */
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot be looked for: %s", path,
                          strerror(errno));
    DN_AGREE(comm);
    MPI_Bcast(&there, 1, MPI_INT, 0, comm->mpi);
    if (!there)
        goto out;
    st = dn_h5_open(comm, path, schema, &h, &why);
    if (st == DN_EIO || st == DN_ENOMEM)
        DN_FAIL(st, "%s", why.text);
    if (st != DN_OK)
        DN_FAIL(DN_ECANTCREAT, "%s: exists, but is no finished output (%s); --force replaces it", path,
                why.text);
    st = dn_h5_read_text(h, object, "config", &have, &why);
    if (st == DN_ENOMEM)
        DN_FAIL(st, "%s", why.text);
    if (st != DN_OK || strcmp(have, config) != 0) { /* the same on every rank */
        st = DN_OK;
        DN_PASS(tell_apart(config, have != NULL ? have : "", text, sizeof text, err));
        DN_AGREE(comm);
        DN_FAIL(DN_ECANTCREAT,
                "%s: exists, but was made with other options or inputs; --force replaces it%s%s%s", path,
                text[0] != '\0' ? " (" : "", text, text[0] != '\0' ? ")" : "");
    }
    *out_finished = true;
out:
    dn_h5_close(&h);
    dn_free(have);
    return st;
}
