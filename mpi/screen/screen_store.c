/* screen_store.c - screen.h5; see screen_run.h */
#include "mpi/screen/screen_run.h"

#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

/* The hits as columns. */
typedef struct columns {
    dn_strings drug, target;
    float *score;
    double *probability, *shifted;
    int8_t *sign, *known;
    int64_t *drug_rows, *target_rows;
    double *drug_like, *target_like;
} columns;

static void columns_destroy(columns *c)
{
    dn_strings_destroy(&c->drug);
    dn_strings_destroy(&c->target);
    dn_free(c->score);
    dn_free(c->probability);
    dn_free(c->shifted);
    dn_free(c->sign);
    dn_free(c->known);
    dn_free(c->drug_rows);
    dn_free(c->target_rows);
    dn_free(c->drug_like);
    dn_free(c->target_like);
}

static dn_status add_id(const dn_strings *id, int64_t i, dn_strings *out, dn_error *err)
{
    size_t len;
    const char *text = dn_strings_at(id, i, &len);

    return dn_strings_add(out, text, len, err);
}

static dn_status fill(const dn_screen_run *r, double prevalence, columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)r->result.n + 1;

    DN_NEW(c->score, n);
    DN_NEW(c->probability, n);
    DN_NEW(c->shifted, n);
    DN_NEW(c->sign, n);
    DN_NEW(c->known, n);
    DN_NEW(c->drug_rows, n);
    DN_NEW(c->target_rows, n);
    DN_NEW(c->drug_like, n);
    DN_NEW(c->target_like, n);
    for (int64_t i = 0; i < r->result.n; i++) {
        const dn_screened *hit = &r->result.hit[i];

        DN_TRY(add_id(&r->model.in.drugs.id, hit->a, &c->drug, err));
        DN_TRY(add_id(&r->model.in.targets.id, hit->b, &c->target, err));
        c->score[i] = hit->score;
        c->probability[i] = dn_screen_calibrated(&r->calibration, (double)hit->score);
        c->shifted[i] = dn_screen_at_prevalence(&r->calibration, (double)hit->score, prevalence);
        c->sign[i] = hit->sign;
        c->known[i] = hit->known;
        c->drug_rows[i] = r->evidence.drug_rows[hit->a];
        c->target_rows[i] = r->evidence.target_rows[hit->b];
        c->drug_like[i] = r->evidence.drug_like[hit->a];
        c->target_like[i] = r->evidence.target_like[hit->b];
    }
out:
    return st;
}

/* Collective. */
static dn_status write_columns(dn_h5 *h, const columns *c, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    const struct {
        const char *path;
        const void *data;
    } all[] = {{"/screen/score", c->score},
               {"/screen/probability", c->probability},
               {"/screen/probability_at_prevalence", c->shifted},
               {"/screen/sign", c->sign},
               {"/screen/known", c->known},
               {"/screen/drug_rows", c->drug_rows},
               {"/screen/target_rows", c->target_rows},
               {"/screen/drug_likeness", c->drug_like},
               {"/screen/target_likeness", c->target_like}};

    DN_TRY(dn_h5_write_strings(h, "/screen/drug_id", &c->drug, err));
    DN_TRY(dn_h5_write_strings(h, "/screen/target_id", &c->target, err));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        DN_TRY(dn_h5_write_all(h, all[i].path, 1, &n, all[i].data, err));
out:
    return st;
}

static dn_status write_figures(dn_h5 *h, const dn_screen_wish *w, const dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_h5_set_int(h, "/screen", "pairs", r->result.pairs, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "known", r->result.known, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "scored", r->result.scored, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "calibrated", r->calibration.done, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "slope", r->calibration.platt.slope, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "offset", r->calibration.platt.offset, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_rows", r->calibration.rows, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_positives", r->calibration.positives, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "prevalence", w->prevalence, err));
out:
    return st;
}

dn_status dn_screen_store(const dn_comm *comm, const char *path, const char *command, const char *config,
                          const dn_screen_wish *w, const dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    columns c = {.score = NULL};
    dn_h5 *h = NULL;

    DN_PASS(fill(r, w->prevalence, &c, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_create(comm, path, DN_SCREEN_SCHEMA, command, config, true, &h, err));
    DN_TRY(write_columns(h, &c, r->result.n, err));
    DN_TRY(write_figures(h, w, r, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    columns_destroy(&c);
    return st;
}
