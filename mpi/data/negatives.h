/* negatives.h - pairs that are drawn to stand against the positives of a split
 *
 * For every group of positives as many negatives are drawn as there are positives, times a ratio, rounded so
 * that the sum over the groups is right, however small they are. A group are the positives that go the same
 * way in every fold: of one block of pairs, or whose genes are of the same two blocks of genes (split.h), in
 * this order. So a negative has the part of its positives in every fold, also the sides that make C1, C2 and
 * C3, and is drawn once however many folds there are.
 *
 *   uniform  first gene uniform over the genes of the pair set that are of the first block, second gene over
 *            those of the second
 *   degree   the second genes of the group's positives are permuted against the first (configuration model;
 *            Molloy and Reed 1995, doi:10.1002/rsa.3240060204), so that every gene stands in as many
 *            negatives as in positives, and in the same column: popularity, or the column a gene stands in,
 *            tells nothing. A ratio above 1 repeats the positives, what is left over takes some at random.
 *
 * Never drawn: a gene with itself; a pair that is a positive of the set, of whatever part, in either order;
 * a pair that is a row already, of whatever origin or part; a decoy (a positive of a decoy is matched by
 * another positive of its group). A uniform pair that may not be is drawn again, up to DN_DRAWS_MOST times;
 * a degree-matched one swaps its second gene with another of the group that gives two pairs that may be,
 * which leaves all degrees as they are. What cannot be placed is missing, and counted.
 *
 * Random numbers: streams (seed, DN_RNG_SPLIT, 20 + origin) for genes and swaps, (seed, DN_RNG_SPLIT, 30) for
 * the order of the positives of a group. Nothing depends on ranks.
 *
 * Labels: above 0 is a positive, of however many classes; a negative has label 0.
 */
#ifndef DN_DATA_NEGATIVES_H
#define DN_DATA_NEGATIVES_H

#include "mpi/data/split.h"
#include "mpi/io/origin.h"

enum { DN_DRAWS_MOST = 1000 };

typedef struct dn_negatives_options {
    dn_origins origins;   /* given: those of the set go along; the first is what training uses */
    double ratio;         /* > 0  drawn negatives for each positive */
    uint64_t seed;        /* of the split */
    const uint8_t *decoy; /* [genes]  1: is not drawn; NULL: there are none */
} dn_negatives_options;

/* The rows of a split: those of the set that stay, in their order, then the drawn ones, kind by kind. */
typedef struct dn_negatives {
    dn_origins origins;
    int classes; /* of the set */
    int64_t n;
    int32_t *gene_a, *gene_b; /* [n] */
    uint8_t *label, *origin;  /* [n] */
    int64_t *like;            /* [n]  the row of the set whose part this row has */
    struct {
        int64_t wanted, drawn; /* of given ones: those of the set */
        double distance;       /* total variation between the shares of the genes in these negatives and in
                                  the positives they are matched with: 0 the same, 1 no gene in common,
                                  or positives and nothing drawn */
    } of[DN_ORIGINS];          /* by dn_origin */
} dn_negatives;

/* Draw. Where a split has no folds, kinds that training does not use are drawn for validation and test only,
 * and nothing for what it leaves out. Local; about 60 bytes a row while drawing.
 * Fails: DN_EUSAGE ratio; DN_EDATA given ones are asked for and the set holds positives only, or no
 * positive; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_negatives_draw(const dn_split_plan *plan, const dn_pairs *pairs,
                                          const dn_negatives_options *options, dn_negatives *out,
                                          dn_error *err);
void dn_negatives_destroy(dn_negatives *d);

/* DN_EDATA, with the way out, when given negatives are asked for and there are none. Local. */
DN_MUST_CHECK dn_status dn_negatives_check(const dn_origins *origins, const dn_pairs *pairs, dn_error *err);

/* The rows as a pair set; borrowed. Local. */
dn_pairs dn_negatives_pairs(const dn_negatives *d);

/* The bytes of part of all rows in a view, out [n], from those of the set, part [rows of the set]. Local. */
void dn_negatives_part(const dn_negatives *d, const uint8_t *part, dn_origin view, uint8_t *out);

/* Counts [folds] of rank 0 to all ranks. Collective on comm; cannot fail. */
DN_COLLECTIVE void dn_split_share_counts(const dn_comm *comm, int64_t folds,
                                         dn_split_count (*counts)[DN_COUNTS]);

/* As dn_split_store(), with the rows as /pairs/<name>:rows; rank 0 brings d, the others may bring NULL.
 * counts [folds][DN_COUNTS] are those of the kind that training uses, the same on every rank. Collective. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_negatives_store(dn_h5 *h, const char *name, const char *pairs_name,
                                                         const char *config, const dn_split_plan *plan,
                                                         const dn_pairs *pairs, const dn_negatives *d,
                                                         const dn_split_count (*counts)[DN_COUNTS],
                                                         dn_error *err);

#endif
