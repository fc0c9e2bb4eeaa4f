/* explain_run.c - explanations of drug-target scores, from files; see explain_run.h */
#include "mpi/explain/explain_private.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/inputs/dti_history.h"
#include "mpi/screen/screen_history.h"
#include "mpi/screen/screen_source.h"
#include "solvers/base/alloc.h"

const char *const dn_explain_labels[] = {
    [DN_SIMILAR_DRUG] = "nearest_drug",
    [DN_SIMILAR_TARGET] = "nearest_target",
    [DN_SIMILAR_BOTH] = "nearest",
    [DN_SIMILAR_PAIR] = "nearest_pair",
    [DN_SIMILAR_TARGET_HISTORY] = "target_history",
    [DN_SIMILAR_DRUG_HISTORY] = "drug_history",
    [DN_SIMILAR_TARGET_ROWS] = "target_rows",
    [DN_SIMILAR_DRUG_ROWS] = "drug_rows",
    [DN_PAST_KRON] = "kron_rls",
};

/* ---- what labels say ---- */

/* Targets of pairs that are no rows, each once, and the place of each. */
static int64_t list_targets(const dn_explain_run *r, int64_t *place, int64_t *target)
{
    int64_t n = 0;

    for (int64_t t = 0; t < r->model.in.targets.n; t++)
        place[t] = -1;
    for (int64_t k = 0; k < r->n; k++)
        if (r->row[k] < 0 && place[r->target[k]] < 0) {
            place[r->target[k]] = n;
            target[n++] = r->target[k];
        }
    return n;
}

/* Pairs that are no rows, whose target stands at places [first, first + width). */
static void ask_block(dn_screen_history *h, const dn_explain_run *r, const int64_t *place, int64_t first,
                      int64_t width)
{
    double said[DN_PAST_SCORES];

    for (int64_t k = 0; k < r->n; k++) {
        int64_t j = place[r->target[k]] - first;

        if (r->row[k] >= 0 || j < 0 || j >= width)
            continue;
        dn_screen_history_drug(h, r->drug[k]);
        dn_screen_history_pair(h, j, -1, said);
        for (int64_t c = 0; c < DN_PAST_SCORES; c++)
            r->history[k * DN_PAST_SCORES + c] = (float)said[c];
    }
}

/* Collective. */
static dn_status ask_labels(const dn_comm *comm, dn_explain_run *r, dn_error *err)
{
    enum { BLOCK = 64 };
    dn_status st = DN_OK;
    const dn_dti_inputs *in = &r->model.in;
    dn_dti_past past = dn_dti_past_of(&in->drugs, &in->targets, &in->pairs, &r->table.split, in->known);
    dn_screen_history *h = NULL;
    int64_t n = 0;
    int64_t *place = dn_calloc((size_t)in->targets.n + 1, sizeof *place);
    int64_t *target = dn_calloc((size_t)in->targets.n + 1, sizeof *target);

    r->history = dn_calloc((size_t)(r->n * DN_PAST_SCORES), sizeof *r->history);
    if (place == NULL || target == NULL || r->history == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld pairs", (long long)r->n);
    DN_AGREE(comm);
    for (int64_t k = 0; k < r->n; k++)
        if (r->row[k] >= 0)
            memcpy(r->history + k * DN_PAST_SCORES, in->history + r->row[k] * DN_PAST_SCORES,
                   DN_PAST_SCORES * sizeof *r->history);
    past.unseen_only = true;
    n = list_targets(r, place, target);
    if (n > 0)
        DN_TRY(dn_screen_history_create(comm, &past, n < BLOCK ? n : BLOCK, &h, err));
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t width = n - first < BLOCK ? n - first : BLOCK;
        dn_screen_history_block(comm, h, target + first, width);
        ask_block(h, r, place, first, width);
    }
out:
    dn_screen_history_destroy(&h);
    dn_free(place);
    dn_free(target);
    return st;
}

/* ---- the baseline ---- */

/* Mean of rows [at[i], at[i + 1]) of x over all i that are marked, each row once. */
static void mean_of_marked(const float *x, int64_t width, const int64_t *at, const uint8_t *mark, int64_t n,
                           double *sum, float *out)
{
    int64_t rows = 0;

    memset(sum, 0, (size_t)width * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        if (!mark[i])
            continue;
        rows += at[i + 1] - at[i];
        for (int64_t r = at[i]; r < at[i + 1]; r++)
            for (int64_t c = 0; c < width; c++)
                sum[c] += (double)x[r * width + c];
    }
    for (int64_t c = 0; c < width; c++)
        out[c] = rows > 0 ? (float)(sum[c] / (double)rows) : 0;
}

/* Mean over training rows of row of[i] of x; of NULL: i. */
static void mean_of_rows(const float *x, int64_t width, const int64_t *of, const uint8_t *part, int64_t n,
                         double *sum, float *out)
{
    int64_t rows = 0;

    memset(sum, 0, (size_t)width * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        if (part[i] != DN_TRAIN)
            continue;
        rows++;
        for (int64_t c = 0; c < width; c++)
            sum[c] += (double)x[(of != NULL ? of[i] : i) * width + c];
    }
    for (int64_t c = 0; c < width; c++)
        out[c] = rows > 0 ? (float)(sum[c] / (double)rows) : 0;
}

/* Drugs and targets with training rows. */
static void mark_trained(const dn_explain_run *r, uint8_t *drug, uint8_t *target)
{
    const dn_interactions *p = &r->table.pairs;

    for (int64_t i = 0; i < p->n; i++)
        if (r->table.split.part[i] == DN_TRAIN)
            drug[p->drug[i]] = target[p->target[i]] = 1;
}

