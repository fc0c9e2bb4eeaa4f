/* esm_image.h - a safetensors file of weights of generate.h, in memory */
#ifndef DN_TEST_SUPPORT_ESM_IMAGE_H
#define DN_TEST_SUPPORT_ESM_IMAGE_H

#include "solvers/esm/generate.h"

/* All bytes of a file of tensors [first, last) in one block, for dn_free(). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status esm_image(const dn_esm_config *c, uint64_t seed, dn_safetensors_type type,
                                  int64_t first, int64_t last, char **out, size_t *out_len, dn_error *err);

#endif
