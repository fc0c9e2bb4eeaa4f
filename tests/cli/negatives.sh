#!/usr/bin/env bash
# negatives.sh - split --negatives end to end: drawn rows, a model, a report against every kind; what is refused and removed
. "$(dirname "$0")/lib.sh"

expect 0 "" "$DRAGNET" synth --genes 150 --samples 10 --pairs 4000 --seed 3 -o a.h5
cp a.h5 b.h5
split=(split a.h5 --pairs known)

# ---- the same rows on any number of ranks ----
warm=(--name warm --negatives uniform,degree,given --seed 4)
expect 0 "kind=degree" "$DRAGNET" "${split[@]}" "${warm[@]}"
awk -F'\t' '$2 == "test" || $2 == "test/degree" || $2 == "test/given" { n++; if ($4 < 150 || $5 < 150) exit 1 } END { exit n != 3 }' out.txt ||
    fail "a kind lacks test rows: $(cat out.txt)"
expect 0 "split: done" ranks 3 split b.h5 --pairs known "${warm[@]}"
look=python3 # one that can read the file
for p in python3 /usr/bin/python3; do
    "$p" -c "import h5py" 2>/dev/null && look=$p && break
done
"$look" -c "import h5py" 2>/dev/null || echo "SKIP: no python with h5py to look at the rows"
"$look" - <<'P' || fail "the rows of a split with drawn negatives are not sound"
import sys
try:
    import h5py
except ImportError:
    sys.exit(0)
a, b = h5py.File("a.h5"), h5py.File("b.h5")
for p in "pairs/warm:rows/gene_a", "pairs/warm:rows/gene_b", "pairs/warm:rows/label", "pairs/warm:rows/origin", "splits/warm/part":
    assert (a[p][()] == b[p][()]).all(), p
rows, known, part = a["pairs/warm:rows"], a["pairs/known"], a["splits/warm/part"][0]
pair = lambda g: [tuple(sorted(x)) for x in zip(g["gene_a"][()].tolist(), g["gene_b"][()].tolist())]
positive = {p for p, l in zip(pair(known), known["label"][()]) if l}
mine, origin, label = pair(rows), rows["origin"][()], rows["label"][()]
assert len(set(mine)) == len(mine) and all(x != y for x, y in mine)
assert {p for p, l in zip(mine, label) if l} == positive
assert all(p not in positive for p, l in zip(mine, label) if not l)
# training has drawn uniform negatives alone; validation and test have them of every kind, the others 4 up
for value, kinds in (0, {1}), (1, {1}), (2, {1}), (5, {0, 2}), (6, {0, 2}):
    assert set(origin[(part == value) & (label == 0)]) == kinds, value
for value in 1, 2:
    n = (part == value) & (label == 1)
    for kind, seen in (1, value), (2, value + 4):
        assert abs(((part == seen) & (origin == kind)).sum() - n.sum()) <= 1, (value, kind)
assert a["splits/warm"].attrs["source_pairs"] in ("known", b"known")
P

# ---- a model, and its report against every kind ----
expect 0 "" "$DRAGNET" train gener a.h5 --split warm --epochs 1 --batch 64 --shards 1 -o run
for n in 1 3; do
    expect 0 "" ranks $n evaluate a.h5 --model run/model.h5 --replicates 20 --json
    mv out.txt kinds$n.json
done
cmp -s kinds1.json kinds3.json || fail "other figures on 3 ranks"
expect 0 "" "$DRAGNET" evaluate a.h5 --model run/model.h5 --replicates 0
grep -q "Against every kind of negatives" out.txt || fail "no table of the kinds"
[ "$(grep -cE '^  (uniform|degree|given) +all ' out.txt)" = 3 ] || fail "the table lacks a kind: $(cat out.txt)"
python3 - <<'P' || fail "the report against every kind is not as it should be"
import json
r = json.load(open("kinds1.json"))
assert list(r)[0] == "model" and r["trained_against"] == "uniform" and r["pairs"] == "warm:rows"
k = r["negatives"]
assert list(k) == ["uniform", "degree", "given"]
for name, v in k.items():
    assert set(v) >= {"model", "baselines", "difference", "views", "rows", "positives", "best_baseline"}, name
    assert set(v["baselines"]) == {"popularity", "correlation", "missing"}
    assert v["positives"] == r["positives"] and v["training_rows"] == r["training_rows"], name
    assert v["validation_positives"] == r["validation_positives"]
assert k["uniform"]["model"] == r["model"] and k["uniform"]["views"] == r["views"]
assert k["degree"]["model"]["auroc"] != k["uniform"]["model"]["auroc"]
assert r["left_out"]["between_parts"] == 0
P
expect 0 "" "$DRAGNET" evaluate a.h5 --model run/model.h5 --part train --replicates 0 --json
grep -q '"negatives"' out.txt && fail "training rows have one kind of negatives only"
expect 0 "" "$DRAGNET" evaluate a.h5 --model run/model.h5 --pairs known --replicates 0 --json
grep -q '"negatives"' out.txt && fail "a pair set is no split"

