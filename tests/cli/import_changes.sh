#!/usr/bin/env bash
# import_changes.sh - an input that another program writes while import reads it (a preloaded library changes a digit before
# one of the reads): refused, whichever read it was, so that the hash that is kept is that of the numbers
. "$(dirname "$0")/lib.sh"
shim=$(dirname "$DRAGNET")/tests/slow_io.so
[ -e "$shim" ] || fail "no $shim"

printf 'index0\tdream\torf\n0\tG1\tA\n1\tG2\tB\n2\tG3\tC\n3\tG4\tD\n' >ids.tsv
printf 'orf\ts1\ts2\nA\t1\t2\nB\t2\t1\nC\t4\t1\nD\t0\t5\n' >x.tsv
gzip -k x.tsv
printf 'A,B,1\nB,C,0\nC,D,1\n' >p.csv
import=(import -o d.h5 --gene-ids ids.tsv --pairs known=p.csv)

# changing N FILE K ARGUMENTS...: import on N ranks, FILE changes before it is opened for the K-th time
changing() {
    local n=$1 change="$3 $2"
    shift 3
    DN_IO_CHANGE="$change" timeout 60 mpirun -q --oversubscribe -x DN_IO_CHANGE -x LD_PRELOAD="$shim" -n "$n" "$DRAGNET" "$@"
}

for case in "1 x.tsv 1" "1 x.tsv 2" "1 x.tsv 3" "2 x.tsv 3" "1 p.csv 2" "1 ids.tsv 2"; do
    set -- $case
    cp "$2" kept
    sleep 0.05 # more than a tick of the file system's clock
    expect 74 "$2: has changed while it was read" changing "$@" "${import[@]}" --expression x.tsv
    nothing_left d.h5
    cmp -s "$2" kept && fail "$case: the file was not changed, so nothing was tested"
    cp kept "$2"
done
expect 0 "" changing 2 x.tsv 99 "${import[@]}" --expression x.tsv.gz
finish
