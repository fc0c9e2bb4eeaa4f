/* evaluate_dti_file.c - dataset and model of an evaluation of drug-target pairs; see evaluate_dti.h */
#include "mpi/evaluate/evaluate_dti.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/train/dti_model.h"
#include "mpi/evaluate/evaluate_folds.h"
#include "solvers/base/alloc.h"

dn_status dn_dti_table_load(const dn_comm *comm, const char *dataset, const char *split, int64_t fold,
                            dn_dti_table *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_table t = {.fold = fold};
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_split_load(h, split, fold, &t.split, err));
    if (!t.split.interactions)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides pairs of genes, not drug-target pairs", dataset, split);
    DN_TRY(dn_interactions_load(h, t.split.pairs, &t.pairs, err));
    if (t.split.n != t.pairs.n)
        DN_FAIL(DN_EDATA, "%s: split '%s' divides %lld pairs, but set '%s' has %lld", dataset, split,
                (long long)t.split.n, t.split.pairs, (long long)t.pairs.n);
    DN_TRY(dn_drugs_load(h, &t.drugs, err));
    DN_TRY(dn_targets_load(h, &t.targets, err));
    if (t.pairs.drugs != t.drugs.n || t.pairs.targets != t.targets.n)
        DN_FAIL(DN_EDATA, "%s: set '%s' is of %lld drugs and %lld targets, but there are %lld and %lld",
                dataset, t.split.pairs, (long long)t.pairs.drugs, (long long)t.pairs.targets,
                (long long)t.drugs.n, (long long)t.targets.n);
    snprintf(t.name, sizeof t.name, "%s", split);
    *out = t;
    t = (dn_dti_table){.fold = -1};
out:
    dn_dti_table_destroy(&t);
    dn_h5_close(&h);
    return st;
}

void dn_dti_table_destroy(dn_dti_table *t)
{
    dn_drugs_destroy(&t->drugs);
    dn_targets_destroy(&t->targets);
    dn_interactions_destroy(&t->pairs);
    dn_split_destroy(&t->split);
    dn_free(t->set.row);
    t->set = (dn_dti_set){.row = NULL};
}

/* ---- the model ---- */

dn_status dn_dti_table_check(const dn_dti_table *t, const char *dataset, const char *path,
                             const dn_model_record *m, dn_error *err)
{
    dn_status st = DN_OK;
    char hash[17] = "";
    dn_drugs drugs = t->drugs; /* views of those that the model was trained beside */
    dn_targets targets = t->targets;

    if (m->drugs > drugs.n || m->targets > targets.n)
        DN_FAIL(DN_EDATA, "%s: was trained beside %lld drugs and %lld targets, but %s has %lld and %lld",
                path, (long long)m->drugs, (long long)m->targets, dataset, (long long)drugs.n,
                (long long)targets.n);
    drugs.key.n = m->drugs > 0 ? m->drugs : drugs.n;
    targets.sequence.n = m->targets > 0 ? m->targets : targets.n;
    if (strcmp(t->split.pairs, m->pairs) != 0)
        DN_FAIL(DN_EDATA, "%s: trained on interactions '%s', but split '%s' of %s divides '%s'", path,
                m->pairs, t->name, dataset, t->split.pairs);
    dn_interactions_hash(&drugs, &targets, &t->pairs, t->split.part, hash);
    if (strcmp(hash, m->training_hash) != 0)
        DN_FAIL(DN_EDATA,
                "%s: trained on other drugs, targets or training rows (hash %s) than split '%s' of %s has "
                "(hash %s)",
                path, m->training_hash, t->name, dataset, hash);
    dn_interactions_validation_hash(&t->pairs, t->split.part, hash);
    DN_TRY(dn_evaluate_check_validation(path, m, dataset, hash, err));
out:
    return st;
}

/* The rows that dn_dti_scored() names, into *out for dn_free(). */
static dn_status list_rows(const dn_dti_table *t, dn_part part, int64_t **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0;

    for (int64_t i = 0; i < t->pairs.n; i++)
        n += dn_dti_scored(t, part, i);
    DN_NEW(*out, (size_t)n);
    for (int64_t i = 0; i < t->pairs.n; i++)
        if (dn_dti_scored(t, part, i))
            (*out)[(*out_n)++] = i;
out:
    return st;
}

dn_status dn_dti_table_score(const dn_comm *comm, const dn_dti_table *t, const char *dataset,
                             const char *path, const char *opt_states, dn_part part, double *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_dti_model m = {.w = NULL};
    int64_t *row = NULL; /* [n] */
    double *p = NULL;    /* [n] */
    int64_t n = 0;

    memset(out, 0, (size_t)t->pairs.n * sizeof *out);
    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_dti_model_load(comm, h, path, &t->pairs, opt_states, NULL, &t->split, &m, err));
    DN_TRY(dn_dti_table_check(t, dataset, path, &m.record, err)); /* the same on every rank */
    DN_PASS(list_rows(t, part, &row, &n, err));
    if (st == DN_OK && (p = dn_calloc((size_t)n + 1, sizeof *p)) == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores", (long long)n);
    DN_AGREE(comm);
    DN_TRY(dn_dti_model_score(comm, &m, row, n, p, err));
    for (int64_t i = 0; i < n; i++)
        out[row[i]] = p[i];
out:
    dn_free(row);
    dn_free(p);
    dn_dti_model_destroy(&m);
    dn_h5_close(&h);
    return st;
}

