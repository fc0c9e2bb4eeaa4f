/* embed_input.c - which proteins are wanted; see embed_input.h */
#include "mpi/embed/embed_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/dataset.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/esm/tokens.h"
#include "solvers/formats/id_file.h"
#include "solvers/formats/protein.h"

enum { ID = 60 };

/* Rank 0. */
static dn_status is_hdf5(const char *path, int *out, dn_error *err)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char head[8];
    dn_status st = DN_OK;
    FILE *f = fopen(path, "rb");

    if (f == NULL)
        DN_FAIL(DN_ENOINPUT, "%s: cannot be opened: %s", path, strerror(errno));
    *out = fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, signature, sizeof head) == 0;
    fclose(f);
out:
    return st;
}

static dn_status read_dataset(const dn_comm *comm, const char *path, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, path, DN_DATASET_SCHEMA, &h, err));
    if (!dn_h5_has(h, "/targets/sequence/bytes"))
        DN_FAIL(DN_EDATA, "%s: holds no targets: import drug-target pairs, or name a FASTA file", path);
    DN_TRY(dn_h5_read_strings(h, "/targets/sequence", out, err));
out:
    dn_h5_close(&h);
    return st;
}

/* Rank 0. */
static dn_status clean_entries(const char *path, const dn_id_file *f, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    char *clean = NULL, id[ID];

    DN_NEW(clean, DN_PROTEIN_MAX);
    for (int64_t i = 0; i < f->text.n; i++) {
        size_t len;
        const char *text = dn_strings_at(&f->text, i, &len);
        int64_t residues = dn_esm_residues(text, (int64_t)len);
        dn_error why = DN_ERROR_INIT;

        if (dn_protein_clean(text, residues, clean, &why) != DN_OK)
            DN_FAIL(DN_EDATA, "%s:%lld: '%s': %s", path, (long long)f->line[i],
                    dn_strings_copy(&f->id, i, id, sizeof id), why.text);
        DN_TRY(dn_strings_add(out, clean, (size_t)residues, err));
    }
out:
    dn_free(clean);
    return st;
}

static dn_status read_fasta(const dn_comm *comm, const char *path, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_id_file file = {.line = NULL};

    if (comm->rank == 0) {
        DN_PASS(dn_id_file_read(path, DN_ID_FILE_FASTA, &file, err));
        DN_PASS(clean_entries(path, &file, out, err));
    }
    DN_AGREE(comm);
    DN_TRY(dn_share_strings(comm, 0, out, err));
out:
    dn_id_file_destroy(&file);
    return st;
}

dn_status dn_embed_read_sequences(const dn_comm *comm, const char *path, dn_strings *out, dn_error *err)
{
    dn_status st = DN_OK;
    int hdf5 = 0;

    if (comm->rank == 0)
        DN_PASS(is_hdf5(path, &hdf5, err));
    DN_AGREE(comm);
    MPI_Bcast(&hdf5, 1, MPI_INT, 0, comm->mpi);
    st = hdf5 ? read_dataset(comm, path, out, err) : read_fasta(comm, path, out, err);
out:
    if (st != DN_OK)
        dn_strings_destroy(out);
    return st;
}
