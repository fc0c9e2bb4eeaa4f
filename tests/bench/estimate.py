"""estimate.py - how right `dragnet estimate` is: figures beside what the run took, stage after stage

    scripts/bench estimate [--yeast FOLDER] [--ranks 1,2] [--repeats 3] [--only train,screen] [--minutes 4.5] [--dragnet PROGRAM]

Every turn estimates a stage once on one rank and runs it on each number of ranks; the run says itself what it took beside the
estimate. Printed are medians over the turns, the worst ratio, and how many cores other work wanted when that was estimated. Training has a fixed number of epochs, so that "at most" is what
is done. After --minutes no run is begun any more and the one under way is ended; what was not measured for that reason is named. Ranks
that share their cores with other work wait for each other at every step: figures of 2 ranks want a quiet machine.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LINE = re.compile(r"beside the estimate estimated_secs=(\S+) took_secs=(\S+) ratio=\S+ estimated_mb_of_a_rank=(\S+) peak_mb_of_a_rank=(\S+)")


class OutOfTime(Exception):
    pass


def call(command, environment, until):
    """What it says on stderr. mpirun ends its ranks when it is told to end."""
    left = until - time.monotonic()
    if left < 1:
        raise OutOfTime
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        said = process.communicate(timeout=left)[1]
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        raise OutOfTime from None
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said}")
    return said


def prepare(run, yeast):
    """Data and models in the current folder; what can be tried: name, command."""
    if yeast:
        run("import", "-o", "y.h5", "--expression", f"{yeast}/expression/joined_5950x570.tsv.gz", "--gene-ids", f"{yeast}/gene_ids.tsv",
            "--pairs", f"known={yeast}/pairs.npy", "--decoys", "decoy*")
    else:
        run("synth", "-o", "y.h5", "--genes", "2000", "--samples", "300", "--pairs", "30000", "--seed", "1")
    run("split", "y.h5", "--pairs", "known", "--name", "warm", "--kind", "random", "--fractions", "0.8,0.1,0.1")
    run("synth", "--interactions", "--drugs", "600", "--targets", "150", "--pairs", "5000", "--seed", "1", "-o", "d.h5")
    run("split", "d.h5", "--interactions", "known", "--name", "warm", "--kind", "warm", "--fractions", "0.8,0.1,0.1")
    run("synth", "--esm-weights", "4x320x20", "--seed", "1", "-o", "esm.safetensors")
    run("synth", "--graph", "rmat", "--scale", "13", "--seed", "1", "-o", "net.h5")
    run("synth", "--graph", "rmat", "--scale", "11", "--seed", "1", "-o", "small.h5")
    run("train", "gener", "y.h5", "--split", "warm", "-o", "gener", "--epochs", "1")
    run("train", "dti", "d.h5", "--split", "warm", "-o", "dti", "--epochs", "1")
    return [("train gener, 3 epochs", "train gener y.h5 --split warm --epochs 3 --patience 3 -o OUT"),
            ("train dti, 2 epochs", "train dti d.h5 --split warm --epochs 2 --patience 2 -o OUT"),
            ("screen, all pairs of genes", "screen y.h5 --model gener/model.h5 --top 10000 -o OUT"),
            ("screen, drugs x targets", "screen d.h5 --model dti/model.h5 --top 1000 -o OUT"),
            ("embed, all proteins", "embed --weights esm.safetensors --sequences d.h5 -o OUT"),
            ("network, paths and solvers", "network net.h5 --measures degree,pagerank,eigenvector,closeness,betweenness -o OUT"),
            ("network, nodes one by one", "network small.h5 --measures subgraph,current-flow --communicability 0 1 -o OUT"),
            ("network, probes", "network net.h5 --measures subgraph,current-flow --exact-nodes 100 -o OUT"),
            ("train gener, published recipe, 1 epoch", "train gener y.h5 --split warm --recipe published --epochs 1 --balance off -o OUT")]


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def measure(dragnet, command, ranks, environment, until):
    """Estimate a stage and run it on each number of ranks: (ranks, figures of the run, or None when time was over)."""
    words = command.split()
    for i, n in enumerate(map(int, ranks.split(","))):
        figures = None
        try:
            if i == 0:
                call([dragnet, "estimate", *words, "--probe-seconds", "3"], environment, until)
                with open("OUT.estimate.json") as f:
                    others = json.load(f)["assumed"]["others"]
            remove("OUT")
            said = LINE.search(call(["mpirun", "-q", "-n", str(n), dragnet, *words], environment, until))
            if not said:
                sys.exit(f"{command}: does not say what it took")
            figures = [float(v) for v in said.groups()] + [others]
        except OutOfTime:
            pass
        yield n, figures
    remove("OUT")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--yeast")
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--minutes", type=float, default=4.5)
    parser.add_argument("--dragnet")
    o = parser.parse_args()
    dragnet = os.path.abspath(o.dragnet or f"{o.root}/build/dragnet")
    yeast = os.path.abspath(o.yeast) if o.yeast else None
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    environment.pop("OPENBLAS_CORETYPE", None)
    until, found, missed = time.monotonic() + 60 * o.minutes, {}, []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            stages = prepare(lambda *words: call([dragnet, *words, "-q"], environment, until), yeast)
        except OutOfTime:
            sys.exit(f"{o.minutes:g} minutes were over before data and models were there")
        stages = [s for s in stages if not o.only or any(s[0].startswith(w) for w in o.only.split(","))]
        for turn in range(o.repeats):
            for name, command in stages:
                for ranks, figures in measure(dragnet, command, o.ranks, environment, until):
                    if figures is None:
                        missed.append(f"turn {turn + 1}, {name}, {ranks} ranks")
                        continue
                    found.setdefault((name, ranks), []).append(figures)
                    print(f"turn {turn + 1}: {name}, {ranks} ranks: estimated {figures[0]} s, took {figures[1]} s", file=sys.stderr, flush=True)
        os.chdir("/")
    print(f"load {os.getloadavg()[0]:.1f}; medians of up to {o.repeats}\n")
    print("| stage | ranks | estimated s | took s | took / estimated, median (worst) | estimated MB of a rank | took MB | others |\n|---|---|---|---|---|---|---|---|")
    for (name, ranks), rows in found.items():
        e, t, m, p, busy = (statistics.median(column) for column in zip(*rows))
        ratios = [r[1] / r[0] for r in rows]
        worst = max(ratios, key=lambda r: max(r, 1 / r))
        print(f"| {name} | {ranks} | {e:.1f} | {t:.1f} | {statistics.median(ratios):.2f} ({worst:.2f}) | {m:.0f} | {p:.0f} | {busy:.1f} |")
    if missed:
        print(f"\n{o.minutes:g} minutes were over before: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
