/* ingest_pair_sets.c - all pair sets of an import: what their files are, their order, their reports; see
 * ingest_private.h
 *
 * Undirected sets come first, because directed ones may be joined with one of them.
 */
#include "mpi/io/ingest_pairs.h"

#include <stdio.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

/* The sets of an import, and the pairs of the connections. */
typedef struct plan {
    const dn_import_options *o;
    dn_pair_file *file; /* [o->n_pairs] */
    dn_pair_columns connections;
    bool have; /* connections is filled */
} plan;

static void destroy(plan *p)
{
    for (int i = 0; p->file != NULL && i < p->o->n_pairs; i++)
        dn_strings_destroy(&p->file[i].factor);
    dn_free(p->file);
    dn_pair_columns_destroy(&p->connections);
}

/* ---- options ---- */

/* What --pairs-format says of a set: "FORMAT", or "NAME=FORMAT". */
static dn_status format_of(const dn_import_options *o, const char *name, dn_pair_format *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = DN_PAIRS_AUTO;
    for (int i = 0; i < o->n_pair_formats; i++) {
        const char *word = o->pair_format[i], *sign = strchr(word, '=');
        const char *format = sign != NULL ? sign + 1 : word;
        size_t n = sign != NULL ? (size_t)(sign - word) : 0;
        dn_pair_format found;

        if (!dn_pair_format_find(format, strlen(format), &found))
            DN_FAIL(
                DN_EUSAGE,
                "--pairs-format %s: '%s' is no format; there are: auto, npy, table, biogrid, mitab, dream5, "
                "yeastract, matrix",
                word, format);
        if (sign == NULL || (strlen(name) == n && memcmp(name, word, n) == 0))
            *out = found;
    }
out:
    return st;
}

/* Whether every "NAME=FORMAT" has its set. */
static dn_status check_formats(const dn_import_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < o->n_pair_formats; i++) {
        const char *word = o->pair_format[i], *sign = strchr(word, '=');
        bool known = sign == NULL;
        for (int k = 0; k < o->n_pairs && !known; k++)
            known = strlen(o->pair_name[k]) == (size_t)(sign - word) &&
                    memcmp(o->pair_name[k], word, (size_t)(sign - word)) == 0;
        if (!known)
            DN_FAIL(DN_EUSAGE, "--pairs-format %s: no pair set of that name is imported", word);
    }
out:
    return st;
}

static bool is_directed(const plan *p, int i)
{
    return dn_pair_format_directed(p->file[i].layout.format) && !p->o->undirected;
}

/* Options that fit no set. The layouts are the same on every rank, so is the verdict. */
static dn_status check_fit(const plan *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_import_options *o = p->o;
    bool evidence = false, regulation = false, directed = false;

    for (int i = 0; i < o->n_pairs; i++) {
        evidence = evidence || dn_pair_format_evidence(p->file[i].layout.format);
        regulation = regulation || dn_pair_format_directed(p->file[i].layout.format);
        directed = directed || is_directed(p, i);
    }
    if (dn_evidence_filters(&o->filter) && !evidence)
        DN_FAIL(DN_EUSAGE,
                "--organism, --experiment-type, --experiment-system and --min-score choose rows of "
                "BioGRID and PSI-MITAB; no pair set is of these formats");
    if (o->undirected && !regulation)
        DN_FAIL(DN_EUSAGE,
                "--directed no goes with regulations (dream5, yeastract, matrix); no pair set has any");
    if (o->connections != NULL && !directed)
        DN_FAIL(DN_EUSAGE,
                "--connections joins a pair set to directed ones (dream5, yeastract, matrix); no pair "
                "set is directed");
    for (int i = 0; i < o->n_pairs && o->connections != NULL; i++)
        if (strcmp(o->pair_name[i], o->connections) == 0 && is_directed(p, i))
            DN_FAIL(DN_EUSAGE, "--connections %s: is directed itself; wanted a set of two classes",
                    o->connections);
out:
    return st;
}

static dn_status new_files(plan *p, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(p->file, (size_t)p->o->n_pairs);
    DN_TRY(check_formats(p->o, err));
out:
    return st;
}

