/* ingest.c - import as a whole; see ingest.h. Order: refuse what makes no sense, read tables of expression
 * for their names, hash the inputs (those tables on the way), see whether it was done before, make the
 * output, then expression, pairs, layers, sources. Where there is no output yet, or --force replaces it, one
 * of several ranks hashes tables of expression while the others read their numbers; the config of the output
 * follows then. */
#include "mpi/io/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mpi/core/agree.h"
#include "mpi/io/dataset.h"
#include "mpi/io/ingest_interactions.h"
#include "mpi/io/ingest_private.h"
#include "mpi/io/origin.h"
#include "mpi/io/output.h"
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

void dn_import_report_destroy(dn_import_report *r)
{
    dn_free(r->expression);
    dn_free(r->pairs);
    dn_free(r->layers);
    dn_free(r->interactions);
    *r = (dn_import_report){0};
}

static dn_status new_report(const dn_import_options *o, dn_import_report *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(out->expression, (size_t)o->n_expression);
    DN_NEW(out->pairs, (size_t)o->n_pairs);
    DN_NEW(out->layers, (size_t)o->n_layers);
    DN_NEW(out->interactions, (size_t)o->n_interactions);
out:
    return st;
}

/* ---- options ---- */

static dn_status check_name(const char *what, const char *name, dn_error *err)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    dn_status st = DN_OK;
    size_t n = strlen(name);

    if (n == 0 || n > 64 || name[0] == '.' || strspn(name, good) != n)
        DN_FAIL(DN_EUSAGE,
                "%s name '%.64s': use 1 to 64 of letters, digits, '_', '-' and '.', no '.' in front", what,
                name);
out:
    return st;
}

/* Pair sets, layers and interactions are numbered through in this order. */
static int sets(const dn_import_options *o)
{
    return o->n_pairs + o->n_layers + o->n_interactions;
}

enum { PAIRS, LAYERS, INTERACTIONS };

/* Which of them set i is, and its number among them. */
static int kind_of(const dn_import_options *o, int i, int *out_at)
{
    int kind = i < o->n_pairs ? PAIRS : i < o->n_pairs + o->n_layers ? LAYERS : INTERACTIONS;

    *out_at = i - (kind == PAIRS ? 0 : kind == LAYERS ? o->n_pairs : o->n_pairs + o->n_layers);
    return kind;
}

static const char *set_name(const dn_import_options *o, int i)
{
    int at, kind = kind_of(o, i, &at);

    return kind == PAIRS ? o->pair_name[at] : kind == LAYERS ? o->layer[at].name : o->interactions_name[at];
}

static const char *set_kind(const dn_import_options *o, int i)
{
    static const char *const name[] = {"pair set", "layer", "set of interactions"};
    int at;

    return name[kind_of(o, i, &at)];
}

static dn_status check_sets(const dn_import_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < sets(o); i++) {
        int at;
        (void)kind_of(o, i, &at);
        DN_TRY(check_name(set_kind(o, i), set_name(o, i), err));
        for (int k = i - at; k < i; k++)
            if (strcmp(set_name(o, i), set_name(o, k)) == 0)
                DN_FAIL(DN_EUSAGE, "%s '%s' is given twice", set_kind(o, i), set_name(o, i));
    }
out:
    return st;
}

