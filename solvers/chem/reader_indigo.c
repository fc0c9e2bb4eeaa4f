/* reader_indigo.c - SMILES to molecular graphs by Indigo; see molecule.h
 *
 * Indigo gets a Kekule form (smiles.h), in which it counts hydrogens reliably; hydrogens are folded before
 * anything is read; then its own aromaticity is perceived, which makes the two ways of writing a ring one.
 *
 * Indigo counts what it is given out in a session, which belongs to a thread at a time; everything a read has
 * made is released at its end by emptying the session.
 */
#include "solvers/chem/molecule.h"

#include <ctype.h>
#include <indigo.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/derive.h"
#include "solvers/chem/rings.h"
#include "solvers/chem/smiles.h"

/* Ends a search for a canonical form that got lost; far above the second or so that the caps of smiles.h
 * allow. */
enum { KEY_MS = 60000 };

struct dn_chem {
    qword session;
};

/* One molecule on its way. */
typedef struct work {
    char *text;        /* the SMILES in a Kekule form */
    dn_smiles written; /* what stands in it */
    int handle;        /* Indigo's molecule */
    int32_t *place;    /* [written.n_atoms]  which atom of the graph an atom of the text is, -1: folded */
    int32_t *origin;   /* [n_atoms]  the other way */
    int32_t *folded;   /* [n_atoms]  bonds that are written */
    int *bond;         /* [n_bonds]  Indigo's bonds */
    bool *bracket;     /* [n_atoms] */
    bool *ring;        /* [n_bonds] */
    int32_t *end;      /* [2 n_bonds] */
    dn_molecule m;
} work;

/* Indigo's last words, one line of them. */
static dn_status unreadable(dn_error *err)
{
    dn_status st = DN_OK;
    const char *why = indigoGetLastError();

    if (why == NULL)
        why = "no reason given";
    DN_FAIL(DN_EDATA, "SMILES: unreadable: %.*s", (int)strcspn(why, "\r\n"), why);
out:
    return st;
}

#define TRY_INDIGO(call_)            \
    do {                             \
        if ((call_) < 0)             \
            DN_TRY(unreadable(err)); \
    } while (0)

dn_status dn_chem_open(dn_chem **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_chem *chem = NULL;

    *out = NULL;
    DN_NEW(chem, 1);
    chem->session = indigoAllocSessionId();
    indigoSetSessionId(chem->session);
    if (indigoSetOption("aromaticity-model", "generic") < 0 ||
        indigoSetOptionBool("ignore-stereochemistry-errors", 1) < 0 ||
        indigoSetOptionInt("timeout", KEY_MS) < 0) {
        indigoReleaseSessionId(chem->session);
        DN_FAIL(DN_ESOFTWARE, "Indigo %s refuses an option: %s", indigoVersion(), indigoGetLastError());
    }
    *out = chem;
    chem = NULL;
out:
    dn_free(chem);
    return st;
}

void dn_chem_close(dn_chem **chem)
{
    if (chem == NULL || *chem == NULL)
        return;
    indigoSetSessionId((*chem)->session);
    indigoFreeAllObjects();
    indigoReleaseSessionId((*chem)->session);
    dn_free(*chem);
    *chem = NULL;
}

/* The end of the atom that begins at p of a text in Kekule form, NULL: none does. */
static char *atom_end(char *p)
{
    if (*p == '[')
        return strchr(p, ']') + 1;
    if (strncmp(p, "Cl", 2) == 0 || strncmp(p, "Br", 2) == 0)
        return p + 2;
    return isalpha((unsigned char)*p) ? p + 1 : NULL;
}

static int neighbours(const dn_smiles *s, int64_t atom)
{
    int count = 0;

    for (int64_t e = 0; e < 2 * s->n_bonds; e++)
        count += s->end[e] == atom;
    return count;
}

/* Whether the bracket [p, end) has a nitrogen, a mark and a hydrogen: [15N@@H]. */
static bool is_marked_amine(const char *p, const char *end)
{
    p += 1 + strspn(p + 1, "0123456789");
    return p + 2 < end && p[0] == 'N' && p[1] == '@' && (p[2] == 'H' || (p[2] == '@' && p[3] == 'H'));
}

/* Take '@' off nitrogens with hydrogens that have two neighbours at most, as in C[N@@H]C: those
 * are no centres, but Indigo adds an atom to make them one. Whether there was any. */
