/* cmd_synth_esm.c - dragnet synth --esm-weights; see cmd_synth_esm.h
 *
 * The file named by --output comes last: where it stands, config.json and the shards are complete. Its first
 * bytes hold all that determines the content, so they say whether a file that is there is the one asked for.
 */
#include "jobs/cli/data/cmd_synth_esm.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jobs/cli/text_file.h"
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/base/log.h"
#include "solvers/esm/generate.h"
#include "solvers/formats/safetensors_write.h"

enum { CHUNK = 1 << 16, PATH_CAP = 4096 };
#define INDEX_END ".safetensors.index.json"

typedef struct job {
    const char *path;
    dn_esm_config config;
    dn_safetensors_type type;
    const char *size, *dtype;
    int64_t shards;
    uint64_t seed;
    bool sparse, force;
    char *recipe; /* all that determines the content, as one line of JSON */
} job;

/* ---- options ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

static dn_status read_options(const dn_options *o, job *j, dn_error *err)
{
    dn_status st = DN_OK;

    j->path = dn_options_text(o, "output");
    j->size = dn_options_text(o, "esm-weights");
    j->dtype = dn_options_text(o, "dtype");
    j->type = strcmp(j->dtype, "f32") == 0   ? DN_SAFETENSORS_F32
              : strcmp(j->dtype, "f16") == 0 ? DN_SAFETENSORS_F16
                                             : DN_SAFETENSORS_BF16;
    j->shards = dn_options_int(o, "shards");
    j->seed = (uint64_t)dn_options_int(o, "seed");
    j->sparse = dn_options_flag(o, "sparse");
    j->force = dn_options_flag(o, "force");
    DN_TRY(dn_esm_config_parse(j->size, &j->config, err));
    if (strlen(j->path) + 32 > PATH_CAP)
        DN_FAIL(DN_EUSAGE, "--output is too long a name");
    if (j->shards > 1 && !ends_with(j->path, INDEX_END))
        DN_FAIL(DN_EUSAGE, "--output %s: with --shards it names the index, such as model" INDEX_END, j->path);
    if (j->shards == 1 && !ends_with(j->path, ".safetensors"))
        DN_FAIL(DN_EUSAGE, "--output %s: wanted a name that ends with .safetensors", j->path);
    if (j->shards > dn_esm_tensors(&j->config))
        DN_FAIL(DN_EUSAGE, "--shards %lld: the model has %lld tensors", (long long)j->shards,
                (long long)dn_esm_tensors(&j->config));
out:
    return st;
}

static dn_status write_recipe(job *j, dn_error *err)
{
    dn_json *c = dn_json_create();

    dn_json_string(c, "command", "synth");
    dn_json_string(c, "esm_weights", j->size);
    dn_json_int(c, "heads", j->config.heads);
    dn_json_string(c, "dtype", j->dtype);
    dn_json_bool(c, "sparse", j->sparse);
    dn_json_int(c, "shards", j->shards);
    dn_json_int(c, "seed", (int64_t)j->seed);
    return dn_json_end(&c, 0, &j->recipe, err);
}

/* ---- what is there already ---- */

/* Whether path begins with text [len] and, with bytes >= 0, is of that size. */
static bool begins_with(const char *path, const char *text, size_t len, int64_t bytes)
{
    FILE *f = fopen(path, "rb");
    struct stat info;
    bool same = f != NULL && fstat(fileno(f), &info) == 0 && (bytes < 0 || (int64_t)info.st_size == bytes);

    for (size_t i = 0; same && i < len; i++)
        same = getc(f) == (unsigned char)text[i];
    if (f != NULL)
        fclose(f);
    return same;
}

static bool exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

/* *out_done: path is the output that is asked for; something else there is refused without --force. */
static dn_status check_output(const job *j, const char *path, const char *text, size_t len, int64_t bytes,
                              bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;

    *out_done = !j->force && begins_with(path, text, len, bytes);
    if (!*out_done && !j->force && exists(path))
        DN_FAIL(DN_ECANTCREAT, "%s: exists, but is not what this command makes; --force replaces it", path);
out:
    return st;
}

/* ---- files ---- */

/* Where the name of a file begins in its path. */
static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The path of shard i, in buf [PATH_CAP]. */
static const char *shard_path(const job *j, int64_t i, char *buf)
{
    snprintf(buf, PATH_CAP, "%.*s-%05lld-of-%05lld.safetensors", (int)(strlen(j->path) - strlen(INDEX_END)),
             j->path, (long long)(i + 1), (long long)j->shards);
    return buf;
}

static int64_t first_of(const job *j, int64_t shard)
{
    return shard * dn_esm_tensors(&j->config) / j->shards;
}

static void put_tensor(const job *j, int64_t k, float *v, char *packed, FILE *to)
{
    size_t item = dn_safetensors_item(j->type);
    dn_esm_tensor t;

    dn_esm_tensor_at(&j->config, k, &t);
    if (j->sparse && t.matrix) { /* a hole: zeros that take no room */
        (void)fseeko(to, (off_t)((size_t)t.count * item), SEEK_CUR);
        return;
    }
    for (int64_t at = 0; at < t.count && !ferror(to); at += CHUNK) {
        int64_t n = t.count - at < CHUNK ? t.count - at : CHUNK;

        dn_esm_generate(j->seed, &t, k, at, n, v);
        dn_safetensors_pack(j->type, v, n, packed);
        fwrite(packed, item, (size_t)n, to);
    }
}

