/* evaluate_folds_report.c - several folds of pairs of genes as table and JSON; see evaluate_report.h */
#include <inttypes.h>
#include <string.h>
#include "jobs/cli/evaluate/evaluate_report.h"

static dn_views views_of(const dn_gene_folds *g, const dn_evaluate_options *o)
{
    return (dn_views){.kind = g->mean[0].kind,
                      .view = g->pooled.view,
                      .model = g->mean[0].model,
                      .replicates = o->replicates};
}

static void print_heading(const dn_gene_folds *g, const dn_evaluate_options *o, FILE *to)
{
    const dn_evaluation *e = &g->pooled;

    if (o->models != NULL)
        fprintf(to, "%" PRId64 " models, %s and others, on %s\n", g->folds, o->models[0], o->dataset);
    else
        fprintf(to, "baselines of %" PRId64 " fold%s on %s\n", g->folds, g->folds == 1 ? "" : "s",
                o->dataset);
    if (g->splits == 1)
        fprintf(to, "%s parts of split '%s' (pair set '%s')\n", e->part, e->model.split, e->pairs);
    else
        fprintf(to, "%s parts of %" PRId64 " splits of pair set '%s'\n", e->part, g->splits, e->pairs);
    fprintf(to, "left out, all folds together: %" PRId64 " between parts; %" PRId64 " with two labels\n",
            e->left_out.between_parts, e->left_out.two_labels);
    if (strcmp(e->part, "train") == 0)
        fprintf(to, "WARNING: %s on these pairs\n",
                o->models != NULL ? "the models were trained" : "the baselines were fitted");
    if (strcmp(e->part, "validation") == 0)
        fprintf(to, "WARNING: threshold and calibration come from these pairs\n");
    fputc('\n', to);
}

void dn_gene_folds_print(const dn_gene_folds *g, const dn_evaluate_options *o, FILE *to)
{
    dn_views views = views_of(g, o);

    print_heading(g, o, to);
    dn_repeats_print(&g->mean[0], o->replicates, to);
    dn_repeats_views_print(g->mean, to);
    if (g->splits > 1)
        return;
    fprintf(to,
            "\n%" PRId64 " folds pooled: one AUROC over the %" PRId64
            " rows of all folds, each with the score of its own %s\n",
            g->folds, g->pooled.n, o->models != NULL ? "model" : "fold's baselines");
    dn_views_print(&views, to);
}

dn_status dn_gene_folds_json(const dn_gene_folds *g, const dn_evaluate_options *o,
                             const dn_gene_kinds *opt_kinds, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_evaluation *e = &g->pooled;
    dn_views views = views_of(g, o);
    dn_json *root = dn_json_create(), *group;

    if (root == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory for the report");
    if (g->splits == 1)
        dn_views_json(&views, root);
    dn_repeats_views_json(g->mean, root);
    group = dn_json_object(root, "left_out");
    dn_json_int(group, "two_labels", e->left_out.two_labels);
    dn_json_int(group, "between_parts", e->left_out.between_parts);
    dn_json_int(root, "also_in_validation", e->also_in_validation);
    dn_json_int(root, "genes_without_variance", e->flat_genes);
    dn_json_string(root, "dataset", o->dataset);
    if (o->models != NULL) {
        group = dn_json_array(root, "model_files");
        for (int i = 0; i < o->n_models; i++)
            dn_json_string(group, NULL, o->models[i]);
    }
    if (g->splits == 1) {
        dn_json_string(root, "split", e->model.split);
        dn_json_int(root, "folds_pooled", g->folds);
    } else {
        dn_json_int(root, "splits", g->splits);
    }
    dn_json_string(root, "part", e->part);
    dn_json_string(root, "pairs", e->pairs);
    dn_json_int(root, "seed", (int64_t)o->seed);
    dn_json_int(root, "replicates", o->replicates);
    dn_gene_kinds_json(opt_kinds, e->view, g->mean, o, root);
    DN_TRY(dn_json_text(root, 2, out, err));
out:
    dn_json_destroy(&root);
    return st;
}