static bool drop_false_centres(work *w)
{
    bool any = false;
    int64_t atom = 0;
    char *out = w->text, *p = w->text, *end;

    while (*p != '\0') {
        if ((end = atom_end(p)) == NULL) {
            *out++ = *p++;
            continue;
        }
        bool drop = *p == '[' && is_marked_amine(p, end) && neighbours(&w->written, atom) <= 2;
        for (; p < end; p++) {
            any |= drop && *p == '@';
            if (!drop || *p != '@')
                *out++ = *p;
        }
        atom++;
    }
    *out = '\0';
    return any;
}

static dn_status load(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    w->handle = indigoLoadMoleculeFromString(w->text);
    TRY_INDIGO(w->handle);
    if (indigoCountAtoms(w->handle) != w->written.n_atoms && drop_false_centres(w)) {
        indigoFree(w->handle);
        w->handle = indigoLoadMoleculeFromString(w->text);
        TRY_INDIGO(w->handle);
    }
    if (indigoCountAtoms(w->handle) != w->written.n_atoms)
        DN_FAIL(DN_EDATA,
                "SMILES: unreadable: Indigo sees %d atoms, %lld are written (a centre with '@' that lacks a "
                "neighbour?)",
                indigoCountAtoms(w->handle), (long long)w->written.n_atoms);
    TRY_INDIGO(indigoFoldHydrogens(w->handle));
out:
    return st;
}

static dn_status read_atom(int handle, dn_atom *out, dn_error *err)
{
    dn_status st = DN_OK;
    int number = indigoAtomicNumber(handle), charge = 0, degree = indigoDegree(handle);
    int hydrogens = indigoCountImplicitHydrogens(handle), isotope = indigoIsotope(handle);

    if (number < 1 || number > 118)
        DN_FAIL(DN_EDATA, "SMILES: atom %d is of no element", indigoIndex(handle) + 1);
    TRY_INDIGO(indigoGetCharge(handle, &charge));
    TRY_INDIGO(degree);
    if (hydrogens < 0) /* too many bonds: dn_derive_overfull() names it better */
        hydrogens = 0;
    if (hydrogens > 99 || abs(charge) > 99 || isotope < 0 || isotope > 999)
        DN_FAIL(DN_EDATA, "SMILES: atom %d has %d hydrogens, charge %d, mass number %d",
                indigoIndex(handle) + 1, hydrogens, charge, isotope);
    *out = (dn_atom){.number = (uint8_t)number,
                     .degree = (uint8_t)degree,
                     .hydrogens = (uint8_t)hydrogens,
                     .charge = (int8_t)charge,
                     .isotope = (uint16_t)isotope};
out:
    return st;
}

static dn_status read_atoms(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int atoms = indigoIterateAtoms(w->handle), handle;
    int64_t n = 0;

    TRY_INDIGO(atoms);
    for (int64_t i = 0; i < w->written.n_atoms; i++)
        w->place[i] = -1;
    while ((handle = indigoNext(atoms)) > 0) {
        int origin = indigoIndex(handle);

        if (n == w->m.n_atoms || origin < 0 || origin >= w->written.n_atoms)
            DN_FAIL(DN_ESOFTWARE, "Indigo lists atom %d of %lld", origin, (long long)w->written.n_atoms);
        DN_TRY(read_atom(handle, &w->m.atom[n], err));
        w->bracket[n] = (w->written.written[origin] & DN_WRITTEN_BRACKET) != 0;
        w->origin[n] = origin;
        w->place[origin] = (int32_t)n++;
        indigoFree(handle);
    }
    TRY_INDIGO(handle);
    w->m.n_atoms = n;
out:
    return st;
}

/* The index of the atom at one end of a bond. */
static int32_t end_of(const work *w, int atom)
{
    int i = indigoIndex(atom);

    indigoFree(atom);
    return i < 0 || i >= w->written.n_atoms ? -1 : w->place[i];
}

