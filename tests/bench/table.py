#!/usr/bin/python3
"""table.py - the table of speed in the README, put together from the figures of the benchmarks; driven by scripts/bench table

    scripts/bench table [--only gener,import] [--print] [--results DIR] [--readme FILE] [--torch PYTHON ...] [--repeats N]
                        [--ranks-of DATASET SPLIT]

Runs the benchmarks (or those named by --only; "--only none" runs nothing), each of which leaves its figures in DIR/NAME.json
(build/bench unless given), and writes a Markdown table between the two markers in the README, or prints it. What is not run is
taken from DIR; a benchmark without figures there has a line that says so. The limits of the machine are measured in the same
run (bench_machine: sgemm and bf16 of 1,024 cubed, reading 256 MB; on one core, and on all at a time).
"""
import argparse
import json
import os
import subprocess
import sys

import measure

BEGIN, END = "<!-- speed: written by scripts/bench table -->", "<!-- end of speed -->"
PARTS = {  # name: (what is measured, words for scripts/bench)
    "gener": ("training of the gene-gene network, f32 and bf16, beside PyTorch", ["gener", "train", "--batches", "8,4096", "--contenders", "1 thread,2 threads,2 processes"]),
    "screen": ("screen of all pairs of 5,950 genes, f32 and bf16, beside PyTorch", ["gener", "infer"]),
    "scaling": ("training of the gene-gene network, 2 ranks beside 1", None),
    "import": ("import of text tables beside numpy and pandas", ["import"]),
    "network": ("measures of networks beside GraphBLAS, igraph, scikit-learn", ["network"]),
    "dti": ("training of the drug-target network beside PyTorch", ["dti", "train"]),
    "molecules": ("SMILES to features beside RDKit", ["molecules"]),
    "ranks": ("drug-target network on 2 ranks beside 1", ["ranks"]),
}
UNITS = {"sgemm": "GFLOP/s", "bf16": "GFLOP/s", "read": "GB/s"}


def arguments():
    p = argparse.ArgumentParser(prog="scripts/bench table")
    p.add_argument("root")
    p.add_argument("--only", help=f"comma-separated: {','.join(PARTS)}; none: put together what is there")
    p.add_argument("--print", action="store_true", dest="show")
    p.add_argument("--results", help="folder of the figures")
    p.add_argument("--readme")
    p.add_argument("--torch", action="append", default=[], metavar="PYTHON")
    p.add_argument("--repeats", type=int)
    p.add_argument("--ranks-of", nargs=2, metavar=("DATASET", "SPLIT"))
    a = p.parse_args()
    a.results = a.results or f"{a.root}/build/bench"
    a.readme = a.readme or f"{a.root}/README.md"
    a.wanted = list(PARTS) if a.only is None else [] if a.only == "none" else a.only.split(",")
    for name in a.wanted:
        if name not in PARTS:
            p.error(f"--only {name}: there are {', '.join(PARTS)}")
    return a


# ---- figures ----

def probe(root):
    """{limit: {cores: figure}} of one core and of all at a time; {} when the probe is not built."""
    if not os.path.exists(f"{root}/build/bench_machine"):
        return {}
    found, cores = {}, sorted(os.sched_getaffinity(0))
    for n in sorted({1, len(cores)}):
        measure.settle(root)
        for said in measure.cores_now(root, None, cores[:n]).values():
            for what, value in said.items():
                found.setdefault(what, {}).setdefault(str(n), 0.0)
                found[what][str(n)] += value
    return found


def run(a, name):
    words = PARTS[name][1]
    if name == "scaling":  # made of the figures of gener
        return
    words = [*words, *(a.ranks_of or [] if name == "ranks" else []), "--json", f"{a.results}/{name}.json"]
    if name in ("gener", "screen"):
        words += [w for python in a.torch for w in ("--torch", python)]
    if a.repeats and name != "dti":
        words += ["--repeats", str(a.repeats)]
    print("+ scripts/bench", *words, file=sys.stderr, flush=True)
    if subprocess.run([f"{a.root}/scripts/bench", *words], stdout=sys.stderr).returncode != 0:
        print(f"table: {name} failed; figures of before, if any, stay", file=sys.stderr)


def load(path):
    try:
        with open(path) as f:
            return json.load(f)
    except FileNotFoundError:
        return None
    except ValueError as why:
        sys.exit(f"table: {path}: {why}")


# ---- the table ----

def number(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.3g}"


def quantity(v, unit):
    return "" if v is None else f"{number(v)} {unit}"


