#!/usr/bin/env bash
# expression_real.sh - the six yeast expression tables joined on the gene, against NumPy; every rule for repeated genes
. "$(dirname "$0")/lib.sh"
Y=$SHARED_DATA/yeast
[ -e "$Y/expression/joined_5950x570.tsv.gz" ] || skip "real yeast data absent: $Y/expression"
/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null || skip "h5py and numpy are not there"
six=()
for name in gasch2000_stress spellman1998_cellcycle pramila2006_cellcycle smith_kruglyak2008_eqtl brauer2008_nutrient ronen2006_chemostat; do
    six+=("$Y/expression/$name.tsv.gz")
done

ranks=0
for rule in first mean max-variance; do
    ranks=$((ranks + 1))
    expect 0 "YPR089W" ranks $ranks import -o "$rule.h5" --expression "${six[@]}" --gene-ids "$Y/gene_ids.tsv" --repeated-genes "$rule"
    grep -qE "repeated genes \($rule\) +4 " err.txt || fail "$rule: not four repeated genes in the report"
done
expect 65 "4 genes stand there several times" "$DRAGNET" import -o refuse.h5 --expression "${six[@]}" --gene-ids "$Y/gene_ids.tsv" \
    --repeated-genes refuse
nothing_left refuse.h5

/usr/bin/python3 - "$Y" "${six[@]}" <<'P' || fail "the joined matrix is not that of NumPy"
import csv, gzip, sys
import h5py
import numpy as np

folder, files = sys.argv[1], sys.argv[2:]


def read(path):
    rows = list(csv.reader(gzip.open(path, "rt"), delimiter="\t"))
    x = np.array([[np.nan if v in ("NA", "") else float(v) for v in r[1:]] for r in rows[1:]]).astype(np.float32)
    return rows[0][1:], [r[0] for r in rows[1:]], x


def strings(h, name):
    at, b = h[name + "/offsets"][:], h[name + "/bytes"][:].tobytes()
    return [b[at[i] : at[i + 1]].decode() for i in range(len(at) - 1)]


def settle(rule, x):
    if rule == "first" or len(x) == 1:
        return x[0]
    wide = x.astype(float)
    if rule == "mean":
        return np.nanmean(wide, axis=0).astype(np.float32)
    return x[np.argmax(np.nanvar(wide, axis=1))]


orf = [r[2] for r in csv.reader(open(folder + "/gene_ids.tsv"), delimiter="\t")][1:]
tables = [read(f) for f in files]
for rule in ("first", "mean", "max-variance"):
    want, names, of = [], [], []
    for k, (sample, gene, x) in enumerate(tables):
        rows = {}
        for i, g in enumerate(gene):
            rows.setdefault(g, []).append(i)
        want.append([settle(rule, x[rows[g]]) if g in rows else np.full(len(sample), np.nan, np.float32) for g in orf])
        names += sample
        of += [k] * len(sample)
    want = np.hstack(want)
    h = h5py.File(rule + ".h5")
    have = h["/expression/values"][:]
    assert have.shape == (5950, 570) and have.dtype == np.float32
    assert np.array_equal(have, want, equal_nan=True), rule
    assert strings(h, "/expression/sample") == names and list(h["/expression/sample_file"][:]) == of
    assert strings(h, "/expression/file") == files
    if rule == "first":
        first = have

# The table that others joined has the first row of a repeated gene. It was written with 4 significant digits, the six
# were with 5, so 160,357 values differ by rounding: at most half a unit of the fourth digit, and half one of the fifth.
header, gene, joined = read(folder + "/expression/joined_5950x570.tsv.gz")
assert gene == orf and [n.split("|", 1)[1] for n in header] == names
assert np.array_equal(np.isnan(first), np.isnan(joined))
digit = 10.0 ** np.floor(np.log10(np.maximum(np.abs(first), 1e-30)))
off = np.abs(first.astype(float) - joined)
same = np.nan_to_num(off) == 0
print("values that differ by rounding", (~same).sum(), "largest in units of the fourth digit", np.nanmax(off / digit * 1e3))
assert np.nanmax(off / digit * 1e3) < 0.551 and (~same).sum() < 165000
assert same[:, [i for i, k in enumerate(of) if k in (0, 1, 4)]].all()
P
finish
