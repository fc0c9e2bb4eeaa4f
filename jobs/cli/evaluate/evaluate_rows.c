/* evaluate_rows.c - the pairs of a split as TSV, for models of other people; see evaluate_report.h */
#include <inttypes.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"
#include "jobs/cli/text_file.h"
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

static const char *const part_name[] = {"train", "validation", "test", "left_out"};

/* The part of every pair in every fold that is asked for: *out_part [*out_folds, n]. Collective. */
static dn_status load_parts(const dn_comm *comm, const char *dataset, const char *split, int64_t fold,
                            dn_dti_table *t, uint8_t **out_part, int64_t *out_folds, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_split one = {.n = 0};
    int64_t folds;

    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    if (fold >= 0 || dn_split_load(h, split, -1, &one, NULL) == DN_OK) { /* the same on every rank */
        folds = 1;
    } else {
        DN_TRY(dn_split_load(h, split, 0, &one, err));
        folds = one.folds;
    }
    DN_TRY(dn_dti_table_load(comm, dataset, split, fold < 0 && folds > 1 ? 0 : fold, t, err));
    *out_part = dn_calloc((size_t)folds * (size_t)t->pairs.n, 1);
    if (*out_part == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld folds of %lld pairs",
                          (long long)folds, (long long)t->pairs.n);
    DN_AGREE(comm);
    for (int64_t f = 0; f < folds; f++) {
        dn_split_destroy(&one);
        DN_TRY(dn_split_load(h, split, folds > 1 ? f : fold, &one, err));
        memcpy(*out_part + f * t->pairs.n, one.part, (size_t)t->pairs.n);
    }
    *out_folds = folds;
out:
    dn_split_destroy(&one);
    dn_h5_close(&h);
    return st;
}

/* what: for messages */
static dn_status write_text(FILE *f, const char *what, const dn_strings *s, int64_t i, dn_error *err)
{
    dn_status st = DN_OK;
    size_t len;
    const char *text = dn_strings_at(s, i, &len);

    if (len > 0 && (memchr(text, '\t', len) != NULL || text[0] == '"'))
        DN_FAIL(DN_EDATA, "%s %lld has a tab or begins with a quote, which cannot stand in a TSV: '%.*s'",
                what, (long long)i, len < 60 ? (int)len : 60, text);
    fwrite(text, 1, len, f);
out:
    return st;
}

static dn_status write_rows(const dn_dti_table *t, const uint8_t *part, int64_t folds, FILE *f, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &t->pairs;

    fprintf(f, "drug\ttarget\tlabel\tsmiles\tsequence");
    for (int64_t k = 0; k < folds; k++)
        folds > 1 ? fprintf(f, "\tpart_%" PRId64, k) : fprintf(f, "\tpart");
    fputc('\n', f);
    for (int64_t i = 0; i < p->n; i++) {
        DN_TRY(write_text(f, "the id of drug", &t->drugs.id, p->drug[i], err));
        fputc('\t', f);
        DN_TRY(write_text(f, "the id of target", &t->targets.id, p->target[i], err));
        fprintf(f, "\t%d\t", p->label[i]);
        DN_TRY(write_text(f, "the SMILES of drug", &t->drugs.smiles, p->drug[i], err));
        fputc('\t', f);
        DN_TRY(write_text(f, "the sequence of target", &t->targets.sequence, p->target[i], err));
        for (int64_t k = 0; k < folds; k++)
            fprintf(f, "\t%s", part_name[part[k * p->n + i]]);
        fputc('\n', f);
    }
out:
    return st;
}

static dn_status export_local(const dn_dti_table *t, const uint8_t *part, int64_t folds, const char *path,
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file f = {0};

    DN_TRY(dn_text_file_open(&f, NULL, path, err));
    DN_TRY(write_rows(t, part, folds, f.to, err));
    DN_TRY(dn_text_file_commit(&f, err));
out:
    dn_text_file_close(&f);
    return st;
}

dn_status dn_dti_export_rows(const dn_comm *comm, const char *dataset, const char *split, int64_t fold,
                             const char *path, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_table t = {.fold = -1};
    uint8_t *part = NULL; /* [folds, pairs] */
    int64_t folds = 0;

    DN_TRY(load_parts(comm, dataset, split, fold, &t, &part, &folds, err));
    if (comm->rank == 0)
        DN_PASS(export_local(&t, part, folds, path, err));
    DN_AGREE(comm);
out:
    dn_free(part);
    dn_dti_table_destroy(&t);
    return st;
}
