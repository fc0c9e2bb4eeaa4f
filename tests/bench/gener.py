#!/usr/bin/python3
"""gener.py - the gene-gene network beside PyTorch: pairs a second, in turns, medians; driven by scripts/bench gener

    scripts/bench gener [train|infer] [--batches 8,64,512,4096] [--repeats 3] [--seconds 0.2] [--precisions f32,bf16] [--ranks 1,2]
                        [--torch PYTHON ...] [--contenders NAMES] [--json FILE] [-- OPTIONS OF train gener]

Peers: ../shared/peers/A_gener_torch.py, run by /usr/bin/python3 and by every interpreter named with --torch (it needs torch,
numpy and threadpoolctl); "tuned" is AVX-512 BLAS, malloc that gives nothing back, passive OpenMP waiting, a faster generator
of dropout masks. Each is tried on two threads, below batch 512 on one thread, from batch 32 on in two processes; PyTorch 2 also with
its own dropout and, from batch 512 on, compiled; --contenders "2 processes,..." tries those alone. The first turn runs all of them; in
the others the fastest of each interpreter stays. The ratio is to the fastest of all, by its median. Synthetic data on both sides: 5,950 genes,
536 samples. With 1 and 2 ranks also two runs of one rank at the same time, each on a core: what the second core is worth.

train  dragnet's figure is that of the last of two epochs (metrics.jsonl: training alone). Up to batch 64 the recipe is the
       published one (SGD, norms over the whole batch), as PyTorch's; above it is the default one (Adam, norms over shards).
infer  dragnet screen over all pairs of genes, start-up (a screen of few genes) subtracted, beside the forward pass alone.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

import measure

FLOP = {"train": 2.315e6, "infer": 0.405e6}  # a pair with its gradients; folded (solvers/models/gener_screen.h)
TUNED = {"OPENBLAS_CORETYPE": "SkylakeX", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "17179869184",
         "OMP_WAIT_POLICY": "PASSIVE", "DROP": "fast"}
PATIENCE = 420  # s, for a run of PyTorch
TWO_RUNS = "2x1"  # in place of a number of ranks
COMPILED = """
import sys, torch
script = sys.argv.pop(1); sys.argv[0] = script
import importlib.util as u
spec = u.spec_from_file_location("peer", script); peer = u.module_from_spec(spec); spec.loader.exec_module(peer)
torch.set_num_threads(peer.T); torch.manual_seed(0); X, P, y = peer.data(); m = peer.Gener()
if peer.mode == "infer":
    m.eval(); c = torch.compile(m); at = [0]
    def step():
        at[0] = (at[0] + peer.B) % (peer.NP - peer.B); p = P[at[0]:at[0] + peer.B]
        with torch.inference_mode(): return peer.F.softmax(c(X[p[:, 0]], X[p[:, 1]]), 1)
    peer.report(*peer.bench(step, peer.B, peer.SECS), peer.FWD)
else:
    peer.report(*peer.bench(peer.trainer(torch.compile(m), X, P, y, peer.B), peer.B, peer.SECS), peer.FWD + peer.BWD)
