/* screen_run.c - a screen from files; see screen_run.h */
#include "mpi/screen/screen_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/screen/screen_keep.h"
#include "mpi/screen/screen_source.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"
#include "solvers/formats/id_list.h"
#include "solvers/stats/best.h"

/* ---- who is screened ---- */

/* Marks [n] of the ids of a file, 1: asked. */
static dn_status mark_listed(const char *path, const dn_strings *id, const char *what, const char *dataset,
                             uint8_t *mark, dn_error *err)
{
    dn_status st = DN_OK;
    dn_id_list list = {.line = NULL};
    dn_names *names = NULL;
    int64_t at;

    DN_TRY(dn_id_list_read(path, &list, err));
    DN_TRY(dn_names_create(&names, err));
    for (int64_t i = 0; i < id->n; i++) {
        size_t len;
        const char *text = dn_strings_at(id, i, &len);
        DN_TRY(dn_names_add(names, text, len, i, &at, err));
    }
    for (int64_t i = 0; i < list.id.n; i++) {
        size_t len;
        const char *text = dn_strings_at(&list.id, i, &len);

        at = dn_names_find(names, text, len);
        if (at < 0)
            DN_FAIL(DN_EDATA, "%s:%lld: %s has no %s '%.*s'", path, (long long)list.line[i], dataset, what,
                    len < 100 ? (int)len : 100, text);
        mark[at] = 1;
    }
out:
    dn_names_destroy(&names);
    dn_id_list_destroy(&list);
    return st;
}

/* One side: who is asked. */
typedef struct asking {
    const char *path, *what, *dataset;
    const dn_strings *id; /* of the dataset */
    const dn_newcomers_side *side;
    int64_t added; /* behind the dataset's */
} asking;

/* Marks [n] of the entries of --molecules or --sequences, and all when nobody is named. */
static void mark_others(const asking *a, uint8_t *mark)
{
    if (a->path == NULL && a->side->n == 0)
        memset(mark, 1, (size_t)a->id->n);
    for (int64_t i = 0; i < a->side->n; i++)
        if (a->side->entity[i] >= 0)
            mark[a->side->entity[i]] = 1;
}

