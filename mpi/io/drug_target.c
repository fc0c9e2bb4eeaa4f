/* drug_target.c - loading drugs, targets and their pairs; see drug_target.h */
#include "mpi/io/drug_target.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/dataset_private.h"
#include "solvers/base/alloc.h"

enum { PATH = 256, ATOM_FIELDS = 10, BOND_FIELDS = 4 }; /* fields as schema.c lists them */

/* ---- drugs ---- */

/* What stands in the file. */
typedef struct stored {
    int64_t *atoms, *bonds; /* [drugs] */
    int8_t *atom;           /* [atoms, ATOM_FIELDS] */
    int64_t *isotope;       /* [atoms] */
    int8_t *bond;           /* [bonds, BOND_FIELDS] */
    int64_t *bond_atom;     /* [bonds, 2] */
} stored;

void dn_drugs_destroy(dn_drugs *d)
{
    dn_strings_destroy(&d->id);
    dn_strings_destroy(&d->smiles);
    dn_strings_destroy(&d->key);
    dn_free(d->first_atom);
    dn_free(d->first_bond);
    dn_free(d->atom);
    dn_free(d->bond);
    *d = (dn_drugs){0};
}

/* first [n + 1] from counts [n]. */
static dn_status add_up(const int64_t *count, int64_t n, int64_t **out_first, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out_first, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++) {
        if (count[i] < 0 || count[i] > INT32_MAX)
            DN_FAIL(DN_EDATA, "drug %lld has %lld atoms or bonds", (long long)i, (long long)count[i]);
        (*out_first)[i + 1] = (*out_first)[i] + count[i];
    }
out:
    return st;
}

static dn_status room(const stored *s, dn_drugs *d, stored *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t atoms, bonds;

    DN_TRY(add_up(s->atoms, d->n, &d->first_atom, err));
    DN_TRY(add_up(s->bonds, d->n, &d->first_bond, err));
    atoms = (size_t)d->first_atom[d->n];
    bonds = (size_t)d->first_bond[d->n];
    DN_NEW(d->atom, atoms);
    DN_NEW(d->bond, bonds);
    DN_NEW(out->atom, atoms * ATOM_FIELDS);
    DN_NEW(out->isotope, atoms);
    DN_NEW(out->bond, bonds * BOND_FIELDS);
    DN_NEW(out->bond_atom, 2 * bonds);
out:
    return st;
}

/* The stored rows of a drug-wide dataset are as many as the counts say. */
static dn_status check_rows(const dn_h5 *h, const char *name, int columns, int64_t rows, dn_error *err)
{
    dn_status st = DN_OK;
    int ndims;
    int64_t dims[4];

    DN_TRY(dn_h5_shape(h, name, &ndims, dims, err));
    if (dims[0] != rows || ndims != (columns > 1 ? 2 : 1) || (columns > 1 && dims[1] != columns))
        DN_FAIL(DN_EDATA, "%s: %s has another shape than its neighbours", dn_h5_path(h), name);
out:
    return st;
}

static dn_status read_graphs(const dn_h5 *h, const dn_drugs *d, stored *s, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t atoms = d->first_atom[d->n], bonds = d->first_bond[d->n];

    DN_TRY(check_rows(h, "/drugs/atom", ATOM_FIELDS, atoms, err));
    DN_TRY(check_rows(h, "/drugs/isotope", 1, atoms, err));
    DN_TRY(check_rows(h, "/drugs/bond", BOND_FIELDS, bonds, err));
    DN_TRY(check_rows(h, "/drugs/bond_atom", 2, bonds, err));
    DN_TRY(dn_h5_read(h, "/drugs/atom", DN_I8, 0, atoms, s->atom, err));
    DN_TRY(dn_h5_read(h, "/drugs/isotope", DN_I64, 0, atoms, s->isotope, err));
    DN_TRY(dn_h5_read(h, "/drugs/bond", DN_I8, 0, bonds, s->bond, err));
    DN_TRY(dn_h5_read(h, "/drugs/bond_atom", DN_I64, 0, bonds, s->bond_atom, err));
out:
    return st;
}

static void unpack_atoms(const stored *s, dn_drugs *d)
{
    for (int64_t i = 0; i < d->first_atom[d->n]; i++) {
        const int8_t *f = s->atom + i * ATOM_FIELDS;
        d->atom[i] = (dn_atom){.number = (uint8_t)f[0],
                               .degree = (uint8_t)f[1],
                               .hydrogens = (uint8_t)f[2],
                               .charge = f[3],
                               .hybridization = (uint8_t)f[4],
                               .valence = (uint8_t)f[5],
                               .aromatic = f[6] != 0,
                               .ring = f[7] != 0,
                               .stereo = f[8] != 0,
                               .radicals = (uint8_t)f[9],
                               .isotope = (uint16_t)s->isotope[i]};
    }
}

