#!/usr/bin/python3
"""networkx and dense numpy -> krylov.txt: PageRank, eigenvector, Katz and HITS centralities of small graphs.

Dense numpy gives the digits; networkx, where it converges and the answer is unique, must agree to 1e-6 here.
"""
import numpy as np
import networkx as nx
import scipy

random = np.random.default_rng(7)


def normal(v):
    v = v * np.sign(v.sum() or 1)
    return np.where(np.abs(v) < 1e-14, 0, v)


def pagerank(A, d, seed):
    n = len(A)
    p = seed / seed.sum()
    deg = A.sum(1)
    P = np.array([A[i] / deg[i] if deg[i] > 0 else p for i in range(n)])
    return np.linalg.solve(np.eye(n) - d * P.T, (1 - d) * p)


def leading(A):
    """Largest eigenvalue, and the part of the vector of ones that belongs to it."""
    w, V = np.linalg.eigh(A)
    V = V[:, w > w[-1] - 1e-9]
    v = normal(V @ (V.T @ np.ones(len(A))))
    return w[-1], (w[-2] if len(w) > 1 else np.nan), v / np.linalg.norm(v)


def hits(D):
    """Hubs, authorities, singular value: the authorities are the part of the in-strengths in the leading space."""
    U, s, Vt = np.linalg.svd(D)
    V = Vt[s > s[0] - 1e-9].T
    a = normal(V @ (V.T @ D.sum(0)))
    h = normal(D @ a)
    return h / h.sum(), a / a.sum(), s[0]


def write(f, name, n, edges, side=None, weighted=False):
    side = [0] * n if side is None else side
    sides = max(side, default=0) + 1
    A, D = np.zeros((n, n)), np.zeros((n, n))
    for a, b, w in edges:
        w = float(np.float32(w)) if weighted else 1.0
        A[a, b] = A[b, a] = w
        if side[a] <= side[b]:
            D[a, b] = w
        if side[b] <= side[a]:
            D[b, a] = w
    G = nx.from_numpy_array(A)
    put = lambda what, v: f.write(f"{what} {len(v)} " + " ".join(f"{x:.17g}" for x in v) + "\n")
    f.write(f"graph {name} {n} {len(edges)} {sides} {int(weighted)}\n")
    f.write("side " + " ".join(map(str, side)) + "\n")
    for a, b, w in edges:
        f.write(f"{a} {b} {np.float32(w):.9g}\n")
    seed = np.arange(n) % 3 + (n < 3)
    for what, d, s in (("pagerank85", 0.85, np.ones(n)), ("pagerank50", 0.5, seed.astype(float))):
        v = pagerank(A, d, s)
        put(what, v)
        x = nx.pagerank(G, d, personalization=dict(enumerate(s)), tol=1e-12, max_iter=10000)
        assert np.allclose(v, [x[i] for i in range(n)], atol=1e-6), name
    put("components", [nx.number_connected_components(G)])
    if A.any():
        l, second, v = leading(A)
        put("eigen", [l, second])
        put("eigenvector", v)
        if n > 2 and l - second > 1e-6: # eigs of networkx refuses two nodes
            x = nx.eigenvector_centrality_numpy(G, weight="weight")
            assert np.allclose(v, [x[i] for i in range(n)], atol=1e-6), name
        own, gaps = np.ones(n), []
        for c in nx.connected_components(G):
            c = sorted(c)
            if len(c) > 1:
                first, second, own[c] = leading(A[np.ix_(c, c)])
                gaps += [first - second] if len(c) > 2 else []
        put("own", own)
        if gaps:
            put("smallest_gap", [min(gaps)])
        for what, alpha, beta in (("katz", 0.85 / l, 1.0), ("katz_small", 0.3 / l, 1.0)):
            v = np.linalg.solve(np.eye(n) - alpha * A, np.full(n, beta))
            v /= np.linalg.norm(v)
            put(what, v)
            x = nx.katz_centrality_numpy(G, alpha, beta, weight="weight")
            assert np.allclose(v, [x[i] for i in range(n)], atol=1e-6), name
        h, a, s = hits(D)
        put("hubs", h)
        put("authorities", a)
        sv = np.linalg.svd(D, compute_uv=False)
        put("singular", sv[:2])
        put("sharing", [np.sum(np.linalg.eigvalsh(A) > l - 1e-9), np.sum(sv > s - 1e-9)])
        if n > 4 and sv[0] - sv[1] > 1e-6:
            xh, xa = nx.hits(nx.from_numpy_array(D, create_using=nx.DiGraph), tol=1e-10)
            assert np.allclose(h, [xh[i] for i in range(n)], atol=1e-6), name
            assert np.allclose(a, [xa[i] for i in range(n)], atol=1e-6), name
    f.write("end\n")