# ---- models of several splits, each with rows of its own ----
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name second --seed 7 --negatives uniform --allow-small
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name other --negatives degree --allow-small
for s in second other; do
    expect 0 "" "$DRAGNET" train gener a.h5 --split $s --epochs 1 --batch 64 --shards 1 -o $s
done
expect 0 "" ranks 2 evaluate a.h5 --models run/model.h5 second/model.h5 --replicates 0 --json
grep -q '"pairs": *"known"' out.txt || fail "two splits of one set are not evaluated together: $(cat out.txt)"
expect 64 "learnt against degree negatives" ranks 2 evaluate a.h5 --models run/model.h5 other/model.h5 --replicates 0
# ---- folds of genes, pooled, of every kind ----
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name cv --kind kfold --by genes --folds 3 --negatives degree,uniform --allow-small
expect 0 "" ranks 2 evaluate a.h5 --baselines --split cv --pool 3 --replicates 10 --json
python3 - out.txt <<'P' || fail "the pooled report lacks a kind"
import json, sys
r = json.load(open(sys.argv[1]))
assert list(r["negatives"]) == ["degree", "uniform"]
d, u = r["negatives"]["degree"], r["negatives"]["uniform"]
assert d["mean"] == r["mean"] and u["mean"] != r["mean"] and d["positives"] == u["positives"] == r["positives"]
assert all(u["views"][c]["rows"] > 0 for c in ("c2", "c3"))
P

# ---- a split like any other: given ones alone ----
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name plain
expect 0 "already complete" "$DRAGNET" "${split[@]}" --name plain --negatives given
expect 0 "" "$DRAGNET" evaluate a.h5 --baselines --split plain --replicates 0 --json
grep -q '"negatives"' out.txt && fail "a split of one kind reports on kinds"

# ---- what makes no sense ----
before=$(sha256sum <a.h5)
expect 0 "already complete" ranks 2 "${split[@]}" "${warm[@]}"
expect 73 "another split 'warm'" "$DRAGNET" "${split[@]}" --name warm --negatives uniform --seed 4
expect 73 "another split 'warm'" "$DRAGNET" "${split[@]}" "${warm[@]}" --negative-ratio 2
expect 64 "'random' is none of given, uniform, degree" ranks 2 "${split[@]}" --name x --negatives random
expect 64 "stands there twice" "$DRAGNET" "${split[@]}" --name x --negatives degree,degree
expect 64 "--negative-ratio goes with" "$DRAGNET" "${split[@]}" --name x --negative-ratio 2
expect 64 "rows of split 'warm'" "$DRAGNET" split a.h5 --pairs warm:rows --name x
expect 64 "go with --pairs" "$DRAGNET" split a.h5 --interactions known --name x --negatives uniform
expect 65 "there are: cv:rows, known, other:rows, second:rows, warm:rows" "$DRAGNET" split a.h5 --pairs absent --name x
[ "$before" = "$(sha256sum <a.h5)" ] || fail "a refused split changed the dataset"

# ---- what goes with what ----
have() { expect 65 "$1" "$DRAGNET" split a.h5 --pairs absent --name x; }
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name warm --force
have "there are: cv:rows, known, other:rows, second:rows"
grep -qF "warm:rows" err.txt && fail "the rows of a replaced split stayed"
expect 0 "kind=degree" "$DRAGNET" "${split[@]}" --name warm --negatives degree --negative-ratio 2 --force
awk -F'\t' '$2 == "train" && $5 < 1.8 * $4 { exit 1 }' out.txt || fail "--negative-ratio 2: $(cat out.txt)"
for i in $(seq 1 60); do echo "G$i,G$((i + 1)),$((i % 2))"; done >new.csv
expect 0 "split removed with its set" ranks 2 import -o a.h5 --add --force --pairs known=new.csv
have "there are: known"
grep -qF ":rows" err.txt && fail "the rows of a split stayed when its set was replaced: $(cat err.txt)"

# ---- a set of positives only ----
{
    printf '#BioGRID Interaction ID\tSystematic Name Interactor A\tSystematic Name Interactor B\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\tExperimental System\tExperimental System Type\tOrganism ID Interactor A\tOrganism ID Interactor B\tScore\n'
    for i in $(seq 1 140); do
        for step in 1 3 7 10; do
            printf "$i\tG$i\tG$((i + step))\t-\t-\tTwo-hybrid\tphysical\t559292\t559292\t-\n"
        done
    done
} >b.tab3.txt
expect 0 "" ranks 2 import -o b.h5 --add --pairs bio=b.tab3.txt
bio=(split b.h5 --pairs bio --fractions 0.3,0.2,0.5)
expect 65 "--negatives degree,uniform" ranks 2 "${bio[@]}" --name given --allow-small
expect 65 "b.h5: pair set 'bio' holds positives only" "$DRAGNET" "${bio[@]}" --name given --negatives uniform,given
expect 0 "kind=uniform" ranks 2 "${bio[@]}" --name drawn --negatives degree,uniform
awk -F'\t' '$2 == "test" || $2 == "test/uniform" { n++; if ($4 != 280 || $5 != 280) exit 1 } END { exit n != 2 }' out.txt ||
    fail "a set of positives only: $(cat out.txt)"
finish
