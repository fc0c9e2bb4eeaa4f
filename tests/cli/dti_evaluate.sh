#!/usr/bin/env bash
# dti_evaluate.sh - drug-target models and baselines: the same figures on any ranks, mistakes
. "$(dirname "$0")/lib.sh"

dti_dataset
for kind in warm cold-both; do
    expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name $kind --kind $kind --fractions 0.5,0.2,0.3 --seed 2 --allow-small
done
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name blocks --kind kfold-blocks --folds 3 --allow-small

# ---- baselines alone ----
for n in 1 2 3 4; do
    ranks $n evaluate dti.h5 --baselines --split warm --replicates 40 --json --scores base$n.tsv >base$n.json 2>err.txt </dev/null ||
        fail "baselines on $n ranks: $(cat err.txt)"
    cmp -s base1.json base$n.json && cmp -s base1.tsv base$n.tsv || fail "baselines: other figures on $n ranks"
done
python3 - base1.json base1.tsv <<'P' || fail "the baselines are not what the planted rule says"
import csv, json, sys
r = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2]), delimiter="\t"))
names = ["history", "target_history", "drug_history", "nearest_drug", "nearest_target", "nearest", "nearest_pair", "kron_rls"]
assert list(r)[0] == "baselines" and list(r["baselines"]) == names, list(r)
assert "model" not in r and "difference" not in r and "threshold" not in r and "model_file" not in r
assert list(r["views"]) == ["warm", "cold_drug", "cold_target", "cold_both"]
assert r["rows"] == len(rows) == r["views"]["warm"]["rows"] and r["drugs"] == 40 and r["targets"] == 30
b = {k: v["auroc"] for k, v in r["baselines"].items()}
assert 0.7 < b["target_history"] < b["history"] and b["drug_history"] < b["history"] < 1, b
lo, hi = r["baselines"]["history"]["ci95"]["auroc"]
assert lo < b["history"] < hi and r["baselines"]["history"]["macro_f1"] > 0.6
for name in names:  # the figures again from the scores
    up = [float(x[name]) for x in rows if x["label"] == "1"]
    down = [float(x[name]) for x in rows if x["label"] == "0"]
    above = sum((u > d) + (u == d) / 2 for u in up for d in down) / len(up) / len(down)
    assert abs(above - b[name]) < 1e-6, (name, above, b[name])
P
expect 0 "" "$DRAGNET" evaluate dti.h5 --baselines --split cold-both --replicates 10
grep -qE '^  cold_both +[0-9]+ +[0-9]+ +0\.[0-9]+ .* (nearest_pair|kron_rls)' out.txt || fail "nothing but pairs speaks of new drugs and targets: $(cat out.txt)"
expect 0 "" "$DRAGNET" evaluate dti.h5 --baselines --split blocks --fold 0 --replicates 10 --json
grep -q '"fold": 0' out.txt || fail "the fold is not in the report"

for n in 1 3; do
    expect 0 "" ranks $n evaluate dti.h5 --baselines --split blocks --pool 9 --replicates 20 --json
    mv out.txt pool$n.json
done
cmp -s pool1.json pool3.json || fail "pooled folds: other figures on 3 ranks"
python3 - pool1.json table.csv <<'P' || fail "the nine blocks of 3 x 3 do not test every pair once"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["folds_pooled"] == 9 and r["rows"] == r["views"]["cold_both"]["rows"] == sum(1 for _ in open(sys.argv[2])) - 1, r["rows"]
assert r["baselines"]["history"]["auroc"] == 0.5 and r["baselines"]["nearest_pair"]["auroc"] > 0.6
P

# ---- a model beside them ----
expect 0 "" ranks 2 train dti dti.h5 --split warm --epochs 12 --batch 32 --shards 4 --rate 0.003 --atoms published --joint 16 -o run
for n in 1 2 3; do
    ranks $n evaluate dti.h5 --model run/model.h5 --replicates 40 --json --scores score$n.tsv >score$n.json 2>err.txt </dev/null ||
        fail "evaluate on $n ranks: $(cat err.txt)"
    cmp -s score1.json score$n.json && cmp -s score1.tsv score$n.tsv || fail "evaluate: other figures on $n ranks"
done
python3 - score1.json base1.json run/metrics.jsonl <<'P' || fail "the report of the model is not as it should be"
import json, sys
r, base = (json.load(open(p)) for p in sys.argv[1:3])
assert list(r)[0] == "model" and list(r["difference"]) == list(base["baselines"]) == list(r["baselines"])
for name, b in base["baselines"].items():  # with a model or without: the same
    assert r["baselines"][name] == b, name
    d = r["difference"][name]
    assert abs(d["auroc"] - (r["model"]["auroc"] - b["auroc"])) < 1e-12 and d["ci95"]["auroc"][0] <= d["ci95"]["auroc"][1]
    assert d["beaten"] in ("true", "false", "undecided")
