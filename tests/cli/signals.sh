#!/usr/bin/env bash
# signals.sh - SIGUSR1, SIGTERM and SIGINT to one rank, to all, again and again, and --max-time: a checkpoint, exit code 75,
# on other ranks the bits of a run that nobody disturbed; a second SIGINT and SIGKILL end the job at once
. "$(dirname "$0")/lib.sh"
shim=$(dirname "$DRAGNET")/tests/slow_io.so

digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }

# pid_of RANK: of the ranks of mpirun, whose process id is $job
pid_of() {
    local pid
    for pid in $(cat /proc/"$job"/task/*/children 2>/dev/null); do
        grep -qz "^OMPI_COMM_WORLD_RANK=$1$" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
    done
}

# lines FILE: of the epochs that are done
lines() {
    local all=()
    [ ! -e "$1" ] || mapfile -t all <"$1"
    echo ${#all[@]}
}

# begin N DIR ARGUMENT...: training on N ranks in the background, until it has done an epoch more
begin() {
    local n=$1 dir=$2 had
    shift 2
    had=$(lines "$dir/metrics.jsonl")
    mpirun --oversubscribe -n "$n" "$DRAGNET" "${train[@]}" -o "$dir" "$@" >out.txt 2>err.txt </dev/null &
    job=$!
    while kill -0 $job 2>/dev/null; do
        [ "$(lines "$dir/metrics.jsonl")" -gt "$had" ] && grep -q "epoch done" err.txt && break
        sleep 0.01
    done
    for ((r = 0; r < n; r++)); do pid[r]=$(pid_of $r); done
}

# ends CODE WHAT TEXT: what it must come to, in seconds
ends() {
    local code begin=$SECONDS
    wait $job
    code=$?
    [ $code = "$1" ] || fail "$2: exit code $code, wanted $1: $(tail -5 err.txt)"
    [ $((SECONDS - begin)) -lt 20 ] || fail "$2: took $((SECONDS - begin)) s"
    [ -z "$3" ] || grep -q -- "$3" err.txt || fail "$2: no '$3' in: $(grep -v 'epoch done' err.txt | head -20)"
}

"$DRAGNET" synth -q --genes 200 --samples 200 --pairs 12000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
train=(train gener data.h5 --split warm --epochs 12 --batch 128 --shards 8)
expect 0 "" ranks 2 "${train[@]}" -o whole
whole=$(digest whole/model.h5)

# one run, stopped by every signal, each time on other ranks
begin 3 run
# no thread that computes may be interrupted by a handler: its frame would go where generated code has its stack pointer
blocked=$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/${pid[0]}/status")
[ $((0x$blocked & 0x4202)) = $((0x4202)) ] || fail "the main thread takes signals itself: SigBlk $blocked"
kill -TERM "${pid[1]}"
ends 75 "TERM to rank 1 of 3" "stopped by SIGTERM after"
grep -q "asked to stop, writing a checkpoint reason=SIGTERM" err.txt || fail "the signal is not in the log"
[ "$(grep -c '^dragnet:' err.txt)" = 1 ] || fail "TERM: not one line of dragnet: $(grep '^dragnet:' err.txt)"
[ ! -e run/model.h5 ] && [ -e run/checkpoint.h5 ] || fail "TERM: left: $(ls run)"
begin 2 run
for k in 1 2 3; do kill -USR1 "${pid[@]:0:2}" 2>/dev/null; done
ends 75 "USR1 to both ranks, three times" "stopped by SIGUSR1"
begin 4 run
kill -INT "${pid[3]}"
ends 75 "INT to rank 3 of 4" "stopped by SIGINT"
begin 2 run
kill -USR1 $job
ends 75 "USR1 to mpirun" "stopped by SIGUSR1"
begin 3 run
kill -INT $job # mpirun makes TERM and soon KILL of it, and ends with 1 itself: the last checkpoint counts
ends 1 "INT to mpirun" ""
expect 0 "train: resuming" ranks 4 "${train[@]}" -o run
[ "$(digest run/model.h5)" = "$whole" ] || fail "stopped five times: another model"
[ "$(wc -l <run/metrics.jsonl)" = "$(wc -l <whole/metrics.jsonl)" ] || fail "stopped five times: other metrics"
nothing_left run/checkpoint.h5 run/checkpoint.h5.previous

# a limit of time, twice
for n in 3 2; do
    expect 75 "stopped by --max-time after" ranks $n "${train[@]}" --epochs 40 -o limited --max-time 1s
done
expect 73 "epochs is 12, was 40" ranks 1 "${train[@]}" -o limited --max-time 1s
rm -rf limited
expect 75 "stopped by --max-time after" ranks 2 "${train[@]}" -o limited --max-time 0.1s
expect 0 "train: resuming" ranks 3 "${train[@]}" -o limited --max-time 1-0
[ "$(digest limited/model.h5)" = "$whole" ] || fail "--max-time: another model"
expect 0 "already complete" ranks 2 "${train[@]}" -o limited --max-time 1-0 --checkpoint-every 1:00
expect 75 "without --force, which would start anew" ranks 2 "${train[@]}" -o limited --force --max-time 0.1s
SLURM_RESTART_COUNT=1 expect 0 "train: resuming" ranks 2 "${train[@]}" -o limited --force # queued again, it is not obeyed twice
[ "$(digest limited/model.h5)" = "$whole" ] || fail "--force: another model"
nothing_left limited/checkpoint.h5
expect 64 "is not a time such as" "$DRAGNET" "${train[@]}" -o limited --max-time soon
expect 64 "is not a time such as" "$DRAGNET" "${train[@]}" -o limited --checkpoint-every 4steps

# no time at all, and validation in two slices after two steps: each start gets on by a step or by that
expect 0 "" "$DRAGNET" synth -q --genes 400 --samples 20 --pairs 20000 --seed 3 -o long.h5
expect 0 "" "$DRAGNET" split long.h5 --pairs known --name warm --kind random --fractions 0.06,0.9,0.04 --seed 1 --force
for starts in 1 2 3 4 5 6; do
    "$DRAGNET" train gener long.h5 --split warm --epochs 1 --batch 512 --shards 8 -o slices --max-time 0.001s >out.txt 2>err.txt
    code=$?
    [ $code = 75 ] || break
done
[ $code = 0 ] && [ $starts = 3 ] || fail "no time: exit code $code after $starts starts: $(tail -2 err.txt)"

# the first SIGINT finds a checkpoint that takes a minute; the second does not wait for it
rm -f mark
export DN_IO_HOLD="create checkpoint.h5 2" DN_IO_HOLD_MS=60000 DN_IO_MARK=$WORK/mark
mpirun --oversubscribe -x LD_PRELOAD="$shim" -n 3 "$DRAGNET" "${train[@]}" -o twice >out.txt 2>err.txt </dev/null &
job=$!
until grep -qs "create checkpoint.h5 2" mark || ! kill -0 $job 2>/dev/null; do sleep 0.01; done
unset DN_IO_HOLD DN_IO_HOLD_MS DN_IO_MARK
kill -INT "$(pid_of 0)"
sleep 0.3
kill -0 $job 2>/dev/null || fail "one SIGINT ended the job"
kill -INT "$(pid_of 0)"
ends 130 "a second SIGINT, 3 ranks" "signal 2 (Interrupt)"
expect 0 "train: resuming" ranks 2 "${train[@]}" -o twice
[ "$(digest twice/model.h5)" = "$whole" ] || fail "a second SIGINT: another model"

# a rank that dies: the launcher says which, and the others are gone
begin 3 dead
kill -KILL "${pid[1]}"
ends 137 "KILL to rank 1" "process rank 1 with PID .* exited on signal 9 (Killed)"
for p in "${pid[@]:0:3}"; do
    for _ in $(seq 50); do # the launcher does not wait until those it has killed are gone
        state=$(cut -d' ' -f3 "/proc/$p/stat" 2>/dev/null)
        [[ $state != [!ZX] ]] && break
        sleep 0.1
    done
    [[ $state != [!ZX] ]] || fail "a rank has survived by 5 s: $state"
done

# commands that do not save anything end as usual; "the time limit is near" does not end them, they may still get there
for s in TERM:143 INT:130 USR1:0; do
    pairs=17000000
    [ "$s" != USR1:0 ] || pairs=4000000
    env --default-signal=INT "$DRAGNET" synth -q --genes 6000 --samples 100 --pairs $pairs -o big.h5 >out.txt 2>err.txt &
    job=$!
    sleep 0.4
    kill -${s%:*} $job || fail "${s%:*} to synth: it was over"
    ends "${s#*:}" "${s%:*} to synth" ""
    rm -f big.h5*
done
finish
