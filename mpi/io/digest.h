/* digest.h - a short checksum of bytes */
#ifndef DN_IO_DIGEST_H
#define DN_IO_DIGEST_H

#include <stddef.h>

enum { DN_DIGEST = 33 };

/* BLAKE2b of 128 bits (RFC 7693) over the `parts` pieces data[i] of len[i] bytes, one after the other, as hex
 * digits in out [DN_DIGEST]. Local; cannot fail. */
void dn_digest(int parts, const void *const *data, const size_t *len, char *out);

#endif
