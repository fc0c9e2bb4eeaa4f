/* text_file.c - a text file that is complete or not there; see text_file.h */
#include "jobs/cli/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "solvers/base/alloc.h"

enum { BUFFER = 1 << 16, LOOK = 1000 }; /* bytes; rows between two looks at how long a file will be */

dn_status dn_text_file_open(dn_text_file *out, const char *dir, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    size_t room = (dir != NULL ? strlen(dir) + 1 : 0) + strlen(name) + sizeof ".part";

    DN_NEW(t.path, room);
    DN_NEW(t.part, room);
    DN_NEW(t.buffer, BUFFER);
    snprintf(t.path, room, "%s%s%s", dir != NULL ? dir : "", dir != NULL ? "/" : "", name);
    snprintf(t.part, room, "%s.part", t.path);
    t.to = fopen(t.part, "w");
    if (t.to == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", t.part, strerror(errno));
    t.made = true;
    setvbuf(t.to, t.buffer, _IOFBF, BUFFER);
    *out = t;
    t = (dn_text_file){0};
out:
    dn_text_file_close(&t);
    return st;
}

/* The name of the file is safe on disk only when its directory is. A file system that cannot flush one is no
 * reason to throw the file away. */
static void flush_directory(char *path)
{
    int fd = open(dirname(path), O_RDONLY);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

void dn_text_file_row(dn_text_file *t, int64_t i, int64_t n)
{
    off_t at = i % LOOK == 0 ? ftello(t->to) : 0;

    if (at > 0)
        t->expected = (int64_t)((double)at / (double)(i + 1) * (double)n);
}

/* The disk is full, or a limit is reached: how much there is to write. A write that failed some time ago has
 * left no reason behind; then it is no room when there is none for what is expected. */
static dn_status refuse(const dn_text_file *t, int why, dn_error *err)
{
    dn_status st = DN_OK;
    struct statvfs disk = {0};
    struct stat file = {0};
    int fd = fileno(t->to);
    bool known = fstatvfs(fd, &disk) == 0 && fstat(fd, &file) == 0;
    long long room = (long long)(disk.f_bavail * disk.f_frsize) + (long long)file.st_blocks * 512;

    if (why == 0 && known && t->expected > room)
        why = ENOSPC;
    if (t->expected > 0 && (why == ENOSPC || why == EDQUOT || why == EFBIG))
        DN_FAIL(DN_EIO, "%s: no room for about %lld bytes, %lld are free: %s", t->path,
                (long long)t->expected, room, strerror(why));
    DN_FAIL(DN_EIO, "%s: cannot be written: %s", t->path, why != 0 ? strerror(why) : "unknown reason");
out:
    return st;
}

dn_status dn_text_file_commit(dn_text_file *t, dn_error *err)
{
    dn_status st = DN_OK;
    int closed;

    errno = 0;
    if (fflush(t->to) != 0 || ferror(t->to) || fsync(fileno(t->to)) != 0)
        DN_TRY(refuse(t, errno, err));
    closed = fclose(t->to);
    t->to = NULL;
    if (closed != 0 || rename(t->part, t->path) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be finished: %s", t->path, strerror(errno));
    t->made = false;
    flush_directory(t->path);
out:
    dn_text_file_close(t);
    return st;
}

void dn_text_file_close(dn_text_file *t)
{
    if (t->to != NULL)
        fclose(t->to);
    if (t->made)
        unlink(t->part);
    dn_free(t->path);
    dn_free(t->part);
    dn_free(t->buffer);
    *t = (dn_text_file){0};
}

dn_status dn_text_file_write(const char *path, const char *text, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};

    DN_TRY(dn_text_file_open(&t, NULL, path, err));
    fputs(text, t.to);
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

dn_status dn_text_file_json(const char *dir, const char *name, const dn_json *root, int indent, dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file t = {0};
    char *text = NULL;

    DN_TRY(dn_json_text(root, indent, &text, err));
    DN_TRY(dn_text_file_open(&t, dir, name, err));
    fprintf(t.to, "%s\n", text);
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    dn_free(text);
    return st;
}
