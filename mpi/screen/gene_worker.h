/* gene_worker.h - the tiles of a pass over pairs of genes (gene_pass.h) that one thread scores, and what it
 * keeps of them. Local; a thread makes its own and uses it, the rest is done while no thread works.
 */
#ifndef DN_SCREEN_GENE_WORKER_H
#define DN_SCREEN_GENE_WORKER_H

#include "mpi/screen/gene_pass.h"

enum { DN_GENE_CLASSES = 4 };

typedef struct dn_gene_worker {
    const dn_gene_pass *p;
    double least; /* lower scores are not kept */
    dn_gener_scorer *scorer;
    dn_screen_keep *keep;
    uint8_t *known; /* [genes]  1: pair with the gene at hand is known */
    int64_t n_known, scored, waiting;
    int32_t a[DN_GENER_BLOCK], b[DN_GENER_BLOCK];
    float out[DN_GENER_BLOCK * DN_GENE_CLASSES];
} dn_gene_worker;

/* Fails: DN_ENOMEM, or as dn_gener_scorer_create(), dn_screen_keep_create(); *out is for
 * dn_gene_worker_destroy() all the same */
DN_MUST_CHECK dn_status dn_gene_worker_create(const dn_gene_pass *p, bool narrow, const dn_screen_plan *plan,
                                              double least, dn_gene_worker **out, dn_error *err);
void dn_gene_worker_destroy(dn_gene_worker **w);

/* The pairs of a tile; the last ones wait for a block to fill. Fails: as dn_gener_scorer_pairs(),
 * dn_screen_keep_offer() */
DN_MUST_CHECK dn_status dn_gene_worker_tile(dn_gene_worker *w, int64_t tile, dn_error *err);

/* Pairs that wait are scored. Fails: likewise */
DN_MUST_CHECK dn_status dn_gene_worker_flush(dn_gene_worker *w, dn_error *err);

#endif
