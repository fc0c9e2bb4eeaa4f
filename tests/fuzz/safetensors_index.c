/* safetensors_index.c - libFuzzer target: any bytes are an index or an error; the files of one that is
 * accepted are plain names, each once, and not too many */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static const char two_files[] =
    "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\","
    "\"b\":\"model-00002-of-00002.safetensors\",\"c\":\"model-00001-of-00002.safetensors\"}}";
static const char *const seeds[] = {two_files, "{\"weight_map\":{\"a\":\"../a\"}}",
                                    "{\"weight_map\":{\"a\":7}}", "{\"weight_map\":[]}"};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    const char *one = seeds[seed / 64 % (sizeof seeds / sizeof *seeds)];

    if ((seed % 64 == 0 || size < 4) && strlen(one) <= most) {
        size = strlen(one);
        memcpy(data, one, size);
    }
    return LLVMFuzzerMutate(data, size, most);
}

static void check(const dn_strings *files)
{
    char name[256], other[256];

    if (files->n < 1 || files->n > DN_SAFETENSORS_SHARDS)
        abort();
    for (int64_t i = 0; i < files->n; i++) {
        size_t len;
        const char *text = dn_strings_at(files, i, &len);

        if (len == 0 || len > 255 || memchr(text, '/', len) != NULL || memchr(text, '\0', len) != NULL)
            abort();
        if (dn_strings_copy(files, i, name, sizeof name)[0] == '.')
            abort();
        for (int64_t k = 0; k < i && files->n < 20; k++)
            if (strcmp(name, dn_strings_copy(files, k, other, sizeof other)) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_error err = DN_ERROR_INIT;
    dn_strings files = {.n = 0};

    if (dn_safetensors_index("fuzz", (const char *)data, size, &files, &err) == DN_OK)
        check(&files);
    else if (err.code != DN_EDATA || strncmp(err.text, "fuzz: ", 6) != 0 || strchr(err.text, '\n') != NULL)
        abort();
    dn_strings_destroy(&files);
    if (dn_alloc_live() != 0)
        abort();
    return 0;
}
