/* features.c - molecules as numbers; see features.h */
#include "solvers/chem/features.h"

#include <stdlib.h>
#include <string.h>
#include "solvers/chem/elements.h"

/* Where the groups of DN_ATOMS_RICH begin. */
enum {
    ELEMENT = 0,
    DEGREE = 17,
    HYDROGENS = 24,
    CHARGE = 29,
    HYBRID = 34,
    VALENCE = 40,
    FLAGS = 46,
    BONDS = 53,
    CONJUGATED = 57,
    RING_BONDS = 58,
    HETERO = 59,
    SCALES = 60,
};

static const uint8_t elements[] = {5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 34, 35, 53};

int64_t dn_atoms_width(dn_atom_encoding encoding)
{
    return encoding == DN_ATOMS_PUBLISHED ? DN_ATOMS_PUBLISHED_WIDTH : DN_ATOMS_RICH_WIDTH;
}

static int at_most(int v, int most)
{
    return v < most ? v : most;
}

static int hybrid_column(int hybridization)
{
    switch (hybridization) {
    case DN_HYBRID_S:
    case DN_HYBRID_SP:
    case DN_HYBRID_SP2:
    case DN_HYBRID_SP3:
        return hybridization - 1;
    case DN_HYBRID_SP2D:
    case DN_HYBRID_SP3D:
    case DN_HYBRID_SP3D2:
        return 4;
    default:
        return 5;
    }
}

static void encode_rich(const dn_atom *a, float *x)
{
    const dn_element *e = dn_element_of(a->number);
    const uint8_t *known = memchr(elements, a->number, sizeof elements);

    x[ELEMENT + (known == NULL ? (int)sizeof elements : (int)(known - elements))] = 1;
    x[DEGREE + at_most(a->degree, 6)] = 1;
    x[HYDROGENS + at_most(a->hydrogens, 4)] = 1;
    x[CHARGE + 2 + (a->charge < -2 ? -2 : at_most(a->charge, 2))] = 1;
    x[HYBRID + hybrid_column(a->hybridization)] = 1;
    x[VALENCE + at_most(a->valence, 5)] = 1;
    x[FLAGS] = a->aromatic;
    x[FLAGS + 1] = a->ring;
    x[FLAGS + 2] = a->stereo;
    x[FLAGS + 3] = a->isotope != 0;
    x[FLAGS + 4] = a->radicals != 0;
    x[FLAGS + 5] = e->metal;
    x[FLAGS + 6] = a->number == 1;
    x[SCALES] = (float)a->charge / 4;
    x[SCALES + 1] = (float)a->number / 100;
    x[SCALES + 2] = (float)e->electronegativity / 400;
    x[SCALES + 3] = 1;
}

/* What the bonds of an atom add to its columns. */
static void encode_neighbour(const dn_bond *b, const dn_atom *far, float *x)
{
    x[BONDS + b->type - 1] += 0.25f;
    if (b->conjugated)
        x[CONJUGATED] += 0.25f;
    if (b->ring)
        x[RING_BONDS] += 0.25f;
    if (far->number != 6 && far->number != 1)
        x[HETERO] += 0.25f;
}

void dn_atoms_encode(const dn_molecule *m, dn_atom_encoding encoding, float *out)
{
    int64_t width = dn_atoms_width(encoding);

    memset(out, 0, (size_t)(m->n_atoms * width) * sizeof *out);
    if (encoding == DN_ATOMS_PUBLISHED) {
        for (int64_t i = 0; i < m->n_atoms; i++, out += width) {
            out[0] = m->atom[i].number;
            out[1] = m->atom[i].degree;
            out[2] = m->atom[i].aromatic;
            out[3] = m->atom[i].hybridization;
        }
        return;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        encode_rich(&m->atom[i], out + i * width);
    for (int64_t e = 0; e < m->n_bonds; e++) {
        const dn_bond *b = &m->bond[e];

        encode_neighbour(b, &m->atom[b->b], out + b->a * width);
        encode_neighbour(b, &m->atom[b->a], out + b->b * width);
    }
}

void dn_molecule_edges(const dn_molecule *m, int64_t first_node, int64_t first_edge, int64_t *row,
                       int64_t *col, int64_t *bond)
{
    const dn_bond *b = m->bond;

    for (int64_t i = 0; i <= m->n_atoms; i++)
        row[i] = 0;
    for (int64_t e = 0; e < m->n_bonds; e++) {
        row[b[e].a + 1]++;
        row[b[e].b + 1]++;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        row[i + 1] += row[i];
    /* bonds are in the order of (a, b): a row takes its lower neighbours first and then its higher ones;
     * row[i] counts up to the end of row i, which is then the begin of row i + 1 */
    for (int64_t e = 0; e < m->n_bonds; e++) {
        int64_t at = row[b[e].b]++;

        col[at] = first_node + b[e].a;
        if (bond != NULL)
            bond[at] = e;
    }
    for (int64_t e = 0; e < m->n_bonds; e++) {
        int64_t at = row[b[e].a]++;

        col[at] = first_node + b[e].b;
        if (bond != NULL)
            bond[at] = e;
    }
    for (int64_t i = m->n_atoms; i > 0; i--)
        row[i] = first_edge + row[i - 1];
    row[0] = first_edge;
}
