#!/usr/bin/env bash
# failing_reads.sh - read K of a file fails on one rank (a preloaded library says so): code 74, a line that names the
# file, on all ranks, within seconds; a checkpoint that cannot be read now is neither thrown away nor replaced
. "$(dirname "$0")/lib.sh"
shim=$(dirname "$DRAGNET")/tests/slow_io.so
[ -e "$shim" ] || fail "no $shim"

# failing N RANK K NAME COMMAND...
failing() {
    local n=$1 what="$2 $3 $4"
    shift 4
    DN_IO_FAIL_READ="$what" timeout 30 mpirun -q --oversubscribe -x DN_IO_FAIL_READ -x LD_PRELOAD="$shim" -n "$n" \
        "$DRAGNET" "$@"
}

# reads FILE "K K K" COMMAND...: for these reads, of one rank of one, of the first and of the last of three
reads() {
    local file=$1 k who
    local all=$2
    shift 2
    for who in "1 0" "3 0" "3 2"; do
        for k in $all; do
            expect 74 "$file" failing ${who% *} ${who#* } "$k" "/$file" "$@"
            grep -q 'Input/output error' err.txt || fail "read $k of $file ($who): $(tail -2 err.txt)"
        done
    done
}

"$DRAGNET" synth -q --genes 100 --samples 40 --pairs 2000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
train=(train gener data.h5 --split warm --epochs 2 --batch 128 --shards 8)
expect 0 "" "$DRAGNET" "${train[@]}" -o whole
before=$(sha256sum data.h5 whole/*)
reads data.h5 "1 8 40" "${train[@]}" -o run
[ ! -e run ] || fail "a run that could not read its data left $(ls run)"
reads model.h5 "20" evaluate data.h5 --model whole/model.h5 --split warm
reads model.h5 "2" "${train[@]}" -o whole
reads data.h5 "5" split data.h5 --pairs known --name two --kind random --force
[ "$before" = "$(sha256sum data.h5 whole/*)" ] || fail "a failed read changed a file"

# text: rank 0 reads a table of expression, all read pairs
printf 'gene\ts1\ts2\ng1\t1\t2\ng2\t3\t4\n' >table.tsv
for who in "1 0" "3 0"; do
    expect 74 table.tsv failing ${who% *} ${who#* } 0 /table.tsv import --expression table.tsv -o out.h5
    nothing_left out.h5
done

# a checkpoint that cannot be read, which rank 0 does: both stay, and are gone on with when it can
mkdir run
DN_IO_HOLD="synced checkpoint.h5 2" DN_IO_HOLD_MS=60000 DN_IO_MARK=$WORK/mark LD_PRELOAD=$shim \
    "$DRAGNET" "${train[@]}" -o run 2>err.txt &
job=$!
until grep -q "synced checkpoint.h5 2" mark 2>/dev/null; do
    kill -0 $job 2>/dev/null || { fail "over before two checkpoints: $(tail -2 err.txt)"; break; }
    sleep 0.01
done
kill -9 $job
wait $job 2>/dev/null
mv run/checkpoint.h5.kept run/checkpoint.h5.previous # as if it had been killed a moment later
before=$(sha256sum run/*)
for who in "1 0" "3 0"; do
    for k in 0 20; do
        expect 74 checkpoint.h5 failing ${who% *} ${who#* } $k /checkpoint.h5 "${train[@]}" -o run
        [ "$before" = "$(sha256sum run/*)" ] || fail "a checkpoint that could not be read was changed: $(ls run)"
    done
done
expect 0 "epochs_done=2" ranks 2 "${train[@]}" -o run
finish
