#!/usr/bin/env bash
# dti_repeats.sh - models of several folds and splits together; scores of other people's models on the exported rows
. "$(dirname "$0")/lib.sh"

dti_dataset

# ---- repeats: the same folds under another seed; the mean, by hand ----
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name drugs --kind kfold --by drugs --folds 3 --seed 1 --allow-small
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name again --kind kfold --by drugs --folds 3 --seed 2 --allow-small
models=()
for s in drugs again; do
    for f in 0 2; do
        expect 0 "" ranks 2 train dti dti.h5 --split $s --fold $f --epochs 3 --batch 32 --shards 4 --rate 0.003 --atoms published --joint 16 -o $s$f
        expect 0 "" "$DRAGNET" evaluate dti.h5 --model $s$f/model.h5 --replicates 0 --json
        mv out.txt one.$s$f.json
        models+=("$s$f/model.h5")
    done
done
for n in 1 3; do
    expect 0 "" ranks $n evaluate dti.h5 --models "${models[@]}" --replicates 60 --json
    mv out.txt mean$n.json
done
cmp -s mean1.json mean3.json || fail "the mean over models: other figures on 3 ranks"
python3 - mean1.json one.drugs0.json one.drugs2.json one.again0.json one.again2.json <<'P' || fail "the mean over models is not that of their reports"
import json, sys
m, *one = (json.load(open(p)) for p in sys.argv[1:])
assert m["splits"] == 2 and "model" not in m and "views" not in m and "folds_pooled" not in m
m = m["mean"]
assert m["models"] == m["counted"] == 4 and m["splits"] == 2 and m["drugs"] <= 40
assert [(e["split"], e["fold"]) for e in m["each"]] == [("drugs", 0), ("drugs", 2), ("again", 0), ("again", 2)]
for key in "auroc", "ap":
    model = [r["model"][key] for r in one]
    assert abs(m["model"][key] - sum(model) / 4) < 1e-12
    for name, b in m["baselines"].items():
        base = [r["baselines"][name][key] for r in one]
        d = m["difference"][name]
        assert abs(b[key] - sum(base) / 4) < 1e-12 and abs(d[key] - sum(x - y for x, y in zip(model, base)) / 4) < 1e-12
        lo, hi = d["ci95"][key]
        assert lo <= hi and b["ci95"][key][0] <= b["ci95"][key][1]
        assert d["beaten"] == ("true" if d["ci95"]["auroc"][0] > 0 else "false" if d["ci95"]["auroc"][1] < 0 else "undecided")
want = max(m["baselines"], key=lambda n: sum(r["baselines"][n]["validation_auroc"] for r in one))
assert m["best_baseline"] == want, want
P
expect 0 "" "$DRAGNET" evaluate dti.h5 --models "${models[@]}" --replicates 5
grep -q "^Mean over 4 models of 2 splits" out.txt || fail "the table does not say of how many splits it is"
grep -q "pooled" out.txt && fail "folds of several splits are pooled"
expect 64 "of several splits" "$DRAGNET" evaluate nowhere.h5 --models "${models[@]}" --replicates 0 --scores several.tsv
nothing_left several.tsv
expect 0 "" "$DRAGNET" evaluate dti.h5 --models drugs0/model.h5 drugs2/model.h5 --replicates 5
grep -q "^Mean over 2 models of 1 split," out.txt || fail "no mean beside the pooled folds"
grep -q "^2 folds pooled" out.txt || fail "folds of one split are not pooled"
expect 64 "are both of fold 2 of split 'again'" ranks 2 evaluate dti.h5 --models "${models[@]}" again2/model.h5

