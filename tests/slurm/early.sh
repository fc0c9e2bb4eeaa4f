#!/usr/bin/env bash
# early.sh - SIGUSR1 (the time limit is near) before there are ranks, while they start, and while they do not listen yet: the
# job queues itself again, or the ranks hear of it later; it never fails and never runs on into its limit
export NODES=3
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 80 --patience 100 --batch 128 --shards 8 -q)
here train "${train[@]}" -o whole

# A program that takes its time: before it starts, as where libraries come over a network, with SIGUSR1 ending it as it does any.
cat >slow <<'P'
#!/bin/bash
[ -n "${SLURM_RESTART_COUNT:-}" ] || { touch "$MARK.$SLURM_PROCID"; until [ -e "$MARK.go" ]; do sleep 0.2; done; }
exec "$PROGRAM" "$@"
P
# And one that hears nothing in this time, nor until dragnet listens.
sed 's/^\[ -n/trap "" USR1\n[ -n/' slow >deaf
chmod +x slow deaf
export PROGRAM=$DRAGNET
# The script is asked before it starts anything.
cat >early.sbatch <<S
#!/bin/bash
#SBATCH --requeue --open-mode=append --output=%x-%j.log
. "$JOBS/common.sh" || exit 66
[ -n "\${SLURM_RESTART_COUNT:-}" ] || { touch begun; until [ -e begun.go ]; do sleep 0.2; done; }
dragnet_job train "\$@"
S
before=$(sbatch --parsable -n 2 -J before early.sbatch "${train[@]}" -o before)
slow=$(DRAGNET=$WORK/slow MARK=$WORK/slow sbatch --parsable -n 2 -J slow "$JOBS/train.sbatch" "${train[@]}" -o slow_run)
deaf=$(DRAGNET=$WORK/deaf MARK=$WORK/deaf sbatch --parsable -n 2 -J deaf "$JOBS/train.sbatch" "${train[@]}" -o deaf_run)
# Each is asked at a moment that it waits in until it has been, however slow this machine is; `slow` until it ends by that.
within 60 test -e begun
scancel --signal=USR1 --batch "$before"
within 60 said "before-$before.log" "nothing is under way"
touch begun.go
within 60 test -e slow.1
scancel --signal=USR1 --batch "$slow"
within 60 said "slow-$slow.log" "before the ranks listened"
within 60 test -e deaf.1
scancel --signal=USR1 --batch "$deaf"
within 60 said "deaf-$deaf.log" "asking the ranks to save"
sleep 4 # it is said again 5 s after the first time, and every 5 s: soon after they begin
touch deaf.go
complete 200 "$before" "$slow" "$deaf"
for job in "$before" "$slow" "$deaf"; do
    [ "$(field "$job" Restarts)" = 1 ] || fail "job $job: $(field "$job" Restarts) restarts"
done
said "deaf-$deaf.log" "stopped by SIGUSR1" || fail "deaf: the ranks have not heard: $(cat "deaf-$deaf.log")"
for run in before slow_run deaf_run; do
    same $run/model.h5 whole/model.h5 || fail "$run: another model than that of the undisturbed run"
done
finish
