#!/usr/bin/python3
"""Writes kernel_pca.txt: likenesses of some things, and their kernel principal components by scikit-learn.

    /usr/bin/python3 tests/golden/make_kernel_pca.py > tests/golden/kernel_pca.txt

KernelPCA(kernel="precomputed", eigen_solver="dense") in double precision, fitted to some of the things and asked for all of them,
divided by s of solvers/stats/kernel_pca.h; checked here against NumPy's eigh of the centred matrix. Tolerances in the test: where
each eigenvalue is at most 0.6 of the one before, 40 rounds leave 0.6^40, some 1e-9, and single precision of the likenesses and
coordinates 1e-6 of them; in `close` eigenvalues 1 and 2 are equal up to 1e-4, so their vectors are mixed: the product of
coordinates, which no rotation changes, is within 1e-3; in `tanimoto` a size is 0.85 of the one before.
Made with python3-sklearn 1.2.1 and python3-numpy 1.24.2 (Debian 12).
"""
import numpy as np
import sklearn
from sklearn.decomposition import KernelPCA

rng = np.random.default_rng(20260418)


def case(name, like, fitted, k):
    like = like.astype(np.float32).astype(float)  # the bits that are given
    n, m = len(like), len(fitted)
    inner = like[np.ix_(fitted, fitted)]
    pca = KernelPCA(k, kernel="precomputed", eigen_solver="dense").fit(inner)
    at = np.zeros((n, k))
    got = pca.transform(like[:, fitted])
    at[:, :got.shape[1]] = got
    centre = np.eye(m) - 1 / m
    values, vectors = np.linalg.eigh(centre @ inner @ centre)
    values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
    real = values > 1e-6 * values[0]
    at[:, :len(values)][:, ~real] = 0
    mine = np.zeros((n, k))
    mine[:, :len(values)][:, real] = (like[:, fitted] - inner.mean(1)) @ vectors[:, real] / np.sqrt(values[real])
    assert np.allclose(at @ at.T, mine @ mine.T, atol=1e-8 * values[0])
    at /= np.sqrt((at[fitted] ** 2).mean())
    print("case", name, n, m, k)
    print("values", *("%.6g" % v for v in np.maximum(values, 0)), *["0"] * (k - len(values)))
    print("fitted", *fitted)
    print("like", *("%.9g" % v for v in like.ravel()))
    print("at", *("%.9g" % v for v in at.ravel()))


def features(n, m, sizes):
    """Linear kernel of n things whose first m have uncorrelated features of these sizes: their eigenvalues."""
    x = rng.standard_normal((n, len(sizes)))
    q, _ = np.linalg.qr(x[:m] - x[:m].mean(0))
    x[:m] = q * np.sqrt(m)
    return (x * np.sqrt(sizes)) @ (x * np.sqrt(sizes)).T / m + 0.3  # a constant is centred away


print(f"# made by make_kernel_pca.py with scikit-learn {sklearn.__version__}, NumPy {np.__version__}")
order = rng.permutation(14)  # the fitted are not the first
mixed = lambda like: like[np.ix_(np.argsort(order), np.argsort(order))]
case("plain", mixed(features(14, 9, [1, .5, .25, .1, .04, .01])), order[:9], 4)
case("close", mixed(features(14, 10, [1, .9999, .2, .05])), order[:10], 2)
case("rank", mixed(features(14, 8, [1, .4, .1])), order[:8], 6)
bits = (rng.random((14, 40)) < 0.35).astype(float)
bits[9], bits[3] = bits[0], bits[1]  # twins, one of them not fitted
both, count = bits @ bits.T, bits.sum(1)
case("tanimoto", both / (count[:, None] + count[None] - both), np.array([1, 3, 5, 6, 9]), 9)
