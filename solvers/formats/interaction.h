/* interaction.h - what an interaction type says of the effect of a drug on its target
 *
 * One table of words, in interaction.c: activation (agonist, inducer, positive modulator ...), inhibition
 * (antagonist, blocker, inverse agonist ...); everything else says nothing. The words are those of DGIdb and
 * DrugBank. Local.
 */
#ifndef DN_FORMATS_INTERACTION_H
#define DN_FORMATS_INTERACTION_H

#include <stddef.h>

enum { DN_ACTIVATES = 1, DN_INHIBITS = 2 };

/* The effects named in a field of types divided by , | or ; : 0, one of the two, or both (a contradiction).
 * Case and blanks around a type do not matter. */
unsigned dn_interaction_effects(const char *text, size_t len);

/* Effects as a sign: +1 activates, -1 inhibits, 0 neither or both. */
int dn_interaction_sign(unsigned effects);

/* A label of a drug-target table: 1 activation, 0 inhibition. A number must be 0 or 1; other text is taken as
 * types as above. DN_LABEL_BOTH: types of both effects; DN_LABEL_UNKNOWN: neither a number nor a type that is
 * known. */
enum { DN_LABEL_BOTH = -1, DN_LABEL_UNKNOWN = -2 };
int dn_interaction_label(const char *text, size_t len);

#endif
