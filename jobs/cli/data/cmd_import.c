/* cmd_import.c - dragnet import: tables to a dataset; see mpi/io/ingest.h */
#include "jobs/cli/command.h"

#include <string.h>
#include "jobs/cli/data/import_print.h"
#include "mpi/core/agree.h"
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
        dn_import_print(&o, &r);
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
