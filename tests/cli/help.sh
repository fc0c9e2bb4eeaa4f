#!/usr/bin/env bash
# help.sh - help, versions, suggestions and exit codes; how the program was started
. "$(dirname "$0")/lib.sh"

for c in import synth split train evaluate screen network watch ctl key; do
    "$DRAGNET" $c --help >out.txt 2>err.txt || fail "$c --help: exit $?"
    grep -q "^usage: dragnet $c" out.txt || fail "$c --help does not show the usage"
    awk '/^usage: /,/^$/' out.txt | sed 's/^usage: //; s/^       //' | grep -v "^dragnet $c " | grep . && fail "$c --help: a usage without its command"
    [ ! -s err.txt ] || fail "$c --help writes to stderr"
    "$DRAGNET" --help | grep -q "^  $c " || fail "--help does not name $c"
done
"$DRAGNET" split --help | grep -qF -- "|cold-both|kfold-blocks --pairs" || fail "split --help cuts the kinds: $("$DRAGNET" split --help | grep -e --kind)"
"$DRAGNET" --version >out.txt || fail "--version: exit $?"
for word in dragnet MPI PETSc BLAS HDF5 oneDNN ISA; do
    grep -qE "^$word +[^ ]" out.txt || fail "--version does not name $word"
done
! dpkg -s libopenblas0-pthread >/dev/null 2>&1 || grep -qE '^BLAS +OpenBLAS 0' out.txt || fail "the BLAS is not OpenBLAS: $(grep BLAS out.txt)"
grep -qE '^PETSc +[0-9]+\.[0-9]+\.[0-9]+$' out.txt || fail "no version of PETSc"
[ "$(ranks 3 --version | grep -c '^dragnet ')" = 1 ] || fail "--version is printed by every rank"

expect 64 "did you mean 'train'" "$DRAGNET" trian
expect 64 "did you mean '--epochs'" "$DRAGNET" train gener x.h5 --epoch 3
expect 64 "try 'dragnet train --help'" "$DRAGNET" train gener x.h5 --epochs many
expect 64 "out of range" "$DRAGNET" train gener x.h5 --epochs 0
expect 64 "wanted one of" "$DRAGNET" train gener x.h5 --optimiser best
expect 64 "needs a value" "$DRAGNET" train gener x.h5 --epochs
expect 64 "say what to train" "$DRAGNET" train x.h5 --split a -o b
expect 64 "usage" "$DRAGNET"

# srun without a matching PMI: several processes that each think they are alone
expect 78 "srun --mpi=pmix" env SLURM_STEP_NUM_TASKS=2 "$DRAGNET" --version
expect 0 "" env SLURM_STEP_NUM_TASKS=1 "$DRAGNET" --version
expect 1 "nosuch" env OMPI_MCA_pml=nosuch "$DRAGNET" --version # a choice of the user is not replaced by ours

# a log line as JSON has the same fields
"$DRAGNET" synth -o s.h5 --genes 20 --samples 4 --pairs 40 --log-format json 2>err.txt || fail "synth: $(cat err.txt)"
grep -q '"event": *"done"' err.txt || fail "no JSON log line: $(cat err.txt)"
"$DRAGNET" synth -o t.h5 --genes 20 --samples 4 --pairs 40 -q 2>err.txt || fail "synth -q"
[ ! -s err.txt ] || fail "-q is not quiet: $(cat err.txt)"
finish
