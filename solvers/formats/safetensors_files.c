/* safetensors_files.c - safetensors files in maps, alone or as a set; see safetensors.h */
#define _DEFAULT_SOURCE /* madvise */
#include "solvers/formats/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/text.h"

typedef struct mapped {
    char *path;
    void *map; /* [bytes] */
    size_t bytes;
} mapped;

typedef struct shard {
    mapped file;
    dn_safetensors_header head;
} shard;

struct dn_safetensors {
    char *path;
    int shards;
    shard *shard; /* [shards] */
    int64_t n;
    dn_safetensor *tensor; /* [n] */
    dn_names *index;       /* name to position in tensor */
};

/* ---- maps ---- */

static void unmap(mapped *m)
{
    if (m->map != NULL)
        munmap(m->map, m->bytes);
    dn_free(m->path);
    *m = (mapped){0};
}

/* DIR/NAME where dir is the first `dir` bytes of path, with its '/'. */
static dn_status join(const char *path, size_t dir, const char *name, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len = strlen(name) + 1;

    DN_NEW(*out, dir + len);
    memcpy(*out, path, dir);
    memcpy(*out + dir, name, len);
out:
    return st;
}

static dn_status map_file(const char *path, mapped *out, dn_error *err)
{
    dn_status st = DN_OK;
    mapped m = {0};
    struct stat info;
    int fd = -1;

    DN_TRY(join(path, 0, path, &m.path, err));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        DN_FAIL(DN_ENOINPUT, "%s: is not a regular file", path);
    if (info.st_size == 0)
        DN_FAIL(DN_EDATA, "%s: is empty", path);
    m.bytes = (size_t)info.st_size;
    m.map = mmap(NULL, m.bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (m.map == MAP_FAILED) {
        m.map = NULL;
        DN_FAIL(DN_EIO, "%s: cannot be mapped: %s", path, strerror(errno));
    }
    *out = m;
    m = (mapped){0};
out:
    if (fd >= 0)
        close(fd);
    unmap(&m);
    return st;
}

/* ---- the index of a set ---- */

/* Shards lie beside their index: a name with a folder in it could be any file of the machine. */
static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) < 256;
}

/* The files of an index in the order of their first tensor; *out_files is a table of names. */
static dn_status list_shards(const char *path, const dn_json *map, dn_strings *out_files, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *seen = NULL;
    const dn_json *value;
    const char *key;
    void *it = NULL;

    DN_TRY(dn_names_create(&seen, err));
    if (dn_json_kind_of(map) != DN_JSON_OBJECT || dn_json_count(map) == 0)
        DN_FAIL(DN_EDATA, "%s: has no weight_map, which says where each tensor is", path);
    while (dn_json_next(map, &it, &key, &value)) {
        const char *file = dn_json_to_string(value);
        int64_t at;

        if (file == NULL || !is_plain_name(file))
            DN_FAIL(DN_EDATA, "%s: tensor '%.120s' is said to be in '%.60s', which is no file of this folder",
                    path, key, file != NULL ? file : "(no text)");
        DN_TRY(dn_names_add(seen, file, strlen(file), out_files->n, &at, err));
        if (at == out_files->n)
            DN_TRY(dn_strings_add(out_files, file, strlen(file), err));
        if (out_files->n > DN_SAFETENSORS_SHARDS)
            DN_FAIL(DN_EDATA, "%s: names more than %d files", path, DN_SAFETENSORS_SHARDS);
    }
out:
    dn_names_destroy(&seen);
    return st;
}

static dn_status read_index(const char *name, const char *text, size_t len, dn_json **out_root,
                            dn_strings *out_files, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_json_read(name, text, len, out_root, err));
    DN_TRY(list_shards(name, dn_json_get(*out_root, "weight_map"), out_files, err));
out:
    return st;
}

dn_status dn_safetensors_index(const char *name, const char *text, size_t len, dn_strings *out, dn_error *err)
{
    dn_json *root = NULL;
    dn_status st = read_index(name, text, len, &root, out, err);

    dn_json_destroy(&root);
    return st;
}

/* ---- a set ---- */

static dn_status open_shard(dn_safetensors *s, const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    shard *h = &s->shard[s->shards];

    s->shards++; /* what is half made is released with the rest */
    DN_TRY(map_file(path, &h->file, err));
    DN_TRY(dn_safetensors_parse(path, h->file.map, h->file.bytes, (int64_t)h->file.bytes, &h->head, err));
    s->n += h->head.n;
out:
    return st;
}

/* One table of all tensors, their data, and where each name is in it. */
static dn_status join_tensors(dn_safetensors *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0;

    DN_NEW(s->tensor, (size_t)s->n);
    DN_TRY(dn_names_create(&s->index, err));
    for (int f = 0; f < s->shards; f++)
        for (int64_t i = 0; i < s->shard[f].head.n; i++) {
            dn_safetensor *t = &s->tensor[n];
            int64_t at;

            *t = s->shard[f].head.tensor[i];
            t->file = f;
            t->data = (const char *)s->shard[f].file.map + t->offset;
            DN_TRY(dn_names_add(s->index, t->name, strlen(t->name), n, &at, err));
            if (at != n)
                DN_FAIL(DN_EDATA, "%s: tensor '%.120s' is in %s, too", s->shard[f].file.path, t->name,
                        s->shard[s->tensor[at].file].file.path);
            n++;
        }
out:
    return st;
}

