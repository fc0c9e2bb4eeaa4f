#!/usr/bin/env python3
"""Writes repeats.txt: rows of several models and the mean over them, by scikit-learn and NumPy.

    /usr/bin/python3 tests/golden/make_repeats.py > tests/golden/repeats.txt

Draws come from philox.py, from the names in solvers/base/rng.h; a drug is looked up in a dictionary
that all models share. Tolerance in the test 1e-9 (sums of a few hundred doubles in another order).
"""
import sys
import numpy as np
import sklearn
from sklearn import metrics as sk
from philox import philox

SEED, SCORERS = 0x76543210FEDC, 3


def below(side, replicate, item, n):
    key = philox((SEED & 0xFFFFFFFF, SEED >> 32), (replicate, 0, side, 6))[:2]
    w = philox(key, (0, item, 0, 0))
    return ((w[1] << 32 | w[0]) * n) >> 64


def multiplicities(entities, side, replicate):
    there = sorted(entities)
    times = dict.fromkeys(there, 0)
    for i in range(len(there)):
        times[there[below(side, replicate, i, len(there))]] += 1
    return times


def rank(y, s, w):
    k = w > 0
    if len(set(y[k])) < 2:
        return np.array([np.nan, np.nan])
    return np.array([sk.roc_auc_score(y[k], s[k], sample_weight=w[k]),
                     sk.average_precision_score(y[k], s[k], sample_weight=w[k])])


def say(name, *values):
    print(name, *("%.17g" % v for v in values))


def interval(v):
    v = v[~np.isnan(v)]
    return (*(np.percentile(v, [2.5, 97.5]) if len(v) else (np.nan, np.nan)), len(v))


def case(name, models, replicates):
    """models: (split, fold, validation rows, evaluated rows); rows: [drug, target, label, scores]"""
    print("case", name, len(models), replicates)
    for split, fold, validation, evaluated in models:
        print("model", split, fold, len(validation), len(evaluated))
        for r in (*validation, *evaluated):
            say("row", *r)
    own = [np.array(m[3]) for m in models]
    each = np.array([[rank(r[:, 2], r[:, 3 + k], np.ones(len(r))) for k in range(SCORERS)] for r in own])
    counts = ~np.isnan(each[:, 0, 0])
    for m, e in zip(models, each):
        v = np.array(m[2])
        known = [not np.isnan(v[0, 3 + k]) for k in range(SCORERS)]
        say("each", *e.ravel(), *(rank(v[:, 2], v[:, 3 + k], np.ones(len(v)))[0] if known[k] else np.nan for k in range(SCORERS)))
    drugs, targets = ({x for r in own for x in r[:, side]} for side in (0, 1))
    draws = np.empty((replicates, SCORERS, 2))
    for b in range(replicates):
        d, t = multiplicities(drugs, 0, b), multiplicities(targets, 1, b)
        values = [[rank(r[:, 2], r[:, 3 + k], np.array([d[x] * t[z] for x, z in r[:, :2]])) for k in range(SCORERS)]
                  for r, c in zip(own, counts) if c]
        draws[b] = np.mean(values, 0)
    say("counted", counts.sum(), len(drugs), len(targets))
    good = each[counts]
    for k in range(SCORERS):
        say("scorer", *good[:, k].mean(0), *good[:, k].std(0, ddof=1), *interval(draws[:, k, 0]), *interval(draws[:, k, 1]))
    for k in range(1, SCORERS):
        d, r = good[:, 0] - good[:, k], draws[:, 0] - draws[:, k]
        say("difference", *d.mean(0), *d.std(0, ddof=1), *interval(r[:, 0]), *interval(r[:, 1]), (d[:, 0] > 0).sum())


rng = np.random.default_rng(20260202)
print("# made by make_repeats.py with Python %s, NumPy %s, scikit-learn %s" %
      (sys.version.split()[0], np.__version__, sklearn.__version__))
drug_lean, target_lean = rng.normal(size=16), rng.normal(size=13)
pairs = [(d, 100 + t) for d in range(16) for t in range(13) if rng.random() < 0.6]
truth = {(d, t): int(drug_lean[d] + target_lean[t - 100] + rng.normal() * 0.7 > 0.3) for d, t in pairs}


def rows(chosen, step=0.25):
    out = []
    for d, t in chosen:
        y = truth[d, t]
        lean = drug_lean[d] + target_lean[t - 100]
        s = 1 / (1 + np.exp(-(lean + 0.6 * y - 0.5 + 0.4 * rng.normal()))), lean + rng.normal() * 0.8, y * 0.5 + rng.normal()
        out.append([d, t, y, s[0], np.round(s[1] / step) * step, s[2]])
    return out


def repeats(splits, folds):
    models = []
    for split in range(splits):
        block = {d: i % folds for i, d in enumerate(rng.permutation(16))}
        for f in range(folds):
            models.append((f"s{split}", f, rows([p for p in pairs if block[p[0]] == (f + 1) % folds]),
                           rows([p for p in pairs if block[p[0]] == f])))
    return models


case("three_repeats", repeats(3, 4), 150)
case("one_model", [(m[0], -1, *m[2:]) for m in repeats(1, 3)[:1]] + repeats(1, 3)[1:2], 60)
odd = repeats(2, 3)
odd[1] = (*odd[1][:3], [[*r[:2], 1, *r[3:]] for r in odd[1][3]])          # one class: not counted
odd[2] = (*odd[2][:2], [[*r[:5], np.nan] for r in odd[2][2]], odd[2][3])  # no validation scores
case("odd", odd, 80)
