#!/usr/bin/env python3
"""make_synth_graph.py - plain Python -> synth_graph.txt

    python3 make_synth_graph.py        (in this folder)

Networks of mpi/data/synth_graph.h drawn edge by edge with philox.py and a Feistel permutation written from the
paper. Each case: its options, its counts, its edges in file order.
"""
import math
import sys
from philox import philox

LOW = 0xFFFFFFFF
GRAPH, ORDER = 8, 2  # stages of solvers/base/rng.h
EDGE, LABELS, GENE_LABELS = 1, 2, 3


def halves(x):
    return x & LOW, x >> 32


def stream(seed, stage, a):
    return philox(halves(seed), (*halves(a), 0, stage))[:2]


def block(key, item, number):
    return philox(key, (number, *halves(item), 0))


def mix(x):
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> shift)) * factor & LOW
    return x ^ (x >> 16)


def permutation(seed, draw, n):
    w = block(stream(seed, GRAPH, draw), 0, 0)
    key = stream(w[1] << 32 | w[0], ORDER, 0)
    keys = block(key, 0, 0) + block(key, 0, 1)
    half = 1
    while (n - 1) >> (2 * half):
        half += 1
    mask = (1 << half) - 1

    def image(at):
        while True:
            left, right = at >> half, at & mask
            for k in keys:
                left, right = right, left ^ (mix(right ^ k) & mask)
            at = left << half | right
            if at < n:
                return at

    return [image(i) for i in range(n)]


def rmat(seed, scale, factor, a, b, c):
    key, n = stream(seed, GRAPH, EDGE), 1 << scale
    label = permutation(seed, LABELS, n)
    bounds = [math.floor(x * 2**32 + 0.5) for x in (a, a + b, a + b + c)]
    for e in range(factor * n):
        row = column = 0
        for level in range(scale):
            v = block(key, e, level // 4)[level % 4]
            quadrant = sum(v >= x for x in bounds)
            row, column = 2 * row + quadrant // 2, 2 * column + quadrant % 2
        yield label[row], label[column]


def bipartite(seed, drugs, genes, edges, exponent):
    key, power = stream(seed, GRAPH, EDGE), (exponent - 1) / (exponent - 2)
    label = [permutation(seed, LABELS, drugs), permutation(seed, GENE_LABELS, genes)]

    def end(low, high, n):
        u = (((high << 32 | low) >> 11) + 0.5) * 2.0**-53
        return min(int(n * u**power), n - 1)

    for e in range(edges):
        w = block(key, e, 0)
        yield label[0][end(w[0], w[1], drugs)], drugs + label[1][end(w[2], w[3], genes)]


CASES = [("rmat", 1, 5, 4, 0.57, 0.19, 0.19),
         ("rmat", 2**63 - 25, 9, 1, 0.45, 0.25, 0.15),
         ("rmat", 7, 1, 1, 0.25, 0.25, 0.25),
         ("rmat", 3, 6, 3, 1.0, 0.0, 0.0),
         ("rmat", 3, 6, 2, 0.0, 0.5, 0.5),
         ("bipartite", 1, 30, 20, 200, 2.5),
         ("bipartite", 2**40 + 3, 7, 300, 150, 3.25),
         ("bipartite", 5, 1, 1, 4, 2.5)]

with open("synth_graph.txt", "w") as out:
    out.write(f"# Python {sys.version.split()[0]}\n")
    for kind, *options in CASES:
        drawn = list((rmat if kind == "rmat" else bipartite)(*options))
        edges = sorted({(min(x), max(x)) for x in drawn if x[0] != x[1]})
        loops = sum(a == b for a, b in drawn)
        nodes = 2**options[1] if kind == "rmat" else options[1] + options[2]
        out.write(f"{kind} {' '.join(map(str, options))}\n")
        out.write(f"counts {nodes} {len(drawn)} {loops} {len(drawn) - loops - len(edges)} {len(edges)}\n")
        for a, b in edges:
            out.write(f"{a} {b}\n")
