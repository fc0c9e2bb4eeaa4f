/* h5_group.c - what is in a file: looked for, listed, removed; see h5.h */
#include "mpi/io/h5_private.h"

#include <string.h>
#include "mpi/core/agree.h"

dn_status dn_h5_look(const dn_h5 *h, const char *name, bool *out_there, dn_error *err)
{
    dn_status st = DN_OK;
    char prefix[DN_PATH_MAX];
    size_t len = strlen(name);
    htri_t there = len > 0 && len < sizeof prefix;

    for (size_t i = 1; i <= len && there > 0 && strcmp(name, "/") != 0; i++) {
        if (i < len && name[i] != '/')
            continue;
        memcpy(prefix, name, i);
        prefix[i] = '\0';
        there = H5Lexists(h->file, prefix, H5P_DEFAULT);
    }
    *out_there = there > 0;
    if (there < 0)
        DN_TRY(dn_h5_readable(h, err));
out:
    return st;
}

/* What is not known to be absent must not be taken for absent, and the caller has no way to fail. */
bool dn_h5_has(const dn_h5 *h, const char *name)
{
    dn_error err = DN_ERROR_INIT;
    bool there;

    if (dn_h5_look(h, name, &there, &err) != DN_OK)
        dn_world_abort(h->comm, DN_EIO, err.text);
    return there;
}

dn_status dn_h5_remove(dn_h5 *h, const char *name, dn_error *err)
{
    dn_status st = DN_OK;

    if (H5Ldelete(h->file, name, H5P_DEFAULT) < 0)
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot remove %s", h->disk_path, name);
    DN_AGREE(h->comm);
out:
    return st;
}

typedef struct listing {
    dn_strings *names;
    dn_status st;
    dn_error *err;
} listing;

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *ctx)
{
    listing *l = ctx;

    (void)group;
    (void)info;
    l->st = dn_strings_add(l->names, name, strlen(name), l->err);
    return l->st == DN_OK ? 0 : -1;
}

static dn_status list_local(const dn_h5 *h, const char *group, dn_strings *names, dn_error *err)
{
    dn_status st = DN_OK;
    listing l = {names, DN_OK, err};
    bool there;

    DN_TRY(dn_h5_look(h, group, &there, err));
    if (there &&
        H5Literate_by_name(h->file, group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &l, H5P_DEFAULT) < 0 &&
        l.st == DN_OK)
        DN_TRY(dn_h5_readable(h, err));
    st = l.st;
out:
    return st;
}

dn_status dn_h5_list(const dn_h5 *h, const char *group, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings names = {0};

    DN_PASS(list_local(h, group, &names, err));
    DN_AGREE(h->comm);
    *out = names;
    names = (dn_strings){0};
out:
    dn_strings_destroy(&names);
    return st;
}
