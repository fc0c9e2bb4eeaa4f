/* cmd_import.c - dragnet import: tables to a dataset; see mpi/io/ingest.h */
#include "jobs/cli/command.h"

#include <stdio.h>
#include <string.h>
#include "jobs/cli/run/surroundings.h"
#include "mpi/core/agree.h"
#include "mpi/io/ingest.h"
#include "solvers/base/alloc.h"

static const dn_opt options[] = {
    {"output", 'o', DN_OPT_TEXT, NULL, "FILE", "dataset to make, or with --add to extend", "output"},
    {"add", 0, DN_OPT_FLAG, NULL, NULL, "add pair sets, layers and interactions to a dataset that exists",
     "output"},
    {"force", 0, DN_OPT_FLAG, NULL, NULL,
     "replace what is in the way: the output, or with --add the layer, or the set and its splits", "output"},
    {"expression", 0, DN_OPT_LIST, NULL, "FILE",
     "expression tables (TSV or CSV, also .gz); their samples stand side by side", "input"},
    {"genes-in", 0, DN_OPT_TEXT, "auto", "rows|columns|auto", "where genes stand; auto: where the ids match",
     "input"},
    {"gene-ids", 0, DN_OPT_TEXT, NULL, "FILE", "gene id table: a header and one naming in each column",
     "input"},
    {"pairs", 0, DN_OPT_LIST, NULL, "NAME=FILE",
     "pair sets: .npy of (i, j, label) by row of the gene id table, a table of id, id, label, BioGRID TAB2 "
     "or "
     "TAB3, PSI-MITAB, or regulations: a DREAM5 gold standard, a YEASTRACT list, a 0/1 matrix; also .gz",
     "input"},
    {"pairs-format", 0, DN_OPT_LIST, NULL, "[NAME=]FORMAT",
     "what the pair sets are, or one of them: auto, npy, table, biogrid, mitab, dream5, yeastract or matrix",
     "pairs"},
    {"organism", 0, DN_OPT_TEXT, NULL, "TAXID",
     "BioGRID, PSI-MITAB: both interactors of this NCBI taxonomy id", "pairs"},
    {"experiment-type", 0, DN_OPT_TEXT, "any", "any|physical|genetic",
     "BioGRID, PSI-MITAB: only such interactions", "pairs"},
    {"experiment-system", 0, DN_OPT_TEXT, NULL, "NAME[,NAME]",
     "BioGRID, PSI-MITAB: only of these experiments, such as \"Two-hybrid\" or MI:0018", "pairs"},
    {"min-score", 0, DN_OPT_NUMBER, NULL, "-1e300..1e300",
     "BioGRID, PSI-MITAB: least score; rows without a score are left out", "pairs"},
    {"directed", 0, DN_OPT_TEXT, "yes", "yes|no",
     "regulations as four classes (none, connection, a regulates b, b regulates a); no: as pairs with label "
     "1",
     "pairs"},
    {"connections", 0, DN_OPT_TEXT, NULL, "NAME",
     "pair set whose pairs that are no regulations give the classes connection and none of the directed ones",
     "pairs"},
    {"edges", 0, DN_OPT_LIST, NULL, "LAYER=FILE",
     "layers of a network: a table of two ids, DGIdb, DrugBank, Matrix Market or GraphML, also .gz; "
     "LAYER:SIDE-SIDE=FILE names the sides of the two ends",
     "network"},
    {"columns", 0, DN_OPT_LIST, NULL, "NAMES",
     "columns by the header, where their names do not say it: SOURCE,TARGET[,WEIGHT] of edges; "
     "drug=NAME,smiles=NAME,target=NAME,sequence=NAME,label=NAME of interactions",
     "input"},
    {"interactions", 0, DN_OPT_LIST, NULL, "NAME=FILE",
     "labelled drug-target pairs: a table of drug id, SMILES, target id, sequence and label (0, 1 or a type)",
     "drugs and targets"},
    {"molecules", 0, DN_OPT_TEXT, NULL, "FILE.smi",
     "SMILES and drug id in each line, for tables without SMILES", "drugs and targets"},
    {"skip-other-labels", 0, DN_OPT_FLAG, NULL, NULL,
     "set rows aside whose label is neither 0, 1 nor a type of activation or inhibition",
     "drugs and targets"},
    {"sequences", 0, DN_OPT_TEXT, NULL, "FILE.fasta", "sequences by target id, for tables without sequences",
     "drugs and targets"},
    {"drop-cut-line", 0, DN_OPT_FLAG, NULL, NULL,
     "take a table of edges that was cut off, without a last line that has no line end", "network"},
    {"id-map", 0, DN_OPT_TEXT, NULL, "FILE",
     "table of ids that mean the same node, on all sides but 'drug'; a row has one node", "network"},
    {"id-columns", 0, DN_OPT_TEXT, NULL, "A,B", "its columns; otherwise those that are known namings",
     "network"},
    {"drop-genes", 0, DN_OPT_LIST, NULL, "GLOB", "leave these genes out (any naming), and their pairs",
     "genes"},
    {"decoys", 0, DN_OPT_LIST, NULL, "GLOB", "keep these genes and mark them as decoys", "genes"},
    {"repeated-genes", 0, DN_OPT_TEXT, "mean", "mean|first|max-variance|refuse",
     "genes that an expression table has several times: mean of the values that are there, or one of the "
     "rows",
     "genes"},
    {"min-match", 0, DN_OPT_NUMBER, "0.5", "0..1",
     "least share of the ids of an expression table that must be known", "genes"},
    {NULL, 0, DN_OPT_FLAG, NULL, NULL, NULL, NULL}};