/* Who is screened, into *out [*out_n]. Collective: rank 0 reads the file. */
static dn_status choose(const dn_comm *comm, const asking *a, int64_t **out, int64_t *out_n, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = a->id->n + a->added;
    uint8_t *mark = dn_calloc((size_t)n + 1, 1);

    *out = dn_calloc((size_t)n + 1, sizeof **out);
    if (mark == NULL || *out == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld ids", (long long)n);
    DN_AGREE(comm);
    if (a->path != NULL && comm->rank == 0)
        DN_PASS(mark_listed(a->path, a->id, a->what, a->dataset, mark, err));
    DN_AGREE(comm);
    MPI_Bcast(mark, (int)n, MPI_BYTE, 0, comm->mpi);
    mark_others(a, mark);
    for (int64_t i = 0; i < n; i++)
        if (mark[i])
            (*out)[(*out_n)++] = i;
out:
    dn_free(mark);
    return st;
}

/* Collective. */
static dn_status choose_all(const dn_comm *comm, const dn_screen_wish *w, dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const asking drugs = {.path = w->drugs,
                          .what = "drug",
                          .dataset = w->dataset,
                          .id = &r->table.drugs.id,
                          .side = &r->new.side[0],
                          .added = r->new.drugs.n};
    const asking targets = {.path = w->targets,
                            .what = "target",
                            .dataset = w->dataset,
                            .id = &r->table.targets.id,
                            .side = &r->new.side[1],
                            .added = r->new.targets.n};

    DN_TRY(choose(comm, &drugs, &r->drug, &r->n_drugs, err));
    DN_TRY(choose(comm, &targets, &r->target, &r->n_targets, err));
out:
    return st;
}

/* Which entries are not what they seem, the first few of them one by one. */
static void tell_side(const dn_screen_wish *w, const dn_screen_run *r, int k)
{
    enum { SHOWN = 10, ID = 60 };
    const char *what = k == 0 ? "molecules" : "sequences";
    const char *path = k == 0 ? w->new.molecules : w->new.sequences;
    const dn_newcomers_side *s = &r->new.side[k];
    const dn_strings *known = k == 0 ? &r->table.drugs.id : &r->table.targets.id;
    int64_t shown = 0, same = 0;
    char id[ID], is[ID];

    for (int64_t i = 0; i < s->n; i++) {
        same += s->entity[i] >= 0 && s->entity[i] < s->known;
        if (s->entity[i] < 0 || s->entity[i] >= s->known || shown == SHOWN)
            continue;
        dn_strings_copy(&s->id, i, id, sizeof id);
        dn_strings_copy(known, s->entity[i], is, sizeof is);
        if (strcmp(id, is) != 0 && ++shown > 0)
            dn_log(DN_INFO, "screen", k == 0 ? "is a drug of the dataset" : "is a target of the dataset",
                   "file=\"%s\" line=%lld id=\"%s\" is=\"%s\"", path, (long long)s->line[i], id, is);
    }
    if (s->n > 0)
        dn_log(DN_INFO, "screen", "entries read",
               "what=%s file=\"%s\" entries=%lld of_dataset=%lld new=%lld set_aside=%lld", what, path,
               (long long)s->n, (long long)same, (long long)(k == 0 ? r->new.drugs.n : r->new.targets.n),
               (long long)s->unreadable);
}

static uint64_t mix_strings(uint64_t hash, const dn_strings *s)
{
    if (s->n == 0)
        return hash;
    hash = dn_screen_mix(hash, s->offset, ((size_t)s->n + 1) * sizeof *s->offset);
    return dn_screen_mix(hash, s->bytes, (size_t)s->offset[s->n]);
}

static void make_digest(dn_screen_run *run)
{
    const dn_dti_model *m = &run->model;
    uint64_t h = dn_screen_source_hash(&run->table, m);

    h = dn_screen_mix(h, run->drug, (size_t)run->n_drugs * sizeof *run->drug);
    h = dn_screen_mix(h, run->target, (size_t)run->n_targets * sizeof *run->target);
    for (int k = 0; k < 2; k++) {
        h = mix_strings(h, &run->new.side[k].id);
        h = dn_screen_mix(h, run->new.side[k].entity, (size_t)run->new.side[k].n * sizeof(int64_t));
    }
    h = mix_strings(h, &run->new.drugs.key);
    h = mix_strings(h, &run->new.targets.sequence);
    if (m->in.new_hash[0] != '\0') /* states of the others are the model's */
        h = dn_screen_mix(h, m->in.new_hash, strlen(m->in.new_hash));
    snprintf(run->digest, sizeof run->digest, "%016llx", (unsigned long long)h);
}

dn_status dn_screen_open(const dn_comm *comm, const dn_screen_wish *w, dn_screen_run *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_screen_run r = {.n_drugs = 0};

    *out = r;
    if (!isnan(w->prevalence) && !(w->prevalence > 0 && w->prevalence < 1))
        DN_FAIL(DN_EUSAGE, "prevalence %g: wanted a share between 0 and 1", w->prevalence);
    DN_TRY(dn_screen_source_table(comm, w->dataset, w->model, &w->new, &r.table, &r.new, err));
    DN_TRY(choose_all(comm, w, &r, err));
    DN_TRY(dn_screen_source_model(comm, w->dataset, w->model, w->opt_states, &r.new, &r.table.split, &r.model,
                                  err));
    tell_side(w, &r, 0);
    tell_side(w, &r, 1);
    make_digest(&r);
    *out = r;
    r = (dn_screen_run){.n_drugs = 0};
out:
    dn_screen_run_destroy(&r);
    return st;
}

void dn_screen_run_destroy(dn_screen_run *r)
{
    dn_dti_table_destroy(&r->table);
    dn_dti_model_destroy(&r->model);
    dn_free(r->drug);
    dn_free(r->target);
    dn_newcomers_destroy(&r->new);
    dn_screen_evidence_destroy(&r->evidence);
    dn_screen_result_destroy(&r->result);
    *r = (dn_screen_run){.n_drugs = 0};
}

/* ---- rows with labels ---- */

static dn_status hold_against(const dn_screen_run *r, const dn_dti_evaluation *e, dn_screen_held *out,
                              dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *drug = NULL, *target = NULL; /* [all drugs], [all targets]  1: screened */

    DN_NEW(drug, (size_t)r->model.in.drugs.n);
    DN_NEW(target, (size_t)r->model.in.targets.n);
    for (int64_t i = 0; i < r->n_drugs; i++)
        drug[r->drug[i]] = 1;
    for (int64_t i = 0; i < r->n_targets; i++)
        target[r->target[i]] = 1;
    DN_TRY(dn_screen_hold(
        &e->all,
        &(dn_screen_sides){.screened = {drug, target}, .id = {&r->table.drugs.id, &r->table.targets.id}},
        e->view[0].measured ? e->view[0].best_baseline : -1, out, err));
out:
    dn_free(drug);
    dn_free(target);
    return st;
}

/* The model's scores of the rows that an evaluation of `part` looks at, into out [pairs]. Collective. */
static dn_status score_known(const dn_comm *comm, const dn_screen_run *r, dn_part part, double *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0, *row = dn_calloc((size_t)r->table.pairs.n + 1, sizeof *row);
    double *p = dn_calloc((size_t)r->table.pairs.n + 1, sizeof *p);

    if (row == NULL || p == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores",
                          (long long)r->table.pairs.n);
    DN_AGREE(comm);
    for (int64_t i = 0; i < r->table.pairs.n; i++)
        if (dn_dti_scored(&r->table, part, i))
            row[n++] = i;
    DN_TRY(dn_dti_model_score(comm, &r->model, row, n, p, err));
    for (int64_t i = 0; i < n; i++)
        out[row[i]] = p[i];
out:
    dn_free(row);
    dn_free(p);
    return st;
}

/* Calibration and precision; a split without test rows has no precision, one without either has neither.
 * Collective. */
static dn_status learn_from_known(const dn_comm *comm, dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_dti_evaluation e = {.n = 0};
    bool test = dn_screen_has_part(&r->table.split, DN_TEST);
    dn_part part = test ? DN_TEST : DN_VALIDATION;
    double *p = NULL;

    if (!test && !dn_screen_has_part(&r->table.split, DN_VALIDATION))
        goto out;
    p = dn_calloc((size_t)r->table.pairs.n + 1, sizeof *p);
    if (p == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld scores",
                          (long long)r->table.pairs.n);
    DN_AGREE(comm);
    DN_TRY(score_known(comm, r, part, p, err));
    DN_TRY(dn_evaluate_dti(comm, &r->table, part, p, 0, 1, &e, err));
    DN_PASS(dn_screen_calibrate(&e.all, &r->calibration, err));
    if (test)
        DN_PASS(hold_against(r, &e, &r->held, err));
    DN_AGREE(comm);
out:
    dn_free(p);
    dn_dti_evaluation_destroy(&e);
    return st;
}

dn_status dn_screen_compute(const dn_comm *comm, const dn_screen_wish *w, dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options o = {.drug = r->drug,
                                 .n_drugs = r->n_drugs,
                                 .target = r->target,
                                 .n_targets = r->n_targets,
                                 .keep = w->keep,
                                 .per = w->per,
                                 .end = {w->end[0], w->end[1]},
                                 .include_known = w->include_known,
                                 .opt_hooks = w->opt_hooks,
                                 .opt_saving = w->opt_saving};
    const dn_screen_who who = {
        .drug = r->drug, .n_drugs = r->n_drugs, .target = r->target, .n_targets = r->n_targets};

    r->held.best_baseline = -1;
    DN_TRY(learn_from_known(comm, r, err));
    DN_TRY(dn_screen_calibration_check(comm, &r->calibration, w->prevalence, w->dataset, r->table.name,
                                       w->model, err));
    DN_TRY(dn_screen(comm, &r->model, &r->table.split, &o, &r->result, err));
    DN_TRY(dn_screen_evidence_find(comm, &r->model.in, r->table.split.part, &who, &r->evidence, err));
out:
    return st;
}
