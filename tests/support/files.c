/* files.c - see files.h */
#include "tests/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include "tests/support/test.h"

void test_put(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL(f);
    if (f != NULL) {
        fputs(text, f);
        fclose(f);
        CU_ASSERT_EQUAL(chmod(path, mode), 0);
    }
}

int test_mode(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (int)(info.st_mode & 07777) : -1;
}

int test_entries(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n;
}