/* ---- options ---- */

/* Lists, and the text of NAME=FILE cut in two. */
typedef struct lists {
    const char *
        *words; /* [expression, pair name, pair file, drop, decoys, interactions name, file, formats] */
    char **cut; /* [n_pairs + n_layers + n_interactions]  copies, for dn_free() */
    int n_cut;
    dn_layer_option *layer; /* [n_layers] */
} lists;

static void copy_words(const dn_options *o, const char *name, const char **to)
{
    for (int i = 0; i < dn_options_count(o, name); i++)
        to[i] = dn_options_item(o, name, i);
}

/* NAME=FILE of an option into a copy of it. */
static dn_status cut_pair(const char *option, const char *word, char **out_copy, const char **out_name,
                          const char **out_file, dn_error *err)
{
    dn_status st = DN_OK;
    const char *sign = strchr(word, '=');
    char *copy = NULL;

    if (sign == NULL || sign[1] == '\0')
        DN_FAIL(DN_EUSAGE, "%s %s: wanted NAME=FILE", option, word);
    DN_NEW(copy, strlen(word) + 1);
    memcpy(copy, word, strlen(word) + 1);
    copy[sign - word] = '\0';
    *out_copy = copy;
    *out_name = copy;
    *out_file = copy + (sign - word) + 1;
out:
    return st;
}

/* The name in front of "=" may be LAYER:SIDE-SIDE; cut is a copy of the option. */
static dn_status cut_layer(const char *word, char *cut, dn_layer_option *out, dn_error *err)
{
    dn_status st = DN_OK;
    char *colon = strchr(cut, ':'), *dash;

    if (colon == NULL)
        goto out;
    dash = strchr(colon, '-');
    if (dash == NULL || dash == colon + 1 || dash[1] == '\0')
        DN_FAIL(DN_EUSAGE, "--edges %s: wanted LAYER:SIDE-SIDE=FILE, such as ppi:gene-gene=FILE", word);
    *colon = *dash = '\0';
    out->source_side = colon + 1;
    out->target_side = dash + 1;
out:
    return st;
}

static dn_status read_network(const dn_options *o, dn_import_options *out, lists *l, dn_error *err)
{
    dn_status st = DN_OK;
    char **cut = l->cut + out->n_pairs;

    for (int i = 0; i < out->n_layers; i++) {
        const char *word = dn_options_item(o, "edges", i);
        DN_TRY(cut_pair("--edges", word, &cut[i], &l->layer[i].name, &l->layer[i].file, err));
        DN_TRY(cut_layer(word, cut[i], &l->layer[i], err));
    }
    out->layer = l->layer;
    out->id_map = dn_options_text(o, "id-map");
    out->drop_cut_line = dn_options_flag(o, "drop-cut-line");
    out->id_columns = dn_options_text(o, "id-columns");
out:
    return st;
}

/* The columns of edges and of interactions are told apart by "=". */
static dn_status read_columns(const dn_options *o, dn_import_options *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int i = 0; i < dn_options_count(o, "columns"); i++) {
        const char *word = dn_options_item(o, "columns", i);
        const char **to = strchr(word, '=') != NULL ? &out->interaction_columns : &out->columns;

        if (*to != NULL)
            DN_FAIL(DN_EUSAGE, "--columns %s: stands beside --columns %s", word, *to);
        *to = word;
    }