# ---- exported rows ----
expect 0 "" ranks 2 evaluate dti.h5 --split drugs --export-rows rows.tsv
expect 73 "--force" "$DRAGNET" evaluate dti.h5 --split drugs --export-rows rows.tsv
expect 0 "" "$DRAGNET" evaluate dti.h5 --split drugs --fold 2 --export-rows rows2.tsv
expect 0 "" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --replicates 0 --scores own.tsv
python3 - table.csv <<'P' || fail "exported rows are not those of the table and the split"
import csv, random, sys
table = {(r["drug_id"], r["target_id"]): r for r in csv.DictReader(open(sys.argv[1]))}
rows, rows2, own = (list(csv.DictReader(open(p), delimiter="\t")) for p in ("rows.tsv", "rows2.tsv", "own.tsv"))
assert list(rows[0]) == ["drug", "target", "label", "smiles", "sequence", "part_0", "part_1", "part_2"] and len(rows) == len(table)
assert list(rows2[0])[5:] == ["part"]
for r, two in zip(rows, rows2):
    t = table[r["drug"], r["target"]]
    assert (r["smiles"], r["sequence"], r["label"]) == (t["SMILES"], t["Sequence"], t["label"])
    assert r["part_2"] == two["part"] and sorted(r[f"part_{f}"] for f in range(3)) == ["test", "train", "validation"]
assert [(r["drug"], r["target"]) for r in rows2 if r["part"] == "test"] == [(r["drug"], r["target"]) for r in own]
# mine: every fold, other columns, another order; in fold 2 the model's own scores. own_test: those alone
score = {(r["drug"], r["target"]): r["probability"] for r in own}
r = random.Random(1)
with open("mine.tsv", "w") as mine, open("own_test.csv", "w") as test:
    print("note\tscore\tfold\ttarget\tdrug", file=mine)
    print("drug,target,score", file=test)
    for row in rows:
        for f in range(3):
            s = score[row["drug"], row["target"]] if f == 2 and row["part_2"] == "test" else r.random() + int(row["label"]) / 3
            if row[f"part_{f}"] != "train":
                print("x", s, f, row["target"], row["drug"], sep="\t", file=mine)
        if row["part_2"] == "test":
            print(row["drug"], row["target"], score[row["drug"], row["target"]], sep=",", file=test)
P
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.6,0.2,0.2 --allow-small
expect 0 "" "$DRAGNET" evaluate dti.h5 --split warm --export-rows warm.tsv
[ "$(head -1 warm.tsv | cut -f6-)" = part ] || fail "a split without folds has other columns: $(head -1 warm.tsv)"
expect 0 "" "$DRAGNET" synth --genes 60 --samples 12 --pairs 900 --seed 3 -o genes.h5
expect 0 "" "$DRAGNET" split genes.h5 --pairs known --name w --fractions 0.6,0.2,0.2 --allow-small
expect 65 "divides pairs of genes" ranks 2 evaluate genes.h5 --split w --export-rows x.tsv
printf 'drug_id,SMILES,target_id,Sequence,label\n"D\t1",CCO,T1,MKVA,1\nD2,CCC,T2,MKVC,0\nD3,CCN,T1,MKVA,0\n' >tab.csv
expect 0 "" "$DRAGNET" import -o tab.h5 --interactions t=tab.csv
expect 0 "" "$DRAGNET" split tab.h5 --interactions t --name s --allow-small
expect 65 "the id of drug 0 has a tab" ranks 2 evaluate tab.h5 --split s --export-rows x.tsv
nothing_left x.tsv

# ---- somebody else's scores on these rows ----
for n in 1 3; do
    expect 0 "" ranks $n evaluate dti.h5 --model drugs2/model.h5 --contender mine=mine.tsv copy=own_test.csv --replicates 30 --json --scores beside$n.tsv
    mv out.txt beside$n.json
done
cmp -s beside1.json beside3.json && cmp -s beside1.tsv beside3.tsv || fail "contenders: other figures on 3 ranks"
python3 - <<'P' || fail "the model's own scores do not stand as an equal contender"
import csv, json
r, one = json.load(open("beside1.json")), json.load(open("one.drugs2.json"))
for name in "mine", "copy":  # the same scores, but for nine digits
    d = r["difference"][name]
    assert abs(r["baselines"][name]["auroc"] - r["model"]["auroc"]) < 1e-3 and abs(d["auroc"]) < 1e-3
    assert d["ci95"]["auroc"][0] <= 0 <= d["ci95"]["auroc"][1] and d["beaten"] == "undecided"
