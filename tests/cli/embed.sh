#!/usr/bin/env bash
# embed.sh - states of proteins by a small ESM-2 of random weights: same bits on 1 and 4 ranks, and on 3 after a kill; cut,
# in windows, pooled, in 16 bits; trained on; what is refused
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import h5py' 2>/dev/null || PYTHON=python3
"$PYTHON" -c 'import h5py' 2>/dev/null || skip "no h5py"

cat >look.py <<'P'
# look.py FILE...: hash of all datasets; look.py -compare A B: what A and B have to do with each other
import hashlib, sys
import h5py
import numpy as np

def states(path):
    with h5py.File(path) as f:
        at, bytes_, off = f["proteins/state_at"][:], f["proteins/sequence/bytes"][:].tobytes().decode(), f["proteins/sequence/offsets"][:]
        x = f["proteins/state"][:] if "proteins/state" in f else (f["proteins/state_bf16"][:].astype("u4") << 16).view("f4")
    return {bytes_[a:b]: x[p:q] for a, b, p, q in zip(off, off[1:], at, at[1:])}

if sys.argv[1] != "-compare":
    for path in sys.argv[1:]:
        h = hashlib.blake2b()
        with h5py.File(path) as f:
            f.visititems(lambda name, x: h.update(name.encode() + x[()].tobytes()) if isinstance(x, h5py.Dataset) else None)
        print(h.hexdigest()[:16])
else:
    kind, a, b = sys.argv[2], states(sys.argv[3]), states(sys.argv[4])
    assert a.keys() == b.keys()
    for s in a:
        if kind == "mean":
            assert b[s].shape[0] == 1 and np.allclose(a[s][1:-1].mean(0, dtype="f8"), b[s][0], atol=1e-6), s
        elif kind == "cls":
            assert (b[s] == a[s][:1]).all(), s
        elif kind == "rounded":
            assert (np.abs(a[s] - b[s]) <= np.abs(a[s]) / 256).all() and (a[s] != b[s]).any(), s
        elif kind == "windows":  # of 60: shorter ones are as they were, longer ones have all their states
            assert b[s].shape[0] == len(s) + 2 and (len(s) > 60 or (a[s] == b[s]).all()) and np.isfinite(b[s]).all(), s
P

expect 0 "" "$DRAGNET" synth --esm-weights 2x64x4 --seed 1 -o tiny.safetensors
expect 0 "" "$DRAGNET" synth --interactions --drugs 30 --targets 40 --pairs 700 --seed 1 -o dti.h5
embed=(embed --weights tiny.safetensors --sequences dti.h5)

expect 0 "residues_per_second" "$DRAGNET" "${embed[@]}" -o one.h5
want=$("$PYTHON" look.py one.h5)
for n in 4; do
    expect 0 "" ranks $n "${embed[@]}" --part-size 1 -o "n$n.h5"
    [ "$("$PYTHON" look.py "n$n.h5")" = "$want" ] || fail "other states on $n ranks"
    [ ! -e "n$n.h5.parts" ] || fail "parts are left: $(ls n$n.h5.parts)"
done
expect 0 "" env OMP_NUM_THREADS=3 "$DRAGNET" "${embed[@]}" -o threads.h5
[ "$("$PYTHON" look.py threads.h5)" = "$want" ] || fail "other states with three threads"
expect 0 "already complete" "$DRAGNET" "${embed[@]}" -o one.h5
grep -q "parts are left" err.txt && fail "parts that are not there: $(cat err.txt)"
mkdir one.h5.parts
expect 0 "parts are left" "$DRAGNET" "${embed[@]}" -o one.h5
rmdir one.h5.parts
expect 73 "one.h5" "$DRAGNET" "${embed[@]}" --residues 50 -o one.h5
expect 0 "" "$DRAGNET" "${embed[@]}" --residues 50 -o one.h5 --force
expect 0 "" "$DRAGNET" "${embed[@]}" -o one.h5 --force

# other forms
for pool in mean cls; do
    expect 0 "" "$DRAGNET" "${embed[@]}" --pool $pool -o $pool.h5
    "$PYTHON" look.py -compare $pool one.h5 $pool.h5 || fail "pool $pool"
done
expect 0 "" "$DRAGNET" "${embed[@]}" --store bf16 -o half.h5
"$PYTHON" look.py -compare rounded one.h5 half.h5 || fail "stored in 16 bits"
expect 0 "" ranks 2 "${embed[@]}" --residues 60 --long windows --overlap 20 -o windows.h5
"$PYTHON" look.py -compare windows one.h5 windows.h5 || fail "windows"

# a FASTA file, with repeats, small letters and a stop
"$PYTHON" - <<'P' >some.fasta
import h5py
with h5py.File("dti.h5") as f:
    t, o = f["targets/sequence/bytes"][:].tobytes().decode(), f["targets/sequence/offsets"][:]
s = [t[a:b] for a, b in zip(o, o[1:])]
for i, x in enumerate(s + s[:3]):
    print(f">p{i}\n{x.lower() if i % 2 else x}{'*' if i % 3 == 0 else ''}")
