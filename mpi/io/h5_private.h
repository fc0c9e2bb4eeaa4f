/* h5_private.h - what h5.c, h5_text.c and h5_data.c share; included by nobody else */
#ifndef DN_IO_H5_PRIVATE_H
#define DN_IO_H5_PRIVATE_H

#include <hdf5.h>
#include "mpi/io/h5.h"

enum { DN_PATH_MAX = 1024 };

struct dn_h5 {
    const dn_comm *comm;
    hid_t file;
    bool writable;
    bool published;
    int grouping;                    /* see dn_h5_group_hosts() */
    bool sealed;                     /* gets a checksum when it is published */
    int64_t end;                     /* bytes that datasets need, see dn_h5_reserve() */
    char path[DN_PATH_MAX];          /* as the user named it */
    char disk_path[DN_PATH_MAX + 8]; /* what is open: path, or path.part */
};

/* The library's own innermost reason for the last failure, in buf [160]. */
const char *dn_h5_reason(char *buf);

/* Right after a call of the library has failed: whether that was because the file could not be read, and not
 * for what it holds. Local. Fails: DN_EIO */
DN_MUST_CHECK dn_status dn_h5_readable(const dn_h5 *h, dn_error *err);

/* Whether a group or dataset (an attribute of one) is there, by this rank alone. Fails: DN_EIO */
DN_MUST_CHECK dn_status dn_h5_look(const dn_h5 *h, const char *name, bool *out_there, dn_error *err);
DN_MUST_CHECK dn_status dn_h5_look_for_attribute(const dn_h5 *h, const char *object, const char *key,
                                                 bool *out_there, dn_error *err);

/* Write (or replace) an attribute of an open object. */
bool dn_h5_put_attribute(hid_t object, const char *key, hid_t type, const void *value);
bool dn_h5_put_text(hid_t object, const char *key, const char *value);

#endif
