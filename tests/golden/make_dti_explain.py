#!/usr/bin/python3
"""Golden numbers of explanations (solvers/models/dti_explain.h): the logit of one pair, its gradient with respect to all
inputs by PyTorch's autograd in double precision, and integrated gradients of 4,096 midpoints, for the networks, data
and weights of make_dti.py, running statistics that are a function written below.
Run with python3-torch 1.13.0 and python3-numpy 1.24.2 (Debian 12): ./make_dti_explain.py > dti_explain.txt"""
import contextlib
import io

import numpy as np
import torch

with contextlib.redirect_stdout(io.StringIO()):  # it prints its own numbers
    import make_dti as base

DRUG, TARGET, STEPS = 3, 6, 4096


def running():
    c = lambda n: torch.arange(n, dtype=torch.float64)
    f32 = lambda v: v.float().double()
    return {k: (f32(0.1 * torch.sin(1 + c(n))), f32(1 + 0.5 * torch.cos(c(n)))) for k, n in ((1, base.C1), (2, base.C2))}


def run(tag, joint, extra=(0, 0, 0), heads=1):
    drugs, targets = base.data()
    w = base.initial(joint, extra)
    if "direct_w" in w:
        w["direct_w"] = torch.tensor([[0.7], [-0.3]], dtype=torch.float32).double()
    stats = running()
    x, a = drugs[DRUG]
    ends = [x, targets[TARGET]] + [base.numbers(k + 1, [(DRUG, TARGET, 0)[k]], extra[k]) for k in range(3)]
    kept = base.numbers

    def gradient(share):
        at = [(share * e).clone().requires_grad_() for e in ends]
        base.numbers = lambda which, ids, width: at[1 + which]
        logit = base.network(w, {DRUG: (at[0], a)}, {TARGET: at[1]}, [(DRUG, TARGET, 1)], joint, extra, heads,
                             stats)[0].mean()
        base.numbers = kept
        return logit.item(), torch.autograd.grad(logit, at, allow_unused=True)

    score, g = gradient(1.0)
    zeros = [torch.zeros_like(e) if v is None else v for e, v in zip(ends, g)]
    base.show(f"{tag}_score", [score, gradient(0.0)[0]])
    base.show(f"{tag}_gradient", torch.cat([v.reshape(-1) for v in zeros]).tolist())
    sums = [torch.zeros_like(e) for e in ends]
    for s in range(STEPS):
        for total, v in zip(sums, gradient((s + 0.5) / STEPS)[1]):
            if v is not None:
                total += v / STEPS
    c = [e * s for e, s in zip(ends, sums)]
    base.show(f"{tag}_explained", c[0].sum(1).tolist() + c[1].sum(1).tolist() + [float(v) for k in c[2:] for v in k.reshape(-1)])


print(f"# made by make_dti_explain.py with torch {torch.__version__}, numpy {np.__version__}, double precision")
run("published", 0)
run("extra", 3, (2, 3, 2))
run("heads", 6, (2, 3, 2), heads=3)
