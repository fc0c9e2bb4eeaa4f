/* digest.h - a short checksum of bytes
 *
 * BLAKE2b of 128 bits (RFC 7693), as hex digits. All functions are local and cannot fail.
 */
#ifndef DN_IO_DIGEST_H
#define DN_IO_DIGEST_H

#include <stddef.h>

enum { DN_DIGEST = 33 };

/* Over the `parts` pieces data[i] of len[i] bytes, one after the other, into out [DN_DIGEST]. */
void dn_digest(int parts, const void *const *data, const size_t *len, char *out);

/* The same of pieces that come one by one: begin, add any number of times, end. */
typedef struct dn_digester {
    _Alignas(64) unsigned char state[384];
} dn_digester;

void dn_digest_begin(dn_digester *d);
void dn_digest_add(dn_digester *d, const void *data, size_t len);
void dn_digest_end(dn_digester *d, char *out);

#endif
