#!/usr/bin/python3
"""network.py - dragnet network beside GraphBLAS, igraph and scikit-learn; run by scripts/bench network

Every row is one task: both sides are run in turn, the medians are compared. dragnet's time is what it reports for the measure
(summary.json), without start-up and opening, which stand in rows of their own; the peers' times leave out building the graph.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np

import measure

P = argparse.ArgumentParser()
P.add_argument("root")
P.add_argument("--scale", type=int, default=20)
P.add_argument("--repeats", type=int, default=3)
P.add_argument("--ranks", type=int, default=2)
P.add_argument("--json", metavar="FILE")
P.add_argument("--parts", default="iterative,betweenness,paths,pca", help="these, and growth: scales 16 to 22 on one rank and on all")
A = P.parse_args()
DRAGNET = f"{A.root}/build/dragnet"
SHARED = os.path.abspath(f"{A.root}/../shared")
PEERS, DATA = f"{SHARED}/peers", f"{SHARED}/data/network"
WORK = tempfile.mkdtemp(prefix="dragnet-bench-")
median = statistics.median
ROWS = []
BOUND = {  # by the first word of the task
    "PageRank": "values of neighbours out of memory, once an edge and iteration",
    "leading": "values of neighbours out of memory, once an edge and iteration",
    "opening": "placing edges in rows",
    "exact": "two passes over all edges for every source",
    "closeness": "passes over all edges, many sources at a time",
    "top-2": "latency of short products",
}


def dragnet(*args, ranks=A.ranks):
    cmd = ["mpirun", "-q", "-n", str(ranks), DRAGNET, *map(str, args)]
    p = subprocess.run(cmd, capture_output=True, text=True, cwd=WORK)
    if p.returncode != 0:
        sys.exit(f"{' '.join(cmd)}: {p.stderr}")
    return p.stdout


def network(dataset, *args, ranks=A.ranks):
    """Seconds by measure and spectrum of one run, and of opening the graph."""
    def run():
        start = time.perf_counter()
        s = json.loads(dragnet("network", dataset, "-o", "out", "--force", "--json", "--graphml-edges", 0, *args, ranks=ranks))
        t = {k: v["seconds"] for part in ("measures", "spectra") for k, v in s.get(part, {}).items()}
        t["open"] = s["network"]["seconds_to_open"]
        t["whole command"] = time.perf_counter() - start
        return t

    return measure.quietly(A.root, run)


def compile_peer(name, *flags):
    source = f"{PEERS}/{name}.c"
    if not os.path.exists(source):
        print(f"SKIP {name}: {source} is absent")
        return None
    p = subprocess.run(["gcc", "-O3", "-march=native", source, "-o", f"{WORK}/{name}", *flags], capture_output=True, text=True)
    if p.returncode != 0:
        print(f"SKIP {name}: does not build: {p.stderr.splitlines()[-1]}")
        return None
    return f"{WORK}/{name}"


def peer(*cmd, env=None):
    """The JSON lines a peer prints, by what they measure."""
    out = measure.quietly(A.root, lambda: subprocess.run(list(map(str, cmd)), capture_output=True, text=True, cwd=WORK,
                                                         env={**os.environ, **(env or {})}).stdout)
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return {r["what"]: r["seconds"] for r in rows}


def row(task, ours, name, theirs, want=None):
    ratio = median(theirs) / median(ours)
    ROWS.append(measure.row(f"network {task} {name}", f"{task}, {A.ranks} ranks", "s", ours, name, theirs,
                            bound=BOUND[task.split()[0]]))
    wanted = "" if want is None else f"   wanted {want:g}: {'reached' if ratio >= want else 'MISSED'}"
    print(f"{task:34s} dragnet {median(ours):9.4f} s   {name:26s} {median(theirs):9.4f} s   ratio {ratio:7.2f}{wanted}", flush=True)


def rmat(scale):
    """An R-MAT graph of dragnet, also in the form the peers read."""
    name = f"rmat{scale}"
    dragnet("synth", "--graph", "rmat", "--scale", scale, "--seed", 1, "-o", f"{name}.h5")
    with h5py.File(f"{WORK}/{name}.h5") as f:
        u, v, n = f["edges/graph/source"][:], f["edges/graph/target"][:], int(f["nodes"].attrs["count"])
    row_of, col = np.r_[u, v], np.r_[v, u].astype(np.int32)
    order = np.argsort(row_of * n + col, kind="stable") if scale < 18 else np.lexsort((col, row_of))
    ptr = np.r_[0, np.cumsum(np.bincount(row_of, minlength=n))].astype(np.int64)
    with open(f"{WORK}/{name}.bin", "wb") as f:
        np.array([n, len(col)], np.int64).tofile(f)
        ptr.tofile(f)
        col[order].tofile(f)
    return name, u, v, n


def iterative():
    name, u, v, n = rmat(A.scale)
    grb = compile_peer("C_grb", "-lgraphblas", "-lm")
    ours = [network(f"{name}.h5", "--measures", "pagerank,eigenvector")]
    theirs = [peer(grb, f"{name}.bin", A.ranks)] if grb else []
    for _ in range(A.repeats - 1):
        ours.append(network(f"{name}.h5", "--measures", "pagerank,eigenvector"))
        theirs += [peer(grb, f"{name}.bin", A.ranks)] if grb else []
    get = lambda rows, key: [r[key] for r in rows]
    print(f"R-MAT scale {A.scale}: {n} nodes, {len(u)} edges, {A.ranks} ranks; peers on {A.ranks} threads (GraphBLAS) or one")
    if grb:
        row("PageRank to 1e-10 (L1)", get(ours, "pagerank"), "GraphBLAS, power method", get(theirs, "PageRank power L1<1e-10"), 1.5)
        row("leading eigenpair to 1e-10", get(ours, "eigenvector"), "GraphBLAS, power method", get(theirs, "eigenvector power L2<1e-10"), 1.5)
    try:
        import igraph
    except ImportError:
        print("SKIP igraph: python3-igraph is absent")
    else:
        g = igraph.Graph(n=n, edges=np.column_stack((u, v)))
        row("PageRank to 1e-10 (L1)", get(ours, "pagerank"), "igraph, PRPACK", timed(lambda: g.pagerank(damping=0.85)), 6)
        row("leading eigenpair to 1e-10", get(ours, "eigenvector"), "igraph, ARPACK",
            timed(lambda: g.eigenvector_centrality(directed=False)), 6)
    row("opening the graph from HDF5", get(ours, "open"), "dragnet's own PageRank", get(ours, "pagerank"), 1)
    print(f"whole command, start-up and writing included: {median(get(ours, 'whole command')):.2f} s")


def timed(work, repeats=A.repeats):
    def once():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return [measure.quietly(A.root, once) for _ in range(repeats)]


def betweenness():
    name, u, v, n = rmat(14)
    igraph_bc = compile_peer("C_igraph_bc", *subprocess.run(["pkg-config", "--cflags", "--libs", "igraph"], capture_output=True,
                                                            text=True).stdout.split(), "-lm")
    if not igraph_bc:
        return
    ours, theirs = [], []
    for _ in range(A.repeats):
        ours.append(network(f"{name}.h5", "--measures", "betweenness", "--sources", "all")["betweenness"])
        theirs.append(peer(igraph_bc, f"{name}.bin", 0, 1)["betweenness exact"])
    row("exact betweenness, R-MAT 14", ours, "igraph (C), one thread", theirs, 5)


def paths():
    source = f"{DATA}/PP-Pathways_ppi.csv.gz"
    if not os.path.exists(source):
        print(f"SKIP PP-Pathways: {source} is absent")
        return
    import igraph
    dragnet("import", "-o", "pp.h5", "--edges", f"ppi={source}")
    with h5py.File(f"{WORK}/pp.h5") as f:
        e, n = np.column_stack((f["edges/ppi/source"][:], f["edges/ppi/target"][:])), int(f["nodes"].attrs["count"])
    g = igraph.Graph(n=n, edges=e)
    sample = np.random.default_rng(1).choice(n, 400, replace=False).tolist()
    ours, theirs = [], []
    for _ in range(A.repeats):
        t = network("pp.h5", "--measures", "closeness,harmonic", "--sources", "all")
        ours.append(t["closeness"] + t["harmonic"])
        theirs.append(sum(timed(lambda: (g.closeness(sample), g.harmonic_centrality(sample)), 1)) * n / len(sample))
    row("closeness and harmonic, PP-Pathways", ours, "igraph, from 400 sources", theirs, 40)


def pca():
    source = f"{DATA}/ChG-Miner.tsv"
    if not os.path.exists(source):
        print(f"SKIP ChG-Miner: {source} is absent")
        return
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    dragnet("import", "-o", "chg.h5", "--edges", f"chg={source}")
    with h5py.File(f"{WORK}/chg.h5") as f:
        u, v, side = f["edges/chg/source"][:], f["edges/chg/target"][:], f["nodes/side"][:]
    place = np.where(side == 0, np.cumsum(side == 0), np.cumsum(side == 1)) - 1
    x = np.zeros(((side == 0).sum(), (side == 1).sum()))
    x[place[u], place[v]] = 1
    ours, theirs = [], []
    for _ in range(A.repeats):
        ours.append(network("chg.h5", "--spectra", "pca", "--pairs", 2, "--standardise")["pca"])
        theirs += timed(lambda: PCA(2, svd_solver="arpack", tol=1e-13, random_state=0).fit(StandardScaler().fit_transform(x)), 1)
    row("top-2 standardised PCA, ChG-Miner", ours, "scikit-learn, arpack", theirs, 5)


def growth():
    print("scale      edges  ranks   open s  PageRank s  eigenpair s  bytes an edge  peak MB a rank")
    for scale in range(16, 23, 2):
        dragnet("synth", "--graph", "rmat", "--scale", scale, "--seed", 1, "-o", "grow.h5", "--force")
        with h5py.File(f"{WORK}/grow.h5") as f:
            edges = f["edges/graph/source"].shape[0]
        for ranks in sorted({1, A.ranks}):
            t = [network("grow.h5", "--measures", "pagerank,eigenvector", ranks=ranks) for _ in range(A.repeats)]
            m = {k: median(r[k] for r in t) for k in t[0]}
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest process so far: scales grow
            graph = (8 * edges + 13 * 2**scale) / edges  # rows, neighbours, numbers outside and sides: mpi/graph/network.h
            print(f"{scale:5d} {edges:10d} {ranks:6d} {m['open']:8.3f} {m['pagerank']:11.3f} {m['eigenvector']:12.3f} "
                  f"{graph:14.2f} {peak:15.0f}", flush=True)


for part in A.parts.split(","):
    {"iterative": iterative, "betweenness": betweenness, "paths": paths, "pca": pca, "growth": growth}[part]()
subprocess.run(["rm", "-rf", WORK])
measure.save(A.json, measure.header(A.root, "network", sys.argv[2:]), ROWS)
