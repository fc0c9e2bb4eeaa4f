#!/usr/bin/env bash
# chain.sh - chain.sh as a user starts it: one model; folds as arrays of which task k waits for task k; and a chain whose
# first job fails, which takes the others with it
. "$(dirname "$0")/lib.sh"

# ids OUTPUT: the job ids that chain.sh has printed
ids() {
    awk '{ print $2 }' "$1"
}

python3 - <<'P'
import random, struct
random.seed(1)
genes = [f"G{i:03d}" for i in range(120)]
samples = [[random.gauss(0, 1) for _ in range(12)] for _ in genes]
import gzip, os
os.makedirs("yeast/expression")
with gzip.open("yeast/expression/joined_5950x570.tsv.gz", "wt") as f:
    f.write("gene\t" + "\t".join(f"s{j}" for j in range(12)) + "\n")
    for g, row in zip(genes, samples):
        f.write(g + "\t" + "\t".join(f"{x:.4f}" for x in row) + "\n")
with open("yeast/gene_ids.tsv", "w") as f:
    f.write("index0\torf\n" + "".join(f"{i}\t{g}\n" for i, g in enumerate(genes)))
rows = [(a, b, (a * 7 + b) % 2) for a in range(120) for b in range(a + 1, 120)]
with open("yeast/pairs.npy", "wb") as f:
    head = f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({len(rows)}, 3), }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
    for row in rows:
        f.write(struct.pack("<qqq", *row))
P
export SBATCH_OPTIONS="-n 2"

"$JOBS/chain.sh" >one.txt || fail "chain.sh: exit code $?"
# shellcheck disable=SC2046
complete 90 $(ids one.txt)
grep -q 'best baseline' evaluate-*.log || fail "evaluate: $(tail -n 5 evaluate-*.log)"

DATA=folds.h5 RUNS=folds FOLDS=3 BY=pairs SBATCH_OPTIONS="-n 1" "$JOBS/chain.sh" >folds.txt || fail "chain.sh with folds: exit code $?"
# shellcheck disable=SC2046
complete 90 $(ids folds.txt)
[ "$(grep -l 'best baseline' evaluate-*_[012].log | wc -l)" = 3 ] || fail "folds: no three evaluations"

rm -rf yeast
DATA=none.h5 RUNS=none "$JOBS/chain.sh" >none.txt || fail "chain.sh without data: exit code $?"
mapfile -t none < <(ids none.txt)
within 30 is FAILED "${none[0]}"
within 30 is CANCELLED "${none[@]:1}"
[ "$(ls -d none.h5* none 2>/dev/null)" = "" ] || fail "a chain that failed has left something"
finish
