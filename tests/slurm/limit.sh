#!/usr/bin/env bash
# limit.sh - the time limit is near: Slurm's own SIGUSR1, checkpoint, exit code 75, the job queues itself again and ends
# with the bits of an undisturbed run, by srun and by mpirun; how often it does so has a limit
export NODES=4
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 40 --patience 100 --batch 128 --shards 8 -q)

# Slurm looks for limits that are near every 30 s from its start on. The first run of a job is held back until just
# before it does, so that the signal meets training whatever the machine's speed.
cat >held <<'P'
#!/bin/sh
if [ -z "${SLURM_RESTART_COUNT:-}" ]; then
    while [ $((($(date +%s) - LOOKS) % 30)) -lt 28 ]; do sleep 0.1; done
fi
exec "$PROGRAM" "$@"
P
chmod +x held
LOOKS=$(stat -c %Y "$SLURM_CONF") PROGRAM=$DRAGNET
export LOOKS PROGRAM
limit=(--time=1 --signal=B:USR1@55 -N 2 -n 2)
pmix=$(DRAGNET=$WORK/held sbatch --parsable "${limit[@]}" -J pmix "$JOBS/train.sbatch" "${train[@]}" -o pmix)
orte=$(DRAGNET=$WORK/held DRAGNET_LAUNCH=mpirun sbatch --parsable "${limit[@]}" -J orte "$JOBS/train.sbatch" "${train[@]}" -o orte)
within 60 said "pmix-$pmix.log" "requeued (1 of at most 100 times)"
within 30 said "orte-$orte.log" "requeued (1 of at most 100 times)"
scontrol update jobid="$pmix" timelimit=10 # a slow machine shall not stop them again and again
scontrol update jobid="$orte" timelimit=10
here train "${train[@]}" -o whole
complete 120 "$pmix" "$orte"
for log in "pmix-$pmix.log" "orte-$orte.log"; do
    said "$log" "SIGUSR1: asking the ranks to save" || fail "$log: no signal"
    said "$log" "stopped by SIGUSR1" || fail "$log: dragnet has not said why it stopped"
done
[ "$(field "$pmix" Restarts)" = 1 ] && [ "$(field "$orte" Restarts)" = 1 ] || fail "not one restart each"
same pmix/model.h5 whole/model.h5 || fail "srun: another model than that of the undisturbed run"
same orte/model.h5 whole/model.h5 || fail "mpirun: another model than that of the undisturbed run"

# at the limit of requeues: exit code 75, and what was saved can be gone on with
last=$(DRAGNET_MAX_REQUEUES=0 sbatch --parsable -n 2 -J last "$JOBS/train.sbatch" "${train[@]}" --checkpoint-steps 1 -o last)
within 30 test -e last/checkpoint.h5
scancel --signal=USR1 --batch "$last"
within 30 is FAILED "$last"
[ "$(field "$last" ExitCode)" = 75:0 ] || fail "at the limit of requeues: ExitCode $(field "$last" ExitCode)"
said "last-$last.log" "submit the same again" || fail "at the limit of requeues: $(tail -n 3 "last-$last.log")"
[ -e last/checkpoint.h5 ] || fail "at the limit of requeues: no checkpoint"
finish
