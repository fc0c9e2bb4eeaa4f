#!/usr/bin/env bash
# train_profile.sh - train --profile: tables and JSON of every rank, the model of a run without it, nothing when off; the fit of
# scripts/bench scaling finds planted coefficients
. "$(dirname "$0")/lib.sh"

# content FILE: its datasets, without attributes
content() {
    h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

/usr/bin/python3 "$ROOT/tests/bench/scaling.py" --self-test >out.txt 2>&1 || fail "the fit: $(cat out.txt)"

"$DRAGNET" synth -o s.h5 --genes 60 --samples 20 --pairs 1500 --seed 1 -q || fail "synth"
"$DRAGNET" split s.h5 --pairs known --name warm --kind random --fractions 0.8,0.2,0 --seed 1 -q >/dev/null || fail "split"
"$DRAGNET" train gener s.h5 --split warm -o off --epochs 2 --batch 128 --shards 8 -q >out.txt 2>err.txt || fail "train: $(cat err.txt)"
[ ! -s out.txt ] && [ ! -s err.txt ] && [ ! -e off/profile.json ] || fail "a run without --profile has one: $(cat out.txt err.txt)"

content=$(content off/model.h5)
h5dump -d /weights/dense1_w off/model.h5 >out.txt 2>&1 || fail "no model to compare with: $(head -c 200 out.txt)"
for n in 1 3; do
    ranks $n train gener s.h5 --split warm -o on$n --epochs 2 --batch 128 --shards 8 --profile -q >out.txt 2>err.txt || fail "train --profile: $(cat err.txt)"
    [ ! -s err.txt ] || fail "$n ranks: stderr has: $(cat err.txt)"
    grep -q "^milliseconds a step, means over 18 steps" out.txt || fail "$n ranks: steps: $(head -1 out.txt)"
    for ((r = 0; r < n; r++)); do grep -q "^$r " out.txt || fail "$n ranks: rank $r is not in the table"; done
    for layer in masks dense1 mix narrow head other idle; do grep -q "^$layer " out.txt || fail "$n ranks: no layer $layer"; done
    /usr/bin/python3 - on$n/profile.json "$n" <<'EOF' || fail "$n ranks: profile.json"
import json, sys
p = json.load(open(sys.argv[1]))
assert p["schema"] == "dragnet.profile" and p["steps"] == 18 and [r["rank"] for r in p["ranks"]] == list(range(int(sys.argv[2])))
assert sum(r["shards"] for r in p["ranks"]) == 8
for r in p["ranks"]:
    assert abs(sum(r["columns"].values()) - r["step"]) <= 1e-6 * r["step"], r
    assert abs(sum(sum(x.values()) for x in r["layers"].values()) - r["columns"]["compute"]) <= 1e-6 * r["step"], r
    assert all(0 <= r["least"][k] <= v * (1 + 1e-9) for k, v in r["columns"].items()), r
EOF
    [ "$(content on$n/model.h5)" = "$content" ] || fail "$n ranks: a profile changes the model"
done

# Only steps of this process count: a finished run has none to report, and says nothing.
"$DRAGNET" train gener s.h5 --split warm -o on1 --epochs 2 --batch 128 --shards 8 --profile -q >out.txt 2>err.txt || fail "again: $(cat err.txt)"
[ ! -s out.txt ] || fail "a finished run has a profile: $(cat out.txt)"
finish
