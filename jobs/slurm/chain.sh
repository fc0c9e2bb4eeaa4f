#!/bin/bash
# chain.sh - import, split, train, evaluate: four jobs, each of which waits for the one before
#
#   ./chain.sh                 submits them and prints their ids; edit the commands below, they are an example
#   FOLDS=5 ./chain.sh         five folds: training and each fold's evaluation are arrays, task k waits for task k
#
# If a job fails, Slurm cancels those that wait for it (--kill-on-invalid-dep). A job that stops at its time limit
# requeues itself, and the others go on waiting. Options for every sbatch: SBATCH_OPTIONS="-A project -p long".
set -eu
HERE=${DRAGNET_SLURM:-.} # folder with stage.sbatch and the others
Y=${Y:-yeast}         # folder with the tables
DATA=${DATA:-yeast.h5} # dataset that is made
RUNS=${RUNS:-runs}    # folder of results
FOLDS=${FOLDS:-0}
BY=${BY:-genes}       # folds of genes or of pairs

submit() { # submit DEPENDENCY OPTIONS... SCRIPT ARGUMENTS...: prints the id
    local after=$1 id
    shift
    # shellcheck disable=SC2086
    id=$(sbatch --parsable ${after:+--dependency=$after} --kill-on-invalid-dep=yes ${SBATCH_OPTIONS:-} "$@")
    echo "${id%%;*}" # "id;cluster" where a site has several
}

import=$(submit "" -J import "$HERE/stage.sbatch" import -o "$DATA" --expression "$Y/expression/joined_5950x570.tsv.gz" \
    --gene-ids "$Y/gene_ids.tsv" --pairs "known=$Y/pairs.npy" --decoys 'decoy*')
if [ "$FOLDS" = 0 ]; then
    split=$(submit "afterok:$import" -J split "$HERE/stage.sbatch" split "$DATA" --pairs known --name warm --kind random \
        --fractions 0.8,0.1,0.1 --seed 1)
    train=$(submit "afterok:$split" "$HERE/train.sbatch" gener "$DATA" --split warm -o "$RUNS/warm")
    evaluate=$(submit "afterok:$train" -J evaluate "$HERE/stage.sbatch" evaluate "$DATA" --model "$RUNS/warm/model.h5" --split warm)
else
    folds=0-$((FOLDS - 1))
    split=$(submit "afterok:$import" -J split "$HERE/stage.sbatch" split "$DATA" --pairs known --name folds --kind kfold \
        --by "$BY" --folds "$FOLDS" --seed 1)
    train=$(submit "afterok:$split" --array="$folds" -J train "$HERE/array.sbatch" train gener "$DATA" --split folds --fold @ \
        -o "$RUNS/fold@")
    evaluate=$(submit "aftercorr:$train" --array="$folds" -J evaluate "$HERE/array.sbatch" evaluate "$DATA" \
        --model "$RUNS/fold@/model.h5" --split folds --fold @)
fi
printf 'import %s\nsplit %s\ntrain %s\nevaluate %s\n' "$import" "$split" "$train" "$evaluate"