out:
    return st;
}

/* formats: room for [n_pair_formats]. */
static void read_pair_options(const dn_options *o, dn_import_options *out, const char **formats)
{
    const char *type = dn_options_text(o, "experiment-type");

    copy_words(o, "pairs-format", formats);
    out->pair_format = formats;
    out->filter.organism = dn_options_text(o, "organism");
    out->filter.type = strcmp(type, "physical") == 0  ? DN_EXPERIMENT_PHYSICAL
                       : strcmp(type, "genetic") == 0 ? DN_EXPERIMENT_GENETIC
                                                      : DN_EXPERIMENT_ANY;
    out->filter.system = dn_options_text(o, "experiment-system");
    out->filter.scored = dn_options_given(o, "min-score");
    if (out->filter.scored)
        out->filter.min_score = dn_options_number(o, "min-score");
    out->connections = dn_options_text(o, "connections");
    out->undirected = strcmp(dn_options_text(o, "directed"), "no") == 0;
}

/* names: room for [2, n_interactions]. */
static dn_status read_interactions(const dn_options *o, dn_import_options *out, char **cut,
                                   const char **names, dn_error *err)
{
    dn_status st = DN_OK;
    int n = out->n_interactions;

    for (int i = 0; i < n; i++)
        DN_TRY(cut_pair("--interactions", dn_options_item(o, "interactions", i), &cut[i], &names[i],
                        &names[n + i], err));
    out->interactions_name = names;
    out->interactions_file = names + n;
    out->molecules = dn_options_text(o, "molecules");
    out->sequences = dn_options_text(o, "sequences");
    out->skip_other_labels = dn_options_flag(o, "skip-other-labels");
    DN_TRY(read_columns(o, out, err));
out:
    return st;
}

static dn_status read_repeated(const char *word, dn_repeated *out, dn_error *err)
{
    dn_status st = DN_OK;

    for (int k = DN_REPEATED_MEAN; k <= DN_REPEATED_REFUSE; k++)
        if (strcmp(word, dn_repeated_name((dn_repeated)k)) == 0) {
            *out = (dn_repeated)k;
            goto out;
        }
    DN_FAIL(DN_EUSAGE, "--repeated-genes %s: mean, first, max-variance or refuse", word);
out:
    return st;
}

static dn_status read_options(const dn_options *o, dn_import_options *out, lists *l, dn_error *err)
{
    dn_status st = DN_OK;
    const char *axis = dn_options_text(o, "genes-in");
    const char **at;
    int n;

    out->n_expression = dn_options_count(o, "expression");
    out->n_pairs = dn_options_count(o, "pairs");
    out->n_drop = dn_options_count(o, "drop-genes");
    out->n_decoys = dn_options_count(o, "decoys");
    out->n_layers = dn_options_count(o, "edges");
    out->n_interactions = dn_options_count(o, "interactions");
    out->n_pair_formats = dn_options_count(o, "pairs-format");
    n = out->n_expression + 2 * out->n_pairs + out->n_drop + out->n_decoys + 2 * out->n_interactions +
        out->n_pair_formats;
    if (dn_options_positionals(o) > 0)
        DN_FAIL(DN_EUSAGE, "'%s' belongs to no option", dn_options_positional(o, 0));
    DN_NEW(l->words, (size_t)n);
    DN_NEW(l->layer, (size_t)out->n_layers);
    l->n_cut = out->n_pairs + out->n_layers + out->n_interactions;
    DN_NEW(l->cut, (size_t)l->n_cut);
    at = l->words;
    copy_words(o, "expression", at);
    out->expression = at;
    at += out->n_expression;
    out->pair_name = at;
    out->pair_file = at + out->n_pairs;
    for (int i = 0; i < out->n_pairs; i++)
        DN_TRY(cut_pair("--pairs", dn_options_item(o, "pairs", i), &l->cut[i], &at[i], &at[out->n_pairs + i],
                        err));
    at += 2 * out->n_pairs;
    copy_words(o, "drop-genes", at);
    out->drop = at;
    at += out->n_drop;
    copy_words(o, "decoys", at);
    out->decoys = at;
    at += out->n_decoys;
    out->output = dn_options_text(o, "output");
    out->gene_ids = dn_options_text(o, "gene-ids");
    out->genes_in = strcmp(axis, "rows") == 0      ? DN_AXIS_ROWS
                    : strcmp(axis, "columns") == 0 ? DN_AXIS_COLUMNS
                                                   : DN_AXIS_AUTO;
    out->min_match = dn_options_number(o, "min-match");
    DN_TRY(read_repeated(dn_options_text(o, "repeated-genes"), &out->repeated, err));
    out->add = dn_options_flag(o, "add");
    out->force = dn_options_flag(o, "force");
    DN_TRY(read_network(o, out, l, err));
    DN_TRY(read_interactions(o, out, l->cut + out->n_pairs + out->n_layers, at, err));
    read_pair_options(o, out, at + 2 * out->n_interactions);
out:
    return st;
}

