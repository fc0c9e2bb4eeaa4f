/* evaluate.c - how good a model is, beside what needs no learning; see evaluate.h */
#include "mpi/evaluate/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/io/origin.h"
#include "mpi/evaluate/evaluate_rows.h"
#include "mpi/evaluate/gene_model.h"
#include "mpi/inputs/profiles.h"
#include "mpi/train/score.h"
#include "mpi/train/score_pairs.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/models/gener.h"

const dn_eval_kind dn_gene_kind = {
    .scorers = DN_SCORERS,
    .scorer = {"model", "popularity", "correlation", "missing"},
    .views = DN_VIEWS,
    .view = {{"all", false, 0},
             {"clean", true, 0},
             {"c1", false, 1},
             {"c2", false, 2},
             {"c3", false, 3},
             {"clean_c1", true, 1},
             {"clean_c2", true, 2},
             {"clean_c3", true, 3}},
    .sides = 1,
    .entity = {"genes"},
    .label = {"none", "interaction"},
    .views_note =
        "clean leaves out decoys and genes without values; c1, c2, c3: both, one, none of the genes in "
        "training",
};

/* Everything that is read, and what is made of it. */
typedef struct study {
    const dn_evaluate_options *o;
    dn_genes genes;
    dn_pairs pairs; /* of the split */
    dn_split split;
    const char *split_name;
    dn_origins origins;   /* of the split */
    dn_pairs other;       /* the pair set asked for, if any */
    dn_profiles profiles; /* as imported, after the baselines normalised */
    uint8_t *seen;        /* [genes]  1: occurs in training pairs */
    uint8_t *sound;       /* [genes]  1: no decoy, and has values */
    int64_t *training;    /* [n_training]  rows of pairs; clean ones first */
    int64_t n_training, n_clean_training;
    int64_t *keys; /* [n_training]  trained pairs, sorted; only with a pair set */
    dn_eval_rows rows;
    float *probability; /* [rows.n, 4]  of the model; only of four classes */
} study;

static void study_destroy(study *s)
{
    dn_genes_destroy(&s->genes);
    dn_pairs_destroy(&s->pairs);
    dn_split_destroy(&s->split);
    dn_pairs_destroy(&s->other);
    dn_profiles_destroy(&s->profiles);
    dn_free(s->seen);
    dn_free(s->sound);
    dn_free(s->training);
    dn_free(s->keys);
    dn_free(s->probability);
    dn_eval_rows_destroy(&s->rows);
}

/* ---- do model and dataset belong together? ---- */

dn_status dn_evaluate_check_wish(const dn_evaluate_options *o, const dn_model_record *m, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->split != NULL && strcmp(o->split, m->split) != 0)
        DN_FAIL(DN_EUSAGE, "%s: the model was trained on split '%s', not '%s'", o->model, m->split, o->split);
    if (o->fold >= 0 && m->fold < 0)
        DN_FAIL(DN_EUSAGE, "%s: the model was trained on split '%s' without folds, not on fold %lld",
                o->model, m->split, (long long)o->fold);
    if (o->fold >= 0 && o->fold != m->fold)
        DN_FAIL(DN_EUSAGE, "%s: the model was trained on fold %lld of split '%s', not on fold %lld", o->model,
                (long long)m->fold, m->split, (long long)o->fold);
out:
    return st;
}

dn_status dn_evaluate_check_validation(const char *path, const dn_model_record *m, const char *dataset,
                                       const char *hash, dn_error *err)
{
    dn_status st = DN_OK;

    if (m->validation_hash[0] != '\0' && strcmp(hash, m->validation_hash) != 0)
        DN_FAIL(DN_EDATA,
                "%s: validated on other rows (hash %s) than split '%s' of %s has (hash %s), so test rows may "
                "have chosen the epoch; train anew",
                path, m->validation_hash, m->split, dataset, hash);
out:
    return st;
}

/* Do the parts of the dataset belong together? */
static dn_status check_set(const study *s, const dn_model_record *m, dn_error *err)
{
    dn_status st = DN_OK;

    if (s->o->pairs != NULL && s->other.classes != s->pairs.classes)
        DN_FAIL(DN_EDATA, "%s: pair set '%s' has %d classes, but '%s' has %d", s->o->dataset, s->o->pairs,
                s->other.classes, s->split.pairs, s->pairs.classes);
    DN_TRY(dn_gene_set_check(
        s->o->dataset, m->split,
        &(dn_gene_set){.genes = &s->genes, .pairs = &s->pairs, .split = &s->split, .profiles = &s->profiles},
        err));
out:
    return st;
}

