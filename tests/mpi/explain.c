/* explain.c - tests of mpi/explain: the numbers of one rank on any, pairs by id, from a file, of newcomers;
 * ids that nobody has; memory refused on any rank
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "mpi/data/split.h"
#include "mpi/data/synth_interactions.h"
#include "mpi/explain/explain_run.h"
#include "solvers/base/alloc.h"

enum { DRUGS = 12, TARGETS = 8, PAIRS = 60 };

static const dn_synth_dti_options shape = {
    .drugs = DRUGS, .targets = TARGETS, .pairs = PAIRS, .families = 2, .seed = 7};
static const dn_dti_explain_options integration = {.steps = 4, .most = 64, .tolerance = 0.01};
static char dataset[1024], model[1024], list[1024], molecules[1024];
static char drug_id[64], target_id[64];
static bool ready;

/* ---- a dataset, a split and a network of random weights ---- */

static dn_status store_split(dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_interactions p = {.n = 0};
    dn_pairs pairs = {.n = 0};
    dn_split_plan plan = {.folds = 0};
    dn_split_count counts[1][DN_COUNTS];
    const dn_split_options o = {
        .kind = DN_SPLIT_RANDOM, .fraction = {0.6, 0.2, 0.2}, .drugs = DRUGS, .seed = 1};
    uint8_t part[PAIRS];

    DN_TRY(dn_h5_edit(&test_comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_interactions_load(h, "known", &p, err));
    DN_TRY(dn_split_pairs_of(&p, &pairs, err));
    DN_TRY(dn_split_plan_make(&o, &pairs, DRUGS + TARGETS, &plan, err));
    dn_split_part(&plan, &pairs, 0, part);
    DN_TRY(dn_split_counts(&pairs, DRUGS + TARGETS, part, counts[0], err));
    DN_TRY(dn_split_store(h, "warm", "known", "{}", &plan, &pairs, (const dn_split_count(*)[DN_COUNTS])counts,
                          err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    dn_interactions_destroy(&p);
    dn_pairs_destroy(&pairs);
    dn_split_plan_destroy(&plan);
    return st;
}

static dn_status store_model(dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;
    dn_dti_table t = {.fold = -1};
    dn_dti_inputs in = {.drugs = {.n = 0}};
    dn_dti *dti = NULL;
    float *w = NULL, *running = NULL;
    dn_model_record r = {.architecture = "dti",
                         .split = "warm",
                         .pairs = "known",
                         .fold = -1,
                         .atoms = "published",
                         .encoder = "blosum",
                         .drugs = DRUGS,
                         .targets = TARGETS,
                         .history = true,
                         .dti = {.gcn1 = 8,
                                 .gcn2 = 8,
                                 .drug_out = 6,
                                 .conv1 = 6,
                                 .conv2 = 8,
                                 .target_out = 6,
                                 .joint = 8,
                                 .heads = 2,
                                 .positive_weight = 1}};
    const dn_dti_encoding e = {.atoms = (dn_atom_encoding)dn_atoms_encoding_find("published"),
                               .residues = (dn_protein_encoding)dn_protein_encoding_find("blosum")};

    DN_TRY(dn_dti_table_load(&test_comm, dataset, "warm", -1, &t, err));
    DN_TRY(dn_h5_open(&test_comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_dti_inputs_load(&test_comm, h, "known", &e, &in, err));
    DN_TRY(dn_dti_inputs_add_history(&test_comm, &in, &t.split, err));
    DN_TRY(dn_dti_create(&in.data, &r.dti, &dti, err));
    DN_NEW(w, (size_t)dti->model.n_weights);
    DN_NEW(running, (size_t)dti->model.n_moments);
    dti->model.ops->init(&dti->model, 3, w, running);
    dn_interactions_hash(&in.drugs, &in.targets, &in.pairs, t.split.part, r.training_hash);
    dn_interactions_validation_hash(&in.pairs, t.split.part, r.validation_hash);
    DN_TRY(dn_model_save(&test_comm, model, "test", "{}", true, &dti->model, &r, w, running, err));
    dn_strings_copy(&in.drugs.id, 3, drug_id, sizeof drug_id);
    dn_strings_copy(&in.targets.id, 5, target_id, sizeof target_id);
out:
    dn_h5_close(&h);
    dn_dti_destroy(&dti);
    dn_dti_inputs_destroy(&in);
    dn_dti_table_destroy(&t);
    dn_free(w);
    dn_free(running);
    return st;
}

static dn_status make_all(dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(dn_synth_dti_write(&test_comm, dataset, "dragnet test", "{}", false, &shape, err));
    DN_TRY(store_split(err));
    DN_TRY(store_model(err));
out:
    return st;
}

static void set_up(void)
{
    dn_error err = DN_ERROR_INIT;
    dn_status st;
    char text[400];

    snprintf(dataset, sizeof dataset, "%s", test_path("d.h5"));
    snprintf(model, sizeof model, "%s", test_path("model.h5"));
    st = make_all(&err);
    if (st == DN_EUNAVAILABLE) {
        test_skip(err.text);
        return;
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    if (st != DN_OK)
        fprintf(stderr, "# %s\n", err.text);
    snprintf(text, sizeof text, "CCO\tspirit\n");
    snprintf(molecules, sizeof molecules, "%s", test_file("new.smi", text, strlen(text)));
    snprintf(text, sizeof text, "drug_id\ttarget_id\n# two\n%s\t%s\nspirit\t%s\n", drug_id, target_id,
             target_id);
    snprintf(list, sizeof list, "%s", test_file("pairs.tsv", text, strlen(text)));
    ready = st == DN_OK;
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- asking ---- */

/* The explanations of all pairs as one number. Collective up to the last pair. */
static dn_status explain(const dn_comm *comm, const dn_explain_wish *w, uint64_t *out, int64_t *out_n,
                         dn_error *err)
{
    dn_status st = DN_OK;
    dn_explain_run run;
    dn_dti_explanation e = {.atoms = 0};

    *out = TEST_FNV;
    DN_TRY(dn_explain_open(comm, w, &run, err));
    *out_n = run.n;
    for (int64_t i = 0; st == DN_OK && i < run.n; i++) {
        DN_PASS(dn_explain_pair(&run, i, &integration, &e, err));
        if (st == DN_OK) {
            *out = test_fnv(*out, e.atom, (size_t)e.atoms * sizeof *e.atom);
            *out = test_fnv(*out, e.position, (size_t)e.positions * sizeof *e.position);
            *out = test_fnv(*out, e.pair_extra, (size_t)e.pair_extras * sizeof *e.pair_extra);
            *out = test_fnv(*out, &e.remainder, sizeof e.remainder);
            CU_ASSERT(e.atoms > 0 && e.positions > 0 && e.pair_extras > 0);
        }
        dn_dti_explanation_destroy(&e);
    }
    dn_explain_run_destroy(&run);
out:
    return st;
}

static void as_alone(void)
{
    dn_comm self = {.mpi = MPI_COMM_SELF, .rank = 0, .size = 1};
    const dn_explain_wish one = {.dataset = dataset, .model = model, .drug = drug_id, .target = target_id},
                          many = {.dataset = dataset,
                                  .model = model,
                                  .pairs = list,
                                  .new = {.molecules = molecules}};
    uint64_t alone, together, single;
    int64_t n = 0;

    if (!ready)
        return;
    CU_ASSERT_EQUAL(explain(&self, &many, &alone, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(n, 2);
    CU_ASSERT_EQUAL(explain(&test_comm, &many, &together, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(alone, together);
    CU_ASSERT_EQUAL(explain(&test_comm, &one, &single, &n, NULL), DN_OK);
    CU_ASSERT_EQUAL(n, 1);
    CU_ASSERT_NOT_EQUAL(alone, single);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void unknown_ids(void)
{
    char near[80];
    const dn_explain_wish w = {.dataset = dataset, .model = model, .drug = near, .target = target_id};
    dn_error why = DN_ERROR_INIT;
    uint64_t hash;
    int64_t n;

    if (!ready)
        return;
    snprintf(near, sizeof near, "%s_", drug_id);
    CU_ASSERT_EQUAL(explain(&test_comm, &w, &hash, &n, &why), DN_EDATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "did you mean '"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why.text, drug_id));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Refuse allocation k on one rank, ever rarer ones, for reading takes thousands: the same verdict everywhere
 * while files are read, nothing left. */
static void refused(void)
{
    const dn_explain_wish w = {
        .dataset = dataset, .model = model, .pairs = list, .new = {.molecules = molecules}};
    uint64_t whole, hash;
    int64_t n;

    if (!ready)
        return;
    CU_ASSERT_EQUAL(explain(&test_comm, &w, &whole, &n, NULL), DN_OK);
    for (int victim = 0; victim < test_comm.size; victim = test_next_victim(victim)) {
        dn_status st = DN_ENOMEM;

        for (long k = 0; st != DN_OK && k < 20000; k += 1 + k / 2) {
            dn_error why = DN_ERROR_INIT;

            if (test_comm.rank == victim)
                dn_alloc_fail_after(k);
            st = explain(&test_comm, &w, &hash, &n, &why);
            dn_alloc_fail_after(-1);
            CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
            CU_ASSERT_EQUAL(dn_alloc_live(), 0);
            /* the last step is local: another rank may have got through */
            MPI_Allreduce(MPI_IN_PLACE, &st, 1, MPI_INT, MPI_MAX, test_comm.mpi);
        }
        CU_ASSERT_EQUAL(st, DN_OK);
        CU_ASSERT_EQUAL(hash, whole);
    }
}

static const dn_test tests[] = {{"set up", set_up},
                                {"as alone", as_alone},
                                {"unknown ids", unknown_ids},
                                {"refused", refused},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "explain", tests);
}
