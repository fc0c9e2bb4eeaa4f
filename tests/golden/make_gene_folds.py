#!/usr/bin/env python3
"""Writes gene_folds.txt: rows of the models of three folds of genes; the mean over them and their pooled rows on every view, by
scikit-learn and NumPy.

    /usr/bin/python3 tests/golden/make_gene_folds.py > tests/golden/gene_folds.txt

Genes are drawn once for all folds: by philox.py, from the names in solvers/base/rng.h; a gene is looked up in
a dictionary, the rows of a view are picked by its definition. Scores are multiples of 1/1024, so that some are equal. Tolerance
in the test 1e-9 (sums of a few hundred doubles in another order).
"""
import sys
import numpy as np
import sklearn
from sklearn import metrics as sk
from philox import philox

SEED, SCORERS, LEAST, REPLICATES = 0x13579BDF02468, 3, 20, 80
VIEWS = {"all": (False, 0), "clean": (True, 0), "c1": (False, 1), "c2": (False, 2), "c3": (False, 3), "clean_c2": (True, 2)}
A, B, LABEL, CLASS, CLEAN, SCORE, CLEAN_ONE = 0, 1, 2, 3, 4, 5, 5 + SCORERS  # columns of a row


def multiplicities(genes, replicate):
    """Of the genes that occur, as many draws as there are."""
    key = philox((SEED & 0xFFFFFFFF, SEED >> 32), (replicate, 0, 0, 6))[:2]
    there = sorted(genes)
    times = dict.fromkeys(there, 0)
    for i in range(len(there)):
        w = philox(key, (0, i, 0, 0))
        times[there[((w[1] << 32 | w[0]) * len(there)) >> 64]] += 1
    return times


def rank(y, s, w=None):
    w = np.ones(len(y)) if w is None else w
    k = w > 0
    if len(set(y[k])) < 2:
        return np.array([np.nan, np.nan])
    return np.array([sk.roc_auc_score(y[k], s[k], sample_weight=w[k]),
                     sk.average_precision_score(y[k], s[k], sample_weight=w[k])])


def pick(rows, view):
    clean, klass = VIEWS[view]
    return rows[((rows[:, CLEAN] == 1) | (not clean)) & ((rows[:, CLASS] == klass) | (klass == 0))]


def score(rows, view, k):
    return rows[:, CLEAN_ONE if k == 1 and VIEWS[view][0] else SCORE + k]


def enough(rows, least):
    ones = rows[:, LABEL].sum()
    return ones >= least and len(rows) - ones >= least


def interval(v):
    v = v[~np.isnan(v)]
    return (*(np.percentile(v, [2.5, 97.5]) if len(v) else (np.nan, np.nan)), len(v))


def say(name, *values):
    print(name, *("%.17g" % v for v in values))


def weights(rows, times):
    return np.array([times[a] * times[b] for a, b in rows[:, :2]], float)


def the_mean(view, folds):
    own = [pick(f[1], view) for f in folds]
    least = 1 if view == "all" else LEAST
    counts = [enough(r, least) for r in own]
    borrow = view != "all" and any(c and not enough(pick(f[0], view), LEAST) for f, c in zip(folds, counts))
    validation = [f[0] if borrow else pick(f[0], view) for f in folds]
    genes = {g for r in own for g in r[:, :2].ravel()}
    say("mean", sum(counts), len(genes), borrow)
    own = [r for r, c in zip(own, counts) if c]
    each = np.array([[rank(r[:, LABEL], score(r, view, k)) for k in range(SCORERS)] for r in own])
    draws = np.empty((REPLICATES, SCORERS, 2))
    for b in range(REPLICATES):
        times = multiplicities(genes, b)
        draws[b] = np.mean([[rank(r[:, LABEL], score(r, view, k), weights(r, times)) for k in range(SCORERS)] for r in own], 0)
    for k in range(SCORERS):
        v = np.mean([rank(r[:, LABEL], score(r, view, k))[0] for r, c in zip(validation, counts) if c])
        say("scorer", *each[:, k].mean(0), *each[:, k].std(0, ddof=1), *interval(draws[:, k, 0]), *interval(draws[:, k, 1]), v)
    for k in range(1, SCORERS):
        d, r = each[:, 0] - each[:, k], draws[:, 0] - draws[:, k]
        say("difference", *d.mean(0), *d.std(0, ddof=1), *interval(r[:, 0]), *interval(r[:, 1]), (d[:, 0] > 0).sum())


def the_pool(view, folds):
    r = np.vstack([pick(f[1], view) for f in folds])
    genes = set(r[:, :2].ravel())
    say("pooled", len(r), r[:, LABEL].sum(), len(genes))
    draws = np.empty((REPLICATES, SCORERS, 2))
    for b in range(REPLICATES):
        w = weights(r, multiplicities(genes, b))
        draws[b] = [rank(r[:, LABEL], score(r, view, k), w) for k in range(SCORERS)]
    for k in range(SCORERS):
        say("scorer", *rank(r[:, LABEL], score(r, view, k)), *interval(draws[:, k, 0]), *interval(draws[:, k, 1]))
    for k in range(1, SCORERS):
        d = draws[:, 0] - draws[:, k]
        say("difference", *interval(d[:, 0]), *interval(d[:, 1]))


rng = np.random.default_rng(20260203)
print("# made by make_gene_folds.py with Python %s, NumPy %s, scikit-learn %s" % (sys.version.split()[0], np.__version__, sklearn.__version__))
GENES, K = 36, 3
lean, block, dirty = rng.normal(size=GENES), rng.permutation(GENES) % K, rng.random(GENES) < 0.12
truth = {(a, b): int(lean[a] + lean[b] + rng.normal() > 0) for a in range(GENES) for b in range(a + 1, GENES)}


def row(pair, tested, fold):
    (a, b), y = pair, truth[pair]
    s = [1 / (1 + np.exp(-(lean[a] + lean[b] + 0.8 * y - 0.6 + 0.3 * fold + rng.normal()))), lean[a] + lean[b] + 0.5 * rng.normal(),
         rng.normal() + 0.4 * y]
    s.append(s[1] + 0.3 * rng.normal())
    unseen = sum(block[g] in tested for g in pair)
    return [a, b, y, 1 + unseen, not (dirty[a] or dirty[b]), *(np.round(np.array(s) * 1024) / 1024)]


def part(fold, test, inner, share):
    """Pairs with a gene of block `test` and none of the other hidden one; `inner` of those of training genes."""
    hidden = {fold, (fold + 1) % K}
    out = [p for p in truth if any(block[g] == test for g in p) and not any(block[g] in hidden - {test} for g in p) and rng.random() < share]
    seen = [p for p in truth if not any(block[g] in hidden for g in p)]
    out += [seen[i] for i in sorted(rng.choice(len(seen), inner, replace=False))]
    return np.array([row(p, hidden, fold) for p in out], float)


# fold 2 has few C1 rows: not counted there; validation has few C3 rows in every fold: all validation rows stand in
folds = [(part(f, (f + 1) % K, 55, 0.45), part(f, f, 30 if f == 2 else 60, 1.0)) for f in range(K)]
print("folds", K, REPLICATES, GENES, len(VIEWS))
for validation, evaluated in folds:
    print("fold", len(validation), len(evaluated))
    for r in (*validation, *evaluated):
        say("row", *r)
for name in VIEWS:
    print("view", name)
    the_mean(name, folds)
    the_pool(name, folds)
