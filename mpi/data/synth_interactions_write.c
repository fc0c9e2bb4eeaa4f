/* synth_interactions_write.c - every rank writes its share of synthetic drug-target data; see
 * synth_interactions.h */
#include "mpi/data/synth_interactions.h"

#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/data/threshold.h"
#include "mpi/io/dataset.h"
#include "mpi/io/drug_target.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

/* Drugs or targets; the same on every rank. */
typedef struct side {
    int64_t n;
    dn_strings id, text;
    dn_synth_side *of; /* [n] */
    int64_t *family;   /* [n] */
    double *leaning, *hub;
} side;

/* What this rank makes: the cells [cells.begin, cells.end) of drugs x targets, and the pairs among them. */
typedef struct share {
    dn_range cells;
    uint64_t *draw; /* [cells]  in the order of the draws */
    int64_t n;
    int64_t *drug, *target; /* [n] */
    uint64_t *score;        /* [n]  in the order of the scores */
    uint8_t *label;         /* [n] */
} share;

static void destroy_side(side *s)
{
    dn_strings_destroy(&s->id);
    dn_strings_destroy(&s->text);
    dn_free(s->of);
    dn_free(s->family);
    dn_free(s->leaning);
    dn_free(s->hub);
}

static void destroy_share(share *k)
{
    dn_free(k->draw);
    dn_free(k->drug);
    dn_free(k->target);
    dn_free(k->score);
    dn_free(k->label);
}

static dn_status make_side(const dn_synth_dti_options *o, bool targets, side *s, dn_error *err)
{
    dn_status st = DN_OK;
    char text[DN_SYNTH_SEQUENCE_MAX];

    _Static_assert((int)DN_SYNTH_SMILES_CAP <= (int)DN_SYNTH_SEQUENCE_MAX, "a SMILES has room in text");
    s->n = targets ? o->targets : o->drugs;
    DN_NEW(s->of, (size_t)s->n);
    DN_NEW(s->family, (size_t)s->n);
    DN_NEW(s->leaning, (size_t)s->n);
    DN_NEW(s->hub, (size_t)s->n);
    DN_TRY(dn_strings_add_numbered(&s->id, targets ? "T" : "D", s->n, err));
    for (int64_t i = 0; i < s->n; i++) {
        s->of[i] = targets ? dn_synth_target_of(o, i) : dn_synth_drug_of(o, i);
        s->family[i] = s->of[i].family;
        s->leaning[i] = s->of[i].leaning;
        s->hub[i] = s->of[i].hub;
        DN_TRY(dn_strings_add(&s->text, text,
                              targets ? dn_synth_sequence(o, i, text) : dn_synth_smiles(o, i, text), err));
    }
out:
    return st;
}

static dn_status draw_cells(const dn_synth_dti_options *o, const side *d, const side *t, share *k,
                            dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(k->draw, (size_t)(k->cells.end - k->cells.begin));
    for (int64_t c = k->cells.begin; c < k->cells.end; c++) {
        int64_t a = c / o->targets, b = c % o->targets;
        k->draw[c - k->cells.begin] = dn_order_key(dn_synth_dti_draw(o, a, b, &d->of[a], &t->of[b]));
    }
out:
    return st;
}

/* The cells whose draw is at least `least` become pairs. */
static dn_status take_pairs(const dn_synth_dti_options *o, const side *d, const side *t, uint64_t least,
                            share *k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = 0;

    for (int64_t c = 0; c < k->cells.end - k->cells.begin; c++)
        n += k->draw[c] >= least;
    DN_NEW(k->drug, (size_t)n);
    DN_NEW(k->target, (size_t)n);
    DN_NEW(k->score, (size_t)n);
    DN_NEW(k->label, (size_t)n);
    for (int64_t c = k->cells.begin; c < k->cells.end; c++) {
        int64_t a = c / o->targets, b = c % o->targets;
        if (k->draw[c - k->cells.begin] < least)
            continue;
        k->drug[k->n] = a;
        k->target[k->n] = b;
        k->score[k->n++] = dn_order_key(dn_synth_dti_score(o, a, b, &d->of[a], &t->of[b]));
    }
out:
    return st;
}

/* ---- writing ---- */