static dn_status look(const dn_comm *comm, plan *p, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PASS(new_files(p, err));
    DN_AGREE(comm);
    for (int i = 0; i < p->o->n_pairs; i++) {
        dn_pair_file *f = &p->file[i];
        dn_pair_format format;

        f->name = p->o->pair_name[i];
        f->path = p->o->pair_file[i];
        f->filter = &p->o->filter;
        DN_TRY(format_of(p->o, f->name, &format, err));
        DN_TRY(dn_pair_file_look(comm, format, f, err));
    }
    DN_TRY(check_fit(p, err));
out:
    return st;
}

/* ---- one set ---- */

/* Why the filter left rows out: "2 of another organism, 1 without a score". */
static const char *reasons(const dn_pairs_report *r, char *buf, size_t cap)
{
    const struct {
        int64_t n;
        const char *what;
    } all[] = {{r->other_organism, "of another organism"},
               {r->other_type, "of another experiment type"},
               {r->other_system, "of another experiment system"},
               {r->no_score, "without a score"},
               {r->low_score, "with a lower score"}};
    size_t len = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < sizeof all / sizeof all[0] && len < cap; i++)
        if (all[i].n > 0)
            len += (size_t)snprintf(buf + len, cap - len, "%s%lld %s", len > 0 ? ", " : "",
                                    (long long)all[i].n, all[i].what);
    return buf;
}

/* The same sums on every rank, so the same verdict. */
static dn_status check_rows(const char *path, const dn_gene_table *t, const dn_pairs_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    char here[160], there[160];
    dn_examples table = {0};
    int64_t left_out = r->other_organism + r->other_type + r->other_system + r->no_score + r->low_score;

    if (r->rows == 0)
        DN_FAIL(DN_EDATA, "%s: holds no pairs", path);
    if (left_out == r->rows)
        DN_FAIL(DN_EDATA, "%s: none of %lld rows is wanted: %s", path, (long long)r->rows,
                reasons(r, here, sizeof here));
    if (r->unknown == r->rows - left_out) {
        dn_gene_table_examples(t, &table);
        DN_FAIL(DN_EDATA,
                "%s: none of %lld pairs has two known genes: the file has %s, the gene ids are such as %s",
                path, (long long)r->unknown, dn_examples_text(&r->unknown_ids, here, sizeof here),
                dn_examples_text(&table, there, sizeof there));
    }
out:
    return st;
}

static dn_status check_labels(const char *path, const dn_pairs_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    bool labelled = strcmp(r->format, "npy") == 0 || strcmp(r->format, "table") == 0;

    if (r->kept == 0)
        DN_FAIL(DN_EDATA,
                "%s: no pair is left of %lld rows: %lld unknown, %lld self pairs, %lld of dropped genes, "
                "%lld repeats, %lld with two labels, %lld mutual",
                path, (long long)r->rows, (long long)r->unknown, (long long)r->self_pairs,
                (long long)r->dropped, (long long)r->repeats, (long long)r->two_labels, (long long)r->mutual);
    if (labelled && (r->positive == 0 || r->positive == r->kept))
        DN_FAIL(DN_EDATA, "%s: all %lld pairs have label %d; both classes are needed", path,
                (long long)r->kept, r->positive > 0);
out:
    return st;
}

/* Sums of what was counted while reading. */
static void count_read(const dn_comm *comm, const dn_pair_part *p, dn_pairs_report *r)
{
    int64_t sums[10] = {p->rows,
                        p->unknown,
                        p->self_pairs,
                        p->dropped,
                        p->zeros,
                        p->failed[DN_EVIDENCE_ORGANISM],
                        p->failed[DN_EVIDENCE_TYPE],
                        p->failed[DN_EVIDENCE_SYSTEM],
                        p->failed[DN_EVIDENCE_NO_SCORE],
                        p->failed[DN_EVIDENCE_LOW_SCORE]};

    MPI_Allreduce(MPI_IN_PLACE, sums, 10, MPI_INT64_T, MPI_SUM, comm->mpi);
    r->rows = sums[0];
    r->unknown = sums[1];
    r->self_pairs = sums[2];
    r->dropped = sums[3];
    r->zeros = sums[4];
    r->other_organism = sums[5];
    r->other_type = sums[6];
    r->other_system = sums[7];
    r->no_score = sums[8];
    r->low_score = sums[9];
    r->unknown_ids = p->unknown_ids;
}

