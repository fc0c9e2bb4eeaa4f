/* id_file.c - libFuzzer target: any bytes are a SMILES or FASTA file or an error; ids are distinct and not
 * empty */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/id_file.h"
#include "solvers/formats/protein.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const dn_id_file *f, size_t size)
{
    static char clean[DN_PROTEIN_MAX];
    size_t bytes = 0;

    if (f->id.n < 1 || f->id.n != f->text.n || f->repeats < 0)
        abort();
    for (int64_t i = 0; i < f->id.n; i++) {
        size_t len;
        const char *text;

        dn_strings_at(&f->id, i, &len);
        if (len == 0)
            abort();
        text = dn_strings_at(&f->text, i, &len);
        bytes += len;
        if (dn_protein_clean(text, (int64_t)len, clean, NULL) == DN_OK)
            for (size_t k = 0; k < len; k++)
                if (clean[k] < 'A' || clean[k] > 'Z')
                    abort();
    }
    if (bytes > size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int kind = 0; kind < 2; kind++) {
        dn_id_file f = {0};
        dn_error err = DN_ERROR_INIT;
        dn_status st = dn_id_file_parse("fuzz", data, size, (dn_id_file_kind)kind, &f, &err);

        if (st != DN_OK && (st != DN_EDATA || err.text[0] == '\0'))
            abort();
        if (st == DN_OK)
            check(&f, size);
        dn_id_file_destroy(&f);
        if (dn_alloc_live() != 0)
            abort();
    }
    return 0;
}
