"""checkpoint.py - what a checkpoint a minute costs: the same work with and without, pinned to one core, in turns

    scripts/bench checkpoint [--seconds 70] [--repeats 3] [--parts train,screen] [--dataset FILE --split NAME]

A run has about --seconds of work, chosen by a short one before. Training (train gener, default recipe) has one long epoch on generated
pairs, or, on a dataset that is given, as many epochs as it takes; the checkpoint at the end of an epoch is on both sides. The side with
checkpoints writes one after six sevenths of the time, at 70 seconds that is one a minute; a screen (all pairs of generated genes, top
10,000) writes about five. Printed are medians of throughput, their ratio, and the cost at one a minute three ways: from the throughput and from the processor
time of both sides, scaled to one a minute, and as the seconds that the log gives a checkpoint over 60. The last is least moved by other
work on the machine, and leaves out what a checkpoint costs after it is written.
"""
import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import measure

WRITTEN = {"train": re.compile(r"train: checkpoint written secs=(\S+)"), "screen": re.compile(r"screen: checkpoint .*secs=(\S+)")}
GENES, SAMPLES, SEED = 6000, 570, "1"


class Run:
    """One run: seconds on the wall, of the processor, and of each checkpoint."""

    def __init__(self, what, command, environment):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(measure.on_ranks(1, *command), capture_output=True, text=True, env=environment)
        self.wall = time.monotonic() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if done.returncode:
            sys.exit(f"exit code {done.returncode}: {' '.join(map(str, command))}\n{done.stderr[-2000:]}")
        self.checkpoints = [float(s) for s in WRITTEN[what].findall(done.stderr)]
        self.log = done.stderr


def generate(program, path, pairs, genes=GENES):
    measure.must([program, "synth", "-o", path, "--genes", genes, "--samples", SAMPLES, "--pairs", pairs, "--seed", SEED])
    measure.must([program, "split", path, "--pairs", "known", "--name", "s", "--kind", "random", "--fractions", "0.98,0.02,0", "--seed", SEED])
    return path, "s"


def prepare_train(program, o, environment):
    """A command of about o.seconds, and its pairs; every run gets a fresh -o."""
    data, split = (o.dataset, o.split) if o.dataset else generate(program, "small.h5", 60000)
    command = [program, "train", "gener", data, "--split", split, "--seed", SEED]
    rate = Run("train", [*command, "--epochs", "1", "-o", "first"], environment)
    speed = float(re.findall(r"pairs_per_second=(\S+)", rate.log)[-1])
    epoch = float(re.findall(r"epoch done .*secs=(\S+)", rate.log)[-1])
    if o.dataset:
        epochs = max(1, round(o.seconds / max(epoch, 0.1)))
        return [*command, "--epochs", epochs, "--patience", epochs], speed * epoch * epochs, epochs
    pairs = int(speed * o.seconds / 0.98)
    data, split = generate(program, "large.h5", pairs)
    return [program, "train", "gener", data, "--split", split, "--seed", SEED, "--epochs", "1"], 0.98 * pairs, 1


def screen_of(program, genes, environment):
    """A command that screens all pairs of so many generated genes, with a network that has seen a little."""
    folder = f"genes-{genes}"
    os.makedirs(folder)
    data, split = generate(program, f"{folder}/data.h5", 20000, genes)
    Run("train", [program, "train", "gener", data, "--split", split, "--seed", SEED, "--epochs", "1", "-o", f"{folder}/model"], environment)
    return [program, "screen", data, "--model", f"{folder}/model/model.h5", "--top", "10000"]


def prepare_screen(program, o, environment):
    """A command of about o.seconds, and its pairs."""
    few = 800
    rate = Run("screen", [*screen_of(program, few, environment), "-o", "few"], environment)
    genes = max(few + 1, int(few * (o.seconds / rate.wall) ** 0.5))
    return screen_of(program, genes, environment), genes * (genes - 1) / 2


