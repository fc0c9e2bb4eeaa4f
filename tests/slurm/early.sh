#!/usr/bin/env bash
# early.sh - SIGUSR1 (the time limit is near) before there are ranks, while they start, and while they do not listen yet: the
# job queues itself again, or the ranks hear of it later; it never fails and never runs on into its limit
export NODES=3
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 40 --patience 100 --batch 128 --shards 8 -q)
here train "${train[@]}" -o whole

# A program that takes its time: before it starts, as where libraries come over a network, with SIGUSR1 ending it as it does any.
cat >slow <<'P'
#!/bin/bash
[ -n "${SLURM_RESTART_COUNT:-}" ] || { touch "$MARK.$SLURM_PROCID"; sleep 4; }
exec "$PROGRAM" "$@"
P
# And one that hears nothing in this time.
sed 's/^\[ -n/trap "" USR1\n[ -n/; s/^exec/trap - USR1\nexec/' slow >deaf
chmod +x slow deaf
export PROGRAM=$DRAGNET
# The script is asked before it starts anything: it sleeps where it looks for the program.
cat >sleepy.sbatch <<S
#!/bin/bash
#SBATCH --requeue --open-mode=append --output=%x-%j.log
. "$JOBS/common.sh" || exit 66
[ -n "\${SLURM_RESTART_COUNT:-}" ] || { touch begun; for i in 1 2 3 4 5 6; do sleep 0.5; done; }
dragnet_job train "\$@"
S
before=$(sbatch --parsable -n 2 -J before sleepy.sbatch "${train[@]}" -o before)
slow=$(DRAGNET=$WORK/slow MARK=$WORK/slow sbatch --parsable -n 2 -J slow "$JOBS/train.sbatch" "${train[@]}" -o slow_run)
deaf=$(DRAGNET=$WORK/deaf MARK=$WORK/deaf sbatch --parsable -n 2 -J deaf "$JOBS/train.sbatch" "${train[@]}" -o deaf_run)
within 30 test -e begun
scancel --signal=USR1 --batch "$before"
within 30 test -e slow.1
scancel --signal=USR1 --batch "$slow"
within 30 test -e deaf.1
scancel --signal=USR1 --batch "$deaf"
complete 150 "$before" "$slow" "$deaf"
for job in "$before" "$slow" "$deaf"; do
    [ "$(field "$job" Restarts)" = 1 ] || fail "job $job: $(field "$job" Restarts) restarts"
done
said "before-$before.log" "nothing is under way" || fail "before: $(cat "before-$before.log")"
said "slow-$slow.log" "before the ranks listened" || fail "slow: $(cat "slow-$slow.log")"
said "deaf-$deaf.log" "stopped by SIGUSR1" || fail "deaf: the ranks have not heard: $(cat "deaf-$deaf.log")"
for run in before slow_run deaf_run; do
    same $run/model.h5 whole/model.h5 || fail "$run: another model than that of the undisturbed run"
done
finish
