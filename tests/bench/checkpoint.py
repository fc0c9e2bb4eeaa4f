"""checkpoint.py - what a checkpoint a minute costs: the same work with and without, pinned to one core, in turns

    scripts/bench checkpoint [--seconds 70] [--repeats 3] [--checkpoints 3] [--parts train,screen] [--dataset FILE --split NAME]

Both sides run the same command but for --checkpoint-every: the same epochs over the same pairs (train gener, default recipe, one long epoch
on generated pairs, or on a dataset that is given one epoch and more), or the same screen (all pairs of generated genes, top 10,000).
The checkpoint at the end of an epoch is on both sides. A run of the side without comes first, counts for nothing, and says how long the work takes
now: work that turns out shorter than 0.7 --seconds is made longer, and the interval is such that --checkpoints are written by the clock;
a run that was over before its first one is done again with half the interval. So an interval is far shorter than a minute, and what a
checkpoint costs is scaled to one a minute. Printed are:

    throughput       of both sides (medians), the ratio of each turn (median, range), the same of processor time, and for the noise the
                     slowest run without over the fastest: a ratio nearer to 1 than that says nothing
    cost a minute    from these ratios, from the processor time of both sides, and as the seconds that the log gives a checkpoint over 60
    in the log       all checkpoints' seconds over the run's

The last is least moved by other work on the machine, and leaves out what a checkpoint costs after it is written.
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


class Work:
    """A command, its pairs, and what a run of it takes without checkpoints: of an epoch of training, or of the screen."""

    def __init__(self, what, command, pairs):
        self.what, self.command, self.pairs = what, [str(word) for word in command], pairs

    def run(self, side, out, every, environment):
        log = "debug" if self.what == "train" else "info"
        clock = f"{every:.2f}s" if side == "with" else "0"
        return Run(self.what, [*self.command, "--log-level", log, "-o", out, "--checkpoint-every", clock], environment)

    def measure(self, name, environment):
        run = self.run("without", name, 0, environment)
        epochs = [float(s) for s in re.findall(r"epoch done .*secs=(\S+)", run.log)]
        self.seconds = min(epochs) if epochs else run.wall
        self.always = len(run.checkpoints)
        self.epochs = max(1, len(epochs))
        print(f"{self.what}: {self.pairs:.0f} pairs in {self.epochs} piece(s), the shortest {self.seconds:.1f} s, all {run.wall:.1f} s", file=sys.stderr, flush=True)
        return run


def of_training(program, o, environment):
    """Training long enough; measured."""
    if o.dataset:
        command = [program, "train", "gener", o.dataset, "--split", o.split, "--seed", SEED]
        one = Work("train", [*command, "--epochs", "1"], 0)
        one.pairs = float(re.findall(r"pairs_per_second=(\S+)", one.measure("one", environment).log)[-1]) * one.seconds
        epochs = max(1, round(o.seconds / one.seconds + 0.49))
        work = Work("train", [*command, "--epochs", epochs, "--patience", epochs], one.pairs * epochs)
        work.measure("first", environment)
        return work
    pairs, seconds = 60000, 0
    for turn in range(4):
        data, split = generate(program, f"pairs-{turn}.h5", pairs)
        work = Work("train", [program, "train", "gener", data, "--split", split, "--seed", SEED, "--epochs", "1"], 0.98 * pairs)
        seconds = work.measure(f"first-{turn}", environment).wall
        if seconds >= 0.7 * o.seconds:
            break
        pairs = int(pairs * 1.05 * o.seconds / work.seconds)
    return work


def screen_of(program, genes, environment):
    """A command that screens all pairs of so many generated genes, with a network that has seen a little."""
    folder = f"genes-{genes}"
    os.makedirs(folder)
    data, split = generate(program, f"{folder}/data.h5", 20000, genes)
    Run("train", [program, "train", "gener", data, "--split", split, "--seed", SEED, "--epochs", "1", "-o", f"{folder}/model"], environment)
    return Work("screen", [program, "screen", data, "--model", f"{folder}/model/model.h5", "--top", "10000"], genes * (genes - 1) / 2)


def of_a_screen(program, o, environment):
    """A screen long enough; measured."""
    genes = 800
    for turn in range(4):
        work = screen_of(program, genes, environment)
        seconds = work.measure(f"screen-{turn}", environment).wall
        if seconds >= 0.7 * o.seconds:
            break
        genes = max(genes + 1, int(genes * (1.05 * o.seconds / seconds) ** 0.5))
    return work


def alternate(work, o, environment):
    """Runs of both sides in turns: found[side][turn]."""
    found, every = {"without": [], "with": []}, work.seconds / (o.checkpoints + 0.7)
    print(f"{work.what}: {work.pairs:.0f} pairs on each side, a checkpoint every {every:.1f} s on one of them\n", flush=True)
    for turn in range(o.repeats):
        for side in ("without", "with") if turn % 2 == 0 else ("with", "without"):
            for again in range(6):
                run = work.run(side, f"{work.what}-{turn}-{side}-{again}", every, environment)
                if side == "without" or len(run.checkpoints) > work.always:
                    break
                every /= 2
            found[side].append(run)
            print(f"{work.what}, {side}: {run.wall:.1f} s, {run.cpu:.1f} s of the processor, {len(run.checkpoints)} checkpoints, "
                  f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return found


def report(work, found):
    without, with_ = found["without"], found["with"]
    own = [len(r.checkpoints) - work.always for r in with_]
    if min(own) < 1:
        sys.exit(f"{work.what}: no checkpoint by the clock in a run: the machine is too uneven")
    wall = {s: measure.median([r.wall for r in found[s]]) for s in found}
    ratios = [a.wall / b.wall for a, b in zip(without, with_)]
    took = [c for r in with_ for c in r.checkpoints]
    share = [sum(r.checkpoints) / r.wall for r in with_]
    cpu = [a.cpu / b.cpu for a, b in zip(without, with_)]
    spread = max(r.wall for r in without) / min(r.wall for r in without)

    def a_minute(seconds):
        """Per cent, from the seconds that the sides differ by: median over the turns."""
        return 100 * measure.median([(seconds(b) - seconds(a)) / n for a, b, n in zip(without, with_, own)]) / 60

    print(f"{work.what}: {work.pairs / wall['without']:.0f} pairs/s without, {work.pairs / wall['with']:.0f} with {measure.median(own):.0f} checkpoint(s) by the "
          f"clock in {wall['with']:.1f} s; ratio {measure.median(ratios):.4f} ({min(ratios):.4f} to {max(ratios):.4f}), of processor time {measure.median(cpu):.4f} "
          f"({min(cpu):.4f} to {max(cpu):.4f}); noise: the slowest run without took {spread:.3f} times the fastest")
    print(f"    a checkpoint: median {1e3 * measure.median(took):.1f} ms of {len(took)}, longest {1e3 * max(took):.1f} ms; all of them "
          f"{100 * measure.median(share):.3f} % of the run's time")
    print(f"    cost at one a minute: {a_minute(lambda r: r.wall):.2f} % by throughput, {a_minute(lambda r: r.cpu):.2f} % by processor time, "
          f"{100 * measure.median(took) / 60:.3f} % by the time it takes to write\n", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench checkpoint")
    parser.add_argument("root")
    parser.add_argument("--seconds", type=float, default=70)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--checkpoints", type=int, default=3)
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
        for part, make in (("train", of_training), ("screen", of_a_screen)):
            if part in o.parts.split(","):
                work = make(program, o, environment)
                report(work, alternate(work, o, environment))
        os.chdir("/")


if __name__ == "__main__":
    main()
