/* split_store.c - a planned split becomes a group of the dataset; see split.h */
#include "mpi/data/split.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

enum { PATH_CAP = 256 };

/* Drugs and targets apart. rows [folds of mine, drugs + targets], used up. */
static dn_status write_sides(dn_h5 *h, const char *group, const dn_split_plan *plan, dn_range mine,
                             uint8_t *rows, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t folds = mine.end - mine.begin, drugs = plan->options.drugs, all = plan->genes;
    int64_t targets = all - drugs;
    uint8_t *target = dn_calloc((size_t)folds, (size_t)targets);
    char path[PATH_CAP];

    if (target == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld folds of %lld targets",
                          (long long)folds, (long long)targets);
    DN_AGREE(dn_h5_comm(h));
    for (int64_t f = 0; f < folds; f++) {
        memcpy(target + f * targets, rows + f * all + drugs, (size_t)targets);
        memmove(rows + f * drugs, rows + f * all, (size_t)drugs);
    }
    snprintf(path, sizeof path, "%s/drug_part", group);
    DN_TRY(dn_h5_write(h, path, 2, (int64_t[]){plan->folds, drugs}, mine.begin, folds, rows, err));
    snprintf(path, sizeof path, "%s/target_part", group);
    DN_TRY(dn_h5_write(h, path, 2, (int64_t[]){plan->folds, targets}, mine.begin, folds, target, err));
out:
    dn_free(target);
    return st;
}

/* cluster [n], the same on every rank; NULL: nothing to write. */
static dn_status write_clusters(dn_h5 *h, const char *group, const char *name, const int64_t *cluster,
                                int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    dn_range mine = dn_block(n, comm->rank, comm->size);
    char path[PATH_CAP];

    if (cluster == NULL)
        goto out;
    snprintf(path, sizeof path, "%s/%s", group, name);
    DN_TRY(dn_h5_write(h, path, 1, &n, mine.begin, mine.end - mine.begin, cluster + mine.begin, err));
out:
    return st;
}

/* The pairs of one fold after the other: 1 byte a pair. */
static dn_status write_parts(dn_h5 *h, const char *group, const dn_split_plan *plan, const dn_pairs *pairs,
                             dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    dn_range mine = dn_block(plan->folds, comm->rank, comm->size);
    int64_t turns = dn_turns(dn_block(plan->folds, 0, comm->size), 1);
    uint8_t *row = mine.begin < mine.end ? dn_calloc((size_t)plan->pairs, 1) : NULL;
    char path[PATH_CAP];

    if (row == NULL && mine.begin < mine.end)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a fold of %lld pairs",
                          (long long)plan->pairs);
    DN_AGREE(comm);
    snprintf(path, sizeof path, "%s/part", group);
    DN_TRY(dn_h5_declare(h, path, 2, (int64_t[]){plan->folds, plan->pairs}, err));
    for (int64_t t = 0; t < turns; t++) {
        dn_range fold = dn_turn(mine, t, 1);

        if (fold.begin < fold.end)
            dn_split_part(plan, pairs, fold.begin, row);
        DN_TRY(dn_h5_fill(h, path, fold.begin, fold.end - fold.begin, row, err));
    }
out:
    dn_free(row);
    return st;
}

static dn_status write_gene_parts(dn_h5 *h, const char *group, const dn_split_plan *plan, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    dn_range mine = dn_block(plan->folds, comm->rank, comm->size);
    int64_t folds = mine.end - mine.begin;
    uint8_t *rows = NULL; /* [folds, genes] */
    char path[PATH_CAP];

    if (plan->gene_block == NULL)
        goto out;
    rows = dn_calloc((size_t)folds, (size_t)plan->genes);
    if (rows == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld folds of %lld genes",
                          (long long)folds, (long long)plan->genes);
    DN_AGREE(comm);
    for (int64_t f = 0; f < folds; f++)
        dn_split_gene_part(plan, mine.begin + f, rows + f * plan->genes);
    if (plan->options.drugs == 0) {
        snprintf(path, sizeof path, "%s/gene_part", group);
        DN_TRY(dn_h5_write(h, path, 2, (int64_t[]){plan->folds, plan->genes}, mine.begin, folds, rows, err));
    } else {
        DN_TRY(write_sides(h, group, plan, mine, rows, err));
    }
out:
    dn_free(rows);
    return st;
}