P
expect 0 "" ranks 2 embed --weights tiny.safetensors --sequences some.fasta -o fasta.h5
[ "$("$PYTHON" look.py fasta.h5)" = "$want" ] || fail "other states from the FASTA file"
gzip -k some.fasta
expect 0 "" ranks 2 embed --weights tiny.safetensors --sequences some.fasta.gz -o fastagz.h5
[ "$("$PYTHON" look.py fastagz.h5)" = "$want" ] || fail "other states from the FASTA file in .gz"
head -c 900 some.fasta.gz >cut.fasta.gz
expect 65 "cut.fasta.gz: the gzip data are cut off" ranks 2 embed --weights tiny.safetensors --sequences cut.fasta.gz -o bad.h5

mkdir small
# killed with parts, gone on with on another number of ranks; a damaged part is computed again
expect 0 "" "$DRAGNET" synth --esm-weights 3x320x20 --seed 1 -o small/model.safetensors
slow=(embed --weights small --sequences dti.h5 --part-size 1 -o slow.h5)
"$DRAGNET" "${slow[@]}" 2>/dev/null &
job=$!
until [ -e slow.h5.parts/part-000002.h5 ]; do
    kill -0 $job 2>/dev/null || { fail "over before three parts"; break; }
    sleep 0.01
done
kill -9 $job
wait $job 2>/dev/null
[ ! -e slow.h5 ] || fail "a killed run left its output"
expect 73 "residues is 40, was 1022" "$DRAGNET" "${slow[@]}" --residues 40
truncate -s -100 slow.h5.parts/part-000001.h5
expect 0 "from_an_earlier_run" ranks 3 "${slow[@]}"
grep -q "part is damaged and computed again" err.txt || fail "nothing was said of the damaged part: $(cat err.txt)"
grep -q "from_an_earlier_run=0 " err.txt && fail "parts were not taken over: $(tail -1 err.txt)"
resumed=$("$PYTHON" look.py slow.h5)
expect 0 "" ranks 2 "${slow[@]}" --force
[ "$("$PYTHON" look.py slow.h5)" = "$resumed" ] || fail "other states after a kill"

# stopped by a signal to one of two ranks, by the clock; a part early; gone on with on three
stop=(embed --weights small --sequences dti.h5 -o stop.h5)
ranks 2 "${stop[@]}" --checkpoint-every 0.05s 2>err.txt &
job=$!
until [ -e stop.h5.parts/part-000000.h5 ]; do
    kill -0 $job 2>/dev/null || { fail "over before a part: $(cat err.txt)"; break; }
    sleep 0.01
done
kill -USR1 "$(pgrep -P $job -n)"
wait $job
[ $? = 75 ] || fail "not stopped by a signal: $(cat err.txt)"
grep -q 'stopped by SIGUSR1 after [0-9]* of [0-9]* proteins; the same command goes on' err.txt || fail "$(cat err.txt)"
expect 75 "stopped by --max-time" "$DRAGNET" "${stop[@]}" --max-time 0.3s
[ ! -e stop.h5 ] || fail "a stopped run left its output"
expect 0 "" ranks 3 "${stop[@]}"
grep -q "from_an_earlier_run=0 " err.txt && fail "nothing was taken over after a stop: $(tail -1 err.txt)"
[ "$("$PYTHON" look.py stop.h5)" = "$resumed" ] || fail "other states after a stop"

# trained on
expect 0 "" "$DRAGNET" split dti.h5 --interactions known --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --force
train=(train dti dti.h5 --split warm --epochs 1 --batch 64)
expect 0 "" ranks 2 "${train[@]}" --encoder one.h5 -o run
expect 0 "" ranks 2 "${train[@]}" --encoder half.h5 -o half
expect 65 "one state a protein" ranks 2 "${train[@]}" --encoder mean.h5 -o mean

# mistakes
printf '>a\nMK1V\n' >bad.fasta
expect 65 "bad.fasta:1: 'a': sequence" ranks 2 embed --weights tiny.safetensors --sequences bad.fasta -o bad.h5
head -c 1000 tiny.safetensors >cut.safetensors
expect 65 "cut.safetensors" ranks 2 embed --weights cut.safetensors --sequences dti.h5 -o bad.h5
expect 66 "none.safetensors" ranks 2 embed --weights none.safetensors --sequences dti.h5 -o bad.h5
expect 66 "none.fasta" ranks 2 embed --weights tiny.safetensors --sequences none.fasta -o bad.h5
expect 64 "--weights is missing" "$DRAGNET" embed --sequences dti.h5 -o bad.h5
expect 64 "--overlap goes with" "$DRAGNET" "${embed[@]}" --overlap 3 -o bad.h5
expect 64 "less than a window" "$DRAGNET" "${embed[@]}" --long windows --residues 20 --overlap 20 -o bad.h5
expect 73 "no/bad.h5: cannot be created" ranks 2 "${embed[@]}" -o no/bad.h5
[ ! -e no ] || fail "a folder was made"
nothing_left bad.h5
[ ! -e bad.h5.parts ] || fail "a refused run left $(ls -d bad.h5.parts)"
finish
