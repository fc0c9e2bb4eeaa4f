/* safetensors.c - the header of a safetensors file, and numbers of its types; see safetensors.h. Files and
 * sets of files: safetensors_files.c */
#include "solvers/formats/safetensors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are used where they lie in the file, which is little endian"
#endif

#define METADATA "__metadata__"
/* As much of a name as a message shows. */
#define NAME "%.120s"

/* ---- types ---- */

typedef struct dtype {
    const char *name;
    int bits;
    dn_safetensors_type type;
} dtype;

static const dtype *find_dtype(const char *name)
{
    static const dtype known[] = {{"F32", 32, DN_SAFETENSORS_F32},      {"F16", 16, DN_SAFETENSORS_F16},
                                  {"BF16", 16, DN_SAFETENSORS_BF16},    {"F64", 64, DN_SAFETENSORS_OTHER},
                                  {"I64", 64, DN_SAFETENSORS_OTHER},    {"U64", 64, DN_SAFETENSORS_OTHER},
                                  {"C64", 64, DN_SAFETENSORS_OTHER},    {"I32", 32, DN_SAFETENSORS_OTHER},
                                  {"U32", 32, DN_SAFETENSORS_OTHER},    {"I16", 16, DN_SAFETENSORS_OTHER},
                                  {"U16", 16, DN_SAFETENSORS_OTHER},    {"I8", 8, DN_SAFETENSORS_OTHER},
                                  {"U8", 8, DN_SAFETENSORS_OTHER},      {"BOOL", 8, DN_SAFETENSORS_OTHER},
                                  {"F8_E5M2", 8, DN_SAFETENSORS_OTHER}, {"F8_E4M3", 8, DN_SAFETENSORS_OTHER},
                                  {"F8_E8M0", 8, DN_SAFETENSORS_OTHER}, {"F6_E2M3", 6, DN_SAFETENSORS_OTHER},
                                  {"F6_E3M2", 6, DN_SAFETENSORS_OTHER}, {"F4", 4, DN_SAFETENSORS_OTHER}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return &known[i];
    return NULL;
}

/* ---- one tensor ---- */

/* Control characters would break the one line of a message. */
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static dn_status parse_shape(const char *file, const dn_json *shape, dn_safetensor *t, dn_error *err)
{
    dn_status st = DN_OK;
    bool empty = false;

    if (dn_json_kind_of(shape) != DN_JSON_ARRAY)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has no shape, a list of numbers", file, t->name);
    if (dn_json_count(shape) > DN_SAFETENSORS_RANK)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has %lld dimensions, more than %d", file, t->name,
                (long long)dn_json_count(shape), DN_SAFETENSORS_RANK);
    t->rank = (int)dn_json_count(shape);
    t->count = 1;
    for (int i = 0; i < t->rank; i++) {
        const dn_json *v = dn_json_element(shape, i);

        t->shape[i] = dn_json_to_int(v);
        if (dn_json_kind_of(v) != DN_JSON_INT || t->shape[i] < 0)
            DN_FAIL(DN_EDATA, "%s: tensor '" NAME "': dimension %d of the shape is no whole number >= 0",
                    file, t->name, i);
        empty = empty || t->shape[i] == 0;
        /* a product that does not fit is wrong even where a later 0 would make it small */
        if (t->shape[i] > 0 && t->count > INT64_MAX / 64 / t->shape[i])
            DN_FAIL(DN_EDATA, "%s: tensor '" NAME "': the product of the shape overflows", file, t->name);
        t->count *= t->shape[i] > 0 ? t->shape[i] : 1;
    }
    if (empty)
        t->count = 0;
out:
    return st;
}

/* Offsets from the end of the header, within the `room` bytes behind it. */
static dn_status parse_offsets(const char *file, const dn_json *pair, int64_t room, int bits,
                               dn_safetensor *t, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *a = dn_json_element(pair, 0), *b = dn_json_element(pair, 1);
    int64_t begin = dn_json_to_int(a), end = dn_json_to_int(b);

    if (dn_json_kind_of(pair) != DN_JSON_ARRAY || dn_json_count(pair) != 2 ||
        dn_json_kind_of(a) != DN_JSON_INT || dn_json_kind_of(b) != DN_JSON_INT)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has no data_offsets, a list of two whole numbers", file,
                t->name);
    if (begin < 0 || end < begin)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "': data_offsets [%lld, %lld] are no range", file, t->name,
                (long long)begin, (long long)end);
    if (end > room)
        DN_FAIL(DN_EDATA,
                "%s: tensor '" NAME "' ends at byte %lld of the data, but the file has %lld: it is "
                "cut off, or its header lies",
                file, t->name, (long long)end, (long long)room);
    if (t->count * bits % 8 != 0 || end - begin != t->count * bits / 8)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' of type %s has %lld bytes where its shape needs %lld", file,
                t->name, t->dtype, (long long)(end - begin), (long long)((t->count * bits + 7) / 8));
    t->offset = begin;
    t->bytes = (size_t)(end - begin);