/* The index and the files agree on which tensor is where. */
static dn_status check_index(const dn_safetensors *s, size_t dir, const dn_json *map, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *value;
    const char *key;
    void *it = NULL;

    while (dn_json_next(map, &it, &key, &value)) {
        const dn_safetensor *t = dn_safetensors_find(s, key);

        if (t == NULL || strcmp(dn_safetensors_file(s, t) + dir, dn_json_to_string(value)) != 0)
            DN_FAIL(DN_EDATA, "%s: tensor '%.120s' is not in '%.60s', where the index says it is", s->path,
                    key, dn_json_to_string(value));
    }
    if (dn_json_count(map) != s->n)
        for (int64_t i = 0; i < s->n; i++)
            if (dn_json_get(map, s->tensor[i].name) == NULL)
                DN_FAIL(DN_EDATA, "%s: tensor '%.120s' of %s is not in the index", s->path, s->tensor[i].name,
                        dn_safetensors_file(s, &s->tensor[i]));
out:
    return st;
}

static dn_status open_set(dn_safetensors *s, dn_error *err)
{
    dn_status st = DN_OK;
    const char *slash = strrchr(s->path, '/');
    size_t dir = slash != NULL ? (size_t)(slash - s->path) + 1 : 0;
    dn_json *root = NULL;
    dn_strings files = {0};
    mapped index = {0};
    char *path = NULL;
    char name[256];

    DN_TRY(map_file(s->path, &index, err));
    if (index.bytes > DN_SAFETENSORS_HEADER)
        DN_FAIL(DN_EDATA, "%s: %zu bytes are too many for an index (at most %d)", s->path, index.bytes,
                (int)DN_SAFETENSORS_HEADER);
    DN_TRY(read_index(s->path, index.map, index.bytes, &root, &files, err));
    DN_NEW(s->shard, (size_t)files.n);
    for (int64_t i = 0; i < files.n; i++) {
        DN_TRY(join(s->path, dir, dn_strings_copy(&files, i, name, sizeof name), &path, err));
        DN_TRY(open_shard(s, path, err));
        dn_free(path);
        path = NULL;
    }
    DN_TRY(join_tensors(s, err));
    DN_TRY(check_index(s, dir, dn_json_get(root, "weight_map"), err));
out:
    dn_free(path);
    dn_strings_destroy(&files);
    dn_json_destroy(&root);
    unmap(&index);
    return st;
}

/* What stands at path: the file itself, or the one of a folder. */
static dn_status choose_path(const char *path, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const names[] = {"/model.safetensors", "/model.safetensors.index.json"};
    struct stat info;

    if (stat(path, &info) != 0)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode)) {
        DN_TRY(join(path, 0, path, out, err));
        goto out;
    }
    for (int i = 0; i < 2; i++) {
        DN_TRY(join(path, strlen(path), names[i], out, err));
        if (stat(*out, &info) == 0)
            goto out;
        dn_free(*out);
        *out = NULL;
    }
    DN_FAIL(DN_ENOINPUT, "%s: holds neither model.safetensors nor model.safetensors.index.json", path);
out:
    return st;
}

static bool is_index(const char *path)
{
    size_t len = strlen(path);

    return len >= 5 && strcmp(path + len - 5, ".json") == 0;
}

dn_status dn_safetensors_open(const char *path, dn_safetensors **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_safetensors *s = NULL;

    DN_NEW(s, 1);
    DN_TRY(choose_path(path, &s->path, err));
    if (is_index(s->path)) {
        DN_TRY(open_set(s, err));
    } else {
        DN_NEW(s->shard, 1);
        DN_TRY(open_shard(s, s->path, err));
        DN_TRY(join_tensors(s, err));
    }
    *out = s;
    s = NULL;
out:
    dn_safetensors_close(&s);
    return st;
}

void dn_safetensors_close(dn_safetensors **s)
{
    if (*s == NULL)
        return;
    for (int i = 0; i < (*s)->shards; i++) {
        dn_safetensors_header_destroy(&(*s)->shard[i].head);
        unmap(&(*s)->shard[i].file);
    }
    dn_names_destroy(&(*s)->index);
    dn_free((*s)->tensor);
    dn_free((*s)->shard);
    dn_free((*s)->path);
    dn_free(*s);
    *s = NULL;
}

int64_t dn_safetensors_count(const dn_safetensors *s)
{
    return s->n;
}

const dn_safetensor *dn_safetensors_at(const dn_safetensors *s, int64_t i)
{
    return &s->tensor[i];
}

const dn_safetensor *dn_safetensors_find(const dn_safetensors *s, const char *name)
{
    int64_t at = dn_names_find(s->index, name, strlen(name));

    return at >= 0 ? &s->tensor[at] : NULL;
}

void dn_safetensors_rest(const dn_safetensors *s)
{
    /* of a shared map of a file: nothing is lost; that it is advice only is fine */
    for (int i = 0; i < s->shards; i++)
        (void)madvise(s->shard[i].file.map, s->shard[i].file.bytes, MADV_DONTNEED);
}

const char *dn_safetensors_path(const dn_safetensors *s)
{
    return s->path;
}

const char *dn_safetensors_file(const dn_safetensors *s, const dn_safetensor *t)
{
    return s->shard[t->file].file.path;
}
