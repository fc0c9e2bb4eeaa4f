/* ingest_interactions.c - drug-target tables cleaned and written; see ingest_private.h
 *
 * All tables are read first, so that their texts have one numbering and every SMILES is read once. Then rows
 * become pairs of drug and target, the owners of the drugs find repeats and contradictions, and what is kept
 * is written in the order of the file.
 */
#include "mpi/io/ingest_interactions.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/io/gene_table.h"
#include "mpi/io/ingest_private.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"
#include "solvers/formats/interaction.h"

typedef struct work {
    const dn_comm *comm;
    const dn_import_options *o;
    dn_h5 *h;
    dn_joined joined;
    dn_texts text[DN_TEXTS];
    dn_interaction_part *part; /* [n_interactions] */
    dn_entities side[2];       /* drugs, targets */
    dn_strings lines;          /* of this rank, for OUTPUT.rejected.tsv */
} work;

static const char *const side_name[2] = {"drug", "target"};

static dn_status new_parts(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(w->part, (size_t)w->o->n_interactions);
out:
    return st;
}

static void destroy(work *w)
{
    for (int i = 0; w->part != NULL && i < w->o->n_interactions; i++)
        dn_interaction_part_destroy(&w->part[i]);
    for (int t = 0; t < DN_TEXTS; t++)
        dn_texts_destroy(&w->text[t]);
    for (int s = 0; s < 2; s++)
        dn_entities_destroy(&w->side[s]);
    dn_joined_destroy(&w->joined);
    dn_strings_destroy(&w->lines);
    dn_free(w->part);
}

/* Entity of one side of a row, or -1. */
static int64_t entity(const work *w, const dn_interaction_row *row, int side)
{
    int64_t text = row->text[2 * side + 1];

    return text < 0 ? -1 : w->side[side].of_text[text];
}

/* ---- ids of new entities: those of the rows that mention them first ---- */

/* first [n]: the number of the first row, counted over all tables, of every entity; id [n]: its id. */
static dn_status first_ids(work *w, int side, int64_t *first, int64_t *id, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = w->side[side].n;

    if (n > INT_MAX)
        DN_FAIL(DN_EDATA, "more than 2^31 %ss", side_name[side]);
    for (int pass = 0; pass < 2; pass++) {
        int64_t before = 0, *to = pass == 0 ? first : id;

        for (int64_t e = 0; e < n; e++)
            to[e] = INT64_MAX;
        for (int i = 0; i < w->o->n_interactions; i++) {
            const dn_interaction_part *p = &w->part[i];
            for (int64_t r = 0; r < p->n; r++) {
                int64_t e = entity(w, &p->row[r], side), at = before + p->row[r].row;
                if (e < 0)
                    continue;
                if (pass == 0 && at < first[e])
                    first[e] = at;
                if (pass == 1 && at == first[e])
                    id[e] = p->row[r].text[2 * side];
            }
            before += dn_sum(w->comm, p->n);
        }
        MPI_Allreduce(MPI_IN_PLACE, to, (int)n, MPI_INT64_T, MPI_MIN, w->comm->mpi);
    }
out:
    return st;
}

static dn_status add_ids(work *w, int side, const int64_t *id, dn_error *err)
{
    dn_status st = DN_OK;
    dn_entities *e = &w->side[side];
    char made[48];

    for (int64_t i = e->old; i < e->n; i++) {
        const char *text = made;
        size_t len;

        if (id[i] >= 0 && id[i] < INT64_MAX)
            text = dn_strings_at(&w->text[2 * side].text, id[i], &len);
        else
            len = (size_t)snprintf(made, sizeof made, "%s%lld", side_name[side], (long long)i + 1);
        DN_TRY(dn_strings_add(&e->id, text, len, err));
    }
out:
    return st;
}

static dn_status name_entities(work *w, int side, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)w->side[side].n;
    int64_t *v = dn_calloc(2 * n, sizeof *v);

    if (v == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %zu %ss", n, side_name[side]);
    DN_AGREE(w->comm);
    DN_TRY(first_ids(w, side, v, v + n, err));
    DN_PASS(add_ids(w, side, v + n, err));
    DN_AGREE(w->comm);
out:
    dn_free(v);
    return st;
}

