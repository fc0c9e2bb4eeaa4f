/* probe.c - exact up to a size, above it random probes; see probe.h */
#include "solvers/network/probe.h"

#include <petscvec.h>
#include "solvers/network/adjacency.h"
#include "solvers/network/krylov.h"

dn_status dn_probe_check(const dn_probe_options *o, const char *measure, dn_error *err)
{
    dn_status st = DN_OK;

    if (!(o->tolerance > 0))
        DN_FAIL(DN_EUSAGE, "%s: tolerance %g is not above 0", measure, o->tolerance);
    if (o->probes < 2)
        DN_FAIL(DN_EUSAGE, "%s: %lld probes show no spread; 2 or more do", measure, (long long)o->probes);
out:
    return st;
}

dn_status dn_probe_share(const dn_graph *g, const dn_team *team, int64_t count, const int32_t *node,
                         const double *value, double isolated, double *out, dn_error *err)
{
    dn_status st = DN_OK;
    Vec v = NULL;

    DN_PETSC(
        VecCreateMPI(dn_krylov_comm(team), (PetscInt)(team->end - team->begin), (PetscInt)g->connected, &v));
    for (int64_t k = 0; k < count; k++)
        DN_PETSC(VecSetValue(v, (PetscInt)node[k], value[k], INSERT_VALUES));
    DN_PETSC(VecAssemblyBegin(v));
    DN_PETSC(VecAssemblyEnd(v));
    DN_TRY(dn_adjacency_gather(g, team, v, isolated, out, err));
out:
    (void)VecDestroy(&v);
    return st;
}

void dn_probe_gather(const dn_graph *g, const dn_team *team, const double *own, double isolated, double *out)
{
    double *mine = team->post(team->ctx);
    const double *whole;

    for (int64_t i = team->begin; i < team->end; i++)
        mine[i] = own[i - team->begin];
    whole = team->collect(team->ctx);
    for (int64_t i = 0; i < g->connected; i++)
        out[i] = whole[i];
    for (int64_t i = g->connected; i < g->n; i++)
        out[i] = isolated;
}
