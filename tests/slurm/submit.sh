#!/usr/bin/env bash
# submit.sh - train.sbatch by srun and by mpirun, an array over folds and one over cohorts, the scaling study: each ends,
# with the bits of a run outside Slurm
. "$(dirname "$0")/lib.sh"

data
here split data.h5 --pairs known --name folds --kind kfold --folds 3 --seed 1
train=(gener data.h5 --split warm --epochs 3 --batch 128 --shards 8)
here train "${train[@]}" -o whole
here train gener data.h5 --split folds --fold 1 --epochs 1 -o fold

pmix=$(sbatch --parsable -N 2 -n 3 -J pmix "$JOBS/train.sbatch" "${train[@]}" -o pmix)
orte=$(DRAGNET_LAUNCH=mpirun sbatch --parsable -N 2 -n 3 -J orte "$JOBS/train.sbatch" "${train[@]}" -o orte)
folds=$(sbatch --parsable --array=0-2%2 -n 1 -J folds "$JOBS/array.sbatch" train gener data.h5 --split folds --fold @ \
    --epochs 1 -o fold@)
cp data.h5 north.h5 && cp data.h5 south@2.h5
printf 'north\nsouth@2\n' >cohorts.txt # a name is put in once: an @ in it is its own
cohorts=$(COHORTS=cohorts.txt sbatch --parsable --array=0-1 -n 1 -J cohorts "$JOBS/array.sbatch" train gener @.h5 \
    --split warm --epochs 1 -o @)
complete 60 "$pmix" "$orte" "$folds" "$cohorts"
for how in pmix orte; do
    same $how/model.h5 whole/model.h5 || fail "$how: another model than outside Slurm"
done
same fold1/model.h5 fold/model.h5 || fail "array: another model of fold 1 than outside Slurm"
[ -s fold0/model.h5 ] && [ -s fold2/model.h5 ] || fail "array: a fold is missing"
same north/model.h5 south@2/model.h5 || fail "array: a cohort is missing"
said "pmix-$pmix.log" 'ranks=3' || fail "srun: not 3 ranks: $(head -3 "pmix-$pmix.log")"
said "orte-$orte.log" 'ranks=3' || fail "mpirun: not 3 ranks: $(head -3 "orte-$orte.log")"

# the study of scaling: a row for each number of ranks
id=$(RANKS="1 2" sbatch --parsable -n 2 "$JOBS/scaling.sbatch" "${train[@]}")
complete 60 "$id"
[ "$(cut -f 1 "scaling-$id.tsv" | tr '\n' ' ')" = "ranks 1 2 " ] || fail "scaling: $(cat "scaling-$id.tsv")"
awk -F '\t' 'NR == 2 { bad = $3 != "1.00" || $4 != "1.00" } NR == 3 { bad = bad || $2 <= 0 } END { exit bad || NR != 3 }' \
    "scaling-$id.tsv" || fail "scaling: $(cat "scaling-$id.tsv")"

# a mistake ends the job with its exit code, and is not repeated; so does a missing program
wrong=$(sbatch --parsable -n 2 -J wrong "$JOBS/train.sbatch" gener data.h5 --split nosuch -o wrong)
none=$(DRAGNET=/nosuch/dragnet sbatch --parsable -n 1 -J none "$JOBS/train.sbatch" gener data.h5 --split warm -o none)
within 30 is FAILED "$wrong" "$none"
[ "$(field "$wrong" ExitCode)" = 65:0 ] || fail "wrong split: ExitCode $(field "$wrong" ExitCode)"
[ "$(field "$none" ExitCode)" = 66:0 ] || fail "no program: ExitCode $(field "$none" ExitCode)"
finish
