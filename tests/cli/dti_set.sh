#!/usr/bin/env bash
# dti_set.sh - import --add behind a drug-target model: old pairs keep every bit of their scores; evaluate --interactions:
# another set without pairs trained on, the same report on 1 to 4 ranks, views, counts, contenders, states, mistakes
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import h5py' 2>/dev/null || PYTHON=python3

# `first`: 24 drugs, 20 targets. `second`: some of those pairs again (a few with the other label, a few with both), and
# 8 more drugs and 6 more targets. Amines activate what is rich in lysine.
"$PYTHON" - <<'P'
import random
r = random.Random(9)
drugs = [("D%d" % i, ("C" * (2 + i % 16)) + ("N" if i >= 16 else "O")) for i in range(32)]
r.shuffle(drugs)
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j % 2 else ""), k=40 + 7 * j))) for j in range(26)]
rule = lambda s, q: int("N" in s and q.count("K") > len(q) / 4) ^ (r.random() < 0.1)
head = "drug_id,SMILES,target_id,Sequence,label"
with open("first.csv", "w") as f, open("second.csv", "w") as g:
    print(head, file=f)
    print(head, file=g)
    for i, (d, s) in enumerate(drugs):
        for j, (t, q) in enumerate(targets):
            u, label = r.random(), rule(s, q)
            if i < 24 and j < 20 and u < 0.8:
                print(f"{d},{s},{t},{q},{label}", file=f)
            if u > 0.5:
                u = r.random()
                print(f"{d},{s},{t},{q},{1 - label if u < 0.1 else label}", file=g)
                if u > 0.95:
                    print(f"{d},{s},{t},{q},{1 - label}", file=g)
P
"$DRAGNET" import -o dti.h5 --interactions first=first.csv 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
expect 0 "" "$DRAGNET" split dti.h5 --interactions first --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 0 "" "$DRAGNET" split dti.h5 --interactions first --name cold --kind cold-both --fractions 0.5,0.3,0.2 --seed 2 --allow-small \
    --drug-clusters 0.9
options=(--epochs 3 --batch 32 --shards 4 --rate 0.003)
expect 0 "" ranks 2 train dti dti.h5 --split warm "${options[@]}" -o warm
expect 0 "" ranks 2 train dti dti.h5 --split cold "${options[@]}" -o cold

# ---- more drugs and targets change no bit ----
scores() { # scores DATASET SUFFIX: parts of either split, and a screen of the old drugs and targets
    local part split
    for split in warm cold; do
        for part in $([ $split = warm ] && echo validation || echo train) test; do
            expect 0 "" "$DRAGNET" evaluate "$1" --model $split/model.h5 --part $part --replicates 5 --json --scores $split.$part.$2
            "$PYTHON" - out.txt >$split.$part.json.$2 <<'P'
import json, sys
r = json.load(open(sys.argv[1]))
r.pop("dataset")
print(json.dumps(r))
P
        done
        expect 0 "" "$DRAGNET" screen "$1" --model $split/model.h5 --drugs old.drugs --targets old.targets --sign both --include-known -o screen.$split.$2
    done
}
cut -d, -f1 first.csv | tail -n +2 | sort -u >old.drugs
cut -d, -f3 first.csv | tail -n +2 | sort -u >old.targets
cp dti.h5 grown.h5
expect 0 "" "$DRAGNET" import --add -o grown.h5 --interactions second=second.csv
scores dti.h5 before
scores grown.h5 after
for f in *.before; do
    if [ -d "$f" ]; then
        cmp -s "$f/screen.tsv" "${f%before}after/screen.tsv" || fail "a screen differs once drugs and targets were added: $f"
    else
        cmp -s "$f" "${f%before}after" || fail "scores or figures differ once drugs and targets were added: $f"
    fi
done
[ -d screen.cold.after ] && [ -s cold.train.after ] && [ -s warm.test.json.after ] || fail "nothing was compared"

