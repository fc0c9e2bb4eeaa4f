/* pair_import.c - see pair_import.h */
#include "tests/support/pair_import.h"

#include <stdio.h>
#include <string.h>
#include "mpi/io/dataset.h"
#include "tests/support/test.h"

/* Genes a .. l under three names, of which the fourth is dropped. */
const char *pair_gene_table(bool reversed)
{
    char text[800];
    int n = snprintf(text, sizeof text, "orf\tsymbol\tentrez\n");

    for (int i = 0; i < PAIR_GENES; i++) {
        int g = reversed ? PAIR_GENES - 1 - i : i;
        n += snprintf(text + n, sizeof text - (size_t)n, "Y%c\tS%c\t%d\n", 'A' + g, 'A' + g, 100 + g);
    }
    return test_file(reversed ? "reversed.tsv" : "genes.tsv", text, (size_t)n);
}

void pair_stored_load(const dn_comm *comm, const char *path, const char *name, pair_stored *out)
{
    dn_h5 *h = NULL;
    char group[64], member[80];
    int ndims;
    int64_t dims[4] = {0};

    *out = (pair_stored){.classes = 2};
    snprintf(group, sizeof group, "/pairs/%s", name);
    snprintf(member, sizeof member, "%s/gene_a", group);
    CU_ASSERT_EQUAL(dn_h5_open(comm, path, DN_DATASET_SCHEMA, &h, NULL), DN_OK);
    if (h == NULL)
        return;
    CU_ASSERT_EQUAL(dn_h5_shape(h, member, &ndims, dims, NULL), DN_OK);
    CU_ASSERT(dims[0] <= PAIR_MOST);
    out->n = dims[0] <= PAIR_MOST ? dims[0] : 0;
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_I64, 0, out->n, out->a, NULL), DN_OK);
    snprintf(member, sizeof member, "%s/gene_b", group);
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_I64, 0, out->n, out->b, NULL), DN_OK);
    snprintf(member, sizeof member, "%s/label", group);
    CU_ASSERT_EQUAL(dn_h5_read(h, member, DN_U8, 0, out->n, out->label, NULL), DN_OK);
    if (dn_h5_has_attribute(h, group, "classes"))
        CU_ASSERT_EQUAL(dn_h5_get_int(h, group, "classes", &out->classes, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_h5_read_strings(h, "/genes/id", &out->id, NULL), DN_OK);
    dn_h5_close(&h);
}

bool pair_stored_same(const pair_stored *x, const pair_stored *y)
{
    return x->n == y->n && x->classes == y->classes && memcmp(x->a, y->a, sizeof x->a) == 0 &&
           memcmp(x->b, y->b, sizeof x->b) == 0 && memcmp(x->label, y->label, sizeof x->label) == 0;
}

/* What is left out and what is kept are all rows. */
void pair_report_adds_up(const dn_pairs_report *r)
{
    CU_ASSERT_EQUAL(r->rows + r->joined, r->kept + r->unknown + r->self_pairs + r->dropped + r->repeats +
                                             r->two_labels + r->mutual + r->regulated + r->other_organism +
                                             r->other_type + r->other_system + r->no_score + r->low_score);
    CU_ASSERT_EQUAL(r->kept, r->of_class[0] + r->of_class[1] + r->of_class[2] + r->of_class[3]);
    CU_ASSERT_EQUAL(r->positive, r->kept - r->of_class[0]);
}

dn_status pair_import(const dn_import_options *o, const pair_set *s, int n, dn_import_report *r,
                      dn_error *err)
{
    const char *names[4], *files[4];
    char path[600];
    dn_import_options all = *o, one;
    dn_import_report other = {0};
    dn_comm self = {MPI_COMM_SELF, 0, 1};
    dn_status st;

    for (int i = 0; i < n; i++) {
        names[i] = s[i].name;
        files[i] = s[i].file;
    }
    all.n_pairs = n;
    all.pair_name = names;
    all.pair_file = files;
    st = dn_import(&test_comm, &all, "test", r, err);
    one = all;
    snprintf(path, sizeof path, "%s.one", o->output);
    one.output = path;
    if (test_comm.rank == 0 && !o->add) {
        CU_ASSERT_EQUAL(dn_import(&self, &one, "test", &other, NULL), st);
        for (int i = 0; i < n && st == DN_OK; i++) {
            pair_stored x, y;
            pair_stored_load(&self, o->output, names[i], &x);
            pair_stored_load(&self, path, names[i], &y);
            CU_ASSERT(pair_stored_same(&x, &y));
            CU_ASSERT_EQUAL(memcmp(&r->pairs[i], &other.pairs[i], sizeof r->pairs[i]), 0);
            dn_strings_destroy(&x.id);
            dn_strings_destroy(&y.id);
        }
        dn_import_report_destroy(&other);
    }
    MPI_Barrier(test_comm.mpi);
    return st;
}

dn_import_options pair_import_defaults(const char *table)
{
    static const char *const drop[] = {"YD"};
    static char output[600], genes[600];

    snprintf(output, sizeof output, "%s", test_path("sets.h5"));
    snprintf(genes, sizeof genes, "%s", table);
    return (dn_import_options){
        .output = output, .gene_ids = genes, .drop = drop, .n_drop = 1, .min_match = 0.5, .force = true};
}
