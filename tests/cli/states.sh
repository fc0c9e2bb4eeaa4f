#!/usr/bin/env bash
# states.sh - train dti --encoder FILE, the file written by h5py or scripts/states_from_npy: the result of --encoder blosum
# when it holds those numbers, the same bits on 1 to 4 ranks; files that are damaged, of other proteins, of other states
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import h5py' 2>/dev/null || PYTHON=python3
"$PYTHON" -c 'import h5py' 2>/dev/null || skip "no h5py"

"$PYTHON" - >table.csv <<'P'
import random
r = random.Random(1)
drugs = [("D%d" % i, ("C" * (2 + i % 12)) + ("N" if i >= 12 else "O")) for i in range(24)]
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j >= 10 else ""), k=40 + 7 * j))) for j in range(20)]
print("drug_id,SMILES,target_id,Sequence,label")
for d, s in drugs:
    for t, q in targets:
        print(f"{d},{s},{t},{q},{int('N' in s) if r.random() < 0.1 else int('N' in s and q.count('K') > len(q) / 4)}")
P
"$DRAGNET" import -o dti.h5 --interactions all=table.csv 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.7,0.15,0.15 --seed 1 --force

cat >states.py <<'P'
# states.py OUT KIND RESIDUES: files of states by hand
import hashlib, sys
import h5py
import numpy as np

out, kind, residues = sys.argv[1:]
with h5py.File("dti.h5") as f:
    text, at = f["targets/sequence/bytes"][:].tobytes().decode(), f["targets/sequence/offsets"][:]
sequences = [text[a:b] for a, b in zip(at, at[1:])]
table = {}
for row in map(str.split, open(residues)):
    if len(row[0]) == 1 and row[0] != "#":  # as solvers/formats/protein.h lists the columns, in single precision
        v = np.array(row[1:], "f4")
        scales = (v[20:] - np.array([0, 140, 8.3], "f4")) / np.array([4.5, 60, 3], "f4")
        charge = {"D": -1, "E": -1, "K": 1, "R": 1, "H": 0.1}.get(row[0], 0)
        table[row[0]] = np.concatenate([v[:20] / 4, scales, [charge, 0]])
kept = 60 if kind == "cut" else 100000
states = [np.array([table[r] for r in s[:kept]], "f4") for s in sequences]
if kind == "other":
    states[3][5, 2] += 1
if kind == "wide":
    states = [np.concatenate([x, x], 1) for x in states]
if kind == "few":
    sequences, states = sequences[5:], states[5:]
if kind == "nan":
    states[7][3, 1] = np.nan
if kind == "npy":
    import os
    os.makedirs(out)
    for i, x in enumerate(states):
        np.save(f"{out}/T{i}.npy", x.astype("f8"))
    sys.exit()
sequences, states = sequences[::-1], states[::-1]  # the order does not matter
with h5py.File(out, "w") as f:
    f.attrs.update(schema="dragnet.states", schema_version="1.3", program="states.py", complete=1)
    f.attrs["encoder"] = "another" if kind == "renamed" else "table"
    if kind == "cut":
        f.attrs["max_residues"] = kept
    f["proteins/sequence/bytes"] = np.frombuffer("".join(sequences).encode(), "u1")
    f["proteins/sequence/offsets"] = np.cumsum([0] + [len(s) for s in sequences])
    f["proteins/state_at"] = np.cumsum([0] + [len(x) for x in states])
    f["proteins/state"] = np.concatenate(states).astype("f8" if kind == "double" else "f4")
    sums = [hashlib.blake2b(x.tobytes(), digest_size=32).digest() for x in states]
    if kind != "nan":  # they may be left out
        f["proteins/checksum"] = np.frombuffer(b"".join(sums), "u1").reshape(-1, 32)
    if kind == "damaged":
        f["proteins/state"][11, 3] += 0.5
P
for kind in good cut other wide few nan renamed double damaged; do
    "$PYTHON" states.py $kind.h5 $kind "$ROOT/tests/golden/residues.txt" || fail "h5py cannot write $kind.h5"
