/* screen_store.c - screen.h5 of a screen over drugs and targets; see screen_run.h */
#include "mpi/core/agree.h"
#include "mpi/screen/screen_run.h"
#include "mpi/screen/screen_table.h"
#include "solvers/base/alloc.h"

/* What the hits of drugs and targets have beside. */
typedef struct columns {
    int8_t *sign;
    double *drug_like, *target_like;
} columns;

static void columns_destroy(columns *c)
{
    dn_free(c->sign);
    dn_free(c->drug_like);
    dn_free(c->target_like);
}

static dn_status fill(const dn_screen_run *r, columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)r->result.n + 1;

    DN_NEW(c->sign, n);
    DN_NEW(c->drug_like, n);
    DN_NEW(c->target_like, n);
    for (int64_t i = 0; i < r->result.n; i++) {
        const dn_screened *hit = &r->result.hit[i];

        c->sign[i] = hit->sign;
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

    DN_TRY(dn_h5_write_all(h, "/screen/sign", 1, &n, c->sign, err));
    DN_TRY(dn_h5_write_all(h, "/screen/drug_likeness", 1, &n, c->drug_like, err));
    DN_TRY(dn_h5_write_all(h, "/screen/target_likeness", 1, &n, c->target_like, err));
out:
    return st;
}

dn_status dn_screen_store(const dn_comm *comm, const char *path, const char *command, const char *config,
                          const dn_screen_wish *w, const dn_screen_run *r, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_story story = {.n = r->result.n,
                                   .hit = r->result.hit,
                                   .side = {{"drug", &r->model.in.drugs.id, r->evidence.drug_rows},
                                            {"target", &r->model.in.targets.id, r->evidence.target_rows}},
                                   .calibration = &r->calibration,
                                   .prevalence = w->prevalence,
                                   .pairs = r->result.pairs,
                                   .known = r->result.known,
                                   .scored = r->result.scored};
    columns c = {.sign = NULL};
    dn_h5 *h = NULL;

    DN_PASS(fill(r, &c, err));
    DN_AGREE(comm);
    DN_TRY(dn_h5_create(comm, path, DN_SCREEN_SCHEMA, command, config, true, &h, err));
    DN_TRY(dn_screen_table_write(h, &story, err));
    DN_TRY(write_columns(h, &c, r->result.n, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    columns_destroy(&c);
    return st;
}
