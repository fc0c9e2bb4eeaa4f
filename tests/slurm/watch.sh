#!/usr/bin/env bash
# watch.sh - dragnet watch follows a job from the queue through a requeue to its end, and disturbs nobody
export NODES=2
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 80 --patience 1000 --batch 128 --shards 8 -q)
job=$(sbatch --parsable -n 2 --hold -J train "$JOBS/train.sbatch" "${train[@]}" -o run)
queued=$("$DRAGNET" watch run --once)
[[ $queued == *"job $job is queued (JobHeldUser)"* ]] || fail "queued: $queued"
timeout 280 "$DRAGNET" watch run >lines.txt 2>&1 </dev/null &
watch=$!
tells() { grep -qF -- "$1" lines.txt; }
within 60 tells "job $job is queued (JobHeldUser)"
scontrol release "$job"
within 60 tells "running  train gener"
within 60 tells "epoch 2 done"
scancel --signal=USR1 --batch "$job"
within 60 tells "saved"
within 60 tells "the job has started again"
within 60 is RUNNING "$job"
srun -N 1 -n 2 --overlap --jobid "$job" "$DRAGNET" watch run --once </dev/null >two.txt 2>&1 && fail "watched by two"
grep -qF "is for one process, not for 2" two.txt || fail "srun: $(cat two.txt)"
complete 200 "$job"
wait $watch || fail "watch: exit code $?"
tail -n 1 lines.txt | grep -qF "the job has finished" || fail "the last line: $(tail -n 1 lines.txt)"
[ "$(field "$job" Restarts)" = 1 ] || fail "not one restart"
[ "$failures" = 0 ] || cat lines.txt
grep -v "epoch .* done" lines.txt
finish
