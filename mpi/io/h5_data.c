/* h5_data.c - datasets of h5.h */
#include "mpi/io/h5_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/schema.h"
#include "solvers/base/alloc.h"

static hid_t memory_type(dn_type type)
{
    switch (type) {
    case DN_U8:
        return H5T_NATIVE_UINT8;
    case DN_U16:
        return H5T_NATIVE_UINT16;
    case DN_I8:
        return H5T_NATIVE_INT8;
    case DN_I64:
        return H5T_NATIVE_INT64;
    case DN_F32:
        return H5T_NATIVE_FLOAT;
    case DN_F64:
        return H5T_NATIVE_DOUBLE;
    }
    return -1;
}

/* For messages. */
static const char *type_name(dn_type type)
{
    static const char *const names[] = {
        [DN_U8] = "unsigned 8-bit integers", [DN_U16] = "unsigned 16-bit integers",
        [DN_I8] = "8-bit integers",          [DN_I64] = "64-bit integers",
        [DN_F32] = "32-bit floats",          [DN_F64] = "64-bit floats"};

    return names[type];
}

static hid_t file_type(dn_type type)
{
    switch (type) {
    case DN_U8:
        return H5T_STD_U8LE;
    case DN_U16:
        return H5T_STD_U16LE;
    case DN_I8:
        return H5T_STD_I8LE;
    case DN_I64:
        return H5T_STD_I64LE;
    case DN_F32:
        return H5T_IEEE_F32LE;
    case DN_F64:
        return H5T_IEEE_F64LE;
    }
    return -1;
}

static dn_status read_shape(const dn_h5 *h, const char *name, int *out_ndims, int64_t *out_dims,
                            dn_error *err)
{
    dn_status st = DN_OK;
    hid_t set = -1, space = -1;
    hsize_t dims[H5S_MAX_RANK];
    bool there;
    int n;

    DN_TRY(dn_h5_look(h, name, &there, err));
    if (!there)
        DN_FAIL(DN_EDATA, "%s: holds no %s", h->path, name);
    set = H5Dopen2(h->file, name, H5P_DEFAULT);
    if (set < 0) {
        DN_TRY(dn_h5_readable(h, err));
        DN_FAIL(DN_EDATA, "%s: %s is not a dataset", h->path, name);
    }
    space = H5Dget_space(set);
    n = H5Sget_simple_extent_dims(space, dims, NULL);
    if (n < 1 || n > 4)
        DN_FAIL(DN_EDATA, "%s: %s has %d dimensions, not 1 to 4", h->path, name, n);
    *out_ndims = n;
    for (int d = 0; d < n; d++)
        out_dims[d] = (int64_t)dims[d];
out:
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return st;
}

dn_status dn_h5_shape(const dn_h5 *h, const char *name, int *out_ndims, int64_t *out_dims, dn_error *err)
{
    dn_status st = read_shape(h, name, out_ndims, out_dims, err);

    DN_AGREE(h->comm);
out:
    return st;
}

dn_status dn_h5_rows(const dn_h5 *h, const char *name, int64_t *out_rows, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4] = {0};

    DN_TRY(dn_h5_shape(h, name, &ndims, dims, err));
    *out_rows = dims[0];
out:
    return st;
}

/* Select `count` leading rows from `start` in the file and as much in memory. */
static void select_rows(hid_t file_space, int ndims, const hsize_t *dims, int64_t start, int64_t count,
                        hid_t *out_memory)
{
    hsize_t from[4] = {(hsize_t)start, 0, 0, 0}, extent[4];

    for (int d = 0; d < ndims; d++)
        extent[d] = d == 0 ? (hsize_t)count : dims[d];
    *out_memory = H5Screate_simple(ndims, extent, NULL);
    if (count > 0) {
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, from, NULL, extent, NULL);
    } else {
        H5Sselect_none(file_space);
        H5Sselect_none(*out_memory);
    }
}

