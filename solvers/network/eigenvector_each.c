/* eigenvector_each.c - eigenvector centrality of every component on its own; see eigenvector.h
 *
 * Most components of a network are tiny, so no PETSc object is made for them: one dense solver takes all
 * those below DENSE nodes. A component with at least a rank's share of all edges is iterated on by all ranks,
 * with the matrix of the whole graph: a start that is 0 elsewhere stays 0 there. Every other one is copied
 * out and iterated on by one rank.
 *
 * One distributed vector takes the answers to all ranks, another three facts of each component, which stand
 * at its first three nodes.
 */
#include "solvers/network/eigenvector.h"

#include <math.h>
#include <slepcds.h>
#include <stdio.h>
#include "solvers/base/alloc.h"
#include "solvers/network/krylov.h"
#include "solvers/network/leading.h"

enum { DENSE = 64 };
enum { FACT_SECOND, FACT_RESTARTS, FACT_CONVERGED }; /* places of the facts */

typedef struct work {
    const dn_graph *g;
    const dn_team *team;
    double tolerance;
    int64_t *first;   /* [components + 2]  where its nodes stand in `member` */
    int64_t *member;  /* [n]  nodes by component, rising */
    int32_t *place;   /* [n]  of a node in its component */
    double *product;  /* [n] */
    double *facts;    /* [n] */
    double *residual; /* [components]  |A v - l v| */
    double *value;    /* [components] */
    DS dense;         /* for one component after the other */
    Mat a;            /* of the whole graph */
    Vec v, f, t;      /* answers, facts, room */
} work;

static void release(work *w)
{
    (void)DSDestroy(&w->dense);
    (void)MatDestroy(&w->a);
    (void)VecDestroy(&w->v);
    (void)VecDestroy(&w->f);
    (void)VecDestroy(&w->t);
    dn_free(w->first);
    dn_free(w->member);
    dn_free(w->place);
    dn_free(w->product);
    dn_free(w->facts);
    dn_free(w->residual);
    dn_free(w->value);
}

static dn_status prepare(const dn_eigenvector_options *o, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = w->g;

    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "eigenvector: tolerance %g is not above 0", o->tolerance);
    if (o->component == NULL)
        DN_FAIL(DN_EUSAGE, "eigenvector: components are needed for a centrality of each");
    DN_NEW(w->first, (size_t)o->components + 2);
    DN_NEW(w->member, (size_t)g->n);
    DN_NEW(w->place, (size_t)g->n);
    DN_NEW(w->product, (size_t)g->n);
    DN_NEW(w->facts, (size_t)g->n);
    DN_NEW(w->residual, (size_t)o->components);
    DN_NEW(w->value, (size_t)o->components);
    for (int64_t i = 0; i < g->n; i++)
        w->first[o->component[i] + 2]++;
    for (int64_t c = 0; c < o->components; c++)
        w->first[c + 2] += w->first[c + 1];
    for (int64_t i = 0; i < g->n; i++) /* first[c + 1] moves from the start of c to its end */
        w->member[w->first[o->component[i] + 1]++] = i;
    for (int64_t k = 0; k < g->n; k++)
        w->place[w->member[k]] = (int32_t)(k - w->first[o->component[w->member[k]]]);
out:
    return st;
}

static int64_t size_of(const work *w, int64_t c)
{
    return w->first[c + 1] - w->first[c];
}

static int64_t entries_of(const work *w, int64_t c)
{
    int64_t sum = 0;

    for (int64_t k = w->first[c]; k < w->first[c + 1]; k++)
        sum += dn_graph_degree(w->g, w->member[k]);
    return sum;
}

/* Values of the nodes of c, sign free, and its facts into the distributed vectors; together: every rank does
 * so and sets its own rows. */
