#!/usr/bin/env bash
# yeast.sh - the real yeast table from import to evaluation, on two ranks; short training
. "$(dirname "$0")/lib.sh"
Y=$SHARED_DATA/yeast
[ -e "$Y/pairs.npy" ] || skip "real yeast data absent: $Y/pairs.npy"

expect 0 "87974" ranks 2 import -o yeast.h5 --expression "$Y/expression/joined_5950x570.tsv.gz" --gene-ids "$Y/gene_ids.tsv" \
    --pairs known="$Y/pairs.npy" --decoys 'decoy*'
expect 0 "" ranks 2 split yeast.h5 --pairs known --name warm --kind random --fractions 0.8,0.1,0.1 --seed 1
expect 0 "" ranks 2 train gener yeast.h5 --split warm -o warm --epochs 1
expect 0 "" ranks 2 evaluate yeast.h5 --model warm/model.h5 --split warm --part test --replicates 100 --json
python3 - out.txt <<'P' || fail "the figures are not what is known of this table"
import json, sys
r = json.load(open(sys.argv[1]))
clean = r["views"]["clean"]
pop, pop_clean = r["baselines"]["popularity"]["auroc"], clean["baselines"]["popularity"]["auroc"]
missing = r["baselines"]["missing"]["auroc"]
print("popularity", pop, pop_clean, "missing", missing, "model", r["model"]["auroc"])
assert abs(pop - 0.842) < 0.02 and abs(pop_clean - 0.822) < 0.02, "popularity"
assert abs(missing - 0.62) < 0.02, "missing"
assert r["model"]["auroc"] > 0.6, "model"
assert r["rows"] in range(8700, 8900)
P
expect 0 "4238" ranks 2 import -o clean.h5 --expression "$Y/expression/joined_5950x570.tsv.gz" --gene-ids "$Y/gene_ids.tsv" \
    --pairs known="$Y/pairs.npy" --drop-genes 'decoy*'
printf "id\nx1\nx2\n" >other_ids.tsv
expect 65 "gene ids are known" ranks 2 import -o wrong.h5 --expression "$Y/expression/gasch2000_stress.tsv.gz" --gene-ids other_ids.tsv \
    --pairs known="$Y/pairs.npy"
nothing_left wrong.h5
finish
