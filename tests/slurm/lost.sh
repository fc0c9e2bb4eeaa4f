#!/usr/bin/env bash
# lost.sh - scancel, a node that goes down, a rank that is killed: the job ends as it should (cancelled, queued again by
# Slurm, failed), and the same command goes on, on other numbers of ranks, to the bits of an undisturbed run
export NODES=4 SANDBOX_KILLWAIT=20
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 30 --patience 100 --batch 128 --shards 8 -q)
start=(sbatch --parsable -N 1 -n 2)
export OMPI_MCA_odls_base_sigkill_timeout=15 # on a busy machine a step takes long
gone=$("${start[@]}" -J gone "$JOBS/train.sbatch" "${train[@]}" -o gone)
orte=$(DRAGNET_LAUNCH=mpirun "${start[@]}" -J orte "$JOBS/train.sbatch" "${train[@]}" -o orte)
node=$("${start[@]}" -J node "$JOBS/train.sbatch" "${train[@]}" --checkpoint-steps 8 -o node)
dead=$("${start[@]}" -J dead "$JOBS/train.sbatch" "${train[@]}" --checkpoint-steps 8 -o dead)
for run in gone orte node dead; do
    within 60 test -e $run/checkpoint.h5
done

# one rank dies: the job ends by itself, in seconds
kill -9 "$(pgrep -f "^$DRAGNET train .* -o dead\$" | tail -n 1)"
within 60 is FAILED "$dead"
# a node goes down: Slurm itself queues the job again, and leaves the node alone
down=$(field "$node" NodeList)
scontrol update nodename="$down" state=down reason=test
requeued() { [ "$(field "$1" Restarts)" = 1 ]; }
within 60 requeued "$node"
# cancelled: saved and not queued again
touch before
scancel "$gone" "$orte"
within 60 is CANCELLED "$gone" "$orte"
within 60 said "gone-$gone.log" "submit the same again to go on"
said "gone-$gone.log" "stopped by SIGTERM" || fail "srun, scancel: not saved: $(tail -n 4 "gone-$gone.log")"
# what ranks say after SIGTERM does not always get through mpirun: the checkpoint tells
saved_now() { # in mid-epoch, where no other checkpoints are, or at least since scancel
    h5dump -d /checkpoint/position "$1" | grep -qE '\): [0-9]+, [1-9]' || [ "$1" -nt before ]
}
within 60 saved_now orte/checkpoint.h5
scontrol update nodename="$down" state=resume 2>/dev/null # it may be back already
sleep 1
[ -z "$(squeue -h -j "$gone,$orte" -t PENDING,RUNNING)" ] || fail "a cancelled job is queued again"

again1=$(sbatch --parsable -N 1 -n 1 -J again1 "$JOBS/train.sbatch" "${train[@]}" --resume -o gone)
again3=$(sbatch --parsable -N 2 -n 3 -J again3 "$JOBS/train.sbatch" "${train[@]}" --resume -o orte)
again_m=$(DRAGNET_LAUNCH=mpirun sbatch --parsable -n 1 -J again_m "$JOBS/train.sbatch" "${train[@]}" --resume -o dead)
here train "${train[@]}" -o whole
complete 150 "$again1" "$again3" "$again_m" "$node"
[ "$(field "$node" Restarts)" = 1 ] || fail "node down: $(field "$node" Restarts) restarts"
for run in gone orte node dead; do
    same $run/model.h5 whole/model.h5 || fail "$run: another model than that of the undisturbed run"
done
finish