/* HDF5 1.10 has no place in the file for a dataset without elements, and refuses to write or read there. */
static bool is_empty(int ndims, const hsize_t *dims)
{
    for (int d = 0; d < ndims; d++)
        if (dims[d] == 0)
            return true;
    return false;
}

/* Where a dataset ends in the file; 0: it has no place there. */
static int64_t end_of(hid_t set)
{
    haddr_t at = H5Dget_offset(set);

    return at == HADDR_UNDEF ? 0 : (int64_t)(at + H5Dget_storage_size(set));
}

static dn_status cannot_write(const dn_h5 *h, const char *name, dn_error *err)
{
    dn_status st = dn_h5_readable(h, err);
    char reason[160];

    if (st == DN_OK)
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: cannot write %s: %s", h->disk_path, name,
                          dn_h5_reason(reason));
    return st;
}

/* A new dataset with the attributes of its schema row; *out is negative on failure. */
static dn_status create_set(dn_h5 *h, const char *name, const dn_schema_row *row, dn_type type, hid_t space,
                            hid_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t links = H5Pcreate(H5P_LINK_CREATE), set;

    H5Pset_create_intermediate_group(links, 1);
    set = H5Dcreate2(h->file, name, file_type(type), space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (set < 0 || !(dn_h5_put_text(set, "units", row->units) && dn_h5_put_text(set, "dims", row->dims) &&
                     dn_h5_put_text(set, "long_name", row->long_name)))
        st = cannot_write(h, name, err); /* at once: the next call forgets why */
    H5Pclose(links);
    if (st != DN_OK && set >= 0)
        H5Dclose(set);
    *out = st == DN_OK ? set : -1;
    return st;
}

static dn_status write_rows(dn_h5 *h, const char *name, const dn_schema_row *row, dn_type type, int ndims,
                            const int64_t *dims, int64_t start, int64_t count, const void *data,
                            dn_error *err)
{
    dn_status st = DN_OK;
    hsize_t extent[4];
    hid_t space, memory = -1, set, transfer = H5Pcreate(H5P_DATASET_XFER);
    static const char nothing[8] = {0};

    for (int d = 0; d < ndims; d++)
        extent[d] = (hsize_t)dims[d];
    space = H5Screate_simple(ndims, extent, NULL);
    st = create_set(h, name, row, type, space, &set, err);
    DN_PASS(dn_h5_reserve(h, end_of(set), err));
    st = dn_agree(h->comm, st, err);
    if (st == DN_OK && !is_empty(ndims, extent)) {
        select_rows(space, ndims, extent, start, count, &memory);
        H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
        if (H5Dwrite(set, memory_type(type), memory, space, transfer, data != NULL ? data : nothing) < 0)
            st = cannot_write(h, name, err);
        H5Sclose(memory);
    }
    if (set >= 0 && H5Dclose(set) < 0 && st == DN_OK)
        st = cannot_write(h, name, err);
    H5Sclose(space);
    H5Pclose(transfer);
    DN_AGREE(h->comm);
out:
    return st;
}

static dn_status declare_local(dn_h5 *h, const char *name, const dn_schema_row *row, int ndims,
                               const int64_t *dims, dn_error *err)
{
    dn_status st = DN_OK;
    hsize_t extent[4];
    hid_t space, set;

    for (int d = 0; d < ndims; d++)
        extent[d] = (hsize_t)dims[d];
    space = H5Screate_simple(ndims, extent, NULL);
    st = create_set(h, name, row, row->type, space, &set, err);
    DN_PASS(dn_h5_reserve(h, end_of(set), err));
    if (set >= 0 && H5Dclose(set) < 0 && st == DN_OK)
        st = cannot_write(h, name, err);
    H5Sclose(space);
    return st;
}

static dn_status fill_local(dn_h5 *h, const char *name, dn_type type, int64_t start, int64_t count,
                            const void *data, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t set = H5Dopen2(h->file, name, H5P_DEFAULT), space = H5Dget_space(set), memory = -1;
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    hsize_t dims[H5S_MAX_RANK];
    int ndims = H5Sget_simple_extent_dims(space, dims, NULL);
    static const char nothing[8] = {0};

    select_rows(space, ndims, dims, start, count, &memory);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    if (!is_empty(ndims, dims) &&
        H5Dwrite(set, memory_type(type), memory, space, transfer, data != NULL ? data : nothing) < 0)
        st = cannot_write(h, name, err);
    H5Pclose(transfer);
    H5Sclose(memory);
    H5Sclose(space);
    if (H5Dclose(set) < 0 && st == DN_OK)
        st = cannot_write(h, name, err);
    return st;
}

static const dn_schema_row *row_of(const char *name, bool text, dn_error *err)
{
    const dn_schema_row *row = dn_schema_find(name);

    if (row == NULL || row->text != text) {
        (void)dn_error_set(err, DN_ESOFTWARE, __FILE__, __LINE__, "%s is not in the table of schema.c", name);
        return NULL;
    }
    return row;
}

dn_status dn_h5_write(dn_h5 *h, const char *name, int ndims, const int64_t *dims, int64_t start,
                      int64_t count, const void *data, dn_error *err)
{
    const dn_schema_row *row = row_of(name, false, err);

    if (row == NULL)
        return DN_ESOFTWARE;
    return write_rows(h, name, row, row->type, ndims, dims, start, count, data, err);
}

dn_status dn_h5_declare(dn_h5 *h, const char *name, int ndims, const int64_t *dims, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_schema_row *row = row_of(name, false, err);

    if (row == NULL)
        return DN_ESOFTWARE;
    DN_PASS(declare_local(h, name, row, ndims, dims, err));
    DN_AGREE(h->comm);
out:
    return st;
}

static dn_status write_block(dn_h5 *h, const char *name, const dn_schema_row *row, dn_type type, int ndims,
                             const int64_t *dims, const void *data, dn_error *err)
{
    dn_range mine = dn_block(dims[0], h->comm->rank, h->comm->size);
    size_t stride = H5Tget_size(memory_type(type));

    for (int d = 1; d < ndims; d++)
        stride *= (size_t)dims[d];
    return write_rows(h, name, row, type, ndims, dims, mine.begin, mine.end - mine.begin,
                      (const char *)data + (size_t)mine.begin * stride, err);
}

dn_status dn_h5_write_all(dn_h5 *h, const char *name, int ndims, const int64_t *dims, const void *data,
                          dn_error *err)
{
    const dn_schema_row *row = row_of(name, false, err);

    if (row == NULL)
        return DN_ESOFTWARE;
    return write_block(h, name, row, row->type, ndims, dims, data, err);
}

static dn_status check_rows(const dn_h5 *h, const char *name, dn_type type, int64_t start, int64_t count,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];
    hid_t set = -1, stored = -1;

    DN_TRY(read_shape(h, name, &ndims, dims, err));
    if (start < 0 || count < 0 || start + count > dims[0])
        DN_FAIL(DN_EDATA, "%s: %s has %lld rows, wanted %lld from %lld on", h->path, name, (long long)dims[0],
                (long long)count, (long long)start);
    set = H5Dopen2(h->file, name, H5P_DEFAULT);
    if (set < 0)
        DN_TRY(dn_h5_readable(h, err));
    stored = H5Dget_type(set);
    if (H5Tequal(stored, file_type(type)) <= 0)
        DN_FAIL(DN_EDATA, "%s: %s is stored with another type, wanted %s", h->path, name, type_name(type));
out:
    if (stored >= 0)
        H5Tclose(stored);
    if (set >= 0)
        H5Dclose(set);
    return st;
}

