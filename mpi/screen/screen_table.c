/* screen_table.c - the hits of any screen as columns of screen.h5; see screen_table.h */
#include "mpi/screen/screen_table.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

typedef struct columns {
    dn_strings id[2];
    float *score;
    double *probability, *shifted;
    int8_t *known;
    int64_t *rows[2];
} columns;

static void columns_destroy(columns *c)
{
    for (int k = 0; k < 2; k++) {
        dn_strings_destroy(&c->id[k]);
        dn_free(c->rows[k]);
    }
    dn_free(c->score);
    dn_free(c->probability);
    dn_free(c->shifted);
    dn_free(c->known);
}

static dn_status fill_side(const dn_screen_story *s, int k, columns *c, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(c->rows[k], (size_t)s->n + 1);
    for (int64_t i = 0; i < s->n; i++) {
        int64_t at = k == 0 ? s->hit[i].a : s->hit[i].b;
        size_t len;
        const char *text = dn_strings_at(s->side[k].id, at, &len);

        DN_TRY(dn_strings_add(&c->id[k], text, len, err));
        c->rows[k][i] = s->side[k].rows[at];
    }
out:
    return st;
}

static dn_status fill(const dn_screen_story *s, columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)s->n + 1;

    DN_NEW(c->score, n);
    DN_NEW(c->probability, n);
    DN_NEW(c->shifted, n);
    DN_NEW(c->known, n);
    for (int64_t i = 0; i < s->n; i++) {
        c->score[i] = s->hit[i].score;
        c->probability[i] = dn_screen_calibrated(s->calibration, (double)s->hit[i].score);
        c->shifted[i] = dn_screen_at_prevalence(s->calibration, (double)s->hit[i].score, s->prevalence);
        c->known[i] = s->hit[i].known;
    }
    DN_TRY(fill_side(s, 0, c, err));
    DN_TRY(fill_side(s, 1, c, err));
out:
    return st;
}

/* Collective. */
static dn_status write_columns(dn_h5 *h, const dn_screen_story *s, const columns *c, dn_error *err)
{
    dn_status st = DN_OK;
    char path[64];
    const struct {
        const char *path;
        const void *data;
    } all[] = {{"/screen/score", c->score},
               {"/screen/probability", c->probability},
               {"/screen/probability_at_prevalence", c->shifted},
               {"/screen/known", c->known}};

    for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "/screen/%s_id", s->side[k].name);
        DN_TRY(dn_h5_write_strings(h, path, &c->id[k], err));
        snprintf(path, sizeof path, "/screen/%s_rows", s->side[k].name);
        DN_TRY(dn_h5_write_all(h, path, 1, &s->n, c->rows[k], err));
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        DN_TRY(dn_h5_write_all(h, all[i].path, 1, &s->n, all[i].data, err));
out:
    return st;
}

static dn_status write_figures(dn_h5 *h, const dn_screen_story *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_screen_calibration *c = s->calibration;

    DN_TRY(dn_h5_set_int(h, "/screen", "pairs", s->pairs, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "known", s->known, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "scored", s->scored, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "calibrated", c->done, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "slope", c->platt.slope, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "offset", c->platt.offset, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_rows", c->rows, err));
    DN_TRY(dn_h5_set_int(h, "/screen", "validation_positives", c->positives, err));
    DN_TRY(dn_h5_set_number(h, "/screen", "prevalence", s->prevalence, err));
out:
    return st;
}

dn_status dn_screen_table_write(dn_h5 *h, const dn_screen_story *s, dn_error *err)
{
    dn_status st = DN_OK;
    columns c = {.score = NULL};

    DN_PASS(fill(s, &c, err));
    DN_AGREE(dn_h5_comm(h));
    DN_TRY(write_columns(h, s, &c, err));
    DN_TRY(write_figures(h, s, err));
out:
    columns_destroy(&c);
    return st;
}