static dn_status read_bonds(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int bonds = indigoIterateBonds(w->handle), handle;
    int64_t n = 0;

    TRY_INDIGO(bonds);
    while ((handle = indigoNext(bonds)) > 0) {
        int32_t a = end_of(w, indigoSource(handle)), b = end_of(w, indigoDestination(handle));
        int order = indigoBondOrder(handle);

        if (n == w->m.n_bonds || a < 0 || b < 0 || a == b)
            DN_FAIL(DN_ESOFTWARE, "Indigo lists a bond of atoms %d and %d", a, b);
        if (order < 1 || order > 3)
            DN_FAIL(DN_EDATA, "SMILES: unreadable: a bond of order %d", order);
        w->m.bond[n] = (dn_bond){.a = a < b ? a : b, .b = a < b ? b : a, .order = (uint8_t)order};
        w->bond[n++] = handle;
    }
    TRY_INDIGO(handle);
    w->m.n_bonds = n;
out:
    return st;
}

/* Hydrogens that are written and do not fit are lost when they are folded: [H]N([H])=C. */
static dn_status check_folded(const work *w, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t k = 0; k < 2 * w->written.n_bonds; k++)
        if (w->place[w->written.end[k]] >= 0)
            w->folded[w->place[w->written.end[k]]]++;
    for (int64_t i = 0; i < w->m.n_atoms; i++)
        if (w->folded[i] - w->m.atom[i].degree > w->m.atom[i].hydrogens)
            DN_FAIL(DN_EDATA, "SMILES: bad valence: the atom in column %d has more hydrogens than fit",
                    w->written.at[w->origin[i]] + 1);
out:
    return st;
}

/* Make a double bond of atom to far one order less and part their charges. */
static dn_status part_bond(work *w, dn_bond *b, int32_t atom, dn_error *err)
{
    dn_status st = DN_OK;
    int32_t far = b->a == atom ? b->b : b->a;

    b->order--;
    w->m.atom[atom].charge++;
    w->m.atom[far].charge--;
    TRY_INDIGO(indigoSetBondOrder(w->bond[b - w->m.bond], b->order));
    TRY_INDIGO(indigoSetCharge(indigoGetAtom(w->handle, w->origin[atom]), w->m.atom[atom].charge));
    TRY_INDIGO(indigoSetCharge(indigoGetAtom(w->handle, w->origin[far]), w->m.atom[far].charge));
out:
    return st;
}

/* A neutral nitrogen of five bonds: N(=O)=O becomes [N+](=O)[O-] and N=N#N becomes N=[N+]=[N-], as RDKit has
 * them, so that both spellings are one molecule. */
static dn_status part_nitrogen(work *w, int32_t atom, dn_error *err)
{
    dn_status st = DN_OK;
    dn_bond *best = NULL;

    for (int64_t e = 0; e < w->m.n_bonds; e++) {
        dn_bond *b = &w->m.bond[e];
        const dn_atom *o = &w->m.atom[b->a == atom ? b->b : b->a];
        bool ours = (b->a == atom || b->b == atom) && o->charge == 0 && o->degree == 1;

        if (ours && best == NULL && o->number == 7 && b->order == 3)
            best = b;
        if (ours && (best == NULL || best->order == 3) && o->number == 8 && b->order == 2)
            best = b;
    }
    if (best != NULL)
        DN_TRY(part_bond(w, best, atom, err));
out:
    return st;
}

/* A neutral halogen among oxygens: Cl(=O)(=O)(=O)O becomes [Cl+3]([O-])([O-])([O-])O, as RDKit has it. */
static dn_status part_halogen(work *w, int32_t atom, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t e = 0; e < w->m.n_bonds; e++) {
        const dn_bond *b = &w->m.bond[e];

        if ((b->a == atom && w->m.atom[b->b].number != 8) || (b->b == atom && w->m.atom[b->a].number != 8))
            return DN_OK;
    }
    for (int64_t e = 0; e < w->m.n_bonds; e++) {
        dn_bond *b = &w->m.bond[e];

        if ((b->a == atom || b->b == atom) && b->order == 2)
            DN_TRY(part_bond(w, b, atom, err));
    }
out:
    return st;
}

static dn_status part_charges(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    for (int32_t i = 0; i < w->m.n_atoms; i++) {
        const dn_atom *a = &w->m.atom[i];

        if (a->charge == 0 && a->number == 7 && a->valence == 5)
            DN_TRY(part_nitrogen(w, i, err));
        if (a->charge == 0 && (a->number == 17 || a->number == 35 || a->number == 53) && a->valence > 1 &&
            a->valence % 2 == 1)
            DN_TRY(part_halogen(w, i, err));
    }
out:
    return st;
}

