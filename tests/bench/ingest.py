#!/usr/bin/python3
"""ingest.py - from a text file to HDF5 beside numpy and pandas; driven by scripts/bench import

    scripts/bench import [--repeats 3] [--ranks 1,2] [--genes 59500] [--rows 1000000] [--folder DIR] [--no-peers] [--json FILE]

expression  a table as DREAM5 has it (536 lines of samples, GENES columns, 7 decimals; 59,500 genes: 324 MB): dragnet import
            --expression beside numpy.loadtxt
biogrid     interactions as in BioGRID TAB3 (ROWS rows of 37 columns; a million: 386 MB): dragnet import --pairs, which also hashes
            the file, finds the genes, drops repeats and writes, beside pandas.read_csv of all columns, which only reads

Both files are made anew in a temporary folder (or one below --folder) and removed, with a table of names for --gene-ids. Sides
run in turn, pinned, and less what they need to start: an import of a tiny file in the same turn; a peer times its reading alone.
On one rank processor seconds are compared, so that other work weighs on both alike; on several ranks wall seconds.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

import measure

SYSTEMS = [("Two-hybrid", "physical"), ("Affinity Capture-MS", "physical"), ("Synthetic Lethality", "genetic"),
           ("Negative Genetic", "genetic"), ("Positive Genetic", "genetic"), ("Co-fractionation", "physical"), ("Dosage Rescue", "genetic")]
HEADER = ["#BioGRID Interaction ID", *(f"{what} Interactor {end}" for what in ("Entrez Gene", "BioGRID ID", "Systematic Name",
          "Official Symbol", "Synonyms") for end in "AB"), "Experimental System", "Experimental System Type", "Author",
          "Publication Source", "Organism ID Interactor A", "Organism ID Interactor B", "Throughput", "Score", "Modification",
          "Qualifications", "Tags", "Source Database", *(f"{what} Accessions Interactor {end}" for end in "AB" for what in
          ("SWISS-PROT", "TREMBL", "REFSEQ")), *(f"Ontology Term {what}" for what in ("IDs", "Names", "Categories", "Qualifier IDs",
          "Qualifier Names", "Types")), "Organism Name Interactor A", "Organism Name Interactor B"]
PEERS = {"expression": ("numpy.loadtxt", "import numpy as n", "n.loadtxt(p, delimiter='\\t', skiprows=1)"),
         "biogrid": ("pandas.read_csv, all columns", "import pandas as n", "n.read_csv(p, sep='\\t', low_memory=False)")}


def arguments():
    p = argparse.ArgumentParser(prog="scripts/bench import")
    p.add_argument("root")
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--ranks", default="1,2")
    p.add_argument("--genes", type=int, default=59500)
    p.add_argument("--rows", type=int, default=1000000)
    p.add_argument("--files", default="expression,biogrid")
    p.add_argument("--folder", help="where the temporary folder is made (3 GB)")
    p.add_argument("--no-peers", action="store_true")
    p.add_argument("--json", metavar="FILE")
    return p.parse_args()


A = arguments()
PROGRAM = f"{A.root}/build/dragnet"


# ---- the files ----

def expression(path, genes):
    import numpy as np
    draw = np.random.default_rng(5)
    with open(path, "w") as f:
        f.write("\t".join(f"G{i + 1}" for i in range(genes)) + "\n")
        for _ in range(536):
            f.write("\t".join(["%.7f"] * genes) % tuple(draw.normal(8, 2, genes).clip(0)) + "\n")


def biogrid(path, rows):
    import numpy as np
    draw = np.random.default_rng(6)
    genes = []
    for i in range(6500):
        name = f"Y{'ABCDEFGHIJKLMNOPQ'[i // 400]}{'LR'[i % 2]}{i // 2 % 200:03d}{'WC'[i // 2 % 2]}"
        symbol = f"{chr(65 + i % 26)}{chr(65 + i // 26 % 26)}C{i % 97}"
        genes.append((str(850000 + i), str(31000 + i), name, symbol, f"{symbol}2|L000{i:05d}|{name}-A",
                      f"P{i:05d}", "-" if i % 3 else f"A0A{i:05d}", f"NP_{10000 + i:06d}"))
    a, b, system = draw.integers(0, 6500, rows), draw.integers(0, 6500, rows), draw.integers(0, 7, rows)
    score, many, author = draw.normal(0, .3, rows), draw.random(rows) < .6, draw.integers(0, 900, rows)
    yeast = "Saccharomyces cerevisiae (S288c)"
    with open(path, "w") as f:
        f.write("\t".join(HEADER) + "\n")
        for t in range(rows):
            x, y, m, n = genes[a[t]], genes[b[t]], many[t], author[t]
            names = [v for pair in zip(x[:5], y[:5]) for v in pair]
            f.write("\t".join((str(100000 + t), *names, *SYSTEMS[system[t]], f"Author{n} AB ({1990 + n % 34})", f"PUBMED:{9000000 + 137 * n}",
                               "559292", "559292", "High Throughput" if m else "Low Throughput", f"{score[t]:.4f}" if m else "-", "-",
                               "significance threshold p-value < 0.05" if m else "-", "-", "BIOGRID", *x[5:], *y[5:],
                               "APO:0000106" if m else "-", "vegetative growth" if m else "-", "phenotype" if m else "-", "-", "-", "-",
                               yeast, yeast)) + "\n")
    with open(f"{os.path.dirname(path)}/ids.tsv", "w") as f:
        f.write("systematic\tsymbol\n" + "".join(f"{g[2]}\t{g[3]}_{g[0]}\n" for g in genes))


# ---- the sides ----

def timed(command):
    """Wall seconds, processor seconds of the children; the command has to succeed."""
    def run():
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        measure.must(command, env=measure.environment())
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return measure.quietly(A.root, run)


def ours(folder, what, path, ranks):
    words = ["--expression", path] if what == "expression" else ["--gene-ids", f"{folder}/ids.tsv", "--pairs", f"p={path}"]
    out = f"{folder}/{what}.h5"
    wall, processor = timed(measure.on_ranks(ranks, PROGRAM, "import", "-o", out, "--force", *words))
    os.remove(out)
    return wall, processor


def theirs(what, path):
    """Wall and processor seconds of the reading alone, said by the reader itself; None: it is not there."""
    name, load, read = PEERS[what]
    code = f"import sys, time\n{load}\np = sys.argv[1]\na, b = time.perf_counter(), time.process_time()\nx = {read}\n" \
           "print(time.perf_counter() - a, time.process_time() - b)"
    p = measure.quietly(A.root, lambda: subprocess.run(measure.on_ranks(1, "/usr/bin/python3", "-c", code, path), env=measure.environment(),
                                                       capture_output=True, text=True))
    if p.returncode != 0:
        print(f"SKIP {name}: {p.stderr.strip().splitlines()[-1]}")
        return None
    return tuple(map(float, p.stdout.split()))


def less(a, b):
    return tuple(max(x - y, 1e-3) for x, y in zip(a, b))


def measure_file(folder, what, path, tiny):
    mine, other = {}, []
    for _ in range(A.repeats):
        for ranks in map(int, A.ranks.split(",")):
            idle = ours(folder, what, tiny, ranks)
            mine.setdefault(ranks, []).append(less(ours(folder, what, path, ranks), idle))
        v = None if A.no_peers else theirs(what, path)
        if v is not None:
            other.append(v)
    return mine, other


def main():
    head, rows = measure.header(A.root, "import", sys.argv[2:]), []
    with tempfile.TemporaryDirectory(prefix="dragnet-bench-", dir=A.folder) as folder:
        for what in A.files.split(","):
            path, tiny = f"{folder}/{what}.tsv", f"{folder}/tiny.tsv"
            make = {"expression": expression, "biogrid": biogrid}[what]
            make(tiny, 20 if what == "expression" else 50)
            make(path, A.genes if what == "expression" else A.rows)
            size = os.path.getsize(path)
            mine, other = measure_file(folder, what, path, tiny)
            os.remove(path)
            peer = PEERS[what][0]
            for ranks, v in mine.items():
                own = [w[1] for w in v] if ranks == 1 else [w[0] for w in v]
                their = [w[1] for w in other] if ranks == 1 else [w[0] for w in other]
                kind = "processor" if ranks == 1 else "wall"
                r = measure.row(f"import {what} {ranks}", f"import of {what}, {size / 1e6:.0f} MB, {ranks} rank{'s' * (ranks > 1)} ({kind} time)", "s",
                                own, peer, their, ["read", ranks, size],
                                "digits to floats, SHA-256" if what == "expression" else "columns and names to genes, SHA-256")
                rows.append(r)
                print(f"{r['task']}: dragnet {measure.spread(own)} s, {size / 1e6 / r['dragnet']:.0f} MB/s" +
                      (f"; {peer} {measure.spread(their)} s; ratio {r['ratio']:.2f}" if other else "") +
                      f"; wall {measure.median([w[0] for w in v]):.2f} s", flush=True)
    measure.save(A.json, head, rows)


main()