static dn_status unpack_bonds(const stored *s, dn_drugs *d, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t k = 0; k < d->n; k++)
        for (int64_t i = d->first_bond[k]; i < d->first_bond[k + 1]; i++) {
            const int8_t *f = s->bond + i * BOND_FIELDS;
            int64_t a = s->bond_atom[2 * i], b = s->bond_atom[2 * i + 1];

            if (a < 0 || a >= b || b >= d->first_atom[k + 1] - d->first_atom[k])
                DN_FAIL(DN_EDATA,
                        "bond %lld of the dataset joins atoms %lld and %lld, which its drug has not",
                        (long long)i, (long long)a, (long long)b);
            d->bond[i] = (dn_bond){.a = (int32_t)a,
                                   .b = (int32_t)b,
                                   .type = (uint8_t)f[0],
                                   .order = (uint8_t)f[1],
                                   .ring = f[2] != 0,
                                   .conjugated = f[3] != 0};
        }
out:
    return st;
}

static dn_status find_entities(const dn_h5 *h, const char *group, dn_error *err)
{
    dn_status st = DN_OK;

    if (!dn_h5_has(h, group))
        DN_FAIL(DN_EDATA, "%s: holds no %s; import them with --interactions NAME=FILE", dn_h5_path(h),
                group + 1);
out:
    return st;
}

dn_status dn_drugs_load(const dn_h5 *h, dn_drugs *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_drugs d = {0};
    stored s = {0};

    DN_TRY(find_entities(h, "/drugs", err));
    DN_TRY(dn_h5_read_strings(h, "/drugs/id", &d.id, err));
    DN_TRY(dn_h5_read_strings(h, "/drugs/smiles", &d.smiles, err));
    DN_TRY(dn_h5_read_strings(h, "/drugs/key", &d.key, err));
    d.n = d.id.n;
    if (d.smiles.n != d.n || d.key.n != d.n)
        DN_FAIL(DN_EDATA, "%s: the parts of /drugs have different lengths", dn_h5_path(h));
    DN_TRY(dn_read_vector(h, "/drugs/atoms", DN_I64, d.n, (void **)&s.atoms, NULL, err));
    DN_TRY(dn_read_vector(h, "/drugs/bonds", DN_I64, d.n, (void **)&s.bonds, NULL, err));
    DN_PASS(room(&s, &d, &s, err));
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(read_graphs(h, &d, &s, err));
    unpack_atoms(&s, &d);
    DN_PASS(unpack_bonds(&s, &d, err));
    DN_AGREE(dn_h5_comm(h));
    *out = d;
    d = (dn_drugs){0};
out:
    dn_drugs_destroy(&d);
    dn_free(s.atoms);
    dn_free(s.bonds);
    dn_free(s.atom);
    dn_free(s.isotope);
    dn_free(s.bond);
    dn_free(s.bond_atom);
    return st;
}

dn_molecule dn_drugs_molecule(const dn_drugs *d, int64_t drug)
{
    return (dn_molecule){.n_atoms = d->first_atom[drug + 1] - d->first_atom[drug],
                         .n_bonds = d->first_bond[drug + 1] - d->first_bond[drug],
                         .atom = d->atom + d->first_atom[drug],
                         .bond = d->bond + d->first_bond[drug]};
}

/* ---- targets ---- */

dn_status dn_targets_load(const dn_h5 *h, dn_targets *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_targets t = {0};

    DN_TRY(find_entities(h, "/targets", err));
    DN_TRY(dn_h5_read_strings(h, "/targets/id", &t.id, err));
    DN_TRY(dn_h5_read_strings(h, "/targets/sequence", &t.sequence, err));
    t.n = t.id.n;
    if (t.sequence.n != t.n)
        DN_FAIL(DN_EDATA, "%s: the parts of /targets have different lengths", dn_h5_path(h));
    *out = t;
    t = (dn_targets){0};
out:
    dn_targets_destroy(&t);
    return st;
}

void dn_targets_destroy(dn_targets *t)
{
    dn_strings_destroy(&t->id);
    dn_strings_destroy(&t->sequence);
    *t = (dn_targets){0};
}

/* ---- pairs ---- */

