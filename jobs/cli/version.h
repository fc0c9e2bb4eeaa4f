/* version.h - which dragnet, on which libraries and instruction set */
#ifndef DN_CLI_VERSION_H
#define DN_CLI_VERSION_H

#include <stdio.h>

/* Local. */
void dn_version_print(FILE *to);

#endif
