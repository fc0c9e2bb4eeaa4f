/* directory.c - the directory that a run writes into; see directory.h */
#include "jobs/cli/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_CAP = 1200 };

dn_status dn_directory_make(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    char part[PATH_CAP];

    if (snprintf(part, sizeof part, "%s/", path) >= (int)sizeof part)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", path);
    for (char *c = part + 1; *c != '\0'; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(part, 0777); /* one that is there already is fine; stat() has the last word */
            *c = '/';
        }
    if (stat(path, &info) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be made: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        DN_FAIL(DN_ECANTCREAT, "%s: is not a directory", path);
out:
    return st;
}

dn_status dn_directory_empty(const char *path, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    DIR *d = opendir(path);

    *out = true;
    if (d == NULL)
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            *out = false;
out:
    if (d != NULL)
        closedir(d);
    return st;
}

bool dn_file_equals(const char *path, const char *text)
{
    FILE *f = fopen(path, "r");
    bool same = f != NULL;
    int c = 0;

    for (; same && *text != '\0'; text++) {
        c = fgetc(f);
        same = c == (unsigned char)*text;
    }
    same = same && fgetc(f) == EOF;
    if (f != NULL)
        fclose(f);
    return same;
}
