#!/usr/bin/env bash
# all_at_once.sh - a training run that is watched, asked, set, told to write checkpoints and signalled, all at the same time: it
# stops with 75, goes on, and every epoch has the bits of a run left alone. Under ThreadSanitizer (preset tsan) no data race either
. "$(dirname "$0")/lib.sh"
export KMP_BLOCKTIME=0 OMP_WAIT_POLICY=passive # two threads a rank are more than there are cores

# epochs N DIR: the first N epochs, without how long they took
epochs() { head -n "$1" "$2/metrics.jsonl" | sed 's/"seconds": [^,}]*//; s/"pairs_per_second": [^,}]*//'; }

# no_race FILE...: what ThreadSanitizer has to say is shown at once
no_race() {
    local f
    for f in "$@"; do
        ! grep -q 'WARNING: ThreadSanitizer' "$f" || fail "$f: $(grep -m 1 -A 40 'WARNING: ThreadSanitizer' "$f")"
    done
}

# begin N THREADS DIR ARGUMENT...: training on N ranks in the background, until it has done an epoch
begin() {
    local n=$1 threads=$2 dir=$3
    shift 3
    : >job.err
    OMP_NUM_THREADS=$threads mpirun --oversubscribe -n "$n" "$DRAGNET" "${train[@]}" -o "$dir" \
        --log-level debug "$@" >job.out 2>job.err </dev/null &
    job=$!
    until grep -q "epoch done" job.err || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
}

# ends CODE WHAT
ends() {
    wait $job
    local code=$?
    [ $code = "$1" ] || fail "$2: exit code $code, wanted $1: $(tail -5 job.err)"
    no_race job.err
}

# talk NAME COMMAND...: asks again and again until the job is gone; the last answer may be that it is
talk() {
    local name=$1 code=0 n=0
    shift
    while [ $code = 0 ]; do
        "$DRAGNET" ctl run "$@" >>"$name.out" 2>"$name.err" </dev/null
        code=$?
        n=$((n + 1))
    done
    echo "$((n - 1)) answers, then $code" >"$name.end"
}

# crowd: several at once who ask, set and watch, until each has had an answer, and some more
crowd() {
    local name
    rm -f ./*.end {status,level,interval,checkpoint,watch,json}.out
    talk status status &
    crew=($!)
    talk level set log-level debug &
    crew+=($!)
    talk interval set checkpoint-every 1s &
    crew+=($!)
    talk checkpoint checkpoint &
    crew+=($!)
    timeout 120 "$DRAGNET" watch run --lines >watch.out 2>watch.err </dev/null &
    watchers=($!)
    timeout 120 "$DRAGNET" watch run --json >json.out 2>json.err </dev/null &
    watchers+=($!)
    for name in status level interval checkpoint watch json; do
        for _ in $(seq 600); do [ ! -s $name.out ] || break; sleep 0.1; done
    done
    sleep 1
}

# leave: those who ask have ended with the job; who watches would wait for the next start
leave() {
    local name answers
    wait "${crew[@]}"
    for name in status level interval checkpoint; do
        read -r answers _ <"$name.end"
        [ "$answers" -gt 0 ] || fail "$1: ctl $name got no answer: $(cat $name.err)"
        grep -qE ', then (65|69|75)$' "$name.end" || fail "$1: ctl $name: $(cat $name.end $name.err)"
    done
    while kill -TERM "${watchers[@]}" 2>/dev/null; do :; done # once is not all that may come
    wait "${watchers[@]}"
    grep -q running watch.out || fail "$1: watch saw nothing: $(cat watch.out watch.err)"
    no_race {status,level,interval,checkpoint,watch,json}.err
}

"$DRAGNET" synth -q --genes 120 --samples 60 --pairs 4000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1
train=(train gener data.h5 --split warm --epochs 2000 --patience 2000 --batch 128 --shards 8)

# by a signal, in the middle of it; one rank with two threads
begin 1 2 run
crowd
kill -USR1 $job
ends 75 "SIGUSR1"
leave "SIGUSR1"

# by a command, two ranks
begin 2 1 run
crowd
expect 0 "" "$DRAGNET" ctl run stop --at epoch --wait
ends 75 "stop"
leave "stop"
no_race err.txt

# the same epochs, and nobody asks
done=$(wc -l <run/metrics.jsonl)
[ "$done" -gt 1 ] || fail "$done epochs in two starts"
begin 2 1 alone --no-control
until [ "$(wc -l <alone/metrics.jsonl)" -ge "$done" ] || ! kill -0 $job 2>/dev/null; do sleep 0.05; done
kill -TERM $job
wait $job
[ "$(epochs "$done" run)" = "$(epochs "$done" alone)" ] || fail "other epochs than those of a run left alone"
finish
