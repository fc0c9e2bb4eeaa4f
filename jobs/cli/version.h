/* version.h - which dragnet, on which libraries and instruction set */
#ifndef DN_CLI_VERSION_H
#define DN_CLI_VERSION_H

#include <stdio.h>
#include "solvers/nn/bf16.h"

/* "0.1.0 (abcdef0)", a constant. Local. */
const char *dn_version_text(void);

/* Program and processor, what may decide on the last bits beside the config: "dragnet 0.1.0 (abcdef0), ISA,
 * CPU" in out [cap], and where products take bf16 ", bf16 1 on AMX": which definition (solvers/nn/bf16.h),
 * and what it runs on. Local. */
void dn_version_build(dn_precision precision, char *out, size_t cap);

/* With the libraries, one a line. Local. */
void dn_version_print(FILE *to);

#endif