def alternate(what, commands, o, environment):
    """Runs of both sides in turns; commands(side, out) is what one run does."""
    found = {"without": [], "with": []}
    for turn in range(o.repeats):
        for side in ("without", "with") if turn % 2 == 0 else ("with", "without"):
            run = Run(what, commands(side, f"{what}-{turn}-{side}"), environment)
            found[side].append(run)
            print(f"{what}, {side}: {run.wall:.1f} s, {run.cpu:.1f} s of the processor, {len(run.checkpoints)} checkpoints, "
                  f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return found


def report(what, found, amount, unit, extra):
    """extra: checkpoints of the side without, which both have."""
    without, with_ = found["without"], found["with"]
    own = [len(r.checkpoints) - extra for r in with_]
    if min(own) < 1:
        print(f"{what}: a run was over before its first checkpoint; more --seconds")
        return
    number = measure.median(own)
    wall = {s: measure.median([r.wall for r in found[s]]) for s in found}
    cpu = {s: measure.median([r.cpu for r in found[s]]) for s in found}
    took = [c for r in with_ for c in r.checkpoints]
    per_minute = {name: 100 * (side["with"] - side["without"]) / number / 60 for name, side in (("wall", wall), ("processor", cpu))}
    print(f"{what}: {amount / wall['without']:.0f} {unit}/s without, {amount / wall['with']:.0f} with {number:.0f} checkpoint(s) in "
          f"{wall['with']:.1f} s; ratio {wall['without'] / wall['with']:.4f} (processor time {cpu['without'] / cpu['with']:.4f})")
    print(f"    a checkpoint: median {1e3 * measure.median(took):.1f} ms of {len(took)}, longest {1e3 * max(took):.1f} ms")
    print(f"    cost at one a minute: {per_minute['wall']:.2f} % by throughput, {per_minute['processor']:.2f} % by processor time, "
          f"{100 * measure.median(took) / 60:.3f} % by the time it takes to write\n", flush=True)


def bench_train(program, o, environment):
    command, pairs, epochs = prepare_train(program, o, environment)
    every = max(1, int(o.seconds * 6 / 7))
    print(f"train gener, default recipe: {pairs:.0f} pairs in {epochs} epoch(s), a checkpoint every {every} s\n", flush=True)
    found = alternate("train", lambda side, out: [*command, "--log-level", "debug", "-o", out, "--checkpoint-every",
                                                  f"{every}s" if side == "with" else "0"], o, environment)
    report("train", found, pairs, "pairs", len(found["without"][0].checkpoints))


def bench_screen(program, o, environment):
    command, pairs = prepare_screen(program, o, environment)
    every = max(1, int(o.seconds / 5.5))
    print(f"screen, all {pairs:.0f} pairs of genes, a checkpoint every {every} s\n", flush=True)
    found = alternate("screen", lambda side, out: [*command, "--log-level", "info", "-o", out, "--checkpoint-every",
                                                   f"{every}s" if side == "with" else "0"], o, environment)
    report("screen", found, pairs, "pairs", 0)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench checkpoint")
    parser.add_argument("root")
    parser.add_argument("--seconds", type=float, default=70)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--parts", default="train,screen")
    parser.add_argument("--dataset")
    parser.add_argument("--split")
    o = parser.parse_args()
    if bool(o.dataset) != bool(o.split):
        sys.exit("checkpoint: --dataset and --split go together")
    program = os.path.abspath(f"{o.root}/build/dragnet")
    o.dataset = os.path.abspath(o.dataset) if o.dataset else None
    environment = measure.environment()
    # on the disk of the repository: a memory file system has nothing to flush
    with tempfile.TemporaryDirectory(dir=o.root, prefix=".bench-") as folder:
        os.chdir(folder)
        for part, bench in (("train", bench_train), ("screen", bench_screen)):
            if part in o.parts.split(","):
                bench(program, o, environment)
        os.chdir("/")


if __name__ == "__main__":
    main()
