#!/usr/bin/env bash
# screen_genes.sh - the best pairs of genes: against the scores of evaluate, on any ranks and threads, both precisions, lists and single
# genes, decoys and genes without values, four classes, edges into a network, mistakes
. "$(dirname "$0")/lib.sh"

# 160 genes of 20 samples, gene 7 without values, three decoys; a third of the pairs labelled by the sign of a product
awk 'BEGIN {
    srand(5); line = "id"
    for (s = 0; s < 20; s++) line = line "\ts" s
    print line > "x.tsv"
    for (g = 0; g < 160; g++) {
        line = (g % 53 == 1 ? "decoy" : "g") g
        for (s = 0; s < 20; s++) { v[g, s] = int(2000 * rand() - 1000) / 500; line = line "\t" (g == 7 ? "NA" : v[g, s]) }
        print line > "x.tsv"
    }
    for (a = 0; a < 160; a++) for (b = a + 1; b < 160; b++) if (rand() < 0.33)
        print (a % 53 == 1 ? "decoy" : "g") a "," (b % 53 == 1 ? "decoy" : "g") b "," (v[a, 0] * v[b, 0] + v[a, 1] * v[b, 1] > 0.4 * rand()) > "p.csv"
}'
expect 0 "" "$DRAGNET" import -o d.h5 --expression x.tsv --pairs p=p.csv --decoys 'decoy*'
expect 0 "" "$DRAGNET" split d.h5 --pairs p --name warm --fractions 0.6,0.2,0.2 --seed 1
expect 0 "" ranks 2 train gener d.h5 --split warm -o run --epochs 4 --batch 64 --shards 4
known=$(wc -l <p.csv)
screen=(screen d.h5 --model run/model.h5)

# ---- the same files on any number of ranks and threads, and from candidates ----
for n in 1 4; do
    expect 0 "" ranks $n "${screen[@]}" -o s$n --top 50 --prevalence 0.05
    for f in screen.tsv edges.tsv config.json summary.json; do
        cmp -s s1/$f s$n/$f || fail "another $f on $n ranks"
    done
    [ -z "$(command -v h5diff)" ] || h5diff s1/screen.h5 s$n/screen.h5 /screen /screen >diff.txt || fail "another screen.h5 on $n ranks"
done
OMP_NUM_THREADS=2 expect 0 "" ranks 2 "${screen[@]}" -o threads --top 50 --prevalence 0.05
cmp -s s1/screen.tsv threads/screen.tsv || fail "other hits with two threads"
expect 0 "already complete" "$DRAGNET" "${screen[@]}" -o s1 --top 50 --prevalence 0.05
expect 73 "made with other options" "$DRAGNET" "${screen[@]}" -o s1 --top 51
"$DRAGNET" "${screen[@]}" -o narrow --top 50 --prevalence 0.05 --precision bf16 >out.txt 2>err.txt
code=$?
if [ $code = 0 ]; then
    cmp -s s1/screen.tsv narrow/screen.tsv || fail "bf16 gives another list"
    grep -q 'logits differ by at most' out.txt || fail "bf16 does not say how near it is: $(cat out.txt)"
else
    [ $code = 69 ] && grep -q 'no products in bfloat16' err.txt || fail "bf16: exit code $code ($(cat err.txt))"
fi

# ---- against all pairs, and those that evaluate scores through its own path ----
printf 'g9\ng3\n# a remark\ng11\ng9\ng20\ng7\ndecoy1\n' >list.txt
expect 0 "" ranks 2 "${screen[@]}" -o all --top 1000000 --include-known
expect 0 "" ranks 2 "${screen[@]}" -o above --threshold 0.9
expect 0 "" ranks 2 "${screen[@]}" -o listed --genes list.txt --include-known
grep -q 'list.txt: 6 genes, 1 of them more than once' out.txt || fail "the list is not counted: $(cat out.txt)"
grep -q 'left out: 1 decoys, 1 genes without values' out.txt || fail "what is left out is not counted: $(cat out.txt)"
expect 0 "" ranks 3 "${screen[@]}" -o one --gene g9 --include-known --top 1000
expect 0 "" "$DRAGNET" "${screen[@]}" -o two --gene g9 --genes list.txt --include-known
expect 0 "" "$DRAGNET" "${screen[@]}" -o everyone --all-genes --include-known --top 1000000
expect 0 "" "$DRAGNET" evaluate d.h5 --model run/model.h5 --scores test.tsv --replicates 0 --json
cp out.txt evaluate.json
python3 - "$known" <<'P' || fail "the screen is not what brute force keeps"
import csv, json, math, sys
read = lambda f: list(csv.DictReader(open(f), delimiter="\t"))
known = int(sys.argv[1])
allp, every = read("all/screen.tsv"), read("everyone/screen.tsv")
pair = lambda r: frozenset((r["gene_a"], r["gene_b"]))
row = lambda rows: [(r["gene_a"], r["gene_b"], r["score"]) for r in rows]
assert len({pair(r) for r in every}) == len(every) == 160 * 159 // 2
assert sum(r["known"] != "" for r in every) == known
assert len(allp) == 156 * 155 // 2 and not any("decoy" in r["gene_a"] + r["gene_b"] or "g7" in pair(r) for r in allp)
key = lambda r: (-float(r["score"]), r["gene_a"], r["gene_b"])
assert allp == sorted(allp, key=key) and every == sorted(every, key=key)
sound = {pair(r) for r in allp}
assert row(allp) == row(r for r in every if pair(r) in sound)
new = [r for r in allp if r["known"] == ""]
assert row(read("s1/screen.tsv")) == row(new[:50])
assert row(read("above/screen.tsv")) == row(r for r in new if float(r["score"]) >= 0.9)
assert 0 < len(read("above/screen.tsv")) < len(new)
four = {"g9", "g3", "g11", "g20"}
assert row(read("listed/screen.tsv")) == row(r for r in allp if pair(r) <= four)
assert row(read("one/screen.tsv")) == row(r for r in allp if "g9" in pair(r))
assert row(read("two/screen.tsv")) == row(r for r in allp if pair(r) <= four and "g9" in pair(r))
s = json.load(open("s1/summary.json"))
assert (s["genes"], s["decoys_left_out"], s["without_values_left_out"]) == (156, 3, 1)
assert s["scored"] == len(new) and s["known"] == len(allp) - len(new) and s["kept"] == 50
# probabilities: rising with the score, shifted by the odds
c = s["calibration"]
pi, odds = c["validation_positives"] / c["validation_rows"], lambda p: p / (1 - p)
clip = lambda p: min(max(p, 1e-7), 1 - 1e-7)
for r in read("s1/screen.tsv"):
    v, p, q = (float(r[k]) for k in ("score", "probability", "probability_at_prevalence"))
    assert abs(p - 1 / (1 + math.exp(-(c["slope"] * math.log(odds(clip(v))) + c["offset"])))) < 1e-6
    o = odds(clip(p)) * odds(0.05) / odds(pi)
    assert abs(q - o / (1 + o)) < 1e-5
