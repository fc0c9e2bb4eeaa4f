#!/usr/bin/env python3
"""Writes spectra.txt: graphs and what NetworkX, SciPy and scikit-learn say about their spectra.

    /usr/bin/python3 tests/golden/make_spectra.py > tests/golden/spectra.txt

The format is that of tests/support/golden.h; values stand in outside order.
Eigenvectors are written for simple values only, with the largest entry by size positive. Tolerance in the tests
1e-9 for values and 1e-7 for vectors (both sides solve to about 1e-12; vectors lose what the gap takes).
"""
import warnings
import sys
import networkx as nx
import numpy as np
import scipy
import scipy.linalg
import sklearn
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")


def say(name, values):
    values = np.asarray(values, float).ravel()
    print(name, len(values), *("%.12g" % (0.0 if abs(v) < 1e-15 else v) for v in values))


def flip(v):
    first = np.flatnonzero(abs(v) >= abs(v).max() * (1 - 1e-6))[0]
    return v * np.sign(v[first])


def simple(values, k):
    """Numbers of the first k values that stand alone."""
    gap = np.diff(values)
    return [i for i in range(min(k, len(values))) if (i == 0 or abs(gap[i - 1]) > 1e-6) and
            (i + 1 >= len(values) or abs(gap[i]) > 1e-6)]


def pairs(name, matrix, k, sign, isolated):
    values, vectors = np.linalg.eigh(matrix)
    order = np.argsort(sign * values, kind="stable")
    values, vectors = values[order], vectors[:, order]
    say(name, values[:k])
    for i in simple(values, 3):
        v = np.zeros(len(isolated))
        v[~isolated] = vectors[:, i]
        say(f"{name}_vector_{i}", flip(v))


def matrix_of(g):
    n = g.number_of_nodes()
    a = nx.to_numpy_array(g, nodelist=range(n))
    isolated = a.sum(1) == 0
    keep = ~isolated
    k = min(6, int(keep.sum()))
    if k == 0:
        return
    pairs("adjacency", a[np.ix_(keep, keep)], k, -1, isolated)
    core = g.subgraph(np.flatnonzero(keep))
    pairs("laplacian", nx.normalized_laplacian_matrix(core, nodelist=sorted(core)).toarray(), k, 1, isolated)


def decomposition(g, side):
    n = g.number_of_nodes()
    rows, cols = (np.flatnonzero(np.array(side) == s) for s in (0, 1))
    b = nx.to_numpy_array(g, nodelist=range(n))[np.ix_(rows, cols)]
    k = min(4, min(b.shape))
    u, s, vt = np.linalg.svd(b, full_matrices=False)
    say("svd", s[:k])
    for i in simple(s, 3):
        if s[i] > 1e-9:
            both = np.zeros(n)
            both[rows], both[cols] = u[:, i], vt[i]
            first = np.flatnonzero(abs(u[:, i]) >= abs(u[:, i]).max() * (1 - 1e-6))[0]
            say(f"svd_vector_{i}", both * np.sign(u[first, i]))
    if len(rows) < 2:
        return
    for name, x in ("pca_raw", b), ("pca_scaled", StandardScaler().fit_transform(b)):
        p = PCA(svd_solver="full").fit(x)
        say(name + "_variance", p.explained_variance_[:k])
        say(name + "_share", np.nan_to_num(p.explained_variance_ratio_[:k]))
        scores = p.transform(x)
        for i in simple(np.sqrt(p.explained_variance_), 3):
            if p.explained_variance_[i] > 1e-9:
                both = np.zeros(n)
                both[rows], both[cols] = scores[:, i], p.components_[i]
                first = np.flatnonzero(abs(scores[:, i]) >= abs(scores[:, i]).max() * (1 - 1e-6))[0]
                say(f"{name}_vector_{i}", both * np.sign(scores[first, i]))


def functions(g, weighted):
    n = g.number_of_nodes()
    a = nx.to_numpy_array(g, nodelist=range(n))
    e = scipy.linalg.expm(a)
    if not weighted:
        reference = nx.subgraph_centrality(g)
        # NetworkX goes by eigenvectors, whose rounding exp() of the largest value multiplies; expm does not
        assert np.allclose([reference[i] for i in range(n)], e.diagonal(), rtol=1e-9, atol=1e-13 * e.max())
        row = nx.communicability_exp(g)[min(2, n - 1)]
        assert np.allclose([row[i] for i in range(n)], e[min(2, n - 1)], rtol=1e-9, atol=1e-13 * e.max())
    say("subgraph", e.diagonal())
    say("communicability", e[min(2, n - 1)])  # of node 2, or the last
    flow = np.zeros(n)
    for c in nx.connected_components(g):
        if len(c) > 1:
            h = nx.Graph(g.subgraph(c))
            reference = nx.current_flow_closeness_centrality(h, weight="weight" if weighted else None, solver="full")
            nodes = sorted(c)
            lap = np.linalg.pinv(nx.laplacian_matrix(h, nodelist=nodes, weight="weight").toarray())
            for i, v in enumerate(nodes):
                flow[v] = 1 / (len(nodes) * lap[i, i] + np.trace(lap))
                assert abs(flow[v] / reference[v] - 1) < 1e-8, (v, flow[v], reference[v])
    say("current_flow", flow)