static dn_status check_pairs(const dn_h5 *h, const char *name, const dn_interactions *p, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < p->n; i++)
        if (p->drug[i] < 0 || p->drug[i] >= p->drugs || p->target[i] < 0 || p->target[i] >= p->targets ||
            p->label[i] > 1)
            DN_FAIL(DN_EDATA, "%s: pair %lld of interactions '%s' has a drug, target or label out of range",
                    dn_h5_path(h), (long long)i, name);
out:
    return st;
}

dn_status dn_interactions_load(const dn_h5 *h, const char *name, dn_interactions *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_interactions p = {0};
    char group[PATH], path[PATH + 16];

    DN_TRY(dn_find_group(h, "/interactions", "set of interactions", name, err));
    snprintf(group, sizeof group, "/interactions/%s", name);
    snprintf(path, sizeof path, "%s/drug", group);
    DN_TRY(dn_read_vector(h, path, DN_I64, -1, (void **)&p.drug, &p.n, err));
    snprintf(path, sizeof path, "%s/target", group);
    DN_TRY(dn_read_vector(h, path, DN_I64, p.n, (void **)&p.target, NULL, err));
    snprintf(path, sizeof path, "%s/label", group);
    DN_TRY(dn_read_vector(h, path, DN_U8, p.n, (void **)&p.label, NULL, err));
    DN_TRY(dn_h5_get_int(h, group, "contradictory", &p.contradictory, err));
    DN_TRY(dn_h5_rows(h, "/drugs/id/offsets", &p.drugs, err));
    DN_TRY(dn_h5_rows(h, "/targets/id/offsets", &p.targets, err));
    p.drugs--; /* offsets are one more */
    p.targets--;
    DN_PASS(check_pairs(h, name, &p, err));
    DN_AGREE(dn_h5_comm(h));
    *out = p;
    p = (dn_interactions){0};
out:
    dn_interactions_destroy(&p);
    return st;
}

void dn_interactions_destroy(dn_interactions *p)
{
    dn_free(p->drug);
    dn_free(p->target);
    dn_free(p->label);
    *p = (dn_interactions){0};
}

dn_status dn_interactions_copy(const dn_interactions *p, dn_interactions *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_interactions q = *p;
    size_t n = (size_t)p->n;

    *out = (dn_interactions){0};
    q.drug = q.target = NULL;
    q.label = NULL;
    DN_NEW(q.drug, n + 1);
    DN_NEW(q.target, n + 1);
    DN_NEW(q.label, n + 1);
    if (n > 0) {
        memcpy(q.drug, p->drug, n * sizeof *q.drug);
        memcpy(q.target, p->target, n * sizeof *q.target);
        memcpy(q.label, p->label, n);
    }
    *out = q;
    q = (dn_interactions){0};
out:
    dn_interactions_destroy(&q);
    return st;
}

/* ---- ids and hashes ---- */

dn_status dn_drug_target_ids(const dn_h5 *h, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings ids = {0}, targets = {0};

    DN_TRY(find_entities(h, "/drugs", err));
    DN_TRY(dn_h5_read_strings(h, "/drugs/id", &ids, err));
    DN_TRY(dn_h5_read_strings(h, "/targets/id", &targets, err));
    DN_PASS(dn_strings_append(&ids, &targets, err));
    DN_AGREE(dn_h5_comm(h));
    *out = ids;
    ids = (dn_strings){0};
out:
    dn_strings_destroy(&ids);
    dn_strings_destroy(&targets);
    return st;
}

static void hash_strings(crypto_generichash_state *state, const dn_strings *s)
{
    if (s->n == 0)
        return;
    crypto_generichash_update(state, (const unsigned char *)s->bytes, (unsigned long long)s->offset[s->n]);
    crypto_generichash_update(state, (const unsigned char *)s->offset,
                              (unsigned long long)s->n * sizeof *s->offset);
}

static void hash_rows(crypto_generichash_state *state, const dn_interactions *p, const uint8_t *opt_part,
                      uint8_t wanted)
{
    for (int64_t i = 0; i < p->n; i++) {
        int64_t row[3] = {p->drug[i], p->target[i], p->label[i]};
        if (opt_part == NULL || opt_part[i] == wanted)
            crypto_generichash_update(state, (const unsigned char *)row, sizeof row);
    }
}

void dn_interactions_validation_hash(const dn_interactions *p, const uint8_t *part, char *out)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    hash_rows(&state, p, part, DN_VALIDATION);
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, 17, digest, 8);
}

void dn_interactions_hash(const dn_drugs *d, const dn_targets *t, const dn_interactions *p,
                          const uint8_t *part, char *out)
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    hash_strings(&state, &d->key);
    hash_strings(&state, &t->sequence);
    hash_rows(&state, p, part, DN_TRAIN);
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(out, 17, digest, 8);
}
