#!/usr/bin/env python3
"""Writes similar_history.txt: sequences, labelled pairs, and what NumPy says about 3-mers and histories.

    /usr/bin/python3 tests/golden/make_similar_history.py > tests/golden/similar_history.txt

The definitions are those of solvers/stats/{kmers,label_history,similar_history}.h, written anew with dense matrices. AUROC is
scikit-learn's. Tolerance in the tests 1e-12: sums of some hundred doubles in another order.
"""
import sys
import numpy as np
import sklearn
from sklearn.metrics import roc_auc_score

STANDARD = "ACDEFGHIKLMNPQRSTVWY"
rng = np.random.default_rng(20260301)


def say(name, *values):
    print(name, *("%.17g" % v for v in values))


def kmers(text):
    x = np.zeros((20, 20, 20))
    for i in range(len(text) - 2):
        w = [STANDARD.find(c) for c in text[i:i + 3]]
        if min(w) >= 0:
            x[tuple(w)] += 1
    return x.ravel()


def odds(w1, w0, p):
    return np.where(w1 + w0 > 0, np.log((w1 + 2 * p) / (w0 + 2 * (1 - p))) - np.log(p / (1 - p)), 0)


def sequences(n):
    out = []
    for i in range(n):
        if i % 3 == 2:  # a relative of the one before
            s = list(out[-1])
            for j in rng.integers(0, len(s), max(1, len(s) // 8)):
                s[j] = rng.choice(list(STANDARD))
        else:
            s = list(rng.choice(list(STANDARD[:6] if i % 2 else STANDARD), rng.integers(3, 60)))
        if i % 5 == 1:
            s[len(s) // 2] = "X"
        out.append("".join(s))
    out[0], out[1] = "AC", "UXACB"  # no 3-mer
    out[3] = "ACDEFAAAAAA"
    return out


def case(name, drugs, targets, n):
    seq = sequences(targets)
    x = np.array([kmers(s) for s in seq])
    norm = np.sqrt((x * x).sum(1))
    like_t = np.divide(x @ x.T, np.outer(norm, norm), out=np.zeros((targets, targets)), where=np.outer(norm, norm) > 0)
    like_d = rng.integers(0, 9, (drugs, drugs)) / 8
    like_d = np.maximum(like_d, like_d.T)
    np.fill_diagonal(like_d, 1)
    cell = rng.permutation(drugs * targets)[:n]
    d, t = cell // targets, cell % targets
    bias = rng.normal(size=drugs)[d] + rng.normal(size=targets)[t]
    y = (bias + rng.normal(size=n) > 0.3).astype(int)
    train = (rng.random(n) < 0.7) & (d < drugs - 2) & (t < targets - 2)
    p = (y[train].sum() + 1) / (train.sum() + 2)
    past = [np.flatnonzero(train & (y == c)) for c in (0, 1)]
    wd = [like_d[d][:, d[r]] ** 2 for r in past]
    wt = [like_t[t][:, t[r]] ** 2 for r in past]
    same_t = [t[:, None] == t[r] for r in past]
    same_d = [d[:, None] == d[r] for r in past]

    def both(weight):
        return odds(weight[1].sum(1), weight[0].sum(1), p)

    history = both([1.0 * s for s in same_t]), both([1.0 * s for s in same_d])
    near = both([w * s for w, s in zip(wd, same_t)]), both([w * s for w, s in zip(wt, same_d)])
    score = [*history, history[0] + history[1], *near, near[0] + near[1], both([a * b for a, b in zip(wd, wt)])]
    print("case", name, drugs, targets, n)
    print("sequences", *seq)
    for i in range(targets):
        say("target", *like_t[i])
    for i in range(drugs):
        say("drug", *like_d[i])
    for i in range(n):
        say("row", d[i], t[i], y[i], train[i], *(s[i] for s in score))
    e = ~train
    say("auroc", *(roc_auc_score(y[e], s[e]) for s in score))


print("# made by make_similar_history.py with Python %s, NumPy %s, scikit-learn %s" %
      (sys.version.split()[0], np.__version__, sklearn.__version__))
case("small", 6, 7, 25)
case("larger", 15, 20, 140)
