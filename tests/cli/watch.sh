#!/usr/bin/env bash
# watch.sh - dragnet watch, piped: queued, starting, running, restarted, saved, finished, failed, dead, absent; lines without
# control characters; --json, --once; a real training that is killed and gone on with; and in a terminal, where tmux is
. "$(dirname "$0")/lib.sh"
mkdir -p bin
PATH=$WORK/bin:$PATH
printf '#!/bin/sh\nexit 1\n' >bin/squeue # no job of ours is queued, whatever runs on this machine
chmod +x bin/squeue
host=$(hostname)

# once WANTED TEXT [OPTION...]: exit code of --once, and a text on stdout or stderr
once() {
    local code=$1 text=$2 got
    shift 2
    timeout 60 "$DRAGNET" watch run --once "$@" >out.txt 2>err.txt </dev/null
    got=$?
    [ "$got" = "$code" ] || fail "--once: exit code $got, wanted $code: $(cat out.txt err.txt)"
    cat out.txt err.txt | grep -qF -- "$text" || fail "--once: no '$text' in: $(cat out.txt err.txt)"
}

# server PID STARTED; beat STATE STARTED SEQ [MORE]
server() { mkdir -p run/control; printf '{"protocol":1,"host":"%s","pid":%d,"stage":"train gener","job_id":null,"restart":0,"ranks":2,"started_utc":"%s"}' "$host" "$1" "$2" >run/control/server.json; }
beat() { printf '{"protocol":1,"seq":%d,"t":"%s","state":"%s","started_utc":"%s","stage":"train gener","epoch":2,"epochs":8,"step":0,"steps":9%s}' "$3" "$(date -u +%FT%T.000Z)" "$1" "$2" "$4" >run/heartbeat.new && mv run/heartbeat.new run/control/heartbeat.json; }

expect 64 "wanted one run" "$DRAGNET" watch
expect 78 "is for one process" env OMPI_COMM_WORLD_SIZE=2 "$DRAGNET" watch run
expect 78 "is for one process, not for 3" env SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=3 "$DRAGNET" watch run
expect 66 "no such directory" env SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 "$DRAGNET" watch run
once 66 "run: no such directory"
printf '#!/bin/sh\necho "12|PENDING|Priority|%s|train.sbatch gener d.h5 -o other"\necho "13|PENDING|Priority|%s|train.sbatch gener d.h5 -o ./run/ --seed 1"\n' "$WORK" "$WORK" >bin/squeue
once 0 "job 13 is queued (Priority)"
once 66 "no such directory" --job 99
printf '#!/bin/sh\n[ "$1" = -u ] && [ "$2" = %d ] || exit 1\necho "14|PENDING|Resources|%s|x -o run"\n' "$(id -u)" "$WORK" >bin/squeue # before --me
once 0 "job 14 is queued (Resources)"
printf '#!/bin/sh\nexec >&-\nsleep 60\n' >bin/squeue # a controller that does not answer holds nobody up for long
once 66 "no such directory"
printf '#!/bin/sh\nexit 1\n' >bin/squeue
mkdir run
once 66 "no run has begun there"
if [ "$(id -u)" != 0 ]; then
    chmod 0 run
    once 77 "run: may not be read by you"
    chmod 755 run
elif command -v setpriv >/dev/null && setpriv --reuid=65534 --regid=65534 --clear-groups "$DRAGNET" --version >/dev/null 2>&1; then
    chmod 755 . && chmod 700 run
    expect 77 "run: may not be read by you" setpriv --reuid=65534 --regid=65534 --clear-groups "$DRAGNET" watch run --once
else
    echo "SKIP: the part of another user"
fi
sleep 1000 &
job=$!
server $job 1
once 0 "starting"
beat running 1 1 ',"eta_s":61,"elapsed_s":5,"loss":0.5,"refused":{"plain":4},"ranks":[{"rank":0,"compute_ms":1},{"rank":1,"host":"n\u001b[31mx","compute_ms":2}]'
once 0 "the slowest is rank 1 on n?[31mx"
grep -q " 12%  epoch 2/8  .*1:01 left" out.txt || fail "no progress in: $(cat out.txt)"
LC_ALL=C "$DRAGNET" watch run --once </dev/null | LC_ALL=C grep -q '[^ -~]' && fail "not ASCII in the C locale"
LC_ALL=en_US.UTF-8 "$DRAGNET" watch run --once </dev/null | grep -q '█' || fail "no blocks in a UTF-8 locale"
echo '{torn' >>run/metrics.jsonl
once 0 "running"
cp run/control/server.json kept.json
printf '{"protocol":9,"host":"%s","pid":%d}' "$host" $job >run/control/server.json
mv run/control/heartbeat.json beat.json
once 69 "the job speaks protocol 9, this dragnet speaks 1"
mv kept.json run/control/server.json
mv beat.json run/control/heartbeat.json

