/* synth_write.c - every rank writes its block of a synthetic data set; see synth.h */
#include "mpi/data/synth.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/data/threshold.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"

/* What is made at a time: so many pairs, and genes of about so many values. */
enum { PAIRS_AT_ONCE = 1 << 18, VALUES_AT_ONCE = 1 << 20 };

/* What this rank makes. */
typedef struct block {
    dn_range genes, pairs;
    int64_t rows; /* genes at a time */
    float *x;     /* [rows, samples] */
    int64_t *values, *table_row, *module;
    double *hub, *loading, *drive; /* drive: of four classes, otherwise NULL */
    uint8_t *decoy;
    dn_synth_maker *maker;
    int64_t *a, *b; /* [PAIRS_AT_ONCE] */
    uint8_t *label;
    dn_strings gene_id, sample_id; /* of all, on every rank */
} block;

static void destroy(block *k)
{
    dn_free(k->x);
    dn_free(k->values);
    dn_free(k->table_row);
    dn_free(k->module);
    dn_free(k->hub);
    dn_free(k->loading);
    dn_free(k->drive);
    dn_free(k->decoy);
    dn_free(k->a);
    dn_free(k->b);
    dn_free(k->label);
    dn_strings_destroy(&k->gene_id);
    dn_strings_destroy(&k->sample_id);
    dn_synth_maker_destroy(&k->maker);
}

static dn_status make_genes(const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)(k->genes.end - k->genes.begin);

    DN_TRY(dn_strings_add_numbered(&k->gene_id, "G", o->genes, err));
    DN_TRY(dn_strings_add_numbered(&k->sample_id, "S", o->samples, err));
    DN_NEW(k->values, n);
    DN_NEW(k->table_row, n);
    DN_NEW(k->module, n);
    DN_NEW(k->hub, n);
    DN_NEW(k->loading, n);
    DN_NEW(k->decoy, n);
    if (o->classes > 2)
        DN_NEW(k->drive, n);
    for (size_t i = 0; i < n; i++) {
        int64_t g = k->genes.begin + (int64_t)i;
        dn_synth_gene t = dn_synth_gene_of(o, g);

        k->table_row[i] = g;
        k->module[i] = t.module;
        k->hub[i] = t.hub;
        k->loading[i] = t.loading;
        if (k->drive != NULL)
            k->drive[i] = dn_synth_drive(o, g);
    }
out:
    return st;
}

/* Room for what is made at a time. */
static dn_status make_room(const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t mine = k->genes.end - k->genes.begin, pairs = k->pairs.end - k->pairs.begin;

    k->rows = o->samples < VALUES_AT_ONCE ? VALUES_AT_ONCE / o->samples : 1;
    DN_NEW(k->x, (size_t)(k->rows < mine ? k->rows : mine) * (size_t)o->samples);
    DN_NEW(k->a, (size_t)(pairs < PAIRS_AT_ONCE ? pairs : PAIRS_AT_ONCE));
    DN_NEW(k->b, (size_t)(pairs < PAIRS_AT_ONCE ? pairs : PAIRS_AT_ONCE));
    DN_NEW(k->label, (size_t)(pairs < PAIRS_AT_ONCE ? pairs : PAIRS_AT_ONCE));
    DN_TRY(dn_synth_maker_create(o, &k->maker, err));
out:
    return st;
}

/* A score in the order of the scores. */
static uint64_t key_of(const void *maker, int64_t pair)
{
    int64_t a, b;

    return dn_order_key(dn_synth_maker_pair(maker, pair, &a, &b));
}

/* ---- writing ---- */

/* The rows of expression in turns; the first block is the longest, so all ranks know how many there are. */
static dn_status fill_expression(dn_h5 *h, const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t turns = dn_turns(dn_block(o->genes, 0, dn_h5_comm(h)->size), k->rows);

    for (int64_t turn = 0; turn < turns; turn++) {
        dn_range r = dn_turn(k->genes, turn, k->rows);

        for (int64_t g = r.begin; g < r.end; g++)
            k->values[g - k->genes.begin] = dn_synth_row(o, g, k->x + (g - r.begin) * o->samples);
        DN_TRY(dn_h5_fill(h, "/expression/values", r.begin, r.end - r.begin, k->x, err));
    }
out:
    return st;
}

static dn_status write_genes(dn_h5 *h, const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = k->genes.begin, n = k->genes.end - k->genes.begin, all = o->genes;

    DN_TRY(dn_h5_write_strings(h, "/genes/id", &k->gene_id, err));
    DN_TRY(dn_h5_write_strings(h, "/genes/naming/id", &k->gene_id, err));
    DN_TRY(dn_h5_write(h, "/genes/table_row", 1, &all, first, n, k->table_row, err));
    DN_TRY(dn_h5_write(h, "/genes/decoy", 1, &all, first, n, k->decoy, err));
    DN_TRY(dn_h5_declare(h, "/genes/values", 1, &all, err));
    DN_TRY(dn_h5_set_int(h, "/genes", "table_rows", all, err)); /* import --add counts on it */
    DN_TRY(dn_h5_set_text(h, "/genes", "primary_naming", "id", err));
    DN_TRY(dn_h5_write_strings(h, "/expression/sample", &k->sample_id, err));
    DN_TRY(dn_h5_declare(h, "/expression/values", 2, (int64_t[]){all, o->samples}, err));
    DN_TRY(fill_expression(h, o, k, err));
    DN_TRY(dn_h5_fill(h, "/genes/values", first, n, k->values, err));
    DN_TRY(dn_h5_write(h, "/truth/module", 1, &all, first, n, k->module, err));
    DN_TRY(dn_h5_write(h, "/truth/hub", 1, &all, first, n, k->hub, err));
    DN_TRY(dn_h5_write(h, "/truth/loading", 1, &all, first, n, k->loading, err));
    if (o->classes > 2)
        DN_TRY(dn_h5_write(h, "/truth/drive", 1, &all, first, n, k->drive, err));
out:
    return st;
}

