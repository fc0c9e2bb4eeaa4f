/* safetensors_write.h - making a safetensors file: its header, its numbers
 *
 * Bytes are the same on any machine: tensors in the order given, the header padded with blanks to a multiple
 * of 8 so that data are aligned. Local.
 */
#ifndef DN_FORMATS_SAFETENSORS_WRITE_H
#define DN_FORMATS_SAFETENSORS_WRITE_H

#include "solvers/formats/safetensors.h"

/* Bytes of a number: 4, 2, 2. Type is not DN_SAFETENSORS_OTHER. */
size_t dn_safetensors_item(dn_safetensors_type type);
/* "F32", "F16", "BF16". */
const char *dn_safetensors_type_name(dn_safetensors_type type);

/* All that stands before the data of t [n]: the 8 bytes and the header. Of each tensor, name, type, rank and
 * shape are used. metadata are key, value, key, value ..., ending with NULL; NULL is none.
 * *out_text is for dn_free(). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_safetensors_head(const dn_safetensor *t, int64_t n, const char *const *metadata,
                                            char **out_text, size_t *out_len, dn_error *err);

/* v [count] as numbers of a type, rounded to nearest, ties to even: out [count * item]. A number beyond the
 * range of F16 becomes infinite. */
void dn_safetensors_pack(dn_safetensors_type type, const float *v, int64_t count, void *out);

#endif