"""


def arguments():
    p = argparse.ArgumentParser(prog="scripts/bench gener")
    p.add_argument("root")
    p.add_argument("mode", nargs="?", default="train", choices=("train", "infer"))
    p.add_argument("--batches", default="8,64,512,4096")
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--seconds", type=float, default=0.2, help="of each of the five measurements of a run of PyTorch")
    p.add_argument("--precisions", default="f32,bf16")
    p.add_argument("--ranks", default="1,2")
    p.add_argument("--torch", action="append", default=[], metavar="PYTHON", help="an interpreter that has a torch, besides the system's")
    p.add_argument("--contenders", help="comma-separated ways to run PyTorch, in place of all")
    p.add_argument("--no-peers", action="store_true")
    p.add_argument("--json", metavar="FILE")
    words = sys.argv[1:]
    extra = words[words.index("--") + 1:] if "--" in words else []
    a = p.parse_args(words[:words.index("--")] if "--" in words else words)
    a.extra, a.said = extra, words[1:]
    return a


A = arguments()
PROGRAM = f"{A.root}/build/dragnet"
SCRIPT = os.path.abspath(f"{A.root}/../shared/peers/A_gener_torch.py")


# ---- PyTorch ----

def interpreters():
    """{version of torch: interpreter}; one that cannot be used is named and left out."""
    found = {}
    if A.no_peers:
        return found
    if not os.path.exists(SCRIPT):
        print(f"SKIP PyTorch: {SCRIPT} is absent")
        return found
    for python in ["/usr/bin/python3", *A.torch]:
        p = subprocess.run([python, "-c", "import numpy, threadpoolctl, torch; print(torch.__version__.split('+')[0])"],
                           capture_output=True, text=True)
        if p.returncode != 0:
            print(f"SKIP {python}: {p.stderr.strip().splitlines()[-1] if p.stderr.strip() else 'fails'}")
        else:
            found[p.stdout.strip()] = python
    return found


def wanted(contenders):
    if A.contenders is None:
        return contenders
    return {name: c for name, c in contenders.items() if name in A.contenders.split(",")}


def contenders(version, batch):
    """name: (mode, threads, environment, compiled)"""
    own = dict(TUNED, DROP="torch")
    new = int(version.split(".")[0]) >= 2
    if A.mode == "infer":
        c = {"1 thread": ("infer", 1, TUNED, False), "2 threads": ("infer", 2, TUNED, False)}
        if new:
            c["2 threads, compiled"] = ("infer", 2, TUNED, True)
        return wanted(c)
    c = {"2 threads": ("train", 2, TUNED, False)}
    if batch < 512:
        c["1 thread"] = ("train", 1, TUNED, False)
    if batch >= 32:
        c["2 processes"] = ("ddp", 1, TUNED, False)
    if new:
        c["2 threads, own dropout"] = ("train", 2, own, False)
        if batch >= 32:
            c["2 processes, own dropout"] = ("ddp", 1, own, False)
        if batch >= 512:  # a minute to compile
            c["2 threads, compiled"] = ("train", 2, own, True)
    return wanted(c)


def theirs(python, contender, batch):
    """Pairs a second, or None when it does not work."""
    mode, threads, tuned, compiled = contender
    command = [python] + (["-c", COMPILED, SCRIPT] if compiled else [SCRIPT]) + [mode, str(batch), str(threads), str(A.seconds)]
    env = measure.environment(**tuned, OPENBLAS_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
    try:
        p = measure.quietly(A.root, lambda: subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE))
    except subprocess.TimeoutExpired:
        return None, f"takes more than {PATIENCE} s"
    lines = [line for line in p.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return None, (p.stderr.strip().splitlines() or ["says nothing"])[-1][:160]
    return json.loads(lines[-1])["pairs_per_s"], None


# ---- dragnet ----

def pairs_of(batch):
    """Enough for some seconds, in whole batches."""
    return max(2, (4096 if batch <= 16 else 16384 if batch <= 128 else 65536) // batch) * batch


def dataset(folder, batch):
    """Pairs such that 0.98 of them are whole batches."""
    path = f"{folder}/pairs{pairs_of(batch)}.h5"
    if not os.path.exists(path):
        n = -(-pairs_of(batch) * 50 // 49)
        measure.must([PROGRAM, "synth", "--genes", 5950, "--samples", 536, "--pairs", n, "--seed", 1, "-o", path], env=measure.environment())
        measure.must([PROGRAM, "split", path, "--pairs", "known", "--name", "bench", "--kind", "random", "--fractions", "0.98,0.02,0",
                      "--seed", 1], env=measure.environment())
    return path


def train_words(batch, precision):
    words = ["--batch", batch, "--recipe", "published" if batch <= 64 else "default", "--balance", "off"]
    return words + (["--precision", precision] if precision != "f32" else []) + A.extra


def ours(folder, batch, ranks, precision):
    """Pairs a second of a run; ranks "2x1": of two runs of one rank at the same time, each on a core, together."""
    runs = {}
    for core in sorted(os.sched_getaffinity(0))[:2] if ranks == TWO_RUNS else [None]:
        words = [PROGRAM, "train", "gener", dataset(folder, batch), "--split", "bench", "-o", f"{folder}/run{core}", "--force", "--epochs", 2,
                 *train_words(batch, precision)]
        runs[f"{folder}/run{core}"] = measure.on_ranks(ranks, *words) if core is None else ["taskset", "-c", str(core), *map(str, words)]

    def run_all():
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda command: measure.must(command, env=measure.environment()), runs.values()))
        total = 0
        for run in runs:
            with open(f"{run}/metrics.jsonl") as f:
                total += json.loads(f.read().splitlines()[-1])["pairs_per_second"]
        return total

    return measure.quietly(A.root, run_all)


def screen_seconds(data, model, out, ranks, precision):
    words = ["--precision", precision] if precision != "f32" else []

    def run():
        start = time.perf_counter()
        measure.must(measure.on_ranks(ranks, PROGRAM, "screen", data, "--model", model, "-o", out, "--force", *words, *A.extra),
                     env=measure.environment())
        return time.perf_counter() - start

    return measure.quietly(A.root, run)


class Screen:
    """All pairs of the genes of a dataset with a model; a dataset of few genes tells the start-up."""

    def __init__(self, folder, genes=5950):
        self.folder, self.pairs, self.data = folder, genes * (genes - 1) // 2, {}
        for n in (60, genes):
            path = f"{folder}/genes{n}.h5"
            measure.must([PROGRAM, "synth", "--genes", n, "--samples", 536, "--pairs", 1000, "--seed", 1, "-o", path], env=measure.environment())
            measure.must([PROGRAM, "split", path, "--pairs", "known", "--name", "bench", "--kind", "random", "--fractions", "0.9,0.1,0",
                          "--seed", 1], env=measure.environment())
            measure.must([PROGRAM, "train", "gener", path, "--split", "bench", "-o", f"{path}.run", "--epochs", 1, "--batch", 64],
                         env=measure.environment())
            self.data[n] = path
        self.few, self.all = self.data[60], self.data[genes]

    def speed(self, ranks, precision):
        idle = screen_seconds(self.few, f"{self.few}.run/model.h5", f"{self.folder}/few", ranks, precision)
        whole = screen_seconds(self.all, f"{self.all}.run/model.h5", f"{self.folder}/all", ranks, precision)
        return self.pairs / max(whole - idle, 1e-3)


# ---- in turns ----

def ranks_of(screen):
    """Numbers of ranks; with 1 and 2 of them also two runs side by side, which tell what the second core is worth."""
    ranks = list(map(int, A.ranks.split(",")))
    return ranks + [TWO_RUNS] * (not screen and {1, 2} <= set(ranks) and len(os.sched_getaffinity(0)) > 1)


def measure_batch(folder, batch, peers, precisions, screen):
    """{name: [pairs a second]} of ours and of theirs."""
    mine, other, dropped = {}, {}, set()
    for turn in range(A.repeats):
        for precision in precisions:
            for ranks in ranks_of(screen):
                v = screen.speed(ranks, precision) if screen else ours(folder, batch, ranks, precision)
                mine.setdefault((precision, ranks), []).append(v)
        for version, python in peers.items():
            for name, contender in contenders(version, batch).items():
                if (version, name) in dropped:
                    continue
                v, why = theirs(python, contender, batch)
                if v is None:
                    print(f"SKIP PyTorch {version}, {name}, batch {batch}: {why}")
                    dropped.add((version, name))
                else:
                    other.setdefault((version, name), []).append(v)
            best = sorted((k for k in other if k[0] == version), key=lambda k: -measure.median(other[k]))
            dropped.update(best[1:])
    return mine, other


def show(batch, mine, other):
    for (precision, ranks), v in mine.items():
        print(f"{A.mode} batch {batch:<6}{'dragnet ' + precision + ', ' + of_ranks(ranks):<45}{measure.spread(v)}")
    for (version, name), v in sorted(other.items(), key=lambda k: -measure.median(k[1])):
        print(f"{A.mode} batch {batch:<6}PyTorch {version}, {name:<29}{measure.spread(v)}  {len(v)} turns")


def of_ranks(ranks):
    return "two runs side by side" if ranks == TWO_RUNS else f"{ranks} rank{'s' * (ranks > 1)}"


def task(batch, precision, ranks, screen):
    what = f"GENER screen of {screen.pairs / 1e6:.1f} M pairs" if screen else f"GENER {A.mode}, batch {batch}"
    return f"{what}, {precision}, {of_ranks(ranks)}"


def bound(precision, batch, mode):
    if mode == "infer":
        return "matrix products and the selection of the best"
    if batch <= 64:
        return "memory traffic and latency of small steps"
    return "passes over the convolution branch, dropout masks" if precision == "f32" else "passes between the matrix products"


def main():
    head = measure.header(A.root, "gener", A.said)
    precisions = A.precisions.split(",")
    command = "screen" if A.mode == "infer" else "train"
    if "bf16" in precisions and not measure.has_option(PROGRAM, command, "--precision"):
        print(f"SKIP bf16: dragnet {command} has no --precision")
        precisions.remove("bf16")
    if A.mode == "infer" and not measure.has_option(PROGRAM, "screen", "--genes"):
        sys.exit("dragnet screen knows no genes: nothing to measure")
    peers, rows = interpreters(), []
    with tempfile.TemporaryDirectory(prefix="dragnet-bench-") as folder:
        screen = Screen(folder) if A.mode == "infer" else None
        for batch in [4096] if screen else map(int, A.batches.split(",")):
            mine, other = measure_batch(folder, batch, peers, precisions, screen)
            show(batch, mine, other)
            best = max(other, key=lambda k: measure.median(other[k])) if other else None
            name = f"PyTorch {best[0]}, tuned, {best[1]}" if best else None
            for (precision, ranks), v in mine.items():
                r = measure.row(f"gener {A.mode} {batch} {precision} {ranks}",
                                task(batch, precision, ranks, screen), "pairs/s", v, name,
                                other.get(best), [("sgemm" if precision == "f32" else "bf16"), 2 if ranks == TWO_RUNS else ranks, FLOP[A.mode]],
                                bound(precision, batch, A.mode))
                rows.append(r)
                print(f"  {r['task']}: " + (f"ratio {r['ratio']:.2f} to {name}" if best else "no peer"), flush=True)
    print(f"\nload average {os.getloadavg()[0]:.1f}: a figure under load is no figure" if os.getloadavg()[0] > os.cpu_count() + 0.5 else "")
    measure.save(A.json, head, rows)


main()
