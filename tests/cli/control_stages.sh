#!/usr/bin/env bash
# control_stages.sh - dragnet ctl and a screen, a network analysis, an embedding: status, checkpoint, set, stop; what was
# stopped by ctl and by a signal, and gone on with on other ranks, has the bits of what was left alone; stop at the end of a part; --no-control
. "$(dirname "$0")/lib.sh"

# The bytes of all datasets; as text they would be half of the time of this test.
digest() {
    local d
    for d in $(h5ls -r "$1" | awk '$2 == "Dataset" { print $1 }'); do
        rm -f bytes
        h5dump -d "$d" -b LE -o bytes "$1" >dump.txt 2>&1 || echo "$d cannot be read"
        echo "$d $(sha256sum <bytes)"
    done
}

# begin N DIR COMMAND...: in the background, on N ranks, until it serves
begin() {
    local dir=$2
    begin_job "$1" "${@:3}"
    until [ -e "$dir/control/server.json" ]; do
        kill -0 $job 2>/dev/null || { fail "over before it served: $(tail -3 job.err)"; return; }
        sleep 0.02
    done
}

# held_at RUN DIR WANTED: let it work by moments until its status says what is WANTED
held_at() {
    hold "$2"
    until "$DRAGNET" ctl "$1" status 2>/dev/null | grep -q "$3"; do
        kill -0 $job 2>/dev/null || { fail "over before it told '$3': $(tail -3 job.err)"; return; }
        let_go
        sleep 0.02
        hold "$2"
    done
}

# steered STAGE RUN DIR FILE UNIT WANTED 'STOP' AFTER COMMAND...: watched, saved, stopped by ctl, then by a signal, each on
# other ranks, then ended. DIR: where RUN has its files. FILE: there once something was saved
steered() {
    local stage=$1 run=$2 dir=$3 file=$4 unit=$5 wanted=$6 stop=$7 after=$8 asking
    shift 8
    begin 3 "$dir" "$@"
    held_at "$run" "$dir" "$wanted"
    expect 0 "" "$DRAGNET" ctl "$run" status
    grep -qx "stage	$stage" out.txt && grep -qx "unit	$unit" out.txt || fail "$stage: status: $(cat out.txt)"
    for word in done total elapsed_s ranks.0.memory_mb; do
        grep -q "^$word	" out.txt || fail "$stage: status does not tell $word: $(cat out.txt)"
    done
    expect 0 "" "$DRAGNET" ctl "$run" set checkpoint-every 1h
    "$DRAGNET" ctl "$run" status --json >json.txt 2>err.txt || fail "$stage: status: $(cat err.txt)"
    grep -q '"checkpoint_every_s": 3600' json.txt || fail "$stage: set: $(cat json.txt)"
    "$DRAGNET" ctl "$run" checkpoint >saved.txt 2>err.txt &
    asking=$!
    until grep -q "command=checkpoint" job.err; do
        kill -0 $asking 2>/dev/null || { fail "$stage: checkpoint: $(cat err.txt)"; break; }
        sleep 0.02
    done
    [ "$stop" = stop ] || expect 0 "" "$DRAGNET" ctl "$run" $stop # in the part at hand
    let_go
    wait $asking || fail "$stage: checkpoint: $(cat err.txt)"
    [ "$stop" != stop ] || hold "$dir"
    # where the part ends at the next look, the checkpoint of the stop is the one that was asked for
    grep -Eqx "reason	(a command|stop)" saved.txt || fail "$stage: checkpoint: $(cat saved.txt)"
    [ -e "$file" ] || fail "$stage: no $file"
    if [ "$stop" = stop ]; then
        expect 0 "" "$DRAGNET" ctl "$run" stop
        let_go
    fi
    ends 75 "$stage, stop"
    grep -q "stopped by a command after $after" job.err || fail "$stage: $(tail -3 job.err)"
    expect 69 "the last one was saved at" "$DRAGNET" ctl "$run" status
    begin 1 "$dir" "$@"
    kill -USR1 $job
    ends 75 "$stage, USR1"
    expect 0 "" ranks 2 "$@"
}

# ---- a network: parts are its measures ----
"$DRAGNET" synth -q --graph rmat --scale 13 --seed 1 -o graph.h5 || fail "synth"
network=(network graph.h5 --measures closeness,betweenness --graphml-edges 0)
expect 0 "" "$DRAGNET" "${network[@]}" -o whole --no-control
[ ! -e whole/control ] || fail "--no-control leaves whole/control"
steered network net net net/checkpoint.h5 sources "^part	closeness" "stop --at epoch" closeness "${network[@]}" -o net
grep -q '"part": "closeness"' json.txt && grep -q '"epochs": 3' json.txt || fail "status: $(cat json.txt)"
for m in closeness betweenness; do
    cmp -s whole/$m.tsv net/$m.tsv || fail "network: other bytes in $m.tsv"
done

# ---- a screen ----
"$DRAGNET" synth -q --genes 1800 --samples 16 --pairs 2000 --seed 3 -o d.h5 || fail "synth"
expect 0 "" "$DRAGNET" split d.h5 --pairs known --name warm --fractions 0.6,0.2,0.2 --seed 1
expect 0 "" "$DRAGNET" train gener d.h5 --split warm --epochs 1 --batch 128 --shards 4 -o run --no-control
screen=(screen d.h5 --model run/model.h5 --top 300)
expect 0 "" "$DRAGNET" "${screen[@]}" -o best --no-control
steered screen scr scr scr/checkpoint.h5 tiles "^done" stop "" "${screen[@]}" -o scr
for f in screen.tsv edges.tsv summary.json; do
    cmp -s best/$f scr/$f || fail "screen: another $f"
done

# ---- an embedding: what is done stands in OUTPUT.parts, which goes with the run; ctl finds it by OUTPUT ----
"$DRAGNET" synth -q --interactions --drugs 30 --targets 90 --pairs 700 --seed 1 -o dti.h5 || fail "synth"
mkdir small
"$DRAGNET" synth -q --esm-weights 3x320x20 --seed 1 -o small/model.safetensors || fail "synth"
embed=(embed --weights small --sequences dti.h5)
expect 0 "" "$DRAGNET" "${embed[@]}" -o all.h5 --no-control
steered embed part.h5 part.h5.parts part.h5.parts/part-000000.h5 Moperations "^done" stop "" "${embed[@]}" -o part.h5
all=$(digest all.h5)
[ "$(wc -l <<<"$all")" -ge 3 ] && [ "$all" = "$(digest part.h5)" ] || fail "embed: other states"
[ ! -e part.h5.parts ] || fail "embed: parts are left: $(ls -R part.h5.parts)"

# ---- a run that fails before it has anything leaves nothing, keys of its own least of all ----
slow=(--measures eigenvector --petsc "-eigenvector_eps_max_it 1 -eigenvector_eps_ncv 3")
expect 65 "did not converge" "$DRAGNET" network graph.h5 "${slow[@]}" --strict -o none
[ ! -e none ] || fail "left: $(ls -R none)"
finish
