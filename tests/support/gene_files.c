/* gene_files.c - see gene_files.h */
#include "tests/support/gene_files.h"

#include <stdio.h>

dn_status test_pairs_write(dn_h5 *h, const char *name, const test_pairs *p, dn_error *err)
{
    dn_status st = DN_OK;
    char path[64];

    snprintf(path, sizeof path, "/pairs/%s/gene_a", name);
    DN_TRY(dn_h5_write_all(h, path, 1, &p->n, p->a, err));
    snprintf(path, sizeof path, "/pairs/%s/gene_b", name);
    DN_TRY(dn_h5_write_all(h, path, 1, &p->n, p->b, err));
    snprintf(path, sizeof path, "/pairs/%s/label", name);
    DN_TRY(dn_h5_write_all(h, path, 1, &p->labels, p->label, err));
    snprintf(path, sizeof path, "/pairs/%s", name);
    DN_TRY(dn_h5_set_int(h, path, "two_labels", p->two_labels, err));
    if (p->classes != 0)
        DN_TRY(dn_h5_set_int(h, path, "classes", p->classes, err));
out:
    return st;
}

dn_status test_split_write(dn_h5 *h, const char *name, const char *pairs, const char *kind, int64_t folds,
                           int64_t n, const uint8_t *part, dn_error *err)
{
    dn_status st = DN_OK;
    char path[64];
    const int64_t dims[2] = {folds, n};

    snprintf(path, sizeof path, "/splits/%s/part", name);
    DN_TRY(dn_h5_write_all(h, path, 2, dims, part, err));
    snprintf(path, sizeof path, "/splits/%s", name);
    DN_TRY(dn_h5_set_text(h, path, "pairs", pairs, err));
    DN_TRY(dn_h5_set_text(h, path, "kind", kind, err));
out:
    return st;
}

dn_model_record test_gener_record(int64_t samples, const dn_gener_options *options)
{
    return (dn_model_record){.architecture = "gener",
                             .normalisation = "zscore-gene",
                             .split = "warm",
                             .pairs = "known",
                             .fold = -1,
                             .samples = samples,
                             .best_epoch = 1,
                             .options = *options};
}
