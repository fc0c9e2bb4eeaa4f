/* smiles.c - a SMILES text before chemistry; see smiles.h */
#include "solvers/chem/smiles.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/rings.h"

enum { CLOSURES = 100, NONE = -1 };

typedef struct scan {
    const char *text;
    size_t length, at;
    dn_smiles *s;
    int32_t last;   /* the atom the next bond starts at, or NONE */
    int32_t *stack; /* [length]  atoms that open brackets ( wait for */
    size_t depth;
    int32_t open[CLOSURES]; /* the atom an open ring number waits at, or NONE */
    char opened[CLOSURES];  /* the symbol written there */
    char symbol;            /* of the bond that waits for its atom */
    uint8_t *bonds;         /* [length]  of each atom */
    bool bond_waits;        /* a bond symbol was read and its atom was not */
} scan;

/* "'x' in column 3", the x only where it can be printed. */
static const char *here(const scan *c, char *room, size_t size)
{
    unsigned char byte = (unsigned char)c->text[c->at];

    if (isgraph(byte))
        snprintf(room, size, "'%c' in column %zu", byte, c->at + 1);
    else
        snprintf(room, size, "byte 0x%02x in column %zu", byte, c->at + 1);
    return room;
}

/* A bond of a and b whose symbol stands, or would stand, before the byte at c->at. */
static dn_status add_bond(scan *c, int32_t a, int32_t b, char symbol, dn_error *err)
{
    dn_status st = DN_OK;
    dn_smiles *s = c->s;

    if (a == b)
        DN_FAIL(DN_EDATA, "SMILES: column %zu bonds an atom to itself", c->at + 1);
    if (++c->bonds[a] > DN_SMILES_BONDS || ++c->bonds[b] > DN_SMILES_BONDS)
        DN_FAIL(DN_EDATA, "SMILES: the atom in column %zu has more than %d bonds", c->at + 1,
                DN_SMILES_BONDS);
    s->end[2 * s->n_bonds] = a;
    s->end[2 * s->n_bonds + 1] = b;
    s->symbol[s->n_bonds] = symbol;
    s->before[s->n_bonds] = (int32_t)c->at;
    s->n_bonds++;
out:
    return st;
}

static void end_bond(scan *c)
{
    c->bond_waits = false;
    c->symbol = '\0';
}

static dn_status add_atom(scan *c, unsigned written, dn_error *err)
{
    dn_status st = DN_OK;
    dn_smiles *s = c->s;

    if (s->n_atoms == DN_SMILES_ATOMS)
        DN_FAIL(DN_EDATA, "SMILES: more than %d atoms, hydrogens counted", DN_SMILES_ATOMS);
    s->written[s->n_atoms] = (uint8_t)written;
    s->at[s->n_atoms] = (int32_t)c->at;
    s->n_atoms++;
    if (c->last != NONE)
        DN_TRY(add_bond(c, c->last, (int32_t)s->n_atoms - 1, c->symbol, err));
    c->last = (int32_t)s->n_atoms - 1;
    end_bond(c);
out:
    return st;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && isdigit((unsigned char)*p))
        p++;
    return p;
}

/* Behind the symbol at p, or p where there is none: one capital with at most one small letter, or the small
 * letters of an element that can be aromatic (kekule.c says which). */
static const char *skip_symbol(const char *p, const char *end)
{
    bool capital = p < end && isupper((unsigned char)*p);

    if (p == end || !isalpha((unsigned char)*p))
        return p;
    p++;
    if (p < end && islower((unsigned char)*p) && (capital || strchr("aei", *p) != NULL))
        p++;
    return p;
}

/* Behind @, @@, or @ with the class of a configuration (@TH1, @OH12). */
static const char *skip_chirality(const char *p, const char *end)
{
    if (p == end || *p != '@')
        return p;
    p++;
    if (p < end && *p == '@')
        return p + 1;
    if (end - p > 2 && isupper((unsigned char)p[0]) && isupper((unsigned char)p[1]) &&
        isdigit((unsigned char)p[2]))
        p = skip_digits(p + 2, end);
    return p;
}

/* Behind +, --, +2. */
static const char *skip_charge(const char *p, const char *end)
{
    char sign = p < end ? *p : '\0';

    if (sign != '+' && sign != '-')
        return p;
    p++;
    if (p < end && *p == sign) {
        while (p < end && *p == sign)
            p++;
        return p;
    }
    return skip_digits(p, end);
}

/* [13C@H3+:1]: mass number, symbol, configuration, hydrogens, charge, class; which symbols are elements is
 * left to the toolkit. */
