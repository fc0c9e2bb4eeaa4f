/* ingest_made.c - drugs and targets that were made, not imported; see drug_target.h */
#include "mpi/io/drug_target.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/ingest_interactions.h"

/* Every text is an entity of its own; give them their ids. The same on every rank. */
static dn_status name_all(const dn_strings *ids, const dn_strings *texts, const char *what, dn_entities *e,
                          dn_error *err)
{
    dn_status st = DN_OK;
    char text[80], reason[160];

    for (int64_t i = 0; i < texts->n; i++) {
        if (e->of_text[i] < 0)
            DN_FAIL(DN_EDATA, "%s '%s': %s", what, dn_strings_copy(texts, i, text, sizeof text),
                    dn_strings_copy(&e->reason, i, reason, sizeof reason));
        if (e->of_text[i] != i)
            DN_FAIL(DN_EDATA, "%s '%s' stands twice, as number %lld and as %lld", what,
                    dn_strings_copy(texts, i, text, sizeof text), (long long)e->of_text[i], (long long)i);
        DN_TRY(dn_strings_add_string(&e->id, ids, i, err));
    }
out:
    return st;
}

dn_status dn_drug_target_write(dn_h5 *h, const dn_strings *drug_id, const dn_strings *smiles,
                               const dn_strings *target_id, const dn_strings *sequence, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    dn_entities drugs = {0}, targets = {0};

    DN_TRY(dn_entities_load(comm, h, true, &drugs, err));
    DN_TRY(dn_entities_load(comm, h, false, &targets, err));
    DN_TRY(dn_entities_of_smiles(comm, smiles, &drugs, err));
    DN_TRY(dn_entities_of_sequences(comm, sequence, &targets, err));
    DN_PASS(name_all(drug_id, smiles, "SMILES", &drugs, err));
    DN_PASS(name_all(target_id, sequence, "sequence", &targets, err));
    DN_AGREE(comm);
    DN_TRY(dn_entities_write(comm, true, &drugs, h, err));
    DN_TRY(dn_entities_write(comm, false, &targets, h, err));
out:
    dn_entities_destroy(&drugs);
    dn_entities_destroy(&targets);
    return st;
}