/* Rows of every label are worth storing where there are more than two. */
static bool has_more_classes(const dn_split_plan *plan, const dn_split_count (*counts)[DN_COUNTS])
{
    for (int64_t f = 0; f < plan->folds; f++)
        for (int c = 0; c < DN_COUNTS; c++)
            for (int label = 2; label < DN_CLASSES_MAX; label++)
                if (counts[f][c].of[label] > 0)
                    return true;
    return false;
}

static dn_status write_counts(dn_h5 *h, const char *group, const dn_split_plan *plan,
                              const dn_split_count (*counts)[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;
    int classes = has_more_classes(plan, counts) ? DN_CLASSES_MAX : 0;

    for (int c = 0; c < DN_COUNTS; c++) {
        dn_split_count sum = {0};
        char key[64];

        for (int64_t f = 0; f < plan->folds; f++) {
            sum.rows += counts[f][c].rows;
            sum.positives += counts[f][c].positives;
            for (int label = 0; label < DN_CLASSES_MAX; label++)
                sum.of[label] += counts[f][c].of[label];
        }
        snprintf(key, sizeof key, "%s_rows", dn_count_names[c]);
        DN_TRY(dn_h5_set_int(h, group, key, sum.rows, err));
        snprintf(key, sizeof key, "%s_positives", dn_count_names[c]);
        DN_TRY(dn_h5_set_int(h, group, key, sum.positives, err));
        for (int label = 0; label < classes; label++) {
            snprintf(key, sizeof key, "%s_%s", dn_count_names[c], dn_class_name(classes, label));
            DN_TRY(dn_h5_set_int(h, group, key, sum.of[label], err));
        }
    }
out:
    return st;
}

dn_status dn_split_store(dn_h5 *h, const char *name, const char *pairs_name, const char *config,
                         const dn_split_plan *plan, const dn_pairs *pairs,
                         const dn_split_count (*counts)[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;
    const dn_split_options *o = &plan->options;
    char group[PATH_CAP - 16], text[96];

    snprintf(group, sizeof group, "/splits/%s", name);
    if (pairs != NULL)
        DN_TRY(write_parts(h, group, plan, pairs, err));
    DN_TRY(write_gene_parts(h, group, plan, err));
    DN_TRY(write_clusters(h, group, "drug_cluster", plan->drug_cluster, o->drugs, err));
    DN_TRY(write_clusters(h, group, "target_cluster", plan->target_cluster, plan->genes - o->drugs, err));
    DN_TRY(dn_h5_set_text(h, group, o->drugs > 0 ? "interactions" : "pairs", pairs_name, err));
    DN_TRY(dn_h5_set_text(h, group, "kind", dn_split_kind_name(o), err));
    DN_TRY(dn_h5_set_text(h, group, "by", dn_split_by_name(o), err));
    DN_TRY(dn_h5_set_int(h, group, "seed", (int64_t)o->seed, err));
    if (dn_split_by_folds(o) || o->kind == DN_SPLIT_BLOCKS)
        snprintf(text, sizeof text, "none");
    else
        snprintf(text, sizeof text, "%.17g,%.17g,%.17g", o->fraction[0], o->fraction[1], o->fraction[2]);
    DN_TRY(dn_h5_set_text(h, group, "fractions", text, err));
    DN_TRY(dn_h5_set_int(h, group, "folds", plan->folds, err));
    if (dn_split_held_out(o) > 0)
        DN_TRY(dn_h5_set_number(h, group, "c1_share", 1.0 / (double)dn_split_held_out(o), err));
    DN_TRY(dn_h5_set_text(h, group, "config", config, err));
    DN_TRY(write_counts(h, group, plan, counts, err));
out:
    return st;
}
