/* analyse.h - compute what was asked of a network, measure by measure
 *
 * One row of the table in analyse.c is one measure: its word, its definition, the solver behind it.
 */
#ifndef DN_GRAPH_ANALYSE_H
#define DN_GRAPH_ANALYSE_H

#include "mpi/core/hooks.h"
#include "mpi/graph/analyse_keep.h"
#include "mpi/graph/analysis.h"

enum { DN_SOURCES_AUTO = -1, DN_SOURCES_ALL = 0, DN_MEASURES_MAX = 32 };

/* Numbers are those of the headers of solvers/network. */
typedef struct dn_analyse_options {
    bool describe;
    int n_measures;
    const char *const *measure; /* [n_measures]  words of dn_analyse_measures() */
    bool skip_unfit;            /* leave out measures that make no sense on this graph, with a warning */
    int n_spectra;
    const char *const *spectrum; /* [n_spectra]  adjacency laplacian svd pca */
    int64_t pairs;               /* eigenpairs or singular triples of each spectrum */
    bool standardise;            /* pca: columns to unit variance */
    bool per_component;          /* eigenvector: also of each component */
    double tolerance;            /* of PageRank (L1), eigenpairs and linear systems (relative) */
    double damping;              /* pagerank */
    double katz_alpha;           /* 0: 0.85 / largest eigenvalue */
    int n_seeds;
    const char *const *seed_id; /* [n_seeds]  adds personalised PageRank that restarts at these nodes */
    int n_from;
    const char *const *from_id; /* [n_from]  communicability from each of these nodes to all */
    int64_t sources;            /* of closeness, harmonic, betweenness: so many nodes, all, or auto */
    int64_t exact_nodes; /* subgraph, current-flow: exact up to so many connected nodes, above by probing */
    int64_t probes;      /* random vectors of a probing */
    uint64_t seed;       /* of sampled sources and probes */
    /* Between measures and during long ones. A part is the description, a measure or a spectrum: where one
     * ends a command to stop at the end of an epoch counts */
    const dn_hooks *opt_hooks;
    const dn_analyse_keep *keep; /* NULL: nothing is saved and nobody asks */
} dn_analyse_options;

/* The words of --measures with their definitions; returns how many there are. Local. */
int dn_analyse_measures(const char *out_names[DN_MEASURES_MAX], const char *out_definitions[DN_MEASURES_MAX]);

/* Sources of closeness, harmonic and betweenness on this graph: o->sources, where that is DN_SOURCES_AUTO
 * what it stands for. Local. */
int64_t dn_analyse_sources(const dn_analyse_options *o, const dn_graph *g);

/* Compute. A solver that does not converge is said in its report, not an error. Collective on comm, which is
 * that of the network; PETSc is open (solvers/network/petsc.h).
 * Fails: DN_EUSAGE an unknown word or node id (with the nearest one); DN_EDATA a measure does not make sense
 * on this graph (the text says why); DN_ENOMEM, DN_ESOFTWARE; with keep: DN_ESAVED asked to stop, and saved;
 * DN_ECANTCREAT the checkpoint is of another network; what writing (mpi/io/checkpoint_file.h) says, and then
 * the checkpoint before stays as it is */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse(const dn_comm *comm, const dn_network *w,
                                                 const dn_analyse_options *o, dn_analysis *out,
                                                 dn_error *err);

#endif
