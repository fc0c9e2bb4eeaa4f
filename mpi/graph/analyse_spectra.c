/* analyse_spectra.c - leading pairs of the matrices of a graph; see analyse_private.h */
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/graph/analyse_private.h"
#include "solvers/network/spectra.h"
#include "solvers/network/svd.h"

static const char *const names[] = {"adjacency", "laplacian", "svd", "pca"};
enum { ADJACENCY, LAPLACIAN, SVD, PCA, SPECTRA };

static const char *definition(int kind, bool standardise)
{
    static const char *const text[] = {
        "largest eigenvalues of the adjacency matrix of the nodes with a neighbour",
        "smallest eigenvalues of I - D^-1/2 A D^-1/2 of the nodes with a neighbour; "
        "networkx.normalized_laplacian_matrix",
        "largest singular values of the matrix of the first side (rows) and the second (columns)"};

    if (kind == PCA)
        return standardise ? "principal components, columns standardised; sklearn StandardScaler, PCA"
                           : "principal components, columns centred; sklearn.decomposition.PCA";
    return text[kind];
}

static int kind_of(const char *word)
{
    int kind = 0;

    while (kind < SPECTRA && strcmp(names[kind], word) != 0)
        kind++;
    return kind;
}

dn_status dn_check_spectrum(const char *word, dn_error *err)
{
    dn_status st = DN_OK;
    const char *near = dn_nearest(word, names, SPECTRA);

    if (kind_of(word) == SPECTRA)
        DN_FAIL(DN_EUSAGE, "--spectra: no spectrum '%.60s'%s%s%s; there are adjacency, laplacian, svd, pca",
                word, near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "");
out:
    return st;
}

dn_spectrum dn_name_spectrum(const dn_analyse_options *o, const char *word)
{
    int kind = kind_of(word);

    return (dn_spectrum){.name = names[kind], .definition = definition(kind, o->standardise), .k = o->pairs};
}

dn_status dn_run_spectrum(dn_analyse_job *j, const char *word, dn_spectrum *s, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_analyse_options *o = j->o;
    int kind = kind_of(word);

    DN_TRY(dn_analyse_vector(j, s->k, &s->value, err));
    DN_TRY(dn_analyse_vector(j, s->k, &s->residual, err));
    DN_TRY(dn_analyse_vector(j, s->k * j->g->n, &s->vector, err));
    if (kind == PCA) {
        DN_TRY(dn_analyse_vector(j, s->k, &s->share, err));
        DN_TRY(dn_pca(j->g, j->team, o->standardise, s->k, o->tolerance, s->value, s->share, s->residual,
                      s->vector, &s->report, err));
    } else if (kind == SVD) {
        DN_TRY(dn_svd(j->g, j->team, DN_SVD_PLAIN, s->k, o->tolerance, s->value, s->residual, s->vector,
                      &s->report, err));
    } else {
        DN_TRY(dn_spectra(j->g, j->team, kind == LAPLACIAN ? DN_SPECTRUM_LAPLACIAN : DN_SPECTRUM_ADJACENCY,
                          s->k, o->tolerance, s->value, s->residual, s->vector, &s->report, err));
    }
out:
    return st;
}
