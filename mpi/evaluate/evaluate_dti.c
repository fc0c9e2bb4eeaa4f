/* evaluate_dti.c - how good a model of drug-target pairs is, beside what needs no learning; see
 * evaluate_dti.h */
#include "mpi/evaluate/evaluate_dti.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/inputs/dti_history.h"
#include "mpi/evaluate/evaluate_rows.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/stats/label_history.h"

const dn_eval_kind dn_dti_kind = {
    .scorers = DN_DTI_SCORERS,
    .scorer = {"model", "history", "target_history", "drug_history", "nearest_drug", "nearest_target",
               "nearest", "nearest_pair", "kron_rls"},
    .views = DN_DTI_VIEWS,
    .view = {{"all", false, 0},
             {"warm", false, 1},
             {"cold_drug", false, 2},
             {"cold_target", false, 3},
             {"cold_both", false, 4}},
    .sides = 2,
    .entity = {"drugs", "targets"},
    .label = {"inhibition", "activation"},
    .views_note = "by what does not occur in training: nothing (warm), the drug, the target, both",
};

bool dn_dti_scored(const dn_dti_table *t, dn_part part, int64_t i)
{
    return t->split.part[i] == DN_VALIDATION || t->split.part[i] == (uint8_t)part;
}

/* ---- which rows ---- */

/* Everything made of the table. */
typedef struct study {
    const dn_dti_table *t;
    dn_part part;
    int64_t *training; /* [n_training]  rows of the table's pairs */
    int64_t *row;      /* [rows.n]  rows of the table's pairs */
    dn_eval_rows rows;
} study;

static void study_destroy(study *s)
{
    dn_free(s->training);
    dn_free(s->row);
    dn_eval_rows_destroy(&s->rows);
}

static dn_status find_training(study *s, uint8_t *seen_drug, uint8_t *seen_target, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &s->t->pairs;
    int64_t n = 0;

    for (int64_t i = 0; i < p->n; i++)
        n += s->t->split.part[i] == DN_TRAIN;
    DN_NEW(s->training, (size_t)n);
    for (int64_t i = 0; i < p->n; i++)
        if (s->t->split.part[i] == DN_TRAIN) {
            seen_drug[p->drug[i]] = seen_target[p->target[i]] = 1;
            s->training[s->rows.n_training[0]++] = i;
        }
    s->rows.n_training[1] = s->rows.n_training[0]; /* there are no unclean rows */
out:
    return st;
}

/* The rows of a part, behind those that are there. */
static void append(study *s, dn_part part, const uint8_t *seen_drug, const uint8_t *seen_target)
{
    const dn_interactions *p = &s->t->pairs;
    dn_eval_rows *r = &s->rows;

    for (int64_t i = 0; i < p->n; i++) {
        if (s->t->split.part[i] != (uint8_t)part)
            continue;
        s->row[r->n] = i;
        r->a[r->n] = p->drug[i];
        r->b[r->n] = p->target[i];
        r->label[r->n] = p->label[i];
        r->klass[r->n] = (uint8_t)(1 + !seen_drug[p->drug[i]] + 2 * !seen_target[p->target[i]]);
        r->n++;
    }
}

static dn_status select_rows(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    static const char *const part[] = {"train", "validation", "test", "left out"};
    const dn_interactions *p = &s->t->pairs;
    dn_eval_rows *r = &s->rows;
    uint8_t *seen_drug = NULL, *seen_target = NULL; /* [drugs], [targets]  1: occurs in training rows */
    size_t n = 0;

    DN_NEW(seen_drug, (size_t)p->drugs);
    DN_NEW(seen_target, (size_t)p->targets);
    DN_TRY(find_training(s, seen_drug, seen_target, err));
    for (int64_t i = 0; i < p->n; i++) /* validation rows stand there twice when they are evaluated */
        n += (size_t)(s->t->split.part[i] == DN_VALIDATION) + (s->t->split.part[i] == (uint8_t)s->part);
    DN_NEW(s->row, n);
    DN_NEW(r->a, n);
    DN_NEW(r->b, n);
    DN_NEW(r->label, n);
    DN_NEW(r->klass, n);
    for (int k = r->model ? DN_MODEL : 1; k < r->kind->scorers; k++)
        DN_NEW(r->score[k], n);
    r->entities[0] = p->drugs;
    r->entities[1] = p->targets;
    append(s, DN_VALIDATION, seen_drug, seen_target);
    r->n_validation = r->n;
    append(s, s->part, seen_drug, seen_target);
    if (r->n == r->n_validation)
        DN_FAIL(DN_EDATA, "interactions '%s' have no %s rows in this split", s->t->split.pairs,
                part[s->part]);
out:
    dn_free(seen_drug);
    dn_free(seen_target);
    return st;
}

