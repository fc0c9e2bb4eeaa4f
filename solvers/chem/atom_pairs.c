/* atom_pairs.c - atom-pair fingerprints, RDKit's hashes; see fingerprint.h */
#include "solvers/chem/fingerprint.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/hash.h"

enum { FARTHEST = 30, COUNTERS = DN_FP_BITS / 4 };

/* Elements that are told apart; all others are one more. */
static const uint8_t element[] = {5, 6, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 51, 52, 43};

static uint32_t pi_electrons(const dn_atom *a)
{
    if (a->aromatic)
        return 1;
    if (a->hybridization == DN_HYBRID_SP3)
        return 0;
    return (uint32_t)(a->valence - a->hydrogens - a->degree) % 3;
}

static uint32_t atom_code(const dn_atom *a)
{
    uint32_t type = 0;

    while (type < sizeof element && element[type] != a->number)
        type++;
    return a->degree % 7u | pi_electrons(a) << 3 | type << 5;
}

static void count_pair(uint32_t a, uint32_t b, uint32_t distance, uint8_t *counter)
{
    uint32_t hash = 0;
    uint8_t *c;

    dn_hash_combine(&hash, a < b ? a : b);
    dn_hash_combine(&hash, distance);
    dn_hash_combine(&hash, a < b ? b : a);
    c = &counter[hash % COUNTERS];
    if (*c < UINT8_MAX)
        ++*c;
}

/* Neighbours of every atom: of atom i, to[at[i] .. at[i + 1]). */
static void list_neighbours(const dn_molecule *m, int32_t *at, int32_t *to)
{
    for (int64_t e = 0; e < m->n_bonds; e++) {
        at[m->bond[e].a + 1]++;
        at[m->bond[e].b + 1]++;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        at[i + 1] += at[i];
    for (int64_t e = 0; e < m->n_bonds; e++) {
        to[--at[m->bond[e].a + 1]] = m->bond[e].b;
        to[--at[m->bond[e].b + 1]] = m->bond[e].a;
    }
    for (int64_t i = 0; i < m->n_atoms; i++)
        at[i] = at[i + 1];
    at[m->n_atoms] = (int32_t)(2 * m->n_bonds);
}

dn_status dn_fingerprint_atom_pairs(const dn_molecule *m, dn_fingerprint *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)m->n_atoms;
    int32_t *at = NULL, *to = NULL, *queue = NULL, *distance = NULL; /* [n + 1], [2 bonds], [n], [n] */
    uint8_t *counter = NULL;                                         /* [COUNTERS] */

    *out = (dn_fingerprint){{0}};
    DN_NEW(at, n + 1);
    DN_NEW(to, 2 * (size_t)m->n_bonds + 1);
    DN_NEW(queue, n + 1);
    DN_NEW(distance, n + 1);
    DN_NEW(counter, COUNTERS);
    list_neighbours(m, at, to);
    for (int32_t i = 0; i < (int32_t)n; i++) { /* breadth first from i */
        int32_t end = 1;
        memset(distance, -1, n * sizeof *distance);
        queue[0] = i;
        distance[i] = 0;
        for (int32_t k = 0; k < end; k++) {
            int32_t a = queue[k];
            if (a > i)
                count_pair(atom_code(&m->atom[i]), atom_code(&m->atom[a]), (uint32_t)distance[a], counter);
            for (int32_t x = at[a]; x < at[a + 1] && distance[a] < FARTHEST; x++)
                if (distance[to[x]] < 0) {
                    distance[to[x]] = distance[a] + 1;
                    queue[end++] = to[x];
                }
        }
    }
    for (int k = 0; k < COUNTERS; k++)
        for (int level = 0; level < 4 && counter[k] >= 1 << level; level++)
            out->word[(4 * k + level) / 64] |= 1ull << ((4 * k + level) % 64);
out:
    dn_free(at);
    dn_free(to);
    dn_free(queue);
    dn_free(distance);
    dn_free(counter);
    return st;
}
