/* source.c - where the bytes of an input come from; see source.h */
#include "solvers/formats/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include "solvers/base/alloc.h"

enum { CHUNK = 1 << 16 };

struct dn_source {
    char *path;                 /* for messages */
    FILE *file;                 /* NULL: memory */
    const unsigned char *bytes; /* memory that is left, borrowed */
    int64_t left;               /* bytes of the range that are left */
    bool gzip;
    bool inflating; /* z is set up */
    bool in_member; /* a gzip member has begun and not ended */
    bool any;       /* at least one member has begun */
    z_stream z;
    unsigned char *in; /* [CHUNK]  compressed bytes */
    dn_tap tap;
};

static dn_status open_file(const char *path, FILE **out, dn_error *err)
{
    dn_status st = DN_OK;
    FILE *f = fopen(path, "rb");
    struct stat info;

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (fstat(fileno(f), &info) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be examined: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        DN_FAIL(DN_ENOINPUT, "%s: is not a regular file", path);
    *out = f;
    f = NULL;
out:
    if (f != NULL)
        fclose(f);
    return st;
}

dn_status dn_source_probe(const char *path, int64_t *out_bytes, bool *out_gzip, dn_error *err)
{
    dn_status st = DN_OK;
    FILE *f = NULL;
    struct stat info;
    unsigned char magic[2] = {0, 0};

    DN_TRY(open_file(path, &f, err));
    if (fstat(fileno(f), &info) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be examined: %s", path, strerror(errno));
    if (fread(magic, 1, 2, f) != 2 && ferror(f))
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    *out_bytes = (int64_t)info.st_size;
    *out_gzip = magic[0] == 0x1f && magic[1] == 0x8b;
out:
    if (f != NULL)
        fclose(f);
    return st;
}

static dn_status create(const char *path, dn_source **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    size_t len = strlen(path) + 1;

    DN_NEW(s, 1);
    DN_NEW(s->path, len);
    memcpy(s->path, path, len);
    *out = s;
    s = NULL;
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_source_open_range(const char *path, int64_t begin, int64_t end, dn_source **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;

    DN_TRY(create(path, &s, err));
    DN_TRY(open_file(path, &s->file, err));
    if (fseeko(s->file, (off_t)begin, SEEK_SET) != 0)
        DN_FAIL(DN_EIO, "%s: cannot go to byte %lld: %s", path, (long long)begin, strerror(errno));
    s->left = end - begin;
    *out = s;
    s = NULL;
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_source_open_gzip(const char *path, dn_source **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;

    DN_TRY(create(path, &s, err));
    DN_TRY(open_file(path, &s->file, err));
    s->gzip = true;
    DN_NEW(s->in, CHUNK);
    if (inflateInit2(&s->z, 16 + MAX_WBITS) != Z_OK)
        DN_FAIL(DN_ENOMEM, "%s: out of memory for inflating", path);
    s->inflating = true;
    *out = s;
    s = NULL;
out:
    dn_source_close(&s);
    return st;
}

dn_status dn_source_open_memory(const char *name, const void *bytes, size_t len, dn_source **out,
                                dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;

    DN_TRY(create(name, &s, err));
    s->bytes = bytes;
    s->left = (int64_t)len;
    *out = s;
out:
    return st;
}

void dn_source_tap(dn_source *s, dn_tap tap)
{
    s->tap = tap;
}

static dn_status refill(dn_source *s, dn_error *err)
{
    dn_status st = DN_OK;

    s->z.next_in = s->in;
    s->z.avail_in = (uInt)fread(s->in, 1, CHUNK, s->file);
    if (ferror(s->file))
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
    if (s->tap.take != NULL)
        DN_TRY(s->tap.take(s->tap.self, s->in, s->z.avail_in, err));
out:
    return st;
}

/* Between members: zeros are padding, anything else begins the next member. *out_more false at the end. */
static dn_status next_member(dn_source *s, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;

    *out_more = true;
    for (;;) {
        if (s->z.avail_in == 0)
            DN_TRY(refill(s, err));
        if (s->z.avail_in == 0)
            break;
        if (s->any && *s->z.next_in == 0) {
            s->z.next_in++;
            s->z.avail_in--;
            continue;
        }
        if (s->any && inflateReset(&s->z) != Z_OK)
            DN_FAIL(DN_ESOFTWARE, "%s: inflating cannot start again", s->path);
        s->any = s->in_member = true;
        goto out;
    }
    *out_more = false;
out:
    return st;
}

static dn_status read_gzip(dn_source *s, void *buf, size_t cap, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    uInt room = cap > (1u << 30) ? 1u << 30 : (uInt)cap;
    bool more;

    s->z.next_out = buf;
    s->z.avail_out = room;
    while (s->z.avail_out == room) {
        int z;
        if (!s->in_member) {
            DN_TRY(next_member(s, &more, err));
            if (!more)
                break;
        }
        if (s->z.avail_in == 0)
            DN_TRY(refill(s, err));
        if (s->z.avail_in == 0)
            DN_FAIL(DN_EDATA, "%s: the gzip data are cut off: the file ends in the middle of them", s->path);
        z = inflate(&s->z, Z_NO_FLUSH);
        if (z == Z_STREAM_END)
            s->in_member = false;
        else if (z == Z_MEM_ERROR)
            DN_FAIL(DN_ENOMEM, "%s: out of memory for inflating", s->path);
        else if (z != Z_OK && z != Z_BUF_ERROR)
            DN_FAIL(DN_EDATA, "%s: the gzip data are damaged: %s", s->path,
                    s->z.msg != NULL ? s->z.msg : "not a gzip stream");
    }
    *out_len = room - s->z.avail_out;
out:
    return st;
}

dn_status dn_source_read(dn_source *s, void *buf, size_t cap, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    size_t want = cap;

    *out_len = 0;
    if (s->gzip) {
        DN_TRY(read_gzip(s, buf, cap, out_len, err));
        goto out;
    }
    if (s->left < (int64_t)want)
        want = (size_t)s->left;
    if (want == 0)
        goto out;
    if (s->file == NULL) {
        memcpy(buf, s->bytes, want);
        s->bytes += want;
        *out_len = want;
    } else {
        *out_len = fread(buf, 1, want, s->file);
        if (ferror(s->file))
            DN_FAIL(DN_EIO, "%s: cannot be read: %s", s->path, strerror(errno));
        if (s->tap.take != NULL)
            DN_TRY(s->tap.take(s->tap.self, buf, *out_len, err));
    }
    s->left -= (int64_t)*out_len;
out:
    return st;
}

void dn_source_close(dn_source **p)
{
    dn_source *s = *p;

    if (s == NULL)
        return;
    if (s->inflating)
        inflateEnd(&s->z);
    if (s->file != NULL)
        fclose(s->file);
    dn_free(s->in);
    dn_free(s->path);
    dn_free(s);
    *p = NULL;
}
