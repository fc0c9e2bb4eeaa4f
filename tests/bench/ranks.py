"""ranks.py - train dti on 2 ranks beside 1: pinned to cores, in turns, medians; driven by scripts/bench ranks

    scripts/bench ranks [DATASET.h5 SPLIT] [--repeats 5] [-- OPTIONS OF train dti, such as --encoder FILE]

Without a dataset: the drug-target table of ../shared/data (DN_SHARED_DATA), a warm split; where it is absent, 6,000 pairs of
dragnet synth --interactions. Pairs a second are those of the last of two epochs (metrics.jsonl: training alone). A figure under load is no figure: the
load average is printed beside it.
"""
import json
import os
import statistics
import sys
import tempfile

import measure

root, *rest = sys.argv[1:]
given = [] if rest[:1] and rest[0].startswith("--") else rest[:2]
rest = rest[len(given):]
if len(given) == 1:
    sys.exit("ranks: wanted DATASET.h5 and SPLIT, or neither")
figures = None
if "--json" in rest and "--" not in rest[:rest.index("--json")]:
    at = rest.index("--json")
    figures = rest[at + 1]
    del rest[at:at + 2]
repeats = int(rest[1]) if rest[:1] == ["--repeats"] else 5
options = rest[rest.index("--") + 1:] if "--" in rest else []
environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
environment.pop("OMPI_MCA_hwloc_base_binding_policy", None)
speed = {1: [], 2: []}


def dataset_in(folder):
    """A dataset and a split of it, made here."""
    table = os.environ.get("DN_SHARED_DATA", f"{root}/../shared/data") + "/drugtarget/activation_inhibition_raw.csv.gz"
    program, data = f"{root}/build/dragnet", f"{folder}/dti.h5"
    if os.path.exists(table):
        name = "ai"
        measure.must([program, "import", "-o", data, "--interactions", f"{name}={table}"])
    else:
        name = "known"
        print(f"{table} is absent: generated pairs")
        measure.must([program, "synth", "--interactions", "--drugs", 1500, "--targets", 600, "--pairs", 6000, "--seed", 1, "-o", data])
    measure.must([program, "split", data, "--interactions", name, "--name", "warm", "--kind", "warm", "--fractions", "0.6,0.2,0.2",
                  "--seed", 1])
    return data, "warm"


with tempfile.TemporaryDirectory() as folder:
    dataset, split = given or dataset_in(folder)
    for turn in range(repeats):
        for ranks in (1, 2) if turn % 2 == 0 else (2, 1):
            run = f"{folder}/{turn}-{ranks}"
            command = ["mpirun", "-q", "-n", str(ranks), "--map-by", "core", "--bind-to", "core", f"{root}/build/dragnet", "train",
                       "dti", dataset, "--split", split, "--epochs", "2", "-o", run, "--force", *options]

            def pairs_a_second():
                measure.must(command, env=environment)
                return json.loads(open(f"{run}/metrics.jsonl").read().splitlines()[-1])["pairs_per_second"]

            speed[ranks].append(measure.quietly(root, pairs_a_second))
            print(f"{ranks} ranks: {speed[ranks][-1]:.0f} pairs a second, load {os.getloadavg()[0]:.1f}", flush=True)
one, two = statistics.median(speed[1]), statistics.median(speed[2])
print(f"\nmedian of {repeats}: 1 rank {one:.0f}, 2 ranks {two:.0f} pairs a second, ratio {two / one:.2f}")
measure.save(figures, measure.header(root, "ranks", sys.argv[2:]),
             [measure.row("ranks dti", "drug-target training, 2 ranks beside 1", "pairs/s", speed[2], "dragnet, 1 rank", speed[1], None,
                          "latency of small steps")])
