/* newcomers.c - molecules and sequences that a dataset need not have; see newcomers.h */
#include "mpi/io/newcomers.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/id_file.h"
#include "solvers/formats/protein.h"

static const char *const entry_name[2] = {"molecule", "sequence"};
static const char *const entity_name[2] = {"drug", "target"};

enum { ID = 60 };

/* What was read of the entries of a file: tables [n] each. Atoms and bonds are bytes of dn_atom and dn_bond.
 */
typedef struct readings {
    dn_strings key; /* canonical SMILES, or the sequence; "" where it cannot be read */
    dn_strings reason, atoms, bonds;
} readings;

static void readings_destroy(readings *r)
{
    dn_strings_destroy(&r->key);
    dn_strings_destroy(&r->reason);
    dn_strings_destroy(&r->atoms);
    dn_strings_destroy(&r->bonds);
}

void dn_newcomers_destroy(dn_newcomers *n)
{
    for (int k = 0; k < 2; k++) {
        dn_strings_destroy(&n->side[k].id);
        dn_strings_destroy(&n->side[k].reason);
        dn_free(n->side[k].line);
        dn_free(n->side[k].entity);
    }
    dn_drugs_destroy(&n->drugs);
    dn_targets_destroy(&n->targets);
    *n = (dn_newcomers){0};
}

/* ---- reading ---- */

static dn_status add_molecule(readings *r, const dn_molecule *m, const char *reason, dn_error *err)
{
    dn_status st = DN_OK;
    const char *key = m->key != NULL ? m->key : "";

    DN_TRY(dn_strings_add(&r->key, key, strlen(key), err));
    DN_TRY(dn_strings_add(&r->reason, reason, strlen(reason), err));
    DN_TRY(dn_strings_add(&r->atoms, m->n_atoms > 0 ? (const char *)m->atom : "",
                          (size_t)m->n_atoms * sizeof *m->atom, err));
    DN_TRY(dn_strings_add(&r->bonds, m->n_bonds > 0 ? (const char *)m->bond : "",
                          (size_t)m->n_bonds * sizeof *m->bond, err));
out:
    return st;
}

static dn_status read_molecules(const dn_strings *text, dn_range mine, readings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_chem *chem = NULL;
    dn_molecule m = {0};

    DN_TRY(dn_chem_open(&chem, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_error why = DN_ERROR_INIT;
        size_t len;
        const char *smiles = dn_strings_at(text, i, &len);
        dn_status read = dn_molecule_read(chem, smiles, len, DN_CHEM_KEY, &m, &why);

        if (read != DN_OK && read != DN_EDATA)
            DN_FAIL(read, "%s", why.text);
        DN_TRY(add_molecule(out, &m, read == DN_OK ? "" : why.text, err));
        dn_molecule_destroy(&m);
    }
out:
    dn_molecule_destroy(&m);
    dn_chem_close(&chem);
    return st;
}

/* Cheap next to a message: every rank reads all. */
static dn_status read_sequences(const dn_strings *text, readings *out, dn_error *err)
{
    dn_status st = DN_OK;
    char *clean = NULL; /* [DN_PROTEIN_MAX] */

    DN_NEW(clean, DN_PROTEIN_MAX);
    for (int64_t i = 0; i < text->n; i++) {
        dn_error why = DN_ERROR_INIT;
        size_t len;
        const char *sequence = dn_strings_at(text, i, &len);
        bool good = dn_protein_clean(sequence, (int64_t)len, clean, &why) == DN_OK;
        const char *reason = good ? "" : why.text;

        DN_TRY(dn_strings_add(&out->key, clean, good ? len : 0, err));
        DN_TRY(dn_strings_add(&out->reason, reason, strlen(reason), err));
    }
out:
    dn_free(clean);
    return st;
}

/* What every rank knows of the entries of one side. Collective. */
static dn_status read_side(const dn_comm *comm, int side, const dn_strings *text, readings *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    readings mine = {0};

    if (side == 1) {
        DN_PASS(read_sequences(text, out, err));
        DN_AGREE(comm);
        goto out;
    }
    DN_PASS(read_molecules(text, dn_block(text->n, comm->rank, comm->size), &mine, err));
    DN_AGREE(comm);
    DN_TRY(dn_gather_strings(comm, &mine.key, &out->key, err));
    DN_TRY(dn_gather_strings(comm, &mine.reason, &out->reason, err));
    DN_TRY(dn_gather_strings(comm, &mine.atoms, &out->atoms, err));
    DN_TRY(dn_gather_strings(comm, &mine.bonds, &out->bonds, err));
out:
    readings_destroy(&mine);
    return st;
}

/* ---- numbering ---- */

/* Room for all that may be new. */
static dn_status room_for_drugs(const readings *r, dn_drugs *d, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(d->first_atom, (size_t)r->key.n + 1);
    DN_NEW(d->first_bond, (size_t)r->key.n + 1);
    DN_NEW(d->atom, (size_t)r->atoms.offset[r->atoms.n] / sizeof *d->atom + 1);
    DN_NEW(d->bond, (size_t)r->bonds.offset[r->bonds.n] / sizeof *d->bond + 1);
out:
    return st;
}

static dn_status add_drug(const readings *r, const dn_id_file *file, int64_t i, dn_drugs *d, dn_error *err)
{
    dn_status st = DN_OK;
    size_t atoms, bonds;
    const char *atom = dn_strings_at(&r->atoms, i, &atoms), *bond = dn_strings_at(&r->bonds, i, &bonds);

    DN_TRY(dn_strings_add_string(&d->id, &file->id, i, err));
    DN_TRY(dn_strings_add_string(&d->smiles, &file->text, i, err));
    DN_TRY(dn_strings_add_string(&d->key, &r->key, i, err));
    memcpy(d->atom + d->first_atom[d->n], atom, atoms);
    memcpy(d->bond + d->first_bond[d->n], bond, bonds);
    d->first_atom[d->n + 1] = d->first_atom[d->n] + (int64_t)(atoms / sizeof *d->atom);
    d->first_bond[d->n + 1] = d->first_bond[d->n] + (int64_t)(bonds / sizeof *d->bond);
    d->n++;
out:
    return st;
}

static dn_status add_target(const readings *r, const dn_id_file *file, int64_t i, dn_targets *t,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_strings_add_string(&t->id, &file->id, i, err));
    DN_TRY(dn_strings_add_string(&t->sequence, &r->key, i, err));
    t->n++;
out:
    return st;
}

