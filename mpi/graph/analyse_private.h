/* analyse_private.h - what the files analyse*.c share
 */
#ifndef DN_GRAPH_ANALYSE_PRIVATE_H
#define DN_GRAPH_ANALYSE_PRIVATE_H

#include "mpi/graph/analyse.h"

typedef struct dn_analyse_job {
    const dn_comm *comm;
    const dn_network *w;
    const dn_graph *g;
    const dn_team *team;
    const dn_analyse_options *o;
    int64_t *component; /* [n]  components.h */
    int64_t components;
    int64_t *seed, *from; /* [n_seeds], [n_from]  inside numbers */
    const char *doing;    /* the measure, for progress */
    double started;

    /* Two measures that come from one computation: the first to be asked for leaves the other's columns here.
     */
    struct {
        double *value, *error; /* [n] */
        int64_t sources;
    } closeness, harmonic;
} dn_analyse_job;

/* One measure: fills columns, figures and the report. Collective. */
typedef dn_status dn_measure_run(dn_analyse_job *j, dn_measure *m, dn_error *err);

/* A new column of zeros in m; *out [n] is for this rank to fill. Collective: all ranks get it or none. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_column(const dn_analyse_job *j, dn_measure *m,
                                                        const char *name, double **out, dn_error *err);

/* An array that is filled already becomes a column; *v is NULL afterwards. Local. */
void dn_analyse_adopt(dn_measure *m, const char *name, double **v);

/* An array [n] of zeros for dn_free(). Collective: all ranks get it or none. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_vector(const dn_analyse_job *j, int64_t n, double **out,
                                                        dn_error *err);

/* Local. */
void dn_analyse_figure(dn_measure *m, const char *name, double value);

/* Tell the user how far the measure has come. Local; rank 0 speaks. */
void dn_analyse_progress(void *job, int64_t done, int64_t total);

/* What a graph must have for a measure or a spectrum to make sense on it. */
enum { DN_NEEDS_POSITIVE = 1, DN_NEEDS_TWO_COLOURS = 2 };

/* ---- analyse_fit.c: what can be said before hours of work ---- */

/* Collective: rank 0, which has the ids, says what is wrong. Fails: DN_EDATA */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_fit_measure(const dn_analyse_job *j, const char *name,
                                                     unsigned needs, dn_error *err);

/* The spectrum of this name with o->pairs pairs. Collective. Fails: DN_EDATA */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_fit_spectrum(const dn_analyse_job *j, const char *name,
                                                      dn_error *err);

/* ---- analyse_nodes.c ---- */

/* The nodes that the user named: "ID", or "SIDE:ID" where two sides have the same id. out_inside [n]
 * Collective. Fails: DN_EUSAGE no such node (names the nearest), or on several sides */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_nodes(const dn_analyse_job *j, const char *option, int n,
                                                       const char *const *id, int64_t *out_inside,
                                                       dn_error *err);

/* ---- analyse_paths.c: counted, not solved for ---- */
dn_measure_run dn_run_degree, dn_run_strength, dn_run_closeness, dn_run_harmonic, dn_run_betweenness,
    dn_run_core, dn_run_clustering, dn_run_bipartite_clustering;

/* ---- analyse_walks.c: solved by PETSc and SLEPc ---- */
dn_measure_run dn_run_eigenvector, dn_run_pagerank, dn_run_personalised, dn_run_katz, dn_run_hits,
    dn_run_subgraph, dn_run_current_flow;

/* One measure for each node of --communicability. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_communicability(dn_analyse_job *j, int number, dn_measure *m,
                                                             dn_error *err);

/* ---- analyse_spectra.c ---- */

/* The same verdict on every rank. Local. Fails: DN_EUSAGE no such spectrum */
DN_MUST_CHECK dn_status dn_check_spectrum(const char *word, dn_error *err);

/* word has been checked. Collective. Fails: as dn_spectra(), dn_svd() and dn_pca() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_spectrum(dn_analyse_job *j, const char *word, dn_spectrum *s,
                                                      dn_error *err);

#endif
