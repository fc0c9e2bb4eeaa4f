/* slow_io.c - a library for LD_PRELOAD that says where a program is in writing a file, holds it there, or
 * makes its reads fail; for tests only, never linked into dragnet
 *
 * Moments. The file of DN_IO_MARK (rank 0 writes it) holds "STEP NAME COUNT", the last that has happened:
 *
 *     step      metrics.jsonl was opened, or the last file that was published is whole
 *     create    NAME.part was made             write    half of its first piece was written
 *     flush     all of it, but not flushed     flushed  it was, but is not renamed
 *     renamed   it was, the directory not flushed       synced   that was, too
 *     kept      the second name of the file before became NAME.previous: now it is "step"
 *     removed   NAME, which had no .part then, was removed
 *
 * COUNT is how often that moment has come for that name. With DN_IO_HOLD="STEP NAME COUNT" the process stays
 * there for DN_IO_HOLD_MS, so that a drill can see it and kill.
 *
 * Reads. DN_IO_FAIL_READ="RANK K NAME": on that rank, read K (from 0) of the files whose path ends in NAME
 * and all after it fail with EIO.
 *
 * Changes. DN_IO_CHANGE="K NAME": before a file whose path ends in NAME is opened by fopen() for the K-th
 * time (from 1), its last digit becomes another; the file keeps its size.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum { NAMES = 8, MOMENTS = 9, PATH = 1024 };
enum moment { CREATE, WRITE, FLUSH, FLUSHED, RENAMED, SYNCED, KEPT, REMOVED, STEP };

static const char *const moment_name[MOMENTS] = {"create", "write", "flush",   "flushed", "renamed",
                                                 "synced", "kept",  "removed", "step"};

/* What this process has seen. Files are written by one thread. */
static struct state {
    char name[NAMES][64]; /* of files, without directory and .part */
    long count[NAMES][MOMENTS];
    bool fresh[NAMES]; /* created, nothing written yet */
    int at;            /* the file that was renamed and whose directory is not flushed; -1: none */
    long reads;
} seen = {.at = -1};

/* What the environment says, read before main(): MPI_Init changes it while threads of its own read. */
static struct {
    const char *mark, *hold, *fail_read;
    long hold_ms;
    int rank;
} told;

__attribute__((constructor)) static void be_told(void)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *ms = getenv("DN_IO_HOLD_MS");

    if (rank == NULL)
        rank = getenv("PMI_RANK");
    told.rank = rank != NULL ? atoi(rank) : 0;
    told.mark = getenv("DN_IO_MARK");
    told.hold = getenv("DN_IO_HOLD");
    told.hold_ms = ms != NULL ? atol(ms) : 1000;
    told.fail_read = getenv("DN_IO_FAIL_READ");
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The number of a file without directory and without `end`; -1: too many. */
static int number_of(const char *path, const char *end)
{
    const char *base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    size_t len = strlen(base) - strlen(end);

    if (len >= sizeof seen.name[0])
        return -1;
    for (int i = 0; i < NAMES; i++) {
        if (seen.name[i][0] == '\0')
            memcpy(seen.name[i], base, len);
        if (strncmp(seen.name[i], base, len) == 0 && seen.name[i][len] == '\0')
            return i;
    }
    return -1;
}

static void path_of(int fd, char *out)
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, out, PATH - 1);
    out[n > 0 ? n : 0] = '\0';
}

/* Say that a moment has come, and stay there if told to. */
static void mark(int file, enum moment moment)
{
    char text[80], line[82];
    int fd, old = errno;

    if (told.mark == NULL || file < 0 || told.rank != 0)
        return;
    snprintf(text, sizeof text, "%s %s %ld", moment_name[moment], seen.name[file],
             ++seen.count[file][moment]);
    snprintf(line, sizeof line, "%-80s\n", text);
    fd = REAL(open)(told.mark, O_WRONLY | O_CREAT, 0666);
    if (fd >= 0) {
        if (REAL(pwrite)(fd, line, 81, 0) != 81)
            fprintf(stderr, "slow_io: %s: %s\n", told.mark, strerror(errno));
        close(fd);
    }
    if (told.hold != NULL && strcmp(told.hold, text) == 0) {
        struct timespec t = {told.hold_ms / 1000, told.hold_ms % 1000 * 1000000};
        while (nanosleep(&t, &t) != 0 && errno == EINTR)
            ; /* signals that are handled shorten nothing */
    }
    errno = old;
}

static void opened(const char *path, bool made)
{
    int file;

    if (ends_with(path, "/metrics.jsonl"))
        mark(number_of(path, ""), STEP);
    if (!made || !ends_with(path, ".part"))
        return;
    file = number_of(path, ".part");
    if (file >= 0)
        seen.fresh[file] = true;
    mark(file, CREATE);
}

/* Whether the next piece is the first of a file that was made. */
static int first_piece(int fd)
{
    char path[PATH];
    int file;

    if (told.mark == NULL || told.rank != 0)
        return -1;
    path_of(fd, path);
    if (!ends_with(path, ".part"))
        return -1;
    file = number_of(path, ".part");
    if (file < 0 || !seen.fresh[file])
        return -1;
    seen.fresh[file] = false;
    return file;
}

