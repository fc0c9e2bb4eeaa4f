/* analyse_private.h - what the files analyse*.c share
 */
#ifndef DN_GRAPH_ANALYSE_PRIVATE_H
#define DN_GRAPH_ANALYSE_PRIVATE_H

#include "mpi/graph/analyse.h"
#include "mpi/graph/sweep.h"
#include "mpi/io/digest.h"

/* What a checkpoint has and nobody has asked for yet. */
typedef struct dn_restored {
    dn_comm self;
    dn_h5 *file; /* for the vectors of the sweep; of this rank alone */
    int n_measures, n_spectra;
    dn_measure *measure;   /* [n_measures]  by name, which stands in own_text; NULL: taken */
    bool *pending;         /* [n_measures] */
    dn_spectrum *spectrum; /* [n_spectra]  the first that were asked for */
    bool half;             /* a sweep was under way */
    dn_sweep_state sweep;
    char what[40];  /* sweep.what */
    char *digest;   /* [parts, DN_DIGEST]  of its vectors */
    double seconds; /* that it had taken */
} dn_restored;

typedef struct dn_analyse_job {
    const dn_comm *comm;
    const dn_network *w;
    const dn_graph *g;
    const dn_team *team;
    const dn_analyse_options *o;
    int64_t *component; /* [n]  components.h */
    int64_t components;
    int64_t *seed, *from; /* [n_seeds], [n_from]  inside numbers */
    const char *doing;    /* the part at hand: a measure */
    int64_t number;       /* of it, from 1 */
    double started;

    /* Two measures that come from one computation: the first to be asked for leaves the other's columns here.
     */
    struct {
        double *value, *error; /* [n] */
        int64_t sources;       /* 0 until it is computed */
    } closeness, harmonic;

    /* Checkpoints. */
    const dn_analysis *a;
    int measures_done, spectra_done; /* of a */
    bool fresh;                      /* something was computed that no checkpoint has */
    double kept_at;                  /* MPI_Wtime() of the last one, or of the start */
    char hash[DN_DIGEST];            /* of the graph */
    dn_restored restored;
    dn_sweep_keep sweep_keep;
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

/* The description, and what was asked for. Local. */
int64_t dn_analyse_parts(const dn_analyse_options *o);

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

/* One measure for each node of --communicability; m has been named. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_communicability(dn_analyse_job *j, int number, dn_measure *m,
                                                             dn_error *err);

/* Name and definition of the measure of one node. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_name_communicability(const dn_analyse_job *j, int number,
                                                              dn_measure *m, dn_error *err);

/* ---- analyse_keep.c: checkpoints; without o->keep all of these do nothing ---- */

/* Before the first measure. Collective. Fails: as dn_analyse_restore() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_keep_begin(dn_analyse_job *j, dn_error *err);

/* A measure or spectrum is complete, computed or restored: save if it is time, or somebody wishes.
 * Collective. Fails: DN_ESAVED asked to stop; as dn_checkpoint_file_create() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_keep_look(dn_analyse_job *j, const char *after, bool restored,
                                                   dn_error *err);

/* What a sweep needs to be saved and gone on with, or NULL. The time that it took before counts as time of
 * this measure. Local. */
const dn_sweep_keep *dn_keep_sweep(dn_analyse_job *j, const char *what);

void dn_keep_end(dn_analyse_job *j);

/* ---- analyse_save.c ---- */

/* Write a checkpoint; with a sweep under way or NULL. Collective. Fails: as dn_checkpoint_file_create() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_save(dn_analyse_job *j, const dn_sweep_state *opt_sweep,
                                                      dn_error *err);

/* ---- analyse_restore.c ---- */

/* All of the checkpoint at o->keep->path into j->restored. Collective. Fails: DN_ECANTCREAT it is of another
 * network; DN_EDATA, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_analyse_restore(dn_analyse_job *j, dn_error *err);

/* The measure of this name, which m has with its definition, if there is one. Local. */
bool dn_restored_measure(dn_analyse_job *j, dn_measure *m);

/* Spectrum `number` of those that were asked for, likewise. Local. */
bool dn_restored_spectrum(dn_analyse_job *j, int number, dn_spectrum *s);

/* Vectors of parts of the sweep: dn_sweep_keep.fetch. ctx: the job. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_restored_fetch(void *ctx, int64_t n, const int64_t *part,
                                                        double *const *out, dn_error *err);

void dn_restored_sweep_end(dn_restored *r);
void dn_restored_end(dn_restored *r);

/* ---- store.c ---- */

/* What a solver reports, as attributes of a group. Collective on the file's ranks. Fails: DN_EIO, DN_ENOMEM
 */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_report_put(dn_h5 *h, const char *group, const dn_solve_report *r,
                                                    dn_error *err);

/* ---- analyse_spectra.c ---- */

/* A spectrum with name, definition and number of pairs. Local. */
dn_spectrum dn_name_spectrum(const dn_analyse_options *o, const char *word);

/* The same verdict on every rank. Local. Fails: DN_EUSAGE no such spectrum */
DN_MUST_CHECK dn_status dn_check_spectrum(const char *word, dn_error *err);

/* word has been checked, *s named. Collective. Fails: as dn_spectra(), dn_svd() and dn_pca() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_run_spectrum(dn_analyse_job *j, const char *word, dn_spectrum *s,
                                                      dn_error *err);

#endif
