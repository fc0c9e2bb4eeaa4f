/* ingest_rejected.c - OUTPUT.rejected.tsv: rows that were set aside; see ingest_interactions.h */
#include "mpi/io/ingest_interactions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/delim.h"

/* Lines come with their place in front: number of the set, number of the row. */
enum { PLACE = DN_REJECTED_PLACE };

static const char header[] = "interactions\trow\tdrug\ttarget\treason\n";

enum { NAME = 4096 };

/* OUTPUT.rejected.tsv and what stands behind it in buf [NAME]: no allocation, which could fail after the
 * dataset has got its name. */
static dn_status name_of(const char *output, const char *behind, char *buf, dn_error *err)
{
    dn_status st = DN_OK;

    if (snprintf(buf, NAME, "%s.rejected.tsv%s", output, behind) >= NAME)
        DN_FAIL(DN_ECANTCREAT, "%.200s...: the name is too long", output);
out:
    return st;
}

/* Whether a line is of one of these sets. */
static bool of_set(const char *line, size_t len, const char *const *sets, int n)
{
    const char *tab = memchr(line, '\t', len);
    size_t name = tab != NULL ? (size_t)(tab - line) : len;

    for (int i = 0; i < n; i++)
        if (strlen(sets[i]) == name && memcmp(sets[i], line, name) == 0)
            return true;
    return false;
}

/* Lines of the file that is there, but for those of the sets that are replaced. */
static dn_status copy_old(const char *path, const char *const *replaced, int n, FILE *to, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    char *line;
    size_t len;
    bool more, first = true;

    if (replaced == NULL || access(path, F_OK) != 0)
        goto out;
    DN_TRY(dn_delim_open(path, '\t', &d, err));
    for (;; first = false) {
        DN_TRY(dn_delim_next_line(d, &line, &len, &more, err));
        if (!more)
            break;
        if (!first && !of_set(line, len, replaced, n))
            fprintf(to, "%.*s\n", (int)len, line);
    }
out:
    dn_delim_close(&d);
    return st;
}

static int by_place(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return memcmp(*a, *b, PLACE);
}

/* The new lines by set and row, without their places. */
static dn_status write_new(const dn_strings *lines, FILE *to, dn_error *err)
{
    dn_status st = DN_OK;
    const char **line = NULL; /* [lines->n]  each ends with a line end */
    size_t len;

    DN_NEW(line, (size_t)lines->n);
    for (int64_t i = 0; i < lines->n; i++)
        line[i] = dn_strings_at(lines, i, &len);
    qsort(line, (size_t)lines->n, sizeof *line, by_place);
    for (int64_t i = 0; i < lines->n; i++) {
        const char *text = line[i] + PLACE;
        fwrite(text, 1, strcspn(text, "\n") + 1, to);
    }
out:
    dn_free(line);
    return st;
}

static dn_status write_local(const char *output, const char *const *replaced, int n, const dn_strings *lines,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char path[NAME], part[NAME];
    FILE *to = NULL;

    DN_TRY(name_of(output, "", path, err));
    DN_TRY(name_of(output, ".part", part, err));
    to = fopen(part, "w");
    if (to == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", part, strerror(errno));
    fputs(header, to);
    DN_TRY(copy_old(path, replaced, n, to, err));
    DN_TRY(write_new(lines, to, err));
    errno = 0;
    if (fflush(to) != 0 || ferror(to) || fsync(fileno(to)) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be written: %s", part, errno != 0 ? strerror(errno) : "unknown reason");
out:
    if (to != NULL)
        fclose(to);
    if (st != DN_OK && to != NULL)
        unlink(part);
    return st;
}

dn_status dn_rejected_write(const dn_comm *comm, const char *output, const char *const *replaced, int n,
                            const dn_strings *lines, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings all = {0};

    DN_TRY(dn_gather_strings(comm, lines, &all, err));
    if (comm->rank == 0)
        DN_PASS(write_local(output, replaced, n, &all, err));
    DN_AGREE(comm);
out:
    dn_strings_destroy(&all);
    return st;
}

/* Whether the file holds more than its header. */
static bool has_lines(const char *path)
{
    FILE *f = fopen(path, "r");
    bool more = f != NULL && fseek(f, 0, SEEK_END) == 0 && ftell(f) > (long)(sizeof header - 1);

    if (f != NULL)
        fclose(f);
    return more;
}

static dn_status publish_local(const char *output, dn_error *err)
{
    dn_status st = DN_OK;
    char path[NAME], part[NAME];

    DN_TRY(name_of(output, "", path, err));
    DN_TRY(name_of(output, ".part", part, err));
    if (!has_lines(part)) {
        unlink(part);
        if (unlink(path) != 0 && errno != ENOENT)
            DN_FAIL(DN_EIO, "%s: cannot be removed: %s", path, strerror(errno));
    } else if (rename(part, path) != 0) {
        DN_FAIL(DN_EIO, "%s: cannot be finished: %s", path, strerror(errno));
    }
out:
    return st;
}

dn_status dn_rejected_publish(const dn_comm *comm, const char *output, dn_error *err)
{
    dn_status st = DN_OK;

    if (comm->rank == 0)
        DN_PASS(publish_local(output, err));
    DN_AGREE(comm);
out:
    return st;
}

void dn_rejected_drop(const dn_comm *comm, const char *output)
{
    char part[NAME];

    if (comm->rank == 0 && output != NULL && name_of(output, ".part", part, NULL) == DN_OK)
        unlink(part);
}