out:
    return st;
}

/* t->name is set. */
static dn_status parse_tensor(const char *file, const dn_json *entry, int64_t room, dn_safetensor *t,
                              dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *value;
    const dtype *type;
    const char *key, *word;
    void *it = NULL;

    if (t->name[0] == '\0' || !is_printable(t->name))
        DN_FAIL(DN_EDATA, "%s: a tensor has %s", file,
                t->name[0] == '\0' ? "no name" : "a control character in its name");
    if (dn_json_kind_of(entry) != DN_JSON_OBJECT)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' is not described by an object", file, t->name);
    while (dn_json_next(entry, &it, &key, &value))
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
            DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has an unknown key '%.40s'", file, t->name,
                    is_printable(key) ? key : "?");
    word = dn_json_to_string(dn_json_get(entry, "dtype"));
    if (word == NULL)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has no dtype", file, t->name);
    type = find_dtype(word);
    if (type == NULL)
        DN_FAIL(DN_EDATA, "%s: tensor '" NAME "' has an unknown dtype '%.20s'", file, t->name,
                is_printable(word) ? word : "?");
    t->dtype = type->name;
    t->type = type->type;
    DN_TRY(parse_shape(file, dn_json_get(entry, "shape"), t, err));
    DN_TRY(parse_offsets(file, dn_json_get(entry, "data_offsets"), room, type->bits, t, err));
out:
    return st;
}

static dn_status check_metadata(const char *file, const dn_json *meta, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *value;
    const char *key;
    void *it = NULL;

    if (dn_json_kind_of(meta) != DN_JSON_OBJECT)
        DN_FAIL(DN_EDATA, "%s: " METADATA " is no object", file);
    while (dn_json_next(meta, &it, &key, &value))
        if (dn_json_kind_of(value) != DN_JSON_STRING)
            DN_FAIL(DN_EDATA, "%s: " METADATA ": '%.60s' is no text", file, is_printable(key) ? key : "?");
out:
    return st;
}

/* ---- all tensors ---- */

static int by_offset(const void *a, const void *b)
{
    const dn_safetensor *s = a, *t = b;

    if (s->offset != t->offset)
        return s->offset < t->offset ? -1 : 1;
    if (s->bytes != t->bytes) /* the empty ones first */
        return s->bytes < t->bytes ? -1 : 1;
    return strcmp(s->name, t->name);
}

/* The data of the sorted tensors cover [0, room) once. */
static dn_status check_cover(const char *file, const dn_safetensors_header *h, int64_t room, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t end = 0;

    for (int64_t i = 0; i < h->n; i++) {
        const dn_safetensor *t = &h->tensor[i];

        if (t->offset < end)
            DN_FAIL(DN_EDATA, "%s: tensors '" NAME "' and '" NAME "' overlap", file, h->tensor[i - 1].name,
                    t->name);
        if (t->offset > end)
            DN_FAIL(DN_EDATA, "%s: a gap of %lld bytes before the data of tensor '" NAME "'", file,
                    (long long)(t->offset - end), t->name);
        end += (int64_t)t->bytes;
    }
    if (end != room)
        DN_FAIL(DN_EDATA, "%s: %lld bytes behind the data of the last tensor belong to none", file,
                (long long)(room - end));
out:
    return st;
}

static dn_status parse_tensors(const char *file, const dn_json *root, int64_t room, dn_safetensors_header *h,
                               dn_error *err)
{
    dn_status st = DN_OK;
    const dn_json *value;
    const char *key;
    void *it = NULL;
    size_t names = 0, at = 0;

    DN_NEW(h->tensor, (size_t)dn_json_count(root));
    while (dn_json_next(root, &it, &key, &value))
        names += strlen(key) + 1;
    DN_NEW(h->names, names);
    while (dn_json_next(root, &it, &key, &value)) {
        dn_safetensor *t = &h->tensor[h->n];
        size_t len = strlen(key) + 1;

        if (strcmp(key, METADATA) == 0) {
            DN_TRY(check_metadata(file, value, err));
            continue;
        }
        memcpy(h->names + at, key, len);
        t->name = h->names + at;
        at += len;
        DN_TRY(parse_tensor(file, value, room, t, err));
        h->n++;
    }
    qsort(h->tensor, (size_t)h->n, sizeof *h->tensor, by_offset);
    DN_TRY(check_cover(file, h, room, err));
    for (int64_t i = 0; i < h->n; i++)
        h->tensor[i].offset += h->data;
out:
    return st;
}

