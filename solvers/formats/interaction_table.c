/* interaction_table.c - columns of a drug-target table by their names; see interaction_table.h */
#include "solvers/formats/interaction_table.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 24 };

/* As plain() leaves them; the first of a row that the header has is taken. The bare words come last: in
 * tables of TDC they are the structures. */
static const char *const known[DN_ROLES][NAMES] = {
    [DN_ROLE_DRUG] = {"drugbankid", "drugid", "compoundid", "ligandid", "moleculeid", "moleculechemblid",
                      "chemblid", "pubchemcid", "drugname", "compoundname", "ligandname", "drug", "compound",
                      "ligand", "molecule"},
    [DN_ROLE_SMILES] = {"smiles", "canonicalsmiles", "isomericsmiles", "drugsmiles", "compoundsmiles",
                        "compoundisosmiles", "ligandsmiles", "moleculesmiles", "drug", "compound", "ligand"},
    [DN_ROLE_TARGET] = {"targetid", "uniprotid", "uniprot", "uniprotaccession", "accession", "proteinid",
                        "targetuniprot", "targetchemblid", "proteinaccession", "genename", "geneid",
                        "genesymbol", "targetname", "gene", "target", "protein"},
    [DN_ROLE_SEQUENCE] = {"sequence", "targetsequence", "proteinsequence", "aasequence", "aminoacidsequence",
                          "fastasequence", "seq", "target", "protein"},
    [DN_ROLE_LABEL] = {"label", "y", "class", "interactiontype", "interactiontypes", "interaction",
                       "actiontype", "actions", "action", "effect", "moa", "type"},
};

