/* config.h - what an ESM-2 model is: config.json, published sizes (behind weights.h)
 *
 * Layers, width, inner and vocab of a dn_esm_config are known from the shapes of a file; the rest comes from
 * config.json as transformers writes it, or from the table of published sizes. All functions are local.
 */
#ifndef DN_ESM_CONFIG_H
#define DN_ESM_CONFIG_H

#include "solvers/esm/weights.h"

/* The rest of *c from the text of config.json, which must agree with what c holds.
 * Fails: DN_EDATA (names the key), DN_ENOMEM */
DN_MUST_CHECK dn_status dn_esm_config_json(const char *name, const char *text, dn_esm_config *c,
                                           dn_error *err);

/* The rest of *c from the table of published sizes. Fails: DN_EDATA the layout is not there */
DN_MUST_CHECK dn_status dn_esm_config_guess(const char *name, dn_esm_config *c, dn_error *err);

#endif
