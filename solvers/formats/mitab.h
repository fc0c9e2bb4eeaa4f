/* mitab.h - interactions in PSI-MITAB 2.5, 2.6, 2.7 and 2.8 (15, 36, 42 and 46 columns)
 *
 * Source: HUPO-PSI/miTab, PSI-MITAB25Format.md to PSI-MITAB28Format.md. Columns count by their place; lines
 * that begin with '#' are headers and comments. A field is values divided by '|', each
 *
 *     database:value(text)
 *
 * whose three parts stand in double quotes where they hold | ( ) : or a tab; \" is a quote within quotes. A
 * quote counts only where a part begins. What stands between the end of a quoted part and the next sign is
 * passed over, as are parentheses within parentheses that are not quoted. "-" means nothing.
 *
 * Namings of an interactor, in the order of dn_evidence_row.name: identifier (columns 1, 2), alternative
 * identifier (3, 4), alias (5, 6). Column 36, where there is one, says "true" of an interaction that was
 * shown not to take place: its label is 0.
 *
 * Types of experiment, by the interaction types of column 12 (any of several counts), as in psi-mi.obo of
 * HUPO-PSI/psi-mi-CV (state of 2023; every number was looked up there, as were obsolete ones that old files
 * have): physical  MI:2232 molecular association, MI:0914 association, MI:0915 physical association, MI:0407
 *             direct interaction and terms below it: covalent and disulfide bonds (0195, 0408), enzymatic
 *             reactions (0414, 0192-0194, 0197-0204, 0206, 0207, 0209-0214, 0216, 0217, 0220, 0556-0559,
 *             0566-0572, 0701, 0844, 0871, 0881-0883, 0902, 0910, 0945, 0971, 0985-0987, 1139, 1140, 1143,
 *             1146, 1148, 1230, 1237, 1250, 1251, 1310, 1327, 1355, 2252, 2263, 2272, 2273, 2280, 2356), self
 *             interactions (1126, 1127); obsolete: 0218 physical interaction
 *   genetic   MI:2402 genetic interaction, MI:0208 genetic interaction (sensu unexpected) and terms below
 *             them: 0794-0797, 0933, 0935, 1271-1295, 2367, 2379, 2380, 2388-2391, 2394-2397, 2401; those of
 *             BioGRID, 2368-2378; obsolete: 0219, 0798-0802, 0930, 0931, 0934. Not 0932 and what is below it
 *             (2392, 2393, 2398, 2400), which say that nothing was seen that was not expected
 *   neither   all others, such as MI:0403 colocalization, MI:1110 predicted, MI:2286 functional association
 * The system of an experiment is a detection method of column 7, by its name or as "MI:0018". The score is
 * the first number of column 15. All functions are local.
 */
#ifndef DN_FORMATS_MITAB_H
#define DN_FORMATS_MITAB_H

#include "solvers/formats/evidence.h"

enum { DN_MITAB_ID, DN_MITAB_ALTERNATIVE, DN_MITAB_ALIAS, DN_MITAB_NAMINGS };

/* What a naming is called in a report. */
const char *dn_mitab_naming(int naming);

/* One value of a field. */
typedef struct dn_mitab_value {
    dn_field database, value, text; /* empty where there is none */
} dn_mitab_value;

/* The next value of *rest, which moves behind it; *out_more false at the end, or where there is nothing. The
 * bytes are written to where there are escapes, so a field is read once. Fails: DN_EDATA a quote does not
 * end; the text has no file and line */
DN_MUST_CHECK dn_status dn_mitab_value_next(dn_field *rest, dn_mitab_value *out, bool *out_more,
                                            dn_error *err);

/* Whether an interaction type is of this kind of experiment. */
bool dn_mitab_is_type(int64_t mi, dn_experiment type);

/* Columns of a line when they are those of a version, else 0. A line that begins with '#' must name an
 * interactor, another must have two identifiers. */
int64_t dn_mitab_width(const char *line, size_t len);

/* The next row; as dn_biogrid_next(). width: of a row. Fails: DN_EDATA a row of another width, a quote that
 * does not end in a column that is looked at, a column 36 that is not true or false; and as
 * dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_mitab_next(const char *name, dn_delim *d, int64_t width,
                                      const dn_evidence_filter *f, dn_evidence_row *out, bool *out_more,
                                      dn_error *err);

#endif
