/* dti_components.h - where drugs and targets lie among those of the training rows
 *
 * Principal components (stats/kernel_pca.h) of the drugs and of the targets that stand in training rows, by
 * the likenesses of dti_kron.h. No labels are looked at. Entities without training rows, those behind the
 * dataset's too, are placed among them; one that is like all others as a known one is gets its bits. Without
 * training rows all places are 0.
 *
 * The drugs are the work of rank 0, the targets of rank 1 where there is one, the others wait. Memory there
 * while fitting: 24 bytes for each fitted thing and component; with drugs behind the dataset's, two
 * fingerprints of every drug; with targets, the 3-mers of every target.
 */
#ifndef DN_INPUTS_DTI_COMPONENTS_H
#define DN_INPUTS_DTI_COMPONENTS_H

#include "mpi/inputs/dti_history.h"
#include "mpi/inputs/dti_kron.h"

/* out_drug [past->drugs->n, components], out_target [past->targets->n, components]; kron made of the same
 * past; components >= 1. The same bits on every rank. Collective. Fails: DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_dti_components(const dn_comm *comm, const dn_dti_past *past,
                                                        const dn_dti_kron *kron, int64_t components,
                                                        float *out_drug, float *out_target, dn_error *err);

#endif