static dn_status keep(const dn_pair_part *p, const uint8_t *verdict, dn_pair_columns *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_pair_columns_create(p->n, out, err));
    for (int64_t i = 0; i < p->n; i++)
        if (verdict[i] == DN_ROW_KEEP) {
            out->a[out->n] = p->pair[i].a;
            out->b[out->n] = p->pair[i].b;
            out->label[out->n++] = (uint8_t)p->pair[i].label;
        }
out:
    return st;
}

/* Rows of pairs that have no direction. */
static dn_status settle(const dn_comm *comm, const dn_gene_table *t, const dn_pair_part *p,
                        dn_pair_columns *out, dn_pairs_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *verdict = NULL; /* [p->n] */
    int64_t sums[4] = {0};

    DN_PASS_NEW(verdict, (size_t)p->n);
    DN_AGREE(comm);
    DN_TRY(dn_pairs_settle(comm, t->genes, p, verdict, err));
    for (int64_t i = 0; i < p->n; i++) {
        sums[0] += verdict[i] == DN_ROW_REPEAT || verdict[i] == DN_ROW_OTHER_LABEL;
        sums[1] += verdict[i] == DN_ROW_TWO_LABELS;
        sums[2] += verdict[i] == DN_ROW_KEEP;
        sums[3] += verdict[i] == DN_ROW_KEEP && p->pair[i].label == 1;
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_INT64_T, MPI_SUM, comm->mpi);
    r->repeats = sums[0];
    r->two_labels = sums[1];
    r->kept = sums[2];
    r->positive = sums[3];
    r->of_class[0] = r->kept - r->positive;
    r->of_class[1] = r->positive;
    DN_PASS(keep(p, verdict, out, err));
    DN_AGREE(comm);
out:
    dn_free(verdict);
    return st;
}

static dn_status ingest(const dn_comm *comm, plan *p, int i, const dn_gene_table *t, dn_h5 *h,
                        dn_pairs_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_pair_file *f = &p->file[i];
    dn_pair_part part = {0};
    dn_pair_columns c = {0};
    dn_pairs_report r = {0};

    if (t->genes > (int64_t)INT32_MAX + 1) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: pairs of %lld genes: at most 2^31 can be loaded", f->path,
                (long long)t->genes);
    if (f->layout.format == DN_PAIRS_NPY && !p->o->add && p->o->gene_ids == NULL && comm->rank == 0)
        dn_log(DN_WARN, "import", "without --gene-ids, indices count the rows of the first expression file",
               "pairs=%s file=\"%s\"", f->name, f->path);
    DN_TRY(dn_pair_part_read(comm, f, t, &part, &r, err));
    count_read(comm, &part, &r);
    DN_TRY(dn_examples_share(comm, &r.unknown_ids, err));
    DN_TRY(check_rows(f->path, t, &r, err));
    if (dn_pair_format_directed(f->layout.format))
        DN_TRY(dn_regulations_settle(comm, t, &part, p->o->undirected,
                                     is_directed(p, i) && p->have ? &p->connections : NULL, &c, &r, err));
    else
        DN_TRY(settle(comm, t, &part, &c, &r, err));
    DN_TRY(check_labels(f->path, &r, err));
    DN_TRY(dn_pair_columns_write(comm, f->name, &c, &r, h, err));
    if (p->o->connections != NULL && strcmp(f->name, p->o->connections) == 0) {
        p->connections = c;
        p->have = true;
        c = (dn_pair_columns){0};
    }
    *out = r;
out:
    dn_free(part.pair);
    dn_pair_columns_destroy(&c);
    return st;
}

/* ---- the connections, when they stand in the dataset already ---- */

