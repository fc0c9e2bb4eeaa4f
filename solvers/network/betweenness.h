/* betweenness.h - betweenness from many sources at once
 *
 *     raw(v) = sum over pairs {s, t}, s != v != t, of (shortest paths from s to t through v) / (shortest
 * paths)
 *
 * Source: Brandes, J. Math. Sociol. 2001, doi:10.1080/0022250X.2001.9990249: the dependencies of all targets
 * on v add up over one breadth-first search from each source, levels first outwards (numbers of paths), then
 * inwards. Reference: raw is igraph's betweenness (undirected) and networkx.betweenness_centrality with
 * normalized=False; the normalised value is raw * 2 / ((n - 1) (n - 2)) with all n nodes, isolated ones too,
 * as networkx; 0 where n < 3. Weights play no part: an edge is one hop.
 *
 * DN_PATH_LANES sources are worked on together, one lane of doubles each; for every node a bit per source
 * says whether it belongs to the level, so most neighbours are passed over after a look at two bytes. A batch
 * is done by one thread in a fixed order: its bits depend on the graph and the batch alone. Numbers of paths
 * are doubles, exact below 2^53 and rounded above; more than 1.8e308 of them end as a value that is not
 * finite, which dn_betweenness_finish() refuses.
 *
 * From a sample of sources, raw is estimated with two helps. What cut nodes contribute by cutting is known
 * (cuts.h) and only the remainder, paths between nodes on the same side of v, is sampled. And a source s adds
 * for its target t not its share but 2 d(s, v) / d(s, t) times it: the two ends of a path together add what
 * they did, but most of it now comes from the end that is far from v, of which there are many, and less from
 * the few that are near (Geisberger, Sanders & Schultes, ALENEX 2008, doi:10.1137/1.9781611972887.9, linear
 * scaling; unbiased because the graph is undirected). On ChG-Miner that halves the true standard error. What
 * is stated as standard error is that of pooled.h.
 */
#ifndef DN_NETWORK_BETWEENNESS_H
#define DN_NETWORK_BETWEENNESS_H

#include "solvers/network/cuts.h"
#include "solvers/network/origins.h"

enum { DN_PATH_LANES = 8 };

/* Scratch of one thread: 24 DN_PATH_LANES + 6 DN_PATH_LANES + 22 bytes a connected node. */
typedef struct dn_brandes dn_brandes;

/* opt_weight [n]: for how many sources and targets a node counts (fold.h); NULL: each for one. opt_cuts: of
 * g; search for scaled remainders, as samples need; not together with weights. Both borrowed, as g is. Local.
 * Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_brandes_create(const dn_graph *g, const double *opt_weight,
                                          const dn_cuts *opt_cuts, dn_brandes **out, dn_error *err);
void dn_brandes_destroy(dn_brandes **b);

/* Add the dependencies of all nodes on the sources of one batch (of at most DN_PATH_LANES).
 *
 *   sum      [n]  added to: the sum over sources of their dependency on a node, with cuts of its scaled
 *                 remainder; raw is half of it over all sources, and half of what is known
 *   squares  [n]  added to: the sum of their squares; NULL: not wanted
 *
 * Local; cannot fail. */
void dn_brandes_run(dn_brandes *b, const dn_origins *s, const dn_batch *batch, double *sum, double *squares);

/* raw, its standard error and the normalised value from the sums over all sources of s. With cuts, from sums
 * that were made with them: where not all nodes of a component are sources they are estimates; without,
 * all nodes are sources, and squares may be NULL. The error is 0 where raw is exact: when all nodes of the
 * component are sources, or no two neighbours of v on the same side are without an edge. Each out [n] may be
 * NULL. Local. Fails: DN_EDATA there are more shortest paths than a double can hold; DN_ENOMEM */
DN_MUST_CHECK dn_status dn_betweenness_finish(const dn_origins *s, const dn_cuts *opt_cuts, const double *sum,
                                              const double *squares, double *out_raw, double *out_raw_error,
                                              double *out_normalised, dn_error *err);

#endif