static void destroy_lists(lists *l)
{
    for (int i = 0; l->cut != NULL && i < l->n_cut; i++)
        dn_free(l->cut[i]);
    dn_free(l->layer);
    dn_free(l->cut);
    dn_free(l->words);
}

/* ---- the report ---- */

static void print_count(const char *what, int64_t n, const dn_examples *e)
{
    if (n == 0)
        return;
    fprintf(stderr, "    %-28s %10lld", what, (long long)n);
    for (int i = 0; e != NULL && i < e->n; i++)
        fprintf(stderr, "%s%s", i == 0 ? "   such as " : ", ", e->text[i]);
    fprintf(stderr, "\n");
}

static void print_expression(const char *path, const dn_expression_report *r, dn_repeated rule)
{
    char label[64];

    fprintf(stderr, "  expression %s (genes in %s)\n", path, r->genes_in_columns ? "columns" : "rows");
    print_count("gene ids", r->ids, NULL);
    print_count("genes with a profile", r->used, NULL);
    print_count("samples", r->samples, NULL);
    print_count("unknown ids, left out", r->unknown, &r->unknown_ids);
    print_count("dropped genes", r->dropped, NULL);
    snprintf(label, sizeof label, "repeated genes (%s)", dn_repeated_name(rule));
    print_count(label, r->repeated, &r->repeated_ids);
    print_count("  rows beyond their first", r->repeats, NULL);
    print_count("samples renamed FILE|NAME", r->renamed, NULL);
}

static void print_classes(const dn_pairs_report *r)
{
    static const char *const name[4] = {"  none", "  connection", "  a regulates b", "  b regulates a"};

    for (int c = 0; c < 4; c++)
        print_count(name[c], r->of_class[c], NULL);
}

static void print_pairs(const char *name, const char *path, const dn_pairs_report *r)
{
    fprintf(stderr, "  pairs %s from %s (%s%s)\n", name, path, r->format, r->directed ? ", directed" : "");
    print_count("rows", r->rows, NULL);
    print_count("zeros of the matrix, no rows", r->zeros, NULL);
    print_count("pairs of the connections", r->joined, NULL);
    print_count("pairs kept", r->kept, NULL);
    if (r->directed)
        print_classes(r);
    else
        print_count("  with label 1", r->positive, NULL);
    print_count("of other organisms, left out", r->other_organism, NULL);
    print_count("of other types, left out", r->other_type, NULL);
    print_count("of other systems, left out", r->other_system, NULL);
    print_count("without a score, left out", r->no_score, NULL);
    print_count("of a lower score, left out", r->low_score, NULL);
    if (r->naming[0] != '\0') {
        fprintf(stderr, "    genes are found by their %s\n", r->naming);
        print_count("interactors that are genes", r->found, NULL);
    }
    print_count("unknown genes, left out", r->unknown, &r->unknown_ids);
    print_count("self pairs, left out", r->self_pairs, NULL);
    print_count("dropped genes, left out", r->dropped, NULL);
    print_count("repeats, left out", r->repeats, NULL);
    print_count("two labels, left out", r->two_labels, NULL);
    print_count("mutual regulations, left out", r->mutual, NULL);
    print_count("connections that are regulations, left out", r->regulated, NULL);
    if (r->directed && strcmp(r->format, "yeastract") == 0)
        fprintf(stderr, "    the first column regulates the second; --directed no takes them as pairs\n");
    if (r->dream5_like)
        fprintf(stderr,
                "    read as pairs in either order; --pairs-format %s=dream5 takes them as regulations\n",
                name);
}

