#!/usr/bin/env bash
# screen.sh - the best of all drug-target pairs: against brute force, 1 to 4 ranks, signed edges into a network,
# mistakes; the real table when it is there
. "$(dirname "$0")/lib.sh"

# 24 drugs, 20 targets, three quarters of the pairs labelled; amines activate what is rich in lysine
python3 - >table.csv <<'P'
import random
r = random.Random(1)
drugs = [("D%d" % i, ("C" * (2 + i % 12)) + ("N" if i >= 12 else "O")) for i in range(24)]
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j >= 10 else ""), k=40 + 7 * j))) for j in range(20)]
print("drug_id,SMILES,target_id,Sequence,label")
for d, s in drugs:
    for t, q in targets:
        label = int("N" in s) if r.random() < 0.1 else int("N" in s and q.count("K") > len(q) / 4)
        if r.random() < 0.75:
            print(f"{d},{s},{t},{q},{label}")
P
"$DRAGNET" import -o dti.h5 --interactions all=table.csv 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
expect 0 "" "$DRAGNET" import --force -o dti.h5 --interactions all=table.csv
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --force
expect 0 "" ranks 2 train dti dti.h5 --split warm --epochs 8 --batch 32 --shards 4 --rate 0.003 -o run
known=$(($(wc -l <table.csv) - 1))
screen=(screen dti.h5 --model run/model.h5)

# ---- the same files on any number of ranks ----
for n in 1 2 3 4; do
    expect 0 "" ranks $n "${screen[@]}" -o s$n --sign both --top 25 --prevalence 0.05
    for f in screen.tsv edges.tsv config.json summary.json; do
        cmp -s s1/$f s$n/$f || fail "another $f on $n ranks"
    done
    [ -z "$(command -v h5diff)" ] || h5diff s1/screen.h5 s$n/screen.h5 /screen /screen >diff.txt || fail "another screen.h5 on $n ranks"
done
OMP_NUM_THREADS=2 ranks 2 "${screen[@]}" -o threads --sign both --top 25 --prevalence 0.05 >out.txt 2>err.txt || fail "with threads: $(cat err.txt)"
cmp -s s1/screen.tsv threads/screen.tsv || fail "other hits with two threads"

# ---- against all pairs, and those that evaluate scores through its own path ----
expect 0 "" "$DRAGNET" "${screen[@]}" -o all --top 100000 --include-known
expect 0 "" "$DRAGNET" "${screen[@]}" -o perdrug --per-drug 2
expect 0 "" "$DRAGNET" "${screen[@]}" -o pertarget --per-target 3 --sign inhibition
expect 0 "" "$DRAGNET" evaluate dti.h5 --model run/model.h5 --scores test.tsv --json
cp out.txt evaluate.json
python3 - "$known" <<'P' || fail "the screen is not what brute force keeps"
import csv, json, math, sys
read = lambda f: list(csv.DictReader(open(f), delimiter="\t"))
known = int(sys.argv[1])
allp = read("all/screen.tsv")
assert len(allp) == 24 * 20 and len({(r["drug_id"], r["target_id"]) for r in allp}) == 480
assert sum(r["known"] != "" for r in allp) == known
key = lambda r: (-float(r["score"]), r["drug_id"], r["target_id"])
low = lambda r: (float(r["score"]), r["drug_id"], r["target_id"])
assert allp == sorted(allp, key=key)
new = [r for r in allp if r["known"] == ""]
pair = lambda rows: [(r["drug_id"], r["target_id"], r["score"]) for r in rows]
both = read("s1/screen.tsv")
up = sorted((r for r in new if float(r["score"]) >= 0.5), key=key)[:25]
down = sorted((r for r in new if float(r["score"]) < 0.5), key=low)[:25]
assert pair(both) == pair(up + down) and up and down
assert [r["sign"] for r in both] == ["+1"] * len(up) + ["-1"] * len(down)
def each(rows, column, k):
    seen, out = {}, []
    for r in rows:
        seen[r[column]] = seen.get(r[column], 0) + 1
        if seen[r[column]] <= k:
            out.append(r)
    return out
