#!/usr/bin/env bash
# array.sh - Slurm gives the last task of an array the number of the whole array: that task is told to save, and it alone is
# queued again; dragnet watch knows tasks by their numbers
export NODES=2
. "$(dirname "$0")/lib.sh"

data
train=(train gener data.h5 --split warm --epochs 40 --patience 100 --batch 128 --shards 8 -q --checkpoint-steps 4)
id=$(sbatch --parsable --hold --array=0-1 -n 1 -J two "$JOBS/array.sbatch" "${train[@]}" -o run@)
queued=$("$DRAGNET" watch run1 --once)
[[ $queued == *"job ${id}_[0-1] is queued (JobHeldUser)"* ]] || fail "watch: $queued"
scontrol release "$id"
within 40 test -e run0/checkpoint.h5
within 40 test -e run1/checkpoint.h5
[ "$(field "${id}_1" JobId)" = "$id" ] || [ "$(field "${id}_0" JobId)" = "$id" ] || fail "no task has the number of the array"
last=1
[ "$(field "${id}_1" JobId)" = "$id" ] || last=0
watched=$("$DRAGNET" watch run0 --once)
[[ $watched == *"${id}_0, process "* ]] || fail "watch: not the task: $watched"
timeout 250 "$DRAGNET" watch run$last >lines.txt 2>&1 </dev/null &
watch=$!
scancel --signal=USR1 --batch "${id}_$last"
within 40 said "two-${id}_$last.log" "requeued (1 of at most 100 times)"
complete 120 "${id}_0" "${id}_1"
[ "$(field "${id}_$last" Restarts)" = 1 ] || fail "the task that was told to save: $(field "${id}_$last" Restarts) restarts"
[ "$(field "${id}_$((1 - last))" Restarts)" = 0 ] || fail "the other task was queued again, too"
wait $watch || fail "watch: exit code $?"
grep -qE "job ${id}_[^ ]* is queued again|the job has started again" lines.txt || fail "watch: no word of another start: $(cat lines.txt)"
tail -n 1 lines.txt | grep -qF "the job has finished" || fail "watch: $(cat lines.txt)"
same run0/model.h5 run1/model.h5 || fail "another model than that of the task that was not stopped"
finish