static dn_status cannot_read(const dn_h5 *h, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    char reason[160];

    DN_TRY(dn_h5_readable(h, err));
    DN_FAIL(DN_EIO, "%s: cannot read %s: %s", h->path, name, dn_h5_reason(reason));
out:
    return st;
}

static dn_status read_rows(const dn_h5 *h, const char *name, dn_type type, int64_t start, int64_t count,
                           void *out, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t set = H5Dopen2(h->file, name, H5P_DEFAULT), space = H5Dget_space(set), memory = -1;
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    hsize_t dims[H5S_MAX_RANK];
    int ndims = H5Sget_simple_extent_dims(space, dims, NULL);
    char nothing[8];

    select_rows(space, ndims, dims, start, count, &memory);
    if (h->writable)
        H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    if (!is_empty(ndims, dims) &&
        H5Dread(set, memory_type(type), memory, space, transfer, out != NULL ? out : nothing) < 0)
        st = cannot_read(h, name, err);
    H5Pclose(transfer);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
    return st;
}

dn_status dn_h5_read(const dn_h5 *h, const char *name, dn_type type, int64_t start, int64_t count, void *out,
                     dn_error *err)
{
    dn_status st = check_rows(h, name, type, start, count, err);

    DN_AGREE(h->comm);
    DN_PASS(read_rows(h, name, type, start, count, out, err));
    DN_AGREE(h->comm);
out:
    return st;
}

