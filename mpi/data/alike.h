/* alike.h - drugs and targets that are too alike to stand on both sides of a split
 *
 * Two drugs are linked when the Tanimoto coefficient of their Morgan fingerprints (chem/fingerprint.h) is at
 * least the threshold, two targets when the cosine of their 3-mer counts (stats/kmers.h) is. A cluster is a
 * connected part (single linkage): whatever the chain that joins its members, an entity outside it is below
 * the threshold with every one of them. So when clusters stay whole, no test drug is that alike to a training
 * drug.
 *
 * The rows of the comparison are spread over the ranks; the clusters are the same on any number of them. Time
 * O(n^2 / ranks): 1,400 drugs take a fraction of a second, 100,000 some minutes on one rank.
 */
#ifndef DN_DATA_ALIKE_H
#define DN_DATA_ALIKE_H

#include "mpi/io/drug_target.h"

/* out_cluster [n]  the lowest number of a drug (target) of the same cluster
 *   threshold      above 0, at most 1
 * Collective on comm. Fails: DN_EUSAGE threshold; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_alike_drugs(const dn_comm *comm, const dn_drugs *d, double threshold,
                                                     int64_t *out_cluster, dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_alike_targets(const dn_comm *comm, const dn_targets *t,
                                                       double threshold, int64_t *out_cluster, dn_error *err);

#endif
