#!/usr/bin/env python3
"""Writes normalise.txt: small matrices and what numpy and scipy make of them.

    /usr/bin/python3 tests/golden/make_normalise.py > tests/golden/normalise.txt

Quantile normalisation is limma's normalizeQuantiles(ties=TRUE) written anew with numpy.interp and scipy's rankdata; a
sample with one value or none, where limma fails, as solvers/stats/normalise.h says. z-scores are scipy.stats.zscore with
nan_policy="omit". Values are those a float holds. Tolerance in the tests 2e-6 (1 + |value|): results are floats, of
which a value of 10 has 1e-6.

    matrix NAME genes samples
    x|quantile|none|zscore-gene|zscore-sample|quantile-zscore v0 v1 ...      row by row, nan missing
"""
import sys
import numpy as np
import scipy
from scipy import stats


def quantile(x):
    n, m = x.shape
    grid = np.arange(n) / max(n - 1, 1)
    curves = []
    for s in range(m):
        v = np.sort(x[~np.isnan(x[:, s]), s])
        if len(v) == 1:
            curves.append(np.full(n, v[0]))
        elif len(v) > 1:
            curves.append(np.interp(grid, np.arange(len(v)) / (len(v) - 1), v))
    out = x.copy()
    if not curves:
        return out
    target = np.mean(curves, axis=0)
    for s in range(m):
        there = ~np.isnan(x[:, s])
        v = x[there, s]
        if len(v) == 1:
            out[there, s] = np.interp(0.5, grid, target)
        elif len(v) > 1:
            out[there, s] = np.interp((stats.rankdata(v) - 1) / (len(v) - 1), grid, target)
    return out.astype(np.float32).astype(float)


def zscore(x, axis):
    out = np.zeros_like(x)
    for i in range(x.shape[1 - axis]):
        at = (slice(None), i) if axis == 0 else (i, slice(None))
        v = x[at]
        there = ~np.isnan(v)
        if there.any() and v[there].std() > 1e-6 * abs(v[there].mean()):
            z = np.asarray(stats.zscore(v, nan_policy="omit"))
            out[at] = np.where(there, z, 0)
    return out


def show(word, v):
    print(word, *("nan" if np.isnan(a) else "%.9g" % a for a in np.ravel(v)))


def case(name, x):
    x = np.array(x, np.float32).astype(float)
    print("matrix", name, *x.shape)
    q = quantile(x)
    show("x", x)
    show("quantile", q)
    show("none", np.nan_to_num(x))
    show("zscore-gene", zscore(x, 1))
    show("zscore-sample", zscore(x, 0))
    show("quantile-zscore", zscore(q, 1))


print("# numpy", np.__version__, "scipy", scipy.__version__, "python", sys.version.split()[0])
r = np.random.default_rng(5)
nan = np.nan
case("textbook", [[5, 4, 3], [2, 1, 4], [3, 4, 6], [4, 2, 8]])
full = r.normal(0, 2, (20, 6)) + np.arange(6)
case("full", full)
missing = full.copy()
missing[r.random(full.shape) < 0.25] = nan
case("missing", missing)
ties = np.round(full)
ties[3] = nan
ties[:, 2] = 1.5
ties[5] = 2.25
ties[r.random(full.shape) < 0.1] = nan
case("ties_and_constants", ties)
holes = full[:6].copy()
holes[:, 1] = nan
holes[1:, 3] = nan
holes[2:, 5] = nan
case("samples_of_no_one_and_two_values", holes)
case("one_sample", full[:9, :1])
case("one_gene", missing[4:5])
case("one_value", [[3.5]])
case("nothing", [[nan, nan], [nan, nan]])
case("large", np.where(r.random((12, 40)) < 0.1, nan, 1e4 * r.random((12, 40))))
