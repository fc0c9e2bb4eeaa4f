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
#include "jobs/control/protocol.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/base/text.h"

enum { MOST_BYTES = 1 << 16, NAME = 96 /* of a file, with .part */ };

void dn_control_wipe(void *secret, size_t bytes)
{
    volatile unsigned char *at = secret; /* a memset() before the end of a life is left out by compilers */

    for (size_t i = 0; i < bytes; i++)
        at[i] = 0;
}

/* ---- the folders ---- */

/* A folder in a folder, which must be ours: one that others can write would let them in. A link is none: it
 * could lead anywhere. */
static dn_status open_own(int in, const char *name, const char *path, bool make, int *out, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    if (make && mkdirat(in, name, 0700) != 0 && errno != EEXIST)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", path, strerror(errno));
    *out = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*out < 0 && errno == ENOENT)
        DN_FAIL(DN_ENOINPUT, "%s: there is none", path);
    if (*out < 0 && errno == EACCES)
        DN_FAIL(DN_ENOPERM, "%s: may not be entered: %s", path, strerror(errno));
    if (*out < 0 || fstat(*out, &info) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s: is not a folder of this user: %s", path, strerror(errno));
    if (info.st_uid != geteuid())
        DN_FAIL(DN_ENOPERM, "%s: is not a folder of this user, but of user %ld", path, (long)info.st_uid);
out:
    return st;
}

static bool is_open_to_others(const dn_control_files *f)
{
    struct stat info;

    return fstat(f->run, &info) == 0 && (info.st_mode & 077) != 0;
}

static bool set_mode(int fd, mode_t mode)
{
    struct stat info;

    return fstat(fd, &info) == 0 && ((info.st_mode & 07777) == mode || fchmod(fd, mode) == 0);
}

/* server.json and the folder are as open as RUN is now, and closed where that is closed. */
static bool follow_run(const dn_control_files *f, bool open)
{
    int fd = openat(f->folder, "server.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0) {
        (void)set_mode(fd, open ? 0644 : 0600);
        close(fd);
    }
    return set_mode(f->folder, open ? 0755 : 0700);
}

static dn_status open_run(const char *run_dir, dn_control_files *f, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;

    if (snprintf(f->run_dir, sizeof f->run_dir, "%s", run_dir) >= (int)sizeof f->run_dir - 64)
        DN_FAIL(DN_ECANTCREAT, "%.60s...: the path is too long", run_dir);
    f->run = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->run < 0 && errno == EACCES)
        DN_FAIL(DN_ENOPERM, "%s: cannot be read: %s", run_dir, strerror(errno));
    if (f->run < 0)
        DN_FAIL(DN_ENOINPUT, "%s: %s", run_dir,
                errno == ENOENT ? "there is no such directory" : strerror(errno));
    if (fstat(f->run, &info) == 0 && (info.st_mode & 022) != 0)
        dn_log(DN_WARN, "control", "the run directory can be written by others", "directory=\"%s\" mode=%04o",
               run_dir, (unsigned)(info.st_mode & 07777));
out:
    return st;
}

dn_status dn_control_files_open(const char *run_dir, bool make, dn_control_files *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_control_files f = DN_CONTROL_FILES_INIT;
    char path[DN_CONTROL_PATH + 32];

    *out = f;
    DN_TRY(open_run(run_dir, &f, err));
    snprintf(path, sizeof path, "%s/control", run_dir);
    DN_TRY(open_own(f.run, "control", path, make, &f.folder, err));
    if (!follow_run(&f, is_open_to_others(&f)))
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be closed to others: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/control/allowed", run_dir);
    DN_TRY(open_own(f.folder, "allowed", path, true, &f.allowed, err));
    if (!set_mode(f.allowed, 0700))
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be closed to others: %s", path, strerror(errno));
    *out = f;
    f = (dn_control_files)DN_CONTROL_FILES_INIT;
out:
    dn_control_files_close(&f);
    return st;
}