/* ---- scores ---- */

static dn_status take_model(study *s, const double *probability, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < s->rows.n; i++) {
        double p = probability[s->row[i]];
        const char *set;
        int64_t row = dn_dti_table_row(s->t, s->row[i], &set);

        if (!(p >= 0 && p <= 1))
            DN_FAIL(DN_EDATA, "the model's score of row %lld of interactions '%s' is no probability: %g",
                    (long long)row, set, p);
        s->rows.score[DN_MODEL][i] = p;
    }
out:
    return st;
}

static dn_status score_histories(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    static const int place[DN_HISTORIES] = {[DN_HISTORY_TARGET] = 1 + DN_DTI_TARGET_HISTORY,
                                            [DN_HISTORY_DRUG] = 1 + DN_DTI_DRUG_HISTORY,
                                            [DN_HISTORY_BOTH] = 1 + DN_DTI_HISTORY};
    const dn_interactions *p = &s->t->pairs;
    dn_eval_rows *r = &s->rows;
    double *drug = NULL, *target = NULL; /* [drugs], [targets]  odds */
    int64_t *scratch = NULL;

    DN_NEW(drug, (size_t)p->drugs);
    DN_NEW(target, (size_t)p->targets);
    DN_NEW(scratch, 2 * (size_t)(p->drugs > p->targets ? p->drugs : p->targets));
    dn_history_fit(p->drug, p->target, p->label, s->training, r->n_training[0], p->drugs, p->targets, drug,
                   target, scratch);
    for (int h = 0; h < DN_HISTORIES; h++)
        for (int64_t i = 0; i < r->n; i++)
            r->score[place[h]][i] = dn_history_score((dn_history)h, drug[r->a[i]], target[r->b[i]]);
out:
    dn_free(drug);
    dn_free(target);
    dn_free(scratch);
    return st;
}

/* Labels of pairs like each; training rows, where they are evaluated, are held out in the way of the split.
 * Collective. */
