#!/usr/bin/env python3
"""make_describe.py - networkx, pandas, scipy and igraph -> describe.txt and power_law.txt

    python3 make_describe.py        (in this folder)

describe.txt: graphs with the numbers of describe.h: degree and strength statistics by pandas.describe, classes by
pandas.cut(bins=3), density, assortativity and components by networkx.
power_law.txt: samples with k_min, alpha and distance by a search over all k_min with scipy.special.zeta, and by
igraph.power_law_fit (which stops its own search early, at about 1e-5 of alpha).
"""
import warnings

import igraph
import networkx as nx
import numpy as np
import pandas as pd
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import zeta

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20)
versions = f"# networkx {nx.__version__}, pandas {pd.__version__}, scipy {scipy.__version__}, igraph {igraph.__version__}\n"


def number(x):
    return "nan" if x is None or np.isnan(x) else repr(float(x))


def stats(values):
    s = pd.Series(np.array(values, dtype=float)).describe()
    return [int(s["count"])] + [s[k] for k in ("mean", "std", "min", "25%", "50%", "75%", "max")]


def classes(values):
    if len(values) == 0:
        return [0, 0, 0]
    cut = pd.cut(pd.Series(values), bins=3, labels=False)
    return [int((cut == i).sum()) for i in range(3)]


def put(out, name, g, sides, side, weighted):
    nodes = sorted(g)
    edges = sorted((min(a, b), max(a, b), d.get("weight", 1)) for a, b, d in g.edges(data=True))
    bipartite = sides == 2 and all(side[a] != side[b] for a, b, _ in edges)
    out.write(f"graph {name} {len(nodes)} {len(edges)} {sides} {int(weighted)}\n")
    out.write("sides " + " ".join(str(side[v]) for v in nodes) + "\n")
    for a, b, w in edges:
        out.write(f"edge {a} {b} {w}\n")
    parts = list(nx.connected_components(g))
    label = {v: i for i, c in enumerate(parts) for v in c}
    out.write("components " + " ".join(str(label[v]) for v in nodes) + "\n")
    density = nx.bipartite.density(g, [v for v in nodes if side[v] == 0]) if bipartite else nx.density(g)
    try:
        r = nx.degree_assortativity_coefficient(g)
    except Exception:
        r = float("nan")
    out.write(f"whole {sum(d == 0 for _, d in g.degree())} {len(parts)} {max((len(c) for c in parts), default=0)} "
              f"{int(bipartite)} {number(density)} {number(r)}\n")
    for s in range(sides):
        members = [v for v in nodes if side[v] == s]
        for what in (None, "weight"):
            values = [d for _, d in g.degree(members, weight=what)]
            row = stats(values)
            out.write(("strength " if what else "degree ") + f"{row[0]} " + " ".join(number(x) for x in row[1:]) + "\n")
        out.write("classes " + " ".join(str(x) for x in classes([d for _, d in g.degree(members)])) + "\n")


def graphs():
    with open("describe.txt", "w") as out:
        out.write(versions)
        put(out, "empty", nx.Graph(), 1, {}, False)
        put(out, "one_node", nx.empty_graph(1), 1, {0: 0}, False)
        put(out, "no_edges", nx.empty_graph(5), 2, {0: 0, 1: 0, 2: 1, 3: 1, 4: 1}, False)
        put(out, "one_edge", nx.path_graph(2), 2, {0: 0, 1: 1}, False)
        put(out, "side_without_nodes", nx.path_graph(3), 3, {0: 0, 1: 2, 2: 0}, False)
        put(out, "complete", nx.complete_graph(5), 1, {v: 0 for v in range(5)}, False)
        put(out, "star", nx.star_graph(6), 1, {v: 0 for v in range(7)}, False)
        for name, g in (("karate", nx.karate_club_graph()), ("kite", nx.krackhardt_kite_graph()),
                        ("florentine", nx.florentine_families_graph())):
            g = nx.convert_node_labels_to_integers(g)
            put(out, name, nx.Graph(g.edges()) if name == "karate" else g, 1, {v: 0 for v in g}, False)
        g = nx.Graph()
        g.add_nodes_from(range(90))
        for a in range(50):
            for _ in range(min(30, rng.zipf(1.9))):
                g.add_edge(a, 50 + int(35 * rng.random() ** 3), weight=float(rng.integers(-40, 100)) / 8)
        put(out, "bipartite_weighted", g, 2, {v: int(v >= 50) for v in g}, True)
        h = nx.gnm_random_graph(60, 70, seed=4)
        put(out, "sparse_two_sides", h, 2, {v: int(v % 3 == 0) for v in h}, False)


def fit(x):
    best = None
    values = np.unique(x)
    for i, k_min in enumerate(values):
        tail = x[x >= k_min]
        if len(tail) < 10 or len(values) - i < 3:
            break
        logs, n = np.log(tail).sum(), len(tail)
        res = minimize_scalar(lambda a: a * logs + n * np.log(zeta(a, k_min)), bounds=(1 + 1e-6, 64), method="bounded",
                              options={"xatol": 1e-12})
        a = res.x
        below = np.array([(tail < k).sum() for k in values[i:]]) / n
        ks = np.abs(1 - zeta(a, values[i:]) / zeta(a, k_min) - below).max()
        if best is None or ks < best[2]:
            best = (int(k_min), a, ks, n, -res.fun)
    return best


def tails():
    samples = {
        "zipf_2.3": rng.zipf(2.3, 400),
        "zipf_1.7": np.minimum(rng.zipf(1.7, 600), 100000),
        "zipf_3.5_from_5": np.concatenate([rng.integers(1, 8, 300), 5 * rng.zipf(3.5, 200)]),
        "geometric": rng.geometric(0.15, 300),
        "poisson": 1 + rng.poisson(20, 500),
        "karate": np.array([d for _, d in nx.karate_club_graph().degree()]),
        "few": np.array([1, 1, 2, 2, 3, 1, 1, 4, 2]),
        "two_values": np.array([1] * 30 + [2] * 30),
        "one_value": np.array([3] * 50),
        "none": np.array([], dtype=int),
    }
    with open("power_law.txt", "w") as out:
        out.write(versions)
        for name, x in samples.items():
            values, counts = np.unique(x, return_counts=True)
            out.write(f"sample {name} {len(values)}\n")
            for v, c in zip(values, counts):
                out.write(f"{v} {c}\n")
            best = fit(x)
            if best is None:
                out.write("fit 0 nan nan 0 nan\n")
            else:
                out.write("fit {} {!r} {!r} {} {!r}\n".format(*(float(b) if isinstance(b, np.floating) else b for b in best)))
            if best is None or len(x) < 50:
                out.write("igraph 0 nan nan nan\n")  # below 50 values igraph corrects alpha
            else:
                f = igraph.power_law_fit(x, method="discrete")
                out.write(f"igraph {int(f.xmin)} {f.alpha!r} {f.D!r} {f.L!r}\n")


graphs()
tails()