done

"$PYTHON" states.py folder npy "$ROOT/tests/golden/residues.txt"
"$PYTHON" "$ROOT/scripts/states_from_npy" dti.h5 folder npy.h5 --encoder table >out.txt || fail "states_from_npy: $(cat out.txt)"
grep -q 'states of 20 of 20 targets, 25 numbers' out.txt || fail "states_from_npy says $(cat out.txt)"

train=(train dti dti.h5 --split warm --epochs 2 --batch 32 --shards 4 --atoms published --joint 16)
digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }
expect 0 "" "$DRAGNET" "${train[@]}" --encoder blosum -o blosum
for n in 1 2 3 4; do
    ranks $n "${train[@]}" --encoder good.h5 -o run$n >out.txt 2>err.txt </dev/null || fail "$n ranks: $(cat err.txt)"
    [ "$(digest blosum/model.h5)" = "$(digest run$n/model.h5)" ] || fail "other weights from a file on $n ranks"
done
expect 0 "already complete" "$DRAGNET" "${train[@]}" --encoder good.h5 -o run1
expect 73 "" "$DRAGNET" "${train[@]}" --encoder other.h5 -o run1
expect 0 "already complete" "$DRAGNET" "${train[@]}" --encoder npy.h5 -o run1
expect 0 "" ranks 2 "${train[@]}" --encoder cut.h5 -o cut
[ "$(digest blosum/model.h5)" != "$(digest cut/model.h5)" ] || fail "cut proteins make no difference"

# evaluation finds the file again, takes it from elsewhere, and refuses another
scores() { "$DRAGNET" evaluate dti.h5 --replicates 0 --json --part validation --model "$@" 2>err.txt | sed 's/"model_file": "[^"]*"//'; }
[ "$(scores blosum/model.h5)" = "$(scores run2/model.h5)" ] || fail "other scores from a file: $(cat err.txt)"
mv good.h5 moved.h5
expect 66 "say where: --encoder FILE" "$DRAGNET" evaluate dti.h5 --model run2/model.h5
[ "$(scores blosum/model.h5)" = "$(scores run2/model.h5 --encoder moved.h5)" ] || fail "other scores from a moved file"
expect 65 "holds other states (hash" ranks 2 evaluate dti.h5 --model run2/model.h5 --encoder other.h5
expect 65 "holds other states (hash" "$DRAGNET" evaluate dti.h5 --model run2/model.h5 --encoder wide.h5
expect 65 "holds states of another" "$DRAGNET" evaluate dti.h5 --model run2/model.h5 --encoder renamed.h5
expect 64 "was trained with --encoder blosum" "$DRAGNET" evaluate dti.h5 --model blosum/model.h5 --encoder moved.h5
expect 64 "--encoder is for models" "$DRAGNET" evaluate dti.h5 --baselines --split warm --encoder moved.h5

expect 65 "no states of 5 of 20 targets, the first is 'T0'" ranks 2 "${train[@]}" --encoder few.h5 -o bad
expect 65 "is nan, not a finite number" ranks 3 "${train[@]}" --encoder nan.h5 -o bad
expect 65 "do not match their checksum" ranks 2 "${train[@]}" --encoder damaged.h5 -o bad
expect 65 "wanted 32-bit floats" "$DRAGNET" "${train[@]}" --encoder double.h5 -o bad
expect 65 "wanted a dragnet.states" "$DRAGNET" "${train[@]}" --encoder dti.h5 -o bad
expect 65 "is not an HDF5 file" ranks 2 "${train[@]}" --encoder ./table.csv -o bad
expect 66 "cannot be opened" "$DRAGNET" "${train[@]}" --encoder absent.h5 -o bad
expect 64 "wanted blosum, onehot or a file" "$DRAGNET" "${train[@]}" --encoder blossom -o bad
head -c 20000 moved.h5 >short.h5
expect 65 "truncated or damaged" ranks 2 "${train[@]}" --encoder short.h5 -o bad
nothing_left bad/model.h5
finish
