"""measure.py - what the benchmarks of speed share: who measures where, programs in turn, medians, figures as JSON

A file of figures (--json FILE) is what scripts/bench table puts together:

    {"bench": "gener", "command": "...", "commit": "...", "machine": "...", "isa": "...", "utc": "...", "cores": [0.97, 0.93, 1.0],
     "withheld": [0.0, 0.01],
     "rows": [{"row": "gener train f32", "task": "...", "unit": "pairs/s", "dragnet": 1.0, "peer": "PyTorch 2.15", "theirs": 0.5,
               "ratio": 2.0, "limit": ["sgemm", 2, 2.315e6], "bound": "..."}]}

row     names a line of the table; of several files the last one that has it counts
unit    "s" where less is better, anything else where more is; ratio > 1 always means that dragnet is ahead
limit   [what, cores, amount]: a limit of the machine (see machine.py), on how many cores, and what one unit of work takes of it
        (FLOP or bytes a pair; of a row in seconds, of the whole task), or null
cores   what the slower core gave before the runs, of the best it gave (median, least, most): see settle; null: not known
withheld  share of the time the programs wanted the cores in which the host did not give them (median, most): see quietly
"""
import json
import os
import shlex
import statistics
import subprocess
import sys
import time

median = statistics.median


def environment(**more):
    """Without what would slow one side down by accident; one thread a rank."""
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    for name in ("OPENBLAS_CORETYPE", "OMPI_MCA_hwloc_base_binding_policy", "OMPI_MCA_rmaps_base_oversubscribe"):
        env.pop(name, None)
    env.update({k: str(v) for k, v in more.items()})
    return env


# ---- a shared machine ----

SETTLED, WAIT = 0.95, float(os.environ.get("BENCH_WAIT", 45))
MOST_WITHHELD, TRIES = 0.02, int(os.environ.get("BENCH_TRIES", 3))
_best, _given, _withheld = {}, [], []


def cores_now(root, mode="now", cores=None):
    """What bench_machine says on every core at the same time: {core: {limit: figure}}."""
    words = [f"{root}/build/bench_machine", *([mode] if mode else [])]
    runs = {c: subprocess.Popen(["taskset", "-c", str(c), *words], env=environment(), stdout=subprocess.PIPE, text=True)
            for c in cores or sorted(os.sched_getaffinity(0))}
    return {c: {line.split()[0]: float(line.split()[1]) for line in r.communicate()[0].splitlines()} for c, r in runs.items()}


def settle(root):
    """Waits, WAIT seconds at most, until every core gives SETTLED of the best it has given: guests of a shared host take turns.

    Called before every timed run, of dragnet and of its peers alike (by quietly). Without bench_machine: does nothing.
    """
    if not os.path.exists(f"{root}/build/bench_machine"):
        return
    for _ in range(0 if _best else 10):
        for core, said in cores_now(root).items():
            _best[core] = max(_best.get(core, 0), said["sgemm"])
    end = time.monotonic() + WAIT
    while True:
        said = cores_now(root)
        share = min(v["sgemm"] / _best[c] for c, v in said.items())
        _best.update({c: max(v["sgemm"], _best[c]) for c, v in said.items()})
        if share >= SETTLED or time.monotonic() > end:
            _given.append(min(share, 1.0))
            return
        time.sleep(0.5)


def _ticks():
    """Of all cores: wanted (worked and withheld), withheld."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return user + nice + system + irq + softirq + steal, steal


def quietly(root, work):
    """What work() gives, when the cores are settled; once more, TRIES times in all, when the host withheld more than
    MOST_WITHHELD of them meanwhile; of several the run that was disturbed least, however fast it was."""
    least = None
    for _ in range(TRIES):
        settle(root)
        wanted, withheld = _ticks()
        value = work()
        after = _ticks()
        share = (after[1] - withheld) / max(1, after[0] - wanted)
        if least is None or share < least[0]:
            least = share, value
        if least[0] <= MOST_WITHHELD:
            break
    _withheld.append(least[0])
    return least[1]


def must(command, **options):
    """Output of a command that has to succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode}: {shlex.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done.stdout


def on_ranks(ranks, *command):
    """Each rank on a core of its own; one rank is pinned as well."""
    if ranks == 1:
        return ["taskset", "-c", str(max(os.sched_getaffinity(0))), *map(str, command)]
    return ["mpirun", "-q", "-n", str(ranks), "--map-by", "core", "--bind-to", "core", *map(str, command)]


def has_option(program, command, option):
    return option in subprocess.run([program, command, "--help"], capture_output=True, text=True).stdout


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} cores"


def header(root, bench, arguments):
    """Who, where, with what; the command is as a person would type it, without the paths of this machine."""
    arguments, told = [], list(arguments)
    while told:
        word = told.pop(0)
        if word in ("--json", "--folder"):
            told[:1] = []
        elif word == "--torch":
            arguments += [word, "PYTHON"]
            told[:1] = []
        else:
            arguments.append(word)
    version = subprocess.run([f"{root}/build/dragnet", "--version"], capture_output=True, text=True).stdout
    commit = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    isa = next((line.split(None, 1)[1] for line in version.splitlines() if line.startswith("ISA")), "unknown")
    return {"bench": bench, "command": shlex.join(["scripts/bench", bench, *arguments]), "commit": commit, "machine": machine(),
            "isa": isa, "utc": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}


def row(name, task, unit, ours, peer=None, theirs=None, limit=None, bound=""):
    """ours and theirs: the figures of the repeats, or one."""
    ours = median(ours) if isinstance(ours, (list, tuple)) else ours
    theirs = median(theirs) if isinstance(theirs, (list, tuple)) and theirs else theirs or None
    ratio = None if theirs is None else theirs / ours if unit == "s" else ours / theirs
    return {"row": name, "task": task, "unit": unit, "dragnet": ours, "peer": peer if theirs is not None else None,
            "theirs": theirs, "ratio": ratio, "limit": limit, "bound": bound}


def save(path, head, rows):
    """Whole or not at all; path None: not wanted."""
    if path is None:
        return
    cores = [round(v, 2) for v in (median(_given), min(_given), max(_given))] if _given else None
    withheld = [round(median(_withheld), 3), round(max(_withheld), 3)] if _withheld else None
    with open(path + ".part", "w") as f:
        json.dump({**head, "cores": cores, "withheld": withheld, "rows": rows}, f, indent=1)
        f.write("\n")
    os.replace(path + ".part", path)


def spread(values):
    return f"{median(values):,.4g} ({min(values):,.4g} .. {max(values):,.4g})"