assert pair(read("perdrug/screen.tsv")) == pair(each(sorted(new, key=key), "drug_id", 2))
assert pair(read("pertarget/screen.tsv")) == pair(each(sorted(new, key=low), "target_id", 3))
# probabilities: rising with the score, shifted by the odds
summary = json.load(open("s1/summary.json"))
c = summary["calibration"]
pi = c["validation_positives"] / c["validation_rows"]
odds = lambda p: p / (1 - p)
for r in both:
    s, p, q = (float(r[k]) for k in ("score", "probability", "probability_at_prevalence"))
    want = 1 / (1 + math.exp(-(c["slope"] * math.log(odds(s)) + c["offset"])))
    assert abs(p - want) < 1e-7, (p, want)
    assert abs(odds(q) / (odds(p) * odds(0.05) / odds(pi)) - 1) < 1e-6
# test rows: the scores of evaluate, and precision from its file
test = read("test.tsv")
score = {(r["drug_id"], r["target_id"]): float(r["score"]) for r in allp}
name = [k for k in test[0] if k in ("model", "score", "probability")][0]
drug, target = list(test[0])[:2]
assert all(abs(score[r[drug], r[target]] - float(r[name])) < 1e-8 for r in test)
held = summary["held_out"]
assert held["rows"] == len(test) and held["activations"] == sum(int(r["label"]) for r in test)
ranked = sorted(test, key=lambda r: (-float(r[name]), r[drug], r[target]))
for row in held["activation"]:
    assert abs(row["model"] - sum(int(r["label"]) for r in ranked[:row["k"]]) / row["k"]) < 1e-12
    assert abs(row["share"] - held["activations"] / held["rows"]) < 1e-12
best = json.load(open("evaluate.json"))["best_baseline"]
assert held["best_baseline"] == best
ranked = sorted(test, key=lambda r: (-float(r[best]), r[drug], r[target]))
for row in held["activation"]:
    assert abs(row["baseline"] - sum(int(r["label"]) for r in ranked[:row["k"]]) / row["k"]) < 1e-12
P

# ---- signed edges into a network ----
expect 0 "activating" "$DRAGNET" import -o net.h5 --edges predicted=s1/edges.tsv
grep -q "(table, drug to gene)" err.txt || fail "edges.tsv is not seen as drug to gene: $(cat err.txt)"
for sign in +1:activating -1:inhibiting; do
    want=$(cut -f6 s1/screen.tsv | grep -cF -- "${sign%:*}")
    grep -qE "${sign#*:} +$want\$" err.txt || fail "import sees other than $want ${sign#*:}: $(cat err.txt)"
done
expect 0 "" ranks 2 network net.h5 -o net --measures degree,pagerank --weights
grep -q "activating" out.txt || fail "the network knows no signs: $(head -5 out.txt)"

# ---- some drugs and targets; finished, in the way ----
printf '# chosen\nD13\nD1\tanother column\nD13\n' >drugs.txt
printf 'T12\nT3\n' >targets.txt
expect 0 "" ranks 3 "${screen[@]}" --drugs drugs.txt --targets targets.txt --include-known --top 7 -o some
[ "$(cut -f1 some/screen.tsv | sort -u | tr '\n' ' ')" = "D1 D13 drug_id " ] || fail "other drugs than asked: $(cat some/screen.tsv)"
[ "$(wc -l <some/screen.tsv)" = 5 ] || fail "2 x 2 pairs are not 4"
grep -q '"known_included": true' some/summary.json || fail "the summary does not say that known pairs are included"
expect 0 "already complete" "$DRAGNET" "${screen[@]}" -o s1 --sign both --top 25 --prevalence 0.05
expect 0 "" "$DRAGNET" "${screen[@]}" -o s1 --sign both --top 25 --prevalence 0.05 --json
python3 -m json.tool out.txt >/dev/null || fail "--json is no JSON"
expect 73 "made with other options" "$DRAGNET" "${screen[@]}" -o s1 --sign both --top 26
rm s2/screen.h5
expect 0 "an unfinished run is computed anew" "$DRAGNET" "${screen[@]}" -o s2 --sign both --top 25 --prevalence 0.05
cmp -s s1/screen.tsv s2/screen.tsv || fail "an unfinished screen gave other hits"
expect 0 "" "$DRAGNET" "${screen[@]}" -o s2 --force --top 3
[ "$(wc -l <s2/screen.tsv)" = 4 ] || fail "--force left the old screen"
mkdir other && echo mine >other/notes.txt
expect 73 "holds other files" "$DRAGNET" "${screen[@]}" -o other
[ "$(cat other/notes.txt)" = mine ] || fail "a file of the user was touched"