static dn_status bracket(scan *c, dn_error *err)
{
    dn_status st = DN_OK;
    const char *open = c->text + c->at, *close = memchr(open, ']', c->length - c->at), *symbol, *p;
    char where[48];

    if (close == NULL)
        DN_FAIL(DN_EDATA, "SMILES: the bracket %s is not closed", here(c, where, sizeof where));
    symbol = skip_digits(open + 1, close);
    if (symbol < close && strchr("*?#!$~&,;", *symbol) != NULL)
        DN_FAIL(DN_EDATA, "SMILES: '%c' in column %zu is a wildcard or a query, no element", *symbol,
                (size_t)(symbol - c->text) + 1);
    p = skip_symbol(symbol, close);
    if (p == symbol)
        DN_FAIL(DN_EDATA, "SMILES: the bracket %s holds no element", here(c, where, sizeof where));
    p = skip_chirality(p, close);
    if (p < close && *p == 'H') {
        p++;
        if (p < close && isdigit((unsigned char)*p))
            p++;
    }
    p = skip_charge(p, close);
    if (p + 1 < close && *p == ':' && isdigit((unsigned char)p[1]))
        p = skip_digits(p + 1, close);
    if (p < close) {
        c->at = (size_t)(p - c->text);
        DN_FAIL(DN_EDATA, "SMILES: %s is nothing an atom has there", here(c, where, sizeof where));
    }
    DN_TRY(
        add_atom(c, DN_WRITTEN_BRACKET | (islower((unsigned char)*symbol) ? DN_WRITTEN_AROMATIC : 0u), err));
    c->at += (size_t)(close - open) + 1;
out:
    return st;
}

/* 1, or %12: opens a ring at the last atom, or closes it there. */
static dn_status closure(scan *c, dn_error *err)
{
    dn_status st = DN_OK;
    const char *p = c->text + c->at;
    size_t taken = 1;
    int number = *p - '0';
    char where[48];

    if (c->last == NONE)
        DN_FAIL(DN_EDATA, "SMILES: %s closes a ring before any atom", here(c, where, sizeof where));
    if (c->text[c->at - 1] == '(')
        DN_FAIL(DN_EDATA, "SMILES: %s begins a branch", here(c, where, sizeof where));
    if (*p == '%') {
        if (c->at + 2 >= c->length || !isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]))
            DN_FAIL(DN_EDATA, "SMILES: %s is not followed by two digits", here(c, where, sizeof where));
        number = (p[1] - '0') * 10 + (p[2] - '0');
        taken = 3;
    }
    if (c->open[number] == NONE) {
        c->open[number] = c->last;
        c->opened[number] = c->symbol;
    } else {
        char symbol = c->symbol != '\0' ? c->symbol : c->opened[number];

        DN_TRY(add_bond(c, c->open[number], c->last, symbol, err));
        c->open[number] = NONE;
    }
    c->at += taken;
    end_bond(c);
out:
    return st;
}

/* Bonds, branches and the dot. */
static dn_status mark(scan *c, dn_error *err)
{
    dn_status st = DN_OK;
    char byte = c->text[c->at], where[48];

    if (c->last == NONE && byte != '.')
        DN_FAIL(DN_EDATA, "SMILES: %s stands before any atom", here(c, where, sizeof where));
    if (c->at > 0 && c->text[c->at - 1] == '(' && (byte == ')' || byte == '.' || byte == '('))
        DN_FAIL(DN_EDATA, "SMILES: %s begins a branch", here(c, where, sizeof where));
    if (byte == '(') {
        c->stack[c->depth++] = c->last;
    } else if (byte == ')') {
        if (c->depth == 0)
            DN_FAIL(DN_EDATA, "SMILES: %s closes a branch that is not open", here(c, where, sizeof where));
        if (c->bond_waits)
            DN_FAIL(DN_EDATA, "SMILES: the bond before %s leads to no atom", here(c, where, sizeof where));
        c->last = c->stack[--c->depth];
    } else if (c->bond_waits) {
        DN_FAIL(DN_EDATA, "SMILES: %s follows a bond", here(c, where, sizeof where));
    } else if (byte == '.') {
        if (c->last == NONE)
            DN_FAIL(DN_EDATA, "SMILES: %s has no fragment before it", here(c, where, sizeof where));
        c->last = NONE;
    } else {
        c->bond_waits = true;
        c->symbol = byte;
    }
    c->at++;
out:
    return st;
}

