/* gene_model.c - a model of gene pairs beside its dataset; see gene_model.h */
#include "mpi/evaluate/gene_model.h"

#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/evaluate/evaluate.h"
#include "solvers/base/alloc.h"

/* ---- do model and dataset belong together? ---- */

dn_status dn_gene_record_check(const char *path, const dn_model_record *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_normalisation known;

    if (strcmp(m->architecture, "gener") != 0)
        DN_FAIL(DN_EDATA, "%s: a model of architecture '%s', not gener", path, m->architecture);
    if (!dn_normalisation_find(m->normalisation, &known))
        DN_FAIL(DN_EDATA, "%s: normalisation '%s' is not known here", path, m->normalisation);
out:
    return st;
}

dn_status dn_gene_set_check(const char *dataset, const char *split, const dn_gene_set *s, dn_error *err)
{
    dn_status st = DN_OK;

    if (s->profiles->genes != s->genes->n)
        DN_FAIL(DN_EDATA, "%s: expression of %lld genes, but a table of %lld", dataset,
                (long long)s->profiles->genes, (long long)s->genes->n);
    if (s->split->n != s->pairs->n)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides %lld pairs, but set '%s' has %lld", dataset, split,
                (long long)s->split->n, s->split->pairs, (long long)s->pairs->n);
out:
    return st;
}

static bool across_genes(const dn_model_record *m)
{
    dn_normalisation kind = DN_ZSCORE_GENE;

    return dn_normalisation_find(m->normalisation, &kind) && dn_normalisation_across_genes(kind);
}

static dn_status check_shapes(const dn_gene_files *f, const dn_model_record *m, const dn_gene_set *s,
                              dn_error *err)
{
    dn_status st = DN_OK;

    if (s->pairs->classes != m->options.classes)
        DN_FAIL(DN_EDATA, "%s: a model of %d classes, but pair set '%s' of %s has %d", f->model,
                m->options.classes, s->split->pairs, f->dataset, s->pairs->classes);
    if (s->profiles->samples != m->samples)
        DN_FAIL(DN_EDATA, "%s: trained on %lld samples, but %s has %lld", f->model, (long long)m->samples,
                f->dataset, (long long)s->profiles->samples);
    if (across_genes(m) && strcmp(s->profiles->hash, m->expression_hash) != 0)
        DN_FAIL(
            DN_EDATA,
            "%s: normalised by %s, which takes a value from all genes of its sample, over other expression "
            "(hash %s) than that of %s (hash %s)",
            f->model, m->normalisation, m->expression_hash, f->dataset, s->profiles->hash);
out:
    return st;
}

dn_status dn_gene_model_check(const dn_gene_files *f, const dn_model_record *m, const dn_gene_set *s,
                              dn_error *err)
{
    dn_status st = DN_OK;
    char hash[17] = "";

    DN_TRY(check_shapes(f, m, s, err));
    if (strcmp(s->split->pairs, m->pairs) != 0)
        DN_FAIL(DN_EDATA, "%s: trained on pair set '%s', but split '%s' of %s divides '%s'", f->model,
                m->pairs, m->split, f->dataset, s->split->pairs);
    dn_training_hash(s->genes, s->pairs, s->split, hash);
    if (strcmp(hash, m->training_hash) != 0)
        DN_FAIL(DN_EDATA,
                "%s: trained on other genes or training pairs (hash %s) than split '%s' of %s has (hash %s)",
                f->model, m->training_hash, m->split, f->dataset, hash);
    dn_validation_hash(s->pairs, s->split, hash);
    DN_TRY(dn_evaluate_check_validation(f->model, m, f->dataset, hash, err));
out:
    return st;
}

/* ---- both in memory ---- */

/* Weights for the layout of the record. Collective. */
static dn_status load_weights(const dn_comm *comm, const char *path, dn_gene_model *m, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_gener_data data = {.x = m->profiles.x, .samples = m->profiles.samples};

    dn_gener_init(&m->gener, &data, &m->record.options);
    m->w = dn_calloc((size_t)m->gener.model.n_weights, sizeof *m->w);
    m->running = dn_calloc((size_t)m->gener.model.n_moments, sizeof *m->running);
    if (m->w == NULL || m->running == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld weights",
                          (long long)m->gener.model.n_weights);
    DN_AGREE(comm);
    DN_TRY(dn_model_load(comm, path, &m->gener.model, m->w, m->running, err));
out:
    return st;
}

dn_status dn_gene_model_load(const dn_comm *comm, const dn_gene_files *f, dn_gene_model *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_model *m = out;
    const dn_gene_set set = {
        .genes = &m->genes, .pairs = &m->pairs, .split = &m->split, .profiles = &m->profiles};
    dn_normalisation kind = DN_ZSCORE_GENE;
    dn_h5 *h = NULL;

    *m = (dn_gene_model){.flat = 0};
    DN_TRY(dn_model_read_record(comm, f->model, &m->record, err));
    DN_TRY(dn_gene_record_check(f->model, &m->record, err)); /* the same on every rank, as all checks */
    (void)dn_normalisation_find(m->record.normalisation, &kind);
    DN_TRY(dn_h5_open(comm, f->dataset, DN_DATASET_SCHEMA, &h, err));
    if (!dn_h5_has(h, "/genes/id/bytes"))
        DN_FAIL(DN_EDATA, "%s: holds no genes, and %s is a model of pairs of genes", f->dataset, f->model);
    DN_TRY(dn_genes_load(h, &m->genes, err));
    DN_TRY(dn_split_load(h, m->record.split, m->record.fold, &m->split, err));
    if (m->split.interactions)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides drug-target pairs, not pairs of genes", f->dataset,
                m->record.split);
    DN_TRY(dn_pairs_load(h, m->split.pairs, &m->pairs, err));
    DN_TRY(dn_profiles_load(h, &m->profiles, err));
    DN_TRY(dn_gene_set_check(f->dataset, m->record.split, &set, err));
    DN_TRY(dn_gene_model_check(f, &m->record, &set, err));
    DN_TRY(dn_profiles_normalise(&m->profiles, kind, &m->flat, err));
    DN_TRY(load_weights(comm, f->model, m, err));
out:
    dn_h5_close(&h);
    if (st != DN_OK)
        dn_gene_model_destroy(m);
    return st;
}

void dn_gene_model_destroy(dn_gene_model *m)
{
    dn_genes_destroy(&m->genes);
    dn_pairs_destroy(&m->pairs);
    dn_split_destroy(&m->split);
    dn_profiles_destroy(&m->profiles);
    dn_free(m->w);
    dn_free(m->running);
    *m = (dn_gene_model){.flat = 0};
}
