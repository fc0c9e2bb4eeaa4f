#!/usr/bin/env bash
# resume.sh - dragnet train killed with SIGKILL in mid-epoch and in the middle of a checkpoint, gone on with on other
# ranks: the same model.h5, metrics.jsonl without holes; what may not be resumed is refused
. "$(dirname "$0")/lib.sh"

digest() { # of every dataset of a file, every bit of it; attributes (time, command) are left out
    h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

# metrics FILE: all that does not measure time
metrics() {
    python3 - "$1" <<'P'
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    assert row.pop("seconds") > 0 and row.pop("pairs_per_second") > 0
    print(json.dumps(row))
P
}

# stand_still PID...: a signal to stop reaches a thread at the end of its system call, which may be a rename
stand_still() {
    local id stat state
    for id in "$@"; do
        for stat in /proc/"$id"/task/*/stat; do
            while read -r _ _ state _ 2>/dev/null <"$stat" && [[ $state != [TtZX] ]]; do :; done
        done
    done
}

# holds JOB CONDITION: whether CONDITION holds while all ranks of mpirun stand still; then ids says which they are
holds() {
    eval "$2" || return 1
    ids=$(cat /proc/"$1"/task/*/children 2>/dev/null) # the ranks are children of mpirun
    [ -n "$ids" ] && kill -STOP $ids 2>/dev/null || return 1
    stand_still $ids
    eval "$2" && return 0
    kill -CONT $ids 2>/dev/null
    return 1
}

# killed N CONDITION COMMAND...: start on N ranks, SIGKILL all of them once CONDITION holds
killed() {
    local n=$1 condition=$2 job ids=
    shift 2
    mpirun -q --oversubscribe -n "$n" "$DRAGNET" "$@" >out.txt 2>err.txt </dev/null &
    job=$!
    until holds $job "$condition"; do
        kill -0 $job 2>/dev/null || { fail "over before '$condition': $(tail -3 err.txt)"; break; }
        sleep 0.002
    done
    kill -9 $ids 2>/dev/null # and mpirun ends by itself
    wait $job 2>/dev/null && fail "survived SIGKILL"
}

# goes_on N WHAT COMMAND...: start again on N ranks; it says that it resumes, and ends as the undisturbed run
goes_on() {
    local n=$1 what=$2 dir=$3
    shift 3
    expect 0 "train: resuming" ranks "$n" "$@" -o "$dir"
    [ "$(digest "$dir/model.h5")" = "$whole" ] || fail "$what: another model"
    [ "$(metrics "$dir/metrics.jsonl")" = "$lines" ] || fail "$what: metrics.jsonl differs: $(cat "$dir/metrics.jsonl")"
    nothing_left "$dir/checkpoint.h5" "$dir/checkpoint.h5.previous"
}