static dn_status publish(work *w, int64_t c, bool together, const double *value, double second,
                         int64_t restarts, bool converged, dn_error *err)
{
    dn_status st = DN_OK;
    double facts[] = {
        [FACT_SECOND] = second, [FACT_RESTARTS] = (double)restarts, [FACT_CONVERGED] = converged};
    double norm = 0, sum = 0;

    for (int64_t k = 0; k < size_of(w, c); k++)
        sum += value[k];
    for (int64_t k = 0; k < size_of(w, c); k++)
        if (value[k] * sum > 0) /* the rest is rounding */
            norm += value[k] * value[k];
    norm = copysign(sqrt(norm), sum);
    for (int64_t k = 0; k < size_of(w, c); k++) {
        PetscInt at = (PetscInt)w->member[w->first[c] + k];

        if (together && (at < w->team->begin || at >= w->team->end))
            continue;
        DN_PETSC(VecSetValue(w->v, at, value[k] * sum > 0 ? value[k] / norm : 0, INSERT_VALUES));
        if (k <= FACT_CONVERGED)
            DN_PETSC(VecSetValue(w->f, at, facts[k], INSERT_VALUES));
    }
out:
    return st;
}

/* The matrix of c into the dense solver. */
static dn_status fill_dense(work *w, int64_t c, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = w->g;
    PetscInt n = (PetscInt)size_of(w, c), stride = 0;
    PetscScalar *m = NULL;

    DN_PETSC(DSSetDimensions(w->dense, n, 0, 0));
    DN_PETSC(DSSetState(w->dense, DS_STATE_RAW));
    DN_PETSC(DSGetLeadingDimension(w->dense, &stride));
    DN_PETSC(DSGetArray(w->dense, DS_MAT_A, &m));
    for (PetscInt i = 0; i < n; i++) {
        int64_t node = w->member[w->first[c] + i];

        for (PetscInt j = 0; j < n; j++)
            m[i * stride + j] = 0;
        for (int64_t k = g->row[node]; k < g->row[node + 1]; k++)
            m[i * stride + w->place[g->col[k]]] = dn_graph_weight(g, k);
    }
    DN_PETSC(DSRestoreArray(w->dense, DS_MAT_A, &m));
out:
    return st;
}

/* All eigenpairs; the two largest values are wanted. */
static dn_status solve_dense(work *w, int64_t c, dn_error *err)
{
    dn_status st = DN_OK;
    PetscInt n = (PetscInt)size_of(w, c), stride = 0, best = 0;
    PetscScalar value[DENSE], *q = NULL;
    double second = -INFINITY;

    DN_TRY(fill_dense(w, c, err));
    DN_PETSC(DSSolve(w->dense, value, NULL));
    for (PetscInt i = 1; i < n; i++)
        if (value[i] > value[best])
            best = i;
    for (PetscInt i = 0; i < n; i++)
        if (i != best && value[i] > second)
            second = value[i];
    DN_PETSC(DSGetLeadingDimension(w->dense, &stride));
    DN_PETSC(DSGetArray(w->dense, DS_MAT_Q, &q));
    DN_TRY(publish(w, c, false, q + best * stride, second, 0, true, err));
    DN_PETSC(DSRestoreArray(w->dense, DS_MAT_Q, &q));
out:
    return st;
}

/* A component with a graph of its own. Its sides and outside numbers are of no use here. */
static dn_status copy_out(const work *w, int64_t c, dn_graph *out, int64_t **row, int32_t **col,
                          float **weights, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = w->g;
    int64_t n = size_of(w, c), nnz = entries_of(w, c), at = 0;

    DN_NEW(*row, (size_t)n + 1);
    DN_NEW(*col, (size_t)nnz);
    if (g->weight != NULL)
        DN_NEW(*weights, (size_t)nnz);
    for (int64_t i = 0; i < n; i++) {
        int64_t node = w->member[w->first[c] + i];

        for (int64_t k = g->row[node]; k < g->row[node + 1]; k++, at++) {
            (*col)[at] = w->place[g->col[k]];
            if (g->weight != NULL)
                (*weights)[at] = g->weight[k];
        }
        (*row)[i + 1] = at;
    }
    *out = (dn_graph){
        .n = n, .connected = n, .nnz = nnz, .row = *row, .col = *col, .weight = *weights, .sides = 1};
out:
    return st;
}