static dn_status make_baseline(dn_explain_run *r, bool mean, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_data *d = &r->model.dti->data;
    const uint8_t *part = r->table.split.part;
    const dn_interactions *p = &r->table.pairs;
    int64_t all =
        d->atom_width + d->state_width + d->drug_extra_width + d->target_extra_width + d->pair_extra_width;
    uint8_t *drug = NULL, *target = NULL; /* [drugs], [targets] */
    double *sum = NULL;
    float *at;

    DN_NEW(r->base, (size_t)all);
    DN_NEW(sum, (size_t)all);
    DN_NEW(drug, (size_t)d->n_drugs + 1);
    DN_NEW(target, (size_t)d->n_targets + 1);
    mark_trained(r, drug, target);
    at = r->base;
    r->baseline.atom = at;
    if (mean)
        mean_of_marked(d->atom, d->atom_width, d->atom_at, drug, d->n_drugs, sum, at);
    r->baseline.state = at += d->atom_width;
    if (mean)
        mean_of_marked(d->state, d->state_width, d->state_at, target, d->n_targets, sum, at);
    r->baseline.drug_extra = at += d->state_width;
    if (d->drug_extra_width > 0)
        mean_of_rows(d->drug_extra, d->drug_extra_width, p->drug, part, p->n, sum, at);
    r->baseline.target_extra = at += d->drug_extra_width;
    if (d->target_extra_width > 0)
        mean_of_rows(d->target_extra, d->target_extra_width, p->target, part, p->n, sum, at);
    r->baseline.pair_extra = at += d->target_extra_width;
    if (d->pair_extra_width > 0)
        mean_of_rows(d->pair_extra, d->pair_extra_width, NULL, part, p->n, sum, at);
out:
    dn_free(sum);
    dn_free(drug);
    dn_free(target);
    return st;
}

/* ---- all of it ---- */

static uint64_t mix_strings(uint64_t hash, const dn_strings *s)
{
    for (int64_t i = 0; i < s->n; i++) {
        size_t len;
        const char *text = dn_strings_at(s, i, &len);

        hash = dn_screen_mix(hash, text, len);
    }
    return hash;
}

static void make_digest(dn_explain_run *r)
{
    const dn_dti_model *m = &r->model;
    uint64_t h = dn_screen_source_hash(&r->table, m);

    h = dn_screen_mix(h, m->in.states_hash, strlen(m->in.states_hash));
    h = mix_strings(mix_strings(h, &r->new.drugs.id), &r->new.drugs.key);
    h = mix_strings(mix_strings(h, &r->new.targets.id), &r->new.targets.sequence);
    if (m->in.new_hash[0] != '\0')
        h = dn_screen_mix(h, m->in.new_hash, strlen(m->in.new_hash));
    h = dn_screen_mix(h, r->drug, (size_t)r->n * sizeof *r->drug);
    h = dn_screen_mix(h, r->target, (size_t)r->n * sizeof *r->target);
    snprintf(r->digest, sizeof r->digest, "%016llx", (unsigned long long)h);
}

dn_status dn_explain_open(const dn_comm *comm, const dn_explain_wish *w, dn_explain_run *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_explain_run r = {.n = 0};

    *out = r;
    DN_TRY(dn_screen_source_table(comm, w->dataset, w->model, &w->new, &r.table, &r.new, err));
    DN_TRY(dn_explain_choose(comm, w, &r, err));
    DN_TRY(dn_screen_source_model(comm, w->dataset, w->model, w->opt_states, &r.new, &r.table.split, &r.model,
                                  err));
    if (r.model.record.history)
        DN_TRY(ask_labels(comm, &r, err));
    DN_PASS(make_baseline(&r, w->mean, err));
    DN_AGREE(comm);
    make_digest(&r);
    *out = r;
    r = (dn_explain_run){.n = 0};
out:
    dn_explain_run_destroy(&r);
    return st;
}

void dn_explain_run_destroy(dn_explain_run *r)
{
    dn_dti_table_destroy(&r->table);
    dn_dti_model_destroy(&r->model);
    dn_newcomers_destroy(&r->new);
    dn_free(r->drug);
    dn_free(r->target);
    dn_free(r->row);
    dn_free(r->history);
    dn_free(r->base);
    *r = (dn_explain_run){.n = 0};
}

dn_status dn_explain_pair(const dn_explain_run *r, int64_t i, const dn_dti_explain_options *options,
                          dn_dti_explanation *out, dn_error *err)
{
    const dn_dti_asked asked = {.drug = r->drug[i],
                                .target = r->target[i],
                                .pair_extra = r->history != NULL ? r->history + i * DN_PAST_SCORES : NULL};

    return dn_dti_explain(r->model.dti, r->model.w, r->model.running, &asked, &r->baseline, options, out,
                          err);
}

int64_t dn_explain_residue(const dn_explain_run *r, int64_t target, int64_t i)
{
    const dn_dti_inputs *in = &r->model.in;
    int64_t front = (in->ends + 1) / 2;
    int64_t positions = in->state_at[target + 1] - in->state_at[target];
    const int64_t *text = in->targets.sequence.offset + target;

    if (positions == 1 && in->ends == 0 && text[1] - text[0] > 1)
        return DN_EXPLAIN_WHOLE;
    if (i < front)
        return DN_EXPLAIN_START;
    return i < front + positions - in->ends ? i - front + 1 : DN_EXPLAIN_END;
}