def ones(G):
    G = nx.convert_node_labels_to_integers(G)
    return G.number_of_nodes(), [(a, b, 1.0) for a, b in G.edges()]


def with_weights(n, edges):
    return n, [(a, b, float(np.float32(random.uniform(0.2, 3)))) for a, b, _ in edges]


def union(*graphs):
    n, edges = 0, []
    for m, e in graphs:
        edges += [(a + n, b + n, w) for a, b, w in e]
        n += m
    return n, edges


def bipartite(left, right, degree, seed):
    """About `degree` edges for every node on the left, hubs on the right; sides 0 and 1."""
    r = np.random.default_rng(seed)
    e = {(a, left + int(right * r.random() ** 2)) for a in range(left) for _ in range(degree)}
    return (left + right, [(a, b, 1.0) for a, b in sorted(e)]), [0] * left + [1] * right


triangle, path4, pair = ones(nx.cycle_graph(3)), ones(nx.path_graph(4)), ones(nx.path_graph(2))
alone = (1, [])
with open("krylov.txt", "w") as f:
    f.write(f"# make_krylov.py: networkx {nx.__version__}, numpy {np.__version__}, scipy {scipy.__version__}\n")
    karate = ones(nx.karate_club_graph())
    write(f, "karate", *karate)
    write(f, "karate_weighted", *with_weights(*karate), weighted=True)
    write(f, "florentine", *ones(nx.florentine_families_graph()))
    write(f, "kite", *ones(nx.krackhardt_kite_graph()))
    write(f, "star", *ones(nx.star_graph(9)))
    write(f, "pair", *pair)
    write(f, "path", *ones(nx.path_graph(12)))
    write(f, "disconnected", *union(ones(nx.krackhardt_kite_graph()), path4, alone, ones(nx.star_graph(5)), pair))
    write(f, "equal_components", *union(path4, triangle, alone, triangle, pair))
    write(f, "nearly_equal", *union(ones(nx.complete_graph(6)), alone, alone, ones(nx.complete_graph(5))))
    write(f, "pairs", *union(pair, alone, pair, pair))
    write(f, "no_edges", 5, [])
    write(f, "one_node", 1, [])
    (n, e), side = bipartite(30, 20, 3, 1)
    write(f, "bipartite", n, e, side)
    n, e = with_weights(n, e)
    write(f, "bipartite_weighted", n, e, side, weighted=True)
    inside = [(a, a + 3, 1.5) for a in range(0, 40, 2) if side[a] == side[a + 3]]
    write(f, "mixed_weighted", n, e + inside, side, weighted=True)
    write(f, "random", *union(ones(nx.gnm_random_graph(60, 150, seed=3)), alone))
    write(f, "scale_free", *ones(nx.barabasi_albert_graph(150, 2, seed=5)))
    star, four = ones(nx.star_graph(9)), ones(nx.complete_graph(4)) # the eigenvalue 3, as K(3, 3)
    write(f, "equal_parts", *union(star, four, pair, star, four, alone, ones(nx.complete_bipartite_graph(3, 3)), star))
    large = ones(nx.barabasi_albert_graph(120, 2, seed=9)), ones(nx.grid_2d_graph(9, 9)), ones(nx.path_graph(80))
    write(f, "large_parts", *union(path4, *large, pair, ones(nx.barabasi_albert_graph(70, 1, seed=2))))
    star = ones(nx.star_graph(100)) # nodes that only their numbers tell apart
    write(f, "large_star", *star)
    write(f, "large_star_and_clique", *union(star, ones(nx.complete_graph(13))))
    write(f, "large_stars", *union(star, star, ones(nx.complete_bipartite_graph(8, 90)), star))
