#!/usr/bin/env bash
# train_dti.sh - generated drug-target pairs to a trained network: the same bits on 1 to 4 ranks, mistakes
. "$(dirname "$0")/lib.sh"

"$DRAGNET" synth --interactions --drugs 60 --targets 40 --pairs 900 --families 4 --noise 0.1 --seed 1 -o dti.h5 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
[ -e dti.h5 ] || fail "synth: $(cat err.txt)"
expect 0 "" "$DRAGNET" split dti.h5 --interactions known --name warm --kind warm --fractions 0.7,0.15,0.15 --seed 1 --force
train=(train dti dti.h5 --split warm --epochs 3 --batch 32 --shards 4 --atoms published --joint 16)
digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }
for n in 1 2 3 4; do
    ranks $n "${train[@]}" -o run$n >out.txt 2>err.txt </dev/null || fail "$n ranks: $(cat err.txt)"
    [ "$(digest run1/model.h5)" = "$(digest run$n/model.h5)" ] || fail "other weights on $n ranks"
done
OMP_NUM_THREADS=2 ranks 2 "${train[@]}" -o threads 2>err.txt || fail "with threads: $(cat err.txt)"
[ "$(digest run1/model.h5)" = "$(digest threads/model.h5)" ] || fail "other weights with two threads"
[ "$(wc -l <run1/metrics.jsonl)" = 3 ] || fail "metrics.jsonl has not a line an epoch"
expect 0 "already complete" "${DRAGNET}" "${train[@]}" -o run1
# as published: batches of 8, norms over all of them whatever the ranks
published=(train dti dti.h5 --split warm --recipe published --epochs 1)
for n in 1 2 3 4; do
    expect 0 "" ranks $n "${published[@]}" -o published$n
    [ "$(digest published1/model.h5)" = "$(digest published$n/model.h5)" ] || fail "published: other weights on $n ranks"
done
h5dump -a config published1/model.h5 | tr -d '\\' >config.txt
for word in '"batch_norm": *"global"' '"batch": *8' '"shards": *8' '"atoms": *"published"' '"joint": *0' '"history": *false' '"decay": *0.0'; do
    grep -q "$word" config.txt || fail "published: no $word in $(cat config.txt)"
done
expect 0 "" "$DRAGNET" "${published[@]}" --batch-norm shard -o ghost
[ "$(digest published1/model.h5)" != "$(digest ghost/model.h5)" ] || fail "--batch-norm changes nothing"
expect 0 "" ranks 2 train dti dti.h5 --split warm --epochs 12 --batch 32 --shards 4 --rate 0.003 -o learnt
python3 - learnt/metrics.jsonl <<'P' || fail "the network learns nothing of a planted rule: $(tail -1 learnt/metrics.jsonl)"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert max(r["validation_auroc"] for r in rows) > 0.9, [r["validation_auroc"] for r in rows]
P

expect 64 "--fixed-order does not go with train dti" "$DRAGNET" "${train[@]}" --fixed-order -o bad
expect 64 "--encoder does not go with train gener" "$DRAGNET" train gener dti.h5 --split warm --encoder blosum -o bad
expect 65 "drug-target pairs" "$DRAGNET" train gener dti.h5 --split warm -o bad
expect 64 "--recipe" "$DRAGNET" train dti dti.h5 --split warm --recipe best -o bad
expect 65 "no split 'cold'" "$DRAGNET" train dti dti.h5 --split cold -o bad
expect 78 "a batch has only 2 shards" ranks 3 train dti dti.h5 --split warm --batch 32 --shards 2 -o bad
expect 64 "3 heads do not divide a joint layer of 16 units" "$DRAGNET" "${train[@]}" --heads 3 -o bad
nothing_left bad/model.h5
# units that 8 heads do not divide, nobody having asked for heads
expect 0 "" "$DRAGNET" train dti dti.h5 --split warm --epochs 1 --batch 32 --shards 4 --atoms published --joint 10 -o ten
h5dump -a heads ten/model.h5 | grep -q "(0): 1$" || fail "10 units: $(h5dump -a heads ten/model.h5)"
# shards of a batch that is given: the largest power of two up to 8 that divides it
for pair in 64:8 40:8 36:4 7:1; do
    expect 0 " shards=${pair#*:} " "$DRAGNET" train dti dti.h5 --split warm --epochs 1 --batch ${pair%:*} --atoms published --joint 8 -o batch${pair%:*}
done
finish
