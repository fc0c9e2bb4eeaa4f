/* screen_evidence.h - what stands behind a hit: how many training rows its drug and its target have, and how
 * much the nearest drug and the nearest target that have some are like them
 *
 * Likeness of drugs is the Tanimoto coefficient of Morgan fingerprints (chem/fingerprint.h), that of targets
 * the cosine of 3-mer counts (stats/kmers.h), as in dti_history.h; who has training rows is nearest to
 * itself, with 1.
 */
#ifndef DN_SCREEN_SCREEN_EVIDENCE_H
#define DN_SCREEN_SCREEN_EVIDENCE_H

#include "mpi/inputs/dti_inputs.h"

typedef struct dn_screen_evidence {
    int64_t *drug_rows, *target_rows; /* [all drugs], [all targets]  training rows */
    double *drug_like, *target_like;  /* the same; 0 for those not asked, and when nobody has rows */
} dn_screen_evidence;

/* Who is asked: numbers of drugs and targets, each once. */
typedef struct dn_screen_who {
    const int64_t *drug, *target;
    int64_t n_drugs, n_targets;
} dn_screen_who;

/* The same on every rank. part [in->pairs.n] of dn_part. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_screen_evidence_find(const dn_comm *comm, const dn_dti_inputs *in,
                                                              const uint8_t *part, const dn_screen_who *who,
                                                              dn_screen_evidence *out, dn_error *err);
void dn_screen_evidence_destroy(dn_screen_evidence *e);

#endif