static dn_status take_block(const dn_comm *comm, const dn_pairs *p, dn_pair_columns *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(p->n, comm->rank, comm->size);

    DN_TRY(dn_pair_columns_create(mine.end - mine.begin, out, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        out->a[out->n] = p->gene_a[i];
        out->b[out->n] = p->gene_b[i];
        out->label[out->n++] = p->label[i];
    }
out:
    return st;
}

static dn_status load_connections(const dn_comm *comm, plan *p, const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    const char *name = p->o->connections;
    dn_pairs pairs = {0};
    int64_t classes = 2;
    char group[96];

    snprintf(group, sizeof group, "/pairs/%s", name);
    if (!p->o->add || !dn_h5_has(h, group))
        DN_FAIL(DN_EUSAGE, "--connections %s: no pair set of that name is imported%s", name,
                p->o->add ? " or stands in the dataset" : "");
    if (dn_h5_has_attribute(h, group, "classes"))
        DN_TRY(dn_h5_get_int(h, group, "classes", &classes, err));
    if (classes != 2)
        DN_FAIL(DN_EUSAGE, "--connections %s: is directed itself; wanted a set of two classes", name);
    DN_TRY(dn_pairs_load(h, name, &pairs, err));
    DN_PASS(take_block(comm, &pairs, &p->connections, err));
    DN_AGREE(comm);
    p->have = true;
out:
    dn_pairs_destroy(&pairs);
    return st;
}

/* ---- all of them ---- */

static dn_status ingest_one(const dn_comm *comm, plan *p, int i, const dn_sources *s, const dn_gene_table *t,
                            dn_h5 *h, dn_pairs_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    char group[96], *config = NULL;

    DN_TRY(ingest(comm, p, i, t, h, out, err));
    DN_PASS(dn_import_config(p->o, s, i, &config, err));
    DN_AGREE(comm);
    snprintf(group, sizeof group, "/pairs/%s", p->o->pair_name[i]);
    DN_TRY(dn_h5_set_text(h, group, "config", config, err));
    if (is_directed(p, i) && p->have)
        DN_TRY(dn_h5_set_text(h, group, "connections", p->o->connections, err));
out:
    dn_free(config);
    return st;
}

dn_status dn_ingest_pair_sets(const dn_comm *comm, const dn_import_options *o, const dn_sources *s,
                              const dn_gene_table *t, dn_h5 *h, dn_import_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    plan p = {.o = o};

    if (o->n_pairs == 0)
        goto out;
    DN_TRY(look(comm, &p, err));
    for (int i = 0; i < o->n_pairs; i++)
        if (!is_directed(&p, i))
            DN_TRY(ingest_one(comm, &p, i, s, t, h, &out->pairs[i], err));
    if (o->connections != NULL && !p.have)
        DN_TRY(load_connections(comm, &p, h, err));
    for (int i = 0; i < o->n_pairs; i++)
        if (is_directed(&p, i))
            DN_TRY(ingest_one(comm, &p, i, s, t, h, &out->pairs[i], err));
out:
    destroy(&p);
    return st;
}

/* ---- sets that were made with another one ---- */

static bool imported(const dn_import_options *o, const char *name)
{
    for (int i = 0; i < o->n_pairs; i++)
        if (strcmp(o->pair_name[i], name) == 0)
            return true;
    return false;
}

dn_status dn_connections_check(const dn_import_options *o, const dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings sets = {0};
    char group[192], name[96], of[96];

    DN_TRY(dn_h5_list(h, "/pairs", &sets, err));
    for (int64_t i = 0; i < sets.n; i++) {
        snprintf(group, sizeof group, "/pairs/%s", dn_strings_copy(&sets, i, name, sizeof name));
        if (!dn_h5_has_attribute(h, group, "connections"))
            continue;
        DN_TRY(dn_h5_get_text(h, group, "connections", of, sizeof of, err));
        if (imported(o, of) && !imported(o, name))
            DN_FAIL(
                DN_ECANTCREAT,
                "%s: pair set '%s' holds the pairs of '%s' as its connections and would keep the old ones; "
                "import both: --pairs %s=FILE %s=FILE --connections %s, or choose another name",
                o->output, name, of, of, name, of);
    }
out:
    dn_strings_destroy(&sets);
    return st;
}
