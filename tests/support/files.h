/* files.h - what tests ask of single files. Local. */
#ifndef DN_TEST_SUPPORT_FILES_H
#define DN_TEST_SUPPORT_FILES_H

#include <sys/types.h>

/* A file of that text and mode; a failed assertion where there is none. */
void test_put(const char *path, const char *text, mode_t mode);

/* The bits of its mode; -1: it is not there. */
int test_mode(const char *path);

/* How many names a directory has, "." and ".." among them; 0: it cannot be read. */
int test_entries(const char *dir);

#endif
