#!/usr/bin/env bash
# end_to_end.sh - synth, split, train and evaluate on 1 to 4 ranks: the same bits everywhere, outputs protected
. "$(dirname "$0")/lib.sh"

digest() { # of every dataset of a file; attributes (time, command) are left out
    h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

"$DRAGNET" synth --genes 200 --samples 24 --pairs 6000 --seed 3 -o one.h5 2>err.txt || fail "synth: $(cat err.txt)"
"$DRAGNET" split one.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 2>err.txt ||
    fail "split: $(cat err.txt)"
train=(train gener one.h5 --split warm --epochs 2 --batch 256 --shards 4)
ranks 1 "${train[@]}" -o run1 2>err.txt || fail "train: $(cat err.txt)"
for n in 2 3 4; do
    ranks $n synth --genes 200 --samples 24 --pairs 6000 --seed 3 -o synth$n.h5 2>err.txt || fail "synth on $n: $(cat err.txt)"
    ranks $n split synth$n.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 2>err.txt ||
        fail "split on $n: $(cat err.txt)"
    ranks $n "${train[@]}" -o run$n 2>err.txt || fail "train on $n: $(cat err.txt)"
    [ "$(digest one.h5)" = "$(digest synth$n.h5)" ] || fail "synth and split: other bytes on $n ranks"
    [ "$(digest run1/model.h5)" = "$(digest run$n/model.h5)" ] || fail "train: other weights on $n ranks"
done
OMP_NUM_THREADS=2 ranks 2 "${train[@]}" -o threads 2>err.txt || fail "train with threads: $(cat err.txt)"
[ "$(digest run1/model.h5)" = "$(digest threads/model.h5)" ] || fail "train: other weights with two threads"
ranks 2 "${train[@]}" -o other --seed 2 2>err.txt || fail "train: $(cat err.txt)"
[ "$(digest run1/model.h5)" != "$(digest other/model.h5)" ] || fail "another seed gives the same weights"

# as published: norms over the batch of 8 whatever the ranks; the falling rate ends the run and says so
expect 0 "split: done" "$DRAGNET" split one.h5 --pairs known --name x8 --fractions 0.2,0.1,0.7 --seed 1
published=(train gener one.h5 --split x8 --recipe published --rate 1e-7)
for n in 1 3; do
    expect 0 "the learning rate is too small to go on" ranks $n "${published[@]}" -o published$n
done
[ "$(wc -l <published1/metrics.jsonl)" = 1 ] || fail "published: went on below the least rate"
[ "$(digest published1/model.h5)" = "$(digest published3/model.h5)" ] || fail "published: other weights on 3 ranks"
h5dump -a config published1/model.h5 | tr -d '\\' >config.txt
for word in '"batch_norm": *"global"' '"batch": *8' '"optimiser": *"sgd"' '"schedule": *"stepwise"' '"fixed_order": *true'; do
    grep -q "$word" config.txt || fail "published: no $word in $(cat config.txt)"
done

# one JSON object, the same on any number of ranks, model first
for n in 1 2 3; do
    ranks $n evaluate one.h5 --model run1/model.h5 --split warm --part test --replicates 50 --json >score$n.json 2>err.txt ||
        fail "evaluate on $n: $(cat err.txt)"
done
cmp -s score1.json score2.json && cmp -s score1.json score3.json || fail "evaluate: other figures on more ranks"
head -c 40 score1.json | tr -d ' \n' | grep -q '^{"model":{"auroc"' || fail "the JSON does not begin with the model"
for word in '"popularity"' '"correlation"' '"missing"' '"ci95"' '"difference"' '"clean"'; do
    grep -q "$word" score1.json || fail "no $word in the JSON"
done

# more pairs for a generated data set, scored with the model: trained pairs are left out
printf 'G1\tG2\t1\nG3\tG4\t0\nG5\tG6\t1\nG7\tG8\t0\nG9\tG9\t1\n' >more.tsv
expect 0 "self" ranks 2 import -o one.h5 --add --pairs more=more.tsv
expect 0 "" ranks 2 evaluate one.h5 --model run1/model.h5 --pairs more --replicates 20 --json --scores more_scores.tsv
grep -q '"left_out"' out.txt || fail "evaluate --pairs does not say what it left out"
head -n 1 more_scores.tsv | grep -q 'label' || fail "no header in the scores"

# the rule for outputs
before=$(sha256sum <run1/model.h5)
expect 0 "already complete" ranks 2 "${train[@]}" -o run1
expect 73 "--force" ranks 2 "${train[@]}" -o run1 --epochs 1
[ "$before" = "$(sha256sum <run1/model.h5)" ] || fail "a refused run changed the model"
expect 0 "already complete" "$DRAGNET" synth --genes 200 --samples 24 --pairs 6000 --seed 3 -o synth2.h5
expect 73 "--force" "$DRAGNET" synth --genes 201 --samples 24 --pairs 6000 --seed 3 -o synth2.h5

# how it was started
expect 78 "5 ranks" ranks 5 "${train[@]}" -o five
nothing_left five/model.h5 five/metrics.jsonl
expect 64 "--split is required" "$DRAGNET" train gener one.h5 -o x
expect 65 "there are: warm" "$DRAGNET" train gener one.h5 --split cold -o x
expect 66 "absent.h5" "$DRAGNET" train gener absent.h5 --split warm -o x
head -c 5000 one.h5 >cut.h5
expect 65 "truncated" ranks 2 train gener cut.h5 --split warm -o x
echo "not a file" >text.h5
expect 65 "not an HDF5 file" ranks 2 evaluate text.h5 --model run1/model.h5
expect 65 "wanted a dragnet.model" "$DRAGNET" evaluate one.h5 --model one.h5
nothing_left x/model.h5
finish
