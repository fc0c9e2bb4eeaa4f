/* screen.c - many drugs against many targets; see screen.h */
#include "mpi/screen/screen.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "mpi/evaluate/evaluate_view.h"
#include "mpi/screen/screen_history.h"
#include "mpi/screen/screen_keep.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

/* That of score.c: part of the definition of a score. */
enum { CAPACITY = 256 };

typedef struct study {
    const dn_dti_model *m;
    const dn_screen_options *o;
    dn_dti_past past;   /* what the history is asked about */
    int64_t block;      /* targets at a time */
    int64_t round;      /* drugs of all ranks between two looks at what is asked */
    int rank, size;     /* this rank has the drugs of places rank, rank + size ... in o->drug */
    int64_t n_mine;     /* so many */
    int64_t *mine;      /* [n_mine]  o->drug of these */
    int64_t *known_at;  /* [drugs + 1]  pairs of each drug in known */
    int64_t *known;     /* [pairs] */
    int64_t *known_row; /* [targets]  row of the pair with the drug at hand, -1: none */
    int64_t drug_width, target_width;
    float *drug_vector;   /* [mine, drug_width] */
    float *target_vector; /* [o->n_targets, target_width] */
    dn_work *work;
    dn_screen_history *history; /* NULL: the network looks at no labels */
    dn_screen_keep *keep;
    /* pairs that wait to be scored together */
    int64_t waiting;
    int64_t wait_drug[CAPACITY], wait_target[CAPACITY]; /* places in o->drug, o->target */
    float *wait_drugs, *wait_targets, *wait_extra;
    int64_t known_pairs, scored;
    dn_screen_state state;
} study;

/* Collective. */
static void study_destroy(study *s)
{
    dn_free(s->mine);
    dn_screen_state_destroy(&s->state);
    dn_free(s->known_at);
    dn_free(s->known);
    dn_free(s->known_row);
    dn_free(s->drug_vector);
    dn_free(s->target_vector);
    if (s->work != NULL)
        s->m->dti->model.ops->work_destroy(&s->work);
    dn_screen_history_destroy(&s->history);
    dn_screen_keep_destroy(&s->keep);
    dn_free(s->wait_drugs);
    dn_free(s->wait_targets);
    dn_free(s->wait_extra);
}

/* ---- preparation ---- */

static dn_status find_known(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &s->m->in.pairs;
    int64_t drugs = s->m->in.drugs.n, targets = s->m->in.targets.n; /* some perhaps without pairs */
    int64_t *at = NULL;                                             /* [drugs] */

    DN_NEW(s->known_at, (size_t)drugs + 1);
    DN_NEW(s->known, (size_t)p->n + 1);
    DN_NEW(s->known_row, (size_t)targets + 1);
    DN_NEW(at, (size_t)drugs + 1);
    for (int64_t i = 0; i < p->n; i++)
        s->known_at[p->drug[i] + 1]++;
    for (int64_t d = 0; d < drugs; d++)
        s->known_at[d + 1] += s->known_at[d];
    memcpy(at, s->known_at, (size_t)drugs * sizeof *at);
    for (int64_t i = 0; i < p->n; i++)
        s->known[at[p->drug[i]]++] = i;
    for (int64_t t = 0; t < targets; t++)
        s->known_row[t] = -1;
out:
    dn_free(at);
    return st;
}

static dn_status make_queue(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti *dti = s->m->dti;

    s->drug_width = dti->options.drug_out + dti->data.drug_extra_width;
    s->target_width = dti->options.target_out + dti->data.target_extra_width;
    DN_NEW(s->drug_vector, (size_t)(s->n_mine * s->drug_width) + 1);
    DN_NEW(s->target_vector, (size_t)(s->o->n_targets * s->target_width));
    DN_NEW(s->wait_drugs, (size_t)(CAPACITY * s->drug_width));
    DN_NEW(s->wait_targets, (size_t)(CAPACITY * s->target_width));
    DN_NEW(s->wait_extra, (size_t)(CAPACITY * DN_PAST_SCORES));
    DN_TRY(dti->model.ops->work_create(&dti->model, CAPACITY, &s->work, err));
out:
    return st;
}

