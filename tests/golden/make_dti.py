#!/usr/bin/python3
"""Golden numbers of the drug-target network (solvers/models/dti.h), written once more with PyTorch's own layers in
double precision: loss, every gradient, moments, running statistics, one step of Adam, and predictions before and
after it. Every pair runs through the network alone but for the batch norms, so nothing can depend on padding.
Initial weights are those of dragnet: philox.py, and the naming of streams (solvers/base/rng.h), written down
here a second time. Shapes, data and weights are those of tests/unit/dti.c; dropout is off.
Run with python3-torch 1.13.0 and python3-numpy 1.24.2 (Debian 12): ./make_dti.py > dti.txt"""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from philox import philox_rows

SEED, INIT = 11, 1
ATOMS_F, STATES, G1, G2, DO, C1, C2, TO, POSITIVE = 3, 5, 6, 7, 4, 5, 6, 4, 2.33
DRUGS, TARGETS, PAIRS = 6, 7, 12
N_ATOMS = [1, 2, 5, 9, 4, 7]
LENGTHS = [1, 2, 3, 4, 7, 12, 33]


def uniform(which, n, limit):
    key = philox_rows((SEED, 0), np.array([[which, 0, 0, INIT]]))[0, :2]
    b = np.arange((n + 3) // 4)
    z = np.zeros_like(b)
    bits = philox_rows(key, np.stack([z, b, z, z], 1)).reshape(-1)[:n]
    return (limit * (2 * ((bits.astype(float) + 0.5) * 2.0 ** -32) - 1)).astype(np.float32).astype(float)


# name, shape here, how it starts: a Glorot limit, a PyTorch limit, or a constant
def layout(joint, extra, start=None):
    sides = DO + TO + sum(extra)
    last = joint or sides
    rows = [("gcn1_w", (ATOMS_F, G1), np.sqrt(6 / (ATOMS_F + G1))), ("gcn1_b", (G1,), "0"),
            ("gcn2_w", (G1, G2), np.sqrt(6 / (G1 + G2))), ("gcn2_b", (G2,), "0"),
            ("drug_w", (G2, DO), G2 ** -.5), ("drug_b", (DO,), G2 ** -.5),
            ("conv1_w", (STATES, 3, C1), (3 * STATES) ** -.5), ("conv1_b", (C1,), (3 * STATES) ** -.5),
            ("norm1_gamma", (C1,), "1"), ("norm1_beta", (C1,), "0"),
            ("conv2_w", (C1, 3, C2), (3 * C1) ** -.5), ("conv2_b", (C2,), (3 * C1) ** -.5),
            ("norm2_gamma", (C2,), "1"), ("norm2_beta", (C2,), "0"),
            ("target_w", (C2, TO), C2 ** -.5), ("target_b", (TO,), C2 ** -.5),
            ("head_w", (last, 1), last ** -.5 if start is None else "0"), ("head_b", (1,), last ** -.5)]
    if joint:
        rows += [("joint_w", (sides, joint), sides ** -.5), ("joint_b", (joint,), sides ** -.5)]
    if joint and extra[2]:
        rows += [("direct_w", (extra[2], 1), "0")]
    return rows


def initial(joint, extra, start=None):
    w = {}
    for i, (name, shape, how) in enumerate(layout(joint, extra, start)):
        n = int(np.prod(shape))
        v = np.full(n, float(how)) if isinstance(how, str) else uniform(i, n, how)
        if name == "norm1_gamma":
            v[1] = -0.5  # a negative scale turns the maximum of a pool round
        if name == "direct_w" and start is not None:
            v[:] = start
        w[name] = torch.tensor(v.reshape(shape), dtype=torch.float64, requires_grad=True)
    return w


def data():
    f32 = lambda v: torch.tensor(v.astype(np.float32).astype(float))
    drugs, at = [], 0
    for d, n in enumerate(N_ATOMS):
        i, c = np.meshgrid(at + np.arange(n), np.arange(ATOMS_F), indexing="ij")
        a = np.eye(n)
        for j in range(1, n):  # a chain with a branch: atom j hangs on j - 1, every fourth on j - 2
            k = j - 2 if j % 4 == 3 else j - 1
            a[j, k] = a[k, j] = 1
        s = a.sum(1) ** -.5
        drugs.append((f32(np.sin(1 + 0.9 * i + 1.7 * c)), torch.tensor(a * s[:, None] * s[None])))
        at += n
    targets, at = [], 0
    for n in LENGTHS:
        i, c = np.meshgrid(at + np.arange(n), np.arange(STATES), indexing="ij")
        targets.append(f32(np.cos(0.5 + 0.31 * i * i + 1.3 * c)))
        at += n
    return drugs, targets


def numbers(which, ids, width):
    """Extra numbers of drugs (which = 1), targets (2), pairs (3)."""
    i, c = np.meshgrid(np.array(ids), np.arange(width), indexing="ij")
    return torch.tensor(np.sin(which + 0.7 * i + 1.9 * c).astype(np.float32).astype(float))


def network(w, drugs, targets, pairs, joint, extra, heads, running=None):
    """Logits [heads, pairs]; without `running` also (mean, variance, count) of the two norms."""
    taken = {}

    def norm(k, ys):
        g, b = w[f"norm{k}_gamma"], w[f"norm{k}_beta"]
        if running is None:
            all_ = torch.cat(ys)
            mean, var = all_.mean(0), all_.var(0, unbiased=False)
            taken[k] = (mean, var, all_.shape[0])
        else:
            mean, var = running[k]
        return [(y - mean) / torch.sqrt(var + 1e-5) * g + b for y in ys]

    def conv(k, ys):
        return [F.conv1d(y.t()[None], w[f"conv{k}_w"].permute(2, 0, 1), w[f"conv{k}_b"], padding=1)[0].t() for y in ys]

    def pool(ys):
        return [F.max_pool1d(F.relu(y).t()[None], 2, ceil_mode=True)[0].t() for y in ys]

    ys = [targets[t] for _, t, _ in pairs]
    for k in 1, 2:
        ys = pool(norm(k, conv(k, ys)))
    q = torch.stack([y.amax(0) for y in ys]) @ w["target_w"] + w["target_b"]
    h = []
    for d, _, _ in pairs:
        x, a = drugs[d]
        x = F.relu(a @ (x @ w["gcn1_w"]) + w["gcn1_b"])
        x = F.relu(a @ (x @ w["gcn2_w"]) + w["gcn2_b"])
        h.append(x.mean(0) @ w["drug_w"] + w["drug_b"])
    more = [numbers(which, list(ids), width) for which, ids, width in
            zip((1, 2, 3), (*list(zip(*pairs))[:2], range(len(pairs))), extra)]
    z = torch.cat((torch.stack(h), more[0], q, more[1], more[2]), 1)
    if joint:
        z = F.relu(z @ w["joint_w"] + w["joint_b"])
    logits = []
    for part, weight in zip(z.chunk(heads, 1), w["head_w"].chunk(heads, 0)):  # a head reads a part of the layer
        logit = (part @ weight + w["head_b"])[:, 0]
        logits.append(logit + (more[2] @ w["direct_w"])[:, 0] if "direct_w" in w else logit)
    return torch.stack(logits), taken


def show(name, values):
    print(name, len(values), *(f"{v:.9g}" for v in values))


def flat(w, of):
    return torch.cat([of(v).reshape(-1) for v in w.values()]).tolist()


def run(tag, joint, extra=(0, 0, 0), heads=1, start=None):
    drugs, targets = data()
    pairs = [(p * 5 % DRUGS, p * p % TARGETS, (p + p // 4) % 2) for p in range(PAIRS)]
    w = initial(joint, extra, start)
    y = torch.tensor([float(l) for _, _, l in pairs], dtype=torch.float64)
    opt = torch.optim.Adam(list(w.values()), lr=5e-4)
    logits, taken = network(w, drugs, targets, pairs, joint, extra, heads)
    bce = nn.BCEWithLogitsLoss(reduction="sum", pos_weight=torch.tensor(POSITIVE, dtype=torch.float64))
    loss = torch.stack([bce(logit, y) for logit in logits]).mean()  # each head has a loss of its own
    loss.backward()
    show(f"{tag}_loss", [loss.item()])
    show(f"{tag}_gradient", flat(w, lambda v: v.grad))
    show(f"{tag}_moments", torch.cat([torch.cat(taken[k][:2]) for k in (1, 2)]).tolist())
    running = {}
    for k in 1, 2:
        bn = nn.BatchNorm1d(taken[k][0].shape[0]).double()  # PyTorch's own running statistics
        mean, var, n = taken[k]
        sign = torch.tensor([1.0, -1.0]).repeat(n)[:n].double()  # n values with this mean and variance
        sign = (sign - sign.mean()) / sign.std(unbiased=False)
        bn(mean.detach() + sign[:, None] * var.detach().sqrt())
        running[k] = (bn.running_mean, bn.running_var)
    show(f"{tag}_running", torch.cat([torch.cat(running[k]) for k in (1, 2)]).tolist())
    for v in w.values():
        v.grad /= PAIRS

    def predicted():
        return torch.sigmoid(network(w, drugs, targets, pairs, joint, extra, heads, running)[0].mean(0)).tolist()

    with torch.no_grad():
        show(f"{tag}_before", predicted())
        opt.step()
        show(f"{tag}_weights", flat(w, lambda v: v))
        show(f"{tag}_after", predicted())


print(f"# made by make_dti.py with torch {torch.__version__}, numpy {np.__version__}, double precision")
run("published", 0)
run("joint", 3)
run("extra", 3, (2, 3, 2))
run("heads", 6, (2, 3, 2), heads=3)
run("start", 6, (2, 3, 2), heads=3, start=(1.5, -0.5))