static dn_status write_truth(dn_h5 *h, const dn_synth_dti_options *o, const side *d, const side *t,
                             dn_error *err)
{
    dn_status st = DN_OK;
    const side *const both[2] = {d, t};
    const char *const names[2][3] = {{"/truth/drug_family", "/truth/drug_leaning", "/truth/drug_hub"},
                                     {"/truth/target_family", "/truth/target_leaning", "/truth/target_hub"}};
    char text[DN_SYNTH_FAMILIES_MAX * (DN_SYNTH_FAMILIES_MAX + 1) + 1], *at = text;

    for (int i = 0; i < 2; i++) {
        const side *s = both[i];
        int64_t n = dn_h5_comm(h)->rank == 0 ? s->n : 0;
        DN_TRY(dn_h5_write(h, names[i][0], 1, &s->n, 0, n, s->family, err));
        DN_TRY(dn_h5_write(h, names[i][1], 1, &s->n, 0, n, s->leaning, err));
        DN_TRY(dn_h5_write(h, names[i][2], 1, &s->n, 0, n, s->hub, err));
    }
    for (int64_t f = 0; f < o->families; f++) {
        for (int64_t g = 0; g < o->families; g++)
            *at++ = dn_synth_dti_compatible(o, f, g) > 0 ? '+' : '-';
        *at++ = ' ';
    }
    at[-1] = '\0';
    DN_TRY(dn_h5_set_text(h, "/truth", "compatibility", text, err));
    DN_TRY(dn_h5_set_text(h, "/truth", "rule",
                          "score = 3 C[drug family, target family] + drug leaning + target leaning + noise "
                          "times standard logistic; the upper half of the scores is activation; C in "
                          "compatibility; pairs are drawn in proportion to drug hub times target hub",
                          err));
out:
    return st;
}

static dn_status write_pairs(dn_h5 *h, const char *config, const share *k, int64_t positives, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm *comm = dn_h5_comm(h);
    int64_t first = dn_before(comm, k->n), all = dn_sum(comm, k->n);
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", all},     {"rejected", 0},      {"repeats", 0},
                  {"distinct", all}, {"contradictory", 0}, {"positive", positives}};

    DN_TRY(dn_h5_write(h, "/interactions/known/drug", 1, &all, first, k->n, k->drug, err));
    DN_TRY(dn_h5_write(h, "/interactions/known/target", 1, &all, first, k->n, k->target, err));
    DN_TRY(dn_h5_write(h, "/interactions/known/label", 1, &all, first, k->n, k->label, err));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(h, "/interactions/known", counts[i].key, counts[i].value, err));
    DN_TRY(dn_h5_set_text(h, "/interactions/known", "config", config, err));
out:
    return st;
}

dn_status dn_synth_dti_write(const dn_comm *comm, const char *path, const char *command, const char *config,
                             bool force, const dn_synth_dti_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    side d = {0}, t = {0};
    share k = {.n = 0};
    dn_h5 *h = NULL;
    int64_t positives = 0;
    uint64_t least;

    DN_PASS(dn_synth_dti_check(o, err));
    if (st == DN_OK)
        k.cells = dn_block(o->drugs * o->targets, comm->rank, comm->size);
    DN_PASS(make_side(o, false, &d, err));
    DN_PASS(make_side(o, true, &t, err));
    DN_PASS(draw_cells(o, &d, &t, &k, err));
    DN_AGREE(comm);
    least = dn_threshold(comm, k.draw, k.cells.end - k.cells.begin, o->pairs);
    DN_PASS(take_pairs(o, &d, &t, least, &k, err));
    DN_AGREE(comm);
    least = dn_threshold(comm, k.score, k.n, o->pairs / 2);
    for (int64_t i = 0; i < k.n; i++)
        positives += k.label[i] = k.score[i] >= least;
    positives = dn_sum(comm, positives);
    DN_TRY(dn_h5_create(comm, path, DN_DATASET_SCHEMA, command, config, force, &h, err));
    DN_TRY(dn_drug_target_write(h, &d.id, &d.text, &t.id, &t.text, err));
    DN_TRY(write_truth(h, o, &d, &t, err));
    DN_TRY(write_pairs(h, config, &k, positives, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    destroy_side(&d);
    destroy_side(&t);
    destroy_share(&k);
    return st;
}