/* On this rank alone, by EPS. */
static dn_status solve_alone(work *w, int64_t c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency plain = DN_ADJACENCY_PLAIN;
    dn_solve_report report = {.converged = false};
    dn_leading pair = {0};
    dn_team solo = {0};
    dn_graph g = {0};
    double *strength = NULL; /* [nodes of c], then the answer */
    int64_t *row = NULL;
    int32_t *col = NULL;
    float *weights = NULL;
    Mat a = NULL;
    Vec v = NULL;

    DN_NEW(strength, (size_t)size_of(w, c));
    DN_TRY(copy_out(w, c, &g, &row, &col, &weights, err));
    DN_TRY(dn_team_solo(&g, &solo, err));
    DN_TRY(dn_adjacency_create(&g, &solo, &plain, &a, err));
    dn_krylov_strength(&g, &solo, strength);
    for (int64_t i = 0; i < g.n; i++)
        strength[i] *= dn_krylov_turn(w->g->outside[w->member[w->first[c] + i]]);
    DN_PETSC(MatCreateVecs(a, &v, NULL));
    DN_TRY(dn_krylov_fill(&solo, strength, v, err));
    DN_TRY(dn_leading_pair(a, "eigenvector_", w->tolerance, v, &pair, &report, err));
    DN_TRY(dn_adjacency_gather(&g, &solo, v, 0, strength, err));
    DN_TRY(publish(w, c, false, strength, pair.second, report.iterations, report.converged, err));
out:
    (void)MatDestroy(&a);
    (void)VecDestroy(&v);
    dn_team_solo_destroy(&solo);
    dn_free(strength);
    dn_free(row);
    dn_free(col);
    dn_free(weights);
    return st;
}

/* By all ranks together. `product` and `facts` have room. */
static dn_status solve_together(work *w, int64_t c, dn_error *err)
{
    dn_status st = DN_OK;
    dn_solve_report report = {.converged = false};
    dn_leading pair = {0};

    for (int64_t i = 0; i < w->g->connected; i++)
        w->product[i] = 0;
    for (int64_t k = w->first[c]; k < w->first[c + 1]; k++) {
        int64_t node = w->member[k];

        w->product[node] = dn_graph_strength(w->g, node) * dn_krylov_turn(w->g->outside[node]);
    }
    DN_TRY(dn_krylov_fill(w->team, w->product, w->t, err));
    DN_TRY(dn_leading_pair(w->a, "eigenvector_", w->tolerance, w->t, &pair, &report, err));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->t, 0, w->product, err));
    for (int64_t k = 0; k < size_of(w, c); k++)
        w->facts[k] = w->product[w->member[w->first[c] + k]];
    DN_TRY(publish(w, c, true, w->facts, pair.second, report.iterations, report.converged, err));
out:
    return st;
}

/* Whether it is worth while to have all ranks iterate on c. */
static bool large(const work *w, int64_t c)
{
    return size_of(w, c) >= DENSE && entries_of(w, c) >= w->g->nnz / w->team->size;
}

/* The components of this rank. */
static dn_status solve_mine(const dn_eigenvector_options *o, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    static const double half = 0.70710678118654752440; /* 1 / sqrt 2 */

    for (int64_t c = 0; c < o->components; c++) {
        if (c % w->team->size != w->team->rank || size_of(w, c) == 1)
            continue;
        if (size_of(w, c) == 2)
            for (int64_t k = w->first[c]; k < w->first[c + 1]; k++)
                DN_PETSC(VecSetValue(w->v, (PetscInt)w->member[k], half, INSERT_VALUES));
        else if (size_of(w, c) < DENSE)
            DN_TRY(solve_dense(w, c, err));
        else if (!large(w, c))
            DN_TRY(solve_alone(w, c, err));
    }
out:
    return st;
}

/* The vectors to all ranks, and the matrix times the answers. */
static dn_status meet(work *w, double *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_PETSC(VecAssemblyBegin(w->v));
    DN_PETSC(VecAssemblyEnd(w->v));
    DN_PETSC(VecAssemblyBegin(w->f));
    DN_PETSC(VecAssemblyEnd(w->f));
    DN_PETSC(MatMult(w->a, w->v, w->t));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->v, 1, out, err));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->t, 0, w->product, err));
    DN_TRY(dn_adjacency_gather(w->g, w->team, w->f, 0, w->facts, err));
