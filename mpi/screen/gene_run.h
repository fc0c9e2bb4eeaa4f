/* gene_run.h - a screen over pairs of genes from files: dataset, model, who is screened
 *
 *     dn_gene_wish w = {.dataset = "d.h5", .model = "run/model.h5", .keep = 1000, .threshold = NAN,
 *                       .prevalence = NAN};
 *     DN_TRY(dn_gene_run_open(comm, &w, &run, err));      dataset, model, who is screened
 *     DN_TRY(dn_gene_run_compute(comm, &w, &run, err));   scores, calibration, precision
 *     DN_TRY(dn_gene_run_store(comm, path, command, config, &w, &run, err));
 *
 * Screened are all genes of the dataset, or those of a file among themselves, or one gene with all of these.
 * Decoys and genes without an expression value are left out and counted, unless all_genes says otherwise: of
 * the latter every profile is the same, so all of their pairs with a gene would have one score.
 *
 * Calibration on validation rows and precision on test rows are those of screen_held.h. With four classes
 * there is neither: the score is the probability of any of three.
 *
 * All functions but destroy are collective on comm; every rank gets the whole.
 */
#ifndef DN_SCREEN_GENE_RUN_H
#define DN_SCREEN_GENE_RUN_H

#include "mpi/evaluate/evaluate.h"
#include "mpi/evaluate/gene_model.h"
#include "mpi/screen/gene_screen.h"
#include "mpi/screen/screen_held.h"

typedef struct dn_gene_wish {
    const char *dataset, *model;
    const char *genes; /* a file of ids (formats/id_list.h); NULL: all */
    const char *one;   /* the id of a gene, to be paired with all of the others; NULL: none */
    bool all_genes;    /* also decoys and genes without values */
    int64_t keep;      /* 0: all from the threshold on */
    double threshold;  /* NaN: none */
    double prevalence; /* in (0, 1); NaN: none stated */
    bool include_known;
    bool narrow; /* bfloat16 finds the candidates */
    const dn_hooks *opt_hooks;
    const dn_screen_saving *opt_saving; /* NULL: no checkpoints */
} dn_gene_wish;

typedef struct dn_gene_run {
    dn_gene_model model;
    int64_t n_genes;
    int64_t *gene;          /* [n_genes]  rising */
    int64_t one;            /* -1: none */
    int64_t asked, repeats; /* ids of the file: different ones, and those that stood there again */
    int64_t decoys, empty;  /* left out */
    char digest[17];        /* of weights, expression, pairs, parts and who is screened */
    /* from here on by compute() */
    dn_gene_screen_result result;
    int64_t *rows; /* [genes]  training rows of each */
    dn_screen_calibration calibration;
    dn_screen_held held;
} dn_gene_run;

/* Fails: DN_EDATA an id that the dataset has not (file and line named), fewer than two genes left, a model of
 * another network or dataset; DN_EUSAGE prevalence out of range, a gene that is left out asked for by name;
 * as dn_gene_model_load(), dn_id_list_read() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_run_open(const dn_comm *comm, const dn_gene_wish *wish,
                                                       dn_gene_run *out, dn_error *err);

/* Fails: DN_EDATA a prevalence is stated but nothing can be calibrated; as dn_gene_screen(), dn_evaluate() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_run_compute(const dn_comm *comm, const dn_gene_wish *wish,
                                                          dn_gene_run *run, dn_error *err);
DN_COLLECTIVE void dn_gene_run_destroy(dn_gene_run *run);

/* screen.h5. Fails: as dn_h5_create(), dn_h5_commit(); DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_run_store(const dn_comm *comm, const char *path,
                                                        const char *command, const char *config,
                                                        const dn_gene_wish *wish, const dn_gene_run *run,
                                                        dn_error *err);

#endif