/* How many of `from` (numbers below n, -1: none) stand with several of `to`. Scratch v [2, n]. Collective. */
static int64_t several(const work *w, const dn_interaction_part *p, int side, bool by_id, int64_t n,
                       int64_t *v)
{
    int64_t count = 0, *least = v, *most = v + n;

    for (int64_t i = 0; i < n; i++) {
        least[i] = INT64_MAX;
        most[i] = -1;
    }
    for (int64_t r = 0; r < p->n; r++) {
        int64_t e = entity(w, &p->row[r], side), id = p->row[r].text[2 * side];
        int64_t from = by_id ? id : e, to = by_id ? e : id;

        if (from < 0 || to < 0)
            continue;
        least[from] = to < least[from] ? to : least[from];
        most[from] = to > most[from] ? to : most[from];
    }
    MPI_Allreduce(MPI_IN_PLACE, least, (int)n, MPI_INT64_T, MPI_MIN, w->comm->mpi);
    MPI_Allreduce(MPI_IN_PLACE, most, (int)n, MPI_INT64_T, MPI_MAX, w->comm->mpi);
    for (int64_t i = 0; i < n; i++)
        count += most[i] > least[i];
    return count;
}

static dn_status count_names(work *w, const dn_interaction_part *p, dn_interactions_report *out,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *many[2] = {&out->drug_many, &out->target_many};
    int64_t *synonyms[2] = {&out->drug_synonyms, &out->target_synonyms};

    for (int side = 0; side < 2; side++) {
        int64_t ids = w->text[2 * side].text.n, n = w->side[side].n, wider = ids > n ? ids : n;
        int64_t *v = wider <= INT_MAX ? dn_calloc(2 * (size_t)wider, sizeof *v) : NULL;

        if (v == NULL)
            st =
                dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %lld ids", (long long)wider);
        st = dn_agree(w->comm, st, err);
        if (st == DN_OK) {
            *many[side] = several(w, p, side, true, ids, v);
            *synonyms[side] = several(w, p, side, false, n, v);
        }
        dn_free(v);
        DN_TRY(st);
    }
out:
    return st;
}

/* ---- rows that are set aside ---- */

/* A text of the line, without the bytes that would break it. */
static size_t put(char *to, size_t cap, size_t used, const char *text, size_t len)
{
    for (size_t i = 0; i < len && used + 1 < cap; i++)
        to[used++] = (unsigned char)text[i] < ' ' ? ' ' : text[i];
    to[used] = '\0';
    return used;
}

static dn_status add_line(work *w, int set, const dn_interaction_row *row, const char *reason, dn_error *err)
{
    dn_status st = DN_OK;
    char line[1400];
    size_t used = (size_t)snprintf(line, sizeof line, "%08d%020lld%s\t%lld", set, (long long)row->row,
                                   w->o->interactions_name[set], (long long)row->row + 1);

    for (int side = 0; side < 2; side++) {
        int64_t id = row->text[2 * side];
        size_t len = 0;
        const char *text = id < 0 ? "" : dn_strings_at(&w->text[2 * side].text, id, &len);

        line[used++] = '\t';
        used = put(line, sizeof line, used, text, len < 200 ? len : 200);
    }
    line[used++] = '\t';
    used = put(line, sizeof line - 1, used, reason, strlen(reason));
    line[used++] = '\n';
    DN_TRY(dn_strings_add(&w->lines, line, used, err));
out:
    return st;
}

static bool empty_id(const work *w, const dn_interaction_part *p, const dn_interaction_row *row, int side)
{
    size_t len = 1;

    if (p->has_ids[side])
        dn_strings_at(&w->text[2 * side].text, row->text[2 * side], &len);
    return len == 0;
}

