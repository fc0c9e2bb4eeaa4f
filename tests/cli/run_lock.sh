#!/usr/bin/env bash
# run_lock.sh - two live runs in one directory: the second is refused with host and process of the first, one of several
# ranks too; a killed run is gone on with at once; one that ends leaves no lock
. "$(dirname "$0")/lib.sh"

expect 0 "" "$DRAGNET" synth --genes 200 --samples 20 --pairs 4000 --seed 1 -o d.h5
expect 0 "" "$DRAGNET" split d.h5 --pairs known --name s --kind random --fractions 0.6,0.2,0.2 --seed 1 --allow-small
train=(train gener d.h5 --split s --batch 64 --shards 2)
endless=("${train[@]}" --epochs 100000 --patience 100000 --schedule constant -o run)

# begin COMMAND...: in the background, until a checkpoint is there that was not before; the program's pid is in run/lock
begin() {
    touch stamp
    "$@" >/dev/null 2>begin.txt </dev/null &
    runner=$!
    for _ in $(seq 600); do
        [ run/checkpoint.h5 -nt stamp ] && return
        kill -0 $runner 2>/dev/null || break
        sleep 0.1
    done
    fail "no checkpoint: $(tail -2 begin.txt)"
}

begin "$DRAGNET" "${endless[@]}"
expect 73 "run: a run goes on there: process $runner on host $(hostname), since 2" "$DRAGNET" "${endless[@]}"
expect 73 "process $runner on" ranks 2 "${endless[@]}" --force
kill -0 $runner || fail "the first run did not survive the second"
kill -9 $runner
wait $runner 2>/dev/null
[ -e run/lock ] || fail "a killed run has nothing to leave behind"
echo "elsewhere 1 2026-01-01T00:00:00Z" >run/lock # as if it had run on another host
begin ranks 2 "${endless[@]}"
grep -q 'resum' begin.txt || fail "the killed run was not gone on with: $(cat begin.txt)"
read -r host pid since <run/lock
[ "$host" = "$(hostname)" ] && [ "$pid" != "$runner" ] && kill -0 "$pid" || fail "the lock does not name rank 0: $host $pid $since"
expect 73 "process $pid on host" "$DRAGNET" "${endless[@]}"
kill -9 "$pid" # mpirun ends with it
wait $runner 2>/dev/null
expect 73 "is of another run" "$DRAGNET" "${train[@]}" --epochs 1 -o run
[ ! -e run/lock ] || fail "a run that was refused leaves a lock"

expect 0 "" "$DRAGNET" "${train[@]}" --epochs 1 -o short
nothing_left short/lock
expect 66 "nothing to resume" "$DRAGNET" "${train[@]}" --epochs 1 --resume -o absent
nothing_left absent
finish
