/* evaluate_negatives.c - every kind of negatives; see evaluate_negatives.h */
#include "mpi/evaluate/evaluate_negatives.h"

/* Collective. */
static dn_status find_kinds(const dn_comm *comm, const dn_evaluate_options *o, const char *split,
                            dn_origins *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, o->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_origins_load(h, split, out, err));
out:
    dn_h5_close(&h);
    return st;
}

dn_status dn_evaluate_kinds(const dn_comm *comm, const dn_evaluate_options *options, const char *split,
                            dn_gene_kinds *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_evaluate_options one = *options;

    *out = (dn_gene_kinds){.origins = {.n = 0}};
    if (options->pairs != NULL || options->part == DN_TRAIN)
        goto out;
    DN_TRY(find_kinds(comm, options, split, &out->origins, err));
    if (out->origins.n == 1)
        out->origins.n = 0;
    for (int k = 1; k < out->origins.n; k++) {
        one.negatives = 1 + out->origins.kind[k];
        DN_TRY(dn_folds_asked(options) > 0 ? dn_evaluate_folds(comm, &one, &out->folds[k], err)
                                           : dn_evaluate(comm, &one, &out->of[k], err));
    }
out:
    if (st != DN_OK)
        dn_gene_kinds_destroy(out);
    return st;
}

void dn_gene_kinds_destroy(dn_gene_kinds *k)
{
    for (int i = 0; i < DN_ORIGINS; i++) {
        dn_evaluation_destroy(&k->of[i]);
        dn_gene_folds_destroy(&k->folds[i]);
    }
    k->origins.n = 0;
}