/* "559292", or "-1" and "-2" of PSI-MITAB (in vitro, chemical synthesis). */
static bool is_taxid(const char *text)
{
    text += *text == '-';
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static dn_status check_options(const dn_import_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    bool genes = o->n_expression > 0 || o->gene_ids != NULL;

    if (o->output == NULL)
        DN_FAIL(DN_EUSAGE, "no output is named (-o FILE)");
    DN_TRY(check_sets(o, err));
    if (o->n_layers == 0 && (o->id_map != NULL || o->columns != NULL || o->drop_cut_line))
        DN_FAIL(DN_EUSAGE, "%s goes with --edges LAYER=FILE",
                o->id_map != NULL    ? "--id-map"
                : o->columns != NULL ? "--columns SOURCE,TARGET"
                                     : "--drop-cut-line");
    if (o->n_interactions == 0 && (o->molecules != NULL || o->sequences != NULL ||
                                   o->interaction_columns != NULL || o->skip_other_labels))
        DN_FAIL(DN_EUSAGE, "%s goes with --interactions NAME=FILE",
                o->molecules != NULL   ? "--molecules"
                : o->sequences != NULL ? "--sequences"
                : o->skip_other_labels ? "--skip-other-labels"
                                       : "--columns ROLE=NAME,...");
    if (o->n_pairs == 0 &&
        (o->n_pair_formats > 0 || dn_evidence_filters(&o->filter) || o->connections != NULL || o->undirected))
        DN_FAIL(DN_EUSAGE, "%s goes with --pairs NAME=FILE",
                o->n_pair_formats > 0    ? "--pairs-format"
                : o->connections != NULL ? "--connections"
                : o->undirected          ? "--directed"
                                : "--organism, --experiment-type, --experiment-system or --min-score");
    if (o->filter.organism != NULL && !is_taxid(o->filter.organism))
        DN_FAIL(DN_EUSAGE, "--organism %s: wanted a number of the NCBI taxonomy, such as 559292",
                o->filter.organism);
    if (o->id_map == NULL && o->id_columns != NULL)
        DN_FAIL(DN_EUSAGE, "--id-columns goes with --id-map FILE");
    if (o->add && sets(o) == 0)
        DN_FAIL(DN_EUSAGE, "--add adds pair sets, layers and interactions: say which with --pairs NAME=FILE, "
                           "--edges LAYER=FILE or --interactions NAME=FILE");
    if (o->add && (genes || o->n_drop > 0 || o->n_decoys > 0))
        DN_FAIL(DN_EUSAGE,
                "--add keeps the genes of %s: it goes with --pairs, --edges and --interactions only",
                o->output);
    if (!o->add && !genes &&
        (o->n_layers + o->n_interactions == 0 || o->n_pairs + o->n_drop + o->n_decoys > 0))
        DN_FAIL(DN_EUSAGE, "nothing says which genes there are: give --expression, --gene-ids or both");
out:
    return st;
}

/* ---- was it done before? ---- */

/* Whether attribute `config` of an object is this text. Collective. */
static dn_status same_config(const dn_comm *comm, const dn_h5 *h, const char *object, const char *config,
                             bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t cap = strlen(config) + 1;
    char *have = dn_calloc(cap, 1);
    dn_error quiet = DN_ERROR_INIT; /* another config may be longer than ours, or absent */

    *out = false;
    if (have == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory: %zu bytes", cap);
    DN_AGREE(comm);
    if (dn_h5_get_text(h, object, "config", have, cap, &quiet) == DN_OK)
        *out = strcmp(have, config) == 0;
out:
    dn_free(have);
    return st;
}

/* ---- a new dataset ---- */

/* The first file settles which genes there are or which naming is the primary one. */
static dn_status settle_genes(const dn_import_options *o, const dn_table_part *first, dn_gene_table *t,
                              dn_error *err)
{
    dn_status st = DN_OK;

    if (o->n_expression > 0 && o->gene_ids != NULL)
        DN_TRY(dn_gene_table_choose(t, &first->gene, err));
    else if (o->n_expression > 0)
        DN_TRY(dn_gene_table_of_ids(&first->gene, t, err));
    DN_TRY(dn_gene_table_select(t, o, err));
out:
    return st;
}

/* The gene id table, then all files of expression for their names: which genes there are. part is set as soon
 * as there are parts to destroy. */
static dn_status read_tables(const dn_comm *comm, const dn_import_options *o, bool hash_later, bool sure,
                             dn_gene_table *t, dn_table_part **part, dn_error *err)
{
    dn_status st = DN_OK;
    int n = o->n_expression;

    DN_PASS_NEW(*part, (size_t)n);
    DN_AGREE(comm);
    if (o->gene_ids != NULL)
        DN_TRY(dn_gene_table_read(comm, o->gene_ids, t, err));
    for (int i = 0; i < n; i++) {
        bool known = o->gene_ids != NULL || i > 0;
        DN_TRY(dn_table_part_read(comm, o->expression[i], o->genes_in, known ? t : NULL, i % comm->size,
                                  hash_later, sure && n == 1, *part + i, err));
        if (i == 0)
            DN_PASS(settle_genes(o, *part, t, err));
        DN_AGREE(comm);
    }
    if (n == 0 && o->gene_ids != NULL)
        DN_PASS(settle_genes(o, NULL, t, err));
    DN_AGREE(comm);
out:
    return st;
}

static void report_genes(const dn_gene_table *t, dn_import_report *r)
{
    r->table_rows = t->rows;
    r->genes = t->genes;
    r->dropped = t->rows - t->genes;
    r->decoys = t->decoys;
    r->ambiguous = t->ambiguous;
}

/* The files again for their numbers. */
static dn_status read_expression(const dn_comm *comm, const dn_import_options *o, const dn_gene_table *t,
                                 dn_table_part *part, dn_expression *e, dn_import_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    int n = o->n_expression;

    DN_PASS(dn_expression_create(comm, t->genes, n, o->expression, part, e, err));
    DN_AGREE(comm);
    for (int i = 0; i < n; i++)
        DN_TRY(dn_expression_append(comm, o->expression[i], o, t, &part[i], e, &r->expression[i], err));
    report_genes(t, r);
    dn_strings_copy(&t->column, t->primary, r->primary, sizeof r->primary);
out:
    return st;
}

/* /expression/file: what sample_file counts. */
static dn_status write_files(const dn_comm *comm, const dn_import_options *o, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings file = {0};

    for (int i = 0; i < o->n_expression; i++)
        DN_PASS(dn_strings_add(&file, o->expression[i], strlen(o->expression[i]), err));
    DN_AGREE(comm);
    if (file.n > 0)
        DN_TRY(dn_h5_write_strings(h, "/expression/file", &file, err));
out:
    dn_strings_destroy(&file);
    return st;
}

/* All sets and their sources; then the file gets its name, and so do the rows that were set aside. */
static dn_status finish(const dn_comm *comm, const dn_import_options *o, const dn_sources *s,
                        const dn_gene_table *t, dn_h5 **h, dn_import_report *r, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_ingest_pair_sets(comm, o, s, t, *h, r, err));
    if (o->n_layers > 0)
        DN_TRY(dn_ingest_network(comm, o, s, *h, r, err));
    if (o->n_interactions > 0)
        DN_TRY(dn_ingest_interactions(comm, o, s, *h, r, err));
    DN_TRY(dn_sources_write(comm, s, *h, err));
    if (comm->rank == 0)
        st = dn_sources_check(o, s, err);
    DN_AGREE(comm);
    DN_TRY(dn_h5_commit(h, err));
    if (o->n_interactions > 0)
        DN_TRY(dn_rejected_publish(comm, o->output, err));
out:
    return st;
}

/* What was made of what, once all inputs have been hashed; *out for dn_free(). Local. */
static dn_status name_inputs(const dn_import_options *o, const dn_table_part *part, dn_sources *s, char **out,
                             dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_sources_name(o, part, s, err));
    DN_TRY(dn_import_config(o, s, -1, out, err));
out:
    return st;
}

