/* fingerprint.c - Morgan fingerprints, RDKit's hashes; see fingerprint.h */
#include "solvers/chem/fingerprint.h"

#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/chem/elements.h"
#include "solvers/chem/hash.h"

typedef struct neighbour {
    int32_t type; /* of the bond */
    uint32_t hash;
} neighbour;

/* An atom's surroundings in one round. */
typedef struct environment {
    uint32_t hash;
    int32_t atom;
    const uint64_t *bonds; /* [words]  the bonds it covers, in `next` */
} environment;

typedef struct state {
    int64_t n, m, words;
    const dn_molecule *mol;
    uint32_t *hash, *next_hash; /* [n] */
    uint64_t *bonds;            /* [n, words]  the bonds that an atom's environment covers */
    uint64_t *next;             /* [n, words] */
    uint64_t *seen;             /* [n * (radius + 1), words]  the sets of bonds that have set a bit */
    int64_t n_seen;
    bool *dead;         /* [n]  its environment was covered by another */
    int32_t *first;     /* [n + 1]  where the bonds of an atom start in `bond` */
    int32_t *bond;      /* [2 m] */
    neighbour *around;  /* [2 m] */
    environment *found; /* [n] */
} state;

static void set_bit(dn_fingerprint *f, uint32_t hash)
{
    uint32_t bit = hash % DN_FP_BITS;

    f->word[bit / 64] |= 1ull << (bit % 64);
}

static uint32_t first_hash(const state *s, int64_t i)
{
    const dn_atom *a = &s->mol->atom[i];
    uint32_t hydrogens = a->hydrogens;
    uint32_t seed = 0;
    int mass = a->isotope == 0 ? 0 : a->isotope - dn_element_of(a->number)->weight;

    for (int32_t x = s->first[i]; x < s->first[i + 1]; x++) {
        const dn_bond *b = &s->mol->bond[s->bond[x]];

        hydrogens += s->mol->atom[b->a == i ? b->b : b->a].number == 1;
    }
    dn_hash_combine(&seed, a->number);
    dn_hash_combine(&seed, (uint32_t)a->degree + a->hydrogens);
    dn_hash_combine(&seed, hydrogens);
    dn_hash_combine(&seed, (uint32_t)a->charge);
    dn_hash_combine(&seed, (uint32_t)mass);
    if (a->ring)
        dn_hash_combine(&seed, 1);
    return seed;
}

static void list_bonds(state *s)
{
    const dn_bond *b = s->mol->bond;

    for (int64_t e = 0; e < s->m; e++) {
        s->first[b[e].a + 1]++;
        s->first[b[e].b + 1]++;
    }
    for (int64_t i = 0; i < s->n; i++)
        s->first[i + 1] += s->first[i];
    for (int64_t e = s->m - 1; e >= 0; e--) {
        s->bond[--s->first[b[e].a + 1]] = (int32_t)e;
        s->bond[--s->first[b[e].b + 1]] = (int32_t)e;
    }
    for (int64_t i = 0; i < s->n; i++)
        s->first[i] = s->first[i + 1];
    s->first[s->n] = (int32_t)(2 * s->m);
}

static int by_type(const void *x, const void *y)
{
    const neighbour *p = x, *q = y;

    return p->type != q->type ? (p->type < q->type ? -1 : 1) : (p->hash > q->hash) - (p->hash < q->hash);
}

/* The hash of atom i and the bonds it covers, one bond further out. */
static void grow(state *s, int64_t i, uint32_t round)
{
    int32_t begin = s->first[i], count = s->first[i + 1] - begin;
    uint64_t *cover = s->next + i * s->words;
    uint32_t hash = round;

    for (int32_t x = 0; x < count; x++) {
        int32_t e = s->bond[begin + x];
        const dn_bond *b = &s->mol->bond[e];
        int32_t far = b->a == i ? b->b : b->a;

        cover[e / 64] |= 1ull << (e % 64);
        for (int64_t k = 0; k < s->words; k++)
            cover[k] |= s->bonds[far * s->words + k];
        /* RDKit's number of an aromatic bond is 12 */
        s->around[x] = (neighbour){b->type == DN_BOND_AROMATIC ? 12 : b->type, s->hash[far]};
    }
    qsort(s->around, (size_t)count, sizeof *s->around, by_type);
    dn_hash_combine(&hash, s->hash[i]);
    for (int32_t x = 0; x < count; x++) {
        uint32_t pair = 0;

        dn_hash_combine(&pair, (uint32_t)s->around[x].type);
        dn_hash_combine(&pair, s->around[x].hash);
        dn_hash_combine(&hash, pair);
    }
    s->next_hash[i] = hash;
}