/* One fold: that of the model, or o->fold; folds, splits: how many there are. Collective. */
static dn_status evaluate_fold(const dn_comm *comm, const dn_evaluate_options *o, int64_t folds,
                               int64_t splits, dn_dti_table *out_table, dn_dti_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_model_record record = {.fold = o->fold};
    double *p = NULL; /* [pairs.n] */
    dn_part part;

    if (o->model != NULL) {
        DN_TRY(dn_model_read_record(comm, o->model, &record, err));
        DN_TRY(dn_evaluate_check_wish(o, &record, err));
    } else {
        snprintf(record.split, sizeof record.split, "%s", o->split);
    }
    DN_TRY(dn_dti_table_load(comm, o->dataset, record.split, record.fold, out_table, err));
    if (o->model != NULL)
        DN_TRY(dn_dti_table_check(out_table, o->dataset, o->model, &record, err));
    out_table->known[0] = record.drugs;
    out_table->known[1] = record.targets;
    if (o->interactions != NULL)
        DN_TRY(dn_dti_table_add(comm, o->dataset, o->interactions, out_table, err));
    part = o->interactions != NULL ? DN_TEST : o->part;
    if (o->model != NULL) {
        p = dn_calloc((size_t)out_table->pairs.n + 1, sizeof *p);
        if (p == NULL)
            st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores",
                              (long long)out_table->pairs.n);
        DN_AGREE(comm);
        DN_TRY(dn_dti_table_score(comm, out_table, o->dataset, o->model, o->opt_states, part, p, err));
    }
    DN_TRY(dn_evaluate_dti_beside(comm, out_table, part, p, o->contenders, folds > 1 && record.fold >= 0,
                                  splits > 1, o->replicates, o->seed, out, err));
out:
    dn_free(p);
    return st;
}

/* ---- several folds, of one split or more ---- */

/* Collective. */
static dn_status evaluate_folds(const dn_comm *comm, const dn_evaluate_options *o, const dn_repeats *r,
                                dn_dti_table *out_table, dn_dti_evaluation *fold, dn_error *err)
{
    dn_status st = DN_OK;
    char pairs[sizeof out_table->split.pairs] = "";

    for (int f = 0; f < r->n; f++) {
        dn_evaluate_options one = *o;

        one.model = o->models != NULL ? o->models[f] : NULL;
        one.fold = o->models != NULL ? -1 : f;
        one.replicates = 0; /* intervals are those of all */
        dn_dti_table_destroy(out_table);
        DN_TRY(evaluate_fold(comm, &one, r->n, r->splits, out_table, &fold[f], err));
        if (f > 0 && strcmp(pairs, out_table->split.pairs) != 0)
            DN_FAIL(DN_EUSAGE, "%s is of interactions '%s', but %s of '%s'", o->models[f],
                    out_table->split.pairs, o->models[0], pairs);
        snprintf(pairs, sizeof pairs, "%s", out_table->split.pairs);
    }
out:
    return st;
}

static dn_status make_folds(int64_t folds, dn_dti_evaluation **out, const dn_eval_rows ***out_rows,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)folds);
    DN_NEW(*out_rows, (size_t)folds);
    for (int64_t f = 0; f < folds; f++)
        (*out_rows)[f] = &(*out)[f].all;
out:
    return st;
}

/* What a report of several splits says beside the mean. */
static void sum_up(const dn_dti_evaluation *fold, int64_t folds, dn_dti_evaluation *out)
{
    out->kind = fold[0].kind;
    out->model = fold[0].model;
    out->contradictory = fold[0].contradictory;
    out->folds = folds;
    for (int64_t f = 0; f < folds; f++) {
        out->training_rows += fold[f].training_rows;
        out->between_parts += fold[f].between_parts;
    }
}

/* Collective. */
static dn_status several(const dn_comm *comm, const dn_evaluate_options *o, dn_dti_table *out_table,
                         dn_dti_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t folds = dn_folds_asked(o);
    dn_dti_evaluation *fold = NULL;   /* [folds] */
    const dn_eval_rows **rows = NULL; /* [folds]  of these */
    dn_repeats repeats = {.n = 0};

    DN_PASS(make_folds(folds, &fold, &rows, err));
    DN_AGREE(comm);
    DN_TRY(dn_folds_name(comm, o, &repeats, err));
    DN_TRY(evaluate_folds(comm, o, &repeats, out_table, fold, err));
    DN_TRY(dn_repeats_measure(comm, &repeats, rows, o->replicates, o->seed, err));
    if (repeats.splits == 1)
        DN_TRY(dn_dti_pool(comm, fold, folds, o->replicates, o->seed, out, err));
    else
        sum_up(fold, folds, out);
    out->repeats = repeats;
    repeats = (dn_repeats){.n = 0};
out:
    for (int64_t f = 0; fold != NULL && f < folds; f++)
        dn_dti_evaluation_destroy(&fold[f]);
    dn_free(fold);
    dn_free(rows);
    dn_repeats_destroy(&repeats);
    return st;
}

dn_status dn_evaluate_dti_file(const dn_comm *comm, const dn_evaluate_options *o, dn_dti_table *out_table,
                               dn_dti_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_dti_evaluation){.n = 0};
    *out_table = (dn_dti_table){.fold = -1};
    if (o->pairs != NULL)
        DN_FAIL(DN_EUSAGE, "--pairs is for pairs of genes; a set of drug-target pairs is --interactions %s",
                o->pairs);
    if (o->interactions != NULL && dn_folds_asked(o) > 0)
        DN_FAIL(DN_EUSAGE, "--interactions is evaluated by one model at a time: the set is the same for all");
    if (dn_folds_asked(o) > 0)
        DN_TRY(several(comm, o, out_table, out, err));
    else
        DN_TRY(evaluate_fold(comm, o, 1, 1, out_table, out, err));
out:
    if (st != DN_OK)
        dn_dti_table_destroy(out_table);
    return st;
}
