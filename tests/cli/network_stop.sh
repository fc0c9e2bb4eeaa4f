#!/usr/bin/env bash
# network_stop.sh - dragnet network stopped by a signal and by the clock, killed, and gone on with on other ranks: the
# same bytes; what may not be gone on with is refused
. "$(dirname "$0")/lib.sh"

"$DRAGNET" synth --graph rmat --scale 13 --seed 1 -o graph.h5 2>err.txt || fail "synth: $(cat err.txt)"
"$DRAGNET" synth --graph rmat --scale 13 --seed 2 -o other.h5 2>err.txt || fail "synth: $(cat err.txt)"
what=(--measures pagerank,closeness,betweenness,clustering --graphml-edges 0)
expect 0 "" "$DRAGNET" network graph.h5 -o whole "${what[@]}"
nothing_left whole/checkpoint.h5 whole/lock

same() { # DIR: the tables of the undisturbed run (what is counted), and nothing that a run needs only while it goes on
    for m in closeness betweenness clustering; do
        cmp -s whole/$m.tsv "$1/$m.tsv" || fail "$1: other bytes in $m.tsv"
    done
    nothing_left "$1/checkpoint.h5" "$1/checkpoint.h5.previous" "$1/lock"
}

# begun N DIR OPTION...: start on N ranks, in the background, until there is a checkpoint; ids says which the ranks are,
# which then stand still
begun() {
    local n=$1 dir=$2 old
    shift 2
    old=$(stat -c %i%Y "$dir/checkpoint.h5" 2>/dev/null)
    mpirun -q --oversubscribe -n "$n" "$DRAGNET" network graph.h5 -o "$dir" "${what[@]}" "$@" >out.txt 2>err.txt </dev/null &
    job=$!
    until [ -e "$dir/checkpoint.h5" ] && [ "$(stat -c %i%Y "$dir/checkpoint.h5" 2>/dev/null)" != "$old" ]; do
        kill -0 $job 2>/dev/null || { fail "over before a checkpoint: $(tail -3 err.txt)"; return; }
        sleep 0.005
    done
    ids=$(cat /proc/$job/task/*/children 2>/dev/null) # the ranks are children of mpirun
    kill -STOP $ids 2>/dev/null
}

# a signal to one rank stops all of them
begun 2 term --checkpoint-every 0.1s
set -- $ids
kill -TERM $2
kill -CONT $ids
wait $job
[ $? = 75 ] || fail "exit code of a run that got SIGTERM: $(cat err.txt)"
grep -q "stopped by SIGTERM after .* of .*; the same command goes on from there" err.txt || fail "not said: $(cat err.txt)"
[ ! -e term/network.h5 ] && [ ! -e term/lock ] || fail "a stopped run left results or a lock: $(ls term)"

# another command is refused, and changes nothing
before=$(sha256sum term/*.*)
expect 73 "seed is 2, was 1" "$DRAGNET" network graph.h5 -o term "${what[@]}" --seed 2
expect 73 "dataset" ranks 2 network other.h5 -o term "${what[@]}"
[ "$before" = "$(sha256sum term/*.*)" ] || fail "a refused run changed the directory"

# nor is it gone on with where nobody can tell whether the results are there
ln -s network.h5 term/network.h5
expect 74 "term/network.h5: cannot be looked for" ranks 2 network graph.h5 -o term "${what[@]}"
rm term/network.h5

# killed while it goes on, twice, on other ranks
for n in 3 1; do
    begun $n term --checkpoint-every 0.1s
    kill -9 $ids 2>/dev/null
    wait $job 2>/dev/null && fail "survived SIGKILL"
    grep -q "network: resuming" err.txt || fail "does not say that it resumes: $(cat err.txt)"
done
printf 'damage' | dd of=term/checkpoint.h5 bs=1 seek=30000 conv=notrunc 2>/dev/null
expect 0 "the checkpoint is damaged, the one before it is used" ranks 4 network graph.h5 -o term "${what[@]}"
grep -q "network: resuming measures=[1-4]" err.txt || fail "does not say that it resumes: $(cat err.txt)"
same term
expect 0 "already complete" "$DRAGNET" network graph.h5 -o term "${what[@]}"

# before the first checkpoint nothing is there but a lock, which is in nobody's way
mkdir early && printf 'somewhere 1 2026-01-01T00:00:00Z\n' >early/lock && printf 'torn' >early/checkpoint.h5.part
# by the clock, again and again; --force begins anew beside older results, and the same command without it goes on
expect 75 "stopped by --max-time after" ranks 2 network graph.h5 -o early "${what[@]}" --max-time 0.05s
cp -r whole/* early/
expect 75 "without --force, which would start anew" ranks 2 network graph.h5 -o early "${what[@]}" --seed 5 --max-time 0.05s --force
grep -q resuming err.txt && fail "--force went on with an old checkpoint"
SLURM_RESTART_COUNT=1 expect 75 "network: resuming" ranks 2 network graph.h5 -o early "${what[@]}" --seed 5 --max-time 0.05s --force
[ -e early/network.h5 ] || fail "--force lost the older results before it has new ones"
expect 0 "network: resuming" "$DRAGNET" network graph.h5 -o early "${what[@]}" --seed 5
same early # no measure here depends on the seed

# no room: the last checkpoint stays, the message says what one takes
expect 75 "stopped by --max-time after" "$DRAGNET" network graph.h5 -o full "${what[@]}" --max-time 0.05s
before=$(sha256sum <full/checkpoint.h5)
expect 74 "checkpoint.h5.part: no room for " timeout 60 mpirun -q -n 1 \
    bash -c 'ulimit -f 64; exec "$0" "$@"' "$DRAGNET" network graph.h5 -o full "${what[@]}" --max-time 0.15s
grep -q "; a checkpoint takes .* MB beside those kept" err.txt || fail "no room: does not say for what: $(tail -2 err.txt)"
[ "$before" = "$(sha256sum <full/checkpoint.h5)" ] || fail "no room: the checkpoint is another one"

# two at a time in one directory
begun 1 busy --checkpoint-every 0.1s
expect 73 "a run goes on there: process" "$DRAGNET" network graph.h5 -o busy "${what[@]}"
kill -INT $ids
kill -CONT $ids
wait $job
[ $? = 75 ] || fail "exit code of a run that got SIGINT: $(cat err.txt)"
finish
