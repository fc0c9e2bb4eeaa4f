/* ingest_entities.c - texts to drugs and targets; see ingest_interactions.h */
#include "mpi/io/ingest_interactions.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/molecule.h"
#include "solvers/formats/protein.h"

void dn_entities_destroy(dn_entities *e)
{
    dn_strings_destroy(&e->id);
    dn_strings_destroy(&e->text);
    dn_strings_destroy(&e->key);
    dn_strings_destroy(&e->reason);
    dn_names_destroy(&e->by_key);
    dn_free(e->of_text);
    dn_free(e->count);
    dn_free(e->atom);
    dn_free(e->isotope);
    dn_free(e->bond);
    dn_free(e->bond_atom);
    *e = (dn_entities){0};
}

/* ---- graphs that this rank stores ---- */

static dn_status room(dn_entities *e, int64_t drugs, int64_t atoms, int64_t bonds, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_grow((void **)&e->count, &e->cap[0], (size_t)(e->mine + drugs), 2 * sizeof *e->count, err));
    DN_TRY(dn_grow((void **)&e->atom, &e->cap[1], (size_t)(e->atoms + atoms), DN_ATOM_FIELDS, err));
    DN_TRY(dn_grow((void **)&e->isotope, &e->cap[2], (size_t)(e->atoms + atoms), sizeof *e->isotope, err));
    DN_TRY(dn_grow((void **)&e->bond, &e->cap[3], (size_t)(e->bonds + bonds), DN_BOND_FIELDS, err));
    DN_TRY(dn_grow((void **)&e->bond_atom, &e->cap[4], (size_t)(e->bonds + bonds), 2 * sizeof *e->bond_atom,
                   err));
out:
    return st;
}

static dn_status add_graph(dn_entities *e, const dn_molecule *m, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(room(e, 1, m->n_atoms, m->n_bonds, err));
    for (int64_t i = 0; i < m->n_atoms; i++) {
        const dn_atom *a = &m->atom[i];
        const int8_t field[DN_ATOM_FIELDS] = {(int8_t)a->number,
                                              (int8_t)a->degree,
                                              (int8_t)a->hydrogens,
                                              a->charge,
                                              (int8_t)a->hybridization,
                                              (int8_t)a->valence,
                                              a->aromatic,
                                              a->ring,
                                              a->stereo,
                                              (int8_t)a->radicals};
        memcpy(e->atom + (e->atoms + i) * DN_ATOM_FIELDS, field, sizeof field);
        e->isotope[e->atoms + i] = a->isotope;
    }
    for (int64_t i = 0; i < m->n_bonds; i++) {
        const dn_bond *b = &m->bond[i];
        const int8_t field[DN_BOND_FIELDS] = {(int8_t)b->type, (int8_t)b->order, b->ring, b->conjugated};
        memcpy(e->bond + (e->bonds + i) * DN_BOND_FIELDS, field, sizeof field);
        e->bond_atom[2 * (e->bonds + i)] = b->a;
        e->bond_atom[2 * (e->bonds + i) + 1] = b->b;
    }
    e->count[2 * e->mine] = m->n_atoms;
    e->count[2 * e->mine + 1] = m->n_bonds;
    e->atoms += m->n_atoms;
    e->bonds += m->n_bonds;
    e->mine++;
out:
    return st;
}

/* ---- what is there ---- */

static dn_status name_keys(dn_entities *e, const dn_strings *key, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at;

    DN_TRY(dn_names_create(&e->by_key, err));
    for (int64_t i = 0; i < key->n; i++) {
        size_t len;
        const char *text = dn_strings_at(key, i, &len);
        DN_TRY(dn_names_add(e->by_key, text, len, i, &at, err));
        if (at != i)
            DN_FAIL(DN_EDATA, "entities %lld and %lld of the dataset are the same", (long long)at,
                    (long long)i);
    }
    e->old = e->n = key->n;
out:
    return st;
}

