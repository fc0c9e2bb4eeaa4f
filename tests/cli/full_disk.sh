#!/usr/bin/env bash
# full_disk.sh - no room on the disk, a limit on the size of files, a directory that is read-only or vanishes: one
# line that names the file, code 74 or 73, the last checkpoint whole; with room again the same bits
if [ "${DN_OWN_MOUNTS:-}" = "" ] && unshare -m true 2>/dev/null; then
    DN_OWN_MOUNTS=yes exec unshare -m bash "$0" "$@" # what is mounted here is seen here only, and ends with us
fi
. "$(dirname "$0")/lib.sh"

digest() { h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum; }
go() { timeout 60 mpirun -q --oversubscribe -n "$1" "$DRAGNET" train gener "$WORK/data.h5" --split warm --epochs 3 --batch 128 --shards 8 -o "$2"; }

# one_line FILE: the message is one line that names FILE, and no more than log lines beside it
one_line() {
    [ "$(grep -vc '^20' err.txt)" = 1 ] || fail "not one line: $(grep -v '^20' err.txt | head -c 400)"
    grep -v '^20' err.txt | grep -qF -- "$1" || fail "no '$1' in: $(grep -v '^20' err.txt | head -c 400)"
}

# limited KB N COMMAND...: on N ranks with a limit on the size of a file
limited() {
    local kb=$1 n=$2
    shift 2
    timeout 30 mpirun -q --oversubscribe -n "$n" bash -c 'ulimit -f '"$kb"'; exec "$0" "$@"' "$DRAGNET" "$@"
}

"$DRAGNET" synth -q --genes 100 --samples 40 --pairs 2000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
expect 0 "" go 1 whole
whole=$(digest whole/model.h5)
printf 'gene\ts1\ts2\ng1\t1\t2\ng2\t3\t4\n' >table.tsv
data=$(sha256sum data.h5)

# a limit on the size of files: 1 KB holds no file at all, nor memory that ranks share; 300 KB hold the tables of one,
# but no weights
for n in 1 3; do
    kb=$((n == 1 ? 300 : 1))
    expect 74 "File too large" limited $kb $n train gener data.h5 --split warm --epochs 1 --batch 128 --shards 8 -o run
    one_line "no room for"
    [ $kb = 1 ] || one_line run/checkpoint.h5.part
    nothing_left run/model.h5 run/metrics.jsonl run/checkpoint.h5
    expect 74 "File too large" limited 1 $n synth --genes 100 --samples 40 --pairs 2000 -o out.h5
    one_line out.h5.part
    expect 74 "File too large" limited 1 $n import --expression table.tsv -o out.h5
    expect 74 "File too large" limited 100 $n split data.h5 --pairs known --name two --kind random --force
    one_line data.h5.part
    nothing_left out.h5 out.h5.rejected.tsv
    [ ! -e data.h5.part ] && [ "$data" = "$(sha256sum data.h5)" ] || fail "a failed split changed the dataset"
done

# the folder vanishes: after the second epoch
go 2 gone >out.txt 2>err.txt &
job=$!
until [ -s gone/metrics.jsonl ] || ! kill -0 $job 2>/dev/null; do sleep 0.005; done
rm -rf gone
wait $job
code=$?
if [ $code = 0 ]; then # it was too late
    echo "# the run was over before its folder vanished" >&2
else
    [ $code = 73 ] || [ $code = 74 ] || fail "a vanished folder: exit code $code: $(tail -3 err.txt)"
    one_line gone/
fi

mkdir small
if [ "${DN_OWN_MOUNTS:-}" != yes ] || ! mount -t tmpfs -o size=1m none small 2>/dev/null; then
    echo "SKIP: full and read-only disks: mounting needs root"
    finish
fi

# a full disk: nothing fits; a first checkpoint does not; a second, a third does not
for room in 8:1 700:3 1800:1 3300:2; do
    kb=${room%:*} n=${room#*:}
    rm -rf small/*
    mount -o remount,size=${kb}k small || fail "remounting with $kb KB"
    expect 74 "No space left on device" go "$n" small/run
    one_line small/run
    grep -q 'are free' err.txt || fail "$kb KB: what is free goes unsaid: $(tail -1 err.txt)"
    [ "$kb" -lt 100 ] || grep -qE 'a checkpoint takes [0-9.]+ MB' err.txt ||
        fail "$kb KB: what a checkpoint takes goes unsaid: $(tail -1 err.txt)"
    [ ! -e small/run/model.h5 ] && [ ! -e small/run/checkpoint.h5.part ] || fail "$kb KB: left: $(ls small/run)"
    had=$([ -e small/run/checkpoint.h5 ] && echo "train: resuming")
    [ "$kb" -lt 1000 ] || [ -n "$had" ] || fail "$kb KB: no checkpoint is left"
    mount -o remount,size=20m small
    expect 0 "$had" go 1 small/run
    [ "$(digest small/run/model.h5)" = "$whole" ] || fail "$kb KB: another model after there was room"
done

# outputs of import, synth, split
mount -o remount,size=20m small
rm -rf small/run
cp data.h5 small/
mount -o remount,size=$(($(du -k small/data.h5 | cut -f 1) + 60))k small || fail "remounting with 60 KB"
for n in 1 3; do
    expect 74 "No space left on device" ranks $n split small/data.h5 --pairs known --name two --kind random --force
    one_line small/data.h5.part
    [ "$data" = "$(sha256sum <small/data.h5 | sed 's/-/data.h5/')" ] || fail "a full disk cost the dataset"
    expect 74 "No space left on device" ranks $n synth --genes 100 --samples 40 --pairs 2000 -o small/out.h5
    one_line small/out.h5.part
    expect 74 "No space left on device" ranks $n import --expression table.tsv -o small/out.h5
    nothing_left small/out.h5 small/data.h5.part small/out.h5.rejected.tsv
done
expect 0 "" ranks 2 import --expression table.tsv -o out.h5

# a disk that is mounted read-only
mount -o remount,size=20m small
mkdir small/run
mount -o remount,ro small
for n in 1 3; do
    expect 73 "Read-only file system" go $n small/run
    one_line small/run
    expect 73 "Read-only file system" ranks $n split small/data.h5 --pairs known --name two --kind random --force
    expect 73 "Read-only file system" ranks $n synth --genes 100 --samples 40 --pairs 2000 -o small/out.h5
    one_line small/out.h5.part
done
umount small
finish
