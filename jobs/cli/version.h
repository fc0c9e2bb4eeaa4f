/* version.h - which dragnet, on which libraries and instruction set */
#ifndef DN_CLI_VERSION_H
#define DN_CLI_VERSION_H

#include <stdio.h>

/* "0.1.0 (abcdef0)", a constant. Local. */
const char *dn_version_text(void);

/* Program and processor, what may decide on the last bits beside the config: "dragnet 0.1.0 (abcdef0), ISA,
 * CPU" in out [cap]. Local. */
void dn_version_build(char *out, size_t cap);

/* With the libraries, one a line. Local. */
void dn_version_print(FILE *to);

#endif