static void print_map(const dn_import_options *o, const dn_import_report *r)
{
    fprintf(stderr, "  id map %s\n", o->id_map);
    print_count("rows", r->map_rows, NULL);
    print_count("names", r->map_names, NULL);
    print_count("names with two meanings, the first counts", r->map_ambiguous, NULL);
    print_count("nodes here that it would join, left apart", r->map_apart, NULL);
}

static void print_layer(const dn_layer_option *y, const dn_layer_report *r)
{
    bool two = strcmp(r->source_side, r->target_side) != 0;
    char label[64];

    fprintf(stderr, "  layer %s from %s (%s, %s to %s)\n", y->name, y->file, r->format, r->source_side,
            r->target_side);
    if (r->lone_first)
        fprintf(stderr,
                "    warning: '%s' and '%s' of row 1 stand nowhere else: if they are a header, name its "
                "columns with "
                "--columns\n",
                r->first[0], r->first[1]);
    print_count("rows", r->rows, NULL);
    print_count("comments", r->comments, NULL);
    print_count("cut last line, left out", r->cut, NULL);
    print_count("headers that stand again", r->headers, NULL);
    print_count("rows without an id, left out", r->unnamed, NULL);
    print_count("rows without a score, weight 0", r->unscored, NULL);
    print_count("self loops, left out", r->self_loops, NULL);
    print_count("  joined by the id map", r->mapped_loops, NULL);
    print_count("repeats, merged", r->repeats, NULL);
    fprintf(stderr, "    %-28s %10lld\n", "edges", (long long)r->edges);
    print_count("  activating", r->activating, NULL);
    print_count("  inhibiting", r->inhibiting, NULL);
    print_count("  both, sign 0", r->contradictory, NULL);
    print_count("  of negative weight, kept", r->negative, NULL);
    print_count("  of weight 0, kept", r->zero, NULL);
    snprintf(label, sizeof label, "nodes%s%s", two ? ", " : "", two ? r->source_side : "");
    print_count(label, r->source_nodes, NULL);
    snprintf(label, sizeof label, "nodes, %s", r->target_side);
    print_count(label, r->target_nodes, NULL);
    print_count("  without an edge", r->loners, NULL);
    print_count("  also in layers before", r->shared, NULL);
    print_count("ids that the id map knows", r->mapped, NULL);
    print_count("  shown under another id", r->joined, NULL);
    if (r->directed)
        fprintf(stderr, "    directions of the edges are not kept\n");
    if (r->open_end && r->cut == 0)
        fprintf(stderr,
                "    the last line has no line end: if the file was cut off, its last id may be, too\n");
}

static void print_network(const dn_import_options *o, const dn_import_report *r)
{
    if (o->n_layers == 0)
        return;
    fprintf(stderr, "  network\n");
    print_count("nodes", r->nodes, NULL);
    print_count("  that were there before", r->old_nodes, NULL);
    if (o->id_map != NULL)
        print_map(o, r);
    for (int i = 0; i < o->n_layers; i++)
        print_layer(&o->layer[i], &r->layers[i]);
}

static void print_interactions(const char *name, const char *path, const dn_interactions_report *r)
{
    fprintf(stderr, "  interactions %s from %s\n", name, path);
    print_count("rows", r->rows, NULL);
    print_count("set aside", r->rejected, &r->reasons);
    print_count("  molecule not known", r->no_molecule, NULL);
    print_count("  molecule unreadable", r->bad_molecule, NULL);
    print_count("  sequence not known", r->no_sequence, NULL);
    print_count("  sequence unreadable", r->bad_sequence, NULL);
    print_count("  empty id", r->no_id, NULL);
    print_count("  types of both effects", r->both_types, NULL);
    print_count("  other labels", r->other_types, NULL);
    print_count("exact repeats, dropped", r->repeats, NULL);
    print_count("distinct pairs", r->distinct, NULL);
    print_count("contradictory pairs, dropped", r->contradictory, NULL);
    print_count("pairs kept", r->kept, NULL);
    print_count("  activation", r->positive, NULL);
    print_count("  inhibition", r->kept - r->positive, NULL);
    print_count("  drugs", r->drugs, NULL);
    print_count("  targets", r->targets, NULL);
    print_count("ids with several molecules", r->drug_many, NULL);
    print_count("molecules with several ids", r->drug_synonyms, NULL);
    print_count("ids with several sequences", r->target_many, NULL);
    print_count("sequences with several ids", r->target_synonyms, NULL);
}

