#!/usr/bin/env bash
# dead.sh - a rank dies, by srun and by mpirun: the job ends in seconds, with one line of the script that names the rank and says
# what to do; a job that fails by itself has no such line
export NODES=2
. "$(dirname "$0")/lib.sh"

data
train=(gener data.h5 --split warm --epochs 400 --patience 1000 --batch 128 --shards 8 -q)
pmix=$(sbatch --parsable -n 2 -J pmix "$JOBS/train.sbatch" "${train[@]}" -o pmix)
orte=$(DRAGNET_LAUNCH=mpirun sbatch --parsable -n 2 -J orte "$JOBS/train.sbatch" "${train[@]}" -o orte)
for run in pmix orte; do
    within 60 test -e $run/checkpoint.h5
    kill -9 "$(pgrep -f "^$DRAGNET train .* -o $run\$" | tail -n 1)"
    begin=$SECONDS
    within 60 is FAILED "${!run}"
    log=$run-${!run}.log
    [ "$(grep -cE 'a rank was lost \(rank [01] on [a-z0-9]+: Killed\)' "$log")" = 1 ] || fail "$run: no line of the rank: $(cat "$log")"
    echo "# $run: ended $((SECONDS - begin)) s after the rank; $(grep 'a rank was lost' "$log")"
done
wrong=$(sbatch --parsable -n 2 -J wrong "$JOBS/train.sbatch" gener nothing.h5 --split warm -o wrong)
within 30 is FAILED "$wrong"
said "wrong-$wrong.log" "was lost" && fail "a mistake is called a lost rank: $(cat "wrong-$wrong.log")"
finish