# ---- mistakes ----
printf 'D1\n\nD99\n' >bad.txt
expect 65 "bad.txt:3: dti.h5 has no drug 'D99'" ranks 2 "${screen[@]}" --drugs bad.txt -o bad
expect 65 "bad.txt:1: dti.h5 has no target 'D1'" ranks 2 "${screen[@]}" --targets bad.txt -o bad
printf '# none\n' >none.txt
expect 65 "none.txt: holds no ids" ranks 2 "${screen[@]}" --drugs none.txt -o bad
expect 66 "absent.txt" ranks 2 "${screen[@]}" --drugs absent.txt -o bad
expect 64 "--top" "$DRAGNET" "${screen[@]}" --top 0 -o bad
expect 64 "--per-drug" "$DRAGNET" "${screen[@]}" --per-drug 0 -o bad
expect 64 "exclude each other" "$DRAGNET" "${screen[@]}" --per-drug 1 --top 2 -o bad
expect 64 "--prevalence" "$DRAGNET" "${screen[@]}" --prevalence 1 -o bad
expect 64 "--sign" "$DRAGNET" "${screen[@]}" --sign positive -o bad
expect 64 "--model is missing" "$DRAGNET" screen dti.h5 -o bad
expect 64 "-o is missing" "$DRAGNET" "${screen[@]}"
expect 66 "absent.h5" "$DRAGNET" screen dti.h5 --model absent.h5 -o bad
expect 0 "" "$DRAGNET" synth --genes 60 --samples 20 --pairs 600 --seed 1 -o genes.h5
expect 0 "" "$DRAGNET" split genes.h5 --pairs known --name warm --kind random --fractions 0.6,0.2,0.2 --seed 1 --force
expect 65 "not drug-target pairs" ranks 2 screen genes.h5 --model run/model.h5 -o bad
expect 0 "" "$DRAGNET" train gener genes.h5 --split warm --epochs 1 --batch 64 -o gener
expect 65 "dti.h5: holds no genes, and gener/model.h5 is a model of pairs of genes" ranks 2 screen dti.h5 --model gener/model.h5 -o bad
expect 0 "" "$DRAGNET" import -o lacks.h5 --interactions all=table.csv
expect 65 "no split 'warm'" ranks 2 screen lacks.h5 --model run/model.h5 -o bad
expect 0 "" "$DRAGNET" split lacks.h5 --interactions all --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 2 --force
expect 65 "trained on other drugs, targets or training rows" ranks 2 screen lacks.h5 --model run/model.h5 -o bad
expect 0 "" "$DRAGNET" import -o renamed.h5 --interactions others=table.csv
expect 0 "" "$DRAGNET" split renamed.h5 --interactions others --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --force
expect 65 "trained on interactions 'all', but split 'warm' of renamed.h5 divides 'others'" ranks 2 screen renamed.h5 --model run/model.h5 -o bad
[ ! -e bad ] || fail "a refused screen left its directory"

# ---- the real table ----
REAL=$SHARED_DATA/drugtarget/activation_inhibition_raw.csv.gz
if [ -f "$REAL" ]; then
    expect 0 "" "$DRAGNET" import -o real.h5 --interactions ai="$REAL"
    expect 0 "" "$DRAGNET" split real.h5 --interactions ai --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1
    expect 0 "" ranks 2 train dti real.h5 --split warm --epochs 1 -o real
    expect 0 "" ranks 2 screen real.h5 --model real/model.h5 -o top
    grep -q "1386 drugs x 876 targets: 1214136 pairs, 6047 of them known and left out, 1208089 scored" out.txt ||
        fail "the real screen: $(head -3 out.txt)"
    [ "$(wc -l <top/screen.tsv)" = 1001 ] || fail "the real screen does not keep 1000"
else
    echo "SKIP (in part): no real table at $REAL" >&2
fi
finish
