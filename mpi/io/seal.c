/* seal.c - a checksum at the end of a file; see seal.h */
#include "mpi/io/seal.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SUM = 32, PIECE = 1 << 14 };

/* The checksum of the first `len` bytes; len < 0: of all. */
static dn_status sum_up(FILE *f, const char *path, long len, unsigned char *out, dn_error *err)
{
    dn_status st = DN_OK;
    unsigned char piece[PIECE];
    crypto_generichash_state state;
    size_t got = 1;

    crypto_generichash_init(&state, NULL, 0, SUM);
    while (len != 0 && got > 0) {
        got = fread(piece, 1, len < 0 || len > PIECE ? PIECE : (size_t)len, f);
        crypto_generichash_update(&state, piece, (unsigned long long)got);
        len -= len > 0 ? (long)got : 0;
    }
    if (ferror(f))
        DN_FAIL(DN_EIO, "%s: reading failed: %s", path, strerror(errno));
    crypto_generichash_final(&state, out, SUM);
out:
    return st;
}

dn_status dn_seal(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    unsigned char sum[SUM];
    FILE *f = fopen(path, "r+b");

    if (f == NULL)
        DN_FAIL(DN_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    DN_TRY(sum_up(f, path, -1, sum, err));
    if (fseek(f, 0, SEEK_END) != 0 || fwrite(sum, 1, SUM, f) != SUM || fflush(f) != 0)
        DN_FAIL(DN_EIO, "%s: writing failed: %s", path, strerror(errno));
out:
    if (f != NULL && fclose(f) != 0 && st == DN_OK) /* over NFS the last to hear of a full disk */
        st = dn_error_set(err, DN_EIO, __FILE__, __LINE__, "%s: writing failed: %s", path, strerror(errno));
    return st;
}

dn_status dn_seal_check(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    unsigned char sum[SUM], wanted[SUM] = {0};
    FILE *f = fopen(path, "rb");
    long len;

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < SUM)
        DN_FAIL(DN_EDATA, "%s: is cut", path);
    rewind(f);
    DN_TRY(sum_up(f, path, len - SUM, sum, err));
    if (fread(wanted, 1, SUM, f) != SUM && ferror(f))
        DN_FAIL(DN_EIO, "%s: reading failed: %s", path, strerror(errno));
    if (memcmp(sum, wanted, SUM) != 0)
        DN_FAIL(DN_EDATA, "%s: does not have the checksum that it was written with", path);
out:
    if (f != NULL)
        fclose(f);
    return st;
}
