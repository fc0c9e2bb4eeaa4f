#!/usr/bin/python3
"""networkx and igraph -> paths.txt: components, cores, distances, betweenness and clustering of small graphs.

    cd tests/golden && /usr/bin/python3 make_paths.py

networkx gives the numbers, igraph must agree to 1e-10 here. Weights are written where a graph has them, and play
no part.
"""
import igraph
import networkx as nx
import numpy as np

rng = np.random.default_rng(20260103)


def agree(ours, theirs, name):
    theirs = np.nan_to_num(np.asarray(theirs, float))
    assert np.allclose(ours, theirs, rtol=1e-10, atol=1e-10), name


def numbers(g, name):
    n = g.number_of_nodes()
    column = lambda d: [d[v] for v in range(n)]
    h = igraph.Graph(n, list(g.edges()))
    out = {}
    parts = sorted(nx.connected_components(g), key=lambda c: (-len(c), min(c)))
    out["component"] = column({v: i for i, c in enumerate(parts) for v in c})
    out["core"] = column(nx.core_number(g))
    out["closeness"] = column(nx.closeness_centrality(g, wf_improved=True))
    out["harmonic"] = column(nx.harmonic_centrality(g))
    out["eccentricity"] = column({v: e for c in parts for v, e in nx.eccentricity(g.subgraph(c)).items()})
    out["betweenness"] = column(nx.betweenness_centrality(g))
    out["raw"] = column(nx.betweenness_centrality(g, normalized=False))
    out["triangles"] = column(nx.triangles(g))
    out["clustering"] = column(nx.clustering(g))
    out["transitivity"] = [nx.transitivity(g)]
    if n > 0:
        agree(out["core"], h.coreness(), name)
        agree(out["raw"], h.betweenness(), name)
        agree(out["clustering"], h.transitivity_local_undirected(mode="zero"), name)
        agree(out["transitivity"], [h.transitivity_undirected(mode="zero")], name)
    if n > 1:
        agree(out["harmonic"], np.array(h.harmonic_centrality()) * (n - 1), name)
        inside = np.nan_to_num(h.closeness())  # within the component
        size = np.array([len(parts[int(c)]) for c in out["component"]])
        agree(out["closeness"], inside * (size - 1) / (n - 1), name)
    if nx.is_bipartite(g):
        out["bipartite"] = column(nx.bipartite.clustering(g, mode="dot"))
    return out


def put(f, name, g, side=None, weighted=False):
    n = g.number_of_nodes()
    assert sorted(g) == list(range(n)), name
    side = [0] * n if side is None else side
    f.write(f"graph {name} {n} {g.number_of_edges()} {max(side, default=0) + 1} {int(weighted)}\n")
    f.write("side " + " ".join(map(str, side)) + "\n")
    for a, b in g.edges():
        f.write(f"{a} {b} {rng.uniform(0.1, 9):.3g}\n" if weighted else f"{a} {b} 1\n")
    for word, v in numbers(g, name).items():
        f.write(f"{word} {len(v)} " + " ".join("%.16g" % x for x in v) + "\n")
    f.write("end\n")


def plain(g):
    return nx.Graph(nx.convert_node_labels_to_integers(g).edges())


def union(*graphs):
    return nx.disjoint_union_all(graphs)


def shuffled(g):
    """Inside numbers follow the degrees; outside numbers that do not follow anything."""
    order = rng.permutation(g.number_of_nodes())
    return nx.relabel_nodes(g, {v: int(order[v]) for v in g})


def drugs(left, right, degree):
    g = nx.empty_graph(left + right)
    for a in range(left):
        for _ in range(degree if a % 9 else 0):
            g.add_edge(a, left + int(right * rng.random() ** 2))
    return g, [0] * left + [1] * right


kite, alone, pair = nx.krackhardt_kite_graph(), nx.empty_graph(1), nx.path_graph(2)
karate = nx.karate_club_graph()
with open("paths.txt", "w") as f:
    f.write(f"# make_paths.py: networkx {nx.__version__}, igraph {igraph.__version__}\n")
    put(f, "empty", nx.empty_graph(0))
    put(f, "one_node", alone)
    put(f, "two_nodes", pair)
    put(f, "two_nodes_apart", nx.empty_graph(2))
    put(f, "no_edges", nx.empty_graph(7))
    put(f, "three_in_a_row", nx.path_graph(3))
    put(f, "triangle", nx.cycle_graph(3))
    put(f, "star", nx.star_graph(12))
    put(f, "path", shuffled(nx.path_graph(64)))
    put(f, "complete", nx.complete_graph(9))
    put(f, "odd_cycle", nx.cycle_graph(11))
    put(f, "even_cycle", nx.cycle_graph(12))
    put(f, "grid", nx.convert_node_labels_to_integers(nx.grid_2d_graph(6, 7)))
    put(f, "complete_bipartite", nx.complete_bipartite_graph(3, 5), [0] * 3 + [1] * 5)
    put(f, "karate", plain(karate))
    put(f, "karate_weighted", plain(karate), weighted=True)
    put(f, "florentine", nx.convert_node_labels_to_integers(nx.florentine_families_graph()))
    put(f, "kite", plain(kite))
    put(f, "disconnected", shuffled(union(kite, nx.path_graph(4), alone, nx.star_graph(5), pair, alone, pair)))
    put(f, "equal_components", shuffled(union(*[nx.complete_graph(4)] * 5, alone)))
    put(f, "pairs", shuffled(union(*[pair] * 70, alone)))
    put(f, "two_giants", shuffled(union(nx.barabasi_albert_graph(90, 2, seed=1), nx.gnm_random_graph(80, 200, seed=2),
                                        nx.cycle_graph(5))))
    put(f, "tree", shuffled(nx.barabasi_albert_graph(100, 1, seed=3)))
    put(f, "barbell", nx.barbell_graph(8, 5))
    put(f, "sparse", nx.gnm_random_graph(120, 100, seed=4))
    put(f, "dense", nx.gnm_random_graph(70, 900, seed=5))
    put(f, "bipartite", *drugs(60, 40, 3))
    put(f, "bipartite_weighted", *drugs(40, 20, 2), weighted=True)
