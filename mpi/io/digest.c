/* digest.c - a short checksum of bytes; see digest.h */
#include "mpi/io/digest.h"

#include <assert.h>
#include <sodium.h>

static_assert(sizeof(dn_digester) >= sizeof(crypto_generichash_state) &&
                  _Alignof(dn_digester) >= _Alignof(crypto_generichash_state),
              "a dn_digester holds the state of libsodium");

void dn_digest_begin(dn_digester *d)
{
    crypto_generichash_init((void *)d->state, NULL, 0, (DN_DIGEST - 1) / 2);
}

void dn_digest_add(dn_digester *d, const void *data, size_t len)
{
    if (len > 0)
        crypto_generichash_update((void *)d->state, data, (unsigned long long)len);
}

void dn_digest_end(dn_digester *d, char *out)
{
    unsigned char sum[(DN_DIGEST - 1) / 2];

    crypto_generichash_final((void *)d->state, sum, sizeof sum);
    sodium_bin2hex(out, DN_DIGEST, sum, sizeof sum);
}

void dn_digest(int parts, const void *const *data, const size_t *len, char *out)
{
    dn_digester d;

    dn_digest_begin(&d);
    for (int i = 0; i < parts; i++)
        dn_digest_add(&d, data[i], len[i]);
    dn_digest_end(&d, out);
}