dn_status dn_h5_fill(dn_h5 *h, const char *name, int64_t start, int64_t count, const void *data,
                     dn_error *err)
{
    const dn_schema_row *row = row_of(name, false, err);
    dn_status st;

    if (row == NULL)
        return DN_ESOFTWARE;
    st = check_rows(h, name, row->type, start, count, err);
    DN_AGREE(h->comm);
    DN_PASS(fill_local(h, name, row->type, start, count, data, err));
    DN_AGREE(h->comm);
out:
    return st;
}

static dn_status read_pieces(const dn_h5 *h, const char *name, dn_type type, int64_t n,
                             const dn_h5_piece *piece, dn_error *err)
{
    dn_status st = DN_OK;
    hid_t set = -1, space = -1, memory = -1;
    hsize_t dims[H5S_MAX_RANK];
    int ndims;

    DN_TRY(check_rows(h, name, type, 0, 0, err));
    set = H5Dopen2(h->file, name, H5P_DEFAULT);
    space = H5Dget_space(set);
    ndims = H5Sget_simple_extent_dims(space, dims, NULL);
    for (int64_t i = 0; i < n; i++)
        if (piece[i].start < 0 || piece[i].count < 0 || piece[i].count > (int64_t)dims[0] - piece[i].start)
            DN_FAIL(DN_EDATA, "%s: %s has %lld rows, wanted %lld from %lld on", h->path, name,
                    (long long)dims[0], (long long)piece[i].count, (long long)piece[i].start);
    for (int64_t i = 0; i < n && !is_empty(ndims, dims); i++) {
        if (piece[i].count == 0)
            continue;
        select_rows(space, ndims, dims, piece[i].start, piece[i].count, &memory);
        if (H5Dread(set, memory_type(type), memory, space, H5P_DEFAULT, piece[i].out) < 0)
            DN_TRY(cannot_read(h, name, err));
        H5Sclose(memory);
        memory = -1;
    }
out:
    if (memory >= 0)
        H5Sclose(memory);
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return st;
}

dn_status dn_h5_read_pieces(const dn_h5 *h, const char *name, dn_type type, int64_t n,
                            const dn_h5_piece *piece, dn_error *err)
{
    dn_status st = read_pieces(h, name, type, n, piece, err);

    DN_AGREE(h->comm);
out:
    return st;
}

/* ---- tables of strings ---- */

static void member(const char *name, const char *what, char *out)
{
    snprintf(out, DN_PATH_MAX, "%s/%s", name, what);
}

