#!/usr/bin/python3
"""molecules.py - SMILES to features beside RDKit from Python; run by scripts/bench molecules

Both sides read the same file on the same core in turn; processor time is counted and the medians are compared. RDKit's side is what the notebooks do: a molecule,
four features for each atom, both directions of each bond.
"""
import argparse
import csv
import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time

import measure

P = argparse.ArgumentParser()
P.add_argument("root")
P.add_argument("--smiles", help="one on a line; otherwise the drug-target table of ../shared/data")
P.add_argument("--repeats", type=int, default=5)
P.add_argument("--core", type=int, default=0)
P.add_argument("--json", metavar="FILE")
A = P.parse_args()
os.sched_setaffinity(0, {A.core})
try:
    from rdkit import Chem, RDLogger
    from rdkit.Chem import AllChem
    RDLogger.DisableLog("rdApp.*")
except ImportError:
    Chem = None
TABLE = f"{A.root}/../shared/data/drugtarget/activation_inhibition_raw.csv.gz"
PROGRAM = next((p for p in (f"{A.root}/{b}/bench_molecules" for b in ("build", "build-ci")) if os.path.exists(p)), None)


def texts():
    if A.smiles:
        return [line.strip() for line in open(A.smiles) if line.strip()]
    if not os.path.exists(TABLE):
        sys.exit(f"no {TABLE}; give --smiles FILE")
    return list(dict.fromkeys(row["SMILES"] for row in csv.DictReader(gzip.open(TABLE, "rt"))))


def ours(path, *extra):
    molecules, refused, seconds = subprocess.run([PROGRAM, path, *extra], capture_output=True, text=True, check=True).stdout.split()
    if int(refused):
        print(f"# {refused} refused")
    return int(molecules) / float(seconds)


def features(smiles):
    m = Chem.MolFromSmiles(smiles)
    x = [[a.GetAtomicNum(), a.GetDegree(), int(a.GetIsAromatic()), int(a.GetHybridization())] for a in m.GetAtoms()]
    e = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in m.GetBonds()]
    return m, x, e + [(b, a) for a, b in e]


def rdkit(smiles, what):
    begin = time.process_time()
    for s in smiles:
        m = features(s)[0]
        if what == "key":
            Chem.MolToSmiles(m)
        elif what == "fingerprint":
            AllChem.GetMorganFingerprintAsBitVect(m, 2, 2048)
    return len(smiles) / (time.process_time() - begin)


if PROGRAM is None:
    sys.exit("bench_molecules is not built: run scripts/bench molecules")
smiles = texts()
rows = []
with tempfile.NamedTemporaryFile("w", suffix=".smi") as f:
    f.write("\n".join(smiles) + "\n")
    f.flush()
    print(f"{len(smiles)} molecules, core {A.core}, {A.repeats} repeats; molecules in a second of processor time, medians (lowest .. highest)")
    print(f"{'':<24}{'dragnet':>24}{'RDKit from Python':>26}{'ratio':>8}")
    for what in ("graph and features", "key", "fingerprint"):
        a, b = [], []
        for _ in range(A.repeats):
            a.append(measure.quietly(A.root, lambda: ours(f.name, *([] if what.startswith("graph") else [what]))))
            if Chem:
                b.append(measure.quietly(A.root, lambda: rdkit(smiles, what)))
        name = what if what.startswith("graph") else f"... and {what}"
        show = lambda v: f"{statistics.median(v):,.0f} ({min(v):,.0f} .. {max(v):,.0f})"
        rows.append(measure.row(f"molecules {what}", f"SMILES: {name.replace('... and', 'graph, features and')}, one core", "molecules/s", a, "RDKit from Python",
                                b, None, "the reader of SMILES"))
        if b:
            print(f"{name:<24}{show(a):>24}{show(b):>26}{statistics.median(a) / statistics.median(b):>8.2f}")
        else:
            print(f"{name:<24}{show(a):>24}{'no RDKit':>26}")
measure.save(A.json, measure.header(A.root, "molecules", sys.argv[2:]), rows)
