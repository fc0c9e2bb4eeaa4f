#!/usr/bin/env python3
"""Writes class_metrics.txt: probabilities of four classes, and what scikit-learn says about them; the training pairs of
a few genes, and the class baselines of solvers/stats/class_baselines.h written anew with dictionaries.

    /usr/bin/python3 tests/golden/make_class_metrics.py > tests/golden/class_metrics.txt

Tolerance in the tests 1e-9: sums of a few hundred doubles in another order.
"""
from collections import Counter
import math
import numpy as np
import sklearn
from sklearn import metrics as sk

C, TURNED = 4, (0, 1, 3, 2)
rng = np.random.default_rng(7)


def numbers(word, values):
    print(word, len(values), *(f"{v:.12g}" for v in values))


def ranks(y, p, w):
    """AUROC and average precision: each class, micro, macro over the classes that occur."""
    onehot = np.eye(C)[y]
    auroc, ap = [], []
    for c in range(C):
        there = 0 < onehot[:, c] @ w < w.sum()
        auroc.append(sk.roc_auc_score(onehot[:, c], p[:, c], sample_weight=w) if there else math.nan)
        ap.append(sk.average_precision_score(onehot[:, c], p[:, c], sample_weight=w) if there else math.nan)
    wide = np.repeat(w, C)
    micro = (sk.roc_auc_score(onehot.ravel(), p.ravel(), sample_weight=wide),
             sk.average_precision_score(onehot.ravel(), p.ravel(), sample_weight=wide))
    occur = sorted(set(y))
    auroc += [micro[0], np.mean([auroc[c] for c in occur])]
    ap += [micro[1], np.mean([ap[c] for c in occur])]
    return auroc, ap


def metrics(name, n, classes, steps):
    """steps: probabilities are rounded so that many are equal."""
    y = rng.choice(classes, n)
    z = rng.normal(size=(n, C)) + 1.2 * np.eye(C)[y]
    p = np.round(np.exp(z) / np.exp(z).sum(1, keepdims=True) * steps) / steps
    w = rng.integers(0, 4, n).astype(float)
    print("case", name, n)
    for i in range(n):
        print("row", y[i], int(w[i]), *(f"{v:.12g}" for v in p[i]))
    for weight, word in ((np.ones(n), "plain"), (w, "weighted")):
        auroc, ap = ranks(y, p, weight)
        numbers(f"{word}_auroc", auroc)
        numbers(f"{word}_ap", ap)
    decided = p.argmax(1)
    numbers("confusion", sk.confusion_matrix(y, decided, labels=range(C)).ravel())
    precision, recall, f1, _ = sk.precision_recall_fscore_support(y, decided, labels=range(C), zero_division=0)
    numbers("precision", precision)
    numbers("recall", recall)
    numbers("f1", f1)
    numbers("summary", [sk.accuracy_score(y, decided), np.mean([f1[c] for c in sorted(set(y))])])


def popularity(train, share, both, a, b):
    first, second = Counter(), Counter()
    for x, y, c in train:
        first[x, c] += 1
        second[y, c] += 1
        if both:
            first[y, TURNED[c]] += 1
            second[x, TURNED[c]] += 1
    logit = lambda q: math.log(q / (1 - q))
    q = [(share[c] + share[TURNED[c]]) / 2 if both else share[c] for c in range(C)]

    def odds(count, g, c):
        n = sum(count[g, k] for k in range(C))
        return math.log((count[g, c] + C * q[c]) / (n - count[g, c] + C * (1 - q[c]))) - logit(q[c])

    s = np.array([logit(q[c]) + odds(first, a, c) + odds(second, b, c) for c in range(C)])
    e = np.exp(s)
    return e / e.sum()


def baselines(genes, n):
    train = [(int(rng.integers(genes - 1)), int(rng.integers(genes - 1)), int(rng.choice(C, p=[.5, .1, .3, .1])))
             for _ in range(n)]
    share = [(sum(t[2] == c for t in train) + 1) / (n + C) for c in range(C)]
    print("baselines", genes, n)
    for t in train:
        print("row", *t)
    numbers("share", share)
    for both in 0, 1:  # the last gene is in no pair
        for a, b in (0, 1), (1, 0), (3, genes - 1), (genes - 1, genes - 1):
            numbers(f"popularity_{both}_{a}_{b}", popularity(train, share, both, a, b))
    for likely in 0.0, 0.3, 1.0:
        p = np.array([share[0] * (1 - likely)] + [share[c] * likely for c in range(1, C)])
        numbers(f"spread_{likely}", p / p.sum())


print(f"# made by make_class_metrics.py with scikit-learn {sklearn.__version__}, numpy {np.__version__}")
metrics("all", 120, [0, 1, 2, 3], 1e6)
metrics("ties", 90, [0, 1, 2, 3], 8)
metrics("absent", 60, [0, 2, 3], 1e6)
baselines(8, 40)
