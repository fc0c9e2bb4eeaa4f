/* directory.c - the directory that a run writes into; see directory.h */
#include "jobs/cli/run/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/log.h"

enum { PATH_CAP = 1200 };

dn_status dn_directory_make(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    char part[PATH_CAP];
    int why = 0;

    if (snprintf(part, sizeof part, "%s/", path) >= (int)sizeof part)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", path);
    for (char *c = part + 1; *c != '\0'; c++)
        if (*c == '/') {
            bool last = c[strspn(c, "/")] == '\0';

            *c = '\0';
            if (mkdir(part, last ? 0700 : 0777) != 0 && errno != EEXIST) /* stat() has the last word */
                why = errno;
            *c = '/';
        }
    if (stat(path, &info) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be made: %s", path, strerror(why != 0 ? why : errno));
    if (!S_ISDIR(info.st_mode))
        DN_FAIL(DN_ECANTCREAT, "%s: is not a directory", path);
out:
    return st;
}

/* What a run that was killed may leave before it has anything to leave; control/ tells nothing of results. */
static bool is_trace(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lock") == 0 ||
           strcmp(name, "checkpoint.h5.part") == 0 || strcmp(name, "control") == 0;
}

dn_status dn_directory_empty(const char *path, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    DIR *d = opendir(path);

    *out = true;
    if (d == NULL)
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        if (!is_trace(e->d_name))
            *out = false;
out:
    if (d != NULL)
        closedir(d);
    return st;
}

dn_status dn_directory_claim(const char *path, const char *config_path, const char *config, bool force,
                             const char *area, bool *out_made, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    bool empty;

    *out_made = stat(path, &info) != 0;
    DN_TRY(dn_directory_make(path, err));
    DN_TRY(dn_directory_empty(path, &empty, err));
    if (empty || force)
        goto out;
    if (!dn_file_equals(config_path, config))
        DN_FAIL(DN_ECANTCREAT, "%s: holds other files, or a run with other options; --force goes ahead",
                path);
    dn_log(DN_INFO, area, "an unfinished run is computed anew", "output=%s", path);
out:
    return st;
}

dn_status dn_directory_clear(const char *path, bool (*ours)(const char *name), dn_error *err)
{
    dn_status st = DN_OK;
    char file[PATH_CAP];
    DIR *d = opendir(path);

    if (d == NULL)
        DN_FAIL(DN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (!ours(e->d_name) || snprintf(file, sizeof file, "%s/%s", path, e->d_name) >= (int)sizeof file)
            continue;
        if (unlink(file) != 0)
            DN_FAIL(DN_ECANTCREAT, "%s: cannot be removed: %s", file, strerror(errno));
    }
out:
    if (d != NULL)
        closedir(d);
    return st;
}

dn_status dn_file_print(const char *path, FILE *to, dn_error *err)
{
    dn_status st = DN_OK;
    FILE *f = fopen(path, "r");
    char piece[4096];
    size_t len;

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    while ((len = fread(piece, 1, sizeof piece, f)) > 0)
        fwrite(piece, 1, len, to);
out:
    if (f != NULL)
        fclose(f);
    return st;
}

dn_status dn_stdout_end(const char *dir, dn_error *err)
{
    dn_status st = DN_OK;

    if (fflush(stdout) != 0 || ferror(stdout))
        DN_FAIL(DN_EIO, "stdout: writing failed; the results are complete in %s", dir);
out:
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