# ---- the other set ----
for n in 1 2 3 4; do
    expect 0 "" ranks $n evaluate grown.h5 --model warm/model.h5 --interactions second --replicates 30 --json --scores second$n.tsv
    mv out.txt second$n.json
    cmp -s second1.json second$n.json && cmp -s second1.tsv second$n.tsv || fail "another report on $n ranks"
done
expect 0 "" "$DRAGNET" evaluate grown.h5 --split warm --export-rows rows.tsv
"$PYTHON" - second1.json second1.tsv rows.tsv second.csv warm.test.after warm.validation.json.after <<'P' || fail "the set is not evaluated as it should be"
import csv, json, sys
r = json.load(open(sys.argv[1]))
got = {(x["drug"], x["target"]): x for x in csv.DictReader(open(sys.argv[2]), delimiter="\t")}
part = {(x["drug"], x["target"]): (x["part"], x["label"]) for x in csv.DictReader(open(sys.argv[3]), delimiter="\t")}
second = {}
for x in csv.DictReader(open(sys.argv[4])):
    second.setdefault((x["drug_id"], x["target_id"]), set()).add(x["label"])
both = [k for k, v in second.items() if len(v) == 2]
second = {k: min(v) for k, v in second.items() if len(v) == 1}
trained = [k for k in second if part.get(k, ("",))[0] == "train"]
want = {k: v for k, v in second.items() if k not in trained}
assert {k: x["label"] for k, x in got.items()} == want, (len(got), len(want))
other = sum(part[k][1] != second[k] for k in trained)
assert both and other and len(trained) > other
left = {"trained_on": len(trained), "trained_on_with_other_label": other, "two_labels": len(both), "between_parts": 0}
assert r["left_out"] == left, (r["left_out"], left)
assert r["also_in_validation"] == sum(part.get(k, ("",))[0] == "validation" for k in want) > 0
assert r["interactions"] == "second" and r["trained_on_interactions"] == "first" and "part" not in r and r["split"] == "warm"
drugs, targets = ({k[i] for k, v in part.items() if v[0] == "train"} for i in (0, 1))
for k, x in got.items():
    view = "warm" if k[0] in drugs and k[1] in targets else "cold_drug" if k[1] in targets else "cold_target" if k[0] in drugs else "cold_both"
    assert x["class"] == view, (k, x["class"], view)
assert {x["class"] for x in got.values()} == {"warm", "cold_drug", "cold_target", "cold_both"}
same = 0  # a pair scores what it scores as a test row, by the model and by every baseline
for x in csv.DictReader(open(sys.argv[5]), delimiter="\t"):
    y = got.get((x["drug"], x["target"]))
    if y is not None:
        x.pop("label")
        assert all(x[c] == y[c] for c in x), (x, y)
        same += 1
assert same > 10
# threshold and calibration are those of the validation rows
v = json.load(open(sys.argv[6]))
assert r["threshold"] == v["threshold"] and r["model"]["calibrated"]["slope"] == v["model"]["calibrated"]["slope"]
up = [float(x["probability"]) for x in got.values() if x["label"] == "1"]
down = [float(x["probability"]) for x in got.values() if x["label"] == "0"]
above = sum((u > d) + (u == d) / 2 for u in up for d in down) / len(up) / len(down)
assert abs(above - r["model"]["auroc"]) < 1e-6
P
expect 0 "" "$DRAGNET" evaluate grown.h5 --model cold/model.h5 --interactions second --replicates 5
grep -q "^interactions 'second' (trained on split 'cold' of 'first'): " out.txt && grep -q '^left out: [0-9]* trained on ([0-9]* of them with the other label), ' out.txt &&
    grep -q '^WARNING: [0-9]* of the pairs are validation pairs' out.txt || fail "the table does not say what was evaluated: $(head -4 out.txt)"
