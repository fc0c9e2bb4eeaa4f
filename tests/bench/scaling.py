"""scaling.py - a model of the time of a training step: fitted, compared with what was measured, and used on more ranks

    scripts/bench scaling [--ranks 1,2] [--repeats 3] [--pairs 16384] [--dragnet PROGRAM]

The model. P ranks, V shards of R pairs, W weights, a tail of T = 1,144 numbers (statistics, loss, flag); of the rank that has most: `own`
shards, which are n nodes of the tree (mpi/core/tree.h), N of all ranks; t = T, or T / P where P T > 65,536 (mpi/core/reduce.c):

    compute   own (c0 + c1 R)                                      deal    d own R
    add       a (own (W + T) + N (W / P + t))                      pack    k n (W + P t)
    exchange  (P - 1) latency + 4 n (P - 1) (W / P + t) bytes      update  u0 + u1 W / P
    gather    P / 2 latencies + 4 W bytes

Every column is fitted by itself, relative errors squared, no coefficient below 0, to `train gener --profile` on generated pairs of 128 to
1,072 samples: processor time of the shards (536 samples), of the other columns the least that a step took.

Assumptions of the predictions. A message takes 2 us, a node's card moves 12 or 23 GB/s each way, and all ranks of the node share it
(--per-node); ranks of a node are neighbours. Sums go pairwise, one message after the other to each rank; weights go round a ring
of neighbours in P / 2 rounds, so they pass a card once; an MPI library may choose better ways. Within a node bytes take as long as measured here. Left out: noise (a step
ends with the slowest rank), memory and caches that more ranks of a node share, validation and checkpoints, switches that are crossed or
crowded. Predictions are upper bounds of speed.

Three things are printed:
- 2 ranks beside 1, in turns, one core each: the same batch (strong) and a batch that grows with the ranks (weak); medians.
- What `train gener --profile` measures for several sizes of network, batch and shards on these ranks, beside the fit.
- What the fitted model says of 8 to 512 ranks on two networks, and how much an overlap of communication could save.
More ranks than cores share them: their runs are marked, and what they exchange is left out of the fit, as it waits for cores.
"""
import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

from measure import quietly

SAMPLES = 536  # of the published data; other sizes are there to vary the bytes
# name, latency of a message (s), bytes a second of a node's card
NETWORKS = (("100 Gbit/s", 2e-6, 12e9), ("200 Gbit/s, Slingshot class", 2e-6, 23e9))
EARLY = 0.59  # share of the gradients that backward has ready before the last two of its layers: all but dense1 and conv1


# ---- the shape of a step ----

def weights(samples):
    """Of GENER with two classes, as gener_layout.c lays it out."""
    return 256 * samples + 8 * 32 * (samples - 1) + 68010


NORMS, MOMENTS = 5, 1136
TAIL = NORMS + MOMENTS + 3
WHOLE_TAILS = 1 << 16  # mpi/core/reduce.c


def cover(first, end):
    """How many nodes of the tree a rank with shards first .. end - 1 sends (mpi/core/tree.h)."""
    n = 0
    while first < end:
        count = 1
        while first % (2 * count) == 0 and first + 2 * count <= end:
            count *= 2
        first += count
        n += 1
    return n


