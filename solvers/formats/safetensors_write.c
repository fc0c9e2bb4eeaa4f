/* safetensors_write.c - making a safetensors file; see safetensors_write.h */
#include "solvers/formats/safetensors_write.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/bf16.h"
#include "solvers/base/json.h"

size_t dn_safetensors_item(dn_safetensors_type type)
{
    return type == DN_SAFETENSORS_F32 ? 4 : 2;
}

const char *dn_safetensors_type_name(dn_safetensors_type type)
{
    return type == DN_SAFETENSORS_F32 ? "F32" : type == DN_SAFETENSORS_F16 ? "F16" : "BF16";
}

static int64_t add_tensor(dn_json *root, const dn_safetensor *t, int64_t begin)
{
    dn_json *entry = dn_json_object(root, t->name), *list;
    int64_t count = 1;

    dn_json_string(entry, "dtype", dn_safetensors_type_name(t->type));
    list = dn_json_array(entry, "shape");
    for (int k = 0; k < t->rank; k++) {
        dn_json_int(list, NULL, t->shape[k]);
        count *= t->shape[k];
    }
    list = dn_json_array(entry, "data_offsets");
    dn_json_int(list, NULL, begin);
    begin += count * (int64_t)dn_safetensors_item(t->type);
    dn_json_int(list, NULL, begin);
    return begin;
}

dn_status dn_safetensors_head(const dn_safetensor *t, int64_t n, const char *const *metadata, char **out_text,
                              size_t *out_len, dn_error *err)
{
    dn_status st = DN_OK;
    dn_json *root = dn_json_create();
    char *json = NULL, *text = NULL;
    int64_t at = 0;
    size_t len, padded;

    if (metadata != NULL) {
        dn_json *meta = dn_json_object(root, "__metadata__");

        for (; metadata[0] != NULL; metadata += 2)
            dn_json_string(meta, metadata[0], metadata[1]);
    }
    for (int64_t i = 0; i < n; i++)
        at = add_tensor(root, &t[i], at);
    DN_TRY(dn_json_text(root, 0, &json, err));
    len = strlen(json);
    padded = (len + 7) / 8 * 8;
    DN_NEW(text, 8 + padded);
    memset(text, ' ', 8 + padded);
    for (int i = 0; i < 8; i++)
        text[i] = (char)(unsigned char)(padded >> (8 * i) & 0xff);
    memcpy(text + 8, json, len);
    *out_text = text;
    *out_len = 8 + padded;
out:
    dn_free(json);
    dn_json_destroy(&root);
    return st;
}

/* ---- numbers ---- */

static uint16_t to_half(float v)
{
    uint32_t bits, sign, low;
    uint64_t fraction;
    int exponent, shift;

    memcpy(&bits, &v, sizeof bits);
    sign = bits >> 16 & 0x8000U;
    low = bits & 0x7fffffffU;
    if (low > 0x7f800000U)
        return (uint16_t)(sign | 0x7e00U);
    if (low >= 0x47800000U) /* 65536 and more */
        return (uint16_t)(sign | 0x7c00U);
    if (low < 0x33000000U) /* below half of the smallest */
        return (uint16_t)sign;
    exponent = (int)(low >> 23) - 127;
    fraction = (low & 0x7fffffU) | 0x800000U;
    shift = exponent < -14 ? -1 - exponent : 13; /* subnormal below 2^-14 */
    fraction += (1ULL << (shift - 1)) - 1 + (fraction >> shift & 1U);
    fraction >>= shift;
    /* a carry out of the fraction is one more in the exponent, as it should be */
    return (uint16_t)(sign | (uint32_t)((exponent < -14 ? 0 : (exponent + 14) << 10) + (int)fraction));
}

void dn_safetensors_pack(dn_safetensors_type type, const float *v, int64_t count, void *out)
{
    char *to = out;

    if (type == DN_SAFETENSORS_F32) {
        memcpy(to, v, (size_t)count * sizeof *v);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        uint16_t half = type == DN_SAFETENSORS_BF16 ? dn_bf16_round(v[i]) : to_half(v[i]);

        memcpy(to + 2 * i, &half, sizeof half);
    }
}