/* opt_config: NULL when there is no output to compare with, and the tables have not been hashed. */
static dn_status import_new(const dn_comm *comm, const dn_import_options *o, dn_sources *s,
                            const dn_gene_table *t, dn_table_part *part, const char *command,
                            const char *opt_config, dn_import_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_expression e = {0};
    char *config = NULL;

    if (!o->force && opt_config != NULL)
        DN_TRY(dn_output_finished(comm, o->output, DN_DATASET_SCHEMA, "/", opt_config, &r->already, err));
    if (r->already) {
        dn_log(DN_INFO, "import", "already complete", "output=\"%s\"", o->output);
        goto out;
    }
    DN_TRY(dn_h5_create(comm, o->output, DN_DATASET_SCHEMA, command, opt_config, o->force, &h, err));
    if (o->n_expression > 0 || o->gene_ids != NULL)
        DN_TRY(read_expression(comm, o, t, part, &e, r, err));
    if (opt_config == NULL) {
        DN_PASS(name_inputs(o, part, s, &config, err));
        DN_AGREE(comm);
        DN_TRY(dn_h5_set_text(h, "/", "config", config, err));
    }
    if (o->n_expression > 0 || o->gene_ids != NULL) {
        DN_TRY(dn_gene_table_write(comm, t, h, err));
        DN_TRY(dn_expression_write(comm, t, &e, h, r, err));
        DN_TRY(write_files(comm, o, h, err));
    }
    DN_TRY(finish(comm, o, s, t, &h, r, err));
out:
    dn_h5_close(&h);
    dn_expression_destroy(&e);
    dn_free(config);
    return st;
}

