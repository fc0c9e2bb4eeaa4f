/* digest.c - a short checksum of bytes; see digest.h */
#include "mpi/io/digest.h"

#include <sodium.h>

void dn_digest(int parts, const void *const *data, const size_t *len, char *out)
{
    unsigned char sum[(DN_DIGEST - 1) / 2];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof sum);
    for (int i = 0; i < parts; i++)
        if (len[i] > 0)
            crypto_generichash_update(&state, data[i], (unsigned long long)len[i]);
    crypto_generichash_final(&state, sum, sizeof sum);
    sodium_bin2hex(out, DN_DIGEST, sum, sizeof sum);
}