/* What people hand over in place of a safetensors file. */
static dn_status check_kind(const char *file, const char *b, size_t len, dn_error *err)
{
    dn_status st = DN_OK;
    static const char lfs[] = "version https://git-lfs";

    if (len >= 4 && memcmp(b, "PK\3\4", 4) == 0)
        DN_FAIL(DN_EDATA, "%s: is a ZIP file, as torch.save makes them; wanted is model.safetensors", file);
    if (len >= sizeof lfs - 1 && memcmp(b, lfs, sizeof lfs - 1) == 0)
        DN_FAIL(DN_EDATA, "%s: is a Git LFS pointer; fetch the weights themselves (git lfs pull)", file);
    if (len >= 4 && memcmp(b, "\x89HDF", 4) == 0)
        DN_FAIL(DN_EDATA, "%s: is an HDF5 file; wanted is model.safetensors", file);
    if (len < 8)
        DN_FAIL(DN_EDATA, "%s: %zu bytes are no safetensors file", file, len);
out:
    return st;
}

dn_status dn_safetensors_parse(const char *name, const void *head, size_t len, int64_t file_bytes,
                               dn_safetensors_header *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_safetensors_header h = {0};
    dn_json *root = NULL;
    const unsigned char *b = head;
    uint64_t text = 0;

    DN_TRY(check_kind(name, head, len, err));
    for (int i = 0; i < 8; i++)
        text |= (uint64_t)b[i] << (8 * i);
    if (text > (uint64_t)file_bytes - 8)
        DN_FAIL(DN_EDATA,
                "%s: is cut off, or no safetensors file: a header of %llu bytes, and %lld bytes in all", name,
                (unsigned long long)text, (long long)file_bytes);
    if (text > DN_SAFETENSORS_HEADER)
        DN_FAIL(DN_EDATA, "%s: a header of %llu bytes is too long (at most %d)", name,
                (unsigned long long)text, (int)DN_SAFETENSORS_HEADER);
    if (text > len - 8)
        DN_FAIL(DN_EDATA, "%s: is cut off within the header", name);
    if (text < 2 || b[8] != '{')
        DN_FAIL(DN_EDATA, "%s: the header does not begin with '{'", name);
    DN_TRY(dn_json_read(name, (const char *)b + 8, (size_t)text, &root, err));
    h.data = 8 + (int64_t)text;
    DN_TRY(parse_tensors(name, root, file_bytes - h.data, &h, err));
    *out = h;
    h = (dn_safetensors_header){0};
out:
    dn_json_destroy(&root);
    dn_safetensors_header_destroy(&h);
    return st;
}

void dn_safetensors_header_destroy(dn_safetensors_header *h)
{
    dn_free(h->tensor);
    dn_free(h->names);
    *h = (dn_safetensors_header){0};
}

/* ---- numbers ---- */

/* binary16 to binary32, exactly; NaN stays NaN. */
static float from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000U) << 16, exponent = (h >> 10) & 31U, fraction = h & 1023U, bits;
    float f;

    if (exponent == 0) { /* subnormal: fraction * 2^-24 */
        f = (float)fraction * 0x1p-24F;
        return sign != 0 ? -f : f;
    }
    bits = sign | (exponent == 31 ? 0x7f800000U : (exponent + 112) << 23) | fraction << 13;
    memcpy(&f, &bits, sizeof f);
    return f;
}

void dn_safetensor_floats(const dn_safetensor *t, int64_t first, int64_t count, float *out)
{
    const char *from = t->data;

    if (t->type == DN_SAFETENSORS_F32) {
        memcpy(out, from + 4 * first, (size_t)count * sizeof *out);
        return;
    }
    from += 2 * first;
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        uint32_t bits;

        memcpy(&half, from + 2 * i, sizeof half); /* data need not be aligned */
        bits = (uint32_t)half << 16;
        if (t->type == DN_SAFETENSORS_BF16)
            memcpy(&out[i], &bits, sizeof bits);
        else
            out[i] = from_half(half);
    }
}