static dn_status write_rule(dn_h5 *h, const dn_synth_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    char text[DN_SYNTH_MODULES_MAX * (DN_SYNTH_MODULES_MAX + 1) + 1], *at = text;

    for (int64_t a = 0; a < o->modules; a++) {
        for (int64_t b = 0; b < o->modules; b++)
            *at++ = dn_synth_compatible(o, a, b) > 0 ? '+' : '-';
        *at++ = ' ';
    }
    at[-1] = '\0';
    DN_TRY(dn_h5_set_text(h, "/truth", "compatibility", text, err));
    DN_TRY(dn_h5_set_text(
        h, "/truth", "rule",
        "score = 3 C[module a, module b] sign(loading a * loading b) + log hub a + log hub b + "
        "standard logistic noise; the upper half of the scores is positive; C in compatibility",
        err));
    if (o->classes > 2)
        DN_TRY(dn_h5_set_text(
            h, "/truth", "class_rule",
            "class of a positive pair: the largest of 1, 2 (drive a - drive b), 2 (drive b - drive a), "
            "each plus standard Gumbel noise: connection, a regulates b, b regulates a",
            err));
out:
    return st;
}

/* Genes and labels of the pairs in turns; *positives are those of this rank. */
static dn_status fill_pairs(dn_h5 *h, const dn_synth_options *o, block *k, uint64_t least, int64_t *positives,
                            dn_error *err)
{
    dn_status st = DN_OK;
    int64_t turns = dn_turns(dn_block(o->pairs, 0, dn_h5_comm(h)->size), PAIRS_AT_ONCE);

    for (int64_t turn = 0; turn < turns; turn++) {
        dn_range r = dn_turn(k->pairs, turn, PAIRS_AT_ONCE);
        int64_t n = r.end - r.begin;

        for (int64_t i = 0; i < n; i++) {
            double score = dn_synth_maker_pair(k->maker, r.begin + i, &k->a[i], &k->b[i]);
            k->label[i] = dn_order_key(score) >= least;
            *positives += k->label[i];
            if (o->classes > 2 && k->label[i] != 0)
                k->label[i] = dn_synth_class(o, k->a[i], k->b[i]);
        }
        DN_TRY(dn_h5_fill(h, "/pairs/known/gene_a", r.begin, n, k->a, err));
        DN_TRY(dn_h5_fill(h, "/pairs/known/gene_b", r.begin, n, k->b, err));
        DN_TRY(dn_h5_fill(h, "/pairs/known/label", r.begin, n, k->label, err));
    }
out:
    return st;
}

static dn_status write_pairs(dn_h5 *h, const dn_synth_options *o, block *k, uint64_t least, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const member[] = {"gene_a", "gene_b", "label"};
    int64_t all = o->pairs, positives = 0;
    char path[32];
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", all},  {"unknown", 0}, {"self_pairs", 0},
                  {"dropped", 0}, {"repeats", 0}, {"two_labels", 0}};

    for (int m = 0; m < 3; m++) {
        snprintf(path, sizeof path, "/pairs/known/%s", member[m]);
        DN_TRY(dn_h5_declare(h, path, 1, &all, err));
    }
    DN_TRY(fill_pairs(h, o, k, least, &positives, err));
    MPI_Allreduce(MPI_IN_PLACE, &positives, 1, MPI_INT64_T, MPI_SUM, dn_h5_comm(h)->mpi);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(h, "/pairs/known", counts[i].key, counts[i].value, err));
    DN_TRY(dn_h5_set_int(h, "/pairs/known", "positive", positives, err));
    if (o->classes > 2)
        DN_TRY(dn_h5_set_int(h, "/pairs/known", "classes", o->classes, err));
out:
    return st;
}

dn_status dn_synth_write(const dn_comm *comm, const char *path, const char *command, const char *config,
                         bool force, const dn_synth_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    block k = {.genes = dn_block(o->genes, comm->rank, comm->size),
               .pairs = dn_block(o->pairs, comm->rank, comm->size)};
    dn_h5 *h = NULL;
    uint64_t least = 0;

    DN_PASS(dn_synth_check(o, err));
    DN_PASS(make_genes(o, &k, err));
    DN_PASS(make_room(o, &k, err));
    DN_AGREE(comm);
    DN_TRY(dn_threshold_of(comm, key_of, k.maker, k.pairs, o->pairs / 2, &least, err));
    DN_TRY(dn_h5_create(comm, path, DN_DATASET_SCHEMA, command, config, force, &h, err));
    DN_TRY(write_genes(h, o, &k, err));
    DN_TRY(write_rule(h, o, err));
    DN_TRY(write_pairs(h, o, &k, least, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    destroy(&k);
    return st;
}