static dn_status plan_keep(study *s, dn_error *err)
{
    const dn_screen_options *o = s->o;
    dn_screen_plan plan = {.id = {&s->m->in.drugs.id, &s->m->in.targets.id},
                           .groups = 1,
                           .members = o->n_drugs * o->n_targets,
                           .keep = o->keep,
                           .end = {o->end[0], o->end[1]}};

    if (o->per != DN_PER_SCREEN) {
        plan.groups = o->per == DN_PER_DRUG ? o->n_drugs : o->n_targets;
        plan.members = o->per == DN_PER_DRUG ? o->n_targets : o->n_drugs;
    }
    return dn_screen_keep_create(&plan, &s->keep, err);
}

static dn_status prepare_local(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options *o = s->o;

    if (o->n_drugs < 1 || o->n_targets < 1 || o->keep < 1 || !(o->end[0] || o->end[1]))
        DN_FAIL(DN_EUSAGE, "nothing to screen: %lld drugs, %lld targets, %lld to keep", (long long)o->n_drugs,
                (long long)o->n_targets, (long long)o->keep);
    s->block = o->block > 0 ? o->block : DN_SCREEN_BLOCK;
    s->block = s->block < o->n_targets ? s->block : o->n_targets;
    s->round = o->opt_saving != NULL && o->opt_saving->requests != NULL
                   ? (o->round > 0 ? o->round : DN_SCREEN_ROUND) * comm->size
                   : o->n_drugs;
    s->rank = comm->rank;
    s->size = comm->size;
    DN_NEW(s->mine, (size_t)(o->n_drugs / comm->size + 1));
    for (int64_t i = comm->rank; i < o->n_drugs; i += comm->size)
        s->mine[s->n_mine++] = o->drug[i];
    DN_TRY(plan_keep(s, err));
    DN_TRY(find_known(s, err));
    DN_TRY(make_queue(s, err));
out:
    return st;
}

/* This rank's drugs, and its share of the targets. */
static dn_status encode_local(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_model *m = s->m;
    dn_range t = dn_block(s->o->n_targets, comm->rank, comm->size);

    for (int64_t i = 0; i < s->n_mine; i += CAPACITY) {
        int64_t n = s->n_mine - i < CAPACITY ? s->n_mine - i : CAPACITY;
        DN_TRY(dn_dti_encode_drugs(s->work, m->w, s->mine + i, n, s->drug_vector + i * s->drug_width, err));
    }
    for (int64_t i = t.begin; i < t.end; i += CAPACITY) {
        int64_t n = t.end - i < CAPACITY ? t.end - i : CAPACITY;
        DN_TRY(dn_dti_encode_targets(s->work, m->w, m->running, s->o->target + i, n,
                                     s->target_vector + i * s->target_width, err));
    }
out:
    return st;
}

/* ---- scoring ---- */

static dn_status flush(study *s, dn_error *err)
{
    dn_status st = DN_OK;
    float score[CAPACITY];

    if (s->waiting == 0)
        goto out;
    DN_TRY(dn_dti_score(s->work, s->m->w, s->wait_drugs, s->wait_targets, s->wait_extra, s->waiting, score,
                        err));
    for (int64_t i = 0; i < s->waiting; i++) {
        int64_t d = s->wait_drug[i], t = s->wait_target[i];

        DN_TRY(dn_screen_keep_offer(s->keep,
                                    s->o->per == DN_PER_DRUG     ? d
                                    : s->o->per == DN_PER_TARGET ? t
                                                                 : 0,
                                    s->o->drug[d], s->o->target[t], score[i], err));
    }
    s->scored += s->waiting;
    s->waiting = 0;
out:
    return st;
}

/* A pair joins those that wait; extra [DN_PAST_SCORES] is what labels of like pairs say. */
static dn_status enqueue(study *s, int64_t drug, int64_t target, const double *extra, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t at = s->waiting;

    memcpy(s->wait_drugs + at * s->drug_width, s->drug_vector + drug / s->size * s->drug_width,
           (size_t)s->drug_width * sizeof(float));
    memcpy(s->wait_targets + at * s->target_width, s->target_vector + target * s->target_width,
           (size_t)s->target_width * sizeof(float));
    for (int64_t c = 0; s->history != NULL && c < DN_PAST_SCORES; c++)
        s->wait_extra[at * DN_PAST_SCORES + c] = (float)extra[c];
    s->wait_drug[at] = drug;
    s->wait_target[at] = target;
    if (++s->waiting == CAPACITY)
        DN_TRY(flush(s, err));
out:
    return st;
}

