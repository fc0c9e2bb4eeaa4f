/* ingest_hash.c - SHA-256 of a file, at once, piece by piece, or as it is read; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <openssl/evp.h>
#include <stdio.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/source.h"

enum { CHUNK = 1 << 18, SHA256 = 32 }; /* bytes */

/* libcrypto hashes with the instructions for SHA-2 where the CPU has them: five times what libsodium does. */
dn_status dn_sha256_begin(dn_sha256 *h, dn_error *err)
{
    dn_status st = DN_OK;

    *h = (dn_sha256){.state = EVP_MD_CTX_new()};
    if (h->state == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for hashing");
    if (EVP_DigestInit_ex(h->state, EVP_sha256(), NULL) != 1)
        DN_FAIL(DN_ESOFTWARE, "libcrypto has no SHA-256");
out:
    return st;
}

dn_status dn_sha256_take(void *self, const void *bytes, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sha256 *h = self;

    if (EVP_DigestUpdate(h->state, bytes, len) != 1)
        DN_FAIL(DN_ESOFTWARE, "libcrypto cannot hash");
    h->bytes += (int64_t)len;
out:
    return st;
}

dn_status dn_sha256_end(dn_sha256 *h, dn_error *err)
{
    dn_status st = DN_OK;
    unsigned char sum[SHA256];

    if (EVP_DigestFinal_ex(h->state, sum, NULL) != 1)
        DN_FAIL(DN_ESOFTWARE, "libcrypto cannot hash");
    for (int i = 0; i < SHA256; i++)
        snprintf(h->hex + 2 * i, 3, "%02x", sum[i]);
out:
    dn_sha256_destroy(h);
    return st;
}

void dn_sha256_destroy(dn_sha256 *h)
{
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}

dn_status dn_sha256_read(const char *path, int64_t end, dn_sha256 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_source *s = NULL;
    unsigned char *buf = NULL;
    size_t got = 1;

    if (h->bytes >= end)
        goto out;
    DN_NEW(buf, CHUNK);
    DN_TRY(dn_source_open_range(path, h->bytes, end, &s, err));
    while (got > 0) {
        DN_TRY(dn_source_read(s, buf, CHUNK, &got, err));
        DN_TRY(dn_sha256_take(h, buf, got, err));
    }
out:
    dn_source_close(&s);
    dn_free(buf);
    return st;
}

dn_status dn_sha256_file(const char *path, dn_sha256 *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sha256 h = {0};

    DN_TRY(dn_sha256_begin(&h, err));
    DN_TRY(dn_sha256_read(path, INT64_MAX, &h, err));
    DN_TRY(dn_sha256_end(&h, err));
    *out = h;
out:
    dn_sha256_destroy(&h);
    return st;
}
