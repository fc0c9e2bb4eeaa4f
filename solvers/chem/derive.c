/* derive.c - the rules of RDKit 2022.09; see derive.h */
#include "solvers/chem/derive.h"

#include "solvers/base/alloc.h"
#include "solvers/chem/elements.h"

void dn_derive_valence(dn_molecule *m)
{
    for (int64_t i = 0; i < m->n_atoms; i++)
        m->atom[i].valence = m->atom[i].hydrogens;
    for (int64_t e = 0; e < m->n_bonds; e++) {
        m->atom[m->bond[e].a].valence = (uint8_t)(m->atom[m->bond[e].a].valence + m->bond[e].order);
        m->atom[m->bond[e].b].valence = (uint8_t)(m->atom[m->bond[e].b].valence + m->bond[e].order);
    }
}

int64_t dn_derive_overfull(const dn_molecule *m)
{
    for (int64_t i = 0; i < m->n_atoms; i++) {
        const dn_atom *a = &m->atom[i];
        const dn_element *e = dn_element_of(a->number);
        /* a charge makes an atom like its neighbour in the table: N+ as C, O- as F, but B- as C */
        int like = e->outer >= 4 ? a->valence - a->charge : a->valence + a->charge;

        if (e->most > 0 && like > e->most)
            return i;
    }
    return -1;
}

/* Unpaired electrons of an atom whose hydrogens the text states. */
static int radicals(const dn_atom *a)
{
    const dn_element *e = dn_element_of(a->number);
    int shell = a->number <= 2 ? 2 : 8, missing, left;

    if (e->valence < 0) { /* a metal: what is odd, whatever its bonds */
        left = e->outer - a->charge;
        return left < 0 ? 0 : left % 2;
    }
    missing = shell - e->outer - a->valence + a->charge;
    if (missing < 0) {
        missing = 0;
        for (int v = e->valence; e->most > e->valence && v <= e->most; v += 2)
            if (v - a->valence + a->charge >= 0) {
                missing = v - a->valence + a->charge;
                break;
            }
    }
    left = e->outer - a->valence - a->charge;
    return left >= 0 && left < missing ? left : missing;
}

static int neighbours(const dn_atom *a)
{
    return a->degree + a->hydrogens;
}

/* Electrons an atom can give to a pi system (RDKit's countAtomElec, as far as its sign goes). */
static int spare_electrons(const dn_atom *a, const dn_element *e)
{
    int lone = e->outer - e->valence - a->charge;

    if (e->valence <= 1 || neighbours(a) > 3)
        return -1;
    return e->valence - neighbours(a) + (lone > 0 ? lone : 0) - a->radicals;
}

/* Whether an atom can be part of a conjugated system at all. */
static bool can_conjugate(const dn_atom *a)
{
    const dn_element *e = dn_element_of(a->number);

    if (a->charge == 0 && e->valence >= 0 && a->valence > e->valence)
        return false;
    if (spare_electrons(a, e) <= 0)
        return false;
    return a->number <= 10 || (e->outer != 5 && e->outer != 6) || (e->outer == 6 && neighbours(a) < 2);
}

typedef struct around {
    int32_t *first; /* [n_atoms + 1] */
    int32_t *bond;  /* [2 n_bonds]   bonds of atom i: bond[first[i]] .. bond[first[i + 1] - 1] */
} around;

static void list_bonds(const dn_molecule *m, around *r)
{
    for (int64_t e = 0; e < m->n_bonds; e++) {
        r->first[m->bond[e].a + 1]++;
        r->first[m->bond[e].b + 1]++;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        r->first[i + 1] += r->first[i];
    /* filled from the back, so that first[] ends where it began */
    for (int64_t e = m->n_bonds - 1; e >= 0; e--) {
        r->bond[--r->first[m->bond[e].a + 1]] = (int32_t)e;
        r->bond[--r->first[m->bond[e].b + 1]] = (int32_t)e;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        r->first[i] = r->first[i + 1];
    r->first[m->n_atoms] = (int32_t)(2 * m->n_bonds);
}

static dn_atom *other(const dn_molecule *m, int32_t bond, int64_t atom)
{
    return &m->atom[m->bond[bond].a == atom ? m->bond[bond].b : m->bond[bond].a];
}

/* A multiple bond of atom i makes its other bonds conjugated, where the atoms allow it. */
static void conjugate(dn_molecule *m, const around *r, int64_t i)
{
    const dn_atom *a = &m->atom[i];
    int32_t begin = r->first[i], end = r->first[i + 1];

    if (!can_conjugate(a) || neighbours(a) < 2 || neighbours(a) > 3)
        return;
    for (int32_t x = begin; x < end; x++) {
        dn_bond *multiple = &m->bond[r->bond[x]];

        if (multiple->type == DN_BOND_SINGLE)
            continue;
        for (int32_t y = begin; y < end; y++) {
            const dn_atom *b = other(m, r->bond[y], i);

            if (y != x && neighbours(b) <= 3 && can_conjugate(b))
                multiple->conjugated = m->bond[r->bond[y]].conjugated = true;
        }
    }
}

/* Bonds and lone pairs around an atom. */
static int domains(const dn_atom *a)
{
    const dn_element *e = dn_element_of(a->number);
    int free_electrons = e->outer - a->valence - a->charge;

    if (a->number <= 1 || a->number >= 89)
        return neighbours(a);
    if (a->valence + e->outer - a->charge < 8) /* below an octet */
        return neighbours(a) + (free_electrons - a->radicals) / 2 + a->radicals;
    return neighbours(a) + free_electrons / 2;
}

static dn_hybridization hybridization(const dn_atom *a, bool conjugated)
{
    switch (domains(a)) {
    case 0:
    case 1:
        return DN_HYBRID_S;
    case 2:
        return DN_HYBRID_SP;
    case 3:
        return DN_HYBRID_SP2;
    case 4:
        return conjugated && neighbours(a) <= 3 ? DN_HYBRID_SP2 : DN_HYBRID_SP3;
    case 5:
        return DN_HYBRID_SP3D;
    case 6:
        return DN_HYBRID_SP3D2;
    default:
        return DN_HYBRID_OTHER;
    }
}

dn_status dn_derive_electrons(dn_molecule *m, const bool *bracket, dn_error *err)
{
    dn_status st = DN_OK;
    around r = {0};

    DN_NEW(r.first, (size_t)m->n_atoms + 1 + 2 * (size_t)m->n_bonds);
    r.bond = r.first + m->n_atoms + 1;
    list_bonds(m, &r);
    for (int64_t i = 0; i < m->n_atoms; i++)
        m->atom[i].radicals = (uint8_t)(bracket[i] ? radicals(&m->atom[i]) : 0);
    for (int64_t e = 0; e < m->n_bonds; e++)
        m->bond[e].conjugated = m->bond[e].type == DN_BOND_AROMATIC;
    for (int64_t i = 0; i < m->n_atoms; i++)
        conjugate(m, &r, i);
    for (int64_t i = 0; i < m->n_atoms; i++) {
        bool conjugated = false;

        for (int32_t x = r.first[i]; x < r.first[i + 1]; x++)
            conjugated = conjugated || m->bond[r.bond[x]].conjugated;
        m->atom[i].hybridization = (uint8_t)hybridization(&m->atom[i], conjugated);
    }
out:
    dn_free(r.first);
    return st;
}
