#!/usr/bin/env python3
"""Writes kron_rls.txt: labelled pairs of drugs and targets, and what NumPy's dense solve says of them.

    /usr/bin/python3 tests/golden/make_kron_rls.py > tests/golden/kron_rls.txt

The definition is that of solvers/stats/kron_rls.h, with K written out pair by pair in double precision. Tolerances in the test:
conjugate gradients stop at a residual of 1e-5 of the right side, and the smallest eigenvalue is at least r = 0.2, so weights are
within 1e-5 |y - m| / 0.2, some 4e-4 for 60 rows in the worst case; products in single precision add less.
"""
import sys
import numpy as np

SIDE, RIDGE = 0.1, 0.2
rng = np.random.default_rng(20260311)


def say(name, values, digits="%.12g"):
    print(name, *(digits % v for v in np.ravel(values)))


def tanimoto(drugs, empty=()):
    bits = (rng.random((drugs, 40)) < 0.3).astype(float)
    bits[1::3] = np.where(rng.random((len(bits[1::3]), 40)) < 0.8, bits[0::3][:len(bits[1::3])], bits[1::3])  # relatives
    bits[list(empty)] = 0
    both, count = bits @ bits.T, bits.sum(1)
    return both / np.maximum(count[:, None] + count[None] - both, 1)


def cosine(targets):
    x = rng.poisson(0.7, (targets, 30)) + 0.0
    norm = np.maximum(np.sqrt((x * x).sum(1)), 1e-9)
    return x @ x.T / np.outer(norm, norm)


def case(name, like_d, like_t, d, t, y, training):
    like_d, like_t = like_d.astype(np.float32).astype(float), like_t.astype(np.float32).astype(float)  # the bits that are given
    train = np.flatnonzero(training)

    def kernel(i, j):
        dd, tt = like_d[np.ix_(d[i], d[j])], like_t[np.ix_(t[i], t[j])]
        return dd * tt + SIDE * dd + SIDE * tt

    m = y[train].mean() if len(train) else 0.5
    a = np.linalg.solve(kernel(train, train) + RIDGE * np.eye(len(train)), y[train] - m) if len(train) else np.zeros(0)
    score = 4 * (m + kernel(np.arange(len(d)), train) @ a - 0.5)
    print("case", name, len(like_d), len(like_t), len(d))
    say("drug", like_d, "%.9g")  # enough for the same float
    say("target", like_t, "%.9g")
    say("mean", m)
    weight = np.zeros(len(d))
    weight[train] = a
    for i in range(len(d)):
        say("row", [d[i], t[i], y[i], training[i], weight[i], score[i]])


def rows(drugs, targets, n):
    cell = rng.permutation(drugs * targets)[:n]
    return cell // targets, cell % targets, rng.integers(0, 2, n)


print("# make_kron_rls.py, Python %s, NumPy %s" % (sys.version.split()[0], np.__version__))
d, t, y = rows(13, 9, 60)
case("plain", tanimoto(13), cosine(9), d, t, y, rng.random(60) < 0.7)
d, t, y = rows(34, 33, 60)  # more drugs and targets than fit the lanes of a sum once
like = tanimoto(34, empty=[7])  # 7 is like nothing, not even itself
like[5] = like[:, 5] = 0
like[5, 5] = 1  # 5 is like itself alone
d[:6] = [5, 5, 7, 7, 5, 7]
t[:6] = [3, 20, 3, 20, 8, 8]
case("isolated", like, cosine(33), d, t, y, np.arange(60) >= 4)
case("one_row", tanimoto(4), cosine(3), np.array([2, 0, 2]), np.array([1, 1, 0]), np.array([1, 0, 1]), np.array([1, 0, 0]))
d, t, y = rows(6, 5, 20)
case("one_class", tanimoto(6), cosine(5), d, t, np.ones(20, int), np.arange(20) < 15)
# one pair many times, with both labels; and drugs and targets that cannot be told apart
case("identical", np.ones((3, 3)), np.ones((2, 2)), np.array([0, 0, 0, 0, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 0, 1]),
     np.array([1, 0, 1, 1, 1, 0, 0]), np.array([1, 1, 1, 1, 1, 1, 0]))
case("none", tanimoto(3), cosine(2), np.array([0, 2]), np.array([0, 1]), np.array([1, 0]), np.zeros(2, int))
