#!/usr/bin/env bash
# gene_folds.sh - folds of genes end to end: split, a model for each fold, means on every view, pooled rows, baselines alone
. "$(dirname "$0")/lib.sh"

expect 0 "" "$DRAGNET" synth --genes 120 --samples 10 --pairs 7000 --missing 0.1 --seed 3 -o a.h5
for seed in 1 2; do
    expect 0 "split: done" ranks 2 split a.h5 --pairs known --name cv$seed --kind kfold --by genes --folds 3 --seed $seed --allow-small
done
awk -F'\t' '$2 ~ /^(test|validation)_c/ && $4 < 20 { exit 1 }' out.txt || fail "a fold has hardly a pair of some class: $(cat out.txt)"
models=()
for run in 1.0 1.1 1.2 2.0; do
    expect 0 "" "$DRAGNET" train gener a.h5 --split cv${run%.*} --fold ${run#*.} --epochs 1 --batch 64 --shards 1 -o r$run
    expect 0 "" "$DRAGNET" evaluate a.h5 --model r$run/model.h5 --replicates 0 --json --scores one.$run.tsv
    mv out.txt one.$run.json
    models+=("r$run/model.h5")
done

# ---- one split: means and pooled rows, the same on any number of ranks ----
for n in 1 3; do
    expect 0 "" ranks $n evaluate a.h5 --models "${models[@]:0:3}" --replicates 40 --json --scores pooled$n.tsv
    mv out.txt folds$n.json
done
cmp -s folds1.json folds3.json && cmp -s pooled1.tsv pooled3.tsv || fail "several folds: other figures on 3 ranks"
python3 - <<'P' || fail "the report of several folds is not what its models' reports say"
import csv, json
g = json.load(open("folds1.json"))
one = [json.load(open(f"one.1.{f}.json")) for f in range(3)]
assert list(g)[0] == "model" and g["folds_pooled"] == 3 and g["split"] == "cv1" and len(g["model_files"]) == 3
assert "fold" not in g and g["part"] == "test" and g["pairs"] == "known"
assert g["rows"] == sum(r["rows"] for r in one) and g["left_out"]["between_parts"] == sum(r["left_out"]["between_parts"] for r in one)
views = {"all": (g["mean"], one), **{v: (m, [r["views"][v] for r in one]) for v, m in g["mean"]["views"].items()}}
assert list(views) == ["all", "clean", "c1", "c2", "c3", "clean_c1", "clean_c2", "clean_c3"]
for name, (m, own) in views.items():
    assert m["models"] == m["counted"] == 3 and m["splits"] == 1 and m["genes"] <= 120, name
    assert [e["rows"] for e in m["each"]] == [r["rows"] for r in own]
    for key in "auroc", "ap":
        model = [r["model"][key] for r in own]
        assert abs(m["model"][key] - sum(model) / 3) < 1e-12
        assert m["model"]["ci95"][key][0] < m["model"][key] < m["model"]["ci95"][key][1]
        for b, d in m["difference"].items():
            base = [r["baselines"][b][key] for r in own]
            assert abs(m["baselines"][b][key] - sum(base) / 3) < 1e-12
            assert abs(d[key] - sum(x - y for x, y in zip(model, base)) / 3) < 1e-12
    want = max(m["baselines"], key=lambda b: sum(r["baselines"][b]["validation_auroc"] for r in own))
    assert m["best_baseline"] == want, (name, want)
# pooled: the AUROC of the rows behind one another, by counting
rows = list(csv.DictReader(open("pooled1.tsv"), delimiter="\t"))
single = [r for f in range(3) for r in csv.DictReader(open(f"one.1.{f}.tsv"), delimiter="\t")]
key = lambda r: (r["gene_a"], r["gene_b"], r["probability"], r["popularity"], r["class"], r["clean"])
assert [key(r) for r in rows] == [key(r) for r in single]
for view, keep in ("", lambda r: True), ("c3", lambda r: r["class"] == "c3"):
    s = sorted((float(r["probability"]), r["label"] == "1") for r in rows if keep(r))
    below = wins = 0
    i = 0
    while i < len(s):
        j = i
        while j < len(s) and s[j][0] == s[i][0]:
            j += 1
        up = sum(y for _, y in s[i:j])
        wins += up * (below + (j - i - up) / 2)
        below += j - i - up
        i = j
    p = sum(y for _, y in s)
    got = (g["views"][view] if view else g)["model"]["auroc"]
    assert abs(got - wins / p / (len(s) - p)) < 1e-6, (view, got)
# no pair is a C1 test pair in two folds, nor was it trained on where it is tested
c1 = [(r["gene_a"], r["gene_b"]) for r in rows if r["class"] == "c1"]
assert len(c1) == len(set(c1)) > 100
P
expect 0 "" "$DRAGNET" evaluate a.h5 --models "${models[@]:0:3}" --replicates 5
grep -q "^Mean over 3 models of 1 split," out.txt || fail "no mean in the table: $(head -5 out.txt)"
grep -q "^  clean_c3 .* 3 of 3 " out.txt || fail "no line for a view in the table of means"
grep -q "replicates draw the [0-9]* genes once for all models\." out.txt || fail "the table does not say what was drawn"
grep -q "^3 folds pooled: one AUROC over the" out.txt || fail "folds of one split are not pooled"

# ---- two splits: means alone ----
expect 0 "" ranks 2 evaluate a.h5 --models "${models[@]}" --replicates 5 --json
python3 -c 'import json
g = json.load(open("out.txt"))
assert g["splits"] == 2 and "model" not in g and "views" not in g and "folds_pooled" not in g and g["mean"]["splits"] == 2
assert [(e["split"], e["fold"]) for e in g["mean"]["views"]["c2"]["each"]] == [("cv1", 0), ("cv1", 1), ("cv1", 2), ("cv2", 0)]' ||
    fail "models of two splits: another report"
expect 0 "" "$DRAGNET" evaluate a.h5 --models "${models[@]}" --replicates 5
grep -q "of 2 splits of pair set 'known'" out.txt || fail "the table does not name two splits"
grep -q "pooled" out.txt && fail "folds of several splits are pooled"
expect 64 "of several splits" "$DRAGNET" evaluate a.h5 --models "${models[@]}" --replicates 0 --scores several.tsv
nothing_left several.tsv

# ---- baselines alone: popularity is fitted in each fold ----
expect 0 "" ranks 3 evaluate a.h5 --baselines --split cv1 --pool 3 --replicates 40 --json
python3 -c 'import json
b, g = json.load(open("out.txt")), json.load(open("folds1.json"))
assert "model" not in b and "model" not in b["mean"] and b["folds_pooled"] == 3
assert b["mean"]["baselines"] == g["mean"]["baselines"] and b["mean"]["views"]["c3"]["baselines"] == g["mean"]["views"]["c3"]["baselines"]
assert b["baselines"] == g["baselines"]' || fail "baselines of three folds differ from those beside the models"
expect 0 "" "$DRAGNET" evaluate a.h5 --baselines --split cv1 --pool 3 --replicates 5 --part validation
grep -q "WARNING: threshold and calibration come from these pairs" out.txt || fail "validation rows are evaluated without a warning"

# ---- the benchmark of accuracy, which trains, evaluates and goes on ----
bench=(python3 "$ROOT/tests/bench/gener_accuracy.py" "$ROOT" --program "$DRAGNET" --dataset a.h5 --out bench --folds 3 --only 1
    --allow-small --replicates 10)
expect 0 "train: done" "${bench[@]}" -- --epochs 1 --batch 64 --shards 1
cp out.txt table.md
for line in 'Negatives: given' '| AUROC | all (' '| network, default recipe | 0.' '| network, published recipe | 0.' '| popularity | 0.' \
    '| published - best baseline | ' 'Mean over 1 of 3 folds of genes; clean'; do
    grep -qF "$line" table.md || fail "no '$line' in the table of the benchmark"
done
expect 0 "train: already complete" "${bench[@]}" -- --epochs 1 --batch 64 --shards 1
grep -q "train: done" err.txt && fail "the benchmark trains finished models anew"
cmp -s out.txt table.md || fail "the benchmark started again gives another table"
expect 1 "exit code 73" "${bench[@]}" -- --epochs 2 --batch 64 --shards 1

# ---- what is refused ----
expect 64 "are both of fold 1 of split 'cv1'" ranks 2 evaluate a.h5 --models "${models[@]}" r1.1/model.h5
expect 64 "goes with one --model" "$DRAGNET" evaluate a.h5 --models "${models[@]}" --pairs known
expect 64 "goes with one --model" "$DRAGNET" evaluate a.h5 --baselines --split cv1 --pool 3 --pairs known
expect 66 "nowhere.h5" ranks 2 evaluate a.h5 --models "${models[@]}" nowhere.h5
expect 64 "has 3 folds" ranks 2 evaluate a.h5 --baselines --split cv1 --pool 4
expect 0 "" "$DRAGNET" synth --genes 120 --samples 10 --pairs 7000 --missing 0.1 --seed 4 -o b.h5
expect 0 "" "$DRAGNET" split b.h5 --pairs known --name cv1 --kind kfold --by genes --folds 3 --allow-small
expect 65 "trained on other genes or training pairs" ranks 2 evaluate b.h5 --models "${models[@]:0:3}"
finish
