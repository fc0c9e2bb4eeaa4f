#!/usr/bin/env bash
# screen_resume.sh - screens that are killed and stopped, gone on with on other numbers of ranks: the files of one that was left
# alone; what is asked with other options, a damaged checkpoint, a second run in the directory, no room
. "$(dirname "$0")/lib.sh"

"$DRAGNET" synth -q --genes 1500 --samples 16 --pairs 2000 --seed 3 -o d.h5 || fail "synth"
expect 0 "" "$DRAGNET" split d.h5 --pairs known --name warm --fractions 0.6,0.2,0.2 --seed 1
expect 0 "" "$DRAGNET" train gener d.h5 --split warm --epochs 1 --batch 128 --shards 4 -o run
screen=(screen d.h5 --model run/model.h5 --top 300 --checkpoint-every 0.2s)

# same DIR: the files of the screen that was left alone
same() {
    local f
    for f in screen.tsv edges.tsv config.json summary.json; do
        cmp -s whole/$f $1/$f || fail "another $f in $1"
    done
    [ -z "$(command -v h5diff)" ] || h5diff whole/screen.h5 $1/screen.h5 /screen /screen >diff.txt || fail "another screen.h5 in $1"
    nothing_left $1/checkpoint.h5 $1/checkpoint.h5.previous $1/checkpoint.h5.kept $1/lock
}

# until FILE: wait for it, as long as the background job runs
until_there() {
    until [ -e "$1" ] || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
}

expect 0 "" ranks 2 "${screen[@]}" -o whole
same whole

# ---- killed: the checkpoint stays, and the next run goes on from it on other ranks ----
"$DRAGNET" "${screen[@]}" -o cut >out.txt 2>err.txt &
job=$!
until_there cut/checkpoint.h5
kill -STOP $job # it is there, and does not end
expect 73 "a run goes on there" "$DRAGNET" "${screen[@]}" -o cut
kill -KILL $job 2>/dev/null
wait $job 2>/dev/null
[ -e cut/checkpoint.h5 ] || fail "the screen was over before it was killed"
[ ! -e cut/screen.h5 ] || fail "a killed screen is complete"

# ---- of other options, or in another way: the difference is named ----
cp -r cut other
expect 73 "keep is 301, was 300" "$DRAGNET" screen d.h5 --model run/model.h5 --top 301 -o other
expect 73 'precision is "bf16", was "f32"' "$DRAGNET" "${screen[@]}" -o other --precision bf16
expect 0 "" "$DRAGNET" train gener d.h5 --split warm --epochs 1 --batch 128 --shards 4 --seed 2 -o run2
expect 73 "inputs is" "$DRAGNET" screen d.h5 --model run2/model.h5 --top 300 -o other
cp -r other damaged
cp other/checkpoint.h5 spare.h5

# ---- asked to stop: exit code 75, and it goes on ----
"$DRAGNET" "${screen[@]}" -o cut >out.txt 2>err.txt &
job=$!
until grep -q "goes on from the checkpoint" err.txt || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
kill -TERM $job
wait $job
code=$?
[ $code = 75 ] || fail "SIGTERM: exit code $code: $(cat err.txt)"
grep -q "stopped by SIGTERM after .* tiles of the screen; the same command goes on" err.txt || fail "SIGTERM: $(tail -2 err.txt)"
expect 0 "goes on from the checkpoint" ranks 3 "${screen[@]}" -o cut
same cut
cp spare.h5 cut/checkpoint.h5 # as when a kill comes between the results and its removal
expect 0 "already complete" "$DRAGNET" "${screen[@]}" -o cut
same cut
expect 75 "stopped by --max-time" "$DRAGNET" "${screen[@]}" -o short --max-time 0.1s
expect 0 "goes on from the checkpoint" ranks 2 "${screen[@]}" -o short
same short

# ---- damaged: the one before it, where there is one ----
cp damaged/checkpoint.h5 damaged/checkpoint.h5.previous
head -c 3000 other/checkpoint.h5 >damaged/checkpoint.h5
expect 0 "the one before it is used" ranks 2 "${screen[@]}" -o damaged
same damaged
head -c 3000 other/checkpoint.h5 >other/cut
mv other/cut other/checkpoint.h5
rm -f other/checkpoint.h5.previous
expect 73 "no sound checkpoint before it" "$DRAGNET" "${screen[@]}" -o other
expect 0 "" ranks 2 "${screen[@]}" -o other --force
same other

# ---- --force beside older results: they stay until the new ones are there; stopped, it goes on without --force, and with it
# where Slurm has queued the job again ----
for how in anew again; do
    cp -r cut $how
    cp spare.h5 $how/checkpoint.h5
    expect 75 "goes on from there without --force, which would start anew" "$DRAGNET" "${screen[@]}" --top 301 -o $how --force --max-time 0.1s
    grep -q "goes on from the checkpoint" err.txt && fail "$how: --force did not begin anew"
    [ ! -e $how/checkpoint.h5.previous ] || fail "$how: --force kept a checkpoint of another screen"
    cmp -s whole/config.json $how/config.json || fail "$how: older results with another config"
done
expect 0 "goes on from the checkpoint" ranks 2 "${screen[@]}" --top 301 -o anew
SLURM_RESTART_COUNT=1 expect 0 "goes on from the checkpoint" ranks 2 "${screen[@]}" --top 301 -o again --force
cmp -s anew/screen.tsv again/screen.tsv || fail "--force: other results"
[ "$(wc -l <anew/screen.tsv)" = 302 ] || fail "--force: the older results"

# ---- no room: the checkpoint stays, the message says how much is needed ----
"$DRAGNET" "${screen[@]}" -o full --max-time 0.1s >out.txt 2>err.txt
sum=$(sha256sum <full/checkpoint.h5)
expect 74 "checkpoint.h5.part: no room for " timeout 30 mpirun -q -n 1 \
    bash -c 'ulimit -f 4; exec "$0" "$@"' "$DRAGNET" "${screen[@]}" -o full --max-time 0.1s
[ "$sum" = "$(sha256sum <full/checkpoint.h5)" ] || fail "no room: the checkpoint is another one"
expect 74 "table/screen.tsv: no room for about " timeout 60 mpirun -q -n 1 \
    bash -c 'ulimit -f 40; exec "$0" "$@"' "$DRAGNET" screen d.h5 --model run/model.h5 --gene G7 --top 1400 -o table
nothing_left table/screen.tsv table/screen.h5
expect 0 "" ranks 2 "${screen[@]}" -o full
same full
finish
