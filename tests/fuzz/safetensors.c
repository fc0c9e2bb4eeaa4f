/* safetensors.c - libFuzzer target: any bytes are a header or an error; a header that is accepted describes
 * data that are there, once, and what is written anew from it is accepted, too */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/safetensors.h"
#include "solvers/formats/safetensors_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static const struct {
    const char *json;
    size_t data;
} seeds[] = {{"{}", 0},
             {"{\"__metadata__\":{\"format\":\"pt\"},"
              "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[4,20]},"
              "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}  ",
              20},
             {"{\"x\":{\"dtype\":\"F16\",\"shape\":[4,0],\"data_offsets\":[0,0]},"
              "\"y\":{\"dtype\":\"F4\",\"shape\":[],\"data_offsets\":[0,0]},"
              "\"z\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
              8}};

static size_t plant(uint8_t *to, size_t most, unsigned which)
{
    size_t n = strlen(seeds[which].json);

    if (8 + n + seeds[which].data > most)
        return 0;
    memset(to, 0, 8 + n + seeds[which].data);
    memcpy(to + 8, seeds[which].json, n);
    return 8 + n + seeds[which].data;
}

/* The header ends with the last brace. */
static void mend_length(uint8_t *data, size_t size)
{
    size_t end = size;

    while (end > 8 && data[end - 1] != '}')
        end--;
    for (int i = 0; size >= 8 && i < 8; i++)
        data[i] = (uint8_t)((end - 8) >> (8 * i) & 0xff);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    if (seed % 64 == 0 || size < 10)
        size = plant(data, most, seed / 64 % (sizeof seeds / sizeof *seeds));
    if (size > 8 && seed % 4 != 1)
        size = 8 + LLVMFuzzerMutate(data + 8, size - 8, most - 8);
    else
        size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4 != 3)
        mend_length(data, size);
    return size;
}

static void check(const dn_safetensors_header *h, int64_t size)
{
    int64_t end = h->data;

    for (int64_t i = 0; i < h->n; i++) {
        const dn_safetensor *t = &h->tensor[i];
        int64_t count = 1;

        if (t->rank < 0 || t->rank > DN_SAFETENSORS_RANK || t->offset != end || t->name[0] == '\0')
            abort();
        for (int k = 0; k < t->rank; k++)
            count *= t->shape[k];
        if (count != t->count)
            abort();
        if (t->type != DN_SAFETENSORS_OTHER && t->bytes != (size_t)count * dn_safetensors_item(t->type))
            abort();
        end += (int64_t)t->bytes;
    }
    if (end != size)
        abort();
}

static void write_again(const dn_safetensors_header *h)
{
    dn_safetensors_header again = {0};
    char *text = NULL;
    size_t len = 0;
    int64_t bytes = 0;

    for (int64_t i = 0; i < h->n; i++) {
        if (h->tensor[i].type == DN_SAFETENSORS_OTHER)
            return;
        bytes += (int64_t)h->tensor[i].bytes;
    }
    if (dn_safetensors_head(h->tensor, h->n, NULL, &text, &len, NULL) != DN_OK ||
        dn_safetensors_parse("again", text, len, (int64_t)len + bytes, &again, NULL) != DN_OK ||
        again.n != h->n)
        abort();
    for (int64_t i = 0; i < h->n; i++)
        if (again.tensor[i].count != h->tensor[i].count)
            abort();
    dn_safetensors_header_destroy(&again);
    dn_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_error err = DN_ERROR_INIT;
    dn_safetensors_header h = {0};

    if (dn_safetensors_parse("fuzz", data, size, (int64_t)size, &h, &err) == DN_OK) {
        check(&h, (int64_t)size);
        write_again(&h);
    } else if (err.code != DN_EDATA || strncmp(err.text, "fuzz: ", 6) != 0 ||
               strchr(err.text, '\n') != NULL) {
        abort();
    }
    dn_safetensors_header_destroy(&h);
    if (dn_alloc_live() != 0)
        abort();
    return 0;
}