def case(name, g, side=None, weighted=False):
    if not weighted:
        nx.set_edge_attributes(g, 1.0, "weight")
    print("graph", name, g.number_of_nodes(), g.number_of_edges(), 2 if side is not None else 1, int(weighted))
    print("side", *(side if side is not None else [0] * g.number_of_nodes()))
    for a, b, w in g.edges(data="weight"):
        print(a, b, "%.9g" % w)
    matrix_of(g)
    if side is not None:
        decomposition(g, side)
    functions(g, weighted)
    print("end")


def numbered(g):
    h = nx.Graph()
    h.add_nodes_from(range(g.number_of_nodes()))
    h.add_edges_from(nx.convert_node_labels_to_integers(g, ordering="sorted").edges())
    return h


def random_bipartite(rng, rows, cols, p, weighted):
    """Rows 0 .. rows - 1; every seventh column has one edge or none."""
    g = nx.Graph()
    g.add_nodes_from(range(rows + cols))
    for c in range(cols):
        for r in range(rows):
            if rng.random() < (p if c % 7 else 0.6 / rows) * (2 - r / rows):
                g.add_edge(r, rows + c, weight=float(np.float32(rng.uniform(0.25, 2))) if weighted else 1.0)
    return g, [0] * rows + [1] * cols


print("# made by make_spectra.py with Python %s, NumPy %s, SciPy %s, NetworkX %s, scikit-learn %s" %
      (sys.version.split()[0], np.__version__, scipy.__version__, nx.__version__, sklearn.__version__))
rng = np.random.default_rng(20260102)
karate = numbered(nx.karate_club_graph())
case("karate", karate)
case("florentine", numbered(nx.florentine_families_graph()))
case("kite", numbered(nx.krackhardt_kite_graph()))
case("star", nx.star_graph(10), side=[0] + [1] * 10)
case("disconnected", numbered(nx.disjoint_union_all([nx.krackhardt_kite_graph(), nx.path_graph(4), nx.path_graph(2),
                                                     nx.path_graph(1), nx.cycle_graph(3), nx.path_graph(1)])))
case("two_karates", numbered(nx.disjoint_union(karate, karate)))
case("bipartite", *random_bipartite(rng, 40, 25, 0.12, False))
case("weighted", *random_bipartite(rng, 40, 36, 0.06, True), weighted=True)
case("larger", *random_bipartite(rng, 70, 50, 0.05, False))
tree = numbered(nx.disjoint_union(nx.barabasi_albert_graph(60, 1, seed=3), nx.barabasi_albert_graph(50, 2, seed=4)))
tree.add_edge(7, 70)
case("tree_and_core", tree)
case("pair", nx.path_graph(2))
case("path", nx.path_graph(7))
case("lone", nx.empty_graph(3))
# a value of 1e17 beside values of 2: what rounding leaves of the small ones
case("clique_with_tail", numbered(nx.lollipop_graph(40, 20)))
# cycles with trees on them and between them: what bridges and the 2-core are for
cactus = numbered(nx.disjoint_union_all([nx.cycle_graph(5), nx.random_tree(12, seed=5), nx.complete_graph(4),
                                         nx.ladder_graph(4), nx.path_graph(3), nx.path_graph(1)]))
cactus.add_edges_from([(1, 5), (16, 17), (2, 9 + 12)])
rng = np.random.default_rng(7)
for a, b in cactus.edges():
    cactus[a][b]["weight"] = float(np.float32(rng.uniform(0.25, 2)))
case("cactus", cactus, weighted=True)


def copies(count, rows, cols, p, seed):
    """Equal components, so that every value comes `count` times; rows first."""
    one, _ = random_bipartite(np.random.default_rng(seed), rows, cols, p, False)
    g = nx.empty_graph(count * (rows + cols))
    for c in range(count):
        g.add_edges_from((c * rows + a, count * rows + c * cols + b - rows) for a, b in one.edges())
    return g, [0] * (count * rows) + [1] * (count * cols)


# a Krylov space shows one vector of a repeated value
case("three_copies", *copies(3, 14, 13, 0.3, 1))
case("five_copies", *copies(5, 10, 8, 0.25, 2))
stars = nx.disjoint_union_all([nx.star_graph(3)] * 18 + [nx.star_graph(2)] * 18)
case("stars", *(lambda hubs: (nx.relabel_nodes(stars, {v: i for i, v in enumerate(
    hubs + [v for v in stars if v not in hubs])}), [0] * 36 + [1] * 90))([v for v in stars if stars.degree(v) > 1]))