assert r["best_baseline"] == max(r["baselines"], key=lambda n: r["baselines"][n]["validation_auroc"])
assert 0.6 < r["model"]["auroc"] < 1 and r["part"] == "test" and r["split"] == "warm" and r["interactions"] == "all"
for key in "auroc", "ap", "accuracy", "macro_f1", "weighted_f1", "brier", "ece", "calibrated", "validation_auroc":
    assert key in r["model"], key
best = max(json.loads(line)["validation_auroc"] for line in open(sys.argv[3]))
assert abs(r["model"]["validation_auroc"] - best) < 0.2
P
expect 0 "" ranks 2 evaluate dti.h5 --model run/model.h5 --split warm --part validation --replicates 10
grep -q "threshold and calibration come from these pairs" out.txt || fail "validation rows are evaluated without a word"

for f in 0 1; do
    expect 0 "" ranks 2 train dti dti.h5 --split blocks --fold $f --epochs 2 --batch 32 --shards 4 --atoms published --joint 16 -o block$f
done
expect 0 "" ranks 2 evaluate dti.h5 --models block0/model.h5 block1/model.h5 --replicates 20 --json --scores pooled.tsv
python3 - out.txt pooled.tsv <<'P' || fail "two models are not pooled"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["folds_pooled"] == 2 and r["model_files"] == ["block0/model.h5", "block1/model.h5"] and list(r)[0] == "model"
assert r["rows"] == sum(1 for _ in open(sys.argv[2])) - 1 and r["split"] == "blocks"
P
expect 0 "" "$DRAGNET" evaluate dti.h5 --models block0/model.h5 block1/model.h5 --replicates 5
grep -q "2 folds pooled" out.txt || fail "the table does not say how many folds it is of"

# ---- mistakes ----
expect 64 "are both of fold 0" ranks 2 evaluate dti.h5 --models block0/model.h5 block0/model.h5
expect 64 "--pool goes with --baselines" "$DRAGNET" evaluate dti.h5 --model run/model.h5 --pool 2
expect 64 "9 folds" "$DRAGNET" evaluate dti.h5 --baselines --split blocks --pool 10
expect 64 "--split is missing" "$DRAGNET" evaluate dti.h5 --baselines
expect 64 "exclude each other" "$DRAGNET" evaluate dti.h5 --baselines --split warm --model run/model.h5
expect 64 "not 'cold-both'" ranks 2 evaluate dti.h5 --model run/model.h5 --split cold-both
expect 64 "--pairs is for pairs of genes" "$DRAGNET" evaluate dti.h5 --model run/model.h5 --pairs all
expect 64 "--pairs is for pairs of genes" "$DRAGNET" evaluate dti.h5 --baselines --split warm --pairs all
expect 65 "there are:" ranks 2 evaluate dti.h5 --baselines --split nowhere
expect 64 "fold" "$DRAGNET" evaluate dti.h5 --baselines --split blocks
expect 73 "--force" "$DRAGNET" evaluate dti.h5 --baselines --split warm --scores base1.tsv
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.5,0.1,0.4 --seed 2 --allow-small --force
expect 65 "validated on other rows" ranks 2 evaluate dti.h5 --model run/model.h5
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.5,0.2,0.3 --seed 3 --allow-small --force
expect 65 "trained on other drugs, targets or training rows" ranks 2 evaluate dti.h5 --model run/model.h5

# ---- pairs of genes: the baselines of a model's report, without the model ----
expect 0 "" "$DRAGNET" synth --genes 60 --samples 12 --pairs 900 --seed 3 -o genes.h5
expect 0 "" "$DRAGNET" split genes.h5 --pairs known --name w --fractions 0.6,0.2,0.2 --allow-small
expect 0 "" "$DRAGNET" train gener genes.h5 --split w --epochs 1 --batch 64 --shards 2 -o gener
expect 0 "" "$DRAGNET" evaluate genes.h5 --model gener/model.h5 --replicates 20 --json
mv out.txt with.json
expect 0 "" ranks 2 evaluate genes.h5 --baselines --split w --replicates 20 --json
python3 -c 'import json
a, b = (json.load(open(p)) for p in ("with.json", "out.txt"))
assert a["baselines"] == b["baselines"] and "model" not in b and a["views"]["c1"]["baselines"] == b["views"]["c1"]["baselines"]' ||
    fail "other baselines without a model"
expect 64 "not fold 1" "$DRAGNET" evaluate genes.h5 --baselines --split w --pool 2
expect 65 "split 'w'" "$DRAGNET" train dti genes.h5 --split w -o bad
finish
