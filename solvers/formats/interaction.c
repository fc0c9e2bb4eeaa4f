/* interaction.c - the table of interaction.h */
#include "solvers/formats/interaction.h"

#include <stdbool.h>
#include <string.h>
#include "solvers/base/text.h"

static const struct {
    const char *word; /* lower case */
    unsigned effect;
} table[] = {
    {"activator", DN_ACTIVATES},
    {"agonist", DN_ACTIVATES},
    {"allosteric activator", DN_ACTIVATES},
    {"full agonist", DN_ACTIVATES},
    {"inducer", DN_ACTIVATES},
    {"opener", DN_ACTIVATES},
    {"partial agonist", DN_ACTIVATES},
    {"positive allosteric modulator", DN_ACTIVATES},
    {"positive modulator", DN_ACTIVATES},
    {"potentiator", DN_ACTIVATES},
    {"stimulator", DN_ACTIVATES},
    {"activation", DN_ACTIVATES},

    {"allosteric antagonist", DN_INHIBITS},
    {"allosteric inhibitor", DN_INHIBITS},
    {"antagonist", DN_INHIBITS},
    {"antisense oligonucleotide", DN_INHIBITS},
    {"blocker", DN_INHIBITS},
    {"channel blocker", DN_INHIBITS},
    {"competitive inhibitor", DN_INHIBITS},
    {"conversion inhibitor", DN_INHIBITS},
    {"gating inhibitor", DN_INHIBITS},
    {"inactivator", DN_INHIBITS},
    {"inhibition", DN_INHIBITS},
    {"inhibitor", DN_INHIBITS},
    {"inhibitory allosteric modulator", DN_INHIBITS},
    {"inverse agonist", DN_INHIBITS},
    {"negative allosteric modulator", DN_INHIBITS},
    {"negative modulator", DN_INHIBITS},
    {"partial antagonist", DN_INHIBITS},
    {"suppressor", DN_INHIBITS},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *word, const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && word[i] != '\0' && word[i] == lower(text[i]))
        i++;
    return i == len && word[i] == '\0';
}

static unsigned effect_of(const char *text, size_t len)
{
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (same(table[i].word, text, len))
            return table[i].effect;
    return 0;
}

unsigned dn_interaction_effects(const char *text, size_t len)
{
    unsigned effects = 0;
    size_t begin = 0;

    for (size_t i = 0; i <= len; i++)
        if (i == len || text[i] == ',' || text[i] == '|' || text[i] == ';') {
            effects |= effect_of(text + begin, i - begin);
            begin = i + 1;
        }
    return effects;
}

int dn_interaction_sign(unsigned effects)
{
    return effects == DN_ACTIVATES ? 1 : effects == DN_INHIBITS ? -1 : 0;
}

int dn_interaction_label(const char *text, size_t len)
{
    double v;
    unsigned effects;

    if (dn_parse_double(text, len, &v))
        return v == 0 ? 0 : v == 1 ? 1 : DN_LABEL_UNKNOWN;
    effects = dn_interaction_effects(text, len);
    if (effects == 0)
        return DN_LABEL_UNKNOWN;
    return effects == DN_ACTIVATES ? 1 : effects == DN_INHIBITS ? 0 : DN_LABEL_BOTH;
}
