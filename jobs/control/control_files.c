/* control_files.c - the files of RUN/control; see control_files.h */
#include "jobs/control/control_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>
#include "solvers/base/alloc.h"

enum { MOST_BYTES = 1 << 16 };

/* RUN/control/name in out [DN_CONTROL_PATH]. */
static dn_status path_of(const char *run_dir, const char *name, char *out, dn_error *err)
{
    dn_status st = DN_OK;

    if (snprintf(out, DN_CONTROL_PATH, "%s/control%s%s", run_dir, name[0] != '\0' ? "/" : "", name) >=
        DN_CONTROL_PATH)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", run_dir);
out:
    return st;
}

/* A folder that others can write would let them in; a link could lead anywhere. */
static dn_status own_folder(const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", path, strerror(errno));
    if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
        DN_FAIL(DN_ECANTCREAT, "%s: is not a folder of this user", path);
    if ((info.st_mode & 07777) != 0700 && chmod(path, 0700) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be closed to others: %s", path, strerror(errno));
out:
    return st;
}

dn_status dn_control_folder(const char *run_dir, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_CONTROL_PATH];

    DN_TRY(path_of(run_dir, "", path, err));
    DN_TRY(own_folder(path, err));
    DN_TRY(path_of(run_dir, "allowed", path, err));
    DN_TRY(own_folder(path, err));
out:
    return st;
}

static bool put(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

dn_status dn_control_write(const char *run_dir, const char *name, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_CONTROL_PATH], part[DN_CONTROL_PATH + 8] = "";
    int fd = -1;

    DN_TRY(path_of(run_dir, name, path, err));
    snprintf(part, sizeof part, "%s.part", path);
    unlink(part); /* of a job that was killed: its mode is not known */
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || !put(fd, text) || close(fd) != 0) {
        fd = -1;
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be written: %s", path, strerror(errno));
    }
    fd = -1;
    if (rename(part, path) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be renamed: %s", part, strerror(errno));
out:
    if (fd >= 0)
        close(fd);
    if (st != DN_OK && part[0] != '\0')
        unlink(part);
    return st;
}

void dn_control_remove(const char *run_dir, const char *name)
{
    char path[DN_CONTROL_PATH];

    if (path_of(run_dir, name, path, NULL) == DN_OK)
        unlink(path);
}

dn_status dn_control_read(const char *run_dir, const char *name, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_CONTROL_PATH], *text = NULL;
    FILE *f = NULL;
    size_t n;

    DN_TRY(path_of(run_dir, name, path, err));
    f = fopen(path, "r");
    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    DN_NEW(text, (size_t)MOST_BYTES + 1);
    n = fread(text, 1, MOST_BYTES, f);
    if (n == MOST_BYTES)
        DN_FAIL(DN_EDATA, "%s: is longer than it can be", path);
    *out = text;
    text = NULL;
out:
    if (f != NULL)
        fclose(f);
    dn_free(text);
    return st;
}

/* The form of certificates of CZMQ (zcert). */
dn_status dn_control_keys(const char *run_dir, char *out_public, char *out_secret, dn_error *err)
{
    dn_status st = DN_OK;
    char public_key[DN_CONTROL_KEY], secret_key[DN_CONTROL_KEY], text[320];

    if (zmq_curve_keypair(out_public, out_secret) != 0 || zmq_curve_keypair(public_key, secret_key) != 0)
        DN_FAIL(DN_ESOFTWARE, "no keys: this ZeroMQ was built without CURVE");
    snprintf(text, sizeof text,
             "#   Whoever holds this file can watch and steer the job. Made anew by every start.\n"
             "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
             public_key, secret_key);
    DN_TRY(dn_control_write(run_dir, "client.secret", text, err));
    snprintf(text, sizeof text, "%s\n", public_key);
    DN_TRY(dn_control_write(run_dir, "allowed/client.pub", text, err));
out:
    memset(secret_key, 0, sizeof secret_key);
    return st;
}

/* The key of a file, if it is one that counts. */
static bool read_key(int dir, const char *name, char *key)
{
    char line[64] = "";
    uint8_t raw[32];
    struct stat info;
    ssize_t n = 0;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
        (info.st_mode & 022) == 0)
        n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n < DN_CONTROL_KEY - 1)
        return false;
    line[n] = '\0';
    line[strcspn(line, "\r\n \t")] = '\0';
    if (strlen(line) != DN_CONTROL_KEY - 1 || zmq_z85_decode(raw, line) == NULL)
        return false;
    memcpy(key, line, DN_CONTROL_KEY);
    return true;
}

void dn_control_allowed(const char *run_dir, dn_allow_list *out)
{
    char path[DN_CONTROL_PATH];
    DIR *d = NULL;

    *out = (dn_allow_list){.n = 0};
    if (path_of(run_dir, "allowed", path, NULL) == DN_OK)
        d = opendir(path);
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL && out->n < DN_CONTROL_KEYS; e = readdir(d)) {
        size_t len = strlen(e->d_name);

        if (len <= 4 || len >= DN_CONTROL_KEY_FILE || strcmp(e->d_name + len - 4, ".pub") != 0)
            continue;
        if (read_key(dirfd(d), e->d_name, out->row[out->n].key)) {
            memcpy(out->row[out->n].name, e->d_name, len + 1);
            out->n++;
        }
    }
    closedir(d);
}

int dn_control_find(const dn_allow_list *list, const char *key)
{
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->row[i].key, key) == 0)
            return i;
    return -1;
}