static dn_status score_near(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    static const struct {
        int score, place;
    } columns[] = {{DN_SIMILAR_DRUG, 1 + DN_DTI_NEAREST_DRUG},
                   {DN_SIMILAR_TARGET, 1 + DN_DTI_NEAREST_TARGET},
                   {DN_SIMILAR_BOTH, 1 + DN_DTI_NEAREST},
                   {DN_SIMILAR_PAIR, 1 + DN_DTI_NEAREST_PAIR},
                   {DN_PAST_KRON, 1 + DN_DTI_KRON_RLS}};
    dn_eval_rows *r = &s->rows;
    const dn_dti_past past =
        dn_dti_past_of(&s->t->drugs, &s->t->targets, &s->t->pairs, &s->t->split, s->t->known);
    double *near = dn_calloc((size_t)r->n * DN_PAST_SCORES, sizeof *near);

    if (near == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores", (long long)r->n);
    DN_AGREE(comm);
    DN_TRY(dn_dti_history(comm, &past, NULL, s->row, r->n, near, err));
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        for (int64_t i = 0; i < r->n; i++)
            r->score[columns[c].place][i] = near[i * DN_PAST_SCORES + columns[c].score];
out:
    dn_free(near);
    return st;
}

/* Every evaluated row must have a score, of the validation rows all or none. */
static dn_status check_contender(const study *s, const dn_contenders *k, int c, const double *score,
                                 dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows *r = &s->rows;
    int64_t known = 0, at = 0, of_validation = 0;
    const char *path = "";
    size_t drug_len, target_len;

    for (int64_t i = 0; i < r->n_validation; i++)
        of_validation += !isnan(score[i]);
    known = of_validation == 0 ? r->n_validation : 0;
    for (at = known; at < r->n && !isnan(score[at]); at++)
        ;
    for (int f = k->files - 1; f >= 0; f--)
        if (k->file[f].of == c)
            path = k->file[f].path;
    if (at < r->n) {
        const char *drug = dn_strings_at(&s->t->drugs.id, r->a[at], &drug_len);
        const char *target = dn_strings_at(&s->t->targets.id, r->b[at], &target_len), *set;
        int64_t row = dn_dti_table_row(s->t, s->row[at], &set);

        DN_FAIL(DN_EDATA,
                "%s: no score for drug %.*s and target %.*s, %s row %lld of interactions '%s', split '%s', "
                "fold %lld",
                path, (int)drug_len, drug, (int)target_len, target,
                at < r->n_validation ? "validation" : "evaluated", (long long)row, set, s->t->name,
                (long long)(s->t->fold >= 0 ? s->t->fold : 0));
    }
out:
    return st;
}

/* Collective. */
static dn_status score_contender(const dn_comm *comm, study *s, const dn_contenders *k, int c,
                                 const dn_contender_rows *asked, dn_error *err)
{
    dn_status st = DN_OK;
    dn_eval_rows *r = &s->rows;
    double *to = r->score[r->kind->scorers - k->n + c];
    double *score = dn_calloc((size_t)asked->pairs->n, sizeof *score);

    if (score == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores",
                          (long long)asked->pairs->n);
    DN_AGREE(comm);
    DN_TRY(dn_contenders_score(comm, k, c, asked, score, err));
    for (int64_t i = 0; i < r->n; i++)
        to[i] = score[s->row[i]];
    DN_TRY(check_contender(s, k, c, to, err)); /* the same on every rank */
out:
    dn_free(score);
    return st;
}

/* ---- the report ---- */

/* Views of the evaluated rows, which stand behind those of validation. */
static void view_rows(dn_dti_evaluation *e)
{
    int64_t from = e->all.n_validation;

    e->kind = e->all.kind;
    e->model = e->all.model;
    e->training_rows = e->all.n_training[0];
    e->n = e->all.n - from;
    e->row = e->all_row + from;
    e->klass = e->all.klass + from;
    for (int k = e->model ? DN_MODEL : 1; k < e->kind->scorers; k++)
        e->score[k] = e->all.score[k] + from;
}

/* The rows go from the study to the report. */
static void take_rows(study *s, dn_dti_evaluation *e)
{
    bool own = s->t->set.name[0] == '\0';

    e->folds = 1;
    e->contradictory = own ? s->t->pairs.contradictory : s->t->set.two_labels;
    for (int64_t i = 0; own && i < s->t->pairs.n; i++)
        e->between_parts += s->t->split.part[i] == DN_LEFT_OUT;
    e->all = s->rows;
    e->all_row = s->row;
    s->rows = (dn_eval_rows){.n = 0};
    s->row = NULL;
    view_rows(e);
}

static dn_status local_scores(study *s, const double *opt_probability, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(select_rows(s, err));
    if (opt_probability != NULL)
        DN_TRY(take_model(s, opt_probability, err));
    DN_TRY(score_histories(s, err));
out:
    return st;
}

dn_status dn_evaluate_dti_beside(const dn_comm *comm, const dn_dti_table *t, dn_part part,
                                 const double *opt_probability, const dn_contenders *opt_contenders,
                                 bool several_folds, bool several_splits, int64_t replicates, uint64_t seed,
                                 dn_dti_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;
    study s = {.t = t, .part = part, .rows = {.kind = &dn_dti_kind, .model = opt_probability != NULL}};
    dn_contender_rows asked = {.drugs = &t->drugs,
                               .targets = &t->targets,
                               .pairs = &t->pairs,
                               .split = t->name,
                               .fold = t->fold,
                               .several_folds = several_folds,
                               .several_splits = several_splits};

    *out = (dn_dti_evaluation){.n = 0};
    if (opt_contenders != NULL)
        s.rows.kind = &opt_contenders->kind;
    DN_PASS(local_scores(&s, opt_probability, err));
    DN_AGREE(comm);
    DN_TRY(score_near(comm, &s, err));
    for (int c = 0; opt_contenders != NULL && c < opt_contenders->n; c++)
        DN_TRY(score_contender(comm, &s, opt_contenders, c, &asked, err));
    dn_log(DN_INFO, "evaluate", "baselines scored", "rows=%lld validation=%lld",
           (long long)(s.rows.n - s.rows.n_validation), (long long)s.rows.n_validation);
    for (int v = 0; v < DN_DTI_VIEWS; v++)
        DN_TRY(dn_view_measure(comm, &s.rows, v, replicates, seed, out->view, err));
    take_rows(&s, out);
out:
    study_destroy(&s);
    if (st != DN_OK)
        dn_dti_evaluation_destroy(out);
    return st;
}

dn_status dn_evaluate_dti(const dn_comm *comm, const dn_dti_table *t, dn_part part,
                          const double *opt_probability, int64_t replicates, uint64_t seed,
                          dn_dti_evaluation *out, dn_error *err)
{
    return dn_evaluate_dti_beside(comm, t, part, opt_probability, NULL, false, false, replicates, seed, out,
                                  err);
}

/* ---- several folds ---- */

/* Where they stand in the table, in the order of dn_eval_rows_pool(). */
static void pool_places(const dn_dti_evaluation *fold, int64_t folds, int64_t *row)
{
    for (int64_t f = 0; f < folds; f++)
        for (int64_t i = 0; i < fold[f].all.n_validation; i++)
            *row++ = fold[f].all_row[i];
    for (int64_t f = 0; f < folds; f++)
        for (int64_t i = fold[f].all.n_validation; i < fold[f].all.n; i++)
            *row++ = fold[f].all_row[i];
}

static dn_status pool_rows(const dn_dti_evaluation *fold, int64_t folds, dn_dti_evaluation *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    const dn_eval_rows **rows = NULL; /* [folds] */

    DN_NEW(rows, (size_t)folds);
    for (int64_t f = 0; f < folds; f++)
        rows[f] = &fold[f].all;
    DN_TRY(dn_eval_rows_pool(rows, folds, &out->all, err));
    DN_NEW(out->all_row, (size_t)out->all.n);
    pool_places(fold, folds, out->all_row);
    for (int64_t f = 0; f < folds; f++)
        out->between_parts += fold[f].between_parts;
    out->folds = folds;
    out->contradictory = fold[0].contradictory;
    view_rows(out);
out:
    dn_free(rows);
    return st;
}

dn_status dn_dti_pool(const dn_comm *comm, const dn_dti_evaluation *fold, int64_t folds, int64_t replicates,
                      uint64_t seed, dn_dti_evaluation *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_dti_evaluation){.n = 0};
    DN_PASS(pool_rows(fold, folds, out, err));
    DN_AGREE(comm);
    for (int v = 0; v < DN_DTI_VIEWS; v++)
        DN_TRY(dn_view_measure(comm, &out->all, v, replicates, seed, out->view, err));
out:
    if (st != DN_OK)
        dn_dti_evaluation_destroy(out);
    return st;
}

void dn_dti_evaluation_destroy(dn_dti_evaluation *e)
{
    dn_free(e->all_row);
    dn_eval_rows_destroy(&e->all);
    dn_repeats_destroy(&e->repeats);
    *e = (dn_dti_evaluation){.n = 0};
}