out:
    return st;
}

/* Eigenvalues and residuals, again from the answers. */
static void measure(const dn_eigenvector_options *o, work *w, const double *out)
{
    for (int64_t i = 0; i < w->g->n; i++)
        w->value[o->component[i]] += out[i] * w->product[i];
    for (int64_t i = 0; i < w->g->n; i++) {
        double r = w->product[i] - w->value[o->component[i]] * out[i];

        w->residual[o->component[i]] += r * r;
    }
    for (int64_t c = 0; c < o->components; c++)
        w->residual[c] = sqrt(w->residual[c]);
}

static void judge(const dn_eigenvector_options *o, const work *w, dn_eigenvector_each_figures *f,
                  dn_solve_report *report)
{
    for (int64_t c = 0; c < o->components; c++) {
        const int64_t *at = w->member + w->first[c];
        dn_leading pair = {.value = w->value[c], .residual = w->residual[c]};

        if (size_of(w, c) < 3)
            continue;
        pair.second = pair.next =
            w->facts[at[FACT_SECOND]]; /* within a component the largest is not shared */
        f->solved++;
        f->failed += w->facts[at[FACT_CONVERGED]] == 0;
        f->smallest = fmin(f->smallest, pair.value - pair.second); /* not the NaN */
        report->iterations += (int64_t)w->facts[at[FACT_RESTARTS]];
        report->residual = fmax(report->residual, pair.residual / pair.value);
        report->error = fmax(report->error, dn_leading_error(&pair));
    }
    report->converged = f->failed == 0;
    if (f->failed > 0)
        dn_krylov_warn(report, "not converged: %lld of %lld components", (long long)f->failed,
                       (long long)f->solved);
}

/* The matrix of the whole graph, vectors, and the tolerance that --petsc may have changed. */
static dn_status create(work *w, dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_adjacency plain = DN_ADJACENCY_PLAIN;
    PetscReal tolerance = w->tolerance;

    DN_TRY(dn_adjacency_create(w->g, w->team, &plain, &w->a, err));
    DN_PETSC(MatCreateVecs(w->a, &w->v, &w->f));
    DN_PETSC(VecDuplicate(w->v, &w->t));
    DN_PETSC(DSCreate(PETSC_COMM_SELF, &w->dense));
    DN_PETSC(DSSetType(w->dense, DSHEP));
    DN_PETSC(DSAllocate(w->dense, DENSE));
    DN_PETSC(PetscOptionsGetReal(NULL, "eigenvector_", "-eps_tol", &tolerance, NULL));
    report->tolerance = tolerance;
    snprintf(report->method, sizeof report->method, "dense below %d nodes, krylovschur", DENSE);
out:
    return st;
}

dn_status dn_eigenvector_each(const dn_graph *g, const dn_team *team, const dn_eigenvector_options *o,
                              double *out, double *opt_value, dn_eigenvector_each_figures *figures,
                              dn_solve_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.g = g, .team = team, .tolerance = o->tolerance};

    dn_krylov_begin(report, o->tolerance);
    *figures = (dn_eigenvector_each_figures){.smallest = NAN};
    DN_PASS(prepare(o, &w, err));
    DN_TEAM_AGREE(team);
    DN_TRY(dn_krylov_weights(g, team, "eigenvector centrality", err));
    for (int64_t i = 0; i < g->n; i++)
        out[i] = 1;
    if (g->connected > 0) {
        DN_TRY(create(&w, report, err));
        for (int64_t c = 0; c < o->components && size_of(&w, c) >= DENSE; c++)
            if (large(&w, c))
                DN_TRY(solve_together(&w, c, err));
        DN_PASS(solve_mine(o, &w, err));
        DN_TEAM_AGREE(team);
        DN_TRY(meet(&w, out, err));
    }
    measure(o, &w, out);
    judge(o, &w, figures, report);
    for (int64_t c = 0; c < o->components && opt_value != NULL; c++)
        opt_value[c] = w.value[c];
out:
    release(&w);
    return st;
}
