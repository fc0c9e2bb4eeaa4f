#!/usr/bin/env bash
# resume_bf16.sh - training with products of bf16, killed after a checkpoint and gone on with on other ranks: the same model.h5,
# with norms of the shard and, as published, of the batch; its profile counts the steps that it made itself; a checkpoint of another
# definition of bf16 work warns; what is recorded is what was done
. "$(dirname "$0")/lib.sh"

content() { # of every dataset of a file
    h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

"$DRAGNET" synth -q --genes 60 --samples 40 --pairs 900 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force

# as by default: 630 rows, 5 steps (of 126 rows and more) an epoch; killed within the first
train=(train gener data.h5 --split warm --precision bf16 --epochs 2 --batch 128 --shards 8 --checkpoint-steps 2)
expect 0 "" "$DRAGNET" "${train[@]}" -o whole
whole=$(content whole/model.h5)
h5dump -d /weights/dense1_w whole/model.h5 >out.txt 2>&1 || fail "no model to compare with: $(head -c 200 out.txt)"
expect 0 "" "$DRAGNET" "${train[@]}" --precision f32 -o other
[ "$(content other/model.h5)" != "$whole" ] || fail "bf16 is f32"
for n in 1 3; do
    killed_after 1 run$n "${train[@]}"
    expect 73 "precision" "$DRAGNET" "${train[@]}" --precision f32 -o run$n
    expect 0 "train: resuming" ranks $n "${train[@]}" -o run$n --profile
    grep -q "of another build" err.txt && fail "of this build: $(cat err.txt)"
    [ "$(content run$n/model.h5)" = "$whole" ] || fail "killed and gone on with on $n ranks: another model"
    /usr/bin/python3 - run$n/profile.json whole/metrics.jsonl <<'P' || fail "$n ranks: the profile of a resumed run"
import json, sys
p = json.load(open(sys.argv[1]))
epochs = [json.loads(line) for line in open(sys.argv[2])]
assert len(epochs) == 2 and 0 < p["steps"] < 10, p["steps"]
P
    nothing_left run$n/profile.json.part
done

# the same build otherwise, but where bf16 work is defined in another way
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    killed_after 1 older "${train[@]}"
    /usr/bin/python3 - older/checkpoint.h5 <<'P' || fail "the checkpoint does not say which bf16"
import h5py, hashlib, re, sys
path = sys.argv[1]
data = open(path, "rb").read()[:-32]  # without the checksum at its end
open(path, "wb").write(data)
with h5py.File(path, "r+") as f:
    build = bytes(f.attrs["build"])
    other = re.sub(rb", bf16 [0-9] on ", b", bf16 0 on ", build)
    assert other != build, build
    f.attrs.modify("build", other)
data = open(path, "rb").read()
open(path, "ab").write(hashlib.blake2b(data, digest_size=32).digest())
P
    expect 0 "the checkpoint is of another build or CPU" "$DRAGNET" "${train[@]}" -o older
    grep -q 'checkpoint=".*, bf16 0 on .*" here=".*, bf16 [1-9][0-9]* on ' err.txt || fail "which bf16: $(cat err.txt)"
else
    echo "# not tested without h5py: a checkpoint of another definition"
fi
killed_after 1 single "${train[@]}" --precision f32
h5dump -a /build single/checkpoint.h5 >out.txt 2>&1 && ! grep -q bf16 out.txt || fail "f32 speaks of bf16: $(cat out.txt)"
rm -r single

# as published, norms over the batch, but in shards of 16 rows: with one row each they would take f32
train=(train gener data.h5 --split warm --recipe published --batch 128 --balance off --epochs 2 --checkpoint-steps 1)
expect 0 "" "$DRAGNET" "${train[@]}" -o single
train+=(--precision bf16)
expect 0 "" "$DRAGNET" "${train[@]}" -o published
grep -q "too small for bf16" err.txt && fail "published: shards too small for what is tested here"
whole=$(content published/model.h5)
[ "$(content single/model.h5)" != "$whole" ] || fail "published: bf16 is f32"
killed_after 2 cut "${train[@]}"
expect 0 "train: resuming" ranks 3 "${train[@]}" -o cut
[ "$(content cut/model.h5)" = "$whole" ] || fail "published: another model on three ranks"
recorded() { h5dump -a /precision "$1/model.h5" 2>/dev/null | sed -n 's/.*(0): "\([a-z0-9]*\).*/\1/p'; }
[ "$(recorded published)" = bf16 ] || fail "recorded of bf16: '$(recorded published)'"

# in shards of one pair: f32 was done, is what is recorded, and is the run that was asked for in f32
train=(train gener data.h5 --split warm --recipe published --balance off --epochs 1)
expect 0 "products of training take f32" "$DRAGNET" "${train[@]}" --precision bf16 -o small
[ "$(recorded small)" = "" ] || fail "recorded of f32: '$(recorded small)'"
expect 0 "already complete" "$DRAGNET" "${train[@]}" -o small
finish