assert list(r["baselines"])[-2:] == ["mine", "copy"]
assert "calibrated" in r["baselines"]["mine"] and "macro_f1" in r["baselines"]["mine"]
assert "calibrated" not in r["baselines"]["copy"] and "macro_f1" not in r["baselines"]["copy"]  # no validation scores
assert r["baselines"]["copy"]["validation_auroc"] is None and r["best_baseline"] != "copy"
for name, b in one["baselines"].items():
    assert r["baselines"][name]["auroc"] == b["auroc"]
rows = list(csv.DictReader(open("beside1.tsv"), delimiter="\t"))
assert all(abs(float(x["copy"]) - float(x["probability"])) < 1e-8 for x in rows)
P
expect 0 "" "$DRAGNET" evaluate dti.h5 --models drugs0/model.h5 drugs2/model.h5 --contender mine=mine.tsv --replicates 20 --json
python3 -c 'import json
m = json.load(open("out.txt"))
assert "mine" in m["mean"]["difference"] and "mine" in m["difference"] and m["mean"]["models"] == 2' || fail "no contender beside several models"
expect 0 "" "$DRAGNET" evaluate dti.h5 --baselines --split drugs --pool 3 --contender mine=mine.tsv --replicates 5

# ---- what is refused ----
expect 65 "mine.tsv: has no column 'split'" "$DRAGNET" evaluate dti.h5 --models "${models[@]}" --contender mine=mine.tsv
expect 65 "own_test.csv: has no column 'fold'" ranks 2 evaluate dti.h5 --models drugs0/model.h5 drugs2/model.h5 --contender c=own_test.csv
sed 5d own_test.csv >short.csv
drug=$(sed -n 5p own_test.csv | cut -d, -f1)
expect 65 "short.csv: no score for drug $drug and target" ranks 3 evaluate dti.h5 --model drugs2/model.h5 --contender c=short.csv
grep -q "row [0-9]* of interactions 'all', split 'drugs', fold 2" err.txt || fail "the missing row is not named: $(cat err.txt)"
pair=$(awk -F'\t' '$6 == "validation" {print $2 "\t" $1; exit}' rows2.tsv)
grep -v "	2	$pair\$" mine.tsv >hole.tsv
expect 65 "validation row" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender c=hole.tsv
(cat own_test.csv; tail -1 own_test.csv) >double.csv
expect 65 "double.csv:$(grep -c '' double.csv): a second score for drug" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender c=double.csv
sed '3s/[^,]*$/nan/' own_test.csv >nan.csv
expect 65 "nan.csv:3: score 'nan' is not a finite number" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender c=nan.csv
sed '4s/,[^,]*$//' own_test.csv >torn.csv
expect 65 "torn.csv:4: 2 columns" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender c=torn.csv
: >empty.tsv
expect 65 "empty.tsv: has no column 'drug'" ranks 2 evaluate dti.h5 --model drugs2/model.h5 --contender c=empty.tsv
expect 66 "nowhere.tsv" ranks 2 evaluate dti.h5 --model drugs2/model.h5 --contender c=nowhere.tsv
expect 64 "wanted NAME=FILE" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender mine.tsv
expect 64 "is the name of one that is there already" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender history=mine.tsv
expect 64 "more than 4 names" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --contender a=x b=x c=x d=x e=x
expect 64 "--contender is for drug-target pairs" "$DRAGNET" evaluate genes.h5 --baselines --split w --contender c=x.tsv
expect 64 "--export-rows evaluates nothing" "$DRAGNET" evaluate dti.h5 --model drugs2/model.h5 --export-rows x.tsv
expect 64 "--split is missing" "$DRAGNET" evaluate dti.h5 --export-rows x.tsv
nothing_left x.tsv
finish