static bool refused(int fd)
{
    const char *want = told.fail_read;
    char path[PATH];
    int rank, at;
    long k;

    if (want == NULL || sscanf(want, "%d %ld %n", &rank, &k, &at) < 2 || rank != told.rank)
        return false;
    path_of(fd, path);
    if (!ends_with(path, want + at) || seen.reads++ < k)
        return false;
    errno = EIO;
    return true;
}

/* ---- what is interposed ---- */

int open(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode = 0;
    int fd;

    va_start(more, flags);
    if (flags & O_CREAT)
        mode = (mode_t)va_arg(more, unsigned);
    va_end(more);
    fd = REAL(open)(path, flags, mode);
    if (fd >= 0)
        opened(path, (flags & O_CREAT) != 0 && (flags & O_TRUNC) != 0);
    return fd;
}

static void change_last_digit(const char *path)
{
    int fd = REAL(open)(path, O_RDWR);
    off_t at = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    char c = 0;

    while (at > 0 && (c < '0' || c > '9'))
        if (pread(fd, &c, 1, --at) != 1)
            break;
    c = c == '1' ? '0' : c == '0' ? '1' : '7'; /* a label stays one */
    if (fd >= 0 && pwrite(fd, &c, 1, at) != 1)
        perror(path);
    if (fd >= 0)
        close(fd);
}

static void change(const char *path)
{
    static int times;
    const char *wish = getenv("DN_IO_CHANGE"), *name = wish != NULL ? strchr(wish, ' ') : NULL;

    if (name != NULL && ends_with(path, name + 1) && ++times == atoi(wish))
        change_last_digit(path);
}

FILE *fopen(const char *path, const char *mode)
{
    FILE *f;

    if (mode[0] == 'r')
        change(path);
    f = REAL(fopen)(path, mode);
    if (f != NULL)
        opened(path, mode[0] == 'w');
    return f;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    int file = n > 1 ? first_piece(fd) : -1;
    ssize_t half, rest;

    if (file < 0)
        return REAL(pwrite)(fd, data, n, at);
    half = REAL(pwrite)(fd, data, n / 2, at);
    mark(file, WRITE);
    if (half < 0)
        return half;
    rest = REAL(pwrite)(fd, (const char *)data + half, n - (size_t)half, at + half);
    return rest < 0 ? rest : half + rest;
}

ssize_t pwritev(int fd, const struct iovec *piece, int n, off_t at)
{
    int file = n > 1 ? first_piece(fd) : -1;
    ssize_t all = 0;

    if (file < 0)
        return REAL(pwritev)(fd, piece, n, at);
    for (int i = 0; i < n; i++) {
        ssize_t one = REAL(pwrite)(fd, piece[i].iov_base, piece[i].iov_len, at + all);
        if (one < 0)
            return one;
        all += one;
        if (i == 0)
            mark(file, WRITE);
    }
    return all;
}

int fsync(int fd)
{
    char path[PATH];
    bool part, directory;
    int result;

    path_of(fd, path);
    part = ends_with(path, ".part");
    directory = !part && seen.at >= 0;
    if (part)
        mark(number_of(path, ".part"), FLUSH);
    result = REAL(fsync)(fd);
    if (part)
        mark(number_of(path, ".part"), FLUSHED);
    if (directory) {
        int file = seen.at;
        seen.at = -1;
        mark(file, SYNCED);
        if (!ends_with(seen.name[file], "checkpoint.h5"))
            mark(file, STEP);
    }
    return result;
}

int rename(const char *from, const char *to)
{
    int result = REAL(rename)(from, to);

    if (result == 0 && ends_with(from, ".part")) {
        seen.at = number_of(to, "");
        mark(seen.at, RENAMED);
    } else if (ends_with(from, ".kept")) { /* there is none when the first checkpoint is written */
        int file = number_of(from, ".kept"), old = errno;
        mark(file, KEPT);
        mark(file, STEP);
        errno = old;
    }
    return result;
}

int unlink(const char *path)
{
    int result = REAL(unlink)(path);

    if (result == 0 && ends_with(path, "/checkpoint.h5"))
        mark(number_of(path, ""), REMOVED);
    return result;
}

ssize_t read(int fd, void *data, size_t n)
{
    return refused(fd) ? -1 : REAL(read)(fd, data, n);
}

ssize_t pread(int fd, void *data, size_t n, off_t at)
{
    return refused(fd) ? -1 : REAL(pread)(fd, data, n, at);
}

ssize_t preadv(int fd, const struct iovec *piece, int n, off_t at)
{
    return refused(fd) ? -1 : REAL(preadv)(fd, piece, n, at);
}

/* The stream remembers the error, as ferror() is asked for it. */
size_t fread(void *data, size_t size, size_t n, FILE *f)
{
    enum { SEEN_ERROR = 0x20 }; /* _IO_ERR_SEEN of glibc */

    if (!refused(fileno(f)))
        return REAL(fread)(data, size, n, f);
    f->_flags |= SEEN_ERROR;
    return 0;
}