/* Collective. */
static dn_status load(const dn_comm *comm, study *s, dn_model_record *m, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    if (s->o->model != NULL) {
        DN_TRY(dn_model_read_record(comm, s->o->model, m, err));
        DN_TRY(dn_gene_record_check(s->o->model, m, err)); /* the same on every rank */
        DN_TRY(dn_evaluate_check_wish(s->o, m, err));
    } else {
        snprintf(m->split, sizeof m->split, "%s", s->o->split);
        m->fold = s->o->fold;
    }
    DN_TRY(dn_h5_open(comm, s->o->dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_genes_load(h, &s->genes, err));
    DN_TRY(dn_split_load(h, m->split, m->fold, &s->split, err));
    if (s->split.interactions)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides drug-target pairs, not pairs of genes", s->o->dataset,
                m->split);
    DN_TRY(dn_pairs_load(h, s->split.pairs, &s->pairs, err));
    if (s->o->pairs != NULL)
        DN_TRY(dn_pairs_load(h, s->o->pairs, &s->other, err));
    DN_TRY(dn_profiles_load(h, &s->profiles, err));
    DN_TRY(check_set(s, m, err)); /* the same on every rank */
    if (s->o->model != NULL)      /* before other negatives take the place of those that training used */
        DN_TRY(dn_gene_model_check(
            &(dn_gene_files){.dataset = s->o->dataset, .model = s->o->model}, m,
            &(dn_gene_set){
                .genes = &s->genes, .pairs = &s->pairs, .split = &s->split, .profiles = &s->profiles},
            err));
    DN_TRY(dn_origins_load(h, m->split, &s->origins, err));
    if (s->o->negatives > 0)
        DN_TRY(dn_split_look_at(&s->split, &s->pairs, (dn_origin)s->origins.kind[0],
                                (dn_origin)(s->o->negatives - 1), err));
out:
    dn_h5_close(&h);
    return st;
}

/* ---- which rows ---- */

