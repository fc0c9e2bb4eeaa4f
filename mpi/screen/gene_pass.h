/* gene_pass.h - one pass of a screen over pairs of genes, in one precision; what gene_screen.c is made of
 *
 *     DN_TRY(dn_gene_pass_open(comm, in, options, &pass, err));
 *     DN_TRY(dn_gene_pass_run(comm, pass, narrow, keep, least, &hit, &n, err));   all pairs, the best kept
 *     dn_gene_pass_close(&pass);
 */
#ifndef DN_SCREEN_GENE_PASS_H
#define DN_SCREEN_GENE_PASS_H

#include "mpi/screen/gene_screen.h"

enum { DN_GENE_TILE = 128 }; /* pairs are dealt in squares of so many genes */

typedef struct dn_gene_pass {
    const dn_gene_screen_input *in;
    const dn_gene_screen_options *o;
    dn_gener_fold *fold;
    int64_t outputs;   /* of the network, for one pair */
    int64_t *known_at; /* [genes + 1]  known pairs of each gene as the lower one */
    int64_t *known;    /* [known pairs]  rows of in->known */
    int64_t n_known;   /* pairs asked that are known; by run() */
    int64_t scored;    /* by run() */
    int64_t wide;      /* tiles in a row */
    int64_t tiles;     /* of all ranks, in an order of their own */
    int64_t round;     /* tiles between two looks at what is asked */
    int64_t pairs;     /* asked, of all ranks */
    /* what a checkpoint holds beside; `difference` and the like are set by the caller before run() */
    dn_screen_state state;
    dn_screen_keep *keep; /* after run(): on rank 0 all that is kept */
    bool resumed;         /* run() goes on from `state` */
    bool moved;           /* a round has been done since open() */
} dn_gene_pass;

/* With a checkpoint to go on from, it is loaded. Collective. Fails: DN_EUSAGE nothing to screen; DN_ENOMEM;
 * as dn_screen_state_load() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_pass_open(const dn_comm *comm, const dn_gene_screen_input *in,
                                                        const dn_gene_screen_options *o, dn_gene_pass *out,
                                                        dn_error *err);
void dn_gene_pass_close(dn_gene_pass *p);

/* The best `keep` of all pairs of score >= least (0: all of these), in their order, on every rank; hits are
 * for dn_free(). Collective. Fails: as dn_gene_screen() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_pass_run(const dn_comm *comm, dn_gene_pass *p, bool narrow,
                                                       int64_t keep, double least, dn_screened **out_hit,
                                                       int64_t *out_n, dn_error *err);

/* Pairs (a[i], b[i]) in one precision into out [n, outputs] of every rank, after run(): in parts, between
 * which all look at what is asked, unless no round was done since open(): a list is begun anew by whoever
 * goes on, and would be again and again where the time is short. Collective. Fails: as dn_score_pairs();
 * DN_ESAVED */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_pass_list(const dn_comm *comm, dn_gene_pass *p, bool narrow,
                                                        const int32_t *a, const int32_t *b, int64_t n,
                                                        float *out, dn_error *err);

/* The score of what the network says. Local. */
float dn_gene_pass_score(const dn_gene_pass *p, const float *out);

/* Row of in->known of a given pair, a < b; -1: none. Local. */
int64_t dn_gene_pass_known(const dn_gene_pass *p, int64_t a, int64_t b);

/* Sets out[b] = mark for every known pair (a, b), b > a; out [genes]. Local. */
void dn_gene_pass_mark(const dn_gene_pass *p, int64_t a, uint8_t mark, uint8_t *out);

#endif
