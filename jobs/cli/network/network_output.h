/* network_output.h - what `dragnet network` leaves for people and other tools
 *
 * In a directory: one table per measure and spectrum, description.tsv and histogram.tsv, network.graphml,
 * summary.json; on the terminal a digest. Ids are written as they are, except that a tab or a line end in one
 * becomes \t, \r or \n in tables, and bytes that are no UTF-8 are read as Latin-1 in GraphML and JSON.
 * Every file is complete or not there. All functions are local and for rank 0, which alone has the ids.
 */
#ifndef DN_CLI_NETWORK_OUTPUT_H
#define DN_CLI_NETWORK_OUTPUT_H

#include <stdio.h>
#include "mpi/graph/analysis.h"

/* TOP_OF: lines of a top list in the summary and in the digest. ID_MAX: longer ids are cut, except in
 * network.h5. */
enum { DN_TOP_SUMMARY = 10, DN_TOP_DIGEST = 5, DN_ID_MAX = 1024 };

/* How the analysis came about; all of it goes into the summary. Strings may be NULL: left out. */
typedef struct dn_network_run {
    const char *dataset;   /* path of the input */
    const char *command;   /* the command line */
    const char *config;    /* canonical JSON of the options that determine the result */
    const char *version;   /* "0.1.0 (abcdef0)" */
    const char *directory; /* where the files are; named in the digest */
    uint64_t seed;
    int ranks;
    double seconds;        /* of the whole run, so far; negative: not known */
    int64_t graphml_edges; /* with more edges network.graphml is left out; negative: no limit */
} dn_network_run;

/* The parts are borrowed and must outlive it. */
typedef struct dn_network_report {
    const dn_network *network;
    const dn_analysis *analysis;
    const dn_network_run *run;
    int32_t **order; /* [n_measures][n]  inside numbers for top lists: by falling first column, rounded as in
                        tables; ties, which are values within the error of the solver, by id */
} dn_network_report;

/* Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_network_report_create(const dn_network *w, const dn_analysis *a,
                                                 const dn_network_run *run, dn_network_report *out,
                                                 dn_error *err);
void dn_network_report_destroy(dn_network_report *r);

/* All files below, in run->directory, which must exist; an older network.graphml is removed when the limit
 * leaves it out. Fails: DN_ECANTCREAT, DN_EIO (names the file), DN_ENOMEM */
DN_MUST_CHECK dn_status dn_network_save(const dn_network_report *r, dn_error *err);

/* ---- tables: network_tsv.c ---- */

/* DIR/<measure>.tsv: id, side, value and the other columns, by falling value, ties by id: values are those
 * that stand there, of 12 digits; integers without decimals, "nan" where there is none. */
DN_MUST_CHECK dn_status dn_network_write_measure(const dn_network_report *r, int measure, const char *dir,
                                                 dn_error *err);

/* DIR/<spectrum>.tsv: index (from 1), value, residual and share where there is one. */
DN_MUST_CHECK dn_status dn_network_write_spectrum(const dn_network_report *r, int spectrum, const char *dir,
                                                  dn_error *err);

/* DIR/<spectrum>_embedding.tsv: id, side, x1 .. xk, in the order of the dataset. */
DN_MUST_CHECK dn_status dn_network_write_embedding(const dn_network_report *r, int spectrum, const char *dir,
                                                   dn_error *err);

/* DIR/description.tsv: quantity (degree, strength), side, count, mean, sd, min, q1, median, q3, max. */
DN_MUST_CHECK dn_status dn_network_write_description(const dn_network_report *r, const char *dir,
                                                     dn_error *err);

/* DIR/histogram.tsv: side, degree_from, degree_to (both included), nodes; up to the last bin that any side
 * fills. */
DN_MUST_CHECK dn_status dn_network_write_histogram(const dn_network_report *r, const char *dir,
                                                   dn_error *err);

/* ---- network_graphml.c ---- */

/* DIR/network.graphml: nodes under their ids (with "#" and the number of the node in the dataset behind those
 * that are empty, too long or no clean UTF-8: ids stay different) with side and the measures as attributes
 * (the first column under the name of the measure, others as measure_column), edges with their weight where
 * the graph has weights. An edge between two sides starts in the lower one, another in the node that comes
 * first in the dataset. */
DN_MUST_CHECK dn_status dn_network_write_graphml(const dn_network_report *r, const char *dir, dn_error *err);

/* Whether run->graphml_edges lets it be written. */
bool dn_network_wants_graphml(const dn_network_report *r);

/* ---- network_json.c ---- */

/* *out is for dn_free(). Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_network_json(const dn_network_report *r, char **out, dn_error *err);
DN_MUST_CHECK dn_status dn_network_write_summary(const dn_network_report *r, const char *dir, dn_error *err);

/* ---- network_digest.c ---- */

/* At most 80 columns, as long as no id is longer than 40 characters. */
void dn_network_print(const dn_network_report *r, FILE *to);

/* ---- for the writers ---- */

/* The double nearest to v with 12 decimal digits, as "%.12g" prints it. */
double dn_round_12(double v);

/* Id of a node by its inside number as valid UTF-8 without control characters. buf [DN_ID_MAX] */
const char *dn_network_clean_id(const dn_network *w, int64_t inside, char *buf);

/* Name of a side. buf [cap]; returns buf. */
const char *dn_network_side(const dn_network *w, int side, char *buf, size_t cap);

/* Text (such as a name of a layer) made valid UTF-8 likewise; returns buf. */
const char *dn_utf8_clean(const char *text, char *buf, size_t cap);

#endif