/* The drug at place `drug` with targets [first, first + width). */
static dn_status score_drug(study *s, int64_t drug, int64_t first, int64_t width, dn_error *err)
{
    dn_status st = DN_OK;
    double extra[DN_PAST_SCORES] = {0};

    for (int64_t j = 0; j < width; j++) {
        int64_t row = s->known_row[s->o->target[first + j]];

        if (row >= 0) {
            s->known_pairs++;
            if (!s->o->include_known)
                continue;
        }
        if (s->history != NULL)
            dn_screen_history_pair(s->history, j, row, extra);
        DN_TRY(enqueue(s, drug, first + j, extra, err));
    }
out:
    return st;
}

static void mark_known(study *s, int64_t drug, bool known)
{
    for (int64_t k = s->known_at[drug]; k < s->known_at[drug + 1]; k++)
        s->known_row[s->m->in.pairs.target[s->known[k]]] = known ? s->known[k] : -1;
}

/* This rank's drugs of places [begin, end) with targets [first, first + width). */
static dn_status score_round(study *s, int64_t begin, int64_t end, int64_t first, int64_t width,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t behind = (s->rank - begin % s->size + s->size) % s->size; /* to the first of this rank */

    for (int64_t i = begin + behind; i < end; i += s->size) {
        int64_t d = s->o->drug[i];

        if (s->history != NULL)
            dn_screen_history_drug(s->history, d);
        mark_known(s, d, true);
        st = score_drug(s, i, first, width, err);
        mark_known(s, d, false);
        DN_TRY(st);
    }
out:
    return st;
}

/* Label of a pair in the set, -1: none. */
static int8_t label_of(const study *s, int64_t drug, int64_t target)
{
    const dn_interactions *p = &s->m->in.pairs;

    for (int64_t k = s->known_at[drug]; k < s->known_at[drug + 1]; k++)
        if (p->target[s->known[k]] == target)
            return (int8_t)p->label[s->known[k]];
    return -1;
}

/* ---- rounds ---- */

/* All that is done is known to rank 0, and saved. Collective. */
static dn_status save(const dn_comm *comm, study *s, int wishes, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_saving *saving = s->o->opt_saving;
    const char *reason = dn_hooks_reason(saving->requests, wishes);
    double began = MPI_Wtime();
    char where[120];

    DN_PASS(flush(s, err));
    DN_AGREE(comm);
    DN_TRY(dn_screen_keep_gather(comm, s->keep, err));
    s->state.block = s->block;
    s->state.known = dn_sum(comm, s->known_pairs);
    s->state.scored = dn_sum(comm, s->scored);
    DN_TRY(dn_screen_state_save(comm, saving, &s->state, s->keep, err));
    dn_hooks_saved(comm, s->o->opt_hooks, saving->path, reason, began);
    snprintf(where, sizeof where, "%lld of %lld targets and %lld of %lld drugs with the next",
             (long long)s->state.done, (long long)s->o->n_targets, (long long)s->state.drugs,
             (long long)s->o->n_drugs);
    if (wishes & DN_WISH_STOP)
        DN_TRY(dn_request_stopped(wishes, where, err));
out:
    return st;
}

static dn_status check_state(const study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_state *c = &s->state;

    if (c->done < 0 || c->done > s->o->n_targets || c->drugs < 0 || c->drugs > s->o->n_drugs ||
        c->block < 1 || c->block > s->o->n_targets)
        DN_FAIL(DN_EDATA, "%s: %lld targets of %lld and %lld drugs of %lld are done", s->o->opt_saving->path,
                (long long)c->done, (long long)s->o->n_targets, (long long)c->drugs,
                (long long)s->o->n_drugs);
out:
    return st;
}

/* Go on from a checkpoint; its blocks of targets are as wide as they were. Collective. */
static dn_status resume(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_screen_state_load(comm, s->o->opt_saving, &s->state, err));
    DN_TRY(check_state(s, err)); /* the same on every rank */
    s->block = s->state.block;
    if (comm->rank == 0) {
        DN_PASS(dn_screen_keep_take(s->keep, &s->state.hit, err));
        s->known_pairs = s->state.known;
        s->scored = s->state.scored;
        dn_log(DN_INFO, "screen", "goes on from the checkpoint",
               "targets=%lld of=%lld drugs=%lld of=%lld scored=%lld", (long long)s->state.done,
               (long long)s->o->n_targets, (long long)s->state.drugs, (long long)s->o->n_drugs,
               (long long)s->state.scored);
    }
    DN_AGREE(comm);
    dn_screen_columns_destroy(&s->state.hit);
out:
    return st;
}

