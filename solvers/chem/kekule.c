/* kekule.c - aromatic rings of a SMILES text with their double bonds; see smiles.h
 *
 * An atom in lower case brings one electron to a double bond where its bonds, hydrogens and charge leave it
 * one bond short of a valence it can have; such atoms must all be paired along bonds of their rings. The
 * rules are RDKit's (Kekulize.cpp, 2022.09).
 */
#include "solvers/chem/smiles.h"

#include <ctype.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/matching.h"

/* What a bracket or a letter says of an aromatic atom. */
typedef struct aromatic {
    int valence; /* the lowest of the neutral element, 0: no element that can be aromatic */
    bool higher; /* two bonds more are a valence too */
    int charge;
    int hydrogens; /* that are stated; -1 where they follow from the bonds */
} aromatic;

static const struct {
    const char *symbol;
    int valence;
    bool higher;
} elements[] = {{"se", 2, true}, {"te", 2, true}, {"as", 3, true}, {"si", 4, false}, {"b", 3, false},
                {"c", 4, false}, {"n", 3, true},  {"o", 2, false}, {"p", 3, true},   {"s", 2, true}};

/* +, ++, -2 at p. */
static int read_charge(const char *p, const char *end)
{
    int sign = 0, size = 0;

    while (p < end && (*p == '+' || *p == '-')) {
        sign = *p == '+' ? 1 : -1;
        size++;
        p++;
    }
    if (size == 1 && p < end && isdigit((unsigned char)*p))
        size = *p - '0';
    return sign * size;
}

static aromatic read_atom(const char *p, const char *end)
{
    aromatic a = {.hydrogens = -1};
    bool bracket = *p == '[';

    if (bracket) {
        end = memchr(p, ']', (size_t)(end - p));
        p++;
        while (isdigit((unsigned char)*p))
            p++;
        a.hydrogens = 0;
    }
    for (size_t k = 0; k < sizeof elements / sizeof *elements; k++) {
        const char *symbol = elements[k].symbol;
        size_t n = strlen(symbol);

        if (bracket || n == 1)
            if ((size_t)(end - p) >= n && tolower((unsigned char)*p) == *symbol &&
                (n == 1 || p[1] == symbol[1])) {
                a.valence = elements[k].valence;
                a.higher = elements[k].higher;
                p += n;
                break;
            }
    }
    if (a.valence == 0)
        return a;
    /* [nb] is niobium in lower case, not nitrogen; Cl is no carbon */
    if (p < end && (bracket ? islower((unsigned char)*p) != 0
                            : isupper((unsigned char)p[-1]) && (*p == 'l' || *p == 'r')))
        a.valence = 0;
    if (!bracket || a.valence == 0)
        return a;
    while (p < end && *p == '@')
        p++;
    if (p < end && *p == 'H') {
        a.hydrogens = 1;
        p++;
        if (p < end && isdigit((unsigned char)*p))
            a.hydrogens = *p++ - '0';
    }
    a.charge = read_charge(p, end);
    return a;
}

/* Whether an atom whose bonds, aromatic ones counted once, add up to `order` needs a double bond. */
static bool lacks_bond(const aromatic *a, int order)
{
    int valence = a->valence, have = order + a->hydrogens;

    if (a->valence == 4)
        valence -= a->charge < 0 ? -a->charge : a->charge;
    else
        valence += a->valence == 3 && !a->higher ? -a->charge : a->charge;
    if (a->hydrogens < 0) /* a plain c has one hydrogen where two atoms are beside it, the others have none */
        have = order + (a->valence == 4 && order < 3 ? 3 - order : 0);
    while (a->higher && have > valence && valence < 6)
        valence += 2;
    return have < valence;
}

static int order_of(char symbol)
{
    return symbol == '=' ? 2 : symbol == '#' ? 3 : 1;
}

typedef struct rings {
    bool *aromatic;  /* [n_atoms]  in lower case, or beside a ':' (some toolkits write c1:c:c:c:[Te]:1) */
    int32_t *node;   /* [n_atoms]  its number among those that need a double bond, -1: it needs none */
    int32_t *shared; /* [n_atoms]  aromatic bonds */
    int32_t *order;  /* [n_atoms]  sum of the orders that are written */
    int32_t *end;    /* [2 n_bonds]  bonds that may become double, in nodes */
    int32_t *bond;   /* [n_bonds]    which bond of the text each is */
    int32_t *mate;   /* [n_atoms] */
    int32_t n_nodes; /* atoms that need one */
    int64_t n_edges;
} rings;