static bool was_seen(const state *s, const uint64_t *cover)
{
    for (int64_t k = 0; k < s->n_seen; k++)
        if (memcmp(s->seen + k * s->words, cover, (size_t)s->words * sizeof *cover) == 0)
            return true;
    return false;
}

/* Of two environments that cover the same bonds the lower hash, then the lower atom, comes first. */
static int by_hash(const void *x, const void *y)
{
    const environment *p = x, *q = y;

    return p->hash != q->hash ? (p->hash < q->hash ? -1 : 1) : (p->atom > q->atom) - (p->atom < q->atom);
}

static void one_round(state *s, uint32_t round, dn_fingerprint *out)
{
    int64_t found = 0;

    memcpy(s->next, s->bonds, (size_t)(s->n * s->words) * sizeof *s->next);
    memset(s->next_hash, 0, (size_t)s->n * sizeof *s->next_hash);
    for (int64_t i = 0; i < s->n; i++) {
        if (s->dead[i])
            continue;
        if (s->first[i + 1] == s->first[i]) {
            s->dead[i] = true;
            continue;
        }
        grow(s, i, round);
        s->found[found++] = (environment){s->next_hash[i], (int32_t)i, s->next + i * s->words};
    }
    qsort(s->found, (size_t)found, sizeof *s->found, by_hash);
    for (int64_t k = 0; k < found; k++) {
        const environment *e = &s->found[k];

        if (was_seen(s, e->bonds)) {
            s->dead[e->atom] = true;
            continue;
        }
        memcpy(s->seen + s->n_seen++ * s->words, e->bonds, (size_t)s->words * sizeof *e->bonds);
        set_bit(out, e->hash);
    }
    memcpy(s->bonds, s->next, (size_t)(s->n * s->words) * sizeof *s->bonds);
    memcpy(s->hash, s->next_hash, (size_t)s->n * sizeof *s->hash);
}

dn_status dn_fingerprint_morgan(const dn_molecule *m, dn_fingerprint *out, dn_error *err)
{
    dn_status st = DN_OK;
    state s = {.n = m->n_atoms, .m = m->n_bonds, .words = m->n_bonds / 64 + 1, .mol = m};
    size_t n = (size_t)s.n, words = (size_t)s.words;

    *out = (dn_fingerprint){{0}};
    DN_NEW(s.hash, n);
    DN_NEW(s.next_hash, n);
    DN_NEW(s.bonds, n * words);
    DN_NEW(s.next, n * words);
    DN_NEW(s.seen, n * DN_FP_RADIUS * words);
    DN_NEW(s.dead, n);
    DN_NEW(s.first, n + 1);
    DN_NEW(s.bond, 2 * (size_t)s.m);
    DN_NEW(s.around, 2 * (size_t)s.m);
    DN_NEW(s.found, n);
    list_bonds(&s);
    for (int64_t i = 0; i < s.n; i++) {
        s.hash[i] = first_hash(&s, i);
        set_bit(out, s.hash[i]);
    }
    for (uint32_t round = 0; round < DN_FP_RADIUS; round++)
        one_round(&s, round, out);
out:
    dn_free(s.hash);
    dn_free(s.next_hash);
    dn_free(s.bonds);
    dn_free(s.next);
    dn_free(s.seen);
    dn_free(s.dead);
    dn_free(s.first);
    dn_free(s.bond);
    dn_free(s.around);
    dn_free(s.found);
    return st;
}

int dn_fingerprint_count(const dn_fingerprint *f)
{
    int count = 0;

    for (int k = 0; k < DN_FP_WORDS; k++)
        count += __builtin_popcountll(f->word[k]);
    return count;
}

static inline double tanimoto(const dn_fingerprint *a, const dn_fingerprint *b)
{
    int both = 0, either = 0;

    for (int k = 0; k < DN_FP_WORDS; k++) {
        both += __builtin_popcountll(a->word[k] & b->word[k]);
        either += __builtin_popcountll(a->word[k] | b->word[k]);
    }
    return either == 0 ? 0 : (double)both / either;
}

double dn_fingerprint_tanimoto(const dn_fingerprint *a, const dn_fingerprint *b)
{
    return tanimoto(a, b);
}

DN_CLONES void dn_fingerprint_like(const dn_fingerprint *print, int64_t n, int64_t i, double *out)
{
    for (int64_t j = 0; j < n; j++)
        out[j] = tanimoto(&print[i], &print[j]);
}
