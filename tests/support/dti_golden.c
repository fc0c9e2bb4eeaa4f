/* dti_golden.c - the small drug-target data of tests/golden; see dti_golden.h */
#include "tests/support/dti_golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/test.h"

static int64_t parent_of(int64_t j)
{
    return j % 4 == 3 ? j - 2 : j - 1;
}

static void make_drugs(dti_golden *g)
{
    static const int64_t n_atoms[GOLDEN_DRUGS] = {1, 2, 5, 9, 4, 7};
    int64_t bonds = 0;

    for (int d = 0; d < GOLDEN_DRUGS; d++) {
        int64_t first = g->atom_at[d];
        g->atom_at[d + 1] = first + n_atoms[d];
        for (int64_t i = 0; i < n_atoms[d]; i++) {
            g->bond_at[first + i] = bonds;
            for (int64_t j = 0; j < n_atoms[d]; j++)
                if ((i > 0 && parent_of(i) == j) || (j > 0 && parent_of(j) == i))
                    g->bond_to[bonds++] = j;
            for (int c = 0; c < GOLDEN_ATOM_WIDTH; c++)
                g->atom[(first + i) * GOLDEN_ATOM_WIDTH + c] =
                    (float)sin(1 + 0.9 * (double)(first + i) + 1.7 * c);
        }
    }
    g->bond_at[GOLDEN_ATOMS] = bonds;
}

static void make_targets(dti_golden *g)
{
    static const int64_t lengths[GOLDEN_TARGETS] = {1, 2, 3, 4, 7, 12, 33};

    for (int t = 0; t < GOLDEN_TARGETS; t++)
        g->state_at[t + 1] = g->state_at[t] + lengths[t];
    for (int i = 0; i < GOLDEN_POSITIONS; i++)
        for (int c = 0; c < GOLDEN_STATE_WIDTH; c++)
            g->state[i * GOLDEN_STATE_WIDTH + c] = (float)cos(0.5 + 0.31 * i * i + 1.3 * c);
}

dn_dti_data dti_golden_data(dti_golden *g)
{
    *g = (dti_golden){0};
    make_drugs(g);
    make_targets(g);
    for (int p = 0; p < GOLDEN_PAIRS; p++) {
        g->all[p] = p;
        g->drug[p] = p * 5 % GOLDEN_DRUGS;
        g->target[p] = p * p % GOLDEN_TARGETS;
        g->label[p] = (uint8_t)((p + p / 4) % 2);
    }
    return (dn_dti_data){.n_drugs = GOLDEN_DRUGS,
                         .atom_width = GOLDEN_ATOM_WIDTH,
                         .atom_at = g->atom_at,
                         .atom = g->atom,
                         .bond_at = g->bond_at,
                         .bond_to = g->bond_to,
                         .n_targets = GOLDEN_TARGETS,
                         .state_width = GOLDEN_STATE_WIDTH,
                         .state_at = g->state_at,
                         .state = g->state,
                         .n_pairs = GOLDEN_PAIRS,
                         .drug = g->drug,
                         .target = g->target,
                         .label = g->label};
}

dn_dti_options dti_golden_options(int64_t joint)
{
    return (dn_dti_options){.gcn1 = 6,
                            .gcn2 = 7,
                            .drug_out = 4,
                            .conv1 = 5,
                            .conv2 = 6,
                            .target_out = 4,
                            .joint = joint,
                            .heads = 1,
                            .positive_weight = 2.33f};
}

void dti_golden_turn(const dn_model *m, float *w)
{
    for (int t = 0; t < m->n_tensors; t++)
        if (strcmp(m->tensor[t].name, "norm1_gamma") == 0)
            w[m->tensor[t].offset + 1] = -0.5f;
}

void dti_golden_read(const char *tag, const char *name, double *out, int64_t n)
{
    dti_golden_read_from(DN_TEST_GOLDEN "/dti.txt", tag, name, out, n);
}

void dti_golden_read_from(const char *path, const char *tag, const char *name, double *out, int64_t n)
{
    FILE *f = fopen(path, "r");
    static char line[16384];
    char full[64];
    size_t length = (size_t)snprintf(full, sizeof full, "%s_%s ", tag, name);
    bool found = false;

    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        char *at = line + length;
        if (strncmp(line, full, length) != 0 || strtol(at, &at, 10) != n)
            continue;
        for (int64_t i = 0; i < n; i++)
            out[i] = strtod(at, &at);
        found = true;
    }
    CU_ASSERT(found);
    if (f != NULL)
        fclose(f);
}

double dti_golden_distance(const float *got, const double *want, int64_t n)
{
    double most = 0;

    for (int64_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - want[i]) / (1 + fabs(want[i]));
        if (!(d <= most))
            most = d;
    }
    return most;
}
