/* gene_screen.h - every pair of many genes scored by a trained GENER network, the best kept
 *
 *     dn_gene_screen_input in = {.gener = &gener, .w = w, .running = running, .id = &genes.id, .known =
 * &pairs}; dn_gene_screen_options o = {.gene = genes, .n_genes = n, .one = -1, .keep = 1000, .threshold =
 * NAN}; DN_TRY(dn_gene_screen(comm, &in, &o, &result, err));
 *
 * A pair is scored as (a, b), a the gene of the lower number (models/gener_screen.h); ranks and threads take
 * tiles of 128 x 128 genes. A score depends on the pair alone, and equal scores are ordered by the ids of a
 * and b, so that the result has the same bits on any number of ranks and threads and with any other genes.
 * With two classes the score is the probability of an interaction; with four, that of any of connection and
 * the two directions.
 *
 * With `narrow`, products take bfloat16 factors; the best `widen` times as many are scored again in single
 * precision, which orders them, and theirs are the scores that are given. Let d be the largest difference of
 * logits between the two precisions, over 16,384 pairs drawn at random and the candidates. If no pair that
 * was left out differs by more than 2 d, the result is that of single precision, provided that
 *
 *     logit(last candidate, narrow) + 2 d < logit(last kept, single)
 *
 * which is tested; where it does not hold the screen is repeated with four times the candidates, and in
 * single precision when these would be an eighth of all pairs. Of a threshold t candidates are the pairs from
 * logit(t) - 2 d on.
 *
 * More candidates than can be kept (screen_keep.h) are not tried: all pairs are scored in single precision
 * then.
 *
 * Tiles are numbered in one order; a round is so many of them from the first that is not done on, dealt to
 * the ranks one by one. Between rounds, all look at what is asked of them (screen_state.h).
 *
 * Memory of a rank and thread: what screen_keep.h and gener_screen.h say, 2 bytes a gene, 8 a known pair.
 */
#ifndef DN_SCREEN_GENE_SCREEN_H
#define DN_SCREEN_GENE_SCREEN_H

#include "mpi/io/dataset.h"
#include "mpi/screen/screen_state.h"
#include "solvers/models/gener_screen.h"

enum { DN_GENE_SCREEN_WIDEN = 4, DN_GENE_SCREEN_SAMPLE = 16384, DN_GENE_SCREEN_ROUND = 8 };

/* What is screened; borrowed. */
typedef struct dn_gene_screen_input {
    const dn_gener *gener; /* data.x [genes, samples] is what its normalisation makes of expression */
    const float *w, *running;
    const dn_strings *id;  /* [genes] */
    const dn_pairs *known; /* of these the given ones, of any label, are known; those drawn as negatives are
                              not */
} dn_gene_screen_input;

typedef struct dn_gene_screen_options {
    const int64_t *gene; /* [n_genes]  rising */
    int64_t n_genes;     /* >= 1 */
    int64_t one;         /* this gene with each of gene[] but itself; -1: all pairs of gene[] */
    int64_t keep;        /* the best so many, >= 1; 0: all from the threshold on */
    double threshold;    /* the least score; NaN: none */
    bool include_known;  /* also known pairs */
    bool narrow;
    int64_t widen; /* candidates for each that is kept; 0: DN_GENE_SCREEN_WIDEN */
    int64_t round; /* tiles a thread between two looks at what is asked; 0: DN_GENE_SCREEN_ROUND. Changes no
                      result */
    const dn_hooks *opt_hooks;          /* tiles of all */
    const dn_screen_saving *opt_saving; /* NULL: no checkpoints; on all ranks or on none */
} dn_gene_screen_options;

typedef struct dn_gene_screen_result {
    int64_t pairs;  /* asked */
    int64_t known;  /* of these known, whether scored or not */
    int64_t scored; /* the others, or all */
    int64_t n;
    dn_screened *hit; /* [n]  a < b, highest score first; sign 1; known: the label, -1 none */
    float *of;        /* [n, 4]  probabilities of all classes; NULL with two */
    double seconds;   /* of the scoring, on the slowest rank */
    /* with narrow; of the pass that was enough */
    int passes;         /* 1, or more where the candidates had to be widened */
    bool single;        /* in the end all pairs were scored in single precision */
    int64_t candidates; /* scored again */
    int64_t missed;     /* of the n hits, not among the first n by bfloat16 */
    double difference;  /* d: largest difference of logits */
    double margin;      /* logit(last kept) - logit(last candidate); NaN: no pair was left out */
} dn_gene_screen_result;

/* The same result on every rank. Collective. Fails: DN_EUSAGE nothing to screen, more to keep than 2^31
 * bytes; DN_EUNAVAILABLE narrow on a CPU without such products; DN_ESOFTWARE, DN_ENOMEM; DN_ESAVED asked to
 * stop, and the checkpoint is written; as dn_screen_state_load(), dn_screen_state_save() */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_gene_screen(const dn_comm *comm, const dn_gene_screen_input *in,
                                                     const dn_gene_screen_options *options,
                                                     dn_gene_screen_result *out, dn_error *err);
void dn_gene_screen_result_destroy(dn_gene_screen_result *r);

#endif