static int rising(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static int64_t key(const study *s, int64_t a, int64_t b)
{
    return a < b ? a * s->genes.n + b : b * s->genes.n + a;
}

static bool clean(const study *s, int64_t a, int64_t b)
{
    return s->sound[a] != 0 && s->sound[b] != 0;
}

static dn_status find_training(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pairs *p = &s->pairs;
    int64_t at;

    DN_NEW(s->seen, (size_t)s->genes.n);
    DN_NEW(s->sound, (size_t)s->genes.n);
    for (int64_t g = 0; g < s->genes.n; g++)
        s->sound[g] = s->genes.decoy[g] == 0 && s->genes.values[g] > 0;
    for (int64_t i = 0; i < p->n; i++)
        if (s->split.part[i] == DN_TRAIN) {
            s->seen[p->gene_a[i]] = s->seen[p->gene_b[i]] = 1;
            s->n_training++;
            s->n_clean_training += clean(s, p->gene_a[i], p->gene_b[i]);
        }
    DN_NEW(s->training, (size_t)s->n_training);
    at = s->n_clean_training;
    for (int64_t i = 0, first = 0; i < p->n; i++)
        if (s->split.part[i] == DN_TRAIN)
            s->training[clean(s, p->gene_a[i], p->gene_b[i]) ? first++ : at++] = i;
    s->rows.n_training[0] = s->n_training;
    s->rows.n_training[1] = s->n_clean_training;
    if (s->o->pairs == NULL)
        goto out;
    DN_NEW(s->keys, (size_t)s->n_training);
    for (int64_t i = 0; i < s->n_training; i++)
        s->keys[i] = key(s, p->gene_a[s->training[i]], p->gene_b[s->training[i]]);
    if (s->n_training > 0)
        qsort(s->keys, (size_t)s->n_training, sizeof *s->keys, rising);
out:
    return st;
}

static bool trained_on(const study *s, int64_t a, int64_t b)
{
    int64_t k = key(s, a, b);

    return s->n_training > 0 && bsearch(&k, s->keys, (size_t)s->n_training, sizeof k, rising) != NULL;
}

static void append(study *s, const dn_pairs *p, int64_t i)
{
    dn_eval_rows *r = &s->rows;
    int64_t a = p->gene_a[i], b = p->gene_b[i];

    r->a[r->n] = a;
    r->b[r->n] = b;
    r->label[r->n] = p->label[i];
    r->klass[r->n] = (uint8_t)(3 - s->seen[a] - s->seen[b]);
    r->clean[r->n] = clean(s, a, b);
    r->n++;
}

/* Whether row i of set p is one to evaluate. */
static bool wanted(const study *s, const dn_pairs *p, int64_t i)
{
    return p == &s->other ? !trained_on(s, p->gene_a[i], p->gene_b[i])
                          : s->split.part[i] == (uint8_t)s->o->part;
}

static dn_status select_rows(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    dn_eval_rows *r = &s->rows;
    const dn_pairs *p = s->o->pairs != NULL ? &s->other : &s->pairs;
    static const char *const part[] = {"train", "validation", "test", "left out"};
    int64_t n = 0;

    DN_TRY(find_training(s, err));
    for (int64_t i = 0; i < s->pairs.n; i++)
        n += s->split.part[i] == DN_VALIDATION;
    for (int64_t i = 0; i < p->n; i++)
        n += wanted(s, p, i);
    DN_NEW(r->a, (size_t)n);
    DN_NEW(r->b, (size_t)n);
    DN_NEW(r->label, (size_t)n);
    DN_NEW(r->klass, (size_t)n);
    DN_NEW(r->clean, (size_t)n);
    for (int k = r->model ? 0 : 1; k < DN_SCORERS; k++)
        DN_NEW(r->score[k], (size_t)n);
    DN_NEW(r->clean_score[1 + DN_POPULARITY], (size_t)n);
    r->entities[0] = s->genes.n;
    for (int64_t i = 0; i < s->pairs.n; i++)
        if (s->split.part[i] == DN_VALIDATION)
            append(s, &s->pairs, i);
    r->n_validation = r->n;
    for (int64_t i = 0; i < p->n; i++)
        if (wanted(s, p, i))
            append(s, p, i);
    if (r->n == r->n_validation && p == &s->other)
        DN_FAIL(DN_EDATA, "%s: pair set '%s' has no pair that was not trained on", s->o->dataset,
                s->o->pairs);
    if (r->n == r->n_validation)
        DN_FAIL(DN_EDATA, "%s: split '%s' has no %s pairs", s->o->dataset, s->split_name, part[s->o->part]);
out:
    return st;
}

/* ---- scores ---- */

static dn_status popularity(const study *s, int64_t n_training, double *out_score, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = &s->rows;
    double *odds = NULL;     /* [genes] */
    int64_t *scratch = NULL; /* [2 * genes] */

    if (s->pairs.classes > 2) /* see dn_evaluate_classes() */
        goto out;
    DN_NEW(odds, (size_t)s->genes.n);
    DN_NEW(scratch, 2 * (size_t)s->genes.n);
    dn_popularity_fit(s->pairs.gene_a, s->pairs.gene_b, s->pairs.label, s->training, n_training, s->genes.n,
                      odds, scratch);
    for (int64_t i = 0; i < r->n; i++)
        out_score[i] = odds[r->a[i]] + odds[r->b[i]];
out:
    dn_free(odds);
    dn_free(scratch);
    return st;
}

/* The baselines of all rows; the profiles are still as imported. Collective. */
static dn_status score_baselines(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    dn_eval_rows *r = &s->rows;
    dn_range mine = dn_block(r->n, comm->rank, comm->size);
    double *correlation = r->score[1 + DN_CORRELATION];

    DN_PASS(popularity(s, s->n_training, r->score[1 + DN_POPULARITY], err));
    DN_PASS(popularity(s, s->n_clean_training, r->clean_score[1 + DN_POPULARITY], err));
    DN_AGREE(comm);
    for (int64_t i = mine.begin; i < mine.end; i++)
        correlation[i] =
            dn_profile_correlation(s->profiles.x + r->a[i] * s->profiles.samples,
                                   s->profiles.x + r->b[i] * s->profiles.samples, s->profiles.samples);
    dn_gather_blocks(comm, correlation, r->n, sizeof *correlation);
    for (int64_t i = 0; i < r->n; i++)
        r->score[1 + DN_MISSING][i] =
            dn_missing_score(s->genes.values[r->a[i]], s->genes.values[r->b[i]], s->profiles.samples);
out:
    return st;
}

/* As in training; without a model only genes without variance are counted. Collective. */
static dn_status normalise(study *s, const dn_model_record *m, int64_t *out_flat, dn_error *err)
{
    dn_normalisation kind = DN_ZSCORE_GENE;

    (void)dn_normalisation_find(m->normalisation, &kind); /* known, or there is no model */
    return dn_profiles_normalise(&s->profiles, kind, out_flat, err);
}

/* What scoring with the model needs besides the rows. */
typedef struct engine {
    dn_gener gener;
    float *w, *running; /* [n_weights], [n_moments] */
    int64_t *row;       /* [rows.n] */
    int32_t *a, *b;     /* [rows.n]  genes as the network takes them */
    float *p;           /* [rows.n, outputs] */
    dn_gener_fold *fold;
} engine;

static dn_status engine_create(const study *s, const dn_model_record *record, engine *e, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = &s->rows;
    dn_gener_data data = {.x = s->profiles.x, .samples = s->profiles.samples};

    DN_NEW(e->a, (size_t)r->n);
    DN_NEW(e->b, (size_t)r->n);
    data.gene_a = e->a;
    data.gene_b = e->b;
    dn_gener_init(&e->gener, &data, &record->options);
    DN_NEW(e->w, (size_t)e->gener.model.n_weights);
    DN_NEW(e->running, (size_t)e->gener.model.n_moments);
    DN_NEW(e->row, (size_t)r->n);
    DN_NEW(e->p, (size_t)(r->n * e->gener.model.outputs));
    for (int64_t i = 0; i < r->n; i++) {
        e->row[i] = i;
        e->a[i] = (int32_t)r->a[i];
        e->b[i] = (int32_t)r->b[i];
    }
out:
    return st;
}

/* The model's probabilities of all rows; the profiles are normalised by now. Collective. */
static dn_status score_model(const dn_comm *comm, study *s, const dn_model_record *record, dn_error *err)
{
    dn_status st = DN_OK;
    engine e = {.w = NULL};

    DN_PASS(engine_create(s, record, &e, err));
    DN_AGREE(comm);
    DN_TRY(dn_model_load(comm, s->o->model, &e.gener.model, e.w, e.running, err));
    if (s->o->folded) {
        DN_TRY(dn_fold_genes(comm, &e.gener, e.w, e.running, s->genes.n, &e.fold, err));
        DN_TRY(dn_score_pairs(comm, e.fold, false, e.a, e.b, s->rows.n, e.gener.model.outputs, e.p, err));
    } else {
        DN_TRY(dn_score(comm, &e.gener.model, e.w, e.running, e.row, s->rows.n, e.p, err));
    }
    if (e.gener.model.outputs > 1) {
        s->probability = e.p;
        e.p = NULL;
        goto out;
    }
    for (int64_t i = 0; i < s->rows.n; i++)
        s->rows.score[DN_MODEL][i] = (double)e.p[i];
out:
    dn_gener_fold_destroy(&e.fold);
    dn_free(e.w);
    dn_free(e.running);
    dn_free(e.row);
    dn_free(e.a);
    dn_free(e.b);
    dn_free(e.p);
    return st;
}

/* ---- the report ---- */

static void count_left_out(const study *s, dn_evaluation *e)
{
    const dn_pairs *p = s->o->pairs != NULL ? &s->other : &s->pairs;

    e->left_out.two_labels = p->two_labels;
    if (p == &s->other)
        e->left_out.trained_on = p->n - (s->rows.n - s->rows.n_validation);
    else
        for (int64_t i = 0; i < s->split.n; i++)
            e->left_out.between_parts += s->split.part[i] == DN_LEFT_OUT;
}

/* Evaluated rows that are validation rows as well. */
static dn_status count_validation(const study *s, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = &s->rows;
    size_t n = (size_t)r->n_validation;
    int64_t *keys = NULL;

    *out = 0;
    DN_NEW(keys, n);
    for (int64_t i = 0; i < r->n_validation; i++)
        keys[i] = key(s, r->a[i], r->b[i]);
    if (n > 0) {
        qsort(keys, n, sizeof *keys, rising);
        for (int64_t i = r->n_validation; i < r->n; i++) {
            int64_t k = key(s, r->a[i], r->b[i]);
            *out += bsearch(&k, keys, n, sizeof k, rising) != NULL;
        }
    }
out:
    dn_free(keys);
    return st;
}

void dn_evaluation_view_rows(dn_evaluation *e)
{
    const dn_eval_rows *r = &e->all;
    int64_t from = r->n_validation;

    e->n = r->n - from;
    e->gene_a = r->a + from;
    e->gene_b = r->b + from;
    e->label = r->label + from;
    e->klass = r->klass + from;
    e->clean = r->clean + from;
    for (int k = r->model ? 0 : 1; k < DN_SCORERS; k++)
        e->score[k] = r->score[k] + from;
}

/* What is known of the rows; they go from the study to the report. */
static dn_status take_rows(study *s, dn_evaluation *e, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(count_validation(s, &e->also_in_validation, err));
    count_left_out(s, e);
    e->all = s->rows;
    s->rows = (dn_eval_rows){.n = 0};
    dn_evaluation_view_rows(e);
out:
    return st;
}

static void name_rows(const study *s, dn_evaluation *e)
{
    static const char *const part[] = {"train", "validation", "test", ""};

    snprintf(e->part, sizeof e->part, "%s", s->o->pairs != NULL ? "" : part[s->o->part]);
    snprintf(e->pairs, sizeof e->pairs, "%s", s->o->pairs != NULL ? s->o->pairs : s->split.pairs);
    snprintf(e->source, sizeof e->source, "%s", s->split.source);
    e->trained = (dn_origin)s->origins.kind[0];
}

/* All views. Collective. */
static dn_status measure(const dn_comm *comm, const study *s, dn_evaluation *e, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_evaluate_options *o = s->o;
    dn_class_input classes = {.rows = &s->rows,
                              .pairs = &s->pairs,
                              .training = s->training,
                              .values = s->genes.values,
                              .samples = s->profiles.samples,
                              .opt_probability = s->probability};

    if (s->pairs.classes > 2) {
        DN_TRY(dn_evaluate_classes(comm, &classes, o->replicates, o->seed, &e->classes, err));
        e->view[0] = (dn_view_report){.name = "all", .rows = e->classes.view[0].rows};
        e->view[0].positives = e->view[0].rows - e->classes.view[0].of[0];
        goto out;
    }
    for (int v = 0; v < DN_VIEWS; v++)
        DN_TRY(dn_view_measure(comm, &s->rows, v, o->replicates, o->seed, e->view, err));
out:
    return st;
}

dn_status dn_evaluate(const dn_comm *comm, const dn_evaluate_options *options, dn_evaluation *out,
                      dn_error *err)
{
    dn_status st = DN_OK;
    study s = {.o = options,
               .split_name = out->model.split,
               .rows = {.kind = &dn_gene_kind, .model = options->model != NULL}};

    *out = (dn_evaluation){.n = 0};
    DN_TRY(load(comm, &s, &out->model, err));
    DN_PASS(select_rows(&s, err));
    DN_AGREE(comm);
    DN_TRY(score_baselines(comm, &s, err));
    DN_TRY(normalise(&s, &out->model, &out->flat_genes, err));
    if (s.rows.model)
        DN_TRY(score_model(comm, &s, &out->model, err));
    dn_log(DN_INFO, "evaluate", "scored", "rows=%lld validation=%lld",
           (long long)(s.rows.n - s.rows.n_validation), (long long)s.rows.n_validation);
    DN_TRY(measure(comm, &s, out, err));
    DN_PASS(take_rows(&s, out, err));
    DN_AGREE(comm);
    name_rows(&s, out);
    out->gene_id = s.genes.id;
    s.genes.id = (dn_strings){.n = 0};
out:
    study_destroy(&s);
    if (st != DN_OK)
        dn_evaluation_destroy(out);
    return st;
}

void dn_evaluation_destroy(dn_evaluation *e)
{
    dn_strings_destroy(&e->gene_id);
    dn_class_evaluation_destroy(&e->classes);
    dn_eval_rows_destroy(&e->all);
    *e = (dn_evaluation){.n = 0};
}