# one watch through restart, saved, restart, end
timeout 250 "$DRAGNET" watch run >lines.txt 2>lines.err </dev/null &
watch=$!
timeout 250 "$DRAGNET" watch run --json >json.txt </dev/null &
json=$!
# seen TEXT: within a minute
seen() { for _ in $(seq 600); do grep -qF -- "$1" lines.txt && return; sleep 0.1; done; fail "no '$1' in: $(cat lines.txt)"; }
seen "running  train gener 12%"
printf '{"epoch":1,"train_loss":null,"validation_loss":0.5}\n{"epoch":2,"train_loss":0.25,"validation_loss":0.5,"validation_auroc":0.75,"best":true}\n' >run/metrics.jsonl
seen "epoch 2 done: loss 0.2500, validation loss 0.5000, AUROC 0.7500, the best so far"
beat saved 1 2 ',"exit":75'
rm run/control/server.json
seen "saved (75)"
server $job 2
beat running 2 1 ""
seen "the job has started again, on $host, process $job"
kill $job
wait $job 2>/dev/null
seen "dead: process $job on $host is gone"
once 69 "dead"
beat finished 2 3 ',"exit":0'
wait $watch || fail "watch of a finished job: exit code $?: $(cat lines.err)"
wait $json || fail "watch --json of a finished job: exit code $?"
tail -1 lines.txt | grep -q "the job has finished" || fail "last line: $(tail -1 lines.txt)"
LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' lines.txt && fail "control characters in lines"
[ "$(grep -c "epoch 2 done" lines.txt)" = 1 ] || fail "an epoch twice: $(cat lines.txt)"
[ "$(grep -c "epoch 1 done" lines.txt)" = 1 ] || fail "an epoch without a loss twice: $(cat lines.txt)"
for text in '"topic": "d1.epoch"' '"topic": "server"' '"state": "saved"' '"state": "dead"' '"state": "finished", "text": "the job has finished"'; do
    grep -qF -- "$text" json.txt || fail "--json: no $text in: $(cat json.txt)"
done
while read -r line; do
    case $line in "{"*"}") ;; *) fail "--json: not an object: $line" ;; esac
done <json.txt
beat failed 2 4 ',"exit":74,"text":"the disk is full"'
once 74 "the job has failed, exit code 74"
beat saved 2 5 ',"exit":75'
once 75 "saved (75)"
rm -rf run

# a real one: watched from before it begins, killed, gone on with, stopped
"$DRAGNET" synth -q --genes 200 --samples 40 --pairs 8000 --seed 1 -o d.h5 || fail synth
expect 0 "" "$DRAGNET" split d.h5 --pairs known --name s --kind random --fractions 0.6,0.2,0.2 --seed 1 --allow-small
train=(train gener d.h5 --split s --batch 128 --shards 2 --epochs 100000 --patience 100000 --schedule constant -o run)
begin() { ranks 2 "${train[@]}" >/dev/null 2>train.txt </dev/null & runner=$!; for _ in $(seq 600); do [ -s run/metrics.jsonl ] && [ -e run/control/heartbeat.json ] && return; sleep 0.1; done; fail "no training: $(cat train.txt)"; }
begin
timeout 250 "$DRAGNET" watch run >lines.txt 2>&1 </dev/null &
watch=$!
seen "running  train gener"
seen " done: loss 0."
timeout 60 "$DRAGNET" watch run --json >json.txt </dev/null &
json=$!
until grep -q '"topic": "d1.log"' json.txt || ! kill -0 $json 2>/dev/null; do sleep 0.1; done
kill -TERM $json 2>/dev/null
wait $json
grep -q '"topic": "d1.log"' json.txt || fail "no log lines: the connection does not work: $(tail -3 json.txt)"
[ "$(grep -o '"seq": [0-9]*' json.txt | sort | uniq -d | wc -l)" = 0 ] || fail "an event twice"
"$DRAGNET" ctl run checkpoint >/dev/null || fail "ctl checkpoint"
seen "command=checkpoint" # a log line of the job, live
kill -9 "$(cut -d' ' -f2 run/lock)"
wait $runner 2>/dev/null
seen "dead: process"
begin
seen "the job has started again"
kill -INT $watch
wait $watch || fail "SIGINT: exit code $?"
kill -0 $runner || fail "the job did not survive that its watcher left"
if command -v tmux >/dev/null; then
    tmux -S tmux.sock -f /dev/null new-session -d -x 80 -y 24 "LC_ALL=C.UTF-8 $DRAGNET watch run; echo left with \$?; sleep 100"
    picture() { for _ in $(seq 600); do tmux -S tmux.sock capture-pane -p >pane.txt; grep -qF -- "$1" pane.txt && return; sleep 0.1; done; fail "no '$1' in: $(cat pane.txt)"; }
    picture "watched live"
    picture "q leaves, the job goes on"
    tmux -S tmux.sock resize-window -x 200 -y 12
    picture "validation_auroc"
    tmux -S tmux.sock resize-window -x 9 -y 3
    sleep 0.5
    tmux -S tmux.sock resize-window -x 80 -y 24
    mv run/control/allowed/client.pub client.pub # the key is taken away, and given back
    picture "does not allow this key"
    mv client.pub run/control/allowed/client.pub
    picture "watched live"
    tmux -S tmux.sock send-keys q
    picture "left with 0"
    tmux -S tmux.sock kill-server
else
    echo "SKIP: the part in a terminal: no tmux"
fi
"$DRAGNET" ctl run stop >/dev/null || fail "stop"
wait $runner
once 75 "saved (75)"
# one that says nothing is not taken for the one before, whose files it may find, also those of one that was killed
server 999999 2020-01-01T00:00:00.000Z
cp -rp run/control kept
"$DRAGNET" "${train[@]}" --no-control >/dev/null 2>train.txt </dev/null &
runner=$!
for _ in $(seq 600); do [ run/metrics.jsonl -nt run/lock ] && [ -s run/lock ] && break; sleep 0.1; done
rm -rf run/control
once 0 "running; it reports epochs only"
cp -rp kept run/control
once 0 "running; it reports epochs only"
grep -q "process $runner on $host" out.txt || fail "not of this run: $(cat out.txt)"
kill -9 $runner
wait $runner 2>/dev/null
finish
