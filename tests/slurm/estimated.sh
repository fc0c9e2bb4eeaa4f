#!/usr/bin/env bash
# estimated.sh - dragnet estimate and submit on a real Slurm: the #SBATCH lines are accepted, the job runs as asked, compares
# itself with the estimate, has the bits of a run outside Slurm; a launcher that starts too few ranks is warned of
. "$(dirname "$0")/lib.sh"

data
train=(train gener data.h5 --split warm --epochs 2 --batch 128 --shards 8)
here "${train[@]}" -o whole

unset DRAGNET_SLURM # submit finds the folder by itself
"$DRAGNET" submit "$JOBS/train.sbatch" --ranks 4 --ranks-per-node 2 --probe-seconds 0.5 --memory 1000 --sbatch='-J fitted' \
    -- "${train[@]}" -o 'runs/my run' >submitted.txt 2>&1 || fail "submit: $(cat submitted.txt)"
id=$(sed -n 's/^Submitted batch job //p' submitted.txt)
[ "$(field "$id" NumNodes | cut -d - -f 1)" = 2 ] && [ "$(field "$id" NumTasks)" = 4 ] || fail "asked for: $(scontrol show job "$id")"
[ "$(field "$id" TimeLimit)" = 00:06:00 ] || fail "time: $(field "$id" TimeLimit)"
complete 60 "$id"
same 'runs/my run/model.h5' whole/model.h5 || fail "another model than outside Slurm"
said "fitted-$id.log" 'ranks=4 nodes=2' || fail "not 4 ranks on 2 nodes: $(head -5 "fitted-$id.log")"
said "fitted-$id.log" 'slurm_tasks=4 slurm_nodes=2' || fail "Slurm is not seen: $(head -5 "fitted-$id.log")"
said "fitted-$id.log" 'beside the estimate estimated_secs=' || fail "no word on the estimate: $(tail -3 "fitted-$id.log")"
grep -q " warn " "fitted-$id.log" && fail "a warning of nothing: $(head -5 "fitted-$id.log")"

# two ranks on one of two nodes
cat >few.sbatch <<'SB'
#!/bin/bash
#SBATCH -n 4 -N 2 --output=few.log
exec mpirun -n 2 "$DRAGNET" train gener data.h5 --split warm --epochs 1 -o few
SB
few=$(sbatch --parsable few.sbatch)
complete 60 "$few"
said few.log '2 nodes are allocated, but all ranks stand on 1' || fail "an idle node: $(head -5 few.log)"
finish
