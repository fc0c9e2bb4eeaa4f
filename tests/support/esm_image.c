/* esm_image.c - a file of generated weights in memory; see esm_image.h */
#include "tests/support/esm_image.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/safetensors_write.h"

dn_status esm_image(const dn_esm_config *c, uint64_t seed, dn_safetensors_type type, int64_t first,
                    int64_t last, char **out, size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    char *head = NULL, *image = NULL;
    float *v = NULL;
    dn_esm_tensor t;
    int64_t most = 0;
    size_t len, bytes;

    DN_TRY(dn_esm_head(c, type, first, last, NULL, &head, &len, err));
    bytes = len;
    for (int64_t k = first; k < last; k++) {
        dn_esm_tensor_at(c, k, &t);
        bytes += (size_t)t.count * dn_safetensors_item(type);
        most = t.count > most ? t.count : most;
    }
    DN_NEW(image, bytes);
    DN_NEW(v, (size_t)most);
    memcpy(image, head, len);
    for (int64_t k = first; k < last; k++) {
        dn_esm_tensor_at(c, k, &t);
        dn_esm_generate(seed, &t, k, 0, t.count, v);
        dn_safetensors_pack(type, v, t.count, image + len);
        len += (size_t)t.count * dn_safetensors_item(type);
    }
    *out = image;
    *out_len = bytes;
    image = NULL;
out:
    dn_free(image);
    dn_free(v);
    dn_free(head);
    return st;
}
