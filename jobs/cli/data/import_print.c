/* import_print.c - what an import has read, left out and made, in words; see import_print.h */
#include "jobs/cli/data/import_print.h"

#include <stdio.h>
#include <string.h>

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

void dn_import_print(const dn_import_options *o, const dn_import_report *r)
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
