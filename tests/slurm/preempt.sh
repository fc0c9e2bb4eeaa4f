#!/usr/bin/env bash
# preempt.sh - a job of a higher partition takes the node: with a grace time the job saves when it is told to (SIGTERM) and queues
# itself again; without one Slurm queues it again and gives it KillWait to save. Both go on when the node is free, to the bits
# of an undisturbed run
if [ -z "${IN_SANDBOX:-}" ]; then
    SANDBOX_CONF=$(mktemp)
    cat >"$SANDBOX_CONF" <<'C'
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=polite Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE GraceTime=60 MaxTime=INFINITE State=UP
PartitionName=hasty Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE GraceTime=0 MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE State=UP
C
    export SANDBOX_CONF
fi
export NODES=2 SANDBOX_KILLWAIT=20
. "$(dirname "$0")/lib.sh"
rm -f "$SANDBOX_CONF"

data
train=(gener data.h5 --split warm --epochs 60 --patience 100 --batch 128 --shards 8 -q)
here train "${train[@]}" -o whole
polite=$(sbatch --parsable -p polite -w node1 -n 2 -J polite "$JOBS/train.sbatch" "${train[@]}" -o polite)
hasty=$(sbatch --parsable -p hasty -w node2 -n 2 -J hasty "$JOBS/train.sbatch" "${train[@]}" -o hasty)
within 60 test -e polite/checkpoint.h5
within 60 test -e hasty/checkpoint.h5
first=$(sbatch --parsable -p urgent -w node1 -n 2 -J first -o first.log --wrap 'srun -n 2 sleep 3')
second=$(sbatch --parsable -p urgent -w node2 -n 2 -J second -o second.log --wrap 'srun -n 2 sleep 3')
complete 60 "$first" "$second"
complete 120 "$polite" "$hasty"
for run in polite hasty; do
    log=$run-${!run}.log
    said "$log" "stopped by SIGTERM" || fail "$run: it was not saved: $(cat "$log")"
    [ "$(field "${!run}" Restarts)" = 1 ] || fail "$run: $(field "${!run}" Restarts) restarts"
    same $run/model.h5 whole/model.h5 || fail "$run: another model than that of the undisturbed run"
done
said "polite-$polite.log" "saved; requeued (1 of at most 100 times)" || fail "polite: $(tail -n 5 "polite-$polite.log")"
said "hasty-$hasty.log" "saved; Slurm has queued the job again" || fail "hasty: $(tail -n 5 "hasty-$hasty.log")"
finish
