#!/usr/bin/env bash
# classes.sh - four classes from generated data to figures per class: same bits on any ranks, every class well above chance,
# classes balanced, mistakes
. "$(dirname "$0")/lib.sh"

digest() { # of every dataset of a file; attributes (time, command) are left out
    h5dump -A 0 -y "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

synth=(synth --genes 200 --samples 24 --pairs 6000 --seed 3 --classes 4)
split=(--pairs known --name warm --fractions 0.6,0.2,0.2 --seed 1 --allow-small)
train=(train gener one.h5 --split warm --epochs 8 --batch 128 --shards 4)
for n in 1 3; do
    expect 0 "synth: done" ranks $n "${synth[@]}" -o synth$n.h5
    expect 0 "split: done" ranks $n split synth$n.h5 "${split[@]}"
done
head -1 out.txt | grep -q 'negatives.none.connection.a_regulates_b.b_regulates_a$' || fail "split does not count the classes"
awk '$2 == "test" { exit $6 + $7 + $8 + $9 == $3 && $7 > 50 && $8 > 50 && $9 > 50 ? 0 : 1 }' out.txt || fail "split: $(cat out.txt)"
[ "$(digest synth1.h5)" = "$(digest synth3.h5)" ] || fail "synth and split: other bytes on 3 ranks"
cp synth1.h5 one.h5
for n in 1 3; do
    expect 0 "train: done" ranks $n "${train[@]}" -o run$n
    expect 0 "" ranks $n evaluate one.h5 --model run$n/model.h5 --replicates 40 --json
    grep -v model_file out.txt >score$n.json
done
[ "$(digest run1/model.h5)" = "$(digest run3/model.h5)" ] || fail "train: other weights on 3 ranks"
cmp -s score1.json score3.json || fail "evaluate: other figures on 3 ranks"
head -c 200 score1.json | tr -d ' \n' | grep -q '^{"classes":{"none":{"model":{"auroc"' || fail "the JSON does not begin with the classes"
for word in '"micro"' '"macro"' '"role"' '"confusion"' '"b_regulates_a"' '"clean_c1"' '"left_out"'; do
    grep -q "$word" score1.json || fail "no $word in the JSON"
done

# every class stands clearly above chance, and so do the means; its interval does not reach one half
expect 0 "" "$DRAGNET" evaluate one.h5 --model run1/model.h5 --replicates 200 --scores rows.tsv
above() { # TARGET LEAST: AUROC of the model and the lower end of its interval
    awk -v t="$1" -v least="$2" '
        $1 == t || $1 == t "-averaged," { here = 1; next }
        here && $1 == "model" { gsub(/[][,]/, " "); print $2, $3; exit !($2 > least && $3 > 0.55) }' out.txt ||
        fail "$1: AUROC and lower end $(grep -A1 "^$1" out.txt | tail -1)"
}
[ "$(for t in none connection a_regulates_b b_regulates_a micro macro; do above $t 0.7; done | wc -l)" = 6 ] || fail "targets are missing: $(cat out.txt)"
grep -q "the model beats" out.txt || fail "no baseline is beaten: $(cat out.txt)"
[ "$(wc -l <rows.tsv)" -gt 1000 ] || fail "the scores have too few rows"
awk -F'\t' 'NR == 1 { if (NF != 25 || $4 != "probability_none" || $15 != "role_b_regulates_a") exit 1; next }
    { s = $4 + $5 + $6 + $7; if (s < 0.9999 || s > 1.0001) exit 1 }' rows.tsv || fail "the scores of a row are no probabilities"

# balance: as many rows of every class, said and stored; published has it, and --balance off takes it away
expect 0 "classes of equal size training_rows=" "$DRAGNET" "${train[@]}" --epochs 1 --balance on -o balanced
h5dump -a config balanced/model.h5 | tr -d '\\' | grep -q '"balance": *true' || fail "balance does not stand in the config"
grep -o 'training_rows=[0-9]*' err.txt | awk -F= '{ exit $2 % 4 == 0 && $2 > 800 && $2 < 3600 ? 0 : 1 }' || fail "rows of balance: $(cat err.txt)"
[ "$(digest run1/model.h5)" != "$(digest balanced/model.h5)" ] || fail "balance changes nothing"
expect 0 "split: done" "$DRAGNET" split one.h5 --pairs known --name x8 --fractions 0.2,0.1,0.7 --seed 1 --allow-small
expect 0 "classes of equal size" ranks 3 train gener one.h5 --split x8 --recipe published --rate 1e-7 -o published
expect 0 "train: done" ranks 2 train gener one.h5 --split x8 --recipe published --rate 1e-7 --balance off -o unbalanced
grep -q "classes of equal size" err.txt && fail "--balance off balances"
expect 64 "--balance does not go with train dti" "$DRAGNET" train dti one.h5 --split warm --balance on -o x

# drawn negatives: the classes of regulation stay, every kind has its report; folds together are refused
expect 0 "split: done" ranks 2 split one.h5 --pairs known --name drawn --negatives uniform,degree --allow-small
awk -F'\t' 'NR == 1 { n = NF } NF != n { exit 1 } END { exit n != 9 }' out.txt || fail "the table of split is ragged: $(cat out.txt)"
expect 0 "train: done" "$DRAGNET" train gener one.h5 --split drawn --epochs 2 --batch 128 --shards 4 -o drawn
expect 0 "" "$DRAGNET" evaluate one.h5 --model drawn/model.h5 --replicates 0 --json
grep -A3 '"negatives": {' out.txt | tr -d ' \n' | grep -q '"degree":{"classes"' || fail "no report on degree-matched negatives"
expect 0 "" "$DRAGNET" evaluate one.h5 --model drawn/model.h5 --replicates 0
grep -q '^Against degree negatives' out.txt || fail "no table of degree-matched negatives"
expect 0 "split: done" "$DRAGNET" split one.h5 --pairs known --name folds --kind kfold --folds 3 --allow-small
expect 64 "one fold at a time" ranks 2 evaluate one.h5 --baselines --split folds --pool 2 --replicates 0
expect 0 "" ranks 2 evaluate one.h5 --baselines --split folds --fold 1 --replicates 0

# mistakes; two classes are as they were
expect 64 "--classes" "$DRAGNET" synth --classes 3 -o x.h5
expect 65 "too few to judge a model" "$DRAGNET" split one.h5 --pairs known --name small --fractions 0.9,0.05,0.05
expect 0 "synth: done" "$DRAGNET" synth --genes 200 --samples 24 --pairs 6000 --seed 3 -o two.h5
expect 0 "split: done" "$DRAGNET" split two.h5 "${split[@]}"
head -1 out.txt | grep -q 'negatives$' || fail "split counts classes of a set of two"
expect 65 "a model of 4 classes, but pair set 'known'" ranks 2 evaluate two.h5 --model run1/model.h5
h5dump -a /pairs/known/classes two.h5 >/dev/null 2>&1 && fail "a set of two classes says so, which changes its bytes"
nothing_left x.h5 x/model.h5
finish
