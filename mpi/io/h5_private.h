/* h5_private.h - what h5.c and h5_data.c share; included by nobody else */
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
    char path[DN_PATH_MAX];          /* as the user named it */
    char disk_path[DN_PATH_MAX + 8]; /* what is open: path, or path.part */
};

/* The library's own innermost reason for the last failure, in buf [160]. */
const char *dn_h5_reason(char *buf);

/* Write (or replace) an attribute of an open object. */
bool dn_h5_put_attribute(hid_t object, const char *key, hid_t type, const void *value);
bool dn_h5_put_text(hid_t object, const char *key, const char *value);

#endif