# test rows: the scores of evaluate, and precision from its file
score = {pair(r): float(r["score"]) for r in every}
test = read("test.tsv")
a, b = [k for k in test[0] if "gene" in k][:2]
for r in test:
    assert abs(score[frozenset((r[a], r[b]))] - float(r["probability"])) < 2e-6, r
held = [r for r in test if frozenset((r[a], r[b])) in sound]
assert s["held_out"]["rows"] == len(held)
held.sort(key=lambda r: (-score[frozenset((r[a], r[b]))], r[a], r[b]))
for k in s["held_out"]["interaction"]:
    assert abs(k["model"] - sum(int(r["label"]) for r in held[: k["k"]]) / k["k"]) < 1e-9, k
P

# ---- a layer of a network ----
expect 0 "" "$DRAGNET" import -o net.h5 --edges predicted:gene-gene=s1/edges.tsv
expect 0 "" "$DRAGNET" network net.h5 -o net --measures degree
[ "$(tail -n +2 s1/edges.tsv | wc -l)" = 50 ] || fail "edges.tsv has not 50 edges"

# ---- four classes ----
expect 0 "" "$DRAGNET" synth --genes 60 --samples 16 --pairs 1000 --seed 3 --classes 4 -o four.h5
expect 0 "" "$DRAGNET" split four.h5 --pairs known --name warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small
expect 0 "" "$DRAGNET" train gener four.h5 --split warm --epochs 2 --batch 128 --shards 4 -o run4
for n in 1 3; do
    expect 0 "" ranks $n screen four.h5 --model run4/model.h5 -o f$n --top 40
    cmp -s f1/screen.tsv f$n/screen.tsv || fail "four classes: another list on $n ranks"
done
awk -F '\t' 'NR > 1 { s = $10 + $11 + $12; if (s - $3 > 1e-6 || $3 - s > 1e-6 || s + $9 - 1 > 1e-5 || $13 == "none") bad = 1 }
    END { exit bad || NR != 41 }' f1/screen.tsv || fail "four classes: $(head -3 f1/screen.tsv)"
expect 64 "not calibrated" "$DRAGNET" screen four.h5 --model run4/model.h5 -o no --prevalence 0.1

# ---- mistakes: one line, nothing left ----
printf 'g3\nnobody\n' >bad.txt
printf 'g3\ndecoy1\n' >few.txt
expect 65 "bad.txt:2: gene 'nobody' is not in d.h5" ranks 2 "${screen[@]}" -o no --genes bad.txt
expect 65 "few.txt: no pair to screen: 1 genes, beside 1 decoys" "$DRAGNET" "${screen[@]}" -o no --genes few.txt
expect 65 "no gene 'nobody'" ranks 2 "${screen[@]}" -o no --gene nobody
expect 64 "gene 'decoy1' is a decoy: --all-genes" "$DRAGNET" "${screen[@]}" -o no --gene decoy1
expect 64 "gene 'g7' has no expression value" "$DRAGNET" "${screen[@]}" -o no --gene g7
expect 64 "--sign is for models of drug-target pairs" "$DRAGNET" "${screen[@]}" -o no --sign both
expect 65 "a model of 2 classes" "$DRAGNET" screen four.h5 --model run/model.h5 -o no
expect 66 "" "$DRAGNET" screen d.h5 --model nothing.h5 -o no
nothing_left no
finish