# has_lines FILE N: without starting a program, which takes longer than a checkpoint
has_lines() {
    local all=()
    [ ! -e "$1" ] || mapfile -t all <"$1"
    [ ${#all[@]} -ge "$2" ]
}

"$DRAGNET" synth --genes 200 --samples 60 --pairs 6000 --seed 3 -o one.h5 2>err.txt || fail "synth: $(cat err.txt)"
"$DRAGNET" split one.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 2>err.txt >out.txt ||
    fail "split: $(cat err.txt)"
train=(train gener one.h5 --split warm --epochs 4 --batch 128 --shards 8)
expect 0 "" "$DRAGNET" "${train[@]}" -o whole
whole=$(digest whole/model.h5)
lines=$(metrics whole/metrics.jsonl)
[ "$(wc -l <whole/metrics.jsonl)" = 4 ] || fail "metrics.jsonl has not a line an epoch"
nothing_left whole/checkpoint.h5 whole/checkpoint.h5.previous

# after an epoch; in mid-epoch, with checkpoints within it; in the middle of writing one; again and again
killed 2 'has_lines epoch/metrics.jsonl 2' "${train[@]}" -o epoch
goes_on 3 "after an epoch" epoch "${train[@]}"
often=("${train[@]}" --checkpoint-steps 5)
killed 3 '[ -e middle/checkpoint.h5.previous ]' "${often[@]}" -o middle
goes_on 1 "in mid-epoch" middle "${train[@]}" # how often checkpoints are written is no matter
always=("${train[@]}" --checkpoint-steps 1)
torn=0
for k in 1 2 3 4; do
    n=$((k % 4 + 1))
    rm -f torn/checkpoint.h5.part
    killed $n '[ -e torn/checkpoint.h5 ] && [ -s torn/checkpoint.h5.part ] && has_lines torn/metrics.jsonl '$((k / 2)) \
        "${always[@]}" -o torn
    [ ! -e torn/checkpoint.h5.part ] || torn=$((torn + 1))
done
[ $torn = 4 ] || fail "only $torn kills of 4 met a checkpoint that was being written"
goes_on 4 "killed four times" torn "${always[@]}" --resume

# the last checkpoint is damaged: the one before it
killed 2 'has_lines damaged/metrics.jsonl 2 && [ -e damaged/checkpoint.h5.previous ]' "${often[@]}" -o damaged
printf 'damage' | dd of=damaged/checkpoint.h5 bs=1 seek=100000 conv=notrunc 2>/dev/null
goes_on 2 "damaged" damaged "${train[@]}"
grep -q "the checkpoint is damaged, the one before it is used" err.txt || fail "a damaged checkpoint goes unsaid"

# between the model and the removal of the checkpoint
killed 1 'has_lines late/metrics.jsonl 2' "${train[@]}" -o late
cp -r late copy
goes_on 1 "late" late "${train[@]}"
cp late/model.h5 copy/model.h5
expect 0 "already complete" ranks 2 "${train[@]}" -o copy
nothing_left copy/checkpoint.h5 copy/checkpoint.h5.previous

# of another run
killed 2 'has_lines other/metrics.jsonl 1' "${train[@]}" -o other
before=$(sha256sum other/*.*)
expect 73 "seed is 2, was 1" ranks 2 "${train[@]}" -o other --seed 2
expect 73 "rate is 0.01, was 0.001" "$DRAGNET" "${train[@]}" -o other --rate 0.01 --resume
"$DRAGNET" split one.h5 --pairs known --name second --kind random --fractions 0.6,0.2,0.2 --seed 1 >out.txt 2>err.txt
expect 73 "training_hash is" "$DRAGNET" train gener one.h5 --split second --epochs 4 --batch 128 --shards 8 -o other
"$DRAGNET" synth --genes 200 --samples 60 --pairs 6000 --seed 4 -o two.h5 2>err.txt
"$DRAGNET" split two.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 >out.txt 2>err.txt
expect 73 "training_hash is" "$DRAGNET" train gener two.h5 --split warm --epochs 4 --batch 128 --shards 8 -o other
[ "$before" = "$(sha256sum other/*.*)" ] || fail "a refused run changed the directory"

# --force starts anew; while it has not finished, the same command without it goes on, and the old model stays
cp whole/model.h5 other/model.h5
new=(train gener one.h5 --split warm --epochs 4 --batch 128 --shards 8 --seed 2)
expect 0 "" "$DRAGNET" "${new[@]}" -o whole2
killed 2 'has_lines other/metrics.jsonl 1 && ! grep -q "$(head -c 90 whole/metrics.jsonl)" other/metrics.jsonl' \
    "${new[@]}" -o other --force
[ "$(digest other/model.h5)" = "$whole" ] || fail "a killed --force lost the old model"
expect 0 "already complete" "$DRAGNET" "${train[@]}" -o other
[ -e other/checkpoint.h5 ] || fail "the old command removed the checkpoint of the new one"
whole=$(digest whole2/model.h5)
lines=$(metrics whole2/metrics.jsonl)
goes_on 3 "--force" other "${new[@]}"

# a --force that cannot begin loses nothing
before=$(sha256sum other/*.*)
expect 78 "must be a power of two" "$DRAGNET" train gener one.h5 --split warm --batch 120 --shards 3 -o other --force
[ "$before" = "$(sha256sum other/*.*)" ] || fail "a --force that could not begin changed the directory: $(ls -l other)"

# nothing to resume; nothing that --resume could mean
expect 66 "nothing to resume" ranks 2 "${train[@]}" -o absent --resume
[ ! -e absent ] || fail "--resume made a directory"
expect 64 "give one of them" "$DRAGNET" "${train[@]}" -o absent --resume --force
expect 0 "already complete" ranks 2 "${new[@]}" -o other --resume
mkdir -p lost && cp whole/metrics.jsonl lost/
expect 73 "left no checkpoint" ranks 2 "${train[@]}" -o lost

# drugs and targets, by the same way
python3 - >table.csv <<'P'
import random
r = random.Random(1)
drugs = [("D%d" % i, ("C" * (2 + i % 12)) + ("N" if i >= 12 else "O")) for i in range(24)]
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j >= 10 else ""), k=40 + 7 * j))) for j in range(20)]
print("drug_id,SMILES,target_id,Sequence,label")
for d, s in drugs:
    for t, q in targets:
        print(f"{d},{s},{t},{q},{int('N' in s and (r.random() < 0.1 or q.count('K') > len(q) / 4))}")
P
"$DRAGNET" import -o dti.h5 --interactions all=table.csv 2>err.txt
if [ $? = 69 ]; then
    echo "SKIP: drugs and targets: this build reads no molecules"
else
    expect 0 "" "$DRAGNET" split dti.h5 --interactions all --name warm --kind warm --fractions 0.7,0.15,0.15 --seed 1 \
        --force
    train=(train dti dti.h5 --split warm --epochs 3 --batch 32 --shards 4 --atoms published --joint 16 --checkpoint-steps 2)
    expect 0 "" "$DRAGNET" "${train[@]}" -o pairs
    whole=$(digest pairs/model.h5)
    lines=$(metrics pairs/metrics.jsonl)
    killed 2 '[ -e cut/checkpoint.h5.previous ]' "${train[@]}" -o cut
    expect 73 "joint is 8, was 16" "$DRAGNET" "${train[@]}" --joint 8 -o cut
    goes_on 4 "drugs and targets" cut "${train[@]}"
fi
finish