/* One side on its way from texts to entities. */
typedef struct desk {
    int side;
    const char *path;
    const dn_strings *known_id; /* of the dataset */
    dn_names *by_key, *by_id;   /* of the dataset; by_key grows */
    dn_id_file file;
    readings r;
} desk;

/* An id that the dataset has must mean what it means there. */
static dn_status check_id(const desk *k, int64_t i, int64_t entity, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len;
    const char *id = dn_strings_at(&k->file.id, i, &len);
    int64_t known = dn_names_find(k->by_id, id, len);

    if (known >= 0 && known != entity)
        DN_FAIL(DN_EDATA, "%s:%lld: the dataset has another %s with the id '%.*s'", k->path,
                (long long)k->file.line[i], entity_name[k->side], len < ID ? (int)len : ID, id);
out:
    return st;
}

static dn_status number_entries(desk *k, dn_newcomers *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_newcomers_side *s = &out->side[k->side];
    int64_t next = k->known_id->n;

    s->known = next;
    DN_NEW(s->entity, (size_t)k->r.key.n);
    if (k->side == 0)
        DN_TRY(room_for_drugs(&k->r, &out->drugs, err));
    for (int64_t i = 0; i < k->r.key.n; i++) {
        size_t len;
        const char *key = dn_strings_at(&k->r.key, i, &len);

        s->entity[i] = -1;
        s->unreadable += len == 0;
        if (len == 0)
            continue;
        DN_TRY(dn_names_add(k->by_key, key, len, next, &s->entity[i], err));
        DN_TRY(check_id(k, i, s->entity[i], err));
        if (s->entity[i] < next)
            continue;
        next++;
        DN_TRY(k->side == 0 ? add_drug(&k->r, &k->file, i, &out->drugs, err)
                            : add_target(&k->r, &k->file, i, &out->targets, err));
    }
out:
    return st;
}

/* Are the unreadable ones welcome? The same on every rank. */
static dn_status check_readable(const desk *k, const dn_newcomers_side *s, bool skip, dn_error *err)
{
    dn_status st = DN_OK;
    char id[30], reason[100]; /* of 240 bytes */
    int64_t first = 0;

    if (s->unreadable == 0)
        goto out;
    while (s->entity[first] >= 0)
        first++;
    dn_strings_copy(&k->file.id, first, id, sizeof id);
    dn_strings_copy(&k->r.reason, first, reason, sizeof reason);
    if (!skip && s->unreadable > 1)
        DN_FAIL(DN_EDATA, "%s:%lld: '%s': %s; nor can %lld others be read; --skip-unreadable sets them aside",
                k->path, (long long)k->file.line[first], id, reason, (long long)s->unreadable - 1);
    if (!skip)
        DN_FAIL(DN_EDATA, "%s:%lld: '%s': %s; --skip-unreadable sets it aside", k->path,
                (long long)k->file.line[first], id, reason);
    if (s->unreadable == k->file.id.n)
        DN_FAIL(DN_EDATA, "%s: none of %lld %ss can be read, such as '%s' in line %lld: %s", k->path,
                (long long)s->unreadable, entry_name[k->side], id, (long long)k->file.line[first], reason);
out:
    return st;
}

/* ---- one side ---- */

static dn_status new_lines(dn_id_file *f, dn_error *err)
{
    dn_status st = DN_OK;

    if (f->line == NULL)
        DN_NEW(f->line, (size_t)f->id.n);
out:
    return st;
}

