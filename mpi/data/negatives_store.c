/* negatives_store.c - a split with rows of its own becomes two groups of the dataset; see negatives.h */
#include "mpi/data/negatives.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

enum { PATH_CAP = 256, CHUNK = 1 << 16 };

void dn_split_share_counts(const dn_comm *comm, int64_t folds, dn_split_count (*counts)[DN_COUNTS])
{
    MPI_Bcast(counts, (int)(folds * (int64_t)sizeof *counts), MPI_BYTE, 0, comm->mpi);
}

/* Genes are 32 bits in memory, 64 in the file. rows: of rank 0, 0 elsewhere. */
static dn_status write_genes(dn_h5 *h, const char *path, int64_t n, int64_t rows, const int32_t *gene,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = {0, rows};
    int64_t *wide = dn_calloc(CHUNK, sizeof *wide);

    if (wide == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for a block of genes");
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(dn_h5_declare(h, path, 1, &n, err));
    for (int64_t t = 0; t < dn_turns((dn_range){0, n}, CHUNK); t++) {
        dn_range r = dn_turn(mine, t, CHUNK);

        for (int64_t i = r.begin; i < r.end; i++)
            wide[i - r.begin] = gene[i];
        DN_TRY(dn_h5_fill(h, path, r.begin, r.end - r.begin, wide, err));
    }
out:
    dn_free(wide);
    return st;
}

static dn_status write_rows(dn_h5 *h, const char *set, const dn_pairs *source, const dn_negatives *d,
                            int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t rows = dn_h5_comm(h)->rank == 0 ? n : 0;
    char path[PATH_CAP + 16];

    snprintf(path, sizeof path, "%s/gene_a", set);
    DN_TRY(write_genes(h, path, n, rows, rows > 0 ? d->gene_a : NULL, err));
    snprintf(path, sizeof path, "%s/gene_b", set);
    DN_TRY(write_genes(h, path, n, rows, rows > 0 ? d->gene_b : NULL, err));
    snprintf(path, sizeof path, "%s/label", set);
    DN_TRY(dn_h5_write(h, path, 1, &n, 0, rows, rows > 0 ? d->label : NULL, err));
    snprintf(path, sizeof path, "%s/origin", set);
    DN_TRY(dn_h5_write(h, path, 1, &n, 0, rows, rows > 0 ? d->origin : NULL, err));
    DN_TRY(dn_h5_set_int(h, set, "two_labels", source->two_labels, err));
    if (source->classes > 2)
        DN_TRY(dn_h5_set_int(h, set, "classes", source->classes, err));
out:
    return st;
}

static dn_status write_parts(dn_h5 *h, const char *path, const dn_split_plan *plan, const dn_pairs *pairs,
                             const dn_negatives *d, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    bool mine = dn_h5_comm(h)->rank == 0;
    uint8_t *of_set = mine ? dn_calloc((size_t)pairs->n, 1) : NULL; /* [pairs] */
    uint8_t *of_rows = mine ? dn_calloc((size_t)n, 1) : NULL;       /* [n] */

    if (mine && (of_set == NULL || of_rows == NULL))
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: a fold of %lld pairs",
                          (long long)n);
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(dn_h5_declare(h, path, 2, (int64_t[]){plan->folds, n}, err));
    for (int64_t f = 0; f < plan->folds; f++) {
        if (mine) {
            dn_split_part(plan, pairs, f, of_set);
            dn_negatives_part(d, of_set, (dn_origin)d->origins.kind[0], of_rows);
        }
        DN_TRY(dn_h5_fill(h, path, mine ? f : 0, mine ? 1 : 0, of_rows, err));
    }
out:
    dn_free(of_set);
    dn_free(of_rows);
    return st;
}

/* What rank 0 knows, for the attributes. */
typedef struct about {
    int64_t n;
    dn_origins origins;
    int64_t wanted[DN_ORIGINS], drawn[DN_ORIGINS];
    double distance[DN_ORIGINS];
} about;

static dn_status write_about(dn_h5 *h, const char *group, const char *pairs_name, const about *a,
                             dn_error *err)
{
    dn_status st = DN_OK;
    char text[64];

    DN_TRY(dn_h5_set_text(h, group, "source_pairs", pairs_name, err));
    DN_TRY(dn_h5_set_text(h, group, "negatives", dn_origins_text(&a->origins, text, sizeof text), err));
    for (int i = 0; i < a->origins.n; i++) {
        int k = a->origins.kind[i];

        snprintf(text, sizeof text, "%s_wanted", dn_origin_names[k]);
        DN_TRY(dn_h5_set_int(h, group, text, a->wanted[k], err));
        snprintf(text, sizeof text, "%s_drawn", dn_origin_names[k]);
        DN_TRY(dn_h5_set_int(h, group, text, a->drawn[k], err));
        snprintf(text, sizeof text, "%s_degree_distance", dn_origin_names[k]);
        if (k != DN_GIVEN)
            DN_TRY(dn_h5_set_number(h, group, text, a->distance[k], err));
    }
out:
    return st;
}

dn_status dn_negatives_store(dn_h5 *h, const char *name, const char *pairs_name, const char *config,
                             const dn_split_plan *plan, const dn_pairs *pairs, const dn_negatives *d,
                             const dn_split_count (*counts)[DN_COUNTS], dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    about a = {.n = 0};
    char rows[PATH_CAP / 2], path[PATH_CAP];

    if (comm->rank == 0) {
        a.n = d->n;
        a.origins = d->origins;
        for (int k = 0; k < DN_ORIGINS; k++) {
            a.wanted[k] = d->of[k].wanted;
            a.drawn[k] = d->of[k].drawn;
            a.distance[k] = d->of[k].distance;
        }
    }
    MPI_Bcast(&a, (int)sizeof a, MPI_BYTE, 0, comm->mpi);
    dn_split_rows_name(name, rows, sizeof rows);
    snprintf(path, sizeof path, "/pairs/%s", rows);
    DN_TRY(write_rows(h, path, pairs, d, a.n, err));
    snprintf(path, sizeof path, "/splits/%s/part", name);
    DN_TRY(write_parts(h, path, plan, pairs, d, a.n, err));
    DN_TRY(dn_split_store(h, name, rows, config, plan, NULL, counts, err));
    snprintf(path, sizeof path, "/splits/%s", name);
    DN_TRY(write_about(h, path, pairs_name, &a, err));
out:
    return st;
}