static int64_t bytes_of(const job *j, int64_t first, int64_t last)
{
    dn_esm_tensor t;
    int64_t count = 0;

    for (int64_t k = first; k < last; k++) {
        dn_esm_tensor_at(&j->config, k, &t);
        count += t.count;
    }
    return count * (int64_t)dn_safetensors_item(j->type);
}

/* Tensors [first, last) in a file; *out_done when it is there already. */
static dn_status write_tensors(const job *j, const char *path, int64_t first, int64_t last, bool *out_done,
                               dn_error *err)
{
    dn_status st = DN_OK;
    const char *metadata[] = {"format", "pt", "dragnet", j->recipe, NULL};
    dn_text_file f = {0};
    float *v = NULL;     /* [CHUNK] */
    char *packed = NULL; /* [CHUNK * item] */
    char *head = NULL;
    size_t len;
    int64_t bytes;

    DN_TRY(dn_esm_head(&j->config, j->type, first, last, metadata, &head, &len, err));
    bytes = (int64_t)len + bytes_of(j, first, last);
    DN_TRY(check_output(j, path, head, len, bytes, out_done, err));
    if (*out_done)
        goto out;
    DN_NEW(v, CHUNK);
    DN_NEW(packed, CHUNK * dn_safetensors_item(j->type));
    DN_TRY(dn_text_file_open(&f, NULL, path, err));
    fwrite(head, 1, len, f.to);
    for (int64_t k = first; k < last; k++)
        put_tensor(j, k, v, packed, f.to);
    /* where the last tensor is a hole; a failure of the flush is found at the commit */
    if (fflush(f.to) == 0 && ftruncate(fileno(f.to), (off_t)bytes) != 0)
        DN_FAIL(DN_EIO, "%s: cannot be made %lld bytes long", path, (long long)bytes);
    DN_TRY(dn_text_file_commit(&f, err));
out:
    dn_text_file_close(&f);
    dn_free(head);
    dn_free(packed);
    dn_free(v);
    return st;
}

/* A text at path, unless it is there already. */
static dn_status write_text(const job *j, const char *path, const char *text, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_output(j, path, text, strlen(text), (int64_t)strlen(text), out_done, err));
    if (!*out_done)
        DN_TRY(dn_text_file_write(path, text, err));
out:
    return st;
}

static dn_status write_config(const job *j, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];
    char *text = NULL;
    bool done;

    DN_TRY(dn_esm_config_text(&j->config, &text, err));
    snprintf(path, sizeof path, "%.*sconfig.json", (int)(name_of(j->path) - j->path), j->path);
    DN_TRY(write_text(j, path, text, &done, err));
out:
    dn_free(text);
    return st;
}

static dn_status index_text(const job *j, char **out, dn_error *err)
{
    dn_json *root = dn_json_create(), *part = dn_json_object(root, "metadata");
    char path[PATH_CAP];
    dn_esm_tensor t;

    dn_json_int(part, "total_size", bytes_of(j, 0, dn_esm_tensors(&j->config)));
    dn_json_string(part, "dragnet", j->recipe);
    part = dn_json_object(root, "weight_map");
    for (int64_t s = 0; s < j->shards; s++)
        for (int64_t k = first_of(j, s); k < first_of(j, s + 1); k++) {
            dn_esm_tensor_at(&j->config, k, &t);
            dn_json_string(part, t.name, name_of(shard_path(j, s, path)));
        }
    return dn_json_end(&root, 2, out, err);
}

static dn_status write_shards(const job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;
    char path[PATH_CAP];
    char *text = NULL;
    bool done;

    for (int64_t s = 0; s < j->shards; s++)
        DN_TRY(write_tensors(j, shard_path(j, s, path), first_of(j, s), first_of(j, s + 1), &done, err));
    DN_TRY(index_text(j, &text, err));
    DN_TRY(write_text(j, j->path, text, out_done, err));
out:
    dn_free(text);
    return st;
}

static dn_status write_all(const job *j, bool *out_done, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(write_config(j, err));
    if (j->shards > 1)
        DN_TRY(write_shards(j, out_done, err));
    else
        DN_TRY(write_tensors(j, j->path, 0, dn_esm_tensors(&j->config), out_done, err));
out:
    return st;
}

dn_status dn_synth_esm_run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    bool done = false;
    job j = {0};

    DN_TRY(read_options(call->options, &j, err)); /* the same on every rank */
    if (call->comm->rank == 0) {
        DN_PASS(write_recipe(&j, err));
        DN_PASS(write_all(&j, &done, err));
    }
    DN_AGREE(call->comm);
    if (call->comm->rank == 0)
        dn_log(DN_INFO, "synth", done ? "already complete, nothing to do" : "done",
               "layers=%lld width=%lld heads=%lld numbers=%lld dtype=%s seed=%lld output=%s",
               (long long)j.config.layers, (long long)j.config.width, (long long)j.config.heads,
               (long long)dn_esm_config_numbers(&j.config), j.dtype, (long long)j.seed, j.path);
out:
    dn_free(j.recipe);
    return st;
}