/* The file to all. Collective. */
static dn_status share_file(const dn_comm *comm, desk *k, dn_error *err)
{
    static const dn_id_file_kind kind[2] = {DN_ID_FILE_SMILES, DN_ID_FILE_FASTA};
    dn_status st = DN_OK;

    if (comm->rank == 0)
        DN_PASS(dn_id_file_read(k->path, kind[k->side], &k->file, err));
    DN_AGREE(comm);
    DN_TRY(dn_share_strings(comm, 0, &k->file.id, err));
    DN_TRY(dn_share_strings(comm, 0, &k->file.text, err));
    DN_PASS(new_lines(&k->file, err));
    DN_AGREE(comm);
    MPI_Bcast(k->file.line, (int)k->file.id.n, MPI_INT64_T, 0, comm->mpi);
out:
    return st;
}

/* Collective. */
static dn_status take_side(const dn_comm *comm, desk *k, const dn_strings *known_key, bool skip,
                           dn_newcomers *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_newcomers_side *s = &out->side[k->side];

    DN_TRY(share_file(comm, k, err));
    DN_TRY(read_side(comm, k->side, &k->file.text, &k->r, err));
    DN_PASS(dn_names_of(known_key, &k->by_key, err));
    DN_PASS(dn_names_of(k->known_id, &k->by_id, err));
    DN_PASS(number_entries(k, out, err));
    DN_PASS(check_readable(k, s, skip, err));
    DN_AGREE(comm);
    s->n = k->file.id.n;
    s->id = k->file.id;
    s->line = k->file.line;
    s->reason = k->r.reason;
    k->file.id = k->r.reason = (dn_strings){0};
    k->file.line = NULL;
out:
    dn_names_destroy(&k->by_key);
    dn_names_destroy(&k->by_id);
    dn_id_file_destroy(&k->file);
    readings_destroy(&k->r);
    return st;
}

dn_status dn_newcomers_read(const dn_comm *comm, const dn_newcomers_wish *w, const dn_drugs *drugs,
                            const dn_targets *targets, dn_newcomers *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_newcomers n = {0};
    desk d = {.side = 0, .path = w->molecules, .known_id = &drugs->id};
    desk t = {.side = 1, .path = w->sequences, .known_id = &targets->id};

    *out = n;
    n.side[0].known = drugs->n;
    n.side[1].known = targets->n;
    if (w->molecules != NULL)
        DN_TRY(take_side(comm, &d, &drugs->key, w->skip_unreadable, &n, err));
    if (w->sequences != NULL)
        DN_TRY(take_side(comm, &t, &targets->sequence, w->skip_unreadable, &n, err));
    *out = n;
    n = (dn_newcomers){0};
out:
    dn_newcomers_destroy(&n);
    return st;
}

/* ---- behind those of a dataset ---- */

/* *p [n] items longer by more [m]. */
static dn_status lengthen(void **p, int64_t n, const void *more, int64_t m, size_t size, dn_error *err)
{
    dn_status st = DN_OK;
    size_t cap = (size_t)n;

    DN_TRY(dn_grow(p, &cap, (size_t)(n + m), size, err));
    if (m > 0)
        memcpy((char *)*p + (size_t)n * size, more, (size_t)m * size);
out:
    return st;
}

static dn_status append_drugs(const dn_drugs *more, dn_drugs *d, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t atoms = d->first_atom[d->n], bonds = d->first_bond[d->n];

    if (more->n == 0)
        goto out;
    DN_TRY(lengthen((void **)&d->atom, atoms, more->atom, more->first_atom[more->n], sizeof *d->atom, err));
    DN_TRY(lengthen((void **)&d->bond, bonds, more->bond, more->first_bond[more->n], sizeof *d->bond, err));
    DN_TRY(lengthen((void **)&d->first_atom, d->n + 1, more->first_atom + 1, more->n, sizeof(int64_t), err));
    DN_TRY(lengthen((void **)&d->first_bond, d->n + 1, more->first_bond + 1, more->n, sizeof(int64_t), err));
    for (int64_t i = d->n + 1; i <= d->n + more->n; i++) {
        d->first_atom[i] += atoms;
        d->first_bond[i] += bonds;
    }
    DN_TRY(dn_strings_append(&d->id, &more->id, err));
    DN_TRY(dn_strings_append(&d->smiles, &more->smiles, err));
    DN_TRY(dn_strings_append(&d->key, &more->key, err));
    d->n += more->n;
out:
    return st;
}

dn_status dn_newcomers_append(const dn_newcomers *n, dn_drugs *drugs, dn_targets *targets, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(append_drugs(&n->drugs, drugs, err));
    DN_TRY(dn_strings_append(&targets->id, &n->targets.id, err));
    DN_TRY(dn_strings_append(&targets->sequence, &n->targets.sequence, err));
    targets->n += n->targets.n;
out:
    return st;
}