/* Why one side of a row cannot be used, in buf [cap]: its counter of the report, or NULL. */
static int64_t *side_trouble(const work *w, const dn_interaction_part *p, const dn_interaction_row *row,
                             int side, dn_interactions_report *r, char *buf, size_t cap)
{
    static const char *const what[2] = {"molecule", "sequence"};
    int64_t *const none[2] = {&r->no_molecule, &r->no_sequence};
    int64_t *const bad[2] = {&r->bad_molecule, &r->bad_sequence};
    int64_t text = row->text[2 * side + 1];

    if (empty_id(w, p, row, side)) {
        snprintf(buf, cap, "the %s id is empty", side_name[side]);
        return &r->no_id;
    }
    if (text < 0) {
        snprintf(buf, cap, "no %s is known for this %s", what[side], side_name[side]);
        return none[side];
    }
    if (w->side[side].of_text[text] >= 0)
        return NULL;
    dn_strings_copy(&w->side[side].reason, text, buf, cap);
    return bad[side];
}

/* Set the row aside when something is wrong with it. */
static dn_status judge_row(work *w, int set, const dn_interaction_row *row, dn_interactions_report *r,
                           bool *out_good, dn_error *err)
{
    dn_status st = DN_OK;
    char reason[900] = "", one[400];
    int64_t *first = NULL;

    for (int side = 0; side < 2; side++) {
        int64_t *counter = side_trouble(w, &w->part[set], row, side, r, one, sizeof one);
        size_t used = strlen(reason);
        if (counter == NULL)
            continue;
        snprintf(reason + used, sizeof reason - used, "%s%s", first != NULL ? "; " : "", one);
        first = first != NULL ? first : counter;
    }
    if (first == NULL && row->label == DN_LABEL_UNKNOWN) {
        snprintf(reason, sizeof reason, "the label is neither 0, 1 nor a type of activation or inhibition");
        first = &r->other_types;
    }
    if (first == NULL && row->label == DN_LABEL_BOTH) {
        snprintf(reason, sizeof reason, "the type says both activation and inhibition");
        first = &r->both_types;
    }
    *out_good = first == NULL;
    if (first == NULL)
        goto out;
    (*first)++;
    r->rejected++;
    dn_example_add(&r->reasons, reason, strlen(reason));
    DN_TRY(add_line(w, set, row, reason, err));
out:
    return st;
}

/* The good rows as pairs; on the second side of a pair the targets follow the drugs. at [p->n]: the rows. */
static dn_status make_pairs(work *w, int set, dn_interactions_report *r, dn_pair_part *out, int64_t **out_at,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interaction_part *p = &w->part[set];

    DN_NEW(out->pair, (size_t)p->n);
    DN_NEW(*out_at, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++) {
        const dn_interaction_row *row = &p->row[i];
        bool good;

        DN_TRY(judge_row(w, set, row, r, &good, err));
        if (!good)
            continue;
        (*out_at)[out->n] = i;
        out->pair[out->n++] =
            (dn_pair){entity(w, row, 0), w->side[0].n + entity(w, row, 1), row->label, row->row};
    }
    r->rows = p->n;
out:
    return st;
}

/* ---- one set ---- */

typedef struct columns {
    int64_t n;
    int64_t *drug, *target; /* [n] */
    uint8_t *label;         /* [n] */
    uint8_t *seen;          /* [drugs + targets] */
} columns;

static dn_status keep(work *w, int set, const dn_pair_part *p, const int64_t *at, const uint8_t *verdict,
                      dn_interactions_report *r, columns *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t drugs = w->side[0].n;

    DN_NEW(out->drug, (size_t)p->n);
    DN_NEW(out->target, (size_t)p->n);
    DN_NEW(out->label, (size_t)p->n);
    DN_NEW(out->seen, (size_t)(drugs + w->side[1].n));
    for (int64_t i = 0; i < p->n; i++) {
        const dn_pair *q = &p->pair[i];

        r->repeats += verdict[i] == DN_ROW_REPEAT;
        r->other_label += verdict[i] == DN_ROW_OTHER_LABEL;
        r->contradictory += verdict[i] == DN_ROW_TWO_LABELS;
        if (verdict[i] == DN_ROW_TWO_LABELS || verdict[i] == DN_ROW_OTHER_LABEL)
            DN_TRY(
                add_line(w, set, &w->part[set].row[at[i]], "contradictory: the pair has both labels", err));
        if (verdict[i] != DN_ROW_KEEP)
            continue;
        out->drug[out->n] = q->a;
        out->target[out->n] = q->b - drugs;
        out->label[out->n++] = (uint8_t)q->label;
        out->seen[q->a] = out->seen[q->b] = 1;
        r->positive += q->label;
    }
    r->kept = out->n;
out:
    return st;
}

