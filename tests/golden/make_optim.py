#!/usr/bin/python3
"""make_optim.py - golden numbers of the optimisers, by PyTorch in double precision, for tests/unit/optim.c

Run: make_optim.py > optim.txt
"""
import numpy as np
import torch

N, STEPS = 7, 5
rng = np.random.default_rng(3)
w0, g = rng.standard_normal(N).astype(np.float32), rng.standard_normal((STEPS, N)).astype(np.float32)
g[:, 2] = 0
g[:, 3] *= 1e-6


def put(name, values):
    v = np.asarray(values, np.float64).reshape(-1)
    print(name, len(v))
    print(" ".join("%.9g" % x for x in v))


def run(name, make):
    w = torch.tensor(w0, dtype=torch.float64, requires_grad=True)
    opt = make([w])
    for t in range(STEPS):
        w.grad = torch.tensor(g[t], dtype=torch.float64)
        opt.step()
    put(name, w.detach().numpy())


print("# Golden numbers of the optimisers, by tests/golden/make_optim.py")
print(f"# numpy {np.__version__}, torch {torch.__version__}, double precision; read by tests/unit/optim.c")
put("w0", w0)
put("g", g)
run("sgd", lambda p: torch.optim.SGD(p, lr=0.05))
run("adam", lambda p: torch.optim.Adam(p, lr=0.01))
run("adamw", lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1))
p = torch.zeros(1, requires_grad=True)
opt = torch.optim.SGD([p], lr=0.3)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=20)
rates = []
for _ in range(20):
    rates.append(opt.param_groups[0]["lr"])
    opt.step()
    cosine.step()
put("cosine", rates)
put("stepwise", [0.01 * 0.8 ** (s / 2500) for s in (0, 1, 1000, 2500, 40000)])  # Keras ExponentialDecay
