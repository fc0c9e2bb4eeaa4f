/* split_count.c - what the parts of a split hold, and whether that is enough; no MPI here; see split.h */
#include "mpi/data/split.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"

const char *const dn_count_names[DN_COUNTS] = {"train",         "validation",    "test",          "left_out",
                                               "validation_c1", "validation_c2", "validation_c3", "test_c1",
                                               "test_c2",       "test_c3"};

static void count_one(dn_split_count *c, uint8_t label)
{
    c->rows++;
    c->positives += label > 0;
    c->of[label]++;
}

dn_status dn_split_counts(const dn_pairs *pairs, int64_t genes, const uint8_t *part,
                          dn_split_count out[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *seen = NULL; /* [genes]  1: in a training pair */

    memset(out, 0, DN_COUNTS * sizeof *out);
    DN_NEW(seen, (size_t)genes);
    for (int64_t i = 0; i < pairs->n; i++)
        if (part[i] == DN_TRAIN)
            seen[pairs->gene_a[i]] = seen[pairs->gene_b[i]] = 1;
    for (int64_t i = 0; i < pairs->n; i++) {
        int unseen = 2 - seen[pairs->gene_a[i]] - seen[pairs->gene_b[i]];

        if (part[i] > DN_LEFT_OUT) /* negatives of another kind */
            continue;
        count_one(&out[part[i]], pairs->label[i]);
        if (part[i] == DN_VALIDATION)
            count_one(&out[DN_COUNT_VALIDATION_C1 + unseen], pairs->label[i]);
        if (part[i] == DN_TEST)
            count_one(&out[DN_COUNT_TEST_C1 + unseen], pairs->label[i]);
    }
out:
    dn_free(seen);
    return st;
}

/* Of more than two classes: which occurs, but too rarely in part c? -1: none, or there are but two. */
static int too_rare(const dn_split_count counts[DN_COUNTS], int c)
{
    int64_t all[DN_CLASSES_MAX] = {0};
    bool more = false;

    for (int part = DN_TRAIN; part <= DN_LEFT_OUT; part++)
        for (int label = 0; label < DN_CLASSES_MAX; label++) {
            all[label] += counts[part].of[label];
            more |= label > 1 && counts[part].of[label] > 0;
        }
    for (int label = 0; more && label < DN_CLASSES_MAX; label++)
        if (all[label] > 0 && counts[c].of[label] < DN_TEST_MIN)
            return label;
    return -1;
}

dn_status dn_split_check_test(const dn_split_plan *plan, int64_t fold, const dn_split_count counts[DN_COUNTS],
                              dn_error *err)
{
    dn_status st = DN_OK;
    dn_split_kind kind = plan->options.kind;
    bool by_genes = dn_split_by_genes(&plan->options) && plan->options.drugs == 0;
    bool folds = dn_split_by_folds(&plan->options) || kind == DN_SPLIT_BLOCKS;
    char where[40] = "the diagonal blocks";

    if (kind != DN_SPLIT_BLOCKS)
        snprintf(where, sizeof where, "fold %lld", (long long)fold);

    if (!folds && !(plan->options.fraction[2] > 0))
        goto out;
    for (int c = 0; c < DN_COUNTS; c++) {
        int64_t positives = counts[c].positives, negatives = counts[c].rows - positives;

        if (c != DN_TEST && (c < DN_COUNT_TEST_C1 || !by_genes || counts[c].rows == 0))
            continue;
        if (too_rare(counts, c) >= 0)
            DN_FAIL(DN_EDATA,
                    "part %s of %s has %lld pairs of class %s, fewer than %d: too few to judge a model; take "
                    "%s, or "
                    "--force to keep it",
                    dn_count_names[c], where, (long long)counts[c].of[too_rare(counts, c)],
                    dn_class_name(DN_CLASSES_MAX, too_rare(counts, c)), DN_TEST_MIN,
                    folds ? "fewer folds" : "other fractions");
        if (positives < DN_TEST_MIN || negatives < DN_TEST_MIN)
            DN_FAIL(DN_EDATA,
                    "part %s of %s has %lld positive and %lld negative pairs, fewer than %d of a class: too "
                    "few to judge a model; take %s, or --force to keep it",
                    dn_count_names[c], where, (long long)positives, (long long)negatives, DN_TEST_MIN,
                    folds                        ? (c == DN_COUNT_TEST_C1 ? "more folds" : "fewer folds")
                    : kind == DN_SPLIT_COLD_BOTH ? "other fractions or --kind kfold-blocks"
                                                 : "other fractions");
    }
out:
    return st;
}
