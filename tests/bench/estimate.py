"""estimate.py - how right `dragnet estimate` is: figures beside what the run took, stage after stage

    scripts/bench estimate [--yeast FOLDER] [--ranks 1,2] [--repeats 3] [--only train,screen] [--dragnet PROGRAM]

Every turn estimates a stage once on one rank and runs it on each number of ranks; the run says itself what it took beside the
estimate. Printed are medians over the turns, and the worst ratio. Training has a fixed number of epochs, so that "at most" is what
is done.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

LINE = re.compile(r"beside the estimate estimated_secs=(\S+) took_secs=(\S+) ratio=\S+ estimated_mb_of_a_rank=(\S+) peak_mb_of_a_rank=(\S+)")


def call(command, environment):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stderr


def prepare(run, yeast):
    """Data and models in the current folder; what can be tried: name, command."""
    if yeast:
        run("import", "-o", "y.h5", "--expression", f"{yeast}/expression/joined_5950x570.tsv.gz", "--gene-ids", f"{yeast}/gene_ids.tsv",
            "--pairs", f"known={yeast}/pairs.npy", "--decoys", "decoy*")
    else:
        run("synth", "-o", "y.h5", "--genes", "6000", "--samples", "570", "--pairs", "90000", "--seed", "1")
    run("split", "y.h5", "--pairs", "known", "--name", "warm", "--kind", "random", "--fractions", "0.8,0.1,0.1")
    run("synth", "--interactions", "--drugs", "1500", "--targets", "400", "--pairs", "12000", "--seed", "1", "-o", "d.h5")
    run("split", "d.h5", "--interactions", "known", "--name", "warm", "--kind", "warm", "--fractions", "0.8,0.1,0.1")
    run("synth", "--esm-weights", "4x320x20", "--seed", "1", "-o", "esm.safetensors")
    run("train", "gener", "y.h5", "--split", "warm", "-o", "gener", "--epochs", "1")
    run("train", "dti", "d.h5", "--split", "warm", "-o", "dti", "--epochs", "1")
    return [("train gener, 3 epochs", "train gener y.h5 --split warm --epochs 3 --patience 3 -o OUT"),
            ("train gener, published recipe, 1 epoch", "train gener y.h5 --split warm --recipe published --epochs 1 --balance off -o OUT"),
            ("train dti, 2 epochs", "train dti d.h5 --split warm --epochs 2 --patience 2 -o OUT"),
            ("screen, all pairs of genes", "screen y.h5 --model gener/model.h5 --top 10000 -o OUT"),
            ("screen, drugs x targets", "screen d.h5 --model dti/model.h5 --top 1000 -o OUT"),
            ("embed, 400 proteins", "embed --weights esm.safetensors --sequences d.h5 -o OUT")]


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--yeast")
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--dragnet")
    o = parser.parse_args()
    dragnet = os.path.abspath(o.dragnet or f"{o.root}/build/dragnet")
    yeast = os.path.abspath(o.yeast) if o.yeast else None
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    environment.pop("OPENBLAS_CORETYPE", None)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        stages = prepare(lambda *words: call([dragnet, *words, "-q"], environment), yeast)
        stages = [s for s in stages if not o.only or any(s[0].startswith(w) for w in o.only.split(","))]
        for turn in range(o.repeats):
            for name, command in stages:
                words = command.split()
                call([dragnet, "estimate", *words], environment)
                for ranks in map(int, o.ranks.split(",")):
                    remove("OUT")
                    said = LINE.search(call(["mpirun", "-q", "-n", str(ranks), dragnet, *words], environment))
                    if not said:
                        sys.exit(f"{command}: does not say what it took")
                    found.setdefault((name, ranks), []).append([float(v) for v in said.groups()])
                    print(f"turn {turn + 1}: {name}, {ranks} ranks: {said.group(0)[20:]}", file=sys.stderr, flush=True)
                remove("OUT")
        os.chdir("/")
    print(f"load {os.getloadavg()[0]:.1f}; medians of {o.repeats}\n")
    print("| stage | ranks | estimated s | took s | took / estimated, median (worst) | estimated MB of a rank | took MB |\n|---|---|---|---|---|---|---|")
    for (name, ranks), rows in found.items():
        e, t, m, p = (statistics.median(column) for column in zip(*rows))
        ratios = [r[1] / r[0] for r in rows]
        worst = max(ratios, key=lambda r: max(r, 1 / r))
        print(f"| {name} | {ranks} | {e:.1f} | {t:.1f} | {statistics.median(ratios):.2f} ({worst:.2f}) | {m:.0f} | {p:.0f} |")


if __name__ == "__main__":
    main()
