#!/usr/bin/env bash
# control_stages.sh - dragnet ctl and a screen, a network analysis, an embedding: status, checkpoint, set, stop; what was
# stopped by ctl and by a signal, and gone on with on other ranks, has the bits of what was left alone; --no-control
. "$(dirname "$0")/lib.sh"

digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }

# begin N RUN COMMAND...: in the background, on N ranks, until it has begun to tell how far it is
begin() {
    local n=$1 run=$2
    shift 2
    mpirun --oversubscribe -n "$n" "$DRAGNET" "$@" >job.out 2>job.err </dev/null &
    job=$!
    until "$DRAGNET" ctl "$run" status 2>/dev/null | grep -q "^done	"; do
        kill -0 $job 2>/dev/null || { fail "over before it told anything: $(tail -3 job.err)"; return; }
        sleep 0.02
    done
}

# ends CODE WHAT
ends() {
    wait $job
    local code=$?
    [ $code = "$1" ] || fail "$2: exit code $code, wanted $1: $(tail -3 job.err)"
}

# steered STAGE RUN FILE UNIT COMMAND...: watched, saved, stopped by ctl, then by a signal, each on other ranks, then ended.
# FILE: there once something was saved
steered() {
    local stage=$1 run=$2 file=$3 unit=$4
    shift 4
    begin 1 "$run" "$@"
    expect 0 "" "$DRAGNET" ctl "$run" status
    grep -qx "stage	$stage" out.txt && grep -qx "unit	$unit" out.txt || fail "$stage: status: $(cat out.txt)"
    for word in done total elapsed_s ranks.0.memory_mb; do
        grep -q "^$word	" out.txt || fail "$stage: status does not tell $word: $(cat out.txt)"
    done
    expect 0 "" "$DRAGNET" ctl "$run" checkpoint
    grep -q "^reason	a command" out.txt || fail "$stage: checkpoint: $(cat out.txt)"
    [ -e "$file" ] || fail "$stage: no $file"
    expect 0 "" "$DRAGNET" ctl "$run" stop --wait
    grep -qx "exit	75" out.txt || fail "$stage: stop --wait: $(cat out.txt)"
    ends 75 "$stage, stop"
    grep -q "stopped by a command after" job.err || fail "$stage: $(tail -3 job.err)"
    expect 69 "the last one was saved at" "$DRAGNET" ctl "$run" status
    begin 3 "$run" "$@"
    kill -USR1 $job
    ends 75 "$stage, USR1"
    expect 0 "" ranks 2 "$@"
}

# ---- a network: parts are its measures ----
"$DRAGNET" synth -q --graph rmat --scale 13 --seed 1 -o graph.h5 || fail "synth"
network=(network graph.h5 --measures closeness,betweenness --graphml-edges 0)
expect 0 "" ranks 2 "${network[@]}" -o whole --no-control
[ ! -e whole/control ] || fail "--no-control leaves whole/control"
steered network net net/checkpoint.h5 sources "${network[@]}" -o net
for m in closeness betweenness; do
    cmp -s whole/$m.tsv net/$m.tsv || fail "network: other bytes in $m.tsv"
done
begin 1 parts "${network[@]}" -o parts
expect 0 "" "$DRAGNET" ctl parts set checkpoint-every 1h
"$DRAGNET" ctl parts status --json >out.txt 2>err.txt || fail "status: $(cat err.txt)"
grep -q '"checkpoint_every_s": 3600' out.txt && grep -q '"epochs": 3' out.txt || fail "set: $(cat out.txt)"
grep -qE '"part": "(closeness|betweenness)"' out.txt || fail "status names no measure: $(cat out.txt)"
expect 0 "" "$DRAGNET" ctl parts stop --at epoch
wait $job # or the whole of it: betweenness is the last one
code=$?
if grep -q "stopped by" job.err; then
    [ $code = 75 ] && grep -q "stopped by a command after closeness" job.err || fail "stop --at epoch: $(tail -2 job.err)"
fi

# ---- a screen ----
"$DRAGNET" synth -q --genes 1800 --samples 16 --pairs 2000 --seed 3 -o d.h5 || fail "synth"
expect 0 "" "$DRAGNET" split d.h5 --pairs known --name warm --fractions 0.6,0.2,0.2 --seed 1
expect 0 "" "$DRAGNET" train gener d.h5 --split warm --epochs 1 --batch 128 --shards 4 -o run --no-control
screen=(screen d.h5 --model run/model.h5 --top 300)
expect 0 "" ranks 2 "${screen[@]}" -o best --no-control
steered screen scr scr/checkpoint.h5 tiles "${screen[@]}" -o scr
for f in screen.tsv edges.tsv summary.json; do
    cmp -s best/$f scr/$f || fail "screen: another $f"
done

# ---- an embedding: what is done stands in OUTPUT.parts, which goes with the run ----
"$DRAGNET" synth -q --interactions --drugs 30 --targets 90 --pairs 700 --seed 1 -o dti.h5 || fail "synth"
mkdir small
"$DRAGNET" synth -q --esm-weights 3x320x20 --seed 1 -o small/model.safetensors || fail "synth"
embed=(embed --weights small --sequences dti.h5)
expect 0 "" ranks 2 "${embed[@]}" -o all.h5 --no-control
steered embed part.h5.parts part.h5.parts/part-000000.h5 Moperations "${embed[@]}" -o part.h5
[ "$(digest all.h5)" = "$(digest part.h5)" ] || fail "embed: other states"
[ ! -e part.h5.parts ] || fail "embed: parts are left: $(ls -R part.h5.parts)"

# ---- a run that fails before it has anything leaves nothing, keys of its own least of all ----
slow=(--measures eigenvector --petsc "-eigenvector_eps_max_it 1 -eigenvector_eps_ncv 3")
expect 65 "did not converge" "$DRAGNET" network graph.h5 "${slow[@]}" --strict -o none
[ ! -e none ] || fail "left: $(ls -R none)"
finish