/* The graphs of the dataset to rank 0. */
static dn_status load_graphs(const dn_comm *comm, const dn_h5 *h, dn_entities *e, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t atoms, bonds, n = comm->rank == 0 ? e->n : 0;
    int64_t *part = NULL; /* [2, n] */

    DN_TRY(dn_h5_rows(h, "/drugs/atom", &atoms, err));
    DN_TRY(dn_h5_rows(h, "/drugs/bond_atom", &bonds, err));
    if (comm->rank != 0)
        atoms = bonds = 0;
    DN_PASS(room(e, n, atoms, bonds, err));
    if (st == DN_OK && (part = dn_calloc(2 * (size_t)n, sizeof *part)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld drugs", (long long)n);
    DN_AGREE(comm);
    DN_TRY(dn_h5_read(h, "/drugs/atoms", DN_I64, 0, n, part, err));
    DN_TRY(dn_h5_read(h, "/drugs/bonds", DN_I64, 0, n, part + n, err));
    DN_TRY(dn_h5_read(h, "/drugs/atom", DN_I8, 0, atoms, e->atom, err));
    DN_TRY(dn_h5_read(h, "/drugs/isotope", DN_I64, 0, atoms, e->isotope, err));
    DN_TRY(dn_h5_read(h, "/drugs/bond", DN_I8, 0, bonds, e->bond, err));
    DN_TRY(dn_h5_read(h, "/drugs/bond_atom", DN_I64, 0, bonds, e->bond_atom, err));
    for (int64_t i = 0; i < n; i++) {
        e->count[2 * i] = part[i];
        e->count[2 * i + 1] = part[n + i];
    }
    e->mine = n;
    e->atoms = atoms;
    e->bonds = bonds;
out:
    dn_free(part);
    return st;
}

dn_status dn_entities_load(const dn_comm *comm, const dn_h5 *h, bool drugs, dn_entities *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_entities e = {0};
    bool there = dn_h5_has(h, drugs ? "/drugs" : "/targets");

    if (there) {
        DN_TRY(dn_h5_read_strings(h, drugs ? "/drugs/id" : "/targets/id", &e.id, err));
        DN_TRY(dn_h5_read_strings(h, drugs ? "/drugs/smiles" : "/targets/sequence", &e.text, err));
        if (drugs)
            DN_TRY(dn_h5_read_strings(h, "/drugs/key", &e.key, err));
    }
    DN_PASS(name_keys(&e, drugs ? &e.key : &e.text, err));
    DN_AGREE(comm);
    if (there && drugs)
        DN_TRY(load_graphs(comm, h, &e, err));
    *out = e;
    e = (dn_entities){0};
out:
    dn_entities_destroy(&e);
    return st;
}

/* ---- SMILES ---- */

/* Graphs, keys ("" when unreadable) and reasons ("" otherwise) of texts [mine.begin, mine.end). */
static dn_status read_molecules(const dn_strings *texts, dn_range mine, dn_molecule *m, dn_strings *keys,
                                dn_strings *reasons, dn_error *err)
{
    dn_status st = DN_OK;
    dn_chem *chem = NULL;

    DN_TRY(dn_chem_open(&chem, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_error why = DN_ERROR_INIT;
        size_t len;
        const char *text = dn_strings_at(texts, i, &len);
        dn_molecule *at = &m[i - mine.begin];
        dn_status read = dn_molecule_read(chem, text, len, DN_CHEM_KEY, at, &why);
        const char *key = read == DN_OK ? at->key : "", *reason = read == DN_OK ? "" : why.text;

        if (read != DN_OK && read != DN_EDATA)
            DN_FAIL(read, "%s", why.text);
        DN_TRY(dn_strings_add(keys, key, strlen(key), err));
        DN_TRY(dn_strings_add(reasons, reason, strlen(reason), err));
        dn_free(at->key);
        at->key = NULL;
    }
out:
    dn_chem_close(&chem);
    return st;
}

/* Number the texts by their keys; the text that is first of its key gives the drug its SMILES and, on the
 * rank that read it, its graph. */
static dn_status number_drugs(const dn_strings *texts, const dn_strings *keys, dn_range mine,
                              const dn_molecule *m, dn_entities *e, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(e->of_text, (size_t)texts->n);
    for (int64_t i = 0; i < texts->n; i++) {
        size_t len, text_len;
        const char *key = dn_strings_at(keys, i, &len), *text = dn_strings_at(texts, i, &text_len);

        e->of_text[i] = -1;
        if (len == 0)
            continue;
        DN_TRY(dn_names_add(e->by_key, key, len, e->n, &e->of_text[i], err));
        if (e->of_text[i] < e->n)
            continue;
        e->n++;
        DN_TRY(dn_strings_add(&e->key, key, len, err));
        DN_TRY(dn_strings_add(&e->text, text, text_len, err));
        if (i >= mine.begin && i < mine.end)
            DN_TRY(add_graph(e, &m[i - mine.begin], err));
    }
out:
    return st;
}

dn_status dn_entities_of_smiles(const dn_comm *comm, const dn_strings *texts, dn_entities *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(texts->n, comm->rank, comm->size);
    dn_strings keys = {0}, reasons = {0}, all_keys = {0};
    dn_molecule *m = NULL; /* [mine] */

    DN_PASS_NEW(m, (size_t)(mine.end - mine.begin));
    DN_PASS(read_molecules(texts, mine, m, &keys, &reasons, err));
    DN_AGREE(comm);
    DN_TRY(dn_gather_strings(comm, &keys, &all_keys, err));
    DN_TRY(dn_gather_strings(comm, &reasons, &e->reason, err));
    DN_PASS(number_drugs(texts, &all_keys, mine, m, e, err));
    DN_AGREE(comm);
out:
    for (int64_t i = 0; m != NULL && i < mine.end - mine.begin; i++)
        dn_molecule_destroy(&m[i]);
    dn_free(m);
    dn_strings_destroy(&keys);
    dn_strings_destroy(&reasons);
    dn_strings_destroy(&all_keys);
    return st;
}

/* ---- sequences ---- */

static dn_status number_targets(const dn_strings *texts, dn_entities *e, dn_error *err)
{
    dn_status st = DN_OK;
    char *clean = NULL; /* [DN_PROTEIN_MAX] */

    DN_NEW(clean, DN_PROTEIN_MAX);
    DN_NEW(e->of_text, (size_t)texts->n);
    for (int64_t i = 0; i < texts->n; i++) {
        dn_error why = DN_ERROR_INIT;
        size_t len;
        const char *text = dn_strings_at(texts, i, &len);

        e->of_text[i] = -1;
        if (dn_protein_clean(text, (int64_t)len, clean, &why) != DN_OK) {
            DN_TRY(dn_strings_add(&e->reason, why.text, strlen(why.text), err));
            continue;
        }
        DN_TRY(dn_strings_add(&e->reason, "", 0, err));
        DN_TRY(dn_names_add(e->by_key, clean, len, e->n, &e->of_text[i], err));
        if (e->of_text[i] == e->n) {
            e->n++;
            DN_TRY(dn_strings_add(&e->text, clean, len, err));
        }
    }
out:
    dn_free(clean);
    return st;
}

dn_status dn_entities_of_sequences(const dn_comm *comm, const dn_strings *texts, dn_entities *e,
                                   dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(number_targets(texts, e, err)); /* cheap next to a message: every rank does it */
    DN_AGREE(comm);
out:
    return st;
}

/* ---- into the file ---- */

static dn_status write_graphs(const dn_comm *comm, dn_entities *e, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = dn_before(comm, e->mine), atom = dn_before(comm, e->atoms);
    int64_t bond = dn_before(comm, e->bonds), atoms = dn_sum(comm, e->atoms), bonds = dn_sum(comm, e->bonds);
    int64_t *part = dn_calloc(2 * (size_t)e->mine, sizeof *part); /* [2, mine] */

    if (part == NULL)
        st =
            dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld drugs", (long long)e->mine);
    DN_AGREE(comm);
    for (int64_t i = 0; i < e->mine; i++) {
        part[i] = e->count[2 * i];
        part[e->mine + i] = e->count[2 * i + 1];
    }
    DN_TRY(dn_h5_write(h, "/drugs/atoms", 1, &e->n, first, e->mine, part, err));
    DN_TRY(dn_h5_write(h, "/drugs/bonds", 1, &e->n, first, e->mine, part + e->mine, err));
    DN_TRY(
        dn_h5_write(h, "/drugs/atom", 2, (int64_t[]){atoms, DN_ATOM_FIELDS}, atom, e->atoms, e->atom, err));
    DN_TRY(dn_h5_write(h, "/drugs/isotope", 1, &atoms, atom, e->atoms, e->isotope, err));
    DN_TRY(
        dn_h5_write(h, "/drugs/bond", 2, (int64_t[]){bonds, DN_BOND_FIELDS}, bond, e->bonds, e->bond, err));
    DN_TRY(dn_h5_write(h, "/drugs/bond_atom", 2, (int64_t[]){bonds, 2}, bond, e->bonds, e->bond_atom, err));
out:
    dn_free(part);
    return st;
}

dn_status dn_entities_write(const dn_comm *comm, bool drugs, dn_entities *e, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    const char *group = drugs ? "/drugs" : "/targets";

    if (e->n == e->old && e->old > 0)
        goto out;
    if (dn_h5_has(h, group))
        DN_TRY(dn_h5_remove(h, group, err));
    DN_TRY(dn_h5_write_strings(h, drugs ? "/drugs/id" : "/targets/id", &e->id, err));
    DN_TRY(dn_h5_write_strings(h, drugs ? "/drugs/smiles" : "/targets/sequence", &e->text, err));
    if (drugs) {
        DN_TRY(dn_h5_write_strings(h, "/drugs/key", &e->key, err));
        DN_TRY(write_graphs(comm, e, h, err));
    }
out:
    return st;
}