# its own set: what was not trained on
expect 0 "" "$DRAGNET" evaluate grown.h5 --model warm/model.h5 --interactions first --replicates 5 --json --scores own.tsv
[ "$(tail -n +2 own.tsv | wc -l)" = "$(grep -cE '	(validation|test)$' rows.tsv)" ] || fail "not all rows of the own set that were not trained on"
# baselines alone are those beside the model
expect 0 "" "$DRAGNET" evaluate grown.h5 --baselines --split warm --interactions second --replicates 30 --json
"$PYTHON" - out.txt second1.json <<'P' || fail "the baselines alone differ from those beside a model"
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
assert a["baselines"] == b["baselines"] and a["left_out"] == b["left_out"] and "model" not in a
P
# a contender's score counts for a pair that is of validation and of the set
"$PYTHON" - second1.tsv rows.tsv >contender.tsv <<'P'
import csv, sys
pairs = {(x["drug"], x["target"]) for x in csv.DictReader(open(sys.argv[1]), delimiter="\t")}
pairs |= {(x["drug"], x["target"]) for x in csv.DictReader(open(sys.argv[2]), delimiter="\t") if x["part"] == "validation"}
print("drug\ttarget\tscore")
for i, (d, t) in enumerate(sorted(pairs)):
    print(d, t, i % 7, sep="\t")
P
expect 0 "" ranks 2 evaluate grown.h5 --model warm/model.h5 --interactions second --replicates 5 --contender they=contender.tsv --scores they.tsv
"$PYTHON" - they.tsv contender.tsv <<'P' || fail "the contender is not shown with its scores"
import csv, sys
score = {(x["drug"], x["target"]): float(x["score"]) for x in csv.DictReader(open(sys.argv[2]), delimiter="\t")}
rows = list(csv.DictReader(open(sys.argv[1]), delimiter="\t"))
assert rows and all(float(x["they"]) == score[x["drug"], x["target"]] for x in rows)
P

# ---- stored states: of targets that came later, only those of the set need be there ----
cat >states.py <<'P'
# states.py OUT KEEP: states by hand of the targets of grown.h5, whose number KEEP (in i) takes
import sys, zlib
import h5py
import numpy as np

with h5py.File("grown.h5") as f:
    text, at = f["targets/sequence/bytes"][:].tobytes().decode(), f["targets/sequence/offsets"][:]
sequences = [text[a:b] for i, (a, b) in enumerate(zip(at, at[1:])) if eval(sys.argv[2])]
states = [np.random.default_rng(zlib.crc32(s.encode())).standard_normal((len(s), 6)).astype("f4") for s in sequences]
with h5py.File(sys.argv[1], "w") as f:
    f.attrs.update(schema="dragnet.states", schema_version="1.3", program="states.py", complete=1, encoder="made")
    f["proteins/sequence/bytes"] = np.frombuffer("".join(sequences).encode(), "u1")
    f["proteins/sequence/offsets"] = np.concatenate([[0], np.cumsum([len(s) for s in sequences])]).astype("i8")
    f["proteins/state_at"] = f["proteins/sequence/offsets"][:]
    f["proteins/state"] = np.concatenate(states)