static dn_status check_valence(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t bad;
    const char *why;

    DN_TRY(check_folded(w, err));
    dn_derive_valence(&w->m);
    DN_TRY(part_charges(w, err));
    dn_derive_valence(&w->m);
    bad = dn_derive_overfull(&w->m);
    if (bad >= 0)
        DN_FAIL(DN_EDATA, "SMILES: bad valence: the atom in column %d has valence %d at charge %d",
                w->written.at[w->origin[bad]] + 1, w->m.atom[bad].valence, w->m.atom[bad].charge);
    why = indigoCheckBadValence(w->handle);
    if (why == NULL)
        DN_TRY(unreadable(err));
    if (*why != '\0')
        DN_FAIL(DN_EDATA, "SMILES: bad valence: %.*s", (int)strcspn(why, "\r\n"), why);
out:
    return st;
}

static int by_atoms(const void *x, const void *y)
{
    const dn_bond *p = x, *q = y;

    return p->a != q->a ? (p->a < q->a ? -1 : 1) : (p->b > q->b) - (p->b < q->b);
}

static dn_status perceive(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    dn_molecule *m = &w->m;
    int64_t fused;
    int centres, handle;

    TRY_INDIGO(indigoAromatize(w->handle));
    for (int64_t e = 0; e < m->n_bonds; e++) {
        dn_bond *b = &m->bond[e];

        b->type = (uint8_t)indigoBondOrder(w->bond[e]);
        if (b->type == DN_BOND_AROMATIC)
            m->atom[b->a].aromatic = m->atom[b->b].aromatic = true;
    }
    centres = indigoIterateStereocenters(w->handle);
    TRY_INDIGO(centres);
    while ((handle = indigoNext(centres)) > 0) {
        int i = indigoIndex(handle);

        if (i >= 0 && i < w->written.n_atoms && w->place[i] >= 0)
            m->atom[w->place[i]].stereo = true;
        indigoFree(handle);
    }
    qsort(m->bond, (size_t)m->n_bonds, sizeof *m->bond, by_atoms);
    for (int64_t e = 0; e < m->n_bonds; e++) {
        w->end[2 * e] = m->bond[e].a;
        w->end[2 * e + 1] = m->bond[e].b;
    }
    DN_TRY(dn_rings_mark(m->n_atoms, m->n_bonds, w->end, w->ring, &fused, err));
    for (int64_t e = 0; e < m->n_bonds; e++)
        if (w->ring[e])
            m->bond[e].ring = m->atom[m->bond[e].a].ring = m->atom[m->bond[e].b].ring = true;
    DN_TRY(dn_derive_electrons(m, w->bracket, err));
out:
    return st;
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(char *const *)x, *(char *const *)y);
}

/* The canonical SMILES of one fragment. What follows a blank is an extension that repeats the radicals. */
static dn_status key_of(int handle, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    const char *text = indigoCanonicalSmiles(handle);
    size_t length;

    if (text == NULL)
        DN_FAIL(DN_EDATA, "SMILES: no canonical form: %.200s", indigoGetLastError());
    length = strcspn(text, " ");
    DN_NEW(*out, length + 1);
    memcpy(*out, text, length);
out:
    return st;
}

/* Fragment by fragment, in the order of their text: Indigo's own search tries to tell equal fragments apart,
 * which takes exponential time. */
static dn_status make_key(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int fragments = indigoCountComponents(w->handle);
    char **key = NULL, *at;
    size_t length = 0;

    TRY_INDIGO(fragments);
    /* Configurations of what has none: C[C@H](C)O is CC(C)O. Indigo cannot tell for some bridged rings ("zero
     * bond length"); they keep what the text says. */
    if (strchr(w->text, '@') != NULL)
        (void)indigoResetSymmetricStereocenters(w->handle);
    if (strpbrk(w->text, "/\\") != NULL)
        (void)indigoResetSymmetricCisTrans(w->handle);
    DN_NEW(key, (size_t)fragments);
    for (int i = 0; i < fragments; i++) {
        int part = fragments == 1 ? w->handle : indigoClone(indigoComponent(w->handle, i));

        TRY_INDIGO(part);
        DN_TRY(key_of(part, &key[i], err));
        length += strlen(key[i]) + 1;
    }
    qsort(key, (size_t)fragments, sizeof *key, by_text);
    DN_NEW(w->m.key, length);
    at = w->m.key;
    for (int i = 0; i < fragments; i++) {
        size_t n = strlen(key[i]);

        memcpy(at, key[i], n);
        at[n] = i + 1 < fragments ? '.' : '\0';
        at += n + 1;
    }
out:
    for (int i = 0; key != NULL && i < fragments; i++)
        dn_free(key[i]);
    dn_free(key);
    return st;
}