static void print_drugs_targets(const dn_import_options *o, const dn_import_report *r)
{
    if (o->n_interactions == 0)
        return;
    for (int i = 0; i < o->n_interactions; i++)
        print_interactions(o->interactions_name[i], o->interactions_file[i], &r->interactions[i]);
    fprintf(stderr, "  drugs and targets\n");
    print_count("distinct SMILES read", r->smiles_texts, NULL);
    print_count("drugs", r->drugs, NULL);
    print_count("  that were there before", r->old_drugs, NULL);
    print_count("targets", r->targets, NULL);
    print_count("  that were there before", r->old_targets, NULL);
    if (r->rejected > 0)
        fprintf(stderr, "  %lld rows with their reasons are in %s.rejected.tsv\n", (long long)r->rejected,
                o->output);
}

static void print_genes(const dn_import_report *r)
{
    fprintf(stderr, "  genes%s%s\n", r->primary[0] != '\0' ? ", named by " : "", r->primary);
    print_count("rows of the gene id table", r->table_rows, NULL);
    print_count("dropped", r->dropped, NULL);
    print_count("genes", r->genes, NULL);
    print_count("decoys", r->decoys, NULL);
    print_count("names that mean two genes", r->ambiguous, NULL);
}

static void print_report(const dn_import_options *o, const dn_import_report *r)
{
    if (r->already) {
        fprintf(stderr, "%s: already complete, made of the same input with the same options\n", o->output);
        return;
    }
    fprintf(stderr, "%s: %s\n", o->output, o->add ? "extended" : "imported");
    if (r->genes > 0)
        print_genes(r);
    if (r->samples > 0) {
        print_count("samples", r->samples, NULL);
        print_count("missing values", r->missing, NULL);
        print_count("genes without values", r->no_values, &r->no_value_genes);
        print_count("genes without variance", r->no_variance, &r->no_variance_genes);
    }
    for (int i = 0; i < o->n_expression; i++)
        print_expression(o->expression[i], &r->expression[i], o->repeated);
    for (int i = 0; i < o->n_pairs; i++)
        print_pairs(o->pair_name[i], o->pair_file[i], &r->pairs[i]);
    print_network(o, r);
    print_drugs_targets(o, r);
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    dn_import_options o = {0};
    dn_import_report r = {0};
    lists l = {0};

    DN_PASS(read_options(call->options, &o, &l, err));
    DN_AGREE(call->comm);
    DN_TRY(dn_import(call->comm, &o, call->command_line, &r, err));
    if (call->comm->rank == 0)
        print_report(&o, &r);
out:
    dn_import_report_destroy(&r);
    destroy_lists(&l);
    return st;
}

const dn_command dn_cmd_import = {
    .name = "import",
    .summary = "tables to a dataset",
    .usage = "-o FILE.h5 --expression FILE [FILE...] [--gene-ids FILE] [--pairs NAME=FILE]\n"
             "-o FILE.h5 --edges LAYER=FILE [LAYER=FILE...] [--id-map FILE]\n"
             "-o FILE.h5 --interactions NAME=FILE [--molecules FILE.smi] [--sequences FILE.fasta]\n"
             "-o FILE.h5 --add --pairs NAME=FILE\n"
             "-o FILE.h5 --add --edges LAYER=FILE [--id-map FILE]",
    .details =
        "Reads expression tables, a gene id table, labelled gene pairs and the layers of a network into one "
        "HDF5\n"
        "file. Everything that is left out is counted and reported.\n"
        "Genes: indices in a .npy count the rows of the gene id table before anything is dropped; without a "
        "gene\n"
        "id table the genes are the ids of the first expression table.\n"
        "Networks: edges are undirected; self loops are left out, their nodes stay; of rows that repeat an "
        "edge\n"
        "the largest weight counts, and the sign on which they agree. Interaction types give the sign:\n"
        "activation 1, inhibition -1, anything else 0.\n"
        "Drugs and targets: a drug is its molecule, a target its sequence, whatever their ids; exact repeats "
        "and\n"
        "contradictory pairs are dropped, rows that cannot be read are set aside in FILE.h5.rejected.tsv "
        "with\n"
        "their reasons.",
    .options = options,
    .run = run};
