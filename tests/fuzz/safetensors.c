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
