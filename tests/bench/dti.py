#!/usr/bin/python3
"""The drug-target network side by side with PyTorch, one thread each, in turns: pairs per second of processor time
(so that other work on the machine weighs on both alike) and their ratio. Same pairs, sizes and batches; PyTorch pads
a batch to its longest protein, as the published code does.

    scripts/bench dti [train|infer] [BATCH ...]"""
import os, statistics, subprocess, sys, time
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import measure
import torch
import torch.nn as nn
import torch.nn.functional as F

FIGURES = None
if "--json" in sys.argv:
    FIGURES = sys.argv.pop(sys.argv.index("--json") + 1)
    sys.argv.remove("--json")
PROGRAM, MODE = sys.argv[1] + "/build/bench_dti", sys.argv[2] if len(sys.argv) > 2 else "train"
BATCHES, PAIRS, TURNS = [int(b) for b in sys.argv[3:]] or [8, 64], 320, 3
torch.set_num_threads(1)
torch.manual_seed(0)


class GCN(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin, self.bias = nn.Linear(i, o, bias=False), nn.Parameter(torch.zeros(o))

    def forward(self, x, edges, weight):
        x = self.lin(x)
        return torch.zeros_like(x).index_add_(0, edges[1], x[edges[0]] * weight[:, None]) + self.bias


class Hybrid(nn.Module):
    def __init__(self, p=.3):
        super().__init__()
        self.p, self.g1, self.g2, self.gf = p, GCN(4, 256), GCN(256, 256), nn.Linear(256, 128)
        self.c1, self.b1 = nn.Conv1d(320, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.c2, self.b2 = nn.Conv1d(64, 128, 3, padding=1), nn.BatchNorm1d(128)
        self.pf, self.fc = nn.Linear(128, 128), nn.Linear(256, 1)

    def forward(self, x, edges, weight, of, n, states):
        drop = lambda v: F.dropout(v, self.p, self.training)
        h = drop(F.relu(self.g1(x, edges, weight)))
        h = drop(F.relu(self.g2(h, edges, weight)))
        size = torch.zeros(n).index_add_(0, of, torch.ones(of.shape[0]))
        h = self.gf(torch.zeros(n, 256).index_add_(0, of, h) / size[:, None])
        q = states.permute(0, 2, 1)
        q = drop(F.max_pool1d(F.relu(self.b1(self.c1(q))), 2))
        q = drop(F.max_pool1d(F.relu(self.b2(self.c2(q))), 2))
        return self.fc(drop(torch.cat((h, self.pf(drop(q.amax(-1)))), 1))).squeeze(1)


rows = [tuple(map(int, l.split())) for l in subprocess.run([PROGRAM, "shapes"], capture_output=True, text=True,
                                                           check=True).stdout.splitlines()]
states = {t: torch.randn(n, 320) for _, t, _, n, _ in rows}
atoms = {d: torch.rand(n, 4) * 6 for d, _, n, _, _ in rows}


def bonds(n):
    one = [(i, i + 1) for i in range(n - 1)] + [(i, i + 5) for i in range(0, n - 5, 7)]
    return torch.tensor(one + [(b, a) for a, b in one] + [(i, i) for i in range(n)]).t()


edges = {d: bonds(n) for d, _, n, _, _ in rows}


def collate(batch):
    x = [atoms[r[0]] for r in batch]
    first = [0]
    for v in x:
        first.append(first[-1] + len(v))
    e = torch.cat([edges[r[0]] + f for r, f in zip(batch, first)], 1)
    of = torch.cat([torch.full((len(v),), i) for i, v in enumerate(x)])
    s = torch.zeros(first[-1]).index_add_(0, e[1], torch.ones(e.shape[1])).rsqrt()
    padded = nn.utils.rnn.pad_sequence([states[r[1]] for r in batch], batch_first=True)
    return torch.cat(x), e, s[e[0]] * s[e[1]], of, len(batch), padded


def torch_seconds(size, count):
    model = Hybrid().train(MODE == "train")
    adam = torch.optim.Adam(model.parameters(), lr=5e-4)
    loss = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.33))
    for i in range(-1, count):
        if i == 0:
            start = time.process_time()
        batch = rows[max(i, 0) * size:(max(i, 0) + 1) * size]
        if MODE == "infer":
            with torch.inference_mode():
                model(*collate(batch))
            continue
        adam.zero_grad(set_to_none=True)
        loss(model(*collate(batch)), torch.tensor([float(r[4]) for r in batch])).backward()
        adam.step()
    return time.process_time() - start


ROWS = []
for size in BATCHES:
    count, mine, theirs = max(2, PAIRS // size), [], []
    for _ in range(TURNS):
        mine.append(count * size / measure.quietly(sys.argv[1], lambda: float(measure.must([PROGRAM, MODE, size, count]))))
        theirs.append(count * size / measure.quietly(sys.argv[1], lambda: torch_seconds(size, count)))
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"{MODE} batch {size}: dragnet {a:.0f}, PyTorch {torch.__version__} {b:.0f} pairs a second of one thread, "
          f"ratio {a / b:.2f} (turns: {', '.join(f'{x / y:.2f}' for x, y in zip(mine, theirs))})", flush=True)
    ROWS.append(measure.row(f"dti {MODE} {size}", f"drug-target {MODE}, batch {size}, one thread (processor time)", "pairs/s", mine,
                            f"PyTorch {torch.__version__}", theirs, None, "convolutions over residues"))
measure.save(FIGURES, measure.header(sys.argv[1], "dti", sys.argv[2:]), ROWS)