class Shape:
    """What a step on P ranks consists of; of the rank that has most."""

    def __init__(self, ranks, shards, batch, samples, tail_sliced=None):
        self.ranks, self.shards, self.batch, self.samples = ranks, shards, batch, samples
        self.rows = batch // shards
        self.weights = weights(samples)
        ends = [min(r, shards % ranks) + r * (shards // ranks) for r in range(ranks + 1)]
        self.own = max(b - a for a, b in zip(ends, ends[1:]))
        covers = [cover(a, b) for a, b in zip(ends, ends[1:])]
        self.nodes, self.all_nodes = max(covers), sum(covers)
        self.slice = -(-self.weights // ranks)
        self.width = self.weights + TAIL
        self.tail_sliced = ranks * TAIL > WHOLE_TAILS if tail_sliced is None else tail_sliced
        self.tail = -(-TAIL // ranks) if self.tail_sliced else TAIL  # of it, what one owner gets

    def added(self):
        return self.own * self.width + self.all_nodes * (self.slice + self.tail)

    def packed(self):
        return self.nodes * (self.weights + self.ranks * self.tail) if self.ranks > 1 else 0

    def sent(self):
        """Bytes to other ranks before the update, and of these the tail's."""
        others = self.ranks - 1
        tail = 4 * self.nodes * others * self.tail
        return 4 * self.nodes * others * self.slice + tail, tail

    def gathered(self):
        return 4 * self.weights * (self.ranks - 1) / self.ranks


# column of the profile: what it is linear in
TERMS = {
    "compute": lambda s: (s.own, s.own * s.rows),
    "deal": lambda s: (s.own * s.rows,),
    "add": lambda s: (s.added(),),
    "pack": lambda s: (s.packed(),),
    "update": lambda s: (1, s.slice),
    "exchange": lambda s: (s.ranks - 1, s.sent()[0]),
    "gather": lambda s: (s.ranks - 1, s.gathered()),
}


CORES = os.cpu_count()
BETWEEN = ("pack", "exchange", "gather")  # nothing on one rank


# ---- least squares ----

def solve(a, b):
    """a x = b, small and symmetric; None when singular."""
    n, m = len(b), [row[:] + [v] for row, v in zip(a, b)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[pivot] = m[pivot], m[i]
        if abs(m[i][i]) < 1e-300:
            return None
        for r in range(n):
            if r != i:
                f = m[r][i] / m[i][i]
                m[r] = [u - f * v for u, v in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def fit(rows, values):
    """Coefficients >= 0 that make the sum of squared relative errors least. Of a column that is nothing but 0, zeros."""
    kept = [(x, y) for x, y in zip(rows, values) if y > 0 and any(x)]
    width = len(rows[0])
    active, best = list(range(width)), [0.0] * width
    while kept and active:
        scale = [max(x[k] for x, _ in kept) or 1 for k in active]
        u = [[x[k] / s / y for k, s in zip(active, scale)] for x, y in kept]
        a = [[sum(r[i] * r[j] for r in u) for j in range(len(active))] for i in range(len(active))]
        x = solve(a, [sum(r[i] for r in u) for i in range(len(active))])
        worst = min(range(len(active)), key=lambda i: x[i]) if x else len(active) - 1
        if x and x[worst] >= 0:
            for k, v, s in zip(active, x, scale):
                best[k] = v / s
            break
        active.pop(worst)
    return best


def fit_all(runs):
    """runs: (Shape, {column: seconds}). compute is fitted where the network has its published size."""
    found = {}
    for name, terms in TERMS.items():
        used = [(s, c) for s, c in runs if is_fitted(name, s)]
        found[name] = fit([terms(s) for s, _ in used], [c[name] for _, c in used]) if used else [0.0] * len(terms(runs[0][0]))
    return found


def is_fitted(name, shape):
    """What ranks that share a core exchange waits for the core."""
    return (name != "compute" or shape.samples == SAMPLES) and (name not in BETWEEN or shape.ranks > 1) and \
        (name not in ("exchange", "gather") or shape.ranks <= CORES)


def fitted(coefficients, shape, name):
    return sum(c * x for c, x in zip(coefficients[name], TERMS[name](shape)))


# ---- other networks and more ranks ----

def predict(coefficients, shape, latency, bandwidth, ranks_of_node):
    """Seconds of a step by its parts, see above."""
    p, t = shape.ranks, {k: fitted(coefficients, shape, k) for k in ("compute", "deal", "add", "pack", "update")}
    q = min(ranks_of_node, p)
    outside = max(0, p - q)  # ranks that are not on the own node
    sent, tail = shape.sent()
    share = outside / (p - 1) if p > 1 else 0
    copy = coefficients["exchange"][1]  # s a byte between ranks of one node
    t["messages"] = (p - 1) * latency + (math.ceil(math.log2(p)) * latency if shape.tail_sliced else 0)
    t["bytes"] = sent * (1 - share) * copy + q * sent * share / bandwidth
    t["gather"] = (p / 2 * latency + shape.gathered() * coefficients["gather"][1] + (4 * shape.weights / bandwidth if outside else 0)
                   if p > 1 else 0)
    t["step"] = sum(t.values())
    t["tail"] = tail / sent if sent else 0
    # The last shard of a rank completes its nodes; the last layers of its backward pass, about a third of the shard, hide what is early.
    t["hidden"] = min(EARLY * (t["bytes"] * (1 - t["tail"])), t["compute"] / shape.own / 3) - (p - 1) * latency
    return t


def print_predictions(coefficients, per_node):
    kinds = (("strong: batch 4096 in 512 shards", lambda p: (512, 4096)), ("weak: 256 pairs in 4 shards a rank", lambda p: (4 * p, 256 * p)))
    for name, latency, bandwidth in NETWORKS:
        for q in per_node:
            for kind, size in kinds:
                print(f"\n{kind}; {name}, {q} rank{'s' if q > 1 else ''} a node; ms")
                print(f"{'ranks':>5} {'compute':>8} {'deal':>7} {'add':>7} {'pack':>7} {'latency':>8} {'bytes':>8} {'update':>7} {'gather':>7} "
                      f"{'step':>9} {'pairs/s':>10} {'efficiency':>10} {'whole tails':>11} {'overlap saves':>13}")
                one = predict(coefficients, Shape(1, *size(1), SAMPLES), latency, bandwidth, q)["step"] / size(1)[1]
                for p in (1, 2, 8, 16, 32, 64, 128, 256, 512):
                    t = predict(coefficients, Shape(p, *size(p), SAMPLES), latency, bandwidth, q)
                    speed = size(p)[1] / t["step"]
                    whole = predict(coefficients, Shape(p, *size(p), SAMPLES, False), latency, bandwidth, q)["step"]
                    print(f"{p:5} {1e3 * t['compute']:8.2f} {1e3 * t['deal']:7.3f} {1e3 * t['add']:7.3f} {1e3 * t['pack']:7.3f} "
                          f"{1e3 * t['messages']:8.3f} {1e3 * t['bytes']:8.3f} {1e3 * t['update']:7.3f} {1e3 * t['gather']:7.3f} "
                          f"{1e3 * t['step']:9.3f} {speed:10.0f} {speed * one / p:10.2f} {1e3 * whole:11.3f} {100 * t['hidden'] / t['step']:12.1f}%")


# ---- measuring ----

class Bench:
    def __init__(self, options, folder):
        self.o, self.folder, self.runs = options, folder, 0
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        for name in ("OMPI_MCA_hwloc_base_binding_policy", "OPENBLAS_CORETYPE"):
            self.environment.pop(name, None)

    def call(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")

    def data(self, samples):
        path = f"{self.folder}/{samples}.h5"
        if not os.path.exists(path):
            self.call(self.o.dragnet, "synth", "--genes", "400", "--samples", str(samples), "--pairs", str(self.o.pairs), "--seed", "1", "-o", path)
            self.call(self.o.dragnet, "split", path, "--pairs", "known", "--name", "most", "--kind", "random", "--fractions", "0.98,0.02,0")
        return path

    def train(self, ranks, samples, batch, shards, *more):
        bound = ["--map-by", "core", "--bind-to", "core"] if ranks <= CORES else ["--oversubscribe", "--bind-to", "none"]
        command = ["mpirun", "-q", "-n", str(ranks), *bound, self.o.dragnet, "train", "gener", self.data(samples), "--split", "most",
                   "--batch", str(batch), "--shards", str(shards), "--epochs", "1", "-q", *more]

        def run():  # each into a folder of its own: not the last one need be kept
            self.runs += 1
            folder = f"{self.folder}/run{self.runs}"
            self.call(*command, "-o", folder)
            return folder

        return quietly(self.o.root, run)

    def speed(self, ranks, batch, shards):
        """Pairs a second of an epoch, and of its fastest step."""
        run = self.train(ranks, SAMPLES, batch, shards, "--profile")
        step = max(r["least_step"] for r in json.load(open(f"{run}/profile.json"))["ranks"])
        return json.loads(open(f"{run}/metrics.jsonl").read().splitlines()[-1])["pairs_per_second"], batch / step * 1e3

    def profile(self, ranks, samples, batch, shards):
        """Least seconds of every column, of the rank that took most; processor time of the shards."""
        p = json.load(open(f"{self.train(ranks, samples, batch, shards, '--profile')}/profile.json"))
        assert p["weights"] == weights(samples) and p["norms"] + p["moments"] + 3 == TAIL, "the network has another size"
        seconds = {name: max(r["least"][name] for r in p["ranks"]) / 1e3 for name in TERMS}
        seconds["compute"] = max(r["cpu_of_shards"] / r["shards"] for r in p["ranks"]) / 1e3 * Shape(ranks, shards, batch, samples).own
        return seconds


def compare(bench, repeats):
    """2 ranks beside 1, in turns."""
    plans = {"strong, batch 4096 in 16 shards": {1: (4096, 16), 2: (4096, 16)}, "strong, batch 512 in 16 shards": {1: (512, 16), 2: (512, 16)},
             "weak, batch 512 in 16 shards a rank": {1: (512, 16), 2: (1024, 32)}}
    for name, plan in plans.items():
        speed = {1: [], 2: []}
        for turn in range(repeats):
            for ranks in (1, 2) if turn % 2 == 0 else (2, 1):
                speed[ranks].append(bench.speed(ranks, *plan[ranks]))
        for what, pick in ("epochs", 0), ("fastest steps", 1):
            one, two = (statistics.median(s[pick] for s in speed[p]) for p in (1, 2))
            print(f"{name}, {what}: 1 rank {one:.0f}, 2 ranks {two:.0f} pairs a second, ratio {two / one:.2f} "
                  f"(medians of {repeats}, load {os.getloadavg()[0]:.1f})", flush=True)


def measure(bench, ranks, repeats):
    """The sizes of network, batch and shards that tell the terms apart; medians."""
    runs = []
    for samples, batch, shards in ((SAMPLES, 1024, 16), (SAMPLES, 256, 16), (SAMPLES, 512, 64), (128, 512, 16), (1072, 256, 16)):
        for p in ranks:
            several = [bench.profile(p, samples, batch, shards) for _ in range(repeats)]
            runs.append((Shape(p, shards, batch, samples), {k: statistics.median(s[k] for s in several) for k in TERMS}))
    return runs


def print_fit(runs, coefficients):
    print(f"\nmeasured | fitted, ms; * more ranks than cores; compute is fitted at {SAMPLES} samples only, exchange and gather where every rank has a core")
    print(f"{'ranks':>6} {'samples':>7} {'batch':>5} {'shards':>6} " + " ".join(f"{k:>17}" for k in TERMS))
    for s, c in runs:
        cells = []
        for k in TERMS:
            cells.append(f"{1e3 * c[k]:8.3f}|{1e3 * fitted(coefficients, s, k):8.3f}" if is_fitted(k, s) else f"{1e3 * c[k]:8.3f}|{'-':>8}")
        print(f"{s.ranks:5}{'*' if s.ranks > CORES else ' '} {s.samples:7} {s.batch:5} {s.shards:6} " + " ".join(cells))
    print("off by, median and worst: " + "; ".join(f"{k} {100 * statistics.median(e):.0f} %, {100 * max(e):.0f} %" for k, e in
                                                   ((k, [abs(fitted(coefficients, s, k) / c[k] - 1) for s, c in runs if is_fitted(k, s) and c[k] > 0])
                                                    for k in TERMS) if e))
    for s, c in runs:
        one = [d for t, d in runs if t.ranks == 1 and (t.samples, t.batch, t.shards) == (s.samples, s.batch, s.shards)]
        if 1 < s.ranks <= CORES and one:
            print(f"{s.ranks} ranks, {s.samples} samples, batch {s.batch} in {s.shards} shards: the columns of 1 rank add up to "
                  f"{sum(one[0].values()) / sum(c.values()):.2f} times those of one of {s.ranks}; of the fit "
                  f"{total(coefficients, Shape(1, s.shards, s.batch, s.samples)) / total(coefficients, s):.2f}")
    c = coefficients
    print(f"\na shard {1e6 * c['compute'][0]:.0f} us and {1e6 * c['compute'][1]:.1f} us a pair; deal {1e9 * c['deal'][0]:.0f} ns a pair; "
          f"add {1e9 * c['add'][0]:.2f}, pack {1e9 * c['pack'][0]:.2f}, update {1e9 * c['update'][1]:.2f} ns a number; "
          f"exchange {1e6 * c['exchange'][0]:.0f} us a message and {rate(c['exchange'][1])}, gather {1e6 * c['gather'][0]:.0f} us and "
          f"{rate(c['gather'][1])} within this machine")


def total(coefficients, shape):
    return sum(fitted(coefficients, shape, k) for k in TERMS if shape.ranks > 1 or k not in BETWEEN)


def rate(seconds_a_byte):
    return f"{1e-9 / seconds_a_byte:.1f} GB/s" if seconds_a_byte > 0 else "no measurable time a byte"


# ---- the fit of planted coefficients ----

def self_test():
    global CORES
    CORES = 4
    planted = {"compute": [40e-6, 55e-6], "deal": [200e-9], "add": [0.4e-9], "pack": [0.2e-9], "update": [20e-6, 1.5e-9],
               "exchange": [9e-6, 0.25e-9], "gather": [5e-6, 0.3e-9]}
    shapes = [Shape(p, v, g, s) for p in (1, 2, 3, 4) for s, g, v in ((SAMPLES, 1024, 16), (SAMPLES, 256, 16), (SAMPLES, 512, 64), (128, 512, 16),
                                                                      (1072, 256, 16))]
    draw = random.Random(1)
    for noise, tolerance in ((0, 1e-9), (0.02, 0.2)):
        runs = [(s, {k: fitted(planted, s, k) * (1 + draw.uniform(-noise, noise)) for k in TERMS}) for s in shapes]
        got = fit_all(runs)
        for k in TERMS:
            for want, have in zip(planted[k], got[k]):
                assert abs(have - want) <= tolerance * want, (noise, k, planted[k], got[k])
    # No term goes below 0: values that fall with the size leave the constant alone.
    assert fit([(1, 1.0), (1, 2.0), (1, 3.0)], [3.0, 2.0, 1.0])[1] == 0
    # The tree: 8 shards on 3 ranks are 3, 3, 2: nodes 2+1, 1+2, 2; on one rank it is one node.
    s = Shape(3, 8, 64, SAMPLES)
    assert (s.own, s.nodes, s.all_nodes) == (3, 2, 5) and Shape(1, 512, 4096, SAMPLES).all_nodes == 1 and weights(SAMPLES) == 342186
    # One rank sends nothing; with nothing else to pay, twice the ranks take half the time.
    assert predict(planted, Shape(1, 16, 1024, SAMPLES), 2e-6, 12e9, 1)["messages"] == 0 == Shape(1, 16, 1024, SAMPLES).sent()[0]
    free = {k: [0.0] * len(v) for k, v in planted.items()}
    free["compute"] = planted["compute"]
    one, two = (predict(free, Shape(p, 16, 1024, SAMPLES), 0, math.inf, 1)["step"] for p in (1, 2))
    assert abs(one / two - 2) < 1e-9
    print("ok")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=16384)
    parser.add_argument("--per-node", default="1,64", help="ranks that share a node's card, in the predictions")
    parser.add_argument("--skip-compare", action="store_true")
    parser.add_argument("--dragnet")
    parser.add_argument("--self-test", action="store_true")
    o = parser.parse_args()
    if o.self_test:
        return self_test()
    o.dragnet = o.dragnet or f"{o.root}/build/dragnet"
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(o, folder)
        if not o.skip_compare:
            compare(bench, o.repeats)
        runs = measure(bench, [int(p) for p in o.ranks.split(",")], o.repeats)
    coefficients = fit_all(runs)
    print_fit(runs, coefficients)
    print_predictions(coefficients, [int(q) for q in o.per_node.split(",")])


if __name__ == "__main__":
    main()
