#!/usr/bin/env bash
# synth --esm-weights: the same bytes on any ranks, shards, holes, what is refused, what is in the way
. "$(dirname "$0")/lib.sh"

mkdir a b s h r
expect 0 "numbers=2024" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 -o a/model.safetensors
expect 0 "done" ranks 3 synth --esm-weights 2x8x2 --seed 7 -o b/model.safetensors
cmp -s a/model.safetensors b/model.safetensors || fail "three ranks write other weights"
cmp -s a/config.json b/config.json || fail "three ranks write another config.json"
expect 0 "already complete, nothing to do" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 -o a/model.safetensors
sum=$(cksum <a/model.safetensors)
expect 73 "a/model.safetensors: exists, but is not what this command makes; --force replaces it" \
    "$DRAGNET" synth --esm-weights 2x8x2 --seed 8 -o a/model.safetensors
expect 73 "a/config.json: exists" "$DRAGNET" synth --esm-weights 2x8x4 --seed 7 -o a/model.safetensors
[ "$sum" = "$(cksum <a/model.safetensors)" ] || fail "a refused command changed the file"
nothing_left a/absent
[ ! -e a/model.safetensors.part ] || fail "a part was left behind"
expect 0 "done" "$DRAGNET" synth --esm-weights 2x8x2 --seed 8 --force -o a/model.safetensors
[ "$sum" != "$(cksum <a/model.safetensors)" ] || fail "--force changed nothing"

# types: half the bytes of data
expect 0 "dtype=bf16" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 --dtype bf16 -o h/model.safetensors
[ "$(stat -c %s h/model.safetensors)" -lt "$(stat -c %s b/model.safetensors)" ] || fail "bf16 is not smaller"

# shards have the numbers of the whole file
expect 0 "done" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 --shards 3 -o s/model.safetensors.index.json
[ "$(ls s | wc -l)" = 5 ] || fail "not three shards, an index and config.json: $(ls s)"
expect 0 "already complete" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 --shards 3 -o s/model.safetensors.index.json
rm s/model-00002-of-00003.safetensors
expect 0 "" "$DRAGNET" synth --esm-weights 2x8x2 --seed 7 --shards 3 -o s/model.safetensors.index.json
[ -e s/model-00002-of-00003.safetensors ] || fail "a lost shard is not made again"
/usr/bin/python3 - <<'PY' || fail "shards or bf16 hold other numbers than the whole file"
import json, struct
def read(path):
    b = open(path, "rb").read()
    n = struct.unpack("<Q", b[:8])[0]
    h = json.loads(b[8:8 + n])
    assert n % 8 == 0 and h.pop("__metadata__")["format"] == "pt"
    return {k: (v, b[8 + n:][v["data_offsets"][0]:v["data_offsets"][1]]) for k, v in h.items()}
whole = read("b/model.safetensors")
index = json.load(open("s/model.safetensors.index.json"))
assert list(index["weight_map"]) == list(whole)
assert index["metadata"]["total_size"] == sum(len(b) for _, b in whole.values())
for name, file in index["weight_map"].items():
    v, b = read("s/" + file)[name]
    assert v["shape"] == whole[name][0]["shape"] and b == whole[name][1]
for name, (v, b) in read("h/model.safetensors").items():  # bf16 is the upper half, rounded to nearest, ties to even
    for i in range(len(b) // 2):
        w = struct.unpack_from("<I", whole[name][1], 4 * i)[0]
        assert struct.unpack_from("<H", b, 2 * i)[0] == w + 0x7fff + (w >> 16 & 1) >> 16
PY

# a model of 3 billion weights in next to no room
if truncate -s 12G r/room 2>/dev/null; then
    rm r/room
    expect 0 "numbers=2832442880" "$DRAGNET" synth --esm-weights 3B --sparse -o r/model.safetensors
    [ "$(stat -c %s r/model.safetensors)" -gt 11329000000 ] || fail "the sparse file is too short"
    [ "$(du -k r/model.safetensors | cut -f1)" -lt 20000 ] || fail "the sparse file takes room"
    rm -r r
else
    echo "SKIP: no file of 12 GB with a hole can be made here" >&2
fi

expect 64 "'7M' is no size of ESM-2" "$DRAGNET" synth --esm-weights 7M -o x.safetensors
expect 64 "heads of an even width" "$DRAGNET" synth --esm-weights 2x9x3 -o x.safetensors
expect 64 "wanted a name that ends with .safetensors" "$DRAGNET" synth --esm-weights 8M -o x.h5
expect 64 "with --shards it names the index" "$DRAGNET" synth --esm-weights 8M --shards 2 -o x.safetensors
expect 64 "the model has 19 tensors" "$DRAGNET" synth --esm-weights 1x8x2 --shards 20 -o x.safetensors.index.json
expect 64 "--dtype" "$DRAGNET" synth --esm-weights 8M --dtype f64 -o x.safetensors
expect 64 "--genes does not go with --esm-weights" "$DRAGNET" synth --esm-weights 8M --genes 9 -o x.safetensors
expect 64 "--sparse goes with --esm-weights only" "$DRAGNET" synth --sparse -o x.h5
expect 64 "exclude each other" "$DRAGNET" synth --esm-weights 8M --graph rmat -o x.safetensors
expect 73 "absent/config.json.part: cannot be created" "$DRAGNET" synth --esm-weights 1x8x2 -o absent/x.safetensors
expect 74 "full.safetensors" bash -c "ulimit -f 16000; exec '$DRAGNET' synth --esm-weights 8M -o full.safetensors"
nothing_left full.safetensors x.safetensors x.h5
finish
