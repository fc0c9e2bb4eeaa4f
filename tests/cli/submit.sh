#!/usr/bin/env bash
# submit.sh - dragnet submit: the script that is shown is the one that sbatch gets, arguments arrive as typed, no sbatch, mistakes
. "$(dirname "$0")/lib.sh"

"$DRAGNET" synth -o 's 1.h5' --genes 100 --samples 40 --pairs 2000 --seed 1 -q || fail "synth"
"$DRAGNET" split 's 1.h5' --pairs known --name warm --kind random --fractions 0.8,0.2,0 --seed 1 -q >/dev/null || fail "split"
template=$ROOT/jobs/slurm/train.sbatch
odd="runs/it's \$HOME \`x\`"
train=(train gener 's 1.h5' --split warm -o "$odd" --batch 128 --shards 8 --epochs 2)

# Shown, not written.
expect 0 "" "$DRAGNET" submit "$template" --dry-run --probe-seconds 0.3 --ranks 4 -- "${train[@]}"
grep -q '^#SBATCH --ntasks=4$' out.txt && grep -q '^#SBATCH --mem=[0-9]*M$' out.txt && grep -q '^#SBATCH --time=00:0' out.txt ||
    fail "figures: $(cat out.txt)"
grep -q -- '--mem-per-cpu' out.txt && fail "two kinds of memory"
grep -q '^dragnet_job train "\$@"$' out.txt || fail "the template's own lines: $(cat out.txt)"
bash -n out.txt || fail "no script"
[ ! -e runs ] || fail "--dry-run writes"
cp out.txt shown.txt

# Figures that are given need no trial: not even the data.
expect 0 "" "$DRAGNET" submit "$template" --dry-run --ranks 6 --ranks-per-node 4 --time 1-00:00:00 --memory 1000 -- train gener no.h5 --split x -o r
grep -q '^#SBATCH --nodes=2$' out.txt && grep -q '^#SBATCH --mem=1000M$' out.txt && grep -q '^#SBATCH --time=1-00:00:00$' out.txt ||
    fail "given figures: $(cat out.txt)"

# Without Slurm.
mkdir empty && ln -s /bin/true empty/ssh # which MPI looks for
expect 69 "there is no sbatch in PATH" env PATH="$WORK/empty" "$DRAGNET" submit "$template" -- "${train[@]}"
nothing_left runs

# A sbatch that keeps what it gets; the job it would start writes its arguments down.
mkdir bin job
cat >bin/sbatch <<'SB'
#!/bin/bash
printf '%s\n' "$@" >"$RECORD/arguments"
env | grep -c '^PMIX_\|^OMPI_COMM\|^OMPI_MCA_pml=' >"$RECORD/mpi"
cp "${@: -1}" "$RECORD/script"
echo "Submitted batch job 7"
exit "${SBATCH_ENDS:-0}"
SB
chmod +x bin/sbatch
export RECORD=$WORK/job
submit() { PATH="$WORK/bin:$PATH" "$DRAGNET" submit "$@"; }
expect 0 "" submit "$template" --probe-seconds 0.3 --ranks 4 --sbatch='-A me --partition=long' -- "${train[@]}"
[ "$(cat out.txt)" = "Submitted batch job 7" ] || fail "what sbatch says: $(cat out.txt)"
printf '%s\n' -A me --partition=long "$odd.sbatch" | cmp -s - job/arguments || fail "sbatch got: $(cat job/arguments)"
[ "$(cat job/mpi)" = 0 ] || fail "the job inherits what MPI put into the environment"
cmp -s job/script "$odd.sbatch" || fail "another script beside the output"
diff <(grep -v '^#SBATCH --\(time\|mem\)' shown.txt) <(grep -v '^#SBATCH --\(time\|mem\)' job/script) >diff.txt || fail "not the one shown: $(cat diff.txt)"
[ -s "$odd.estimate.json" ] || fail "no estimate beside the output"

# The arguments arrive as they were typed.
grep -v '^\. ' job/script >run.sh
env -u DRAGNET bash -c 'dragnet_job() { printf "%s\n" "$DRAGNET" "$@"; }; . ./run.sh' >got.txt
printf '%s\n' "$(realpath "$DRAGNET")" "${train[@]}" | cmp -s - got.txt || fail "the job gets: $(cat got.txt)"
expect 0 "" submit "$ROOT/jobs/slurm/stage.sbatch" --ranks 1 --time 5 --memory 900 -- screen x.h5 --model m.h5 -o out --top 3
grep -q '^set -- screen x.h5 --model m.h5 -o out --top 3$' out.sbatch || fail "all arguments of a stage: $(cat out.sbatch)"

expect 69 "sbatch refused the job (exit code 3)" env SBATCH_ENDS=3 PATH="$WORK/bin:$PATH" "$DRAGNET" submit "$template" --ranks 1 --time 5 --memory 9 -- "${train[@]}"
expect 66 "no.sbatch: cannot be opened" submit no.sbatch -- "${train[@]}"
expect 65 "is for train, not for screen" submit "$template" --ranks 1 --time 5 --memory 9 -- screen x.h5 --model m.h5 -o out
expect 65 "is no script" submit 's 1.h5' --ranks 1 --time 5 --memory 9 -- "${train[@]}"
expect 64 "which command?" submit "$template"
expect 64 "wanted one template" submit -- "${train[@]}"
expect 64 "is for train, screen, embed and network, not for import" submit "$template" -- import -o x.h5
expect 64 "a job has one number of ranks" submit "$template" --ranks 1,2 -- "${train[@]}"
expect 64 "quotes within it are not read" submit "$template" --ranks 1 --time 5 --memory 9 --sbatch='--comment="a b"' -- "${train[@]}"
expect 0 "" submit "$template" --ranks 1 --time 5 --memory 9 -- train gener x.h5 --split warm -o -odd
[ "$(cat job/arguments)" = ./-odd.sbatch ] || fail "sbatch takes the script for an option: $(cat job/arguments)"
expect 64 "--time soon" submit "$template" --time soon -- "${train[@]}"
expect 64 "unknown option '--epoch'" submit "$template" -- train gener x.h5 --split warm -o r --epoch 3
finish
