#!/usr/bin/env python3
"""Writes metrics.txt: rows and what scikit-learn, SciPy and NumPy say about them.

    /usr/bin/python3 tests/golden/make_metrics.py > tests/golden/metrics.txt

Bootstrap weights come from philox.py, from the names in solvers/base/rng.h, and from the rule in
solvers/stats/bootstrap.h. Tolerance in the tests 1e-9 (sums of a few hundred doubles in another order; Platt 1e-6, the
optimisers stop at different places).
"""
import sys
import numpy as np
import scipy
import scipy.optimize
import sklearn
from sklearn import metrics as sk
from philox import philox


def below(seed, stage, a, item, n, b=0):
    key = philox((seed & 0xFFFFFFFF, seed >> 32), (a & 0xFFFFFFFF, a >> 32, b, stage))[:2]
    w = philox(key, (0, item & 0xFFFFFFFF, item >> 32, 0))
    return ((w[1] << 32 | w[0]) * n) >> 64


def resample(a, b, seed, rep):
    genes = sorted(set(a) | set(b))
    times = dict.fromkeys(genes, 0)
    for i in range(len(genes)):
        times[genes[below(seed, 6, rep, i, len(genes))]] += 1
    return np.array([times[x] * times[y] for x, y in zip(a, b)], float)


def resample_sides(a, b, seed, rep):
    times = []
    for side, column in enumerate((a, b)):
        there = sorted(set(column))
        t = dict.fromkeys(there, 0)
        for i in range(len(there)):
            t[there[below(seed, 6, rep, i, len(there), side)]] += 1
        times.append(t)
    return np.array([times[0][x] * times[1][y] for x, y in zip(a, b)], float)


def rank(y, s, w=None):
    if w is None:
        w = np.ones(len(y))
    if w[y == 0].sum() == 0 or w[y == 1].sum() == 0:
        return np.nan, np.nan
    k = w > 0  # rows of weight 0 are no rows
    return (sk.roc_auc_score(y[k], s[k], sample_weight=w[k]),
            sk.average_precision_score(y[k], s[k], sample_weight=w[k]))


def best_threshold(y, s):
    best = (-1, 0)
    for t in sorted(set(s), reverse=True):
        f = sk.f1_score(y, s >= t, average="macro", zero_division=0)
        if f > best[0] + 1e-15:
            best = (f, t)
    return best[1]


def ece(y, p):
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(y[bins == b].mean() - p[bins == b].mean()) * (bins == b).mean()
               for b in range(10) if (bins == b).any())


def platt(y, s):
    n1, n0 = y.sum(), (1 - y).sum()
    t = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))

    def loss(v):
        z = v[0] * s + v[1]
        return np.sum(np.logaddexp(0, z) - t * z)

    def slope(v):
        r = 1 / (1 + np.exp(-(v[0] * s + v[1]))) - t
        return np.array([np.sum(r * s), np.sum(r)])

    return scipy.optimize.minimize(loss, [0.0, 0.0], jac=slope, method="BFGS", options={"gtol": 1e-9}).x


def say(name, *values):
    print(name, *("%.17g" % v for v in values))


def case(name, y, s, w, a, b, replicates):
    p = 1 / (1 + np.exp(-s))
    seed = 0x123456789AB
    print("case", name, len(y), replicates)
    for row in zip(s, y, w, a, b):
        say("row", *row)
    say("rank", *rank(y, s))
    say("weighted", *rank(y, s, w))
    t = best_threshold(y, s)
    d = (s >= t).astype(int)
    say("threshold", t)
    pr = sk.precision_recall_fscore_support(y, d, labels=[0, 1], zero_division=0)
    say("accuracy", sk.accuracy_score(y, d), sk.matthews_corrcoef(y, d))
    for c in 0, 1:
        say("class", *(x[c] for x in pr))
    for how in "macro", "weighted":
        say("mean", *sk.precision_recall_fscore_support(y, d, labels=[0, 1], average=how, zero_division=0)[:3])
    say("probability", sk.brier_score_loss(y, p), ece(y, p))
    say("platt", *platt(y, s))
    for how, word in (resample, "interval"), (resample_sides, "sides"):
        reps = np.array([rank(y, s, how(a, b, seed, r)) for r in range(replicates)])
        for k in 0, 1:
            v = reps[:, k][~np.isnan(reps[:, k])]
            say(word, *np.percentile(v, [2.5, 97.5]), len(v))


rng = np.random.default_rng(20260101)
print("# made by make_metrics.py with Python %s, NumPy %s, SciPy %s, scikit-learn %s" %
      (sys.version.split()[0], np.__version__, scipy.__version__, sklearn.__version__))


def draw(n, genes, step, few=None):
    y = (rng.random(n) < 0.4).astype(int) if few is None else (np.arange(n) < few).astype(int)
    s = rng.normal(size=n) + 0.8 * y
    if step:
        s = np.round(s / step) * step
    return y, s, rng.integers(0, 5, n).astype(float), rng.integers(0, genes, n), rng.integers(genes, 2 * genes, n)


case("smooth", *draw(120, 12, 0), 200)
case("ties", *draw(150, 15, 0.5), 200)
case("few_positives", *draw(40, 8, 0.25, few=2), 200)
y, s, w, a, b = draw(60, 9, 0)
case("separable", y, np.where(y == 1, abs(s) + 0.1, -abs(s)), w + 0.25, a, b, 50)