/* Counts of this rank to sums over all, the same on every rank. Collective. */
static dn_status share_counts(work *w, uint8_t *seen, dn_interactions_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *const counter[] = {&r->rows,         &r->no_molecule, &r->bad_molecule,  &r->no_sequence,
                                &r->bad_sequence, &r->no_id,       &r->both_types,    &r->other_types,
                                &r->rejected,     &r->repeats,     &r->contradictory, &r->other_label,
                                &r->kept,         &r->positive};
    enum { N = sizeof counter / sizeof counter[0] };
    int64_t sums[N], drugs = w->side[0].n, all = drugs + w->side[1].n;

    for (int i = 0; i < N; i++)
        sums[i] = *counter[i];
    MPI_Allreduce(MPI_IN_PLACE, sums, N, MPI_INT64_T, MPI_SUM, w->comm->mpi);
    for (int i = 0; i < N; i++)
        *counter[i] = sums[i];
    r->distinct = r->kept + r->contradictory;
    MPI_Allreduce(MPI_IN_PLACE, seen, (int)all, MPI_UINT8_T, MPI_MAX, w->comm->mpi);
    for (int64_t e = 0; e < all; e++)
        *(e < drugs ? &r->drugs : &r->targets) += seen[e];
    DN_TRY(dn_examples_share(w->comm, &r->reasons, err));
out:
    return st;
}

/* The same counts on every rank, so the same verdict. */
static dn_status check_counts(const char *path, const dn_interactions_report *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->rows == 0)
        DN_FAIL(DN_EDATA, "%s: has a header and no rows", path);
    if (r->kept == 0)
        DN_FAIL(
            DN_EDATA,
            "%s: no pair is left of %lld rows: %lld set aside%s%s, %lld repeats, %lld contradictory pairs",
            path, (long long)r->rows, (long long)r->rejected, r->rejected > 0 ? ", such as: " : "",
            r->rejected > 0 ? r->reasons.text[0] : "", (long long)r->repeats, (long long)r->contradictory);
    if (r->kept == 1)
        DN_FAIL(DN_EDATA,
                "%s: only one pair is left of %lld rows (%lld set aside%s%s); both labels are needed", path,
                (long long)r->rows, (long long)r->rejected, r->rejected > 0 ? ", such as: " : "",
                r->rejected > 0 ? r->reasons.text[0] : "");
    if (r->positive == 0 || r->positive == r->kept)
        DN_FAIL(DN_EDATA, "%s: all %lld pairs have label %d; both classes are needed", path,
                (long long)r->kept, r->positive > 0);
out:
    return st;
}

static dn_status write_set(work *w, int set, const columns *c, const dn_interactions_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    char path[128];
    const char *name = w->o->interactions_name[set];
    int64_t start = dn_before(w->comm, c->n);
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", r->rows},         {"rejected", r->rejected},           {"repeats", r->repeats},
                  {"distinct", r->distinct}, {"contradictory", r->contradictory}, {"positive", r->positive}};

    snprintf(path, sizeof path, "/interactions/%s/drug", name);
    DN_TRY(dn_h5_write(w->h, path, 1, &r->kept, start, c->n, c->drug, err));
    snprintf(path, sizeof path, "/interactions/%s/target", name);
    DN_TRY(dn_h5_write(w->h, path, 1, &r->kept, start, c->n, c->target, err));
    snprintf(path, sizeof path, "/interactions/%s/label", name);
    DN_TRY(dn_h5_write(w->h, path, 1, &r->kept, start, c->n, c->label, err));
    snprintf(path, sizeof path, "/interactions/%s", name);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(w->h, path, counts[i].key, counts[i].value, err));