static dn_status refuse(const scan *c, dn_error *err)
{
    dn_status st = DN_OK;
    char where[48];

    here(c, where, sizeof where);
    switch (c->text[c->at]) {
    case ' ':
    case '\t':
        DN_FAIL(DN_EDATA, "SMILES: a blank in column %zu", c->at + 1);
    case '*':
    case '?':
        DN_FAIL(DN_EDATA, "SMILES: %s is a wildcard, no element", where);
    case '~':
    case '!':
    case '&':
    case ',':
    case ';':
        DN_FAIL(DN_EDATA, "SMILES: %s belongs to a query, not to a molecule", where);
    case '>':
        DN_FAIL(DN_EDATA, "SMILES: %s makes this a reaction", where);
    default:
        DN_FAIL(DN_EDATA, "SMILES: %s is nothing a SMILES has there", where);
    }
out:
    return st;
}

static dn_status step(scan *c, dn_error *err)
{
    dn_status st = DN_OK;
    const char *p = c->text + c->at;
    bool more = c->at + 1 < c->length;

    if (*p == '\0') {
        DN_TRY(refuse(c, err));
    } else if (*p == '[') {
        DN_TRY(bracket(c, err));
    } else if (more && ((p[0] == 'C' && p[1] == 'l') || (p[0] == 'B' && p[1] == 'r'))) {
        DN_TRY(add_atom(c, 0, err));
        c->at += 2;
    } else if (strchr("BCNOPSFI", *p) != NULL) {
        DN_TRY(add_atom(c, 0, err));
        c->at++;
    } else if (strchr("bcnops", *p) != NULL) {
        DN_TRY(add_atom(c, DN_WRITTEN_AROMATIC, err));
        c->at++;
    } else if (isdigit((unsigned char)*p) || *p == '%') {
        DN_TRY(closure(c, err));
    } else if (strchr("-=#:/\\().", *p) != NULL) {
        DN_TRY(mark(c, err));
    } else {
        DN_TRY(refuse(c, err));
    }
out:
    return st;
}

static dn_status check_end(const scan *c, dn_error *err)
{
    dn_status st = DN_OK;

    if (c->bond_waits || c->last == NONE)
        DN_FAIL(DN_EDATA, "SMILES: ends with a bond or a dot that leads to no atom");
    if (c->depth > 0)
        DN_FAIL(DN_EDATA, "SMILES: %zu of its branches are not closed", c->depth);
    for (int i = 0; i < CLOSURES; i++)
        if (c->open[i] != NONE)
            DN_FAIL(DN_EDATA, "SMILES: ring %d is not closed", i);
out:
    return st;
}

/* Which atoms and bonds lie in rings; refuses too many rings that hang together. */
static dn_status mark_rings(dn_smiles *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t fused = 0;

    DN_TRY(dn_rings_mark(s->n_atoms, s->n_bonds, s->end, s->ring, &fused, err));
    if (fused > DN_SMILES_FUSED)
        DN_FAIL(DN_EDATA, "SMILES: %lld rings hang together, more than %d", (long long)fused,
                DN_SMILES_FUSED);
    for (int64_t k = 0; k < 2 * s->n_bonds; k++)
        if (s->ring[k / 2])
            s->in_ring[s->end[k]] = true;
out:
    return st;
}

dn_status dn_smiles_scan(const char *text, size_t length, dn_smiles *out, dn_error *err)
{
    dn_status st = DN_OK;
    scan c = {.text = text, .length = length, .s = out, .last = NONE};

    *out = (dn_smiles){0};
    for (int i = 0; i < CLOSURES; i++)
        c.open[i] = NONE;
    if (length == 0)
        DN_FAIL(DN_EDATA, "SMILES: empty");
    /* an atom takes a byte and brings at most one bond; a ring takes two more bytes */
    DN_NEW(c.stack, length);
    DN_NEW(c.bonds, length);
    DN_NEW(out->written, length);
    DN_NEW(out->in_ring, length);
    DN_NEW(out->at, length);
    DN_NEW(out->symbol, length);
    DN_NEW(out->before, length);
    DN_NEW(out->ring, length);
    DN_NEW(out->end, 2 * length);
    while (c.at < length)
        DN_TRY(step(&c, err));
    DN_TRY(check_end(&c, err));
    DN_TRY(mark_rings(out, err));
out:
    dn_free(c.stack);
    dn_free(c.bonds);
    if (st != DN_OK)
        dn_smiles_destroy(out);
    return st;
}

void dn_smiles_destroy(dn_smiles *s)
{
    if (s == NULL)
        return;
    dn_free(s->written);
    dn_free(s->in_ring);
    dn_free(s->at);
    dn_free(s->symbol);
    dn_free(s->before);
    dn_free(s->ring);
    dn_free(s->end);
    *s = (dn_smiles){0};
}
