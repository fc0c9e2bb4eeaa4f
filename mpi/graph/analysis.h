/* analysis.h - what was computed of a network, ready to be written and printed
 *
 * Arrays are in inside order (solvers/network/graph.h) and the same on every rank.
 */
#ifndef DN_GRAPH_ANALYSIS_H
#define DN_GRAPH_ANALYSIS_H

#include "mpi/graph/network.h"
#include "solvers/network/describe.h"
#include "solvers/network/solve_report.h"

enum { DN_COLUMNS = 3, DN_FIGURES = 12 };

/* One number about all nodes: the first column of a measure is "value", as its reference defines it; others
 * are "count", "raw", "standard_error" and the like. */
typedef struct dn_column {
    const char *name;
    double *v;    /* [n] */
    bool integer; /* printed without decimals */
} dn_column;

/* A number about the whole graph that goes with a measure: "eigenvalue", "alpha", "sources". */
typedef struct dn_figure {
    const char *name;
    double value;
} dn_figure;

typedef struct dn_measure {
    const char *name;       /* "pagerank": the word of --measures and of the file pagerank.tsv */
    const char *definition; /* one line, with the reference it is named after */
    char *own_text;         /* what name and definition point into where they are not constants, or NULL */
    char *own_names;        /* the same of the names of columns and figures */
    int n_columns;
    dn_column column[DN_COLUMNS];
    int n_figures;
    dn_figure figure[DN_FIGURES];
    bool iterative;  /* report says how it was solved */
    bool own_errors; /* values of very different sizes: report.error, the largest, says nothing of ties */
    dn_solve_report report; /* converged is true, error 0 where the answer is exact */
    double seconds;
} dn_measure;

/* Leading pairs of a matrix of the graph. */
typedef struct dn_spectrum {
    const char *name;       /* "adjacency", "laplacian", "svd", "pca": the word of --spectra */
    const char *definition; /* one line */
    int64_t k;              /* pairs */
    double *value;          /* [k]  eigenvalues or singular values */
    double *residual;       /* [k] */
    double *share;          /* [k]  explained share of the variance (pca), or NULL */
    double *vector; /* [k, n]  coordinates of the nodes; sign: the largest entry by size is positive */
    dn_solve_report report;
    double seconds;
} dn_spectrum;

typedef struct dn_analysis {
    bool described;
    dn_description description;
    int n_measures;
    dn_measure *measure; /* [n_measures]  in the order they were asked for */
    int n_spectra;
    dn_spectrum *spectrum; /* [n_spectra] */
} dn_analysis;

/* Frees the arrays of columns and spectra, too. NULL is fine. Local. */
void dn_analysis_destroy(dn_analysis *a);
void dn_measure_destroy(dn_measure *m);
void dn_spectrum_destroy(dn_spectrum *s);

/* Nodes by falling v, ties by id; tied are values that differ by at most `tie` from the first, largest one of
 * their group, so that no value stands more than that above where it belongs. (A chain of small steps is no
 * tie: it would join the long tail of a large graph.) Ids compare as bytes, as numbers where they are
 * numbers; NaN comes last. out [n]: inside numbers. Rank 0 of the network only. Local. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_analysis_order(const dn_network *w, const double *v, double tie, int32_t *out,
                                          dn_error *err);

#endif