dn_status dn_h5_write_strings(dn_h5 *h, const char *name, const dn_strings *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_schema_row *row = row_of(name, true, err);
    const int64_t zero = 0;
    int64_t bytes = s->n > 0 ? s->offset[s->n] : 0, offsets = s->n + 1;
    char path[DN_PATH_MAX];

    if (row == NULL)
        return DN_ESOFTWARE;
    member(name, "bytes", path);
    DN_TRY(write_block(h, path, row, DN_U8, 1, &bytes, s->bytes, err));
    member(name, "offsets", path);
    DN_TRY(write_block(h, path, row, DN_I64, 1, &offsets, s->n > 0 ? s->offset : &zero, err));
out:
    return st;
}

dn_status dn_h5_write_strings_of(dn_h5 *h, int root, const char *name, const dn_strings *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_schema_row *row = row_of(name, true, err);
    const int64_t zero = 0;
    bool mine = h->comm->rank == root;
    int64_t size[2] = {0, 1}; /* bytes, offsets */
    char path[DN_PATH_MAX];

    if (row == NULL)
        return DN_ESOFTWARE;
    if (mine && s->n > 0) {
        size[0] = s->offset[s->n];
        size[1] = s->n + 1;
    }
    MPI_Bcast(size, 2, MPI_INT64_T, root, h->comm->mpi);
    member(name, "bytes", path);
    DN_TRY(write_rows(h, path, row, DN_U8, 1, &size[0], 0, mine ? size[0] : 0, mine ? s->bytes : NULL, err));
    member(name, "offsets", path);
    DN_TRY(write_rows(h, path, row, DN_I64, 1, &size[1], 0, mine ? size[1] : 0,
                      mine && s->n > 0 ? s->offset : &zero, err));
out:
    return st;
}

static dn_status room_for_strings(dn_strings *s, int64_t bytes, int64_t offsets, const char *name,
                                  dn_error *err)
{
    dn_status st = DN_OK;

    if (offsets < 1)
        DN_FAIL(DN_EDATA, "%s/offsets is empty", name);
    DN_TRY(dn_grow((void **)&s->offset, &s->offset_cap, (size_t)offsets, sizeof *s->offset, err));
    DN_TRY(dn_grow((void **)&s->bytes, &s->bytes_cap, (size_t)bytes + 1, 1, err));
out:
    return st;
}

dn_status dn_h5_check_strings(const dn_h5 *h, const char *name, const dn_strings *s, int64_t bytes,
                              dn_error *err)
{
    dn_status st = DN_OK;

    if (s->offset[0] != 0 || s->offset[s->n] != bytes)
        DN_FAIL(DN_EDATA, "%s: offsets of %s do not fit its bytes", h->path, name);
    for (int64_t i = 0; i < s->n; i++)
        if (s->offset[i + 1] < s->offset[i])
            DN_FAIL(DN_EDATA, "%s: offsets of %s decrease at %lld", h->path, name, (long long)i);
out:
    return st;
}

dn_status dn_h5_read_strings(const dn_h5 *h, const char *name, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings s = {0};
    int ndims;
    int64_t bytes[4] = {0}, offsets[4] = {0};
    char path_bytes[DN_PATH_MAX], path_offsets[DN_PATH_MAX];

    member(name, "bytes", path_bytes);
    member(name, "offsets", path_offsets);
    DN_TRY(dn_h5_shape(h, path_bytes, &ndims, bytes, err));
    DN_TRY(dn_h5_shape(h, path_offsets, &ndims, offsets, err));
    DN_PASS(room_for_strings(&s, bytes[0], offsets[0], name, err));
    DN_AGREE(h->comm);
    s.n = offsets[0] - 1;
    DN_TRY(dn_h5_read(h, path_bytes, DN_U8, 0, bytes[0], s.bytes, err));
    DN_TRY(dn_h5_read(h, path_offsets, DN_I64, 0, offsets[0], s.offset, err));
    DN_PASS(dn_h5_check_strings(h, name, &s, bytes[0], err));
    DN_AGREE(h->comm);
    *out = s;
    s = (dn_strings){0};
out:
    dn_strings_destroy(&s);
    return st;
}