P
if "$PYTHON" -c 'import h5py' 2>/dev/null; then
    old=$(wc -l <old.targets)
    "$PYTHON" states.py old.h5 "i < $old"
    "$PYTHON" states.py all.h5 True
    "$PYTHON" states.py odd.h5 "i < $old or i % 2 == 1"
    odd=$("$PYTHON" - $old <<'P'
import h5py, sys
with h5py.File("grown.h5") as f:
    text, at = f["targets/id/bytes"][:].tobytes().decode(), f["targets/id/offsets"][:]
print("|".join(text[a:b] for i, (a, b) in enumerate(zip(at, at[1:])) if i < int(sys.argv[1]) or i % 2 == 1))
P
    )
    grep -E "^drug_id|,($odd),[A-Z]*,[01]$" second.csv >third.csv
    cp grown.h5 third.h5
    expect 0 "" "$DRAGNET" import --add -o third.h5 --interactions third=third.csv
    expect 0 "" ranks 2 train dti dti.h5 --split warm "${options[@]}" --encoder ./old.h5 -o stored
    expect 0 "" "$DRAGNET" evaluate dti.h5 --model stored/model.h5 --replicates 5 --scores stored.before
    expect 0 "" ranks 3 evaluate third.h5 --model stored/model.h5 --replicates 5 --scores stored.after
    cmp -s stored.before stored.after || fail "stored states: old pairs score something else once targets were added"
    expect 65 "no states of " ranks 2 evaluate third.h5 --model stored/model.h5 --interactions third
    expect 65 "no states of " "$DRAGNET" screen third.h5 --model stored/model.h5 -o nothing
    for n in 1 3; do
        expect 0 "" ranks $n evaluate third.h5 --model stored/model.h5 --interactions third --encoder ./odd.h5 --replicates 5 --scores odd$n.tsv
        cmp -s odd1.tsv odd$n.tsv || fail "stored states: other scores on $n ranks"
    done
    expect 0 "" "$DRAGNET" evaluate third.h5 --model stored/model.h5 --interactions third --encoder ./all.h5 --replicates 5 --scores all.tsv
    cmp -s odd1.tsv all.tsv || fail "states that no row reads change the scores"
    grep -q cold_target odd1.tsv || fail "no target of the set is new"
else
    echo "# no h5py: stored states are left out"
fi

# ---- mistakes ----
evaluate=("$DRAGNET" evaluate grown.h5 --model warm/model.h5)
expect 65 "no set of interactions 'third'" "${evaluate[@]}" --interactions third
expect 65 "'$(printf %0300d 1)'" "${evaluate[@]}" --interactions "$(printf %0300d 1)"
expect 64 "--interactions excludes --part" "${evaluate[@]}" --interactions second --part test
expect 64 "is --interactions second" "${evaluate[@]}" --pairs second
expect 64 "--interactions takes one --model" "$DRAGNET" evaluate grown.h5 --models warm/model.h5 cold/model.h5 --interactions second
grep -E '^drug_id|,' first.csv | head -1 >trained.csv
awk -F'\t' 'NR > 1 && $6 == "train" {print $1 "," $4 "," $2 "," $5 "," $3}' rows.tsv >>trained.csv
expect 0 "" "$DRAGNET" import --add -o grown.h5 --interactions trained=trained.csv
expect 65 "no pair that was not trained on" "${evaluate[@]}" --interactions trained
expect 0 "" "$DRAGNET" synth --genes 60 --samples 20 --pairs 900 --seed 1 -o genes.h5
expect 0 "" "$DRAGNET" split genes.h5 --pairs known --name s --kind random --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 0 "" "$DRAGNET" train gener genes.h5 --split s --epochs 1 --batch 64 -o gener
expect 64 "--interactions is for drug-target pairs" "$DRAGNET" evaluate genes.h5 --model gener/model.h5 --interactions second
expect 0 "" "$DRAGNET" import --add -o genes.h5 --interactions first=first.csv
expect 0 "" "$DRAGNET" split genes.h5 --interactions first --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 65 "'known' is a set of gene pairs" ranks 2 evaluate genes.h5 --model warm/model.h5 --interactions known
expect 64 "--interactions is for drug-target pairs" "$DRAGNET" evaluate genes.h5 --baselines --split s --interactions first
# a dataset in which the model's drugs are not the first ones
expect 0 "" "$DRAGNET" import -o turned.h5 --interactions second=second.csv --interactions first=first.csv
expect 0 "" "$DRAGNET" split turned.h5 --interactions first --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 65 "trained on other drugs, targets or training rows" "$DRAGNET" evaluate turned.h5 --model warm/model.h5
head -200 first.csv >few.csv
expect 0 "" "$DRAGNET" import -o few.h5 --interactions first=few.csv
expect 0 "" "$DRAGNET" split few.h5 --interactions first --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 65 "was trained beside" "$DRAGNET" evaluate few.h5 --model warm/model.h5
finish
