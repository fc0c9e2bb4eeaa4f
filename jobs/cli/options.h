/* options.h - one row per option gives parser, range check, default and --help
 *
 * Values are looked up by name after parsing. `--name value`, `--name=value`, `-n value`; flags take no
 * value; `--` ends options; a lone `-` is a positional argument. An unknown option is an error with a
 * suggestion. A DN_OPT_LIST takes all words up to the next option and may be repeated. Local: every rank
 * parses the same command line.
 */
#ifndef DN_CLI_OPTIONS_H
#define DN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "solvers/base/error.h"

typedef enum dn_opt_type {
    DN_OPT_FLAG,
    DN_OPT_INT,
    DN_OPT_NUMBER,
    DN_OPT_TIME, /* a length of time (solvers/base/duration.h); its number is in seconds */
    DN_OPT_TEXT, /* range "a|b|c" restricts it to these words */
    DN_OPT_LIST
} dn_opt_type;

/* {"epochs", 'e', DN_OPT_INT, "20", "1..100000", "passes over the training set", "training"} */
typedef struct dn_opt {
    const char *name;
    char letter; /* 0: none */
    dn_opt_type type;
    const char *initial; /* default as text; NULL: none */
    const char
        *range; /* "lo..hi" for numbers, "a|b" for text, placeholder such as "FILE" otherwise; NULL: any */
    const char *help;
    const char *group; /* heading in --help */
} dn_opt;

typedef struct dn_options dn_options;

/* The table ends with a row whose name is NULL. argv[0] is the first word after the subcommand.
 * Fails: DN_EUSAGE with a suggestion; DN_ENOMEM. */
DN_MUST_CHECK dn_status dn_options_parse(const dn_opt *table, int argc, char **argv, dn_options **out,
                                         dn_error *err);
void dn_options_destroy(dn_options **o);

bool dn_options_given(const dn_options *o, const char *name); /* set on the command line, not by default */
bool dn_options_flag(const dn_options *o, const char *name);
int64_t dn_options_int(const dn_options *o, const char *name);
double dn_options_number(const dn_options *o, const char *name);
const char *dn_options_text(const dn_options *o, const char *name); /* NULL: not given and no default */
int dn_options_count(const dn_options *o, const char *name);        /* words of a list */
const char *dn_options_item(const dn_options *o, const char *name, int i);
int dn_options_positionals(const dn_options *o);
const char *dn_options_positional(const dn_options *o, int i); /* NULL past the end */

/* Row i of the table; NULL past the end. */
const dn_opt *dn_options_row(const dn_options *o, int i);

/* The value of row i as text, the same for the same value ("1e-3" and "0.001"): "on" of a flag that is given,
 * words of a list with blanks between them, "" of none. Into buf [cap], which it is cut to; returns buf. */
const char *dn_options_show(const dn_options *o, int i, char *buf, size_t cap);

/* The rows of the table as help text, by group. */
void dn_options_help(const dn_opt *table, FILE *to);

#endif
