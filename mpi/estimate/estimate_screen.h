/* estimate_screen.h - what a screen takes: small ones of the same model, and how they grow
 *
 * Pairs of genes: seconds = fixed + pairs x b, from two screens of the first genes. Drugs and targets: a + b
 * drugs + c targets + d drugs x targets, from four; what is said of the hits grows with drugs and targets.
 * Beside them stands what does not grow: calibration and precision on the rows with labels, measured once, in
 * full. Of the best K of n pairs a small screen keeps the same share.
 */
#ifndef DN_ESTIMATE_ESTIMATE_SCREEN_H
#define DN_ESTIMATE_ESTIMATE_SCREEN_H

#include "mpi/estimate/estimate.h"
#include "mpi/screen/gene_run.h"
#include "mpi/screen/screen_run.h"

/* Fill e but for stage, output, base, began and seconds, which the caller has set. run has just been opened,
 * and is good for nothing but its end afterwards. Collective on comm, of one rank. Fails: as
 * dn_gene_run_compute(), dn_screen_compute() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_estimate_gene_screen(const dn_comm *comm, const dn_gene_wish *wish,
                                                              dn_gene_run *run, dn_estimate *e,
                                                              dn_error *err);
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_estimate_screen(const dn_comm *comm, const dn_screen_wish *wish,
                                                         dn_screen_run *run, dn_estimate *e, dn_error *err);

/* Coefficients c of c[0] + c[1] x + c[2] y + c[3] x y through four values at x0 < x1, y0 < y1: t[0] of (x0,
 * y0), t[1] (x1, y0), t[2] (x0, y1), t[3] (x1, y1). What comes out below 0 is 0, and t[3] is kept: the others
 * give way. A side of one size only has no slope. Local. */
void dn_estimate_bilinear(const double *x, const double *y, const double *t, double *c);

#endif