void dn_control_files_close(dn_control_files *f)
{
    int *const all[] = {&f->allowed, &f->folder, &f->run};

    for (int i = 0; i < 3; i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}

/* ---- files that are written ---- */

/* The folder of a name, and what it is called there. */
static int folder_of(const dn_control_files *f, const char **name)
{
    if (strncmp(*name, "allowed/", 8) != 0)
        return f->folder;
    *name += 8;
    return f->allowed;
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

/* What tells nothing but where the job is and how far. */
static bool is_public(const char *name)
{
    return strcmp(name, "server.json") == 0 || strcmp(name, "heartbeat.json") == 0;
}

dn_status dn_control_write(const dn_control_files *f, const char *name, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    const char *base = name;
    int in = folder_of(f, &base), fd = -1, bad;
    char part[NAME] = "";
    mode_t mode = 0600;

    if (is_public(name) && is_open_to_others(f))
        mode = 0644;
    if (is_public(name))
        (void)follow_run(f, mode == 0644);
    if (snprintf(part, sizeof part, "%s.part", base) >= (int)sizeof part)
        DN_FAIL(DN_ECANTCREAT, "%s/control/%.80s...: the name is too long", f->run_dir, name);
    (void)unlinkat(in, part, 0); /* of a job that was killed: its mode is not known */
    fd = openat(in, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || !set_mode(fd, mode) || !put(fd, text))
        DN_FAIL(DN_ECANTCREAT, "%s/control/%s: cannot be written: %s", f->run_dir, name, strerror(errno));
    bad = close(fd);
    fd = -1;
    if (bad != 0)
        DN_FAIL(DN_ECANTCREAT, "%s/control/%s: cannot be written: %s", f->run_dir, name, strerror(errno));
    if (renameat(in, part, in, base) != 0)
        DN_FAIL(DN_ECANTCREAT, "%s/control/%s: cannot be renamed: %s", f->run_dir, part, strerror(errno));
out:
    if (fd >= 0)
        close(fd);
    if (st != DN_OK && part[0] != '\0')
        (void)unlinkat(in, part, 0);
    return st;
}

void dn_control_remove(const dn_control_files *f, const char *name)
{
    const char *base = name;
    int in = folder_of(f, &base);
    char part[NAME];

    (void)unlinkat(in, base, 0);
    if (snprintf(part, sizeof part, "%s.part", base) < (int)sizeof part)
        (void)unlinkat(in, part, 0);
}

static void remove_all(const char *run_dir, bool folders)
{
    static const char *const all[] = {"server.json", "client.secret", "allowed/client.pub", "heartbeat.json"};
    dn_control_files f = DN_CONTROL_FILES_INIT;

    if (dn_control_files_open(run_dir, false, &f, NULL) != DN_OK)
        return;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        dn_control_remove(&f, all[i]);
    if (folders && unlinkat(f.folder, "allowed", AT_REMOVEDIR) == 0)
        (void)unlinkat(f.run, "control", AT_REMOVEDIR);
    dn_control_files_close(&f);
}

void dn_control_forget(const char *run_dir)
{
    remove_all(run_dir, false);
}

void dn_control_erase(const char *run_dir)
{
    remove_all(run_dir, true);
}

/* ---- files of any run ---- */

static bool is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

dn_status dn_control_find_run(const char *run, char out[DN_CONTROL_PATH], dn_error *err)
{
    dn_status st = DN_OK;
    char parts[DN_CONTROL_PATH];

    if (snprintf(parts, sizeof parts, "%s.parts", run) >= (int)sizeof parts)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", run);
    snprintf(out, DN_CONTROL_PATH, "%s", !is_directory(run) && is_directory(parts) ? parts : run);
out:
    return st;
}

/* Whose word counts: who owns RUN, who asks, and who may do everything anyway. */
static bool is_trusted(const char *run_dir, uid_t owner)
{
    struct stat info;

    return owner == geteuid() || owner == 0 || (stat(run_dir, &info) == 0 && info.st_uid == owner);
}

static dn_status open_any(const char *run_dir, const char *name, int *out, dn_error *err)
{
    dn_status st = DN_OK;
    char path[DN_CONTROL_PATH];
    struct stat info;
    int folder = -1;

    if (snprintf(path, sizeof path, "%s/control", run_dir) >= (int)sizeof path)
        DN_FAIL(DN_ENOINPUT, "%.60s...: the path is too long", run_dir);
    folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        DN_FAIL(errno == EACCES ? DN_ENOPERM : DN_ENOINPUT, "%s: cannot be read: %s", path, strerror(errno));
    if (fstat(folder, &info) != 0 || !is_trusted(run_dir, info.st_uid))
        DN_FAIL(DN_ENOPERM, "%s: belongs to user %ld, who does not own the run: it is not believed", path,
                (long)info.st_uid);
    *out = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*out < 0)
        DN_FAIL(errno == EACCES ? DN_ENOPERM : DN_ENOINPUT, "%s/%s: cannot be read: %s", path, name,
                strerror(errno));
out:
    if (folder >= 0)
        close(folder);
    return st;
}

dn_status dn_control_read(const char *run_dir, const char *name, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;
    size_t len = 0;
    ssize_t n = 1;
    int fd = -1;

    DN_TRY(open_any(run_dir, name, &fd, err));
    DN_NEW(text, (size_t)MOST_BYTES + 1);
    while (len < MOST_BYTES && n > 0) {
        n = read(fd, text + len, MOST_BYTES - len);
        if (n < 0)
            DN_FAIL(DN_ENOINPUT, "%s/control/%s: cannot be read: %s", run_dir, name, strerror(errno));
        len += (size_t)n;
    }
    if (len == MOST_BYTES)
        DN_FAIL(DN_EDATA, "%s/control/%s: is longer than it can be", run_dir, name);
    *out = text;
    text = NULL;
out:
    if (fd >= 0)
        close(fd);
    dn_free(text);
    return st;
}

/* ---- keys ---- */

typedef enum verdict { COUNTS, DOES_NOT, UNKNOWN } verdict;

/* The key of an open file; otherwise why it does not count. */
static verdict read_open(int fd, char *key, const char **why)
{
    char line[64] = "";
    uint8_t raw[32];
    struct stat info;
    ssize_t n;

    *why = "it is not a file of this user";
    if (fstat(fd, &info) != 0)
        return UNKNOWN;
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
        return DOES_NOT;
    *why = "others can write it";
    if ((info.st_mode & 022) != 0)
        return DOES_NOT;
    n = read(fd, line, sizeof line - 1);
    if (n < 0)
        return UNKNOWN;
    *why = "its first line is no key";
    line[strcspn(line, "\r\n \t")] = '\0';
    if (strlen(line) != DN_CONTROL_KEY - 1 || zmq_z85_decode(raw, line) == NULL)
        return DOES_NOT;
    memcpy(key, line, DN_CONTROL_KEY);
    return COUNTS;
}

/* One that is not there, a link, or closed to ourselves is an answer; no descriptor left, or a server that
 * does not answer, is none. */
static verdict read_key(int dir, const char *file, char *key, const char **why)
{
    int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    verdict v;

    if (fd < 0) {
        *why = errno == ELOOP ? "it is a link" : errno == EACCES ? "it cannot be read" : "it is gone";
        return errno == ELOOP || errno == EACCES || errno == ENOENT || errno == ENXIO ? DOES_NOT : UNKNOWN;
    }
    v = read_open(fd, key, why);
    close(fd);
    return v;
}

/* The form of certificates of CZMQ (zcert). */
dn_status dn_control_keys(dn_control_files *f, char *out_public, char *out_secret, dn_error *err)
{
    dn_status st = DN_OK;
    char public_key[DN_CONTROL_KEY], secret_key[DN_CONTROL_KEY], text[320] = "", back[DN_CONTROL_KEY] = "";
    const char *why = "it cannot be read";

    if (zmq_curve_keypair(out_public, out_secret) != 0 || zmq_curve_keypair(public_key, secret_key) != 0)
        DN_FAIL(DN_ESOFTWARE, "no keys: this ZeroMQ was built without CURVE");
    snprintf(text, sizeof text,
             "#   Whoever holds this file can watch and steer the job. Made anew by every start.\n"
             "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
             public_key, secret_key);
    DN_TRY(dn_control_write(f, "client.secret", text, err));
    snprintf(text, sizeof text, "%s\n", public_key);
    DN_TRY(dn_control_write(f, "allowed/client.pub", text, err));
    if (read_key(f->allowed, "client.pub", back, &why) != COUNTS)
        DN_FAIL(DN_ECANTCREAT, "%s/control/allowed/client.pub: the job's own key would not be let in: %s",
                f->run_dir, why);
out:
    dn_control_wipe(secret_key, sizeof secret_key);
    dn_control_wipe(text, sizeof text);
    return st;
}

/* ---- the allow-list ---- */

/* One look at the folder. */
typedef struct look {
    dn_allow_list list;
    uint64_t trouble; /* hash of what does not count, and why */
    bool aloud;       /* say it */
} look;

static void does_not_count(look *l, const char *file, const char *why)
{
    char seen[DN_CONTROL_KEY_FILE];

    l->trouble += dn_hash(file, strlen(file)) ^ dn_hash(why, strlen(why));
    (void)dn_text_printable(file, seen, sizeof seen);
    if (l->aloud)
        dn_log(DN_WARN, "control", "a key does not count", "file=\"allowed/%s\" why=\"%s\"", seen, why);
}

/* Whether it could be read. */
static bool add_key(int dir, const char *file, look *l)
{
    char key[DN_CONTROL_KEY] = "";
    const char *why = "";
    size_t len = strlen(file);
    int n = l->list.n;
    verdict v;

    if (len <= 4 || strcmp(file + len - 4, ".pub") != 0 || file[0] == '.')
        return true;
    v = read_key(dir, file, key, &why);
    if (v != COUNTS) {
        does_not_count(l, file, why);
        return v == DOES_NOT;
    }
    if (n == DN_CONTROL_KEYS) {
        does_not_count(l, file, "there are 64 before it");
        return true;
    }
    snprintf(l->list.row[n].name, DN_CONTROL_KEY_FILE, "%.*s", (int)(len < 64 ? len - 4 : 63), file);
    if (len >= DN_CONTROL_KEY_FILE || !dn_protocol_is_name(l->list.row[n].name)) {
        does_not_count(l, file, "its name is not of A-Z a-z 0-9 . _ : - alone, or too long");
        return true;
    }
    memcpy(l->list.row[n].key, key, sizeof key);
    l->list.n++;
    return true;
}

/* The job's own key first: it has its place whatever else is there. */
static bool look_at_keys(const dn_control_files *f, look *l)
{
    int fd = openat(f->allowed, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    bool sound = d != NULL;
    struct stat info;

    if (d == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (fstatat(f->allowed, "client.pub", &info, AT_SYMLINK_NOFOLLOW) == 0)
        sound = add_key(f->allowed, "client.pub", l);
    errno = 0;
    for (struct dirent *e = readdir(d); e != NULL && sound; e = readdir(d)) {
        if (strcmp(e->d_name, "client.pub") != 0)
            sound = add_key(f->allowed, e->d_name, l);
        errno = 0;
    }
    sound = sound && errno == 0;
    closedir(d);
    return sound;
}

bool dn_control_allowed(dn_control_files *f, dn_allow_list *out)
{
    enum { UNREADABLE = 1 };
    look l = {.aloud = false}, again = {.aloud = true};

    if (!look_at_keys(f, &l)) {
        if (f->told != UNREADABLE)
            dn_log(DN_WARN, "control", "the allow-list cannot be read now: nobody new is let in",
                   "directory=\"%s/control/allowed\" why=\"%s\"", f->run_dir, strerror(errno));
        f->told = UNREADABLE;
        return false;
    }
    if (l.trouble != 0 && l.trouble != f->told)
        (void)look_at_keys(f, &again);
    f->told = l.trouble;
    *out = l.list;
    return true;
}

int dn_control_find(const dn_allow_list *list, const char *key)
{
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->row[i].key, key) == 0)
            return i;
    return -1;
}
