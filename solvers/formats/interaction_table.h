/* interaction_table.h - which column of a drug-target table says what
 *
 * Columns are found by the names that BindingDB, ChEMBL, DrugBank, TDC and the published
 * activation-inhibition table give them; case, blanks, '_', '-' and '.' in a name do not matter. A column
 * serves one role: in a table of Drug_ID, Drug, Target_ID, Target the second is the SMILES, in one of drug,
 * smiles it is the id. All functions are local.
 */
#ifndef DN_FORMATS_INTERACTION_TABLE_H
#define DN_FORMATS_INTERACTION_TABLE_H

#include "solvers/formats/delim.h"

typedef enum dn_role {
    DN_ROLE_DRUG,     /* "drug"      id */
    DN_ROLE_SMILES,   /* "smiles" */
    DN_ROLE_TARGET,   /* "target"    id */
    DN_ROLE_SEQUENCE, /* "sequence" */
    DN_ROLE_LABEL,    /* "label"     0, 1, or a type of interaction */
    DN_ROLES
} dn_role;

const char *dn_role_name(dn_role role);

typedef struct dn_interaction_columns {
    int64_t width;            /* columns of the table */
    int64_t column[DN_ROLES]; /* from 0; -1: the table has none */
} dn_interaction_columns;

/* The columns of a table by its header. `wanted` is "role=NAME,..." and takes precedence, or NULL; path and
 * line are for messages. joined_drug, joined_target: another file gives the molecules or sequences by id, so
 * the table need not. Fails: DN_EUSAGE wanted names no role, or one twice; DN_EDATA a column that is wanted
 * or needed is not there (the text lists those that are), or its name stands twice */
DN_MUST_CHECK dn_status dn_interaction_columns_find(const char *path, const dn_record *header,
                                                    const char *wanted, bool joined_drug, bool joined_target,
                                                    dn_interaction_columns *out, dn_error *err);

#endif
