/* evidence.h - a row of an interaction database, and whether it is of the kind that is wanted
 *
 * What BioGRID and PSI-MITAB have in common: two interactors with several namings each, their organisms, the
 * type and the system of the experiment, and a score. All functions are local.
 */
#ifndef DN_FORMATS_EVIDENCE_H
#define DN_FORMATS_EVIDENCE_H

#include "solvers/formats/delim.h"
#include "solvers/formats/fields.h"

typedef enum dn_experiment { DN_EXPERIMENT_ANY, DN_EXPERIMENT_PHYSICAL, DN_EXPERIMENT_GENETIC } dn_experiment;

/* Rows that are wanted; all zero: every row. */
typedef struct dn_evidence_filter {
    const char *organism; /* NCBI taxonomy id, of both interactors; NULL: any */
    dn_experiment type;
    const char *system; /* "Two-hybrid,Affinity Capture-MS": one of these; NULL: any */
    bool scored;        /* a score of min_score or more; a row without a score fails */
    double min_score;
} dn_evidence_filter;

/* The first reason for which a row fails. */
typedef enum dn_verdict {
    DN_EVIDENCE_PASS,
    DN_EVIDENCE_ORGANISM,
    DN_EVIDENCE_TYPE,
    DN_EVIDENCE_SYSTEM,
    DN_EVIDENCE_NO_SCORE,
    DN_EVIDENCE_LOW_SCORE,
    DN_EVIDENCE_VERDICTS
} dn_verdict;

enum { DN_NAMINGS = 4 }; /* at most; each format says which it has */

typedef struct dn_evidence_row {
    dn_field name[DN_NAMINGS][2]; /* of the two interactors; may hold several, see the format */
    dn_verdict verdict;
    int label; /* 1 interaction, 0 it was shown that there is none */
} dn_evidence_row;

/* Whether anything is asked for. */
bool dn_evidence_filters(const dn_evidence_filter *f);

/* Whether the comma list has this system, small and capital letters being the same. */
bool dn_evidence_has_system(const dn_evidence_filter *f, const dn_field *system);

/* The next line that is no comment (#). Fails: as dn_delim_next_line() */
DN_MUST_CHECK dn_status dn_evidence_line(dn_delim *d, char **out_line, size_t *out_len, bool *out_more,
                                         dn_error *err);

#endif