/* Pairs: all with the targets that are done, and so many drugs with the block at hand, `width` targets. */
static void tell(const dn_comm *comm, const study *s, int64_t width)
{
    int64_t drugs = s->o->n_drugs;

    dn_hooks_progress(comm, s->o->opt_hooks,
                      &(dn_progress_report){.done = s->state.done * drugs + s->state.drugs * width,
                                            .total = drugs * s->o->n_targets,
                                            .unit = "pairs"});
}

/* What is asked after a round. Where a block ends that is not the last an epoch does. Collective. */
static int asked(const dn_comm *comm, const study *s, int64_t width)
{
    dn_requests *r = s->o->opt_saving != NULL ? s->o->opt_saving->requests : NULL;

    if (s->state.drugs < s->o->n_drugs || s->state.done + width == s->o->n_targets)
        return dn_request_agree(comm, r);
    return dn_request_end_epoch(comm, r);
}

/* The block of targets from the first that is not done on, from the first drug not done with it on.
 * Collective. */
static dn_status score_block(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_options *o = s->o;
    int64_t first = s->state.done, left = o->n_targets - first, width = left < s->block ? left : s->block;
    int wishes;

    if (s->history != NULL)
        dn_screen_history_block(comm, s->history, o->target + first, width);
    while (s->state.drugs < o->n_drugs) {
        int64_t begin = s->state.drugs, end = o->n_drugs - begin < s->round ? o->n_drugs : begin + s->round;
        double began = MPI_Wtime();

        DN_PASS(score_round(s, begin, end, first, width, err));
        DN_AGREE(comm);
        s->state.drugs = end;
        dn_screen_state_pace(o->opt_saving, began);
        tell(comm, s, width);
        wishes = asked(comm, s, width);
        if (wishes != 0)
            DN_TRY(save(comm, s, wishes, err));
    }
    s->state.done = first + width;
    s->state.drugs = 0;
    if (comm->rank == 0)
        dn_log(DN_INFO, "screen", "targets done", "targets=%lld of=%lld", (long long)s->state.done,
               (long long)o->n_targets);
out:
    return st;
}

/* Collective. */
static dn_status prepare(const dn_comm *comm, study *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_saving *saving = s->o->opt_saving;

    DN_PASS(prepare_local(comm, s, err));
    DN_PASS(encode_local(comm, s, err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, s->target_vector, s->o->n_targets, s->target_width * (int64_t)sizeof(float));
    if (saving != NULL && saving->resume)
        DN_TRY(resume(comm, s, err));
    if (saving != NULL && saving->requests != NULL)
        saving->requests->last = MPI_Wtime();
    if (s->m->record.history)
        DN_TRY(dn_screen_history_create(comm, &s->past, s->block, &s->history, err));
out:
    return st;
}

/* Collective. */
static dn_status work_through(const dn_comm *comm, study *s, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(prepare(comm, s, err));
    while (s->state.done < s->o->n_targets)
        DN_TRY(score_block(comm, s, err));
    DN_PASS(flush(s, err));
    DN_AGREE(comm);
    DN_TRY(dn_screen_keep_join(comm, s->keep, &out->hit, &out->n, err));
    for (int64_t i = 0; i < out->n; i++)
        out->hit[i].known = label_of(s, out->hit[i].a, out->hit[i].b);
    out->pairs = s->o->n_drugs * s->o->n_targets;
    out->known = dn_sum(comm, s->known_pairs);
    out->scored = dn_sum(comm, s->scored);
out:
    return st;
}

dn_status dn_screen(const dn_comm *comm, const dn_dti_model *m, const dn_split *split,
                    const dn_screen_options *options, dn_screen_result *out, dn_error *err)
{
    dn_status st = DN_OK;
    int threads = omp_get_max_threads();
    study s = {.m = m,
               .o = options,
               .past = dn_dti_past_of(&m->in.drugs, &m->in.targets, &m->in.pairs, split, m->in.known)};

    s.past.unseen_only = !options->include_known;
    *out = (dn_screen_result){.n = 0};
    omp_set_num_threads(1); /* the kernels of this thread stay on it */
    st = work_through(comm, &s, out, err);
    omp_set_num_threads(threads);
    study_destroy(&s);
    if (st != DN_OK)
        dn_screen_result_destroy(out);
    return st;
}

void dn_screen_result_destroy(dn_screen_result *r)
{
    dn_free(r->hit);
    *r = (dn_screen_result){.n = 0};
}
