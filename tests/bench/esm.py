#!/usr/bin/python3
"""The states of ESM-2 side by side with PyTorch on two cores, in turns: residues per second and ratios. dragnet runs one
process a core, PyTorch one with two threads, tuned: no OPENBLAS_CORETYPE (which would keep AVX-512 away), passive waiting,
memory kept, and the best of several batches and of attention written out and fused, where it has that. Per second of the clock, and per second of processor time, on which other
work on the machine weighs less.

    scripts/bench esm [--shape 8M] [--lengths 128,512,1024] [--turns 3] [--torch PYTHON ...]

--torch names another interpreter that has a torch, besides the system's."""
import argparse, json, os, statistics, subprocess, sys

BATCHES = {128: (8, 32), 512: (2, 8), 1024: (1, 4)}
TUNED = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE", "MALLOC_MMAP_MAX_": "0",
         "MALLOC_TOP_PAD_": "268435456", "MALLOC_TRIM_THRESHOLD_": "17179869184"}


def peer(layers, width, heads, length, batch, passes, fused):
    """The same model in PyTorch, as transformers computes it; one line of JSON."""
    import time
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    torch.set_num_threads(2)
    torch.manual_seed(0)
    d = width // heads

    def turn(x, cos, sin):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat((-b, a), -1) * sin

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
            self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.f1, self.f2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, cos, sin, bias):
            b, l, _ = x.shape
            y = self.n1(x)
            q, k, v = (f(y).view(b, l, heads, d).transpose(1, 2) for f in (self.q, self.k, self.v))
            q, k = turn(q * d**-0.5, cos, sin), turn(k, cos, sin)
            if fused:
                a = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
            else:
                a = F.softmax(q @ k.transpose(-1, -2) + bias, -1) @ v
            x = x + self.o(a.transpose(1, 2).reshape(b, l, width))
            return x + self.f2(F.gelu(self.f1(self.n2(x))))

    embedding, norm = nn.Embedding(33, width), nn.LayerNorm(width)
    stack = [Layer() for _ in range(layers)]
    ids, mask = torch.randint(4, 24, (batch, length)), torch.ones(batch, length)
    angle = torch.outer(torch.arange(length).float(), 10000.0 ** (-torch.arange(0, d, 2).float() / d))
    angle = torch.cat((angle, angle), -1)

    def forward():
        bias = (1 - mask[:, None, None, :]) * torch.finfo(torch.float32).min
        x = embedding(ids) * (1 - 0.15 * 0.8) * mask[..., None]
        for layer in stack:
            x = layer(x, angle.cos(), angle.sin(), bias)
        return norm(x)

    with torch.inference_mode():
        forward()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(passes):
            forward()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n = batch * length * passes
    print(json.dumps({"wall": n / wall, "cpu": 2 * n / cpu}))


def ours(program, shape, precision, length, residues):
    """One process on each of two cores: residues per second of both, by the clock and by processor time."""
    count = max(1, residues // 2 // length)
    runs = [subprocess.Popen(["taskset", "-c", str(core), program, shape, precision, str(length), str(count)],
                             stdout=subprocess.PIPE, text=True) for core in sorted(os.sched_getaffinity(0))[:2]]
    times = [[float(v) for v in run.communicate()[0].split()] for run in runs]
    return {k: sum(count * length / t[i] for t in times) for i, k in enumerate(("cpu", "wall"))}, times[0][2] / length


def theirs(python, layers, width, heads, length, residues):
    """The best that this interpreter's torch does; None when it does nothing."""
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | TUNED
    best = None
    for batch in BATCHES.get(length, (1, 4)):
        passes = max(1, residues // (batch * length))
        for fused in (0, 1):
            run = subprocess.run([python, __file__, "peer", *map(str, (layers, width, heads, length, batch, passes, fused))],
                                 env=env, capture_output=True, text=True)
            if run.returncode:
                continue
            got = json.loads(run.stdout)
            best = {k: max(best[k], got[k]) for k in got} if best else got
    return best


def interpreters(wanted):
    """{version of torch: interpreter}; one that cannot be used is named and left out."""
    found = {}
    for python in wanted:
        run = subprocess.run([python, "-c", "import torch; print(torch.__version__.split('+')[0])"], capture_output=True, text=True)
        if run.returncode:
            print(f"PyTorch is not here: {python} is left out", flush=True)
        else:
            found.setdefault(run.stdout.strip(), python)
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("root")
    p.add_argument("--shape", default="8M")
    p.add_argument("--lengths", default="128,512,1024")
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--residues", type=int, default=8192, help="of a turn and side")
    p.add_argument("--torch", action="append", default=[], metavar="PYTHON", help="an interpreter that has a torch, besides the system's")
    a = p.parse_args()
    sizes = {"8M": (6, 320, 20), "35M": (12, 480, 20), "150M": (30, 640, 20), "650M": (33, 1280, 20)}
    layers, width, heads = sizes.get(a.shape) or map(int, a.shape.split("x"))
    program = a.root + "/build/bench_esm"
    peers = interpreters(["/usr/bin/python3", *a.torch])
    for length in map(int, a.lengths.split(",")):
        f32, bf16, torch = [], [], {version: [] for version in peers}
        for _ in range(a.turns):
            one, flop = ours(program, a.shape, "f32", length, a.residues)
            f32.append(one)
            bf16.append(ours(program, a.shape, "bf16", length, 2 * a.residues)[0])
            for version, python in peers.items():
                torch[version].append(theirs(python, layers, width, heads, length, a.residues))
        mid = lambda side, k: statistics.median(x[k] for x in side)
        ratio = lambda u, v, k: statistics.median(x[k] / y[k] for x, y in zip(u, v))
        for k, per in (("wall", "second of the clock on two cores"), ("cpu", "two seconds of processor time")):
            line = (f"{a.shape}, {length} tokens, residues per {per}: f32 {mid(f32, k):.0f} "
                    f"({mid(f32, k) * flop * 1e-9:.0f} GFLOP/s), bf16 {mid(bf16, k):.0f}, bf16/f32 {ratio(bf16, f32, k):.2f}")
            for version, got in torch.items():
                if None in got:
                    line += f"; PyTorch {version} failed"
                    continue
                line += (f"; PyTorch {version} f32 {mid(got, k):.0f}, f32/PyTorch {ratio(f32, got, k):.2f} "
                         f"(turns: {', '.join(f'{x[k] / y[k]:.2f}' for x, y in zip(f32, got))})")
            print(line, flush=True)


if __name__ == "__main__":
    peer(*map(int, sys.argv[2:])) if sys.argv[1] == "peer" else main()