static dn_status find_nodes(const char *text, size_t length, const dn_smiles *s, rings *r, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t e = 0; e < s->n_bonds; e++) {
        int32_t a = s->end[2 * e], b = s->end[2 * e + 1];

        if (s->symbol[e] == ':')
            r->aromatic[a] = r->aromatic[b] = true;
        if (s->ring[e] && (s->symbol[e] == ':' || (s->symbol[e] == '\0' && (s->written[a] & s->written[b] &
                                                                            DN_WRITTEN_AROMATIC) != 0))) {
            r->shared[a]++;
            r->shared[b]++;
        }
        r->order[a] += order_of(s->symbol[e]);
        r->order[b] += order_of(s->symbol[e]);
    }
    for (int32_t i = 0; i < s->n_atoms; i++) {
        aromatic a;

        r->node[i] = -1;
        if (!r->aromatic[i] && (s->written[i] & DN_WRITTEN_AROMATIC) == 0)
            continue;
        a = read_atom(text + s->at[i], text + length);
        if (a.valence == 0)
            DN_FAIL(DN_EDATA, "SMILES: the atom in column %d is of no element that can be aromatic",
                    s->at[i] + 1);
        if (r->shared[i] > 3)
            DN_FAIL(DN_EDATA, "SMILES: bad valence: the atom in column %d has %d aromatic bonds",
                    s->at[i] + 1, r->shared[i]);
        if (!s->in_ring[i])
            DN_FAIL(DN_EDATA, "SMILES: the aromatic atom in column %d lies in no ring", s->at[i] + 1);
        if (lacks_bond(&a, r->order[i]))
            r->node[i] = r->n_nodes++;
    }
out:
    return st;
}

static void find_edges(const dn_smiles *s, rings *r)
{
    for (int64_t e = 0; e < s->n_bonds; e++) {
        int32_t a = s->end[2 * e], b = s->end[2 * e + 1];

        if (s->ring[e] && (s->symbol[e] == '\0' || s->symbol[e] == ':') && r->node[a] >= 0 &&
            r->node[b] >= 0) {
            r->end[2 * r->n_edges] = r->node[a];
            r->end[2 * r->n_edges + 1] = r->node[b];
            r->bond[r->n_edges++] = (int32_t)e;
        }
    }
}

/* The text with = where `twice` says so; atoms in upper case, no ':' outside brackets. */
static void rewrite(const char *text, size_t length, const dn_smiles *s, const bool *twice, char *out)
{
    bool bracket = false, symbol = true;
    int64_t atom = 0;

    for (size_t at = 0; at < length; at++) {
        char byte = text[at];

        if (twice[at])
            *out++ = '=';
        if (atom < s->n_atoms && (size_t)s->at[atom] == at) {
            symbol = true;
            atom++;
        }
        bracket = (bracket || byte == '[') && byte != ']';
        if (byte == ':' && !bracket)
            continue;
        if (symbol && isalpha((unsigned char)byte)) { /* the first letter of an atom */
            byte = (char)toupper((unsigned char)byte);
            symbol = false;
        }
        *out++ = byte;
    }
    *out = '\0';
}

dn_status dn_smiles_kekule(const char *text, size_t length, const dn_smiles *s, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t atoms = (size_t)s->n_atoms, bonds = (size_t)s->n_bonds;
    rings r = {0};
    bool *twice = NULL; /* [length]  a double bond is written before this byte */
    char *kekule = NULL;

    DN_NEW(r.aromatic, atoms);
    DN_NEW(r.node, atoms);
    DN_NEW(r.shared, atoms);
    DN_NEW(r.order, atoms);
    DN_NEW(r.mate, atoms);
    DN_NEW(r.end, 2 * bonds);
    DN_NEW(r.bond, bonds);
    DN_NEW(twice, length);
    DN_NEW(kekule, 2 * length + 1);
    DN_TRY(find_nodes(text, length, s, &r, err));
    find_edges(s, &r);
    DN_TRY(dn_matching_find(r.n_nodes, r.n_edges, r.end, r.mate, err));
    for (int64_t i = 0; i < s->n_atoms; i++)
        if (r.node[i] >= 0 && r.mate[r.node[i]] < 0)
            DN_FAIL(DN_EDATA, "SMILES: the aromatic ring at column %d has no Kekule form", s->at[i] + 1);
    for (int64_t k = 0; k < r.n_edges; k++)
        if (r.mate[r.end[2 * k]] == r.end[2 * k + 1])
            twice[s->before[r.bond[k]]] = true;
    rewrite(text, length, s, twice, kekule);
    *out = kekule;
    kekule = NULL;
out:
    dn_free(r.aromatic);
    dn_free(r.node);
    dn_free(r.shared);
    dn_free(r.order);
    dn_free(r.mate);
    dn_free(r.end);
    dn_free(r.bond);
    dn_free(twice);
    dn_free(kekule);
    return st;
}
