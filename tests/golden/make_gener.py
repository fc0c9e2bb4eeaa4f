#!/usr/bin/python3
"""make_gener.py > gener.txt: the first ten losses of the GENER network of two and of four classes, and predictions, by
PyTorch in double precision.

Initial weights, dropout masks and swaps are those of dragnet: philox.py, and the naming of streams (solvers/base/rng.h), which
is written down here a second time. Shapes, data and recipe are those of tests/unit/gener.c.
Run with python3-torch 1.13.0 and python3-numpy 1.24.2 (Debian 12)."""
import sys
import numpy as np
import torch
import torch.nn.functional as F
from philox import philox_rows

S, GENES, PAIRS, BATCH, SEED, STEPS = 24, 20, 64, 32, 11, 10
L, U64 = S - 1, np.uint64
INIT, DROPOUT, SWAP = 1, 3, 4


def stream(seed, stage, a, b):
    return philox_rows((seed & 0xFFFFFFFF, seed >> 32), np.array([[a & 0xFFFFFFFF, a >> 32, b, stage]]))[0, :2]


def blocks(key, item, count):
    n = np.arange(count)
    return philox_rows(key, np.stack([n, np.full(count, item), np.zeros(count, int), np.zeros(count, int)], 1))


def mask(epoch, layer, position, units):
    words = blocks(stream(SEED, DROPOUT, epoch, layer), position, (units + 127) // 128).reshape(-1)
    u = np.arange(units)
    return ((words[u // 32] >> (u % 32).astype(U64)) & U64(1)).astype(float) * 2.0


def swapped(epoch, position):
    return int(blocks(stream(SEED, SWAP, epoch, 0), position, 1)[0, 0]) & 1


TENSORS = [("dense1_w", (S, 256)), ("dense1_b", (256,)), ("g1", (256,)), ("b1", (256,)),
           ("dense2_w", (256, 256)), ("dense2_b", (256,)), ("g2", (256,)), ("b2", (256,)),
           ("conv1_w", (16, 4)), ("conv1_b", (16,)), ("g3", (16,)), ("b3", (16,)),
           ("conv2_w", (8, 16)), ("conv2_b", (8,)), ("g4", (8,)), ("b4", (8,)),
           ("dense3_w", (8 * L, 32)), ("dense3_b", (32,)), ("g5", (32,)), ("b5", (32,)),
           ("head_w", (288,)), ("head_b", ())]


def initial(classes):
    w = {}
    for i, (name, shape) in enumerate(TENSORS):
        shape = shape + (classes,) if name[:4] == "head" else shape
        if len(shape) == 1:
            v = np.ones(shape) if name[0] == "g" else np.zeros(shape)
        else:
            n = shape[0] * shape[1]
            fans = 4 + 64 if name == "conv1_w" else shape[0] + shape[1]
            b = np.arange((n + 3) // 4)
            z = np.zeros_like(b)
            bits = philox_rows(stream(SEED, INIT, i, 0), np.stack([z, b, z, z], 1)).reshape(-1)[:n]
            v = (np.sqrt(6 / fans) * (2 * ((bits.astype(float) + 0.5) * 2.0 ** -32) - 1)).astype(np.float32).reshape(shape)
        w[name] = torch.tensor(v, dtype=torch.float64, requires_grad=True)
    return w


g, s = np.meshgrid(np.arange(GENES), np.arange(S), indexing="ij")
X = torch.tensor(np.sin(1 + 0.7 * g + 0.13 * s * s).astype(np.float32), dtype=torch.float64)
p = np.arange(PAIRS)
A, B = (p * 7) % GENES, (p * 11 + 3) % GENES
TURNED = np.array([0, 1, 3, 2])


def network(w, a, b, moments=None, drop=None):
    """moments: a list that takes (mean, variance) in training, or a list of five to use. drop(layer, units) or None."""
    taken = []

    def norm(k, x):
        if drop is not None:
            dims = [0] if x.dim() == 2 else [0, 2]
            taken.append((k, x.mean(dims).detach(), x.var(dims, unbiased=False).detach()))
            y = F.batch_norm(x, None, None, w[f"g{k}"], w[f"b{k}"], True, 0, 1e-3)
            return y * drop(k - 1, y[0].numel()).reshape(y.shape)
        return F.batch_norm(x, moments[k][0], moments[k][1], w[f"g{k}"], w[f"b{k}"], False, 0, 1e-3)

    x = norm(1, F.relu((a * b) @ w["dense1_w"] + w["dense1_b"]))
    x = norm(2, F.relu(x @ w["dense2_w"] + w["dense2_b"]))
    d = F.conv2d(torch.stack((a, b), 1)[:, None], w["conv1_w"].reshape(16, 1, 2, 2), w["conv1_b"])[:, :, 0]
    d = norm(3, d)
    d = norm(4, F.conv1d(d, w["conv2_w"][:, :, None], w["conv2_b"]))
    d = norm(5, F.relu(d.flatten(1) @ w["dense3_w"] + w["dense3_b"]))
    return torch.cat((x, d), 1) @ w["head_w"] + w["head_b"], {k: (m, v) for k, m, v in taken}


def run(kind, classes):
    w = initial(classes)
    y = (p * p + p // 3) % classes
    params = list(w.values())
    opt = torch.optim.SGD(params, lr=0.01) if kind == "sgd" else torch.optim.AdamW(params, lr=1e-3, weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        rows = (step * BATCH + np.arange(BATCH)) % PAIRS
        a = [B[r] if swapped(step, i) else A[r] for i, r in enumerate(rows)]
        b = [A[r] if swapped(step, i) else B[r] for i, r in enumerate(rows)]
        drop = lambda layer, units: torch.tensor(np.stack([mask(step, layer, i, units) for i in range(BATCH)]))
        logits, moments = network(w, X[a], X[b], drop=drop)
        label = [TURNED[y[r]] if swapped(step, i) else y[r] for i, r in enumerate(rows)]
        loss = F.cross_entropy(logits, torch.tensor(np.array(label)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    with torch.no_grad():
        ab, ba = [F.softmax(network(w, X[i], X[j], moments=moments)[0], 1) for i, j in ((A, B), (B, A))]
        mean = (ab + ba[:, TURNED[:classes]]) / 2
    return losses, (mean[:, 1] if classes == 2 else mean.flatten()).tolist()


print(f"# made by make_gener.py with torch {torch.__version__}, numpy {np.__version__}, double precision")
for kind, classes, name in ("sgd", 2, "sgd"), ("adamw", 2, "adamw"), ("sgd", 4, "sgd4"):
    losses, predictions = run(kind, classes)
    print(f"{name}_loss {len(losses)}", *(f"{v:.12g}" for v in losses))
    print(f"{name}_probability {len(predictions)}", *(f"{v:.12g}" for v in predictions))
