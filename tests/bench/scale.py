"""scale.py - synth, split and one epoch of train gener on many pairs: time and memory of a rank; driven by scripts/bench scale

    scripts/bench scale [--pairs 100000000] [--genes 100000] [--samples 8] [--ranks 2] [--stages synth,random,disjoint,train]
                        [--train-share 0.98] [--folder DIR] [--dragnet PROGRAM]

Every second the resident memory of every rank is read: VmHWM (its peak), RssAnon (its own) and RssShmem (what the ranks of a
host share, counted in each). A stage that takes more than its header states is named and the command fails:

    synth     synth.h: 25 MB, 64 bytes a gene, 41 a gene of the block            split     split.h: 3 bytes a pair, 96 a gene
    train     train.h: 1/16 byte a pair, 55 a validation pair while they are ranked, 16 MB for steps
    the pairs, once per host: 10 bytes each, which one rank has as its own memory

beside what the program takes when it does nothing, which is measured first. Training must be flat: own memory in the
eighth and ninth tenth of the run is at most 2 MB above what it was in the first four, in which the data are loaded. The folder (a temporary one unless given) needs
twice 20 bytes a pair, for a split is added to a copy; it is removed unless it was given.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

PIECES = ("VmRSS", "VmHWM", "RssAnon", "RssShmem")


def children(program):
    """Process ids of this program started below us."""
    found, parents = [], {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                parents[int(pid)] = int(f.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    for pid in parents:
        up = pid
        while up > 1 and up != os.getpid():
            up = parents.get(up, 0)
        try:
            if up == os.getpid() and os.path.samefile(f"/proc/{pid}/exe", program):
                found.append(pid)
        except OSError:
            continue
    return found


def memory(pid):
    """The pieces of a process in MB; None when it has gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            lines = dict(line.split(":", 1) for line in f)
        return {p: int(lines[p].split()[0]) / 1024 for p in PIECES}
    except (OSError, KeyError, ValueError):
        return None


def run(options, *command):
    """Run on the ranks; returns seconds, the largest of each piece, when the largest had how much of its own, what was said."""
    line = ["mpirun", "-q", "--oversubscribe", "-n", str(options.ranks), options.dragnet, *map(str, command)]
    most, course, start = dict.fromkeys(PIECES, 0.0), [], time.time()
    with tempfile.TemporaryFile("w+") as words:
        job = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=words, env=dict(os.environ, OMP_NUM_THREADS="1"))
        while job.poll() is None:
            now = [m for m in map(memory, sorted(children(options.dragnet))) if m]
            for m in now:
                most = {p: max(most[p], m[p]) for p in PIECES}
            if now:
                course.append((time.time() - start, max(m["RssAnon"] for m in now)))
            time.sleep(0.05 if time.time() - start < 5 else 1)
        words.seek(0)
        text = words.read()
    if job.returncode != 0:
        sys.exit(f"{' '.join(line)}\n{text}")
    return time.time() - start, most, course, text


def report(name, seconds, most, allowed):
    good = most["RssAnon"] <= allowed
    print(f"{name:10} {seconds:9.1f} {most['VmHWM']:10.1f} {most['RssAnon']:10.1f} {allowed:10.1f} {most['RssShmem']:10.1f}"
          f"{'' if good else '   MORE THAN STATED'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("--pairs", type=int, default=10**8)
    parser.add_argument("--genes", type=int, default=10**5)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--stages", default="synth,random,disjoint,train")
    parser.add_argument("--train-share", type=float, default=0.98)
    parser.add_argument("--folder")
    parser.add_argument("--dragnet")
    o = parser.parse_args()
    o.dragnet = o.dragnet or f"{o.root}/build/dragnet"
    folder = o.folder or tempfile.mkdtemp(prefix="dragnet-scale-")
    os.makedirs(folder, exist_ok=True)
    need, free = 2 * 20 * o.pairs, shutil.disk_usage(folder).free
    if free < need:
        sys.exit(f"{folder}: {free / 1e9:.1f} GB free, {need / 1e9:.1f} GB needed")
    try:
        sys.exit(0 if measure(o, folder) else 1)
    finally:
        if not o.folder:
            shutil.rmtree(folder)


def measure(o, folder):
    data, stages, mb = f"{folder}/scale.h5", o.stages.split(","), 2**20
    block = -(-o.genes // o.ranks)
    share = min(0.01, (1 - o.train_share) / 2)  # of validation; the rest is the test part
    validation = round(o.pairs * share)
    _, idle, _, _ = run(o, "synth", "--genes", 20, "--samples", 4, "--pairs", 100, "-o", f"{folder}/idle.h5", "--force")
    pairs = 10 * o.pairs / mb if o.ranks == 1 else 0
    base = idle["RssAnon"] - 12  # its tables of the threshold are those of any size
    good = True
    print(f"pairs {o.pairs}, genes {o.genes}, samples {o.samples}, ranks {o.ranks}, load {os.getloadavg()[0]:.1f}")
    print(f"{'stage':10} {'seconds':>9} {'peak MB':>10} {'own MB':>10} {'stated':>10} {'shared MB':>10}")
    if "synth" in stages:
        seconds, most, _, _ = run(o, "synth", "--genes", o.genes, "--samples", o.samples, "--pairs", o.pairs, "--seed", 1, "-o", data,
                                  "--force")
        good &= report("synth", seconds, most, base + 25 + (64 * o.genes + 41 * block + 24 * o.samples) / mb)
    for name, kind in (("random", "random"), ("disjoint", "gene-disjoint")):
        if name in stages:
            seconds, most, _, _ = run(o, "split", data, "--pairs", "known", "--name", name, "--kind", kind, "--fractions",
                                      f"{o.train_share:.12g},{share:.12g},{1 - o.train_share - share:.12g}", "--seed", 1, "--force")
            good &= report(name, seconds, most, base + pairs + 8 + (3 * o.pairs + 96 * o.genes) / mb)
    if "train" in stages:
        seconds, most, course, text = run(o, "train", "gener", data, "--split", "random", "--epochs", 1, "-o", f"{folder}/run", "--force")
        good &= report("train", seconds, most, base + pairs + 40 + (o.pairs / 16 + 55 * validation + 96 * o.genes + 4 * o.genes * o.samples) / mb)
        tenths = [[m for t, m in course if k <= 10 * t / seconds < k + 1] for k in range(10)]
        early, late = max(max(part, default=0) for part in tenths[:4]), max(max(part, default=0) for part in tenths[7:9])
        flat = late <= early + 2
        good &= flat
        print("own MB by tenths of the run: " + " ".join(f"{max(part, default=0):.1f}" for part in tenths))
        print(f"training is {'flat' if flat else 'NOT FLAT'}: {early:.1f} MB early, {late:.1f} MB late")
        print(text.strip().splitlines()[-1])
    return good


if __name__ == "__main__":
    main()
