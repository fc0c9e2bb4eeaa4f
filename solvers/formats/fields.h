/* fields.h - fields of a line without quotes, and what stands in them. All functions are local. */
#ifndef DN_FORMATS_FIELDS_H
#define DN_FORMATS_FIELDS_H

#include "solvers/formats/delim.h"

/* Cut a line at every separator. The first cap fields go to field; what is returned is how many there are,
 * which may be more. A line that ends in a separator has an empty last field. */
int64_t dn_fields_cut(const char *line, size_t len, char separator, dn_field *field, int64_t cap);

/* Whether a field is this word, small and capital letters being the same. */
bool dn_field_is(const dn_field *f, const char *word);

/* The same where only letters and digits count: "Organism ID Interactor A" is "organismidinteractora". plain
 * is in small letters. */
bool dn_field_is_plain(const dn_field *f, const char *plain);

/* Empty, or the "-" that the interaction databases write where there is nothing. */
bool dn_field_is_none(const dn_field *f);

/* Without the blanks around it. */
dn_field dn_field_trim(dn_field f);

/* The part of *rest in front of the next `separator`; *rest moves behind it. False when nothing is left. */
bool dn_field_part(dn_field *rest, char separator, dn_field *out);

#endif
