#!/usr/bin/env bash
# control.sh - dragnet ctl and a training run: status, checkpoint, stop, set; the bits of a run that was stopped by ctl are
# those of one stopped by a signal and of one left alone; --no-control leaves nothing; a killed job is told from a live one
. "$(dirname "$0")/lib.sh"

digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }

# begin N DIR ARGUMENT...: training on N ranks in the background, until it has done an epoch; held: which then stands still
begin() {
    begin_job "$1" "${train[@]}" -o "$2" "${@:3}"
    until grep -q "epoch done" job.err || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
}
held() {
    begin "$@"
    hold "$2"
}

"$DRAGNET" synth -q --genes 200 --samples 60 --pairs 4000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --allow-small
train=(train gener data.h5 --split warm --epochs 16 --patience 100 --batch 128 --shards 4)
expect 0 "" ranks 2 "${train[@]}" -o whole --no-control
whole=$(digest whole/model.h5)
[ ! -e whole/control ] || fail "--no-control leaves whole/control"

# mistakes, and nobody there
expect 66 "there is no such directory" "$DRAGNET" ctl nowhere status
expect 66 "no run that can be watched" "$DRAGNET" ctl whole status
expect 64 "unknown command 'dance'" "$DRAGNET" ctl run dance
expect 64 "wanted a run directory" "$DRAGNET" ctl run
expect 64 "checkpoint-every TIME" "$DRAGNET" ctl run set rate
expect 64 "go with stop only" "$DRAGNET" ctl run status --wait

# one that goes on until it is told
begin 1 talk --epochs 100000 --patience 100000
expect 0 "" "$DRAGNET" ctl talk status
for word in state stage epoch loss per_second eta_s refused.wrong_key ranks.0.host metrics.validation_auroc; do
    grep -q "^$word	" out.txt || fail "status does not tell $word: $(cat out.txt)"
done
grep -qx "state	running" out.txt || fail "status: $(head -3 out.txt)"
expect 65 "'rate' cannot be set" "$DRAGNET" ctl talk set rate 1
expect 65 "is no time such as" "$DRAGNET" ctl talk set checkpoint-every soon
expect 0 "" "$DRAGNET" ctl talk set checkpoint-every 50s
"$DRAGNET" ctl talk status --json >out.txt 2>err.txt || fail "status --json: $(cat err.txt)"
grep -q '"checkpoint_every_s": 50.0' out.txt || fail "the interval was not changed: $(cat out.txt)"
# (another program that is alone comes and goes first: it must not take Open MPI's folder of this one with it)
expect 0 "" "$DRAGNET" synth -q --genes 20 --samples 5 --pairs 10 -o beside.h5
expect 0 "" "$DRAGNET" ctl talk checkpoint
grep -q "^path	talk/checkpoint.h5" out.txt || fail "checkpoint: $(cat out.txt)"
[ -s talk/checkpoint.h5 ] || fail "no checkpoint"
expect 0 "" "$DRAGNET" ctl talk stop --wait
grep -qx "exit	75" out.txt || fail "stop --wait: $(cat out.txt)"
ends 75 "talk"
! grep -vE '^(20[0-9-]+T|dragnet: )' job.err || fail "others than dragnet wrote to the log of a run"
[ "$(ls talk/control)" = "allowed
heartbeat.json" ] || fail "left in talk/control: $(ls talk/control)"
expect 69 "the last one was saved at" "$DRAGNET" ctl talk status

# stopped at a step, then at the end of an epoch, then by a signal, on other ranks each time
held 2 run
expect 0 "" "$DRAGNET" ctl run stop
let_go
ends 75 "stop"
grep -qE "stopped by a command after (step|epoch)" job.err || fail "stop: $(tail -3 job.err)"
held 3 run
expect 0 "" "$DRAGNET" ctl run stop --at epoch
let_go
ends 75 "stop --at epoch"
grep -q "stopped by a command after epoch" job.err || fail "stop --at epoch: $(tail -3 job.err)"
begin 1 run
kill -USR1 $job
ends 75 "USR1"
expect 0 "train: resuming" ranks 2 "${train[@]}" -o run
[ "$(digest run/model.h5)" = "$whole" ] || fail "stopped three times: another model"
[ "$(wc -l <run/metrics.jsonl)" = 16 ] || fail "stopped three times: other metrics"
expect 69 "the last one was finished at" "$DRAGNET" ctl run status

# a killed job leaves its address; nobody waits for it, and the next start replaces it
begin 1 dead --epochs 100000 --patience 100000
pid=$(sed 's/.*"pid": *\([0-9]*\).*/\1/' dead/control/server.json)
kill -KILL "$pid"
wait $job 2>/dev/null
expect 69 "no job runs there; process $pid died" "$DRAGNET" ctl dead status
begin 1 dead --epochs 100000 --patience 100000
expect 0 "" "$DRAGNET" ctl dead stop --wait
ends 75 "after a kill"

# a folder that is somebody else's: a warning, and the run goes on
mkdir -p linked elsewhere
ln -s ../elsewhere linked/control
expect 0 "cannot be watched or steered" "$DRAGNET" "${train[@]}" -o linked --epochs 2
[ -z "$(ls elsewhere)" ] || fail "files through a link: $(ls elsewhere)"
finish