const char *dn_role_name(dn_role role)
{
    static const char *const name[DN_ROLES] = {"drug", "smiles", "target", "sequence", "label"};

    return name[role];
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether a column's name is this word, which is plain: small letters and digits alone. */
static bool same_plain(const dn_field *f, const char *word)
{
    size_t at = 0;

    for (size_t i = 0; i < f->len; i++) {
        if (strchr(" _-.", f->text[i]) != NULL)
            continue;
        if (word[at] == '\0' || lower(f->text[i]) != word[at])
            return false;
        at++;
    }
    return at > 0 && word[at] == '\0';
}

/* The columns there are, for messages. */
static const char *there_are(const dn_record *header, char *buf, size_t cap)
{
    size_t used = 0;

    buf[0] = '\0';
    for (int64_t i = 0; i < header->n && used < cap; i++) {
        const dn_field *f = &header->field[i];
        used += (size_t)snprintf(buf + used, cap - used, "%s'%.*s'", i > 0 ? ", " : "",
                                 (int)(f->len < 40 ? f->len : 40), f->text);
    }
    return buf;
}

/* ---- wanted by the caller ---- */

/* "role=NAME": the role and its name. */
static dn_status cut_wanted(const char *word, size_t len, dn_role *out_role, dn_field *out_name,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const char *sign = memchr(word, '=', len);
    int role = 0;
    size_t n;

    if (sign == NULL)
        DN_FAIL(
            DN_EUSAGE,
            "--columns %.*s: wanted ROLE=NAME,... where a role is drug, smiles, target, sequence or label",
            (int)len, word);
    n = (size_t)(sign - word);
    while (role < DN_ROLES &&
           (strlen(dn_role_name((dn_role)role)) != n || memcmp(word, dn_role_name((dn_role)role), n) != 0))
        role++;
    if (role == DN_ROLES)
        DN_FAIL(DN_EUSAGE,
                "--columns %.*s: '%.*s' is no role; there are: drug, smiles, target, sequence, label",
                (int)len, word, (int)n, word);
    *out_role = (dn_role)role;
    *out_name = (dn_field){sign + 1, len - n - 1};
    if (out_name->len == 0)
        DN_FAIL(DN_EUSAGE, "--columns %.*s: names no column", (int)len, word);
out:
    return st;
}

static dn_status take_wanted(const char *path, const dn_record *header, const char *wanted, int64_t *column,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char list[200];

    while (*wanted != '\0') {
        size_t len = strcspn(wanted, ",");
        dn_role role = DN_ROLE_DRUG;
        dn_field name = {NULL, 0};

        DN_TRY(cut_wanted(wanted, len, &role, &name, err));
        if (column[role] >= 0)
            DN_FAIL(DN_EUSAGE, "--columns: %s is given twice", dn_role_name(role));
        for (int64_t i = 0; i < header->n; i++) {
            if (header->field[i].len != name.len || memcmp(header->field[i].text, name.text, name.len) != 0)
                continue;
            if (column[role] >= 0)
                DN_FAIL(DN_EDATA, "%s: two columns are named '%.*s'", path, (int)name.len, name.text);
            column[role] = i;
        }
        if (column[role] < 0)
            DN_FAIL(DN_EDATA, "%s: no column '%.*s' (--columns %s=...); there are: %s", path, (int)name.len,
                    name.text, dn_role_name(role), there_are(header, list, sizeof list));
        wanted += len + (wanted[len] == ',');
    }
out:
    return st;
}

/* ---- by known names ---- */

static bool taken(const int64_t *column, int64_t i)
{
    for (int r = 0; r < DN_ROLES; r++)
        if (column[r] == i)
            return true;
    return false;
}

static dn_status take_known(const char *path, const dn_record *header, dn_role role, int64_t *column,
                            dn_error *err)
{
    dn_status st = DN_OK;

    for (int w = 0; w < NAMES && known[role][w] != NULL && column[role] < 0; w++)
        for (int64_t i = 0; i < header->n; i++) {
            const dn_field *f = &header->field[i];
            if (!same_plain(f, known[role][w]) || (taken(column, i) && column[role] != i))
                continue;
            if (column[role] >= 0)
                DN_FAIL(DN_EDATA, "%s: columns %lld and %lld are both named '%.*s': say which with --columns",
                        path, (long long)column[role] + 1, (long long)i + 1, (int)(f->len < 40 ? f->len : 40),
                        f->text);
            column[role] = i;
        }
out:
    return st;
}

static dn_status check(const char *path, const dn_record *header, const int64_t *column, bool joined_drug,
                       bool joined_target, dn_error *err)
{
    dn_status st = DN_OK;
    char list[200];
    const struct {
        bool missing;
        const char *what, *help;
    } rows[] = {
        {column[DN_ROLE_LABEL] < 0, "label or interaction type", "--columns label=NAME"},
        {column[DN_ROLE_SMILES] < 0 && !joined_drug, "SMILES",
         "--columns smiles=NAME, or give --molecules FILE.smi"},
        {column[DN_ROLE_SEQUENCE] < 0 && !joined_target, "sequence",
         "--columns sequence=NAME, or give --sequences FILE.fasta"},
        {column[DN_ROLE_SMILES] < 0 && column[DN_ROLE_DRUG] < 0, "drug id", "--columns drug=NAME"},
        {column[DN_ROLE_SEQUENCE] < 0 && column[DN_ROLE_TARGET] < 0, "target id", "--columns target=NAME"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].missing)
            DN_FAIL(DN_EDATA, "%s: no column is known as %s: say which with %s; there are: %s", path,
                    rows[i].what, rows[i].help, there_are(header, list, sizeof list));
out:
    return st;
}

dn_status dn_interaction_columns_find(const char *path, const dn_record *header, const char *wanted,
                                      bool joined_drug, bool joined_target, dn_interaction_columns *out,
                                      dn_error *err)
{
    dn_status st = DN_OK;
    dn_interaction_columns c = {.width = header->n, .column = {-1, -1, -1, -1, -1}};

    if (wanted != NULL)
        DN_TRY(take_wanted(path, header, wanted, c.column, err));
    for (int r = 0; r < DN_ROLES; r++)
        if (c.column[r] < 0)
            DN_TRY(take_known(path, header, (dn_role)r, c.column, err));
    DN_TRY(check(path, header, c.column, joined_drug, joined_target, err));
    *out = c;
out:
    return st;
}
