/* gene_pass.h - one pass of a screen over pairs of genes, in one precision; what gene_screen.c is made of
 *
 *     DN_TRY(dn_gene_pass_open(comm, in, options, &pass, err));
 *     DN_TRY(dn_gene_pass_run(comm, pass, narrow, keep, least, &hit, &n, err));   all pairs, the best kept
 *     dn_gene_pass_close(&pass);
 */
#ifndef DN_SCREEN_GENE_PASS_H
#define DN_SCREEN_GENE_PASS_H

#include "mpi/screen/gene_screen.h"

typedef struct dn_gene_pass {
    const dn_gene_screen_input *in;
    const dn_gene_screen_options *o;
    dn_gener_fold *fold;
    int64_t outputs;    /* of the network, for one pair */
    int64_t *known_at;  /* [genes + 1]  known pairs of each gene as the lower one */
    int64_t *known;     /* [known pairs]  rows of in->known */
    int64_t n_known;    /* pairs asked that are known; by run() */
    int64_t scored;     /* by run() */
    int64_t tiles;      /* of this rank */
    int32_t (*tile)[2]; /* [tiles]  rows, columns */
    int64_t pairs;      /* asked, of all ranks */
} dn_gene_pass;

/* Collective. Fails: DN_EUSAGE nothing to screen; DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_pass_open(const dn_comm *comm, const dn_gene_screen_input *in,
                                                        const dn_gene_screen_options *o, dn_gene_pass *out,
                                                        dn_error *err);
void dn_gene_pass_close(dn_gene_pass *p);

/* The best `keep` of all pairs of score >= least (0: all of these), in their order, on every rank; hits are
 * for dn_free(). Collective. Fails: as dn_gene_screen() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_pass_run(const dn_comm *comm, dn_gene_pass *p, bool narrow,
                                                       int64_t keep, double least, dn_screened **out_hit,
                                                       int64_t *out_n, dn_error *err);

/* The score of what the network says. Local. */
float dn_gene_pass_score(const dn_gene_pass *p, const float *out);

/* Row of in->known of a given pair, a < b; -1: none. Local. */
int64_t dn_gene_pass_known(const dn_gene_pass *p, int64_t a, int64_t b);

#endif
