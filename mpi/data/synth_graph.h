/* synth_graph.h - synthetic networks: R-MAT and a bipartite power law
 *
 * Every edge is a function of the options and of its number (streams DN_RNG_GRAPH), so that any number of
 * ranks writes the same bytes. Edges are drawn independently; self loops are dropped and counted, pairs drawn
 * more than once are one edge, and counted.
 *
 * R-MAT (Chakrabarti, Zhan and Faloutsos, SDM 2004, doi:10.1137/1.9781611972740.43; the parameters of the
 * Graph500): n = 2^scale nodes, edge_factor n edges are drawn. Of each, `scale` times one of four quadrants
 * of the adjacency matrix is chosen, with probabilities a (low, low), b (low, high), c (high, low) and 1 - a
 * - b - c, to 2^-32; 4 levels take one block of random numbers. Numbers are then permuted, so that they say
 * nothing about the degree, and the edge counts as undirected. One side, "gene"; ids are the numbers.
 *
 * Bipartite power law: `edges` drawn between `drugs` and `genes`, both ends independent (Chung and Lu, PNAS
 * 99 (2002), doi:10.1073/pnas.252631999): end = floor(N U^((exponent - 1) / (exponent - 2))), U uniform,
 * permuted, which makes the expected degrees of a side follow P(k) ~ k^-exponent. Sides "drug" and "gene",
 * ids D1.. and G1.. .
 */
#ifndef DN_DATA_SYNTH_GRAPH_H
#define DN_DATA_SYNTH_GRAPH_H

#include <stdbool.h>
#include "mpi/io/h5.h"
#include "solvers/base/rng.h"

typedef enum dn_synth_graph_kind { DN_SYNTH_RMAT, DN_SYNTH_BIPARTITE } dn_synth_graph_kind;

typedef struct dn_synth_graph_options {
    dn_synth_graph_kind kind;
    uint64_t seed;
    /* R-MAT */
    int64_t scale;       /* 1 .. 30 */
    int64_t edge_factor; /* 1 .. 1000 */
    double a, b, c;      /* >= 0, a + b + c <= 1 */
    /* bipartite */
    int64_t drugs, genes; /* >= 1, together below 2^31 */
    int64_t edges;        /* drawn: 1 .. 2^40 */
    double exponent;      /* 2 < exponent <= 100 */
} dn_synth_graph_options;

/* Options made ready for many edges. */
typedef struct dn_synth_graph {
    int64_t nodes;
    int64_t draws; /* edges drawn */
    dn_synth_graph_options o;
    dn_rng stream;
    uint64_t threshold[3];    /* of 32 bits: a, a + b, a + b + c */
    double power;             /* of U */
    dn_permutation labels[2]; /* of each side; of R-MAT only the first */
} dn_synth_graph;

typedef struct dn_synth_graph_counts {
    int64_t nodes, draws, self_loops, repeats, edges;
} dn_synth_graph_counts;

/* Fails: DN_EUSAGE an option is out of range. Local. */
DN_MUST_CHECK dn_status dn_synth_graph_make(const dn_synth_graph_options *o, dn_synth_graph *out,
                                            dn_error *err);

/* Edge e, 0 <= e < draws, before its nodes are permuted: within a side, from 0. Local. */
void dn_synth_graph_draw(const dn_synth_graph *g, int64_t e, int64_t *out_a, int64_t *out_b);

/* The number of node i of a side in the dataset. Local. */
int64_t dn_synth_graph_label(const dn_synth_graph *g, int side, int64_t i);

/* Write the graph as the layer "graph" of a dataset, with the counts as attributes. Each rank draws a block
 * of the edges and brings them to the owners of their sources, who sort them and leave out repeats. Memory:
 * 16 bytes per edge drawn, divided over the ranks (up to 32 where the C library keeps what was freed), and 4
 * bytes per node on every host; drugs and genes also some 16 bytes per node on every rank, for their ids.
 * Collective on comm. Fails: DN_EUSAGE as above; as dn_h5_create and dn_h5_commit; DN_ENOMEM; DN_EDATA more
 * than 2^31 edges on a rank (use more ranks) */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_synth_graph_write(const dn_comm *comm, const char *path,
                                                           const char *command, const char *config,
                                                           bool force, const dn_synth_graph_options *o,
                                                           dn_synth_graph_counts *out_counts, dn_error *err);

#endif