/* Whether the numbers of tables are wanted whatever their hash is: nothing stands there to compare it with.
 */
static bool is_sure(const dn_comm *comm, const dn_import_options *o)
{
    int sure = o->n_expression > 0 && !o->add;

    if (comm->rank == 0 && sure && !o->force)
        sure = access(o->output, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    MPI_Bcast(&sure, 1, MPI_INT, 0, comm->mpi);
    return sure != 0;
}

/* ---- sets for a dataset that exists ---- */

static void set_group(const dn_import_options *o, int i, char *out, size_t cap)
{
    static const char *const group[] = {"pairs", "edges", "interactions"};
    int at;

    snprintf(out, cap, "/%s/%s", group[kind_of(o, i, &at)], set_name(o, i));
}

/* already: every set stands there and was made of the same. Fails: DN_ECANTCREAT another one has the name, or
 * a set that is replaced gave another one its connections. */
static dn_status check_add(const dn_comm *comm, const dn_import_options *o, const dn_sources *s,
                           bool *out_already, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    char *config = NULL;
    int same = 0;

    DN_TRY(dn_h5_open(comm, o->output, DN_DATASET_SCHEMA, &h, err));
    if (o->force && o->n_pairs > 0 && dn_h5_has(h, "/pairs"))
        DN_TRY(dn_connections_check(o, h, err));
    for (int i = 0; i < sets(o) && !o->force; i++) {
        char group[96];
        bool equal;

        set_group(o, i, group, sizeof group);
        if (!dn_h5_has(h, group))
            continue;
        DN_PASS(dn_import_config(o, s, i, &config, err));
        DN_AGREE(comm);
        DN_TRY(same_config(comm, h, group, config, &equal, err));
        if (!equal)
            DN_FAIL(DN_ECANTCREAT, "%s: %s '%s' exists; choose another name, or --force to replace it",
                    o->output, set_kind(o, i), set_name(o, i));
        dn_free(config);
        config = NULL;
        same++;
    }
    *out_already = same == sets(o);
    if (same > 0 && same < sets(o))
        DN_FAIL(DN_ECANTCREAT, "%s: some of the sets exist already; name only the new ones, or --force",
                o->output);
out:
    dn_free(config);
    dn_h5_close(&h);
    return st;
}

/* Remove the splits that cut a pair set or (key "interactions") a set of interactions. */
static dn_status remove_splits(dn_h5 *h, const char *key, const char *name, dn_error *err)
{
    dn_status st = DN_OK;
    dn_strings splits = {0};
    char path[192], split[128], of[128];

    DN_TRY(dn_h5_list(h, "/splits", &splits, err));
    for (int64_t i = 0; i < splits.n; i++) {
        const char *of_key = key;

        snprintf(path, sizeof path, "/splits/%s", dn_strings_copy(&splits, i, split, sizeof split));
        if (dn_h5_has_attribute(h, path, "source_pairs")) /* it divides rows of its own */
            of_key = strcmp(key, "pairs") == 0 ? "source_pairs" : key;
        if (dn_h5_get_text(h, path, of_key, of, sizeof of, NULL) != DN_OK || strcmp(of, name) != 0)
            continue; /* a split has one of the two keys */
        DN_TRY(dn_split_remove(h, split, err));
        dn_log(DN_WARN, "import", "split removed with its set", "split=%s %s=%s", split, key, name);
    }
out:
    dn_strings_destroy(&splits);
    return st;
}

/* Remove the sets that are given, where they stand already. */
static dn_status remove_sets(const dn_import_options *o, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char group[96];
    int at, kind;

    for (int i = 0; i < sets(o); i++) {
        set_group(o, i, group, sizeof group);
        if (!dn_h5_has(h, group))
            continue;
        DN_TRY(dn_h5_remove(h, group, err));
        kind = kind_of(o, i, &at);
        if (kind != LAYERS)
            DN_TRY(remove_splits(h, kind == PAIRS ? "pairs" : "interactions", set_name(o, i), err));
    }
out:
    return st;
}

static dn_status load_genes(const dn_comm *comm, dn_h5 *h, dn_gene_table *t, dn_import_report *r,
                            dn_error *err)
{
    dn_status st = DN_OK;

    if (!dn_h5_has(h, "/genes"))
        DN_FAIL(DN_EDATA, "%s: holds no genes, so a pair set cannot be added", dn_h5_path(h));
    DN_TRY(dn_gene_table_load(comm, h, t, err));
    report_genes(t, r);
out:
    return st;
}

static dn_status import_add(const dn_comm *comm, const dn_import_options *o, const dn_sources *s,
                            dn_import_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_gene_table t = {0};

    DN_TRY(check_add(comm, o, s, &r->already, err));
    if (r->already) {
        dn_log(DN_INFO, "import", "already complete", "output=\"%s\"", o->output);
        goto out;
    }
    DN_TRY(dn_h5_edit(comm, o->output, DN_DATASET_SCHEMA, &h, err));
    if (o->n_pairs > 0)
        DN_TRY(load_genes(comm, h, &t, r, err));
    DN_TRY(remove_sets(o, h, err));
    DN_TRY(finish(comm, o, s, &t, &h, r, err));
out:
    dn_h5_close(&h);
    dn_gene_table_destroy(&t);
    return st;
}

dn_status dn_import(const dn_comm *comm, const dn_import_options *o, const char *command,
                    dn_import_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_sources s = {0};
    dn_import_report r = {0};
    dn_gene_table t = {0};
    dn_table_part *part = NULL; /* [n_expression] */
    char *config = NULL;
    bool sure, later; /* later: the hash can wait until the numbers are read */

    DN_PASS(check_options(o, err));
    DN_PASS(new_report(o, &r, err));
    if (comm->rank == 0)
        DN_PASS(dn_sources_stamp(o, &s, err));
    DN_AGREE(comm);
    sure = is_sure(comm, o);
    later = sure && comm->size > 1;
    DN_TRY(read_tables(comm, o, later, sure, &t, &part, err));
    DN_TRY(dn_sources_read(comm, o, &s, err));
    if (!later)
        DN_PASS(name_inputs(o, part, &s, &config, err));
    DN_AGREE(comm);
    if (o->add)
        DN_TRY(import_add(comm, o, &s, &r, err));
    else
        DN_TRY(import_new(comm, o, &s, &t, part, command, config, &r, err));
    *out = r;
    r = (dn_import_report){0};
out:
    if (st != DN_OK && o->n_interactions > 0)
        dn_rejected_drop(comm, o->output);
    for (int i = 0; part != NULL && i < o->n_expression; i++)
        dn_table_part_destroy(&part[i]);
    dn_free(part);
    dn_gene_table_destroy(&t);
    dn_free(config);
    dn_sources_destroy(&s);
    dn_import_report_destroy(&r);
    return st;
}