def share(r, limits):
    """What the row takes of its limit: "60 of 220 GFLOP/s (27 %)"."""
    if not r.get("limit"):
        return ""
    what, cores, amount = r["limit"]
    achieved = (amount / r["dragnet"] if r["unit"] == "s" else amount * r["dragnet"]) * 1e-9
    most = limits.get(what, {}).get(str(cores))
    if most is None:
        return f"{number(achieved)} {UNITS[what]}"
    return f"{number(achieved)} of {number(most)} {UNITS[what]} {what} ({100 * achieved / most:.0f} %)"


def scaling(gener):
    """Rows of several ranks beside one, and of two ranks beside two runs at the same time, from the training of the gene-gene
    network; None: there are none."""
    rows = []
    for r in gener["rows"] if gener else []:
        words = r["row"].split()  # gener train BATCH PRECISION RANKS
        if words[1] != "train" or not words[-1].isdigit() or words[-1] == "1":
            continue
        for other, beside, name, bound in (("1", "1 rank", "dragnet, 1 rank", "adding up gradients, waiting, what the second core is worth"),
                                           ("2x1", "two runs", "dragnet, two runs of 1 rank at the same time", "adding up gradients, waiting")):
            o = next((o for o in gener["rows"] if o["row"].split() == words[:-1] + [other]), None)
            if o and (other == "1" or words[-1] == "2"):
                rows.append(measure.row(f"scaling {r['row']} {other}", f"{r['task']}, beside {beside}", r["unit"], r["dragnet"], name, o["dragnet"],
                                        None, bound))
    return {**gener, "rows": rows} if rows else None


def lines_of(a, limits):
    """The table in Markdown, with who measured what above it."""
    figures = {name: load(f"{a.results}/{name}.json") for name in PARTS}
    there = [f for f in figures.values() if f is not None]
    figures["scaling"] = scaling(figures["gener"])
    out = [f"Limits of the machine in the run of the table: "
           + "; ".join(f"{what} {', '.join(f'{number(v)} on {n}' for n, v in by.items())} {UNITS[what]}" for what, by in limits.items())
           + " (cores)." if limits else "The limits of the machine were not measured.", ""]
    for machine in sorted({(f["machine"], f["isa"]) for f in there}):
        out = [f"Measured on: {machine[0]}, {machine[1]}."] + out
    for name, f in figures.items():
        if f is not None and name != "scaling":
            cores, withheld = f.get("cores"), f.get("withheld")
            out.append(f"- `{f['command']}`, commit {f['commit']}, {f['utc']} UTC" +
                       (f"; before the runs the cores gave {cores[0]:.0%} of their best (median; {cores[1]:.0%} to {cores[2]:.0%})" if cores else "") +
                       (f"; in them the host withheld {withheld[0]:.1%} (median; {withheld[1]:.1%} at most)" if withheld else ""))
    out += ["", "| task | dragnet | peer | its figure | ratio | of the limit | what bounds it |", "|---|---|---|---|---|---|---|"]
    for name, f in figures.items():
        if f is None or not f["rows"]:
            out.append(f"| {PARTS[name][0]} | not measured | | | | | |")
            continue
        for r in f["rows"]:
            if r["row"].endswith(" 2x1") and name == "gener":  # there for scaling
                continue
            ratio = "" if r["ratio"] is None else f"**{r['ratio']:.3g}**"
            out.append(f"| {r['task']} | {quantity(r['dragnet'], r['unit'])} | {r['peer'] or 'none'} | {quantity(r['theirs'], r['unit'])} | "
                       f"{ratio} | {share(r, limits)} | {r['bound']} |")
    return out


def replace(path, lines):
    """What stands between the markers; nothing else changes, and the file is whole at every moment."""
    with open(path) as f:
        text = f.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        sys.exit(f"table: {path}: wanted one line '{BEGIN}' and below it one line '{END}'")
    head, rest = text.split(BEGIN)
    with open(path + ".part", "w") as f:
        f.write(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{rest.split(END)[1]}")
    os.replace(path + ".part", path)


def main():
    a = arguments()
    os.makedirs(a.results, exist_ok=True)
    if a.wanted:
        limits = probe(a.root)
        with open(f"{a.results}/machine.json", "w") as f:
            json.dump(limits, f)
    else:
        limits = load(f"{a.results}/machine.json") or {}
    for name in a.wanted:
        run(a, name)
    lines = lines_of(a, limits)
    if a.show:
        print("\n".join(lines))
    else:
        replace(a.readme, lines)
        print(f"table: {a.readme} has the table")


main()