out:
    return st;
}

static dn_status one_set(work *w, int set, dn_interactions_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_part p = {0};
    columns c = {0};
    dn_interactions_report r = {0};
    int64_t *at = NULL;      /* [p.n] */
    uint8_t *verdict = NULL; /* [p.n] */

    DN_PASS(make_pairs(w, set, &r, &p, &at, err));
    DN_PASS_NEW(verdict, (size_t)p.n);
    DN_AGREE(w->comm);
    DN_TRY(dn_pairs_settle(w->comm, w->side[0].n, &p, verdict, err));
    DN_PASS(keep(w, set, &p, at, verdict, &r, &c, err));
    DN_AGREE(w->comm);
    DN_TRY(share_counts(w, c.seen, &r, err));
    DN_TRY(check_counts(w->o->interactions_file[set], &r, err));
    DN_TRY(count_names(w, &w->part[set], &r, err));
    DN_TRY(write_set(w, set, &c, &r, err));
    *out = r;
out:
    dn_free(p.pair);
    dn_free(at);
    dn_free(verdict);
    dn_free(c.drug);
    dn_free(c.target);
    dn_free(c.label);
    dn_free(c.seen);
    return st;
}

/* ---- all of them ---- */

static dn_status set_configs(work *w, const dn_sources *s, dn_error *err)
{
    dn_status st = DN_OK;
    char *config = NULL, path[128];

    for (int i = 0; i < w->o->n_interactions; i++) {
        DN_PASS(dn_import_config(w->o, s, w->o->n_pairs + w->o->n_layers + i, &config, err));
        DN_AGREE(w->comm);
        snprintf(path, sizeof path, "/interactions/%s", w->o->interactions_name[i]);
        DN_TRY(dn_h5_set_text(w->h, path, "config", config, err));
        dn_free(config);
        config = NULL;
    }
out:
    dn_free(config);
    return st;
}

static dn_status read_all(work *w, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(new_parts(w, err));
    DN_AGREE(w->comm);
    DN_TRY(dn_joined_read(w->comm, w->o, &w->joined, err));
    for (int i = 0; i < w->o->n_interactions; i++)
        DN_TRY(dn_interaction_part_read(w->comm, w->o->interactions_file[i], w->o, &w->joined, w->text,
                                        &w->part[i], err));
    for (int side = 0; side < 2; side++)
        DN_TRY(dn_entities_load(w->comm, w->h, side == 0, &w->side[side], err));
    DN_TRY(dn_entities_of_smiles(w->comm, &w->text[DN_ROLE_SMILES].text, &w->side[0], err));
    DN_TRY(dn_entities_of_sequences(w->comm, &w->text[DN_ROLE_SEQUENCE].text, &w->side[1], err));
    for (int side = 0; side < 2; side++)
        DN_TRY(name_entities(w, side, err));
out:
    return st;
}

dn_status dn_ingest_interactions(const dn_comm *comm, const dn_import_options *o, const dn_sources *s,
                                 dn_h5 *h, dn_import_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.comm = comm, .o = o, .h = h};

    DN_TRY(read_all(&w, err));
    for (int i = 0; i < o->n_interactions; i++)
        DN_TRY(one_set(&w, i, &out->interactions[i], err));
    for (int side = 0; side < 2; side++)
        DN_TRY(dn_entities_write(comm, side == 0, &w.side[side], h, err));
    DN_TRY(set_configs(&w, s, err));
    DN_TRY(dn_rejected_write(comm, o->output, o->add ? o->interactions_name : NULL, o->n_interactions,
                             &w.lines, err));
    out->rejected = dn_sum(comm, w.lines.n);
    out->drugs = w.side[0].n;
    out->targets = w.side[1].n;
    out->old_drugs = w.side[0].old;
    out->old_targets = w.side[1].old;
    out->smiles_texts = w.text[DN_ROLE_SMILES].text.n;
out:
    destroy(&w);
    return st;
}
