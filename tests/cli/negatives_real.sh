#!/usr/bin/env bash
# negatives_real.sh - negatives of every kind on the real yeast table, baselines alone; skipped without it
. "$(dirname "$0")/lib.sh"
Y=$SHARED_DATA/yeast
[ -e "$Y/pairs.npy" ] || skip "real yeast data absent: $Y/pairs.npy"

expect 0 "" ranks 2 import -o yeast.h5 --expression "$Y/expression/joined_5950x570.tsv.gz" --gene-ids "$Y/gene_ids.tsv" \
    --pairs known="$Y/pairs.npy" --decoys 'decoy*'
expect 0 "kind=degree" ranks 2 split yeast.h5 --pairs known --name warm --negatives uniform,degree,given --seed 1
grep -E "negatives (drawn|missing)" err.txt
cat out.txt
expect 0 "" ranks 2 evaluate yeast.h5 --baselines --split warm --replicates 0 --json
cp out.txt warm.json
expect 0 "kind=degree" ranks 2 split yeast.h5 --pairs known --name cold --kind gene-disjoint --negatives uniform,degree --seed 1 --allow-small
grep -E "negatives (drawn|missing)" err.txt
python3 - warm.json <<'P' || fail "the figures are not what drawn negatives should give"
import json, sys
r = json.load(open(sys.argv[1]))
for kind, v in r["negatives"].items():
    print(kind, v["rows"], v["positives"], {b: round(s["auroc"], 4) for b, s in v["baselines"].items()})
    assert v["positives"] == r["positives"] > 4000
u, d = r["negatives"]["uniform"], r["negatives"]["degree"]
assert u["rows"] == 2 * u["positives"], "a uniform negative for each positive"
assert u["baselines"]["popularity"]["auroc"] > 0.8, "hubs are popular"
assert abs(d["baselines"]["popularity"]["auroc"] - 0.5) < 0.03, "degree-matched: popularity tells nothing"
P
finish