/* Room for the graph, whose size is known once hydrogens are folded. */
static dn_status make_room(work *w, dn_error *err)
{
    dn_status st = DN_OK;
    int atoms = indigoCountAtoms(w->handle), bonds = indigoCountBonds(w->handle);

    TRY_INDIGO(atoms);
    TRY_INDIGO(bonds);
    if (atoms == 0)
        DN_FAIL(DN_EDATA, "SMILES: no atoms");
    if (atoms > DN_MOLECULE_ATOMS)
        DN_FAIL(DN_EDATA, "SMILES: %d atoms, more than %d", atoms, DN_MOLECULE_ATOMS);
    w->m.n_atoms = atoms;
    w->m.n_bonds = bonds;
    DN_NEW(w->m.atom, (size_t)atoms);
    DN_NEW(w->m.bond, (size_t)bonds);
    DN_NEW(w->place, (size_t)w->written.n_atoms);
    DN_NEW(w->origin, (size_t)atoms);
    DN_NEW(w->folded, (size_t)atoms);
    DN_NEW(w->bracket, (size_t)atoms);
    DN_NEW(w->bond, (size_t)bonds);
    DN_NEW(w->ring, (size_t)bonds);
    DN_NEW(w->end, 2 * (size_t)bonds);
out:
    return st;
}

static dn_status scan(const char *smiles, size_t length, work *w, dn_error *err)
{
    dn_status st = DN_OK;

    while (length > 0 && strchr(" \t\r\n", smiles[length - 1]) != NULL && smiles[length - 1] != '\0')
        length--;
    while (length > 0 && strchr(" \t\r\n", *smiles) != NULL && *smiles != '\0') {
        smiles++;
        length--;
    }
    if (length > DN_SMILES_BYTES)
        DN_FAIL(DN_EDATA, "SMILES: %zu bytes, more than %d", length, DN_SMILES_BYTES);
    DN_TRY(dn_smiles_scan(smiles, length, &w->written, err));
    DN_TRY(dn_smiles_kekule(smiles, length, &w->written, &w->text, err));
out:
    return st;
}

/* After all else has been read: Indigo places atoms, which may change what it says of stereo. */
static dn_status lay_out(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    TRY_INDIGO(indigoLayout(w->handle));
    DN_NEW(w->m.xy, 2 * (size_t)w->m.n_atoms);
    for (int64_t i = 0; i < w->m.n_atoms; i++) {
        int atom = indigoGetAtom(w->handle, w->origin[i]);
        const float *at = atom < 0 ? NULL : indigoXYZ(atom);

        if (at == NULL)
            DN_TRY(unreadable(err));
        w->m.xy[2 * i] = at[0];
        w->m.xy[2 * i + 1] = at[1];
        indigoFree(atom);
    }
out:
    return st;
}

dn_status dn_molecule_read(dn_chem *chem, const char *smiles, size_t length, unsigned wants, dn_molecule *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.handle = -1};

    *out = (dn_molecule){0};
    DN_TRY(scan(smiles, length, &w, err));
    indigoSetSessionId(chem->session);
    DN_TRY(load(&w, err));
    DN_TRY(make_room(&w, err));
    DN_TRY(read_atoms(&w, err));
    DN_TRY(read_bonds(&w, err));
    DN_TRY(check_valence(&w, err));
    DN_TRY(perceive(&w, err));
    if ((wants & DN_CHEM_KEY) != 0)
        DN_TRY(make_key(&w, err));
    if ((wants & DN_CHEM_LAYOUT) != 0)
        DN_TRY(lay_out(&w, err));
    *out = w.m;
    w.m = (dn_molecule){0};
out:
    if (w.text != NULL)
        indigoFreeAllObjects();
    dn_smiles_destroy(&w.written);
    dn_molecule_destroy(&w.m);
    dn_free(w.text);
    dn_free(w.place);
    dn_free(w.origin);
    dn_free(w.folded);
    dn_free(w.bracket);
    dn_free(w.bond);
    dn_free(w.ring);
    dn_free(w.end);
    return st;
}
